//! Lists over random directories: whatever the plan, the answer is that of looking at every row.

mod cost;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::{
    directory::{
        Change, ManagedBy, Membership, Origin, PermissionLevel, Role, RoleId, User, UserId,
        UserKind,
    },
    scim::{filter::Literals, list::PageLimits},
    service::representation::{self, Members, RoleNames, Shown as _},
    store::{Ending, MemoryStore, Store, Visible},
};

const BASE: &str = "https://x.io/scim/v2";
/// Rows that a list may read: more than there are.
const MOST: u64 = 1000;
const LIMITS: PageLimits = PageLimits {
    default: 100,
    maximum: 1000,
};

fn user_id(number: u128) -> UserId {
    UserId(Uuid::from_u128(number + 1))
}

fn role_id(number: u128) -> RoleId {
    RoleId(Uuid::from_u128((number + 1) << 64))
}

const OKTA: ManagedBy = ManagedBy::Provider(Provider::Okta);
const ENTRA: ManagedBy = ManagedBy::Provider(Provider::Entra);
const PERSON: Option<ManagedBy> = Some(OKTA);

/// What a random user is made of: who manages it (a service account where nobody does), external id,
/// e-mail, `active`.
type UserSeed = (Option<ManagedBy>, Option<u8>, u8, Option<bool>);

fn user(number: usize, seed: UserSeed) -> User {
    let (managed_by, external_id, email, active) = seed;
    let attributes = json!({
        "emails": [{"value": format!("Mail{email}@x.io"), "type": "work"}],
        "name": {"givenName": format!("N{}", number % 3)},
    });
    User {
        id: user_id(number as u128),
        kind: match managed_by {
            Some(_) => UserKind::Person,
            None => UserKind::ServiceAccount,
        },
        managed_by: managed_by.unwrap_or_default(),
        permission_level: PermissionLevel::User,
        user_name: format!("User{number}@x.io"),
        active,
        external_ids: external_id
            .map(|id| (Provider::Okta, format!("e{id}")))
            .into_iter()
            .collect(),
        aliases: Vec::new(),
        attributes: attributes.as_object().cloned().unwrap().into(),
        created: Timestamp::UNIX_EPOCH,
        last_modified: Timestamp::UNIX_EPOCH,
        version: 1,
    }
}

fn role(number: usize, managed_by: ManagedBy, members: usize) -> Role {
    Role {
        id: role_id(number as u128),
        managed_by,
        display_name: format!("Role {number}"),
        external_ids: BTreeMap::new(),
        attributes: Document::new(),
        provider_members: 0,
        local_members: members as u64,
        created: Timestamp::UNIX_EPOCH,
        last_modified: Timestamp::UNIX_EPOCH,
        version: 1,
    }
}

fn directory(users: &[UserSeed], roles: &[ManagedBy], members: &[(u8, u8, bool)]) -> MemoryStore {
    let store = MemoryStore::new();
    store
        .write(&mut |transaction| {
            for (number, seed) in users.iter().enumerate() {
                transaction.apply(&Change::PutUser {
                    before: None,
                    after: Box::new(user(number, *seed)),
                })?;
            }
            for (number, &managed_by) in roles.iter().enumerate() {
                let own: BTreeSet<u8> = members
                    .iter()
                    .filter(|(member, group, _)| {
                        usize::from(*group) == number && usize::from(*member) < users.len()
                    })
                    .map(|(member, ..)| *member)
                    .collect();
                transaction.apply(&Change::PutRole {
                    before: None,
                    after: Box::new(role(number, managed_by, own.len())),
                })?;
            }
            for &(member, group, provided) in members {
                let (member, group) = (usize::from(member), usize::from(group));
                if member < users.len() && group < roles.len() {
                    transaction.apply(&Change::PutMembership(Membership {
                        role: role_id(group as u128),
                        user: user_id(member as u128),
                        // In a local role there are only local memberships.
                        origin: if provided && roles[group] != ManagedBy::Local {
                            Origin::Provider
                        } else {
                            Origin::Local
                        },
                    }))?;
                }
            }
            Ok(Ending::Commit)
        })
        .unwrap();
    store
}

fn query(resource: ResourceType, pairs: &[(&str, &str)]) -> ListQuery {
    ListQuery::from_pairs(pairs.iter().copied(), resource, Literals::Quoted, LIMITS).unwrap()
}

/// Every resource that matches, found by looking at each.
fn naive(
    snapshot: &dyn Snapshot,
    resource: ResourceType,
    caller: Option<Provider>,
    query: &ListQuery,
) -> Vec<Document> {
    let shown = |managed_by: ManagedBy| match (caller, managed_by.provider()) {
        (Some(caller), Some(owner)) => caller == owner,
        _ => true,
    };
    let all: Vec<Document> = match resource {
        ResourceType::User => snapshot
            .users(Visible::Everything, Start::Offset(0), 1000)
            .unwrap()
            .iter()
            .filter(|user| shown(user.managed_by) && (caller.is_none() || user.is_person()))
            .map(|user| {
                let names = RoleNames::default();
                let shown = representation::user(snapshot, user, caller, BASE, &names);
                shown.unwrap().document().unwrap()
            })
            .collect(),
        ResourceType::Group => snapshot
            .roles(Visible::Everything, Start::Offset(0), 1000)
            .unwrap()
            .iter()
            .filter(|role| shown(role.managed_by))
            .map(|role| {
                let shown = representation::role(snapshot, role, caller, BASE, Members::Named);
                shown.unwrap().document().unwrap()
            })
            .collect(),
    };
    let mut matching: Vec<Document> = all
        .into_iter()
        .filter(|document| {
            let filter = query.filter.as_ref();
            filter.is_none_or(|filter| filter.matches(document))
        })
        .collect();
    matching.sort_by(|left, right| query.compare(left, right));
    // Members are told by name only where that is asked for, but can always be filtered by it.
    for members in matching.iter_mut().filter_map(|one| one.get_mut("members")) {
        for member in members.as_array_mut().into_iter().flatten() {
            member.as_object_mut().unwrap().remove("display");
        }
    }
    matching
}

fn list(
    snapshot: &dyn Snapshot,
    resource: ResourceType,
    caller: Option<Provider>,
    query: &ListQuery,
) -> Listing {
    match resource {
        ResourceType::User => users(snapshot, caller, query, BASE, MOST),
        ResourceType::Group => roles(snapshot, caller, query, BASE, MOST),
    }
    .unwrap()
}

fn documents(listing: &Listing) -> Vec<Document> {
    let documents: Vec<Document> = listing
        .resources
        .iter()
        .map(|text| serde_json::from_str(text).unwrap())
        .collect();
    assert_eq!(
        ids(&documents),
        listing.ids.iter().map(|id| json!(id)).collect::<Vec<_>>()
    );
    documents
}

fn ids(documents: &[Document]) -> Vec<Value> {
    documents
        .iter()
        .map(|document| document["id"].clone())
        .collect()
}

fn user_filters() -> impl Strategy<Value = String> {
    let (user, role) = (user_id(2), role_id(1));
    let terms = prop::sample::select(vec![
        format!("id eq \"{user}\""),
        "id eq \"nothing\"".to_owned(),
        "userName eq \"USER3@x.io\"".to_owned(),
        "externalId eq \"e1\"".to_owned(),
        "emails.value eq \"mail1@X.io\"".to_owned(),
        "emails[type eq \"work\" and value eq \"mail2@x.io\"]".to_owned(),
        format!("groups.value eq \"{role}\""),
        "groups pr".to_owned(),
        "active eq true".to_owned(),
        "active eq false".to_owned(),
        "name.givenName sw \"n1\"".to_owned(),
        "meta.version pr".to_owned(),
    ]);
    combined(terms)
}

fn role_filters() -> impl Strategy<Value = String> {
    let (user, role) = (user_id(2), role_id(1));
    let terms = prop::sample::select(vec![
        format!("id eq \"{role}\""),
        "displayName eq \"ROLE 1\"".to_owned(),
        "displayName co \"role\"".to_owned(),
        "externalId pr".to_owned(),
        format!("members.value eq \"{user}\""),
        format!("members[value eq \"{user}\"]"),
        format!("members[value eq \"{}\" and type eq \"User\"]", user_id(0)),
        "members.display co \"user1\"".to_owned(),
        "members pr".to_owned(),
        format!("members.value ne \"{user}\""),
    ]);
    combined(terms)
}

fn combined(terms: impl Strategy<Value = String> + Clone) -> impl Strategy<Value = String> {
    (
        prop::collection::vec(terms.clone(), 1..4),
        prop::sample::select(vec![" and ", " or "]),
        any::<bool>(),
    )
        .prop_map(|(terms, word, negate)| {
            let all = terms.join(word);
            if negate { format!("not ({all})") } else { all }
        })
}

type Seeds = (Vec<UserSeed>, Vec<ManagedBy>, Vec<(u8, u8, bool)>);

fn directories() -> impl Strategy<Value = Seeds> {
    let managed_by = prop::sample::select(vec![OKTA, ENTRA, ManagedBy::Local]);
    let seed = (
        prop::option::weighted(0.8, managed_by.clone()),
        prop::option::of(0_u8..3),
        0_u8..4,
        prop::option::of(any::<bool>()),
    );
    (
        prop::collection::vec(seed, 0..12),
        prop::collection::vec(managed_by, 0..4),
        prop::collection::vec((0_u8..12, 0_u8..4, any::<bool>()), 0..20),
    )
}

fn callers() -> impl Strategy<Value = Option<Provider>> {
    prop::sample::select(vec![Some(Provider::Okta), Some(Provider::Entra), None])
}

fn check(
    snapshot: &dyn Snapshot,
    resource: ResourceType,
    caller: Option<Provider>,
    pairs: &[(&str, &str)],
) {
    let whole = query(resource, pairs);
    let expected = naive(snapshot, resource, caller, &whole);
    let found = list(snapshot, resource, caller, &whole);
    assert_eq!(documents(&found), expected);
    assert_eq!(found.total, expected.len() as u64);

    let (mut by_index, mut by_cursor) = (Vec::new(), Vec::new());
    for start in (1..=expected.len() + 2).step_by(2) {
        let start = start.to_string();
        let page = [pairs, &[("startIndex", start.as_str()), ("count", "2")]].concat();
        let page = list(snapshot, resource, caller, &query(resource, &page));
        assert_eq!(page.total, expected.len() as u64);
        by_index.extend(documents(&page));
    }
    assert_eq!(ids(&by_index), ids(&expected));

    let mut cursor = Some(String::new());
    while let Some(at) = cursor {
        let page = [pairs, &[("cursor", at.as_str()), ("count", "2")]].concat();
        let page = list(snapshot, resource, caller, &query(resource, &page));
        assert_eq!(page.total, expected.len() as u64);
        by_cursor.extend(documents(&page));
        cursor = page.next_cursor;
    }
    assert_eq!(ids(&by_cursor), ids(&expected));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn users_are_those_of_looking_at_every_row(
        (seeds, role_owners, members) in directories(),
        filter in prop::option::of(user_filters()),
        sort in prop::option::of(prop::sample::select(vec!["name.givenName", "active", "emails"])),
        order in prop::sample::select(vec!["ascending", "descending"]),
        caller in callers(),
    ) {
        let store = directory(&seeds, &role_owners, &members);
        let mut pairs = vec![("sortOrder", order)];
        pairs.extend(filter.as_deref().map(|filter| ("filter", filter)));
        pairs.extend(sort.map(|sort| ("sortBy", sort)));
        check(&*store.snapshot().unwrap(), ResourceType::User, caller, &pairs);
    }

    #[test]
    fn roles_are_those_of_looking_at_every_row(
        (seeds, role_owners, members) in directories(),
        filter in prop::option::of(role_filters()),
        sort in prop::option::of(prop::sample::select(vec!["displayName", "members.display"])),
        caller in callers(),
    ) {
        let store = directory(&seeds, &role_owners, &members);
        let mut pairs = Vec::new();
        pairs.extend(filter.as_deref().map(|filter| ("filter", filter)));
        pairs.extend(sort.map(|sort| ("sortBy", sort)));
        check(&*store.snapshot().unwrap(), ResourceType::Group, caller, &pairs);
    }
}

#[test]
fn members_that_are_not_answered_are_left_out() {
    let store = directory(&[(PERSON, None, 0, None)], &[OKTA], &[(0, 0, true)]);
    let snapshot = store.snapshot().unwrap();
    let filter = format!("members.value eq \"{}\"", user_id(0));
    for pairs in [
        vec![("excludedAttributes", "members")],
        vec![
            ("excludedAttributes", "members"),
            ("filter", filter.as_str()),
        ],
    ] {
        let query = query(ResourceType::Group, &pairs);
        let found = roles(&*snapshot, Some(Provider::Okta), &query, BASE, MOST).unwrap();
        assert_eq!(found.total, 1);
        assert!(!documents(&found)[0].contains_key("members"));
    }
}

#[test]
fn a_count_of_0_gives_the_total_only() {
    let store = directory(&[(PERSON, None, 0, None); 5], &[], &[]);
    let snapshot = store.snapshot().unwrap();
    for pairs in [
        vec![("count", "0")],
        vec![("count", "0"), ("filter", "active eq true")],
    ] {
        let query = query(ResourceType::User, &pairs);
        let found = users(&*snapshot, Some(Provider::Okta), &query, BASE, MOST).unwrap();
        assert_eq!((found.total, found.resources.len()), (5, 0));
    }
}

#[test]
fn a_cursor_that_means_nothing_here_is_refused() {
    let store = directory(&[], &[], &[]);
    let snapshot = store.snapshot().unwrap();
    let first = query(ResourceType::User, &[("cursor", "")]);
    for position in ["nonsense", ""] {
        let cursor = first.cursor_at(position);
        let next = query(ResourceType::User, &[("cursor", &cursor)]);
        let refused = users(&*snapshot, None, &next, BASE, MOST).unwrap_err();
        assert_eq!(refused.scim_type, Some(ScimType::InvalidCursor));
    }
}

#[test]
fn look_ups_and_plain_pages_are_cheap_and_walks_are_not() {
    use ResourceType::{Group, User};
    for (resource, pairs, cheap) in [
        (User, vec![], true),
        (User, vec![("filter", "userName eq \"a\"")], true),
        (
            User,
            vec![("filter", "userName eq \"a\" and active eq true")],
            true,
        ),
        (
            User,
            vec![("filter", "userName eq \"a\" or active eq true")],
            false,
        ),
        (User, vec![("filter", "displayName eq \"a\"")], false),
        (User, vec![("sortBy", "userName")], false),
        (User, vec![("count", "1000")], false),
        (Group, vec![], false),
        (Group, vec![("excludedAttributes", "members")], true),
        (
            Group,
            vec![
                ("excludedAttributes", "members"),
                ("filter", "displayName eq \"a\""),
            ],
            true,
        ),
    ] {
        assert_eq!(is_cheap(&query(resource, &pairs)), cheap, "{pairs:?}");
    }
}

#[test]
fn what_no_index_answers_has_a_budget_of_rows() {
    use ResourceType::{Group, User};
    let people = [(PERSON, Some(1), 1, None); 6];
    let members = [(0, 0, true), (1, 0, true), (2, 1, true)];
    let store = directory(&people, &[OKTA, OKTA], &members);
    let snapshot = store.snapshot().unwrap();
    let in_role = format!("groups.value eq \"{}\"", role_id(0));
    for (resource, pairs, needed) in [
        (User, vec![], 0),
        (User, vec![("filter", "active eq true")], 6),
        (User, vec![("sortBy", "userName")], 6),
        (User, vec![("filter", "userName eq \"User1@x.io\"")], 1),
        (User, vec![("filter", "externalId eq \"e1\"")], 6),
        (User, vec![("filter", in_role.as_str())], 2),
        (Group, vec![("filter", "displayName co \"r\"")], 2),
        // Each of the three members is looked at, too.
        (Group, vec![("filter", "members pr")], 5),
    ] {
        let query = query(resource, &pairs);
        let list = |most| match resource {
            User => users(&*snapshot, Some(Provider::Okta), &query, BASE, most),
            Group => roles(&*snapshot, Some(Provider::Okta), &query, BASE, most),
        };
        assert!(list(needed).is_ok(), "{pairs:?}");
        if let Some(less) = needed.checked_sub(1) {
            let refused = list(less).unwrap_err();
            assert_eq!(refused.scim_type, Some(ScimType::TooMany), "{pairs:?}");
            assert!(refused.detail.contains(" by eq"), "{}", refused.detail);
        }
    }
}
