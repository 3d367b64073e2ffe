// The table of all runs: sortable, and with elements for the visible rows only.

/** @import { Column, Store } from './types.d.ts' */
/** @import { RunRows } from './rows.js' */
import { create, oncePerFrame } from './dom.js';
import { RESULT_NAMES, cellText, hasValues, heading, matchingRows } from './rows.js';
import { selectRun } from './state.js';

/** The height of a row in pixels, and the number of rows above and below the visible ones. */
const ROW_HEIGHT = 30;
const OVERSCAN = 6;

/**
 * Creates the table. Arrow keys move the active row, Enter selects its run.
 * @param {RunRows} rows
 * @param {Store} store
 */
export function runTable(rows, store) {
    const columns = tableColumns(rows);
    let sort = { column: columns.includes(rows.cost) ? rows.cost : columns[0], isAscending: true };
    /** All rows in the order of the sorted column; null after a change of the column. @type {Uint32Array | null} */
    let allSorted = null;
    /** The rows that match the filter, in the order shown. @type {Uint32Array} */
    let order = new Uint32Array();
    /** The position of the active row. */
    let active = 0;

    const heads = columns.map((column) =>
        headCell(column, () => {
            sort = { column, isAscending: sort.column === column ? !sort.isAscending : true };
            allSorted = null;
            refresh();
        }),
    );
    const above = create('td', { colSpan: columns.length });
    const below = create('td', { colSpan: columns.length });
    const spacers = [above, below].map((cell) => create('tr', { className: 'spacer', 'aria-hidden': true }, cell));
    const body = create('tbody', {}, ...spacers);
    const table = create('table', {
        className: 'run-table',
        tabIndex: 0,
        role: 'grid',
        'aria-label': 'Runs. Arrow keys move, Enter selects a run.',
    });
    const widths = create('colgroup', {}, ...columns.map((column) => columnWidth(column)));
    table.append(widths, create('thead', {}, create('tr', { role: 'row', 'aria-rowindex': 1 }, ...heads)), body);
    const element = create('div', { className: 'run-scroll' }, table);
    // A short table is no higher than its rows, its heading and a scroll bar.
    element.style.maxHeight = `${(rows.count + 1) * ROW_HEIGHT + 22}px`;

    /** @type {{ element: HTMLTableRowElement, cells: HTMLTableCellElement[], position: number }[]} */
    const pool = [];
    const render = () => {
        const first = Math.max(Math.floor(element.scrollTop / ROW_HEIGHT) - OVERSCAN, 0);
        const count = Math.min(Math.ceil(element.clientHeight / ROW_HEIGHT) + 2 * OVERSCAN, order.length - first);
        while (pool.length < count) {
            const cells = columns.map(({ kind }) => create('td', { role: 'gridcell', className: kind }));
            const row = create('tr', { role: 'row', id: `run-row-${pool.length}` }, ...cells);
            pool.push({ element: row, cells, position: -1 });
            spacers[1].before(row);
        }
        pool.forEach((own, index) => {
            own.position = index < count ? first + index : -1;
            own.element.hidden = own.position < 0;
            if (own.position >= 0) {
                fill(own);
            }
        });
        above.style.height = `${first * ROW_HEIGHT}px`;
        below.style.height = `${Math.max(order.length - first - count, 0) * ROW_HEIGHT}px`;
        mark();
    };
    const fill = (/** @type {typeof pool[number]} */ { element: line, cells, position }) => {
        const row = order[position];
        line.setAttribute('aria-rowindex', String(position + 2));
        columns.forEach((column, index) => {
            cells[index].textContent = cellText(column, row);
            if (column.name === 'verdict') {
                cells[index].className = `text verdict-cell ${column.values[row]}`;
            }
        });
    };
    const mark = () => {
        const { run, hover } = store.state;
        table.removeAttribute('aria-activedescendant');
        for (const { element: line, position } of pool) {
            const own = position < 0 ? -1 : rows.run(order[position]);
            line.setAttribute('aria-selected', String(own === run));
            line.classList.toggle('hovered', own === hover?.run);
            line.classList.toggle('active', position === active);
            if (position === active) {
                table.setAttribute('aria-activedescendant', line.id);
            }
        }
    };
    const refresh = () => {
        if (!allSorted) {
            allSorted = sorted(rows.count, sort.column, sort.isAscending);
        }
        const found = matchingRows(rows, store.state.filter);
        const isFound = new Uint8Array(rows.count);
        found.forEach((row) => (isFound[row] = 1));
        order = found.length === rows.count ? allSorted : allSorted.filter((row) => isFound[row] === 1);
        active = Math.max(
            order.findIndex((row) => rows.run(row) === store.state.run),
            0,
        );
        columns.forEach((column, index) => {
            const direction = column !== sort.column ? 'none' : sort.isAscending ? 'ascending' : 'descending';
            heads[index].setAttribute('aria-sort', direction);
        });
        table.setAttribute('aria-rowcount', String(order.length + 1));
        element.scrollTop = 0;
        render();
    };
    const moveTo = (/** @type {number} */ position) => {
        active = Math.min(Math.max(position, 0), order.length - 1);
        const head = ROW_HEIGHT;
        const top = active * ROW_HEIGHT;
        const visible = element.clientHeight - 2 * head;
        element.scrollTop = Math.min(Math.max(element.scrollTop, top - visible), top);
        render();
    };

    element.addEventListener('scroll', oncePerFrame(render), { passive: true });
    new ResizeObserver(oncePerFrame(render)).observe(element);
    const runAt = (/** @type {Event} */ event) => {
        const line = event.target instanceof Element ? event.target.closest('tr') : null;
        const position = pool.find((own) => own.element === line)?.position ?? -1;
        return position < 0 ? null : { position, run: rows.run(order[position]) };
    };
    body.addEventListener('click', (event) => {
        const at = runAt(event);
        if (at) {
            active = at.position;
            selectRun(store, at.run);
        }
    });
    body.addEventListener('pointerover', (event) => {
        const at = event.pointerType === 'mouse' ? runAt(event) : null;
        store.update({ hover: at && { run: at.run, step: null } });
    });
    body.addEventListener('pointerleave', () => store.update({ hover: null }));
    table.addEventListener('keydown', (event) => {
        const page = Math.max(Math.floor(element.clientHeight / ROW_HEIGHT) - 2, 1);
        const target = {
            ArrowDown: active + 1,
            ArrowUp: active - 1,
            PageDown: active + page,
            PageUp: active - page,
            Home: 0,
            End: order.length - 1,
        }[event.key];
        if (event.target !== table || (target === undefined && event.key !== 'Enter') || order.length === 0) {
            return;
        }
        event.preventDefault();
        if (target === undefined) {
            selectRun(store, rows.run(order[active]));
        } else {
            moveTo(target);
            store.update({ hover: { run: rows.run(order[active]), step: null } });
        }
    });
    store.subscribe(['filter'], oncePerFrame(refresh));
    store.subscribe(['hover', 'run'], oncePerFrame(mark));
    refresh();
    return element;
}

/**
 * The columns with contents: run, verdict, hyperparameters, results.
 * @param {RunRows} rows
 */
function tableColumns(rows) {
    const names = new Set(['run', 'verdict', ...rows.varied, ...RESULT_NAMES]);
    if (rows.cost.name === 'mean_excess') {
        // It differs from the mean of J − J* by a constant only.
        names.delete('mean_loss');
    }
    const columns = [...names].map((name) => rows.column(name)).filter((column) => column !== undefined);
    return columns.filter(hasValues);
}

/**
 * @param {Column} column
 * @param {() => void} sortBy
 */
function headCell({ name, kind }, sortBy) {
    const { label, meaning } = heading(name);
    const button = create('button', { type: 'button', title: `${meaning}. Sorts the table.` }, label);
    button.addEventListener('click', sortBy);
    return create('th', { scope: 'col', role: 'columnheader', className: kind }, button);
}

/**
 * A width for the longest of some cells, so that scrolling does not change the layout.
 * @param {Column} column
 */
function columnWidth(column) {
    const stride = Math.max(Math.floor(column.values.length / 50), 1);
    let letters = heading(column.name).label.length + 2;
    for (let row = 0; row < column.values.length; row += stride) {
        letters = Math.max(letters, cellText(column, row).length);
    }
    const element = create('col');
    element.style.width = `${Math.min(letters, 28) + 2.5}ch`;
    return element;
}

/**
 * All rows in the order of a column. Unknown values come last.
 * @param {number} count
 * @param {Column} column
 * @param {boolean} isAscending
 */
function sorted(count, { values, kind }, isAscending) {
    const sign = isAscending ? 1 : -1;
    const rows = Uint32Array.from({ length: count }, (_, row) => row);
    if (kind === 'number') {
        const numbers = Float64Array.from(values, (value) => (value === null ? Infinity : sign * Number(value)));
        return rows.sort((a, b) => numbers[a] - numbers[b] || a - b);
    }
    const words = [...new Set(Array.from(values))].filter((word) => word !== null).sort((a, b) => (a < b ? -sign : sign));
    const ranks = new Map(words.map((word, rank) => [word, rank]));
    const places = Uint32Array.from(values, (value) => ranks.get(value ?? '') ?? words.length);
    return rows.sort((a, b) => places[a] - places[b] || a - b);
}
