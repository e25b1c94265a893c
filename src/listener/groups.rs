//! `/Groups`.

use std::sync::Arc;

use hyper::Method;
use serde_json::Value;
use tokio::sync::SemaphorePermit;

use super::{
    answer::{Answer, Refused},
    call::{Asked, Asking},
    condition, list,
    told::Told,
};
use crate::{
    directory::{
        Command, Condition, Outcome, Provider, Refusal, Role, RoleId, SubjectKind, UserId, etag,
    },
    scim::{Document, ResourceType, projection::Projection},
    service::{
        redact,
        representation::{self, Members, Shown as _},
    },
    store::{Ahead, Snapshot},
};

/// A call on `/Groups`.
pub(super) async fn collection(
    asking: &Asking,
    method: &Method,
    asked: Asked,
) -> Result<Answer, Refused> {
    if *method != Method::POST {
        return list::answer(asking, ResourceType::Group, &asked).await;
    }
    let projection = asked.projection(ResourceType::Group)?;
    let attributes = asking.group(&asked.body)?;
    write(asking, Command::CreateRole { attributes }, &projection).await
}

/// A call on `/Groups/{id}`.
pub(super) async fn single(
    asking: &Asking,
    method: &Method,
    given: &str,
    asked: Asked,
) -> Result<Answer, Refused> {
    let projection = asked.projection(ResourceType::Group)?;
    let id = id(given)?;
    let condition = asked.if_match.clone();
    let is_read = *method == Method::GET || *method == Method::HEAD;
    if !is_read
        && asked.if_none_match != Condition::None
        && let Some(here) = here(asking, id).await?
    {
        condition::refuse_present(&asked, &here)?;
    }
    match *method {
        Method::PUT => {
            let attributes = asking.group(&asked.body)?;
            let command = Command::ReplaceRole {
                id,
                attributes,
                condition,
            };
            write(asking, command, &projection).await
        }
        Method::PATCH => {
            let patch = asking.patch(ResourceType::Group, &asked.body)?;
            if !patch.echoes.is_empty()
                && let Some(here) = here(asking, id).await?
            {
                patch.check_echoes(&here)?;
            }
            let payload = redact::redact(Value::Object(asked.body));
            let command = Command::PatchRole {
                id,
                patch,
                payload,
                condition,
            };
            change(asking, command, &projection).await
        }
        Method::DELETE => {
            let command = Command::DeleteRole { id, condition };
            let (_, told) = asking.execute(command).await?;
            Ok(Answer::empty(204).telling(told))
        }
        _ => read(asking, id, given, &asked, &projection).await,
    }
}

/// An id as it stands in a path. What cannot be one is simply not here.
fn id(given: &str) -> Result<RoleId, Refused> {
    given.parse::<RoleId>().map_err(|_| not_found(given))
}

fn not_found(given: &str) -> Refused {
    Refused::from(Refusal::NotFound {
        kind: SubjectKind::Role,
        given: super::route::shortened(given),
    })
}

/// The role as the caller reads it, without members; `None` where it sees none, of which the
/// decision tells.
async fn here(asking: &Asking, id: RoleId) -> Result<Option<Document>, Refused> {
    let snapshot = asking.look(Ahead::Role(id)).await?;
    let provider = asking.provider();
    let role = snapshot.role(id)?.filter(|role| role.is_seen_by(provider));
    let Some(role) = role else {
        return Ok(None);
    };
    let (caller, base_url) = (Some(provider), &asking.base_url);
    let shown = representation::role(&*snapshot, &role, caller, base_url, Members::None)?;
    Ok(Some(shown.document()?))
}

async fn read(
    asking: &Asking,
    id: RoleId,
    given: &str,
    asked: &Asked,
    projection: &Projection,
) -> Result<Answer, Refused> {
    let provider = asking.provider();
    let seen = |role: Option<Role>| role.filter(|role| role.is_seen_by(provider));
    let ahead = match Members::wanted(projection) {
        Members::None => Ahead::Role(id),
        _ => Ahead::RoleWithMembers(id),
    };
    let mut snapshot = asking.look(ahead).await?;
    let mut role = seen(snapshot.role(id)?).ok_or_else(|| not_found(given))?;
    let mut way = Way::of(asking, &role, projection).await;
    if matches!(way, Way::InTurn(_)) {
        // Its members are read only now, and the role again with them.
        snapshot = asking.snapshot()?;
        role = seen(snapshot.role(id)?).ok_or_else(|| not_found(given))?;
        if let Some(members) = known(asking, &role, projection) {
            way = Way::With(members);
        }
    }
    let mut told = Told::words(format!("role {} read", role.display_name));
    told.name(SubjectKind::Role, &role.display_name);
    let answer = shown(asking, snapshot, way, 200, role, projection).await?;
    Ok(condition::conditional(answer.telling(told), asked))
}

/// POST and PUT.
async fn write(
    asking: &Asking,
    command: Command,
    projection: &Projection,
) -> Result<Answer, Refused> {
    let (outcome, told) = asking.execute(command).await?;
    let Outcome::Role { role, created } = outcome else {
        return Ok(Answer::empty(204).telling(told));
    };
    asking.edge.engine.note_push(role.id);
    let status = if created { 201 } else { 200 };
    let way = Way::of(asking, &role, projection).await;
    let answer = shown(asking, asking.snapshot()?, way, status, *role, projection).await?;
    Ok(answer.telling(told))
}

/// PATCH. Membership changes come in thousands, and the named providers do not read the answer:
/// they get 204 without a member being loaded, unless they ask for attributes (RFC 7644 §3.5.2).
async fn change(
    asking: &Asking,
    command: Command,
    projection: &Projection,
) -> Result<Answer, Refused> {
    let asks_for_parts = *projection != Projection::default();
    if asking.provider() == Provider::Generic || asks_for_parts {
        return write(asking, command, projection).await;
    }
    let (outcome, told) = asking.execute(command).await?;
    let mut answer = Answer::empty(204);
    if let Outcome::Role { role, .. } = outcome {
        asking.edge.engine.note_push(role.id);
        answer.version = Some(format!("W/\"{}\"", etag::role(&role)));
    }
    Ok(answer.telling(told))
}

/// How a role's members come into its answer.
enum Way<'a> {
    /// They are few, or not wanted: at once.
    AtOnce,
    /// They are many, and these: a client is being sent them already.
    With(Arc<Vec<UserId>>),
    /// They are many, which belongs on a thread that may block, and whose turn has come.
    InTurn(SemaphorePermit<'a>),
}

impl<'a> Way<'a> {
    async fn of(asking: &'a Asking, role: &Role, projection: &Projection) -> Self {
        /// Up to so many members.
        const FEW_MEMBERS: u64 = 200;
        let many = role.provider_members + role.local_members > FEW_MEMBERS;
        if !many || Members::wanted(projection) == Members::None {
            return Self::AtOnce;
        }
        if let Some(members) = known(asking, role, projection) {
            return Self::With(members);
        }
        let turn = asking.edge.large_roles.turn().await;
        turn.map_or(Self::AtOnce, Self::InTurn)
    }
}

/// The members of a role, where a client is being sent them already and this one wants as much.
fn known(asking: &Asking, role: &Role, projection: &Projection) -> Option<Arc<Vec<UserId>>> {
    let known = || asking.edge.large_roles.known(role);
    is_whole(projection).then(known).flatten()
}

/// Whether the role is wanted as it is.
fn is_whole(projection: &Projection) -> bool {
    *projection == Projection::default()
}

async fn shown(
    asking: &Asking,
    snapshot: Box<dyn Snapshot>,
    way: Way<'_>,
    status: u16,
    role: Role,
    projection: &Projection,
) -> Result<Answer, Refused> {
    let provider = asking.provider();
    let (edge, base_url) = (Arc::clone(&asking.edge), asking.base_url.clone());
    let projection = projection.clone();
    let is_in_turn = matches!(way, Way::InTurn(_));
    // Held until the answer is made.
    let (known, _turn) = match way {
        Way::AtOnce => (None, None),
        Way::With(members) => (Some(members), None),
        Way::InTurn(turn) => (None, Some(turn)),
    };
    let make = move || {
        let shown =
            |members| representation::role(&*snapshot, &role, Some(provider), &base_url, members);
        let members = match known {
            None if is_in_turn && is_whole(&projection) => {
                Some(edge.large_roles.read(&*snapshot, &role, provider)?)
            }
            known => known,
        };
        match members {
            Some(members) => Answer::long_role(status, &shown(Members::None)?, members),
            None => Answer::resource(status, &shown(Members::wanted(&projection))?, &projection),
        }
    };
    let answer = if is_in_turn {
        super::on_blocking_thread(make).await
    } else {
        make()
    };
    Ok(answer?)
}
