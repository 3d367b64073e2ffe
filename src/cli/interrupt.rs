//! Ctrl-C, SIGTERM and SIGHUP. While runs are trained, the program finishes and stores the current chunk, then exits; at other times, at the second
//! signal and after [`GRACE`], it exits at once. Stored runs are kept in any case.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gradsweep::store::remove_temporaries;

use super::failure::INTERRUPTED;
use super::output::note;

/// The time in which the current chunk must end after a signal. Slurm and Kubernetes kill a process 30 s after SIGTERM.
const GRACE: Duration = Duration::from_secs(20);

/// The work that a signal interrupts.
#[derive(Clone, Debug, Default)]
struct Work {
    /// The run directory into which files are being written.
    directory: Option<PathBuf>,
    /// The message of an exit.
    message: String,
    /// Whether the work ends soon by itself once a signal was received.
    ends_itself: bool,
}

/// A flag that the signal handler sets.
#[derive(Clone, Debug, Default)]
pub struct Interrupt {
    requested: Arc<AtomicBool>,
    work: Arc<Mutex<Work>>,
}

impl Interrupt {
    /// Installs the signal handler.
    pub fn listen() -> Self {
        let interrupt = Self::default();
        let own = interrupt.clone();
        // If the handler cannot be installed, the signal ends the program at once, which is the default.
        let _ = ctrlc::set_handler(move || own.receive());
        interrupt
    }

    /// Whether a signal was received.
    pub fn is_requested(&self) -> bool {
        self.requested.load(Ordering::SeqCst)
    }

    /// From now on the first signal only sets the flag, because the work ends soon after that.
    pub fn train(&self, directory: &Path, message: String) {
        self.set(Work { directory: Some(directory.to_path_buf()), message, ends_itself: true });
    }

    /// From now on a signal ends the program at once.
    pub fn draw(&self, directory: &Path, message: String) {
        self.set(Work { directory: Some(directory.to_path_buf()), message, ends_itself: false });
        if self.is_requested() {
            self.exit();
        }
    }

    fn set(&self, work: Work) {
        *self.work.lock().unwrap_or_else(PoisonError::into_inner) = work;
    }

    fn work(&self) -> Work {
        self.work.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn receive(&self) {
        let is_first = !self.requested.swap(true, Ordering::SeqCst);
        if !(is_first && self.work().ends_itself) {
            self.exit();
        }
        note(&format!(
            "interrupted: the runs in training are finished and stored, for at most {} s; a second signal ends at once",
            GRACE.as_secs()
        ));
        let own = self.clone();
        // Without this thread the chunk may take any time.
        let _ = std::thread::Builder::new().spawn(move || {
            std::thread::sleep(GRACE);
            if own.work().ends_itself {
                own.exit();
            }
        });
    }

    /// Ends the program. Files that are being written are removed.
    fn exit(&self) -> ! {
        let Work { directory, message, .. } = self.work();
        if let Some(directory) = directory {
            remove_temporaries(&directory);
        }
        if !message.is_empty() {
            note(&message);
        }
        std::process::exit(i32::from(INTERRUPTED));
    }
}
