//! The page: its scripts and its style, the Content-Security-Policy, and the template that joins them with the results.

use askama::Template;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use sha2::{Digest as _, Sha256};

use super::contents::Report;
use super::errors::Error;
use super::results::{packed, results};
use super::summary::{Finding, VerdictCount, findings, leading_comment, model_in_words, verdicts};
use crate::analysis::Comparison;
use crate::text;

/// The engine: `target/wasm/gradsweep.wasm`, compressed. scripts/build-wasm.sh writes it.
const ENGINE: &[u8] = include_bytes!("engine.wasm.gz");

/// The crates in the engine with their licences, written by `tests/integration/licences.rs`.
const ENGINE_CRATES: &str = include_str!("engine_crates.csv");

/// The largest data file that a report embeds, in bytes. Without its data a report has figures and tables, but trains nothing.
const MAX_DATA: usize = 8_000_000;

/// The largest number of rows of a table of best settings.
const TABLE_ROWS: usize = 30;

/// The scripts of the page, in an order in which each module follows those that it imports.
const SCRIPTS: &[(&str, &str)] = &[
    ("engine.js", include_str!("page/engine.js")),
    ("dom.js", include_str!("page/dom.js")),
    ("state.js", include_str!("page/state.js")),
    ("colors.js", include_str!("page/colors.js")),
    ("scale.js", include_str!("page/scale.js")),
    ("labels.js", include_str!("page/labels.js")),
    ("marks.js", include_str!("page/marks.js")),
    ("panel.js", include_str!("page/panel.js")),
    ("draw.js", include_str!("page/draw.js")),
    ("linked.js", include_str!("page/linked.js")),
    ("replays.js", include_str!("page/replays.js")),
    ("player.js", include_str!("page/player.js")),
    ("controls.js", include_str!("page/controls.js")),
    ("contour.js", include_str!("page/contour.js")),
    ("steps.js", include_str!("page/steps.js")),
    ("rows.js", include_str!("page/rows.js")),
    ("explore.js", include_str!("page/explore.js")),
    ("why.js", include_str!("page/why.js")),
    ("orbit.js", include_str!("page/orbit.js")),
    ("ticks.js", include_str!("page/ticks.js")),
    ("tooltip.js", include_str!("page/tooltip.js")),
    ("hover.js", include_str!("page/hover.js")),
    ("panel_rows.js", include_str!("page/panel_rows.js")),
    ("run_axes.js", include_str!("page/run_axes.js")),
    ("ranges.js", include_str!("page/ranges.js")),
    ("parallel.js", include_str!("page/parallel.js")),
    ("table.js", include_str!("page/table.js")),
    ("runs.js", include_str!("page/runs.js")),
    ("figures.js", include_str!("page/figures.js")),
    ("importance.js", include_str!("page/importance.js")),
    ("grid_worker.js", include_str!("page/grid_worker.js")),
    ("atlas_colors.js", include_str!("page/atlas_colors.js")),
    ("atlas_train.js", include_str!("page/atlas_train.js")),
    ("atlas_view.js", include_str!("page/atlas_view.js")),
    ("atlas_cells.js", include_str!("page/atlas_cells.js")),
    ("atlas_sources.js", include_str!("page/atlas_sources.js")),
    ("atlas_pointer.js", include_str!("page/atlas_pointer.js")),
    ("atlas_path.js", include_str!("page/atlas_path.js")),
    ("atlas.js", include_str!("page/atlas.js")),
    ("main.js", include_str!("page/main.js")),
];

/// The scripts of a worker, which trains grids.
const WORKER: &[(&str, &str)] = &[("engine.js", include_str!("page/engine.js")), ("worker.js", include_str!("page/worker.js"))];

const STYLE: &str = concat!(include_str!("page/report.css"), include_str!("page/runs.css"));

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    policy: String,
    style: &'a str,
    script: String,
    worker: String,
    engine: String,
    data: String,
    results: String,
    name: &'a str,
    model: String,
    findings: Vec<Finding<'a>>,
    tables: Vec<BestTable>,
    verdicts: Vec<VerdictCount>,
    comment: Vec<String>,
    optima: Vec<String>,
    facts: Vec<(&'static str, String)>,
    config: &'a str,
    crates: Vec<EngineCrate>,
}

/// A crate in the engine.
struct EngineCrate {
    name: &'static str,
    version: &'static str,
    licence: &'static str,
    address: &'static str,
}

/// The best setting of each value of the compared hyperparameter.
struct BestTable {
    caption: String,
    by: &'static str,
    /// Value, setting, mean J, its band over the seeds, and the range of good learning rates.
    rows: Vec<[String; 5]>,
    has_bands: bool,
    has_rates: bool,
}

impl Report<'_> {
    /// The HTML file.
    ///
    /// # Errors
    ///
    /// If the contents cannot be encoded.
    pub fn html(&self) -> Result<String, Error> {
        let Report { manifest, experiment, diagnosis, .. } = self;
        let script = bundle(SCRIPTS);
        let is_embedded = experiment.dataset.bytes.len() <= MAX_DATA;
        let (engine, data) =
            if is_embedded { (BASE64_STANDARD.encode(ENGINE), packed(&experiment.dataset.bytes)?) } else { (String::new(), String::new()) };
        let models = &diagnosis.models;
        let page = Page {
            policy: policy(&script),
            style: STYLE,
            script,
            worker: bundle(WORKER),
            engine,
            data,
            results: packed(&serde_json::to_vec(&results(self)?)?)?,
            name: &experiment.name,
            model: model_in_words(self),
            findings: findings(self),
            // One run has no other settings to be compared with.
            tables: models.iter().filter(|_| diagnosis.runs > 1).map(|model| best_table(&model.model, &model.best)).collect(),
            verdicts: verdicts(self),
            comment: leading_comment(&experiment.text),
            optima: models.iter().flat_map(|model| &model.optima).map(ToString::to_string).collect(),
            facts: vec![
                (
                    "data",
                    format!(
                        "{}: {} from {}",
                        experiment.data.path.display(),
                        experiment.data.format.target,
                        experiment.data.format.feature
                    ),
                ),
                ("runs", format!("{} of {}", text::grouped(manifest.counts.runs_done), text::grouped(manifest.counts.runs))),
                ("updates", text::grouped(manifest.counts.steps_done)),
                ("backend", format!("{} ({}, {})", manifest.backend, manifest.device, manifest.detail)),
                ("time", format!("{} s", text::significant(manifest.timings.total_s, 3))),
                ("version", format!("gradsweep {}", manifest.version)),
            ],
            config: &experiment.text,
            crates: if is_embedded { engine_crates() } else { Vec::new() },
        };
        // Names from files may have control characters, which HTML does not allow.
        Ok(page.render()?.replace(|c: char| c.is_control() && !"\n\r\t".contains(c), "\u{fffd}"))
    }
}

fn engine_crates() -> Vec<EngineCrate> {
    let lines = ENGINE_CRATES.lines().skip(1);
    lines
        .filter_map(|line| {
            let mut fields = line.split(',');
            Some(EngineCrate { name: fields.next()?, version: fields.next()?, licence: fields.next()?, address: fields.next()? })
        })
        .collect()
}

fn best_table(model: &str, best: &Comparison) -> BestTable {
    let number = |value: Option<f64>| value.map_or_else(|| "–".into(), text::loss);
    let rows: Vec<[String; 5]> = best
        .rows
        .iter()
        .take(TABLE_ROWS)
        .map(|row| {
            let [low, median, high] = row.mean_loss;
            let band = if low == high { String::new() } else { format!("{} to {}", number(low), number(high)) };
            let rates =
                row.good_rates.map_or_else(String::new, |[low, high]| format!("{} to {}", text::short(low, 3), text::short(high, 3)));
            let settings: Vec<String> = row.settings.iter().map(|(parameter, value)| format!("{} {value}", parameter.key())).collect();
            [row.value.to_string(), settings.join(", "), number(median), band, rates]
        })
        .collect();
    let has = |column: usize| rows.iter().any(|row| !row[column].is_empty());
    let shown = if best.rows.len() > TABLE_ROWS { format!("{TABLE_ROWS} of {} values, ", best.rows.len()) } else { String::new() };
    let model = if model.is_empty() { String::new() } else { format!(": {model}") };
    let caption = format!("{shown}best setting by {}{model}", best.by);
    BestTable { caption, by: best.by, has_bands: has(3), has_rates: has(4), rows }
}

/// Joins modules into one script: without their imports of each other, `export`, comments on lines of their own, and indentation.
fn bundle(modules: &[(&str, &str)]) -> String {
    let mut script = String::new();
    let mut is_comment = false;
    for line in modules.iter().flat_map(|(_, module)| module.lines()).map(str::trim) {
        is_comment |= line.starts_with("/**") && (line.ends_with("*/") || !line.contains("*/"));
        if !is_comment && !line.is_empty() && !line.starts_with("//") && !is_import(line) {
            script.push_str(line.strip_prefix("export ").unwrap_or(line));
            script.push('\n');
        }
        is_comment &= !line.ends_with("*/");
    }
    script
}

fn is_import(line: &str) -> bool {
    line.starts_with("import ") && line.trim_end().ends_with(".js';")
}

/// The policy of the page: no network, no script but the page's own, and the engine.
fn policy(script: &str) -> String {
    let hash = |text: &str| BASE64_STANDARD.encode(Sha256::digest(text.as_bytes()));
    format!(
        "default-src 'none'; script-src 'sha256-{}' 'wasm-unsafe-eval' blob:; worker-src blob:; style-src 'sha256-{}'; img-src data: blob:; \
         base-uri 'none'; form-action 'none'",
        hash(script),
        hash(STYLE)
    )
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn modules_declare_different_names() {
        let mut owners: HashMap<&str, &str> = HashMap::new();
        for (file, module) in SCRIPTS {
            for line in module.lines() {
                let line = line.strip_prefix("export ").unwrap_or(line);
                let line = line.strip_prefix("async ").unwrap_or(line);
                let Some(rest) = ["const ", "let ", "function ", "function* ", "class "].iter().find_map(|word| line.strip_prefix(word))
                else {
                    continue;
                };
                let name = rest.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).next().unwrap_or_default();
                if let Some(other) = owners.insert(name, file).filter(|_| !name.is_empty()) {
                    panic!("{other} and {file} both declare {name}");
                }
            }
        }
    }

    #[test]
    fn modules_import_only_modules_before_them() {
        for scripts in [SCRIPTS, WORKER] {
            let mut known: Vec<&str> = Vec::new();
            for (file, module) in scripts {
                for line in module.lines().filter(|line| is_import(line)) {
                    let imported = line.rsplit("'./").next().and_then(|rest| rest.strip_suffix("';")).unwrap_or_default();
                    assert!(known.contains(&imported), "{file} imports {imported}, which is not before it");
                }
                known.push(file);
            }
        }
    }

    #[test]
    fn bundles_have_code_only() {
        let module = "// About.\n\n/** @import { A } from './a.ts' */\nimport { b } from './b.js';\n\n/**\n * Adds.\n * @param {A} x\n */\n\
                      export function f(x) {\n    // One.\n    const y = /** @type {number} */ (x);\n    /** @type {number} */ (b).z = 1; // two\n    return y\n        * 2;\n}\n";
        assert_eq!(
            bundle(&[("f.js", module)]),
            "function f(x) {\nconst y = /** @type {number} */ (x);\n/** @type {number} */ (b).z = 1; // two\nreturn y\n* 2;\n}\n"
        );
    }

    #[test]
    fn no_text_spans_lines_because_bundles_have_no_indentation() {
        for (file, module) in SCRIPTS.iter().chain(WORKER) {
            let spans = module.lines().find(|line| line.matches('`').count() % 2 == 1);
            assert_eq!(spans, None, "{file}");
        }
    }

    #[test]
    fn scripts_cannot_end_their_element() {
        for script in [bundle(SCRIPTS), bundle(WORKER), STYLE.to_owned()] {
            assert!(!script.to_lowercase().contains("</script") && !script.to_lowercase().contains("</style") && !script.contains("<!--"));
        }
    }
}
