// One panel: ground, grid, layers, border and axes.

/** @import { Layer, Panel, PlacedPanel, Point, Rect, Tick } from './types.d.ts' */
import { BORDER, GRID_LINE, GROUND, PANEL_GROUND, SECONDARY } from './colors.js';
import { ANCHORS, COVERED, LabelMap } from './labels.js';
import { LABEL_SIZE, clipTo, drawCells, drawMarkers, drawText, fillRect, fillRings } from './marks.js';
import { strokeLines, strokeRect, strokeSegment, textWidth, wrapped } from './marks.js';
import { clippedLines, place } from './scale.js';

/** The line height of panel titles. */
export const TITLE_LINE = LABEL_SIZE * 1.3;
/** Labels avoid lines of at least this opacity. */
const FAINT_LINE = 0.6;

/**
 * Draws a panel into a rectangle. Axis labels are outside of it.
 * @param {CanvasRenderingContext2D} context
 * @param {Panel} panel
 * @param {Rect} rect
 * @param {{ x: boolean, y: boolean }} [labels] whether each axis has labels
 * @returns {PlacedPanel}
 */
export function drawPanel(context, panel, rect, labels = { x: true, y: true }) {
    const placed = place(panel, rect);
    fillRect(context, rect, PANEL_GROUND);
    strokeLines(context, gridLines(placed), GRID_LINE, 1);
    const map = new LabelMap(rect);
    clipTo(context, rect, () => panel.layers.forEach((layer) => drawLayer(context, layer, placed, map)));
    strokeRect(context, rect, BORDER, 1);
    wrapped(context, panel.title, rect.right - rect.left, true)
        .reverse()
        .forEach((line, index) => {
            drawText(context, line, [rect.left, rect.top - TITLE_LINE * (index + 0.75)], { isBold: true });
        });
    if (labels.x) {
        xAxis(context, placed);
    }
    if (labels.y) {
        yAxis(context, placed);
    }
    return placed;
}

/**
 * @param {PlacedPanel} placed
 * @returns {Point[][]}
 */
function gridLines({ panel, rect: { left, top, right, bottom }, toPixel }) {
    const [x0, y0] = [panel.x.range[0], panel.y.range[0]];
    /** @type {Point[][]} */
    const lines = [];
    for (const { at } of panel.x.ticks) {
        const x = toPixel([at, y0])?.[0];
        lines.push(
            x === undefined
                ? []
                : [
                      [x, top],
                      [x, bottom],
                  ],
        );
    }
    for (const { at } of panel.y.ticks) {
        const y = toPixel([x0, at])?.[1];
        lines.push(
            y === undefined
                ? []
                : [
                      [left, y],
                      [right, y],
                  ],
        );
    }
    return lines;
}

/**
 * Every how many ticks a label fits.
 * @param {{ position: number, size: number }[]} ticks
 */
function stride(ticks) {
    for (let step = 1; step < ticks.length; step += 1) {
        const labelled = ticks.filter((_, index) => index % step === 0);
        if (
            labelled.every(
                (tick, index) =>
                    index === 0 || Math.abs(tick.position - labelled[index - 1].position) >= (tick.size + labelled[index - 1].size) / 2,
            )
        ) {
            return step;
        }
    }
    return Math.max(ticks.length, 1);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {PlacedPanel} placed
 */
function xAxis(context, { panel, rect: { left, right, bottom }, toPixel }) {
    const ticks = panel.x.ticks.flatMap(({ at, label }) => {
        const pixel = toPixel([at, panel.y.range[0]]);
        return pixel ? [{ position: pixel[0], label, size: textWidth(context, label) + 8 }] : [];
    });
    const step = stride(ticks);
    ticks.forEach(({ position, label }, index) => {
        strokeSegment(context, [position, bottom], [position, bottom + 4], BORDER, 1);
        if (index % step === 0) {
            drawText(context, label, [position, bottom + 13], { align: 'center', color: SECONDARY });
        }
    });
    drawText(context, panel.x.label, [(left + right) / 2, bottom + 30], { align: 'center' });
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {PlacedPanel} placed
 */
function yAxis(context, { panel, rect: { left, top, bottom }, toPixel }) {
    const ticks = panel.y.ticks.flatMap(({ at, label }) => {
        const pixel = toPixel([panel.x.range[0], at]);
        return pixel ? [{ position: pixel[1], label, size: LABEL_SIZE * 1.2 }] : [];
    });
    const step = stride(ticks);
    ticks.forEach(({ position, label }, index) => {
        strokeSegment(context, [left - 4, position], [left, position], BORDER, 1);
        if (index % step === 0) {
            drawText(context, label, [left - 7, position], { align: 'right', color: SECONDARY });
        }
    });
    drawText(context, panel.y.label, [left - yLabelWidth(context, panel.y.ticks) - 17, (top + bottom) / 2], {
        align: 'center',
        isVertical: true,
    });
}

/**
 * The width of the widest label of an axis.
 * @param {CanvasRenderingContext2D} context
 * @param {Tick[]} ticks
 */
export function yLabelWidth(context, ticks) {
    return ticks.reduce((widest, { label }) => Math.max(widest, textWidth(context, label)), 0);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Layer} layer
 * @param {PlacedPanel} placed
 * @param {LabelMap} map
 */
function drawLayer(context, layer, placed, map) {
    const { rect, toPixel, contains } = placed;
    const inside = (/** @type {Point[]} */ points) =>
        points
            .map(toPixel)
            .filter((pixel) => pixel !== null)
            .filter(contains);
    if (layer.Area) {
        const limit = (/** @type {Point} */ [x, y]) => /** @type {Point} */ ([x, y].map((side) => Math.min(Math.max(side, -1e5), 1e5)));
        const rings = layer.Area.rings.map((ring) =>
            ring
                .map(toPixel)
                .filter((pixel) => pixel !== null)
                .map(limit),
        );
        fillRings(context, rings, layer.Area.color);
    } else if (layer.Line) {
        const { points, color, width, dash } = layer.Line;
        const parts = clippedLines(points.map(toPixel), rect);
        if (color.alpha >= FAINT_LINE && Math.min(...color.rgb) < 255) {
            parts.forEach((part) => map.add(part));
        }
        strokeLines(context, parts, color, width, dash);
    } else if (layer.Markers) {
        const { points, marker, color, size } = layer.Markers;
        const pixels = inside(points);
        if (size >= 4) {
            const half = size / 2;
            pixels.forEach(([x, y]) =>
                map.add([
                    [x - half, y - half],
                    [x + half, y + half],
                    [x - half, y + half],
                ]),
            );
        }
        drawMarkers(context, pixels, marker, color, size);
    } else if (layer.Rule) {
        drawRule(context, layer.Rule, placed, map);
    } else if (layer.Cells) {
        const { x, y } = layer.Cells;
        const [corner, opposite] = [toPixel([x[0], y[1]]), toPixel([x[1], y[0]])];
        if (corner && opposite) {
            drawCells(context, { left: corner[0], top: corner[1], right: opposite[0], bottom: opposite[1] }, layer.Cells);
        }
    } else if (layer.LineLabel) {
        const { points, text, color } = layer.LineLabel;
        const pixels = inside(points);
        const every = Math.max(1, Math.ceil(pixels.length / ANCHORS));
        drawLabel(
            context,
            text,
            pixels.filter((_, index) => index % every === 0),
            color,
            map,
            COVERED,
        );
    } else if (layer.InlineLabel) {
        const { points, text, color } = layer.InlineLabel;
        drawInlineLabel(context, text, inside(points), color, map);
    } else if (layer.Label) {
        drawLabel(context, layer.Label.text, inside([layer.Label.at]), layer.Label.color, map, Infinity);
    }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {NonNullable<Layer['Rule']>} rule
 * @param {PlacedPanel} placed
 * @param {LabelMap} map
 */
function drawRule(context, { at, vertical, label, color, dash }, { panel, rect, toPixel, contains }, map) {
    const { left, top, right, bottom } = rect;
    const pixel = toPixel(vertical ? [at, panel.y.range[0]] : [panel.x.range[0], at]);
    if (!pixel || !contains(pixel)) {
        return;
    }
    /** @type {Point[]} */
    const line = vertical
        ? [
              [pixel[0], top],
              [pixel[0], bottom],
          ]
        : [
              [left, pixel[1]],
              [right, pixel[1]],
          ];
    map.add(line);
    strokeLines(context, [line], color, 1.4, dash);
    const half = textWidth(context, label) / 2 + 4;
    const anchors = [0, 0.15, 0.3, 0.5, 0.7, 0.85, 1].map(
        (share) =>
            /** @type {Point} */ (
                vertical ? [pixel[0], top + 9 + (bottom - top - 18) * share] : [right - half - (right - left - 2 * half) * share, pixel[1]]
            ),
    );
    drawLabel(context, label, anchors, color, map, Infinity);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {string} text
 * @param {Point[]} anchors
 * @param {import('./types.d.ts').Color} color
 * @param {LabelMap} map
 * @param {number} limit
 */
function drawLabel(context, text, anchors, color, map, limit) {
    const found = text && map.placeLabel(textWidth(context, text), LABEL_SIZE * 1.2, anchors, limit);
    if (!found) {
        return;
    }
    const { rect, anchor, isDistant } = found;
    if (isDistant) {
        const end = /** @type {Point} */ ([
            Math.min(Math.max(anchor[0], rect.left), rect.right),
            Math.min(Math.max(anchor[1], rect.top), rect.bottom),
        ]);
        strokeLines(context, [[anchor, end]], { ...color, alpha: 0.7 }, 0.8);
    }
    fillRect(context, { ...rect, left: rect.left - 2, right: rect.right + 2 }, { ...GROUND, alpha: 0.75 });
    drawText(context, text, [rect.left, (rect.top + rect.bottom) / 2], { color });
}

/**
 * Writes a text on a line, centred at the first point where it covers no label.
 * @param {CanvasRenderingContext2D} context
 * @param {string} text
 * @param {Point[]} points
 * @param {import('./types.d.ts').Color} color
 * @param {LabelMap} map
 */
function drawInlineLabel(context, text, points, color, map) {
    const [width, height] = [textWidth(context, text) / 2 + 2, LABEL_SIZE * 0.6];
    const rects = points.map(([x, y]) => ({ left: x - width, right: x + width, top: y - height, bottom: y + height }));
    const rect = rects.find((candidate) => map.isFree(candidate));
    if (rect) {
        map.labels.push(rect);
        fillRect(context, rect, { ...GROUND, alpha: 0.75 });
        drawText(context, text, [rect.left + 2, (rect.top + rect.bottom) / 2], { color });
    }
}
