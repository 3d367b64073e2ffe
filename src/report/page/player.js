// Shows the descent update by update: play, pause, scrub, and keys.

/** @import { State, Store } from './types.d.ts' */
import { create, significant } from './dom.js';
import { shownStep } from './state.js';

/** A descent is played in this many seconds, but with at least `slowest` updates a second. */
const DURATION = 8;
const SLOWEST = 4;

/**
 * @param {Store} store
 * @param {HTMLElement} scope the element whose keys control the player
 */
export function player(store, scope) {
    const button = create('button', { type: 'button', className: 'play' });
    const slider = create('input', { type: 'range', min: '0', step: '1', 'aria-label': 'Update that is shown' });
    const element = create('div', { className: 'player' }, button, slider);
    /** @type {{ time: number, step: number } | null} */
    let started = null;

    const last = () => Math.max((store.state.explored?.weight.length ?? 1) - 1, 0);
    const current = () => Math.min(store.state.step, last());
    const show = () => {
        slider.max = String(last());
        slider.value = String(shownStep(store.state));
        slider.setAttribute('aria-valuetext', stepInWords(store.state));
        button.textContent = started ? 'Pause' : 'Play';
    };
    const pause = () => {
        started = null;
        show();
    };
    const play = () => {
        started = { time: performance.now(), step: current() < last() ? current() : 0 };
        store.update({ step: started.step, hover: null });
        requestAnimationFrame(advance);
        show();
    };
    const advance = (/** @type {number} */ time) => {
        if (!started) {
            return;
        }
        const speed = Math.max(last() / DURATION, SLOWEST);
        const step = started.step + Math.floor((Math.max(time - started.time, 0) / 1000) * speed);
        store.update({ step: Math.min(step, last()) });
        if (step < last()) {
            requestAnimationFrame(advance);
        } else {
            pause();
        }
    };
    const moveTo = (/** @type {number} */ step) => {
        pause();
        store.update({ step: Math.min(Math.max(step, 0), last()), hover: null });
    };

    button.addEventListener('click', () => (started ? pause() : play()));
    slider.addEventListener('input', () => moveTo(Number(slider.value)));
    scope.addEventListener('keydown', (event) => {
        const target = /** @type {HTMLElement} */ (event.target);
        const isControl = /^(INPUT|SELECT|TEXTAREA|BUTTON|A|SUMMARY)$/.test(target.tagName) && target !== slider;
        if (isControl || event.ctrlKey || event.metaKey || event.altKey) {
            return;
        }
        const distance = event.shiftKey ? 10 : 1;
        /** @type {Record<string, () => void>} */
        const actions = {
            ' ': () => (started ? pause() : play()),
            ArrowRight: () => moveTo(current() + distance),
            ArrowUp: () => moveTo(current() + distance),
            ArrowLeft: () => moveTo(current() - distance),
            ArrowDown: () => moveTo(current() - distance),
            Home: () => moveTo(0),
            End: () => moveTo(last()),
        };
        if (event.key in actions) {
            event.preventDefault();
            actions[event.key]();
        }
    });
    store.subscribe(['step', 'hover', 'explored'], show);
    show();
    return element;
}

/**
 * The shown update in words.
 * @param {State} state
 */
export function stepInWords(state) {
    const { explored } = state;
    if (!explored) {
        return '';
    }
    const step = shownStep(state);
    const last = explored.weight.length - 1;
    const values = [
        `w = ${significant(explored.weight[step])}`,
        `b = ${significant(explored.bias[step])}`,
        `J = ${significant(explored.cost[step])}`,
    ];
    return `update ${step.toLocaleString('en-US')} of ${last.toLocaleString('en-US')}   ${values.join('   ')}`;
}
