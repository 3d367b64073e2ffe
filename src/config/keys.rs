//! Which keys there are: one table, and the way from a wrong key to the right one.
//!
//! Hyperparameters come from `model::hyperparameters::TABLE` and are not repeated here. This file does not know values.

use crate::model::hyperparameters::{TABLE, Table as Home};
use crate::model::{Optimizer, Parameter};

use super::mistake::{Mistake, Place};
use super::raw::Table;

/// A table of the config, by its name in messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    Top,
    Data,
    Model,
    Training,
    Sweep,
    Parameters,
    History,
    HistoryRuns,
    Surface,
    SurfaceAxis,
    Rng,
    Schedule,
    /// A table in place of a list of values.
    Range,
    /// A table in place of an optimizer's name.
    OptimizerTable,
}

use Section::{
    Data, History, HistoryRuns, Model, OptimizerTable, Parameters, Range, Rng, Schedule, Surface, SurfaceAxis, Sweep, Top, Training,
};

impl Section {
    /// For messages, after "known" or "unknown key .. ".
    fn place(self) -> String {
        if self == Top { "at the top of the config".into() } else { format!("in {}", self.name()) }
    }

    /// For messages.
    pub fn name(self) -> &'static str {
        match self {
            Top => "the config",
            Data => "[data]",
            Model => "[model]",
            Training => "[training]",
            Sweep => "[sweep]",
            Parameters => "[sweep.parameters]",
            History => "[history]",
            HistoryRuns => "history.runs",
            Surface => "[surface]",
            SurfaceAxis => "an axis of [surface]",
            Rng => "rng",
            Schedule => "[training.schedule]",
            Range => "a range of values",
            OptimizerTable => "an optimizer's table",
        }
    }
}

/// Every key that is no hyperparameter.
const KEYS: &[(Section, &[&str])] = &[
    (Top, &["name", "rng", "data", "model", "training", "sweep", "history", "surface"]),
    (Data, &["path", "feature", "target", "test_size", "train_rows", "test_rows"]),
    (Model, &[]),
    (Training, &["schedule"]),
    (Schedule, &["boundaries", "values"]),
    (Sweep, &["method", "runs", "seed", "parameters"]),
    (Parameters, &[]),
    (History, &["every", "runs", "epochs"]),
    (HistoryRuns, &["best", "sample"]),
    (Surface, &["weight", "bias", "rows"]),
    (SurfaceAxis, &["min", "max", "count"]),
    (Rng, &["name"]),
    (Range, &["value", "values", "min", "max", "count", "step", "distribution"]),
    (OptimizerTable, &["name"]),
];

/// Keys that Keras, W&B or Optuna have and this version does not.
pub const LATER: &[(Section, &[&str])] =
    &[(Training, BASE_CLASS), (OptimizerTable, BASE_CLASS), (Range, &["q", "mu", "sigma", "mean", "stddev", "probabilities"])];

const BASE_CLASS: &[&str] = &["loss_scale_factor"];

/// What people write, and the key that they mean.
const ALIASES: &[(&str, &str)] = &[
    ("lr", "learning_rate"),
    ("rate", "learning_rate"),
    ("eta", "learning_rate"),
    ("alpha", "learning_rate"),
    ("step_size", "learning_rate"),
    ("bs", "batch_size"),
    ("batch", "batch_size"),
    ("mini_batch", "batch_size"),
    ("epoch", "epochs"),
    ("n_epochs", "epochs"),
    ("num_epochs", "epochs"),
    ("opt", "optimizer"),
    ("beta1", "beta_1"),
    ("beta2", "beta_2"),
    ("betas", "beta_1"),
    ("eps", "epsilon"),
    ("alpha_rms", "rho"),
    ("decay_rate", "rho"),
    ("run_cap", "runs"),
    ("n_trials", "runs"),
    ("num_samples", "runs"),
    ("n_runs", "runs"),
    ("max_runs", "runs"),
    ("low", "min"),
    ("lower", "min"),
    ("start", "min"),
    ("from", "min"),
    ("high", "max"),
    ("upper", "max"),
    ("stop", "max"),
    ("end", "max"),
    ("to", "max"),
    ("num", "count"),
    ("n", "count"),
    ("points", "count"),
    ("steps", "count"),
    ("log", "distribution"),
    ("choices", "values"),
    ("file", "path"),
    ("csv", "path"),
    ("x", "feature"),
    ("input", "feature"),
    ("features", "feature"),
    ("column", "feature"),
    ("y", "target"),
    ("output", "target"),
    ("label", "target"),
    ("validation_split", "test_size"),
    ("test_split", "test_size"),
    ("random_state", "seed"),
    ("scaling", "scale"),
    ("scaler", "scale"),
    ("normalize", "scale"),
    ("standardize", "scale"),
    ("w0", "initial_weight"),
    ("weight_init", "initial_weight"),
    ("kernel_initializer", "initial_weight"),
    ("b0", "initial_bias"),
    ("bias_initializer", "initial_bias"),
    ("parameter", "parameters"),
    ("params", "parameters"),
    ("train", "training"),
    ("dataset", "data"),
];

/// Whether a table's name may stand before a hyperparameter's in [sweep.parameters].
pub fn is_qualifier(table: &str) -> bool {
    [Home::Data, Home::Model, Home::Training, Home::Schedule, Home::Rng].into_iter().any(|home| home_name(home) == table)
}

fn home_name(home: Home) -> &'static str {
    match home {
        Home::Data => "data",
        Home::Model => "model",
        Home::Training => "training",
        Home::Schedule => "schedule",
        Home::Rng => "rng",
    }
}

/// `training.epochs` and the like: table and name.
pub fn qualified(parameter: Parameter) -> String {
    format!("{}.{}", home_name(parameter.facts().table), parameter.facts().name)
}

/// A key of [sweep.parameters] in the one form in which it is compared: `training.learning_rate` is `learning_rate`. Others stay
/// as they are.
pub fn canonical(key: &str) -> String {
    swept(key).map_or_else(|| key.to_string(), |parameter| parameter.key().to_string())
}

/// The hyperparameter that a key of [sweep.parameters] names, with or without its table.
pub fn swept(key: &str) -> Option<Parameter> {
    Parameter::all().find(|&parameter| parameter.key() == key || qualified(parameter) == key)
}

/// The hyperparameter of that name in a table of the config.
pub fn in_table(home: Home, name: &str) -> Option<Parameter> {
    TABLE.iter().find(|line| line.table == home && line.name == name).map(|line| line.parameter)
}

/// Every key of a section.
pub fn known(section: Section, optimizer: Option<Optimizer>) -> Vec<&'static str> {
    let own = KEYS.iter().filter(|(of, _)| *of == section).flat_map(|(_, keys)| keys.iter().copied());
    let home = |home: Home| TABLE.iter().filter(move |line| line.table == home).map(|line| line.name).collect::<Vec<_>>();
    let hyperparameters = match section {
        Data => home(Home::Data),
        Model => home(Home::Model),
        Training => home(Home::Training),
        Rng => home(Home::Rng),
        Schedule => home(Home::Schedule),
        Parameters => Parameter::all().map(Parameter::key).collect(),
        OptimizerTable => {
            let arguments = |optimizer: Optimizer| Parameter::all().filter(move |own| optimizer.has(*own)).map(|own| own.facts().name);
            optimizer.map_or_else(Vec::new, |optimizer| arguments(optimizer).collect())
        }
        Top | Sweep | History | HistoryRuns | Surface | SurfaceAxis | Range => Vec::new(),
    };
    own.chain(hyperparameters).collect()
}

/// The word of `words` that is nearest to `word`, if it is near enough to be meant.
pub fn nearest<'a>(word: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    words
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(similarity, _)| *similarity >= 0.8)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}

/// The key that was probably meant.
fn meant(key: &str, candidates: &[&'static str]) -> Option<&'static str> {
    let alias = ALIASES.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(key)).map(|&(_, meant)| meant);
    // In [sweep.parameters] names may be qualified: what is meant by `scale` is `data.scale`.
    let names = |meant: &str| candidates.iter().copied().find(|known| *known == meant || known.ends_with(&format!(".{meant}")));
    alias.and_then(names).or_else(|| names(key)).or_else(|| nearest(key, candidates.iter().copied()))
}

/// The mistakes among the keys of a table, and the keys that were probably meant by them: those need not be missed as well.
pub fn check(table: &Table, section: Section) -> (Vec<Mistake>, Vec<&'static str>) {
    let known = known(section, None);
    let wrong = table.0.iter().filter(|entry| !known.contains(&entry.key.as_str()));
    let (mistakes, meant): (Vec<_>, Vec<_>) = wrong.map(|entry| unknown(&entry.key, &entry.place, section, None)).unzip();
    (mistakes, meant.into_iter().flatten().collect())
}

/// A key that a section does not have, and the one that was probably meant.
pub fn unknown(key: &str, place: &Place, section: Section, optimizer: Option<Optimizer>) -> (Mistake, Option<&'static str>) {
    let known = known(section, optimizer);
    let list = list(section, &known);
    if LATER.iter().any(|(of, keys)| *of == section && keys.contains(&key)) {
        let mistake = Mistake::at(place, format!("`{key}` is not in this version of gradsweep")).label("not supported yet");
        return (mistake.help("remove it").note(list), None);
    }
    if section == Parameters && key == "seed" {
        return (ambiguous_seed(place), None);
    }
    let guess = meant(key, &known);
    let mistake = Mistake::at(place, format!("unknown key `{key}` {}", section.place())).label("no such key");
    let mistake = match advice(key, section, guess) {
        Some(advice) => mistake.help(advice),
        None => mistake.note(list),
    };
    let of_a_grid = section == Sweep && guess == Some("runs");
    (if of_a_grid { mistake.note("it is for sampled methods; a grid has as many runs as its axes multiply to") } else { mistake }, guess)
}

/// The known keys of a section in words; arguments of optimizers are too many to be named.
fn list(section: Section, known: &[&str]) -> String {
    if !matches!(section, Training | Parameters) {
        return format!("known {}: {}", section.place(), known.join(", "));
    }
    let argument = |key: &&&str| swept(key).is_some_and(super::optimizers::is_argument);
    let others: Vec<&str> = known.iter().filter(|key| !argument(key)).copied().collect();
    format!("known {}: {}, and arguments of optimizers such as learning_rate", section.place(), others.join(", "))
}

fn ambiguous_seed(place: &Place) -> Mistake {
    Mistake::at(place, "`seed` is ambiguous in [sweep.parameters]")
        .label("the seed of what?")
        .help("write \"training.seed\" (batch order and drawn start) or \"data.seed\" (split)")
        .note("each seed moves only its own thing; with rng = \"numpy_legacy\" there is one, \"rng.seed\"")
}

/// What to write instead of an unknown key, where that can be guessed.
fn advice(key: &str, section: Section, guess: Option<&'static str>) -> Option<String> {
    if let Some(guess) = guess {
        return Some(if guess.contains('.') { format!("did you mean \"{guess}\"?") } else { format!("did you mean `{guess}`?") });
    }
    // Not of this table: perhaps of another.
    let meant = ALIASES.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(key)).map_or(key, |&(_, meant)| meant);
    let home = [Data, Model, Training, Sweep, History, Surface, Top]
        .into_iter()
        .find(|&other| other != section && known(other, None).contains(&meant))?;
    Some(if meant == key {
        format!("`{key}` belongs {}", home.place())
    } else {
        format!("did you mean `{meant}`? It belongs {}", home.place())
    })
}

/// A key of [sweep.parameters] as TOML has it.
pub fn quoted(key: &str) -> String {
    if key.contains('.') { format!("\"{key}\"") } else { key.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_stands_twice_in_a_section_and_none_is_both_known_and_later() {
        for (section, _) in KEYS {
            let mut keys = known(*section, None);
            keys.extend(LATER.iter().filter(|(of, _)| of == section).flat_map(|(_, keys)| keys.iter().copied()));
            let count = keys.len();
            keys.sort_unstable();
            keys.dedup();
            assert_eq!(keys.len(), count, "{section:?}");
        }
    }

    #[test]
    fn every_alias_leads_to_a_known_key_and_is_none_itself_there() {
        let all: Vec<&str> = KEYS.iter().flat_map(|(section, _)| known(*section, None)).chain(TABLE.iter().map(|line| line.name)).collect();
        for (alias, meant) in ALIASES {
            assert!(all.contains(meant), "{alias} -> {meant}");
            // Elsewhere it may be a key: `alpha` of a schedule.
            let own = KEYS.iter().map(|(section, _)| known(*section, None)).find(|keys| keys.contains(alias) && keys.contains(meant));
            assert!(own.is_none(), "{alias} is a key beside {meant}");
        }
    }

    #[test]
    fn near_misses_find_their_key() {
        for (wrong, right) in
            [("learning_rte", "learning_rate"), ("batchsize", "batch_size"), ("epohcs", "epochs"), ("lr", "learning_rate")]
        {
            assert_eq!(meant(wrong, &known(Training, None)), Some(right), "{wrong}");
        }
        for wrong in ["run_cap", "n_trials", "num_samples"] {
            assert_eq!(meant(wrong, &known(Sweep, None)), Some("runs"), "{wrong}");
        }
        assert_eq!(meant("scale", &known(Parameters, None)), Some("data.scale"));
        assert_eq!(meant("zzz", &known(Training, None)), None);
    }
}
