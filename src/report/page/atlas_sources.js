// What a heatmap shows: a heatmap of the sweep, or two settings of the explored run.

/** @import { Axis, Engine, Figure, Overrides, Panel, Point, Report, Setting, State, Value } from './types.d.ts' */
/** @import { AtlasCell } from './atlas_cells.js' */
import { embeddedCells } from './atlas_cells.js';
import { isOfPanel } from './panel_rows.js';
import { runRows } from './rows.js';
import { roundTicks } from './ticks.js';

/**
 * @typedef {object} AtlasSource
 * @property {Figure} figure
 * @property {Panel} panel
 * @property {number} run trained cells have its other settings
 * @property {Overrides} set settings that differ from those of the run
 * @property {boolean} isTrained whether all cells are trained in the page
 * @property {boolean} canZoom
 * @property {boolean[]} integers whether x and y are integers
 * @property {[number, number][]} bounds of x and y
 * @property {string} note
 * @property {(data: Point) => AtlasCell | null} cellAt the embedded cell at a point
 * @property {(values: Value[]) => number | null} runOf the embedded run with values of x and y
 */

/**
 * A heatmap of the sweep. Zooming trains cells with the other settings of its best run.
 * @param {Figure} figure
 * @param {Panel} panel
 * @param {Report} report
 * @param {Engine | null} engine
 * @returns {AtlasSource}
 */
export function heatmapSource(figure, panel, report, engine) {
    const run = bestRun(report, panel);
    const { isNumeric, integers, others, cellAt, runOf } = embeddedCells(figure, panel, report);
    const isZoomable = engine !== null && isNumeric;
    const note = others.length > 0 && isZoomable ? `Trained cells have the ${others.join(', ')} of run ${run}, the best one.` : '';
    const bounds = isZoomable ? zoomBounds(engine, run, panel) : [panel.x.range, panel.y.range];
    return { figure, panel, run, set: {}, isTrained: false, canZoom: isZoomable, integers, bounds, note, cellAt, runOf };
}

/**
 * The best run of a panel.
 * @param {Report} report
 * @param {Panel} panel
 */
function bestRun(report, panel) {
    const rows = runRows(report);
    const isOwn = isOfPanel(rows, panel);
    let [best, cost] = [-1, Infinity];
    for (let row = 0; row < rows.count; row += 1) {
        const own = Number(rows.cost.values[row] ?? Infinity);
        if (isOwn(row) && (best < 0 || own < cost)) {
            [best, cost] = [row, own];
        }
    }
    return best < 0 ? report.best : rows.run(best);
}

/**
 * The ranges within which the heatmap can be trained: those of the sliders.
 * @param {Engine} engine
 * @param {number} run
 * @param {Panel} panel
 * @returns {[number, number][]}
 */
function zoomBounds(engine, run, panel) {
    const { settings } = engine.explore({ run, set: {}, figures: [], command: false });
    return [panel.x, panel.y].map(({ label, range }) => settings.find(({ key }) => key === label)?.range ?? range);
}

/**
 * The numeric settings of the explored run, and its start.
 * @param {Engine} engine
 * @param {State} state
 * @returns {Setting[]}
 */
export function mapSettings(engine, { run, overrides }) {
    const { settings, figures, weight, bias } = engine.explore({ run, set: overrides, figures: ['contour'], command: false });
    const frame = figures.contour?.panels[0];
    const start = (/** @type {string} */ key, /** @type {number} */ value, /** @type {Axis | undefined} */ axis) =>
        /** @type {Setting} */ ({ key, meaning: key, kind: 'float', value, range: axis?.range ?? null, log: false, choices: [] });
    const all = [...settings, start('initial_weight', weight[0], frame?.x), start('initial_bias', bias[0], frame?.y)];
    return all.filter(({ kind, range }) => (kind === 'float' || kind === 'integer') && range !== null && range[0] < range[1]);
}

/**
 * A heatmap over two settings of the explored run, which the page trains.
 * @param {Report} report
 * @param {State} state
 * @param {Setting[]} settings those of x and y
 * @returns {AtlasSource}
 */
export function settingsSource(report, { run, overrides }, settings) {
    const [x, y] = settings.map(settingAxis);
    const keys = settings.map(({ key }) => key);
    const set = Object.fromEntries(Object.entries(overrides).filter(([key]) => !keys.includes(key)));
    const at = /** @type {Point} */ (settings.map(({ value }) => Number(value)));
    /** @type {Panel} */
    const panel = {
        title: '',
        x,
        y,
        equal_units: false,
        layers: [{ Markers: { points: [at], marker: 'Hollow', color: { rgb: [0x22, 0x22, 0x22], alpha: 1 }, size: 9 } }],
    };
    /** @type {Figure} */
    const figure = {
        name: 'atlas',
        title: `${x.label} and ${y.label} of run ${run}`,
        caption: [],
        note: '',
        columns: 1,
        panels: [panel],
        table: [],
        shared_axes: false,
        legend: [{ label: `run ${run}`, color: { rgb: [0x22, 0x22, 0x22], alpha: 1 }, shape: { Marker: 'Hollow' } }],
        color_bars: report.color_bars,
        size: [860, 670],
    };
    return {
        figure,
        panel,
        run,
        set,
        isTrained: true,
        canZoom: true,
        integers: settings.map(({ kind }) => kind === 'integer'),
        bounds: [x.range, y.range],
        note: `The page trains every cell with the other settings of the explored run ${run}.`,
        cellAt: () => null,
        runOf: () => null,
    };
}

/**
 * The axis of a setting. An integer has a cell around it.
 * @param {Setting} setting
 * @returns {Axis}
 */
function settingAxis({ key, kind, range, log }) {
    const [low, high] = range ?? [0, 1];
    const half = kind === 'integer' ? 0.5 : 0;
    const scale = log ? 'Log' : 'Linear';
    /** @type {[number, number]} */
    const own = [low - (low - half > 0 || !log ? half : 0), high + half];
    return { label: key, scale, range: own, ticks: roundTicks(scale, own) };
}
