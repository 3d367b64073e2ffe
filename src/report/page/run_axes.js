// Axes over the embedded runs: one for each varied hyperparameter, and one for the cost.

/** @import { Axis, Column, Report, Scale, State } from './types.d.ts' */
/** @import { RunRows } from './rows.js' */
import { short } from './dom.js';
import { heading, runRows } from './rows.js';
import { valueAt } from './scale.js';
import { roundTicks } from './ticks.js';

/** @typedef {State['filter']['ranges'][string]} Range */

/**
 * @typedef {object} RunAxis
 * @property {string} name the column
 * @property {string} label
 * @property {string[] | null} words the values of a categorical axis, in order
 * @property {{ position: number, label: string }[]} ticks
 * @property {Float32Array} positions of the rows, from 0 to 1
 * @property {(from: number, to: number) => Range | null} rangeOf the values between two positions; null for all
 * @property {(range: Range) => [number, number][]} intervalsOf the positions of a range
 * @property {[number, number] | null} numbers the smallest and the largest number
 */

/** Numbers take this part of an axis on which some runs have no value; the place of those runs. */
const KNOWN_PART = 0.9;
const MISSING_PLACE = 0.97;
/** Up to this number of values, each has a tick. */
const LABELLED_VALUES = 7;

/** @type {WeakMap<Report, RunAxis[]>} */
const knownAxes = new WeakMap();

/**
 * @param {Report} report
 * @returns {RunAxis[]}
 */
export function runAxes(report) {
    let axes = knownAxes.get(report);
    if (!axes) {
        const rows = runRows(report);
        const columns = [...rows.varied.map((key) => rows.column(key)), rows.cost].filter((column) => column !== undefined);
        axes = columns.map((column) => (column.kind === 'text' ? wordAxis(column) : numberAxis(report, rows, column)));
        knownAxes.set(report, axes);
    }
    return axes;
}

/**
 * @param {Column} column
 * @returns {RunAxis}
 */
function wordAxis({ name, values }) {
    const words = [...new Set(Array.from(values, (value) => String(value ?? 'none')))].sort();
    const ranks = new Map(words.map((word, rank) => [word, rank]));
    const place = (/** @type {string} */ word) => ((ranks.get(word) ?? 0) + 0.5) / words.length;
    return {
        name,
        label: heading(name).label,
        words,
        ticks: words.map((word) => ({ position: place(word), label: word })),
        positions: Float32Array.from(values, (value) => place(String(value ?? 'none'))),
        rangeOf(from, to) {
            const inside = words.filter((word) => place(word) >= from && place(word) <= to);
            return inside.length === words.length || inside.length === 0 ? null : { values: inside };
        },
        intervalsOf(range) {
            const half = 0.5 / words.length;
            return 'values' in range
                ? range.values.filter((word) => ranks.has(word)).map((word) => [place(word) - half, place(word) + half])
                : [];
        },
        numbers: null,
    };
}

/**
 * @param {Report} report
 * @param {RunRows} rows
 * @param {Column} column
 * @returns {RunAxis}
 */
function numberAxis(report, rows, column) {
    const { name, values } = column;
    const isCost = column === rows.cost;
    const verdicts = rows.column('verdict')?.values;
    const numbers = Array.from(values, (value) => (value === null ? NaN : Number(value)));
    // A run above the start would stretch the axis by many decades.
    const isShown = (/** @type {number} */ value, /** @type {number} */ row) =>
        !Number.isNaN(value) && !(isCost && verdicts?.[row] === 'overshooting');
    const known = numbers.filter(isShown);
    const distinct = [...new Set(known.length > 0 ? known : numbers.filter((value) => !Number.isNaN(value)))].sort((a, b) => a - b);
    const scale = numberScale(report, name, distinct, isCost);
    const shown = scale === 'Log' ? distinct.filter((value) => value > 0) : distinct;
    const [low, high] = [shown[0] ?? 0, shown[shown.length - 1] ?? 1];
    const hasMissing = numbers.some(Number.isNaN);
    const part = hasMissing ? KNOWN_PART : 1;
    /** @type {Axis} */
    const axis = { label: name, scale, range: low < high ? [low, high] : [low - 1, low + 1], ticks: [] };
    const scaled = (/** @type {number} */ value) => (scale === 'Log' ? Math.log(Math.max(value, low)) : value);
    const [start, end] = axis.range.map(scaled);
    const place = (/** @type {number} */ value) => part * Math.min(Math.max((scaled(value) - start) / (end - start), 0), 1);
    const ticks = distinct.length <= LABELLED_VALUES ? distinct.map((at) => ({ at, label: short(at) })) : roundTicks(scale, axis.range, 5);
    const missing = isCost ? 'diverged' : 'none';
    return {
        name,
        label: heading(name).label,
        words: null,
        ticks: [
            ...ticks.map(({ at, label }) => ({ position: place(at), label })),
            ...(hasMissing ? [{ position: MISSING_PLACE, label: missing }] : []),
        ],
        positions: Float32Array.from(numbers, (value) => (Number.isNaN(value) ? MISSING_PLACE : place(value))),
        rangeOf(from, to) {
            const min = from <= 0 ? -Infinity : from > part ? Number.MAX_VALUE : valueAt(axis, from / part);
            // Values above the upper end are drawn there, so the end includes them.
            const max = to >= MISSING_PLACE ? Infinity : to >= part ? Number.MAX_VALUE : valueAt(axis, to / part);
            return min === -Infinity && max === Infinity ? null : { min, max };
        },
        intervalsOf(range) {
            if ('values' in range) {
                return [];
            }
            const from = range.min === -Infinity ? 0 : range.min === Number.MAX_VALUE ? part : place(range.min);
            return [[from, range.max === Infinity ? 1 : range.max === Number.MAX_VALUE ? part : place(range.max)]];
        },
        numbers: [low, high],
    };
}

/**
 * @param {Report} report
 * @param {string} name
 * @param {number[]} distinct
 * @param {boolean} isCost
 * @returns {Scale}
 */
function numberScale(report, name, distinct, isCost) {
    const known = report.axes.find(({ key }) => key === name)?.scale;
    const [low, high] = [distinct[0] ?? 0, distinct[distinct.length - 1] ?? 0];
    if (isCost) {
        return name === 'mean_excess' || (low > 0 && high > 100 * low) ? 'Log' : 'Linear';
    }
    return known === 'Log' && low > 0 ? 'Log' : 'Linear';
}
