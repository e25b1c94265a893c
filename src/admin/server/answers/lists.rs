//! Pages of users and of roles, by a SCIM filter or by text that their names contain.

use super::super::{refused::Refused, rows};
use crate::{
    admin::row::{Page, RoleRow, UserRow},
    directory::{Read, Role, RoleId, User, UserId, fold},
    scim::{
        ResourceType,
        filter::{Filter, Literals},
        list::{ListQuery, PageLimits},
    },
    service::{Engine, query},
    store::{Snapshot, Start, Visible},
};

/// How many rows are read at once while looking for text.
const WALK: usize = 512;

/// What a list is narrowed down by.
enum Narrowing {
    Nothing,
    Filter(String),
    /// Folded.
    Text(String),
}

impl Narrowing {
    /// Text that is a SCIM filter is taken as one; what looks like one and is none is refused, so
    /// that a slip in a filter is not looked for in names.
    fn read(given: Option<&str>, resource: ResourceType) -> Result<Self, Refused> {
        let Some(given) = given.map(str::trim).filter(|given| !given.is_empty()) else {
            return Ok(Self::Nothing);
        };
        match Filter::parse(given, resource, Literals::BareWords) {
            Ok(_) => Ok(Self::Filter(given.to_owned())),
            Err(error) if looks_like_filter(given) => Err(error.into()),
            Err(_) => Ok(Self::Text(fold(given))),
        }
    }
}

/// Whether the second word is an operator.
fn looks_like_filter(text: &str) -> bool {
    const OPERATORS: [&str; 10] = ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr"];
    let second = text.split_whitespace().nth(1);
    second.is_some_and(|word| {
        OPERATORS
            .iter()
            .any(|operator| word.eq_ignore_ascii_case(operator))
    })
}

/// A page of users and service accounts, in the order of their making.
pub(super) fn users(
    snapshot: &dyn Snapshot,
    given: Option<&str>,
    offset: u64,
    limit: usize,
) -> Result<Page<UserRow>, Refused> {
    let (found, total) = match Narrowing::read(given, ResourceType::User)? {
        Narrowing::Nothing => {
            let found = snapshot.users(Visible::Everything, Start::Offset(offset), limit)?;
            (found, snapshot.totals()?.visible_users(Visible::Everything))
        }
        Narrowing::Filter(filter) => {
            let query = list_query(&filter, offset, limit, ResourceType::User)?;
            let listing = query::users(snapshot, None, &query, "")?;
            let mut found = Vec::new();
            for id in listing.ids {
                found.extend(snapshot.user(UserId(id))?);
            }
            (found, listing.total)
        }
        Narrowing::Text(text) => matching(
            |start| snapshot.users(Visible::Everything, start, WALK),
            |user: &User| user.id,
            |user| {
                fold(&user.user_name).contains(&text) || fold(&user.display_name()).contains(&text)
            },
            offset,
            limit,
        )?,
    };
    let rows = found.iter().map(|user| rows::user(snapshot, user));
    Ok(Page {
        rows: rows.collect::<Read<_>>()?,
        total,
    })
}

/// A page of roles, in the order of their making.
pub(super) fn roles(
    engine: &Engine,
    snapshot: &dyn Snapshot,
    given: Option<&str>,
    offset: u64,
    limit: usize,
) -> Result<Page<RoleRow>, Refused> {
    let (found, total) = match Narrowing::read(given, ResourceType::Group)? {
        Narrowing::Nothing => {
            let found = snapshot.roles(Visible::Everything, Start::Offset(offset), limit)?;
            (found, snapshot.totals()?.roles)
        }
        Narrowing::Filter(filter) => {
            let query = list_query(&filter, offset, limit, ResourceType::Group)?;
            let listing = query::roles(snapshot, None, &query, "")?;
            let mut found = Vec::new();
            for id in listing.ids {
                found.extend(snapshot.role(RoleId(id))?);
            }
            (found, listing.total)
        }
        Narrowing::Text(text) => matching(
            |start| snapshot.roles(Visible::Everything, start, WALK),
            |role: &Role| role.id,
            |role| fold(&role.display_name).contains(&text),
            offset,
            limit,
        )?,
    };
    let rows = found.iter().map(|role| rows::role(engine, snapshot, role));
    Ok(Page {
        rows: rows.collect::<Read<_>>()?,
        total,
    })
}

fn list_query(
    filter: &str,
    offset: u64,
    limit: usize,
    resource: ResourceType,
) -> Result<ListQuery, Refused> {
    let limits = PageLimits {
        default: limit,
        maximum: limit,
    };
    let start_index = offset.saturating_add(1).to_string();
    let pairs = [
        ("filter", filter),
        ("startIndex", start_index.as_str()),
        ("attributes", "id"),
    ];
    Ok(ListQuery::from_pairs(
        pairs,
        resource,
        Literals::BareWords,
        limits,
    )?)
}

/// Walks through the rows in pages, counts those that match, and keeps the page.
fn matching<Row, Id>(
    read: impl Fn(Start<Id>) -> Read<Vec<Row>>,
    id: impl Fn(&Row) -> Id,
    matches: impl Fn(&Row) -> bool,
    offset: u64,
    limit: usize,
) -> Read<(Vec<Row>, u64)> {
    let (mut found, mut total) = (Vec::new(), 0);
    let mut start = Start::Offset(0);
    loop {
        let page = read(start)?;
        let Some(last) = page.last() else {
            return Ok((found, total));
        };
        start = Start::After(id(last));
        for row in page.into_iter().filter(|row| matches(row)) {
            if total >= offset && found.len() < limit {
                found.push(row);
            }
            total += 1;
        }
    }
}
