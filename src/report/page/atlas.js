// The atlas: a heatmap over two hyperparameters. A click replays a cell; zooming trains finer cells in a worker.

/** @import { Axis, Cells, Drawn, Engine, Overrides, Panel, Point, Report, Store, Value } from './types.d.ts' */
/** @import { AtlasCell } from './atlas_cells.js' */
/** @import { AtlasSource } from './atlas_sources.js' */
/** @import { GridWorker } from './grid_worker.js' */
/** @import { TrainedLevel, ViewAxis } from './atlas_train.js' */
import { levelCells, trainedCell } from './atlas_cells.js';
import { cellColors } from './atlas_colors.js';
import { cellPanel } from './atlas_path.js';
import { bindPointer } from './atlas_pointer.js';
import { heatmapSource, mapSettings, settingsSource } from './atlas_sources.js';
import { cellTrainer } from './atlas_train.js';
import { movedRange, scaledRange } from './atlas_view.js';
import { ACCENT, GROUND, INK } from './colors.js';
import { create, oncePerFrame, short } from './dom.js';
import { drawFigure, keepDrawn, prepare } from './draw.js';
import { drawMarkers, strokeRect } from './marks.js';
import { isOfPanel } from './panel_rows.js';
import { runRows } from './rows.js';
import { relative } from './scale.js';
import { END, selectRun } from './state.js';
import { roundTicks } from './ticks.js';
import { hideTooltip, showTooltip } from './tooltip.js';

/** The factor of a zoom step, and the share of the view that an arrow key moves. */
const ZOOM_STEP = 2;
const MOVE_STEP = 0.15;
/** Bounds of the height; three colour bars need the least height. */
const LEAST_HEIGHT = 440;
const MOST_HEIGHT = 540;
/** Training starts when the view rests for this time, in milliseconds. */
const REST = 150;
/** The largest number of trained levels that are kept, and the largest ratio of their range to the view. */
const KEPT_LEVELS = 8;
const LARGEST_RATIO = 2000;

/**
 * @param {HTMLElement} element
 * @param {Report} report
 * @param {Engine | null} engine
 * @param {Store} store
 * @param {() => GridWorker} openWorker
 */
export function mountAtlas(element, report, engine, store, openWorker) {
    const figures = report.figures.filter(({ name }) => name.startsWith('heatmap-'));
    const choices = figures.flatMap((figure) => figure.panels.map((panel) => ({ figure, panel })));
    if (choices.length === 0 && !engine) {
        element.hidden = true;
        return;
    }
    const body = create('div');
    /** @type {(() => void) | null} */
    let close = null;
    const open = (/** @type {AtlasSource} */ source) => {
        close?.();
        const map = atlasMap(source, report, engine, store, openWorker);
        body.replaceChildren(map.element);
        close = map.close;
    };
    const rows = runRows(report);
    const bestRow = rows.rowOf(report.best);
    const first = Math.max(
        choices.findIndex(({ panel }) => bestRow >= 0 && isOfPanel(rows, panel)(bestRow)),
        0,
    );
    const option = (/** @type {string} */ label, /** @type {number} */ index) =>
        create('option', { value: String(index), selected: index === first }, label);
    const select = create('select', {}, ...choices.map(({ panel }, index) => option(choiceLabel(panel), index)));
    const bar = create('div', { className: 'toolbar' }, create('label', { className: 'toolbar' }, 'Heatmap', select));
    const pair = engine && settingPair(report, engine, store, open);
    if (pair) {
        select.append(option('two settings of the explored run', choices.length));
        bar.append(pair.element);
    }
    bar.hidden = select.options.length < 2 && !pair;
    const show = () => {
        const choice = choices[Number(select.value)];
        if (pair) {
            pair.element.hidden = choice !== undefined;
        }
        if (choice) {
            open(heatmapSource(choice.figure, choice.panel, report, engine));
        } else {
            pair?.open();
        }
    };
    select.addEventListener('change', show);
    element.append(bar, body);
    show();
}

/** @param {Panel} panel */
function choiceLabel({ title, x, y }) {
    return `${title ? `${title}: ` : ''}${x.label} and ${y.label}`;
}

/**
 * Fields for two settings of the explored run.
 * @param {Report} report
 * @param {Engine} engine
 * @param {Store} store
 * @param {(source: AtlasSource) => void} open
 */
function settingPair(report, engine, store, open) {
    const selects = ['x', 'y'].map((name) => create('select', { 'aria-label': `Setting of the ${name} axis` }));
    const again = create('button', { type: 'button' }, 'Train around the explored run');
    const openPair = () => {
        const settings = mapSettings(engine, store.state);
        const keys = settings.map(({ key }) => key);
        // The learning rate, and what the sweep varies.
        const preferred = [...new Set(['learning_rate', ...report.varied, 'momentum', 'batch_size', ...keys])].filter((key) =>
            keys.includes(key),
        );
        selects.forEach((select, index) => {
            const chosen = keys.includes(select.value) ? select.value : preferred[index];
            select.replaceChildren(...keys.map((key) => create('option', { value: key, selected: key === chosen }, key)));
        });
        const chosen = selects.map((select) => settings[keys.indexOf(select.value)]);
        if (chosen[0] !== chosen[1]) {
            open(settingsSource(report, store.state, chosen));
        }
    };
    [...selects.map((select) => ({ element: select, type: 'change' })), { element: again, type: 'click' }].forEach(({ element, type }) =>
        element.addEventListener(type, openPair),
    );
    return { element: create('div', { className: 'toolbar' }, selects[0], 'and', selects[1], again), open: openPair };
}

/**
 * One heatmap with its controls.
 * @param {AtlasSource} source
 * @param {Report} report
 * @param {Engine | null} engine
 * @param {Store} store
 * @param {() => GridWorker} openWorker
 */
function atlasMap(source, report, engine, store, openWorker) {
    const { figure, panel, run: base, canZoom, bounds, integers } = source;
    const colors = cellColors(figure);
    let { x, y } = panel;
    /** @type {TrainedLevel[]} from coarse to fine; the last one is drawn on top */
    let levels = [];
    /** @type {WeakMap<TrainedLevel, { done: number, cells: Cells }>} */
    const drawnCells = new WeakMap();
    /** @type {Drawn | null} */
    let drawn = null;
    /** @type {AtlasCell | null} */
    let pointed = null;

    const canvas = create('canvas', { role: 'img', 'aria-label': [figure.title, ...figure.caption].join('. ') });
    const keys = canZoom
        ? 'Plus and minus zoom, arrow keys move, Enter selects the middle cell, Home shows the whole heatmap.'
        : 'Enter selects the middle cell.';
    const overlay = create('canvas', {
        className: 'overlay',
        tabIndex: 0,
        role: 'application',
        'aria-label': `Heatmap of ${panel.x.label} and ${panel.y.label}. ${keys}`,
    });
    const status = create(
        'p',
        { className: 'note', role: 'status' },
        canZoom && !source.isTrained ? 'Click a cell to replay it. Zoom in to train finer cells.' : 'Click a cell to replay it.',
    );
    const side = cellPanel(engine, base);
    setTimeout(() => side.show(base, source.set, source.isTrained ? 'The explored run' : 'The best run'));

    const trainer = cellTrainer(openWorker, (level, isDone) => {
        levels = [...levels.filter((own) => own !== level), level].slice(-KEPT_LEVELS);
        const count = `${level.columns} × ${level.rows} cells`;
        status.textContent = isDone ? `Trained ${count}.` : `Training ${count}: ${Math.round((100 * level.done) / level.rows)} %`;
        redraw();
    });
    const figureNow = () => {
        const trained = levels
            .filter(({ x: own, y: other }) => isSimilar(own.range, x) && isSimilar(other.range, y))
            .map((level) => {
                const known = drawnCells.get(level);
                const cells = known?.done === level.done ? known.cells : levelCells(level, colors);
                drawnCells.set(level, { done: level.done, cells });
                return { Cells: cells };
            });
        const isEmbeddedShown = isSimilar(panel.x.range, x) && isSimilar(panel.y.range, y);
        const layers = panel.layers.filter((layer) => !layer.Cells || isEmbeddedShown);
        const last = layers.findLastIndex((layer) => layer.Cells) + 1;
        return {
            ...figure,
            columns: 1,
            panels: [{ ...panel, x, y, layers: [...layers.slice(0, last), ...trained, ...layers.slice(last)] }],
        };
    };
    const draw = () => {
        if (canvas.clientWidth > 0) {
            drawn = drawFigure(canvas, figureNow(), { height: Math.min(Math.max(canvas.clientWidth * 0.66, LEAST_HEIGHT), MOST_HEIGHT) });
            mark();
        }
    };
    const redraw = oncePerFrame(draw);
    const mark = oncePerFrame(() => {
        if (!drawn) {
            return;
        }
        const context = prepare(overlay, drawn.width, drawn.height);
        const { rect, toPixel } = drawn.panels[0];
        if (pointed) {
            const [[left, right], [bottom, top]] = pointed.ranges;
            const [a, b] = [toPixel([left, bottom]), toPixel([right, top])];
            if (a && b) {
                const frame = { left: a[0], right: b[0], top: b[1], bottom: a[1] };
                strokeRect(context, frame, GROUND, 3);
                strokeRect(context, frame, INK, 1.2);
            }
        }
        if (overlay.matches(':focus-visible')) {
            drawMarkers(context, [[(rect.left + rect.right) / 2, (rect.top + rect.bottom) / 2]], 'Cross', ACCENT, 10);
        }
    });

    let timer = 0;
    const setView = (/** @type {[number, number]} */ xRange, /** @type {[number, number]} */ yRange) => {
        const whole =
            xRange[0] === panel.x.range[0] &&
            xRange[1] === panel.x.range[1] &&
            yRange[0] === panel.y.range[0] &&
            yRange[1] === panel.y.range[1];
        x = whole ? panel.x : { ...panel.x, range: xRange, ticks: roundTicks(panel.x.scale, xRange) };
        y = whole ? panel.y : { ...panel.y, range: yRange, ticks: roundTicks(panel.y.scale, yRange) };
        overlay.classList.toggle('zoomed', !whole);
        trainer.cancel();
        clearTimeout(timer);
        pointed = null;
        hideTooltip();
        redraw();
        if (!whole || source.isTrained) {
            timer = window.setTimeout(trainView, REST);
        }
    };
    const trainView = () => {
        const rect = drawn?.panels[0].rect;
        if (rect) {
            const [xAxis, yAxis] = [viewAxis(x, integers[0], rect.right - rect.left), viewAxis(y, integers[1], rect.bottom - rect.top)];
            trainer.train(base, source.set, xAxis, yAxis).catch((error) => {
                status.textContent = error instanceof Error ? error.message : String(error);
            });
        }
    };
    const zoom = (/** @type {number} */ factor, center = [0.5, 0.5]) =>
        setView(scaledRange(x, factor, center[0], bounds[0]), scaledRange(y, factor, center[1], bounds[1]));
    const move = (/** @type {number} */ right, /** @type {number} */ up) =>
        setView(movedRange(x, right, 1 + right, bounds[0]), movedRange(y, up, 1 + up, bounds[1]));
    const reset = () => {
        levels = [];
        setView(panel.x.range, panel.y.range);
        status.textContent = 'The whole heatmap.';
    };

    /** The cell at a pixel: of the finest level, or of the embedded heatmap. @type {(pixel: Point) => AtlasCell | null} */
    const cellAt = (pixel) => {
        const placed = drawn?.panels[0];
        if (!placed?.contains(pixel)) {
            return null;
        }
        const data = placed.toData(pixel);
        for (const level of levels.slice().reverse()) {
            const cell = trainedCell(level, data, colors);
            if (cell) {
                return cell;
            }
        }
        return source.cellAt(data);
    };
    const point = (/** @type {AtlasCell | null} */ cell, /** @type {{ clientX: number, clientY: number }} */ pointer) => {
        pointed = cell;
        mark();
        if (cell) {
            showTooltip(
                [cell.result, `${panel.x.label} ${valueText(cell.values[0])}`, `${panel.y.label} ${valueText(cell.values[1])}`],
                pointer,
            );
        } else {
            hideTooltip();
        }
    };
    const select = (/** @type {AtlasCell | null} */ cell) => {
        if (!cell) {
            return;
        }
        const run = cell.isTrained ? null : source.runOf(cell.values);
        /** @type {Overrides} */
        const set = { ...source.set, [panel.x.label]: cell.values[0], [panel.y.label]: cell.values[1] };
        if (run !== null) {
            selectRun(store, run);
        } else if (engine) {
            store.update({ run: base, overrides: set, step: END, isMoving: false });
        }
        const words = `${panel.x.label} ${valueText(cell.values[0])}, ${panel.y.label} ${valueText(cell.values[1])}`;
        status.textContent = `${words}: ${cell.result}`;
        side.show(run, run === null ? set : {}, words);
    };

    bindPointer(overlay, { cellAt, point, select, zoom, move, canZoom, panelRect: () => drawn?.panels[0].rect ?? null });
    overlay.addEventListener('keydown', (event) => {
        /** @type {Record<string, (() => void) | undefined>} */
        const moves = canZoom
            ? {
                  '+': () => zoom(1 / ZOOM_STEP),
                  '=': () => zoom(1 / ZOOM_STEP),
                  '-': () => zoom(ZOOM_STEP),
                  ArrowLeft: () => move(-MOVE_STEP, 0),
                  ArrowRight: () => move(MOVE_STEP, 0),
                  ArrowUp: () => move(0, MOVE_STEP),
                  ArrowDown: () => move(0, -MOVE_STEP),
                  Home: reset,
              }
            : {};
        const rect = drawn?.panels[0].rect;
        const action =
            event.key === 'Enter' && rect
                ? () => select(cellAt([(rect.left + rect.right) / 2, (rect.top + rect.bottom) / 2]))
                : moves[event.key];
        if (action && !event.ctrlKey && !event.metaKey) {
            event.preventDefault();
            action();
        }
    });
    for (const type of ['focus', 'blur']) {
        overlay.addEventListener(type, mark);
    }
    keepDrawn(canvas, draw);
    if (source.isTrained) {
        // Training waits until the heatmap is visible.
        const observer = new IntersectionObserver((entries) => {
            if (entries.some((entry) => entry.isIntersecting)) {
                observer.disconnect();
                setView(panel.x.range, panel.y.range);
            }
        });
        observer.observe(canvas);
    }
    const button = (/** @type {string} */ text, /** @type {string} */ name, /** @type {() => void} */ action) => {
        const own = create('button', { type: 'button', 'aria-label': name, title: name }, text);
        own.addEventListener('click', action);
        return own;
    };
    const buttons = canZoom
        ? [
              button('+', 'Zoom in', () => zoom(1 / ZOOM_STEP)),
              button('−', 'Zoom out', () => zoom(ZOOM_STEP)),
              button('Whole heatmap', 'Show the whole heatmap', reset),
          ]
        : [];
    const hint = canZoom ? [create('span', { className: 'note' }, 'Ctrl and wheel, or the buttons, zoom. Drag to move.')] : [];
    const captions = [...figure.caption, figure.note].filter(Boolean).map((line) => create('p', { className: 'note' }, `${line}.`));
    const left = create(
        'div',
        {},
        create('div', { className: 'toolbar' }, ...buttons, ...hint),
        create('div', { className: 'figure atlas' }, canvas, overlay),
        status,
    );
    return {
        element: create(
            'div',
            {},
            ...captions,
            ...(source.note ? [create('p', { className: 'note' }, source.note)] : []),
            create('div', { className: 'atlas-columns' }, left, side.element),
        ),
        close() {
            trainer.cancel();
            clearTimeout(timer);
            hideTooltip();
        },
    };

    /** @param {[number, number]} range @param {Axis} axis */
    function isSimilar([low, high], axis) {
        const span = relative(axis, high) - relative(axis, low);
        return Number.isFinite(span) && span < LARGEST_RATIO;
    }
}

/** @param {Value} value */
function valueText(value) {
    return typeof value === 'number' ? short(value, 5) : String(value);
}

/**
 * @param {Axis} axis
 * @param {boolean} isInteger
 * @param {number} pixels
 * @returns {ViewAxis}
 */
function viewAxis({ label, scale, range }, isInteger, pixels) {
    return { key: label, scale, range, isInteger, pixels };
}
