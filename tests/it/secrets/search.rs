//! Searching everything that was written for everything that must not be in it.

use std::{
    collections::{BTreeSet, HashMap},
    fs,
    path::Path,
};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};

/// A stretch of a token that is longer than what people get to see of it, and that no chance brings
/// about.
const STRETCH: usize = 12;
/// How many characters at a token's end are its secret.
const SECRET: usize = 48;

/// What must not be found, by its first two bytes.
#[derive(Default)]
pub(crate) struct Secrets {
    by_start: HashMap<[u8; 2], Vec<(String, Vec<u8>)>>,
}

impl Secrets {
    /// A text as it is, and as base64 shows it wherever it stands in what was encoded.
    pub(crate) fn text(&mut self, what: &str, text: &str) {
        self.add(what, text.as_bytes());
        self.encoded(what, text.as_bytes());
    }

    /// A token: any stretch of its secret part, and the whole of it inside base64.
    pub(crate) fn token(&mut self, what: &str, token: &str) {
        let secret = &token.as_bytes()[token.len() - SECRET..];
        // The first four characters are shown in lists.
        let shown = 4;
        for start in (shown..=secret.len() - STRETCH).step_by(STRETCH / 2) {
            self.add(what, &secret[start..start + STRETCH]);
        }
        self.encoded(what, token.as_bytes());
    }

    fn add(&mut self, what: &str, bytes: &[u8]) {
        let start = [bytes[0], bytes[1]];
        let needles = self.by_start.entry(start).or_default();
        needles.push((what.to_owned(), bytes.to_vec()));
    }

    /// Base64 turns three bytes into four characters, so that there are three forms of a text, by what
    /// stands before it. Those characters that its neighbours have a part in are left out.
    fn encoded(&mut self, what: &str, bytes: &[u8]) {
        for before in 0..3_usize {
            let mut whole = vec![0; before];
            whole.extend(bytes);
            let first = (before * 8).div_ceil(6);
            let last = whole.len() * 8 / 6;
            for encoded in [
                STANDARD_NO_PAD.encode(&whole),
                URL_SAFE_NO_PAD.encode(&whole),
            ] {
                let form = format!("{what} in base64");
                self.add(&form, &encoded.as_bytes()[first..last]);
            }
        }
    }

    fn found_in(&self, bytes: &[u8]) -> BTreeSet<&str> {
        // Looking each place up in the map would take seconds in a build for debugging.
        let mut starts = vec![false; 1 << 16];
        for [first, second] in self.by_start.keys() {
            starts[usize::from(*first) << 8 | usize::from(*second)] = true;
        }
        let mut found = BTreeSet::new();
        for (place, start) in bytes.windows(2).enumerate() {
            if !starts[usize::from(start[0]) << 8 | usize::from(start[1])] {
                continue;
            }
            let needles = self.by_start.get(start).into_iter().flatten();
            for (what, needle) in needles {
                if bytes[place..].starts_with(needle) {
                    found.insert(what.as_str());
                }
            }
        }
        found
    }
}

/// What was written, by where.
#[derive(Default)]
pub(crate) struct Written(Vec<(String, Vec<u8>)>);

impl Written {
    /// Something that was printed, logged or answered.
    pub(crate) fn text(&mut self, place: &str, text: &str) {
        self.0.push((place.to_owned(), text.as_bytes().to_vec()));
    }

    /// Every file in a folder and below it.
    pub(crate) fn folder(&mut self, folder: &Path) {
        self.below(folder, folder);
    }

    fn below(&mut self, top: &Path, folder: &Path) {
        for entry in fs::read_dir(folder).expect("a readable folder") {
            let entry = entry.expect("an entry");
            let kind = entry.file_type().expect("its kind");
            if kind.is_dir() {
                self.below(top, &entry.path());
            } else if kind.is_file() {
                let path = entry.path();
                let name = path.strip_prefix(top).expect("below the top");
                let bytes = fs::read(&path).expect("a readable file");
                self.0.push((name.display().to_string(), bytes));
            }
        }
    }

    /// Which of the secrets are where.
    pub(crate) fn found(&self, secrets: &Secrets) -> Vec<String> {
        let mut all = Vec::new();
        for (place, bytes) in &self.0 {
            let found = secrets.found_in(bytes);
            all.extend(found.iter().map(|what| format!("{what} is in {place}")));
        }
        all
    }

    /// Whether a text is in what was written to places whose name contains this.
    pub(crate) fn holds(&self, place: &str, text: &str) -> bool {
        let mut needle = Secrets::default();
        needle.add("it", text.as_bytes());
        let mut places = self.0.iter().filter(|(name, _)| name.contains(place));
        places.any(|(_, bytes)| !needle.found_in(bytes).is_empty())
    }
}
