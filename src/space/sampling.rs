//! The uniform numbers of a sampled sweep: the coordinate of each run in each dimension, computed from the run number alone.

use super::sobol::SobolDimension;
use super::strata::Permutation;
use crate::data::{Stream, Threefry};
use crate::model::Parameter;

pub use super::sobol::POINTS as SOBOL_POINTS;

/// How the runs of a sampled sweep cover the space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SamplingMethod {
    /// Independent uniform numbers.
    Random,
    /// Sobol points with Owen's scrambling.
    Sobol,
    /// One run in each of as many equal strata as there are runs, in every dimension.
    LatinHypercube,
}

impl SamplingMethod {
    /// All methods with their names.
    pub const ALL: [(&'static str, Self); 3] =
        [("random", Self::Random), ("sobol", Self::Sobol), ("latin_hypercube", Self::LatinHypercube)];

    /// The name in a config.
    pub fn name(self) -> &'static str {
        match self {
            Self::Random => "random",
            Self::Sobol => "sobol",
            Self::LatinHypercube => "latin_hypercube",
        }
    }
}

/// The coordinates of all runs in one dimension.
#[derive(Clone, Debug, PartialEq)]
enum Coordinates {
    Random,
    Sobol(SobolDimension),
    Strata(Permutation),
}

/// A dimension of the space: a hyperparameter and the coordinates of the runs.
#[derive(Clone, Debug, PartialEq)]
struct Dimension {
    parameter: Parameter,
    /// The key of the random numbers.
    key: [u32; 2],
    coordinates: Coordinates,
}

/// A sampled sweep: its method, its number of runs, and a dimension for each hyperparameter that varies.
#[derive(Clone, Debug, PartialEq)]
pub struct Sampling {
    method: SamplingMethod,
    runs: u64,
    seed: u32,
    dimensions: Vec<Dimension>,
}

/// The bits of a coordinate, those of the fraction of a float64.
const UNIT_BITS: u32 = 53;

impl Sampling {
    /// The sampling of a space over these hyperparameters, which are distinct. `runs` is at most [`SOBOL_POINTS`] with Sobol points.
    pub fn new(method: SamplingMethod, runs: u64, seed: u32, parameters: &[Parameter]) -> Self {
        let dimension = |(number, &parameter): (usize, &Parameter)| {
            let key = [seed, Stream::Sweep as u32 | (number as u32) << 8];
            let coordinates = match method {
                SamplingMethod::Random => Coordinates::Random,
                // The table has a dimension for every hyperparameter.
                SamplingMethod::Sobol => {
                    SobolDimension::new(number, Threefry::block(key, [0, u32::MAX])[0]).map_or(Coordinates::Random, Coordinates::Sobol)
                }
                SamplingMethod::LatinHypercube => Coordinates::Strata(Permutation::new(runs.max(1), key)),
            };
            Dimension { parameter, key, coordinates }
        };
        Self { method, runs, seed, dimensions: parameters.iter().enumerate().map(dimension).collect() }
    }

    /// The method.
    pub fn method(&self) -> SamplingMethod {
        self.method
    }

    /// The number of runs.
    pub fn runs(&self) -> u64 {
        self.runs
    }

    /// The seed of the sampler.
    pub fn seed(&self) -> u32 {
        self.seed
    }

    /// The number of the dimension of a hyperparameter; `None` if it does not vary.
    pub fn dimension(&self, parameter: Parameter) -> Option<usize> {
        self.dimensions.iter().position(|dimension| dimension.parameter == parameter)
    }

    /// The coordinate of a run in a dimension, in [0, 1).
    pub fn unit(&self, run: u64, dimension: usize) -> f64 {
        let Dimension { key, coordinates, .. } = &self.dimensions[dimension];
        match coordinates {
            Coordinates::Random => random_unit(*key, run),
            Coordinates::Sobol(sobol) => sobol.unit(run),
            Coordinates::Strata(strata) => {
                let place = strata.at(run) as f64 + random_unit(*key, run);
                (place / self.runs as f64).min(1.0_f64.next_down())
            }
        }
    }
}

/// A uniform number in [0, 1) with 53 bits.
fn random_unit(key: [u32; 2], run: u64) -> f64 {
    let [high, low] = Threefry::block(key, [run as u32, (run >> 32) as u32]);
    let bits = (u64::from(high) << 32 | u64::from(low)) >> (u64::BITS - UNIT_BITS);
    bits as f64 / (1_u64 << UNIT_BITS) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARAMETERS: [Parameter; 3] = [Parameter::LearningRate, Parameter::Momentum, Parameter::BatchSize];

    fn sampling(method: SamplingMethod, runs: u64, seed: u32) -> Sampling {
        Sampling::new(method, runs, seed, &PARAMETERS)
    }

    /// The chi-square statistic of counts that are expected to be equal.
    fn chi_square(counts: &[u32]) -> f64 {
        let expected = f64::from(counts.iter().sum::<u32>()) / counts.len() as f64;
        counts.iter().map(|&count| (f64::from(count) - expected).powi(2) / expected).sum()
    }

    #[test]
    fn random_coordinates_are_uniform_in_each_dimension_and_in_pairs() {
        // Chi-square with 99 degrees of freedom is between 61 and 149 with a probability of 0.998.
        let sampling = sampling(SamplingMethod::Random, 20_000, 4);
        let cell = |run: u64, dimension: usize, cells: f64| (sampling.unit(run, dimension) * cells) as usize;
        for dimension in 0..3 {
            let mut counts = [0; 100];
            (0..20_000).for_each(|run| counts[cell(run, dimension, 100.0)] += 1);
            assert!((61.0..149.0).contains(&chi_square(&counts)), "dimension {dimension}: {}", chi_square(&counts));
            let mut pairs = [0; 100];
            (0..20_000).for_each(|run| pairs[cell(run, dimension, 10.0) * 10 + cell(run, (dimension + 1) % 3, 10.0)] += 1);
            assert!((61.0..149.0).contains(&chi_square(&pairs)), "pair {dimension}: {}", chi_square(&pairs));
        }
    }

    #[test]
    fn a_latin_hypercube_has_one_run_in_each_stratum_of_every_dimension() {
        for runs in [1, 2, 7, 100, 1000] {
            let sampling = sampling(SamplingMethod::LatinHypercube, runs, 1);
            for dimension in 0..3 {
                let mut strata: Vec<u64> = (0..runs).map(|run| (sampling.unit(run, dimension) * runs as f64) as u64).collect();
                strata.sort_unstable();
                assert!(strata.iter().copied().eq(0..runs), "{runs} runs, dimension {dimension}");
            }
        }
    }

    #[test]
    fn more_runs_keep_the_coordinates_of_random_and_sobol() {
        for method in [SamplingMethod::Random, SamplingMethod::Sobol] {
            let [few, many] = [1000, 2000].map(|runs| sampling(method, runs, 9));
            for run in 0..1000 {
                assert_eq!([0, 1, 2].map(|dimension| few.unit(run, dimension)), [0, 1, 2].map(|dimension| many.unit(run, dimension)));
            }
        }
    }

    #[test]
    fn seeds_and_dimensions_have_their_own_coordinates() {
        for (_, method) in SamplingMethod::ALL {
            let mut units: Vec<u64> = (0..2)
                .flat_map(|seed| {
                    let sampling = sampling(method, 500, seed);
                    (0..3).map(move |dimension| sampling.unit(1, dimension).to_bits()).collect::<Vec<_>>()
                })
                .collect();
            units.sort_unstable();
            units.dedup();
            assert_eq!(units.len(), 6, "{}", method.name());
        }
    }
}
