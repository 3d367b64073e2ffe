// Opens the reports of five sweeps in a browser, without a network: the page must show no console message, and the paths that its engine computes
// must have the bits of the native program.
//
//   node scripts/check-report.mjs BROWSER FOLDER_OF_PACKAGES PROGRAM

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { launch } from './browser.mjs';

const sweeps = ['article', 'optimizers', 'learning_rates', 'batch_sizes', 'logistic'];
const runsPerSweep = 5;

const [browserPath, packages, program] = process.argv.slice(2);
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gradsweep-report-'));
try {
    for (const name of sweeps) {
        native(['run', `configs/${name}.toml`, '--backend', 'cpu', '--out', path.join(folder, name)]);
    }
    await check();
} catch (error) {
    console.error(error.message);
    process.exitCode = 1;
} finally {
    fs.rmSync(folder, { recursive: true });
}

/** The output of the native program. */
function native(command) {
    return execFileSync(program, command, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 1 << 28 });
}

/** Opens every report. */
async function check() {
    const browser = await launch(browserPath, packages);
    try {
        let compared = 0;
        for (const name of sweeps) {
            const page = await browser.newPage();
            const messages = [];
            page.on('console', (message) => messages.push(message.text()));
            page.on('pageerror', (error) => messages.push(String(error)));
            await page.goto(pathToFileURL(path.join(folder, name, 'report.html')).href);
            await page.waitForFunction(() => document.body.dataset.ready === 'engine', { timeout: 60_000 });
            const count = await page.evaluate(() => globalThis.gradsweep.report.runs);
            const runs = [
                ...new Set(Array.from({ length: runsPerSweep }, (_, index) => Math.floor((index * (count - 1)) / (runsPerSweep - 1)))),
            ];
            for (const run of runs) {
                const bits = await page.evaluate((run) => {
                    const { weight, bias } = globalThis.gradsweep.engine.replay(run);
                    return [weight, bias].map((column) => [...new Uint32Array(column.buffer)]);
                }, run);
                const found = hash(bits.map((column) => Uint32Array.from(column)));
                const expected = hash(nativePath(path.join(folder, name), run));
                if (found !== expected) throw new Error(`${name}, run ${run}: the path in the browser is not that of the native program`);
                compared += 1;
            }
            if (messages.length > 0) throw new Error(`${name}: console messages ${JSON.stringify(messages)}`);
            await page.close();
        }
        console.log(
            `${await browser.version()}: ${sweeps.length} reports without a message, ${compared} paths equal the native program's bit for bit`,
        );
    } finally {
        await browser.close();
    }
}

/** The bits of the weights and of the biases of a run. */
function nativePath(directory, run) {
    const rows = native(['replay', directory, '--run', String(run), '--backend', 'cpu'])
        .trim()
        .split('\n')
        .slice(1);
    const column = (index) => new Uint32Array(Float32Array.from(rows, (row) => Number(row.split(',')[index])).buffer);
    return [column(1), column(2)];
}

function hash(columns) {
    const digest = createHash('sha256');
    for (const column of columns) digest.update(column);
    return digest.digest('hex');
}
