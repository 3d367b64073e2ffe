//! The map of an epoch on second moments, averaged over the order of the rows.

use std::ops::Range;

use super::deviation::Deviation;
use super::epochs::SampledEpochs;
use super::geometry::{BatchDeviation, Geometry, SUMS};
use super::moments::{
    IDENTITY, Map, OBSERVED, ONE, Operator, PAIRS, Rows, STATE, SecondMoment, add_product, add_products, add_rows, compose, image,
    of_point, rows, square, sum,
};
use super::sgd::{Sgd, Update};
use crate::model::Params;

/// A start is forgotten when no entry of the operator of the epochs exceeds this; `E[J]` grows without bound when one exceeds the inverse.
const NEGLIGIBLE: f64 = 1e-30;
/// The largest number of doublings of the number of epochs.
const DOUBLINGS: usize = 64;

/// The effect of one epoch on E[z zᵀ], for one setting of SGD.
#[derive(Clone, Debug)]
pub struct EpochMap {
    geometry: Geometry,
    /// E[z zᵀ] after the epoch as a function of that before it.
    epoch: Operator,
    /// After each update of the epoch: the moments of q as a function of E[z zᵀ] before the epoch.
    updates: Vec<Rows<OBSERVED>>,
}

impl EpochMap {
    /// Averages the map of an epoch over the order of the rows.
    ///
    /// The map of batch t is M̄ + Eₜ, where M̄ is that of all rows. So the map of the first t batches is M̄ᵗ + Dₜ + terms of second order, with
    ///
    /// ```text
    /// Dₜ₊₁ = M̄ Dₜ + Eₜ M̄ᵗ          E[Eₜ ⊗ Eₜ] = (1/m − 1/n) Γ          E[Eₛ ⊗ Eₜ] = −Γ/n
    /// ```
    ///
    /// for batches of m out of n rows, where Γ is the covariance of the maps of single rows. These covariances are exact for draws without
    /// replacement, so `E[(M̄ᵗ + Dₜ) ⊗ (M̄ᵗ + Dₜ)] = M̄ᵗ ⊗ M̄ᵗ + E[Dₜ ⊗ Dₜ]` is exact too. It is a control variate: only the difference
    /// between the product of the true maps and that of M̄ᵗ + Dₜ is averaged over the sampled orders.
    pub fn new(epochs: &SampledEpochs, sgd: &Sgd) -> Self {
        let orders = epochs.batches.len() / epochs.sizes.len();
        let weight = 1.0 / orders as f64;
        let geometry = &epochs.geometry;
        let mean = sgd.update(geometry, &[0.0; SUMS]);
        let mut exact = SecondOrder::new(geometry, sgd);
        let mut sampled = vec![(IDENTITY, IDENTITY); orders];
        let mut updates = Vec::with_capacity(epochs.sizes.len());
        for (batch, &size) in epochs.sizes.iter().enumerate() {
            let before = exact.mean_power;
            let mut products = [[[0.0; STATE]; STATE]; OBSERVED];
            for (order, (product, linear)) in sampled.iter_mut().enumerate() {
                let update = sgd.update(geometry, &epochs.batches[order * epochs.sizes.len() + batch]);
                *product = update.after(product);
                add_products(&mut products, weight, product);
                if epochs.is_random {
                    *linear = sum(&mean.after(&sum(linear, -1.0, &before)), 1.0, &update.after(&before));
                    add_products(&mut products, -weight, linear);
                }
            }
            let mut observed = rows(&products);
            if epochs.is_random {
                exact.advance(size);
                add_rows(&mut observed, &exact.expectation());
            }
            updates.push(observed);
        }
        let mut products = [[[0.0; STATE]; STATE]; PAIRS];
        for (product, linear) in &sampled {
            add_products(&mut products, weight, product);
            if epochs.is_random {
                add_products(&mut products, -weight, linear);
            }
        }
        let mut epoch = rows(&products);
        if epochs.is_random {
            add_rows(&mut epoch, &exact.expectation());
        }
        Self { geometry: geometry.clone(), epoch, updates }
    }

    /// The second moment of runs that start at these points (w, b), at least one.
    pub fn start(&self, points: &[Params<f64>]) -> SecondMoment {
        let mut mean = [0.0; PAIRS];
        for &point in points {
            for (sum, value) in mean.iter_mut().zip(of_point(&self.geometry.state(point))) {
                *sum += value / points.len() as f64;
            }
        }
        mean
    }

    /// The deviation from the optimum after each of these numbers of updates, which ascend.
    pub fn after(&self, start: &SecondMoment, updates: impl IntoIterator<Item = u64>) -> Vec<Deviation> {
        let per_epoch = self.updates.len() as u64;
        let (mut moment, mut epoch) = (*start, 0);
        let deviation = |update: u64| {
            let Some(last) = update.checked_sub(1) else { return Deviation::new(std::array::from_fn(|pair| start[pair])) };
            while epoch < last / per_epoch {
                moment = image(&self.epoch, &moment);
                epoch += 1;
            }
            Deviation::new(image(&self.updates[(last % per_epoch) as usize], &moment))
        };
        updates.into_iter().map(deviation).collect()
    }

    /// The mean of `E[J]` − J* over some consecutive updates, counted from 1; infinite beyond the range of float64.
    pub fn mean_excess(&self, start: &SecondMoment, updates: Range<u64>) -> f64 {
        let count = (updates.end - updates.start) as f64;
        self.after(start, updates).iter().map(Deviation::mean_excess).sum::<f64>() / count
    }

    /// The limit of E[z zᵀ] at the start of an epoch after many epochs; `None` if it grows without bound.
    ///
    /// Squaring the operator doubles the number of epochs. The image of (4, 4) is then the moment of runs that start at the optimum.
    fn stationary(&self) -> Option<SecondMoment> {
        let mut power = self.epoch;
        for _ in 0..DOUBLINGS {
            let largest = power[..ONE].iter().flat_map(|row| &row[..ONE]).fold(0.0_f64, |largest, value| largest.max(value.abs()));
            if !(largest < 1.0 / NEGLIGIBLE) {
                return None;
            }
            if largest < NEGLIGIBLE {
                return Some(power.map(|row| row[ONE]));
            }
            power = compose(&power, &power);
        }
        None
    }

    /// The limit of `E[J]` − J*, averaged over the updates of an epoch; `None` if `E[J]` grows without bound.
    pub fn floor(&self) -> Option<f64> {
        let moment = self.stationary()?;
        let excess = |rows: &Rows<OBSERVED>| Deviation::new(image(rows, &moment)).mean_excess();
        Some(self.updates.iter().map(excess).sum::<f64>() / self.updates.len() as f64)
    }
}

/// E[(M̄ᵗ + Dₜ) ⊗ (M̄ᵗ + Dₜ)] for t = 0, 1, ..
struct SecondOrder {
    mean: Update,
    mean_operator: Operator,
    /// The update of a batch with a deviation of 1 in one of the sums.
    units: [Update; SUMS],
    covariance: [[f64; SUMS]; SUMS],
    rows: f64,
    /// M̄ᵗ
    mean_power: Map,
    /// For each sum with the unit deviation N: Σ M̄ᵗ⁻¹⁻ˢ N M̄ˢ over s < t.
    sums: [Map; SUMS],
    /// E[Dₜ ⊗ Dₜ]
    fluctuation: Operator,
}

impl SecondOrder {
    fn new(geometry: &Geometry, sgd: &Sgd) -> Self {
        let mean = sgd.update(geometry, &[0.0; SUMS]);
        let unit = |sum: usize| -> BatchDeviation { std::array::from_fn(|other| f64::from(u8::from(other == sum))) };
        Self {
            mean,
            mean_operator: square(&mean.after(&IDENTITY)),
            units: std::array::from_fn(|sum| sgd.update(geometry, &unit(sum))),
            covariance: geometry.covariance(),
            rows: geometry.rows.len() as f64,
            mean_power: IDENTITY,
            sums: [[[0.0; STATE]; STATE]; SUMS],
            fluctuation: [[0.0; PAIRS]; PAIRS],
        }
    }

    /// Advances by a batch of `size` rows.
    fn advance(&mut self, size: usize) {
        let next_power = self.mean.after(&self.mean_power);
        let noise = self.units.map(|unit| sum(&unit.after(&self.mean_power), -1.0, &next_power));
        let carried = self.sums.map(|map| self.mean.after(&map));
        self.fluctuation = compose(&self.mean_operator, &self.fluctuation);
        for k in 0..SUMS {
            let correlated = (0..SUMS).fold([[0.0; STATE]; STATE], |total, l| sum(&total, self.covariance[k][l], &noise[l]));
            let own = noise[k].map(|row| row.map(|value| (1.0 / size as f64 - 1.0 / self.rows) * value));
            add_product(&mut self.fluctuation, &sum(&own, -2.0 / self.rows, &carried[k]), &correlated);
            self.sums[k] = sum(&carried[k], 1.0, &noise[k]);
        }
        self.mean_power = next_power;
    }

    /// S ↦ E[(M̄ᵗ + Dₜ) S (M̄ᵗ + Dₜ)ᵀ]
    fn expectation(&self) -> Operator {
        let mut expectation = square(&self.mean_power);
        add_rows(&mut expectation, &self.fluctuation);
        expectation
    }
}
