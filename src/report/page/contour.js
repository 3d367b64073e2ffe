// The contour of the explored run: its path up to the shown update, other runs for comparison, the start as a handle, and eigen-directions.

/** @import { Color, Explored, Figure, Layer, PlacedPanel, Point, Store } from './types.d.ts' */
import { BLUE, GROUND, INK, SECONDARY } from './colors.js';
import { linkedFigure } from './linked.js';
import { clipTo, drawMarkers, drawText, fillDiscs, fillRect, strokeLines, textWidth } from './marks.js';
import { clippedLines } from './scale.js';
import { changeSettings, shownStep } from './state.js';

/** The distance from the start within which the pointer takes hold of it, and from a path within which it points to an update, in pixels. */
const REACH = { start: 16, path: 30 };

/** The largest number of points of a drawn path. */
const POINTS = 4000;

/** Below this condition number a valley is round and has no flat or steep direction that matters. */
const ROUND = 1.5;

/** The colour of another run under the pointer. */
export const HOVERED = BLUE;

/**
 * @param {(run: number) => { weight: Float32Array, bias: Float32Array }} replay
 * @param {Store} store
 */
export function contourPanel(replay, store) {
    /** @type {Explored | null} the run without changes, for comparison */
    let before = null;
    let isDragging = false;
    let hasMoved = false;
    let color = BLUE;

    const linked = linkedFigure(
        'contour',
        false,
        (context, drawn) => {
            const { explored, run, hover, overrides, hasDirections } = store.state;
            if (!explored) {
                return;
            }
            const placed = drawn.panels[0];
            clipTo(context, placed.rect, () => {
                if (before && Object.keys(overrides).length > 0) {
                    strokeLines(context, lines(placed, before, 0, Infinity), { ...SECONDARY, alpha: 0.7 }, 1.2, 'Dashed');
                }
                if (hover && hover.run !== run) {
                    drawHovered(context, placed, hover.run);
                }
                drawPath(context, placed, explored, shownStep(store.state), color);
                if (hasDirections) {
                    drawDirections(context, placed, explored);
                }
            });
        },
        (pixel, drawn, event) => {
            const { explored, run } = store.state;
            if (!explored) {
                return;
            }
            const placed = drawn.panels[0];
            const isAtStart = pixel !== null && isStart(pixel);
            linked.element.classList.toggle('can-drag', isAtStart || isDragging);
            if (pixel && event.type === 'pointerdown' && isAtStart) {
                [isDragging, hasMoved] = [true, false];
                /** @type {HTMLElement} */ (event.target).setPointerCapture(event.pointerId);
            } else if (isDragging && event.type !== 'pointerleave') {
                isDragging = event.type === 'pointermove';
                hasMoved ||= isDragging;
                if (pixel && hasMoved) {
                    moveStart(placed.toData(pixel), isDragging);
                } else {
                    store.update({ isMoving: false });
                }
            } else if (!isDragging) {
                const step = pixel && nearestStep(placed, explored, pixel);
                store.update({ hover: step === null ? null : { run, step } });
                if (step !== null && event.type === 'pointerdown') {
                    store.update({ step });
                }
            }
        },
    );
    // A finger on the start moves it instead of the page.
    linked.element.addEventListener(
        'touchstart',
        (event) => {
            const { left, top } = linked.element.getBoundingClientRect();
            const [{ clientX, clientY }] = event.touches;
            if (event.cancelable && isStart([clientX - left, clientY - top])) {
                event.preventDefault();
            }
        },
        { passive: false },
    );
    const isStart = (/** @type {Point} */ pixel) => {
        const { explored } = store.state;
        const start = explored && linked.drawn()?.panels[0].toPixel([explored.weight[0], explored.bias[0]]);
        return start ? Math.hypot(pixel[0] - start[0], pixel[1] - start[1]) < REACH.start : false;
    };

    /** @type {(point: Point, isMoving: boolean) => void} */
    const moveStart = ([weight, bias], isMoving) => {
        const rounded = [weight, bias].map((value) => Number(value.toPrecision(4)));
        changeSettings(store, { initial_weight: rounded[0], initial_bias: rounded[1] }, isMoving);
    };

    /** @type {(context: CanvasRenderingContext2D, placed: PlacedPanel, run: number) => void} */
    const drawHovered = (context, placed, run) => {
        const path = replay(run);
        const parts = lines(placed, path, 0, Infinity);
        strokeLines(context, parts, GROUND, 4);
        strokeLines(context, parts, HOVERED, 1.8);
        const last = path.weight.length - 1;
        const end = placed.toPixel([path.weight[last], path.bias[last]]);
        drawMarkers(context, end ? [end] : [], 'Filled', HOVERED, 7);
    };

    return {
        ...linked,
        /** @type {(figure: Figure, label: string) => void} */
        show(figure, label) {
            color = pathColor(figure) ?? color;
            linked.show(ground(figure), label);
        },
        /** @type {(explored: Explored | null) => void} */
        compareWith(explored) {
            before = explored;
        },
    };
}

/**
 * The points of a part of a path as lines in pixels; long paths have fewer points.
 * @param {PlacedPanel} placed
 * @param {{ weight: Float32Array, bias: Float32Array }} path
 * @param {number} first
 * @param {number} last
 */
function lines({ toPixel, rect }, { weight, bias }, first, last) {
    const end = Math.min(last, weight.length - 1);
    const every = Math.max(1, Math.ceil((end - first) / POINTS));
    const pixels = [];
    for (let step = first; step < end; step += every) {
        pixels.push(toPixel([weight[step], bias[step]]));
    }
    pixels.push(toPixel([weight[end], bias[end]]));
    return clippedLines(pixels, rect);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {PlacedPanel} placed
 * @param {Explored} explored
 * @param {number} step
 * @param {Color} color
 */
function drawPath(context, placed, explored, step, color) {
    const { weight, bias } = explored;
    const last = weight.length - 1;
    strokeLines(context, lines(placed, explored, step, last), { ...color, alpha: 0.35 }, 1.4);
    const passed = lines(placed, explored, 0, step);
    strokeLines(context, passed, { ...GROUND, alpha: 0.85 }, 4.4);
    strokeLines(context, passed, color, 2);
    const at = (/** @type {number} */ index) => {
        const pixel = placed.toPixel([weight[index], bias[index]]);
        return pixel && placed.contains(pixel) ? [pixel] : [];
    };
    drawMarkers(context, at(last), 'Filled', color, 7);
    fillDiscs(context, at(0), 11, { ...color, alpha: 0.16 });
    drawMarkers(context, at(0), 'Hollow', INK, 8);
    if (step < last) {
        drawMarkers(context, at(step), 'Filled', INK, 9);
    }
}

/**
 * The eigen-directions of the Hessian through the optimum. Their lengths are proportional to 1/√λ, as the axes of the ellipses of equal J.
 * @param {CanvasRenderingContext2D} context
 * @param {PlacedPanel} placed
 * @param {Explored} explored
 */
function drawDirections(context, placed, explored) {
    const { directions, optimum } = explored;
    const { panel, toPixel, rect } = placed;
    if (!optimum || directions.length < 2 || !(directions[0].eigenvalue > 0) || isRound(explored)) {
        return;
    }
    const kappa = directions[1].eigenvalue / directions[0].eigenvalue;
    const width = panel.x.range[1] - panel.x.range[0];
    const height = panel.y.range[1] - panel.y.range[0];
    const reach = 0.28 / Math.hypot(directions[0].vector[0] / width, directions[0].vector[1] / height);
    directions.forEach(({ vector, eigenvalue }, index) => {
        const length = index === 0 ? reach : reach / Math.sqrt(kappa);
        const ends = [-1, 1].map((side) => toPixel([optimum[0] + side * length * vector[0], optimum[1] + side * length * vector[1]]));
        strokeLines(context, clippedLines(ends, rect), { ...INK, alpha: 0.55 }, 1.2, 'Dotted');
        const text = index === 0 ? `flat direction, λ = ${eigenvalue.toPrecision(3)}` : `steep direction, λ = ${eigenvalue.toPrecision(3)}`;
        const end = ends.filter((pixel) => pixel !== null).sort((a, b) => (index === 0 ? b[1] - a[1] : b[0] - a[0]))[0];
        if (end && (index === 0 || kappa < 50)) {
            const width = textWidth(context, text);
            const x = Math.min(end[0] + 6, rect.right - width - 6);
            const y = Math.min(Math.max(end[1], rect.top + 10), rect.bottom - 10);
            fillRect(context, { left: x - 2, right: x + width + 2, top: y - 7, bottom: y + 7 }, { ...GROUND, alpha: 0.9 });
            drawText(context, text, [x, y], { color: SECONDARY });
        }
    });
}

/**
 * Whether J rises about equally in all directions from the optimum.
 * @param {Explored} explored
 */
export function isRound({ directions }) {
    return directions.length === 2 && directions[1].eigenvalue < ROUND * directions[0].eigenvalue;
}

/**
 * The update whose point is closest to a pixel; null if none is near.
 * @param {PlacedPanel} placed
 * @param {Explored} explored
 * @param {Point} pixel
 */
function nearestStep({ toPixel }, { weight, bias }, pixel) {
    let [nearest, distance] = [-1, REACH.path];
    for (let step = 0; step < weight.length; step += 1) {
        const at = toPixel([weight[step], bias[step]]);
        const own = at ? Math.hypot(at[0] - pixel[0], at[1] - pixel[1]) : Infinity;
        if (own < distance) {
            [nearest, distance] = [step, own];
        }
    }
    return nearest < 0 ? null : nearest;
}

/** @type {(layer: Layer | undefined) => boolean} */
const isCasing = (layer) => layer?.Line !== undefined && layer.Line.color.rgb.every((channel) => channel === 255);

/**
 * The colour of the path in a contour figure.
 * @param {Figure} figure
 */
function pathColor({ panels: [{ layers }] }) {
    return layers[layers.findIndex(isCasing) + 1]?.Line?.color;
}

/**
 * A contour figure without its path, which the overlay draws.
 * @param {Figure} figure
 * @returns {Figure}
 */
function ground(figure) {
    const isHidden = (/** @type {Layer} */ layer) =>
        isCasing(layer) || (layer.Markers && layer.Markers.marker !== 'Cross') || (layer.Label && layer.Label.text.startsWith('J = '));
    // A line without width is invisible, and labels avoid it.
    const isPath = (/** @type {Layer} */ layer, /** @type {Layer | undefined} */ before) =>
        layer.Line && (isCasing(before) || (layer.Line.dash === 'Dashed' && layer.Line.width > 1.1));
    const withoutPath = (/** @type {Layer[]} */ layers) =>
        layers
            .map((layer, index) => (isPath(layer, layers[index - 1]) && layer.Line ? { Line: { ...layer.Line, width: 0 } } : layer))
            .filter((layer) => !isHidden(layer));
    return { ...figure, panels: figure.panels.map((panel) => ({ ...panel, layers: withoutPath(panel.layers) })) };
}
