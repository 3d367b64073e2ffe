// The section of all runs: filter, parallel coordinates and table.

/** @import { Engine, Report, Store } from './types.d.ts' */
import { counted, create, oncePerFrame } from './dom.js';
import { parallelPlot } from './parallel.js';
import { rangeFields } from './ranges.js';
import { matchingRows, runRows } from './rows.js';
import { runTable } from './table.js';

/**
 * @param {HTMLElement} element
 * @param {Report} report
 * @param {Engine | null} _engine
 * @param {Store} store
 */
export function mountRuns(element, report, _engine, store) {
    const rows = runRows(report);
    if (rows.count < report.rows.of) {
        const text = `${counted(rows.count, 'run')} of ${report.rows.of.toLocaleString('en-US')} are listed: the best ones, and a sample of all.`;
        element.append(create('p', { className: 'note' }, text));
    }
    element.append(filterBar(report, store));
    if (rows.varied.length > 0 && rows.count > 1) {
        const plot = create('div');
        element.append(plot, rangeFields(report, store));
        // In a task of its own, because a large plot takes some milliseconds.
        setTimeout(() => plot.append(parallelPlot(report, store)));
    }
    element.append(runTable(rows, store));
}

/**
 * The text of the filter, the number of matching runs, and a button that shows all runs.
 * @param {Report} report
 * @param {Store} store
 */
function filterBar(report, store) {
    const rows = runRows(report);
    const example = rows.varied.includes('learning_rate') ? 'converged learning_rate<0.1' : 'converged';
    const input = create('input', {
        type: 'search',
        placeholder: `Filter, such as: ${example}`,
        spellcheck: false,
        'aria-label': 'Filter of runs: words, or conditions such as learning_rate<0.1',
    });
    const all = create('button', { type: 'button' }, 'Show all');
    const count = create('span', { role: 'status' });
    input.addEventListener(
        'input',
        oncePerFrame(() => store.update({ filter: { ...store.state.filter, text: input.value } })),
    );
    all.addEventListener('click', () => store.update({ filter: { text: '', ranges: {} } }));
    const show = () => {
        const { filter } = store.state;
        if (input.value !== filter.text) {
            input.value = filter.text;
        }
        all.disabled = filter.text === '' && Object.keys(filter.ranges).length === 0;
        const found = matchingRows(rows, filter).length;
        count.textContent =
            found === rows.count ? counted(found, 'run') : `${found.toLocaleString('en-US')} of ${counted(rows.count, 'run')}`;
    };
    store.subscribe(['filter'], oncePerFrame(show));
    show();
    return create('div', { className: 'toolbar' }, input, all, count);
}
