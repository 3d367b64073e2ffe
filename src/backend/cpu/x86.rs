//! The vectors of x86-64: AVX2 and AVX-512.

#![expect(unsafe_code, reason = "intrinsics; `isa` runs code with these vectors only on CPUs that have the instructions")]

#[allow(clippy::wildcard_imports, reason = "sixty intrinsics, each used once")]
use std::arch::x86_64::*;
use std::ops::{Add, Div, Mul, Neg, Sub};

use super::vector::{TILE, Vector};
use crate::kernel::{Float32, Mask, Number};

/// A vector type over a register: arithmetic, bits, load and store. Masks differ between AVX2 and AVX-512 and follow below.
macro_rules! vector {
    ($(#[$doc:meta])* $name:ident, $mask:ident, $lanes:literal, $register:ty, $integers:ty, $and:ident, $andnot:ident, $or:ident, $xor:ident,
     { $($operator:ident $method:ident $instruction:ident),* },
     $splat:ident $sqrt:ident $mul_add:ident $max:ident $min:ident $load:ident $store:ident,
     $to_bits:ident $from_bits:ident $bits:ident $add_bits:ident $sub_bits:ident $left:ident $right:ident $from_integer:ident,
     $mask_of:ident $select:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name($register);

        $(impl $operator for $name {
            type Output = Self;

            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                // SAFETY: `isa` runs code with this vector only where the CPU has the instruction.
                Self(unsafe { $instruction(self.0, other.0) })
            }
        })*

        impl Neg for $name {
            type Output = Self;

            #[inline(always)]
            fn neg(self) -> Self {
                // SAFETY: as above.
                Self(unsafe { $from_bits($xor($to_bits(self.0), $bits(i32::MIN))) })
            }
        }

        impl Number for $name {
            type Mask = $mask;

            #[inline(always)]
            fn splat(value: f32) -> Self {
                // SAFETY: as above.
                Self(unsafe { $splat(value) })
            }

            #[inline(always)]
            fn sqrt(self) -> Self {
                // SAFETY: as above.
                Self(unsafe { $sqrt(self.0) })
            }

            #[inline(always)]
            fn abs(self) -> Self {
                // SAFETY: as above.
                Self(unsafe { $from_bits($and($to_bits(self.0), $bits(i32::MAX))) })
            }

            #[inline(always)]
            fn mul_add(self, a: Self, b: Self) -> Self {
                // SAFETY: as above.
                Self(unsafe { $mul_add(self.0, a.0, b.0) })
            }

            #[inline(always)]
            fn less(self, other: Self) -> $mask {
                // SAFETY: as above.
                $mask(unsafe { $mask_of::<_CMP_LT_OQ>(self.0, other.0) })
            }

            #[inline(always)]
            fn less_or_equal(self, other: Self) -> $mask {
                // SAFETY: as above.
                $mask(unsafe { $mask_of::<_CMP_LE_OQ>(self.0, other.0) })
            }

            #[inline(always)]
            fn select(mask: $mask, yes: Self, no: Self) -> Self {
                // SAFETY: as above.
                Self(unsafe { $select(mask.0, yes.0, no.0) })
            }

            // The instructions return the second operand where either is NaN.
            #[inline(always)]
            fn larger(self, other: Self) -> Self {
                // SAFETY: as above.
                Self(unsafe { $max(self.0, other.0) })
            }

            #[inline(always)]
            fn smaller(self, other: Self) -> Self {
                // SAFETY: as above.
                Self(unsafe { $min(self.0, other.0) })
            }
        }

        impl Float32 for $name {
            type Bits = $integers;

            #[inline(always)]
            fn to_bits(self) -> $integers {
                // SAFETY: as above.
                unsafe { $to_bits(self.0) }
            }

            #[inline(always)]
            fn from_bits(bits: $integers) -> Self {
                // SAFETY: as above.
                Self(unsafe { $from_bits(bits) })
            }

            #[inline(always)]
            fn bits(value: i32) -> $integers {
                // SAFETY: as above.
                unsafe { $bits(value) }
            }

            #[inline(always)]
            fn add_bits(a: $integers, b: $integers) -> $integers {
                // SAFETY: as above.
                unsafe { $add_bits(a, b) }
            }

            #[inline(always)]
            fn sub_bits(a: $integers, b: $integers) -> $integers {
                // SAFETY: as above.
                unsafe { $sub_bits(a, b) }
            }

            #[inline(always)]
            fn shift_left<const BY: i32>(bits: $integers) -> $integers {
                // SAFETY: as above.
                unsafe { $left(bits, _mm_cvtsi32_si128(BY)) }
            }

            #[inline(always)]
            fn shift_right<const BY: i32>(bits: $integers) -> $integers {
                // SAFETY: as above.
                unsafe { $right(bits, _mm_cvtsi32_si128(BY)) }
            }

            #[inline(always)]
            fn from_integer(bits: $integers) -> Self {
                // SAFETY: as above.
                Self(unsafe { $from_integer(bits) })
            }

            #[inline(always)]
            fn copysign(self, sign: Self) -> Self {
                // SAFETY: as above.
                Self(unsafe {
                    let sign_bit = $bits(i32::MIN);
                    $from_bits($or($andnot(sign_bit, $to_bits(self.0)), $and(sign_bit, $to_bits(sign.0))))
                })
            }
        }

        impl Vector for $name {
            const LANES: usize = $lanes;

            #[inline(always)]
            fn load(column: &[f32; TILE], v: usize) -> Self {
                let vector = &column.as_chunks::<$lanes>().0[v];
                // SAFETY: the array holds a vector, and the instruction needs no alignment.
                Self(unsafe { $load(vector.as_ptr()) })
            }

            #[inline(always)]
            fn store(self, column: &mut [f32; TILE], v: usize) {
                let vector = &mut column.as_chunks_mut::<$lanes>().0[v];
                // SAFETY: as for `load`.
                unsafe { $store(vector.as_mut_ptr(), self.0) }
            }
        }
    };
}

/// The comparison result of a [`F32x8`]: all ones or all zeros in each lane.
#[derive(Clone, Copy, Debug)]
pub struct Mask8(__m256);

impl Mask for Mask8 {
    #[inline(always)]
    fn and(self, other: Self) -> Self {
        // SAFETY: `isa` runs code with this mask only where the CPU has AVX2.
        Self(unsafe { _mm256_and_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn all(self) -> bool {
        // SAFETY: as above.
        unsafe { _mm256_movemask_ps(self.0) == 0xff }
    }
}

/// The comparison result of a [`F32x16`]: a bit per lane.
#[derive(Clone, Copy, Debug)]
pub struct Mask16(__mmask16);

impl Mask for Mask16 {
    #[inline(always)]
    fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    #[inline(always)]
    fn all(self) -> bool {
        self.0 == u16::MAX
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
    F32x8, Mask8, 8, __m256, __m256i, _mm256_and_si256, _mm256_andnot_si256, _mm256_or_si256, _mm256_xor_si256,
    { Add add _mm256_add_ps, Sub sub _mm256_sub_ps, Mul mul _mm256_mul_ps, Div div _mm256_div_ps },
    _mm256_set1_ps _mm256_sqrt_ps _mm256_fmadd_ps _mm256_max_ps _mm256_min_ps _mm256_loadu_ps _mm256_storeu_ps,
    _mm256_castps_si256 _mm256_castsi256_ps _mm256_set1_epi32 _mm256_add_epi32 _mm256_sub_epi32 _mm256_sll_epi32 _mm256_sra_epi32
    _mm256_cvtepi32_ps,
    _mm256_cmp_ps select_8
);

vector!(
    /// Sixteen float32 in a register of AVX-512.
    F32x16, Mask16, 16, __m512, __m512i, _mm512_and_si512, _mm512_andnot_si512, _mm512_or_si512, _mm512_xor_si512,
    { Add add _mm512_add_ps, Sub sub _mm512_sub_ps, Mul mul _mm512_mul_ps, Div div _mm512_div_ps },
    _mm512_set1_ps _mm512_sqrt_ps _mm512_fmadd_ps _mm512_max_ps _mm512_min_ps _mm512_loadu_ps _mm512_storeu_ps,
    _mm512_castps_si512 _mm512_castsi512_ps _mm512_set1_epi32 _mm512_add_epi32 _mm512_sub_epi32 _mm512_sll_epi32 _mm512_sra_epi32
    _mm512_cvtepi32_ps,
    _mm512_cmp_ps_mask select_16
);
