//! Runs grouped by a hyperparameter's value, ranked, beside the figures that show the groups side by side.

use serde::Serialize;

use super::level::Level;
use super::view::View;
use super::{Error, Sweep, side_by_side, tally};
use crate::figure::Figure;
use crate::model::Parameter;
use crate::text;

/// The runs that share a value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Group {
    pub value: String,
    pub runs: usize,
    /// 10 %, 50 % and 90 % quantiles of the final J on the training rows; `None` where a diverged run has a part in it.
    pub train_loss: [Option<f64>; 3],
    /// The run with the lowest J, and that J; `None` where all diverged.
    pub best: Option<(u64, f64)>,
    /// In the order of `Verdict::ALL`.
    pub verdicts: [u64; tally::VERDICTS],
    /// Of those that reached, the median of the first epoch that did, from 0.
    pub reached_epoch: Option<f64>,
}

/// A table, the lowest median first, and the figures beside it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// The key that the runs are grouped by.
    pub by: &'static str,
    pub rows: Vec<Group>,
    #[serde(skip)]
    pub figures: Vec<Figure>,
}

/// Groups the runs that pass all `filters` (key, value) by their value of `by`. `style` names a second hyperparameter, which the
/// figures tell apart by colour.
pub fn compare(sweep: &Sweep<'_>, by: &str, filters: &[(String, String)], style: Option<&str>) -> Result<Comparison, Error> {
    let by = parameter(by)?;
    let style = style.map(parameter).transpose()?;
    let view = sweep.view();
    if sweep.runs.run.is_empty() {
        return Err(Error::NoRuns);
    }
    let rows = filtered(&view, filters)?;
    let mut groups: Vec<Group> = view.by_level(&rows, by).into_iter().map(|(level, own)| group(&view, level, &own)).collect();
    let rank = |group: &Group| [group.train_loss[1], group.best.map(|(_, loss)| loss)].map(|loss| loss.unwrap_or(f64::INFINITY));
    groups.sort_by(|a, b| rank(a)[0].total_cmp(&rank(b)[0]).then(rank(a)[1].total_cmp(&rank(b)[1])));
    Ok(Comparison { by: by.key(), rows: groups, figures: side_by_side(sweep, &rows, by, style)? })
}

fn group(view: &View<'_>, level: Level, own: &[usize]) -> Group {
    let losses: Vec<f64> = own.iter().map(|&row| view.loss(row)).collect();
    let best = own.iter().copied().min_by(|&a, &b| view.loss(a).total_cmp(&view.loss(b))).filter(|&row| view.loss(row).is_finite());
    let reached: Vec<f64> = own.iter().filter_map(|&row| view.runs.reached_epoch[row]).map(f64::from).collect();
    Group {
        value: level.to_string(),
        runs: own.len(),
        train_loss: tally::band(&losses),
        best: best.map(|row| (view.runs.run[row], view.loss(row))),
        verdicts: tally::verdicts(view, own),
        reached_epoch: tally::quantile(&reached, 0.5),
    }
}

/// The hyperparameter that a key of the run table means.
fn parameter(key: &str) -> Result<Parameter, Error> {
    let keys = || Parameter::all().map(Parameter::key);
    let exact = Parameter::all().find(|parameter| parameter.key() == key);
    exact.ok_or_else(|| {
        let likeness =
            |known: &str| strsim::jaro_winkler(key, known).max(strsim::jaro_winkler(key, known.rsplit('.').next().unwrap_or(known)));
        let nearest = keys().map(|known| (likeness(known), known)).filter(|(likeness, _)| *likeness >= 0.8);
        let nearest = nearest.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, known)| known);
        Error::UnknownKey { key: key.into(), nearest, known: text::list(&keys().collect::<Vec<_>>()) }
    })
}

fn filtered(view: &View<'_>, filters: &[(String, String)]) -> Result<Vec<usize>, Error> {
    let wanted: Vec<(Parameter, &str)> =
        filters.iter().map(|(key, value)| Ok((parameter(key)?, value.as_str()))).collect::<Result<_, Error>>()?;
    let passes = |row: usize| wanted.iter().all(|(key, value)| view.level(row, *key).is_meant_by(value));
    let rows: Vec<usize> = view.rows().into_iter().filter(|&row| passes(row)).collect();
    if !rows.is_empty() {
        return Ok(rows);
    }
    let all = view.rows();
    let there = |(key, _): &(Parameter, &str)| {
        let values: Vec<String> = view.levels(&all, *key).iter().map(Level::to_string).collect();
        let shown = if values.len() > 12 { [&values[..6], &["..".into()], &values[values.len() - 6..]].concat() } else { values };
        format!("{} has {}", key.key(), shown.join(", "))
    };
    let filter: Vec<String> = filters.iter().map(|(key, value)| format!("{key}={value}")).collect();
    Err(Error::NoMatch { filter: text::list(&filter), there: wanted.iter().map(there).collect::<Vec<_>>().join("; ") })
}

impl std::fmt::Display for Comparison {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let head = [self.by, "runs", "median J", "10 %", "90 %", "best J", "run", "verdicts", "reached epoch"].map(String::from);
        let lines: Vec<[String; 9]> = std::iter::once(head).chain(self.rows.iter().map(cells)).collect();
        let widths: [usize; 9] = std::array::from_fn(|column| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0));
        for line in &lines {
            let padded: Vec<String> = line
                .iter()
                .enumerate()
                .map(|(column, cell)| {
                    let width = widths[column];
                    // Words to the left, numbers to the right.
                    if column == 0 || column == 7 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
                })
                .collect();
            writeln!(formatter, "{}", padded.join("  ").trim_end())?;
        }
        Ok(())
    }
}

fn cells(group: &Group) -> [String; 9] {
    let loss = |loss: Option<f64>| loss.map_or_else(|| "diverged".into(), text::loss);
    [
        group.value.clone(),
        group.runs.to_string(),
        loss(group.train_loss[1]),
        loss(group.train_loss[0]),
        loss(group.train_loss[2]),
        loss(group.best.map(|(_, loss)| loss)),
        group.best.map_or_else(|| "-".into(), |(run, _)| run.to_string()),
        tally::in_words(&group.verdicts),
        group.reached_epoch.map_or_else(|| "-".into(), |epoch| text::short(epoch, 4)),
    ]
}
