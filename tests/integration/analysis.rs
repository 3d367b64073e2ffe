//! Tests of diagnosis, comparison and figures as values, for sweeps that `sweep::run` trained and stored.

use gradsweep::analysis::{
    Comparison, Diagnosis, Error, ModelDiagnosis, PathError, Selection, Setting, Sweep, compare, comparison_figures, diagnosis, figures,
    selected_figures,
};
use gradsweep::backend::cpu::Cpu;
use gradsweep::backend::{Backend, Description, Group, Metrics, Outcome};
use gradsweep::config::{self, ConfigSource, DataLocation, Experiment};
use gradsweep::figure::{Figure, Layer, Marker, Panel, Scale};
use gradsweep::model::{self, Neuron, Parameter, Params, Rows, Verdict};
use gradsweep::store::{Manifest, RunDirectory};
use gradsweep::sweep::{self, Inputs, Options, Problems, StoredPaths, replay};
use gradsweep::table::{RunTable, SettingColumn};
use insta::assert_snapshot;

/// A trained sweep and its run directory, which is deleted when the value is dropped.
pub struct Trained {
    pub experiment: Experiment,
    pub problems: Problems,
    pub runs: RunTable,
    directory: RunDirectory,
    pub cpu: Cpu,
    _folder: tempfile::TempDir,
}

impl Trained {
    /// Trains a shipped config with overrides as in `--set`.
    pub fn config(name: &str, sets: &[&str]) -> Self {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("configs").join(format!("{name}.toml"));
        let sets: Vec<String> = sets.iter().map(ToString::to_string).collect();
        Self::of(config::load(&path, &sets).unwrap_or_else(|mistakes| panic!("{mistakes}")))
    }

    /// Trains a config that is given as text, with its data.
    pub fn text(text: &str, csv: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("data.csv"), csv).unwrap();
        let source = ConfigSource { file: "test.toml", name: "test", data: DataLocation::Folder(folder.path()) };
        Self::of(config::load_text(text, &source, &[]).unwrap_or_else(|mistakes| panic!("{mistakes}")))
    }

    fn of(experiment: Experiment) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        let problems = Problems::new(&experiment).unwrap();
        let cpu = Cpu::open(Some(1), None).unwrap();
        let manifest = Manifest::new(&experiment.name, config::resolved(&experiment));
        let inputs = Inputs { experiment: &experiment, problems: &problems, backend: &cpu };
        sweep::run(inputs, &path, manifest, Options::default(), &mut ()).unwrap();
        let directory = RunDirectory::open(&path).unwrap();
        let runs = directory.runs().unwrap();
        Self { experiment, problems, runs, directory, cpu, _folder: folder }
    }

    fn stored_paths<'a>(&'a self, backend: &'a dyn Backend) -> StoredPaths<'a> {
        StoredPaths { experiment: &self.experiment, problems: &self.problems, directory: &self.directory, runs: &self.runs, backend }
    }

    /// Calls a function with the sweep as the input of analysis. Runs without a stored history are replayed on `backend`.
    pub fn analysed<T>(&self, backend: &dyn Backend, function: impl FnOnce(&Sweep<'_>) -> T) -> T {
        let stored = self.stored_paths(backend);
        let read = |runs: &[u64]| -> Result<Vec<model::Path>, PathError> { Ok(stored.read(runs)?) };
        function(&Sweep { experiment: &self.experiment, problems: &self.problems.all, runs: &self.runs, paths: &read })
    }

    fn diagnosis(&self) -> Diagnosis {
        diagnosis(&self.experiment, &self.problems.all, &self.runs, None, &self.cpu)
    }

    pub fn figures(&self) -> Vec<Figure> {
        self.analysed(&self.cpu, |sweep| figures(sweep).unwrap())
    }

    fn compare(&self, by: &str, filters: &[(&str, &str)]) -> Result<Comparison, Error> {
        self.analysed(&self.cpu, |sweep| compare(sweep, by, &pairs(filters)))
    }

    fn comparison_figures(&self, by: &str, filters: &[(&str, &str)], style: Option<&str>) -> Vec<Figure> {
        self.analysed(&self.cpu, |sweep| comparison_figures(sweep, by, &pairs(filters), style).unwrap())
    }

    fn converged(&self) -> usize {
        self.runs.verdict.iter().filter(|verdict| **verdict == Verdict::Converged).count()
    }
}

fn pairs(filters: &[(&str, &str)]) -> Vec<(String, String)> {
    filters.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect()
}

/// A backend that panics on every call, for tests in which all paths are stored.
struct NoBackend;

impl Backend for NoBackend {
    fn describe(&self) -> Description {
        panic!("no backend is needed")
    }

    fn train(&self, _: &[Group<'_>], _: &mut [Outcome]) -> Result<(), gradsweep::backend::Error> {
        panic!("no run is replayed")
    }

    fn metrics(&self, _: &Neuron, _: &Rows, _: &[f32], _: &[f32]) -> Result<Metrics, gradsweep::backend::Error> {
        panic!("no metrics are computed")
    }

    fn surface(&self, _: &Neuron, _: &Rows, _: &[f64], _: &[f64]) -> Result<Vec<f32>, gradsweep::backend::Error> {
        panic!("no surface is computed")
    }
}

pub fn named<'a>(figures: &'a [Figure], name: &str) -> &'a Figure {
    figures.iter().find(|figure| figure.name == name).unwrap_or_else(|| panic!("no {name} among {:?}", names(figures)))
}

fn names(figures: &[Figure]) -> Vec<&str> {
    figures.iter().map(|figure| figure.name.as_str()).collect()
}

/// Every point of a layer.
pub fn points(layer: &Layer) -> Vec<[f64; 2]> {
    match layer {
        Layer::Area { rings, .. } => rings.concat(),
        Layer::Line { points, .. }
        | Layer::LineLabel { points, .. }
        | Layer::InlineLabel { points, .. }
        | Layer::Markers { points, .. } => points.clone(),
        Layer::Label { at, .. } => vec![*at],
        Layer::Rule { .. } => Vec::new(),
        Layer::Cells { x, y, .. } => vec![[x[0], y[0]], [x[1], y[1]]],
    }
}

/// The points of all markers of one kind.
pub fn markers(panel: &Panel, wanted: Marker) -> Vec<[f64; 2]> {
    let of = |layer: &Layer| if matches!(layer, Layer::Markers { marker, .. } if *marker == wanted) { points(layer) } else { Vec::new() };
    panel.layers.iter().flat_map(of).collect()
}

fn contains(panel: &Panel, [x, y]: [f64; 2]) -> bool {
    (panel.x.range[0]..=panel.x.range[1]).contains(&x) && (panel.y.range[0]..=panel.y.range[1]).contains(&y)
}

/// Checks properties that every figure has: a unique name, few legend entries and panels, finite coordinates, and positive ones on log axes.
pub fn check(figures: &[Figure]) {
    let mut names = names(figures);
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), figures.len(), "figure names are unique");
    for figure in figures {
        // Every category has an entry; activations have the most categories, 15.
        assert!(figure.legend.len() <= 20, "{}: {} entries", figure.name, figure.legend.len());
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

/// An exact value of the least-squares problem of sales on TV over all 200 rows, selected by its JSON pointer in the golden file.
fn least_squares(pointer: &str) -> f64 {
    let golden: serde_json::Value = serde_json::from_str(include_str!("../golden/least_squares.json")).unwrap();
    golden["features"]["TV"]["none"].pointer(pointer).unwrap().as_f64().unwrap()
}

const ALL_ROWS: &[&str] = &["data.test_size=0"];

#[test]
fn the_report_of_the_article_states_distance_cause_and_remedy() {
    let diagnosis = Trained::config("article", &[]).diagnosis();
    assert_snapshot!(diagnosis, @r"
    1 run: 1 slow

    optimum   J* = 8.998 at w = 0.05246, b = 6.567; condition number κ = 109,618

    The best setting for each optimizer; J is the mean over the last updates
    rank  optimizer      J  test J  test R²  verdict  epochs to J*  run  best setting
       1  rmsprop    22.03   35.98   -0.937  slow                -    0  learning_rate 0.01
    Run 0 ends at w = 0.08626, b = -0.02131

    The run stops before the optimum: it ends at J = 20.20, and the mean of J over its last updates is 22.03, 2.4 × the optimum J* = 8.998. Cause: it creeps along a valley of J that is 331 times as long as it is wide (condition number κ = 109,618)
    try       gradsweep run CONFIG --set data.scale=standard --set training.learning_rate=0.2
              in a trial, rmsprop with learning_rate 0.2 reaches the optimum after 6 epochs
    ");
    let remedy = only(&diagnosis).remedy.clone().unwrap();
    assert!(remedy.reaches_optimum);
    assert_eq!(remedy.set[0], "data.scale=standard");
}

/// The diagnosis of the only model.
fn only(diagnosis: &Diagnosis) -> &ModelDiagnosis {
    assert_eq!(diagnosis.models.len(), 1);
    &diagnosis.models[0]
}

/// A sweep with the advised settings reaches the optimum, because a trial has confirmed them.
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
        let diagnosis = Trained::config(name, sets).diagnosis();
        let remedy = only(&diagnosis).remedy.clone().unwrap_or_else(|| panic!("{diagnosis}"));
        let sets: Vec<&str> = sets.iter().copied().chain(remedy.set.iter().map(String::as_str)).collect();
        assert!(Trained::config(name, &sets).converged() > 0, "{diagnosis}");
    }
}

/// An optimizer that is a TOML table has its own learning rates, which `--set` cannot change with a single key.
#[test]
fn without_a_key_the_remedy_is_in_words() {
    let own = "sweep.parameters.optimizer=[{ name = \"sgd\", learning_rate = [30.0, 50.0] }]";
    let diagnosis = Trained::config("article", &["data.scale=standard", own]).diagnosis();
    let model = only(&diagnosis);
    assert!(model.remedy.as_ref().unwrap().set.is_empty());
    assert_snapshot!(format!("{}\n{}", model.conclusion, model.remedy.as_ref().unwrap().in_words("article.toml")), @r"
    Every run diverges. Cause: learning_rate 30 is 30 × the full-batch stability limit of sgd, which is 1
    try       these settings in article.toml: learning_rate 0.05
              in a trial, sgd with learning_rate 0.05 reaches the optimum after 3 epochs
    ");
}

#[test]
fn a_contour_shows_start_end_and_optimum_and_states_the_distance() {
    let ran = Trained::config("article", &[]);
    let figures = ran.figures();
    let contour = named(&figures, "contour");
    assert_snapshot!(contour.caption.join("\n"), @r"
    The run ends at J = 20.20, 2.2 × the optimum J* = 8.998; the distance is 0.0338 in w and 6.59 in b
    The valley of J is 331 times as long as it is wide (condition number κ = 109,618); standardising the feature makes it round
    ");
    let panel = &contour.panels[0];
    let q = &ran.problems.all[0].quadratic;
    assert_eq!(markers(panel, Marker::Cross), [[q.weight, q.bias]]);
    assert_eq!(markers(panel, Marker::Hollow), [[f64::from(0.634_306_8_f32), 0.0]]);
    assert_eq!(markers(panel, Marker::Filled), [[ran.runs.weight[0], ran.runs.bias[0]].map(f64::from)]);
    for marker in [Marker::Cross, Marker::Hollow, Marker::Filled] {
        assert!(contains(panel, markers(panel, marker)[0]));
    }
}

/// J at each point of an isoline, computed from the rows as rounded to float32, is the level of the isoline.
#[test]
fn isolines_have_equal_cost() {
    let ran = Trained::config("article", ALL_ROWS);
    let contour = &ran.figures()[0];
    let problem = &ran.problems.all[0];
    let found = [problem.quadratic.weight / least_squares("/weight"), problem.quadratic.bias / least_squares("/bias")];
    assert!(found.iter().all(|ratio| (ratio - 1.0).abs() < 1e-6), "{found:?}");
    let cost = |[w, b]: [f64; 2]| {
        let rows = problem.train.x.iter().zip(&problem.train.y);
        rows.map(|(&x, &y)| (w * f64::from(x) + b - f64::from(y)).powi(2)).sum::<f64>() / problem.train.len() as f64
    };
    let edges = &contour.color_bars[0].edges;
    let expected = |level: f64| problem.quadratic.loss + 10_f64.powf(level);
    let mut lines = 0;
    for layer in &contour.panels[0].layers {
        if let Layer::Line { points, width, .. } = layer
            && *width == 0.6
        {
            lines += 1;
            let first = cost(points[0]);
            assert!(edges.iter().any(|&edge| (first / expected(edge) - 1.0).abs() < 1e-9), "{first}");
            assert!(points.iter().all(|&point| (cost(point) / first - 1.0).abs() < 1e-9));
        }
    }
    assert!(lines >= 5, "{lines} lines");
}

/// The limit is the full-batch stability limit of SGD, the largest stable learning rate.
#[test]
fn small_multiples_share_axes_and_state_rate_verdict_and_ratio_to_the_limit() {
    let ran = Trained::config(
        "article",
        &["data.test_size=0", "training.optimizer=\"sgd\"", "sweep.parameters.learning_rate=[1e-6, 2e-5, 1.0]", "training.epochs=2"],
    );
    let figures = ran.figures();
    let multiples = named(&figures, "learning_rate");
    let titles: Vec<&str> = multiples.panels.iter().map(|panel| panel.title.as_str()).collect();
    assert_eq!(titles[0], "1e-6: slow, 0.029 × limit");
    assert!(titles[1].ends_with(", 0.58 × limit"), "{titles:?}");
    assert!(titles[2].starts_with("1: diverged, "), "{titles:?}");
    assert!((1e-6 / least_squares("/stable_learning_rate") - 0.029).abs() < 5e-4);
    assert!(
        multiples.shared_axes && multiples.panels.iter().all(|panel| panel.x == multiples.panels[0].x && panel.y == multiples.panels[0].y)
    );
}

/// The rug is the row of ticks at the learning rates of diverged runs; the rule is a vertical line.
#[test]
fn the_rug_marks_diverged_runs_and_the_rule_the_stability_limit_of_sgd() {
    let ran = Trained::config("learning_rates", ALL_ROWS);
    let figures = ran.figures();
    let panel = &named(&figures, "final_loss-learning_rate").panels[0];
    let mut rug: Vec<f64> = markers(panel, Marker::Tick).iter().map(|point| point[0]).collect();
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
fn figures_depend_on_the_varied_hyperparameters() {
    let names_of = |name, sets: &[&str]| Trained::config(name, sets).figures().into_iter().map(|figure| figure.name).collect::<Vec<_>>();
    assert_eq!(names_of("article", &[]), ["contour", "parameters", "losses", "fit"]);
    let batches = names_of("batch_sizes", &["training.epochs=2"]);
    assert_eq!(batches, ["contour", "learning_rate", "final_loss-learning_rate", "parameters", "losses", "batch_sizes", "fit"]);
    let scaled = names_of("scaling", &["training.epochs=2", "sweep.parameters.optimizer=[\"sgd\"]"]);
    assert_eq!(scaled[..3], ["contour-none", "contour-standard", "contour-min_max"]);
    assert!(names_of("schedules", &[]).contains(&"rates".to_owned()));
}

#[test]
fn the_learning_rate_figure_shows_the_schedules() {
    let ran = Trained::config("schedules", &[]);
    let figures = ran.figures();
    let rates = figures.iter().find(|figure| figure.name == "rates").unwrap();
    let lines: Vec<&Vec<[f64; 2]>> = rates.panels[0]
        .layers
        .iter()
        .filter_map(|layer| if let Layer::Line { points, .. } = layer { Some(points) } else { None })
        .collect();
    // Six schedules have a line for each of two learning rates. The piecewise one defines its own rates and has one line.
    assert_eq!(lines.len(), 13);
    assert!(lines.iter().all(|line| line.len() == 160 && line[159][0] == 159.0));
    assert!(lines[0].iter().all(|point| (point[1] - 0.1).abs() < 1e-12), "a constant rate is a horizontal line");
    // Exponential decay: η₀·0.05^(k/160) at the first batch, half way and at the last batch.
    for (k, share) in [(0, 1.0), (80, 0.05_f64.sqrt()), (159, 0.05_f64.powf(159.0 / 160.0))] {
        assert!((lines[2][k][1] / (0.1 * share) - 1.0).abs() < 1e-6, "{:?}", lines[2][k]);
    }
    let piecewise = lines.iter().find(|line| line[48][1] > line[49][1] && line[49][1] == line[50][1]).unwrap();
    let near = |value: f64, wanted: f64| (value / wanted - 1.0).abs() < 1e-6;
    assert!(near(piecewise[48][1], 0.1) && near(piecewise[49][1], 0.03) && near(piecewise[159][1], 0.01));
}

#[test]
fn figures_of_1_to_1000_runs_are_valid() {
    let rates = |count| {
        format!("sweep.parameters.learning_rate={{ min = 1e-4, max = {count}e0, count = {count}, distribution = \"log_uniform\" }}")
    };
    for count in [1, 8, 64, 1000] {
        let swept = rates(count);
        let ran = if count == 1 { Trained::config("article", &[]) } else { Trained::config("article", &["training.epochs=2", &swept]) };
        assert_eq!(ran.runs.run.len(), count);
        let figures = ran.figures();
        check(&figures);
        if count == 1000 {
            assert!(
                figures
                    .iter()
                    .any(|figure| figure.note.contains(" of 1,000 runs are drawn: the best for 13 of 1,000 values of learning_rate")),
                "{:#?}",
                figures[0].note
            );
        }
    }
    for name in ["advertising", "learning_rates", "batch_sizes", "scaling", "schedules"] {
        let ran = Trained::config(name, &[]);
        let figures = ran.figures();
        check(&figures);
        assert_eq!(figures, ran.figures(), "equal sweeps give equal figures");
    }
}

/// The comparison has a row for each of 200,000 learning rates, so an algorithm of quadratic time would not finish. Final parameters are invented; paths
/// are replayed.
#[test]
fn a_sweep_of_200_000_rates_is_diagnosed_compared_and_drawn() {
    const RUNS: usize = 200_000;
    let rates = format!("sweep.parameters.learning_rate={{ min = 1e-6, max = 1, count = {RUNS}, distribution = \"log_uniform\" }}");
    let mut ran = Trained::config("article", &["training.epochs=1"]);
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/article.toml");
    ran.experiment = config::load(&path, &[rates]).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let quadratic = ran.problems.all[0].quadratic;
    let weight: Vec<f32> = (0..RUNS).map(|run| run as f32 / RUNS as f32).collect();
    let excess: Vec<f32> = weight.iter().map(|&w| quadratic.excess(f64::from(w), f64::from(ran.runs.bias[0])) as f32).collect();
    let rate = |run: usize| ran.experiment.space.run(run as u64).unwrap().settings.number(Parameter::LearningRate);
    ran.runs = RunTable {
        run: (0..RUNS as u64).collect(),
        problem: vec![0; RUNS],
        settings: vec![
            (Parameter::Optimizer, SettingColumn::Text(vec![Some("rmsprop"); RUNS])),
            (Parameter::LearningRate, SettingColumn::Float((0..RUNS).map(rate).collect())),
            (Parameter::BatchSize, SettingColumn::Integer(vec![Some(10); RUNS])),
        ],
        initial_weight: vec![0.6; RUNS],
        train_mse: vec![20.0; RUNS],
        initial_bias: vec![0.0; RUNS],
        bias: vec![ran.runs.bias[0]; RUNS],
        valley_share: vec![1.0; RUNS],
        steps: vec![16; RUNS],
        train_loss: excess.iter().map(|excess| excess + quadratic.loss as f32).collect(),
        test_loss: vec![f32::NAN; RUNS],
        test_mse: vec![f32::NAN; RUNS],
        mean_loss: excess.iter().map(|excess| excess + quadratic.loss as f32).collect(),
        mean_excess: excess.clone(),
        excess,
        weight,
        verdict: vec![Verdict::Slow; RUNS],
        epochs_to_reach: vec![None; RUNS],
        cycle_period: vec![None; RUNS],
        diverged_at: vec![None; RUNS],
        ..RunTable::default()
    };
    assert!(only(&ran.diagnosis()).conclusion.contains("κ = 109,618"));
    assert_eq!(ran.compare("learning_rate", &[]).unwrap().rows.len(), RUNS);
    check(&ran.figures());
}

#[test]
fn figures_state_the_number_of_runs_that_they_are_based_on() {
    let mut ran = Trained::config("learning_rates", &["training.epochs=1"]);
    assert!(ran.figures().iter().all(|figure| !figure.note.contains("based on")));
    let all = ran.experiment.space.len();
    ran.runs = ran.runs.select(&[0, 2, 5]);
    for figure in ran.figures() {
        assert!(figure.note.ends_with(&format!("The figure is based on 3 of {all} runs")), "{:?}", figure.note);
    }
}

#[test]
fn a_sweep_of_diverged_runs_is_drawn_and_explained() {
    let ran = Trained::config(
        "article",
        &["training.optimizer=\"sgd\"", "sweep.parameters.learning_rate={ min = 1, max = 1e2, count = 5, distribution = \"log_uniform\" }"],
    );
    let diagnosis = ran.diagnosis();
    assert_snapshot!(diagnosis, @r###"
    5 runs: 5 diverged

    optimum   J* = 8.998 at w = 0.05246, b = 6.567; condition number κ = 109,618

    The best setting for each optimizer; J is the mean over the last updates
    rank  optimizer         J  verdict   epochs to J*  run  best setting
       -  sgd        diverged  diverged             -    0  learning_rate 1

    Every run diverges. Cause: learning_rate 1 is 28,000 × the full-batch stability limit of sgd, which is 3.533e-5
    try       gradsweep run CONFIG --set 'training.optimizer="sgd"' --set data.scale=standard --set 'sweep.parameters.learning_rate=[0.05]'
              in a trial, sgd with learning_rate 0.05 reaches the optimum after 3 epochs
    "###);
    let figures = ran.figures();
    check(&figures);
    assert_snapshot!(named(&figures, "contour").caption[0], @"All 5 runs diverge; the optimum is J* = 8.998");
}

const LINE: &str = "x,y\n0,1\n1,3\n2,5\n";

pub fn small(training: &str) -> Trained {
    Trained::text(
        &format!(
            "[data]\npath = \"data.csv\"\nfeature = \"x\"\ntarget = \"y\"\n[model]\ninitial_weight = 2.0\ninitial_bias = 1.0\n{training}"
        ),
        LINE,
    )
}

/// All runs start at the optimum of data without noise, where J = J* = 0.
#[test]
fn losses_of_zero_are_drawn_on_log_axes() {
    let ran = small("[training]\noptimizer = \"sgd\"\nepochs = 3\n[sweep.parameters]\nlearning_rate = [0.01, 0.1]\nbatch_size = [1, 3]\n");
    assert!(ran.runs.verdict.iter().all(|verdict| *verdict == Verdict::Converged));
    check(&ran.figures());
    assert_snapshot!(only(&ran.diagnosis()).conclusion, @"All 4 runs reach the optimum, J* = 0; run 1 (sgd, learning_rate 0.01, batch_size 3) converges first, after 1 epoch (1 update)");
}

/// The run table of a large sweep is a sample of its runs; the counts of verdicts include all runs.
#[test]
fn the_diagnosis_of_a_large_sweep_counts_all_runs() {
    let ran = small("[training]\noptimizer = \"sgd\"\nepochs = 3\n[sweep.parameters]\nlearning_rate = [0.01, 0.1]\n");
    let all = Verdict::ALL.map(|verdict| match verdict {
        Verdict::Converged => 3_000_000,
        Verdict::Slow => 1_000_000,
        _ => 0,
    });
    let diagnosis = diagnosis(&ran.experiment, &ran.problems.all, &ran.runs, Some(all), &ran.cpu);
    assert_eq!(diagnosis.runs, 4_000_000);
    assert!(only(&diagnosis).conclusion.starts_with("3,000,000 of 4,000,000 runs reach the optimum,"), "{diagnosis}");
}

#[test]
fn a_constant_feature_is_named_as_the_cause() {
    let ran = Trained::text(
        "[data]\npath = \"data.csv\"\nfeature = \"x\"\ntarget = \"y\"\n[model]\ninitial_weight = 9.0\n[training]\noptimizer = \"sgd\"\nlearning_rate = 1e-4\n",
        "x,y\n3,1\n3,2\n3,4\n",
    );
    let diagnosis = ran.diagnosis();
    let model = only(&diagnosis);
    assert!(model.conclusion.contains("the feature is constant"), "{diagnosis}");
    // A constant feature cannot be standardised.
    assert!(model.remedy.as_ref().is_some_and(|remedy| !remedy.set.is_empty() && !remedy.changes.contains("data.scale")), "{diagnosis}");
    check(&ran.figures());
}

#[test]
fn comparisons_are_filtered_and_ranked_by_their_medians() {
    let ran = Trained::config("batch_sizes", &[]);
    let comparison = ran.compare("batch_size", &[("learning_rate", "0.3")]).unwrap();
    let medians: Vec<f64> = comparison.rows.iter().map(|group| group.mean_excess.unwrap_or(f64::INFINITY)).collect();
    assert!(medians.windows(2).all(|pair| pair[0] <= pair[1]), "{medians:?}");
    assert_eq!(comparison.rows.len(), 5);
    assert!(comparison.rows.iter().all(|group| (group.runs, group.seeds, group.settings_compared) == (5, 5, 1)));
    assert_eq!(comparison.rows[0].value, Setting::Number(160.0));
    for (key, style) in [("learning_rate", Some("batch_size")), ("batch_size", None), ("optimizer", None), ("training.seed", None)] {
        check(&ran.comparison_figures(key, &[], style));
    }
    let filtered = ran.comparison_figures("batch_size", &[("learning_rate", "0.3")], None);
    assert!(filtered.iter().all(|figure| figure.title.ends_with(", where learning_rate = 0.3")), "{:?}", filtered[0].title);
}

/// The costs of two optimizers × two learning rates × three seeds are invented. Quantiles are interpolated linearly.
#[test]
fn the_best_setting_of_each_value_is_ranked_by_its_median_over_seeds() {
    let mut ran =
        small("[sweep.parameters]\noptimizer = [\"sgd\", \"adam\"]\nlearning_rate = [0.01, 0.1]\n\"training.seed\" = [0, 1, 2]\n");
    let sgd = [1.0, 2.0, 9.0, 5.0, 5.0, 5.0];
    let adam = [3.0, 1.5, 4.0, 0.5, 7.0, 1.0];
    ran.runs.mean_excess = [sgd, adam].concat();
    ran.runs.mean_loss = ran.runs.mean_excess.iter().map(|excess| excess + 10.0).collect();
    let rows = ran.compare("learning_rate", &[]).unwrap().rows;
    let optimizer =
        |row: &gradsweep::analysis::Group| row.settings.iter().find(|(parameter, _)| *parameter == Parameter::Optimizer).unwrap().1;
    assert_eq!((rows[0].value, optimizer(&rows[0]), rows[0].run), (Setting::Number(0.1), Setting::Word("adam"), 11));
    assert_eq!((rows[1].value, optimizer(&rows[1]), rows[1].run), (Setting::Number(0.01), Setting::Word("sgd"), 1));
    assert_eq!(rows.iter().map(|row| (row.rank, row.mean_excess)).collect::<Vec<_>>(), [(Some(1), Some(1.0)), (Some(2), Some(2.0))]);
    // The excess over the seeds is 0.5, 1, 7. Its 10 % quantile is at position 0.2, counted from 0, and its 90 % quantile at position 1.8.
    let near = |found: Option<f64>, expected: f64| (found.unwrap() - expected).abs() < 1e-9;
    assert!(near(rows[0].mean_loss[0], 10.6) && near(rows[0].mean_loss[1], 11.0) && near(rows[0].mean_loss[2], 15.8), "{rows:?}");
    assert_eq!((rows[0].seeds, rows[0].settings_compared, rows[0].runs, rows[0].ties), (3, 2, 6, 0));
    // Two values have equal ranks if and only if their J is equal as printed, with four digits.
    for (excess, rank, printed) in [(1.0049, 1, "11.00"), (1.0051, 2, "11.01")] {
        ran.runs.mean_excess[..3].copy_from_slice(&[excess; 3]);
        ran.runs.mean_loss[..3].copy_from_slice(&[10.0 + excess; 3]);
        let comparison = ran.compare("learning_rate", &[]).unwrap();
        assert_eq!(
            comparison.rows.iter().map(|row| (row.rank, optimizer(row))).collect::<Vec<_>>(),
            [(Some(1), Setting::Word("adam")), (Some(rank), Setting::Word("sgd"))]
        );
        let table = comparison.to_string();
        let row = table.lines().nth(3).unwrap();
        assert_eq!(row.split_whitespace().take(3).collect::<Vec<_>>(), [rank.to_string().as_str(), "0.01", printed], "{table}");
    }
    // The column of the best setting leaves out hyperparameters that the filter fixes.
    let table = ran.compare("learning_rate", &[("optimizer", "sgd")]).unwrap().to_string();
    assert!(
        table.starts_with("The best setting for each learning_rate, where optimizer = sgd") && !table.contains("best setting\n"),
        "{table}"
    );
    let table = ran.compare("training.seed", &[("optimizer", "sgd")]).unwrap().to_string();
    assert!(table.lines().nth(2).unwrap().ends_with("  learning_rate 0.01"), "{table}");
    // A setting has no rank if most of its runs diverge.
    ran.runs.diverged_at[..6].copy_from_slice(&[Some(3), Some(3), None, Some(1), Some(1), Some(1)]);
    let rows = ran.compare("learning_rate", &[("optimizer", "sgd")]).unwrap().rows;
    assert_eq!(
        rows.iter().map(|row| (row.value, row.rank, row.mean_loss[1])).collect::<Vec<_>>(),
        [(Setting::Number(0.01), None, None), (Setting::Number(0.1), None, None)]
    );
}

/// Without a bias the run ends near the optimum of its problem, J* = (Σy² − (Σxy)² / Σx²) / 4 = 107.9. With a bias the run has a larger excess
/// over its own J*, but a far smaller J, so it is the best run.
#[test]
fn the_best_history_is_that_of_the_best_run() {
    let ran = Trained::text(
        "[data]\npath = \"data.csv\"\nfeature = \"x\"\ntarget = \"y\"\n[training]\noptimizer = \"sgd\"\nbatch_size = \"full\"\nepochs = 20\nlearning_rate = 0.1\n\
         [sweep.parameters]\nuse_bias = [false, true]\n[history]\nruns = { best = 1 }\n",
        "x,y\n-1,11\n0,10.5\n1,13\n2,12\n",
    );
    assert!(ran.runs.mean_excess[0] < ran.runs.mean_excess[1] && ran.runs.mean_loss[0] > 10.0 * ran.runs.mean_loss[1]);
    let best = &ran.compare("use_bias", &[]).unwrap().rows[0];
    assert_eq!((best.rank, best.run), (Some(1), 1));
    assert_eq!(ran.directory.histories(&[0, 1]).unwrap().into_keys().collect::<Vec<_>>(), [1]);
}

/// Four losses are four problems, each with its own cost surface and optimum. Scales and a bias also make separate problems.
#[test]
fn problems_have_names_in_files_titles_and_sentences() {
    let ran = Trained::text(
        "[data]\npath = \"data.csv\"\nfeature = \"x\"\ntarget = \"y\"\n[training]\nepochs = 3\noptimizer = \"adam\"\n[sweep.parameters]\n\
         loss = [\"mse\", \"mae\", \"huber\", \"log_cosh\"]\nlearning_rate = [0.01, 0.1]\n",
        "x,y\n-1,2\n0,1\n1,3\n2,5.5\n",
    );
    let figures = ran.figures();
    check(&figures);
    for loss in ["mse", "mae", "huber", "log_cosh"] {
        let contour = named(&figures, &format!("contour-{loss}"));
        assert!(contour.title.ends_with(&format!(", loss {loss}")), "{}", contour.title);
        assert!(names(&figures).contains(&format!("learning_rate-{loss}").as_str()), "{:?}", names(&figures));
        let captions = &named(&figures, "final_loss-learning_rate").caption;
        assert!(captions.iter().any(|line| line.starts_with(&format!("Loss {loss}: The best of 2 runs, run "))), "{captions:?}");
    }
    let comparison = ran.compare("learning_rate", &[]).unwrap();
    let ranks: Vec<_> = comparison.rows.iter().map(|row| (row.loss, row.rank.unwrap())).collect();
    assert_eq!(ranks.iter().filter(|(_, rank)| *rank == 1).count(), 4, "each loss has its own ranks: {ranks:?}");
    assert!(comparison.to_string().contains("not comparable"));
    let two_scales = Trained::config(
        "scaling",
        &["training.epochs=1", "sweep.parameters.optimizer=[\"sgd\"]", "sweep.parameters.use_bias=[true, false]"],
    );
    let figures = two_scales.figures();
    check(&figures);
    assert!(names(&figures).contains(&"contour-no_bias-standard"), "{:?}", names(&figures));
}

#[test]
fn invalid_comparisons_list_the_valid_keys_and_values() {
    let ran = Trained::config("learning_rates", &["training.epochs=1"]);
    let message = |by, filters: &[_]| ran.compare(by, filters).unwrap_err().to_string();
    assert_eq!(message("learning_rate", &[("optimizer", "adam")]), "no run has optimizer = adam; the values of optimizer are rmsprop, sgd");
    assert_eq!(message("learning_rte", &[]), "unknown key `learning_rte`: did you mean `learning_rate`?");
    assert!(message("zzz", &[]).starts_with("unknown key `zzz`; the keys are optimizer, "));
    assert!(message("scale", &[]).contains("did you mean `data.scale`?"));
}

/// A replay on the backend that trained a run has the bits of the stored path and diverges at the same update.
#[test]
fn stored_and_replayed_paths_are_equal() {
    for (name, sets) in [("learning_rates", &["data.test_size=0.2"][..]), ("batch_sizes", &["training.epochs=3"])] {
        let ran = Trained::config(name, sets);
        let numbers: Vec<u64> = ran.runs.run.iter().rev().copied().collect();
        let stored = ran.stored_paths(&NoBackend).read(&numbers).unwrap();
        let replayed = replay(&ran.experiment, &ran.problems, &ran.cpu, &numbers).unwrap();
        for ((run, stored), replayed) in numbers.iter().zip(&stored).zip(&replayed) {
            assert_eq!(stored, replayed, "{name}, run {run}");
            assert_eq!(stored.diverged_at, ran.runs.diverged_at[*run as usize]);
            assert_eq!(stored.last_step(), ran.runs.steps[*run as usize]);
        }
    }
}

#[test]
fn figures_of_a_recorded_sweep_need_no_backend() {
    let ran = Trained::config("batch_sizes", &["training.epochs=2"]);
    let figures = ran.analysed(&NoBackend, |sweep| figures(sweep).unwrap());
    assert_eq!(figures, ran.figures());
    let ends = markers(&named(&figures, "contour").panels[0], Marker::Filled);
    let recorded = |end: &[f64; 2]| {
        let last = |run: u64| ran.directory.history(run).unwrap().last().map(|last| [last.weight, last.bias].map(f64::from));
        ran.runs.run.iter().any(|&run| last(run) == Some(*end))
    };
    assert!(ends.len() == 3 && ends.iter().all(recorded), "one end for each learning rate: {ends:?}");
}

/// Figures of final losses and fits need no paths.
#[test]
fn figures_that_are_not_requested_are_not_computed() {
    let trained = Trained::config("learning_rates", &[]);
    let read = |_: &[u64]| -> Result<Vec<model::Path>, PathError> { panic!("a path is read") };
    let sweep = Sweep { experiment: &trained.experiment, problems: &trained.problems.all, runs: &trained.runs, paths: &read };
    let selection = Selection { names: vec!["final_loss-lear".into(), "fit".into()], ..Selection::default() };
    assert_eq!(names(&selected_figures(&sweep, &selection).unwrap()), ["final_loss-learning_rate", "fit"]);
}

/// The history has every tenth update and no epochs. Figures show the recorded points.
#[test]
fn figures_of_a_thinned_history_are_valid() {
    let ran = Trained::config("batch_sizes", &["training.epochs=3", "history.every=10", "history.epochs=false"]);
    let figures = ran.analysed(&NoBackend, |sweep| figures(sweep).unwrap());
    check(&figures);
    let panel = &named(&figures, "losses").panels[0];
    assert!(panel.layers.iter().flat_map(points).all(|point| point[0] % 10.0 == 0.0 || point[0] == panel.x.range[1]));
}

/// With full batches the loss of the batch before an update is J at that point. The epoch mean is the same number, drawn one update later.
#[test]
fn batch_loss_epoch_mean_and_j_agree_for_full_batches() {
    let ran = Trained::config("article", &["training.batch_size=\"full\"", "training.epochs=20", "history.epochs=false"]);
    let figures = ran.figures();
    let panel = &named(&figures, "losses").panels[0];
    let j = panel.layers.iter().rev().find_map(|layer| if let Layer::Line { points, .. } = layer { Some(points) } else { None }).unwrap();
    let (batches, means) = (markers(panel, Marker::Dot), markers(panel, Marker::Filled));
    assert_eq!((j.len(), batches.len(), means.len()), (21, 20, 20));
    for (update, (batch, mean)) in batches.iter().zip(&means).enumerate() {
        assert_eq!((batch[0], mean[0]), (update as f64, update as f64 + 1.0));
        assert_eq!(batch[1], mean[1]);
        assert!((batch[1] / j[update][1] - 1.0).abs() < 1e-6, "{batch:?} {:?}", j[update]);
    }
}

#[test]
fn report_table_and_figures_show_the_same_j() {
    let ran = Trained::config("logistic", &["training.epochs=5"]);
    let best = only(&ran.diagnosis()).best.rows.clone();
    for best in &best {
        let row = best.run as usize;
        assert_eq!(best.end, Params::new(ran.runs.weight[row], ran.runs.bias[row]).map(f64::from));
    }
    let figures = ran.figures();
    let finite = ran.runs.mean_excess.iter().zip(&ran.runs.diverged_at).filter(|(_, diverged_at)| diverged_at.is_none());
    let excess = finite.fold(f64::INFINITY, |lowest, (&excess, _)| lowest.min(f64::from(excess)));
    let points = markers(&named(&figures, "final_loss-learning_rate").panels[0], Marker::Hollow);
    assert!(points.iter().any(|point| point[1] == excess), "{points:?} and {excess}");
}

/// Snapshots of the diagnosis of a sweep with converged runs, the captions of its figures, and a comparison.
#[test]
fn snapshots_of_diagnosis_captions_and_comparison() {
    let ran = Trained::config("advertising", &[]);
    assert_snapshot!(ran.diagnosis(), @r"
    42 runs: 20 slow, 10 noisy, 7 diverged, 3 converged, 2 overshooting

    optimum   J* = 10.42 at w = 0.04915, b = 6.844; condition number κ = 115,662 (data.scale none)
              J* = 10.42 at w = 4.319, b = 14.16; condition number κ = 1.00 (data.scale standard)

    The best setting for each optimizer; J is the mean over the last updates
    rank  optimizer      J  test J  test R²  rates within 5 %  verdict    epochs to J*  run  best setting
       1  sgd        10.42   11.02    0.412  0.01 to 0.1       converged            12    7  learning_rate 0.01, data.scale standard
       2  adam       10.48   10.85    0.421  only 0.1          converged            18   37  learning_rate 0.1, data.scale standard
       2  rmsprop    10.48   11.29    0.398  only 0.1          converged            11   23  learning_rate 0.1, data.scale standard
    Equal ranks are ties: J agrees to four digits
    Run 7 ends at w = 4.332, b = 14.15

    3 of 42 runs reach the optimum, J* = 10.42; run 23 (rmsprop, learning_rate 0.1, data.scale standard) converges first, after 11 epochs (176 updates); with data.scale none (condition number κ = 115,662), 0 of 21 runs do
    ");
    let figures = ran.figures();
    let captions = figures.iter().map(|figure| format!("{}\n  {}\n  {}", figure.name, figure.title, figure.text().join("\n  ")));
    assert_snapshot!(captions.collect::<Vec<_>>().join("\n"), @r"
    contour-none
      advertising: paths on the cost surface J(w, b), data.scale none
      The best of 21 runs, run 40 (adam, learning_rate 10, data.scale none), ends at J = 29.19, 2.8 × the optimum J* = 10.42; the distance is 0.0246 in w and 0.0942 in b
      The valley of J is 340 times as long as it is wide (condition number κ = 115,662); standardising the feature makes it round
      12 of 21 runs are drawn: the best for each optimizer, and 9 others faint
    contour-standard
      advertising: paths on the cost surface J(w, b), data.scale standard
      The best of 21 runs, run 7 (sgd, learning_rate 0.01, data.scale standard), reaches the optimum, J = 10.42
      The valley of J is as long as it is wide (condition number κ = 1.00)
      11 of 21 runs are drawn: the best for each optimizer, and 8 others faint
    learning_rate-none-adam
      advertising: paths for each learning_rate, data.scale none, adam
      The best of 7 runs, run 40 (adam, learning_rate 10, data.scale none), ends at J = 29.19, 2.8 × the optimum J* = 10.42; the distance is 0.0246 in w and 0.0942 in b
      Verdicts: 4 slow, 3 noisy
      The valley of J is 340 times as long as it is wide (condition number κ = 115,662); standardising the feature makes it round
    learning_rate-none-rmsprop
      advertising: paths for each learning_rate, data.scale none, rmsprop
      The best of 7 runs, run 20 (rmsprop, learning_rate 0.01, data.scale none), ends at J = 19.51, 1.9 × the optimum J* = 10.42; the distance is 0.0247 in w and 5.77 in b
      Verdicts: 4 slow, 2 noisy, 1 overshooting
      The valley of J is 340 times as long as it is wide (condition number κ = 115,662); standardising the feature makes it round
    learning_rate-none-sgd
      advertising: paths for each learning_rate, data.scale none, sgd
      The best of 7 runs, run 0 (sgd, learning_rate 1e-5, data.scale none), ends at J = 22.51, 2.2 × the optimum J* = 10.42; the distance is 0.0332 in w and 6.84 in b
      Verdicts: 6 diverged, 1 slow
      The limit in the titles is the largest learning rate at which full-batch training converges
    learning_rate-standard-adam
      advertising: paths for each learning_rate, data.scale standard, adam
      The best of 7 runs, run 37 (adam, learning_rate 0.1, data.scale standard), reaches the optimum: it ends at J = 10.45, where J* = 10.42
      Verdicts: 4 slow, 2 noisy, 1 converged
      The valley of J is as long as it is wide (condition number κ = 1.00)
    learning_rate-standard-rmsprop
      advertising: paths for each learning_rate, data.scale standard, rmsprop
      The best of 7 runs, run 23 (rmsprop, learning_rate 0.1, data.scale standard), reaches the optimum: it ends at J = 10.45, where J* = 10.42
      Verdicts: 4 slow, 2 noisy, 1 converged
      The valley of J is as long as it is wide (condition number κ = 1.00)
    learning_rate-standard-sgd
      advertising: paths for each learning_rate, data.scale standard, sgd
      The best of 7 runs, run 7 (sgd, learning_rate 0.01, data.scale standard), reaches the optimum, J = 10.42
      Verdicts: 3 slow, 1 diverged, 1 converged, 1 overshooting, 1 noisy
      The limit in the titles is the largest learning rate at which full-batch training converges
    final_loss-learning_rate
      advertising: final J − J* for each learning_rate
      The lowest J − J* is 0.0074: sgd, learning_rate 0.01, data.scale standard. 7 of 42 runs diverge and 1 ends above the start
    parameters
      advertising: weight and bias after each update
      The best of 42 runs, run 7 (sgd, learning_rate 0.01, data.scale standard), reaches the optimum, J = 10.42
      6 of 42 runs are drawn: the best setting for each optimizer
    losses
      advertising: batch loss, epoch mean and J
      The epoch mean that Keras prints lags behind J, because the parameters change while the batches of the epoch are evaluated
      4 of 42 runs are drawn: the best, and the best with each other verdict
    fit
      advertising: sales as a function of TV
      The best of 42 runs, run 7 (sgd, learning_rate 0.01, data.scale standard), reaches the optimum, J = 10.42
      R² of the best run: 0.64 on the training rows, 0.41 on the test rows
      3 of 42 runs are drawn: the best setting for each optimizer
    ");
    let comparison = ran.compare("optimizer", &[("data.scale", "standard")]).unwrap();
    assert_snapshot!(comparison, @r"
    The best setting for each optimizer, where data.scale = standard; J is the mean over the last updates
    rank  optimizer      J  test J  test R²  rates within 5 %  verdict    epochs to J*  run  best setting
       1  sgd        10.42   11.02    0.412  0.01 to 0.1       converged            12    7  learning_rate 0.01
       2  adam       10.48   10.85    0.421  only 0.1          converged            18   37  learning_rate 0.1
       2  rmsprop    10.48   11.29    0.398  only 0.1          converged            11   23  learning_rate 0.1
    Equal ranks are ties: J agrees to four digits
    ");
}

#[test]
fn of_many_rows_a_part_is_drawn_over_the_range_of_all() {
    let row = |i: i32| format!("{i},{}\n", 2 * i + i % 7);
    let csv = format!("x,y\n{}", (0..6_000).map(row).collect::<String>());
    let text = "[data]\npath = \"data.csv\"\nfeature = \"x\"\ntarget = \"y\"\ntest_size = 0.25\nscale = \"standard\"\n[training]\nepochs = 1\nbatch_size = \"full\"\n";
    let fit = Trained::text(text, &csv).figures().pop().unwrap();
    let markers = |marker: Marker| {
        let of = |layer: &Layer| {
            if let Layer::Markers { points, marker: own, .. } = layer { (*own == marker).then_some(points.len()) } else { None }
        };
        fit.panels[0].layers.iter().find_map(of)
    };
    assert_eq!((fit.name.as_str(), markers(Marker::Dot), markers(Marker::Hollow)), ("fit", Some(3_750), Some(1_250)));
    assert!(fit.note.contains("5,000 of 6,000 rows are drawn"), "{}", fit.note);
    assert!(fit.panels[0].x.range[0] <= 0.0 && fit.panels[0].x.range[1] >= 5_999.0);
}
