//! Errors of a config, rendered with the lines that caused them.
//!
//! The module that checks a rule writes the message; this file renders it. A report shows the first [`SHOWN`] errors and counts the rest, and shortens
//! long texts, because a config can be a large file that is not one.

use std::fmt;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use crate::text::{grouped, printable, shortened};

/// The number of errors that a report shows.
pub const SHOWN: usize = 20;

/// The longest text of a message, in characters.
const LONGEST: usize = 600;

/// A range of bytes in the config or in a `--set` argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// Index into [`Sources`].
    pub source: usize,
    /// The range in bytes.
    pub span: Range<usize>,
}

/// The config's text, followed by each `--set` argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sources(Vec<Source>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Source {
    name: String,
    text: String,
}

impl Sources {
    /// The config file and the `--set` arguments.
    pub fn new(file: &str, text: &str, sets: &[String]) -> Self {
        let config = Source { name: file.into(), text: text.into() };
        let sets = sets.iter().map(|set| Source { name: "--set".into(), text: set.clone() });
        Self(std::iter::once(config).chain(sets).collect())
    }

    /// Whether a location is in a `--set` argument.
    pub fn is_set(location: &Location) -> bool {
        location.source > 0
    }

    /// The whole text that contains a location.
    pub fn whole(&self, location: &Location) -> &str {
        &self.0[location.source].text
    }
}

/// One error: a title, the location, a label next to the caret, and remarks. Its texts are short and contain no control characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The fact, with key and value.
    title: String,
    /// `None` if the error is about the whole file.
    location: Option<Location>,
    /// The text next to the caret.
    label: String,
    remarks: Vec<Remark>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Remark {
    /// The remedy.
    Help(String),
    /// The rule, or background.
    Note(String),
}

impl Diagnostic {
    pub fn at(location: &Location, title: impl Into<String>) -> Self {
        Self { location: Some(location.clone()), ..Self::whole(title) }
    }

    /// An error about the whole file.
    pub fn whole(title: impl Into<String>) -> Self {
        Self { title: message(&title.into()), location: None, label: String::new(), remarks: Vec::new() }
    }

    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = message(&label.into());
        self
    }

    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.remarks.push(Remark::Help(message(&help.into())));
        self
    }

    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.remarks.push(Remark::Note(message(&note.into())));
        self
    }

    fn group<'a>(&'a self, sources: &'a Sources) -> Group<'a> {
        let title = Level::ERROR.primary_title(&self.title);
        let group = match &self.location {
            Some(location) => {
                let Source { name, text } = &sources.0[location.source];
                let lines = lines_of(text, &location.span);
                let mark = AnnotationKind::Primary.span(location.span.start - lines.start..location.span.end.min(lines.end) - lines.start);
                let mark = if self.label.is_empty() { mark } else { mark.label(&self.label) };
                let first = 1 + text[..lines.start].bytes().filter(|&byte| byte == b'\n').count();
                title.element(Snippet::source(&text[lines]).line_start(first).path(name).annotation(mark))
            }
            None => title.element(Origin::path(&sources.0[0].name)),
        };
        group.elements(self.remarks.iter().map(|remark| match remark {
            Remark::Help(text) => Level::HELP.message(text),
            Remark::Note(text) => Level::NOTE.message(text),
        }))
    }
}

/// A text that is safe to print: the start of a long one, without control characters.
fn message(text: &str) -> String {
    printable(&shortened(text, LONGEST))
}

/// The range of bytes of the lines that a span touches, so that rendering an error does not read the whole config.
fn lines_of(text: &str, span: &Range<usize>) -> Range<usize> {
    let start = text.get(..span.start).and_then(|before| before.rfind('\n')).map_or(0, |line_break| line_break + 1);
    let end = text.get(span.end..).and_then(|after| after.find('\n')).map_or(text.len(), |line_break| span.end + line_break + 1);
    start..end
}

/// Every error of a config.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    sources: Sources,
    /// At least one.
    list: Vec<Diagnostic>,
}

impl ConfigError {
    /// Sorts the mistakes by their places.
    pub(super) fn new(sources: Sources, mut list: Vec<Diagnostic>) -> Self {
        list.sort_by_key(|diagnostic| diagnostic.location.as_ref().map(|location| (location.source, location.span.start)));
        Self { sources, list }
    }

    /// The number of errors.
    pub fn count(&self) -> usize {
        self.list.len()
    }

    /// Renders the report, without a trailing line break.
    pub fn render(&self, color: bool) -> String {
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        let mut report: Vec<String> = self
            .list
            .iter()
            .take(SHOWN)
            .map(|diagnostic| renderer.render(&[diagnostic.group(&self.sources)]).trim_end().to_string())
            .collect();
        match self.count() {
            0 | 1 => {}
            2..=SHOWN => report.push(format!("{} errors; nothing was written", self.count())),
            _ => report.push(format!("and {} more errors; nothing was written", grouped((self.count() - SHOWN) as u64))),
        }
        report.join("\n\n")
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.render(false))
    }
}

impl std::error::Error for ConfigError {}
