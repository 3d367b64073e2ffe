//! Stored tables do not depend on vectors, threads and chunks.

use gradsweep::backend::cpu::Simd;
use gradsweep::store::RunDirectory;

use crate::common::program::{folder_with, root, succeeds};

#[test]
fn tables_do_not_depend_on_vectors_threads_or_chunks() {
    let config = format!(
        "[data]\npath = {:?}\nfeature = \"TV\"\ntarget = \"sales\"\ntest_size = 0.2\n[training]\nepochs = 3\n[sweep.parameters]\n\
         optimizer = [\"sgd\", {{ name = \"rmsprop\", centered = [false, true] }}, \"adam\"]\n\
         learning_rate = {{ min = 1e-4, max = 10.0, count = 23, distribution = \"log_uniform\" }}\n\"training.seed\" = [0, 1]\n",
        root().join("configs/data/advertising.csv")
    );
    let (folder, path) = folder_with(&config);
    let path = path.to_str().unwrap();
    let mut expected = None;
    for (index, (simd, threads, chunk)) in
        Simd::available().iter().flat_map(|simd| [(simd.name(), "1", "1000"), (simd.name(), "2", "7")]).enumerate()
    {
        let out = format!("out-{index}");
        succeeds(
            folder.path(),
            &["run", path, "--backend", "cpu", "--no-plots", "--out", &out, "--simd", simd, "--threads", threads, "--chunk", chunk],
        );
        let directory = RunDirectory::open(&folder.path().join(&out)).unwrap();
        let runs = directory.runs().unwrap();
        assert_eq!(runs.run, (0..184).collect::<Vec<u64>>());
        // The tables are compared as text, because NaN is not equal to itself.
        let found = format!("{runs:?} {:?} {:?}", directory.history(17).unwrap(), directory.epochs(150).unwrap());
        let expected = expected.get_or_insert_with(|| found.clone());
        assert!(found == *expected, "{simd}, {threads} threads, chunks of {chunk}");
    }
}
