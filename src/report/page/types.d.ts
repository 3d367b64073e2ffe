/** Types of the values that the page exchanges with the engine. The page itself does not contain this file. */

/** A point in data coordinates or in CSS pixels. */
export type Point = [number, number];
export type Value = number | string | boolean;

export interface Color {
    rgb: [number, number, number];
    alpha: number;
}

export type Dash = 'Solid' | 'Dashed' | 'Dotted' | 'DashDotted';
export type Marker = 'Filled' | 'Hollow' | 'Cross' | 'Tick' | 'Above' | 'Dot';
export type Scale = 'Linear' | 'Log';

export interface Tick {
    at: number;
    label: string;
}

export interface Axis {
    label: string;
    scale: Scale;
    range: [number, number];
    ticks: Tick[];
}

export interface Cells {
    x: [number, number];
    y: [number, number];
    columns: number;
    colors?: [number, number, number][];
    palette?: [number, number, number][];
    indices?: ArrayLike<number>;
}

export interface TableRow {
    color: Color | null;
    cells: string[];
}

/** One element of a panel: an object with one property, as serde writes an enum. */
export interface Layer {
    Area?: { rings: Point[][]; color: Color };
    Line?: { points: Point[]; color: Color; width: number; dash: Dash };
    Markers?: { points: Point[]; marker: Marker; color: Color; size: number };
    Rule?: { at: number; vertical: boolean; label: string; color: Color; dash: Dash };
    Cells?: Cells;
    LineLabel?: { points: Point[]; text: string; color: Color };
    InlineLabel?: { points: Point[]; text: string; color: Color };
    Label?: { at: Point; text: string; color: Color };
}

export interface Panel {
    title: string;
    x: Axis;
    y: Axis;
    equal_units: boolean;
    layers: Layer[];
}

export type LegendShape = 'Area' | { Line?: Dash; Marker?: Marker };

export interface LegendEntry {
    label: string;
    color: Color;
    shape: LegendShape;
}

export interface ColorBar {
    label: string;
    edges: number[];
    colors: Color[];
    ticks: Tick[];
}

export interface Figure {
    name: string;
    title: string;
    caption: string[];
    note: string;
    columns: number;
    panels: Panel[];
    table: TableRow[];
    shared_axes: boolean;
    legend: LegendEntry[];
    color_bars: ColorBar[];
    size: [number, number];
}

/** A rectangle in CSS pixels of a canvas. */
export interface Rect {
    left: number;
    top: number;
    right: number;
    bottom: number;
}

/** A panel with its place on a canvas. */
export interface PlacedPanel {
    panel: Panel;
    rect: Rect;
    /** The place of a point; null where a logarithmic axis has none. */
    toPixel(point: Point): Point | null;
    toData(pixel: Point): Point;
    contains(pixel: Point): boolean;
}

/** A drawn figure. */
export interface Drawn {
    width: number;
    height: number;
    panels: PlacedPanel[];
}

export interface Column {
    name: string;
    kind: 'number' | 'text';
    /** null: unknown. */
    values: ArrayLike<number | string | null>;
}

export interface Recommendation {
    changes: string;
    set: string[];
    command_sets: string[];
    setting: string;
    reaches_optimum: boolean;
    mean_loss: number;
    epochs_to_reach: number | null;
    seeds: number;
}

export interface ModelDiagnosis {
    model: string;
    conclusion: string;
    remedy: Recommendation | null;
}

/** The results of a sweep that the page contains. */
export interface Report {
    name: string;
    version: string;
    runs: number;
    diagnosis: { runs: number; counts: [string, number][]; models: ModelDiagnosis[] };
    /** The number of the best run. */
    best: number;
    /** The keys of varied hyperparameters. */
    varied: string[];
    config: string;
    /** The `--set` arguments in use. */
    sets: string[];
    feature: string;
    target: string;
    rows: { count: number; of: number; columns: Column[] };
    figures: Figure[];
    /** The varied hyperparameters with their distinct values, at most 1,000 each. */
    axes: { key: string; scale: Scale; values: Value[] }[];
    importance: Importance[];
    /** The colour bars of heatmaps: diverged, other and converged settings. */
    color_bars: ColorBar[];
}

/** The share of a hyperparameter in the differences between runs. */
export interface Importance {
    /** The variance of log10(mean J − J*) on a grid, or the divergences between the best tenth and all runs of a sampled sweep. */
    measure: 'variance' | 'divergence';
    /** The optimizer, and perhaps the schedule, of the runs; null for all runs. */
    block: string | null;
    key: string;
    share: number;
}

/** What the engine needs to open the sweep. */
export interface Input {
    module: Uint8Array<ArrayBuffer>;
    data: Uint8Array<ArrayBuffer>;
    config: string;
    sets: string[];
}

/** Settings that differ from those of a run. */
export type Overrides = Record<string, Value>;

/** A setting of the explored run that the page can change. */
export interface Setting {
    key: string;
    meaning: string;
    kind: 'float' | 'integer' | 'choice' | 'boolean';
    value: Value;
    range: [number, number] | null;
    /** Whether the range is logarithmic. */
    log: boolean;
    choices: string[];
}

export type FigureName = 'contour' | 'losses' | 'parameters' | 'fit';

export interface ExploreRequest {
    run: number;
    set: Overrides;
    figures: FigureName[];
    command: boolean;
}

/** A run that was trained again in the page. null: the number does not exist or is not finite. */
export interface Explored {
    name: string;
    verdict: string;
    loss: number | null;
    minimum: number | null;
    excess: number | null;
    mean_loss: number | null;
    mean_excess: number | null;
    drift_share: number | null;
    valley_share: number | null;
    test_loss: number | null;
    diverged_at: number | null;
    epochs_to_reach: number | null;
    steps: number;
    batches_per_epoch: number;
    stability_limit: number | null;
    predicted: { mean: number; low: number; high: number } | null;
    /** Eigenvectors of the Hessian at the optimum, the flattest first. */
    directions: { eigenvalue: number; vector: Point }[];
    optimum: Point | null;
    settings: Setting[];
    sets: string[] | null;
    figures: Partial<Record<FigureName, Figure>>;
    /** One value for the start, then one after each update. */
    weight: Float32Array;
    bias: Float32Array;
    cost: Float64Array;
}

/** Evenly spaced values of a hyperparameter, both ends included; with equal ratios if `log`. */
export interface AxisRequest {
    key: string;
    min: number;
    max: number;
    count: number;
    log: boolean;
}

export interface GridRequest {
    run: number;
    set: Overrides;
    x: AxisRequest;
    y: AxisRequest;
}

/** One value per cell, row by row from the lower left. */
export interface Grid {
    columns: number;
    rows: number;
    /** 0: converged, 1: other, 2: diverged. */
    kind: Uint8Array;
    /** Epochs to reach the optimum, mean J − J*, or updates until divergence. */
    value: Float32Array;
}

export interface OrbitRequest {
    run: number;
    set: Overrides;
    x: AxisRequest;
    last: number;
}

/** J − J* and the weight after each of the last updates of each run; NaN where a run diverged. */
export interface Orbit {
    excess: Float32Array;
    weight: Float32Array;
}

export interface PredictionRequest {
    run: number;
    set: Overrides;
    /** Weight and bias. */
    parameters: Point;
    /** The range of the unscaled feature. */
    range: [number, number];
}

/** The calls are synchronous, and throw an error with the message of the engine. */
export interface Engine {
    explore(request: ExploreRequest): Explored;
    /** The predictions over a range of the feature, as points of the figure of the fit. */
    predict(request: PredictionRequest): Point[];
    grid(request: GridRequest): Grid;
    orbit(request: OrbitRequest): Orbit;
    replay(run: number): { weight: Float32Array; bias: Float32Array };
}

/** The state that the sections of the page share. */
export interface State {
    /** The run that the sections explain. */
    run: number;
    /** The update at which the descent is shown, 0 for the start; a number above the last update stands for the end. */
    step: number;
    /** Settings that differ from those of the run. */
    overrides: Overrides;
    /** The run, and perhaps the update, under the pointer. */
    hover: { run: number; step: number | null } | null;
    /** The run with these settings, trained again in the page; null before the first one. */
    explored: Explored | null;
    /** Whether a slider moves, so that only what is cheap follows. */
    isMoving: boolean;
    /** Whether the contour shows the eigen-directions of the Hessian. */
    hasDirections: boolean;
    /** Rows of the table: a text that they contain, and ranges or values of columns. */
    filter: { text: string; ranges: Record<string, { min: number; max: number } | { values: string[] }> };
}

export interface Store {
    readonly state: State;
    /** Changes some fields and calls the listeners of those that differ. */
    update(change: Partial<State>): void;
    /** Calls a listener after a change of one of the fields; returns the function that ends the subscription. */
    subscribe(fields: (keyof State)[], listener: (state: State, previous: State) => void): () => void;
}
