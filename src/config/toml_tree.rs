//! A config as a tree of TOML values with locations, and `--set` arguments applied to it.
//!
//! The tree does not interpret keys, with one exception: in `[sweep.parameters]` a qualified name may be
//! written with or without quotes (`"data.scale"`, `data.scale`) and becomes one key.

use std::collections::HashSet;
use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::error::{Diagnostic, Location};
use super::keys;
use crate::text::shortened;

/// A value and its location.
#[derive(Clone, Debug, PartialEq)]
pub struct TomlNode {
    pub location: Location,
    pub value: TomlValue,
    /// The value as written, for messages; the start of a long one, because nested values would repeat it.
    pub text: String,
}

#[derive(Clone, Debug, PartialEq)]
pub enum TomlValue {
    String(String),
    /// `None` if the integer does not fit into 64 bits.
    Integer(Option<i64>),
    Float(f64),
    Boolean(bool),
    Date,
    List(Vec<TomlNode>),
    Table(TomlTable),
}

impl TomlValue {
    /// The type with its article, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::String(_) => "a string",
            Self::Integer(_) => "an integer",
            Self::Float(_) => "a float",
            Self::Boolean(_) => "true or false",
            Self::Date => "a date",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }
}

/// The longest [`TomlNode::text`], in characters.
const LONGEST_TEXT: usize = 500;

/// A key and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct TomlEntry {
    pub key: String,
    pub location: Location,
    pub node: TomlNode,
}

/// A table: its entries in the order written.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct TomlTable(pub Vec<TomlEntry>);

impl TomlTable {
    pub fn get(&self, key: &str) -> Option<&TomlEntry> {
        self.0.iter().find(|entry| entry.key == key)
    }
}

/// Parses a config.
pub fn parse(text: &str) -> Result<TomlTable, Diagnostic> {
    let document = DeTable::parse(text).map_err(|error| syntax(&error, 0, 0))?;
    let mut root = table(document.get_ref(), &Context { text, source: 0, offset: 0 });
    for entry in root.0.iter_mut().filter(|entry| entry.key == "sweep") {
        if let TomlValue::Table(sweep) = &mut entry.node.value {
            for entry in sweep.0.iter_mut().filter(|entry| entry.key == "parameters") {
                if let TomlValue::Table(parameters) = &mut entry.node.value {
                    flatten(parameters)?;
                }
            }
        }
    }
    Ok(root)
}

/// Applies a `--set KEY=VALUE` argument to the tree; `source` is its index among the sources.
pub fn set(root: &mut TomlTable, argument: &str, source: usize) -> Result<(), Diagnostic> {
    let whole = Location { source, span: 0..argument.len() };
    let usage = |title: String| Diagnostic::at(&whole, title).help("write --set KEY=VALUE, for example --set training.epochs=20");
    let Some(equals) = equals_sign(argument) else {
        return Err(usage(format!("`--set {argument}` has no `=`")));
    };
    let path = key_path(&argument[..equals], source)
        .ok_or_else(|| usage(format!("`{}` is not a key", &argument[..equals])).note("keys are dotted, as in TOML: table.key"))?;
    let node = set_value(argument, equals + 1, source)?;
    insert(root, &join_parameter(path), node)
}

/// The keys from the root to a value, each with its location.
type Path = Vec<(String, Location)>;

/// The position of the first `=` outside quotes.
fn equals_sign(argument: &str) -> Option<usize> {
    let mut quote = None;
    argument.char_indices().find_map(|(index, character)| match (quote, character) {
        (None, '=') => Some(index),
        (None, '"' | '\'') => {
            quote = Some(character);
            None
        }
        (Some(open), _) if open == character => {
            quote = None;
            None
        }
        _ => None,
    })
}

/// Parses a dotted key by the rules of TOML.
fn key_path(key: &str, source: usize) -> Option<Path> {
    let line = format!("{key}=0");
    let document = DeTable::parse(&line).ok()?;
    let mut path = Vec::new();
    let mut level = document.get_ref();
    loop {
        let (key, value) = level.iter().next()?;
        path.push((key.get_ref().to_string(), Location { source, span: key.span() }));
        match value.get_ref() {
            DeValue::Table(inner) => level = inner,
            _ => return Some(path),
        }
    }
}

/// Parses the value of a `--set` argument: TOML, or a bare word, which is a string.
fn set_value(argument: &str, start: usize, source: usize) -> Result<TomlNode, Diagnostic> {
    let rest = &argument[start..];
    let value = rest.trim();
    let offset = start + (rest.len() - rest.trim_start().len());
    match DeValue::parse(value) {
        Ok(parsed) => Ok(node(parsed.get_ref(), parsed.span(), &Context { text: value, source, offset })),
        Err(error) if value.starts_with(['[', '{', '"', '\'']) => Err(syntax(&error, source, offset)),
        Err(_) => Ok(TomlNode {
            location: Location { source, span: offset..offset + value.len() },
            value: TomlValue::String(value.into()),
            text: format!("\"{value}\""),
        }),
    }
}

/// Joins qualified names: `sweep.parameters.data.scale` is the key `data.scale` of `[sweep.parameters]`.
fn join_parameter(mut path: Path) -> Path {
    if let [(sweep, _), (parameters, _), rest @ ..] = path.as_slice()
        && sweep == "sweep"
        && parameters == "parameters"
    {
        let joined = match rest {
            [(table, start), (name, end), ..] if keys::is_qualifier(table) => {
                let location = Location { source: start.source, span: start.span.start..end.span.end };
                Some((2..4, (format!("{table}.{name}"), location)))
            }
            [(name, location), ..] => Some((2..3, (name.clone(), location.clone()))),
            [] => None,
        };
        if let Some((range, (name, location))) = joined {
            path.splice(range, [(keys::canonical(&name), location)]);
        }
    }
    path
}

fn insert(table: &mut TomlTable, path: &[(String, Location)], node: TomlNode) -> Result<(), Diagnostic> {
    let Some(((key, location), rest)) = path.split_first() else { return Ok(()) };
    let position = table.0.iter().position(|entry| entry.key == *key);
    if rest.is_empty() {
        let entry = TomlEntry { key: key.clone(), location: location.clone(), node };
        match position {
            Some(position) => table.0[position] = entry,
            None => table.0.push(entry),
        }
        return Ok(());
    }
    let position = position.unwrap_or_else(|| {
        let node = TomlNode { location: location.clone(), value: TomlValue::Table(TomlTable::default()), text: String::new() };
        table.0.push(TomlEntry { key: key.clone(), location: location.clone(), node });
        table.0.len() - 1
    });
    let below = &mut table.0[position].node;
    match &mut below.value {
        TomlValue::Table(inner) => insert(inner, rest, node),
        other => Err(Diagnostic::at(location, format!("`{key}` is {}, not a table", other.kind()))
            .label(format!("the config has {}", below.text))
            .help(format!("replace the whole value: {key}=..., or write it as a table in the config"))),
    }
}

/// Replaces the tables in `[sweep.parameters]` by qualified names.
fn flatten(parameters: &mut TomlTable) -> Result<(), Diagnostic> {
    let mut flat: Vec<TomlEntry> = Vec::new();
    for entry in std::mem::take(&mut parameters.0) {
        match entry.node.value {
            TomlValue::Table(inner) if keys::is_qualifier(&entry.key) => flat.extend(inner.0.into_iter().map(|mut below| {
                below.key = format!("{}.{}", entry.key, below.key);
                below
            })),
            _ => flat.push(entry),
        }
    }
    flat.sort_by_key(|entry| entry.location.span.start);
    let mut seen = HashSet::new();
    for mut entry in flat {
        entry.key = keys::canonical(&entry.key);
        if !seen.insert(entry.key.clone()) {
            return Err(
                Diagnostic::at(&entry.location, format!("`{}` appears twice in [sweep.parameters]", entry.key)).label("second definition")
            );
        }
        parameters.0.push(entry);
    }
    Ok(())
}

/// The position of a parsed fragment in its source.
struct Context<'a> {
    text: &'a str,
    source: usize,
    /// The offset of the fragment in its source.
    offset: usize,
}

impl Context<'_> {
    fn location(&self, span: &Range<usize>) -> Location {
        Location { source: self.source, span: self.offset + span.start..self.offset + span.end }
    }
}

fn table(parsed: &DeTable<'_>, context: &Context<'_>) -> TomlTable {
    let mut entries: Vec<TomlEntry> = parsed
        .iter()
        .map(|(key, value)| TomlEntry {
            key: key.get_ref().to_string(),
            location: context.location(&key.span()),
            node: node(value.get_ref(), value.span(), context),
        })
        .collect();
    entries.sort_by_key(|entry| entry.location.span.start);
    TomlTable(entries)
}

fn node(parsed: &DeValue<'_>, span: Range<usize>, context: &Context<'_>) -> TomlNode {
    let value = match parsed {
        DeValue::String(text) => TomlValue::String(text.to_string()),
        DeValue::Integer(integer) => TomlValue::Integer(i64::from_str_radix(integer.as_str(), integer.radix()).ok()),
        // An overflow becomes infinite; infinite values are rejected when they are read.
        DeValue::Float(float) => TomlValue::Float(float.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(value) => TomlValue::Boolean(*value),
        DeValue::Datetime(_) => TomlValue::Date,
        DeValue::Array(items) => TomlValue::List(items.iter().map(|item| node(item.get_ref(), item.span(), context)).collect()),
        DeValue::Table(inner) => TomlValue::Table(table(inner, context)),
    };
    TomlNode { location: context.location(&span), value, text: shortened(context.text.get(span).unwrap_or_default(), LONGEST_TEXT) }
}

fn syntax(error: &toml::de::Error, source: usize, offset: usize) -> Diagnostic {
    let span = error.span().unwrap_or(0..0);
    Diagnostic::at(
        &Location { source, span: offset + span.start..offset + span.end },
        format!("not valid TOML: {}", error.message().trim_end_matches(", expected nothing")),
    )
}
