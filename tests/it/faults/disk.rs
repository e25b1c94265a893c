//! A disk in memory that knows what was synced and what was only written, loses power, and fails.

use std::{
    io::{Error, ErrorKind},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use redb::StorageBackend;

use super::random::Random;

/// What can go wrong with one access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// Nothing is done. A sync that fails may have lost what it should have made durable, for good:
    /// operating systems do not try those pages again.
    Error,
    /// A write stops halfway; anything else does nothing.
    Short,
    /// There is no space for a write.
    Full,
}

impl Fault {
    pub(super) const ALL: [Self; 3] = [Self::Error, Self::Short, Self::Full];

    fn error(self) -> Error {
        match self {
            Self::Error => Error::other("the disk failed"),
            Self::Short => Error::new(ErrorKind::WriteZero, "only a part was written"),
            Self::Full => Error::new(ErrorKind::StorageFull, "no space is left on the disk"),
        }
    }
}

/// What changes the disk, in order.
#[derive(Debug)]
enum Access {
    Write(u64, Vec<u8>),
    Length(u64),
    Synced,
    SyncFailed,
}

/// Every clone is the same disk.
#[derive(Debug, Clone, Default)]
pub(super) struct Disk(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// What is read: everything that was written, synced or not.
    bytes: Vec<u8>,
    /// What was durable when the log begins.
    base: Vec<u8>,
    log: Vec<Access>,
    /// Every access, readings too.
    accesses: u64,
    /// Befalls the first access from this one on that it can befall.
    fault: Option<(u64, Fault)>,
    /// Nothing can be written.
    full: bool,
}

impl Disk {
    /// A disk that holds this, durably.
    pub(super) fn holding(bytes: Vec<u8>) -> Self {
        Self(Arc::new(Mutex::new(State {
            base: bytes.clone(),
            bytes,
            ..State::default()
        })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is on it, synced or not.
    pub(super) fn bytes(&self) -> Vec<u8> {
        self.state().bytes.clone()
    }

    /// How many changes and syncs there were.
    pub(super) fn changes(&self) -> usize {
        self.state().log.len()
    }

    /// How many accesses there were.
    pub(super) fn accesses(&self) -> u64 {
        self.state().accesses
    }

    /// Has one access fail, after so many more.
    pub(super) fn fail(&self, after: u64, fault: Fault) {
        let mut state = self.state();
        state.fault = Some((state.accesses + after, fault));
    }

    /// Whether the fault still waits.
    pub(super) fn is_about_to_fail(&self) -> bool {
        self.state().fault.is_some()
    }

    /// Takes all space, or gives it back.
    pub(super) fn fill(&self, full: bool) {
        self.state().full = full;
    }

    /// The disk as it may be after the power went with the change number `at` under way: what was
    /// synced is there, and of the rest any sectors are.
    pub(super) fn after_cut(&self, at: usize, random: &mut Random) -> Self {
        let state = self.state();
        let mut remains = Remains {
            sector: [512, 4_096][random.below(2)],
            quarters: random.below(5),
            bytes: state.base.clone(),
        };
        let mut waiting = Vec::new();
        for access in state.log.iter().take(at) {
            match access {
                Access::Synced => {
                    for access in waiting.drain(..) {
                        remains.keep(access);
                    }
                }
                Access::SyncFailed => {
                    for access in waiting.drain(..) {
                        remains.keep_some(access, random);
                    }
                }
                change => waiting.push(change),
            }
        }
        for access in waiting {
            remains.keep_some(access, random);
        }
        Self::holding(remains.bytes)
    }

    /// Where an access begins: whether it may go on, or what befalls it.
    fn access(&self, writes: bool) -> (MutexGuard<'_, State>, Option<Fault>) {
        let mut state = self.state();
        let now = state.accesses;
        state.accesses += 1;
        if state.full && writes {
            return (state, Some(Fault::Full));
        }
        let befalls = state
            .fault
            .take_if(|(from, fault)| *from <= now && (writes || *fault != Fault::Full));
        (state, befalls.map(|(_, fault)| fault))
    }
}

/// What is left after a cut.
struct Remains {
    sector: usize,
    /// So many of four sectors are kept, more or less.
    quarters: usize,
    bytes: Vec<u8>,
}

impl Remains {
    fn keep(&mut self, change: &Access) {
        match change {
            Access::Write(offset, data) => put(&mut self.bytes, index(*offset), data),
            Access::Length(length) => self.bytes.resize(index(*length), 0),
            Access::Synced | Access::SyncFailed => {}
        }
    }

    fn keep_some(&mut self, change: &Access, random: &mut Random) {
        let Access::Write(offset, data) = change else {
            if random.below(4) < self.quarters {
                self.keep(change);
            }
            return;
        };
        let mut offset = index(*offset);
        let mut rest = data.as_slice();
        while !rest.is_empty() {
            let in_sector = (self.sector - offset % self.sector).min(rest.len());
            let (piece, later) = rest.split_at(in_sector);
            if random.below(4) < self.quarters {
                put(&mut self.bytes, offset, piece);
            }
            offset += in_sector;
            rest = later;
        }
    }
}

fn put(bytes: &mut Vec<u8>, offset: usize, data: &[u8]) {
    let end = offset + data.len();
    if bytes.len() < end {
        bytes.resize(end, 0);
    }
    bytes[offset..end].copy_from_slice(data);
}

fn index(offset: u64) -> usize {
    usize::try_from(offset).expect("it fits into memory")
}

impl StorageBackend for Disk {
    fn len(&self) -> Result<u64, Error> {
        let (state, fault) = self.access(false);
        match fault {
            Some(fault) => Err(fault.error()),
            None => Ok(state.bytes.len() as u64),
        }
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), Error> {
        let (state, fault) = self.access(false);
        if let Some(fault) = fault {
            return Err(fault.error());
        }
        let start = index(offset);
        let read = state.bytes.get(start..start + out.len());
        out.copy_from_slice(read.ok_or(ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, length: u64) -> Result<(), Error> {
        let (mut state, fault) = self.access(true);
        if let Some(fault) = fault {
            return Err(fault.error());
        }
        state.bytes.resize(index(length), 0);
        state.log.push(Access::Length(length));
        Ok(())
    }

    fn sync_data(&self) -> Result<(), Error> {
        let (mut state, fault) = self.access(true);
        if let Some(fault) = fault {
            state.log.push(Access::SyncFailed);
            return Err(fault.error());
        }
        state.log.push(Access::Synced);
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), Error> {
        let (mut state, fault) = self.access(true);
        let written = match fault {
            None => data,
            Some(Fault::Short) => &data[..data.len() / 2],
            Some(Fault::Error | Fault::Full) => &[],
        };
        put(&mut state.bytes, index(offset), written);
        state.log.push(Access::Write(offset, written.to_vec()));
        fault.map_or(Ok(()), |fault| Err(fault.error()))
    }
}
