use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::Value;
use uuid::Uuid;

use super::*;
use crate::{
    directory::{
        Action, ConflictId, ConflictKind, ConflictState, ExchangeId, IdentityAlias, ManagedBy,
        PermissionLevel, Provider, ProviderState, Resource, ResourceId, Role, RoleId, Subject,
        SubjectKind, TokenId, TokenState, User, UserId, UserKind,
    },
    scim::ResourceType,
    service::{
        exchange::{Effect, ExchangeLine},
        search::{
            FILTER_CHARACTERS, List, Narrowing,
            conflicts::{ConflictFacts, ConflictTest},
            exchanges::ExchangeTest,
            journal::{JournalFacts, JournalTest},
            providers::{ProviderFacts, ProviderTest, TokenFacts},
            resources::{ResourceFacts, ResourceTest},
            roles::{RoleFacts, RoleTest},
            users::{UserFacts, UserTest},
        },
    },
};

mod rows;

fn at(text: &str) -> Timestamp {
    text.parse().expect(text)
}

fn now() -> Timestamp {
    at("2026-03-04T12:01:34Z")
}

const ID: u128 = 0x019c_0000_0000_7000_8000_0000_0000_0001;

#[test]
fn errors_say_where_and_what_to_write() {
    use List::{Conflicts, Exchanges, Journal, Providers, Resources, Roles, Users};
    for (list, filter, at, part) in [
        (
            Exchanges,
            "ok status:abc",
            3,
            "status:abc is no status; write status:409",
        ),
        (Exchanges, "status:999", 0, "is no status"),
        (Exchanges, "status:9xx", 0, "is no status"),
        (
            Exchanges,
            "status:",
            0,
            "needs a value right after the colon",
        ),
        (Exchanges, "status:200|", 0, "needs a value"),
        (Exchanges, "ann provider:oktaa", 4, "choose okta, entra"),
        (Exchanges, "verb:fetch", 0, "choose get, post"),
        (Exchanges, "after:5", 0, "write after:30s"),
        (Exchanges, "ms:>x", 0, "is no number; write ms:>50"),
        (Exchanges, "id:xyz", 0, "is no id"),
        (Exchanges, "ok:yes", 0, "ok takes no value"),
        (
            Exchanges,
            "colour:red",
            0,
            "there is no operator colour: here; choose status, user",
        ),
        (Exchanges, "a \"b", 2, "not closed"),
        (Exchanges, "ok !", 3, "! needs a term"),
        (Users, "é state:gone", 2, "choose active or suspended"),
        (Users, "stat:active", 0, "write state:suspended"),
        (Users, "level:boss", 0, "choose admin, database-admin"),
        (Users, "roles:many", 0, "is no number"),
        (Users, " userNme eq \"x\"", 1, "userNme"),
        (Users, "userName eq", 11, "found the end"),
        (Roles, "pushed:often", 0, "is no time span"),
        (
            Resources,
            "tag:=x",
            0,
            "is no tag; write tag:env=prod or tag:env",
        ),
        (Conflicts, "kind:rolename", 0, "choose role-name"),
        (Providers, "used:sometimes", 0, "write used:1h"),
        (Journal, "kind:userx", 0, "choose user, service"),
    ] {
        let error = list.check(filter).expect_err(filter);
        assert_eq!(error.at, at, "{filter}: {}", error.message);
        assert!(error.message.contains(part), "{}", error.message);
    }
    let long = "a".repeat(FILTER_CHARACTERS + 1);
    for list in List::ALL {
        assert!(list.check(&long).is_err() || list.takes_scim());
    }
}

#[test]
fn scim_filters_are_told_apart() {
    let scim = |text| {
        matches!(
            Narrowing::<UserTest>::parse(text, ResourceType::User),
            Ok(Narrowing::Scim(_))
        )
    };
    assert!(scim("userName sw \"a\"") && scim("active eq false") && scim("title pr"));
    assert!(!scim("ann") && !scim("state:active lee") && !scim(""));
    assert!(!scim("not a filter"));
}

#[test]
fn only_spans_move_with_the_clock() {
    for (filter, moves) in [
        ("ok", false),
        ("after:5m", true),
        ("after:2026-03-04", false),
        ("ok !after:5m", true),
    ] {
        let read = Filter::<ExchangeTest>::parse(filter).expect(filter);
        assert_eq!(read.depends_on_time(), moves, "{filter}");
    }
}

#[test]
fn what_is_required_can_be_looked_up() {
    let required = |text| {
        let filter = Filter::<UserTest>::parse(text).expect(text);
        filter.required().cloned().collect::<Vec<_>>()
    };
    assert_eq!(required("!name:=a by:okta|entra"), []);
    assert_eq!(required("name:=a x").len(), 2);
}

#[test]
fn every_operator_is_explained() {
    for list in List::ALL {
        let mut names = std::collections::BTreeSet::new();
        for about in list.operators() {
            assert!(
                names.insert(about.name),
                "{list:?} has {} twice",
                about.name
            );
            assert!(!about.examples.is_empty() && !about.help.is_empty());
            for example in about.examples {
                list.check(example).expect(example);
                let name = example.trim_start_matches('!');
                assert!(name.starts_with(about.name), "{example}");
            }
            for value in about.values {
                let term = format!("{}:{value}", about.name);
                list.check(&term).expect(&term);
            }
        }
    }
}

/// Terms that can be read, and some that cannot.
fn terms() -> impl Strategy<Value = String> {
    let term = prop::sample::select(vec![
        "ann",
        "ok",
        "status:4xx",
        "status:>=400|200",
        "user:\"a b\"",
        "\"a b\"",
        "after:5m",
        "provider:okta",
        "changed",
        "12:30",
        "ms:<5",
        "x\"y z\"",
    ]);
    let negated = (any::<bool>(), term);
    prop::collection::vec(negated, 0..6).prop_map(|terms| {
        let words = terms.into_iter().map(|(negated, term)| {
            let sign = if negated { "!" } else { "" };
            format!("{sign}{term}")
        });
        words.collect::<Vec<_>>().join("  ")
    })
}

fn some_line(status: u16, summary: String) -> ExchangeLine {
    ExchangeLine {
        id: ExchangeId(Uuid::from_u128(ID)),
        at: now(),
        provider: None,
        method: "GET".to_owned(),
        target: String::new(),
        status,
        micros: 0,
        summary,
        effect: Effect::default(),
        users: Vec::new(),
        roles: Vec::new(),
        journal: Vec::new(),
        conflict: None,
        node: None,
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_within_it(text in "(?s).{0,60}|[a-z:!|\"<>= 0-9]{0,60}") {
        for list in List::ALL {
            if let Err(error) = list.check(&text) {
                prop_assert!(error.at <= text.chars().count());
                prop_assert!(!error.message.is_empty());
            }
            let _ = crate::service::search::complete::complete(&text, &list.operators());
        }
    }

    #[test]
    fn what_is_printed_reads_the_same(text in terms()) {
        let filter = Filter::<ExchangeTest>::parse(&text).expect("terms that can be read");
        let again = Filter::parse(&filter.to_string());
        prop_assert_eq!(Ok(filter), again);
    }

    #[test]
    fn a_negated_term_is_the_opposite(
        term in "[a-z]{1,3}|status:[2-5]xx|ok|changed",
        status in 100_u16..600,
        summary in "[a-z ]{0,8}",
    ) {
        let line = some_line(status, summary);
        let passes = |text: &str| {
            let read = Filter::<ExchangeTest>::parse(text).expect("a term");
            read.passes(&&line, now())
        };
        prop_assert_ne!(passes(&term), passes(&format!("!{term}")));
        let both = format!("{term} !{term}");
        prop_assert!(!passes(&both));
    }
}
