// Fields for the ranges of the filter: what brushing sets, by keyboard.

/** @import { Report, Store } from './types.d.ts' */
/** @import { Range, RunAxis } from './run_axes.js' */
import { create, oncePerFrame, short } from './dom.js';
import { runAxes } from './run_axes.js';

/**
 * A field for each axis, in a part of the page that opens.
 * @param {Report} report
 * @param {Store} store
 */
export function rangeFields(report, store) {
    const grid = create('div', { className: 'ranges' });
    const element = create('details', { className: 'range-fields' }, create('summary', {}, 'Ranges as fields'), grid);
    element.addEventListener('toggle', () => fillFields(grid, report, store), { once: true });
    return element;
}

/**
 * @param {HTMLElement} grid
 * @param {Report} report
 * @param {Store} store
 */
function fillFields(grid, report, store) {
    const fields = runAxes(report).map((axis) => {
        const change = (/** @type {Range | null} */ range) => {
            const { [axis.name]: _, ...others } = store.state.filter.ranges;
            store.update({ filter: { ...store.state.filter, ranges: range ? { ...others, [axis.name]: range } : others } });
        };
        const own = axis.words ? wordFields(axis.words, change) : numberFields(axis, change);
        return { name: axis.name, show: own.show, element: create('fieldset', {}, create('legend', {}, axis.label), ...own.elements) };
    });
    const show = () => fields.forEach(({ name, show: showRange }) => showRange(store.state.filter.ranges[name]));
    store.subscribe(['filter'], oncePerFrame(show));
    show();
    grid.append(...fields.map(({ element }) => element));
}

/** @typedef {{ elements: HTMLElement[], show: (range: Range | undefined) => void }} RangeFields */

/**
 * @param {string[]} words
 * @param {(range: Range | null) => void} change
 * @returns {RangeFields}
 */
function wordFields(words, change) {
    const boxes = words.map(() => create('input', { type: 'checkbox' }));
    for (const box of boxes) {
        box.addEventListener('change', () => {
            const chosen = words.filter((_, index) => boxes[index].checked);
            change(chosen.length === words.length ? null : { values: chosen });
        });
    }
    return {
        elements: words.map((word, index) => create('label', { className: 'switch' }, boxes[index], word)),
        show(range) {
            words.forEach((word, index) => (boxes[index].checked = !range || ('values' in range && range.values.includes(word))));
        },
    };
}

/**
 * @param {RunAxis} axis
 * @param {(range: Range | null) => void} change
 * @returns {RangeFields}
 */
function numberFields({ numbers, label }, change) {
    const [low, high] = numbers ?? [0, 1];
    const field = (/** @type {string} */ name, /** @type {number} */ end) =>
        create('input', { type: 'text', inputMode: 'decimal', placeholder: short(end), 'aria-label': `${label}: ${name} value` });
    const [min, max] = [field('smallest', low), field('largest', high)];
    const read = (/** @type {HTMLInputElement} */ input, /** @type {number} */ open) => {
        const value = Number(input.value);
        return input.value.trim() === '' || Number.isNaN(value) ? open : value;
    };
    for (const input of [min, max]) {
        input.addEventListener('change', () => {
            const range = { min: read(min, -Infinity), max: read(max, Infinity) };
            change(range.min === -Infinity && range.max === Infinity ? null : range);
        });
    }
    return {
        elements: [min, create('span', {}, 'to'), max],
        show(range) {
            const text = (/** @type {number} */ value) => (Math.abs(value) < Number.MAX_VALUE ? short(value, 4).replaceAll(',', '') : '');
            [min.value, max.value] = range && 'min' in range ? [text(range.min), text(range.max)] : ['', ''];
        },
    };
}
