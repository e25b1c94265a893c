//! Lists of users and roles, as one caller may see them.
//!
//! What a filter requires by equality is looked up in an index where there is one, and the whole
//! filter is then checked on what was found. Any other filter walks through the rows in pages and
//! keeps only the page that was asked for: it has a budget of rows, and gives way to others between
//! pages. A plain page costs its length wherever it starts.

mod budget;
mod plan;
mod rows;

use uuid::Uuid;

use crate::{
    directory::{Provider, ReadError, RoleId, UserId},
    scim::{
        Document, ResourceType, ScimError, ScimType,
        filter::Filter,
        list::{ListQuery, Page},
    },
    store::{Ahead, Snapshot, Start, Visible},
};
use budget::Budget;
use rows::{Candidates, RoleRows, Rows, UserRows};

/// The most rows that one request sorts.
pub const MAX_SORTED: usize = 200_000;

/// The largest page that is answered without giving way to others.
const CHEAP_PAGE: usize = 200;

/// How many rows are read at once while walking through them.
const WALK: usize = 256;

/// One page of a list.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// How many match in all.
    pub total: u64,
    /// The place of the first one in all, from 1. With cursor paging it is not known, and 1.
    pub start_index: u64,
    /// The ids of the resources.
    pub ids: Vec<Uuid>,
    /// The resources' JSON, without what the caller asked to leave out. As text, since a page of
    /// large roles is many times larger as values.
    pub resources: Vec<String>,
    /// Where the next page starts, with cursor paging.
    pub next_cursor: Option<String>,
}

/// Users that the caller sees; `None` is an operator, who sees everyone, service accounts too. Where
/// [`walks`], no more than `most` rows are read for it.
///
/// # Errors
/// 400 `invalidCursor`, 400 `tooMany` for reading more than `most` rows or sorting more than
/// [`MAX_SORTED`], 503 where the store cannot be read.
pub fn users(
    snapshot: &dyn Snapshot,
    caller: Option<Provider>,
    query: &ListQuery,
    base_url: &str,
    most: u64,
) -> Result<Listing, ScimError> {
    let rows = UserRows::new(snapshot, caller, query, base_url);
    list(&rows, query, most)
}

/// Roles that the caller sees; `None` is an operator, who sees every one, and every member.
///
/// # Errors
/// As [`users`].
pub fn roles(
    snapshot: &dyn Snapshot,
    caller: Option<Provider>,
    query: &ListQuery,
    base_url: &str,
    most: u64,
) -> Result<Listing, ScimError> {
    let rows = RoleRows::new(snapshot, caller, query, base_url);
    list(&rows, query, most)
}

/// The ids of all users that the query's filter matches, in their order, whatever page it asks for;
/// of none without a filter. `None` is an operator.
///
/// # Errors
/// 400 `tooMany` where more than [`MAX_SORTED`] match, 503 where the store cannot be read.
pub fn user_ids(
    snapshot: &dyn Snapshot,
    caller: Option<Provider>,
    query: &ListQuery,
) -> Result<Vec<UserId>, ScimError> {
    matching(&UserRows::new(snapshot, caller, query, ""), query)
}

/// The ids of all roles that the query's filter matches; as [`user_ids`].
///
/// # Errors
/// As [`user_ids`].
pub fn role_ids(
    snapshot: &dyn Snapshot,
    caller: Option<Provider>,
    query: &ListQuery,
) -> Result<Vec<RoleId>, ScimError> {
    matching(&RoleRows::new(snapshot, caller, query, ""), query)
}

/// Whether the answer costs no more than a small page or an index look-up. What is not cheap belongs on a
/// thread that may block.
pub fn is_cheap(query: &ListQuery) -> bool {
    let reads_members =
        query.scope() != Some(ResourceType::User) && query.projection.wants_members();
    !walks(query) && !reads_members && query.page.count() <= CHEAP_PAGE
}

/// Whether many rows must be read to find the page, as no index gives few of them.
pub fn walks(query: &ListQuery) -> bool {
    match &query.filter {
        Some(filter) => !plan::is_narrow(filter, query.scope()),
        None => query.sort_by.is_some(),
    }
}

/// What is read for the answer, where that is one row found by id or name, or a plain page of users.
pub fn ahead(query: &ListQuery, resource: ResourceType, caller: Option<Provider>) -> Option<Ahead> {
    match &query.filter {
        Some(filter) => plan::ahead(filter, resource)
            .filter(|_| resource == ResourceType::User || !query.projection.wants_members()),
        None if resource == ResourceType::User && query.sort_by.is_none() => {
            let start = match place(query).ok()? {
                Place::Offset(offset) => Start::Offset(offset),
                Place::After(id) => Start::After(id),
            };
            let count = query.page.count();
            (count > 0).then(|| Ahead::Users(Visible::to_caller(caller), start, count + 1))
        }
        None => None,
    }
}

/// Where a page starts and what it may hold.
enum Place<Id> {
    Offset(u64),
    After(Id),
}

fn list<R: Rows>(rows: &R, query: &ListQuery, most: u64) -> Result<Listing, ScimError> {
    let budget = Budget::new(most, R::RESOURCE, query.sort_by.is_some());
    if query.sort_by.is_some() {
        sorted(rows, query, budget)
    } else if let Some(filter) = &query.filter {
        filtered(rows, query, filter, budget)
    } else {
        plain(rows, query)
    }
}

/// Every row, in the order of the ids.
fn plain<R: Rows>(rows: &R, query: &ListQuery) -> Result<Listing, ScimError> {
    let total = rows.total().map_err(|error| unreadable(&error))?;
    let count = query.page.count();
    let mut listing = Listing {
        total,
        start_index: start_index(query),
        ..Listing::default()
    };
    if count == 0 {
        return Ok(listing);
    }
    let start = match place(query)? {
        Place::Offset(offset) if offset >= total => return Ok(listing),
        Place::Offset(offset) => Start::Offset(offset),
        Place::After(id) => Start::After(id),
    };
    let mut page = rows
        .page(start, count + 1)
        .map_err(|error| unreadable(&error))?;
    let more = page.len() > count;
    page.truncate(count);
    if more && let Some(last) = page.last() {
        listing.next_cursor = next_cursor(query, &R::id(last).to_string());
    }
    answer(rows, query, &page, &mut listing)?;
    Ok(listing)
}

/// The rows that match, in the order of the ids. Only the page is kept; the others are counted.
fn filtered<R: Rows>(
    rows: &R,
    query: &ListQuery,
    filter: &Filter,
    budget: Budget,
) -> Result<Listing, ScimError> {
    let (mut total, mut more) = (0_u64, false);
    let count = query.page.count();
    let place = place(query)?;
    let mut page: Vec<R::Row> = Vec::new();
    each_match(rows, filter, budget, |row, _| {
        let reached = match &place {
            Place::Offset(offset) => total >= *offset,
            Place::After(id) => R::id(&row) > *id,
        };
        total += 1;
        if reached && page.len() < count {
            page.push(row);
        } else if reached {
            more = true;
        }
        Ok(())
    })?;
    let next_cursor = match page.last() {
        Some(last) if more => next_cursor(query, &R::id(last).to_string()),
        _ => None,
    };
    let mut listing = Listing {
        total,
        start_index: start_index(query),
        next_cursor,
        ..Listing::default()
    };
    answer(rows, query, &page, &mut listing)?;
    Ok(listing)
}

/// The rows that match, in the order that was asked for; those that are equal in it stay in the order
/// of the ids. Of each row only what it is sorted by is kept.
fn sorted<R: Rows>(rows: &R, query: &ListQuery, budget: Budget) -> Result<Listing, ScimError> {
    let mut found: Vec<(R::Id, Document)> = Vec::new();
    let mut keep = |row: R::Row, document: Option<Document>| {
        let document = match document {
            Some(document) => document,
            None => rows.for_filter(&row).map_err(|error| unreadable(&error))?,
        };
        if found.len() == MAX_SORTED {
            return Err(ScimError::bad(
                ScimType::TooMany,
                format!(
                    "There are more than {MAX_SORTED} resources to sort; add a filter, or leave out \"sortBy\"."
                ),
            ));
        }
        found.push((R::id(&row), sort_key(query, document)));
        Ok(())
    };
    match &query.filter {
        Some(filter) => each_match(rows, filter, budget, keep)?,
        None => each_row(rows, budget, |row| keep(row, None))?,
    }
    found.sort_by(|(_, left), (_, right)| query.compare(left, right));

    let offset = match query.page {
        Page::Index { start_index, .. } => start_index.saturating_sub(1),
        Page::Cursor { .. } => match query.position()? {
            None => 0,
            Some(position) => position.parse().map_err(|_| invalid_cursor())?,
        },
    };
    let total = found.len() as u64;
    let start = usize::try_from(offset)
        .unwrap_or(usize::MAX)
        .min(found.len());
    let end = start.saturating_add(query.page.count()).min(found.len());
    let mut page = Vec::new();
    for (id, _) in found.get(start..end).unwrap_or_default() {
        page.extend(rows.row(*id).map_err(|error| unreadable(&error))?);
    }
    let next_cursor = if end < found.len() && end > start {
        next_cursor(query, &end.to_string())
    } else {
        None
    };
    let mut listing = Listing {
        total,
        start_index: start_index(query),
        next_cursor,
        ..Listing::default()
    };
    answer(rows, query, &page, &mut listing)?;
    Ok(listing)
}

/// The ids of the rows that match.
fn matching<R: Rows>(rows: &R, query: &ListQuery) -> Result<Vec<R::Id>, ScimError> {
    let mut ids = Vec::new();
    let Some(filter) = &query.filter else {
        return Ok(ids);
    };
    let budget = Budget::new(u64::MAX, R::RESOURCE, false);
    each_match(rows, filter, budget, |row, _| {
        if ids.len() == MAX_SORTED {
            return Err(ScimError::bad(
                ScimType::TooMany,
                format!("More than {MAX_SORTED} resources match; narrow the filter down."),
            ));
        }
        ids.push(R::id(&row));
        Ok(())
    })?;
    Ok(ids)
}

/// The part of a resource that the query sorts by.
fn sort_key(query: &ListQuery, mut document: Document) -> Document {
    let Some(path) = &query.sort_by else {
        return Document::new();
    };
    let name = match path.extension {
        Some(schema) => &schema.id,
        None => &path.attribute.name,
    };
    let mut key = Document::new();
    match document.shift_remove(name) {
        Some(value) => {
            key.insert(name.clone(), value);
        }
        // A user that never had `active` set sorts as an active one.
        None if path.is_core("active") => {
            key.insert(name.clone(), true.into());
        }
        None => {}
    }
    key
}

/// Visits what matches, in the order of the ids, with the document that was matched, where one had to
/// be made.
fn each_match<R: Rows>(
    rows: &R,
    filter: &Filter,
    mut budget: Budget,
    mut visit: impl FnMut(R::Row, Option<Document>) -> Result<(), ScimError>,
) -> Result<(), ScimError> {
    let mut check = |row: R::Row| {
        let document = rows.for_filter(&row).map_err(|error| unreadable(&error))?;
        if filter.matches(&document) {
            visit(row, Some(document))?;
        }
        Ok(())
    };
    let candidates = rows.candidates(filter);
    let mut candidates = match candidates.map_err(|error| unreadable(&error))? {
        Some(Candidates::Ids(ids)) => ids,
        Some(Candidates::Found(None)) => return Ok(()),
        Some(Candidates::Found(Some(row))) => {
            budget.spend(1 + rows.looks_further(&row))?;
            return check(row);
        }
        Some(Candidates::Match(row)) => {
            budget.spend(1)?;
            return visit(row, None);
        }
        None => return each_row(rows, budget, check),
    };
    candidates.sort_unstable();
    candidates.dedup();
    budget.spend(candidates.len() as u64)?;
    for id in candidates {
        if let Some(row) = rows.row(id).map_err(|error| unreadable(&error))? {
            budget.spend(rows.looks_further(&row))?;
            check(row)?;
        }
    }
    Ok(())
}

/// Visits every row in the order of the ids, a page at a time, and gives way to others in between.
/// Where the budget is too small, that is known before the first one.
fn each_row<R: Rows>(
    rows: &R,
    mut budget: Budget,
    mut visit: impl FnMut(R::Row) -> Result<(), ScimError>,
) -> Result<(), ScimError> {
    budget.spend(rows.total().map_err(|error| unreadable(&error))?)?;
    let mut start = Start::Offset(0);
    loop {
        let page = rows.page(start, WALK).map_err(|error| unreadable(&error))?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        start = Start::After(R::id(last));
        let is_last = page.len() < WALK;
        for row in page {
            budget.spend(rows.looks_further(&row))?;
            visit(row)?;
        }
        if is_last {
            return Ok(());
        }
        std::thread::yield_now();
    }
}

/// Puts a page into the listing, one resource after the other.
fn answer<R: Rows>(
    rows: &R,
    query: &ListQuery,
    page: &[R::Row],
    listing: &mut Listing,
) -> Result<(), ScimError> {
    for row in page {
        let text = rows.for_answer(row, &query.projection);
        let text = text.map_err(|error| unreadable(&error))?;
        listing.ids.push(R::id(row).into());
        listing.resources.push(text);
    }
    Ok(())
}

fn start_index(query: &ListQuery) -> u64 {
    match query.page {
        Page::Index { start_index, .. } => start_index,
        Page::Cursor { .. } => 1,
    }
}

/// Where the page starts, in the order of the ids.
fn place<Id: std::str::FromStr>(query: &ListQuery) -> Result<Place<Id>, ScimError> {
    match query.page {
        Page::Index { start_index, .. } => Ok(Place::Offset(start_index.saturating_sub(1))),
        Page::Cursor { .. } => match query.position()? {
            None => Ok(Place::Offset(0)),
            Some(id) => id.parse().map(Place::After).map_err(|_| invalid_cursor()),
        },
    }
}

fn next_cursor(query: &ListQuery, position: &str) -> Option<String> {
    matches!(query.page, Page::Cursor { .. }).then(|| query.cursor_at(position))
}

fn invalid_cursor() -> ScimError {
    ScimError::bad(
        ScimType::InvalidCursor,
        "The cursor is not one of this list; start again with an empty cursor.",
    )
}

fn unreadable(error: &ReadError) -> ScimError {
    tracing::error!(%error, "a list cannot be read");
    ScimError::new(503, "The directory cannot be read now; try again later.")
}

#[cfg(test)]
mod tests;
