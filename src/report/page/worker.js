// A worker that answers grid requests, so that the page stays responsive.

import { Engine } from './engine.js';

/** @type {Promise<Engine> | undefined} */
let opened;

addEventListener('message', async (event) => {
    const { input, id, request } = event.data;
    if (input) {
        opened = Engine.open(input);
        return;
    }
    try {
        const engine = await opened;
        postMessage({ id, grid: engine?.grid(request) });
    } catch (error) {
        postMessage({ id, message: String(error instanceof Error ? error.message : error) });
    }
});
