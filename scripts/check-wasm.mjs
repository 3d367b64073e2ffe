// Compares the WebAssembly module with the native program: the paths of runs must be equal bit for bit.
//
//   node scripts/check-wasm.mjs target/wasm/gradsweep.wasm target/release/gradsweep

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

// The runs to compare: the article's, one per optimizer, one trained from rows, one with a schedule.
const compared = { article: [0], optimizers: 'all', logistic: [0], schedules: [0] };

const [file, program] = process.argv.slice(2);
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gradsweep-wasm-'));
try {
    const module = await WebAssembly.compile(fs.readFileSync(file));
    const imports = WebAssembly.Module.imports(module);
    if (imports.length > 0) throw new Error(`the module must import nothing, but imports ${JSON.stringify(imports)}`);
    const { exports: engine } = await WebAssembly.instantiate(module);
    for (const [name, runs] of Object.entries(compared)) {
        const directory = path.join(folder, name);
        execFileSync(program, ['run', `configs/${name}.toml`, '--backend', 'cpu', '--no-plots', '--out', directory], { stdio: 'pipe' });
        const count = open(engine, directory);
        const numbers = runs === 'all' ? [...Array(count).keys()] : runs;
        const points = numbers.map((run) => compare(engine, directory, run)).reduce((sum, points) => sum + points);
        console.log(`configs/${name}.toml: ${numbers.length} of ${count} runs, ${points} points equal the native program's bit for bit`);
    }
} catch (error) {
    console.error(error.message);
    process.exitCode = 1;
} finally {
    fs.rmSync(folder, { recursive: true });
}

// Copies bytes into the module's memory, as the next argument of open.
function argument(engine, bytes) {
    const address = engine.argument(bytes.length);
    new Uint8Array(engine.memory.buffer, address, bytes.length).set(bytes);
}

// The result of a call; its message as an error if the call failed.
function checked(engine, result) {
    if (result >= 0) return result;
    throw new Error(new TextDecoder().decode(new Uint8Array(engine.memory.buffer, engine.output(0), engine.output_length(0))));
}

// Opens the sweep of a run directory and returns its number of runs.
function open(engine, directory) {
    for (const name of ['sweep.toml', 'data.csv']) argument(engine, fs.readFileSync(path.join(directory, name)));
    return checked(engine, engine.open());
}

// Compares the path of a run with the native program's and returns its number of points.
function compare(engine, directory, run) {
    const points = checked(engine, engine.replay(run));
    const column = (index) => new Float32Array(engine.memory.buffer.slice(engine.output(index), engine.output(index) + 4 * points));
    const [weight, bias] = [column(0), column(1)];
    const csv = execFileSync(program, ['replay', directory, '--run', String(run), '--backend', 'cpu'], { encoding: 'utf8' });
    const native = csv.trim().split('\n').slice(1).map((line) => line.split(',').slice(1).map(Number).map(Math.fround));
    const where = `${path.basename(directory)}, run ${run}`;
    if (native.length !== points) throw new Error(`${where}: ${points} points, the native program has ${native.length}`);
    native.forEach((point, step) => {
        if (!Object.is(point[0], weight[step]) || !Object.is(point[1], bias[step])) {
            throw new Error(`${where}, step ${step}: ${weight[step]}, ${bias[step]}; the native program has ${point.join(', ')}`);
        }
    });
    return points;
}
