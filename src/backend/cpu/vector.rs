//! SIMD vectors of float32 as numbers that a formula is generic over.
//!
//! Each operation is one instruction and rounds like the scalar one. [`Pair`] doubles a vector, so that a loop over rows
//! has two independent sums in flight.

#![expect(unsafe_code, reason = "intrinsics; `isa` runs code with these vectors only on CPUs that have the instructions")]

use std::ops::{Add, Div, Mul, Neg, Sub};

use crate::kernel::{Float32, Mask, Number};

/// Runs of a tile, which is the length of a column.
pub const TILE: usize = 64;

/// A vector that is loaded from and stored to columns of numbers.
pub trait Vector: Float32 {
    /// Numbers in the vector.
    const LANES: usize;

    /// The `v`-th vector of a column.
    fn load(column: &[f32; TILE], v: usize) -> Self;

    /// Stores the `v`-th vector of a column.
    fn store(self, column: &mut [f32; TILE], v: usize);
}

impl Vector for f32 {
    const LANES: usize = 1;

    #[inline(always)]
    fn load(column: &[f32; TILE], v: usize) -> Self {
        column[v]
    }

    #[inline(always)]
    fn store(self, column: &mut [f32; TILE], v: usize) {
        column[v] = self;
    }
}

/// Two vectors side by side.
#[derive(Clone, Copy, Debug)]
pub struct Pair<T>(T, T);

macro_rules! pair_operator {
    ($operator:ident, $name:ident) => {
        impl<T: Number> $operator for Pair<T> {
            type Output = Self;

            #[inline(always)]
            fn $name(self, other: Self) -> Self {
                Self(self.0.$name(other.0), self.1.$name(other.1))
            }
        }
    };
}

pair_operator!(Add, add);
pair_operator!(Sub, sub);
pair_operator!(Mul, mul);
pair_operator!(Div, div);

impl<T: Number> Neg for Pair<T> {
    type Output = Self;

    #[inline(always)]
    fn neg(self) -> Self {
        Self(-self.0, -self.1)
    }
}

impl<M: Mask> Mask for Pair<M> {
    #[inline(always)]
    fn and(self, other: Self) -> Self {
        Self(self.0.and(other.0), self.1.and(other.1))
    }

    #[inline(always)]
    fn all(self) -> bool {
        self.0.and(self.1).all()
    }
}

impl<T: Float32> Number for Pair<T> {
    type Mask = Pair<T::Mask>;

    #[inline(always)]
    fn splat(value: f32) -> Self {
        Self(T::splat(value), T::splat(value))
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        Self(self.0.sqrt(), self.1.sqrt())
    }

    #[inline(always)]
    fn abs(self) -> Self {
        Self(self.0.abs(), self.1.abs())
    }

    #[inline(always)]
    fn mul_add(self, a: Self, b: Self) -> Self {
        Self(self.0.mul_add(a.0, b.0), self.1.mul_add(a.1, b.1))
    }

    #[inline(always)]
    fn less(self, other: Self) -> Self::Mask {
        Pair(self.0.less(other.0), self.1.less(other.1))
    }

    #[inline(always)]
    fn less_or_equal(self, other: Self) -> Self::Mask {
        Pair(self.0.less_or_equal(other.0), self.1.less_or_equal(other.1))
    }

    #[inline(always)]
    fn select(mask: Self::Mask, yes: Self, no: Self) -> Self {
        Self(T::select(mask.0, yes.0, no.0), T::select(mask.1, yes.1, no.1))
    }

    #[inline(always)]
    fn larger(self, other: Self) -> Self {
        Self(self.0.larger(other.0), self.1.larger(other.1))
    }

    #[inline(always)]
    fn smaller(self, other: Self) -> Self {
        Self(self.0.smaller(other.0), self.1.smaller(other.1))
    }
}

impl<T: Float32> Float32 for Pair<T> {
    type Bits = Pair<T::Bits>;

    #[inline(always)]
    fn to_bits(self) -> Self::Bits {
        Pair(self.0.to_bits(), self.1.to_bits())
    }

    #[inline(always)]
    fn from_bits(bits: Self::Bits) -> Self {
        Self(T::from_bits(bits.0), T::from_bits(bits.1))
    }

    #[inline(always)]
    fn bits(value: i32) -> Self::Bits {
        Pair(T::bits(value), T::bits(value))
    }

    #[inline(always)]
    fn add_bits(a: Self::Bits, b: Self::Bits) -> Self::Bits {
        Pair(T::add_bits(a.0, b.0), T::add_bits(a.1, b.1))
    }

    #[inline(always)]
    fn sub_bits(a: Self::Bits, b: Self::Bits) -> Self::Bits {
        Pair(T::sub_bits(a.0, b.0), T::sub_bits(a.1, b.1))
    }

    #[inline(always)]
    fn shift_left<const BY: i32>(bits: Self::Bits) -> Self::Bits {
        Pair(T::shift_left::<BY>(bits.0), T::shift_left::<BY>(bits.1))
    }

    #[inline(always)]
    fn shift_right<const BY: i32>(bits: Self::Bits) -> Self::Bits {
        Pair(T::shift_right::<BY>(bits.0), T::shift_right::<BY>(bits.1))
    }

    #[inline(always)]
    fn from_integer(bits: Self::Bits) -> Self {
        Self(T::from_integer(bits.0), T::from_integer(bits.1))
    }

    #[inline(always)]
    fn copysign(self, sign: Self) -> Self {
        Self(self.0.copysign(sign.0), self.1.copysign(sign.1))
    }
}

impl<T: Vector> Vector for Pair<T> {
    const LANES: usize = 2 * T::LANES;

    #[inline(always)]
    fn load(column: &[f32; TILE], v: usize) -> Self {
        Self(T::load(column, 2 * v), T::load(column, 2 * v + 1))
    }

    #[inline(always)]
    fn store(self, column: &mut [f32; TILE], v: usize) {
        self.0.store(column, 2 * v);
        self.1.store(column, 2 * v + 1);
    }
}

/// Four lanes without intrinsics: the compiler makes NEON instructions of them.
#[cfg(target_arch = "aarch64")]
pub type Array = Pair<Pair<f32>>;

#[cfg(target_arch = "x86_64")]
pub use x86::{F32x8, F32x16};

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;
    use std::ops::{Add, Div, Mul, Neg, Sub};

    use super::{TILE, Vector};
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
}
