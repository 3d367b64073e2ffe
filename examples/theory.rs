//! Draws docs/theory.png: J − J* of 4,000 runs of SGD with different seeds, and the theory of their mean and of the band that holds 80 % of them.
//!
//!     cargo run --release --example theory

use gradsweep::analysis::theory::{Deviation, EpochMap, SampledEpochs, Sgd};
use gradsweep::backend::{Backend, Outcome, RecordOptions, cpu::Cpu};
use gradsweep::config::{self, ConfigSource, DataLocation, Experiment};
use gradsweep::figure::{Axis, Color, Dash, Figure, Layer, LegendEntry, LegendShape, Panel, Scale, Tick};
use gradsweep::model::{Params, Problem};
use gradsweep::sweep::{Plan, Problems, batch_order};

type Failure = Box<dyn std::error::Error>;

const RUNS: usize = 4000;
const EPOCHS: u64 = 8;
const UPDATES: u64 = 25 * EPOCHS;
const RANGE: [f64; 2] = [1e-3, 1e3];
const INK: Color = opaque([0x22, 0x22, 0x22]);

/// Learning rates as shares of the full-batch stability limit, and their colours.
const SHARES: [(f64, Color); 3] =
    [(0.01, opaque([0x1B, 0x7F, 0x79])), (0.1, opaque([0xD5, 0x5E, 0x00])), (0.3, opaque([0x6A, 0x3D, 0x9A]))];

const fn opaque(rgb: [u8; 3]) -> Color {
    Color { rgb, alpha: 1.0 }
}

fn main() -> Result<(), Failure> {
    let panels = [0.0, 0.9].map(panel).into_iter().collect::<Result<Vec<Panel>, Failure>>()?;
    let entry = |label: &str, color, shape| LegendEntry { label: label.into(), color, shape };
    let share = |&(share, color): &(f64, Color)| {
        entry(&format!("runs at {} % of the stability limit: mean, and band of 80 %", share * 100.0), color, LegendShape::Line(Dash::Solid))
    };
    let mut legend: Vec<LegendEntry> = SHARES.iter().map(share).collect();
    legend.push(entry("theory of the mean", INK, LegendShape::Line(Dash::Dashed)));
    legend.push(entry("theory of the band", INK, LegendShape::Line(Dash::Dotted)));
    let figure = Figure {
        name: "theory".into(),
        title: "The theory of SGD, and 4,000 runs".into(),
        caption: vec!["TV on sales, standardised, 200 rows, shuffled batches of 8, from w = 0.6, b = 0".into()],
        note: String::new(),
        columns: 2,
        panels,
        shared_axes: false,
        legend,
        color_bars: Vec::new(),
        table: Vec::new(),
        size: [1040, 560],
    };
    gradsweep::plot::draw(&figure, "docs".as_ref(), &gradsweep::plot::Output::default())?;
    Ok(std::fs::remove_file("docs/theory.svg")?)
}

fn panel(momentum: f64) -> Result<Panel, Failure> {
    let mut layers = Vec::new();
    for (share, color) in SHARES {
        let problem = Problems::new(&experiment(momentum, 0.1)?)?.all.remove(0);
        let rate = share * problem.quadratic.stability_limit(momentum, false);
        let experiment = experiment(momentum, rate)?;
        let (low, mean, high) = simulated(&experiment, &problem)?;
        let ring = low.into_iter().chain(high.into_iter().rev()).collect();
        layers.push(Layer::Area { rings: vec![ring], color: Color { alpha: 0.25, ..color } });
        layers.push(Layer::Line { points: mean, color, width: 2.4, dash: Dash::Solid });
        let expected = expected(&experiment, &problem)?;
        let line =
            |value: &dyn Fn(&Deviation) -> f64| expected.iter().enumerate().map(|(at, deviation)| point(at, value(deviation))).collect();
        layers.push(Layer::Line { points: line(&Deviation::mean_excess), color: INK, width: 1.2, dash: Dash::Dashed });
        for quantile in 0..2 {
            layers.push(Layer::Line { points: line(&|deviation| deviation.band()[quantile]), color: INK, width: 0.8, dash: Dash::Dotted });
        }
    }
    let axis = |label: &str, scale, range, ticks: &[(f64, &str)]| {
        let ticks = ticks.iter().map(|&(at, label)| Tick { at, label: label.into() }).collect();
        Axis { label: label.into(), scale, range, ticks }
    };
    let updates = [(0.0, "0"), (50.0, "50"), (100.0, "100"), (150.0, "150"), (200.0, "200")];
    let losses = [(1e-3, "0.001"), (1e-2, "0.01"), (0.1, "0.1"), (1.0, "1"), (10.0, "10"), (100.0, "100"), (1e3, "1000")];
    Ok(Panel {
        title: format!("momentum {momentum}"),
        x: axis("updates (25 per epoch)", Scale::Linear, [0.0, UPDATES as f64], &updates),
        y: axis("J − J*", Scale::Log, RANGE, &losses),
        equal_units: false,
        layers,
    })
}

fn point(update: usize, excess: f64) -> [f64; 2] {
    [update as f64, excess.clamp(RANGE[0], RANGE[1])]
}

fn experiment(momentum: f64, rate: f64) -> Result<Experiment, Failure> {
    let text = format!(
        r#"
        [data]
        path = "data/advertising.csv"
        feature = "TV"
        target = "sales"
        scale = "standard"
        [model]
        initial_weight = 0.6
        [training]
        batch_size = 8
        epochs = {EPOCHS}
        [sweep.parameters]
        optimizer = [{{ name = "sgd", momentum = {momentum:?} }}]
        learning_rate = [{rate:e}]
        "training.seed" = {{ min = 0, max = {}, step = 1 }}
        "#,
        RUNS - 1
    );
    let source = ConfigSource { file: "theory.toml", name: "theory", data: DataLocation::Folder("configs".as_ref()) };
    config::load_text(&text, &source, &[]).map_err(|mistakes| mistakes.to_string().into())
}

type Points = Vec<[f64; 2]>;

/// The 10 % quantile, the mean and the 90 % quantile of J − J* after each update.
fn simulated(experiment: &Experiment, problem: &Problem) -> Result<(Points, Points, Points), Failure> {
    let problems = Problems::new(experiment)?;
    let plan = Plan::new(experiment, &problems, 0..experiment.space.len())?;
    let mut outcomes = vec![Outcome::default(); plan.groups.len()];
    Cpu::open(None, None)?.train(&plan.groups(&problems, RecordOptions { every: 1, epochs: false }), &mut outcomes)?;
    let (mut low, mut mean, mut high) = (Vec::new(), Vec::new(), Vec::new());
    for update in 0..=UPDATES {
        let mut excess = Vec::new();
        for (group, outcome) in plan.groups.iter().zip(&outcomes) {
            let history = outcome.history.as_ref().ok_or("no history")?;
            for run in 0..group.members.len() {
                let index = history.blocks.index(run, history.point_of(update).ok_or("no point")?);
                excess.push(problem.quadratic.excess(f64::from(history.weight[index]), f64::from(history.bias[index])));
            }
        }
        excess.sort_by(f64::total_cmp);
        low.push(point(update as usize, excess[RUNS / 10]));
        mean.push(point(update as usize, excess.iter().sum::<f64>() / RUNS as f64));
        high.push(point(update as usize, excess[RUNS - 1 - RUNS / 10]));
    }
    Ok((low, mean, high))
}

/// The theory after each update.
fn expected(experiment: &Experiment, problem: &Problem) -> Result<Vec<Deviation>, Failure> {
    let settings = experiment.space.run(0).ok_or("no run")?.settings;
    let order = batch_order(experiment, problem, &settings)?;
    let epochs = SampledEpochs::with_orders(problem, &order, 2048).ok_or("J is no paraboloid")?;
    let map = EpochMap::new(&epochs, &Sgd::of(&settings).ok_or("not plain SGD")?);
    Ok(map.after(&map.start(&[Params::new(f64::from(0.6_f32), 0.0)]), 0..=UPDATES))
}
