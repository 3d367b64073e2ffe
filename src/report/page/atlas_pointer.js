// Pointing, clicking, dragging, pinching and the wheel on a heatmap.

/** @import { Point, Rect } from './types.d.ts' */
/** @import { AtlasCell } from './atlas_cells.js' */
import { oncePerFrame } from './dom.js';

/** A drag is longer than this, in pixels. */
const DRAG_REACH = 4;

/**
 * @typedef {object} PointerActions
 * @property {(pixel: Point) => AtlasCell | null} cellAt
 * @property {(cell: AtlasCell | null, pointer: PointerEvent) => void} point
 * @property {(cell: AtlasCell | null) => void} select
 * @property {(factor: number, center?: number[]) => void} zoom
 * @property {(right: number, up: number) => void} move
 * @property {boolean} canZoom
 * @property {() => Rect | null} panelRect
 */

/**
 * @param {HTMLElement} overlay
 * @param {PointerActions} actions
 */
export function bindPointer(overlay, { cellAt, point, select, zoom, move, canZoom, panelRect }) {
    /** @type {Map<number, Point>} */
    const pressed = new Map();
    let isDrag = false;
    let isInside = false;
    /** @type {Point} */
    let start = [0, 0];
    const pixelOf = (/** @type {MouseEvent} */ event) => {
        const { left, top } = overlay.getBoundingClientRect();
        return /** @type {Point} */ ([event.clientX - left, event.clientY - top]);
    };
    const shareOf = (/** @type {Point} */ pixel) => {
        const rect = panelRect();
        return rect ? [(pixel[0] - rect.left) / (rect.right - rect.left), (rect.bottom - pixel[1]) / (rect.bottom - rect.top)] : [0.5, 0.5];
    };
    const pointSoon = oncePerFrame((/** @type {PointerEvent} */ event) => point(isInside ? cellAt(pixelOf(event)) : null, event));
    overlay.addEventListener('pointerdown', (event) => {
        if (pressed.size === 0) {
            [start, isDrag] = [pixelOf(event), false];
        }
        pressed.set(event.pointerId, pixelOf(event));
    });
    overlay.addEventListener('pointermove', (event) => {
        const [pixel, last] = [pixelOf(event), pressed.get(event.pointerId)];
        if (!last || !canZoom) {
            isInside = true;
            pointSoon(event);
            return;
        }
        const other = [...pressed].find(([id]) => id !== event.pointerId)?.[1];
        isDrag ||= other !== undefined || Math.hypot(pixel[0] - start[0], pixel[1] - start[1]) > DRAG_REACH;
        if (!isDrag) {
            return;
        }
        overlay.setPointerCapture(event.pointerId);
        pressed.set(event.pointerId, pixel);
        if (other) {
            const [before, after] = [last, pixel].map((end) => Math.hypot(end[0] - other[0], end[1] - other[1]));
            zoom(before / Math.max(after, 1), shareOf(other));
        } else {
            const [from, to] = [shareOf(last), shareOf(pixel)];
            move(from[0] - to[0], from[1] - to[1]);
        }
    });
    overlay.addEventListener('pointerup', (event) => {
        pressed.delete(event.pointerId);
        if (!isDrag) {
            select(cellAt(pixelOf(event)));
        }
    });
    overlay.addEventListener('pointercancel', (event) => pressed.delete(event.pointerId));
    overlay.addEventListener('pointerleave', (event) => {
        isInside = false;
        point(null, event);
    });
    overlay.addEventListener(
        'wheel',
        (event) => {
            // Without a key the wheel scrolls the page, unless the heatmap has the focus.
            if (canZoom && (event.ctrlKey || event.metaKey || document.activeElement === overlay)) {
                event.preventDefault();
                zoom(Math.exp(Math.min(Math.max(event.deltaY, -100), 100) / 250), shareOf(pixelOf(event)));
            }
        },
        { passive: false },
    );
}
