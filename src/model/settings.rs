//! The hyperparameters of one run.

use super::activation::Activation;
use super::loss::Loss;
use super::neuron::Neuron;
use super::parameter::{Parameter, Value};
use super::schedule::Schedule;

/// The hyperparameters of one run: a value for each that the run has, defaults included.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings([Option<Value>; Parameter::COUNT]);

/// A run lacks a hyperparameter that its neuron, optimizer or schedule needs, or has one of another type.
///
/// No config leads here: `config` gives every run its defaults and checks types. The error shows a defect of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("internal error: the run has no usable value for `{}`", .0.key())]
pub struct MissingParameter(pub Parameter);

impl Default for Settings {
    fn default() -> Self {
        Self([None; Parameter::COUNT])
    }
}

impl Settings {
    /// The value of a hyperparameter; `None` if the run does not have it.
    pub fn get(&self, parameter: Parameter) -> Option<Value> {
        self.0[parameter as usize]
    }

    /// Sets or removes the value of a hyperparameter.
    pub fn set(&mut self, parameter: Parameter, value: Option<Value>) {
        self.0[parameter as usize] = value;
    }

    /// The number of an optional hyperparameter, integers widened; `None` if it is absent or not a number (for example "none").
    pub fn number(&self, parameter: Parameter) -> Option<f64> {
        self.get(parameter)?.number()
    }

    /// The number of a hyperparameter that the run must have.
    ///
    /// # Errors
    ///
    /// If the settings lack a parameter.
    pub fn required_number(&self, parameter: Parameter) -> Result<f64, MissingParameter> {
        self.number(parameter).ok_or(MissingParameter(parameter))
    }

    /// The truth value of a hyperparameter that the run must have.
    ///
    /// # Errors
    ///
    /// If the settings lack a parameter.
    pub fn required_flag(&self, parameter: Parameter) -> Result<bool, MissingParameter> {
        match self.get(parameter) {
            Some(Value::Boolean(flag)) => Ok(flag),
            _ => Err(MissingParameter(parameter)),
        }
    }

    /// The word of a hyperparameter that the run must have.
    ///
    /// # Errors
    ///
    /// If the settings lack a parameter.
    pub fn required_word(&self, parameter: Parameter) -> Result<&'static str, MissingParameter> {
        match self.get(parameter) {
            Some(Value::Choice(word)) => Ok(word),
            _ => Err(MissingParameter(parameter)),
        }
    }

    /// The schedule of the learning rate; [`Schedule::None`] if the rate is constant.
    pub fn schedule(&self) -> Schedule {
        self.required_word(Parameter::ScheduleName).ok().and_then(Schedule::from_name).unwrap_or(Schedule::None)
    }

    /// The neuron that the run trains, before its labels are known.
    ///
    /// # Errors
    ///
    /// If the settings lack a parameter.
    pub fn neuron(&self) -> Result<Neuron, MissingParameter> {
        let activation = Activation::from_name(self.required_word(Parameter::Activation)?);
        let loss = Loss::from_name(self.required_word(Parameter::Loss)?);
        Ok(Neuron {
            activation: activation.ok_or(MissingParameter(Parameter::Activation))?,
            loss: loss.ok_or(MissingParameter(Parameter::Loss))?,
            use_bias: self.required_flag(Parameter::UseBias)?,
            bits: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_hyperparameter_is_an_error_with_its_name() {
        let mut settings = Settings::default();
        settings.set(Parameter::Loss, Some(Value::Float(1.0)));
        let missing = [
            settings.required_number(Parameter::LearningRate).unwrap_err(),
            settings.required_flag(Parameter::Nesterov).unwrap_err(),
            settings.required_word(Parameter::Loss).unwrap_err(),
            settings.neuron().unwrap_err(),
        ];
        assert_eq!(missing.map(|missing| missing.0.key()), ["learning_rate", "nesterov", "loss", "activation"]);
        assert_eq!(missing[0].to_string(), "internal error: the run has no usable value for `learning_rate`");
    }
}
