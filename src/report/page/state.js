// The state that the sections of the page share, and the notice of its changes.

/** @import { Overrides, Report, State, Store, Value } from './types.d.ts' */

/** The step that stands for the end of a run. */
export const END = Number.MAX_SAFE_INTEGER;

/**
 * A store that starts with the best run of a report.
 * @param {Report} report
 * @returns {Store}
 */
export function createStore(report) {
    /** @type {State} */
    let state = {
        run: report.best,
        step: END,
        overrides: {},
        hover: null,
        explored: null,
        isMoving: false,
        hasDirections: true,
        filter: { text: '', ranges: {} },
    };
    /** @type {Set<{ fields: (keyof State)[], listener: (state: State, previous: State) => void }>} */
    const subscriptions = new Set();
    return {
        get state() {
            return state;
        },
        update(change) {
            const previous = state;
            state = { ...state, ...change };
            for (const { fields, listener } of [...subscriptions]) {
                if (fields.some((field) => state[field] !== previous[field])) {
                    listener(state, previous);
                }
            }
        },
        subscribe(fields, listener) {
            const subscription = { fields, listener };
            subscriptions.add(subscription);
            return () => subscriptions.delete(subscription);
        },
    };
}

/**
 * Selects a run as it is stored, without changes of its settings.
 * @param {Store} store
 * @param {number} run
 */
export function selectRun(store, run) {
    store.update({ run, overrides: {}, step: END });
}

/**
 * Changes some settings of the run; a setting without a value returns to that of the run.
 * @param {Store} store
 * @param {Record<string, Value | undefined>} change
 * @param {boolean} [isMoving] whether more changes follow at once
 */
export function changeSettings(store, change, isMoving = false) {
    const entries = Object.entries({ ...store.state.overrides, ...change }).filter(([, value]) => value !== undefined);
    store.update({ overrides: /** @type {Overrides} */ (Object.fromEntries(entries)), isMoving });
}

/**
 * The update that is shown: that under the pointer, or the current one.
 * @param {State} state
 * @returns {number}
 */
export function shownStep({ hover, run, step, explored }) {
    const last = explored ? explored.weight.length - 1 : 0;
    return Math.min(hover?.run === run ? (hover.step ?? step) : step, last);
}
