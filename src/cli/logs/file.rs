//! The log file: readable by its owner only, and bounded by putting it aside.

use std::{
    fs::{self, File, OpenOptions, Permissions},
    io::{self, ErrorKind, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

/// A file that is appended to.
pub(super) struct LogFile {
    path: PathBuf,
    file: File,
    bytes: u64,
    most: u64,
}

impl LogFile {
    /// Opens the file, or makes it. From `most` bytes on it is put aside.
    ///
    /// # Errors
    /// When it is something else than a plain file, or cannot be opened.
    pub(super) fn open(path: PathBuf, most: u64) -> io::Result<Self> {
        let (file, bytes) = open(&path)?;
        Ok(Self {
            path,
            file,
            bytes,
            most,
        })
    }

    /// Appends a line. What the disk does not take is lost.
    pub(super) fn take(&mut self, line: &[u8]) {
        let length = line.len() as u64;
        if self.bytes > 0 && self.bytes.saturating_add(length) > self.most {
            self.put_aside();
        }
        if self.file.write_all(line).is_ok() {
            self.bytes += length;
        }
    }

    /// Begins anew, and keeps what was there under another name. Where that cannot be, it is lost:
    /// the file has a bound in every case.
    fn put_aside(&mut self) {
        let mut aside = self.path.clone().into_os_string();
        aside.push(".1");
        let begun = fs::rename(&self.path, aside).and_then(|()| open(&self.path));
        if let Ok((file, bytes)) = begun {
            (self.file, self.bytes) = (file, bytes);
        } else {
            let _ = self.file.set_len(0);
            self.bytes = 0;
        }
    }
}

/// Opens a plain file, and takes away what others may do with it.
fn open(path: &Path) -> io::Result<(File, u64)> {
    // A link would lead elsewhere, and opening a pipe would wait for its reader.
    match fs::symlink_metadata(path) {
        Ok(there) if !there.is_file() => {
            return Err(io::Error::new(
                ErrorKind::InvalidInput,
                "it is no plain file",
            ));
        }
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let mut options = OpenOptions::new();
    let file = options.append(true).create(true).mode(0o600).open(path)?;
    let metadata = file.metadata()?;
    if metadata.permissions().mode() & 0o077 != 0 {
        file.set_permissions(Permissions::from_mode(0o600))?;
    }
    Ok((file, metadata.len()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn mode(path: &Path) -> u32 {
        let metadata = fs::metadata(path).expect("it is there");
        metadata.permissions().mode() & 0o777
    }

    #[test]
    fn the_file_is_bounded_and_private() {
        let directory = tempfile::tempdir().expect("a directory");
        let (path, aside) = (directory.path().join("log"), directory.path().join("log.1"));
        fs::write(&path, "before\n").expect("written");
        fs::set_permissions(&path, Permissions::from_mode(0o644)).expect("set");
        let mut log = LogFile::open(path.clone(), 100).expect("opened");
        for number in 0..1_000 {
            log.take(format!("line {number:>4}\n").as_bytes());
            let size = fs::metadata(&path).expect("it is there").len();
            assert!(size <= 100, "{size}");
        }
        assert!(
            fs::read_to_string(&path)
                .expect("text")
                .ends_with("line  999\n")
        );
        let kept = fs::read_to_string(&aside).expect("text");
        assert!(kept.len() <= 100 && kept.starts_with("line "), "{kept}");
        assert_eq!((mode(&path), mode(&aside)), (0o600, 0o600));
        let names = fs::read_dir(directory.path()).expect("a folder").count();
        assert_eq!(names, 2);
    }

    #[test]
    fn where_it_cannot_be_put_aside_it_is_bounded_all_the_same() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("log");
        fs::create_dir_all(directory.path().join("log.1/in-the-way")).expect("a folder");
        let mut log = LogFile::open(path.clone(), 100).expect("opened");
        for _ in 0..100 {
            log.take(b"a line of this log\n");
            assert!(fs::metadata(&path).expect("it is there").len() <= 100);
        }
    }

    #[test]
    fn what_is_no_plain_file_is_refused() {
        let directory = tempfile::tempdir().expect("a directory");
        let (path, elsewhere) = (directory.path().join("log"), directory.path().join("other"));
        fs::write(&elsewhere, "").expect("written");
        symlink(&elsewhere, &path).expect("a link");
        assert!(LogFile::open(path, 100).is_err());
        assert!(LogFile::open(directory.path().to_owned(), 100).is_err());
    }
}
