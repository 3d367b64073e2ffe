//! The vectors of x86-64: AVX2 and AVX-512.

#![expect(unsafe_code, reason = "intrinsics; `isa` runs code with these vectors only on CPUs that have the instructions")]

#[allow(clippy::wildcard_imports, reason = "sixty intrinsics, each used once")]
use std::arch::x86_64::*;
use std::ops::{Add, Div, Mul, Neg, Sub};

use super::vector::{TILE, Vector};
use crate::kernel::{Float32, Mask, Number};

/// Methods whose bodies are intrinsics.
macro_rules! intrinsics {
    ($($(#[$attribute:meta])* fn $name:ident $(<const $by:ident: i32>)? ($($argument:tt)*) -> $output:ty { $body:expr })*) => {
        $($(#[$attribute])*
        #[inline(always)]
        fn $name $(<const $by: i32>)? ($($argument)*) -> $output {
            // SAFETY: `isa` runs code with these vectors only where the CPU has the instructions. Loads and stores get a reference to a
            // whole vector and need no alignment.
            unsafe { $body }
        })*
    };
}

/// Rows of a path from one that is stored to the one that is prefetched.
const PREFETCHED_ROWS: usize = 8;

/// A vector type over a register.
macro_rules! vector {
    ($(#[$doc:meta])* $name:ident, $mask:ident, $lanes:literal, $register:ty, $integers:ty, $and:ident $andnot:ident $or:ident,
     { $($operator:ident $method:ident $instruction:ident),* },
     $splat:ident $sqrt:ident $mul_add:ident $max:ident $min:ident $load:ident $store:ident,
     $to_bits:ident $from_bits:ident $bits:ident $add_bits:ident $sub_bits:ident $left:ident $right:ident $from_integer:ident,
     $compare:ident $select:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name($register);

        $(impl $operator for $name {
            type Output = Self;

            intrinsics! { fn $method(self, other: Self) -> Self { Self($instruction(self.0, other.0)) } }
        })*

        impl Neg for $name {
            type Output = Self;

            intrinsics! { fn neg(self) -> Self { Self($splat(-0.0)) - self } }
        }

        impl Number for $name {
            type Mask = $mask;

            intrinsics! {
                fn splat(value: f32) -> Self { Self($splat(value)) }
                fn sqrt(self) -> Self { Self($sqrt(self.0)) }
                fn abs(self) -> Self { Self($from_bits($and($to_bits(self.0), $bits(i32::MAX)))) }
                fn mul_add(self, a: Self, b: Self) -> Self { Self($mul_add(self.0, a.0, b.0)) }
                fn less(self, other: Self) -> $mask { $mask($compare::<_CMP_LT_OQ>(self.0, other.0)) }
                fn less_or_equal(self, other: Self) -> $mask { $mask($compare::<_CMP_LE_OQ>(self.0, other.0)) }
                fn select(mask: $mask, yes: Self, no: Self) -> Self { Self($select(mask.0, yes.0, no.0)) }
                // The instructions return the second operand where either is NaN.
                fn larger(self, other: Self) -> Self { Self($max(self.0, other.0)) }
                fn smaller(self, other: Self) -> Self { Self($min(self.0, other.0)) }
            }
        }

        impl Float32 for $name {
            type Bits = $integers;

            intrinsics! {
                fn to_bits(self) -> $integers { $to_bits(self.0) }
                fn from_bits(bits: $integers) -> Self { Self($from_bits(bits)) }
                fn bits(value: i32) -> $integers { $bits(value) }
                fn add_bits(a: $integers, b: $integers) -> $integers { $add_bits(a, b) }
                fn sub_bits(a: $integers, b: $integers) -> $integers { $sub_bits(a, b) }
                fn shift_left<const BY: i32>(bits: $integers) -> $integers { $left(bits, _mm_cvtsi32_si128(BY)) }
                fn shift_right<const BY: i32>(bits: $integers) -> $integers { $right(bits, _mm_cvtsi32_si128(BY)) }
                fn from_integer(bits: $integers) -> Self { Self($from_integer(bits)) }
                fn copysign(self, sign: Self) -> Self {
                    Self($from_bits($or(
                        $andnot($bits(i32::MIN), $to_bits(self.0)),
                        $and($bits(i32::MIN), $to_bits(sign.0)),
                    )))
                }
            }
        }

        impl Vector for $name {
            const LANES: usize = $lanes;

            intrinsics! {
                fn load(column: &[f32; TILE], v: usize) -> Self { Self($load(column.as_chunks::<$lanes>().0[v].as_ptr())) }
                fn store(self, column: &mut [f32; TILE], v: usize) -> () {
                    $store(column.as_chunks_mut::<$lanes>().0[v].as_mut_ptr(), self.0)
                }
                fn store_in_path(self, row: &mut [f32; TILE], v: usize) -> () {{
                    // A prefetch accesses no memory, so the address may be past the end.
                    _mm_prefetch::<_MM_HINT_ET0>(row.as_ptr().wrapping_add(PREFETCHED_ROWS * TILE + v * $lanes).cast());
                    self.store(row, v);
                }}
            }
        }
    };
}

/// The comparison result of a [`F32x8`]: all ones or all zeros in each lane.
#[derive(Clone, Copy, Debug)]
pub struct Mask8(__m256);

impl Mask for Mask8 {
    intrinsics! { fn and(self, other: Self) -> Self { Self(_mm256_and_ps(self.0, other.0)) } }
}

/// The comparison result of a [`F32x16`]: a bit per lane.
#[derive(Clone, Copy, Debug)]
pub struct Mask16(__mmask16);

impl Mask for Mask16 {
    #[inline(always)]
    fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

/// `yes` in the lanes that are set in the mask, else `no`.
#[inline]
#[target_feature(enable = "avx2")]
fn select_8(mask: __m256, yes: __m256, no: __m256) -> __m256 {
    _mm256_blendv_ps(no, yes, mask)
}

/// `yes` in the lanes that are set in the mask, else `no`.
#[inline]
#[target_feature(enable = "avx512f")]
fn select_16(mask: __mmask16, yes: __m512, no: __m512) -> __m512 {
    _mm512_mask_blend_ps(mask, no, yes)
}

vector!(
    /// Eight float32 in a register of AVX2.
    F32x8, Mask8, 8, __m256, __m256i, _mm256_and_si256 _mm256_andnot_si256 _mm256_or_si256,
    { Add add _mm256_add_ps, Sub sub _mm256_sub_ps, Mul mul _mm256_mul_ps, Div div _mm256_div_ps },
    _mm256_set1_ps _mm256_sqrt_ps _mm256_fmadd_ps _mm256_max_ps _mm256_min_ps _mm256_loadu_ps _mm256_storeu_ps,
    _mm256_castps_si256 _mm256_castsi256_ps _mm256_set1_epi32 _mm256_add_epi32 _mm256_sub_epi32 _mm256_sll_epi32 _mm256_sra_epi32
    _mm256_cvtepi32_ps,
    _mm256_cmp_ps select_8
);

vector!(
    /// Sixteen float32 in a register of AVX-512.
    F32x16, Mask16, 16, __m512, __m512i, _mm512_and_si512 _mm512_andnot_si512 _mm512_or_si512,
    { Add add _mm512_add_ps, Sub sub _mm512_sub_ps, Mul mul _mm512_mul_ps, Div div _mm512_div_ps },
    _mm512_set1_ps _mm512_sqrt_ps _mm512_fmadd_ps _mm512_max_ps _mm512_min_ps _mm512_loadu_ps _mm512_storeu_ps,
    _mm512_castps_si512 _mm512_castsi512_ps _mm512_set1_epi32 _mm512_add_epi32 _mm512_sub_epi32 _mm512_sll_epi32 _mm512_sra_epi32
    _mm512_cvtepi32_ps,
    _mm512_cmp_ps_mask select_16
);
