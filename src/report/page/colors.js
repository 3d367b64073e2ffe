// Colours of figures on a light ground, and their counterparts on a dark ground.

/** @import { Color } from './types.d.ts' */

const darkScheme = matchMedia('(prefers-color-scheme: dark)');
const printing = matchMedia('print');

/** Whether figures are drawn on a dark ground. Paper is white. */
export function isDark() {
    return darkScheme.matches && !printing.matches;
}

/**
 * Calls a function after each change of the ground.
 * @param {() => void} listener
 */
export function onSchemeChange(listener) {
    darkScheme.addEventListener('change', listener);
    printing.addEventListener('change', listener);
}

/** @type {(value: number) => number} */
const toLinear = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
/** @type {(light: number) => number} */
const fromLinear = (light) => (light <= 0.0031308 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055);

/**
 * The counterpart of a colour on a dark ground: its lightness in OKLab (B. Ottosson, 2020) is mirrored, hue and chroma stay.
 * @param {readonly number[]} rgb
 * @returns {number[]}
 */
export function darkened(rgb) {
    const [red, green, blue] = rgb.map((channel) => toLinear(channel / 255));
    const l = Math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue);
    const m = Math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue);
    const s = Math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue);
    const lightness = 0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s;
    const a = 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s;
    const b = 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s;
    // White becomes 0.2, the ground of the page, and the ink 0.91. The bands of a light ground are close to each other, so they move apart.
    const mirrored = lightness > 0.85 ? 0.2 + 1.6 * (1 - lightness) : 0.44 + 0.785 * (0.85 - lightness) + 0.2 * Math.hypot(a, b);
    const [cone1, cone2, cone3] = [
        (mirrored + 0.3963377774 * a + 0.2158037573 * b) ** 3,
        (mirrored - 0.1055613458 * a - 0.0638541728 * b) ** 3,
        (mirrored - 0.0894841775 * a - 1.291485548 * b) ** 3,
    ];
    const light = [
        4.0767416621 * cone1 - 3.3077115913 * cone2 + 0.2309699292 * cone3,
        -1.2684380046 * cone1 + 2.6097574011 * cone2 - 0.3413193965 * cone3,
        -0.0041960863 * cone1 - 0.7034186147 * cone2 + 1.707614701 * cone3,
    ];
    return light.map((channel) => Math.round(255 * fromLinear(Math.min(Math.max(channel, 0), 1))));
}

/** @type {Map<number, string>} */
const darkTexts = new Map();

/**
 * A colour in the notation of CSS, for the present ground.
 * @param {Color} color
 * @param {number} [opacity] a factor of the opacity
 * @returns {string}
 */
export function css({ rgb, alpha }, opacity = 1) {
    let text = rgb.join(' ');
    if (isDark()) {
        const key = (rgb[0] << 16) | (rgb[1] << 8) | rgb[2];
        text = darkTexts.get(key) ?? darkened(rgb).join(' ');
        darkTexts.set(key, text);
    }
    return `rgb(${text} / ${alpha * opacity})`;
}

/** @type {(rgb: [number, number, number], alpha?: number) => Color} */
const color = (rgb, alpha = 1) => ({ rgb, alpha });

/** The colours of the parts of a figure that are not data. */
export const INK = color([0x22, 0x22, 0x22]);
export const SECONDARY = color([0x5c, 0x61, 0x66]);
export const GROUND = color([255, 255, 255]);
export const PANEL_GROUND = color([0xfb, 0xfb, 0xfb]);
export const GRID_LINE = color([0xe6, 0xe6, 0xe6]);
export const BORDER = color([0x9a, 0x9d, 0xa0]);
export const ACCENT = color([0xd5, 0x5e, 0x00]);
export const BLUE = color([0x00, 0x72, 0xb2]);
