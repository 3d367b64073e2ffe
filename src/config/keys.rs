//! The keys of a config: one table of them, aliases, and the search for the key that was probably meant.
//!
//! Hyperparameters come from `model::hyperparameters::TABLE` and are not repeated here. Values are read elsewhere.

use crate::model::hyperparameters::TABLE;
use crate::model::{Optimizer, Parameter, ParameterTable};

/// A kind of table in a config.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableKind {
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
    /// A range of values instead of a list.
    Range,
    /// An optimizer with arguments instead of a name.
    OptimizerTable,
}

use TableKind::{
    Data, History, HistoryRuns, Model, OptimizerTable, Parameters, Range, Rng, Schedule, Surface, SurfaceAxis, Sweep, Top, Training,
};

impl TableKind {
    /// The table with its preposition, for messages: "in [data]".
    pub fn phrase(self) -> String {
        if self == Top { "at the top of the config".into() } else { format!("in {}", self.name()) }
    }

    /// The name of the table, for messages.
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

/// Every key that is not a hyperparameter.
const KEYS: &[(TableKind, &[&str])] = &[
    (Top, &["name", "rng", "data", "model", "training", "sweep", "history", "surface"]),
    (Data, &["path", "feature", "target", "positive", "missing", "delimiter", "decimal", "test_size", "train_rows", "test_rows"]),
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
    (Range, &["value", "values", "probabilities", "min", "max", "count", "step", "q", "distribution", "mu", "sigma"]),
    (OptimizerTable, &["name"]),
];

/// Keys of Keras, W&B and Optuna that Gradsweep does not support.
pub const UNSUPPORTED: &[(TableKind, &[&str])] = &[(Training, BASE_CLASS), (OptimizerTable, BASE_CLASS)];

const BASE_CLASS: &[&str] = &["loss_scale_factor"];

/// Common names from other tools, each with the key that it stands for.
pub const ALIASES: &[(&str, &str)] = &[
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
    ("mean", "mu"),
    ("std", "sigma"),
    ("stddev", "sigma"),
    ("weights", "probabilities"),
    ("file", "path"),
    ("csv", "path"),
    ("x", "feature"),
    ("input", "feature"),
    ("features", "feature"),
    ("column", "feature"),
    ("y", "target"),
    ("output", "target"),
    ("label", "target"),
    ("positive_class", "positive"),
    ("pos_label", "positive"),
    ("sep", "delimiter"),
    ("separator", "delimiter"),
    ("na", "missing"),
    ("dropna", "missing"),
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

/// Whether a table's name may qualify a hyperparameter in `[sweep.parameters]`.
pub fn is_qualifier(table: &str) -> bool {
    [ParameterTable::Data, ParameterTable::Model, ParameterTable::Training, ParameterTable::Schedule, ParameterTable::Rng]
        .into_iter()
        .any(|own| table_name(own) == table)
}

fn table_name(table: ParameterTable) -> &'static str {
    match table {
        ParameterTable::Data => "data",
        ParameterTable::Model => "model",
        ParameterTable::Training => "training",
        ParameterTable::Schedule => "schedule",
        ParameterTable::Rng => "rng",
    }
}

/// The name of a hyperparameter with its table, such as `training.epochs`.
pub fn qualified(parameter: Parameter) -> String {
    format!("{}.{}", table_name(parameter.facts().table), parameter.facts().name)
}

/// The canonical form of a key of `[sweep.parameters]`: `training.learning_rate` becomes `learning_rate`. Unknown keys stay
/// unchanged.
pub fn canonical(key: &str) -> String {
    swept(key).map_or_else(|| key.to_string(), |parameter| parameter.key().to_string())
}

/// The hyperparameter of a key of `[sweep.parameters]`, with or without its table.
pub fn swept(key: &str) -> Option<Parameter> {
    Parameter::all().find(|&parameter| parameter.key() == key || qualified(parameter) == key)
}

/// The hyperparameter of that name in a table of the config.
pub fn in_table(table: ParameterTable, name: &str) -> Option<Parameter> {
    TABLE.iter().find(|line| line.table == table && line.name == name).map(|line| line.parameter)
}

/// Every key of a table, including the arguments of `optimizer`.
pub fn known(section: TableKind, optimizer: Option<Optimizer>) -> Vec<&'static str> {
    let own = KEYS.iter().filter(|(of, _)| *of == section).flat_map(|(_, keys)| keys.iter().copied());
    let names = |table: ParameterTable| TABLE.iter().filter(move |line| line.table == table).map(|line| line.name).collect::<Vec<_>>();
    let hyperparameters = match section {
        Data => names(ParameterTable::Data),
        Model => names(ParameterTable::Model),
        Training => names(ParameterTable::Training),
        Rng => names(ParameterTable::Rng),
        Schedule => names(ParameterTable::Schedule),
        Parameters => Parameter::all().map(Parameter::key).collect(),
        OptimizerTable => {
            let arguments = |optimizer: Optimizer| Parameter::all().filter(move |own| optimizer.has(*own)).map(|own| own.facts().name);
            optimizer.map_or_else(Vec::new, |optimizer| arguments(optimizer).collect())
        }
        Top | Sweep | History | HistoryRuns | Surface | SurfaceAxis | Range => Vec::new(),
    };
    own.chain(hyperparameters).collect()
}

/// The most similar of `words`, by Jaro-Winkler similarity of at least 0.8. Long words are similar to none, because the time grows with the length.
pub fn nearest<'a>(word: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const LONGEST: usize = 100;
    if word.len() > LONGEST {
        return None;
    }
    let lower = word.to_lowercase();
    words
        .into_iter()
        .filter(|candidate| candidate.len() <= LONGEST)
        .map(|candidate| (strsim::jaro_winkler(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(similarity, _)| *similarity >= 0.8)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}

/// The key that was probably meant.
pub fn meant(key: &str, candidates: &[&'static str]) -> Option<&'static str> {
    let alias = ALIASES.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(key)).map(|&(_, meant)| meant);
    // In [sweep.parameters] names may be qualified: `scale` stands for `data.scale`.
    let names = |meant: &str| candidates.iter().copied().find(|known| *known == meant || known.ends_with(&format!(".{meant}")));
    alias.and_then(names).or_else(|| names(key)).or_else(|| nearest(key, candidates.iter().copied()))
}

/// A key of `[sweep.parameters]` in TOML, quoted if it contains a dot.
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
            keys.extend(UNSUPPORTED.iter().filter(|(of, _)| of == section).flat_map(|(_, keys)| keys.iter().copied()));
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
            // In other tables an alias may be a key: `alpha` of a schedule.
            let own = KEYS.iter().map(|(section, _)| known(*section, None)).find(|keys| keys.contains(alias) && keys.contains(meant));
            assert!(own.is_none(), "{alias} and {meant} are keys of one table");
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
