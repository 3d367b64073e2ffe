// The embedded results, and the engine that trains variations of a run: a WebAssembly module without imports (src/wasm/mod.rs).

/** @import { Figure, Report, ExploreRequest, Explored, GridRequest, Grid, OrbitRequest, Orbit, Point, PredictionRequest, Input } from './types.d.ts' */

/** The first character of the cells of a heatmap (src/report/results.rs). */
const FIRST_CELL = 0x100;

/**
 * The bytes of an embedded element: base64 of gzip. Empty if the element is.
 * @param {string} id
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
async function embedded(id) {
    const text = document.getElementById(id)?.textContent ?? '';
    if (text === '') return new Uint8Array();
    const characters = atob(text);
    const bytes = new Uint8Array(characters.length);
    // A loop is ten times as fast as Uint8Array.from with a function.
    for (let index = 0; index < bytes.length; index += 1) bytes[index] = characters.charCodeAt(index);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
    return new Uint8Array(await new Response(stream).arrayBuffer());
}

/**
 * The colours of cells, written as one character each.
 * @param {string} text
 */
function cellIndices(text) {
    const indices = new Uint8Array(text.length);
    for (let cell = 0; cell < text.length; cell += 1) {
        indices[cell] = text.charCodeAt(cell) - FIRST_CELL;
    }
    return indices;
}

/**
 * The results that the page contains.
 * @returns {Promise<Report>}
 */
export async function loadReport() {
    const { layers, ...report } = JSON.parse(new TextDecoder().decode(await embedded('embedded-results')));
    for (const { Cells: cells } of layers) {
        if (cells) cells.indices = cellIndices(cells.indices);
    }
    for (const panel of report.figures.flatMap((/** @type {Figure} */ { panels }) => panels)) {
        panel.layers = panel.layers.map((/** @type {number} */ index) => layers[index]);
    }
    return report;
}

/**
 * What an engine needs; `null` if the data were too large to embed.
 * @param {Report} report
 * @returns {Promise<Input | null>}
 */
export async function loadInput(report) {
    const [module, data] = await Promise.all([embedded('embedded-engine'), embedded('embedded-data')]);
    if (module.length === 0) return null;
    return { module, data, config: report.config, sets: report.sets };
}

/** A sweep, opened in a WebAssembly module. Its calls are synchronous and throw the engine's message. */
export class Engine {
    /**
     * @param {Input} input
     * @returns {Promise<Engine>}
     */
    static async open(input) {
        const { instance } = await WebAssembly.instantiate(input.module, {});
        const engine = new Engine(instance);
        const encoder = new TextEncoder();
        engine.call('open', [encoder.encode(input.config), input.data, encoder.encode(input.sets.join('\n'))]);
        return engine;
    }

    /** @param {WebAssembly.Instance} instance */
    constructor(instance) {
        /** @type {any} */
        this.exports = instance.exports;
    }

    /**
     * Calls an exported function.
     * @param {string} name
     * @param {Uint8Array[]} bytes its arguments
     * @param {number[]} numbers
     * @returns {number}
     */
    call(name, bytes, numbers = []) {
        for (const argument of bytes) {
            const address = this.exports.argument(argument.length);
            new Uint8Array(this.exports.memory.buffer, address, argument.length).set(argument);
        }
        const returned = this.exports[name](...numbers);
        if (returned < 0) throw new Error(new TextDecoder().decode(this.output(0)));
        return returned;
    }

    /**
     * A copy of an output of the last call.
     * @param {number} index
     * @returns {ArrayBuffer}
     */
    output(index) {
        const address = this.exports.output(index);
        return this.exports.memory.buffer.slice(address, address + this.exports.output_length(index));
    }

    /**
     * @param {string} name
     * @param {object} request
     */
    send(name, request) {
        return this.call(name, [new TextEncoder().encode(JSON.stringify(request))]);
    }

    /**
     * The path of a run of the sweep.
     * @param {number} run
     */
    replay(run) {
        this.call('replay', [], [run]);
        return { weight: new Float32Array(this.output(0)), bias: new Float32Array(this.output(1)) };
    }

    /**
     * Trains a run with changed hyperparameters.
     * @param {ExploreRequest} request
     * @returns {Explored}
     */
    explore(request) {
        this.send('explore', request);
        const explored = JSON.parse(new TextDecoder().decode(this.output(3)));
        return {
            ...explored,
            weight: new Float32Array(this.output(0)),
            bias: new Float32Array(this.output(1)),
            cost: new Float64Array(this.output(2)),
        };
    }

    /**
     * The predictions of a neuron over a range of the unscaled feature.
     * @param {PredictionRequest} request
     * @returns {Point[]}
     */
    predict(request) {
        this.send('predict', request);
        const values = new Float64Array(this.output(0));
        return Array.from({ length: values.length / 2 }, (_, point) => [values[2 * point], values[2 * point + 1]]);
    }

    /**
     * Trains a grid over two hyperparameters.
     * @param {GridRequest} request
     * @returns {Grid}
     */
    grid(request) {
        this.send('grid', request);
        return {
            columns: request.x.count,
            rows: request.y.count,
            kind: new Uint8Array(this.output(0)),
            value: new Float32Array(this.output(1)),
        };
    }

    /**
     * The last values of runs over one hyperparameter.
     * @param {OrbitRequest} request
     * @returns {Orbit}
     */
    orbit(request) {
        this.send('orbit', request);
        return { excess: new Float32Array(this.output(0)), weight: new Float32Array(this.output(1)) };
    }
}
