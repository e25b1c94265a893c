//! `/Users`.

use hyper::Method;
use serde_json::Value;

use super::{
    answer::{Answer, Refused},
    call::{Asked, Asking},
    condition, list,
    told::Told,
};
use crate::{
    directory::{Command, Condition, Outcome, Refusal, SubjectKind, User, UserId},
    scim::{Document, ResourceType, projection::Projection, resource::UserAttributes},
    service::{
        redact,
        representation::{self, RoleNames, Shown as _},
    },
    store::{Ahead, Snapshot},
};

/// A call on `/Users`.
pub(super) async fn collection(
    asking: &Asking,
    method: &Method,
    asked: Asked,
) -> Result<Answer, Refused> {
    if *method != Method::POST {
        return list::answer(asking, ResourceType::User, &asked).await;
    }
    let projection = asked.projection(ResourceType::User)?;
    let attributes = UserAttributes::from_document(&asked.body)?;
    write(asking, Command::CreateUser { attributes }, &projection).await
}

/// A call on `/Users/{id}`.
pub(super) async fn single(
    asking: &Asking,
    method: &Method,
    given: &str,
    asked: Asked,
) -> Result<Answer, Refused> {
    let projection = asked.projection(ResourceType::User)?;
    let id = id(given)?;
    let condition = asked.if_match.clone();
    let is_read = *method == Method::GET || *method == Method::HEAD;
    if !is_read
        && asked.if_none_match != Condition::None
        && let Some(here) = here(asking, id).await?
    {
        condition::refuse_present(&asked, &here)?;
    }
    let command = match *method {
        Method::PUT => Command::ReplaceUser {
            id,
            attributes: UserAttributes::from_document(&asked.body)?,
            condition,
        },
        Method::PATCH => {
            let patch = asking.patch(ResourceType::User, &asked.body)?;
            if !patch.echoes.is_empty()
                && let Some(here) = here(asking, id).await?
            {
                patch.check_echoes(&here)?;
            }
            Command::PatchUser {
                id,
                patch,
                payload: redact::redact(Value::Object(asked.body)),
                condition,
            }
        }
        Method::DELETE => Command::DeleteUser { id, condition },
        _ => return read(asking, id, given, &asked, &projection).await,
    };
    write(asking, command, &projection).await
}

/// An id as it stands in a path. What cannot be one is simply not here.
fn id(given: &str) -> Result<UserId, Refused> {
    given.parse::<UserId>().map_err(|_| not_found(given))
}

fn not_found(given: &str) -> Refused {
    Refused::from(Refusal::NotFound {
        kind: SubjectKind::User,
        given: super::route::shortened(given),
    })
}

/// The user as the caller reads it; `None` where it sees none, of which the decision tells.
async fn here(asking: &Asking, id: UserId) -> Result<Option<Document>, Refused> {
    let snapshot = asking.look(Ahead::User(id)).await?;
    let provider = asking.provider();
    let user = snapshot.user(id)?.filter(|user| user.is_seen_by(provider));
    let Some(user) = user else {
        return Ok(None);
    };
    let names = RoleNames::default();
    let base_url = &asking.base_url;
    let shown = representation::user(&*snapshot, &user, Some(provider), base_url, &names)?;
    Ok(Some(shown.document()?))
}

async fn read(
    asking: &Asking,
    id: UserId,
    given: &str,
    asked: &Asked,
    projection: &Projection,
) -> Result<Answer, Refused> {
    let snapshot = asking.look(Ahead::User(id)).await?;
    let user = snapshot
        .user(id)?
        .filter(|user| user.is_seen_by(asking.provider()))
        .ok_or_else(|| not_found(given))?;
    let answer = shown(asking, &*snapshot, 200, &user, projection)?;
    let mut told = Told::words(format!("{} read", user.user_name));
    told.name(SubjectKind::User, &user.user_name);
    Ok(condition::conditional(answer.telling(told), asked))
}

async fn write(
    asking: &Asking,
    command: Command,
    projection: &Projection,
) -> Result<Answer, Refused> {
    let (outcome, told) = asking.execute(command).await?;
    let Outcome::User { user, created } = outcome else {
        return Ok(Answer::empty(204).telling(told));
    };
    let status = if created { 201 } else { 200 };
    let snapshot = asking.look(Ahead::RolesOf(user.id)).await?;
    let answer = shown(asking, &*snapshot, status, &user, projection)?;
    Ok(answer.telling(told))
}

fn shown(
    asking: &Asking,
    snapshot: &dyn Snapshot,
    status: u16,
    user: &User,
    projection: &Projection,
) -> Result<Answer, Refused> {
    let (caller, base_url) = (Some(asking.provider()), &asking.base_url);
    let names = RoleNames::default();
    let resource = representation::user(snapshot, user, caller, base_url, &names)?;
    Ok(Answer::resource(status, &resource, projection)?)
}
