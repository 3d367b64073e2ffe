//! Instruction sets: which exist, which this CPU has, and how a computation is compiled for each of them.
//!
//! A [`Kernel`] is written once, generic over a [`Vector`] type. [`Isa::run`] compiles it for every instruction set and calls the version
//! that was chosen when the program started. All versions give identical bits. Only [`Isa::detect`] makes an [`Isa`], so a value of this
//! type proves that the CPU has the instructions: this file and `x86` hold the only unsafe code of the backend.

#![cfg_attr(
    target_arch = "x86_64",
    expect(unsafe_code, reason = "functions compiled for an instruction set are unsafe to call without a check of the CPU")
)]

#[cfg(target_arch = "aarch64")]
use super::vector::Array;
use super::vector::Vector;
#[cfg(target_arch = "x86_64")]
use super::x86::{F32x8, F32x16};

/// An instruction set by name, whether or not this CPU has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Simd {
    /// One lane, no vectors.
    Scalar,
    /// The baseline of x86-64. It has no fused multiply-add instruction, so each one is a slow library call.
    Sse2,
    /// AVX2 and FMA of x86-64.
    Avx2,
    /// AVX-512F and AVX-512VL of x86-64.
    Avx512,
    /// NEON of `AArch64`.
    Neon,
}

impl Simd {
    /// Every instruction set, from the narrowest to the widest.
    pub const ALL: [Self; 5] = [Self::Scalar, Self::Sse2, Self::Avx2, Self::Avx512, Self::Neon];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Sse2 => "sse2",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
            Self::Neon => "neon",
        }
    }

    /// The instruction set with a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name() == name)
    }

    /// The instruction sets that this CPU has, from the narrowest to the widest.
    pub fn available() -> Vec<Self> {
        Self::ALL.into_iter().filter(|level| level.is_available()).collect()
    }

    /// The widest instruction set of this CPU.
    pub fn best() -> Self {
        Self::available().pop().unwrap_or(Self::Scalar)
    }

    /// Whether this CPU has the instruction set.
    pub fn is_available(self) -> bool {
        match self {
            Self::Scalar => true,
            Self::Sse2 => cfg!(target_arch = "x86_64"),
            Self::Neon => cfg!(target_arch = "aarch64"),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => Self::Avx2.is_available() && is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vl"),
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx2 | Self::Avx512 => false,
        }
    }

    /// Whether `mul_add` is one instruction. Elsewhere it is a library call with the same result.
    pub fn fuses(self) -> bool {
        match self {
            Self::Scalar | Self::Sse2 => cfg!(target_arch = "aarch64"),
            Self::Avx2 | Self::Avx512 | Self::Neon => true,
        }
    }
}

/// An instruction set that this CPU has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Isa(Simd);

/// A computation that is compiled for every instruction set. Implementations are `#[inline(always)]` throughout, because a function that is
/// not inlined is compiled without the instruction set. For the same reason they pass no closure to the standard library.
pub trait Kernel {
    /// The result of the computation.
    type Output;

    /// Runs the computation with vectors of type `V`, of which a loop keeps `K` in flight.
    fn run<V: Vector, const K: usize>(self) -> Self::Output;
}

/// A loop over columns: the compiler makes vectors of it.
impl<T, F: FnOnce() -> T> Kernel for F {
    type Output = T;

    #[inline(always)]
    fn run<V: Vector, const K: usize>(self) -> T {
        self()
    }
}

impl Isa {
    /// The instruction set, where this CPU has it.
    pub fn detect(simd: Simd) -> Option<Self> {
        simd.is_available().then_some(Self(simd))
    }

    /// The name of the instruction set.
    pub fn simd(self) -> Simd {
        self.0
    }

    /// Runs a kernel compiled for this instruction set.
    #[inline]
    pub fn run<K: Kernel>(self, kernel: K) -> K::Output {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `detect` has found AVX2 and FMA.
            Simd::Avx2 => unsafe { avx2(kernel) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `detect` has found AVX-512F, AVX-512VL, AVX2 and FMA.
            Simd::Avx512 => unsafe { avx512(kernel) },
            #[cfg(target_arch = "aarch64")]
            Simd::Neon => kernel.run::<Array, 4>(),
            _ => kernel.run::<f32, 1>(),
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn avx2<K: Kernel>(kernel: K) -> K::Output {
    align_frame();
    kernel.run::<F32x8, 16>()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx2,fma")]
fn avx512<K: Kernel>(kernel: K) -> K::Output {
    align_frame();
    kernel.run::<F32x16, 8>()
}

/// Aligns the stack frame of the function that it is inlined into to a cache line. The compiler aligns a frame for the variables that it
/// knows before it assigns registers, so vectors that it spills would otherwise cross cache lines. Measured: up to a sixth of the speed of
/// AVX2 loops.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn align_frame() {
    #[repr(align(64))]
    struct CacheLine(#[expect(dead_code, reason = "only its alignment matters")] [u8; 64]);
    let place = std::mem::MaybeUninit::<CacheLine>::uninit();
    // SAFETY: the assembly is a comment.
    unsafe { std::arch::asm!("/* {0} */", in(reg) place.as_ptr(), options(nostack, preserves_flags)) };
}
