// The tooltip of the page: a few lines of text next to the pointer.

import { create } from './dom.js';

/** The distance from the pointer, in pixels. */
const TOOLTIP_DISTANCE = 14;

/** @type {HTMLElement | null} */
let tooltip = null;

/**
 * Shows lines of text; the first is a heading.
 * @param {string[]} text
 * @param {{ clientX: number, clientY: number }} pointer
 */
export function showTooltip(text, { clientX, clientY }) {
    if (!tooltip) {
        tooltip = create('div', { className: 'tooltip', role: 'tooltip' });
        document.body.append(tooltip);
    }
    tooltip.replaceChildren(...text.map((line) => create('div', {}, line)));
    tooltip.hidden = false;
    const { offsetWidth, offsetHeight } = tooltip;
    const isLeft = clientX + TOOLTIP_DISTANCE + offsetWidth > document.documentElement.clientWidth;
    const isAbove = clientY + TOOLTIP_DISTANCE + offsetHeight > window.innerHeight;
    const left = isLeft ? clientX - TOOLTIP_DISTANCE - offsetWidth : clientX + TOOLTIP_DISTANCE;
    tooltip.style.left = `${Math.max(left, 4)}px`;
    tooltip.style.top = `${Math.max(isAbove ? clientY - TOOLTIP_DISTANCE - offsetHeight : clientY + TOOLTIP_DISTANCE, 4)}px`;
}

/** Hides the tooltip. */
export function hideTooltip() {
    if (tooltip) {
        tooltip.hidden = true;
    }
}
