// Tests of the page's modules that need no browser: node --test tests/page

import assert from 'node:assert/strict';
import test from 'node:test';

import { embeddedCells, levelCells, trainedCell } from '../../src/report/page/atlas_cells.js';
import { CONVERGED, DIVERGED, OTHER, cellColors } from '../../src/report/page/atlas_colors.js';
import { cellCenter, cellTrainer } from '../../src/report/page/atlas_train.js';
import { movedRange, scaledRange } from '../../src/report/page/atlas_view.js';
import { axisCoordinates, isOfPanel } from '../../src/report/page/panel_rows.js';
import { matchingRows, runInWords, runRows } from '../../src/report/page/rows.js';
import { runAxes } from '../../src/report/page/run_axes.js';
import { roundTicks } from '../../src/report/page/ticks.js';

const HOSTILE = '"><img src=x onerror=alert(1)>';

function report() {
    const columns = {
        run: [0, 1, 2, 3, 4, 5],
        optimizer: ['adam', 'adam', 'adam', 'sgd', 'sgd', 'sgd'],
        learning_rate: [0.001, 0.01, 0.1, 0.001, 0.01, 0.1],
        momentum: [null, null, null, 0, 0.5, 0.9],
        weight: [1, 2, 3, 4, 5, 6],
        bias: [0, 0, 0, 0, 0, 0],
        mean_excess: [1, 0.01, 1e-4, 10, 0.1, null],
        verdict: ['slow', 'converged', 'converged', 'slow', 'noisy', 'diverged'],
        [HOSTILE]: ['a', 'b', 'a', 'b', 'a', 'b'],
    };
    const kind = (values) => (values.some((value) => typeof value === 'string') ? 'text' : 'number');
    return {
        varied: ['optimizer', 'learning_rate', 'momentum', HOSTILE],
        axes: [{ key: 'learning_rate', scale: 'Log', values: [0.001, 0.01, 0.1] }],
        rows: { count: 6, of: 6, columns: Object.entries(columns).map(([name, values]) => ({ name, kind: kind(values), values })) },
    };
}

const found = (text, ranges = {}) => Array.from(matchingRows(runRows(shared), { text, ranges }));
const shared = report();

test('words, conditions and run numbers filter runs', () => {
    assert.deepEqual(found(''), [0, 1, 2, 3, 4, 5]);
    assert.deepEqual(found('ADAM'), [0, 1, 2]);
    assert.deepEqual(found('converged learning_rate<0.1'), [1]);
    assert.deepEqual(found('learning_rate>=0.01 optimizer!=adam'), [4, 5]);
    assert.deepEqual(found('momentum=none'), [0, 1, 2]);
    assert.deepEqual(found('momentum<1'), [3, 4, 5]);
    assert.deepEqual(found('meanj−j*<0.1'), [1, 2]);
    assert.deepEqual(found('4'), [4]);
    assert.deepEqual(found('nothing'), []);
});

test('ranges filter runs, and unknown values are above every number', () => {
    assert.deepEqual(found('', { learning_rate: { min: 0.005, max: 0.05 } }), [1, 4]);
    assert.deepEqual(found('', { mean_excess: { min: 5, max: Infinity } }), [3, 5]);
    assert.deepEqual(found('', { mean_excess: { min: 5, max: Number.MAX_VALUE } }), [3]);
    assert.deepEqual(found('', { [HOSTILE]: { values: ['b'] }, optimizer: { values: ['sgd'] } }), [3, 5]);
    assert.deepEqual(found('', { unknown: { min: 0, max: 1 } }), [0, 1, 2, 3, 4, 5]);
});

test('rows are found by run number, and described', () => {
    const rows = runRows(shared);
    assert.equal(rows.rowOf(3), 3);
    assert.equal(rows.rowOf(17), -1);
    assert.deepEqual(runInWords(rows, 1), ['run 1: converged', `adam, learning_rate 0.01, ${HOSTILE} b`, 'mean J − J* = 0.01000', 'w = 2, b = 0']);
});

test('axes place values, leave room for unknown ones, and turn positions into ranges', () => {
    const axes = Object.fromEntries(runAxes(shared).map((axis) => [axis.name, axis]));
    const near = (values, expected) => expected.forEach((value, index) => assert.ok(Math.abs(values[index] - value) < 1e-6, `${values}`));
    near(axes.learning_rate.positions, [0, 0.5, 1, 0, 0.5, 1]);
    near(axes.optimizer.positions, [0.25, 0.25, 0.25, 0.75, 0.75, 0.75]);
    near(axes.momentum.positions, [0.97, 0.97, 0.97, 0, 0.5, 0.9]);
    // Five decades from 1e-4 to 10 take 90 % of the axis.
    near(axes.mean_excess.positions, [0.72, 0.36, 0, 0.9, 0.54, 0.97]);
    assert.deepEqual(axes.optimizer.rangeOf(0.5, 1), { values: ['sgd'] });
    assert.equal(axes.optimizer.rangeOf(0, 1), null);
    const range = axes.learning_rate.rangeOf(0.25, 0.75);
    near([range.min, range.max], [10 ** -2.5, 10 ** -1.5]);
    near(axes.learning_rate.intervalsOf(range)[0], [0.25, 0.75]);
    assert.deepEqual(axes.mean_excess.rangeOf(0.95, 1), { min: Number.MAX_VALUE, max: Infinity });
    assert.deepEqual(found('', { mean_excess: axes.mean_excess.rangeOf(0.95, 1) }), [5]);
    assert.deepEqual(axes.mean_excess.ticks.at(-1), { position: 0.97, label: 'diverged' });
});

test('ticks are round and inside of the range', () => {
    const at = (...range) => roundTicks(...range).map((tick) => tick.at);
    assert.deepEqual(at('Linear', [0, 1], 5), [0, 0.2, 0.4, 0.6000000000000001, 0.8, 1]);
    assert.deepEqual(at('Log', [0.0005, 20], 5), [0.001, 0.01, 0.1, 1, 10]);
    const labels = roundTicks('Linear', [0.12340001, 0.12340009]).map((tick) => tick.label);
    assert.equal(new Set(labels).size, labels.length);
});

test('the title of a panel selects its runs', () => {
    const rows = runRows(shared);
    const of = (title) => [0, 1, 2, 3, 4, 5].filter(isOfPanel(rows, { title }));
    assert.deepEqual(of('sgd'), [3, 4, 5]);
    assert.deepEqual(of(''), [0, 1, 2, 3, 4, 5]);
    assert.deepEqual(of('adam, optimizer adam'), [0, 1, 2]);
    const numeric = axisCoordinates(rows, { label: 'learning_rate', scale: 'Log', range: [5e-4, 0.2] }, () => true);
    assert.deepEqual([numeric.isNumeric, numeric.coordinate(4)], [true, 0.01]);
    const counted = axisCoordinates(rows, { label: 'momentum', scale: 'Linear', range: [-0.5, 3.5] }, () => true);
    assert.deepEqual([counted.isNumeric, counted.coordinate(0), counted.coordinate(5)], [false, 0, 3]);
});

const gray = (value) => ({ rgb: [value, value, value], alpha: 1 });
const BARS = [
    { label: 'diverged after updates', edges: [0, 1, 2], colors: [{ rgb: [200, 50, 0], alpha: 1 }, { rgb: [250, 150, 50], alpha: 1 }], ticks: [] },
    { label: 'mean J − J*', edges: [-2, -1, 0], colors: [gray(240), gray(140)], ticks: [] },
    { label: 'converged in epochs', edges: [0, 0.5, 1], colors: [{ rgb: [0, 0, 120], alpha: 1 }, { rgb: [120, 160, 240], alpha: 1 }], ticks: [] },
];

test('cells take the colours of the bars, and colours tell class and value', () => {
    const colors = cellColors({ color_bars: BARS });
    assert.deepEqual([colors.indexOf(DIVERGED, 5), colors.indexOf(DIVERGED, 50), colors.indexOf(OTHER, 0.05), colors.indexOf(OTHER, 1e9)], [0, 1, 2, 3]);
    assert.deepEqual([colors.indexOf(CONVERGED, 2), colors.indexOf(CONVERGED, 9), colors.indexOf(OTHER, NaN)], [4, 5, 3]);
    const { kind, value } = colors.cellOf([238, 241, 240]);
    assert.ok(kind === OTHER && Math.abs(value - 10 ** -1.5) < 1e-12);
    assert.equal(colors.cellOf([255, 255, 255]), null);
    assert.equal(colors.inWords(CONVERGED, 3, false), 'converged in 3 epochs');
});

test('views zoom around a point and stay within bounds', () => {
    const axis = { scale: 'Log', range: [0.01, 1] };
    const near = (range, expected) => expected.forEach((end, index) => assert.ok(Math.abs(Math.log(range[index] / end)) < 1e-9, `${range}`));
    near(scaledRange(axis, 0.5, 0.5, [1e-6, 100]), [10 ** -1.5, 10 ** -0.5]);
    near(scaledRange(axis, 0.5, 0, [1e-6, 100]), [0.01, 0.1]);
    near(movedRange(axis, 2, 3, [1e-6, 10]), [0.1, 10]);
    near(scaledRange(axis, 100, 0.5, [1e-3, 10]), [1e-3, 10]);
    assert.deepEqual(scaledRange({ scale: 'Linear', range: [0.5, 0.5 + 1e-9] }, 0.1, 0.5, [0, 1]), [0.5, 0.5 + 1e-9]);
});

test('training goes from coarse to fine in the range of the view, and stops when it is cancelled', async () => {
    const x = { key: 'learning_rate', scale: 'Log', range: [0.01, 1], isInteger: false, pixels: 48 };
    const y = { key: 'epochs', scale: 'Linear', range: [0.5, 4.5], isInteger: true, pixels: 48 };
    const requests = [];
    const worker = {
        async grid(request) {
            requests.push(request);
            const count = request.x.count * request.y.count;
            return { columns: request.x.count, rows: request.y.count, kind: new Uint8Array(count).fill(CONVERGED), value: new Float32Array(count).fill(requests.length) };
        },
    };
    const levels = [];
    const trainer = cellTrainer(() => worker, (level, isDone) => isDone && levels.push(level));
    await trainer.train(7, { momentum: 0.5 }, x, y);
    assert.deepEqual(levels.map(({ columns, rows }) => [columns, rows]), [[2, 2], [4, 4], [8, 4], [16, 4], [32, 4]]);
    assert.deepEqual([requests[0].run, requests[0].set, requests[0].x.log], [7, { momentum: 0.5 }, true]);
    // Two cells of one decade each: their centres are half a decade from the ends.
    assert.ok(Math.abs(requests[0].x.min - 10 ** -1.5) < 1e-12 && Math.abs(requests[0].x.max - 10 ** -0.5) < 1e-12);
    assert.deepEqual([0, 1, 2, 3].map((position) => cellCenter(y, 4, position)), [1, 2, 3, 4]);
    const level = levels[1];
    const cell = trainedCell(level, [0.02, 2.2], cellColors({ color_bars: BARS }));
    assert.deepEqual([cell.values[1], cell.isTrained], [2, true]);
    assert.equal(levelCells({ ...level, done: 2 }, cellColors({ color_bars: BARS })).y[1], 2.5);
    assert.equal(trainedCell(level, [2, 2], cellColors({ color_bars: BARS })), null);

    const before = requests.length;
    const running = trainer.train(7, {}, x, y);
    trainer.cancel();
    await running;
    assert.equal(requests.length, before + 1);
});

test('embedded cells have the values, the class and the run of their column and row', () => {
    const palette = BARS.flatMap(({ colors }) => colors.map(({ rgb }) => rgb));
    const range = [10 ** -3.5, 10 ** -0.5];
    const panel = {
        title: 'sgd',
        x: { label: 'learning_rate', scale: 'Log', range, ticks: [] },
        y: { label: 'momentum', scale: 'Linear', range: [-0.5, 2.5], ticks: [] },
        layers: [{ Cells: { x: range, y: [-0.5, 2.5], columns: 3, palette: [...palette, [255, 255, 255]], indices: [6, 6, 6, 6, 2, 6, 6, 6, 6] } }],
    };
    const cells = embeddedCells({ color_bars: BARS }, panel, report());
    assert.equal(cells.isNumeric, false);
    const cell = cells.cellAt([0.012, 1.1]);
    assert.deepEqual(cell.values, [0.01, 0.5]);
    assert.equal(cell.result, 'not converged, mean J − J* ≈ 0.032');
    assert.equal(cells.runOf(cell.values), 4);
    assert.equal(cells.runOf([0.001, 0.5]), null);
    assert.equal(cells.cellAt([0.001, 1]).result, 'no run');
    assert.equal(cells.cellAt([1, 1]), null);
});
