//! The trainable parameters of the neuron: its weight and its bias.

use std::ops::{Index, IndexMut};

/// Number of parameters of the neuron.
pub const PARAMS: usize = 2;

/// A value for the weight and a value for the bias: the parameters, a gradient, or columns of either.
///
/// Index 0 is the weight, index 1 the bias, so that update rules can loop over the parameters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[repr(transparent)]
pub struct Params<T>(pub [T; PARAMS]);

impl<T> Params<T> {
    /// A weight and a bias.
    #[inline(always)]
    pub const fn new(weight: T, bias: T) -> Self {
        Self([weight, bias])
    }

    /// Applies a function to each parameter.
    #[inline(always)]
    pub fn map<U>(self, mut function: impl FnMut(T) -> U) -> Params<U> {
        let [weight, bias] = self.0;
        Params([function(weight), function(bias)])
    }
}

impl<T: Copy> Params<T> {
    /// One value for both parameters.
    #[inline(always)]
    pub const fn splat(value: T) -> Self {
        Self([value; PARAMS])
    }

    /// The weight.
    #[inline(always)]
    pub const fn weight(&self) -> T {
        self.0[0]
    }

    /// The bias.
    #[inline(always)]
    pub const fn bias(&self) -> T {
        self.0[1]
    }
}

impl<T> Index<usize> for Params<T> {
    type Output = T;

    #[inline(always)]
    fn index(&self, parameter: usize) -> &T {
        &self.0[parameter]
    }
}

impl<T> IndexMut<usize> for Params<T> {
    #[inline(always)]
    fn index_mut(&mut self, parameter: usize) -> &mut T {
        &mut self.0[parameter]
    }
}
