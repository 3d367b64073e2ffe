//! Entry point of the `gradsweep` command: sets up the environment and calls the command line.

#![warn(clippy::unwrap_used, clippy::panic)] // A panic is a bug in the program; tests may panic.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    // SAFETY: the process has one thread at this point, so no other thread reads the environment.
    #[expect(unsafe_code, reason = "the environment can only be changed while there is one thread")]
    unsafe {
        gradsweep::backend::gpu::quiet_environment();
    }
    cli::main()
}
