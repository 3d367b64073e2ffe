// The embedded figures. In the figure of the final loss, the pointer finds runs.

/** @import { Drawn, Engine, Figure, Point, Report, Store, TableRow } from './types.d.ts' */
import { ACCENT, BLUE, INK } from './colors.js';
import { create, oncePerFrame } from './dom.js';
import { drawFigure, keepDrawn, prepare } from './draw.js';
import { hoverRow } from './hover.js';
import { drawMarkers, fillDiscs } from './marks.js';
import { axisCoordinates, isOfPanel } from './panel_rows.js';
import { matchingRows, runRows } from './rows.js';
import { selectRun } from './state.js';

/** The distance from a point within which the pointer finds its run, in pixels. */
const POINT_REACH = 24;

/**
 * @param {HTMLElement} element
 * @param {Report} report
 * @param {Engine | null} _engine
 * @param {Store} store
 */
export function mountFigures(element, report, _engine, store) {
    // The atlas shows the heatmaps.
    const figures = report.figures.filter(({ name }) => !name.startsWith('heatmap-'));
    /** @type {(() => void)[]} */
    const waiting = [];
    for (const figure of figures) {
        const { frame, canvas } = figureFrame(figure);
        element.append(frame);
        waiting.push(() => {
            if (figure.name.startsWith('final_loss-')) {
                linkFinalLoss(canvas, figure, report, store);
            } else {
                keepDrawn(canvas, () => drawFigure(canvas, figure));
            }
        });
    }
    // One figure per task, so that nothing blocks the page for long.
    const drawNext = () => {
        waiting.shift()?.();
        if (waiting.length > 0) {
            setTimeout(drawNext);
        }
    };
    setTimeout(drawNext);
}

/**
 * A figure with title and caption, and a canvas of about its final height.
 * @param {Figure} figure
 */
function figureFrame({ title, caption, note, table, size }) {
    const lines = [...caption, note].filter(Boolean);
    const canvas = create('canvas', { role: 'img', 'aria-label': [title, ...lines].join('. ') });
    canvas.style.aspectRatio = `${size[0]} / ${size[1] - 90}`;
    const body = create('div', { className: 'figure' }, canvas);
    body.style.maxWidth = `${size[0]}px`;
    const figcaption = create(
        'figcaption',
        {},
        create('h3', {}, title),
        ...lines.map((line) => create('p', { className: 'note' }, `${line}.`)),
    );
    const rows = table.length > 0 ? [tableOf(table)] : [];
    return { canvas, frame: create('figure', {}, figcaption, body, ...rows) };
}

/**
 * The table of a figure. The first row is the heading.
 * @param {TableRow[]} rows
 */
function tableOf(rows) {
    const line = (/** @type {TableRow} */ { cells }, /** @type {'th' | 'td'} */ tag) =>
        create('tr', {}, ...cells.map((cell) => create(tag, {}, cell)));
    const [heading, ...others] = rows;
    return create('table', {}, create('thead', {}, line(heading, 'th')), create('tbody', {}, ...others.map((row) => line(row, 'td'))));
}

/**
 * Draws the figure of the final loss with the runs that match the filter as dots. The pointer finds the nearest run, a click selects it.
 * @param {HTMLCanvasElement} canvas
 * @param {Figure} figure
 * @param {Report} report
 * @param {Store} store
 */
function linkFinalLoss(canvas, figure, report, store) {
    const rows = runRows(report);
    const overlay = create('canvas', { className: 'overlay', 'aria-hidden': true });
    canvas.after(overlay);
    const panels = figure.panels.map((panel) => {
        const isOwn = isOfPanel(rows, panel);
        return { isOwn, x: axisCoordinates(rows, panel.x, isOwn) };
    });
    /** @type {Drawn | null} */
    let drawn = null;
    /** The pixel of a run in a panel. @type {(row: number, index: number) => Point | null} */
    const pixelOf = (row, index) => {
        const { isOwn, x } = panels[index];
        const cost = rows.cost.values[row];
        if (!drawn || !isOwn(row) || cost === null) {
            return null;
        }
        const [low, high] = drawn.panels[index].panel.y.range;
        return drawn.panels[index].toPixel([x.coordinate(row), Math.min(Math.max(Number(cost), low), high)]);
    };
    const mark = () => {
        if (!drawn) {
            return;
        }
        const context = prepare(overlay, drawn.width, drawn.height);
        const { filter, run, hover } = store.state;
        const isFiltered = filter.text !== '' || Object.keys(filter.ranges).length > 0;
        panels.forEach((_, index) => {
            const at = (/** @type {number} */ row) => (row < 0 ? [] : [pixelOf(row, index)].filter((pixel) => pixel !== null));
            if (isFiltered) {
                fillDiscs(context, Array.from(matchingRows(rows, filter)).flatMap(at), 2.5, { ...BLUE, alpha: 0.6 });
            }
            drawMarkers(context, at(rows.rowOf(run)), 'Hollow', INK, 10);
            drawMarkers(context, hover ? at(rows.rowOf(hover.run)) : [], 'Filled', ACCENT, 9);
        });
    };
    keepDrawn(canvas, () => {
        drawn = drawFigure(canvas, figure);
        mark();
    });
    store.subscribe(['filter', 'run', 'hover'], oncePerFrame(mark));

    const nearest = (/** @type {PointerEvent} */ event) => {
        const { left, top } = overlay.getBoundingClientRect();
        const pointer = [event.clientX - left, event.clientY - top];
        let [found, distance] = [-1, POINT_REACH];
        for (const row of matchingRows(rows, store.state.filter)) {
            for (let index = 0; index < panels.length; index += 1) {
                const pixel = pixelOf(row, index);
                const own = pixel ? Math.hypot(pixel[0] - pointer[0], pixel[1] - pointer[1]) : Infinity;
                if (own < distance) {
                    [found, distance] = [row, own];
                }
            }
        }
        return found;
    };
    let isInside = false;
    const point = oncePerFrame((/** @type {PointerEvent} */ event) => {
        if (!isInside) {
            return;
        }
        const row = nearest(event);
        overlay.classList.toggle('can-select', row >= 0);
        hoverRow(store, rows, row, event);
    });
    overlay.addEventListener('pointermove', (event) => {
        isInside = true;
        point(event);
    });
    overlay.addEventListener('click', (event) => {
        const row = nearest(/** @type {PointerEvent} */ (event));
        if (row >= 0) {
            selectRun(store, rows.run(row));
        }
    });
    overlay.addEventListener('pointerleave', (event) => {
        isInside = false;
        hoverRow(store, rows, -1, event);
    });
}
