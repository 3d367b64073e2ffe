// The visible ranges of a heatmap: zooming and moving.

/** @import { Axis } from './types.d.ts' */
import { relative, valueAt } from './scale.js';

/** The smallest visible part of an axis: below it float64 cannot tell cells apart. */
const LEAST_SPAN = 1e-9;

/**
 * An axis whose range is that of two positions of the present range, within bounds. The span is kept at the bounds.
 * @param {Axis} axis
 * @param {number} from
 * @param {number} to
 * @param {[number, number]} bounds
 * @returns {[number, number]}
 */
export function movedRange(axis, from, to, bounds) {
    const [least, most] = bounds.map((end, index) => {
        const position = relative(axis, end);
        return Number.isFinite(position) ? position : index === 0 ? -Infinity : Infinity;
    });
    const span = Math.min(to - from, most - least);
    const start = Math.min(Math.max(from, least), most - span);
    const range = /** @type {[number, number]} */ ([valueAt(axis, start), valueAt(axis, start + span)]);
    const size = Math.max(Math.abs(range[0]), Math.abs(range[1]));
    return range[1] - range[0] > LEAST_SPAN * size ? range : axis.range;
}

/**
 * An axis whose range is larger by a factor around a position.
 * @param {Axis} axis
 * @param {number} factor
 * @param {number} center
 * @param {[number, number]} bounds
 */
export function scaledRange(axis, factor, center, bounds) {
    return movedRange(axis, center - factor * center, center + factor * (1 - center), bounds);
}
