//! Why no run of a sweep reached the optimum, and the one `--set` that helps.

use super::ground::Ground;
use super::view::View;
use crate::model::hyperparameters::EPOCHS_MAX;
use crate::model::{Optimizer, Parameter, Verdict};
use crate::text;

/// A valley of this condition number and beyond is too long for any one rate: it is √κ times longer than wide.
pub const ILL: f64 = 100.0;

/// The cause, and a `KEY=VALUE`; where no single key reaches all runs, what to do in words.
#[derive(Clone, Debug, PartialEq)]
pub struct Advice {
    pub cause: String,
    pub remedy: Option<String>,
    pub otherwise: String,
}

/// Advice for a sweep of which no run reached. `rows` are all of its runs, at least one.
pub fn advise(view: &View<'_>, rows: &[usize]) -> Advice {
    let condition = |row: usize| view.ground(row).condition().unwrap_or(f64::INFINITY);
    let Some(&kindest) = rows.iter().min_by(|&&a, &&b| condition(a).total_cmp(&condition(b))) else {
        return Advice { cause: "nothing ran".into(), remedy: None, otherwise: String::new() };
    };
    let problem = view.problem(kindest);
    let Some(kappa) = view.ground(kindest).condition() else {
        let advice = rates(view, rows);
        if !matches!(view.ground(kindest), Ground::Paraboloid(_)) {
            return advice;
        }
        return Advice { cause: format!("the feature is constant, so only w·x + b can be learned, not both; {}", advice.cause), ..advice };
    };
    if kappa >= ILL && problem.scale != "standard" {
        let cause = format!("κ = {}", text::condition(kappa));
        let remedy = view.experiment.override_for(Parameter::DataScale, "standard");
        return Advice { cause, remedy, otherwise: "Standardise the feature".into() };
    }
    let own: Vec<usize> = rows.iter().copied().filter(|&row| view.runs.problem[row] == view.runs.problem[kindest]).collect();
    rates(view, &own)
}

/// Advice on rates and epochs for runs of one problem whose shape is sound.
fn rates(view: &View<'_>, rows: &[usize]) -> Advice {
    let best = view.best(rows).unwrap_or(rows[0]);
    let left = view.runs.reached_epoch[best].is_some();
    match view.runs.verdict[best] {
        Verdict::Diverged => too_high(view, rows, best),
        Verdict::Overshooting if !left => too_high(view, rows, best),
        Verdict::Cycling | Verdict::Oscillating | Verdict::Overshooting | Verdict::Converged => unsettled(view, rows, best, left),
        Verdict::Slow => too_slow(view, rows, best),
    }
}

fn rate_of(view: &View<'_>, row: usize) -> f64 {
    view.level(row, Parameter::LearningRate).number().unwrap_or(0.0)
}

/// Rates of the best run's optimizer.
fn tried(view: &View<'_>, rows: &[usize], best: usize) -> Vec<f64> {
    rows.iter().filter(|&&row| view.optimizer(row) == view.optimizer(best)).map(|&row| rate_of(view, row)).collect()
}

fn too_high(view: &View<'_>, rows: &[usize], best: usize) -> Advice {
    let smallest = tried(view, rows, best).into_iter().fold(f64::INFINITY, f64::min);
    let name = view.optimizer(best).map_or("", Optimizer::name);
    let rate = text::short(smallest, 4);
    let otherwise = "Take a smaller learning_rate";
    if let Some(limit) = view.limit(best).filter(|limit| smallest > limit / 4.0) {
        let [share, limit_text] = [text::short(smallest / limit, 2), text::short(limit, 4)];
        let cause = format!("learning_rate {rate} is {share} × {name}'s limit {limit_text} (full batch)");
        return with_rate(view, cause, limit / 4.0, otherwise);
    }
    with_rate(view, format!("learning_rate {rate} is too high for {name}"), smallest / 10.0, otherwise)
}

fn unsettled(view: &View<'_>, rows: &[usize], best: usize, left: bool) -> Advice {
    let rate = rate_of(view, best);
    let below = tried(view, rows, best).into_iter().filter(|&other| other < rate).fold(0.0, f64::max);
    let rate_now = if below > 0.0 { (rate * below).sqrt() } else { rate / 10.0 };
    let what = match view.runs.cycle_period[best].filter(|_| view.runs.verdict[best] == Verdict::Cycling) {
        Some(period) => format!("it goes round a cycle of {} for ever", text::count(period as usize, "epoch")),
        None if left => "it was reached and left again".into(),
        None => "the steps pass it to and fro".into(),
    };
    let cause = format!("{what}, as learning_rate {} is too large to settle with batches so small", text::short(rate, 4));
    let full = view.batches(best) == 1;
    let cause = if full { format!("{what}: learning_rate {} is too large to settle", text::short(rate, 4)) } else { cause };
    with_rate(view, cause, rate_now, "Take a smaller learning_rate or a larger batch_size")
}

fn too_slow(view: &View<'_>, rows: &[usize], best: usize) -> Advice {
    let rate = rate_of(view, best);
    let larger = tried(view, rows, best).into_iter().any(|other| other > rate);
    let needed = view.limit(best).map_or_else(|| stride(view, best), |limit| limit / 4.0);
    if !larger && needed >= 2.0 * rate {
        let cause = format!("learning_rate {} is too small for {}", text::short(rate, 4), updates(view, best));
        return with_rate(view, cause, needed, "Take a larger learning_rate");
    }
    let epochs = view.level(best, Parameter::Epochs).number().unwrap_or(1.0);
    let more = (10.0 * epochs).min(EPOCHS_MAX as f64);
    Advice {
        cause: format!("{} are too few at learning_rate {}", updates(view, best), text::short(rate, 4)),
        remedy: view.experiment.override_for(Parameter::Epochs, &format!("{more}")),
        otherwise: "Take more epochs".into(),
    }
}

/// Adaptive steps are about as long as the rate: one with which half of the updates would have got there.
fn stride(view: &View<'_>, row: usize) -> f64 {
    let ([weight, bias], end) = (view.ground(row).optimum().unwrap_or_default(), view.end(row));
    let way = (end[0] - weight).abs().max((end[1] - bias).abs());
    2.0 * way / view.runs.steps[row].max(1) as f64
}

fn updates(view: &View<'_>, row: usize) -> String {
    text::count(view.runs.steps[row] as usize, "update")
}

fn with_rate(view: &View<'_>, cause: String, rate: f64, otherwise: &str) -> Advice {
    let remedy = view.experiment.override_for(Parameter::LearningRate, &digit(rate));
    Advice { cause, remedy, otherwise: otherwise.into() }
}

/// One significant digit, as TOML reads it.
fn digit(value: f64) -> String {
    let rounded: f64 = format!("{value:.0e}").parse().unwrap_or(value);
    if (1e-3..1e6).contains(&rounded) || rounded == 0.0 { format!("{rounded}") } else { format!("{rounded:e}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_written_with_one_digit() {
        assert_eq!([0.1875, 8.63e-6, 1.0, 0.25].map(digit), ["0.2", "9e-6", "1", "0.2"]);
    }
}
