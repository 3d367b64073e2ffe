//! Bins of the values of a hyperparameter that each run of a sampled sweep draws for itself. Tables and figures group runs by bins, as they group the
//! runs of a grid by values.

use super::setting::Setting;
use crate::model::{Parameter, Scale, Value};
use crate::space::{Continuous, Distribution, Space, Values};

/// A hyperparameter with up to this number of possible values needs no bins. Also the largest number of bins.
const MOST: usize = 20;
/// The smallest number of bins that few runs get.
const FEWEST: f64 = 4.0;
/// A range over less than this factor has equal bins, not bins of equal factors.
const LEAST_FACTOR: f64 = 3.0;
/// The numbers of bins in a decade that are tried, finest first.
const PER_DECADE: [f64; 5] = [10.0, 5.0, 3.0, 2.0, 1.0];
/// The widths of equal bins, times a power of ten.
const WIDTHS: [f64; 4] = [1.0, 2.0, 5.0, 10.0];
/// Differences of the size of rounding errors, relative to the width of a bin.
const ROUNDING: f64 = 1e-9;

/// The bins of a hyperparameter. They depend on the config alone, so they are the same for all selections of runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Bins {
    /// The ends of all bins, ascending: one more than there are bins.
    edges: Vec<f64>,
    /// The largest value, which is in the last bin.
    max: f64,
    is_log: bool,
    is_integer: bool,
    /// Values that are listed beside a range, and are no part of a bin.
    listed: Vec<Setting>,
}

impl Bins {
    /// The bins of a hyperparameter; `None` in a grid, and for few possible values.
    pub fn new(space: &Space, parameter: Parameter) -> Option<Self> {
        let runs = space.sampling()?.runs();
        let axes: Vec<&Values> = space.branches.iter().filter_map(|branch| Some(&branch.axis(parameter)?.values)).collect();
        let mut parts = Parts::default();
        for values in axes {
            parts.add(values, runs);
        }
        if parts.ends.is_empty() || parts.count <= MOST as u64 {
            return None;
        }
        let [min, max] = parts.ends.iter().fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], end| [low.min(end[0]), high.max(end[1])]);
        let is_log = parameter.facts().scale == Scale::Log && min > 0.0 && max >= LEAST_FACTOR * min;
        let limit = (runs as f64).sqrt().clamp(FEWEST, MOST as f64);
        let edges = if is_log { log_edges([min, max], limit) } else { equal_edges([min, max], limit, parts.is_integer) };
        Some(Self { edges, max, is_log, is_integer: parts.is_integer, listed: parts.listed })
    }

    /// The bin of a value; the value itself if it is listed or is no number.
    pub fn bin(&self, setting: Setting) -> Setting {
        let Some(number) = setting.number().filter(|_| !self.listed.contains(&setting)) else { return setting };
        let place = self.edges.partition_point(|edge| *edge <= number).clamp(1, self.edges.len() - 1) - 1;
        self.at(place).unwrap_or(setting)
    }

    /// All bins, in order.
    pub fn all(&self) -> Vec<Setting> {
        (0..self.edges.len() - 1).filter_map(|place| self.at(place)).collect()
    }

    /// The bin at a place; a bin of one integer is the integer. `None` for a bin without integers.
    fn at(&self, place: usize) -> Option<Setting> {
        let [low, high] = [self.edges[place], self.edges[place + 1]];
        let is_last = place + 2 == self.edges.len();
        let [low, high] = match self.is_integer {
            true if is_last => [low.ceil(), self.max.floor()],
            true => [low.ceil(), high.ceil() - 1.0],
            false => [low, high],
        };
        if low >= high {
            return (low == high).then_some(Setting::Number(low));
        }
        let middle = if self.is_log { (low * high).sqrt() } else { f64::midpoint(low, high) };
        Some(Setting::Range { low, high, middle })
    }
}

/// The listed values and the ranges of a hyperparameter.
#[derive(Default)]
struct Parts {
    listed: Vec<Setting>,
    /// The usual ends of each range.
    ends: Vec<[f64; 2]>,
    /// The number of possible values.
    count: u64,
    is_integer: bool,
}

impl Parts {
    fn add(&mut self, values: &Values, runs: u64) {
        match values {
            Values::List(list) => self.listed.extend(list.iter().map(|&value| Setting::from(Some(value)))),
            Values::Mixture(parts) => return parts.iter().for_each(|(_, values)| self.add(values, runs)),
            Values::Continuous(of) => self.ends.push(usual_ends(of, runs)),
            Values::Quantized { of, multiples } => {
                let [low, high] = multiples.ends().map(|end| end.number().unwrap_or_default());
                self.ends.push(usual_ends(of, runs).map(|end| end.clamp(low, high)));
                self.is_integer |= matches!(multiples.value(0), Value::Integer(_));
            }
            range => {
                self.ends.push(range.ends().map(|end| end.number().unwrap_or_default()));
                self.is_integer |= matches!(range.value(0), Value::Integer(_));
            }
        }
        self.count = self.count.saturating_add(values.len());
    }
}

/// The ends of a range; of a normal distribution, the ends that the values of that many runs rarely exceed.
fn usual_ends(of: &Continuous, runs: u64) -> [f64; 2] {
    match of.distribution {
        Distribution::Uniform | Distribution::LogUniform => of.bounds,
        Distribution::Normal { .. } | Distribution::LogNormal { .. } => {
            let rare = 0.5 / runs as f64;
            [rare, 1.0 - rare].map(|share| of.quantile(share))
        }
    }
}

/// The edges of at most `limit` bins of equal factors: roots of ten, so that each decade begins a bin.
fn log_edges(ends: [f64; 2], limit: f64) -> Vec<f64> {
    let logs = ends.map(libm::log10);
    let places = |per_decade: f64| [(logs[0] * per_decade + ROUNDING).floor(), (logs[1] * per_decade - ROUNDING).ceil()];
    let coarse = 1.0 / ((logs[1] - logs[0]) / limit).ceil().max(1.0);
    let fits = |per_decade: &f64| {
        let [first, last] = places(*per_decade);
        last - first <= limit
    };
    let per_decade = PER_DECADE.into_iter().find(fits).unwrap_or(coarse);
    let [first, last] = places(per_decade);
    // Powers of ten are exact.
    (0..=(last - first) as u64).map(|place| libm::exp10((first + place as f64) / per_decade)).collect()
}

/// The edges of at most `limit` bins of equal width, a round number.
fn equal_edges([min, max]: [f64; 2], limit: f64, is_integer: bool) -> Vec<f64> {
    let least = ((max - min) / limit).max(if is_integer { 1.0 } else { f64::MIN_POSITIVE });
    let power = libm::exp10(libm::floor(libm::log10(least)));
    let places = |width: f64| [(min / width + ROUNDING).floor(), (max / width - ROUNDING).ceil()];
    let fits = |width: &f64| {
        let [first, last] = places(*width);
        last - first <= limit
    };
    let width = WIDTHS.into_iter().map(|width| width * power).find(fits).unwrap_or(20.0 * power);
    let [first, last] = places(width);
    // Dividing by the reciprocal gives 0.3, where multiplying by 0.1 gives 0.30000000000000004.
    let reciprocal = (1.0 / width).round();
    let at = |place: f64| if width < 1.0 && reciprocal > 0.0 { place / reciprocal } else { place * width };
    (0..=(last - first).max(1.0) as u64).map(|place| at(first + place as f64)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Optimizer, Settings};
    use crate::space::{Axis, Branch, Sampling, SamplingMethod};

    /// The bins of one sampled axis.
    fn bins(parameter: Parameter, values: Values, runs: u64) -> Option<Bins> {
        let axes = vec![Axis { parameter, values }];
        let branch = Branch { optimizer: Optimizer::Sgd, settings: Settings::default(), axes, first: 0, len: 0 };
        let sampling = Sampling::new(SamplingMethod::Random, runs, 0, &[parameter]);
        Bins::new(&Space::sampled(vec![branch], sampling, [&[1.0], &[1.0]]), parameter)
    }

    fn names(bins: &Bins) -> Vec<String> {
        bins.all().iter().map(Setting::to_string).collect()
    }

    #[test]
    fn bins_of_a_logarithmic_range_divide_its_decades() {
        let values = || Values::Continuous(Continuous::new(Distribution::LogUniform, [1e-4, 1.0]));
        let fine = bins(Parameter::LearningRate, values(), 1_000_000).unwrap();
        assert_eq!(fine.all().len(), 20);
        let coarse = bins(Parameter::LearningRate, values(), 25).unwrap();
        assert_eq!(names(&coarse), ["1e-4 to 0.001", "0.001 to 0.01", "0.01 to 0.1", "0.1 to 1"]);
        let names = [1e-4, 0.0099, 0.01, 1.0].map(|rate| coarse.bin(Setting::Number(rate)).to_string());
        assert_eq!(names, ["1e-4 to 0.001", "0.001 to 0.01", "0.01 to 0.1", "0.1 to 1"]);
    }

    #[test]
    fn bins_of_a_linear_range_have_round_edges() {
        let values = Values::Continuous(Continuous::new(Distribution::Uniform, [0.0, 0.95]));
        let bins = bins(Parameter::Momentum, values, 100).unwrap();
        assert_eq!(names(&bins)[..3], ["0 to 0.1", "0.1 to 0.2", "0.2 to 0.3"]);
        assert_eq!(bins.all().len(), 10);
        assert_eq!(bins.bin(Setting::Number(0.3)).to_string(), "0.3 to 0.4");
        assert_eq!(bins.bin(Setting::Absent), Setting::Absent);
    }

    #[test]
    fn bins_of_integers_are_named_by_integers() {
        let values = Values::IntSteps { min: 1, step: 1, count: 100 };
        let bins = bins(Parameter::BatchSize, values, 10_000).unwrap();
        let names = names(&bins);
        assert_eq!((names[0].as_str(), names[names.len() - 1].as_str()), ("1", "80 to 100"), "{names:?}");
        // Every integer is in one bin.
        let all = bins.all();
        for size in 1..=100 {
            assert!(all.contains(&bins.bin(Setting::Number(f64::from(size)))), "{size}");
        }
    }

    #[test]
    fn few_values_and_listed_values_are_their_own() {
        assert_eq!(bins(Parameter::BatchSize, Values::IntSteps { min: 1, step: 1, count: 20 }, 1000), None);
        let range = Values::Continuous(Continuous::new(Distribution::LogUniform, [1e-4, 1.0]));
        let mixed = Values::Mixture(vec![(0.5, Values::List(vec![Value::Float(0.0)])), (1.0, range)]);
        let bins = bins(Parameter::LearningRate, mixed, 1000).unwrap();
        assert_eq!(bins.bin(Setting::Number(0.0)), Setting::Number(0.0));
        assert!(matches!(bins.bin(Setting::Number(0.5)), Setting::Range { .. }));
    }
}
