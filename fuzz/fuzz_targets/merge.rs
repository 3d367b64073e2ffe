//! Two shards of a sweep, one file of the second of which has other contents: the first byte chooses the file.

#![no_main]

#[path = "../directories.rs"]
mod directories;

use std::path::PathBuf;
use std::sync::LazyLock;

use gradsweep::store::{RunDirectory, merge};
use libfuzzer_sys::fuzz_target;

static SHARDS: LazyLock<[PathBuf; 2]> = LazyLock::new(|| {
    directories::allow_panics_of_parquet();
    ["shard-1", "shard-2"].map(directories::copy)
});

fuzz_target!(|bytes: &[u8]| {
    let Some((&choice, contents)) = bytes.split_first() else { return };
    let file = directories::Replaced::new(&SHARDS[1], choice, contents);
    let out = SHARDS[0].with_file_name("merged");
    if let [Ok(first), Ok(second)] = [&SHARDS[0], &SHARDS[1]].map(|path| RunDirectory::open(path)) {
        let _ = merge(&[first, second], &out);
        let _ = std::fs::remove_dir_all(&out);
    }
    drop(file);
});
