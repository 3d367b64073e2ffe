//! Charts of results as values: heatmaps, final losses, batch sizes, losses, parameters and fits.

use gradsweep::analysis::heatmap;
use gradsweep::figure::{Dash, Figure, Layer, Marker, Scale};
use gradsweep::model::{Parameter, Verdict};

use crate::analysis::{Trained, check, markers, named, small};

fn keys(x: &str, y: &str, ran: &Trained, filters: &[(&str, &str)]) -> Figure {
    let filters: Vec<(String, String)> = filters.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
    ran.analysed(&ran.cpu, |sweep| heatmap(sweep, [x, y], &filters).unwrap())
}

/// The cells of a heatmap: the number of columns, and the colours row by row from the lower left.
fn cells(figure: &Figure, panel: usize) -> (usize, Vec<[u8; 3]>) {
    let cells = figure.panels[panel].layers.iter().find_map(|layer| match layer {
        Layer::Cells { columns, colors, .. } => Some((*columns, colors.clone())),
        _ => None,
    });
    cells.unwrap()
}

/// The sum of the channels: a darker colour has a smaller one.
fn brightness(color: [u8; 3]) -> u32 {
    color.iter().map(|&channel| u32::from(channel)).sum()
}

const GRID: &[&str] = &[
    "data.scale=standard",
    "sweep.parameters={ learning_rate = { min = 1e-3, max = 10.0, count = 17, distribution = \"log_uniform\" }, momentum = { min = 0.0, max = 0.9, count = 7 } }",
    "training.optimizer=sgd",
];

#[test]
fn a_heatmap_shows_verdicts_by_hue_and_speed_by_brightness() {
    let ran = Trained::config("article", GRID);
    let figures = ran.figures();
    check(&figures);
    let figure = named(&figures, "heatmap-learning_rate-momentum");
    let (columns, colors) = cells(figure, 0);
    assert_eq!((columns, colors.len()), (17, 17 * 7));
    // Run numbers count momentum fastest, cells the learning rate.
    let run = |cell: usize| cell % 17 * 7 + cell / 17;
    let (mut converged, mut diverged, mut other) = (Vec::new(), Vec::new(), Vec::new());
    for (cell, &color) in colors.iter().enumerate() {
        let [red, _, blue] = color;
        match ran.runs.verdict[run(cell)] {
            Verdict::Converged => {
                assert!(blue > red, "{color:?}");
                converged.push((ran.runs.reached_epoch[run(cell)].unwrap(), brightness(color)));
            }
            Verdict::Diverged => {
                assert!(red > blue, "{color:?}");
                diverged.push((ran.runs.diverged_at[run(cell)].unwrap(), brightness(color)));
            }
            _ => {
                assert!(red == blue, "{color:?}");
                other.push((ran.runs.excess[run(cell)], brightness(color)));
            }
        }
    }
    assert!(converged.len() > 10 && diverged.len() > 10 && other.len() > 10);
    converged.sort_unstable();
    diverged.sort_unstable();
    other.sort_by(|a, b| a.0.total_cmp(&b.0));
    // Fast convergence, early divergence and a large J − J* are dark.
    assert!(converged.windows(2).all(|pair| pair[0].1 <= pair[1].1), "{converged:?}");
    assert!(diverged.windows(2).all(|pair| pair[0].1 <= pair[1].1), "{diverged:?}");
    assert!(other.windows(2).all(|pair| pair[0].1 >= pair[1].1), "{other:?}");
    assert_eq!(figure.color_bars.len(), 3);
    let count = |verdict| ran.runs.verdict.iter().filter(|own| **own == verdict).count();
    let expected =
        format!("{} of 119 settings converge and {} diverge. The best is sgd, ", count(Verdict::Converged), count(Verdict::Diverged));
    assert!(figure.caption[0].starts_with(&expected), "{:?}", figure.caption);
}

/// 2(1 + β)/λmax, and λmax is 2 for a standardised feature.
#[test]
fn the_stability_limit_is_a_line_on_the_heatmap() {
    let ran = Trained::config("article", GRID);
    let figures = ran.figures();
    let panel = &named(&figures, "heatmap-learning_rate-momentum").panels[0];
    assert_eq!((panel.x.scale, panel.y.scale), (Scale::Log, Scale::Linear));
    let line = panel.layers.iter().find_map(|layer| match layer {
        Layer::Line { points, dash: Dash::Dashed, .. } => Some(points),
        _ => None,
    });
    for point in &line.unwrap()[1..8] {
        assert!((point[0] / (1.0 + point[1]) - 1.0).abs() < 1e-5, "{point:?}");
    }
    // The mark of the best setting is inside its cell.
    let best = markers(panel, Marker::Hollow)[0];
    let rate = |run: u64| ran.experiment.space.run(run).unwrap().settings.number(Parameter::LearningRate).unwrap();
    assert!((0..119).any(|run| (rate(run) / best[0] - 1.0).abs() < 1e-12), "{best:?}");
}

#[test]
fn a_heatmap_takes_the_median_over_seeds_and_the_best_of_other_hyperparameters() {
    let ran = Trained::config("batch_sizes", &["training.epochs=4", "sweep.parameters.nesterov=[true, false]"]);
    let figure = keys("learning_rate", "batch_size", &ran, &[]);
    // 1, 5, 10, 40 and 160 rows are neither evenly nor logarithmically spaced: each has a category of its own.
    let labels: Vec<&str> = figure.panels[0].y.ticks.iter().map(|tick| tick.label.as_str()).collect();
    assert_eq!(labels, ["1", "5", "10", "40", "160"]);
    assert!(figure.caption[0].contains("Each cell shows the best value of nesterov, by the median over 5 seeds"), "{:?}", figure.caption);
    assert_eq!(cells(&figure, 0).1.len(), 15);
    let filtered = keys("batch_size", "learning_rate", &ran, &[("nesterov", "false")]);
    assert_eq!(filtered.name, "heatmap-batch_size-learning_rate-nesterov-false");
    assert!(filtered.title.ends_with(", where nesterov = false"));
    assert!(filtered.caption[0].contains("Each cell shows the median over 5 seeds"), "{:?}", filtered.caption);
}

#[test]
fn heatmaps_of_extreme_sweeps_are_valid() {
    let all_diverge =
        Trained::config("article", &["training.optimizer=sgd", "sweep.parameters={ learning_rate = [5.0, 50.0], momentum = [0.0, 0.5] }"]);
    let identical =
        small("[training]\noptimizer = \"sgd\"\nepochs = 2\n[sweep.parameters]\nlearning_rate = [0.01, 0.1]\nmomentum = [0.0, 0.9]\n");
    let single = small("[training]\noptimizer = \"sgd\"\nepochs = 2\n");
    for ran in [all_diverge, identical, single] {
        check(&[keys("learning_rate", "momentum", &ran, &[])]);
    }
    let optimizers = Trained::config("optimizers", &["training.epochs=2"]);
    check(&[keys("optimizer", "learning_rate", &optimizers, &[]), keys("learning_rate", "epochs", &optimizers, &[])]);
}
