//! A file as it is, with what is written to it held in memory: so that a look at it changes nothing.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{Error, ErrorKind},
    os::unix::fs::FileExt as _,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use redb::StorageBackend;

/// What is held of writes goes by blocks of so many bytes.
const BLOCK: usize = 4_096;

/// A file that is only read.
#[derive(Debug)]
pub(super) struct Overlay {
    file: File,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    length: u64,
    /// So much of the file still stands behind what was written.
    from_file: u64,
    written: BTreeMap<u64, Box<[u8; BLOCK]>>,
}

impl Overlay {
    /// Opens the file to read it.
    ///
    /// # Errors
    /// It cannot be opened.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        let state = Mutex::new(State {
            length,
            from_file: length,
            written: BTreeMap::new(),
        });
        Ok(Self { file, state })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes of the file, and zeros where it has none.
    fn read_file(&self, from_file: u64, offset: u64, out: &mut [u8]) -> Result<(), Error> {
        out.fill(0);
        let there = from_file.saturating_sub(offset).min(out.len() as u64);
        let there = usize::try_from(there).unwrap_or(out.len());
        match out.get_mut(..there) {
            Some(out) => self.file.read_exact_at(out, offset),
            None => Ok(()),
        }
    }
}

/// A part of a block, and where that stands in the bytes that are read or written.
struct Part {
    block: u64,
    within: usize,
    at: usize,
    length: usize,
}

/// The parts of so many bytes from an offset on.
fn parts(offset: u64, length: usize) -> impl Iterator<Item = Part> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let here = offset.saturating_add(at as u64);
        let within = usize::try_from(here % BLOCK as u64).unwrap_or(0);
        let part = Part {
            block: here / BLOCK as u64,
            within,
            at,
            length: (BLOCK - within).min(length - at),
        };
        at += part.length;
        (part.length > 0).then_some(part)
    })
}

impl StorageBackend for Overlay {
    fn len(&self) -> Result<u64, Error> {
        Ok(self.state().length)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), Error> {
        let state = self.state();
        let end = offset.checked_add(out.len() as u64);
        if end.is_none_or(|end| end > state.length) {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        self.read_file(state.from_file, offset, out)?;
        for part in parts(offset, out.len()) {
            let written = state.written.get(&part.block);
            let written =
                written.and_then(|block| block.get(part.within..part.within + part.length));
            if let Some((written, out)) = written.zip(out.get_mut(part.at..part.at + part.length)) {
                out.copy_from_slice(written);
            }
        }
        Ok(())
    }

    fn set_len(&self, length: u64) -> Result<(), Error> {
        let mut state = self.state();
        let end = length.div_ceil(BLOCK as u64);
        state.written.split_off(&end);
        let within = usize::try_from(length % BLOCK as u64).unwrap_or(0);
        if within > 0
            && let Some(last) = state.written.get_mut(&(length / BLOCK as u64))
            && let Some(cut) = last.get_mut(within..)
        {
            cut.fill(0);
        }
        state.from_file = state.from_file.min(length);
        state.length = length;
        Ok(())
    }

    fn sync_data(&self) -> Result<(), Error> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), Error> {
        let mut state = self.state();
        for part in parts(offset, data.len()) {
            if !state.written.contains_key(&part.block) {
                let mut block = Box::new([0; BLOCK]);
                let start = part.block * BLOCK as u64;
                self.read_file(state.from_file, start, block.as_mut_slice())?;
                state.written.insert(part.block, block);
            }
            let block = state.written.get_mut(&part.block);
            let block =
                block.and_then(|block| block.get_mut(part.within..part.within + part.length));
            if let Some((block, data)) = block.zip(data.get(part.at..part.at + part.length)) {
                block.copy_from_slice(data);
            }
        }
        let end = offset.saturating_add(data.len() as u64);
        state.length = state.length.max(end);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again_and_the_file_stays() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("file");
        let before: Vec<u8> = (0..10_000_u32).map(|number| (number % 251) as u8).collect();
        std::fs::write(&path, &before).expect("written");
        let overlay = Overlay::open(&path).expect("opened");
        let mut model = before.clone();
        let whole = |overlay: &Overlay| {
            let length = usize::try_from(overlay.len().expect("a length")).expect("short");
            let mut bytes = vec![1; length];
            overlay.read(0, &mut bytes).expect("read");
            bytes
        };
        for (offset, length, byte) in [(0, 10, 1), (4_090, 20, 2), (4_096, 8_192, 3), (8_000, 1, 4)]
        {
            overlay
                .write(offset as u64, &vec![byte; length])
                .expect("written");
            model.resize(model.len().max(offset + length), 0);
            model[offset..offset + length].fill(byte);
            assert_eq!(whole(&overlay), model);
        }
        for length in [9_000, 4_100, 4_096, 20_000, 5, 0, 4_097] {
            overlay.set_len(length as u64).expect("set");
            model.resize(length, 0);
            assert_eq!(whole(&overlay), model, "{length}");
        }
        assert!(overlay.read(4_097, &mut [0]).is_err());
        assert!(std::fs::read(&path).expect("still there") == before);
    }
}
