//! Charts of results as values: heatmaps, final losses, batch sizes, losses, parameters and fits.

use gradsweep::analysis::heatmap;
use gradsweep::figure::{Dash, Figure, Layer, LegendShape, Marker, Panel, Scale};
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
                converged.push((ran.runs.epochs_to_reach[run(cell)].unwrap(), brightness(color)));
            }
            Verdict::Diverged => {
                assert!(red > blue, "{color:?}");
                diverged.push((ran.runs.diverged_at[run(cell)].unwrap(), brightness(color)));
            }
            _ => {
                assert!(red == blue, "{color:?}");
                other.push((ran.runs.mean_excess[run(cell)], brightness(color)));
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

/// The points of all lines of a panel.
fn lines(panel: &Panel) -> Vec<Vec<[f64; 2]>> {
    let points = |layer: &Layer| if let Layer::Line { points, .. } = layer { Some(points.clone()) } else { None };
    panel.layers.iter().filter_map(points).collect()
}

#[test]
fn diverged_runs_are_above_all_other_final_losses() {
    let ran =
        Trained::config("article", &["data.scale=standard", "training.optimizer=sgd", "sweep.parameters.learning_rate=[0.01, 0.1, 5.0]"]);
    let figures = ran.figures();
    let figure = named(&figures, "final_loss-learning_rate");
    let panel = &figure.panels[0];
    let ticks = markers(panel, Marker::Tick);
    assert_eq!(ticks.iter().map(|point| point[0]).collect::<Vec<_>>(), [5.0]);
    assert!(markers(panel, Marker::Dot).iter().all(|point| point[1] < ticks[0][1]));
    assert!(panel.y.ticks.last().unwrap().label == "diverged" && panel.y.ticks.last().unwrap().at < panel.y.range[1]);
    // The ring marks the rate with the lowest mean of J − J* over the last updates.
    let [(x, y)] = markers(panel, Marker::Hollow).iter().map(|point| (point[0], point[1])).collect::<Vec<_>>()[..] else {
        panic!("one ring")
    };
    let lowest = f64::from(ran.runs.mean_excess[0].min(ran.runs.mean_excess[1]));
    assert_eq!((y, x), (lowest, if ran.runs.mean_excess[0] < ran.runs.mean_excess[1] { 0.01 } else { 0.1 }));
}

#[test]
fn the_line_of_a_diverged_run_ends_where_it_leaves_the_panel() {
    let ran = Trained::config("article", &["data.scale=standard", "training.optimizer=sgd", "sweep.parameters.learning_rate=[0.1, 5.0]"]);
    assert_eq!(ran.runs.verdict[1], Verdict::Diverged);
    let figures = ran.figures();
    for panel in &named(&figures, "parameters").panels {
        for line in lines(panel) {
            let outside = line.iter().filter(|point| !(panel.y.range[0]..=panel.y.range[1]).contains(&point[1])).count();
            assert!(outside <= 1, "{}: {outside} points", panel.title);
        }
    }
}

#[test]
fn a_hinge_fit_shows_signed_labels_and_the_accuracy() {
    let ran = Trained::text(
        "[data]\npath = \"data.csv\"\nfeature = \"x\"\ntarget = \"y\"\n[model]\nloss = \"hinge\"\n[training]\nepochs = 200\noptimizer = \"adam\"\nlearning_rate = 0.1\n",
        "x,y\n-2,0\n-1,0\n1,1\n2,1\n",
    );
    let figures = ran.figures();
    let fit = named(&figures, "fit");
    assert!(markers(&fit.panels[0], Marker::Dot).iter().all(|point| point[1].abs() == 1.0));
    assert!(fit.caption.iter().any(|line| line.starts_with("Accuracy of the best run: 100 % on the training rows")), "{:?}", fit.caption);
    // The classes are separated between −1 and 1.
    let boundary =
        fit.panels[0].layers.iter().find_map(|layer| if let Layer::Rule { at, vertical: true, .. } = layer { Some(*at) } else { None });
    assert!(boundary.is_some_and(|at| at.abs() < 1.0), "{boundary:?}");
}

#[test]
fn batch_sizes_are_compared_at_their_best_rates_in_a_table() {
    let ran = Trained::config("batch_sizes", &[]);
    let figures = ran.figures();
    let figure = named(&figures, "batch_sizes");
    assert_eq!(figure.panels.len(), 2);
    let rows = &figure.table;
    assert_eq!(rows.iter().map(|row| row.cells[0].as_str()).collect::<Vec<_>>(), ["batch_size", "1", "5", "10", "40", "160"]);
    assert_eq!(lines(&figure.panels[0]).len(), 5);
}

/// The labels of the legend.
fn legend(figure: &Figure) -> Vec<&str> {
    figure.legend.iter().map(|entry| entry.label.as_str()).collect()
}

/// Left of the line, long runs converge; right of it they do not. A factor of two allows for the random end of a run.
#[test]
fn the_noise_floor_is_a_line_on_the_heatmap_of_sgd() {
    let ran = Trained::config(
        "article",
        &[
            "data.scale=standard",
            "training.optimizer=sgd",
            "training.epochs=400",
            "sweep.parameters={ learning_rate = { min = 1e-3, max = 0.3, count = 13, distribution = \"log_uniform\" }, momentum = { min = 0.0, max = 0.9, count = 7 } }",
        ],
    );
    let figures = ran.figures();
    let figure = named(&figures, "heatmap-learning_rate-momentum");
    let dotted = |layer: &Layer| matches!(layer, Layer::Line { dash: Dash::Dotted, .. });
    let Some(Layer::Line { points, .. }) = figure.panels[0].layers.iter().find(|layer| dotted(layer)) else { panic!("no line") };
    let (mut left, mut right) = (0, 0);
    for run in 0..ran.runs.run.len() {
        let settings = ran.experiment.space.run(run as u64).unwrap().settings;
        let [rate, momentum] = [Parameter::LearningRate, Parameter::Momentum].map(|parameter| settings.number(parameter).unwrap());
        let at = points.iter().find(|point| (point[1] - momentum).abs() < 1e-9).unwrap()[0];
        let verdict = ran.runs.verdict[run];
        if rate < at / 2.0 {
            assert_eq!(verdict, Verdict::Converged, "rate {rate}, momentum {momentum}, line at {at}");
            left += 1;
        } else if rate > 2.0 * at {
            assert_ne!(verdict, Verdict::Converged, "rate {rate}, momentum {momentum}, line at {at}");
            right += 1;
        }
    }
    assert!(left > 10 && right > 10, "{left} and {right}");
    assert!(figure.caption[1].starts_with("To the right of the dotted line, the noise of mini-batches keeps sgd from converging"));
    assert!(legend(figure).contains(&"noise floor = convergence threshold (theory)"));
    // Full batches have no noise, and RMSprop has no theory.
    for other in ["training.batch_size=full", "training.optimizer=rmsprop"] {
        let ran = Trained::config("article", &[GRID[0], GRID[1], "training.optimizer=sgd", "training.epochs=2", other]);
        let figures = ran.figures();
        assert!(!named(&figures, "heatmap-learning_rate-momentum").panels[0].layers.iter().any(dotted), "{other}");
    }
}

#[test]
fn diverged_runs_on_one_way_are_all_visible_and_labelled() {
    let ran = Trained::config(
        "article",
        &["data.scale=standard", "training.optimizer=sgd", "sweep.parameters.learning_rate=[5.0, 20.0, 80.0, 300.0, 1000.0]"],
    );
    let figures = ran.figures();
    check(&figures);
    let contour = &named(&figures, "contour").panels[0];
    let solid = contour.layers.iter().filter_map(|layer| match layer {
        Layer::Line { color, width, dash: Dash::Solid, .. } if color.alpha == 1.0 && *width > 0.6 => Some(*width),
        _ => None,
    });
    let widths: Vec<f64> = solid.collect();
    assert_eq!(widths.len(), 5);
    assert!(widths.windows(2).all(|pair| pair[1] < pair[0] - 1.0), "each line is wider than those above it: {widths:?}");
    let labels = contour.layers.iter().filter_map(|layer| match layer {
        Layer::LineLabel { points, text, .. } => Some((points, text)),
        _ => None,
    });
    let mut texts = Vec::new();
    for (points, text) in labels {
        let inside = points.iter().filter(|point| {
            (contour.x.range[0]..=contour.x.range[1]).contains(&point[0]) && (contour.y.range[0]..=contour.y.range[1]).contains(&point[1])
        });
        assert!(inside.count() > 4, "{text}");
        texts.push(text.as_str());
    }
    texts.sort_unstable();
    assert_eq!(texts, ["1,000", "20", "300", "5", "80"]);
    // The panels of the parameters end where the slowest of them leaves the frame, so that the lines are visible.
    for panel in &named(&figures, "parameters").panels {
        let last = lines(panel).iter().filter_map(|line| line.last()).map(|point| point[0]).fold(0.0, f64::max);
        assert_eq!(panel.x.range[1], last);
    }
    assert!(!legend(named(&figures, "final_loss-learning_rate")).iter().any(|label| label.starts_with("best ")));
    assert_eq!(named(&figures, "final_loss-learning_rate").caption, ["All 5 runs diverge"]);
}

#[test]
fn legends_name_what_is_drawn_and_nothing_else() {
    let one = Trained::config("article", &[]);
    let figures = one.figures();
    for name in ["contour", "parameters", "fit"] {
        assert_eq!(named(&figures, name).legend[0].label, "rmsprop, learning_rate 0.01", "{name}");
    }
    // A diverged run has no line in the fit.
    let outlier = Trained::config(
        "article",
        &["data.scale=standard", "training.optimizer=sgd", "sweep.parameters.learning_rate=[0.02, 0.03, 0.04, 0.05, 0.06, 50.0]"],
    );
    let figures = outlier.figures();
    let rates: Vec<String> = [0.02, 0.03, 0.04, 0.05, 0.06].iter().map(|rate| format!("learning_rate {rate}")).collect();
    for name in ["fit", "contour"] {
        assert_eq!(legend(named(&figures, name))[..5], rates, "{name}");
        assert!(!legend(named(&figures, name)).contains(&"learning_rate 50"), "{name}");
    }
    // A run that diverges in its first epoch has no epoch mean.
    let diverged = Trained::config("article", &["data.scale=standard", "training.optimizer=sgd", "training.learning_rate=50.0"]);
    let figures = diverged.figures();
    let losses = named(&figures, "losses");
    assert!(!legend(losses).iter().any(|label| label.starts_with("mean batch loss")), "{:?}", legend(losses));
    assert!(losses.panels[0].x.range[1] < 10.0, "the panel ends where J leaves it");
}

#[test]
fn optimizers_with_one_rate_each_are_labelled_points() {
    let ran = Trained::config("optimizers", &[]);
    let figures = ran.figures();
    let figure = named(&figures, "final_loss-learning_rate");
    let labels = figure.panels[0].layers.iter().filter(|layer| matches!(layer, Layer::Label { .. }));
    assert_eq!(labels.count(), 13);
    assert!(figure.legend[..13].iter().all(|entry| entry.shape == LegendShape::Marker(Marker::Hollow)));
    // Labels of paths have the rate, because the rates differ.
    let texts: Vec<&str> = named(&figures, "contour").panels[0]
        .layers
        .iter()
        .filter_map(|layer| if let Layer::LineLabel { text, .. } = layer { Some(text.as_str()) } else { None })
        .collect();
    assert!(texts.contains(&"sgd 0.02") && texts.len() == 13, "{texts:?}");
}

#[test]
fn many_schedules_are_drawn_at_their_best_rates() {
    let rates = "sweep.parameters.learning_rate={ min = 1e-2, max = 1.0, count = 9, distribution = \"log_uniform\" }";
    let ran = Trained::config("schedules", &["training.epochs=2", rates]);
    let figures = ran.figures();
    let figure = named(&figures, "rates");
    assert_eq!((lines(&figure.panels[0]).len(), figure.legend.len()), (7, 7));
    assert_eq!(figure.note, "7 of 55 curves are drawn: the best setting for each schedule.name");
}

#[test]
fn panels_name_the_change_that_they_show() {
    let rates = "sweep.parameters.learning_rate={ min = 1e-5, max = 1.0, count = 13, distribution = \"log_uniform\" }";
    let note = |optimizer: &str| {
        let ran = Trained::config("article", &["data.scale=standard", &format!("training.optimizer={optimizer}"), rates]);
        named(&ran.figures(), "learning_rate").note.clone()
    };
    // RMSprop does not diverge.
    assert!(note("rmsprop").ends_with("around the change from slow to noisy"), "{}", note("rmsprop"));
    // Adadelta at a rate of up to 1 is slow throughout.
    assert_eq!(note("adadelta"), "6 of 13 values of learning_rate are shown");
}
