//! The failure of a subcommand: a message for stderr and an exit code.

use gradsweep::internals::text::printable;
use gradsweep::{analysis, backend, config, plot, store, sweep};

use super::terminal::has_color;

const FAILED: u8 = 1;
const USAGE: u8 = 2;
/// The exit code of an interrupted program.
pub const INTERRUPTED: u8 = 130;

/// The failure of a subcommand.
#[derive(Debug)]
pub enum Failure {
    /// A failure at run time.
    Failed(String),
    /// A wrong command line or config.
    Usage(String),
    /// Ctrl-C, SIGTERM or SIGHUP.
    Interrupted,
    /// The program that reads stdout has closed it. The exit code is 0.
    ClosedPipe,
}

impl Failure {
    pub fn code(&self) -> u8 {
        match self {
            Self::Failed(_) => FAILED,
            Self::Usage(_) => USAGE,
            Self::Interrupted => INTERRUPTED,
            Self::ClosedPipe => 0,
        }
    }

    /// The message for stderr; may be empty.
    pub fn message(&self) -> &str {
        match self {
            Self::Failed(message) | Self::Usage(message) => message,
            Self::Interrupted | Self::ClosedPipe => "",
        }
    }

    pub fn failed(error: impl std::fmt::Display) -> Self {
        Self::Failed(printable(&format!("error: {error}")))
    }

    pub fn usage(error: impl std::fmt::Display) -> Self {
        Self::Usage(printable(&format!("error: {error}")))
    }

    /// Adds a sentence to the message of a failure at run time.
    pub fn with_remedy(self, remedy: &str) -> Self {
        match self {
            Self::Failed(message) => Self::Failed(format!("{message}\n{}", printable(remedy))),
            other => other,
        }
    }
}

impl From<config::ConfigError> for Failure {
    fn from(mistakes: config::ConfigError) -> Self {
        Self::Usage(mistakes.render(has_color()))
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
            error @ (sweep::Error::UnknownProblem { .. }
            | sweep::Error::WrongProblems { .. }
            | sweep::Error::MissingParameter(_)
            | sweep::Error::Thread(_)) => Self::failed(error),
            error => Self::usage(error),
        }
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        if error.is_usage() { Self::usage(error) } else { Self::failed(error) }
    }
}

impl From<analysis::Error> for Failure {
    fn from(error: analysis::Error) -> Self {
        if error.is_usage() { Self::usage(error) } else { Self::failed(error) }
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
