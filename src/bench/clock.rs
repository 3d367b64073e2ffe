//! CPU time of the process. A ratio to wall-clock time below the number of threads shows that other programs used the cores during a measurement.

/// CPU seconds of all threads of the process, including ended ones; `None` on systems other than Linux with glibc.
pub fn cpu_seconds() -> Option<f64> {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: the call writes only to `time`.
        #[expect(unsafe_code, reason = "the standard library has no clock of CPU time")]
        let failed = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
        (failed == 0).then_some(time.tv_sec as f64 + time.tv_nsec as f64 / 1e9)
    }
    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    None
}

#[cfg(test)]
mod tests {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    use super::*;

    #[test]
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    fn cpu_time_includes_ended_threads() {
        let before = cpu_seconds().unwrap();
        let work = || {
            let begun = std::time::Instant::now();
            while begun.elapsed().as_secs_f64() < 0.05 {
                std::hint::black_box(0);
            }
        };
        std::thread::spawn(work).join().unwrap();
        let ran = cpu_seconds().unwrap() - before;
        assert!(ran > 0.01, "{ran}");
    }
}
