//! Texts that nobody wishes for, and answers that hold them wherever the server passes on what others
//! wrote. Which fields those are is found by trying, so that new ones are never forgotten.

use std::{
    any::type_name,
    collections::HashMap,
    sync::{LazyLock, Mutex},
};

use proptest::prelude::*;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// Pieces of hostile and of merely unusual text.
const PIECES: &[&str] = &[
    "\u{202e}gpj.exe",
    "\u{2066}isolated\u{2069}",
    "zero\u{200b}\u{200c}\u{200d}\u{2060}\u{feff}width",
    "soft\u{ad}hyphen",
    "\u{1b}[31;1mred\u{1b}[0m",
    "\u{1b}]0;title\u{7}",
    "\u{1b}]52;c;cm0gLXJmIC8=\u{1b}\\",
    "\u{9b}2J\u{85}",
    "line\r\nbreak\ttab\u{0}nul\u{8}\u{7f}",
    "\u{2028}\u{2029}",
    "Z\u{351}\u{36b}\u{343}\u{32a}\u{302}\u{36b}\u{33d}\u{34f}\u{334}\u{319}\u{324}a\u{301}lgo",
    "\u{301}alone",
    "👩\u{200d}👩\u{200d}👧\u{200d}👦",
    "👍🏽🏳\u{fe0f}\u{200d}🌈🇩🇪🇫",
    "日本語の長い名前",
    "ｶﾞｷﾞ\u{ff9e}",
    "한국어\u{1112}\u{1161}\u{11ab}",
    "नमस्ते க்ஷி",
    "שלום לا العربية",
    "\u{e0041}\u{e0042}tags",
    "\u{1bca0}\u{13437}",
    "ﷺ꧅𒐫",
    "\u{a0}\u{3000}\u{2800}",
    "'; DROP TABLE users; --",
    "$(reboot)`id`",
    "%n%s{{7*7}}",
    "a@b.example",
    "Ann O'Hara",
    "  ",
    "",
];

/// Unusual text: pieces, any characters, or a great many of one.
pub(super) fn text() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(PIECES).prop_map(str::to_owned);
    let one = prop_oneof![
        8 => piece,
        2 => "\\PC{0,12}",
        2 => prop::collection::vec(any::<char>(), 0..6).prop_map(String::from_iter),
    ];
    prop_oneof![
        12 => prop::collection::vec(one, 1..4).prop_map(|parts| parts.concat()),
        1 => prop::sample::select(vec!["x", "日", "e\u{301}", "\u{202e}", "👍🏽", "\u{1b}[A", "ab "])
            .prop_map(|unit| unit.repeat(10_000 / unit.chars().count())),
    ]
}

/// Whether a place of a type takes any text, by the type's name and the place.
static FOREIGN: LazyLock<Mutex<HashMap<(&'static str, String), bool>>> =
    LazyLock::new(Mutex::default);

/// Puts a text in every place of a value that takes any text.
pub(super) fn spoiled<T: Serialize + DeserializeOwned>(value: &T, text: &str) -> T {
    let mut json = serde_json::to_value(value).expect("it can be written");
    let mut places = Vec::new();
    strings(&json, String::new(), String::new(), &mut places);
    for (pointer, place) in places {
        if takes_any::<T>(&json, &pointer, place)
            && let Some(target) = json.pointer_mut(&pointer)
        {
            *target = Value::String(text.to_owned());
        }
    }
    serde_json::from_value(json).expect("any text is as good as another")
}

/// Where texts are: by their pointers, and by pointers that are the same for each item of a list.
fn strings(value: &Value, pointer: String, place: String, found: &mut Vec<(String, String)>) {
    match value {
        Value::String(_) => found.push((pointer, place)),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                strings(
                    item,
                    format!("{pointer}/{index}"),
                    format!("{place}/#"),
                    found,
                );
            }
        }
        Value::Object(fields) => {
            for (name, item) in fields {
                let step = name.replace('~', "~0").replace('/', "~1");
                strings(
                    item,
                    format!("{pointer}/{step}"),
                    format!("{place}/{step}"),
                    found,
                );
            }
        }
        _ => {}
    }
}

fn takes_any<T: DeserializeOwned>(json: &Value, pointer: &str, place: String) -> bool {
    let key = (type_name::<T>(), place);
    let known = FOREIGN
        .lock()
        .expect("no test holds it in a panic")
        .get(&key)
        .copied();
    known.unwrap_or_else(|| {
        let mut tried = json.clone();
        if let Some(target) = tried.pointer_mut(pointer) {
            *target = Value::String("\u{202e} any text".to_owned());
        }
        let takes = serde_json::from_value::<T>(tried).is_ok();
        let mut foreign = FOREIGN.lock().expect("no test holds it in a panic");
        foreign.insert(key, takes);
        takes
    })
}

#[test]
fn what_others_wrote_is_found_and_what_is_counted_or_chosen_is_not() {
    let users = super::sample::users();
    let spoiled = spoiled(&users, "\u{202e}");
    let user = spoiled.first().expect("a user");
    assert_eq!(user.id, users[0].id);
    assert_eq!(user.user_name, "\u{202e}");
    assert_eq!(user.roles, ["\u{202e}"]);
    assert_eq!(user.managed_by, users[0].managed_by);
}
