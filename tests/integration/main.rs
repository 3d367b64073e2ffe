//! Tests of the public interface and of the program that run on every machine, one module per topic.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a failing test panics")]

mod advice;
mod analysis;
mod animation;
mod charts;
mod cli;
#[path = "../common/mod.rs"]
#[allow(dead_code, reason = "each test binary uses a part of it")]
mod common;
mod config;
mod config_errors;
mod config_page;
mod cpu;
mod degenerate_data;
mod direct;
mod explorer;
mod functions;
mod importance;
mod layers;
mod licences;
mod manual;
mod numpy_orders;
mod optima;
mod report;
mod sampling;
mod shaders;
mod store;
mod theory;
mod verdicts;
