// The embedded runs: their columns, and the rows that match the filter.

/** @import { Column, Report, State } from './types.d.ts' */
import { short, significant } from './dom.js';

/** @typedef {State['filter']} Filter */

/**
 * @typedef {object} RunRows
 * @property {number} count
 * @property {Column[]} columns
 * @property {Column} cost the mean of J − J* over the last updates, or of J without an optimum
 * @property {string[]} varied keys of the varied hyperparameters that have a column
 * @property {(name: string) => Column | undefined} column
 * @property {(row: number) => number} run the number of a run
 * @property {(run: number) => number} rowOf the row of a run, −1 if it is not embedded
 */

/** @type {WeakMap<Report, RunRows>} */
const knownRows = new WeakMap();

/**
 * The runs of a report.
 * @param {Report} report
 * @returns {RunRows}
 */
export function runRows(report) {
    const known = knownRows.get(report);
    if (known) {
        return known;
    }
    const { count, columns } = report.rows;
    const column = (/** @type {string} */ name) => columns.find((own) => own.name === name);
    const excess = column('mean_excess');
    const cost = (excess && hasValues(excess) ? excess : column('mean_loss')) ?? {
        name: 'mean_loss',
        kind: /** @type {const} */ ('number'),
        values: [],
    };
    const numbers = column('run')?.values ?? [];
    const rows = {
        count,
        columns,
        cost,
        varied: report.varied.filter((key) => {
            const own = column(key);
            return own !== undefined && hasValues(own);
        }),
        column,
        run: (/** @type {number} */ row) => Number(numbers[row]),
        rowOf(/** @type {number} */ run) {
            let [low, high] = [0, count];
            while (low < high) {
                const middle = (low + high) >> 1;
                if (Number(numbers[middle]) < run) {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            return low < count && numbers[low] === run ? low : -1;
        },
    };
    knownRows.set(report, rows);
    return rows;
}

/**
 * Whether some run has a value in a column.
 * @param {Column} column
 */
export function hasValues({ values }) {
    for (let row = 0; row < values.length; row += 1) {
        if (values[row] !== null) {
            return true;
        }
    }
    return false;
}

/** Headings of columns that are not hyperparameters, with their meanings. */
const RESULT_COLUMNS = new Map([
    ['run', ['run', 'Number of the run']],
    ['verdict', ['verdict', 'How the run ended']],
    ['mean_excess', ['mean J − J*', 'Mean of J − J* over the last updates']],
    ['mean_loss', ['mean J', 'Mean of J over the last updates']],
    ['train_loss', ['J', 'J after the last update']],
    ['test_loss', ['test J', 'J on the test rows after the last update']],
    ['epochs_to_reach', ['epochs to J*', 'Epochs until J reached the optimum']],
    ['weight', ['w', 'Weight after the last update']],
    ['bias', ['b', 'Bias after the last update']],
    ['drift_share', ['drift', 'Share of mean J − J* that is the displacement of the mean point']],
    ['valley_share', ['valley', 'Share of mean J − J* that is the displacement along the flattest direction']],
    ['diverged_at', ['diverged at', 'The first update outside of ±1e12']],
    ['cycle_period', ['period', 'Period of a cycle, in epochs']],
]);

/** The names of these columns, in the order in which they are shown. */
export const RESULT_NAMES = [...RESULT_COLUMNS.keys()];

/**
 * The heading of a column and its meaning.
 * @param {string} name
 */
export function heading(name) {
    const [label, meaning] = RESULT_COLUMNS.get(name) ?? [name, 'Hyperparameter'];
    return { label, meaning };
}

/**
 * A cell as text.
 * @param {Column} column
 * @param {number} row
 */
export function cellText({ name, values }, row) {
    const value = values[row];
    if (value === null || value === undefined) {
        return '';
    }
    if (typeof value === 'string') {
        return value;
    }
    if (name === 'run') {
        return String(value);
    }
    if (name === 'drift_share' || name === 'valley_share') {
        return `${short(100 * value, 3)} %`;
    }
    return RESULT_COLUMNS.has(name) && !Number.isInteger(value) ? significant(value) : short(value, 6);
}

/**
 * A run in words, for a tooltip.
 * @param {RunRows} rows
 * @param {number} row
 */
export function runInWords(rows, row) {
    const text = (/** @type {string} */ name) => {
        const column = rows.column(name);
        return column ? cellText(column, row) : '';
    };
    const setting = (/** @type {string} */ key) => (key === 'optimizer' ? text(key) : `${key} ${text(key)}`);
    const settings = rows.varied.filter((key) => text(key) !== '').map(setting);
    const cost = cellText(rows.cost, row);
    return [
        `run ${rows.run(row)}: ${text('verdict')}`,
        ...(settings.length > 0 ? [settings.join(', ')] : []),
        ...(cost ? [`${heading(rows.cost.name).label} = ${cost}`] : []),
        `w = ${text('weight')}, b = ${text('bias')}`,
    ];
}

/** @type {{ rows: RunRows, filter: Filter, found: Uint32Array } | null} */
let lastMatch = null;

/**
 * The rows that match a filter, ascending.
 * @param {RunRows} rows
 * @param {Filter} filter
 * @returns {Uint32Array}
 */
export function matchingRows(rows, filter) {
    if (lastMatch?.rows !== rows || lastMatch.filter !== filter) {
        const tests = [...rangeTests(rows, filter.ranges), ...textTests(rows, filter.text)];
        const found = new Uint32Array(rows.count);
        let length = 0;
        for (let row = 0; row < rows.count; row += 1) {
            if (tests.every((test) => test(row))) {
                found[length] = row;
                length += 1;
            }
        }
        lastMatch = { rows, filter, found: found.subarray(0, length) };
    }
    return lastMatch.found;
}

/**
 * An unknown number is above every other one: a diverged run has no cost.
 * @param {RunRows} rows
 * @param {Filter['ranges']} ranges
 * @returns {((row: number) => boolean)[]}
 */
function rangeTests(rows, ranges) {
    return Object.entries(ranges).flatMap(([name, range]) => {
        const values = rows.column(name)?.values;
        if (!values) {
            return [];
        }
        if ('values' in range) {
            const allowed = new Set(range.values);
            return [(row) => allowed.has(String(values[row] ?? 'none'))];
        }
        return [
            (row) => {
                const value = Number(values[row] ?? Infinity);
                return value >= range.min && value <= range.max;
            },
        ];
    });
}

/** A condition in the text of a filter: `learning_rate<0.1`. */
const CONDITION = /^([^<>=!]+)(<=|>=|!=|=|<|>)(.+)$/;

/** @type {Record<string, (value: number, limit: number) => boolean>} */
const COMPARISONS = {
    '<': (value, limit) => value < limit,
    '<=': (value, limit) => value <= limit,
    '>': (value, limit) => value > limit,
    '>=': (value, limit) => value >= limit,
    '=': (value, limit) => value === limit,
    '!=': (value, limit) => value !== limit,
};

/**
 * Every word of the text is a condition, the number of a run, or a part of a word in a row.
 * @param {RunRows} rows
 * @param {string} text
 * @returns {((row: number) => boolean)[]}
 */
function textTests(rows, text) {
    const words = rows.columns.filter((column) => column.kind === 'text');
    return text
        .toLowerCase()
        .split(/\s+/)
        .filter(Boolean)
        .map((term) => {
            const [, name = '', operator = '', limit = ''] = CONDITION.exec(term) ?? [];
            const column = rows.columns.find(
                (own) => own.name === name || heading(own.name).label.replaceAll(' ', '').toLowerCase() === name,
            );
            if (column?.kind === 'number' && limit !== '' && !Number.isNaN(Number(limit))) {
                return (row) => column.values[row] !== null && COMPARISONS[operator](Number(column.values[row]), Number(limit));
            }
            if (column) {
                const isWanted = operator !== '!=';
                return (row) => (String(column.values[row] ?? 'none').toLowerCase() === limit) === isWanted;
            }
            return (row) =>
                String(rows.run(row)) === term ||
                words.some(({ values }) =>
                    String(values[row] ?? '')
                        .toLowerCase()
                        .includes(term),
                );
        });
}
