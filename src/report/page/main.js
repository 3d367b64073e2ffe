// Starts the sections of the page.

/** @import { Engine as Trainer, Input, Report, Store } from './types.d.ts' */
import { mountAtlas } from './atlas.js';
import { create } from './dom.js';
import { Engine, loadInput, loadReport } from './engine.js';
import { mountExplore } from './explore.js';
import { mountFigures } from './figures.js';
import { openGridWorker } from './grid_worker.js';
import { mountImportance } from './importance.js';
import { mountOrbit } from './orbit.js';
import { mountRuns } from './runs.js';
import { createStore } from './state.js';
import { mountWhy } from './why.js';

/**
 * Fills a section and shows it. An error is shown in the section and does not stop the others.
 * @template T
 * @param {string} id
 * @param {(element: HTMLElement, report: Report, engine: T, store: Store) => void} fill
 * @param {Report} report
 * @param {T} engine
 * @param {Store} store
 */
function mount(id, fill, report, engine, store) {
    const section = document.getElementById(id);
    if (!section) {
        return;
    }
    section.hidden = false;
    section.classList.add('ready');
    try {
        fill(section, report, engine, store);
    } catch (error) {
        section.append(create('p', { className: 'failure', role: 'alert' }, error instanceof Error ? error.message : String(error)));
        console.error(error);
    }
}

/** Waits until the browser has drawn what is there, so that it can react between sections. A hidden page draws nothing, hence the time limit. */
const nextFrame = () =>
    new Promise((resolve) => {
        requestAnimationFrame(() => setTimeout(resolve));
        setTimeout(resolve, 100);
    });

const report = await loadReport();
const store = createStore(report);
const input = await loadInput(report);
/** @type {Trainer | null} */
const engine = input && (await Engine.open(input));
if (engine) {
    // Why and orbit come first, because they draw what explore trains.
    mount('why', mountWhy, report, engine, store);
    mount('orbit', mountOrbit, report, engine, store);
    await nextFrame();
    mount('explore', mountExplore, report, engine, store);
    await nextFrame();
}
mount(
    'atlas',
    (element, ...values) => mountAtlas(element, ...values, () => openGridWorker(/** @type {Input} */ (input))),
    report,
    engine,
    store,
);
await nextFrame();
mount('runs', mountRuns, report, engine, store);
await nextFrame();
mount('figures', mountFigures, report, engine, store);
await nextFrame();
mount('importance', mountImportance, report, engine, store);
for (const section of document.querySelectorAll('section.panels:not(.ready)')) {
    /** @type {HTMLElement} */ (section).hidden = true;
}
// For the browser's console (docs/report.md) and for scripts/check-report.mjs.
Object.assign(globalThis, { gradsweep: { report, engine } });
// The sections of stored results are marked while the explored run has other settings.
store.subscribe(['overrides'], ({ overrides }) => document.body.classList.toggle('is-changed', Object.keys(overrides).length > 0));
document.body.dataset.ready = engine ? 'engine' : 'results';
