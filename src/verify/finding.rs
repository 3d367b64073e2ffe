//! The result of a comparison: the largest deviation of a function, and its tolerance.

use serde::Serialize;

use crate::kernel::cases::{FLUSHED, Tolerance};

/// The largest deviations of one function.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// `elementary`, `activation`, `loss`, `moments`, `optimizer`, `option`, `verdict` or `batch`.
    pub kind: &'static str,
    /// Name of the function.
    pub name: String,
    /// Number of compared values.
    pub cases: usize,
    /// Float32 on the CPU against float64.
    pub cpu: Deviation,
    /// The device against float64 for elementary functions, else against the host's float32.
    pub gpu: Option<Deviation>,
}

/// A deviation and its tolerance in units of the last place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Deviation {
    /// The largest error.
    pub ulps: f64,
    /// The allowed error.
    pub allowed: f64,
}

impl Deviation {
    fn new(allowed: f64) -> Self {
        Self { ulps: 0.0, allowed }
    }

    /// Records a deviation in units of 2⁻²³ of `terms`. NaN counts as infinite.
    pub fn record(&mut self, value: f32, exact: f64, terms: f64) {
        self.record_beyond(0.0, value, exact, terms);
    }

    /// Records a deviation of a device, apart from [`FLUSHED`].
    fn record_device(&mut self, value: f32, host: f32, terms: f64) {
        self.record_beyond(FLUSHED, value, f64::from(host), terms);
    }

    /// Records by how much a deviation exceeds an allowed difference.
    fn record_beyond(&mut self, allowed: f64, value: f32, exact: f64, terms: f64) {
        let difference = (f64::from(value) - exact).abs();
        let difference = if difference <= allowed { 0.0 } else { difference - allowed };
        let ulps = difference / (terms * f64::from(f32::EPSILON)).max(f64::from(f32::MIN_POSITIVE));
        self.ulps = if ulps <= self.ulps {
            self.ulps
        } else if ulps.is_finite() {
            ulps
        } else {
            f64::INFINITY
        };
    }

    /// Whether the deviation is within its tolerance.
    pub fn holds(&self) -> bool {
        self.ulps <= self.allowed
    }
}

impl Finding {
    /// Whether all deviations are within their tolerances.
    pub fn holds(&self) -> bool {
        self.cpu.holds() && self.gpu.is_none_or(|gpu| gpu.holds())
    }
}

/// A function that is compared case by case.
pub struct Comparison {
    cases: usize,
    pub cpu: Deviation,
    gpu: Deviation,
    /// The device's results of all cases.
    device: Option<Vec<f32>>,
    /// Results compared so far.
    compared: usize,
}

impl Comparison {
    pub fn new(host: Tolerance, device: Tolerance, device_results: Option<Vec<f32>>) -> Self {
        let (cpu, gpu) = (Deviation::new(f64::from(host.ulps)), Deviation::new(f64::from(device.ulps)));
        Self { cases: 0, cpu, gpu, device: device_results, compared: 0 }
    }

    /// Adds device results of later cases.
    pub fn extend_device(&mut self, results: Option<Vec<f32>>) {
        if let Some((device, results)) = self.device.as_mut().zip(results) {
            device.extend(results);
        }
    }

    /// Compares the next case: results of the host and of float64, and the magnitudes that define an ulp of each.
    pub fn add(&mut self, host: &[f32], exact: &[f64], terms: &[f64]) {
        self.cases += 1;
        for ((&host, &exact), &terms) in host.iter().zip(exact).zip(terms) {
            self.cpu.record(host, exact, terms);
            if let Some(device) = &self.device {
                self.gpu.record_device(device.get(self.compared).copied().unwrap_or(f32::NAN), host, terms);
            }
            self.compared += 1;
        }
    }

    /// Compares the next case: half words of the host, which must be equal on the device.
    pub fn add_halves(&mut self, halves: &[f32]) {
        let exact: Vec<f64> = halves.iter().map(|&half| f64::from(half)).collect();
        self.add(halves, &exact, &vec![1.0; halves.len()]);
    }

    pub fn named(self, kind: &'static str, name: String) -> Finding {
        Finding { kind, name, cases: self.cases, cpu: self.cpu, gpu: self.device.map(|_| self.gpu) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flushed_subnormal_number_is_no_deviation() {
        let recorded = |device: f32, host: f32| {
            let mut deviation = Deviation::new(1.0);
            deviation.record_device(device, host, 1e-37);
            deviation
        };
        let subnormal = f32::MIN_POSITIVE / 2.0;
        assert_eq!(recorded(0.0, subnormal).ulps, 0.0);
        assert_eq!(recorded(0.0, 2.0 * f32::MIN_POSITIVE).ulps, 0.0);
        assert!(!recorded(0.0, 4.0 * f32::MIN_POSITIVE).holds());
        assert!(!recorded(f32::NAN, subnormal).holds());
    }
}
