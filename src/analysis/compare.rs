//! The comparison of runs by the value of a hyperparameter: a ranked table, and figures.

use serde::Serialize;

use super::errors::Error;
use super::figures::side_by_side;
use super::runs::Runs;
use super::setting::Setting;
use super::statistics;
use super::sweep::Sweep;
use crate::figure::Figure;
use crate::model::Parameter;
use crate::text;

/// The runs with one value of the compared hyperparameter.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Group {
    /// Value of the compared hyperparameter.
    pub value: String,
    /// Number of runs.
    pub runs: usize,
    /// 10 %, 50 % and 90 % quantiles of the final J on the training rows; `None` if a quantile depends on a diverged run.
    pub train_loss: [Option<f64>; 3],
    /// The run with the lowest J, and its J; `None` if all runs diverged.
    pub best: Option<(u64, f64)>,
    /// Number of runs per verdict, in the order of `Verdict::ALL`.
    pub verdicts: [u64; statistics::VERDICTS],
    /// Median of the first converged epoch, counted from 0, over the runs that converged at some epoch's end.
    pub reached_epoch: Option<f64>,
}

/// Groups ranked by their median J, lowest first, and the figures of the comparison. `Display` writes the table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// The key of the compared hyperparameter.
    pub by: &'static str,
    /// One row per value, best first.
    pub rows: Vec<Group>,
    /// The figures: pictures of the values side by side.
    #[serde(skip)]
    pub figures: Vec<Figure>,
}

/// Compares the values of the hyperparameter `by` over the runs that match all `filters`, pairs of key and value. `style` names a second
/// hyperparameter, which the figures distinguish by colour.
///
/// # Errors
///
/// If a key is unknown, no run matches, or a path cannot be read or replayed.
pub fn compare(sweep: &Sweep<'_>, by: &str, filters: &[(String, String)], style: Option<&str>) -> Result<Comparison, Error> {
    let by = parameter(by)?;
    let style = style.map(parameter).transpose()?;
    let runs = sweep.table();
    if runs.table.run.is_empty() {
        return Err(Error::NoRuns);
    }
    let rows = filtered(&runs, filters)?;
    let mut groups: Vec<Group> = runs.group_by(&rows, by).into_iter().map(|(setting, own)| group(&runs, setting, &own)).collect();
    let rank = |group: &Group| [group.train_loss[1], group.best.map(|(_, loss)| loss)].map(|loss| loss.unwrap_or(f64::INFINITY));
    groups.sort_by(|a, b| rank(a)[0].total_cmp(&rank(b)[0]).then(rank(a)[1].total_cmp(&rank(b)[1])));
    Ok(Comparison { by: by.key(), rows: groups, figures: side_by_side(sweep, &rows, by, style)? })
}

/// Summarises the runs with one value.
fn group(runs: &Runs<'_>, setting: Setting, own: &[usize]) -> Group {
    let losses: Vec<f64> = own.iter().map(|&row| runs.loss(row)).collect();
    let best = own.iter().copied().min_by(|&a, &b| runs.loss(a).total_cmp(&runs.loss(b))).filter(|&row| runs.loss(row).is_finite());
    let converged: Vec<f64> = own.iter().filter_map(|&row| runs.table.reached_epoch[row]).map(f64::from).collect();
    Group {
        value: setting.to_string(),
        runs: own.len(),
        train_loss: statistics::quantiles(&losses),
        best: best.map(|row| (runs.table.run[row], runs.loss(row))),
        verdicts: statistics::verdict_counts(runs, own),
        reached_epoch: statistics::quantile(&converged, 0.5),
    }
}

/// The hyperparameter with a key.
fn parameter(key: &str) -> Result<Parameter, Error> {
    let keys = || Parameter::all().map(Parameter::key);
    let exact = Parameter::all().find(|parameter| parameter.key() == key);
    exact.ok_or_else(|| {
        let similarity =
            |known: &str| strsim::jaro_winkler(key, known).max(strsim::jaro_winkler(key, known.rsplit('.').next().unwrap_or(known)));
        let similar = keys().map(|known| (similarity(known), known)).filter(|(similarity, _)| *similarity >= 0.8);
        let nearest = similar.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, known)| known);
        Error::UnknownKey { key: key.into(), nearest, known: text::list(&keys().collect::<Vec<_>>()) }
    })
}

/// The rows of the runs that match all filters.
fn filtered(runs: &Runs<'_>, filters: &[(String, String)]) -> Result<Vec<usize>, Error> {
    let filters: Vec<(Parameter, &str)> =
        filters.iter().map(|(key, value)| Ok((parameter(key)?, value.as_str()))).collect::<Result<_, Error>>()?;
    let matches = |row: usize| filters.iter().all(|(key, value)| runs.setting(row, *key).matches(value));
    let all = runs.rows();
    let rows: Vec<usize> = all.iter().copied().filter(|&row| matches(row)).collect();
    if !rows.is_empty() {
        return Ok(rows);
    }
    let available = |(key, _): &(Parameter, &str)| {
        let values: Vec<String> = runs.distinct_settings(&all, *key).iter().map(Setting::to_string).collect();
        let shown = if values.len() > 12 { [&values[..6], &["..".into()], &values[values.len() - 6..]].concat() } else { values };
        format!("the values of {} are {}", key.key(), shown.join(", "))
    };
    let filter: Vec<String> = filters.iter().map(|(key, value)| format!("{}={value}", key.key())).collect();
    Err(Error::NoMatch { filter: text::list(&filter), available: filters.iter().map(available).collect::<Vec<_>>().join("; ") })
}

impl std::fmt::Display for Comparison {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let head = [self.by, "runs", "median J", "J at 10 %", "J at 90 %", "best J", "run", "verdicts", "converged in epoch (from 0)"]
            .map(String::from);
        let lines: Vec<[String; 9]> = std::iter::once(head).chain(self.rows.iter().map(cells)).collect();
        let widths: [usize; 9] = std::array::from_fn(|column| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0));
        // Words are aligned left, numbers right.
        let padded = |(column, cell): (usize, &String)| {
            let width = widths[column];
            if column == 0 || column == 7 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
        };
        for line in &lines {
            let cells: Vec<String> = line.iter().enumerate().map(padded).collect();
            writeln!(formatter, "{}", cells.join("  ").trim_end())?;
        }
        Ok(())
    }
}

/// The cells of a row of the printed table.
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
        statistics::in_words(&group.verdicts),
        group.reached_epoch.map_or_else(|| "-".into(), |epoch| text::short(epoch, 4)),
    ]
}
