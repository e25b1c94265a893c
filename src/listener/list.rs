//! Lists and searches (RFC 7644 §3.4.2, §3.4.3).

use super::{
    answer::{Answer, Refused},
    call::{Asked, Asking},
    told::{Told, short},
};
use crate::{
    directory::SubjectKind,
    scim::{
        ResourceType, ScimError, ScimType,
        list::{ListQuery, ListResponse, Page, PagePosition},
    },
    service::query::{self, Listing},
};

/// The list that the query string asks for.
pub(super) async fn answer(
    asking: &Asking,
    resource: ResourceType,
    asked: &Asked,
) -> Result<Answer, Refused> {
    let query = asked.list_query(asking, resource)?;
    list(asking, Some(resource), query).await
}

/// The list that the body of a `/.search` asks for.
pub(super) async fn search(
    asking: &Asking,
    resource: Option<ResourceType>,
    asked: &Asked,
) -> Result<Answer, Refused> {
    let query = ListQuery::from_search_request(
        &asked.body,
        resource,
        asking.literals(),
        asking.page_limits(),
    )?;
    let query = asking.within_filter_terms(query)?;
    list(asking, resource, query).await
}

async fn list(
    asking: &Asking,
    resource: Option<ResourceType>,
    query: ListQuery,
) -> Result<Answer, Refused> {
    let cheap = query::is_cheap(&query) && resource.is_some();
    // Held until the end. Waited for before the snapshot, which keeps what it shows from being reused.
    let _turn = if query::walks(&query) {
        Some(asking.edge.scans.begin().await?)
    } else if cheap {
        None
    } else {
        asking.edge.scans.page().await
    };
    let caller = Some(asking.provider());
    let snapshot = match resource.and_then(|resource| query::ahead(&query, resource, caller)) {
        Some(ahead) => asking.look(ahead).await?,
        None => asking.snapshot()?,
    };
    let (provider, base_url) = (asking.provider(), asking.base_url.clone());
    let most = asking.edge.options.limits.filter_rows as u64;
    let make = move || -> Result<(ListResponse, Told), ScimError> {
        let caller = Some(provider);
        let page = |resource, query: &ListQuery| match resource {
            ResourceType::User => query::users(&*snapshot, caller, query, &base_url, most),
            ResourceType::Group => query::roles(&*snapshot, caller, query, &base_url, most),
        };
        let listing = match resource {
            Some(resource) => page(resource, &query)?,
            None => everything(&query, page)?,
        };
        let told = told(resource, &query, &listing);
        Ok((respond(&query, listing), told))
    };
    let (page, told) = if cheap {
        make()
    } else {
        super::on_blocking_thread(make).await
    }?;
    Ok(Answer::list(page)?.telling(told))
}

/// Users, and behind them groups, as one list.
fn everything(
    query: &ListQuery,
    page: impl Fn(ResourceType, &ListQuery) -> Result<Listing, ScimError>,
) -> Result<Listing, ScimError> {
    let Page::Index { start_index, count } = query.page else {
        return Err(ScimError::bad(
            ScimType::InvalidCursor,
            "A search of all resource types has no cursors; use startIndex, or search /Users or /Groups.",
        ));
    };
    let mut all = page(ResourceType::User, query)?;
    let mut behind = query.clone();
    behind.page = Page::Index {
        start_index: start_index.saturating_sub(all.total).max(1),
        count: count.saturating_sub(all.resources.len()),
    };
    let groups = page(ResourceType::Group, &behind)?;
    all.total += groups.total;
    all.ids.extend(groups.ids);
    all.resources.extend(groups.resources);
    all.start_index = start_index;
    Ok(all)
}

fn respond(query: &ListQuery, listing: Listing) -> ListResponse {
    let position = match query.page {
        Page::Index { .. } => PagePosition::Index(listing.start_index),
        Page::Cursor { .. } => PagePosition::Cursor(listing.next_cursor),
    };
    ListResponse::new(listing.resources, listing.total, position)
}

/// A look-up of one name, or a page of a list.
fn told(resource: Option<ResourceType>, query: &ListQuery, listing: &Listing) -> Told {
    if let (Some(resource), Some(name)) = (resource, looked_up(query)) {
        let found = if listing.total == 0 { "none" } else { "found" };
        let (kind, noun) = match resource {
            ResourceType::User => (SubjectKind::User, ""),
            ResourceType::Group => (SubjectKind::Role, "role "),
        };
        let mut told = Told::words(["lookup ", noun, &short(name), ": ", found].concat());
        told.name(kind, name);
        return told;
    }
    let noun = match resource {
        Some(ResourceType::User) => "users",
        Some(ResourceType::Group) => "roles",
        None => "users and roles",
    };
    let (shown, total) = (listing.resources.len() as u64, listing.total);
    Told::words(match (&query.page, shown) {
        (_, 0) => format!("{noun} listed: 0 of {total}"),
        (Page::Index { .. }, _) => {
            let first = listing.start_index;
            format!("{noun} listed: {first}–{} of {total}", first + shown - 1)
        }
        (Page::Cursor { .. }, _) => format!("{noun} listed: {shown} of {total}"),
    })
}

/// The name or id that the filter asks for.
fn looked_up(query: &ListQuery) -> Option<&str> {
    const NAMES: [&str; 5] = [
        "userName",
        "displayName",
        "externalId",
        "emails.value",
        "id",
    ];
    let filter = query.filter.as_ref()?;
    NAMES.iter().find_map(|name| filter.required(name))
}
