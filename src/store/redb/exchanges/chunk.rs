//! A chunk: recorded exchanges one behind the other, pressed together by LZ4.
//!
//! What passes is much alike, so that a dozen of texts take little more than one. A chunk is its expanded
//! length in four bytes, the first one highest, and an LZ4 block; expanded, each exchange is its id, the
//! length of its text in four such bytes, and the text.

use crate::{
    directory::{Read, ReadError},
    store::StoreError,
};

/// A chunk of several exchanges is no longer than this when expanded, in bytes: LZ4 finds nothing alike
/// that is further apart than 64 KiB.
pub(super) const CHUNK_BYTES: usize = 60 * 1024;

/// The bytes before an exchange's text.
const HEAD_BYTES: usize = 16 + 4;

/// LZ4 makes no byte of a block more than so many.
const EXPANSION: usize = 255;

/// One exchange in a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kept<'a> {
    pub(super) id: [u8; 16],
    pub(super) text: &'a str,
}

/// The id of a chunk's first exchange, and the chunk as it is stored.
pub(super) type Chunk = ([u8; 16], Vec<u8>);

/// A chunk without its compression.
///
/// # Errors
/// It is none.
pub(super) fn expanded(chunk: &[u8]) -> Read<Vec<u8>> {
    let length = chunk.split_first_chunk::<4>().and_then(|(length, block)| {
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        // What a damaged chunk says of itself shall not take memory.
        (length <= block.len().saturating_mul(EXPANSION)).then_some((length, block))
    });
    let (length, block) = length.ok_or_else(damaged)?;
    let plain = lz4_flex::block::decompress(block, length).map_err(|_| damaged())?;
    (plain.len() == length).then_some(plain).ok_or_else(damaged)
}

/// The exchanges of an expanded chunk, in their order.
///
/// # Errors
/// It is none.
pub(super) fn unpacked(mut plain: &[u8]) -> Read<Vec<Kept<'_>>> {
    let mut all = Vec::new();
    while !plain.is_empty() {
        all.push(first(&mut plain).ok_or_else(damaged)?);
    }
    Ok(all)
}

/// Takes the first exchange off; `None` where it is none.
fn first<'a>(plain: &mut &'a [u8]) -> Option<Kept<'a>> {
    let (id, rest) = plain.split_first_chunk::<16>()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (text, rest) = rest.split_at_checked(length)?;
    *plain = rest;
    Some(Kept {
        id: *id,
        text: std::str::from_utf8(text).ok()?,
    })
}

/// Whether a chunk so long, expanded, has room for one more text.
pub(super) fn has_room(length: usize, text: &str) -> bool {
    length.saturating_add(HEAD_BYTES + text.len()) <= CHUNK_BYTES
}

/// Exchanges as chunks.
///
/// # Errors
/// A text is longer than four bytes can tell.
pub(super) fn packed(all: &[Kept<'_>]) -> Result<Vec<Chunk>, StoreError> {
    let mut chunks = Vec::new();
    let mut plain = Vec::new();
    let mut key = None;
    for Kept { id, text } in all {
        if !plain.is_empty() && !has_room(plain.len(), text) {
            close(&mut chunks, key.take(), &mut plain)?;
        }
        key.get_or_insert(*id);
        plain.extend(id);
        plain.extend(told(text.len())?);
        plain.extend(text.as_bytes());
    }
    close(&mut chunks, key, &mut plain)?;
    Ok(chunks)
}

/// Makes a chunk of what there is, and empties it.
fn close(
    chunks: &mut Vec<Chunk>,
    key: Option<[u8; 16]>,
    plain: &mut Vec<u8>,
) -> Result<(), StoreError> {
    if let Some(key) = key {
        let mut chunk = told(plain.len())?.to_vec();
        chunk.extend(lz4_flex::block::compress(plain));
        chunks.push((key, chunk));
        plain.clear();
    }
    Ok(())
}

fn told(length: usize) -> Result<[u8; 4], StoreError> {
    let length = u32::try_from(length)
        .map_err(|_| StoreError::Failed("an exchange is too long to be kept".to_owned()))?;
    Ok(length.to_be_bytes())
}

fn damaged() -> ReadError {
    ReadError("recorded exchanges are damaged".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_what_was_put_into_them() {
        let texts: Vec<String> = (0..60).map(|n| "ö".repeat(n * 100)).collect();
        let all: Vec<Kept> = texts
            .iter()
            .enumerate()
            .map(|(n, text)| Kept {
                id: (n as u128).to_be_bytes(),
                text,
            })
            .collect();
        let chunks = packed(&all).expect("short texts");
        assert!(chunks.len() > 2, "{}", chunks.len());
        let plain: Vec<Vec<u8>> = chunks
            .iter()
            .map(|(_, chunk)| expanded(chunk).expect("a chunk"))
            .collect();
        let mut found = Vec::new();
        for ((key, _), plain) in chunks.iter().zip(&plain) {
            assert!(plain.len() <= CHUNK_BYTES);
            let kept = unpacked(plain).expect("what was packed");
            assert_eq!(kept.first().map(|kept| kept.id), Some(*key));
            found.extend(kept);
        }
        assert_eq!(found, all);
        assert_eq!(packed(&[]).expect("nothing"), []);
    }

    #[test]
    fn what_is_much_alike_takes_little() {
        let texts: Vec<String> = (0..20)
            .map(|n| {
                format!(
                    "{{\"n\":{n},\"same\":\"{}\"}}",
                    "0123456789abcdef".repeat(100)
                )
            })
            .collect();
        let all: Vec<Kept> = texts
            .iter()
            .map(|text| Kept { id: [1; 16], text })
            .collect();
        let chunks = packed(&all).expect("short texts");
        let stored: usize = chunks.iter().map(|(_, chunk)| chunk.len()).sum();
        let plain: usize = texts.iter().map(String::len).sum();
        assert!(stored * 10 < plain, "{stored} of {plain}");
    }

    #[test]
    fn what_is_no_chunk_is_told() {
        let all = [Kept {
            id: [7; 16],
            text: "{}",
        }];
        let chunk = packed(&all).expect("a short text").remove(0).1;
        for end in 0..chunk.len() {
            assert!(expanded(&chunk[..end]).is_err(), "{end}");
        }
        // A length that no such block can have is refused before it takes memory.
        let mut long = chunk.clone();
        long[0] = 0xff;
        assert!(expanded(&long).is_err());
        let plain = expanded(&chunk).expect("a chunk");
        for end in 1..plain.len() {
            assert!(unpacked(&plain[..end]).is_err(), "{end}");
        }
        let mut no_text = plain;
        *no_text.last_mut().expect("a byte") = 0xff;
        assert!(unpacked(&no_text).is_err());
    }
}
