//! What is fuzzed: for each target a function that takes any bytes and panics where a promise is
//! broken. The tests here run them on stable; the package in `tests/fuzz` runs the same file under
//! libFuzzer.
//!
//! | promise | where |
//! |---|---|
//! | no panic, no endless loop | every target |
//! | a refusal is one bounded sentence without control characters | every target |
//! | what is written is read back as the same | filter, path, cursor, token, admin |
//! | a normal form is its own normal form | resource |
//! | a PATCH done twice is done once; a failed one changes nothing | patch |
//! | nothing acts on the terminal or hides, and nothing is wider than there is room | text |

mod admin;
mod config;
mod cursor;
mod filter;
mod patch;
mod path;
mod resource;
mod text;
mod token;

use rolecall::scim::{Document, ResourceType, ScimError, body};

/// One thing that is fuzzed.
#[derive(Clone, Copy)]
pub(crate) struct Target {
    /// Its name, which its corpus has, too.
    pub(crate) name: &'static str,
    /// Takes any bytes.
    pub(crate) body: fn(&[u8]),
}

/// Everything that is fuzzed.
pub(crate) const TARGETS: [Target; 9] = [
    target("filter", filter::body),
    target("path", path::body),
    target("patch", patch::body),
    target("resource", resource::body),
    target("cursor", cursor::body),
    target("token", token::body),
    target("config", config::body),
    target("admin", admin::body),
    target("text", text::body),
];

const fn target(name: &'static str, body: fn(&[u8])) -> Target {
    Target { name, body }
}

/// The target with this name.
pub(crate) fn named(name: &str) -> Target {
    let found = TARGETS.into_iter().find(|target| target.name == name);
    found.expect("a target's name")
}

/// No refusal is longer, in characters: a person reads it.
const LONGEST_REFUSAL: usize = 1_000;

fn assert_fit(refusal: &ScimError) {
    assert_sentence(&refusal.detail);
    assert!((400..500).contains(&refusal.status), "{refusal:?}");
}

fn assert_sentence(text: &str) {
    let length = text.chars().count();
    assert!(length > 10 && length <= LONGEST_REFUSAL, "{length}: {text}");
    assert!(!text.chars().any(char::is_control), "{text:?}");
    assert!(text.ends_with('.'), "{text:?}");
}

/// Resources to try filters and changes on.
fn samples(resource: ResourceType) -> Vec<Document> {
    let texts: &[&str] = match resource {
        ResourceType::User => &[
            r#"{"userName": "a@x.io"}"#,
            r#"{"userName": "Ümit@example.com", "externalId": "00ujl29u0le5T6Aj10h7", "active": false,
                "name": {"givenName": "A", "familyName": "B"}, "displayName": "A B", "locale": "en-US",
                "emails": [{"primary": true, "value": "a@x.io", "type": "work"},
                    {"value": "b@x.io", "type": "home"}, {"value": "c@x.io"}],
                "phoneNumbers": [{"value": "tel:1"}], "roles": [{"value": "admin", "primary": false}],
                "addresses": [{"type": "work", "streetAddress": "1 Way"}],
                "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":
                    {"employeeNumber": "7", "manager": {"value": "m"}},
                "urn:ietf:params:scim:schemas:extension:strongdm:2.0:User":
                    {"identityAliases": ["rdp-set,alice", "ssh-set,alice"]}}"#,
        ],
        ResourceType::Group => &[
            r#"{"displayName": "Engineers"}"#,
            r#"{"displayName": "X", "externalId": "g1",
                "members": [{"value": "89bb1940", "type": "User"}, {"value": "23a35c27"}]}"#,
        ],
    };
    let read = |text: &&str| body::parse_body(text.as_bytes(), body::MAX_DEPTH).expect("JSON");
    texts.iter().map(read).collect()
}

fn types() -> [ResourceType; 2] {
    [ResourceType::User, ResourceType::Group]
}
