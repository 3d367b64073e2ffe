//! Exported functions of the WebAssembly module: open a sweep from the text of its config and the bytes of its data, replay its runs, and
//! train variations of them.
//!
//! Their names are exported on wasm32 only; every target compiles them. The module imports nothing, so a page needs no generated JavaScript.
//! Arguments are written with [`argument`]; results are read with [`output`] and [`output_length`]. A call that returns −1 leaves its error, in
//! UTF-8, as output 0. Pointers are valid until the next call.

#![cfg_attr(target_family = "wasm", expect(unsafe_code, reason = "`no_mangle` is an unsafe attribute"))]

use std::cell::RefCell;

use serde::de::DeserializeOwned;

use crate::analysis::explorer::{self, Exploration, GridCell};
use crate::backend::cpu::Cpu;
use crate::config::{self, ConfigSource, DataLocation, Experiment};
use crate::model::Path;
use crate::sweep::{self, Problems};

thread_local! {
    static STATE: RefCell<State> = RefCell::default();
}

/// Arguments of the next call, the open sweep and the outputs of the last call.
#[derive(Default)]
struct State {
    arguments: Vec<Vec<u8>>,
    sweep: Option<Sweep>,
    outputs: Vec<Vec<u8>>,
}

struct Sweep {
    experiment: Experiment,
    problems: Problems,
    cpu: Cpu,
}

/// The outputs of a call, and the number that it returns.
type Returned = Result<(Vec<Vec<u8>>, f64), String>;

impl Sweep {
    fn open(config: &[u8], data: &[u8], settings: &[u8]) -> Result<Self, String> {
        let text = |bytes| std::str::from_utf8(bytes).map_err(|error| error.to_string());
        let settings: Vec<String> = text(settings)?.lines().map(str::to_owned).collect();
        let source = ConfigSource { file: "sweep.toml", name: "sweep", data: DataLocation::Bytes(data) };
        let experiment = config::load_text(text(config)?, &source, &settings).map_err(|error| error.to_string())?;
        let problems = Problems::new(&experiment).map_err(|error| error.to_string())?;
        let cpu = Cpu::open(None, None).map_err(|error| error.to_string())?;
        Ok(Self { experiment, problems, cpu })
    }
}

/// Adds an argument of `length` bytes for the next call and returns the address to write it to.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn argument(length: usize) -> *mut u8 {
    STATE.with_borrow_mut(|state| {
        let mut bytes = vec![0; length];
        let address = bytes.as_mut_ptr();
        state.arguments.push(bytes);
        address
    })
}

/// Opens a sweep in place of the last one and returns its number of runs, or −1.
///
/// Its arguments, in this order: the text of the config; the bytes of the data file; optionally the overrides (`--set`), a line `key=value`
/// each.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn open() -> f64 {
    STATE.with_borrow_mut(|state| {
        state.sweep = None;
        let opened = match &std::mem::take(&mut state.arguments)[..] {
            [config, data] => Sweep::open(config, data, &[]),
            [config, data, settings] => Sweep::open(config, data, settings),
            others => Err(format!("open takes two or three arguments, not {}", others.len())),
        };
        let runs = opened.map(|sweep| (Vec::new(), state.sweep.insert(sweep).experiment.space.len() as f64));
        state.finish(runs)
    })
}

/// Trains one run with its history and returns the number of points of its path, or −1. Outputs: the weights and the biases, float32.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn replay(run: f64) -> f64 {
    call(|sweep, _| {
        let Sweep { experiment, problems, cpu } = sweep;
        let mut paths = sweep::replay(experiment, problems, cpu, &[run as u64]).map_err(|error| error.to_string())?;
        let path = paths.pop().unwrap_or_default();
        Ok((columns(&path), path.len() as f64))
    })
}

/// Trains a variation of a run, and returns the number of points of its path, or −1. Its argument is an
/// [`ExploreRequest`](explorer::ExploreRequest) as JSON. Outputs: the weights and the biases, float32; J at each point, float64; an
/// [`Explored`](explorer::Explored) as JSON.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn explore() -> f64 {
    call(|Sweep { experiment, problems, cpu }, arguments| {
        let explored = explorer::explore(experiment, problems, cpu, &request(&arguments)?).map_err(|error| message(&error))?;
        let Exploration { explored, path, cost } = explored;
        let mut outputs = columns(&path);
        outputs.push(bytemuck::cast_slice(&cost).to_vec());
        outputs.push(serde_json::to_vec(&explored).map_err(|error| error.to_string())?);
        Ok((outputs, path.len() as f64))
    })
}

/// Trains a grid of variations of a run, and returns the number of its cells, or −1. Its argument is a [`GridRequest`](explorer::GridRequest) as
/// JSON. Outputs, a value for each cell, row by row from the lower left: 0 for converged, 1 for other and 2 for diverged, a byte each; the
/// value of a [`GridCell`], float32.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn grid() -> f64 {
    call(|Sweep { experiment, problems, cpu }, arguments| {
        let cells = explorer::grid(experiment, problems, cpu, &request(&arguments)?).map_err(|error| message(&error))?;
        let (kinds, values): (Vec<u8>, Vec<f32>) = cells.iter().copied().map(kind_and_value).unzip();
        Ok((vec![kinds, bytemuck::cast_slice(&values).to_vec()], cells.len() as f64))
    })
}

/// Trains variations of a run over one hyperparameter, and returns the number of values, or −1. Its argument is an
/// [`OrbitRequest`](explorer::OrbitRequest) as JSON. Outputs: J − J* and the weight after each of the last updates of each variation, float32.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn orbit() -> f64 {
    call(|Sweep { experiment, problems, cpu }, arguments| {
        let columns = explorer::orbit(experiment, problems, cpu, &request(&arguments)?).map_err(|error| message(&error))?;
        let length = columns[0].len() as f64;
        Ok((columns.iter().map(|column| bytemuck::cast_slice(column).to_vec()).collect(), length))
    })
}

/// Predicts with some weight and bias, and returns the number of points, or −1. Its argument is a
/// [`PredictionRequest`](explorer::PredictionRequest) as JSON. Output: pairs of feature and prediction, float64.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn predict() -> f64 {
    call(|Sweep { experiment, problems, .. }, arguments| {
        let points = explorer::predictions(experiment, problems, &request(&arguments)?).map_err(|error| message(&error))?;
        Ok((vec![bytemuck::cast_slice(&points).to_vec()], points.len() as f64))
    })
}

/// The address of an output of the last call; null if there is no such output.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn output(index: usize) -> *const u8 {
    STATE.with_borrow(|state| state.outputs.get(index).map_or(std::ptr::null(), Vec::as_ptr))
}

/// The length of an output of the last call, in bytes.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn output_length(index: usize) -> usize {
    STATE.with_borrow(|state| state.outputs.get(index).map_or(0, Vec::len))
}

/// Calls a function with the open sweep and the arguments.
fn call(function: impl FnOnce(&Sweep, Vec<Vec<u8>>) -> Returned) -> f64 {
    STATE.with_borrow_mut(|state| {
        let arguments = std::mem::take(&mut state.arguments);
        let returned = match &state.sweep {
            Some(sweep) => function(sweep, arguments),
            None => Err("no sweep is open".to_owned()),
        };
        state.finish(returned)
    })
}

impl State {
    /// Stores the outputs, or the message of an error.
    fn finish(&mut self, returned: Returned) -> f64 {
        let (outputs, number) = returned.unwrap_or_else(|message| (vec![message.into_bytes()], -1.0));
        self.outputs = outputs;
        number
    }
}

/// The request in the only argument of a call.
fn request<T: DeserializeOwned>(arguments: &[Vec<u8>]) -> Result<T, String> {
    let [json] = arguments else { return Err(format!("the call takes one argument, not {}", arguments.len())) };
    serde_json::from_slice(json).map_err(|error| error.to_string())
}

/// An error with its causes.
fn message(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// The weights and the biases of a path.
fn columns(path: &Path) -> Vec<Vec<u8>> {
    path.params.0.iter().map(|column| bytemuck::cast_slice(column).to_vec()).collect()
}

fn kind_and_value(cell: GridCell) -> (u8, f32) {
    match cell {
        GridCell::Converged(epochs) => (0, epochs),
        GridCell::Other(excess) => (1, excess),
        GridCell::Diverged(updates) => (2, updates),
    }
}
