// Building elements, and numbers in words.

/**
 * Creates an element. Properties that begin with `aria-` or `data-`, and `role` and `for`, become attributes; all others are set as properties.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, unknown>} [properties]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function create(tag, properties = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
        if (/^(aria-|data-|role$|for$)/.test(name)) {
            element.setAttribute(name, String(value));
        } else {
            Object.assign(element, { [name]: value });
        }
    }
    element.append(...children);
    return element;
}

/**
 * A function that calls `action` at most once per frame, with the arguments of the last call.
 * @template {unknown[]} A
 * @param {(...values: A) => void} action
 * @returns {(...values: A) => void}
 */
export function oncePerFrame(action) {
    /** @type {A | null} */
    let latest = null;
    return (...values) => {
        if (latest === null) {
            requestAnimationFrame(() => {
                const current = /** @type {A} */ (latest);
                latest = null;
                action(...current);
            });
        }
        latest = values;
    };
}

/** Formats by their number of decimals; making one takes longer than using it. @type {Map<number, Intl.NumberFormat>} */
const decimalFormats = new Map();

/**
 * A number with `digits` significant digits and thousands separators: "20.20", "109,618", "3.45e-5".
 * @param {number | null} value
 * @param {number} [digits]
 * @returns {string}
 */
export function significant(value, digits = 4) {
    if (value === null || Number.isNaN(value)) {
        return '–';
    }
    if (value === 0 || !Number.isFinite(value)) {
        return value === 0 ? '0' : value < 0 ? '−∞' : '∞';
    }
    const magnitude = Math.floor(Math.log10(Math.abs(Number(value.toPrecision(digits)))));
    if (magnitude < -4 || magnitude >= 9) {
        return value.toExponential(digits - 1).replace(/\.?0*e\+?/, 'e');
    }
    const decimals = Math.max(digits - 1 - magnitude, 0);
    let format = decimalFormats.get(decimals);
    if (!format) {
        format = new Intl.NumberFormat('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
        decimalFormats.set(decimals, format);
    }
    return format.format(Number(value.toPrecision(digits)));
}

/**
 * A number as short as possible with at most `digits` significant digits: "0.01", "3.45e-5", "12,345".
 * @param {number} value
 * @param {number} [digits]
 * @returns {string}
 */
export function short(value, digits = 3) {
    const size = Math.abs(value);
    if (Number.isInteger(value) && size < 1e15) {
        return value.toLocaleString('en-US');
    }
    if (size < 1e-3 || size >= 1e6) {
        return value.toExponential(digits - 1).replace(/\.?0*e\+?/, 'e');
    }
    return size >= 1e3 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(digits)));
}

/**
 * A count with its noun: "1 run", "2,000 runs".
 * @param {number} number
 * @param {string} noun
 * @returns {string}
 */
export function counted(number, noun) {
    return `${number.toLocaleString('en-US')} ${noun}${number === 1 ? '' : 's'}`;
}
