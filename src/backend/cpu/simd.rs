//! SIMD levels: which there are, which this CPU has, and how a lane loop is compiled for each of them.
//!
//! A [`Loop`] is written once; wrapped into a function per level it is compiled for each, and the level is chosen at run time.
//! The bits do not depend on it.

#[cfg(target_arch = "x86_64")]
use super::vector::align_frame;

/// An instruction set that lane loops are compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the variants are names of instruction sets")]
pub enum Simd {
    /// One lane, no vectors: the plainest form of the same text.
    Scalar,
    /// The least that x86-64 has. Without a fused multiply-add instruction, so it is slow.
    Sse2,
    Avx2,
    Avx512,
    Neon,
}

impl Simd {
    /// All levels, from the narrowest to the widest.
    pub const ALL: [Self; 5] = [Self::Scalar, Self::Sse2, Self::Avx2, Self::Avx512, Self::Neon];

    /// The name on the command line and in the manifest.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Sse2 => "sse2",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
            Self::Neon => "neon",
        }
    }

    /// The level with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name() == name)
    }

    /// The levels that this CPU has, from the plainest to the widest.
    pub fn available() -> Vec<Self> {
        Self::ALL.into_iter().filter(|level| level.is_available()).collect()
    }

    /// The widest level of this CPU.
    pub fn best() -> Self {
        Self::available().pop().unwrap_or(Self::Scalar)
    }

    /// Whether this CPU has the level's instructions.
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

    /// Whether functions that are compiled with AVX2 and FMA may be called where this level was chosen.
    #[cfg(target_arch = "x86_64")]
    pub fn has_avx2(self) -> bool {
        matches!(self, Self::Avx2 | Self::Avx512)
    }

    /// Whether `mul_add` is an instruction at this level. Elsewhere it is a call with the same result.
    pub fn fuses(self) -> bool {
        match self {
            Self::Scalar | Self::Sse2 => cfg!(target_arch = "aarch64"),
            Self::Avx2 | Self::Avx512 | Self::Neon => true,
        }
    }
}

/// A loop over arrays, one text for every level: `#[inline(always)]` throughout, and nothing in it that hands a closure to the library
/// (`array::map`, `array::from_fn`): a call that is not inlined is compiled without the level's instructions.
pub trait Loop {
    fn run(self);
}

impl Simd {
    /// Runs a loop of fused steps on a level that fuses ([`Self::fuses`]), which the caller has seen to, as that it is available. It is
    /// compiled for those of x86-64 that are named, where AVX2 serves AVX-512 too; with neither it does nothing.
    pub fn run_fused<const AVX2: bool, const AVX512: bool>(self, body: impl Loop) {
        debug_assert!(self.is_available() && self.fuses());
        match self {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the level is only chosen where `is_available` has seen its features.
            Self::Avx512 if AVX512 => unsafe { avx512_loop(body) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above, and AVX-512 only where AVX2 is.
            Self::Avx2 | Self::Avx512 if AVX2 => unsafe { avx2_loop(body) },
            #[cfg(target_arch = "aarch64")]
            _ => body.run(),
            #[cfg(not(target_arch = "aarch64"))]
            _ => drop(body),
        }
    }

    /// Runs a loop compiled for this level. The caller has seen to it that the level is available.
    pub fn run_loop(self, body: impl Loop) {
        debug_assert!(self.is_available());
        match self {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the level is only chosen where `is_available` has seen its features.
            Self::Avx2 => unsafe { avx2_loop(body) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            Self::Avx512 => unsafe { avx512_loop(body) },
            _ => body.run(),
        }
    }
}

impl Simd {
    /// The same for a loop that exists for every rule, activation or loss: compiled for AVX2 at most, which keeps the build short. A wider
    /// vector would gain little: such loops wait for chains of results, divisions and the nearest cache.
    pub fn run_step(self, body: impl Loop) {
        debug_assert!(self.is_available());
        match self {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the level is only chosen where `is_available` has seen its features, and AVX-512 only where AVX2 is.
            Self::Avx2 | Self::Avx512 => unsafe { avx2_loop(body) },
            _ => body.run(),
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn avx2_loop<B: Loop>(body: B) {
    align_frame();
    body.run();
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx2,fma")]
fn avx512_loop<B: Loop>(body: B) {
    align_frame();
    body.run();
}
