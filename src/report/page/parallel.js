// Parallel coordinates: a line for each run over axes of the varied hyperparameters and of the cost. Brushing an axis filters the runs.

/** @import { Color, Point, Report, Store } from './types.d.ts' */
/** @import { RunAxis } from './run_axes.js' */
import { ACCENT, BLUE, BORDER, GRID_LINE, GROUND, INK, SECONDARY, css } from './colors.js';
import { create, oncePerFrame } from './dom.js';
import { keepDrawn, prepare } from './draw.js';
import { hoverRow } from './hover.js';
import { drawText, fillRect, strokeLines, strokeRect, textWidth } from './marks.js';
import { runAxes } from './run_axes.js';
import { matchingRows, runRows } from './rows.js';
import { selectRun } from './state.js';
import { hideTooltip } from './tooltip.js';

/** Below this width the axes are horizontal, one below the other. */
const NARROW = 560;
/** The height of the plot with vertical axes, and the distance of horizontal axes. */
const PLOT_HEIGHT = 340;
const AXIS_DISTANCE = 68;
/** The distance from an axis within which the pointer brushes it, and from a line within which it points to a run. */
const AXIS_REACH = 18;
const LINE_REACH = 14;
/** A drag is longer than this, in pixels. */
const CLICK_REACH = 4;
/** Lines per frame. A line takes little time here but more when the browser draws the frame, 160 ms for 4,000 lines without a GPU. */
const FRAME_LINES = 500;
/** The largest numbers of lines of runs that match the filter, and of those that do not. */
const LINES = 4000;
const BACKGROUND_LINES = 1000;

/** Colours of the classes of the heatmap. */
const CLASS_COLORS = [
    { label: 'converged', color: BLUE },
    { label: 'diverged', color: ACCENT },
    { label: 'other', color: BORDER },
];

/**
 * @typedef {object} ParallelLayout
 * @property {number} width
 * @property {number} height
 * @property {boolean} isNarrow
 * @property {(axis: number, position: number) => Point} at the pixel of a position on an axis
 * @property {(pixel: Point) => { axis: number, position: number, along: number, distance: number }} locate the axis next to a pixel, the position
 * on it, the place between axes (1.5: between the second and the third), and the distance from the axis
 */

/**
 * @param {Report} report
 * @param {Store} store
 */
export function parallelPlot(report, store) {
    const rows = runRows(report);
    const axes = runAxes(report);
    const classes = rowClasses(report);
    const base = create('canvas', {
        role: 'img',
        'aria-label': `Parallel coordinates of ${axes.map(({ label }) => label).join(', ')}. The fields below set the same ranges.`,
    });
    const overlay = create('canvas', { className: 'overlay', 'aria-hidden': true });
    const element = create('div', { className: 'parallel' }, base, overlay);
    /** @type {ParallelLayout} */
    let layout = layOutAxes(base, axes);
    /** @type {{ axis: number, from: number, to: number } | null} */
    let brush = null;
    let generation = 0;

    const lineOf = (/** @type {number} */ row) => axes.map(({ positions }, axis) => layout.at(axis, positions[row]));
    const redraw = () => {
        layout = layOutAxes(base, axes);
        element.classList.toggle('narrow', layout.isNarrow);
        const context = prepare(base, layout.width, layout.height);
        generation += 1;
        const own = generation;
        const lines = drawingOrder(rows.count, matchingRows(rows, store.state.filter), classes);
        let next = 0;
        const continueDrawing = () => {
            for (const stop = Math.min(next + FRAME_LINES, lines.length); next < stop; next += 1) {
                const { row, color, width } = lines[next];
                drawRun(context, lineOf(row), color, width);
            }
            if (next < lines.length) {
                requestAnimationFrame(() => own === generation && continueDrawing());
            } else {
                drawAxes(context, axes, layout);
            }
        };
        drawAxes(context, axes, layout);
        continueDrawing();
        mark();
    };
    const mark = () => {
        const context = prepare(overlay, layout.width, layout.height);
        const { filter, run, hover } = store.state;
        axes.forEach(({ name, intervalsOf }, axis) => {
            const range = filter.ranges[name];
            const intervals =
                brush?.axis === axis
                    ? [/** @type {[number, number]} */ ([Math.min(brush.from, brush.to), Math.max(brush.from, brush.to)])]
                    : range
                      ? intervalsOf(range)
                      : [];
            intervals.forEach((interval) => drawBrush(context, layout, axis, interval));
        });
        for (const [number, color] of /** @type {[number | undefined, Color][]} */ ([
            [run, INK],
            [hover?.run, ACCENT],
        ])) {
            const row = number === undefined ? -1 : rows.rowOf(number);
            if (row >= 0) {
                strokeLines(context, [lineOf(row)], GROUND, 5);
                strokeLines(context, [lineOf(row)], color, 2.2);
            }
        }
    };
    keepDrawn(base, redraw);
    store.subscribe(['filter'], oncePerFrame(redraw));
    store.subscribe(['run', 'hover'], oncePerFrame(mark));

    const setRange = (/** @type {number} */ axis, /** @type {number} */ from, /** @type {number} */ to) => {
        const { name, rangeOf } = axes[axis];
        const { filter } = store.state;
        const { [name]: _, ...others } = filter.ranges;
        const range = Math.abs(to - from) > 0 ? rangeOf(Math.min(from, to), Math.max(from, to)) : null;
        store.update({ filter: { ...filter, ranges: range ? { ...others, [name]: range } : others } });
    };
    const setRangeSoon = oncePerFrame(setRange);
    const pixelOf = (/** @type {PointerEvent} */ event) => {
        const { left, top } = overlay.getBoundingClientRect();
        return /** @type {Point} */ ([event.clientX - left, event.clientY - top]);
    };
    const nearestRow = (/** @type {Point} */ pixel) => {
        const { along, position } = layout.locate(pixel);
        const before = Math.min(Math.floor(along), axes.length - 2);
        const share = along - before;
        const reach =
            LINE_REACH / Math.abs(layout.isNarrow ? layout.at(0, 1)[0] - layout.at(0, 0)[0] : layout.at(0, 1)[1] - layout.at(0, 0)[1]);
        let [nearest, distance] = [-1, reach];
        const [first, second] = [axes[before], axes[before + 1]];
        for (const row of first && second ? matchingRows(rows, store.state.filter) : []) {
            const own = Math.abs(first.positions[row] * (1 - share) + second.positions[row] * share - position);
            if (own < distance) {
                [nearest, distance] = [row, own];
            }
        }
        return nearest;
    };
    /** @type {Point | null} */
    let pressed = null;
    overlay.addEventListener('pointerdown', (event) => {
        pressed = pixelOf(event);
        const { axis, position, distance } = layout.locate(pressed);
        if (distance < AXIS_REACH) {
            brush = { axis, from: position, to: position };
            overlay.setPointerCapture(event.pointerId);
            hideTooltip();
        }
    });
    let isInside = false;
    const point = oncePerFrame((/** @type {PointerEvent} */ event) => {
        const pixel = pixelOf(event);
        if (brush && pressed) {
            brush.to = layout.locate(pixel).position;
            mark();
            if (Math.hypot(pixel[0] - pressed[0], pixel[1] - pressed[1]) > CLICK_REACH) {
                setRangeSoon(brush.axis, brush.from, brush.to);
            }
            return;
        }
        if (!isInside) {
            return;
        }
        const isAtAxis = layout.locate(pixel).distance < AXIS_REACH;
        overlay.classList.toggle('can-brush', isAtAxis);
        hoverRow(store, rows, nearestRow(pixel), event);
    });
    overlay.addEventListener('pointermove', (event) => {
        isInside = true;
        point(event);
    });
    overlay.addEventListener('pointerup', (event) => {
        const pixel = pixelOf(event);
        const isClick = pressed !== null && Math.hypot(pixel[0] - pressed[0], pixel[1] - pressed[1]) <= CLICK_REACH;
        const row = isClick ? nearestRow(pixel) : -1;
        if (brush && isClick && store.state.filter.ranges[axes[brush.axis].name]) {
            setRange(brush.axis, 0, 0);
        } else if (brush && !isClick) {
            setRange(brush.axis, brush.from, layout.locate(pixel).position);
        } else if (row >= 0) {
            selectRun(store, rows.run(row));
        }
        [brush, pressed] = [null, null];
        mark();
    });
    overlay.addEventListener('pointercancel', () => {
        [brush, pressed] = [null, null];
        mark();
    });
    overlay.addEventListener('pointerleave', (event) => {
        isInside = false;
        hoverRow(store, rows, -1, event);
    });
    const drawnPart = rows.count > LINES ? ` ${LINES.toLocaleString('en-US')} runs of the filter are drawn.` : '';
    const hint = `Drag along an axis to filter, click it to show all values.${drawnPart}`;
    const legend = create(
        'p',
        { className: 'note' },
        ...CLASS_COLORS.map(({ label, color }) => create('span', { className: 'key' }, swatch(color), label)),
        hint,
    );
    return create('div', {}, element, legend);
}

/** @param {Color} color */
function swatch(color) {
    const element = create('span', { className: 'swatch' });
    element.style.background = css(color);
    return element;
}

/**
 * The class of each row: an index of `CLASS_COLORS`.
 * @param {Report} report
 */
function rowClasses(report) {
    const verdicts = runRows(report).column('verdict')?.values ?? [];
    return Uint8Array.from(verdicts, (verdict) => (verdict === 'converged' ? 0 : verdict === 'diverged' ? 1 : 2));
}

/**
 * The lines from back to front: some runs that do not match, then the matching ones, at most `LINES` evenly spread ones.
 * @param {number} count
 * @param {Uint32Array} matching
 * @param {Uint8Array} classes
 */
function drawingOrder(count, matching, classes) {
    const isMatching = new Uint8Array(count);
    matching.forEach((row) => (isMatching[row] = 1));
    const others = sample(
        Array.from(isMatching.keys()).filter((row) => isMatching[row] === 0),
        BACKGROUND_LINES,
    );
    const own = sample(matching, LINES);
    const alpha = Math.min(Math.max(5 / Math.sqrt(Math.max(own.length, 1)), 0.09), 0.75);
    const colors = CLASS_COLORS.map(({ color }) => css(color, alpha));
    const faint = css(GRID_LINE, 0.5);
    return [
        ...others.map((row) => ({ row, color: faint, width: 1 })),
        ...own.map((row) => ({ row, color: colors[classes[row]], width: 1.2 })),
    ];
}

/**
 * At most `limit` rows in a mixed order: the first ones are a sample of all.
 * @param {ArrayLike<number>} rows
 * @param {number} limit
 */
function sample(rows, limit) {
    // A stride without a common divisor visits every row once.
    const stride = [7919, 104729, 1299709].find((prime) => rows.length % prime !== 0) ?? 1;
    return Array.from({ length: Math.min(rows.length, limit) }, (_, index) => rows[(index * stride) % rows.length]);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Point[]} line
 * @param {string} color
 * @param {number} width
 */
function drawRun(context, line, color, width) {
    context.strokeStyle = color;
    context.lineWidth = width;
    context.beginPath();
    line.forEach(([x, y]) => context.lineTo(x, y));
    context.stroke();
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {RunAxis[]} axes
 * @returns {ParallelLayout}
 */
function layOutAxes(canvas, axes) {
    const width = Math.max(canvas.clientWidth, 200);
    const isNarrow = width < NARROW;
    const last = axes.length - 1;
    const height = isNarrow ? 34 + last * AXIS_DISTANCE + 26 : PLOT_HEIGHT;
    // The first and the last axis need room for their labels.
    const [left, right] = isNarrow ? [14, width - 14] : [70, width - 70];
    const [top, bottom] = isNarrow ? [28, height - 24] : [40, height - 14];
    const distance = (isNarrow ? bottom - top : right - left) / Math.max(last, 1);
    return {
        width,
        height,
        isNarrow,
        at: (axis, position) =>
            isNarrow
                ? [left + position * (right - left), top + axis * distance]
                : [left + axis * distance, bottom - position * (bottom - top)],
        locate([x, y]) {
            const along = Math.min(Math.max(isNarrow ? (y - top) / distance : (x - left) / distance, 0), last);
            const axis = Math.round(along);
            const position = isNarrow ? (x - left) / (right - left) : (bottom - y) / (bottom - top);
            return {
                axis,
                along,
                position: Math.min(Math.max(position, 0), 1),
                distance: Math.abs((isNarrow ? y - top : x - left) - axis * distance),
            };
        },
    };
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {RunAxis[]} axes
 * @param {ParallelLayout} layout
 */
function drawAxes(context, axes, { at, isNarrow }) {
    axes.forEach(({ label, ticks }, axis) => {
        const [start, end] = [at(axis, 0), at(axis, 1)];
        strokeLines(context, [[start, end]], INK, 1);
        // From the upper end, because the last tick names the runs without a value.
        let free = Infinity;
        for (const { position, label: text } of ticks.toReversed()) {
            const [x, y] = at(axis, position);
            const half = textWidth(context, text) / 2;
            strokeLines(
                context,
                [
                    isNarrow
                        ? [
                              [x, y - 3],
                              [x, y + 3],
                          ]
                        : [
                              [x - 3, y],
                              [x + 3, y],
                          ],
                ],
                INK,
                1,
            );
            const middle = Math.min(Math.max(x, start[0] - 12 + half), end[0] + 12 - half);
            if ((isNarrow ? middle + half : -y) <= free) {
                drawAxisText(context, text, isNarrow ? [middle, y + 12] : [x - 7, y], isNarrow ? 'center' : 'right', SECONDARY);
                free = isNarrow ? middle - half - 6 : -y - 13;
            }
        }
        drawAxisText(context, label, isNarrow ? [start[0], start[1] - 12] : [end[0], end[1] - 20], isNarrow ? 'left' : 'center', INK);
    });
}

/**
 * A text that lines behind it do not disturb.
 * @param {CanvasRenderingContext2D} context
 * @param {string} text
 * @param {Point} at
 * @param {'left' | 'center' | 'right'} align
 * @param {Color} color
 */
function drawAxisText(context, text, [x, y], align, color) {
    const width = textWidth(context, text);
    const left = align === 'left' ? x : align === 'center' ? x - width / 2 : x - width;
    fillRect(context, { left: left - 2, right: left + width + 2, top: y - 7, bottom: y + 7 }, { ...GROUND, alpha: 0.75 });
    drawText(context, text, [x, y], { align, color, isBold: color === INK });
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {ParallelLayout} layout
 * @param {number} axis
 * @param {[number, number]} interval
 */
function drawBrush(context, { at }, axis, [from, to]) {
    const [a, b] = [at(axis, from), at(axis, to)];
    const isVertical = a[0] === b[0];
    const half = 8;
    const rect = isVertical
        ? { left: a[0] - half, right: a[0] + half, top: b[1], bottom: a[1] }
        : { left: a[0], right: b[0], top: a[1] - half, bottom: a[1] + half };
    fillRect(context, rect, { ...BLUE, alpha: 0.22 });
    strokeRect(context, rect, BLUE, 1.2);
}
