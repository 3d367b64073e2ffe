//! The JSON Schema of a config, for editors. Keys, types, bounds and defaults come from `keys` and from `model`.
//!
//! The schema checks each value alone. Rules that involve several keys, and the columns of the data file, are checked by the program only.

use serde_json::{Map, Value as Json, json};

use super::keys::{self, Accepts, Key, TableKind};
use super::{initializers, ranges, scalars};
use crate::model::hyperparameters::{DIVERGENCE_LIMIT, Hyperparameter, TABLE};
use crate::model::initializer::INITIALIZERS;
use crate::model::{Kind, Optimizer, Parameter, Value};

/// The JSON Schema of a config, in draft 2020-12.
pub fn schema() -> Json {
    let mut schema = table(TableKind::Top);
    let Json::Object(top) = &mut schema else { return schema };
    top.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
    top.insert("title".into(), json!("config of gradsweep"));
    top.insert("required".into(), json!(["data"]));
    schema
}

/// The schema of a table: its own keys, then its hyperparameters. No other key is allowed.
fn table(kind: TableKind) -> Json {
    let mut properties = Map::new();
    for key in keys::own(kind) {
        properties.insert(key.name.into(), documented(accepted(&key.accepts, None), key));
    }
    for line in TABLE {
        if kind == TableKind::Parameters {
            let values = swept(&line);
            properties.insert(line.parameter.key().into(), with_meaning(values.clone(), &line));
            properties.insert(keys::qualified(line.parameter), with_meaning(values, &line));
        } else if keys::table_kind(line.table) == kind {
            properties.insert(line.name.into(), with_meaning(fixed(&line), &line));
        }
    }
    let required: Vec<&str> = keys::own(kind).filter(|key| key.default == keys::REQUIRED).map(|key| key.name).collect();
    object(properties, &required)
}

fn object(properties: Map<String, Json>, required: &[&str]) -> Json {
    let mut schema = json!({ "type": "object", "additionalProperties": false });
    schema["properties"] = Json::Object(properties);
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

/// Adds the meaning of a key, and its default in words.
fn documented(mut schema: Json, key: &Key) -> Json {
    schema["description"] =
        json!(if key.default.is_empty() { key.meaning.into() } else { format!("{}; {}", key.meaning, key.default_text()) });
    schema
}

/// Adds the meaning and the default of a hyperparameter.
fn with_meaning(mut schema: Json, line: &Hyperparameter) -> Json {
    schema["description"] = json!(line.meaning);
    if let Some(default) = line.default {
        schema["default"] = json_value(default);
    }
    schema
}

fn json_value(value: Value) -> Json {
    match value {
        Value::Float(value) => json!(value),
        Value::Integer(value) => json!(value),
        Value::Boolean(value) => json!(value),
        Value::Choice(word) => json!(word),
        Value::Drawn(_) => Json::Null,
    }
}

/// The schema of a value of a key; `swept` is the hyperparameter whose values a range has.
fn accepted(accepts: &Accepts, swept: Option<&Hyperparameter>) -> Json {
    match accepts {
        Accepts::Text => json!({ "type": "string", "minLength": 1 }),
        Accepts::Words(words) => json!({ "enum": words }),
        Accepts::Distribution => json!({ "enum": ranges::shape_names() }),
        Accepts::Number(kind) => number(*kind),
        Accepts::Table(kind) => table(*kind),
        Accepts::List(items) => json!({ "type": "array", "minItems": 1, "items": accepted(items, swept) }),
        Accepts::Either(all) => json!({ "anyOf": all.iter().map(|one| accepted(one, swept)).collect::<Vec<_>>() }),
        Accepts::Swept => swept.map_or(json!({}), fixed),
        Accepts::SweptNumber => swept.map_or(json!({ "type": "number" }), |line| number(line.kind)),
    }
}

/// The numbers of a kind, or its words if it has no numbers.
fn number(kind: Kind) -> Json {
    match kind {
        Kind::Float { min, min_open, max, max_open } => {
            let (low, high) =
                (if min_open { "exclusiveMinimum" } else { "minimum" }, if max_open { "exclusiveMaximum" } else { "maximum" });
            let mut schema = json!({ "type": "number" });
            // The bounds of a float64 are no bounds.
            if min > f64::MIN {
                schema[low] = json!(min);
            }
            if max < f64::MAX {
                schema[high] = json!(max);
            }
            schema
        }
        Kind::FloatOr { min, max, .. } => json!({ "type": "number", "minimum": min, "maximum": max }),
        Kind::Integer { min, max: i64::MAX } | Kind::IntegerOr { min, max: i64::MAX, .. } => json!({ "type": "integer", "minimum": min }),
        Kind::Integer { min, max } | Kind::IntegerOr { min, max, .. } => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Kind::Boolean => json!({ "type": "boolean" }),
        Kind::Choice(words) => json!({ "enum": words }),
        Kind::Name(words, aliases) => json!({ "enum": words.iter().chain(aliases.iter().map(|(alias, _)| alias)).collect::<Vec<_>>() }),
    }
}

/// One value of a hyperparameter.
fn fixed(line: &Hyperparameter) -> Json {
    if line.parameter == Parameter::Optimizer {
        return optimizer(fixed);
    }
    match line.kind {
        Kind::FloatOr { words: INITIALIZERS, .. } => {
            json!({ "anyOf": [number(line.kind), { "enum": INITIALIZERS }, { "anyOf": INITIALIZERS.iter().map(|name| initializer(name)).collect::<Vec<_>>() }] })
        }
        Kind::FloatOr { words, .. } | Kind::IntegerOr { words, .. } => json!({ "anyOf": [number(line.kind), { "enum": words }] }),
        _ => number(line.kind),
    }
}

/// The table of an initializer with arguments.
fn initializer(name: &str) -> Json {
    let argument = json!({ "type": "number", "minimum": -DIVERGENCE_LIMIT, "maximum": DIVERGENCE_LIMIT });
    let mut properties = Map::from_iter([("name".to_owned(), json!({ "const": name }))]);
    properties.extend(initializers::arguments(name).iter().map(|own| ((*own).to_owned(), argument.clone())));
    object(properties, &["name"])
}

/// An optimizer: its name, or a table of its name and arguments, whose values `value` describes.
fn optimizer(value: fn(&Hyperparameter) -> Json) -> Json {
    let tables = Optimizer::ALL.map(|optimizer| {
        let mut properties = Map::from_iter([("name".to_owned(), json!({ "const": optimizer.name() }))]);
        let own = TABLE.iter().filter(|line| optimizer.has(line.parameter));
        properties.extend(own.map(|line| (line.name.to_owned(), value(line))));
        object(properties, &["name"])
    });
    json!({ "anyOf": [{ "enum": Optimizer::NAMES }, { "anyOf": tables }] })
}

/// The values of a hyperparameter in [sweep.parameters].
fn swept(line: &Hyperparameter) -> Json {
    if line.parameter == Parameter::Optimizer {
        let one = optimizer(fixed_or_swept);
        let list = json!({ "type": "array", "minItems": 1, "items": one.clone() });
        let probabilities = json!({ "type": "array", "items": { "type": "number", "minimum": 0, "maximum": 1 } });
        let table = object(Map::from_iter([("values".to_owned(), list.clone()), ("probabilities".to_owned(), probabilities)]), &["values"]);
        return json!({ "anyOf": [one, list, table] });
    }
    let range = range(line);
    // In a sampled sweep a list mixes values and ranges.
    json!({ "anyOf": [{ "type": "array", "minItems": 1, "items": { "anyOf": [fixed(line), range.clone()] } }, range] })
}

/// A value of an argument in an optimizer's table in [sweep.parameters].
fn fixed_or_swept(line: &Hyperparameter) -> Json {
    json!({ "anyOf": [fixed(line), swept(line)] })
}

/// The table of a range of values.
fn range(line: &Hyperparameter) -> Json {
    let keys = keys::own(TableKind::Range);
    object(keys.map(|key| (key.name.to_owned(), documented(accepted(&key.accepts, Some(line)), key))).collect(), &[])
}

/// The values that a key accepts, in words.
pub fn in_words(accepts: &Accepts) -> String {
    let list = |words: &[&str]| words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ");
    match accepts {
        Accepts::Text => "a text".into(),
        Accepts::Words(words) => list(words),
        Accepts::Distribution => list(&ranges::shape_names()),
        Accepts::Number(Kind::Float { min: f64::MIN, .. }) => "a number".into(),
        Accepts::Number(Kind::Float { max: f64::MAX, .. }) => "a number above 0".into(),
        Accepts::Number(kind) => scalars::accepted_values(*kind),
        Accepts::Table(kind) => format!("a table: {}", kind.name()),
        Accepts::List(items) => format!("a list, each item {}", in_words(items)),
        Accepts::Either(all) => all.iter().map(in_words).collect::<Vec<_>>().join("; or "),
        Accepts::Swept => "a value of the hyperparameter".into(),
        Accepts::SweptNumber => "a number within the bounds of the hyperparameter".into(),
    }
}
