// A figure with an overlay: marks at the shown update are drawn over it, so that hovering does not draw the figure again.

/** @import { Drawn, Figure, Point } from './types.d.ts' */
import { create, oncePerFrame } from './dom.js';
import { drawFigure, keepDrawn, prepare } from './draw.js';

/**
 * @typedef {object} Linked
 * @property {HTMLElement} element
 * @property {(figure: Figure, label: string) => void} show draws a figure without its overlay; the label describes it to screen readers
 * @property {() => void} mark draws the overlay again
 * @property {() => Drawn | null} drawn
 */

/**
 * Creates a canvas of fixed height for a figure, and its overlay.
 * @param {string} className
 * @param {boolean} hasLegend
 * @param {(context: CanvasRenderingContext2D, drawn: Drawn) => void} drawMarks
 * @param {(pixel: Point | null, drawn: Drawn, event: PointerEvent) => void} onPoint receives the place of the pointer, null when it leaves
 * @returns {Linked}
 */
export function linkedFigure(className, hasLegend, drawMarks, onPoint) {
    const base = create('canvas', { role: 'img' });
    const overlay = create('canvas', { className: 'overlay', 'aria-hidden': true });
    const element = create('div', { className: `linked ${className}` }, base, overlay);
    /** @type {Figure | null} */
    let figure = null;
    /** @type {Drawn | null} */
    let drawn = null;
    const mark = () => {
        if (drawn) {
            drawMarks(prepare(overlay, drawn.width, drawn.height), drawn);
        }
    };
    // The size is kept, because reading it after a change of the page would compute the layout again.
    let [width, height] = [0, 0];
    const draw = () => {
        if (figure && width > 0) {
            drawn = drawFigure(base, figure, { width, height, legend: hasLegend });
        }
    };
    const resize = () => {
        [width, height] = [element.clientWidth, element.clientHeight];
        draw();
        mark();
    };
    keepDrawn(element, resize);
    const point = (/** @type {Point | null} */ pixel, /** @type {PointerEvent} */ event) => {
        if (drawn) {
            onPoint(pixel, drawn, event);
        }
    };
    const place = (/** @type {PointerEvent} */ event) => {
        const { left, top } = overlay.getBoundingClientRect();
        return /** @type {Point} */ ([event.clientX - left, event.clientY - top]);
    };
    overlay.addEventListener('pointerdown', (event) => point(place(event), event));
    overlay.addEventListener(
        'pointermove',
        oncePerFrame((event) => point(place(event), event)),
    );
    overlay.addEventListener('pointerup', (event) => {
        point(place(event), event);
        if (event.pointerType !== 'mouse') {
            point(null, event);
        }
    });
    overlay.addEventListener('pointerleave', (event) => point(null, event));
    overlay.addEventListener('pointercancel', (event) => point(null, event));
    return {
        element,
        show(next, label) {
            figure = next;
            base.setAttribute('aria-label', label);
            draw();
        },
        mark,
        drawn: () => drawn,
    };
}
