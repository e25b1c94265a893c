//! Questions: each is answered from one consistent view, on a thread that may block.

mod access;
mod history;
mod identity;
mod lists;
mod oldest;
mod provider;

use std::sync::Arc;

use self::lists::{Source, Wanted};
use super::{Facts, blocking, find, refused::Refused, rows};
use crate::{
    admin::{
        Reply, Request,
        request::MAXIMUM_PAGE,
        row::{
            AttributePair, ConflictDetail, ConflictRow, JournalRow, NamedMember, ProviderRow,
            RoleDetail, RoleFigures, StatusReport, UserDetail, UserFigures,
        },
    },
    directory::{
        Conflict, ConflictId, ConflictState, ExchangeId, ManagedBy, Provider, Read, SubjectKind,
        comparison::{MemberName, compare},
    },
    service::{
        Engine,
        search::Sort,
        setup,
        sync::{DIGESTS, SyncDigest},
        sync_exchanges,
    },
    store::{CursorError, Snapshot, journal_after},
};

/// The most members of a role that one answer lists, and names on a side of a conflict.
const MAXIMUM_MEMBERS: usize = 20_000;

/// The most conflicts that a user's or a role's detail lists.
const MAXIMUM_CONFLICTS: usize = 50;

/// So many bytes of journal entries end an answer.
const JOURNAL_BYTES: usize = 8 * 1024 * 1024;

/// Answers a question.
pub(super) async fn answer(
    engine: &Arc<Engine>,
    facts: &Arc<Facts>,
    request: Request,
) -> Result<Reply, Refused> {
    let (engine, facts) = (Arc::clone(engine), Arc::clone(facts));
    blocking(move || {
        let question = Question {
            snapshot: engine.snapshot()?,
            engine: &engine,
            facts: &facts,
        };
        question.answer(request)
    })
    .await
}

/// Journal entries with higher numbers, in order, at most `limit`, or that some of them are gone.
pub(super) async fn journal(
    engine: &Arc<Engine>,
    after: u64,
    limit: u32,
) -> Result<Vec<JournalRow>, Refused> {
    let engine = Arc::clone(engine);
    blocking(move || Ok(journal_page(&*engine.snapshot()?, after, limit)?)).await
}

/// Entries up to a number and up to a size, so that the line stays within what a client takes.
fn journal_page(
    snapshot: &dyn Snapshot,
    mut after: u64,
    limit: u32,
) -> Result<Vec<JournalRow>, CursorError> {
    const STEP: usize = 50;
    let limit = page(limit);
    let (mut rows, mut bytes) = (Vec::new(), 0);
    while rows.len() < limit {
        let step = STEP.min(limit - rows.len());
        let entries = journal_after(snapshot, after, step)?;
        let is_last = entries.len() < step;
        for row in entries.into_iter().map(rows::journal) {
            after = row.seq;
            bytes += serde_json::to_vec(&row).map_or(0, |json| json.len());
            rows.push(row);
            if bytes >= JOURNAL_BYTES {
                return Ok(rows);
            }
        }
        if is_last {
            break;
        }
    }
    Ok(rows)
}

/// A page's size within bounds.
fn page(limit: u32) -> usize {
    usize::try_from(limit.min(MAXIMUM_PAGE)).unwrap_or(usize::MAX)
}

fn wanted<By>(
    filter: Option<String>,
    sort: Option<Sort<By>>,
    offset: u64,
    limit: u32,
) -> Wanted<By> {
    Wanted {
        filter,
        sort,
        offset,
        limit: page(limit),
    }
}

/// What a question is answered from.
struct Question<'a> {
    engine: &'a Engine,
    snapshot: Box<dyn Snapshot>,
    facts: &'a Facts,
}

impl Question<'_> {
    /// What lists are answered from.
    fn source(&self) -> Source<'_> {
        Source {
            engine: self.engine,
            snapshot: &*self.snapshot,
        }
    }

    fn answer(&self, request: Request) -> Result<Reply, Refused> {
        let snapshot = &*self.snapshot;
        Ok(match request {
            Request::Status => Reply::Status(Box::new(self.status()?)),
            Request::Setup => {
                let (engine, recorder) = (self.engine, self.engine.recorder());
                Reply::Setup(setup::steps(snapshot, recorder, engine.now())?)
            }
            Request::Users {
                filter,
                sort,
                offset,
                limit,
            } => Reply::Users(lists::users(
                self.source(),
                &wanted(filter, sort, offset, limit),
            )?),
            Request::User { user } => Reply::User(Box::new(self.user(&user)?)),
            Request::Roles {
                filter,
                sort,
                offset,
                limit,
            } => Reply::Roles(lists::roles(
                self.source(),
                &wanted(filter, sort, offset, limit),
            )?),
            Request::Role { role, members } => Reply::Role(Box::new(self.role(&role, members)?)),
            Request::Providers => Reply::Providers(self.providers(false)?),
            Request::Tokens => {
                let tokens = snapshot.tokens()?;
                let rows = tokens
                    .iter()
                    .map(|token| rows::token(self.engine, snapshot, token));
                Reply::Tokens(rows.collect::<Read<_>>()?)
            }
            Request::Conflicts { all, limit } => {
                Reply::Conflicts(conflicts(snapshot, all, page(limit))?)
            }
            Request::Conflict { id } => Reply::Conflict(Box::new(conflict(snapshot, id)?)),
            Request::Provider { provider } => {
                let detail = provider::provider(self.engine, snapshot, provider)?;
                Reply::Provider(Box::new(detail))
            }
            Request::Token { id } => {
                Reply::Token(Box::new(provider::token(self.engine, snapshot, id)?))
            }
            request => self.answer_of_past(request)?,
        })
    }

    fn answer_of_past(&self, request: Request) -> Result<Reply, Refused> {
        let recorder = self.engine.recorder();
        Ok(match request {
            Request::Journal { after, limit } => {
                Reply::Journal(journal_page(&*self.snapshot, after, limit)?)
            }
            Request::Exchanges { after, limit } => Reply::Exchanges {
                lines: recorder.lines(after, page(limit)),
                missed: 0,
            },
            Request::Exchange { id } => {
                let found = sync_exchanges::exchange(self.engine, &*self.snapshot, id)?;
                let exchange = found.ok_or_else(|| {
                    Refused::because(format!(
                        "The exchange {id} is not kept any more, or never was."
                    ))
                })?;
                Reply::Exchange(Box::new(exchange))
            }
            Request::Syncs { limit } => {
                Reply::Syncs(self.engine.syncs(&*self.snapshot, page(limit))?)
            }
            Request::SyncExchanges { id, after, limit } => {
                let (snapshot, sync) = (&*self.snapshot, self.sync(id)?);
                let limit = page(limit).max(1);
                let page = sync_exchanges::page(self.engine, snapshot, &sync, after, limit)?;
                Reply::SyncExchanges {
                    lines: page.lines,
                    next: page.next,
                }
            }
            request => self.answer_of_access(request)?,
        })
    }

    fn sync(&self, id: ExchangeId) -> Result<SyncDigest, Refused> {
        let syncs = self.engine.syncs(&*self.snapshot, DIGESTS)?;
        let found = syncs.into_iter().find(|sync| sync.id == id);
        found.ok_or_else(|| {
            Refused::because(format!(
                "The sync {id} is not kept in memory any more, or never was."
            ))
        })
    }

    fn answer_of_access(&self, request: Request) -> Result<Reply, Refused> {
        let (snapshot, now) = (&*self.snapshot, self.engine.now());
        Ok(match request {
            Request::Resources {
                filter,
                sort,
                offset,
                limit,
            } => Reply::Resources(lists::resources(
                self.source(),
                &wanted(filter, sort, offset, limit),
            )?),
            Request::Resource { resource } => {
                Reply::Resource(Box::new(access::resource(snapshot, &resource)?))
            }
            Request::AccessCheck { user, resource } => {
                let row = access::checked(snapshot, now, &user, &resource)?;
                Reply::AccessCheck(Box::new(row))
            }
            Request::AccessList {
                user,
                resource,
                after,
                limit,
            } => access::list(snapshot, now, [user, resource], after, page(limit))?,
            Request::IdentitySets { after, limit } => {
                Reply::IdentitySets(identity::sets(snapshot, after.as_deref(), page(limit))?)
            }
            Request::IdentitySet { set, after, limit } => {
                let after = after.as_deref();
                Reply::IdentitySet(identity::set(snapshot, &set, after, page(limit))?)
            }
            request => self.answer_of_operation(&request)?,
        })
    }

    fn answer_of_operation(&self, request: &Request) -> Result<Reply, Refused> {
        let snapshot = &*self.snapshot;
        Ok(match *request {
            Request::Warnings => Reply::Warnings(self.engine.warnings(snapshot)?),
            Request::Holds { all, limit } => {
                let holds = snapshot.holds(all, None, page(limit))?;
                Reply::Holds(holds.into_iter().map(rows::hold).collect())
            }
            Request::Check => Reply::Check(self.engine.check()?),
            Request::SyncMarkdown { id } => Reply::Text {
                text: self.sync(id)?.to_markdown(),
            },
            _ => return Err(Refused::because("This request is an act, not a question.")),
        })
    }

    fn status(&self) -> Result<StatusReport, Refused> {
        let (engine, facts) = (self.engine, self.facts);
        let totals = self.snapshot.totals()?;
        let now = engine.now();
        let uptime = facts
            .started
            .map_or(0, |started| now.duration_since(started).as_secs());
        Ok(StatusReport {
            version: facts.version.clone(),
            listen: facts.listen.clone(),
            tls: facts.tls,
            base_url: facts.base_url.clone(),
            store: engine.store_description(),
            store_bytes: engine.store_size(),
            journal_oldest: oldest::entry(&*self.snapshot)?,
            exchanges_oldest: oldest::exchange(&*self.snapshot)?,
            uptime_s: u64::try_from(uptime).unwrap_or(0),
            users: UserFigures {
                active: totals.users_active,
                suspended: totals.users_suspended,
                local: totals.users_local(),
                service_accounts: totals.service_accounts,
            },
            roles: RoleFigures {
                total: totals.roles,
                managed: totals.roles_managed.values().sum(),
            },
            conflicts_open: totals.conflicts_open,
            providers: self.providers(true)?,
            journal_first: self.snapshot.journal_first()?,
            journal_last: totals.journal_last,
            requests: engine.recorder().figures(now),
            sync_gap_ms: u64::try_from(engine.recorder().sync_gap().as_millis()).unwrap_or(0),
            warnings: engine.warnings(&*self.snapshot)?,
            node: engine.node().map(str::to_owned),
            nodes: engine.nodes(),
        })
    }

    /// Every provider, or only those that were ever activated.
    fn providers(&self, only_known: bool) -> Read<Vec<ProviderRow>> {
        let mut rows = Vec::new();
        for provider in Provider::ALL {
            let is_known = self.snapshot.provider(provider)?.changed.is_some();
            if is_known || !only_known {
                let now = self.engine.now();
                rows.push(rows::provider(self.engine, &*self.snapshot, provider, now)?);
            }
        }
        Ok(rows)
    }

    fn user(&self, given: &str) -> Result<UserDetail, Refused> {
        let snapshot = &*self.snapshot;
        let user = find::user(snapshot, given)?;
        Ok(UserDetail {
            row: rows::user(snapshot, &user)?,
            memberships: rows::user_roles(snapshot, user.id)?,
            temporary_access: access::given_to(snapshot, user.id)?,
            conflicts: conflicts_about(snapshot, &user.id.to_string())?,
            history: history::about(snapshot, &user.id.to_string())?,
            attributes: crate::scim::Document::from(user.attributes).into(),
        })
    }

    fn role(&self, given: &str, members: u32) -> Result<RoleDetail, Refused> {
        let snapshot = &*self.snapshot;
        let role = find::role(snapshot, given)?;
        let most = usize::try_from(members).unwrap_or(usize::MAX);
        Ok(RoleDetail {
            row: rows::role(self.engine, snapshot, &role)?,
            members: rows::members(snapshot, role.id, most.min(MAXIMUM_MEMBERS))?,
            resources: access::resources_of_role(snapshot, role.id)?,
            conflicts: conflicts_about(snapshot, &role.id.to_string())?,
            history: history::about(snapshot, &role.id.to_string())?,
        })
    }
}

/// Open conflicts, and then with `all` the others, the newest first in both.
fn conflicts(snapshot: &dyn Snapshot, all: bool, limit: usize) -> Read<Vec<ConflictRow>> {
    const PAGE: usize = 500;
    let open = snapshot.conflicts(false, None, limit)?;
    let mut found: Vec<ConflictRow> = open.iter().map(rows::conflict).collect();
    let mut before = None;
    while all && found.len() < limit {
        let page = snapshot.conflicts(true, before, PAGE)?;
        let Some(last) = page.last() else { break };
        before = Some(last.id);
        let resolved = page
            .iter()
            .filter(|conflict| conflict.state != ConflictState::Open);
        found.extend(resolved.map(rows::conflict));
    }
    found.truncate(limit);
    Ok(found)
}

/// Conflicts that stand on a user or role.
fn conflicts_about(snapshot: &dyn Snapshot, existing: &str) -> Read<Vec<ConflictRow>> {
    let found = snapshot.conflicts_about(existing)?;
    let newest_first = found.iter().rev().take(MAXIMUM_CONFLICTS);
    Ok(newest_first.map(rows::conflict).collect())
}

fn conflict(snapshot: &dyn Snapshot, id: ConflictId) -> Result<ConflictDetail, Refused> {
    let conflict = snapshot
        .conflict(id)?
        .ok_or_else(|| find::not_found(SubjectKind::Conflict, &id.to_string()))?;
    let comparison = compare(snapshot, &conflict)?;
    let mut only_incoming = named(comparison.only_incoming);
    let room = MAXIMUM_MEMBERS.saturating_sub(only_incoming.len());
    let unknown = comparison.unknown_incoming.into_iter().take(room);
    only_incoming.extend(unknown.map(|id| NamedMember {
        id,
        user_name: None,
    }));
    Ok(ConflictDetail {
        row: rows::conflict(&conflict),
        existing_managed_by: existing_owner(snapshot, &conflict)?,
        attributes: comparison
            .attributes
            .into_iter()
            .map(|difference| AttributePair {
                name: difference.name,
                incoming: difference.incoming,
                existing: difference.existing,
            })
            .collect(),
        only_incoming,
        only_existing: named(comparison.only_existing),
        both: named(comparison.both),
        history: history::about(snapshot, &id.to_string())?,
    })
}

fn named(members: Vec<MemberName>) -> Vec<NamedMember> {
    let members = members.into_iter().take(MAXIMUM_MEMBERS);
    members
        .map(|member| NamedMember {
            id: member.id.to_string(),
            user_name: Some(member.user_name),
        })
        .collect()
}

/// Who manages what is already here; `None` when that is gone.
fn existing_owner(snapshot: &dyn Snapshot, conflict: &Conflict) -> Read<Option<ManagedBy>> {
    let id = conflict.existing.id.as_str();
    Ok(match conflict.existing.kind {
        SubjectKind::Role => match id.parse() {
            Ok(id) => snapshot.role(id)?.map(|role| role.managed_by),
            Err(_) => None,
        },
        _ => match id.parse() {
            Ok(id) => snapshot.user(id)?.map(|user| user.managed_by),
            Err(_) => None,
        },
    })
}
