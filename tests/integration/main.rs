//! All tests of the public interface and of the program that every machine can run. Modules by topic.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a failing test panics")]

mod analysis;
mod cli;
#[path = "../common/mod.rs"]
#[allow(dead_code, reason = "each test binary uses a part of it")]
mod common;
mod config;
mod config_errors;
mod cpu;
mod direct;
mod functions;
mod licences;
mod numpy_orders;
mod rooms;
mod shaders;
mod store;
