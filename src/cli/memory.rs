//! What the process does with memory that it has freed.

/// Keeps it. Chunk after chunk needs the same megabytes for a moment, and glibc hands large ones back to the system each time: who gets
/// them again pays for every page, a quarter of the time of writing a history. Other allocators are left as they are.
pub fn keep_freed() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[expect(unsafe_code, reason = "a setting of the C library")]
    // SAFETY: the call takes numbers and changes thresholds of the allocator.
    unsafe {
        // 32 MiB is the most that it takes; freed memory at a heap's end stays below 1 GiB.
        libc::mallopt(libc::M_MMAP_THRESHOLD, 32 << 20);
        libc::mallopt(libc::M_TRIM_THRESHOLD, 1 << 30);
    }
}
