//! Microbenchmarks of the peak rates of this CPU: fused multiply-adds, square roots and divisions, and memory writes.

use std::hint::black_box;
use std::time::Instant;

use super::isa::{Isa, Kernel};
use super::vector::Vector;
use crate::backend::limits::Limits;

/// Measures each limit for about a tenth of a second, on all threads at once.
pub fn limits(threads: usize, isa: Isa) -> Limits {
    let per_second = |operations: &(dyn Fn(u64) -> f64 + Sync)| {
        on_all_threads(threads, || {
            let rounds = 1 << 16;
            let (begun, mut done) = (Instant::now(), 0.0);
            while begun.elapsed().as_secs_f64() < 0.1 {
                done += black_box(operations(black_box(rounds)));
            }
            done / begun.elapsed().as_secs_f64()
        })
    };
    Limits {
        threads: Some(threads),
        fused_per_s: per_second(&|rounds| isa.run(FusedMultiplyAdds(rounds))),
        roots_per_s: per_second(&|rounds| isa.run(Roots(rounds))),
        filled_bytes_per_s: on_all_threads(threads, || fill(FILLED_BYTES / threads.max(1))),
    }
}

/// The sum of the rates of concurrent threads.
fn on_all_threads(threads: usize, measure: impl Fn() -> f64 + Sync) -> f64 {
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..threads).map(|_| scope.spawn(&measure)).collect();
        all.into_iter().map(|thread| thread.join().unwrap_or(0.0)).sum()
    })
}

/// Bytes that are written, more than any cache holds.
const FILLED_BYTES: usize = 256 << 20;

/// Bytes per second that one thread writes.
fn fill(bytes: usize) -> f64 {
    let mut memory = vec![1.0_f32; bytes / 4];
    let mut best = f64::INFINITY;
    for value in 0..3_u8 {
        let begun = Instant::now();
        memory.fill(black_box(f32::from(value)));
        black_box(&mut memory);
        best = best.min(begun.elapsed().as_secs_f64());
    }
    bytes as f64 / best
}

/// Rounds of ten independent chains of fused multiply-adds, which hide the latency of each. Returns the number of operations.
struct FusedMultiplyAdds(u64);

impl Kernel for FusedMultiplyAdds {
    type Output = f64;

    #[inline(always)]
    fn run<V: Vector, const K: usize>(self) -> f64 {
        let (factor, term) = (black_box(V::splat(0.999)), black_box(V::splat(1e-3)));
        let mut chains = [V::splat(1.0); 10];
        for _ in 0..self.0 {
            for chain in 0..10 {
                chains[chain] = chains[chain].mul_add(factor, term);
            }
        }
        black_box(chains);
        self.0 as f64 * 10.0 * V::LANES as f64
    }
}

/// Rounds of two roots and a division, each of numbers that do not depend on earlier results. Returns the number of such triples.
struct Roots(u64);

impl Kernel for Roots {
    type Output = f64;

    #[inline(always)]
    fn run<V: Vector, const K: usize>(self) -> f64 {
        // A black box hides from the compiler that all lanes are equal.
        let (a, b, one) = (black_box(V::splat(1.7)), black_box(V::splat(2.3)), black_box(V::splat(1.0)));
        let mut sums = [V::splat(0.0); 4];
        for round in 0..self.0 {
            for index in 0..4 {
                let shift = V::splat(round as f32) + V::splat(index as f32);
                let (a, b) = (a + shift, b + shift);
                sums[index] = sums[index] + ((a.sqrt() + b.sqrt()) + one / a);
            }
        }
        black_box(sums);
        self.0 as f64 * 4.0 * V::LANES as f64
    }
}
