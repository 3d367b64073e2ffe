//! Error bounds of the kernel functions on the CPU.

use crate::common::functions::verify_every_function;

#[test]
fn every_function_is_within_its_bounds() {
    verify_every_function(None);
}
