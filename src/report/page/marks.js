// Marks on a canvas: lines, markers, cells and text.

/** @import { Cells, Color, Dash, Marker, Point, Rect } from './types.d.ts' */
import { GROUND, INK, css, darkened, isDark } from './colors.js';

/** The size of labels in pixels. */
export const LABEL_SIZE = 11.5;

/** @type {Record<Dash, number[]>} */
const PATTERNS = { Solid: [], Dashed: [6, 3.5], Dotted: [2, 2], DashDotted: [7, 2.5, 2, 2.5] };

/** @typedef {CanvasRenderingContext2D} Context */

/**
 * The most segments that are stroked at once. The time of a browser for one path grows faster than its length: 16,000 segments that cross each
 * other took seconds.
 */
const SEGMENTS = 200;

/**
 * @param {Context} context
 * @param {Point[][]} parts
 * @param {Color} color
 * @param {number} width 0 draws nothing
 * @param {Dash} [dash]
 */
export function strokeLines(context, parts, color, width, dash = 'Solid') {
    if (!(width > 0)) {
        return;
    }
    context.lineJoin = 'round';
    context.lineCap = dash === 'Solid' ? 'round' : 'butt';
    context.lineWidth = width;
    context.strokeStyle = css(color);
    context.setLineDash(PATTERNS[dash]);
    context.beginPath();
    let count = 0;
    for (const part of parts) {
        part.forEach(([x, y], index) => {
            if (index === 0) {
                context.moveTo(x, y);
                return;
            }
            context.lineTo(x, y);
            count += 1;
            if (count % SEGMENTS === 0) {
                context.stroke();
                context.beginPath();
                context.moveTo(x, y);
            }
        });
    }
    context.stroke();
    context.setLineDash([]);
}

/**
 * @param {Context} context
 * @param {Point} from
 * @param {Point} to
 * @param {Color} color
 * @param {number} width
 * @param {Dash} [dash]
 */
export function strokeSegment(context, from, to, color, width, dash = 'Solid') {
    strokeLines(context, [[from, to]], color, width, dash);
}

/**
 * @param {Context} context
 * @param {Point[][]} rings the outer ring, and its holes
 * @param {Color} color
 */
export function fillRings(context, rings, color) {
    context.beginPath();
    for (const ring of rings) {
        ring.forEach(([x, y], index) => (index === 0 ? context.moveTo(x, y) : context.lineTo(x, y)));
        context.closePath();
    }
    context.fillStyle = css(color);
    context.fill('evenodd');
}

/**
 * @param {Context} context
 * @param {Rect} rect
 * @param {Color} color
 */
export function fillRect(context, { left, top, right, bottom }, color) {
    context.fillStyle = css(color);
    context.fillRect(left, top, right - left, bottom - top);
}

/**
 * @param {Context} context
 * @param {Rect} rect
 * @param {Color} color
 * @param {number} width
 */
export function strokeRect(context, { left, top, right, bottom }, color, width) {
    context.lineWidth = width;
    context.strokeStyle = css(color);
    context.strokeRect(left, top, right - left, bottom - top);
}

/**
 * Draws inside a rectangle only.
 * @param {Context} context
 * @param {Rect} rect
 * @param {() => void} draw
 */
export function clipTo(context, { left, top, right, bottom }, draw) {
    context.save();
    context.beginPath();
    context.rect(left, top, right - left, bottom - top);
    context.clip();
    draw();
    context.restore();
}

/**
 * @param {Context} context
 * @param {Point[]} points
 * @param {number} radius
 * @param {Color} color
 */
export function fillDiscs(context, points, radius, color) {
    context.beginPath();
    for (const [x, y] of points) {
        context.moveTo(x + radius, y);
        context.arc(x, y, radius, 0, 2 * Math.PI);
    }
    context.fillStyle = css(color);
    context.fill();
}

/**
 * @param {Context} context
 * @param {Point[]} points
 * @param {Marker} marker
 * @param {Color} color
 * @param {number} size
 */
export function drawMarkers(context, points, marker, color, size) {
    const half = size / 2;
    if (marker === 'Dot') {
        fillDiscs(context, points, half, color);
        return;
    }
    for (const point of points) {
        const [x, y] = point;
        if (marker === 'Filled' || marker === 'Hollow') {
            fillDiscs(context, [point], half + 1, GROUND);
            fillDiscs(context, [point], half, color);
            if (marker === 'Hollow') {
                fillDiscs(context, [point], Math.max(half - 1.6, 0.5), GROUND);
            }
        } else if (marker === 'Cross') {
            /** @type {Point[][]} */
            const strokes = [
                [
                    [x - half, y - half],
                    [x + half, y + half],
                ],
                [
                    [x - half, y + half],
                    [x + half, y - half],
                ],
            ];
            strokeLines(context, strokes, GROUND, 4.5);
            strokeLines(context, strokes, color, 2.2);
        } else if (marker === 'Tick') {
            strokeSegment(context, [x, y - half], [x, y + half], color, 1.4);
        } else {
            fillRings(
                context,
                [
                    [
                        [x - half, y + size],
                        [x + half, y + size],
                        [x, y],
                    ],
                ],
                color,
            );
        }
    }
}

/** @type {WeakMap<Cells, { image: HTMLCanvasElement, isForDark: boolean }>} */
const cellImages = new WeakMap();

/**
 * Fills a rectangle with cells. Cells smaller than a pixel merge.
 * @param {Context} context
 * @param {Rect} rect
 * @param {Cells} cells
 */
export function drawCells(context, { left, top, right, bottom }, cells) {
    let known = cellImages.get(cells);
    if (known?.isForDark !== isDark()) {
        known = { image: cellImage(cells), isForDark: isDark() };
        cellImages.set(cells, known);
    }
    context.imageSmoothingEnabled = false;
    context.drawImage(known.image, left, top, right - left, bottom - top);
}

/** @param {Cells} cells */
function cellImage({ columns, colors, palette, indices }) {
    const adapt = (/** @type {readonly number[]} */ rgb) => (isDark() ? darkened(rgb) : rgb);
    // A pixel as one number, in the byte order of the machine.
    const pixel = new Uint32Array(1);
    const bytes = new Uint8Array(pixel.buffer);
    const packed = (/** @type {readonly number[]} */ rgb) => {
        bytes.set([...adapt(rgb), 255]);
        return pixel[0];
    };
    const table = Uint32Array.from((palette ?? []).map(packed));
    const count = indices?.length ?? colors?.length ?? 0;
    const rows = Math.floor(count / columns);
    const image = new ImageData(columns, Math.max(rows, 1));
    const pixels = new Uint32Array(image.data.buffer);
    for (let cell = 0; cell < rows * columns; cell += 1) {
        const at = (rows - 1 - Math.floor(cell / columns)) * columns + (cell % columns);
        pixels[at] = indices ? table[indices[cell]] : packed(/** @type {[number, number, number][]} */ (colors)[cell]);
    }
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [image.width, image.height];
    canvas.getContext('2d')?.putImageData(image, 0, 0);
    return canvas;
}

/** @type {Map<string, number>} */
const widths = new Map();

/**
 * The font of labels.
 * @param {boolean} [isBold]
 */
export function labelFont(isBold = false) {
    return `${isBold ? '600 ' : ''}${LABEL_SIZE}px system-ui, "Segoe UI", "DejaVu Sans", sans-serif`;
}

/**
 * @param {Context} context
 * @param {string} text
 * @param {boolean} [isBold]
 */
export function textWidth(context, text, isBold = false) {
    const key = (isBold ? 'b' : 'r') + text;
    let width = widths.get(key);
    if (width === undefined) {
        context.font = labelFont(isBold);
        ({ width } = context.measureText(text));
        if (widths.size > 5000) {
            widths.clear();
        }
        widths.set(key, width);
    }
    return width;
}

/**
 * Writes a text, vertically centred at a point.
 * @param {Context} context
 * @param {string} text
 * @param {Point} at
 * @param {{ align?: 'left' | 'center' | 'right', color?: Color, isBold?: boolean, isVertical?: boolean }} [options]
 */
export function drawText(context, text, [x, y], { align = 'left', color = INK, isBold = false, isVertical = false } = {}) {
    context.font = labelFont(isBold);
    context.fillStyle = css(color);
    context.textAlign = align;
    context.textBaseline = 'middle';
    if (isVertical) {
        context.save();
        context.translate(x, y);
        context.rotate(-Math.PI / 2);
        context.fillText(text, 0, 0);
        context.restore();
    } else {
        context.fillText(text, x, y + 0.5);
    }
}

/**
 * The lines of a text that is wrapped at spaces.
 * @param {Context} context
 * @param {string} text
 * @param {number} limit
 * @param {boolean} isBold
 * @returns {string[]}
 */
export function wrapped(context, text, limit, isBold) {
    /** @type {string[]} */
    const lines = [];
    for (const word of text.split(/\s+/).filter(Boolean)) {
        const longer = lines.length > 0 ? `${lines[lines.length - 1]} ${word}` : word;
        if (lines.length > 0 && textWidth(context, longer, isBold) <= limit) {
            lines[lines.length - 1] = longer;
        } else {
            lines.push(word);
        }
    }
    return lines;
}
