// The explored run: contour, losses, parameters and fit, linked by the update under the pointer, and trained again at each change of a setting.

/** @import { Drawn, Engine, Explored, Figure, FigureName, PlacedPanel, Report, State, Store } from './types.d.ts' */
import { INK } from './colors.js';
import { contourPanel, isRound } from './contour.js';
import { controls } from './controls.js';
import { counted, create, oncePerFrame, short, significant } from './dom.js';
import { linkedFigure } from './linked.js';
import { clipTo, strokeLines } from './marks.js';
import { player, stepInWords } from './player.js';
import { replayer } from './replays.js';
import { cellText, runRows } from './rows.js';
import { clippedLines } from './scale.js';
import { selectRun, shownStep } from './state.js';
import { stepPanel } from './steps.js';

/** While a slider moves, figures are drawn only if training and drawing took at most this long, in milliseconds. */
const FRAME_BUDGET = 40;
/** From this ratio of the two scales on, the note below the contour says that its axes are not to scale. */
const DISTORTION = 2;
/** The config in the run directory, and the argument for its copy of the data. */
const CONFIG = 'sweep.toml';
const COPIED_DATA = '--set data.path=data.csv';
/** @type {FigureName[]} */
const FIGURES = ['losses', 'parameters', 'fit'];

/**
 * @param {HTMLElement} element
 * @param {Report} report
 * @param {Engine} engine
 * @param {Store} store
 */
export function mountExplore(element, report, engine, store) {
    const replay = replayer(engine);
    const contour = contourPanel(replay, store);
    const losses = stepPanel('losses', store, (explored, step) => [explored.cost[step]]);
    const parameters = stepPanel(
        'parameters',
        store,
        ({ weight, bias }, step) => [weight[step], bias[step]],
        (run) => [replay(run).weight, replay(run).bias],
    );
    const fit = linkedFigure(
        'fit',
        true,
        (context, drawn) => markFit(context, drawn, engine, store.state),
        () => {},
    );
    const heading = runHeading(report, store);
    const readout = create('output', { className: 'readout', 'aria-live': 'off' });
    const failure = create('p', { className: 'failure', role: 'alert', hidden: true });
    const stage = create('div', {
        className: 'stage',
        tabIndex: 0,
        role: 'group',
        'aria-label': 'Descent. Space plays and pauses, arrow keys move by one update, Home and End to the first and last.',
    });
    const axes = axesNote(store, contour.drawn);
    stage.append(contour.element, player(store, stage), readout, axes.element, directionsSwitch(store));
    const panel = (/** @type {string} */ title, /** @type {HTMLElement} */ figure) =>
        create('div', { className: 'panel' }, create('h3', {}, title), figure);
    element.append(
        create(
            'p',
            { className: 'note' },
            'Each change trains the run again, in this page and with the code of the command line. Drag the ring on the contour to move the start.',
        ),
        heading,
        failure,
        create(
            'div',
            { className: 'explore-main' },
            stage,
            create('div', { className: 'side' }, controls(store), commandButton(report, store)),
        ),
        create(
            'div',
            { className: 'strip' },
            panel('Losses', losses.element),
            panel('Weight and bias', parameters.element),
            panel('Fit', fit.element),
        ),
    );

    const panels = { contour, losses, parameters, fit };
    const mark = () => {
        Object.values(panels).forEach((linked) => linked.mark());
        readout.textContent = stepInWords(store.state);
    };
    let duration = 0;
    const retrain = () => {
        const { run, overrides, isMoving } = store.state;
        const began = performance.now();
        const figures = isMoving && duration >= FRAME_BUDGET ? [] : FIGURES;
        try {
            const explored = engine.explore({ run, set: overrides, figures, command: !isMoving });
            failure.hidden = true;
            if (Object.keys(overrides).length === 0) {
                contour.compareWith(explored);
            }
            store.update({ explored });
            const show = (/** @type {FigureName} */ name, /** @type {Figure | undefined} */ figure) => {
                if (figure && store.state.explored === explored) {
                    panels[name].show(figure, [figure.title, ...figure.caption, figure.note].filter(Boolean).join('. '));
                    panels[name].mark();
                    axes.show();
                }
            };
            if (isMoving) {
                figures.forEach((name) => show(name, explored.figures[name]));
                mark();
            } else {
                // Each figure has a task of its own, so that the page reacts in between. The contour takes longest: it trains again.
                const contour = () => engine.explore({ run, set: overrides, figures: ['contour'], command: false }).figures.contour;
                setTimeout(() => show('contour', store.state.explored === explored ? contour() : undefined));
                figures.forEach((name) => setTimeout(() => show(name, explored.figures[name])));
                readout.textContent = stepInWords(store.state);
            }
        } catch (error) {
            failure.textContent = error instanceof Error ? error.message : String(error);
            failure.hidden = false;
        }
        if (isMoving) {
            duration = figures.length > 0 ? performance.now() - began : duration * 0.9;
        }
    };
    const retrainSoon = oncePerFrame(retrain);
    store.subscribe(['run', 'overrides'], (state, previous) => {
        if (state.run !== previous.run) {
            contour.compareWith(null);
        }
        retrainSoon();
    });
    store.subscribe(['isMoving'], ({ isMoving }) => {
        if (!isMoving) {
            retrainSoon();
        }
    });
    store.subscribe(['hover', 'step', 'hasDirections'], oncePerFrame(mark));
    for (const link of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('header [data-run]'))) {
        link.addEventListener('click', () => selectRun(store, Number(link.dataset.run)));
    }
    // A task of its own, because the first training takes longest.
    setTimeout(retrain);
}

/**
 * The prediction at the shown update, if that is not the last one.
 * @param {CanvasRenderingContext2D} context
 * @param {Drawn} drawn
 * @param {Engine} engine
 * @param {State} state
 */
function markFit(context, { panels: [{ toPixel, rect, panel }] }, engine, state) {
    const { explored, run, overrides } = state;
    const step = shownStep(state);
    if (!explored || step === explored.weight.length - 1) {
        return;
    }
    const points = engine.predict({ run, set: overrides, parameters: [explored.weight[step], explored.bias[step]], range: panel.x.range });
    clipTo(context, rect, () => strokeLines(context, clippedLines(points.map(toPixel), rect), INK, 2));
}

/**
 * The chosen run with its verdict.
 * @param {Report} report
 * @param {Store} store
 */
function runHeading(report, store) {
    const input = create('input', { type: 'number', min: '0', max: String(report.runs - 1), 'aria-label': 'Run' });
    const name = create('span', { className: 'run-name' });
    const verdict = create('span', { className: 'verdict' });
    const result = create('span', { className: 'result' });
    const best = create('button', { type: 'button', hidden: report.runs === 1 }, 'Best run');
    input.addEventListener('change', () => {
        const run = Number(input.value);
        if (Number.isInteger(run) && run >= 0 && run < report.runs) {
            selectRun(store, run);
        }
    });
    best.addEventListener('click', () => selectRun(store, report.best));
    store.subscribe(['explored', 'run'], ({ explored, run }) => {
        input.value = String(run);
        if (explored) {
            name.textContent = [explored.name, ...variedInWords(report, run, explored)].join(', ');
            verdict.textContent = explored.verdict;
            verdict.className = `verdict ${explored.verdict.split(/[\s(]/)[0]}`;
            const minimum = explored.minimum === null ? '' : `, J* = ${significant(explored.minimum)}`;
            result.textContent = `J = ${significant(explored.loss)}${minimum} after ${counted(explored.steps, 'update')}`;
        }
    });
    return create('div', { className: 'run-heading' }, create('label', {}, 'Run ', input), name, verdict, result, best);
}

/**
 * The varied settings that the name of a single run lacks.
 * @param {Report} report
 * @param {number} run
 * @param {Explored} explored
 */
function variedInWords(report, run, { settings }) {
    const rows = runRows(report);
    const row = rows.rowOf(run);
    return rows.varied
        .filter((key) => key !== 'optimizer' && key !== 'learning_rate')
        .flatMap((key) => {
            const column = rows.column(key);
            const setting = settings.find((own) => own.key === key)?.value;
            const own = typeof setting === 'number' ? short(setting, 4) : setting;
            const value = own ?? (column && row >= 0 ? cellText(column, row) : '');
            return value === '' ? [] : [`${key} ${value}`];
        });
}

/** @param {Store} store */
function directionsSwitch(store) {
    const input = create('input', { type: 'checkbox', checked: store.state.hasDirections });
    input.addEventListener('change', () => store.update({ hasDirections: input.checked }));
    const element = create('label', { className: 'switch' }, input, 'Flattest and steepest direction of J');
    store.subscribe(['explored'], ({ explored }) => (element.hidden = explored === null || isRound(explored)));
    return element;
}

/**
 * What the axes of the contour mean: the unit of w and b, and the scale of the drawing.
 * @param {Store} store
 * @param {() => Drawn | null} drawn
 */
function axesNote(store, drawn) {
    const element = create('p', { className: 'note axes-note' });
    const show = () => {
        const scaling = store.state.explored?.settings.find(({ key }) => key === 'data.scale')?.value ?? 'none';
        const units = scaling === 'none' ? '' : `w and b belong to the scaled feature (data.scale ${scaling}). `;
        const placed = drawn()?.panels[0];
        element.textContent =
            units +
            (placed && isDistorted(placed) ? 'The axes are not to scale: lengths and angles in w and b differ from those drawn.' : '');
    };
    return { element, show };
}

/**
 * Whether a unit of the one axis is much longer than a unit of the other.
 * @param {PlacedPanel} placed
 */
function isDistorted({ rect, panel: { x, y } }) {
    const horizontal = (rect.right - rect.left) / (x.range[1] - x.range[0]);
    const vertical = (rect.bottom - rect.top) / (y.range[1] - y.range[0]);
    return Math.max(horizontal / vertical, vertical / horizontal) > DISTORTION;
}

/**
 * Copies the command that trains the explored run alone.
 * @param {Report} report
 * @param {Store} store
 */
function commandButton(report, store) {
    const button = create('button', { type: 'button' }, 'Copy as --set');
    const code = create('code', { tabIndex: 0 });
    const status = create('span', { role: 'status' });
    const note = create(
        'p',
        { className: 'note' },
        'The command works in the folder of this report. Elsewhere, put the path of your config in place of ',
        create('code', {}, CONFIG),
        ', without ',
        create('code', {}, COPIED_DATA),
        '.',
    );
    const element = create('div', { className: 'command' }, button, status, code, note);
    store.subscribe(['explored'], ({ explored, isMoving }) => {
        const sets = explored?.sets;
        if (sets) {
            code.textContent = [`gradsweep run ${CONFIG} ${COPIED_DATA}`, ...sets.map((set) => `--set ${quoted(set)}`)].join(' ');
        } else if (!isMoving) {
            code.textContent = 'No arguments of --set give this run alone.';
        }
        button.disabled = !sets;
        note.hidden = !sets && !isMoving;
        status.textContent = '';
    });
    button.addEventListener('click', async () => {
        try {
            await navigator.clipboard.writeText(code.textContent ?? '');
            status.textContent = 'Copied';
        } catch {
            getSelection()?.selectAllChildren(code);
            status.textContent = document.execCommand('copy') ? 'Copied' : 'Select the text and copy it';
        }
    });
    return element;
}

/**
 * An argument of a command, quoted where a shell needs it.
 * @param {string} argument
 */
function quoted(argument) {
    return /^[\w.=:/+-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
}
