//! The top of the page: what was trained, the conclusion with its reason and remedy, and the verdicts, in words for a reader who knows Keras.

use super::contents::Report;
use crate::analysis::{ModelDiagnosis, Recommendation};
use crate::model::{Problem, Verdict};
use crate::text;

/// The config in the run directory, with its copy of the data.
const CONFIG: &str = "sweep.toml --set data.path=data.csv";

/// The largest number of lines of a comment that the page shows.
const COMMENT_LINES: usize = 20;

/// From this condition number on, scaling is worth an explanation.
const NARROW_VALLEY: f64 = 1e3;

/// The conclusion on a model.
pub struct Finding<'a> {
    /// One or two sentences, without a full stop.
    pub conclusion: &'a str,
    /// The reason why the raw feature makes training slow; `None` if that is not the problem.
    pub reason: Option<String>,
    /// The change that helps.
    pub help: Option<Help<'a>>,
}

/// A change of the config that helps.
pub struct Help<'a> {
    /// The changes in words.
    pub changes: &'a str,
    /// The expected result, a clause.
    pub outcome: String,
    /// The command for the run directory; `None` if no argument makes the changes.
    pub command: Option<String>,
}

/// The trained model and the meaning of J in terms of Keras.
pub fn model_in_words(report: &Report<'_>) -> String {
    let all = &report.problems.all;
    let Some(first) = all.first() else { return String::new() };
    let shared = |value: fn(&Problem) -> &'static str| {
        let own = value(first);
        all.iter().all(|problem| value(problem) == own).then_some(own)
    };
    let format = &report.experiment.data.format;
    let sum = format!("w · {}{}", format.feature, if first.neuron.use_bias { " + b" } else { "" });
    let prediction = match shared(|problem| problem.neuron.activation.name()) {
        Some("linear") => sum,
        Some(activation) => format!("{activation}({sum})"),
        None => format!("φ({sum})"),
    };
    let scale = match shared(|problem| problem.scale) {
        Some("standard") => format!(", with {} standardised", format.feature),
        Some("min_max") => format!(", with {} scaled to 0 … 1", format.feature),
        _ => String::new(),
    };
    let loss = shared(|problem| problem.neuron.loss.name()).map_or_else(String::new, |loss| format!(" ({loss})"));
    let rows = text::grouped(first.train.len() as u64);
    format!(
        "The model is one Dense(1) neuron of Keras: {} ≈ {prediction}{scale}. J is the loss{loss} over all {rows} training rows, and J* the lowest J \
         that any w and b give.{}",
        format.target,
        end_in_words(report)
    )
}

/// The end of the only run of a sweep; empty for more runs.
fn end_in_words(report: &Report<'_>) -> String {
    let runs = report.runs;
    let (&[loss], &[weight], &[bias]) = (&runs.train_loss[..], &runs.weight[..], &runs.bias[..]) else { return String::new() };
    if !loss.is_finite() {
        return String::new();
    }
    let short = |value: f32| text::significant(f64::from(value), 4);
    format!(" The last update ends at J = {}, with w = {} and b = {}.", text::loss(f64::from(loss)), short(weight), short(bias))
}

/// The conclusions, one for each model.
pub fn findings<'a>(report: &Report<'a>) -> Vec<Finding<'a>> {
    let models = &report.diagnosis.models;
    models
        .iter()
        .map(|model| Finding {
            conclusion: &model.conclusion,
            reason: valley_in_words(report, model),
            help: model.remedy.as_ref().map(help),
        })
        .collect()
}

fn help(remedy: &Recommendation) -> Help<'_> {
    let command = (!remedy.set.is_empty()).then(|| remedy.command(CONFIG));
    Help { changes: &remedy.changes, outcome: remedy.outcome(), command }
}

/// Why the raw feature makes training slow, if the remedy scales it.
fn valley_in_words(report: &Report<'_>, model: &ModelDiagnosis) -> Option<String> {
    let scales = model.remedy.as_ref()?.set.iter().any(|set| set.contains("data.scale"));
    let condition = model.optima.iter().find_map(|optimum| optimum.condition)?;
    let problem = report.problems.all.iter().find(|problem| problem.scale == "none")?;
    if !scales || condition < NARROW_VALLEY {
        return None;
    }
    let feature = &report.experiment.data.format.feature;
    Some(format!(
        "The raw values of {feature} have mean {} and standard deviation {}, so a small change of the weight moves every prediction far, and an equal \
         change of the bias hardly at all: J is a narrow valley over w and b. At equal distances from the optimum, J − J* is {} times as large across the \
         valley as along it. {}, so J seems to have settled long before the optimum. Standardising the feature, as keras.layers.Normalization does, makes the valley round.",
        text::short(problem.quadratic.mean_x, 3),
        text::short(libm::sqrt(problem.quadratic.var_x), 3),
        text::condition(condition),
        slowness(model)?,
    ))
}

/// Why the best run of a model is slow in a narrow valley, as a property of its optimizer.
fn slowness(model: &ModelDiagnosis) -> Option<String> {
    let optimizer = model.remedy.as_ref()?.setting.split(' ').next()?;
    let optimum = model.optima.iter().find_map(|optimum| optimum.parameters)?;
    Some(match optimizer {
        "sgd" => "Steps that are small enough for the steep direction make almost no progress along the valley".into(),
        "rmsprop" | "adam" | "adamw" | "adamax" | "nadam" | "lion" => format!(
            "An update of {optimizer} moves weight and bias alike, by about the learning rate, but the optimum is at w = {} and b = {}: a rate that is \
             small enough for the weight takes the bias many updates",
            text::short(optimum.weight(), 3),
            text::short(optimum.bias(), 3),
        ),
        _ => "Updates that suit the weight make almost no progress along the valley".into(),
    })
}

/// The runs of a verdict.
pub struct VerdictCount {
    /// Number and verdict, such as `3 converged`.
    pub count: String,
    /// The meaning of the verdict.
    pub meaning: &'static str,
    /// The number of the first of these runs, if the sweep has several runs.
    pub example: Option<u64>,
}

/// The verdicts that occur.
pub fn verdicts(report: &Report<'_>) -> Vec<VerdictCount> {
    let found = report.diagnosis.counts.iter().filter(|(_, count)| *count > 0);
    let verdict = |&(name, count): &(&str, u64)| {
        let verdict = Verdict::from_name(name)?;
        let row = report.runs.verdict.iter().position(|own| *own == verdict);
        let example = row.filter(|_| report.diagnosis.runs > 1).map(|row| report.runs.run[row]);
        Some(VerdictCount { count: format!("{} {name}", text::grouped(count)), meaning: meaning(verdict), example })
    };
    found.filter_map(verdict).collect()
}

/// The comment at the beginning of a config, without its marks; paragraphs are separated by empty lines.
pub fn leading_comment(config: &str) -> Vec<String> {
    let lines = config.lines().map_while(|line| line.strip_prefix('#'));
    let text: String = lines.flat_map(|line| [line.strip_prefix(' ').unwrap_or(line), "\n"]).take(2 * COMMENT_LINES).collect();
    text.split("\n\n").map(|paragraph| paragraph.trim_end().to_owned()).filter(|paragraph| !paragraph.is_empty()).collect()
}

/// The meaning of a verdict.
fn meaning(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Diverged => "weight or bias grew out of all bounds",
        Verdict::Converged => "ended at the optimum: J is at most 1 % above J*",
        Verdict::Cycling => "weight and bias repeat the same few values from epoch to epoch",
        Verdict::Overshooting => "J ended above its initial value",
        Verdict::Noisy => "mini-batches keep weight and bias moving about the optimum",
        Verdict::Oscillating => "weight and bias jump about the optimum, though every batch has all rows",
        Verdict::Stuck => "weight and bias stopped changing before the optimum",
        Verdict::Slow => "still on the way to the optimum when training ended",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_leading_comment_ends_at_the_first_other_line() {
        let config = "# Why?\n# Because.\n#\n#     gradsweep run x.toml\n\nname = \"x\"\n# later\n";
        assert_eq!(leading_comment(config), ["Why?\nBecause.", "    gradsweep run x.toml"]);
        assert!(leading_comment("name = 1 # x\n").is_empty());
    }
}
