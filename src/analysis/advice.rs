//! Advice for a sweep without a converged run: the cause, and a setting that helps.

use super::cost_surface::CostSurface;
use super::ranking;
use super::runs::Runs;
use super::sentences::ILL_CONDITIONED;
use crate::model::hyperparameters::EPOCHS_MAX;
use crate::model::{Optimizer, Parameter, Verdict};
use crate::text;

/// A cause and its remedy.
#[derive(Clone, Debug, PartialEq)]
pub struct Advice {
    pub cause: String,
    /// A `KEY=VALUE` for `--set`; `None` if no single key applies to all runs.
    pub remedy: Option<String>,
    /// The remedy in words, which is shown if there is no `KEY=VALUE`.
    pub in_words: String,
}

/// Advice for a sweep in which no run converged. `rows` are all of its runs.
pub fn advise(runs: &Runs<'_>, rows: &[usize]) -> Advice {
    let condition = |row: usize| runs.surface(row).condition().unwrap_or(f64::INFINITY);
    let Some(&row) = rows.iter().min_by(|&&a, &&b| condition(a).total_cmp(&condition(b))) else {
        return Advice { cause: "there are no runs".into(), remedy: None, in_words: String::new() };
    };
    let problem = runs.problem(row);
    let Some(kappa) = runs.surface(row).condition() else {
        let advice = for_step_size(runs, rows);
        if !matches!(runs.surface(row), CostSurface::Quadratic(_)) {
            return advice;
        }
        let cause = format!("the feature is constant, so the data determine w·x + b but not w and b; {}", advice.cause);
        return Advice { cause, ..advice };
    };
    if kappa >= ILL_CONDITIONED && problem.scale != "standard" {
        let cause = format!("the valley of J is long and narrow (condition number κ = {})", text::condition(kappa));
        let remedy = runs.experiment.override_for(Parameter::DataScale, "standard");
        return Advice { cause, remedy, in_words: "Standardise the feature".into() };
    }
    let own: Vec<usize> = rows.iter().copied().filter(|&other| runs.table.problem[other] == runs.table.problem[row]).collect();
    for_step_size(runs, &own)
}

/// Advice on learning rate and epochs, for runs of one well-conditioned problem.
fn for_step_size(runs: &Runs<'_>, rows: &[usize]) -> Advice {
    let best = ranking::best(runs, rows).unwrap_or(rows[0]);
    let had_converged = runs.table.epochs_to_reach[best].is_some();
    match runs.table.verdict[best] {
        Verdict::Diverged => too_high(runs, rows, best),
        Verdict::Overshooting if !had_converged => too_high(runs, rows, best),
        Verdict::Cycling | Verdict::Noisy | Verdict::Oscillating | Verdict::Overshooting | Verdict::Converged => {
            unsettled(runs, rows, best, had_converged)
        }
        Verdict::Stuck | Verdict::Slow => too_slow(runs, rows, best),
    }
}

/// The learning rate of a run.
fn learning_rate(runs: &Runs<'_>, row: usize) -> f64 {
    runs.setting(row, Parameter::LearningRate).number().unwrap_or(0.0)
}

/// The learning rates of the runs that share an optimizer with the best run.
fn tried(runs: &Runs<'_>, rows: &[usize], best: usize) -> Vec<f64> {
    rows.iter().filter(|&&row| runs.optimizer(row) == runs.optimizer(best)).map(|&row| learning_rate(runs, row)).collect()
}

/// Advice for a best run that diverges or overshoots: a smaller learning rate.
fn too_high(runs: &Runs<'_>, rows: &[usize], best: usize) -> Advice {
    let smallest = tried(runs, rows, best).into_iter().fold(f64::INFINITY, f64::min);
    let name = runs.optimizer(best).map_or("", Optimizer::name);
    let rate = text::short(smallest, 4);
    let in_words = "Use a smaller learning_rate";
    if let Some(limit) = runs.stability_limit(best).filter(|limit| smallest > limit / 4.0) {
        let [share, limit_text] = [text::short(smallest / limit, 2), text::short(limit, 4)];
        let cause = format!("learning_rate {rate} is {share} × the full-batch stability limit of {name}, which is {limit_text}");
        return with_rate(runs, cause, limit / 4.0, in_words);
    }
    with_rate(runs, format!("learning_rate {rate} is too high for {name}"), smallest / 10.0, in_words)
}

/// Advice for a best run that does not settle at the optimum: a smaller learning rate.
fn unsettled(runs: &Runs<'_>, rows: &[usize], best: usize, had_converged: bool) -> Advice {
    let rate = learning_rate(runs, best);
    let below = tried(runs, rows, best).into_iter().filter(|&other| other < rate).fold(0.0, f64::max);
    let smaller = if below > 0.0 { (rate * below).sqrt() } else { rate / 10.0 };
    let subject = if rows.len() == 1 { "the run" } else { "the best run" };
    let observation = match runs.table.cycle_period[best].filter(|_| runs.table.verdict[best] == Verdict::Cycling) {
        Some(period) => format!("{subject} repeats a cycle of {}", text::count(period as usize, "epoch")),
        None if had_converged => format!("{subject} reached the optimum and left it again"),
        None => format!("the updates of {subject} jump across the minimum"),
    };
    let batches = if runs.batches(best) == 1 { "" } else { " with batches this small" };
    let cause = format!("{observation}, because learning_rate {} is too large to settle{batches}", text::short(rate, 4));
    with_rate(runs, cause, smaller, "Use a smaller learning_rate or a larger batch_size")
}

/// Advice for a best run that is slow: a larger learning rate, or more epochs.
fn too_slow(runs: &Runs<'_>, rows: &[usize], best: usize) -> Advice {
    let rate = learning_rate(runs, best);
    let has_larger = tried(runs, rows, best).into_iter().any(|other| other > rate);
    let needed = runs.stability_limit(best).map_or_else(|| needed_step(runs, best), |limit| limit / 4.0);
    if !has_larger && needed >= 2.0 * rate {
        let cause = format!("learning_rate {} is too small for {}", text::short(rate, 4), updates(runs, best));
        return with_rate(runs, cause, needed, "Use a larger learning_rate");
    }
    let epochs = runs.setting(best, Parameter::Epochs).number().unwrap_or(1.0);
    let more = (10.0 * epochs).min(EPOCHS_MAX as f64);
    Advice {
        cause: format!("{} are too few at learning_rate {}", updates(runs, best), text::short(rate, 4)),
        remedy: runs.experiment.override_for(Parameter::Epochs, &format!("{more}")),
        in_words: "Train for more epochs".into(),
    }
}

/// The step length at which half of the updates reach the optimum. An adaptive optimizer moves by about the learning rate in each step.
fn needed_step(runs: &Runs<'_>, row: usize) -> f64 {
    let ([weight, bias], end) = (runs.surface(row).optimum().unwrap_or_default(), runs.end(row));
    let distance = (end[0] - weight).abs().max((end[1] - bias).abs());
    2.0 * distance / runs.table.steps[row].max(1) as f64
}

/// The number of updates of a run in words: `160 updates`.
fn updates(runs: &Runs<'_>, row: usize) -> String {
    text::count(runs.table.steps[row] as usize, "update")
}

/// Advice to set the learning rate to `rate`.
fn with_rate(runs: &Runs<'_>, cause: String, rate: f64, in_words: &str) -> Advice {
    let remedy = runs.experiment.override_for(Parameter::LearningRate, &one_digit(rate));
    Advice { cause, remedy, in_words: in_words.into() }
}

/// A number with one significant digit in TOML syntax.
fn one_digit(value: f64) -> String {
    let rounded: f64 = format!("{value:.0e}").parse().unwrap_or(value);
    if (1e-3..1e6).contains(&rounded) || rounded == 0.0 { format!("{rounded}") } else { format!("{rounded:e}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_have_one_significant_digit() {
        assert_eq!([0.1875, 8.63e-6, 1.0, 0.25].map(one_digit), ["0.2", "9e-6", "1", "0.2"]);
    }
}
