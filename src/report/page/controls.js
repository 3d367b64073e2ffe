// Sliders, switches and lists for the settings of the explored run.

/** @import { Setting, State, Store, Value } from './types.d.ts' */
import { create, short } from './dom.js';
import { changeSettings } from './state.js';

/** The number of positions of a slider. */
const POSITIONS = 1000;
/** These settings are always visible, the others in a part that opens. */
const MAIN = [
    'optimizer',
    'learning_rate',
    'momentum',
    'rho',
    'beta_1',
    'beta_2',
    'batch_size',
    'epochs',
    'training.seed',
    'seed',
    'data.scale',
];

/**
 * @typedef {object} Control
 * @property {HTMLElement} element
 * @property {(setting: Setting, isChanged: boolean) => void} show
 */

/** @param {Store} store */
export function controls(store) {
    const main = create('div', { className: 'settings' });
    const others = create('div', { className: 'settings' });
    const more = create('details', { className: 'more' }, create('summary', {}, 'More settings'), others);
    const reset = create('button', { type: 'button' }, 'Reset');
    reset.addEventListener('click', () => store.update({ overrides: {}, isMoving: false }));
    const element = create('div', { className: 'controls', role: 'group', 'aria-label': 'Settings of the run' }, main, more, reset);
    /** @type {Map<string, Control>} */
    let known = new Map();
    let signature = '';

    const show = (/** @type {State} */ { explored, overrides, run }) => {
        const settings = explored?.settings ?? [];
        const next = [run, ...settings.map(({ key, kind }) => `${key}:${kind}`)].join();
        if (next !== signature) {
            signature = next;
            known = new Map(settings.map((setting) => [setting.key, control(setting, store)]));
            const isMain = (/** @type {Setting} */ { key }) => MAIN.includes(key);
            main.replaceChildren(...settings.filter(isMain).map(({ key }) => known.get(key)?.element ?? ''));
            others.replaceChildren(...settings.filter((setting) => !isMain(setting)).map(({ key }) => known.get(key)?.element ?? ''));
            more.hidden = others.childElementCount === 0;
        }
        for (const setting of settings) {
            known.get(setting.key)?.show(setting, setting.key in overrides);
        }
        reset.disabled = Object.keys(overrides).length === 0;
    };
    store.subscribe(['explored', 'overrides'], show);
    return element;
}

/**
 * @param {Setting} setting
 * @param {Store} store
 * @returns {Control}
 */
function control(setting, store) {
    const change = (/** @type {Value} */ value, isMoving = false) => changeSettings(store, { [setting.key]: value }, isMoving);
    const own =
        setting.kind === 'boolean'
            ? checkBox(change)
            : setting.kind === 'choice'
              ? list(setting, change)
              : numberControl(setting, store, change);
    const name = setting.key === 'data.scale' ? 'feature scaling' : setting.key.replace(/^training\./, '').replaceAll('_', ' ');
    const label = create('span', { className: 'name', title: setting.meaning }, name);
    own.inputs.forEach((input) => input.setAttribute('aria-label', name));
    const element = create('label', { className: `setting ${setting.kind}` }, label, ...own.inputs);
    return {
        element,
        show(next, isChanged) {
            element.classList.toggle('changed', isChanged);
            own.show(next);
        },
    };
}

/** @typedef {{ inputs: HTMLElement[], show: (setting: Setting) => void }} Inputs */

/**
 * @param {(value: Value) => void} change
 * @returns {Inputs}
 */
function checkBox(change) {
    const input = create('input', { type: 'checkbox' });
    input.addEventListener('change', () => change(input.checked));
    return { inputs: [input], show: ({ value }) => (input.checked = value === true) };
}

/**
 * @param {Setting} setting
 * @param {(value: Value) => void} change
 * @returns {Inputs}
 */
function list({ choices }, change) {
    const input = create('select', {}, ...choices.map((choice) => create('option', { value: choice }, choice)));
    input.addEventListener('change', () => change(input.value));
    return { inputs: [input], show: ({ value }) => (input.value = String(value)) };
}

/**
 * A slider with a field for the exact number.
 * @param {Setting} first
 * @param {Store} store
 * @param {(value: Value, isMoving?: boolean) => void} change
 * @returns {Inputs}
 */
function numberControl(first, store, change) {
    let setting = first;
    const slider = create('input', { type: 'range', min: '0', max: String(POSITIONS), step: '1' });
    const field = create('input', { type: 'text', inputMode: 'decimal', autocomplete: 'off', spellcheck: false });
    const isInteger = first.kind === 'integer';
    const scale = () => {
        const [low, high] = setting.range ?? [0, 1];
        return setting.log
            ? { low: Math.log(low), high: Math.log(high), map: Math.exp, inverse: Math.log }
            : { low, high, map: Number, inverse: Number };
    };
    slider.addEventListener('input', () => {
        const { low, high, map } = scale();
        const value = map(low + ((high - low) * Number(slider.value)) / POSITIONS);
        const [least, most] = setting.range ?? [-Infinity, Infinity];
        const rounded = isInteger ? Math.round(value) : Number(value.toPrecision(3));
        change(Math.min(Math.max(rounded, least), most), true);
    });
    // A slider that returns to its first value has no change event.
    for (const type of ['change', 'pointerup']) {
        slider.addEventListener(type, () => store.update({ isMoving: false }));
    }
    field.addEventListener('change', () => {
        const value = Number(field.value.replaceAll(',', ''));
        if (field.value.trim() !== '' && Number.isFinite(value)) {
            change(isInteger ? Math.round(value) : value);
        } else {
            field.value = short(Number(setting.value), 4);
        }
    });
    return {
        inputs: [slider, field],
        show(next) {
            // The engine centres a range at the value; a slider keeps its range as long as it holds the value.
            const isInside = setting.range !== null && setting.range[0] <= Number(next.value) && Number(next.value) <= setting.range[1];
            setting = { ...next, range: isInside && setting.log === next.log ? setting.range : next.range };
            const { low, high, inverse } = scale();
            const value = Number(next.value);
            slider.setAttribute('aria-valuetext', short(value, 4));
            if (document.activeElement !== slider || !store.state.isMoving) {
                slider.value = String(Math.round(((inverse(value) - low) / (high - low)) * POSITIONS));
            }
            if (document.activeElement !== field) {
                field.value = short(value, 4);
            }
        },
    };
}
