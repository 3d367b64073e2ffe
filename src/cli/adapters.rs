//! `gradsweep adapters`: the GPUs that can be used, and why others cannot.

use super::args;
use super::failure::Failure;

pub fn adapters(arguments: &args::Adapters) -> Result<(), Failure> {
    let _ = arguments;
    Ok(())
}
