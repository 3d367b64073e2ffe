//! The program as a user runs it: from the command line, on the bundled data.

mod animate;
mod compare;
mod examples;
mod exit_codes;
#[cfg(target_os = "linux")]
mod faults;
mod generate;
mod goldens;
mod messages;
mod resume;
mod same_bits;
mod shards;
mod supported;
mod wandb;
