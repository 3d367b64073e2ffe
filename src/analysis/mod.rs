//! Results of a sweep as a diagnosis in words, a comparison table, and figures.
//!
//! The input is a value ([`Sweep`]), and so is every result: this module prints nothing, draws nothing and reads no files. The caller supplies
//! the paths of runs, from files or from a replay. Everything is float64 and depends on the input alone: figures contain no time, host, file
//! name or backend.
//!
//! J is the cost on the training rows, J* its minimum. Both J and J − J* of a finished run are read from the run table.

mod advice;
mod axis_values;
mod bands;
mod batch_sizes;
mod best_settings;
mod bins;
mod color_by;
mod compare;
mod contour;
mod contour_levels;
mod cost_surface;
mod descent;
mod diagnosis;
mod errors;
mod expected;
pub mod explorer;
mod figures;
mod filter;
mod final_loss;
mod fit;
mod frame;
mod framing;
mod heatmap;
mod heatmap_grid;
mod heatmap_lines;
mod importance;
mod isoline;
mod learning_rates;
mod levels;
mod losses;
mod parameters;
mod path_layers;
mod paths;
mod problems;
mod ranges;
mod ranking;
mod rate_range;
mod remedies;
mod row_groups;
mod runs;
mod same_data;
mod sample;
mod score;
mod sentences;
mod setting;
mod small_multiples;
mod statistics;
mod sweep;
pub mod theory;
mod trial;

pub use advice::Recommendation;
pub use axis_values::{AxisValues, axis_values};
pub use compare::{Comparison, Group, compare, comparison_figures};
pub use descent::descent;
pub use diagnosis::{Diagnosis, ModelDiagnosis, diagnosis};
pub use errors::{Error, PathError};
pub use figures::{Selection, figures, selected_figures};
pub use heatmap::{heatmap, heatmap_color_bars};
pub use importance::{Importance, ImportanceMeasure, importance};
pub use same_data::require_same_data;
pub use score::Score;
pub use setting::Setting;
pub use sweep::Sweep;
