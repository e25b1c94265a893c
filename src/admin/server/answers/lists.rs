//! Pages of users, roles and resources: filtered and in the order that was asked for.
//!
//! Without filter and order a page comes straight from the store and costs its length. Otherwise the
//! ids of all that match are found and ordered once, and kept for the other pages: what an index knows
//! (an id, a whole name or address, the members of a role) is looked up there, everything else is found
//! by walking through the rows.

mod resources;
mod roles;
mod users;

use std::{cmp::Reverse, fmt};

use jiff::Timestamp;
use uuid::Uuid;

use super::super::refused::Refused;
use crate::{
    admin::row::Page,
    directory::{ManagedBy, Read, fold},
    scim::{
        ResourceType,
        filter::Literals,
        list::{ListQuery, PageLimits},
    },
    service::{
        Engine,
        listings::{Asked, MAXIMUM_ROWS, Order},
        search::{FilterError, List, Sort},
    },
    store::Snapshot,
};
pub(super) use resources::resources;
pub(super) use roles::roles;
pub(super) use users::users;

/// How many rows are read at once while walking through them.
const WALK: usize = 512;

/// What is asked for: the filter, the order, and which part.
pub(super) struct Wanted<By> {
    /// Words and operators, or a SCIM filter.
    pub filter: Option<String>,
    /// The order; `None`: of their making.
    pub sort: Option<Sort<By>>,
    /// So many are left out.
    pub offset: u64,
    /// At most so many.
    pub limit: usize,
}

impl<By: Copy> Wanted<By> {
    /// The filter without blanks at its ends; nothing lets everything through.
    fn filter(&self) -> &str {
        self.filter.as_deref().unwrap_or_default().trim()
    }

    /// What the ids are kept under.
    fn asked(&self, list: List, order: impl FnOnce(Sort<By>) -> Order) -> Asked {
        Asked {
            list,
            filter: self.filter().to_owned(),
            order: self.sort.map(order),
        }
    }
}

impl From<FilterError> for Refused {
    fn from(error: FilterError) -> Self {
        let (at, message) = (error.at + 1, error.message);
        Self::because(format!(
            "The filter cannot be read at character {at}: {message}."
        ))
    }
}

/// What all lists are answered from.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    /// For what is not in the store yet, and what is kept.
    pub engine: &'a Engine,
    /// The view that everything is read from.
    pub snapshot: &'a dyn Snapshot,
}

impl Source<'_> {
    fn now(self) -> Timestamp {
        self.engine.now()
    }

    /// A page of the rows that match, of `of` in all; `work` finds them where they are not kept, and
    /// says whether the clock alone changes them.
    fn page<Row>(
        self,
        asked: Asked,
        [offset, limit]: [u64; 2],
        of: u64,
        work: impl FnOnce() -> Result<(Vec<Uuid>, bool), Refused>,
        row: impl Fn(Uuid) -> Read<Option<Row>>,
    ) -> Result<Page<Row>, Refused> {
        let journal = self.snapshot.totals()?.journal_last;
        let found = self.engine.listings().find(asked, journal, work)?;
        let first = usize::try_from(offset).unwrap_or(usize::MAX);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut rows = Vec::new();
        for id in found.ids.iter().skip(first).take(limit) {
            rows.extend(row(*id)?);
        }
        Ok(Page {
            rows,
            total: u64::try_from(found.ids.len()).unwrap_or(u64::MAX),
            of,
            behind: found.behind,
        })
    }
}

/// What rows are ordered by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Number(u64),
    Time(Option<Timestamp>),
    Text(String),
}

impl Key {
    /// Text is ordered without case.
    fn text(text: &str) -> Self {
        Self::Text(fold(text))
    }

    fn number(number: impl TryInto<u64>) -> Self {
        Self::Number(number.try_into().unwrap_or(u64::MAX))
    }

    /// `local` comes before the providers.
    fn manager(managed_by: ManagedBy) -> Self {
        Self::Text(match managed_by {
            ManagedBy::Local => String::new(),
            ManagedBy::Provider(provider) => provider.to_string(),
        })
    }
}

/// Rows that were found, each with what it is ordered by.
struct Found {
    rows: Vec<(Option<Key>, Uuid)>,
}

impl Found {
    fn new() -> Self {
        Self { rows: Vec::new() }
    }

    /// Adds a row.
    fn add(&mut self, id: impl Into<Uuid>, key: Option<Key>) -> Result<(), Refused> {
        if self.rows.len() >= MAXIMUM_ROWS {
            return Err(too_many(format_args!(
                "More than {MAXIMUM_ROWS} rows match"
            )));
        }
        self.rows.push((key, id.into()));
        Ok(())
    }

    /// The ids in their order; rows that are equal in it stay in the order of their ids.
    fn ordered(mut self, descending: bool) -> Vec<Uuid> {
        if descending {
            self.rows.sort_by(|left, right| {
                (Reverse(&left.0), left.1).cmp(&(Reverse(&right.0), right.1))
            });
        } else {
            self.rows.sort();
        }
        self.rows.into_iter().map(|(_, id)| id).collect()
    }
}

fn too_many(what: impl fmt::Display) -> Refused {
    Refused::because(format!(
        "{what}, which is more than is looked through at once; add a term to the filter."
    ))
}

/// A SCIM filter as the queries take it.
fn scim_query(filter: &str, resource: ResourceType) -> Result<ListQuery, Refused> {
    let limits = PageLimits {
        default: 1,
        maximum: 1,
    };
    let pairs = [("filter", filter), ("attributes", "id")];
    Ok(ListQuery::from_pairs(
        pairs,
        resource,
        Literals::BareWords,
        limits,
    )?)
}

/// Visits what pages hold, to the last one.
fn each<Row, Id: Copy>(
    read: impl Fn(Option<Id>) -> Read<Vec<Row>>,
    id: impl Fn(&Row) -> Id,
    mut visit: impl FnMut(Row) -> Result<(), Refused>,
) -> Result<(), Refused> {
    let mut after = None;
    loop {
        let page = read(after)?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = Some(id(last));
        for row in page {
            visit(row)?;
        }
    }
}
