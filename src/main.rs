//! The command line: arguments in, exit code out.

#![warn(clippy::unwrap_used, clippy::panic)] // A panic is a bug; tests, in crates of their own, may.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    // SAFETY: nothing has run yet, so that no other thread reads the environment.
    #[expect(unsafe_code, reason = "the environment can be set only while there is one thread")]
    unsafe {
        gradsweep::backend::gpu::quiet_environment();
    }
    cli::main()
}
