//! Eight float32 in a register of AVX2, as a number that a rule is written over.
//!
//! Made and used only inside functions that are compiled with AVX2 and FMA (`stream`): each operation is one instruction there, and rounds
//! as that of a single float32 does.

use std::arch::asm;
use std::arch::x86_64::{
    __m256, _CMP_GT_OQ, _CMP_NEQ_OQ, _mm256_add_ps, _mm256_and_ps, _mm256_andnot_ps, _mm256_blendv_ps, _mm256_cmp_ps, _mm256_div_ps,
    _mm256_fmadd_ps, _mm256_max_ps, _mm256_mul_ps, _mm256_or_ps, _mm256_set1_ps, _mm256_setzero_ps, _mm256_sqrt_ps, _mm256_sub_ps,
    _mm256_xor_ps,
};
use std::mem::MaybeUninit;
use std::ops::{Add, Div, Mul, Neg, Sub};

use super::notes::Wide;
use crate::kernel::Number;

/// Lanes of a vector.
pub const WIDTH: usize = 8;

/// See the module.
#[derive(Clone, Copy)]
pub struct Vector(__m256);

impl Vector {
    /// The v-th vector of a column.
    #[inline(always)]
    pub fn load<const N: usize>(column: &[f32; N], v: usize) -> Self {
        let lanes: [f32; WIDTH] = column.as_chunks().0[v];
        Self(bytemuck::cast(lanes))
    }

    #[inline(always)]
    pub fn store<const N: usize>(self, column: &mut [f32; N], v: usize) {
        column.as_chunks_mut().0[v] = self.lanes();
    }

    #[inline(always)]
    pub fn lanes(self) -> [f32; WIDTH] {
        bytemuck::cast(self.0)
    }

    /// The same vector, computed at this place, behind every load and store that is written before it.
    #[target_feature(enable = "avx2,fma")]
    #[inline]
    pub fn here(mut self) -> Self {
        // SAFETY: no instruction at all.
        unsafe { asm!("/* {0} */", inout(ymm_reg) self.0, options(nostack, preserves_flags)) };
        self
    }
}

/// Begins the frame of the function that this stands in with a cache line. The compiler aligns a frame for what it knows before it gives out
/// registers; vectors for which it finds none would lie across cache lines wherever the caller's frame happens to end between two, at up
/// to a sixth of the speed.
#[inline(always)]
pub fn align_frame() {
    let place = MaybeUninit::<Wide<f32, 16>>::uninit();
    // SAFETY: no instruction at all.
    unsafe { asm!("/* {0} */", in(reg) place.as_ptr(), options(nostack, preserves_flags)) };
}

macro_rules! operator {
    ($operator:ident, $name:ident, $instruction:ident) => {
        impl $operator for Vector {
            type Output = Self;
            #[inline(always)]
            fn $name(self, other: Self) -> Self {
                // SAFETY: only functions compiled with AVX2 and FMA, which run where the CPU has both, use vectors.
                Self(unsafe { $instruction(self.0, other.0) })
            }
        }
    };
}

operator!(Add, add, _mm256_add_ps);
operator!(Sub, sub, _mm256_sub_ps);
operator!(Mul, mul, _mm256_mul_ps);
operator!(Div, div, _mm256_div_ps);

impl Neg for Vector {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        // SAFETY: as above.
        Self(unsafe { _mm256_xor_ps(self.0, _mm256_set1_ps(-0.0)) })
    }
}

impl Number for Vector {
    #[inline(always)]
    fn of(value: f32) -> Self {
        // SAFETY: as above.
        Self(unsafe { _mm256_set1_ps(value) })
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        // SAFETY: as above.
        Self(unsafe { _mm256_sqrt_ps(self.0) })
    }

    #[inline(always)]
    fn abs(self) -> Self {
        // SAFETY: as above.
        Self(unsafe { _mm256_andnot_ps(_mm256_set1_ps(-0.0), self.0) })
    }

    /// Its sign bit on 1, where it is neither 0 nor NaN.
    #[inline(always)]
    fn sign(self) -> Self {
        // SAFETY: as above.
        Self(unsafe {
            let signed = _mm256_or_ps(_mm256_and_ps(self.0, _mm256_set1_ps(-0.0)), _mm256_set1_ps(1.0));
            _mm256_and_ps(signed, _mm256_cmp_ps::<_CMP_NEQ_OQ>(self.0, _mm256_setzero_ps()))
        })
    }

    #[inline(always)]
    fn mul_add(self, a: Self, b: Self) -> Self {
        // SAFETY: as above.
        Self(unsafe { _mm256_fmadd_ps(self.0, a.0, b.0) })
    }

    /// The instruction gives its second operand where the two cannot be compared.
    #[inline(always)]
    fn larger(self, other: Self) -> Self {
        // SAFETY: as above.
        Self(unsafe { _mm256_max_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn where_positive(self, sign: Self, other: Self) -> Self {
        // SAFETY: as above.
        Self(unsafe { _mm256_blendv_ps(other.0, self.0, _mm256_cmp_ps::<_CMP_GT_OQ>(sign.0, _mm256_setzero_ps())) })
    }
}
