// The cells of a heatmap: those that are embedded, and those that the page trained.

/** @import { Cells, Figure, Panel, Point, Report, Value } from './types.d.ts' */
/** @import { CellColors } from './atlas_colors.js' */
/** @import { TrainedLevel } from './atlas_train.js' */
import { cellColors } from './atlas_colors.js';
import { cellCenter } from './atlas_train.js';
import { axisCoordinates, isOfPanel } from './panel_rows.js';
import { runRows } from './rows.js';
import { relative, valueAt } from './scale.js';

/**
 * A cell under the pointer.
 * @typedef {object} AtlasCell
 * @property {Value[]} values of the hyperparameters of x and y
 * @property {[number, number][]} ranges the borders of the cell, on x and y
 * @property {string} result in words
 * @property {boolean} isTrained whether the page trained it
 */

/**
 * The embedded cells of a panel.
 * @param {Figure} figure
 * @param {Panel} panel
 * @param {Report} report
 */
export function embeddedCells(figure, panel, report) {
    const rows = runRows(report);
    const isOwn = isOfPanel(rows, panel);
    const colors = cellColors(figure);
    const cells = panel.layers.find((layer) => layer.Cells)?.Cells;
    const indices = cells?.indices ?? [];
    const columns = cells?.columns ?? 1;
    const axes = [panel.x, panel.y].map((axis, index) => {
        const { values: found, isNumeric } = axisCoordinates(rows, axis, isOwn);
        const count = index === 0 ? columns : Math.floor(indices.length / columns);
        // The embedded runs of a large sweep do not have all values.
        const values = [found, report.axes.find(({ key }) => key === axis.label)?.values ?? []].find(({ length }) => length === count);
        const span = 1 / count;
        return {
            isNumeric,
            isInteger: isNumeric && found.every(Number.isInteger),
            position: (/** @type {number} */ at) => Math.floor(relative(axis, at) / span),
            count,
            value: (/** @type {number} */ position) =>
                values
                    ? values[position]
                    : cellCenter({ key: '', scale: axis.scale, range: axis.range, isInteger: false, pixels: 0 }, count, position),
            range: (/** @type {number} */ position) =>
                /** @type {[number, number]} */ ([position, position + 1].map((edge) => valueAt(axis, edge * span))),
        };
    });
    const shown = [panel.x.label, panel.y.label];
    const others = rows.varied.filter((key) => !shown.includes(key) && key !== 'optimizer');
    return {
        isNumeric: axes.every((axis) => axis.isNumeric),
        integers: axes.map((axis) => axis.isInteger),
        others,
        /** @type {(data: Point) => AtlasCell | null} */
        cellAt(data) {
            const [column, line] = axes.map((axis, index) => axis.position(data[index]));
            if (column < 0 || line < 0 || column >= axes[0].count || line >= axes[1].count) {
                return null;
            }
            const found = colors.cellOf((cells?.palette ?? [])[indices[line * columns + column]] ?? [255, 255, 255]);
            return {
                values: [column, line].map((position, index) => /** @type {Value} */ (axes[index].value(position) ?? 'none')),
                ranges: [axes[0].range(column), axes[1].range(line)],
                result: found ? colors.inWords(found.kind, found.value, true) : 'no run',
                isTrained: false,
            };
        },
        /**
         * The best embedded run with these values; null if there is none.
         * @param {Value[]} values
         */
        runOf(values) {
            const [xs, ys] = shown.map((key) => rows.column(key)?.values ?? []);
            let [best, cost] = [-1, Infinity];
            for (let row = 0; row < rows.count; row += 1) {
                const own = Number(rows.cost.values[row] ?? Infinity);
                if (xs[row] === values[0] && ys[row] === values[1] && isOwn(row) && (best < 0 || own < cost)) {
                    [best, cost] = [row, own];
                }
            }
            return best < 0 ? null : rows.run(best);
        },
    };
}

/**
 * The known cells of a level, as a layer.
 * @param {TrainedLevel} level
 * @param {CellColors} colors
 * @returns {Cells}
 */
export function levelCells({ x, y, columns, rows, done, kind, value }, { palette, indexOf }) {
    const indices = new Uint8Array(done * columns);
    indices.forEach((_, cell) => (indices[cell] = indexOf(kind[cell], value[cell])));
    return { x: x.range, y: [y.range[0], valueAt({ label: '', ticks: [], ...y }, done / rows)], columns, palette, indices };
}

/**
 * The cell of a level at a point, if it is known.
 * @param {TrainedLevel} level
 * @param {Point} data
 * @param {CellColors} colors
 * @returns {AtlasCell | null}
 */
export function trainedCell({ x, y, columns, rows, done, kind, value }, data, { inWords }) {
    const [xAxis, yAxis] = [x, y].map((axis) => ({ label: '', ticks: [], ...axis }));
    const column = Math.floor(relative(xAxis, data[0]) * columns);
    const line = Math.floor(relative(yAxis, data[1]) * rows);
    if (!(column >= 0 && column < columns && line >= 0 && line < done)) {
        return null;
    }
    const cell = line * columns + column;
    return {
        values: [cellCenter(x, columns, column), cellCenter(y, rows, line)],
        ranges: [
            [valueAt(xAxis, column / columns), valueAt(xAxis, (column + 1) / columns)],
            [valueAt(yAxis, line / rows), valueAt(yAxis, (line + 1) / rows)],
        ],
        result: inWords(kind[cell], value[cell], false),
        isTrained: true,
    };
}
