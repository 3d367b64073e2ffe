// Figures over updates, with marks at the shown update.

/** @import { Drawn, Explored, Point, Store } from './types.d.ts' */
import { INK } from './colors.js';
import { HOVERED } from './contour.js';
import { linkedFigure } from './linked.js';
import { clipTo, drawMarkers, strokeLines, strokeSegment } from './marks.js';
import { clippedLines } from './scale.js';
import { shownStep } from './state.js';

/**
 * A figure over updates, with a line at the shown update and dots at its values.
 * @param {string} className
 * @param {Store} store
 * @param {(explored: Explored, step: number) => number[]} values the values in the panels
 * @param {(run: number) => ArrayLike<number>[]} [seriesOf] the lines of another run under the pointer
 */
export function stepPanel(className, store, values, seriesOf = () => []) {
    const stepAt = (/** @type {Point} */ pixel, /** @type {Drawn} */ drawn) => {
        const placed = drawn.panels.find(
            ({ rect }) => pixel[0] >= rect.left && pixel[0] <= rect.right && pixel[1] >= rect.top && pixel[1] <= rect.bottom,
        );
        const last = (store.state.explored?.weight.length ?? 1) - 1;
        return placed ? Math.min(Math.max(Math.round(placed.toData(pixel)[0]), 0), last) : null;
    };
    return linkedFigure(
        className,
        true,
        (context, drawn) => {
            const { explored, hover, run } = store.state;
            if (!explored) {
                return;
            }
            const step = shownStep(store.state);
            const at = values(explored, step);
            const others = hover && hover.run !== run ? seriesOf(hover.run) : [];
            drawn.panels.forEach((placed, index) => {
                const { rect, toPixel, contains, panel } = placed;
                if (others[index]) {
                    const points = Array.from(others[index], (value, update) => toPixel([update, value]));
                    clipTo(context, rect, () => strokeLines(context, clippedLines(points, rect), HOVERED, 1.6));
                }
                const x = toPixel([step, panel.y.range[0]])?.[0];
                const pixel = toPixel([step, at[index]]);
                if (x !== undefined && x <= rect.right + 1) {
                    strokeSegment(context, [x, rect.top], [x, rect.bottom], { ...INK, alpha: 0.45 }, 1);
                }
                drawMarkers(context, pixel && contains(pixel) ? [pixel] : [], 'Filled', INK, 7);
            });
        },
        (pixel, drawn, event) => {
            const step = pixel && stepAt(pixel, drawn);
            store.update({ hover: step === null ? null : { run: store.state.run, step } });
            if (step !== null && event.type === 'pointerdown') {
                store.update({ step });
            }
        },
    );
}
