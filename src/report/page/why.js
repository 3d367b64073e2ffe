// Why the explored run ends where it does: the parts of its mean excess, the theory, and the advice.

/** @import { Engine, Explored, ModelDiagnosis, Point, Recommendation, Report, Store, Value } from './types.d.ts' */
import { BLUE, INK, SECONDARY } from './colors.js';
import { isRound } from './contour.js';
import { counted, create, significant } from './dom.js';
import { keepDrawn, prepare } from './draw.js';
import { drawText, fillDiscs, fillRect, strokeSegment } from './marks.js';
import { END } from './state.js';

/** The parts of the mean excess. */
const PARTS = [
    {
        name: 'valley',
        title: 'drift along the flat direction',
        remedy: 'Standardising the feature makes the valley round; the learning rate has to be chosen again for it.',
    },
    { name: 'drift', title: 'drift in other directions', round: 'drift', remedy: 'More updates or a larger learning rate help.' },
    { name: 'fluctuation', title: 'fluctuation', remedy: 'A smaller or decaying learning rate, or larger batches, help.' },
];

/**
 * @param {HTMLElement} element
 * @param {Report} report
 * @param {Engine} _engine
 * @param {Store} store
 */
export function mountWhy(element, report, _engine, store) {
    const sentence = create('p', { className: 'sentence' });
    const bar = create('div', { className: 'parts', role: 'img' });
    const list = create('ul', { className: 'parts-legend' });
    const theory = theoryPanel(store);
    const remedies = report.diagnosis.models.flatMap(({ remedy }) => (remedy && remedy.set.length > 0 ? [remedy] : []));
    document.querySelectorAll('header .apply').forEach((place, index) => bindApply(place, remedies[index], report, store));
    element.append(sentence, bar, list, theory, ...report.diagnosis.models.map((model) => adviceOf(model, report, store)));
    store.subscribe(['explored'], ({ explored }) => {
        if (!explored) {
            return;
        }
        const shares = sharesOf(explored);
        sentence.textContent = excessInWords(explored, shares);
        bar.hidden = list.hidden = shares === null;
        const percents = percentages(shares ?? [0, 0, 0]);
        const isWhole = isRound(explored);
        const shown = PARTS.map(({ title, round, ...part }, index) => ({
            ...part,
            title: (isWhole && round) || title,
            share: shares?.[index] ?? 0,
            percent: `${percents[index]} %`,
        })).filter(({ name }) => !(isWhole && name === 'valley'));
        bar.setAttribute('aria-label', shown.map(({ title, percent }) => `${title} ${percent}`).join(', '));
        bar.replaceChildren(
            ...shown
                .filter(({ share }) => share >= 0.001)
                .map(({ name, share, percent }) => {
                    const part = create('span', { className: `part ${name}` }, share > 0.08 ? percent : '');
                    part.style.flexGrow = String(share);
                    return part;
                }),
        );
        const largest = Math.max(...shown.map(({ share }) => share));
        list.replaceChildren(
            ...shown.map(({ name, title, share, percent, remedy }) =>
                create(
                    'li',
                    { className: share === largest ? 'largest' : '' },
                    create('span', { className: `swatch ${name}`, 'aria-hidden': true }),
                    `${percent} ${title}. `,
                    create('span', { className: 'remedy' }, share === largest && !explored.verdict.startsWith('converged') ? remedy : ''),
                ),
            ),
        );
    });
}

/**
 * Shares in percent with one decimal, rounded so that they add up to 100 (method of the largest remainder).
 * @param {number[]} shares
 */
function percentages(shares) {
    const tenths = shares.map((share) => 1000 * share);
    const rounded = tenths.map(Math.floor);
    const missing = Math.round(tenths.reduce((sum, value) => sum + value, 0)) - rounded.reduce((sum, value) => sum + value, 0);
    const byRemainder = tenths.map((_, index) => index).sort((a, b) => tenths[b] - rounded[b] - (tenths[a] - rounded[a]));
    byRemainder.slice(0, missing).forEach((index) => (rounded[index] += 1));
    return rounded.map((value) => (value / 10).toLocaleString('en-US'));
}

/**
 * The shares of valley, other drift and fluctuation in the mean excess; null where they are unknown.
 * @param {Explored} explored
 */
function sharesOf(explored) {
    const { drift_share: drift, valley_share: valley, mean_excess: excess } = explored;
    if (drift === null || excess === null) {
        return null;
    }
    const total = Math.min(Math.max(drift, 0), 1);
    const along = isRound(explored) ? 0 : Math.min(Math.max(valley ?? 0, 0), total);
    return [along, total - along, 1 - total];
}

/**
 * @param {Explored} explored
 * @param {number[] | null} shares
 */
function excessInWords({ verdict, mean_loss: mean, mean_excess: excess, minimum, diverged_at: divergedAt }, shares) {
    if (divergedAt !== null) {
        return `The run diverges: update ${divergedAt.toLocaleString('en-US')} moves the weight or the bias out of ±1e12.`;
    }
    const start = `Over its last updates the run has a mean J of ${significant(mean)}`;
    if (shares === null) {
        return `${start} (${verdict}). There is no optimum to compare it with.`;
    }
    const distance = `${significant(excess, 3)} above the optimum J* = ${significant(minimum)}`;
    return `${start}, which is ${distance} (${verdict}). Its parts:`;
}

/** @type {(predicted: { mean: number, low: number, high: number }, loss: number | null) => string} */
function predictionInWords({ mean, low, high }, loss) {
    const expected = `The theory of SGD predicts J = ${significant(mean)} after the last update`;
    const band = `80 % of all seeds end between ${significant(low)} and ${significant(high)}`;
    return `${expected}; ${band}. This run ends at J = ${significant(loss)}.`;
}

/**
 * The predicted J with its band, and the measured one, on one scale.
 * @param {Store} store
 */
function theoryPanel(store) {
    const title = create('h3', {}, 'Prediction and measurement');
    const canvas = create('canvas', { className: 'theory', role: 'img' });
    const text = create('p', {});
    const element = create('div', { className: 'theory-panel' }, title, canvas, text);
    const redraw = () => {
        const { explored } = store.state;
        if (explored?.predicted && canvas.clientWidth > 0) {
            drawTheory(canvas, explored);
        }
    };
    keepDrawn(canvas, redraw);
    store.subscribe(['explored'], ({ explored, isMoving }) => {
        if (!explored || (isMoving && !explored.predicted)) {
            return;
        }
        const { predicted, loss } = explored;
        // The theory holds for SGD on a linear neuron with mean squared error.
        element.hidden = predicted === null;
        text.textContent = predicted ? predictionInWords(predicted, loss) : '';
        canvas.setAttribute('aria-label', text.textContent);
        redraw();
    });
    return element;
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Explored} explored
 */
function drawTheory(canvas, { predicted, loss, minimum }) {
    if (!predicted) {
        return;
    }
    const [width, height] = [canvas.clientWidth, 64];
    const context = prepare(canvas, width, height);
    const values = [predicted.low, predicted.high, predicted.mean, loss, minimum].filter((value) => value !== null);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const [left, right] = [60, width - 60];
    const x = (/** @type {number} */ value) => left + ((value - low) / (high - low || 1)) * (right - left);
    strokeSegment(context, [left - 10, 32], [right + 10, 32], { ...SECONDARY, alpha: 0.4 }, 1);
    fillRect(
        context,
        { left: x(predicted.low), right: Math.max(x(predicted.high), x(predicted.low) + 2), top: 25, bottom: 39 },
        { ...BLUE, alpha: 0.22 },
    );
    strokeSegment(context, [x(predicted.mean), 23], [x(predicted.mean), 41], BLUE, 2.2);
    drawText(context, 'predicted', [x(predicted.mean), 12], { align: 'center', color: BLUE });
    if (minimum !== null) {
        strokeSegment(context, [x(minimum), 26], [x(minimum), 38], INK, 1.4, 'Dotted');
        drawText(context, 'J*', [x(minimum), 52], { align: 'center', color: SECONDARY });
    }
    if (loss !== null) {
        /** @type {Point} */
        const at = [x(loss), 32];
        fillDiscs(context, [at], 4.5, INK);
        drawText(context, 'measured', [at[0], 52], { align: minimum !== null && Math.abs(x(minimum) - at[0]) < 60 ? 'left' : 'center' });
    }
}

/**
 * The conclusion for a model, and a button that applies the advice to the explored run.
 * @param {ModelDiagnosis} model
 * @param {Report} report
 * @param {Store} store
 */
function adviceOf({ model, conclusion, remedy }, report, store) {
    const element = create(
        'div',
        { className: 'advice' },
        create(
            'h3',
            {},
            model ? `Diagnosis for ${model} ` : 'Diagnosis of the sweep ',
            create('span', { className: 'as-recorded' }, 'as recorded'),
        ),
    );
    element.append(create('p', {}, `${conclusion}.`));
    if (!remedy) {
        return element;
    }
    const result = remedy.reaches_optimum ? 'reaches the optimum' : `lowers J to ${significant(remedy.mean_loss)}`;
    const epochs = remedy.epochs_to_reach === null ? '' : ` after ${counted(remedy.epochs_to_reach, 'epoch')}`;
    const trials = remedy.seeds > 1 ? ` in the median of ${remedy.seeds} trials` : ' in a trial';
    element.append(create('p', {}, create('strong', {}, `Advice: ${remedy.changes}. `), `${remedy.setting} ${result}${epochs}${trials}.`));
    if (remedy.set.length > 0) {
        const place = create(
            'div',
            { className: 'apply' },
            create('button', { type: 'button', className: 'primary' }, 'Apply it in the page'),
        );
        bindApply(place, remedy, report, store);
        element.append(place);
    }
    return element;
}

/**
 * Lets the button of an element apply an advice to the explored run.
 * @param {Element} place
 * @param {Recommendation} remedy
 * @param {Report} report
 * @param {Store} store
 */
function bindApply(place, remedy, report, store) {
    const status = create('span', { role: 'status' });
    place.append(status);
    const button = /** @type {HTMLButtonElement} */ (place.querySelector('button'));
    button.disabled = false;
    let isApplied = false;
    button.addEventListener('click', () => {
        isApplied = true;
        const run = bestRunOf(report, remedy.setting.split(' ')[0]);
        store.update({ run, overrides: overridesOf(remedy.set), step: END, isMoving: false });
    });
    store.subscribe(['explored'], ({ explored, run }) => {
        if (!isApplied || !explored) {
            return;
        }
        isApplied = false;
        const result = `${explored.verdict}, J = ${significant(explored.loss)}. `;
        status.replaceChildren(`Applied to run ${run.toLocaleString('en-US')}: ${result}`, create('a', { href: '#explore' }, 'Show it'));
    });
}

/**
 * The run of an optimizer with the lowest mean excess; the best run of all if the optimizer does not vary.
 * @param {Report} report
 * @param {string} optimizer
 */
function bestRunOf({ best, rows }, optimizer) {
    const column = (/** @type {string} */ name) => rows.columns.find((own) => own.name === name)?.values;
    const [runs, optimizers, excesses] = [column('run'), column('optimizer'), column('mean_excess') ?? column('excess')];
    if (!runs || !optimizers || !excesses) {
        return best;
    }
    const own = Array.from({ length: rows.count }, (_, row) => row).filter((row) => optimizers[row] === optimizer);
    const cost = (/** @type {number} */ row) => Number(excesses[row] ?? Infinity);
    const first = own.reduce((lowest, row) => (cost(row) < cost(lowest) ? row : lowest), own[0]);
    return first === undefined || optimizers[Array.from(runs).indexOf(best)] === optimizer ? best : Number(runs[first]);
}

/**
 * The settings in `KEY=VALUE` arguments, such as `training.learning_rate=0.1` or `sweep.parameters.learning_rate=[0.1]`.
 * @param {string[]} sets
 * @returns {Record<string, Value>}
 */
export function overridesOf(sets) {
    return Object.fromEntries(
        sets.map((set) => {
            const [name, text] = [set.slice(0, set.indexOf('=')), set.slice(set.indexOf('=') + 1)];
            const key = name
                .replaceAll('"', '')
                .replace(/^sweep\.parameters\./, '')
                .replace(/^training\.(?!seed$)/, '')
                .replace(/^(optimizer|model)\./, '');
            const value = text.replace(/^\[|\]$/g, '').replaceAll('"', '');
            return [
                key,
                value === 'true' || value === 'false'
                    ? value === 'true'
                    : value !== '' && Number.isFinite(Number(value))
                      ? Number(value)
                      : value,
            ];
        }),
    );
}
