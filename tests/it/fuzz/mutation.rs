//! New inputs out of old ones, the same for the same seed.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

/// No input is longer, in bytes: short ones are tried more often.
const LONGEST: usize = 16 * 1024;

/// Words that chance alone would not find.
const WORDS: [&str; 52] = [
    "\"",
    "\\",
    "\\u0000",
    "\\ud800",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    ".",
    "&",
    "=",
    "\n",
    " ",
    " and ",
    " or ",
    "not (",
    " eq ",
    " ne ",
    " co ",
    " pr",
    " gt ",
    "true",
    "false",
    "null",
    "-0",
    "1e999",
    "18446744073709551616",
    "userName",
    "emails[type eq \"work\"]",
    "members",
    "groups",
    "active",
    "meta.created",
    "schemas",
    "urn:ietf:params:scim:schemas:core:2.0:User:",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
    "urn:ietf:params:scim:schemas:extension:strongdm:2.0:User:identityAliases",
    "primary",
    "value",
    "\"op\":\"add\"",
    "\"path\":\"members\"",
    "Operations",
    "bulkId:x",
    "cursor=",
    "rc_okta_",
    "Bearer ",
    "\u{130}",
    "2026-01-31T12:00:00Z",
];

/// A seed that differs from run to run.
pub(crate) fn by_chance() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// A source of inputs.
pub(super) struct Mutator {
    state: u64,
}

impl Mutator {
    pub(super) fn new(seed: u64) -> Self {
        Self { state: seed | 1 }
    }

    /// An input of the corpus, changed in one to eight ways.
    pub(super) fn mutated(&mut self, corpus: &[Vec<u8>]) -> Vec<u8> {
        let mut input = self.one_of(corpus).clone();
        for _ in 0..=self.below(8) {
            self.change(&mut input, corpus);
        }
        input.truncate(LONGEST);
        input
    }

    fn change(&mut self, input: &mut Vec<u8>, corpus: &[Vec<u8>]) {
        let (start, end) = self.range(input.len());
        match self.below(8) {
            0 => {
                if let Some(byte) = input.get_mut(start) {
                    *byte ^= 1 << (self.next() % 8);
                }
            }
            1 => {
                let byte = self.next().to_le_bytes()[0];
                input.insert(start, byte);
            }
            2 => drop(input.drain(start..end)),
            3 => {
                let part = input[start..end].to_vec();
                input.splice(start..start, part);
            }
            4 => {
                let times = 1 << self.below(10);
                let part = input[start..end.min(start + 64)].repeat(times);
                input.splice(start..start, part);
                input.truncate(LONGEST);
            }
            5 => {
                let other = self.one_of(corpus);
                let (from, to) = self.range(other.len());
                input.splice(start..end, other[from..to].iter().copied());
            }
            _ => {
                let word = WORDS[self.below(WORDS.len())];
                let end = if self.below(2) == 0 { start } else { end };
                input.splice(start..end, word.bytes());
            }
        }
    }

    /// A part of so many bytes, mostly a short one.
    fn range(&mut self, length: usize) -> (usize, usize) {
        let start = self.below(length + 1);
        let most = if self.below(4) == 0 { length } else { 12 };
        let end = start + self.below((length - start).min(most) + 1);
        (start, end)
    }

    fn one_of<'a, Item>(&mut self, items: &'a [Item]) -> &'a Item {
        &items[self.below(items.len())]
    }

    fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound.max(1)).expect("small");
        usize::try_from(self.next() % bound).expect("small")
    }

    /// xorshift64* (Vigna, "An experimental exploration of Marsaglia's xorshift generators").
    fn next(&mut self) -> u64 {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        self.state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11
    }
}
