//! Collects the errors and warnings of a config, so that one report shows all of them.

use super::error::Diagnostic;
use super::keys::TableKind;
use super::toml_tree::{TomlEntry, TomlNode, TomlTable, TomlValue};
use super::unknown_keys;

/// The errors and warnings found so far.
#[derive(Debug, Default)]
pub struct Diagnostics {
    pub errors: Vec<Diagnostic>,
    pub warnings: Vec<String>,
}

impl Diagnostics {
    /// Returns the value, or records the error and returns `None`.
    pub fn ok<T>(&mut self, result: Result<T, Diagnostic>) -> Option<T> {
        result.map_err(|error| self.errors.push(error)).ok()
    }

    /// Records a warning.
    pub fn warn(&mut self, warning: impl Into<String>) {
        self.warnings.push(warning.into());
    }

    /// Checks the keys of an optional table. An absent table counts as empty.
    pub fn table(&mut self, entry: Option<&TomlEntry>, kind: TableKind) -> CheckedTable {
        let Some(entry) = entry else { return CheckedTable::default() };
        let checked = self.inner_table(&entry.node, kind).unwrap_or_default();
        CheckedTable { header: Some(entry.clone()), ..checked }
    }

    /// Checks the keys of a table that is the value of another key; `None` if the value is not a table.
    pub fn inner_table(&mut self, node: &TomlNode, kind: TableKind) -> Option<CheckedTable> {
        let TomlValue::Table(table) = &node.value else {
            let found = node.value.kind();
            self.errors.push(Diagnostic::at(&node.location, format!("{} must be a table, not {found}", kind.name())).label(found));
            return None;
        };
        let (errors, misspelt) = unknown_keys::check(table, kind);
        self.errors.extend(errors);
        Some(CheckedTable { table: table.clone(), misspelt, header: None })
    }
}

/// A table whose keys have been checked.
#[derive(Debug, Default)]
pub struct CheckedTable {
    pub table: TomlTable,
    /// Keys that were probably meant by unknown ones.
    pub misspelt: Vec<&'static str>,
    /// The entry of the table in its parent.
    pub header: Option<TomlEntry>,
}

impl CheckedTable {
    /// The entry of a key, if the table has it.
    pub fn get(&self, key: &str) -> Option<&TomlEntry> {
        self.table.get(key)
    }

    /// Whether the key is missing and not misspelt, so that its absence is an error of its own.
    pub fn lacks(&self, key: &str) -> bool {
        self.get(key).is_none() && !self.misspelt.contains(&key)
    }
}
