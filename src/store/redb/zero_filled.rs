//! Room that the file grows by, written with zeros before pages are put there.
//!
//! redb makes its file longer at once and by much, which leaves a hole. A page that is the first in its place
//! there has the file system find room for it, so that the commit waits for the file system's own records, too.
//! Zeros over a whole piece of the hole take that from all but the first commit that comes to it. What is a hole
//! when the file is opened is left as it is, for only what is written here is known to be nobody's; a file that is
//! closed in order has had most of it cut off.

use std::{
    collections::BTreeSet,
    io,
    ops::Bound,
    sync::{Mutex, MutexGuard, PoisonError},
};

use redb::{BackendError, StorageBackend};

/// A hole is filled by so many bytes at a time: few enough that the commit which does it is not late for that,
/// enough for some dozens of commits.
const PIECE_BYTES: usize = 256 * 1024;
const PIECE: u64 = PIECE_BYTES as u64;

/// A backend that fills with zeros what it grows by.
#[derive(Debug)]
pub(super) struct ZeroFilled<B> {
    backend: B,
    growth: Mutex<Growth>,
}

#[derive(Debug)]
struct Growth {
    length: u64,
    /// The pieces, by number, that the file has grown by and nobody has written to. Only they may be
    /// written over; what the file held when it was opened is never among them.
    untouched: BTreeSet<u64>,
}

impl<B: StorageBackend> ZeroFilled<B> {
    /// Fills what the backend grows by from now on.
    ///
    /// # Errors
    /// Its length cannot be told.
    pub(super) fn new(backend: B) -> io::Result<Self> {
        let growth = Mutex::new(Growth {
            length: backend.len()?,
            untouched: BTreeSet::new(),
        });
        Ok(Self { backend, growth })
    }

    fn growth(&self) -> MutexGuard<'_, Growth> {
        self.growth.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes zeros over the untouched pieces that a write comes to, but for those that it covers.
    fn fill(&self, offset: u64, length: u64) {
        // Held until they are written: whoever else writes there has to come after.
        let mut growth = self.growth();
        let end = offset.saturating_add(length);
        for piece in offset / PIECE..end.div_ceil(PIECE) {
            let covered = offset <= piece * PIECE && (piece + 1) * PIECE <= end;
            if growth.untouched.remove(&piece) && !covered {
                let zeros = vec![0; PIECE_BYTES];
                // Only to be faster. For it a disk may be full a piece earlier; the write itself will tell.
                let _ = self.backend.write(piece * PIECE, &zeros);
            }
        }
    }
}

impl<B: StorageBackend> StorageBackend for ZeroFilled<B> {
    fn len(&self) -> io::Result<u64> {
        self.backend.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.backend.read(offset, out)
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        let mut growth = self.growth();
        self.backend.set_len(length)?;
        let grown_by = growth.length.div_ceil(PIECE)..length / PIECE;
        drop(growth.untouched.split_off(&(length / PIECE)));
        growth.untouched.extend(grown_by);
        growth.length = length;
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        self.backend.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.fill(offset, data.len() as u64);
        self.backend.write(offset, data)
    }

    fn close(&self) -> io::Result<()> {
        self.backend.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.backend.try_lock_range(start, end)
    }

    fn try_lock_shared_range(
        &self,
        start: Bound<u64>,
        end: Bound<u64>,
    ) -> Result<bool, BackendError> {
        self.backend.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.backend.lock_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.backend.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.backend.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.backend.query_lock_range(start, end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes, and where something was written to them.
    #[derive(Debug, Default)]
    struct Bytes(Mutex<Kept>);

    #[derive(Debug, Default)]
    struct Kept {
        bytes: Vec<u8>,
        written: Vec<(u64, usize)>,
    }

    impl Bytes {
        fn kept(&self) -> MutexGuard<'_, Kept> {
            self.0.lock().expect("a lock")
        }
    }

    fn small(offset: u64) -> usize {
        usize::try_from(offset).expect("small")
    }

    impl StorageBackend for Bytes {
        fn len(&self) -> io::Result<u64> {
            Ok(self.kept().bytes.len() as u64)
        }

        fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
            let start = small(offset);
            out.copy_from_slice(&self.kept().bytes[start..start + out.len()]);
            Ok(())
        }

        fn set_len(&self, length: u64) -> io::Result<()> {
            self.kept().bytes.resize(small(length), 0);
            Ok(())
        }

        fn sync_data(&self) -> io::Result<()> {
            Ok(())
        }

        fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
            let mut kept = self.kept();
            kept.written.push((offset, data.len()));
            let start = small(offset);
            kept.bytes[start..start + data.len()].copy_from_slice(data);
            Ok(())
        }
    }

    /// What was written since the last time.
    fn written(file: &ZeroFilled<Bytes>) -> Vec<(u64, usize)> {
        std::mem::take(&mut file.backend.kept().written)
    }

    const WHOLE: (u64, usize) = (2 * PIECE, PIECE_BYTES);

    fn of_length(length: u64) -> ZeroFilled<Bytes> {
        let bytes = Bytes::default();
        bytes.set_len(length).expect("a length");
        ZeroFilled::new(bytes).expect("a length")
    }

    #[test]
    fn the_first_write_to_a_piece_that_was_added_has_zeros_before_it_and_no_other_has() {
        let file = of_length(PIECE + 1);
        file.set_len(5 * PIECE - 1).expect("longer");
        let page = [7; 4_096];
        let at = 2 * PIECE + 8_192;
        file.write(at, &page).expect("written");
        assert_eq!(written(&file), [WHOLE, (at, 4_096)]);
        file.write(at + 4_096, &page).expect("written");
        file.write(at - 4_096, &page).expect("written");
        assert_eq!(written(&file).len(), 2, "the piece is filled");
        // What the file held, and pieces that it has only a part of, are left as they are.
        for at in [0, PIECE - 4_096, PIECE + 1, 4 * PIECE] {
            file.write(at, &page).expect("written");
            assert_eq!(written(&file), [(at, 4_096)]);
        }
        file.write(3 * PIECE - 1, &page).expect("written");
        assert_eq!(written(&file).len(), 2, "one of the two is filled");
        file.set_len(9 * PIECE).expect("longer");
        // Of two pieces the second is covered whole, and so not filled.
        let (at_end, more) = (6 * PIECE - 1, vec![7; PIECE_BYTES + 1]);
        file.write(at_end, &more).expect("written");
        let expected = [(5 * PIECE, PIECE_BYTES), (at_end, more.len())];
        assert_eq!(written(&file), expected);
        let mut read = [0; 4_096];
        for at in [at - 4_096, at, at + 4_096] {
            file.read(at, &mut read).expect("read");
            assert_eq!(read, page, "nothing is lost at {at}");
        }
    }

    #[test]
    fn what_was_cut_off_and_came_again_is_filled_and_what_stayed_is_not() {
        let file = of_length(0);
        file.set_len(4 * PIECE).expect("longer");
        file.write(PIECE, &[7]).expect("written");
        file.write(2 * PIECE, &[7]).expect("written");
        written(&file);
        file.set_len(2 * PIECE).expect("shorter");
        file.write(0, &[7]).expect("written");
        file.write(PIECE + 1, &[7]).expect("written");
        assert_eq!(written(&file), [(0, PIECE_BYTES), (0, 1), (PIECE + 1, 1)]);
        file.set_len(4 * PIECE).expect("longer");
        file.write(2 * PIECE, &[7]).expect("written");
        assert_eq!(written(&file), [WHOLE, (2 * PIECE, 1)]);
    }
}
