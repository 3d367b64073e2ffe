// The path of the selected cell of a heatmap.

/** @import { Engine, Explored, Figure, Overrides } from './types.d.ts' */
import { create, significant } from './dom.js';
import { drawFigure, keepDrawn } from './draw.js';

/**
 * @param {Engine | null} engine
 * @param {number} base
 */
export function cellPanel(engine, base) {
    const canvas = create('canvas', { role: 'img' });
    const title = create('h3');
    const text = create('p', { className: 'note' });
    const link = create('a', { href: '#explore' }, 'Show in the explorer');
    const element = create('div', { className: 'cell-panel' }, title, create('div', { className: 'figure' }, canvas), text, link);
    /** @type {Figure | undefined} */
    let figure;
    keepDrawn(canvas, () => figure && drawFigure(canvas, figure, { legend: false }));
    return {
        element,
        /** @type {(run: number | null, set: Overrides, words: string) => void} */
        show(run, set, words) {
            if (!engine) {
                return;
            }
            /** @type {Explored} */
            const explored = engine.explore({ run: run ?? base, set, figures: ['contour'], command: false });
            figure = explored.figures.contour;
            title.textContent = run === null ? explored.verdict : `Run ${run}: ${explored.verdict}`;
            text.textContent = `${words}. J = ${significant(explored.loss)}${explored.minimum === null ? '' : `, J* = ${significant(explored.minimum)}`}.`;
            canvas.setAttribute('aria-label', `Path of the cell. ${figure?.caption.join('. ') ?? ''}`);
            if (figure && canvas.clientWidth > 0) {
                drawFigure(canvas, figure, { legend: false });
            }
        },
    };
}
