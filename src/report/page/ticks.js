// Ticks of axes that the page makes itself.

/** @import { Scale, Tick } from './types.d.ts' */
import { short } from './dom.js';

/**
 * Round values inside a range, at most about `count`.
 * @param {Scale} scale
 * @param {[number, number]} range
 * @param {number} [count]
 * @returns {Tick[]}
 */
export function roundTicks(scale, [low, high], count = 6) {
    if (!(low < high)) {
        return [{ at: low, label: short(low) }];
    }
    if (scale === 'Log' && high / low >= 8) {
        return decadeTicks(low, high, count);
    }
    const raw = (high - low) / count;
    const power = 10 ** Math.floor(Math.log10(raw));
    const step = power * ([1, 2, 5].find((factor) => factor * power >= raw) ?? 10);
    const first = Math.ceil(low / step - 1e-9);
    const length = Math.floor(high / step + 1e-9) - first + 1;
    return Array.from({ length }, (_, index) => {
        const at = (first + index) * step;
        // As many digits as tell a tick from the next one.
        const digits = Math.ceil(Math.log10(Math.max(Math.abs(at), step) / step)) + 1;
        return { at, label: short(Number(at.toPrecision(Math.min(digits + 1, 16))), Math.max(digits, 3)) };
    });
}

/**
 * Powers of ten, or also their multiples by 2 and 5 in a short range.
 * @param {number} low
 * @param {number} high
 * @param {number} count
 * @returns {Tick[]}
 */
function decadeTicks(low, high, count) {
    const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
    const decades = Math.log10(high / low);
    // Up to one tick more than requested.
    const stride = Math.max(1, Math.ceil(decades / (count + 1)));
    const factors = decades > count / 2 ? [1] : decades > 1 && count < 6 ? [1, 3] : [1, 2, 5];
    /** @type {Tick[]} */
    const ticks = [];
    for (let exponent = first; exponent <= last; exponent += 1) {
        for (const factor of factors) {
            const at = Number(`${factor}e${exponent}`);
            if (exponent % stride === 0 && at >= low * (1 - 1e-9) && at <= high * (1 + 1e-9)) {
                ticks.push({ at, label: short(at) });
            }
        }
    }
    return ticks;
}
