//! The closing words of a sweep: what became of the runs, the best of them, and one sentence that says how far they are from the
//! optimum, why, and what to try.

use serde::Serialize;

use super::level::Level;
use super::remedy::{Advice, advise};
use super::tally;
use super::view::View;
use crate::config::Experiment;
use crate::model::{Parameter, Problem, Verdict};
use crate::table::RunTable;
use crate::text;

/// How many of the best runs are named.
const BEST: usize = 3;

/// A run among the best.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Best {
    pub run: u64,
    /// What tells it from the others: `sgd, learning_rate 0.1`.
    pub settings: String,
    /// J on the training rows.
    pub train_loss: f64,
    pub weight: f64,
    pub bias: f64,
    pub verdict: String,
    /// The first epoch, from 0, at whose end it was within reach of the optimum.
    pub reached_epoch: Option<u32>,
}

/// What a sweep showed. Its `Display` is the text that ends a run on stdout.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Diagnosis {
    pub runs: u64,
    /// Runs by verdict, in the order of `Verdict::ALL`.
    pub counts: [(&'static str, u64); tally::VERDICTS],
    /// The runs that end lowest above their optimum, best first; none that diverged.
    pub best: Vec<Best>,
    pub sentence: String,
    /// The argument of `--set` that the sentence ends on: `KEY=VALUE`.
    pub remedy: Option<String>,
}

/// Judges a sweep by the ends of its runs. `problems` by their number. Of a large sweep `runs` may be the best and a sample: `all` are its
/// runs by verdict, in the order of [`Verdict::ALL`].
pub fn diagnosis(experiment: &Experiment, problems: &[Problem], runs: &RunTable, all: Option<[u64; tally::VERDICTS]>) -> Diagnosis {
    let view = View { experiment, problems, runs };
    let rows = view.rows();
    let counts = all.unwrap_or_else(|| tally::verdicts(&view, &rows));
    let best = lowest(&view, &rows);
    let (sentence, remedy) = sentence(&view, &rows, &counts);
    Diagnosis {
        runs: counts.iter().sum(),
        counts: std::array::from_fn(|index| (Verdict::ALL[index].name(), counts[index])),
        best: best.into_iter().map(|row| describe(&view, row)).collect(),
        sentence,
        remedy,
    }
}

fn lowest(view: &View<'_>, rows: &[usize]) -> Vec<usize> {
    let mut alive: Vec<(f64, usize)> = rows.iter().map(|&row| (view.excess(row), row)).filter(|(excess, _)| excess.is_finite()).collect();
    let order = |a: &(f64, usize), b: &(f64, usize)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
    if alive.len() > BEST {
        alive.select_nth_unstable_by(BEST, order);
        alive.truncate(BEST);
    }
    alive.sort_by(order);
    alive.into_iter().map(|(_, row)| row).collect()
}

fn describe(view: &View<'_>, row: usize) -> Best {
    let [weight, bias] = view.end(row);
    Best {
        run: view.runs.run[row],
        settings: view.name(row),
        train_loss: view.loss(row),
        weight,
        bias,
        verdict: view.verdict(row),
        reached_epoch: view.runs.reached_epoch[row],
    }
}

fn sentence(view: &View<'_>, rows: &[usize], counts: &[u64; tally::VERDICTS]) -> (String, Option<String>) {
    let Some(best) = view.best(rows) else { return ("no run has ended yet".into(), None) };
    if view.ground(best).optimum().is_none() {
        return (endless(view, best), None);
    }
    let converged: Vec<usize> = rows.iter().copied().filter(|&row| view.runs.verdict[row] == Verdict::Converged).collect();
    if !converged.is_empty() {
        return (reached(view, rows, &converged, counts), None);
    }
    let Advice { cause, remedy, otherwise } = advise(view, rows);
    let miss = format!("{}: {cause}", miss(view, best));
    match remedy {
        Some(remedy) => (format!("{miss}. Try --set {}", quoted(&remedy)), Some(remedy)),
        None => (format!("{miss}. {otherwise}"), None),
    }
}

/// What there is to say where J has no lowest place.
fn endless(view: &View<'_>, best: usize) -> String {
    if view.excess(best).is_infinite() {
        return "every run of this sweep diverges".into();
    }
    let ends = text::loss(view.loss(best));
    format!("J {ends} is the lowest; there is no optimum that a run could reach: J falls on and on outwards")
}

/// How far the best run is from its optimum.
fn miss(view: &View<'_>, best: usize) -> String {
    let ground = view.ground(best);
    let optimum = text::loss(ground.floor());
    if view.excess(best).is_infinite() {
        return format!("every run of this sweep diverges, and the optimum is {optimum}");
    }
    let ends = text::loss(view.loss(best));
    if ground.is_perfect() {
        return format!("J {ends} where the optimum is 0; no run of this sweep reaches it");
    }
    format!("J {ends} = {} × the optimum {optimum}; no run of this sweep reaches it", text::ratio(view.loss(best) / ground.floor()))
}

/// How many reach, which first, and whether the scale of the data decides.
fn reached(view: &View<'_>, rows: &[usize], converged: &[usize], counts: &[u64; tally::VERDICTS]) -> String {
    let fastest = converged.iter().copied().min_by_key(|&row| (updates(view, row), row)).unwrap_or(converged[0]);
    let optimum = text::loss(view.ground(fastest).floor());
    let verb = |count: u64| if count == 1 { "reaches" } else { "reach" };
    let reaching = Verdict::ALL.iter().zip(counts).find(|(verdict, _)| **verdict == Verdict::Converged).map_or(0, |(_, count)| *count);
    let who = match (counts.iter().sum::<u64>(), reaching) {
        (1, _) => format!("the run reaches the optimum {optimum}"),
        (all, some) if all == some => format!("all {} runs reach the optimum {optimum}", text::grouped(all)),
        (all, some) => format!("{} of {} runs {} the optimum {optimum}", text::grouped(some), text::grouped(all), verb(some)),
    };
    let epochs = view.runs.reached_epoch[fastest].map_or(0, |epoch| epoch as usize + 1);
    let name = if rows.len() == 1 { String::new() } else { format!(", first run {} ({}),", view.runs.run[fastest], view.name(fastest)) };
    let when = format!("{name} within {} ({})", text::count(epochs, "epoch"), text::count(updates(view, fastest) as usize, "update"));
    format!("{who}{when}{}", scales(view, rows))
}

/// Updates until the end of the epoch that reached first.
fn updates(view: &View<'_>, row: usize) -> u64 {
    view.runs.reached_epoch[row].map_or(u64::MAX, |epoch| (u64::from(epoch) + 1) * view.batches(row))
}

/// Where the sweep varies the scale: those with which no run reaches.
fn scales(view: &View<'_>, rows: &[usize]) -> String {
    if !view.varies(Parameter::DataScale) {
        return String::new();
    }
    let hopeless = |(level, own): (Level, Vec<usize>)| {
        let none = own.iter().all(|&row| view.runs.verdict[row] != Verdict::Converged);
        let condition = own.first().filter(|_| none).and_then(|&row| view.ground(row).condition())?;
        Some(format!("; with data.scale {level}, where κ = {}, none of {} does", text::condition(condition), own.len()))
    };
    view.by_level(rows, Parameter::DataScale).into_iter().filter_map(hopeless).collect()
}

/// Brackets are quoted: a shell may take them for a pattern.
fn quoted(set: &str) -> String {
    if set.contains('[') { format!("'{set}'") } else { set.into() }
}

impl std::fmt::Display for Diagnosis {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let counts = tally::in_words(&self.counts.map(|(_, count)| count));
        writeln!(formatter, "{}: {counts}", text::count(self.runs as usize, "run"))?;
        for (place, best) in self.best.iter().enumerate() {
            let lead = if place == 0 { "best" } else { "" };
            let [loss, weight, bias] = [best.train_loss, best.weight, best.bias].map(text::loss);
            let settings = if best.settings == format!("run {}", best.run) { String::new() } else { format!("  {}", best.settings) };
            writeln!(
                formatter,
                "{lead:<4}  run {:<6}  J {loss:<10}  w {weight:<10}  b {bias:<10}  {:<12}{settings}",
                best.run, best.verdict
            )?;
        }
        write!(formatter, "{}", self.sentence)
    }
}
