// The projection from data coordinates to pixels, and clipping.

/** @import { Axis, Panel, PlacedPanel, Point, Rect } from './types.d.ts' */

/** @type {(axis: Axis, value: number) => number} */
const scaled = (axis, value) => (axis.scale === 'Log' ? Math.log10(value) : value);

/**
 * The position of a value on its axis: 0 to 1 inside the range. Not finite for a value that a logarithmic axis cannot show.
 * @param {Axis} axis
 * @param {number} value
 */
export function relative(axis, value) {
    const low = scaled(axis, axis.range[0]);
    return (scaled(axis, value) - low) / (scaled(axis, axis.range[1]) - low);
}

/**
 * The value at a position on an axis, the inverse of `relative`.
 * @param {Axis} axis
 * @param {number} position
 */
export function valueAt(axis, position) {
    const [low, high] = axis.range.map((end) => scaled(axis, end));
    const value = low + position * (high - low);
    return axis.scale === 'Log' ? 10 ** value : value;
}

/**
 * A panel with its projection to a rectangle.
 * @param {Panel} panel
 * @param {Rect} rect
 * @returns {PlacedPanel}
 */
export function place(panel, rect) {
    const { left, top, right, bottom } = rect;
    return {
        panel,
        rect,
        toPixel([x, y]) {
            const pixel = /** @type {Point} */ ([
                left + relative(panel.x, x) * (right - left),
                bottom - relative(panel.y, y) * (bottom - top),
            ]);
            return pixel.every(Number.isFinite) ? pixel : null;
        },
        toData: ([x, y]) => [valueAt(panel.x, (x - left) / (right - left)), valueAt(panel.y, (bottom - y) / (bottom - top))],
        contains: ([x, y]) => x >= left - 0.5 && x <= right + 0.5 && y >= top - 0.5 && y <= bottom + 0.5,
    };
}

/**
 * The part of a segment inside a rectangle, by the algorithm of Liang and Barsky; null outside.
 * @param {Point} from
 * @param {Point} to
 * @param {Rect} rect
 * @returns {[Point, Point] | null}
 */
function clippedSegment(from, to, { left, top, right, bottom }) {
    const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
    let [enter, leave] = [0, 1];
    for (const [direction, distance] of [
        [-dx, from[0] - left],
        [dx, right - from[0]],
        [-dy, from[1] - top],
        [dy, bottom - from[1]],
    ]) {
        if (direction === 0 && distance < 0) {
            return null;
        }
        if (direction < 0) {
            enter = Math.max(enter, distance / direction);
        } else if (direction > 0) {
            leave = Math.min(leave, distance / direction);
        }
    }
    /** @type {(share: number) => Point} */
    const at = (share) => [from[0] + dx * share, from[1] + dy * share];
    return enter <= leave ? [enter > 0 ? at(enter) : from, leave < 1 ? at(leave) : to] : null;
}

/** Points closer than this to the last one are left out of a line, in pixels. */
const RESOLUTION = 0.3;

/**
 * The parts of a polyline inside a rectangle and its surroundings. A path that diverges leaves the range of the canvas; its slopes stay right.
 * @param {Iterable<Point | null>} pixels null interrupts the line
 * @param {Rect} rect
 * @returns {Point[][]}
 */
export function clippedLines(pixels, rect) {
    const margin = 20;
    const bounds = { left: rect.left - margin, top: rect.top - margin, right: rect.right + margin, bottom: rect.bottom + margin };
    /** @type {Point[][]} */
    const parts = [];
    /** @type {Point | null} */
    let last = null;
    /** @type {Point | null} */
    let end = null;
    for (const pixel of pixels) {
        if (pixel && last && Math.abs(pixel[0] - last[0]) + Math.abs(pixel[1] - last[1]) < RESOLUTION) {
            continue;
        }
        const segment = pixel && last && clippedSegment(last, pixel, bounds);
        if (segment) {
            if (end === segment[0]) {
                parts[parts.length - 1].push(segment[1]);
            } else {
                parts.push([...segment]);
            }
            end = segment[1];
        } else {
            end = null;
        }
        last = pixel;
    }
    return parts;
}
