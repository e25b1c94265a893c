//! Answers as values: made by the calls, sent and recorded by the conversation, or put into the
//! answer of a bulk request.

use std::{borrow::Cow, sync::Arc};

use hyper::{
    Response, StatusCode,
    header::{
        ALLOW, CONNECTION, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, LOCATION, RETRY_AFTER,
        WWW_AUTHENTICATE,
    },
};
use serde_json::Value;

use super::{
    body::{Pieces, Text},
    told::Told,
    wire::REQUEST_ID,
};
use crate::{
    directory::{Read, ReadError, Refusal, UserId},
    scim::{ScimError, list::ListResponse, projection::Projection},
    service::representation::{LongRole, Shown, ShownRole},
    store::{StoreError, writer::Failure},
};

/// The media type of every body.
pub(super) const SCIM_JSON: &str = "application/scim+json";

/// How long a client is asked to wait, in seconds, when the writer's queue is full.
const RETRY_OVERLOADED: u64 = 1;

/// How long a client is asked to wait, in seconds, when the store cannot be used.
const RETRY_UNAVAILABLE: u64 = 5;

/// What an answer says.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Body {
    /// Nothing.
    None,
    /// What was made as a value: errors, and what is small.
    Value(Value),
    /// JSON that was written straight from the rows, or will be.
    Json(Text),
}

/// One answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body; none with 204 and 304.
    pub body: Body,
    /// Where the resource is.
    pub location: Option<String>,
    /// The resource's version, as `meta.version` has it.
    pub version: Option<String>,
    /// The methods that the path knows, with 405.
    pub allow: Option<&'static str>,
    /// After how many seconds to try again, with 429 and 503.
    pub retry_after: Option<u64>,
    /// How to authenticate, with 401.
    pub challenge: Option<&'static str>,
    /// Whether the connection ends with it: where the rest of the request was not read.
    pub closes: bool,
    /// What the record says of it.
    pub told: Told,
}

impl Answer {
    /// A body with a status.
    pub(super) fn new(status: u16, body: impl Into<Value>) -> Self {
        Self {
            body: Body::Value(body.into()),
            ..Self::empty(status)
        }
    }

    /// A page of a list.
    pub(super) fn list(page: ListResponse) -> Result<Self, Refused> {
        let text = page.text().map_err(|error| {
            tracing::error!(%error, "a list cannot be written as JSON");
            ScimError::new(500, "The list cannot be shown; the log says more.")
        })?;
        Ok(Self {
            body: Body::Json(Text::list(text)),
            ..Self::empty(200)
        })
    }

    /// A status alone.
    pub(super) fn empty(status: u16) -> Self {
        Self {
            status,
            body: Body::None,
            location: None,
            version: None,
            allow: None,
            retry_after: None,
            challenge: None,
            closes: false,
            told: Told::default(),
        }
    }

    /// One resource, of which only what `projection` wants is shown.
    pub(super) fn resource(
        status: u16,
        resource: &impl Shown,
        projection: &Projection,
    ) -> Read<Self> {
        Ok(Self {
            body: Body::Json(Text::Whole(resource.text(projection)?)),
            location: Some(resource.location()),
            version: Some(resource.version()),
            ..Self::empty(status)
        })
    }

    /// The whole of a role that was shown without its many members, with them.
    pub(super) fn long_role(
        status: u16,
        role: &ShownRole<'_>,
        members: Arc<Vec<UserId>>,
    ) -> Read<Self> {
        let long = LongRole::of(role, members)?;
        Ok(Self {
            body: Body::Json(Text::Role(Box::new(long))),
            location: Some(role.location()),
            version: Some(role.version()),
            ..Self::empty(status)
        })
    }

    /// The same answer, told in the record.
    pub(super) fn telling(mut self, told: Told) -> Self {
        self.told = told;
        self
    }

    /// The answer as it is sent.
    pub(super) fn into_sent(self, id: String) -> Sent {
        Sent {
            status: self.status,
            headers: self.headers(id),
            text: match self.body {
                Body::None => Text::Whole(String::new()),
                Body::Value(value) => Text::Whole(value.to_string()),
                Body::Json(json) => json,
            },
        }
    }

    /// The answer's header fields, but those of the framing.
    fn headers(&self, id: String) -> Vec<(HeaderName, Cow<'static, str>)> {
        let mut headers = Vec::with_capacity(4);
        headers.push((HeaderName::from_static(REQUEST_ID), id.into()));
        let mut add = |name, value: Option<Cow<'static, str>>| {
            headers.extend(value.map(|value| (name, value)));
        };
        let says_something = self.body != Body::None;
        add(CONTENT_TYPE, says_something.then_some(SCIM_JSON.into()));
        add(LOCATION, self.location.clone().map(Into::into));
        add(ETAG, self.version.clone().map(Into::into));
        add(ALLOW, self.allow.map(Into::into));
        let after = self.retry_after.map(|after| after.to_string());
        add(RETRY_AFTER, after.map(Into::into));
        add(WWW_AUTHENTICATE, self.challenge.map(Into::into));
        add(CONNECTION, self.closes.then_some("close".into()));
        headers
    }
}

/// An answer as text.
pub(super) struct Sent {
    /// The HTTP status.
    pub status: u16,
    /// The header fields, but those of the framing.
    pub headers: Vec<(HeaderName, Cow<'static, str>)>,
    /// The body.
    pub text: Text,
}

impl From<Sent> for Response<Pieces> {
    fn from(sent: Sent) -> Self {
        let mut response = Response::new(Pieces::from(sent.text));
        *response.status_mut() =
            StatusCode::from_u16(sent.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        for (name, value) in sent.headers {
            let value = match value {
                Cow::Borrowed(value) => Ok(HeaderValue::from_static(value)),
                Cow::Owned(value) => HeaderValue::try_from(value),
            };
            if let Ok(value) = value {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

/// The answer to a request that was not done, where a function has nothing else to give.
#[derive(Debug)]
pub(super) struct Refused(Box<Answer>);

impl Refused {
    /// The answer itself.
    pub(super) fn into_answer(self) -> Answer {
        *self.0
    }
}

impl<T: Into<Answer>> From<T> for Refused {
    fn from(reason: T) -> Self {
        Self(Box::new(reason.into()))
    }
}

impl From<ScimError> for Answer {
    fn from(error: ScimError) -> Self {
        Self {
            retry_after: matches!(error.status, 429 | 503).then_some(RETRY_UNAVAILABLE),
            ..Self::new(error.status, error.to_json()).telling(Told::refused(&error))
        }
    }
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        Self {
            retry_after: refusal.retry_after(),
            ..Self::from(refusal.to_scim()).telling(Told::refusal(&refusal))
        }
    }
}

impl From<Failure> for Answer {
    fn from(failure: Failure) -> Self {
        let detail = failure.to_string();
        match failure {
            Failure::Refused(refusal) => refusal.into(),
            Failure::Overloaded => Self {
                retry_after: Some(RETRY_OVERLOADED),
                ..ScimError::new(503, detail).into()
            },
            Failure::Unavailable(_) => ScimError::new(503, detail).into(),
        }
    }
}

impl From<StoreError> for Answer {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "a request could not read the store");
        ScimError::new(
            503,
            "The directory cannot be read at the moment; try again later.",
        )
        .into()
    }
}

impl From<ReadError> for Answer {
    fn from(error: ReadError) -> Self {
        StoreError::from(error).into()
    }
}

/// 414.
pub(super) fn target_too_long() -> ScimError {
    ScimError::new(
        414,
        "The request's path and query are too long; use POST /.search for a long filter.",
    )
}

#[cfg(test)]
mod tests {
    use serde::Serialize;

    use super::*;

    struct Ann;

    impl Serialize for Ann {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serde_json::json!({"id": "1", "userName": "ann"}).serialize(serializer)
        }
    }

    impl Shown for Ann {
        fn length(&self) -> usize {
            0
        }

        fn location(&self) -> String {
            "https://x.io/scim/v2/Users/1".to_owned()
        }

        fn version(&self) -> String {
            "W/\"3\"".to_owned()
        }
    }

    #[test]
    fn headers_follow_the_answer() {
        let names = |answer: &Answer| -> Vec<String> {
            answer
                .headers("id".to_owned())
                .into_iter()
                .map(|(name, value)| format!("{name}: {value}"))
                .collect()
        };
        let only_id = Projection::parse(Some("id"), None, None).expect("valid");
        let created = Answer::resource(201, &Ann, &only_id).expect("JSON");
        let text = Text::Whole("{\"id\":\"1\"}".to_owned());
        assert_eq!(created.body, Body::Json(text));
        assert_eq!(
            names(&created),
            [
                "x-request-id: id",
                "content-type: application/scim+json",
                "location: https://x.io/scim/v2/Users/1",
                "etag: W/\"3\"",
            ]
        );
        assert_eq!(names(&Answer::empty(204)), ["x-request-id: id"]);
        assert_eq!(
            names(&Failure::Overloaded.into()),
            [
                "x-request-id: id",
                "content-type: application/scim+json",
                "retry-after: 1"
            ]
        );
    }
}
