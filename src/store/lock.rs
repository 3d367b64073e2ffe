//! The lock of a run directory: one process writes at a time. The system releases the lock of a killed process.

use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::errors::{Error, file};

/// The name of the locked file.
pub const LOCK: &str = ".lock";

/// The exclusive right to write into a run directory, until it is dropped.
#[derive(Debug)]
pub struct DirectoryLock {
    path: PathBuf,
    /// The open file holds the lock.
    _file: File,
}

impl DirectoryLock {
    /// Locks a directory, which exists.
    ///
    /// # Errors
    /// If another process holds the lock, or if the lock file cannot be created.
    pub fn acquire(directory: &Path) -> Result<Self, Error> {
        let path = directory.join(LOCK);
        loop {
            let opened = file("create", &path, File::options().create(true).truncate(false).write(true).open(&path))?;
            match opened.try_lock() {
                Err(TryLockError::WouldBlock) => return Err(Error::Locked { path: directory.to_path_buf() }),
                // Some network file systems have no locks; a sweep there is not protected from a second one.
                Err(TryLockError::Error(error)) if error.kind() != ErrorKind::Unsupported => return file("lock", &path, Err(error)),
                Err(TryLockError::Error(_)) | Ok(()) => {}
            }
            // The last owner may have removed the file between its opening and its locking; then others lock another file of this name.
            if is_same_file(&opened, &path) {
                return Ok(Self { path, _file: opened });
            }
        }
    }
}

impl Drop for DirectoryLock {
    fn drop(&mut self) {
        // A lock file that stays is not locked, so it hinders nobody.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Whether a path still names an open file.
#[cfg(unix)]
fn is_same_file(opened: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let number = |metadata: &std::fs::Metadata| (metadata.dev(), metadata.ino());
    matches!((opened.metadata(), std::fs::metadata(path)), (Ok(own), Ok(other)) if number(&own) == number(&other))
}

#[cfg(not(unix))]
fn is_same_file(_: &File, path: &Path) -> bool {
    path.exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_has_one_lock_and_keeps_no_file_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let lock = DirectoryLock::acquire(folder.path()).unwrap();
        let refused = DirectoryLock::acquire(folder.path()).unwrap_err();
        assert!(matches!(refused, Error::Locked { .. }) && !refused.is_usage(), "{refused}");
        drop(lock);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        // A killed process leaves the file without a lock.
        std::fs::write(folder.path().join(LOCK), "").unwrap();
        DirectoryLock::acquire(folder.path()).unwrap();
    }
}
