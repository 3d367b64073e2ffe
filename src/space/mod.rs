//! The space of hyperparameters: a tree with the optimizer as its trunk, and the way from an index to a run.
//!
//! Nothing is stored per run: a run is computed from its index. This room knows distributions and how axes multiply. It does
//! not know TOML, data, or training.

mod axis;

pub use axis::{Axis, Values};

use crate::model::{Activation, Loss, Neuron, Optimizer, Parameter, Schedule, Value};

/// What one run is trained with: a value for each hyperparameter that it has, defaults included.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings([Option<Value>; Parameter::COUNT]);

impl Default for Settings {
    fn default() -> Self {
        Self([None; Parameter::COUNT])
    }
}

impl Settings {
    /// The value of a hyperparameter; `None` where the run does not have it.
    pub fn get(&self, parameter: Parameter) -> Option<Value> {
        self.0[parameter as usize]
    }

    pub fn set(&mut self, parameter: Parameter, value: Option<Value>) {
        self.0[parameter as usize] = value;
    }

    /// The schedule of the learning rate.
    pub fn schedule(&self) -> Schedule {
        match self.get(Parameter::ScheduleName) {
            Some(Value::Choice(name)) => Schedule::from_name(name).unwrap_or(Schedule::None),
            _ => Schedule::None,
        }
    }

    /// The neuron that the run trains.
    pub fn neuron(&self) -> Neuron {
        let word = |parameter: Parameter| match self.get(parameter) {
            Some(Value::Choice(word)) => word,
            _ => "",
        };
        Neuron {
            activation: Activation::from_name(word(Parameter::Activation)).unwrap_or(Activation::Linear),
            loss: Loss::from_name(word(Parameter::Loss)).unwrap_or(Loss::Mse),
            use_bias: self.get(Parameter::UseBias) != Some(Value::Boolean(false)),
            bits: false,
        }
    }

    /// The number under `parameter`; integers are widened, anything else is `None`.
    pub fn number(&self, parameter: Parameter) -> Option<f64> {
        self.get(parameter)?.number()
    }
}

/// A run: its number in the space, and its settings.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    pub index: u64,
    pub optimizer: Optimizer,
    pub settings: Settings,
}

/// The runs of one optimizer under one schedule: a contiguous range of run numbers. Mixed radix over its axes, the last fastest.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    pub optimizer: Optimizer,
    /// The values of everything that does not vary in this block (and of what varies: its value at the first point).
    pub settings: Settings,
    pub axes: Vec<Axis>,
    /// The number of its first run.
    pub first: u64,
    /// How many runs it has: the product of the axes' lengths.
    pub len: u64,
}

impl Block {
    /// The position on each axis of the `offset`-th run of the block, in the order of `axes`.
    pub fn digits(&self, mut offset: u64, digits: &mut [u64]) {
        for (axis, digit) in self.axes.iter().zip(digits).rev() {
            *digit = offset % axis.len();
            offset /= axis.len();
        }
    }

    /// The run at `offset` inside the block.
    pub fn run(&self, offset: u64) -> Run {
        let mut digits = vec![0; self.axes.len()];
        self.digits(offset, &mut digits);
        let mut settings = self.settings.clone();
        for (axis, &digit) in self.axes.iter().zip(&digits) {
            settings.set(axis.parameter, Some(axis.value(digit)));
        }
        Run { index: self.first + offset, optimizer: self.optimizer, settings }
    }
}

/// Why a space cannot be built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Run numbers are INT64 in every file.
    #[error("the grid has more than 9,223,372,036,854,775,807 points, and run numbers are 64-bit integers")]
    TooManyRuns,
}

/// All runs of a sweep.
#[derive(Clone, Debug, PartialEq)]
pub struct Space {
    pub blocks: Vec<Block>,
}

impl Space {
    /// Lays the blocks one behind the other. `first` and `len` of each block are set here.
    pub fn new(mut blocks: Vec<Block>) -> Result<Self, Error> {
        let mut first = 0_u64;
        for block in &mut blocks {
            let len = block.axes.iter().try_fold(1_u64, |product, axis| product.checked_mul(axis.len()));
            block.len = len.ok_or(Error::TooManyRuns)?;
            block.first = first;
            first = first.checked_add(block.len).filter(|&sum| i64::try_from(sum).is_ok()).ok_or(Error::TooManyRuns)?;
        }
        Ok(Self { blocks })
    }

    /// How many runs there are.
    pub fn len(&self) -> u64 {
        self.blocks.last().map_or(0, |block| block.first + block.len)
    }

    /// Whether there is no run at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The block that holds a run; `None` past the end.
    pub fn block_of(&self, index: u64) -> Option<&Block> {
        let position = self.blocks.partition_point(|block| block.first + block.len <= index);
        self.blocks.get(position)
    }

    /// The run of that number; `None` past the end.
    pub fn run(&self, index: u64) -> Option<Run> {
        self.block_of(index).map(|block| block.run(index - block.first))
    }

    fn differ<T: PartialEq>(&self, of: impl Fn(&Block) -> T) -> bool {
        self.blocks.windows(2).any(|pair| of(&pair[0]) != of(&pair[1]))
    }

    /// The hyperparameters that vary anywhere, each once, in the order in which they were written.
    pub fn varied(&self) -> Vec<Parameter> {
        let mut varied = Vec::new();
        let schedules = self.differ(|block| block.settings.schedule());
        if self.differ(|block| block.optimizer) || (self.blocks.len() > 1 && !schedules) {
            varied.push(Parameter::Optimizer);
        }
        if schedules {
            varied.push(Parameter::ScheduleName);
        }
        for axis in self.blocks.iter().flat_map(|block| &block.axes) {
            if !varied.contains(&axis.parameter) {
                varied.push(axis.parameter);
            }
        }
        varied
    }
}

/// `count` positions of `0..len`, evenly spread, both ends among them (one: the middle). At most `len`.
pub fn spread(len: u64, count: u64) -> impl Iterator<Item = u64> {
    let count = u128::from(count.min(len));
    (0..count).map(move |i| {
        let len = u128::from(len);
        (if count == 1 { len / 2 } else { (i * (len - 1) + (count - 1) / 2) / (count - 1) }) as u64
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PARAMETERS: [Parameter; 4] = [Parameter::LearningRate, Parameter::Momentum, Parameter::BatchSize, Parameter::Epochs];

    /// A space whose blocks have axes of these lengths.
    fn space(lengths: &[Vec<u64>]) -> Space {
        let axes = |lengths: &Vec<u64>| {
            let values = |&count: &u64| Values::IntSteps { min: 0, step: 1, count };
            PARAMETERS.into_iter().zip(lengths).map(|(parameter, count)| Axis { parameter, values: values(count) }).collect()
        };
        let block = |(index, lengths): (usize, &Vec<u64>)| Block {
            optimizer: Optimizer::ALL[index % 3],
            settings: Settings::default(),
            axes: axes(lengths),
            first: 0,
            len: 0,
        };
        Space::new(lengths.iter().enumerate().map(block).collect()).unwrap()
    }

    fn lengths() -> impl Strategy<Value = Vec<Vec<u64>>> {
        prop::collection::vec(prop::collection::vec(1_u64..6, 0..=4), 1..5)
    }

    proptest! {
        #[test]
        fn blocks_are_contiguous_in_their_order(lengths in lengths()) {
            let space = space(&lengths);
            let mut next = 0;
            for (block, lengths) in space.blocks.iter().zip(&lengths) {
                prop_assert_eq!(block.first, next);
                prop_assert_eq!(block.len, lengths.iter().product::<u64>());
                next += block.len;
            }
            prop_assert_eq!(space.len(), next);
            prop_assert!(space.run(next).is_none());
        }

        #[test]
        fn every_index_is_the_mixed_radix_number_of_its_digits(lengths in lengths()) {
            let space = space(&lengths);
            for index in 0..space.len() {
                let run = space.run(index).unwrap();
                let block = space.block_of(index).unwrap();
                prop_assert_eq!((run.index, run.optimizer), (index, block.optimizer));
                // The values of these axes are their digits; the last is the fastest.
                let number = block.axes.iter().fold(0, |number, axis| match run.settings.get(axis.parameter) {
                    Some(Value::Integer(digit)) => number * axis.len() + digit as u64,
                    other => panic!("{other:?}"),
                });
                prop_assert_eq!(block.first + number, index);
            }
        }
    }

    #[test]
    fn the_last_axis_is_the_fastest() {
        let space = space(&[vec![2, 3]]);
        let digits = |index| PARAMETERS[..2].iter().map(|&p| space.run(index).unwrap().settings.number(p).unwrap()).collect::<Vec<_>>();
        assert_eq!([0, 1, 2, 3].map(digits), [[0.0, 0.0], [0.0, 1.0], [0.0, 2.0], [1.0, 0.0]]);
    }

    #[test]
    fn spaces_end_where_run_numbers_do() {
        let axes = |counts: &[u64]| -> Vec<Axis> {
            let axis = |(parameter, &count)| Axis { parameter, values: Values::IntSteps { min: 0, step: 1, count } };
            PARAMETERS.into_iter().zip(counts).map(axis).collect()
        };
        let block =
            |counts: &[u64]| Block { optimizer: Optimizer::Sgd, settings: Settings::default(), axes: axes(counts), first: 0, len: 0 };
        assert_eq!(Space::new(vec![block(&[1 << 32, 1 << 30])]).unwrap().len(), 1 << 62);
        assert_eq!(Space::new(vec![block(&[1 << 32, 1 << 31])]), Err(Error::TooManyRuns));
        assert_eq!(Space::new(vec![block(&[1 << 32, 1 << 32])]), Err(Error::TooManyRuns));
        assert_eq!(Space::new(vec![block(&[1 << 62]), block(&[1 << 62])]), Err(Error::TooManyRuns));
    }

    #[test]
    fn spread_positions_are_distinct_and_hold_both_ends() {
        for len in 1..40 {
            for count in 2..=len {
                let positions: Vec<u64> = spread(len, count).collect();
                assert_eq!((positions[0], positions[count as usize - 1]), (0, len - 1), "{count} of {len}");
                assert!(positions.windows(2).all(|pair| pair[0] < pair[1]), "{count} of {len}: {positions:?}");
            }
        }
        assert_eq!(spread(5, 1).collect::<Vec<_>>(), [2]);
        assert_eq!(spread(0, 3).count(), 0);
    }
}
