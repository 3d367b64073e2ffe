//! The cost of the statistics that training can compute in addition to weights and biases.

use super::contender::{Contender, OpenBackend};
use super::table::Cost;
use super::workload::{Workload, median};
use crate::backend::{Error, RecordOptions};
use crate::sweep::{Plan, Problems};

/// Measures training without statistics, with the bookkeeping for verdicts, and with epoch series. The three measurements alternate, so that
/// a change of the machine's speed affects all of them.
pub fn cost(
    contender: &Contender<'_>,
    open_without_verdicts: &OpenBackend<'_>,
    plan: &Plan,
    problems: &Problems,
    repeats: u32,
) -> Result<Cost, Error> {
    let (plain, full) = (open_without_verdicts()?, (contender.open)()?);
    let [without_epochs, with_epochs] = [false, true].map(|epochs| plan.groups(problems, RecordOptions { every: 0, epochs }));
    let mut workloads = [
        Workload::new(plain.as_ref(), &without_epochs),
        Workload::new(full.as_ref(), &without_epochs),
        Workload::new(full.as_ref(), &with_epochs),
    ];
    for workload in &mut workloads {
        // The first training allocates the memory for results.
        workload.train()?;
    }
    for workload in &mut workloads {
        workload.calibrate()?;
    }
    let mut seconds: [Vec<f64>; 3] = Default::default();
    for _ in 0..repeats.max(1) {
        for (workload, seconds) in workloads.iter_mut().zip(&mut seconds) {
            seconds.push(workload.measure()?);
        }
    }
    let [plain, verdicts, epochs] = seconds.map(|mut seconds| {
        seconds.sort_by(f64::total_cmp);
        median(&seconds)
    });
    Ok(Cost {
        name: contender.name.clone(),
        final_weights_steps_per_s: workloads[0].steps() as f64 / plain,
        verdicts: verdicts / plain - 1.0,
        epochs: (epochs - verdicts) / plain,
    })
}
