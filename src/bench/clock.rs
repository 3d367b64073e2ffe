//! The time that the process's threads were running, beside the time that passed: whether a figure had the cores it counts.

/// Seconds that all threads together have run, those that have ended among them; `None` where this file does not know how to ask.
pub fn cpu_seconds() -> Option<f64> {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: the call writes to the place that it is given.
        let failed = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
        (failed == 0).then_some(time.tv_sec as f64 + time.tv_nsec as f64 / 1e9)
    }
    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    None
}

#[cfg(all(test, target_os = "linux", target_env = "gnu"))]
mod tests {
    use super::*;

    #[test]
    fn work_takes_time_also_where_its_thread_has_ended() {
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
