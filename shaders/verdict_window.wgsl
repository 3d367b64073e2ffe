// The updates whose means a verdict rests on: the last window of a run, and the window before it. Twin: src/kernel/verdict_window.rs.

// Updates of the run and of a window, and updates between two points at which J is evaluated.
struct VerdictWindow {
    steps: u32,
    len: u32,
    stride: u32,
}

// Whether an update is in one of the two windows. Updates are counted from 1.
fn is_in_windows(window: VerdictWindow, step: u32) -> bool {
    return window.steps - step < 2u * window.len;
}

// Whether an update of the windows is in the last one.
fn is_in_last_window(window: VerdictWindow, step: u32) -> bool {
    return window.steps - step < window.len;
}

// Whether J is evaluated after an update of the windows.
fn is_point(window: VerdictWindow, step: u32) -> bool {
    let remaining = window.steps - step;
    return select(remaining, remaining - window.len, remaining >= window.len) % window.stride == 0u;
}
