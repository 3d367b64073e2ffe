//! The keys of a config: one table of them, aliases, and the search for the key that was probably meant.
//!
//! Hyperparameters come from `model::hyperparameters::TABLE` and are not repeated here. Values are read elsewhere.

use crate::model::hyperparameters::{DIVERGENCE_LIMIT, TABLE};
use crate::model::{Kind, Optimizer, Parameter, ParameterTable};

/// A kind of table in a config.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "`name` has the table of each variant")]
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

/// A key that is not a hyperparameter.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// The name of the key.
    pub name: &'static str,
    /// The values that it accepts.
    pub accepts: Accepts,
    /// The default as TOML or in words; [`REQUIRED`] for a key that a table needs, empty for a key that has none.
    pub default: &'static str,
    /// Explanation for users.
    pub meaning: &'static str,
}

impl Key {
    /// The default in a sentence.
    pub fn default_text(&self) -> String {
        if self.default == REQUIRED { REQUIRED.into() } else { format!("default: {}", self.default) }
    }
}

/// The default of a key without which its table is incomplete.
pub const REQUIRED: &str = "required";

/// The values that a key accepts.
#[derive(Clone, Copy, Debug)]
pub enum Accepts {
    /// A text that is not empty.
    Text,
    /// One of these words.
    Words(&'static [&'static str]),
    /// The name of a distribution.
    Distribution,
    /// A number or a boolean with its bounds.
    Number(Kind),
    /// A table of the config.
    Table(TableKind),
    /// A list with at least one item.
    List(&'static Accepts),
    /// One of several types.
    Either(&'static [Accepts]),
    /// A value of the hyperparameter whose range it is.
    Swept,
    /// A number within the bounds of the hyperparameter whose range it is.
    SweptNumber,
}

const fn key(name: &'static str, accepts: Accepts, default: &'static str, meaning: &'static str) -> Key {
    Key { name, accepts, default, meaning }
}

/// An integer of at least `min`.
const fn at_least(min: i64) -> Accepts {
    Accepts::Number(Kind::Integer { min, max: i64::MAX })
}

const NUMBER: Accepts = Accepts::Number(Kind::Float { min: f64::MIN, min_open: false, max: f64::MAX, max_open: false });
const ABOVE_0: Accepts = Accepts::Number(Kind::Float { min: 0.0, min_open: true, max: f64::MAX, max_open: false });
const ROW: Accepts = Accepts::Number(Kind::Integer { min: 0, max: u32::MAX as i64 });
const ROWS: Accepts = Accepts::Either(&[Accepts::Text, Accepts::List(&ROW)]);
const END: Accepts = Accepts::Number(Kind::Float { min: -DIVERGENCE_LIMIT, min_open: false, max: DIVERGENCE_LIMIT, max_open: false });

/// Every key that is not a hyperparameter.
pub const KEYS: &[(TableKind, &[Key])] = &[
    (
        Top,
        &[
            key("name", Accepts::Text, "the name of the file", "the name of the sweep and of its run directory"),
            key(
                "rng",
                Accepts::Either(&[Accepts::Words(GENERATORS), Accepts::Table(Rng)]),
                "Threefry, a counter-based generator",
                "the generator of splits and batch orders; numpy_legacy reproduces notebooks of Keras 2",
            ),
            key("data", Accepts::Table(Data), REQUIRED, "the data file, its columns and its test rows"),
            key("model", Accepts::Table(Model), "", "the neuron and its loss"),
            key("training", Accepts::Table(Training), "", "the settings of all runs, unless [sweep.parameters] varies them"),
            key("sweep", Accepts::Table(Sweep), "one run", "which hyperparameters vary, and how"),
            key("history", Accepts::Table(History), "", "which points of a run are stored"),
            key("surface", Accepts::Table(Surface), "as the pictures need it", "the stored values of the cost J(w, b)"),
        ],
    ),
    (
        Data,
        &[
            key("path", Accepts::Text, REQUIRED, "the CSV file, relative to the config"),
            key("feature", Accepts::Text, REQUIRED, "the input column x"),
            key("target", Accepts::Text, REQUIRED, "the column y that the neuron predicts"),
            key("positive", Accepts::Text, "the target is a number", "the text of the target that is 1; the other text is 0"),
            key("missing", Accepts::Words(&["refuse", "drop"]), "\"refuse\"", "what happens to rows without a feature or a target"),
            key("delimiter", Accepts::Text, "\",\"", "the ASCII character between cells"),
            key("decimal", Accepts::Words(&[".", ","]), "\".\"", "the decimal sign"),
            key(
                "test_size",
                Accepts::Either(&[Accepts::Number(Kind::Float { min: 0.0, min_open: false, max: 1.0, max_open: true }), at_least(0)]),
                "0",
                "the share or the number of test rows",
            ),
            key("train_rows", ROWS, "all other rows", "the training rows: \"start..end\", counted from 0, without the end; or a list"),
            key("test_rows", ROWS, "none", "the test rows, written as train_rows"),
        ],
    ),
    (Model, &[]),
    (Training, &[key("schedule", Accepts::Table(Schedule), "a constant rate", "how the learning rate changes from batch to batch")]),
    (
        Schedule,
        &[
            key("boundaries", Accepts::List(&ROW), "", "batch numbers, counted from 0 over all epochs, of piecewise_constant_decay"),
            key("values", Accepts::List(&Accepts::Number(RATE)), "", "one rate more than boundaries, of piecewise_constant_decay"),
        ],
    ),
    (
        Sweep,
        &[
            key("method", Accepts::Words(&METHODS), "\"grid\"", "how runs are chosen"),
            key("runs", at_least(1), "required unless the method is grid", "the number of runs of a sampled sweep"),
            key("seed", ROW, "0", "the seed of the drawn settings"),
            key("parameters", Accepts::Table(Parameters), "one run", "the hyperparameters that vary"),
        ],
    ),
    (Parameters, &[]),
    (
        History,
        &[
            key("every", at_least(0), "1", "weight and bias are stored after every n-th batch; 0 stores none"),
            key(
                "runs",
                Accepts::Either(&[Accepts::Words(&["all"]), Accepts::List(&at_least(0)), Accepts::Table(HistoryRuns)]),
                "by the size of the sweep",
                "the runs whose points are stored",
            ),
            key("epochs", Accepts::Number(Kind::Boolean), "by the size of the sweep", "whether loss and MAE after each epoch are stored"),
        ],
    ),
    (
        HistoryRuns,
        &[
            key("best", at_least(1), "", "the number of runs with the lowest final cost"),
            key("sample", at_least(1), "", "the number of runs, evenly spaced"),
        ],
    ),
    (
        Surface,
        &[
            key("weight", Accepts::Table(SurfaceAxis), "fitted to the runs", "the axis of the weight"),
            key("bias", Accepts::Table(SurfaceAxis), "fitted to the runs", "the axis of the bias"),
            key("rows", Accepts::Words(&["train", "test", "all"]), "\"train\"", "the rows over which J is taken"),
        ],
    ),
    (
        SurfaceAxis,
        &[
            key("min", END, REQUIRED, "the lower end"),
            key("max", END, REQUIRED, "the upper end, above min"),
            key("count", Accepts::Number(Kind::Integer { min: 2, max: CELLS_MAX }), REQUIRED, "the number of values along the axis"),
        ],
    ),
    (Rng, &[key("name", Accepts::Words(GENERATORS), REQUIRED, "the generator")]),
    (
        Range,
        &[
            key("value", Accepts::Swept, "", "a single value"),
            key("values", Accepts::List(&Accepts::Swept), "", "the values, instead of a range"),
            key("probabilities", Accepts::List(&PROBABILITY), "equal", "one for each of values, in a sampled sweep"),
            key("min", Accepts::SweptNumber, "", "the smallest value, included"),
            key("max", Accepts::SweptNumber, "", "the largest value, included"),
            key("count", at_least(1), "", "the number of values in a grid"),
            key("step", ABOVE_0, "1 for integers", "the distance of values, from min on"),
            key("q", ABOVE_0, "", "drawn values are rounded to multiples of q"),
            key("distribution", Accepts::Distribution, "\"uniform\"", "the spacing in a grid, or the distribution of drawn values"),
            key("mu", NUMBER, "", "the mean of normal; of log_normal, the mean of the natural logarithm"),
            key("sigma", ABOVE_0, "", "the standard deviation of normal; of log_normal, of the natural logarithm"),
        ],
    ),
    (OptimizerTable, &[key("name", Accepts::Words(&Optimizer::NAMES), REQUIRED, "the optimizer")]),
];

/// The methods of a sweep.
pub const METHODS: [&str; 4] = ["grid", "random", "sobol", "latin_hypercube"];

/// The largest number of cells along an axis of a surface.
pub const CELLS_MAX: i64 = 10_000;

const GENERATORS: &[&str] = &["numpy_legacy"];
const PROBABILITY: Accepts = Accepts::Number(Kind::Float { min: 0.0, min_open: false, max: 1.0, max_open: false });
const RATE: Kind = Kind::Float { min: 0.0, min_open: false, max: 1e6, max_open: false };

/// The keys of a table that are not hyperparameters.
pub fn own(section: TableKind) -> impl Iterator<Item = &'static Key> {
    KEYS.iter().filter(move |(of, _)| *of == section).flat_map(|(_, keys)| keys.iter())
}

/// The table of the config that has a hyperparameter's key.
pub const fn table_kind(table: ParameterTable) -> TableKind {
    match table {
        ParameterTable::Data => Data,
        ParameterTable::Model => Model,
        ParameterTable::Training => Training,
        ParameterTable::Schedule => Schedule,
        ParameterTable::Rng => Rng,
    }
}

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
    let own = own(section).map(|key| key.name);
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
