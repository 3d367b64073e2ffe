//! The diagnosis of a sweep: verdict counts, the best runs, and one sentence with the distance to the optimum, its cause and a remedy.

use serde::Serialize;

use super::advice::{Advice, advise};
use super::ranking;
use super::runs::Runs;
use super::sentences::no_minimum;
use super::setting::Setting;
use super::statistics;
use crate::config::Experiment;
use crate::model::{Parameter, Problem, Verdict};
use crate::table::RunTable;
use crate::text;

/// Number of best runs in the diagnosis.
const BEST: usize = 3;

/// One of the best runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BestRun {
    /// Number of the run.
    pub run: u64,
    /// Its varied settings, such as `sgd, learning_rate 0.1`.
    pub settings: String,
    /// J on the training rows, as in runs.parquet.
    pub train_loss: f64,
    /// Final weight.
    pub weight: f64,
    /// Final bias.
    pub bias: f64,
    /// Verdict in words.
    pub verdict: String,
    /// The number of epochs after which J was first below the convergence threshold.
    pub epochs_to_reach: Option<u32>,
}

/// The diagnosis of a sweep. `Display` writes the report that `gradsweep run` prints.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Diagnosis {
    /// Number of runs.
    pub runs: u64,
    /// Number of runs per verdict, in the order of `Verdict::ALL`.
    pub counts: [(&'static str, u64); statistics::VERDICTS],
    /// The runs with the lowest J − J*, best first, without diverged runs.
    pub best: Vec<BestRun>,
    /// The conclusion in one sentence.
    pub sentence: String,
    /// The `KEY=VALUE` for `--set` at the end of the sentence.
    pub remedy: Option<String>,
}

/// Diagnoses a sweep from its run table. `problems` are indexed by problem number. For a large sweep `table` may hold the best runs and a sample;
/// `counts` then has the verdict counts of all runs, in the order of [`Verdict::ALL`].
pub fn diagnosis(
    experiment: &Experiment,
    problems: &[Problem],
    table: &RunTable,
    counts: Option<[u64; statistics::VERDICTS]>,
) -> Diagnosis {
    let runs = Runs { experiment, problems, table };
    let rows = runs.rows();
    let counts = counts.unwrap_or_else(|| statistics::verdict_counts(&runs, &rows));
    let (sentence, remedy) = sentence(&runs, &rows, &counts);
    Diagnosis {
        runs: counts.iter().sum(),
        counts: std::array::from_fn(|index| (Verdict::ALL[index].name(), counts[index])),
        best: best_rows(&runs, &rows).into_iter().map(|row| best_run(&runs, row)).collect(),
        sentence,
        remedy,
    }
}

/// The rows of the best runs.
fn best_rows(runs: &Runs<'_>, rows: &[usize]) -> Vec<usize> {
    let mut finite: Vec<(f64, usize)> = rows.iter().map(|&row| (runs.excess(row), row)).filter(|(excess, _)| excess.is_finite()).collect();
    let order = |a: &(f64, usize), b: &(f64, usize)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
    if finite.len() > BEST {
        finite.select_nth_unstable_by(BEST, order);
        finite.truncate(BEST);
    }
    finite.sort_by(order);
    finite.into_iter().map(|(_, row)| row).collect()
}

fn best_run(runs: &Runs<'_>, row: usize) -> BestRun {
    let [weight, bias] = runs.end(row);
    BestRun {
        run: runs.table.run[row],
        settings: runs.name(row),
        train_loss: runs.loss(row),
        weight,
        bias,
        verdict: runs.verdict(row),
        epochs_to_reach: runs.table.epochs_to_reach[row],
    }
}

/// The conclusion in one sentence, and the `KEY=VALUE` of its remedy.
fn sentence(runs: &Runs<'_>, rows: &[usize], counts: &[u64; statistics::VERDICTS]) -> (String, Option<String>) {
    let Some(best) = ranking::best(runs, rows) else { return ("no run has finished".into(), None) };
    if runs.surface(best).optimum().is_none() {
        return (without_optimum(runs, best), None);
    }
    let converged: Vec<usize> = rows.iter().copied().filter(|&row| runs.table.verdict[row] == Verdict::Converged).collect();
    if !converged.is_empty() {
        return (success(runs, rows, &converged, counts), None);
    }
    let Advice { cause, remedy, in_words } = advise(runs, rows);
    let failure = format!("{}. Cause: {cause}", failure(runs, rows, best));
    match remedy {
        Some(remedy) => (format!("{failure}. Try --set {}", quoted(&remedy)), Some(remedy)),
        None => (format!("{failure}. {in_words}"), None),
    }
}

/// The sentence for a problem whose J has no minimum.
fn without_optimum(runs: &Runs<'_>, best: usize) -> String {
    if runs.excess(best).is_infinite() {
        return "every run diverges".into();
    }
    format!(
        "no run can reach an optimum, because {}; the lowest final J is {}",
        no_minimum(runs.problem(best)),
        text::loss(runs.loss(best))
    )
}

/// The distance of the best run from its optimum.
fn failure(runs: &Runs<'_>, rows: &[usize], best: usize) -> String {
    let surface = runs.surface(best);
    let optimum = text::loss(surface.minimum());
    if runs.excess(best).is_infinite() {
        return format!("every run diverges; the optimum is J* = {optimum}");
    }
    let loss = text::loss(runs.loss(best));
    let subject = if rows.len() == 1 { "the run ends" } else { "no run reaches the optimum: the best ends" };
    if surface.is_perfect_fit() || surface.minimum() < 0.0 {
        return format!("{subject} at training loss J = {loss}; the optimum is J* = {optimum}");
    }
    format!("{subject} at training loss J = {loss}, {} × the optimum J* = {optimum}", text::ratio(runs.loss(best) / surface.minimum()))
}

/// The number of converged runs, the fastest of them, and the data scales at which none converged.
fn success(runs: &Runs<'_>, rows: &[usize], converged: &[usize], counts: &[u64; statistics::VERDICTS]) -> String {
    let fastest = converged.iter().copied().min_by_key(|&row| (updates(runs, row), row)).unwrap_or(converged[0]);
    let optimum = format!("the optimum, training loss J* = {}", text::loss(runs.surface(fastest).minimum()));
    let count = Verdict::ALL.iter().zip(counts).find(|(verdict, _)| **verdict == Verdict::Converged).map_or(0, |(_, count)| *count);
    let subject = match (counts.iter().sum::<u64>(), count) {
        (1, _) => format!("the run reaches {optimum}"),
        (all, some) if all == some => format!("all {} runs reach {optimum}", text::grouped(all)),
        (all, 1) => format!("1 of {} runs reaches {optimum}", text::grouped(all)),
        (all, some) => format!("{} of {} runs reach {optimum}", text::grouped(some), text::grouped(all)),
    };
    let epochs = runs.table.epochs_to_reach[fastest].map_or(0, |epochs| epochs as usize);
    let time = format!("{} ({})", text::count(epochs, "epoch"), text::count(updates(runs, fastest) as usize, "update"));
    let first = if rows.len() == 1 {
        format!(", after {time}")
    } else {
        format!("; run {} ({}) converges first, after {time}", runs.table.run[fastest], runs.name(fastest))
    };
    format!("{subject}{first}{}", failing_scales(runs, rows))
}

/// Updates until the end of the first converged epoch.
fn updates(runs: &Runs<'_>, row: usize) -> u64 {
    runs.table.epochs_to_reach[row].map_or(u64::MAX, |epochs| u64::from(epochs) * runs.batches(row))
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
            "; with data.scale = {scale} (condition number κ = {}), 0 of {} do",
            text::condition(condition),
            text::count(own.len(), "run")
        ))
    };
    runs.group_by(rows, Parameter::DataScale).into_iter().filter_map(failing).collect()
}

/// A `KEY=VALUE`, quoted if it contains brackets, which a shell would expand.
fn quoted(set: &str) -> String {
    if set.contains('[') { format!("'{set}'") } else { set.into() }
}

impl std::fmt::Display for Diagnosis {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let counts = statistics::in_words(&self.counts.map(|(_, count)| count));
        writeln!(formatter, "{}: {counts}", text::count(self.runs as usize, "run"))?;
        for (place, best) in self.best.iter().enumerate() {
            let lead = if place == 0 { "best" } else { "" };
            let [loss, weight, bias] = [best.train_loss, best.weight, best.bias].map(text::loss);
            let settings = if best.settings == format!("run {}", best.run) { String::new() } else { format!("  {}", best.settings) };
            let numbers = format!("{lead:<4}  run {:<6}  J {loss:<10}  w {weight:<10}  b {bias:<10}", best.run);
            writeln!(formatter, "{}", format!("{numbers}  {:<12}{settings}", best.verdict).trim_end())?;
        }
        write!(formatter, "{}", self.sentence)
    }
}
