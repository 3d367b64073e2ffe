//! The hyperparameters of one run.

use super::{Activation, Loss, Neuron, Parameter, Schedule, Value};

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
