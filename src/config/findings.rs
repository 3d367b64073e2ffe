//! What reading a config brings to light, collected so that several mistakes are reported in one go.

use super::keys::{self, Section};
use super::mistake::Mistake;
use super::raw::{Entry, Node, Raw, Table};

/// Mistakes and warnings so far.
#[derive(Debug, Default)]
pub struct Findings {
    pub mistakes: Vec<Mistake>,
    pub warnings: Vec<String>,
}

impl Findings {
    /// The value, or `None` with its mistake noted.
    pub fn take<T>(&mut self, result: Result<T, Mistake>) -> Option<T> {
        result.map_err(|mistake| self.mistakes.push(mistake)).ok()
    }

    pub fn warn(&mut self, warning: impl Into<String>) {
        self.warnings.push(warning.into());
    }

    /// A section of the config with its keys checked; an empty one where it is left out.
    pub fn section(&mut self, entry: Option<&Entry>, section: Section) -> Checked {
        let Some(entry) = entry else { return Checked::default() };
        match self.table(&entry.node, section) {
            Some(table) => {
                let (mistakes, excused) = keys::check(&table, section);
                self.mistakes.extend(mistakes);
                Checked { table, excused, header: Some(entry.clone()) }
            }
            None => Checked { header: Some(entry.clone()), ..Checked::default() },
        }
    }

    /// A table inside a section, with its keys checked.
    pub fn checked(&mut self, node: &Node, section: Section) -> Option<Checked> {
        let table = self.table(node, section)?;
        let (mistakes, excused) = keys::check(&table, section);
        self.mistakes.extend(mistakes);
        Some(Checked { table, excused, header: None })
    }

    fn table(&mut self, node: &Node, section: Section) -> Option<Table> {
        match &node.value {
            Raw::Table(table) => Some(table.clone()),
            other => {
                self.mistakes.push(
                    Mistake::at(&node.place, format!("{} must be a table, not {}", section.name(), other.kind())).label(other.kind()),
                );
                None
            }
        }
    }
}

/// A table whose keys have been checked.
#[derive(Debug, Default)]
pub struct Checked {
    pub table: Table,
    /// Keys that were probably meant by unknown ones.
    excused: Vec<&'static str>,
    /// The entry of the table in its parent.
    pub header: Option<Entry>,
}

impl Checked {
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.table.get(key)
    }

    /// Whether a missing key is worth a mistake of its own: not where it was probably misspelt.
    pub fn misses(&self, key: &str) -> bool {
        self.get(key).is_none() && !self.excused.contains(&key)
    }
}
