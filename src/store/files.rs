//! Files that appear complete: written under a hidden temporary name, synced to the disk, then renamed.
//!
//! A file is synced before it is renamed, so that a name never stands for a part of its contents, even after a power failure. Folders, which hold the
//! names, are synced before the manifest counts the rows. A temporary file whose contents cannot be written is removed.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::errors::{Error, file};

/// A file under its temporary name, which is removed on drop unless the file was renamed.
pub struct TemporaryFile {
    path: PathBuf,
    temporary: PathBuf,
}

impl TemporaryFile {
    /// Creates the file that gets the name `path` later.
    pub fn create(path: &Path) -> Result<(Self, File), Error> {
        let temporary = temporary_path(path);
        let output = file("write", path, File::create(&temporary))?;
        Ok((Self { path: path.to_path_buf(), temporary }, output))
    }

    /// Syncs the contents to the disk and gives the file its name.
    pub fn publish(self, output: &File) -> Result<(), Error> {
        self.written(output.sync_data().and_then(|()| std::fs::rename(&self.temporary, &self.path)))
    }

    /// The error of a write into this file.
    pub fn written<T>(&self, result: std::io::Result<T>) -> Result<T, Error> {
        file("write", &self.path, result)
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        // After a rename there is nothing to remove.
        let _ = std::fs::remove_file(&self.temporary);
    }
}

/// The name under which a file is written: hidden, in the same folder.
fn temporary_path(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.tmp"))
}

/// Writes a file. It replaces an older one at once, or not at all.
///
/// # Errors
/// If the file cannot be written.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let (temporary, mut output) = TemporaryFile::create(path)?;
    temporary.written(output.write_all(bytes))?;
    temporary.publish(&output)
}

/// Syncs the names in a folder, after files were renamed or removed there.
pub fn sync_folder(folder: &Path) -> Result<(), Error> {
    // Other systems do not open folders as files.
    #[cfg(unix)]
    file("write", folder, File::open(folder).and_then(|folder| folder.sync_all()))?;
    Ok(())
}

/// Removes the temporary files of a run directory into which nothing is written any more.
pub fn remove_temporaries(directory: &Path) {
    for folder in ["", "runs", "epochs", "history", "surfaces", "plots"].map(|name| directory.join(name)) {
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        for path in entries.flatten().map(|entry| entry.path()) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with('.') && name.ends_with(".tmp") {
                // A file that stays is hidden from every reader.
                let _ = std::fs::remove_file(path);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_written_leaves_nothing_and_keeps_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("manifest.json");
        write_file(&path, b"old").unwrap();
        let (temporary, mut output) = TemporaryFile::create(&path).unwrap();
        output.write_all(b"ne").unwrap();
        let full = temporary.written::<()>(Err(std::io::ErrorKind::StorageFull.into())).unwrap_err();
        assert!(full.to_string().contains("manifest.json"), "{full}");
        drop(temporary);
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn temporary_files_are_removed_and_others_stay() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("runs")).unwrap();
        for name in [".manifest.json.tmp", "runs/.part-00000.parquet.tmp", "runs/part-00000.parquet", ".mine", "notes.tmp"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        remove_temporaries(folder.path());
        let exists = |name: &str| folder.path().join(name).exists();
        assert!(!exists(".manifest.json.tmp") && !exists("runs/.part-00000.parquet.tmp"));
        assert!(exists("runs/part-00000.parquet") && exists(".mine") && exists("notes.tmp"));
    }
}
