// The colours of a heatmap: from classes and values to the palette of its colour bars, and back.

/** @import { ColorBar, Figure } from './types.d.ts' */
import { significant } from './dom.js';

/** The classes of the engine, by their number. */
export const CONVERGED = 0;
export const OTHER = 1;
export const DIVERGED = 2;

/**
 * @typedef {object} CellColors
 * @property {[number, number, number][]} palette the colours of all bars
 * @property {(kind: number, value: number) => number} indexOf the colour of a cell
 * @property {(rgb: readonly number[]) => { kind: number, value: number } | null} cellOf the class and about the value of a colour; null for none
 * @property {(kind: number, value: number, isRounded: boolean) => string} inWords
 */

/**
 * @param {Figure} figure
 * @returns {CellColors}
 */
export function cellColors({ color_bars: bars }) {
    /** @type {number[]} */
    const kinds = bars.map(({ label }) => (label.startsWith('converged') ? CONVERGED : label.startsWith('diverged') ? DIVERGED : OTHER));
    /** @type {number[]} */
    const firsts = [];
    /** @type {[number, number, number][]} */
    const palette = [];
    for (const { colors } of bars) {
        firsts.push(palette.length);
        palette.push(...colors.map(({ rgb }) => rgb));
    }
    const costLabel = bars[kinds.indexOf(OTHER)]?.label ?? 'mean J';
    return {
        palette,
        indexOf(kind, value) {
            const bar = Math.max(kinds.indexOf(kind), 0);
            return firsts[bar] + shadeOf(bars[bar], Math.log10(value));
        },
        cellOf(rgb) {
            const distance = (/** @type {readonly number[]} */ own) =>
                own.reduce((sum, channel, index) => sum + (channel - rgb[index]) ** 2, 0);
            if (rgb.every((channel) => channel === 255)) {
                return null;
            }
            const index = palette.reduce((best, own, position) => (distance(own) < distance(palette[best]) ? position : best), 0);
            const bar = firsts.findLastIndex((first) => first <= index);
            const shade = index - firsts[bar];
            const { edges } = bars[bar];
            return { kind: kinds[bar], value: 10 ** ((edges[shade] + edges[shade + 1]) / 2) };
        },
        inWords(kind, value, isRounded) {
            const about = isRounded ? 'about ' : '';
            const count = isRounded ? significant(value, 2) : value.toLocaleString('en-US');
            if (kind === OTHER) {
                return `not converged, ${costLabel} ${isRounded ? '≈' : '='} ${significant(value, isRounded ? 2 : 4)}`;
            }
            return kind === CONVERGED ? `converged in ${about}${count} epochs` : `diverged after ${about}${count} updates`;
        },
    };
}

/**
 * The position of a value on a bar; values beyond its ends have the colours of the ends.
 * @param {ColorBar} bar
 * @param {number} value on the scale of the edges
 */
function shadeOf({ edges, colors }, value) {
    const share = (value - edges[0]) / (edges[edges.length - 1] - edges[0]);
    return Math.min(Math.max(Math.floor((Number.isNaN(share) ? 1 : share) * colors.length), 0), colors.length - 1);
}
