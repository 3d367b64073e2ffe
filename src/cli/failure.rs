//! How a subcommand fails: words for stderr and an exit code.

use gradsweep::{analysis, backend, config, plot, store, sweep};

/// Exit codes of the contract.
const FAILED: u8 = 1;
const WRONG: u8 = 2;
const INTERRUPTED: u8 = 130;

/// Why a subcommand ends without having done its work.
#[derive(Debug)]
pub enum Failure {
    /// It failed at run time.
    Failed(String),
    /// The command line or the config is wrong.
    Wrong(String),
    Interrupted,
    /// The reader of stdout went away: no failure.
    ClosedPipe,
}

impl Failure {
    pub fn code(&self) -> u8 {
        match self {
            Self::Failed(_) => FAILED,
            Self::Wrong(_) => WRONG,
            Self::Interrupted => INTERRUPTED,
            Self::ClosedPipe => 0,
        }
    }

    pub fn text(&self) -> &str {
        match self {
            Self::Failed(text) | Self::Wrong(text) => text,
            Self::Interrupted | Self::ClosedPipe => "",
        }
    }

    pub fn failed(error: impl std::fmt::Display) -> Self {
        Self::Failed(format!("error: {error}"))
    }

    pub fn wrong(error: impl std::fmt::Display) -> Self {
        Self::Wrong(format!("error: {error}"))
    }
}

impl From<config::Mistakes> for Failure {
    fn from(mistakes: config::Mistakes) -> Self {
        Self::Wrong(mistakes.render(super::output::color()))
    }
}

impl From<backend::Error> for Failure {
    fn from(error: backend::Error) -> Self {
        Self::failed(error)
    }
}

impl From<sweep::Error> for Failure {
    fn from(error: sweep::Error) -> Self {
        match error {
            sweep::Error::Store(error) => error.into(),
            sweep::Error::Backend(error) => error.into(),
            error => Self::wrong(error),
        }
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        if error.is_usage() { Self::wrong(error) } else { Self::failed(error) }
    }
}

impl From<analysis::Error> for Failure {
    fn from(error: analysis::Error) -> Self {
        Self::failed(error)
    }
}

impl From<plot::Error> for Failure {
    fn from(error: plot::Error) -> Self {
        Self::failed(error)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::BrokenPipe { Self::ClosedPipe } else { Self::failed(error) }
    }
}
