//! What analysis says and draws, as values: sweeps are trained here run by run, on the CPU backend.

use std::path::Path as FilePath;

use gradsweep::analysis::{Comparison, Diagnosis, EpochPoint, Error, Path, PathError, Paths, Sweep, compare, diagnosis, figures};
use gradsweep::backend::cpu::Cpu;
use gradsweep::config::{self, ConfigSource, DataLocation, Experiment};
use gradsweep::figure::{Figure, Layer, Mark, Panel, Scale};
use gradsweep::model::{Parameter, Verdict};
use gradsweep::sweep::{Problems, Trace, final_metrics, run_table, trace};
use gradsweep::table::{RunTable, SettingColumn};
use serde_json::Value;

use crate::common::sweeps::{RECORD, train};

/// A sweep that has run.
struct Ran {
    experiment: Experiment,
    problems: Problems,
    runs: RunTable,
    paths: Vec<Path>,
}

impl Paths for Ran {
    fn path(&self, run: u64) -> Result<Path, PathError> {
        self.paths.get(run as usize).cloned().ok_or_else(|| "no such run".into())
    }
}

impl Ran {
    fn config(name: &str, sets: &[&str]) -> Self {
        let path = FilePath::new(env!("CARGO_MANIFEST_DIR")).join("configs").join(format!("{name}.toml"));
        let sets: Vec<String> = sets.iter().map(ToString::to_string).collect();
        Self::of(config::load(&path, &sets).unwrap_or_else(|mistakes| panic!("{mistakes}")))
    }

    fn text(text: &str, csv: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("data.csv"), csv).unwrap();
        let source = ConfigSource { file: "test.toml", name: "test", data: DataLocation::Folder(folder.path()) };
        Self::of(config::load_text(text, &source, &[]).unwrap_or_else(|mistakes| panic!("{mistakes}")))
    }

    fn of(experiment: Experiment) -> Self {
        let (problems, cpu) = (Problems::new(&experiment).unwrap(), Cpu::open(Some(1), None).unwrap());
        let (plan, outcomes) = train(&experiment, &cpu, RECORD);
        let metrics = final_metrics(&plan, &problems, &outcomes, &cpu).unwrap();
        let runs = run_table(&experiment, &problems, &plan, &outcomes, &metrics);
        let paths = runs.run.iter().map(|&run| path(trace(&experiment, &problems, &cpu, run).unwrap())).collect();
        Self { experiment, problems, runs, paths }
    }

    fn sweep(&self) -> Sweep<'_> {
        Sweep { experiment: &self.experiment, problems: &self.problems.all, runs: &self.runs, paths: self }
    }

    fn diagnosis(&self) -> Diagnosis {
        diagnosis(&self.experiment, &self.problems.all, &self.runs, None)
    }

    fn figures(&self) -> Vec<Figure> {
        figures(&self.sweep()).unwrap()
    }

    fn compare(&self, by: &str, filters: &[(&str, &str)]) -> Result<Comparison, Error> {
        let filters: Vec<(String, String)> = filters.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
        compare(&self.sweep(), by, &filters, None)
    }
}

/// The path of a traced run.
fn path(trace: Trace) -> Path {
    let known = |column: &[f32], epoch: usize| column.get(epoch).map(|&value| f64::from(value));
    let epochs = (0..trace.loss.len()).map(|epoch| EpochPoint {
        loss: f64::from(trace.loss[epoch]),
        mae: f64::from(trace.mae[epoch]),
        val_loss: known(&trace.val_loss, epoch),
        val_mae: known(&trace.val_mae, epoch),
    });
    let (epochs, batches_per_epoch) = (epochs.collect(), trace.batches);
    Path { epochs, weight: trace.weight, bias: trace.bias, batch_loss: trace.batch_loss, batches_per_epoch }
}

fn named<'a>(figures: &'a [Figure], name: &str) -> &'a Figure {
    figures.iter().find(|figure| figure.name == name).unwrap_or_else(|| panic!("no {name} among {:?}", names(figures)))
}

fn names(figures: &[Figure]) -> Vec<&str> {
    figures.iter().map(|figure| figure.name.as_str()).collect()
}

/// Every point of a layer.
fn points(layer: &Layer) -> Vec<[f64; 2]> {
    match layer {
        Layer::Area { rings, .. } => rings.concat(),
        Layer::Line { points, .. } | Layer::Marks { points, .. } => points.clone(),
        Layer::Label { at, .. } => vec![*at],
        Layer::Rule { .. } => Vec::new(),
    }
}

fn marks(panel: &Panel, wanted: Mark) -> Vec<[f64; 2]> {
    let of = |layer: &Layer| if matches!(layer, Layer::Marks { mark, .. } if *mark == wanted) { points(layer) } else { Vec::new() };
    panel.layers.iter().flat_map(of).collect()
}

fn holds(panel: &Panel, [x, y]: [f64; 2]) -> bool {
    (panel.x.range[0]..=panel.x.range[1]).contains(&x) && (panel.y.range[0]..=panel.y.range[1]).contains(&y)
}

/// What every figure must be, whatever it shows.
fn sound(figures: &[Figure]) {
    let mut names = names(figures);
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), figures.len(), "names are files' names");
    for figure in figures {
        assert!(figure.legend.len() <= 10, "{}: {} entries", figure.name, figure.legend.len());
        assert!(!figure.panels.is_empty() && figure.panels.len() <= 12, "{}", figure.name);
        assert!(figure.caption.iter().all(|line| !line.is_empty()), "{}: {:?}", figure.name, figure.caption);
        for panel in &figure.panels {
            for axis in [&panel.x, &panel.y] {
                assert!(axis.range[0] < axis.range[1] && axis.range.iter().all(|v| v.is_finite()), "{}: {axis:?}", figure.name);
                assert!(axis.scale == Scale::Linear || axis.range[0] > 0.0, "{}: {axis:?}", figure.name);
            }
            for point in panel.layers.iter().flat_map(points) {
                assert!(point.iter().all(|v| v.is_finite()), "{}: {point:?}", figure.name);
                let positive = |scale, v| scale == Scale::Linear || v > 0.0;
                assert!(positive(panel.x.scale, point[0]) && positive(panel.y.scale, point[1]), "{}: {point:?}", figure.name);
            }
        }
    }
}

/// Exact numbers of the least-squares line through all 200 rows, TV on sales, by their pointer in the golden file.
fn least_squares(pointer: &str) -> f64 {
    let golden: Value = serde_json::from_str(include_str!("../golden/least_squares.json")).unwrap();
    golden["features"]["TV"]["none"].pointer(pointer).unwrap().as_f64().unwrap()
}

const ALL_ROWS: &[&str] = &["data.test_size=0"];

#[test]
fn the_articles_run_is_told_what_it_missed() {
    let diagnosis = Ran::config("article", &[]).diagnosis();
    let sentence = "J 20.20 = 2.2 × the optimum 8.998; no run of this sweep reaches it: κ = 109,618. Try --set data.scale=standard";
    assert_eq!(diagnosis.sentence, sentence);
    assert_eq!(diagnosis.remedy.as_deref(), Some("data.scale=standard"));
}

/// Each remedy is laid on top of the ones before, as a person would, until a run arrives.
#[test]
fn remedies_lead_to_the_optimum() {
    let starts: [(&str, &[&str]); 6] = [
        ("article", &[]),
        ("article", &["training.optimizer={ name = \"sgd\", learning_rate = 1e-7 }"]),
        ("article", &["data.scale=standard", "training.learning_rate=30.0"]),
        ("learning_rates", &[]),
        ("batch_sizes", &["sweep.parameters.learning_rate=[3.0, 5.0]"]),
        ("batch_sizes", &["sweep.parameters.learning_rate=[1e-6]"]),
    ];
    for (name, sets) in starts {
        let mut sets: Vec<String> = sets.iter().map(ToString::to_string).collect();
        let mut said = Vec::new();
        for _ in 0..4 {
            let ran = Ran::config(name, &sets.iter().map(String::as_str).collect::<Vec<_>>());
            let diagnosis = ran.diagnosis();
            said.push(diagnosis.sentence.clone());
            match diagnosis.remedy {
                Some(remedy) => {
                    assert!(diagnosis.sentence.contains(&remedy), "{}", diagnosis.sentence);
                    sets.push(remedy);
                }
                None => break,
            }
        }
        println!("{name}: {said:#?}");
        assert!(said.last().unwrap().contains("reach"), "{name}: {said:#?}");
        assert!(said.len() < 4, "{name}: {said:#?}");
    }
}

/// Rates in optimizers' own tables are beyond the reach of a single key.
#[test]
fn without_a_key_the_sentence_ends_in_words() {
    let own = "sweep.parameters.optimizer=[{ name = \"sgd\", learning_rate = [30.0, 50.0] }]";
    let diagnosis = Ran::config("article", &["data.scale=standard", own]).diagnosis();
    assert_eq!(diagnosis.remedy, None);
    let sentence = "every run of this sweep diverges, and the optimum is 8.998: learning_rate 30 is 30 × sgd's limit 1 (full batch). \
                    Take a smaller learning_rate";
    assert_eq!(diagnosis.sentence, sentence);
}

#[test]
fn a_contour_holds_optimum_and_end_and_says_the_distance() {
    let ran = Ran::config("article", &[]);
    let figures = ran.figures();
    let contour = named(&figures, "contour");
    assert_eq!(contour.caption[0], "The run ends at J 20.20, 2.2 × the optimum's 8.998; 0.0338 in w and 6.59 in b away");
    assert!(contour.caption[1].contains("109,618"), "{:?}", contour.caption);
    let panel = &contour.panels[0];
    let q = &ran.problems.all[0].quadratic;
    assert_eq!(marks(panel, Mark::Cross), [[q.weight, q.bias]]);
    assert_eq!(marks(panel, Mark::Hollow), [[f64::from(0.634_306_8_f32), 0.0]]);
    assert_eq!(marks(panel, Mark::Filled), [[ran.runs.weight[0], ran.runs.bias[0]].map(f64::from)]);
    for mark in [Mark::Cross, Mark::Hollow, Mark::Filled] {
        assert!(holds(panel, marks(panel, mark)[0]));
    }
}

/// Bands, lines between them and the dashed line around what counts as reached: all on J as the rows themselves have it.
#[test]
fn level_lines_are_lines_of_equal_cost() {
    let ran = Ran::config("article", ALL_ROWS);
    let contour = &ran.figures()[0];
    let problem = &ran.problems.all[0];
    let found = [problem.quadratic.weight / least_squares("/weight"), problem.quadratic.bias / least_squares("/bias")];
    assert!(found.iter().all(|ratio| (ratio - 1.0).abs() < 1e-6), "{found:?}");
    let cost = |[w, b]: [f64; 2]| {
        let (data, rows) = (&ran.experiment.dataset, &problem.split.train);
        rows.iter().map(|&row| (w * data.x[row as usize] + b - data.y[row as usize]).powi(2)).sum::<f64>() / rows.len() as f64
    };
    let edges = &contour.color_bar.as_ref().unwrap().edges;
    let expected = |level: f64| problem.quadratic.loss + 10_f64.powf(level);
    let mut lines = 0;
    for layer in &contour.panels[0].layers {
        if let Layer::Line { points, width, .. } = layer
            && *width < 1.0
        {
            lines += 1;
            let first = cost(points[0]);
            assert!(edges.iter().any(|&edge| (first / expected(edge) - 1.0).abs() < 1e-9), "{first}");
            assert!(points.iter().all(|&point| (cost(point) / first - 1.0).abs() < 1e-9));
        }
    }
    assert!(lines >= 5, "{lines} lines");
}

#[test]
fn small_multiples_share_axes_and_say_rate_verdict_and_share_of_the_limit() {
    let ran = Ran::config(
        "article",
        &["data.test_size=0", "training.optimizer=\"sgd\"", "sweep.parameters.learning_rate=[1e-6, 2e-5, 1.0]", "training.epochs=2"],
    );
    let figures = ran.figures();
    let multiples = named(&figures, "learning_rate");
    let titles: Vec<&str> = multiples.panels.iter().map(|panel| panel.title.as_str()).collect();
    assert_eq!(titles[0], "1e-6: slow, 0.029 of its limit");
    assert!(titles[1].ends_with(", 0.58 of its limit"), "{titles:?}");
    assert!(titles[2].starts_with("1: diverged, "), "{titles:?}");
    assert!((1e-6 / least_squares("/stable_learning_rate") - 0.029).abs() < 5e-4);
    assert!(
        multiples.shared_axes && multiples.panels.iter().all(|panel| panel.x == multiples.panels[0].x && panel.y == multiples.panels[0].y)
    );
}

#[test]
fn the_rug_is_the_diverged_runs_and_the_rule_sgds_limit() {
    let ran = Ran::config("learning_rates", ALL_ROWS);
    let figures = ran.figures();
    let panel = &named(&figures, "final_loss-learning_rate").panels[0];
    let mut rug: Vec<f64> = marks(panel, Mark::Rug).iter().map(|point| point[0]).collect();
    let rate = |run: u64| ran.experiment.space.run(run).unwrap().settings.number(Parameter::LearningRate).unwrap();
    let mut diverged: Vec<f64> = ran
        .runs
        .run
        .iter()
        .zip(&ran.runs.verdict)
        .filter(|(_, verdict)| **verdict == Verdict::Diverged)
        .map(|(&run, _)| rate(run))
        .collect();
    rug.sort_by(f64::total_cmp);
    diverged.sort_by(f64::total_cmp);
    assert!(rug.len() >= 5);
    assert_eq!(rug, diverged);
    let rules: Vec<f64> =
        panel.layers.iter().filter_map(|layer| if let Layer::Rule { at, vertical: true, .. } = layer { Some(*at) } else { None }).collect();
    assert!(rules.len() == 1 && (rules[0] / least_squares("/stable_learning_rate") - 1.0).abs() < 1e-6, "{rules:?}");
}

#[test]
fn figures_are_those_that_make_sense() {
    let names_of = |name, sets: &[&str]| Ran::config(name, sets).figures().into_iter().map(|figure| figure.name).collect::<Vec<_>>();
    assert_eq!(names_of("article", &[]), ["contour", "parameters", "losses", "fit"]);
    let batches = names_of("batch_sizes", &["training.epochs=2"]);
    assert_eq!(batches, ["contour", "learning_rate", "final_loss-learning_rate", "parameters", "losses", "batch_sizes", "fit"]);
    let scaled = names_of("scaling", &["training.epochs=2", "sweep.parameters.optimizer=[\"sgd\"]"]);
    assert_eq!(scaled[..3], ["contour-none", "contour-standard", "contour-min_max"]);
    assert!(names_of("schedules", &[]).contains(&"rates".to_owned()));
}

#[test]
fn the_rates_are_those_of_the_schedules() {
    let ran = Ran::config("schedules", &[]);
    let figures = ran.figures();
    let rates = figures.iter().find(|figure| figure.name == "rates").unwrap();
    let lines: Vec<&Vec<[f64; 2]>> = rates.panels[0]
        .layers
        .iter()
        .filter_map(|layer| if let Layer::Line { points, .. } = layer { Some(points) } else { None })
        .collect();
    // Seven schedules from two rates; the piecewise one has rates of its own, and none swept.
    assert_eq!(lines.len(), 13);
    assert!(lines.iter().all(|line| line.len() == 160 && line[159][0] == 159.0));
    assert!(lines[0].iter().all(|point| (point[1] - 0.1).abs() < 1e-12), "a constant rate is a level line");
    // η₀·0.05^(k/160) half way, at the start and at the last batch.
    for (k, share) in [(0, 1.0), (80, 0.05_f64.sqrt()), (159, 0.05_f64.powf(159.0 / 160.0))] {
        assert!((lines[2][k][1] / (0.1 * share) - 1.0).abs() < 1e-6, "{:?}", lines[2][k]);
    }
    let piecewise = lines.iter().find(|line| line[48][1] > line[49][1] && line[49][1] == line[50][1]).unwrap();
    let near = |value: f64, wanted: f64| (value / wanted - 1.0).abs() < 1e-6;
    assert!(near(piecewise[48][1], 0.1) && near(piecewise[49][1], 0.03) && near(piecewise[159][1], 0.01));
}

#[test]
fn any_number_of_runs_gives_sound_figures() {
    let rates = |count| {
        format!("sweep.parameters.learning_rate={{ min = 1e-4, max = {count}e0, count = {count}, distribution = \"log_uniform\" }}")
    };
    for count in [1, 8, 64, 1000] {
        let swept = rates(count);
        let ran = if count == 1 { Ran::config("article", &[]) } else { Ran::config("article", &["training.epochs=2", &swept]) };
        assert_eq!(ran.runs.run.len(), count);
        let figures = ran.figures();
        sound(&figures);
        if count == 1000 {
            assert!(
                figures.iter().any(|figure| figure.caption.iter().any(|line| line.contains("200 of 1,000 "))),
                "{:#?}",
                figures[0].caption
            );
        }
    }
    for name in ["advertising", "learning_rates", "batch_sizes", "scaling", "schedules"] {
        let ran = Ran::config(name, &[]);
        let figures = ran.figures();
        sound(&figures);
        assert_eq!(figures, ran.figures(), "the same sweep gives the same figures");
    }
}

/// Each rate is a group of its own, which a quadratic algorithm would not finish. The paths are copies of one run's.
#[test]
fn a_sweep_of_200_000_rates_is_diagnosed_and_compared() {
    const RUNS: usize = 200_000;
    let rates = format!("sweep.parameters.learning_rate={{ min = 1e-6, max = 1, count = {RUNS}, distribution = \"log_uniform\" }}");
    let mut ran = Ran::config("article", &["training.epochs=1"]);
    let path = FilePath::new(env!("CARGO_MANIFEST_DIR")).join("configs/article.toml");
    ran.experiment = config::load(&path, &[rates]).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    ran.paths = vec![ran.paths[0].clone(); RUNS];
    let mut table = ran.runs.clone();
    table.run = (0..RUNS as u64).collect();
    table.problem = vec![0; RUNS];
    table.weight = (0..RUNS).map(|run| run as f32 / RUNS as f32).collect();
    table.bias = vec![table.bias[0]; RUNS];
    table.steps = vec![16; RUNS];
    table.verdict = vec![Verdict::Slow; RUNS];
    table.reached_epoch = vec![None; RUNS];
    table.cycle_period = vec![None; RUNS];
    table.diverged_at = vec![None; RUNS];
    let rate = |run| ran.experiment.space.run(run).unwrap().settings.number(Parameter::LearningRate);
    table.settings = vec![
        (Parameter::Optimizer, SettingColumn::Text(vec![Some("rmsprop"); RUNS])),
        (Parameter::LearningRate, SettingColumn::Float((0..RUNS as u64).map(rate).collect())),
        (Parameter::BatchSize, SettingColumn::Integer(vec![Some(10); RUNS])),
    ];
    ran.runs = table;
    assert!(ran.diagnosis().sentence.contains("κ = 109,618"));
    assert_eq!(ran.compare("learning_rate", &[]).unwrap().rows.len(), RUNS);
    sound(&ran.figures());
}

#[test]
fn a_sweep_of_diverged_runs_is_drawn_and_explained() {
    let ran = Ran::config(
        "article",
        &["training.optimizer=\"sgd\"", "sweep.parameters.learning_rate={ min = 1, max = 1e2, count = 5, distribution = \"log_uniform\" }"],
    );
    let diagnosis = ran.diagnosis();
    assert_eq!(
        diagnosis.sentence,
        "every run of this sweep diverges, and the optimum is 8.998: κ = 109,618. Try --set data.scale=standard"
    );
    assert!(diagnosis.best.is_empty());
    let figures = ran.figures();
    sound(&figures);
    assert!(named(&figures, "contour").caption[0].starts_with("All 5 runs diverge"));
}

const LINE: &str = "x,y\n0,1\n1,3\n2,5\n";

fn small(training: &str) -> Ran {
    Ran::text(
        &format!(
            "[data]\npath = \"data.csv\"\nfeature = \"x\"\ntarget = \"y\"\n[model]\ninitial_weight = 2.0\ninitial_bias = 1.0\n{training}"
        ),
        LINE,
    )
}

/// All runs start at the optimum of data without noise: J − J* is 0 everywhere.
#[test]
fn identical_losses_of_zero_have_a_place_on_log_axes() {
    let ran = small("[training]\noptimizer = \"sgd\"\nepochs = 3\n[sweep.parameters]\nlearning_rate = [0.01, 0.1]\nbatch_size = [1, 3]\n");
    assert!(ran.runs.verdict.iter().all(|verdict| *verdict == Verdict::Converged));
    sound(&ran.figures());
    assert!(ran.diagnosis().sentence.starts_with("all 4 runs reach the optimum "), "{}", ran.diagnosis().sentence);
}

/// Of a large sweep the diagnosis sees some rows, and speaks of all.
#[test]
fn the_runs_of_a_large_sweep_are_counted_whole() {
    let ran = small("[training]\noptimizer = \"sgd\"\nepochs = 3\n[sweep.parameters]\nlearning_rate = [0.01, 0.1]\n");
    let all = Verdict::ALL.map(|verdict| match verdict {
        Verdict::Converged => 3_000_000,
        Verdict::Slow => 1_000_000,
        _ => 0,
    });
    let diagnosis = diagnosis(&ran.experiment, &ran.problems.all, &ran.runs, Some(all));
    assert_eq!(diagnosis.runs, 4_000_000);
    assert!(diagnosis.sentence.starts_with("3,000,000 of 4,000,000 runs reach the optimum "), "{}", diagnosis.sentence);
}

#[test]
fn a_constant_feature_is_named_as_the_cause() {
    let ran = Ran::text(
        "[data]\npath = \"data.csv\"\nfeature = \"x\"\ntarget = \"y\"\n[model]\ninitial_weight = 9.0\n[training]\noptimizer = \"sgd\"\nlearning_rate = 1e-4\n",
        "x,y\n3,1\n3,2\n3,4\n",
    );
    let diagnosis = ran.diagnosis();
    assert!(diagnosis.sentence.contains("the feature is constant"), "{}", diagnosis.sentence);
    assert!(diagnosis.remedy.is_some_and(|remedy| remedy.starts_with("training.learning_rate=")));
    sound(&ran.figures());
}

#[test]
fn comparisons_are_ranked_by_their_medians_and_filters_hold() {
    let ran = Ran::config("batch_sizes", &[]);
    let comparison = ran.compare("batch_size", &[("learning_rate", "0.3")]).unwrap();
    let medians: Vec<f64> = comparison.rows.iter().map(|group| group.train_loss[1].unwrap_or(f64::INFINITY)).collect();
    assert!(medians.windows(2).all(|pair| pair[0] <= pair[1]), "{medians:?}");
    assert_eq!(comparison.rows.len(), 5);
    assert!(comparison.rows.iter().all(|group| group.runs == 5));
    assert_eq!(comparison.rows[0].value, "160");
    let text = comparison.to_string();
    assert!(text.starts_with("batch_size  runs  median J"), "{text}");
    assert_eq!(text.lines().count(), 6);
    sound(&comparison.figures);
    for (key, style) in [("learning_rate", Some("batch_size")), ("batch_size", None), ("optimizer", None), ("training.seed", None)] {
        sound(&compare(&ran.sweep(), key, &[], style).unwrap().figures);
    }
}

#[test]
fn comparisons_that_make_no_sense_say_what_there_is() {
    let ran = Ran::config("learning_rates", &["training.epochs=1"]);
    let message = |by, filters: &[_]| ran.compare(by, filters).unwrap_err().to_string();
    assert_eq!(message("learning_rate", &[("optimizer", "adam")]), "no run has optimizer=adam; optimizer has rmsprop, sgd");
    assert!(
        message("learning_rte", &[]).starts_with("unknown key `learning_rte`: did you mean `learning_rate`?; the keys are optimizer, ")
    );
    assert!(message("scale", &[]).contains("did you mean `data.scale`?"));
}
