//! Ids of what a recording made: playing it again makes others, and what follows means those.

use std::collections::HashMap;

/// Whether a character may be part of an id.
fn is_of_id(character: char) -> bool {
    character.is_ascii_hexdigit() || character == '-'
}

/// A text in which each known id has the new one in its place.
pub(super) fn translated(text: &str, ids: &HashMap<String, String>) -> String {
    if ids.is_empty() {
        return text.to_owned();
    }
    let mut done = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c| !is_of_id(c)).unwrap_or(rest.len());
        let (word, tail) = rest.split_at(end);
        done.push_str(ids.get(word).map_or(word, String::as_str));
        let next = tail.find(is_of_id).unwrap_or(tail.len());
        let (between, tail) = tail.split_at(next);
        done.push_str(between);
        rest = tail;
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_ids_alone_are_translated() {
        let then = "018f0000-0000-7000-8000-000000000001";
        let now = "018f0000-0000-7000-8000-00000000000f";
        let ids = HashMap::from([(then.to_owned(), now.to_owned())]);
        for (text, expected) in [
            (format!("/Users/{then}?a=é"), format!("/Users/{now}?a=é")),
            (then.to_owned(), now.to_owned()),
            (
                format!("{{\"value\":\"{then}\"}}"),
                format!("{{\"value\":\"{now}\"}}"),
            ),
            (format!("{then}0"), format!("{then}0")),
            ("日本".to_owned(), "日本".to_owned()),
            (String::new(), String::new()),
        ] {
            assert_eq!(translated(&text, &ids), expected);
        }
    }
}
