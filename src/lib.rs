//! Gradsweep trains all runs of a hyperparameter sweep of one neuron, `ŷ = φ(w·x + b)`, in parallel, on a GPU or on all CPU cores, and
//! explains the results.
//!
//! # A sweep in ten lines
//!
//! ```
//! use gradsweep::backend::cpu::Cpu;
//! use gradsweep::sweep::{Inputs, Options, Problems};
//! use gradsweep::{analysis, config, store::Manifest, sweep};
//!
//! # let folder = tempfile::tempdir()?;
//! # let directory = folder.path().join("results");
//! let experiment = config::load("configs/starter.toml".as_ref(), &["training.epochs=5".into()])?;
//! let problems = Problems::new(&experiment)?;
//! let backend = Cpu::open(None, None)?;
//! let manifest = Manifest::new(&experiment.name, config::resolved(&experiment));
//! let inputs = Inputs { experiment: &experiment, problems: &problems, backend: &backend };
//! let summary = sweep::run(inputs, &directory, manifest, Options::default(), &mut ())?;
//! let diagnosis = analysis::diagnosis(&experiment, &problems.all, &summary.runs, None, &backend);
//! println!("{diagnosis}"); // for example "27 runs: 15 slow, 12 converged", and the best runs
//! # assert_eq!(diagnosis.runs, experiment.space.len());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Layers
//!
//! A module imports only modules above it in the list of this file; `tests/integration/layers` checks this. ARCHITECTURE.md describes each module and
//! has a glossary.
//!
//! 1. Vocabulary: [`data`] (rows, splits, batch orders), [`model`] (neurons, losses, hyperparameters, verdicts), [`space`] (run numbers and
//!    their settings).
//! 2. The question: [`config`] reads a TOML file and returns an [`Experiment`](config::Experiment).
//! 3. Mathematics: every update rule, activation and loss is one formula in `kernel`, which is not public.
//! 4. Work: a [`Backend`](backend::Backend) trains groups of runs, [`sweep::run`] trains all of them chunk by chunk, and [`store`] writes and reads the
//!    run directory.
//! 5. Results: [`analysis`] makes a [`Diagnosis`](analysis::Diagnosis), comparisons and [`figure`]s; [`plot`] draws them. [`mod@bench`] and [`verify`] check a
//!    machine.
//! 6. The web page: [`wasm`] has the exported functions of the WebAssembly module, [`report`] writes the HTML report.
//!
//! Without the features `gpu` and `cli` the crate needs no GPU, file, thread or clock, and compiles for `wasm32-unknown-unknown`.

#![warn(missing_docs)]
#![warn(clippy::unwrap_used, clippy::panic)] // A panic is a bug in the program; tests may panic.

// Vocabulary.
mod text;

pub mod data;
pub mod model;
pub mod space;

// The question.
pub mod config;

// Mathematics.
#[expect(missing_docs, reason = "not public; tests reach it through `internals`")]
mod kernel;

// Work.
pub mod table;

pub mod backend;

#[cfg(feature = "cli")]
pub mod store;

pub mod sweep;

// Results.
pub mod figure;

#[cfg(feature = "cli")]
pub mod bench;

#[cfg(feature = "gpu")]
pub mod verify;

pub mod analysis;

#[cfg(feature = "cli")]
pub mod plot;

// The web page.
pub mod wasm;

#[cfg(feature = "cli")]
pub mod report;

pub(crate) use kernel::activations::with_activation;
pub(crate) use kernel::losses::with_loss;
pub(crate) use kernel::optimizers::with_rule;

/// Access for the tests, the benchmarks and the program. These items are not part of the interface of the library.
#[doc(hidden)]
pub mod internals {
    pub use crate::config::ranges::format_value;
    pub use crate::config::scalars::accepted_values;
    #[cfg(feature = "cli")]
    pub use crate::store::writer::Writer;
    pub use crate::sweep::recorded::{EpochRows, HistoryRows, TrainedRun, trained_runs};
    pub use crate::sweep::run_table::{FinalMetrics, final_metrics, run_table};

    pub mod keys {
        pub use crate::config::keys::{KEYS, TableKind, known, table_kind};
        pub use crate::config::schema::in_words;
    }

    pub mod kernel {
        pub use crate::kernel::*;
    }

    pub mod text {
        pub use crate::text::*;
    }

    #[cfg(feature = "gpu")]
    pub mod gpu {
        pub use crate::backend::gpu::bindings::{Access, Binding};
        pub use crate::backend::gpu::catalogue::{ComposedModule, CountedModule, composed_modules, counted_modules};
        pub use crate::backend::gpu::pipelines::ProbeConstants;
        pub use crate::backend::gpu::probe::Probe;
        pub use crate::backend::gpu::shaders::{batch_functions, cycle_functions, elementary_functions, training_functions};
    }
}
