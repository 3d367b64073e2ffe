//! The diagnosis of a sweep: verdict counts, and for each model its optimum, the best settings, a conclusion and a remedy.

use serde::Serialize;

use super::advice::{Advice, Recommendation, advise};
use super::compare::{Comparison, comparison};
use super::problems::problem_name;
use super::ranking::{Candidate, Ranking};
use super::runs::Runs;
use super::sentences::no_minimum;
use super::setting::Setting;
use super::statistics::{self, VERDICTS};
use crate::backend::Backend;
use crate::config::Experiment;
use crate::model::{Neuron, Parameter, Params, Problem, Verdict};
use crate::table::RunTable;
use crate::text;

/// The hyperparameters that determine the model.
const MODEL_PARAMETERS: [Parameter; 3] = [Parameter::Activation, Parameter::Loss, Parameter::UseBias];
/// The largest number of optima in the report.
const OPTIMA: usize = 4;

/// The diagnosis of the runs that train one model: one activation and loss, with or without a bias. Only their J are comparable.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModelDiagnosis {
    /// The settings that distinguish the model from the others of the sweep, such as `loss mae`; empty if there is one model.
    pub model: String,
    /// The optimum of each problem of the model.
    pub optima: Vec<Optimum>,
    /// The best setting of each optimizer, or of each value of another hyperparameter that the sweep varies.
    pub best: Comparison,
    /// The conclusion in one or two sentences, without a full stop.
    pub conclusion: String,
    /// A change of the config that helps, if the optimum is missed.
    pub remedy: Option<Recommendation>,
}

/// The optimum of one problem.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Optimum {
    /// The settings that distinguish the problem from the others of the model, such as `data.scale standard`; empty if there is one problem.
    pub problem: String,
    /// J*: the lowest J on the training rows; `None` if there is none.
    pub loss: Option<f64>,
    /// Weight and bias of the optimum.
    pub parameters: Option<Params<f64>>,
    /// The reason why J has no minimum, if it has none.
    pub reason: Option<String>,
    /// The condition number of the Hessian at the optimum; `None` if a direction is flat or the curvature is unknown.
    pub condition: Option<f64>,
}

/// The diagnosis of a sweep. `Display` writes the report that `gradsweep run` prints.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Diagnosis {
    /// Number of runs.
    pub runs: u64,
    /// Number of runs per verdict, in the order of `Verdict::ALL`.
    pub counts: [(&'static str, u64); VERDICTS],
    /// One element per model, in the order of run numbers.
    pub models: Vec<ModelDiagnosis>,
}

/// Diagnoses a sweep from its run table. `problems` are indexed by problem number. For a large sweep `table` may hold the best runs and a sample;
/// `counts` then has the verdict counts of all runs, in the order of [`Verdict::ALL`]. `backend` trains the trials of remedies.
pub fn diagnosis(
    experiment: &Experiment,
    problems: &[Problem],
    table: &RunTable,
    counts: Option<[u64; VERDICTS]>,
    backend: &dyn Backend,
) -> Diagnosis {
    let runs = Runs { experiment, problems, table };
    let rows = runs.rows();
    let all = counts.unwrap_or_else(|| statistics::verdict_counts(&runs, &rows));
    let models = models(&runs, &rows);
    let diagnose = |own: &Vec<usize>| {
        let counts = if models.len() == 1 { all } else { statistics::verdict_counts(&runs, own) };
        let ranking = Ranking::new(&runs, own, None);
        let (conclusion, remedy) = conclusion(&ranking, &counts, backend);
        ModelDiagnosis {
            model: if models.len() == 1 { String::new() } else { model_name(&runs, own[0]) },
            optima: optima(&runs, own),
            best: comparison(&ranking, compared(&runs)),
            conclusion,
            remedy,
        }
    };
    Diagnosis {
        runs: all.iter().sum(),
        counts: std::array::from_fn(|index| (Verdict::ALL[index].name(), all[index])),
        models: models.iter().map(diagnose).collect(),
    }
}

/// The rows of each model, in the order of their first rows.
fn models(runs: &Runs<'_>, rows: &[usize]) -> Vec<Vec<usize>> {
    let mut models: Vec<(Neuron, Vec<usize>)> = Vec::new();
    for &row in rows {
        let neuron = runs.problem(row).neuron;
        match models.iter_mut().find(|(own, _)| *own == neuron) {
            Some((_, own)) => own.push(row),
            None => models.push((neuron, vec![row])),
        }
    }
    models.into_iter().map(|(_, own)| own).collect()
}

/// The varied settings that determine the model of a run.
fn model_name(runs: &Runs<'_>, row: usize) -> String {
    let varied = MODEL_PARAMETERS.into_iter().filter(|&parameter| runs.varies(parameter));
    varied.map(|parameter| format!("{} {}", parameter.key(), runs.setting(row, parameter))).collect::<Vec<_>>().join(", ")
}

/// The hyperparameter whose values the report compares: the optimizer if it varies, else the first varied hyperparameter other than the learning
/// rate, else the optimizer, which has one value. A hyperparameter that each run draws for itself is not compared.
fn compared(runs: &Runs<'_>) -> Parameter {
    let varied = runs.varied();
    let is_compared = |parameter: &Parameter| {
        *parameter != Parameter::LearningRate && !MODEL_PARAMETERS.contains(parameter) && runs.bins(*parameter).is_none()
    };
    let first = varied.iter().copied().find(is_compared).unwrap_or(Parameter::Optimizer);
    if varied.contains(&Parameter::Optimizer) { Parameter::Optimizer } else { first }
}

/// The optima of the problems of a model, in the order of their first runs.
fn optima(runs: &Runs<'_>, rows: &[usize]) -> Vec<Optimum> {
    let mut first_rows: Vec<usize> = Vec::new();
    for &row in rows {
        if first_rows.iter().all(|&first| runs.table.problem[first] != runs.table.problem[row]) {
            first_rows.push(row);
        }
    }
    let is_only = first_rows.len() == 1;
    let optimum = |row: usize| {
        let (problem, surface) = (runs.problem(row), runs.surface(row));
        Optimum {
            problem: if is_only { String::new() } else { problem_name(runs, row) },
            loss: problem.optimum.map(|optimum| optimum.loss),
            parameters: surface.optimum(),
            reason: problem.optimum.is_none().then(|| no_minimum(problem).to_string()),
            condition: surface.condition(),
        }
    };
    first_rows.into_iter().map(optimum).collect()
}

/// The conclusion for the runs of a model, and a remedy if no setting reaches the optimum.
fn conclusion(ranking: &Ranking<'_>, counts: &[u64; VERDICTS], backend: &dyn Backend) -> (String, Option<Recommendation>) {
    let (runs, rows) = (&ranking.runs(), ranking.all_rows());
    let optimizers = ranking.best_by(Parameter::Optimizer);
    let Some(best) = optimizers.first().map(|group| &group.best) else { return ("No run has finished".into(), None) };
    let row = ranking.representative(best);
    if runs.surface(row).optimum().is_none() {
        return (without_optimum(runs, row), None);
    }
    if ranking.candidates().iter().any(|candidate| reaches_optimum(runs, ranking.rows(candidate))) {
        return (success(runs, rows, counts), None);
    }
    let candidates: Vec<(&[usize], usize)> =
        optimizers.iter().map(|group| (ranking.rows(&group.best), ranking.representative(&group.best))).collect();
    let Advice { cause, remedy } = advise(runs, rows, &candidates, backend);
    (format!("{}. Cause: {cause}", failure(runs, ranking, best)), remedy)
}

/// Whether at least half of some runs reach the optimum.
fn reaches_optimum(runs: &Runs<'_>, rows: &[usize]) -> bool {
    2 * rows.iter().filter(|&&row| runs.table.verdict[row] == Verdict::Converged).count() >= rows.len()
}

/// The sentence for a problem whose J has no minimum.
fn without_optimum(runs: &Runs<'_>, best: usize) -> String {
    if runs.mean_loss(best).is_infinite() {
        return "Every run diverges".into();
    }
    format!("J has no minimum, so no run can reach one; the lowest J of a setting is {}", text::loss(runs.mean_loss(best)))
}

/// The distance of the best setting from its optimum.
fn failure(runs: &Runs<'_>, ranking: &Ranking<'_>, best: &Candidate) -> String {
    let row = ranking.representative(best);
    let surface = runs.surface(row);
    let optimum = text::loss(surface.minimum());
    let is_only = ranking.candidates().len() == 1;
    let seeds = ranking.rows(best).len();
    if runs.mean_excess(row).is_infinite() {
        return match (is_only, seeds) {
            (true, 1) => "The run diverges".into(),
            (false, 1) => "Every run diverges".into(),
            _ => "Most runs of each setting diverge".into(),
        };
    }
    let loss = ranking.summary(best).loss[1].unwrap_or_else(|| runs.mean_loss(row));
    let reached = runs.epochs_to_reach(row).map(|epochs| text::count(epochs as usize, "epoch"));
    let mean = text::loss(loss);
    let subject = match (is_only, seeds, reached) {
        (true, 1, None) => {
            let fails = if runs.table.verdict[row] == Verdict::Slow { "stops before" } else { "misses" };
            let end = text::loss(runs.loss(row));
            format!("The run {fails} the optimum: it ends at J = {end}, and the mean of J over its last updates is {mean}")
        }
        (true, 1, Some(epochs)) => {
            format!("The run reaches the optimum after {epochs}, but does not stay there: J is {mean} over its last updates")
        }
        (true, ..) => format!("The setting misses the optimum: J is {mean} over the last updates, as the median over {seeds} seeds"),
        (false, _, None) => {
            format!("No run reaches the optimum: with the best setting ({}) J is {mean} over the last updates", runs.name(row))
        }
        (false, _, Some(epochs)) => {
            format!(
                "No setting stays at the optimum: the best ({}) reaches it after {epochs}, but J is {mean} over the last updates",
                runs.name(row)
            )
        }
    };
    if surface.is_perfect_fit() || surface.minimum() < 0.0 {
        return format!("{subject}, where the optimum is J* = {optimum}");
    }
    format!("{subject}, {} × the optimum J* = {optimum}", text::ratio(loss / surface.minimum()))
}

/// The number of converged runs, the fastest of them, and the data scales at which none converged.
fn success(runs: &Runs<'_>, rows: &[usize], counts: &[u64; VERDICTS]) -> String {
    let converged = rows.iter().copied().filter(|&row| runs.table.verdict[row] == Verdict::Converged);
    let Some(fastest) = converged.min_by_key(|&row| (updates(runs, row), row)) else { return String::new() };
    let optimum = format!("the optimum, J* = {}", text::loss(runs.surface(fastest).minimum()));
    let count = Verdict::ALL.iter().zip(counts).find(|(verdict, _)| **verdict == Verdict::Converged).map_or(0, |(_, count)| *count);
    let subject = match (counts.iter().sum::<u64>(), count) {
        (1, _) => format!("The run reaches {optimum}"),
        (2, 2) => format!("Both runs reach {optimum}"),
        (all, some) if all == some => format!("All {} runs reach {optimum}", text::grouped(all)),
        (all, 1) => format!("1 of {} runs reaches {optimum}", text::grouped(all)),
        (all, some) => format!("{} of {} runs reach {optimum}", text::grouped(some), text::grouped(all)),
    };
    let epochs = runs.epochs_to_reach(fastest).unwrap_or(0) as usize;
    let time = format!("{} ({})", text::count(epochs, "epoch"), text::count(updates(runs, fastest) as usize, "update"));
    let first = if rows.len() == 1 {
        format!(" after {time}")
    } else {
        format!("; run {} ({}) converges first, after {time}", runs.table.run[fastest], runs.name(fastest))
    };
    format!("{subject}{first}{}", failing_scales(runs, rows))
}

/// Updates until the end of the first converged epoch.
fn updates(runs: &Runs<'_>, row: usize) -> u64 {
    runs.epochs_to_reach(row).map_or(u64::MAX, |epochs| u64::from(epochs) * runs.batches(row))
}

/// The data scales at which no run converged, for a sweep that varies the scale.
fn failing_scales(runs: &Runs<'_>, rows: &[usize]) -> String {
    if !runs.varies(Parameter::DataScale) {
        return String::new();
    }
    let failing = |(scale, own): (Setting, Vec<usize>)| {
        let none = own.iter().all(|&row| runs.table.verdict[row] != Verdict::Converged);
        let condition = own.first().filter(|_| none).and_then(|&row| runs.surface(row).condition())?;
        Some(format!(
            "; with data.scale {scale} (condition number κ = {}), 0 of {} do",
            text::condition(condition),
            text::count(own.len(), "run")
        ))
    };
    runs.group_by(rows, Parameter::DataScale).into_iter().filter_map(failing).collect()
}

impl Diagnosis {
    /// The report that `gradsweep run` prints. `config` is the config's path, for the command that follows the advice, and `directory` the run
    /// directory, for the command that prints all compared values.
    pub fn report(&self, config: &str, directory: &str) -> String {
        let counts = statistics::in_words(&self.counts.map(|(_, count)| count));
        let mut lines = vec![format!("{}: {counts}", text::count(self.runs as usize, "run"))];
        for model in &self.models {
            lines.push(String::new());
            if !model.model.is_empty() {
                lines.push(model.model.clone());
            }
            lines.extend(
                model
                    .optima
                    .iter()
                    .take(OPTIMA)
                    .enumerate()
                    .map(|(place, optimum)| format!("{:<9} {}", if place == 0 { "optimum" } else { "" }, optimum)),
            );
            if model.optima.len() > OPTIMA {
                lines.push(format!("{:<9} and {} more", "", model.optima.len() - OPTIMA));
            }
            lines.push(String::new());
            let best = &model.best;
            let all = format!(
                "gradsweep compare {} --by {} --no-plots --top {} prints all",
                text::shell_word(directory),
                best.by,
                best.rows.len()
            );
            lines.push(best.shortened(&all).trim_end().to_owned());
            lines.extend(model.best.rows.first().filter(|best| best.rank.is_some()).map(|best| {
                let Params([weight, bias]) = best.end.map(text::loss);
                format!("Run {} ends at w = {weight}, b = {bias}", best.run)
            }));
            lines.push(String::new());
            lines.push(model.conclusion.clone());
            lines.extend(model.remedy.iter().map(|remedy| remedy.in_words(config)));
        }
        lines.join("\n") + "\n"
    }
}

impl std::fmt::Display for Optimum {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let problem = if self.problem.is_empty() { String::new() } else { format!(" ({})", self.problem) };
        let (Some(loss), Some(Params([weight, bias]))) = (self.loss, self.parameters) else {
            return write!(formatter, "none, because {}{problem}", self.reason.as_deref().unwrap_or_default());
        };
        let kappa = self.condition.map_or_else(String::new, |kappa| format!("; condition number κ = {}", text::condition(kappa)));
        let [loss, weight, bias] = [loss, weight, bias].map(text::loss);
        write!(formatter, "J* = {loss} at w = {weight}, b = {bias}{kappa}{problem}")
    }
}

impl std::fmt::Display for Diagnosis {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.report("CONFIG", "DIR"))
    }
}
