// Trains the cells of a part of a heatmap in a worker, from coarse to fine.

/** @import { AxisRequest, Overrides, Scale } from './types.d.ts' */
/** @import { GridWorker } from './grid_worker.js' */

/** The sizes of the cells in CSS pixels. */
const CELL_SIZES = [24, 12, 6, 3, 1.5];
/** A request takes about this time, so that a change of the view soon gets an answer; a finer level that takes longer is not started. In milliseconds. */
const REQUEST_TIME = 120;
const LEVEL_TIME = 12_000;

/**
 * An axis of the view: evenly spaced cells between two values.
 * @typedef {object} ViewAxis
 * @property {string} key
 * @property {Scale} scale
 * @property {[number, number]} range
 * @property {boolean} isInteger
 * @property {number} pixels
 */

/**
 * Cells that were trained: rows from the lowest, `done` of them are known.
 * @typedef {object} TrainedLevel
 * @property {ViewAxis} x
 * @property {ViewAxis} y
 * @property {number} columns
 * @property {number} rows
 * @property {number} done
 * @property {Uint8Array} kind
 * @property {Float32Array} value
 */

/**
 * The value at the centre of a cell.
 * @param {ViewAxis} axis
 * @param {number} count
 * @param {number} position
 */
export function cellCenter({ scale, range: [low, high], isInteger }, count, position) {
    const share = (position + 0.5) / count;
    const value = scale === 'Log' ? low * (high / low) ** share : low + share * (high - low);
    return isInteger ? Math.round(value) : value;
}

/**
 * @param {() => GridWorker} openWorker
 * @param {(level: TrainedLevel, isDone: boolean) => void} onProgress is called after each request
 */
export function cellTrainer(openWorker, onProgress) {
    /** @type {GridWorker | null} */
    let worker = null;
    let generation = 0;
    /** Milliseconds per cell, measured by the last request. */
    let cellTime = 0.05;
    return {
        /** Drops the answers to all requests. */
        cancel() {
            generation += 1;
        },
        /**
         * Trains levels until their cells are as small as pixels or take too long.
         * @param {number} run
         * @param {Overrides} set settings that differ from those of the run
         * @param {ViewAxis} x
         * @param {ViewAxis} y
         */
        async train(run, set, x, y) {
            generation += 1;
            const own = generation;
            worker ??= openWorker();
            let last = 0;
            for (const size of CELL_SIZES) {
                const [columns, rows] = [cellCount(x, size), cellCount(y, size)];
                if (columns * rows === last || (last > 0 && columns * rows * cellTime > LEVEL_TIME)) {
                    continue;
                }
                last = columns * rows;
                /** @type {TrainedLevel} */
                const level = { x, y, columns, rows, done: 0, kind: new Uint8Array(last), value: new Float32Array(last) };
                while (level.done < rows) {
                    const band = Math.min(Math.max(Math.floor(REQUEST_TIME / (cellTime * columns)), 1), rows - level.done);
                    const began = performance.now();
                    const grid = await worker.grid({
                        run,
                        set,
                        x: axisRequest(x, columns, 0, columns),
                        y: axisRequest(y, rows, level.done, band),
                    });
                    if (own !== generation) {
                        return;
                    }
                    cellTime = (performance.now() - began) / (band * columns);
                    level.kind.set(grid.kind, level.done * columns);
                    level.value.set(grid.value, level.done * columns);
                    level.done += band;
                    onProgress(level, false);
                }
                onProgress(level, true);
            }
        },
    };
}

/**
 * The number of cells of a size; an integer has one cell.
 * @param {ViewAxis} axis
 * @param {number} size
 */
function cellCount({ isInteger, pixels, range: [low, high] }, size) {
    const count = Math.max(Math.round(pixels / size), 2);
    return isInteger ? Math.max(Math.min(count, Math.round(high - low)), 1) : count;
}

/**
 * A request for some cells of an axis.
 * @param {ViewAxis} axis
 * @param {number} count
 * @param {number} first
 * @param {number} length
 * @returns {AxisRequest}
 */
function axisRequest(axis, count, first, length) {
    const ends = [first, first + length - 1].map((position) => cellCenter({ ...axis, isInteger: false }, count, position));
    return { key: axis.key, min: ends[0], max: ends[1], count: length, log: axis.scale === 'Log' };
}
