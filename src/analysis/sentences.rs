//! Sentences that several captions share: the distance to the optimum, and the shape of the cost surface.

use super::cost_surface::CostSurface;
use super::ranking::Ranking;
use super::runs::Runs;
use crate::model::{Loss, Params, Problem, Verdict};
use crate::text;

/// From this condition number on, a problem counts as ill-conditioned: the valley of J is √κ times as long as it is wide.
pub const ILL_CONDITIONED: f64 = 100.0;

/// Whether a run is slow because of the shape of J: most of its excess lies in the flat direction of a long valley.
pub fn creeps_along_valley(runs: &Runs<'_>, row: usize) -> bool {
    let is_long = runs.surface(row).condition().is_some_and(|kappa| kappa >= ILL_CONDITIONED);
    runs.table.verdict[row] == Verdict::Slow && is_long && runs.valley_share(row) >= 0.5
}

/// `Both` or `All 10`, for several things.
pub fn all(count: usize) -> String {
    if count == 2 { "Both".into() } else { format!("All {}", text::grouped(count as u64)) }
}

/// How many of some things are drawn, such as `1 of 42 runs is drawn`.
pub fn drawn(shown: usize, all: usize, name: &str) -> String {
    format!("{} of {} {} drawn", text::grouped(shown as u64), text::count(all, name), if shown == 1 { "is" } else { "are" })
}

/// The sentence for a cost without a minimum.
pub fn no_minimum(problem: &Problem) -> &'static str {
    if problem.neuron.loss == Loss::Poisson && problem.neuron.activation.is_unbounded_below() {
        "J has no minimum: it falls without bound for negative predictions, for which poisson is not defined; an activation with positive values, \
         such as exponential, avoids them"
    } else {
        "J has no minimum: it keeps falling as |w| and |b| grow"
    }
}

/// The distance of the best run from its optimum, in one sentence for each loss.
pub fn distances(ranking: &Ranking<'_>) -> Vec<String> {
    let (runs, rows, best) = (&ranking.runs(), ranking.all_rows(), ranking.best_of_losses());
    if best.len() < 2 {
        return vec![distance(ranking)];
    }
    let of_loss = |&best: &usize| {
        let loss = runs.problem(best).neuron.loss;
        let own = rows.iter().filter(|&&row| runs.problem(row).neuron.loss == loss).count();
        format!("Loss {}: {}", loss.name(), distance_of(runs, best, own))
    };
    best.iter().map(of_loss).collect()
}

/// The distance of the best run from its optimum. The runs are of one loss.
pub fn distance(ranking: &Ranking<'_>) -> String {
    ranking.best().map_or_else(String::new, |best| distance_of(&ranking.runs(), best, ranking.all_rows().len()))
}

/// The distance of the best of `count` runs from its optimum.
fn distance_of(runs: &Runs<'_>, best: usize, count: usize) -> String {
    let surface = runs.surface(best);
    let optimum = text::loss(surface.minimum());
    if runs.excess(best).is_infinite() {
        let fate = if count == 1 { "The run diverges".into() } else { format!("{} runs diverge", all(count)) };
        return if surface.optimum().is_some() { format!("{fate}; the optimum is J* = {optimum}") } else { fate };
    }
    let subject = if count == 1 {
        "The run".into()
    } else {
        format!("The best of {}, run {} ({}),", text::count(count, "run"), runs.table.run[best], runs.name(best))
    };
    let Params([w, b]) = runs.end(best);
    let loss = text::loss(runs.loss(best));
    let Some(Params([weight, bias])) = surface.optimum() else {
        return format!("{subject} ends at J = {loss}, w = {}, b = {}", text::loss(w), text::loss(b));
    };
    if runs.excess(best) < 5e-4 * surface.minimum().abs() {
        return format!("{subject} reaches the optimum, J = {loss}");
    }
    if runs.table.verdict[best] == Verdict::Converged {
        return format!("{subject} reaches the optimum: it ends at J = {loss}, where J* = {optimum}");
    }
    let [dw, db] = [w - weight, b - bias].map(|difference| text::significant(difference.abs(), 3));
    let reference = if surface.is_perfect_fit() || surface.minimum() < 0.0 {
        format!("where the optimum is J* = {optimum}")
    } else {
        format!("{} × the optimum J* = {optimum}", text::ratio(runs.loss(best) / surface.minimum()))
    };
    format!("{subject} ends at J = {loss}, {reference}; the distance is {dw} in w and {db} in b")
}

/// The shape of the cost surface around the optimum of a run's problem, with its cause.
pub fn valley(runs: &Runs<'_>, row: usize) -> String {
    let (problem, surface) = (runs.problem(row), runs.surface(row));
    if surface.optimum().is_none() {
        return no_minimum(problem).into();
    }
    match surface.condition() {
        Some(kappa) if kappa >= ILL_CONDITIONED => {
            let is_curable = matches!(surface, CostSurface::Quadratic(_)) && problem.scale != "standard";
            let cure = if is_curable { "; standardising the feature makes it round" } else { "" };
            let [kappa, ratio] = [text::condition(kappa), text::ratio(kappa.sqrt())];
            format!("The valley of J is {ratio} times as long as it is wide (condition number κ = {kappa}){cure}")
        }
        Some(kappa) => {
            let shape = match kappa.sqrt() {
                ratio if ratio < 1.05 => "as long as it is wide".into(),
                ratio => format!("{} times as long as it is wide", text::ratio(ratio)),
            };
            format!("The valley of J is {shape} (condition number κ = {})", text::condition(kappa))
        }
        None if matches!(surface, CostSurface::Quadratic(_)) => "The feature is constant, so every point of a line is an optimum".into(),
        None => "J has a kink or a flat direction at its optimum".into(),
    }
}
