//! One call on a resource: what a request, or one operation of a bulk request, asks for.

use std::sync::Arc;

use form_urlencoded::parse as parse_query;
use serde_json::Value;

use super::{
    Edge,
    answer::{Answer, Refused},
    told::Told,
};
use crate::{
    directory::{Command, Condition, ExchangeId, Outcome, Provider},
    scim::{
        Dialect, Document, ResourceType, ScimError, ScimType, Strays,
        body::{member, parse_body},
        filter::{Filter, Literals},
        list::{ListQuery, PageLimits},
        patch::Patch,
        projection::Projection,
        resource::{GroupAttributes, too_many_members},
    },
    service::Caller,
    store::{Ahead, Snapshot},
};

/// Who asks, and how its answers are to look: the same for every operation of a bulk request.
#[derive(Clone)]
pub(super) struct Asking {
    pub edge: Arc<Edge>,
    pub caller: Caller,
    pub exchange: ExchangeId,
    pub base_url: Arc<str>,
}

/// What is asked for.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// The query string, without its question mark.
    pub query: String,
    /// The body; empty for reads and deletions.
    pub body: Document,
    /// `If-Match`.
    pub if_match: Condition,
    /// `If-None-Match`.
    pub if_none_match: Condition,
}

impl Asking {
    pub(super) fn provider(&self) -> Provider {
        self.caller.provider
    }

    /// How literals in the caller's filters may be written.
    pub(super) fn literals(&self) -> Literals {
        match self.provider() {
            Provider::Entra => Literals::BareWords,
            _ => Literals::Quoted,
        }
    }

    /// How the caller's changes are read.
    pub(super) fn dialect(&self) -> Dialect {
        let strays = if self.provider().skips_unknown_members() {
            Strays::Skipped
        } else {
            Strays::Refused
        };
        Dialect {
            literals: self.literals(),
            strays,
        }
    }

    pub(super) fn page_limits(&self) -> PageLimits {
        let limits = &self.edge.options.limits;
        PageLimits {
            default: limits.page_default,
            maximum: limits.page_size,
        }
    }

    /// A list, unless its filter makes more comparisons than may be.
    pub(super) fn within_filter_terms(&self, query: ListQuery) -> Result<ListQuery, ScimError> {
        let most = self.edge.options.limits.filter_terms;
        let terms = query.filter.as_ref().map_or(0, Filter::terms);
        if terms > most {
            return Err(ScimError::bad(
                ScimType::InvalidFilter,
                format!("The filter has more than {most} comparisons; ask for less at once."),
            ));
        }
        Ok(query)
    }

    /// A PATCH, read; with no more operations and members than may be.
    pub(super) fn patch(
        &self,
        resource: ResourceType,
        body: &Document,
    ) -> Result<Patch, ScimError> {
        let most = self.edge.options.limits.patch_operations;
        let operations = member(body, "Operations").and_then(Value::as_array);
        if operations.is_some_and(|operations| operations.len() > most) {
            return Err(ScimError::new(
                413,
                format!("The PATCH has more than {most} operations; send several requests."),
            ));
        }
        let patch = Patch::parse(resource, body, self.dialect())?;
        self.check_members(patch.named_members())?;
        Ok(patch)
    }

    /// A group, read; with no more members than may be.
    pub(super) fn group(&self, body: &Document) -> Result<GroupAttributes, ScimError> {
        let group = GroupAttributes::from_push(body, self.dialect().strays)?;
        self.check_members(group.members.as_ref().map_or(0, Vec::len))?;
        Ok(group)
    }

    fn check_members(&self, named: usize) -> Result<(), ScimError> {
        let most = self.edge.options.limits.members;
        if named > most {
            return Err(too_many_members(most));
        }
        Ok(())
    }

    pub(super) fn snapshot(&self) -> Result<Box<dyn Snapshot>, Refused> {
        Ok(self.edge.engine.snapshot()?)
    }

    /// As [`Self::snapshot`], for who says what it will read.
    pub(super) async fn look(&self, ahead: Ahead) -> Result<Box<dyn Snapshot>, Refused> {
        Ok(self.edge.engine.look(ahead).await?)
    }

    /// Has a command carried out. What was refused with a conflict comes back as an error, too.
    pub(super) async fn execute(&self, command: Command) -> Result<(Outcome, Told), Refused> {
        let actor = self.caller.actor();
        let done = self
            .edge
            .engine
            .execute(actor, command, Some(self.exchange))
            .await?;
        match Told::done(done) {
            (Outcome::Refused { refusal, .. } | Outcome::Held { refusal, .. }, told) => {
                Err(Answer::from(refusal).telling(told).into())
            }
            done => Ok(done),
        }
    }
}

impl Asked {
    /// Which parts of the resource are to be answered.
    pub(super) fn projection(&self, resource: ResourceType) -> Result<Projection, ScimError> {
        let (mut attributes, mut excluded) = (Vec::new(), Vec::new());
        for (name, value) in parse_query(self.query.as_bytes()) {
            if name.eq_ignore_ascii_case("attributes") {
                attributes.push(value);
            } else if name.eq_ignore_ascii_case("excludedAttributes") {
                excluded.push(value);
            }
        }
        Projection::parse(
            Some(attributes.join(",").as_str()),
            Some(excluded.join(",").as_str()),
            resource,
        )
    }

    /// The list that the query string asks for.
    pub(super) fn list_query(
        &self,
        asking: &Asking,
        resource: ResourceType,
    ) -> Result<ListQuery, ScimError> {
        ListQuery::from_pairs(
            parse_query(self.query.as_bytes()),
            resource,
            asking.literals(),
            asking.page_limits(),
        )
        .and_then(|query| asking.within_filter_terms(query))
    }

    /// Takes a body in, of at most so many levels.
    pub(super) fn read_body(&mut self, bytes: &[u8], depth: usize) -> Result<(), ScimError> {
        self.body = parse_body(bytes, depth)?;
        Ok(())
    }
}
