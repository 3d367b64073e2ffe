//! Tests that need equipment: a GPU, or a Python with readers of Parquet.

#[path = "../common/mod.rs"]
#[allow(dead_code, reason = "each test binary uses a part of it")]
mod common;
mod twins;
