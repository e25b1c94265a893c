//! Resources.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::{
    super::super::{refused::Refused, rows},
    Found, Key, Source, WALK, Wanted, each,
    users::each_role_named,
};
use crate::{
    admin::row::{Page, ResourceRow},
    directory::{Read, Resource, ResourceId, RoleId},
    service::{
        listings::Order,
        search::{
            Filter, List, ResourceOrder,
            resources::{ResourceFacts, ResourceTest},
            value::Text,
        },
    },
    store::Snapshot,
};

/// A page of resources. The store has no way to leave so many out, so that the order of their making is
/// found as any other.
pub(in super::super) fn resources(
    source: Source<'_>,
    wanted: &Wanted<ResourceOrder>,
) -> Result<Page<ResourceRow>, Refused> {
    let snapshot = source.snapshot;
    let of = snapshot.totals()?.resources;
    let filter = Filter::parse(wanted.filter())?;
    if filter.is_empty() && wanted.sort.is_none() && wanted.offset == 0 {
        let rows = snapshot.resources(None, wanted.limit)?;
        return Ok(Page::new(
            rows.into_iter().map(rows::resource).collect(),
            of,
        ));
    }
    let part = [wanted.offset, wanted.limit as u64];
    source.page(
        wanted.asked(List::Resources, Order::Resources),
        part,
        of,
        || Ok((find(source, wanted, &filter)?, filter.depends_on_time())),
        |id| Ok(snapshot.resource(ResourceId(id))?.map(rows::resource)),
    )
}

fn find(
    source: Source<'_>,
    wanted: &Wanted<ResourceOrder>,
    filter: &Filter<ResourceTest>,
) -> Result<Vec<Uuid>, Refused> {
    let (snapshot, now) = (source.snapshot, source.now());
    let reached = reached_by(snapshot, filter)?;
    let asks_for_grants = filter.tests().any(|test| *test == ResourceTest::Granted);
    let mut found = Found::new();
    each(
        |after| snapshot.resources(after, WALK),
        |resource: &Resource| resource.id,
        |resource| {
            let id = resource.id;
            let facts = ResourceFacts {
                resource: &resource,
                reached_by: &|name| reached.get(name).is_some_and(|known| known.contains(&id)),
                granted: asks_for_grants && !snapshot.roles_reaching(id, None, 1)?.is_empty(),
            };
            if filter.passes(&facts, now) {
                found.add(id, wanted.sort.map(|sort| key(&resource, sort.by)))?;
            }
            Ok(())
        },
    )?;
    Ok(found.ordered(wanted.sort.is_some_and(|sort| sort.descending)))
}

fn key(resource: &Resource, by: ResourceOrder) -> Key {
    match by {
        ResourceOrder::Name => Key::text(&resource.name),
        ResourceOrder::Kind => Key::text(&resource.kind),
        ResourceOrder::Tags => {
            let tags = resource.tags.iter();
            let tags: Vec<String> = tags
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            Key::text(&tags.join(" "))
        }
        ResourceOrder::Created => Key::Time(Some(resource.created)),
    }
}

/// The resources that roles of such names reach.
fn reached_by(
    snapshot: &dyn Snapshot,
    filter: &Filter<ResourceTest>,
) -> Result<HashMap<Text, HashSet<ResourceId>>, Refused> {
    let mut reached = HashMap::new();
    for test in filter.tests() {
        let ResourceTest::Role(name) = test else {
            continue;
        };
        if reached.contains_key(name) {
            continue;
        }
        let mut ids = HashSet::new();
        each_role_named(snapshot, name, |role| of_role(snapshot, role.id, &mut ids))?;
        reached.insert(name.clone(), ids);
    }
    Ok(reached)
}

fn of_role(snapshot: &dyn Snapshot, role: RoleId, ids: &mut HashSet<ResourceId>) -> Read<()> {
    let mut after = None;
    loop {
        let page = snapshot.resources_of_role(role, after, WALK)?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = Some(*last);
        ids.extend(page);
    }
}
