// The places of labels: next to their points, on no other label, and over as few lines as possible.

/** @import { Point, Rect } from './types.d.ts' */

/** The width of a cell of the map of lines, in pixels. */
const CELL = 3;
/** Distances of a label from its point; a thin line leads to a label at the last two. */
const DISTANCES = [7, 18, 32];
/** The labels of lines are left out if they cover more cells than this. */
export const COVERED = 2;
/** The largest number of points of a line that are tried for its label. */
export const ANCHORS = 60;

/** The cells of a panel that lines and markers cover, and the rectangles of its labels. */
export class LabelMap {
    /** @param {Rect} rect */
    constructor(rect) {
        this.rect = rect;
        this.columns = Math.ceil((rect.right - rect.left) / CELL) + 1;
        this.rows = Math.ceil((rect.bottom - rect.top) / CELL) + 1;
        this.cells = new Uint8Array(this.columns * this.rows);
        /** @type {Rect[]} */
        this.labels = [];
    }

    /**
     * Marks the cells under a line.
     * @param {Point[]} line
     */
    add(line) {
        for (let index = 1; index < line.length; index += 1) {
            const [[x, y], [endX, endY]] = [line[index - 1], line[index]];
            const steps = Math.floor(Math.hypot(endX - x, endY - y) / CELL) + 1;
            for (let step = 0; step <= steps; step += 1) {
                const column = Math.floor((x + ((endX - x) * step) / steps - this.rect.left) / CELL);
                const row = Math.floor((y + ((endY - y) * step) / steps - this.rect.top) / CELL);
                if (column >= 0 && column < this.columns && row >= 0 && row < this.rows) {
                    this.cells[row * this.columns + column] = 1;
                }
            }
        }
    }

    /**
     * The number of covered cells in a rectangle.
     * @param {Rect} rect
     */
    covered(rect) {
        const [left, right] = [rect.left, rect.right].map((x) => Math.floor((x - this.rect.left) / CELL));
        const [top, bottom] = [rect.top, rect.bottom].map((y) => Math.floor((y - this.rect.top) / CELL));
        let count = 0;
        for (let row = top; row <= bottom; row += 1) {
            for (let column = left; column <= right; column += 1) {
                count += this.cells[row * this.columns + column] ?? 0;
            }
        }
        return count;
    }

    /** @param {Rect} rect */
    isFree(rect) {
        const { left, top, right, bottom } = this.rect;
        const isInside = rect.left >= left && rect.right <= right && rect.top >= top && rect.bottom <= bottom;
        const overlaps = (/** @type {Rect} */ other) =>
            rect.left < other.right && other.left < rect.right && rect.top < other.bottom && other.top < rect.bottom;
        return isInside && !this.labels.some(overlaps);
    }

    /**
     * Finds and occupies the best place of a label, next to one of some points. null if it would overlap a label or cover more than `limit` cells.
     * @param {number} width
     * @param {number} height
     * @param {Point[]} anchors
     * @param {number} limit
     * @returns {{ rect: Rect, anchor: Point, isDistant: boolean } | null}
     */
    placeLabel(width, height, anchors, limit) {
        let fewest = limit + 1;
        /** @type {{ rect: Rect, anchor: Point, isDistant: boolean } | null} */
        let best = null;
        for (const distance of DISTANCES) {
            for (const anchor of anchors) {
                for (const rect of around(anchor, width, height, distance)) {
                    const count = this.isFree(rect) ? this.covered(rect) : Infinity;
                    if (count < fewest) {
                        fewest = count;
                        best = { rect, anchor, isDistant: distance > DISTANCES[0] };
                    }
                }
            }
            if (fewest === 0) {
                break;
            }
        }
        if (best) {
            this.labels.push(best.rect);
        }
        return best;
    }
}

/**
 * The eight rectangles around a point at some distance.
 * @param {Point} point
 * @param {number} width
 * @param {number} height
 * @param {number} distance
 * @returns {Rect[]}
 */
function around([x, y], width, height, distance) {
    const slant = distance * 0.7;
    const [aside, above] = [width / 2 + distance, height / 2 + distance];
    const [slantAside, slantAbove] = [width / 2 + slant, height / 2 + slant];
    const shifts = [
        [aside, 0],
        [-aside, 0],
        [0, -above],
        [0, above],
        [slantAside, -slantAbove],
        [slantAside, slantAbove],
        [-slantAside, -slantAbove],
        [-slantAside, slantAbove],
    ];
    return shifts.map(([dx, dy]) => ({
        left: x + dx - width / 2,
        right: x + dx + width / 2,
        top: y + dy - height / 2,
        bottom: y + dy + height / 2,
    }));
}
