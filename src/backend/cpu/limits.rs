//! What this CPU reaches at most. Only x86-64 with AVX2 has loops that are known to reach it.

use std::time::Instant;

use super::Simd;
use crate::backend::limits::Limits;

/// Measures for a tenth of a second each; `None` where this file has no loop for the level.
pub fn limits(threads: usize, simd: Simd) -> Option<Limits> {
    let (fused, roots) = loops(simd)?;
    let per_s = |work: fn(u64) -> f64| {
        let one = || {
            let rounds = 1 << 16;
            let (begun, mut done) = (Instant::now(), 0.0);
            while begun.elapsed().as_secs_f64() < 0.1 {
                done += std::hint::black_box(work(std::hint::black_box(rounds)));
            }
            done / begun.elapsed().as_secs_f64()
        };
        together(threads, one)
    };
    let filled = together(threads, || fill(FILLED / threads.max(1)));
    Some(Limits { threads: Some(threads), fused_per_s: per_s(fused), roots_per_s: per_s(roots), filled_bytes_per_s: filled })
}

/// The sum of what threads reach that run at once.
fn together(threads: usize, one: impl Fn() -> f64 + Sync) -> f64 {
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..threads).map(|_| scope.spawn(&one)).collect();
        all.into_iter().map(|thread| thread.join().unwrap_or(0.0)).sum()
    })
}

/// Bytes that are filled: beyond every cache.
const FILLED: usize = 256 << 20;

fn fill(bytes: usize) -> f64 {
    let mut memory = vec![1.0_f32; bytes / 4];
    let mut best = f64::INFINITY;
    for value in 0..3_u8 {
        let begun = Instant::now();
        memory.fill(std::hint::black_box(f32::from(value)));
        std::hint::black_box(&mut memory);
        best = best.min(begun.elapsed().as_secs_f64());
    }
    bytes as f64 / best
}

/// Loops that do so many rounds of a work and say how many lanes' worth that was.
type Loops = (fn(u64) -> f64, fn(u64) -> f64);

#[cfg(target_arch = "x86_64")]
fn loops(simd: Simd) -> Option<Loops> {
    match simd {
        // SAFETY: the level is only handed in where `is_available` has seen its features.
        Simd::Avx512 => Some((|rounds| unsafe { x86::fused_512(rounds) }, |rounds| unsafe { x86::roots_512(rounds) })),
        // SAFETY: as above.
        Simd::Avx2 => Some((|rounds| unsafe { x86::fused_256(rounds) }, |rounds| unsafe { x86::roots_256(rounds) })),
        _ => None,
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn loops(_: Simd) -> Option<Loops> {
    None
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::{
        _mm256_add_ps, _mm256_div_ps, _mm256_fmadd_ps, _mm256_set1_ps, _mm256_sqrt_ps, _mm512_add_ps, _mm512_div_ps, _mm512_fmadd_ps,
        _mm512_set1_ps, _mm512_sqrt_ps,
    };
    use std::hint::black_box;

    macro_rules! loops {
        ($features:literal, $lanes:literal, $fused:ident, $roots:ident, $set:ident, $add:ident, $fma:ident, $sqrt:ident, $div:ident) => {
            /// Ten chains of multiply-adds: enough to hide their latency.
            #[target_feature(enable = $features)]
            pub fn $fused(rounds: u64) -> f64 {
                let (mut chains, factor, term) = ([$set(1.0); 10], black_box($set(0.999)), black_box($set(1e-3)));
                for _ in 0..rounds {
                    for chain in &mut chains {
                        *chain = $fma(*chain, factor, term);
                    }
                }
                black_box(chains);
                rounds as f64 * 10.0 * $lanes
            }

            /// Two roots and a division of numbers that do not depend on the last ones. The vectors come out of a black box, or the compiler
            /// would see that their lanes are alike and compute one of them.
            #[target_feature(enable = $features)]
            pub fn $roots(rounds: u64) -> f64 {
                let (a, b, one) = (black_box($set(1.7)), black_box($set(2.3)), black_box($set(1.0)));
                let mut sums = [$set(0.0); 4];
                for round in 0..rounds {
                    let shift = $set(round as f32);
                    for (index, sum) in sums.iter_mut().enumerate() {
                        let own = $add(shift, $set(index as f32));
                        let (a, b) = ($add(a, own), $add(b, own));
                        *sum = $add(*sum, $add($add($sqrt(a), $sqrt(b)), $div(one, a)));
                    }
                }
                black_box(sums);
                rounds as f64 * 4.0 * $lanes
            }
        };
    }

    loops!("avx2,fma", 8.0, fused_256, roots_256, _mm256_set1_ps, _mm256_add_ps, _mm256_fmadd_ps, _mm256_sqrt_ps, _mm256_div_ps);
    loops!("avx512f", 16.0, fused_512, roots_512, _mm512_set1_ps, _mm512_add_ps, _mm512_fmadd_ps, _mm512_sqrt_ps, _mm512_div_ps);
}
