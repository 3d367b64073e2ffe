// A worker that trains grids, so that the page stays responsive.

/** @import { Grid, GridRequest, Input } from './types.d.ts' */

/**
 * @typedef {object} GridWorker
 * @property {(request: GridRequest) => Promise<Grid>} grid
 */

/**
 * Starts a worker from the script that the page contains.
 * @param {Input} input
 * @returns {GridWorker}
 */
export function openGridWorker(input) {
    const script = document.getElementById('embedded-worker')?.textContent ?? '';
    const address = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
    const worker = new Worker(address);
    URL.revokeObjectURL(address);
    worker.postMessage({ input });
    /** @type {Map<number, { resolve: (grid: Grid) => void, reject: (error: Error) => void }>} */
    const waiting = new Map();
    let next = 0;
    const fail = (/** @type {string} */ message) => {
        waiting.forEach(({ reject }) => reject(new Error(message)));
        waiting.clear();
    };
    worker.addEventListener('message', ({ data: { id, grid, message } }) => {
        const own = waiting.get(id);
        waiting.delete(id);
        if (grid) {
            own?.resolve(grid);
        } else {
            own?.reject(new Error(message));
        }
    });
    worker.addEventListener('error', (event) => fail(event.message || 'The worker of the engine cannot start.'));
    return {
        grid(request) {
            const id = next;
            next += 1;
            return new Promise((resolve, reject) => {
                waiting.set(id, { resolve, reject });
                worker.postMessage({ id, request });
            });
        },
    };
}
