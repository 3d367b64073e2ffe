//! The comparison of the values of a hyperparameter: a table that ranks the best setting of each value, and figures.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::errors::Error;
use super::figures::side_by_side;
use super::filter::{Filter, filtered, filters_label, parameter, slug};
use super::ranking::{Ranking, TunedGroup};
use super::rate_range::RateRanges;
use super::runs::settings_label;
use super::score::Score;
use super::setting::Setting;
use super::statistics;
use super::sweep::Sweep;
use crate::figure::Figure;
use crate::model::{Parameter, Params, Verdict};
use crate::text;

/// A printed table with more than `WHOLE` values is shortened to the best `SHOWN` of each loss.
const WHOLE: usize = 20;
const SHOWN: usize = 10;

/// One value of the compared hyperparameter with its best setting.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Group {
    /// The place in the ranking, from 1; values whose J are printed alike, with four digits, have the same rank. `None` if more than half of the runs of each setting diverged.
    pub rank: Option<usize>,
    /// The run directory, if several are compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub directory: Option<String>,
    /// Value of the compared hyperparameter.
    pub value: Setting,
    /// Name of the loss. Ranks count from 1 for each loss, because costs of different losses are not comparable.
    pub loss: &'static str,
    /// The mean of J over the last updates: 10 %, 50 % and 90 % quantiles over the seeds of the best setting; `None` if a quantile depends on
    /// a diverged run.
    #[serde(serialize_with = "quantiles")]
    pub mean_loss: [Option<f64>; 3],
    /// The median over seeds of the mean of J − J*; `None` without an optimum.
    pub mean_excess: Option<f64>,
    /// The median J on the test rows after the last update; `None` without test rows.
    pub test_loss: Option<f64>,
    /// R² or accuracy of the run `run`, on the test rows if there are any.
    pub score: Option<Score>,
    /// The smallest and the largest learning rate around the best one at which J is within 5 % of the best, all else unchanged; `None` if the
    /// sweep has no other rate with these settings.
    pub good_rates: Option<[f64; 2]>,
    /// The learning rate up to which, or down to which, the sweep should be extended: the best rate is the largest or the smallest of the sweep, misses
    /// the optimum, and other rates may reach it.
    pub extend_rates_to: Option<f64>,
    /// The best setting.
    #[serde(serialize_with = "map")]
    pub settings: Vec<(Parameter, Setting)>,
    /// The number of other settings of the value that tie with the best one.
    pub ties: usize,
    /// The run of the best setting whose cost is the median.
    pub run: u64,
    /// Weight and bias of that run after the last update.
    pub end: Params<f64>,
    /// The number of runs of the best setting, which differ in their seeds.
    pub seeds: usize,
    /// Number of runs of the best setting per verdict, in the order of `Verdict::ALL`.
    #[serde(serialize_with = "verdicts")]
    pub verdicts: [u64; statistics::VERDICTS],
    /// The median number of epochs until J reached the optimum, over the runs of the best setting that reached it.
    pub epochs_to_reach: Option<f64>,
    /// The number of settings, and of runs, with the value.
    pub settings_compared: usize,
    /// Number of runs.
    pub runs: usize,
}

/// The best setting of each value of a hyperparameter, best first. `Display` writes the table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// The key of the compared hyperparameter.
    pub by: &'static str,
    /// The filters, such as `optimizer = sgd`; empty without filters.
    pub filter: String,
    /// The filtered hyperparameters, which the table does not repeat for each row.
    #[serde(skip)]
    filtered: Vec<Parameter>,
    /// One row per value and loss: losses by name, and the values of a loss best first.
    pub rows: Vec<Group>,
}

/// Compares the values of the hyperparameter `by` over the runs that match all `filters`, pairs of key and value.
///
/// # Errors
///
/// If a key is unknown, or if no run matches.
pub fn compare(sweep: &Sweep<'_>, by: &str, filters: &[(String, String)]) -> Result<Comparison, Error> {
    let by = parameter(by)?;
    let filters = Filter::parse(filters)?;
    let runs = sweep.table();
    let rows = filtered(&runs, &filters)?;
    let filtered = filters.iter().map(Filter::parameter).collect();
    Ok(Comparison { filter: filters_label(&filters), filtered, ..comparison(&Ranking::new(&runs, &rows, Some(by)), by) })
}

/// Compares the values of a hyperparameter over the ranked runs.
pub fn comparison(ranking: &Ranking<'_>, by: Parameter) -> Comparison {
    let ranges = RateRanges::new(ranking, by);
    let mut groups = Vec::new();
    for of_loss in ranking.best_by(by).chunk_by(|a, b| a.loss == b.loss) {
        let mut leader = 0;
        for (position, tuned) in of_loss.iter().enumerate() {
            if !ranking.tie(&of_loss[leader].best, &tuned.best) {
                leader = position;
            }
            let rank = tuned.best.cost.is_finite().then_some(leader + 1);
            groups.push(Group { rank, ..group(ranking, &ranges, tuned, by) });
        }
    }
    Comparison { by: by.key(), filter: String::new(), filtered: Vec::new(), rows: groups }
}

/// The figures of a comparison: pictures of the values side by side. `style` names a second hyperparameter, which colours distinguish.
///
/// # Errors
///
/// If a key is unknown, no run matches, or a path cannot be read or replayed.
pub fn comparison_figures(sweep: &Sweep<'_>, by: &str, filters: &[(String, String)], style: Option<&str>) -> Result<Vec<Figure>, Error> {
    let by = parameter(by)?;
    let style = style.map(parameter).transpose()?;
    let filters = Filter::parse(filters)?;
    let rows = filtered(&sweep.table(), &filters)?;
    let mut figures = side_by_side(sweep, &rows, by, style)?;
    if !filters.is_empty() {
        for figure in &mut figures {
            figure.title = format!("{}, where {}", figure.title, filters_label(&filters));
        }
    }
    Ok(figures)
}

/// The row of a value, without its rank.
fn group(ranking: &Ranking<'_>, ranges: &RateRanges<'_>, tuned: &TunedGroup, by: Parameter) -> Group {
    let (runs, best) = (ranking.runs(), &tuned.best);
    let representative = ranking.representative(best);
    let summary = ranking.summary(best);
    let mut settings = runs.settings(representative);
    settings.retain(|(parameter, _)| *parameter != by);
    let rates = ranges.around(best);
    Group {
        rank: None,
        directory: None,
        value: tuned.value,
        loss: tuned.loss,
        mean_loss: summary.loss,
        mean_excess: summary.excess,
        test_loss: summary.test_loss,
        score: runs.score(representative),
        good_rates: rates.good,
        extend_rates_to: rates.extend_to,
        settings,
        ties: tuned.ties,
        run: runs.table.run[representative],
        end: runs.end(representative),
        seeds: ranking.rows(best).len(),
        verdicts: summary.verdicts,
        epochs_to_reach: summary.epochs_to_reach,
        settings_compared: tuned.candidates,
        runs: tuned.runs,
    }
}

impl Comparison {
    /// Joins the comparisons of several run directories, each with its name, and ranks their rows by the median of J. All comparisons are by the
    /// same hyperparameter.
    pub fn join(comparisons: Vec<(String, Self)>) -> Self {
        let mut joined = Self { by: "", filter: String::new(), filtered: Vec::new(), rows: Vec::new() };
        for (directory, comparison) in comparisons {
            (joined.by, joined.filter, joined.filtered) = (comparison.by, comparison.filter, comparison.filtered);
            joined.rows.extend(comparison.rows.into_iter().map(|row| Group { directory: Some(directory.clone()), ..row }));
        }
        let cost = |row: &Group| row.mean_loss[1].unwrap_or(f64::INFINITY);
        joined.rows.sort_by(|a, b| a.loss.cmp(b.loss).then(cost(a).total_cmp(&cost(b))));
        for of_loss in joined.rows.chunk_by_mut(|a, b| a.loss == b.loss) {
            let mut leader = 0;
            for position in 0..of_loss.len() {
                let [best, own] = [leader, position].map(|position| cost(&of_loss[position]));
                if text::rounded_loss(own) != text::rounded_loss(best) {
                    leader = position;
                }
                of_loss[position].rank = own.is_finite().then_some(leader + 1);
            }
        }
        joined
    }

    /// The table, if it is short. Of a long one the best values of each loss, and the number of the others with `remedy`, a clause that tells how to
    /// see them.
    pub fn shortened(&self, remedy: &str) -> String {
        if self.rows.len() <= WHOLE {
            return self.to_string();
        }
        let mut shown = self.clone();
        shown.truncate(SHOWN);
        let others = text::count(self.rows.len() - shown.rows.len(), "other value");
        [shown.table(), format!("and {others}: {remedy}\n"), shown.notes_in_lines()].concat()
    }

    /// Keeps the best `count` values of each loss.
    pub fn truncate(&mut self, count: usize) {
        let mut kept = 0;
        let mut loss = "";
        self.rows.retain(|row| {
            kept = if row.loss == loss { kept + 1 } else { 1 };
            loss = row.loss;
            kept <= count
        });
    }

    /// The name of the folder for the figures: `compare-learning_rate`, and the filters if there are any. So the figures of a comparison replace
    /// neither those of the sweep nor those of another comparison.
    pub fn folder_name(&self) -> String {
        let name = if self.filter.is_empty() { self.by.to_owned() } else { format!("{}-{}", self.by, self.filter) };
        format!("compare-{}", slug(&name))
    }

    /// Whether the rows have several losses.
    fn has_losses(&self) -> bool {
        self.rows.windows(2).any(|pair| pair[0].loss != pair[1].loss)
    }

    /// The table as CSV, with full precision. Unknown values are empty.
    pub fn csv(&self) -> String {
        let mut keys: Vec<Parameter> = Vec::new();
        for (parameter, _) in self.rows.iter().flat_map(|row| &row.settings) {
            if !keys.contains(parameter) {
                keys.push(*parameter);
            }
        }
        let named = ["rank", "directory", self.by].into_iter().chain(keys.iter().map(|key| key.key()));
        let others = [
            "loss_name",
            "mean_loss",
            "mean_loss_p10",
            "mean_loss_p90",
            "mean_excess",
            "test_loss",
            "r_squared",
            "accuracy",
            "good_rates_min",
            "good_rates_max",
            "run",
            "seeds",
            "ties",
            "epochs_to_reach",
            "settings_compared",
            "runs",
        ];
        let verdicts = Verdict::ALL.map(Verdict::name);
        let mut lines = vec![named.chain(others).chain(verdicts).collect::<Vec<&str>>().join(",")];
        for row in &self.rows {
            let number = |value: Option<f64>| value.map_or_else(String::new, |value| format!("{value:?}"));
            let mut cells = vec![row.rank.map_or_else(String::new, |rank| rank.to_string())];
            cells.push(row.directory.as_deref().map_or_else(String::new, quoted));
            cells.push(quoted(&row.value.exact()));
            let setting =
                |key: &Parameter| row.settings.iter().find(|(own, _)| own == key).map_or(Setting::Absent, |(_, setting)| *setting);
            cells.extend(keys.iter().map(|key| quoted(&setting(key).exact())));
            cells.push(row.loss.to_owned());
            let [low, median, high] = row.mean_loss;
            cells.extend([median, low, high, row.mean_excess, row.test_loss].map(number));
            let score = |measure| number(row.score.filter(|score| score.measure == measure).map(|score| score.value));
            cells.extend(["r_squared", "accuracy"].map(score));
            cells.extend([0, 1].map(|end| number(row.good_rates.map(|rates| rates[end]))));
            cells.extend([row.run.to_string(), row.seeds.to_string(), row.ties.to_string(), number(row.epochs_to_reach)]);
            cells.extend([row.settings_compared.to_string(), row.runs.to_string()]);
            cells.extend(row.verdicts.map(|count| count.to_string()));
            lines.push(cells.join(","));
        }
        lines.join("\n") + "\n"
    }
}

/// A range of learning rates in words.
fn rates_label([low, high]: [f64; 2]) -> String {
    let [first, last] = [low, high].map(|rate| text::short(rate, 3));
    if low == high { format!("only {first}") } else { format!("{first} to {last}") }
}

/// A CSV cell, quoted if it contains a separator.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

fn quantiles<S: Serializer>([low, median, high]: &[Option<f64>; 3], serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(3))?;
    for (name, value) in [("p10", low), ("median", median), ("p90", high)] {
        map.serialize_entry(name, value)?;
    }
    map.end()
}

fn map<S: Serializer>(settings: &[(Parameter, Setting)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(settings.iter().map(|(parameter, setting)| (parameter.key(), setting)))
}

fn verdicts<S: Serializer>(counts: &[u64; statistics::VERDICTS], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(Verdict::ALL.into_iter().map(Verdict::name).zip(counts))
}

/// A column of the printed table: its heading, whether its cells are words, which are aligned left, and its cells.
struct Column {
    heading: String,
    is_words: bool,
    cells: Vec<String>,
}

impl Comparison {
    fn columns(&self) -> Vec<Column> {
        let rows = &self.rows;
        let mut columns = Vec::new();
        let mut add = |heading: &str, is_words: bool, cell: &dyn Fn(&Group) -> String| {
            columns.push(Column { heading: heading.to_owned(), is_words, cells: rows.iter().map(cell).collect() });
        };
        let loss = |loss: Option<f64>| loss.map_or_else(|| "diverged".into(), text::loss);
        add("rank", false, &|row| row.rank.map_or_else(|| "-".into(), |rank| rank.to_string()));
        if rows.iter().any(|row| row.directory.is_some()) {
            add("directory", true, &|row| row.directory.clone().unwrap_or_default());
        }
        if self.has_losses() && self.by != Parameter::Loss.key() {
            add("loss", true, &|row| row.loss.to_owned());
        }
        add(self.by, true, &|row| row.value.to_string());
        add("J", false, &|row| loss(row.mean_loss[1]));
        if rows.iter().any(|row| row.seeds > 1) {
            add("J at 10 %", false, &|row| loss(row.mean_loss[0]));
            add("J at 90 %", false, &|row| loss(row.mean_loss[2]));
        }
        if rows.iter().any(|row| row.test_loss.is_some()) {
            add("test J", false, &|row| row.test_loss.map_or_else(|| "-".into(), text::loss));
        }
        let labels: Vec<String> = rows.iter().filter_map(|row| row.score.map(|score| score.label())).collect();
        if let Some(label) = labels.first() {
            let heading = if labels.iter().all(|other| other == label) { label } else { "score" };
            add(heading, false, &|row| row.score.map_or_else(|| "-".into(), |score| text::short(score.value, 3)));
        }
        if rows.iter().any(|row| row.good_rates.is_some()) {
            add("rates within 5 %", true, &|row| row.good_rates.map_or_else(|| "-".into(), rates_label));
        }
        add("verdict", true, &|row| statistics::most_frequent_in_words(&row.verdicts));
        add("epochs to J*", false, &|row| row.epochs_to_reach.map_or_else(|| "-".into(), |epochs| text::short(epochs, 4)));
        add("run", false, &|row| row.run.to_string());
        add(if self.has_bins() { "setting of the run" } else { "best setting" }, true, &|row| {
            let ties = if row.ties > 0 { format!(" (ties with {})", text::count(row.ties, "other setting")) } else { String::new() };
            let mut settings = row.settings.clone();
            settings.retain(|(parameter, _)| !self.filtered.contains(parameter));
            format!("{}{ties}", settings_label(&settings)).trim_start().to_owned()
        });
        columns.retain(|column| column.cells.iter().any(|cell| !cell.is_empty()));
        columns
    }

    /// Whether the rows are bins of a sampled hyperparameter.
    fn has_bins(&self) -> bool {
        self.rows.iter().any(|row| matches!(row.value, Setting::Range { .. }))
    }

    /// The sentence above the table.
    fn heading(&self) -> String {
        let seeds = self.rows.iter().map(|row| row.seeds).max().unwrap_or(0);
        let up_to = if self.rows.iter().all(|row| row.seeds == seeds) { "" } else { "up to " };
        let over = if seeds > 1 { format!(", as the median over {up_to}{}", text::count(seeds, "seed")) } else { String::new() };
        let filter = if self.filter.is_empty() { String::new() } else { format!(", where {}", self.filter) };
        if seeds > 1 && self.has_bins() {
            return format!("The median run of each bin of {}{filter}; J is the mean over the last updates", self.by);
        }
        format!("The best setting for each {}{filter}; J is the mean over the last updates{over}", self.by)
    }

    /// Explanations below the table.
    fn notes(&self) -> Vec<String> {
        let mut notes: Vec<String> = Vec::new();
        for row in &self.rows {
            if let (Some(end), Some([low, high])) = (row.extend_rates_to, row.good_rates) {
                let (edge, way, rate) = if end > high { ("largest", "up", high) } else { ("smallest", "down", low) };
                let [rate, end] = [rate, end].map(|rate| text::short(rate, 3));
                let directory = row.directory.as_deref().map_or_else(String::new, |directory| format!("{directory}, "));
                notes.push(format!(
                    "{directory}{}: the best {}, {rate}, is the {edge} of your range: extend it {way} to {end}",
                    row.value,
                    Parameter::LearningRate.key()
                ));
            }
        }
        if self.rows.windows(2).any(|pair| pair[0].rank.is_some() && pair[0].rank == pair[1].rank && pair[0].loss == pair[1].loss) {
            notes.push("Equal ranks are ties: J agrees to four digits".into());
        }
        if self.has_losses() {
            notes.push("J of different losses are not comparable: each loss has its own ranks".into());
        }
        notes
    }

    /// The sentence above the table, and the table.
    fn table(&self) -> String {
        let columns = self.columns();
        let width = |column: &Column| column.cells.iter().chain([&column.heading]).map(|cell| cell.chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = columns.iter().map(width).collect();
        let line = |cell: &dyn Fn(&Column) -> String| {
            let padded = |(column, width): (&Column, &usize)| {
                let (cell, width) = (cell(column), *width);
                if column.is_words { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
            };
            let cells: Vec<String> = columns.iter().zip(&widths).map(padded).collect();
            cells.join("  ").trim_end().to_owned()
        };
        let head = [self.heading(), line(&|column| column.heading.clone())];
        head.into_iter().chain((0..self.rows.len()).map(|row| line(&|column| column.cells[row].clone()))).map(|line| line + "\n").collect()
    }

    /// The explanations below the table, one in each line.
    fn notes_in_lines(&self) -> String {
        self.notes().into_iter().map(|note| note + "\n").collect()
    }
}

impl std::fmt::Display for Comparison {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.table())?;
        formatter.write_str(&self.notes_in_lines())
    }
}
