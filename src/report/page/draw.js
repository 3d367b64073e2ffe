// Draws figures on a canvas: a grid of panels, colour bars on the right, the legend below. Titles and captions are text of the page.

/** @import { ColorBar, Drawn, Figure, LegendEntry, Panel, Point, Rect } from './types.d.ts' */
import { SECONDARY, onSchemeChange } from './colors.js';
import { LABEL_SIZE, drawMarkers, drawText, fillRect, strokeSegment, textWidth, wrapped } from './marks.js';
import { TITLE_LINE, drawPanel, yLabelWidth } from './panel.js';

const LEGEND_LINE = LABEL_SIZE * 1.7;
/** Width of a colour bar, of its ticks and of its label, its distance from the panels, and the distance between two bars. */
const BAR = { width: 13, ticks: 7, label: 22, distance: 14, gap: 26 };
/** Height of the tick labels and the label of an x axis, and width of the label of a y axis. */
const X_LABELS = 42;
const Y_LABEL = 30;
const GAP = 10;
/** Width of a y axis without labels, and room for the half of the last label of an x axis. */
const PLAIN_AXIS = 10;
const RIGHT = 12;
/** The smallest width of a panel; narrower panels go to the next row. */
const LEAST_WIDTH = { shared: 120, own: 230 };
/** Bounds of a panel's height as a multiple of its width. */
const ASPECTS = [0.5, 1.1];

/**
 * @typedef {object} DrawOptions
 * @property {number} [width] in CSS pixels; the width of the canvas element by default
 * @property {number} [height] of the whole figure; as high as its contents need by default
 * @property {boolean} [legend] false leaves the legend out
 */

/**
 * Draws a figure and sets the height of the canvas. Pixels of the result are CSS pixels from the upper left corner of the canvas.
 * @param {HTMLCanvasElement} canvas
 * @param {Figure} figure
 * @param {DrawOptions} [options]
 * @returns {Drawn}
 */
export function drawFigure(canvas, figure, options = {}) {
    const width = Math.max(options.width ?? canvas.clientWidth, 120);
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
    const layout = layOut(context, figure, width, options);
    prepare(canvas, width, layout.height);
    const panels = figure.panels.map((panel, index) => drawPanel(context, panel, layout.rects[index], layout.labels[index]));
    const bars = figure.color_bars;
    bars.forEach((bar, index) => {
        const share = (layout.grid.bottom - layout.grid.top) / bars.length;
        const top = layout.grid.top + share * index;
        const left = layout.grid.right + BAR.distance;
        const bottom = top + share - (index + 1 < bars.length ? BAR.gap : 0);
        drawColorBar(context, bar, { left, right: left + barWidth(context, figure), top, bottom });
    });
    for (const { entry, at } of layout.legend) {
        drawLegendEntry(context, entry, at);
    }
    return { width, height: layout.height, panels };
}

/**
 * Sizes a canvas in device pixels and clears it. The drawing unit is the CSS pixel.
 * @param {HTMLCanvasElement} canvas
 * @param {number} width
 * @param {number} height
 */
export function prepare(canvas, width, height) {
    const ratio = Math.min(window.devicePixelRatio || 1, 3);
    const [columns, rows] = [Math.round(width * ratio), Math.round(height * ratio)];
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
    if (canvas.width !== columns || canvas.height !== rows) {
        [canvas.width, canvas.height] = [columns, rows];
        canvas.style.height = `${height}px`;
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    return context;
}

/**
 * Calls `redraw` now, and whenever the width of an element or the ground changes.
 * @param {HTMLElement} element
 * @param {() => void} redraw
 */
export function keepDrawn(element, redraw) {
    let width = -1;
    new ResizeObserver(() => {
        if (element.clientWidth !== width && element.clientWidth > 0) {
            width = element.clientWidth;
            redraw();
        }
    }).observe(element);
    onSchemeChange(redraw);
}

/**
 * The places of the parts of a figure.
 * @param {CanvasRenderingContext2D} context
 * @param {Figure} figure
 * @param {number} width
 * @param {DrawOptions} options
 */
function layOut(context, figure, width, options) {
    const count = Math.max(figure.panels.length, 1);
    const bars = figure.color_bars.length > 0 ? BAR.distance + barWidth(context, figure) : RIGHT;
    const entries = options.legend === false ? [] : figure.legend;
    const entryWidth = (/** @type {LegendEntry} */ entry) => 30 + textWidth(context, entry.label) + 16;
    const ratio = figure.panels[0]?.equal_units ? unitRatio(figure.panels[0]) : null;
    // A panel with equal units leaves room beside it.
    const isBeside = count === 1 && ratio !== null && width >= 640 && entries.length > 0;
    const beside = isBeside ? GAP + Math.max(...entries.map(entryWidth)) : 0;
    const legendRows = isBeside ? 0 : rowsOf(entries, entryWidth, width);
    const below = legendRows > 0 ? legendRows * LEGEND_LINE + 4 : 0;

    let columns = Math.max(figure.columns, 1);
    /** @type {(column: number) => number} */
    const axisWidth = (column) => {
        const own = figure.panels.filter((_, index) => index % columns === column);
        if (own.length === 0 || (figure.shared_axes && column > 0)) {
            return column > 0 ? PLAIN_AXIS : 0;
        }
        return Math.max(...own.map((panel) => yLabelWidth(context, panel.y.ticks))) + Y_LABEL;
    };
    const panelWidth = () => {
        const axes = Array.from({ length: columns }, (_, column) => axisWidth(column)).reduce((sum, side) => sum + side, 0);
        return (width - bars - beside - axes - GAP * (columns - 1)) / columns;
    };
    while (columns > 1 && panelWidth() < (figure.shared_axes ? LEAST_WIDTH.shared : LEAST_WIDTH.own)) {
        columns -= 1;
    }
    const rows = Math.ceil(count / columns);
    let size = { width: Math.max(panelWidth(), 40), height: 0 };

    /** @type {(row: number) => number} */
    const titleHeight = (row) => {
        const own = figure.panels.slice(row * columns, (row + 1) * columns);
        return 7 + TITLE_LINE * Math.max(0, ...own.map((panel) => wrapped(context, panel.title, size.width, true).length));
    };
    /** @type {(row: number) => number} */
    const gapBelow = (row) => (figure.shared_axes && row + 1 < rows ? GAP : X_LABELS);
    const around = Array.from({ length: rows }, (_, row) => titleHeight(row) + gapBelow(row)).reduce((sum, side) => sum + side, below);
    size.height = options.height ? Math.max((options.height - around) / rows, 40) : size.width * (ratio ?? screenAspect(figure));
    if (options.height && ratio !== null) {
        size = { width: Math.min(size.width, size.height / ratio), height: Math.min(size.height, size.width * ratio) };
    }

    /** @type {Rect[]} */
    const rects = [];
    /** @type {{ x: boolean, y: boolean }[]} */
    const labels = [];
    let top = 0;
    for (let row = 0; row < rows; row += 1) {
        top += titleHeight(row);
        let left = 0;
        for (let column = 0; column < columns && rects.length < figure.panels.length; column += 1) {
            left += axisWidth(column);
            rects.push({ left, top, right: left + size.width, bottom: top + size.height });
            const isLowest = figure.panels.length <= (row + 1) * columns + column;
            labels.push({ x: !figure.shared_axes || isLowest, y: !figure.shared_axes || column === 0 });
            left += size.width + GAP;
        }
        top += size.height + gapBelow(row);
    }
    const grid = {
        left: 0,
        top: rects[0]?.top ?? 0,
        right: Math.max(0, ...rects.map((rect) => rect.right)),
        bottom: Math.max(0, ...rects.map((rect) => rect.bottom)),
    };
    /** @type {{ entry: LegendEntry, at: Point }[]} */
    const legend = [];
    let [x, y] = isBeside ? [grid.right + bars + GAP, grid.top + LABEL_SIZE] : [0, top + LEGEND_LINE / 2];
    for (const entry of entries) {
        if (!isBeside && x > 0 && x + entryWidth(entry) > width) {
            [x, y] = [0, y + LEGEND_LINE];
        }
        legend.push({ entry, at: [x, y] });
        [x, y] = isBeside ? [x, y + LEGEND_LINE] : [x + entryWidth(entry), y];
    }
    const height = options.height ?? Math.ceil(Math.max(top + below, isBeside ? y : 0));
    return { height, rects, labels, grid, legend };
}

/**
 * The width of the colour bars with their ticks and labels.
 * @param {CanvasRenderingContext2D} context
 * @param {Figure} figure
 */
function barWidth(context, { color_bars: bars }) {
    return BAR.width + BAR.ticks + Math.max(...bars.map((bar) => yLabelWidth(context, bar.ticks))) + BAR.label;
}

/**
 * The number of rows of a legend.
 * @param {LegendEntry[]} entries
 * @param {(entry: LegendEntry) => number} entryWidth
 * @param {number} width
 */
function rowsOf(entries, entryWidth, width) {
    let [rows, x] = [0, Infinity];
    for (const entry of entries) {
        if (x > 0 && x + entryWidth(entry) > width) {
            [rows, x] = [rows + 1, 0];
        }
        x += entryWidth(entry);
    }
    return rows;
}

/**
 * The height over width of a panel in which units are equal.
 * @param {Panel} panel
 */
function unitRatio({ x, y }) {
    return (y.range[1] - y.range[0]) / (x.range[1] - x.range[0]);
}

/**
 * The height over width of the panels.
 * @param {Figure} figure
 */
function screenAspect(figure) {
    const columns = Math.max(figure.columns, 1);
    const rows = Math.max(Math.ceil(figure.panels.length / columns), 1);
    // The parts around the panels take about these shares of the picture.
    const aspect = (figure.size[1] - 150) / rows / ((figure.size[0] - 60) / columns);
    return Math.min(Math.max(aspect, ASPECTS[0]), ASPECTS[1]);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {LegendEntry} entry
 * @param {Point} at
 */
function drawLegendEntry(context, { label, color, shape }, [x, y]) {
    if (shape === 'Area') {
        fillRect(context, { left: x, right: x + 22, top: y - 5, bottom: y + 5 }, color);
    } else if (shape.Line) {
        strokeSegment(context, [x, y], [x + 22, y], color, shape.Line === 'Solid' ? 2.2 : 1.8, shape.Line);
    } else if (shape.Marker) {
        drawMarkers(context, [[x + 11, y]], shape.Marker, color, 8);
    }
    drawText(context, label, [x + 28, y]);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {ColorBar} bar
 * @param {Rect} bounds
 */
function drawColorBar(context, { label, edges, colors, ticks }, bounds) {
    const [low, high] = [edges[0], edges[edges.length - 1]];
    if (!(low < high)) {
        return;
    }
    const y = (/** @type {number} */ value) => bounds.bottom - ((value - low) / (high - low)) * (bounds.bottom - bounds.top);
    const right = bounds.left + BAR.width;
    colors.forEach((color, index) => {
        fillRect(context, { left: bounds.left, right, top: y(edges[index + 1]), bottom: y(edges[index]) }, color);
    });
    let last = Infinity;
    for (const { at, label: text } of ticks.filter((tick) => tick.at >= low && tick.at <= high)) {
        strokeSegment(context, [right, y(at)], [right + 4, y(at)], SECONDARY, 1);
        if (Math.abs(last - y(at)) >= LABEL_SIZE * 1.1) {
            drawText(context, text, [right + BAR.ticks, y(at)], { color: SECONDARY });
            last = y(at);
        }
    }
    drawText(context, label, [bounds.right - 8, (bounds.top + bounds.bottom) / 2], { align: 'center', isVertical: true });
}
