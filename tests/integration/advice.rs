//! Advice is followed on a grid of small sweeps. `benches/advice_grid.py` does the same on a larger grid with the program.

use gradsweep::analysis::{Diagnosis, Recommendation, diagnosis};
use gradsweep::backend::cpu::Cpu;
use gradsweep::config::{self, ConfigSource, DataLocation, Experiment};
use gradsweep::model::{Parameter, Verdict};
use gradsweep::sweep::{Problems, trained};
use gradsweep::table::RunTable;

use crate::common::program::root;

/// A sweep over seeds, and optionally over learning rates.
struct Cell {
    data: &'static str,
    text: String,
}

impl Cell {
    fn new(data: &'static str, scale: &str, optimizer: &str, batch: &str, rates: &str) -> Self {
        let csv = std::fs::read_to_string(root().join(format!("tests/data/{data}.csv"))).unwrap();
        let (feature, target) = csv.lines().next().unwrap().split_once(',').unwrap();
        let text = format!(
            "[data]\npath = \"{data}.csv\"\nfeature = \"{feature}\"\ntarget = \"{target}\"\nscale = \"{scale}\"\n[model]\ninitial_weight = 0.0\n\
             [training]\noptimizer = \"{optimizer}\"\nbatch_size = {batch}\nepochs = 30\n[sweep.parameters]\nlearning_rate = {rates}\n\
             \"training.seed\" = {{ min = 0, max = 9 }}\n"
        );
        Self { data, text }
    }

    fn experiment(&self, sets: &[String]) -> Experiment {
        let folder = root().join("tests/data");
        let source = ConfigSource { file: "cell.toml", name: self.data, data: DataLocation::Folder(&folder) };
        config::load_text(&self.text, &source, sets).unwrap_or_else(|mistakes| panic!("{sets:?}: {mistakes}"))
    }

    fn trained(&self, sets: &[String], cpu: &Cpu) -> (RunTable, Diagnosis) {
        let experiment = self.experiment(sets);
        let problems = Problems::new(&experiment).unwrap();
        let table = trained(&experiment, &problems, cpu).unwrap();
        let diagnosis = diagnosis(&experiment, &problems.all, &table, None, cpu);
        (table, diagnosis)
    }
}

/// The median over seeds of J, for the best learning rate; infinite if it diverges.
fn median_loss(diagnosis: &Diagnosis) -> f64 {
    diagnosis.models[0].best.rows[0].mean_loss[1].unwrap_or(f64::INFINITY)
}

/// Whether at least half of the runs converge.
fn converges(table: &RunTable) -> bool {
    2 * table.verdict.iter().filter(|verdict| **verdict == Verdict::Converged).count() >= table.run.len()
}

/// Whether a recommendation sets a value that the experiment has.
fn repeats(experiment: &Experiment, remedy: &Recommendation) -> bool {
    let settings = &experiment.space.branches[0].settings;
    let parameters = Parameter::all().filter(|parameter| settings.get(*parameter).is_some());
    parameters.into_iter().any(|parameter| {
        let argument = experiment.override_for(parameter, settings.get(parameter).unwrap());
        argument.is_some_and(|argument| remedy.set.contains(&argument))
    })
}

/// Following the advice never raises J, repeats no value, is never refused, and leads to the optimum in two steps where a learning rate alone can.
#[test]
fn following_the_advice_leads_to_the_optimum() {
    let cpu = Cpu::open(None, None).unwrap();
    let (mut cells, mut reached) = (0, 0);
    for data in ["iris", "engel", "stackloss"] {
        for scale in ["none", "standard"] {
            for (optimizer, batch) in [("sgd", "8"), ("sgd", "\"full\""), ("adam", "8"), ("adagrad", "32"), ("rmsprop", "8")] {
                let rates = "{ min = 1e-7, max = 1e3, count = 41, distribution = \"log_uniform\" }";
                let (_, all) = Cell::new(data, scale, optimizer, batch, rates).trained(&[], &cpu);
                let is_reachable = all.models[0].remedy.is_none();
                for rate in ["1e-4", "0.01", "1.0"] {
                    let cell = Cell::new(data, scale, optimizer, batch, &format!("[{rate}]"));
                    let (mut sets, mut results) = (Vec::new(), vec![cell.trained(&[], &cpu)]);
                    for _ in 0..2 {
                        let (table, diagnosis) = results.last().unwrap();
                        if converges(table) {
                            break;
                        }
                        let Some(remedy) = diagnosis.models[0].remedy.clone() else { break };
                        assert!(!repeats(&cell.experiment(&sets), &remedy), "{data} {scale} {optimizer} {batch} {rate}: {:?}", remedy.set);
                        let before = median_loss(diagnosis);
                        sets.extend(remedy.set);
                        let next = cell.trained(&sets, &cpu);
                        assert!(median_loss(&next.1) <= before, "{data} {scale} {optimizer} {batch} {rate}: {sets:?}");
                        results.push(next);
                    }
                    cells += 1;
                    let ends = converges(&results.last().unwrap().0);
                    reached += u32::from(ends);
                    assert!(ends || !is_reachable, "{data} {scale} {optimizer} {batch} {rate}: {sets:?}\n{}", results.last().unwrap().1);
                }
            }
        }
    }
    assert!(reached * 10 >= cells * 9, "{reached} of {cells} cells reach the optimum");
}

/// A setting that does not count as converged may have a lower mean of J than one that does: then the latter is no remedy.
#[test]
fn a_remedy_is_not_worse_than_the_present_setting() {
    let cpu = Cpu::open(None, None).unwrap();
    for (data, scale, optimizer, batch, rate) in [
        ("stackloss", "standard", "adam", "8", "3.16"),
        ("iris", "none", "rmsprop", "32", "0.01"),
        ("iris", "standard", "rmsprop", "32", "0.0316"),
    ] {
        let mut cell = Cell::new(data, scale, optimizer, batch, &format!("[{rate}]"));
        cell.text = cell.text.replace("max = 9", "max = 19");
        let (table, before) = cell.trained(&[], &cpu);
        assert!(!converges(&table), "{data} {optimizer} {rate}");
        let remedy = before.models[0].remedy.clone().unwrap_or_else(|| panic!("{before}"));
        let (_, after) = cell.trained(&remedy.set, &cpu);
        assert!(median_loss(&after) <= median_loss(&before), "{data} {optimizer} {rate}: {:?}", remedy.set);
    }
}

/// Rates from 0.25 to 0.4 reach the optimum. Of the rates 1, 2, 5 × 10ⁿ, 0.2 reaches it so late that the mean J is above the present one, and 0.5
/// misses it.
#[test]
fn other_rates_are_tried_where_round_rates_fail() {
    let cpu = Cpu::open(None, None).unwrap();
    let cell = Cell::new("wine", "standard", "rmsprop", "\"full\"", "[1.0]");
    let at = |rate: &str| cell.trained(&[format!("sweep.parameters.learning_rate=[{rate}]")], &cpu);
    let (_, present) = at("1.0");
    assert!(median_loss(&at("0.2").1) > median_loss(&present) && !converges(&at("0.5").0));
    let remedy = present.models[0].remedy.clone().unwrap();
    let (table, after) = cell.trained(&remedy.set, &cpu);
    assert!(remedy.reaches_optimum && converges(&table) && median_loss(&after) <= median_loss(&present), "{remedy:?}");
}

/// In a long valley neither a smaller nor a larger rate helps, so the report does not recommend to extend the range.
#[test]
fn advice_to_standardise_is_not_next_to_advice_to_extend_the_range() {
    let folder = root().join("configs");
    let text = std::fs::read_to_string(folder.join("learning_rates.toml")).unwrap();
    let source = ConfigSource { file: "learning_rates.toml", name: "learning_rates", data: DataLocation::Folder(&folder) };
    let experiment = config::load_text(&text, &source, &[]).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let problems = Problems::new(&experiment).unwrap();
    let cpu = Cpu::open(None, None).unwrap();
    let report = diagnosis(&experiment, &problems.all, &trained(&experiment, &problems, &cpu).unwrap(), None, &cpu).to_string();
    assert!(report.contains("--set data.scale=standard") && !report.contains("extend"), "{report}");
}
