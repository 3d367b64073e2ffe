//! The time that the process's threads were running, beside the time that passed: whether a figure had the cores it counts.

/// Seconds that all threads together have run since they began; `None` where the system does not say (it does on Linux).
pub fn cpu_seconds() -> Option<f64> {
    let tasks = std::fs::read_dir("/proc/self/task").ok()?;
    let running = |task: std::io::Result<std::fs::DirEntry>| {
        let text = std::fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<f64>().ok()
    };
    Some(tasks.filter_map(running).sum::<f64>() / 1e9)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn work_takes_time() {
        let before = cpu_seconds().unwrap();
        let begun = std::time::Instant::now();
        while begun.elapsed().as_secs_f64() < 0.05 {
            std::hint::black_box(0);
        }
        assert!(cpu_seconds().unwrap() > before);
    }
}
