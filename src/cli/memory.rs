//! Settings of the C library: its allocator, and the signal of the limit of file sizes.

/// Keeps freed memory in the process. Every chunk allocates a few megabytes of equal sizes; glibc returns large blocks to the system, and touching
/// their pages again takes a quarter of the time of writing a history. Does nothing with other C libraries.
pub fn keep_freed() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[expect(unsafe_code, reason = "mallopt is a function of the C library")]
    // SAFETY: the calls take two integers and change thresholds of the allocator.
    unsafe {
        // 32 MiB is the largest threshold that glibc accepts. Freed memory at the end of a heap is limited to 1 GiB.
        libc::mallopt(libc::M_MMAP_THRESHOLD, 32 << 20);
        libc::mallopt(libc::M_TRIM_THRESHOLD, 1 << 30);
    }
}

/// Makes a write beyond the limit of file sizes (`ulimit -f`) an error instead of the end of the process. Does nothing on other systems.
pub fn report_large_files() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[expect(unsafe_code, reason = "signal is a function of the C library")]
    // SAFETY: ignoring a signal installs no handler.
    unsafe {
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
    }
}
