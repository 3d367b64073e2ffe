//! Exported functions of the WebAssembly module: open a sweep from the text of its config and the bytes of its data, replay a run, read
//! its path.
//!
//! Their names are exported on wasm32 only; every target compiles them. The WebAssembly module imports nothing, so a page needs no
//! generated JavaScript. A call that returns −1 leaves its error in [`message`]. Pointers that a call returns are valid until the next call.

#![cfg_attr(target_family = "wasm", expect(unsafe_code, reason = "`no_mangle` is an unsafe attribute"))]

use std::cell::RefCell;

use crate::backend::cpu::Cpu;
use crate::config::{self, ConfigSource, DataLocation, Experiment};
use crate::sweep::{self, Problems};

thread_local! {
    static STATE: RefCell<State> = RefCell::default();
}

/// Arguments of the next call of [`open`], the open sweep and the result of the last call.
#[derive(Default)]
struct State {
    arguments: Vec<Vec<u8>>,
    sweep: Option<Sweep>,
    weight: Vec<f32>,
    bias: Vec<f32>,
    message: String,
}

struct Sweep {
    experiment: Experiment,
    problems: Problems,
    cpu: Cpu,
}

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

/// Adds an argument of `length` bytes for the next [`open`] and returns the address to write it to.
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
        let sweep = match &std::mem::take(&mut state.arguments)[..] {
            [config, data] => Sweep::open(config, data, &[]),
            [config, data, settings] => Sweep::open(config, data, settings),
            others => Err(format!("open takes two or three arguments, not {}", others.len())),
        };
        match sweep {
            Ok(sweep) => state.sweep.insert(sweep).experiment.space.len() as f64,
            Err(message) => state.fail(message),
        }
    })
}

/// Trains one run with its history and returns the number of points of its path, or −1.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn replay(run: f64) -> f64 {
    STATE.with_borrow_mut(|state| {
        let Some(Sweep { experiment, problems, cpu }) = &state.sweep else { return state.fail("no sweep is open".to_owned()) };
        match sweep::replay(experiment, problems, cpu, &[run as u64]) {
            Ok(mut paths) => {
                [state.weight, state.bias] = paths.pop().unwrap_or_default().params.0;
                state.weight.len() as f64
            }
            Err(error) => state.fail(error.to_string()),
        }
    })
}

/// The weights of the path of the last [`replay`], float32.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn weight() -> *const f32 {
    STATE.with_borrow(|state| state.weight.as_ptr())
}

/// The biases of the path of the last [`replay`], float32.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn bias() -> *const f32 {
    STATE.with_borrow(|state| state.bias.as_ptr())
}

/// The error of the last call that failed, UTF-8.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn message() -> *const u8 {
    STATE.with_borrow(|state| state.message.as_ptr())
}

/// The length of [`message`] in bytes.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn message_length() -> usize {
    STATE.with_borrow(|state| state.message.len())
}

impl State {
    fn fail(&mut self, message: String) -> f64 {
        self.message = message;
        -1.0
    }
}
