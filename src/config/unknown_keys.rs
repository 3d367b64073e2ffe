//! Errors for keys that a table does not have, with the key that was probably meant.

use super::error::{Diagnostic, Location, SHOWN};
use super::keys::{ALIASES, TableKind, UNSUPPORTED, known, meant, swept};
use super::toml_tree::{TomlEntry, TomlTable};
use crate::model::Optimizer;

use TableKind::{Data, History, Model, Parameters, Surface, Sweep, Top, Training};

/// Returns the errors among the keys of a table, and the keys that were probably meant, so that those are not also reported as missing.
pub fn check(table: &TomlTable, section: TableKind) -> (Vec<Diagnostic>, Vec<&'static str>) {
    let known = known(section, None);
    let wrong = table.0.iter().filter(|entry| !known.contains(&entry.key.as_str()));
    let explain = |(index, entry): (usize, &TomlEntry)| {
        // No report shows more errors of one table, and the search for the key that was meant takes the longest.
        if index < SHOWN {
            unknown(&entry.key, &entry.location, section, None)
        } else {
            (Diagnostic::at(&entry.location, "unknown key"), None)
        }
    };
    let (errors, meant): (Vec<_>, Vec<_>) = wrong.enumerate().map(explain).unzip();
    (errors, meant.into_iter().flatten().collect())
}

/// A key that a section does not have, and the one that was probably meant.
pub fn unknown(key: &str, location: &Location, section: TableKind, optimizer: Option<Optimizer>) -> (Diagnostic, Option<&'static str>) {
    let known = known(section, optimizer);
    let list = list(section, &known);
    if UNSUPPORTED.iter().any(|(of, keys)| *of == section && keys.contains(&key)) {
        let diagnostic = Diagnostic::at(location, format!("gradsweep does not support `{key}` yet")).label("not supported");
        return (diagnostic.help("remove it").note(list), None);
    }
    if section == Parameters && key == "seed" {
        return (ambiguous_seed(location), None);
    }
    let guess = meant(key, &known);
    let diagnostic = Diagnostic::at(location, format!("unknown key `{key}` {}", section.phrase())).label("no such key");
    let diagnostic = match advice(key, section, guess) {
        Some(advice) => diagnostic.help(advice),
        None => diagnostic.note(list),
    };
    let of_a_grid = section == Sweep && guess == Some("runs");
    (
        if of_a_grid {
            diagnostic.note("`runs` applies to sampled methods; a grid has one run for every combination of its values")
        } else {
            diagnostic
        },
        guess,
    )
}

/// The known keys of a section in words; arguments of optimizers are too many to be named.
fn list(section: TableKind, known: &[&str]) -> String {
    if !matches!(section, Training | Parameters) {
        return format!("known keys {}: {}", section.phrase(), known.join(", "));
    }
    let argument = |key: &&&str| swept(key).is_some_and(Optimizer::is_argument_of_any);
    let others: Vec<&str> = known.iter().filter(|key| !argument(key)).copied().collect();
    format!("known keys {}: {}, and the arguments of optimizers, such as learning_rate", section.phrase(), others.join(", "))
}

/// The error for `seed` in `[sweep.parameters]`.
fn ambiguous_seed(location: &Location) -> Diagnostic {
    Diagnostic::at(location, "`seed` is ambiguous in [sweep.parameters]")
        .label("which seed?")
        .help("write \"training.seed\" (batch order and drawn initial values) or \"data.seed\" (train/test split)")
        .note("with rng = \"numpy_legacy\" there is one seed for everything, \"rng.seed\"")
}

/// The remedy for an unknown key; `None` without a similar known key.
fn advice(key: &str, section: TableKind, guess: Option<&'static str>) -> Option<String> {
    if let Some(guess) = guess {
        return Some(if guess.contains('.') { format!("did you mean \"{guess}\"?") } else { format!("did you mean `{guess}`?") });
    }
    // Not of this table: perhaps of another.
    let meant = ALIASES.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(key)).map_or(key, |&(_, meant)| meant);
    let home = [Data, Model, Training, Sweep, History, Surface, Top]
        .into_iter()
        .find(|&other| other != section && known(other, None).contains(&meant))?;
    Some(if meant == key {
        format!("`{key}` belongs {}", home.phrase())
    } else {
        format!("did you mean `{meant}`? It belongs {}", home.phrase())
    })
}
