//! The CPU backend against the histories that Keras recorded, through `run` and `replay`.

use super::supported;
use crate::common::goldens::{article, cases, keras};

#[test]
fn the_article_is_reproduced_on_the_cpu() {
    article("cpu", 2e-7, 2e-6);
}

#[test]
fn golden_cases_agree_with_keras_on_the_cpu() {
    let cases = cases();
    let deviations = keras("cpu", &cases, &[]);
    supported::check(&cases.iter().zip(deviations).collect::<Vec<_>>());
}
