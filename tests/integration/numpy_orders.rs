//! `rng = "numpy_legacy"` reproduces NumPy: the splits and epoch orders of a published notebook, and of other seeds
//! (`golden/make_numpy_orders.py`).

use gradsweep::data::{BatchOrder, Permutation, RandomState, Shuffle, TestSize};
use serde_json::Value;

fn rows(value: &Value) -> Vec<u32> {
    value.as_array().unwrap().iter().map(|row| row.as_u64().unwrap() as u32).collect()
}

/// Compares the split and the epoch orders of a seed with a golden file.
fn check(seed: u32, test: &[u32], train: &[u32], orders: &[Value]) {
    let all_rows = train.len() + test.len();
    let split = TestSize::Count(test.len() as u64).split(all_rows, Permutation::NumpyLegacy { seed }).unwrap();
    assert_eq!((&split.test[..], &split.train[..]), (test, train), "split of seed {seed}");
    let shuffle = Shuffle::NumpyLegacy { seed, all_rows: all_rows as u32 };
    let mut epochs = BatchOrder { rows: train.len(), batch_size: 10.min(train.len()), shuffle }.epochs();
    for (epoch, order) in orders.iter().enumerate() {
        assert_eq!(epochs.advance(), rows(order), "epoch {epoch} of seed {seed}");
    }
}

#[test]
fn the_published_notebook_is_reproduced() {
    let golden: Value = serde_json::from_str(include_str!("../golden/article.json")).unwrap();
    let orders = golden["epoch_orders"].as_array().unwrap();
    assert_eq!(orders.len(), 10);
    check(2, &rows(&golden["test_rows"]), &rows(&golden["train_rows"]), orders);
}

#[test]
fn other_seeds_match_numpy() {
    let golden: Value = serde_json::from_str(include_str!("../golden/numpy_orders.json")).unwrap();
    let cases = golden["cases"].as_array().unwrap();
    assert!(cases.iter().any(|case| case["words"].as_u64() >= Some(4)), "one case draws several words for a number");
    for case in cases {
        let seed = case["seed"].as_u64().unwrap() as u32;
        let mut state = RandomState::new(seed);
        state.permutation(case["rows"].as_u64().unwrap() as u32);
        assert_eq!(u64::from(state.randint(10_000_000)), case["randint"].as_u64().unwrap(), "randint of seed {seed}");
        check(seed, &rows(&case["test"]), &rows(&case["train"]), case["epoch_orders"].as_array().unwrap());
    }
}
