//! Runs grouped by a hyperparameter's value, ranked.

use serde::Serialize;

use super::{Error, Sweep};
use crate::figure::Figure;

/// The runs that share a value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Group {
    pub value: String,
    pub runs: usize,
    /// 10 %, 50 % and 90 % quantiles of the final J on the training rows; `None` where that many diverged.
    pub train_loss: [Option<f64>; 3],
    /// The run with the lowest J, and that J; `None` where all diverged.
    pub best: Option<(u64, f64)>,
    /// In the order of `Verdict::ALL`.
    pub verdicts: [u64; 5],
    /// Of those that reached, the median of the first epoch that did, from 0.
    pub reached_epoch: Option<f64>,
}

/// A ranked table and the figures beside it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    pub by: &'static str,
    pub rows: Vec<Group>,
    #[serde(skip)]
    pub figures: Vec<Figure>,
}

/// Groups the runs that pass all `filters` by their value of `by`. `style` names a second hyperparameter that the figures tell apart.
pub fn compare(sweep: &Sweep<'_>, by: &str, filters: &[(String, String)], style: Option<&str>) -> Result<Comparison, Error> {
    Err(Error::NoRuns)
}

impl std::fmt::Display for Comparison {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.by)
    }
}
