//! Error answers (RFC 7644 §3.12): status, `scimType` and a `detail` that a person can act on.

use serde_json::{Value, json};

/// The schema URN of an error answer.
pub const ERROR_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

/// The detail keyword of an error (RFC 7644 §3.12 table 9, RFC 9865 §2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScimType {
    /// The filter could not be parsed or names what does not exist.
    InvalidFilter,
    /// The answer would be larger than the server is willing to make it.
    TooMany,
    /// A value that must be unique is taken.
    Uniqueness,
    /// The target is read-only or immutable.
    Mutability,
    /// The body is not what the request must carry.
    InvalidSyntax,
    /// The `path` of a PATCH operation is malformed or names nothing in the schema.
    InvalidPath,
    /// The `path` of a PATCH operation matched nothing that could be changed.
    NoTarget,
    /// A required value is missing or a value does not fit its attribute.
    InvalidValue,
    /// The protocol version is not spoken here.
    InvalidVers,
    /// The request would put something sensitive into a URI.
    Sensitive,
    /// The cursor is not one that this server made for this query.
    InvalidCursor,
    /// The cursor was valid once and is no longer.
    ExpiredCursor,
    /// The page size is not one that this server answers.
    InvalidCount,
}

impl ScimType {
    /// The keyword as it stands in `scimType`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidFilter => "invalidFilter",
            Self::TooMany => "tooMany",
            Self::Uniqueness => "uniqueness",
            Self::Mutability => "mutability",
            Self::InvalidSyntax => "invalidSyntax",
            Self::InvalidPath => "invalidPath",
            Self::NoTarget => "noTarget",
            Self::InvalidValue => "invalidValue",
            Self::InvalidVers => "invalidVers",
            Self::Sensitive => "sensitive",
            Self::InvalidCursor => "invalidCursor",
            Self::ExpiredCursor => "expiredCursor",
            Self::InvalidCount => "invalidCount",
        }
    }
}

/// One refused request: what is wrong and what to do, in one sentence or two.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct ScimError {
    /// The HTTP status.
    pub status: u16,
    /// The detail keyword, where the RFC has one for the case.
    pub scim_type: Option<ScimType>,
    /// What is wrong and what to do. Never holds a secret.
    pub detail: String,
}

impl ScimError {
    /// An error with a status and no keyword.
    pub fn new(status: u16, detail: impl Into<String>) -> Self {
        Self {
            status,
            scim_type: None,
            detail: detail.into(),
        }
    }

    /// A 400 with its keyword.
    pub fn bad(scim_type: ScimType, detail: impl Into<String>) -> Self {
        Self::new(400, detail).with_type(scim_type)
    }

    /// The same error with a keyword.
    #[must_use]
    pub fn with_type(mut self, scim_type: ScimType) -> Self {
        self.scim_type = Some(scim_type);
        self
    }

    /// The body of the answer (RFC 7644 §3.12); `status` is a string there.
    pub fn to_json(&self) -> Value {
        let mut body = json!({
            "schemas": [ERROR_SCHEMA],
            "status": self.status.to_string(),
        });
        if let Some(scim_type) = self.scim_type {
            body["scimType"] = scim_type.as_str().into();
        }
        body["detail"] = self.detail.clone().into();
        body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_status_keyword_and_detail() {
        for (scim_type, keyword) in [
            (ScimType::InvalidFilter, "invalidFilter"),
            (ScimType::TooMany, "tooMany"),
            (ScimType::Uniqueness, "uniqueness"),
            (ScimType::Mutability, "mutability"),
            (ScimType::InvalidSyntax, "invalidSyntax"),
            (ScimType::InvalidPath, "invalidPath"),
            (ScimType::NoTarget, "noTarget"),
            (ScimType::InvalidValue, "invalidValue"),
            (ScimType::InvalidVers, "invalidVers"),
            (ScimType::Sensitive, "sensitive"),
            (ScimType::InvalidCursor, "invalidCursor"),
            (ScimType::ExpiredCursor, "expiredCursor"),
            (ScimType::InvalidCount, "invalidCount"),
        ] {
            assert_eq!(
                ScimError::bad(scim_type, "Why.").to_json(),
                json!({"schemas": [ERROR_SCHEMA], "status": "400", "scimType": keyword, "detail": "Why."})
            );
        }
        assert_eq!(
            ScimError::new(404, "Nothing there.").to_json(),
            json!({"schemas": [ERROR_SCHEMA], "status": "404", "detail": "Nothing there."})
        );
    }
}
