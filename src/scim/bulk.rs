//! Bulk requests (RFC 7644 §3.7): the message, and the references between its operations.

mod order;

use std::collections::HashSet;

use serde_json::{Value, json};

use super::body::{kind_of, member};
use super::path::shortened;
use super::resource::value::invalid;
use super::{Document, ResourceType, ScimError, ScimType};

/// The schema URN of a bulk request.
pub const BULK_REQUEST_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";

/// The schema URN of a bulk answer.
pub const BULK_RESPONSE_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";

/// What a reference to the resource of another operation starts with.
const REFERENCE: &str = "bulkId:";

/// The longest `bulkId`, in characters.
const MAX_BULK_ID: usize = 256;

/// A parsed bulk request.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkRequest {
    /// After how many failures the rest is left undone; `None` does all.
    pub fail_on_errors: Option<usize>,
    /// The operations, in order.
    pub operations: Vec<BulkOperation>,
}

/// One operation of a bulk request.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkOperation {
    /// What is done.
    pub method: BulkMethod,
    /// The path as sent: `/Users`, `/Users/2819c223`, `/Groups/bulkId:qwerty`.
    pub path: String,
    /// The type of the resource.
    pub resource: ResourceType,
    /// The resource's id, or a `bulkId:` reference to it; `None` for POST.
    pub id: Option<String>,
    /// The client's name for the operation. POST always has one.
    pub bulk_id: Option<String>,
    /// The version that the resource must have, as in `If-Match`.
    pub version: Option<String>,
    /// The body; empty for DELETE.
    pub data: Document,
}

/// The methods of bulk operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BulkMethod {
    /// Creates.
    Post,
    /// Replaces.
    Put,
    /// Changes.
    Patch,
    /// Deletes.
    Delete,
}

impl BulkMethod {
    /// The method as it stands in a request.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        [Self::Post, Self::Put, Self::Patch, Self::Delete]
            .into_iter()
            .find(|method| method.as_str().eq_ignore_ascii_case(word))
    }
}

impl BulkRequest {
    /// Parses the message.
    ///
    /// # Errors
    /// 400, naming the operation by its number; 413 for more than `max_operations`.
    pub fn parse(body: &Document, max_operations: usize) -> Result<Self, ScimError> {
        let operations = match member(body, "Operations") {
            Some(Value::Array(operations)) => operations,
            Some(other) => {
                return Err(syntax(format!(
                    "\"Operations\" must be an array of operations, not {}.",
                    kind_of(other)
                )));
            }
            None => {
                return Err(syntax(
                    "\"Operations\" is missing; a bulk request needs an array of operations.",
                ));
            }
        };
        if operations.len() > max_operations {
            return Err(ScimError::new(
                413,
                format!(
                    "The bulk request has {} operations; at most {max_operations} are accepted (maxOperations).",
                    operations.len()
                ),
            ));
        }
        let mut bulk_ids = HashSet::new();
        let mut parsed = Vec::with_capacity(operations.len());
        for (index, operation) in operations.iter().enumerate() {
            let operation = BulkOperation::parse(operation)
                .and_then(|operation| match &operation.bulk_id {
                    Some(bulk_id) if !bulk_ids.insert(bulk_id.clone()) => Err(invalid(format!(
                        "its \"bulkId\" {:?} is that of an earlier operation; each must differ.",
                        shortened(bulk_id)
                    ))),
                    _ => Ok(operation),
                })
                .map_err(|error| ScimError {
                    detail: format!("Operation {}: {}", index + 1, error.detail),
                    ..error
                })?;
            parsed.push(operation);
        }
        Ok(Self {
            fail_on_errors: fail_on_errors(body)?,
            operations: parsed,
        })
    }
}

impl BulkOperation {
    fn parse(operation: &Value) -> Result<Self, ScimError> {
        let Value::Object(operation) = operation else {
            return Err(syntax(format!(
                "it must be an object, not {}.",
                kind_of(operation)
            )));
        };
        let method = required_text(operation, "method")?;
        let method = BulkMethod::from_word(method).ok_or_else(|| {
            syntax(format!(
                "\"method\" must be POST, PUT, PATCH or DELETE, not {:?}.",
                shortened(method)
            ))
        })?;
        let path = required_text(operation, "path")?;
        let (resource, id) = target(path, method)?;
        let bulk_id = optional_text(operation, "bulkId")?.filter(|id| !id.is_empty());
        if method == BulkMethod::Post && bulk_id.is_none() {
            return Err(invalid("\"bulkId\" is missing; a POST needs one."));
        }
        if bulk_id.is_some_and(|id| id.chars().nth(MAX_BULK_ID).is_some()) {
            return Err(invalid(format!(
                "\"bulkId\" is longer than {MAX_BULK_ID} characters."
            )));
        }
        let data = match member(operation, "data") {
            Some(Value::Object(data)) => data.clone(),
            None | Some(Value::Null) if method == BulkMethod::Delete => Document::new(),
            None | Some(Value::Null) => {
                return Err(invalid("\"data\" is missing; only DELETE goes without."));
            }
            Some(other) => {
                return Err(invalid(format!(
                    "\"data\" must be an object, not {}.",
                    kind_of(other)
                )));
            }
        };
        Ok(Self {
            method,
            path: path.to_owned(),
            resource,
            id: id.map(str::to_owned),
            bulk_id: bulk_id.map(str::to_owned),
            version: optional_text(operation, "version")?.map(str::to_owned),
            data,
        })
    }

    /// The `bulkId`s of other operations that this one refers to, each once: those must be done
    /// first.
    pub fn references(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut known = HashSet::new();
        let mut data = Value::Object(self.data.clone());
        let mut note = |bulk_id: &str| {
            if known.insert(bulk_id.to_owned()) {
                found.push(bulk_id.to_owned());
            }
            None
        };
        if let Some(bulk_id) = self.id.as_deref().and_then(|id| id.strip_prefix(REFERENCE)) {
            note(bulk_id);
        }
        replace_references(&mut data, &mut note);
        found
    }

    /// The same operation with every reference replaced by the id that `lookup` gives for it.
    ///
    /// # Errors
    /// 409 for a reference that `lookup` does not know: its operation failed, is missing, or
    /// waits for this one (RFC 7644 §3.7.1).
    pub fn resolved(&self, lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ScimError> {
        let mut unknown = None;
        let mut find = |bulk_id: &str| {
            let found = lookup(bulk_id);
            if found.is_none() && unknown.is_none() {
                unknown = Some(bulk_id.to_owned());
            }
            found
        };
        let mut resolved = self.clone();
        if let Some(bulk_id) = self.id.as_deref().and_then(|id| id.strip_prefix(REFERENCE))
            && let Some(id) = find(bulk_id)
        {
            resolved.path = format!("{}/{id}", self.resource.endpoint());
            resolved.id = Some(id);
        }
        let mut data = Value::Object(std::mem::take(&mut resolved.data));
        replace_references(&mut data, &mut find);
        if let Value::Object(data) = data {
            resolved.data = data;
        }
        match unknown {
            None => Ok(resolved),
            Some(bulk_id) => Err(ScimError::new(
                409,
                format!(
                    "\"bulkId:{}\" refers to no operation that has created a resource; correct the reference or send the operation again later.",
                    shortened(&bulk_id)
                ),
            )),
        }
    }
}

/// Replaces references in all strings: those that are nothing else, and those in quotes inside
/// the path of a PATCH operation (`members[value eq "bulkId:x"]`).
fn replace_references(value: &mut Value, lookup: &mut dyn FnMut(&str) -> Option<String>) {
    match value {
        Value::String(text) => {
            if let Some(id) = text.strip_prefix(REFERENCE) {
                if let Some(id) = lookup(id) {
                    *text = id;
                }
            } else if text.contains("\"bulkId:") {
                *text = replace_quoted(text, lookup);
            }
        }
        Value::Array(list) => list
            .iter_mut()
            .for_each(|one| replace_references(one, lookup)),
        Value::Object(object) => object
            .values_mut()
            .for_each(|one| replace_references(one, lookup)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn replace_quoted(text: &str, lookup: &mut dyn FnMut(&str) -> Option<String>) -> String {
    let mut parts = text.split('"');
    let mut replaced = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        replaced.push('"');
        match part.strip_prefix(REFERENCE).and_then(&mut *lookup) {
            Some(id) => replaced.push_str(&id),
            None => replaced.push_str(part),
        }
    }
    replaced
}

fn fail_on_errors(body: &Document) -> Result<Option<usize>, ScimError> {
    match member(body, "failOnErrors") {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_u64() {
            Some(count) if count > 0 => Ok(Some(usize::try_from(count).unwrap_or(usize::MAX))),
            _ => Err(invalid(
                "\"failOnErrors\" must be a whole number from 1 on.",
            )),
        },
    }
}

/// `/Users` for POST, `/Users/{id}` for the others.
fn target(path: &str, method: BulkMethod) -> Result<(ResourceType, Option<&str>), ScimError> {
    let unknown = || {
        invalid(format!(
            "\"path\" must be /Users or /Groups for POST and /Users/{{id}} or /Groups/{{id}} for PUT, PATCH and DELETE, not {:?}.",
            shortened(path)
        ))
    };
    let (endpoint, id) = match path.trim_start_matches('/').split_once('/') {
        Some((endpoint, "")) => (endpoint, None),
        Some((endpoint, id)) => (endpoint, Some(id)),
        None => (path.trim_start_matches('/'), None),
    };
    let resource = ResourceType::ALL
        .iter()
        .copied()
        .find(|resource| resource.endpoint().trim_start_matches('/') == endpoint)
        .ok_or_else(unknown)?;
    let fits = match id {
        None => method == BulkMethod::Post,
        Some(id) => method != BulkMethod::Post && !id.contains(['/', '?', '#']),
    };
    if fits {
        Ok((resource, id))
    } else {
        Err(unknown())
    }
}

fn optional_text<'a>(operation: &'a Document, name: &str) -> Result<Option<&'a str>, ScimError> {
    match member(operation, name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(syntax(format!(
            "{name:?} must be a string, not {}.",
            kind_of(other)
        ))),
    }
}

fn required_text<'a>(operation: &'a Document, name: &str) -> Result<&'a str, ScimError> {
    optional_text(operation, name)?.ok_or_else(|| syntax(format!("{name:?} is missing.")))
}

/// The answer to a bulk request, from the answers to its operations.
pub fn bulk_response(operations: &[Value]) -> Value {
    json!({"schemas": [BULK_RESPONSE_SCHEMA], "Operations": operations})
}

fn syntax(detail: impl Into<String>) -> ScimError {
    ScimError::bad(ScimType::InvalidSyntax, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(body: &Value) -> Result<BulkRequest, String> {
        BulkRequest::parse(body.as_object().expect("an object"), 3).map_err(|error| error.detail)
    }

    #[test]
    fn the_example_of_the_rfc_and_its_reference() {
        let request = parse(&json!({
            "schemas": [BULK_REQUEST_SCHEMA], "failOnErrors": 1,
            "Operations": [
                {"method": "POST", "path": "/Users", "bulkId": "qwerty", "data": {"userName": "Alice"}},
                {"method": "post", "path": "/Groups", "bulkId": "ytrewq",
                 "data": {"displayName": "Tour Guides", "members": [{"type": "User", "value": "bulkId:qwerty"}]}},
                {"method": "PATCH", "path": "/Groups/bulkId:ytrewq", "version": "W/\"1\"",
                 "data": {"Operations": [{"op": "remove", "path": "members[value eq \"bulkId:qwerty\"]"}]}},
            ],
        }))
        .expect("valid");
        assert_eq!(request.fail_on_errors, Some(1));
        assert!(request.operations[0].references().is_empty());
        assert_eq!(request.operations[1].references(), ["qwerty"]);
        assert_eq!(request.operations[2].references(), ["ytrewq", "qwerty"]);

        let known = |bulk_id: &str| Some(format!("id-{bulk_id}"));
        let group = request.operations[1].resolved(known).expect("resolved");
        assert_eq!(group.data["members"][0]["value"], "id-qwerty");
        let change = request.operations[2].resolved(known).expect("resolved");
        assert_eq!(change.path, "/Groups/id-ytrewq");
        assert_eq!(change.id.as_deref(), Some("id-ytrewq"));
        assert_eq!(
            change.data["Operations"][0]["path"],
            "members[value eq \"id-qwerty\"]"
        );

        let refused = request.operations[1]
            .resolved(|_| None)
            .expect_err("unknown");
        assert_eq!(refused.status, 409);
        assert!(
            refused
                .detail
                .starts_with("\"bulkId:qwerty\" refers to no operation")
        );
    }

    #[test]
    fn a_deletion_goes_without_data() {
        for operation in [
            json!({"method": "DELETE", "path": "/Users/1"}),
            json!({"method": "DELETE", "path": "/Users/1", "data": null}),
        ] {
            let request = parse(&json!({"Operations": [operation]})).expect("valid");
            assert!(request.operations[0].data.is_empty());
            assert_eq!(request.operations[0].id.as_deref(), Some("1"));
        }
    }

    #[test]
    fn an_id_of_an_unknown_operation_is_refused() {
        let request = parse(&json!({"Operations": [
            {"method": "DELETE", "path": "/Groups/bulkId:a"},
            {"method": "DELETE", "path": "/Groups/1"},
        ]}))
        .expect("valid");
        let refused = request.operations[0].resolved(|_| None);
        assert_eq!(refused.expect_err("unknown").status, 409);
        let itself = request.operations[1]
            .resolved(|_| None)
            .expect("nothing to look up");
        assert_eq!(itself.path, "/Groups/1");
    }

    #[test]
    fn the_answer_holds_those_to_the_operations_in_order() {
        let answers = [json!({"status": "201"}), json!({"status": "409"})];
        let body = bulk_response(&answers);
        assert_eq!(body["schemas"], json!([BULK_RESPONSE_SCHEMA]));
        assert_eq!(body["Operations"], json!(answers));
    }

    #[test]
    fn refusals_name_the_operation() {
        let one =
            |operation: Value| parse(&json!({"Operations": [operation]})).expect_err("refused");
        assert_eq!(
            one(json!({"method": "GET", "path": "/Users"})),
            "Operation 1: \"method\" must be POST, PUT, PATCH or DELETE, not \"GET\"."
        );
        assert_eq!(
            one(json!({"method": "POST", "path": "/Users", "data": {}})),
            "Operation 1: \"bulkId\" is missing; a POST needs one."
        );
        assert_eq!(
            one(json!({"method": "PUT", "path": "/Users/1"})),
            "Operation 1: \"data\" is missing; only DELETE goes without."
        );
        assert_eq!(
            one(json!({"method": "DELETE", "path": "/Users/1", "data": [1]})),
            "Operation 1: \"data\" must be an object, not an array."
        );
        for path in ["/Users/1/2", "/Nothing/1", "/Users", "", "/Users/1?x"] {
            let refused = one(json!({"method": "DELETE", "path": path}));
            assert!(
                refused.starts_with("Operation 1: \"path\" must be /Users"),
                "{refused}"
            );
        }
        let post = json!({"method": "POST", "path": "/Users", "bulkId": "a", "data": {}});
        assert!(
            parse(&json!({"Operations": [post, post]}))
                .expect_err("refused")
                .starts_with("Operation 2: its \"bulkId\" \"a\" is that of an earlier")
        );
        assert!(
            parse(&json!({"Operations": [1, 2, 3, 4]}))
                .expect_err("refused")
                .contains("at most 3")
        );
        assert!(parse(&json!({})).is_err());
        for count in [json!(-1), json!(0), json!("1"), json!(1.5)] {
            let body = json!({"Operations": [], "failOnErrors": count});
            assert!(parse(&body).is_err(), "{count}");
        }
    }
}
