// The run under the pointer: all sections highlight it, and a tooltip describes it.

/** @import { Store } from './types.d.ts' */
/** @import { RunRows } from './rows.js' */
import { runInWords } from './rows.js';
import { hideTooltip, showTooltip } from './tooltip.js';

/**
 * Highlights the run of a row; a negative row ends the highlight.
 * @param {Store} store
 * @param {RunRows} rows
 * @param {number} row
 * @param {{ clientX: number, clientY: number }} pointer
 */
export function hoverRow(store, rows, row, pointer) {
    if (row < 0) {
        store.update({ hover: null });
        hideTooltip();
    } else {
        store.update({ hover: { run: rows.run(row), step: null } });
        showTooltip(runInWords(rows, row), pointer);
    }
}
