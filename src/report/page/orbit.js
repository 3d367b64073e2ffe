// The orbit diagram: the values of the last updates of full-batch runs as a function of the learning rate. Cycles of p updates appear as p curves.

/** @import { Engine, Panel, PlacedPanel, Report, Store } from './types.d.ts' */
import { ACCENT, INK, css } from './colors.js';
import { create, short } from './dom.js';
import { keepDrawn, prepare } from './draw.js';
import { strokeSegment } from './marks.js';
import { drawPanel } from './panel.js';
import { changeSettings } from './state.js';

/** Updates at the end of each run whose values are drawn. */
const LAST = 64;
/** Learning rates that are trained at a time, so that the page stays responsive, and the time for one frame in milliseconds. */
const SLICE = 24;
const FRAME = 30;
const HEIGHT = 380;

const EXPLANATION =
    `Each column is a run with another learning rate; its points are the last ${LAST} updates. One point: the run converges. ` +
    'Two, four or more: it cycles. Drag to zoom; click to use a learning rate.';

/**
 * @param {HTMLElement} element
 * @param {Report} _report
 * @param {Engine} engine
 * @param {Store} store
 */
export function mountOrbit(element, _report, engine, store) {
    const quantity = create(
        'select',
        { 'aria-label': 'Vertical axis' },
        create('option', { value: 'weight' }, 'weight'),
        create('option', { value: 'excess' }, 'J − J*'),
    );
    const out = create('button', { type: 'button', disabled: true }, 'Whole range');
    const axis = create('label', {}, 'Vertical axis ', quantity);
    const bar = create('div', { className: 'toolbar' }, axis, out);
    const canvas = create('canvas', { className: 'orbit', role: 'img', tabIndex: 0 });
    element.append(create('p', {}, EXPLANATION), bar, canvas);
    /** @type {{ low: number, high: number } | null} a range chosen by dragging */
    let zoom = null;
    /** @type {{ rates: number[], weight: Float32Array[], excess: Float32Array[] }} */
    let points = { rates: [], weight: [], excess: [] };
    /** @type {PlacedPanel | null} */
    let placed = null;
    let generation = 0;
    let isVisible = false;
    /** @type {{ from: number, to: number } | null} */
    let brush = null;

    const range = () => {
        if (zoom) {
            return zoom;
        }
        const { explored } = store.state;
        const setting = explored?.settings.find(({ key }) => key === 'learning_rate');
        const limit = explored?.stability_limit;
        const [least, most] = setting?.range ?? [1e-4, 1];
        const current = Number(setting?.value ?? 0.01);
        return limit ? { low: limit / 4, high: limit * 4 } : { low: Math.max(least, current / 100), high: Math.min(most, current * 100) };
    };
    const draw = () => {
        if (canvas.clientWidth > 0) {
            const key = /** @type {'weight' | 'excess'} */ (quantity.value);
            placed = drawOrbit(canvas, range(), points.rates, points[key], quantity.selectedOptions[0].label, rateOf(store), brush);
        }
    };
    /** Shows the section if the explored run can have cycles: batches that change from update to update hide them. */
    const describe = () => {
        const { explored } = store.state;
        const isPossible = explored?.batches_per_epoch === 1 && explored.settings.some(({ key }) => key === 'learning_rate');
        element.hidden = !isPossible;
        return isPossible;
    };
    const compute = () => {
        const { run, overrides } = store.state;
        generation += 1;
        const own = generation;
        points = { rates: [], weight: [], excess: [] };
        const { low, high } = range();
        const count = Math.max(Math.min(canvas.clientWidth - 70, 900), 100);
        const rate = (/** @type {number} */ index) => low * (high / low) ** (index / (count - 1));
        const slice = () => {
            const began = performance.now();
            while (own === generation && points.rates.length < count && performance.now() - began < FRAME) {
                const [first, last] = [points.rates.length, Math.min(points.rates.length + SLICE, count) - 1];
                const x = { key: 'learning_rate', min: rate(first), max: rate(last), count: last - first + 1, log: true };
                const orbit = engine.orbit({ run, set: overrides, x, last: LAST });
                for (let index = 0; index < x.count; index += 1) {
                    points.rates.push(rate(first + index));
                    points.weight.push(orbit.weight.slice(index * LAST, (index + 1) * LAST));
                    points.excess.push(orbit.excess.slice(index * LAST, (index + 1) * LAST));
                }
            }
            if (own === generation) {
                draw();
                if (points.rates.length < count) {
                    requestAnimationFrame(slice);
                }
            }
        };
        slice();
    };
    const computeIfVisible = () => {
        if (isVisible && !store.state.isMoving && describe()) {
            compute();
        }
    };

    new IntersectionObserver(([entry]) => {
        const wasVisible = isVisible;
        isVisible = entry.isIntersecting;
        if (isVisible && !wasVisible && points.rates.length === 0) {
            computeIfVisible();
        }
    }).observe(element);
    let signature = '';
    store.subscribe(['explored'], ({ explored, run, overrides }) => {
        const { learning_rate: _rate, ...others } = overrides;
        const next = JSON.stringify([run, others, explored?.batches_per_epoch]);
        if (next === signature || store.state.isMoving) {
            draw();
        } else {
            [signature, zoom, points] = [next, null, { rates: [], weight: [], excess: [] }];
            if (describe()) {
                computeIfVisible();
            }
        }
    });
    keepDrawn(canvas, draw);
    quantity.addEventListener('change', draw);
    const zoomTo = (/** @type {{ low: number, high: number } | null} */ next) => {
        zoom = next;
        out.disabled = zoom === null;
        compute();
    };
    out.addEventListener('click', () => zoomTo(null));
    const valueAt = (/** @type {number} */ pixel) =>
        placed?.toData([Math.min(Math.max(pixel, placed.rect.left), placed.rect.right), 0])[0] ?? 0;
    canvas.addEventListener('pointerdown', (event) => {
        if (event.pointerType === 'mouse') {
            canvas.setPointerCapture(event.pointerId);
        }
        brush = { from: event.offsetX, to: event.offsetX };
    });
    canvas.addEventListener('pointermove', (event) => {
        if (brush) {
            brush.to = event.offsetX;
            draw();
        }
    });
    canvas.addEventListener('pointercancel', () => {
        brush = null;
    });
    canvas.addEventListener('pointerup', (event) => {
        if (!brush) {
            return;
        }
        const [low, high] = [brush.from, brush.to].map(valueAt).sort((a, b) => a - b);
        const isClick = Math.abs(brush.to - brush.from) < 5;
        brush = null;
        if (isClick) {
            changeSettings(store, { learning_rate: Number(valueAt(event.offsetX).toPrecision(4)) });
        } else if (high / low > 1.000001) {
            zoomTo({ low, high });
        }
    });
    canvas.addEventListener('keydown', (event) => {
        const { low, high } = range();
        const factor = { '+': 1 / 1.5, '-': 1.5 }[event.key];
        const shift = { ArrowLeft: -0.1, ArrowRight: 0.1 }[event.key];
        if (factor || shift) {
            event.preventDefault();
            const [middle, half] = [Math.log(low * high) / 2, Math.log(high / low) / 2];
            const center = middle + (shift ?? 0) * 2 * half;
            zoomTo({ low: Math.exp(center - half * (factor ?? 1)), high: Math.exp(center + half * (factor ?? 1)) });
        }
    });
}

/**
 * The learning rate of the explored run.
 * @param {Store} store
 */
function rateOf({ state: { explored } }) {
    return Number(explored?.settings.find(({ key }) => key === 'learning_rate')?.value ?? NaN);
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {{ low: number, high: number }} range
 * @param {number[]} rates
 * @param {Float32Array[]} columns the values at each rate
 * @param {string} label
 * @param {number} current the rate of the explored run
 * @param {{ from: number, to: number } | null} brush
 */
function drawOrbit(canvas, { low, high }, rates, columns, label, current, brush) {
    const isLog = label !== 'weight';
    const all = columns
        .flatMap((column) => [...column].filter((value) => Number.isFinite(value) && (!isLog || value > 0)))
        .sort((a, b) => a - b);
    const quantile = (/** @type {number} */ share) => all[Math.floor(share * (all.length - 1))] ?? (isLog ? 1 : 0);
    // A few columns near divergence are far outside.
    let [bottom, top] = [quantile(0.005), quantile(0.985)];
    const margin = isLog ? Math.log10(top / bottom) * 0.05 || 0.1 : (top - bottom) * 0.06 || Math.abs(top) * 0.1 || 1;
    [bottom, top] = isLog ? [bottom / 10 ** margin, top * 10 ** margin] : [bottom - margin, top + margin];
    /** @type {Panel} */
    const panel = {
        title: '',
        x: { label: 'learning rate', scale: 'Log', range: [low, high], ticks: logTicks(low, high) },
        y: {
            label,
            scale: isLog ? 'Log' : 'Linear',
            range: [bottom, top],
            ticks: isLog ? logTicks(bottom, top) : linearTicks(bottom, top),
        },
        equal_units: false,
        layers: [],
    };
    const context = prepare(canvas, canvas.clientWidth, HEIGHT);
    const rect = { left: 62, top: 8, right: canvas.clientWidth - 8, bottom: HEIGHT - 44 };
    const placed = drawPanel(context, panel, rect);
    context.save();
    context.beginPath();
    context.rect(rect.left, rect.top, rect.right - rect.left, rect.bottom - rect.top);
    context.clip();
    context.fillStyle = css(INK, 0.22);
    rates.forEach((rate, index) => {
        for (const value of columns[index]) {
            const pixel = placed.toPixel([rate, value]);
            if (pixel) {
                context.fillRect(pixel[0] - 0.6, pixel[1] - 0.6, 1.2, 1.2);
            }
        }
    });
    const x = placed.toPixel([current, bottom])?.[0];
    if (x !== undefined) {
        strokeSegment(context, [x, rect.top], [x, rect.bottom], ACCENT, 1.4);
    }
    if (brush) {
        context.fillStyle = css(ACCENT, 0.15);
        context.fillRect(Math.min(brush.from, brush.to), rect.top, Math.abs(brush.to - brush.from), rect.bottom - rect.top);
    }
    context.restore();
    canvas.setAttribute(
        'aria-label',
        `Orbit diagram: ${label} after each of the last ${LAST} updates for learning rates from ${short(low)} to ${short(high)}`,
    );
    return placed;
}

/**
 * Ticks at 1, 2 and 5 times the powers of ten, or at round steps on short axes.
 * @param {number} low
 * @param {number} high
 */
function logTicks(low, high) {
    const powers = Math.ceil(Math.log10(high / low));
    const factors = powers > 4 ? [1] : [1, 2, 5];
    const first = Math.floor(Math.log10(low));
    const candidates = Array.from({ length: Math.max(powers, 0) + 2 }, (_, power) =>
        factors.map((factor) => Number(`${factor}e${first + power}`)),
    ).flat();
    const ticks = candidates.filter((at) => at >= low && at <= high);
    const every = Math.ceil(ticks.length / 9);
    return ticks.length < 3
        ? linearTicks(low, high)
        : ticks.filter((_, index) => index % every === 0).map((at) => ({ at, label: short(at) }));
}

/**
 * Ticks at about six round numbers.
 * @param {number} low
 * @param {number} high
 */
function linearTicks(low, high) {
    const raw = (high - low) / 6;
    const power = 10 ** Math.floor(Math.log10(raw));
    const step = ([1, 2, 5].find((factor) => factor * power >= raw * 0.999) ?? 10) * power;
    const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    const first = Math.ceil(low / step);
    return Array.from({ length: Math.max(Math.floor(high / step) - first + 1, 0) }, (_, index) => {
        const at = (first + index) * step;
        return { at, label: digits > 6 ? at.toPrecision(6) : at.toFixed(digits) };
    });
}
