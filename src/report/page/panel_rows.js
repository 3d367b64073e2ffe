// The runs of a panel of a figure, and their coordinates in it.

/** @import { Axis, Panel } from './types.d.ts' */
/** @import { RunRows } from './rows.js' */

/** Columns whose name in the title of a panel differs from their key. */
const TITLE_KEYS = new Map([['split', 'data.seed']]);

/**
 * A test whether a row belongs to a panel. The title names the optimizer and the problem of the panel, such as `adam, data.scale standard`, if the
 * figure has several.
 * @param {RunRows} rows
 * @param {Panel} panel
 * @returns {(row: number) => boolean}
 */
export function isOfPanel(rows, panel) {
    const optimizers = rows.column('optimizer')?.values ?? [];
    const tests = panel.title.split(', ').flatMap((part) => {
        if (Array.from(optimizers).includes(part)) {
            return [(/** @type {number} */ row) => optimizers[row] === part];
        }
        const [, name = '', value = ''] = /^(\S+) (.+)$/.exec(part) ?? [];
        const values = rows.column(TITLE_KEYS.get(name) ?? name)?.values;
        return values ? [(/** @type {number} */ row) => String(values[row] ?? 'none') === value] : [];
    });
    return (row) => tests.every((test) => test(row));
}

/**
 * The coordinates of the values of a hyperparameter on an axis: the numbers themselves, or the positions of the values, which are 0, 1, ..
 * @param {RunRows} rows
 * @param {Axis} axis its label is the key
 * @param {(row: number) => boolean} isOwn
 * @returns {{ values: (number | string | null)[], isNumeric: boolean, coordinate: (row: number) => number }}
 */
export function axisCoordinates(rows, axis, isOwn) {
    const column = rows.column(axis.label);
    /** @type {Set<number | string | null>} */
    const distinct = new Set();
    for (let row = 0; column && row < rows.count; row += 1) {
        if (isOwn(row)) {
            distinct.add(column.values[row]);
        }
    }
    // The order of the program: absent values, numbers, words.
    const rank = (/** @type {number | string | null} */ value) => (value === null ? 0 : typeof value === 'number' ? 1 : 2);
    /** @type {(a: any, b: any) => number} */
    const compare = (a, b) => rank(a) - rank(b) || (a < b ? -1 : 1);
    const values = [...distinct].sort(compare);
    const isNumeric = values.every((value) => typeof value === 'number') && !isOfPositions(axis, values);
    const places = new Map(values.map((value, position) => [value, isNumeric ? Number(value) : position]));
    return { values, isNumeric, coordinate: (row) => places.get(column?.values[row] ?? null) ?? NaN };
}

/**
 * Whether an axis counts values instead of showing them: its range is that of the positions 0, 1, ..
 * @param {Axis} axis
 * @param {(number | string | null)[]} values
 */
function isOfPositions({ scale, range }, values) {
    return (
        scale === 'Linear' && range[0] === -0.5 && Number.isInteger(range[1] - 0.5) && values.some((value, position) => value !== position)
    );
}
