//! From the body of a PATCH to its normal form.

use serde_json::Value;

use super::{
    Change, Echo, MAX_FILTER_TERMS, MAX_LISTED_VALUES, MAX_MEMBER_FILTER_TERMS, MAX_OPERATIONS,
    Operation, Patch, Target, echo, members,
};
use crate::scim::body::{kind_of, member};
use crate::scim::filter::Filter;
use crate::scim::filter::parser::{ValuePath, parse_value_path};
use crate::scim::path::{AttributePath, Resolved, shortened};
use crate::scim::resource::value::{
    Nulls, invalid, is_absent, is_cleared, normalise, normalise_one,
};
use crate::scim::schema::Schema;
use crate::scim::{Dialect, Document, ResourceType, ScimError, ScimType};

/// The three operations of RFC 7644 §3.5.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Add,
    Replace,
    Remove,
}

pub(super) fn parse(
    resource: ResourceType,
    body: &Document,
    dialect: Dialect,
) -> Result<Patch, ScimError> {
    let operations = match member(body, "Operations") {
        Some(Value::Array(operations)) if !operations.is_empty() => operations,
        Some(Value::Array(_)) => {
            return Err(syntax(
                "\"Operations\" is empty; a PATCH needs at least one operation.",
            ));
        }
        Some(other) => {
            return Err(syntax(format!(
                "\"Operations\" must be an array of operations, not {}.",
                kind_of(other)
            )));
        }
        None => {
            return Err(syntax(
                "\"Operations\" is missing; a PATCH needs an array of operations.",
            ));
        }
    };
    if operations.len() > MAX_OPERATIONS {
        return Err(ScimError::new(
            413,
            format!("The PATCH has more than {MAX_OPERATIONS} operations; send several requests."),
        ));
    }
    let mut parser = Parser {
        resource,
        dialect,
        number: 0,
        patch: Patch::default(),
        members: 0,
        terms: 0,
        member_terms: 0,
        listed: 0,
    };
    for (index, operation) in operations.iter().enumerate() {
        parser.number = index + 1;
        parser.operation(operation).map_err(|error| ScimError {
            detail: format!("Operation {}: {}", index + 1, error.detail),
            ..error
        })?;
    }
    Ok(parser.patch)
}

pub(super) struct Parser {
    resource: ResourceType,
    pub(super) dialect: Dialect,
    number: usize,
    pub(super) patch: Patch,
    /// How many member ids the request has named so far.
    pub(super) members: usize,
    /// How many comparisons the request's value filters have so far. A part of every value of a list
    /// counts as one.
    terms: usize,
    /// How many comparisons its filters of members have that are not plain ids.
    member_terms: usize,
    /// How many values the request adds to lists or takes out of them so far.
    listed: usize,
}

/// Whether the client named a target on purpose, or merely echoed it in a path-less value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Named {
    ByPath,
    InValue,
}

impl Parser {
    fn operation(&mut self, operation: &Value) -> Result<(), ScimError> {
        let Value::Object(operation) = operation else {
            return Err(syntax(format!(
                "it must be an object with \"op\", not {}.",
                kind_of(operation)
            )));
        };
        let verb = verb(operation)?;
        let value = member(operation, "value");
        let path = match member(operation, "path") {
            None | Some(Value::Null) => "",
            Some(Value::String(path)) => path.trim(),
            Some(other) => {
                return Err(ScimError::bad(
                    ScimType::InvalidPath,
                    format!("\"path\" must be a string, not {}.", kind_of(other)),
                ));
            }
        };
        if verb != Verb::Remove && value.is_none() {
            return Err(invalid(
                "\"value\" is missing; only \"remove\" goes without.",
            ));
        }
        if path.is_empty() {
            return self.without_path(verb, value);
        }
        match parse_value_path(path, Some(self.resource), self.dialect)? {
            Some(target) => self.target(verb, target, value, Named::ByPath),
            None => Ok(()),
        }
    }

    fn without_path(&mut self, verb: Verb, value: Option<&Value>) -> Result<(), ScimError> {
        match value {
            _ if verb == Verb::Remove => Err(ScimError::bad(
                ScimType::NoTarget,
                "\"remove\" needs a \"path\" that says what to remove.",
            )),
            Some(Value::Object(object)) => self.object(verb, object, None),
            other => Err(invalid(format!(
                "without \"path\", \"value\" must be an object of attributes, not {}.",
                kind_of(other.unwrap_or(&Value::Null))
            ))),
        }
    }

    /// One operation per attribute of a path-less value, or of an extension's object. Names may be
    /// paths themselves (`name.givenName`, `urn:…:User:employeeNumber`); unknown ones are ignored.
    fn object(
        &mut self,
        verb: Verb,
        object: &Document,
        extension: Option<&'static Schema>,
    ) -> Result<(), ScimError> {
        for (name, value) in object {
            let path = match extension {
                None => name.clone(),
                Some(schema) => format!("{}:{name}", schema.id),
            };
            if let Ok(Some(target)) = parse_value_path(&path, Some(self.resource), self.dialect) {
                self.target(verb, target, Some(value), Named::InValue)?;
            }
        }
        Ok(())
    }

    fn target(
        &mut self,
        verb: Verb,
        target: ValuePath,
        value: Option<&Value>,
        named: Named,
    ) -> Result<(), ScimError> {
        let attribute = match target.resolved {
            Resolved::Attribute(attribute) => attribute,
            Resolved::Core => return self.without_path(verb, value),
            Resolved::Extension(schema) => return self.extension(verb, schema, value),
        };
        let path = target.sub.unwrap_or(attribute);
        if path.attribute.is_read_only() || path.leaf().is_read_only() {
            if named == Named::ByPath {
                let plain = target.filter.is_none() && !path.is_core("members");
                match value {
                    Some(value) if verb != Verb::Remove && plain => self.patch.echoes.push(Echo {
                        number: self.number,
                        path,
                        value: value.clone(),
                    }),
                    _ => return Err(echo::read_only(&path)),
                }
            }
            return Ok(());
        }
        if path.attribute.is_write_only() {
            return Ok(());
        }
        if self.resource == ResourceType::Group && path.is_core("members") {
            let filter = target
                .filter
                .map(|inner| Filter::over_values(attribute, inner));
            return members::parse(self, verb, path, filter, value);
        }
        match target.filter {
            Some(inner) => {
                let filter = Filter::over_values(attribute, inner);
                self.values(verb, path, filter, value)
            }
            None => self.attribute(verb, path, value),
        }
    }

    fn extension(
        &mut self,
        verb: Verb,
        schema: &'static Schema,
        value: Option<&Value>,
    ) -> Result<(), ScimError> {
        match (verb, value.unwrap_or(&Value::Null)) {
            (Verb::Add, value) if is_absent(value) => Ok(()),
            (verb, value) if verb == Verb::Remove || is_absent(value) => {
                self.push(Target::Extension(schema), Change::Remove(None));
                Ok(())
            }
            (_, Value::Object(object)) => self.object(verb, object, Some(schema)),
            (_, other) => Err(invalid(format!(
                "{:?} must be an object, not {}.",
                schema.id,
                kind_of(other)
            ))),
        }
    }

    /// An attribute, or a sub-attribute, without filter.
    fn attribute(
        &mut self,
        verb: Verb,
        path: AttributePath,
        value: Option<&Value>,
    ) -> Result<(), ScimError> {
        let value = value.unwrap_or(&Value::Null);
        if path.sub.is_some() && path.attribute.multi_valued {
            self.count_comparisons(1)?;
        }
        let target = Target::Attribute(path);
        let removes =
            verb == Verb::Remove || (verb == Verb::Replace && is_cleared(path.leaf(), value));
        if removes && path.leaf().required {
            return Err(mutability(format!(
                "\"{path}\" is required and cannot be removed; replace it instead."
            )));
        }
        if verb == Verb::Remove {
            // Entra ID names what to remove from a list by value. An empty list names nothing.
            let from_list = path.sub.is_none() && path.attribute.multi_valued && !value.is_null();
            if !from_list {
                self.push(target, Change::Remove(None));
                return Ok(());
            }
            let given = normalise(path.attribute, value, &path.to_string(), Nulls::Drop)?;
            if let Some(given) = given {
                self.count_listed(&given)?;
                self.push(target, Change::Remove(Some(given)));
            }
            return Ok(());
        }
        if removes {
            self.push(target, Change::Remove(None));
            return Ok(());
        }
        let nulls = if path.leaf().multi_valued {
            Nulls::Drop
        } else {
            Nulls::Keep
        };
        if let Some(normal) = normalise(path.leaf(), value, &path.to_string(), nulls)? {
            if verb == Verb::Add {
                self.count_listed(&normal)?;
            }
            self.push(target, verb.with(normal));
        }
        Ok(())
    }

    /// The values that match a filter, or a sub-attribute of theirs.
    fn values(
        &mut self,
        verb: Verb,
        path: AttributePath,
        filter: Filter,
        value: Option<&Value>,
    ) -> Result<(), ScimError> {
        self.count_terms(&filter)?;
        let target = Target::Values { path, filter };
        let value = match value {
            None => &Value::Null,
            Some(Value::Array(list)) if path.sub.is_none() && list.len() == 1 => {
                list.first().unwrap_or(&Value::Null)
            }
            Some(value) => value,
        };
        if verb == Verb::Remove || (verb == Verb::Replace && is_cleared(path.leaf(), value)) {
            self.push(target, Change::Remove(None));
            return Ok(());
        }
        if let Some(normal) = normalise_one(path.leaf(), value, &path.to_string(), Nulls::Drop)? {
            self.push(target, verb.with(normal));
        }
        Ok(())
    }

    /// Counts the comparisons of a filter that will be matched with every value of a list.
    fn count_terms(&mut self, filter: &Filter) -> Result<(), ScimError> {
        self.count_comparisons(filter.terms())
    }

    /// Counts the comparisons of a filter that will be matched with every member of a group.
    pub(super) fn count_member_terms(&mut self, filter: &Filter) -> Result<(), ScimError> {
        self.member_terms += filter.terms();
        if self.member_terms > MAX_MEMBER_FILTER_TERMS {
            return Err(ScimError::new(
                413,
                format!(
                    "the filters of members have more than {MAX_MEMBER_FILTER_TERMS} comparisons; name the members by their ids (members[value eq \"…\"]), or send several requests."
                ),
            ));
        }
        Ok(())
    }

    fn count_comparisons(&mut self, terms: usize) -> Result<(), ScimError> {
        self.terms += terms;
        if self.terms > MAX_FILTER_TERMS {
            return Err(ScimError::new(
                413,
                format!(
                    "the filters of the request have more than {MAX_FILTER_TERMS} comparisons; send several requests."
                ),
            ));
        }
        Ok(())
    }

    /// Counts the values that will be compared with every value of a list.
    fn count_listed(&mut self, values: &Value) -> Result<(), ScimError> {
        self.listed += values.as_array().map_or(0, Vec::len);
        if self.listed > MAX_LISTED_VALUES {
            return Err(ScimError::new(
                413,
                format!(
                    "the request adds and removes more than {MAX_LISTED_VALUES} values of lists; send several requests."
                ),
            ));
        }
        Ok(())
    }

    fn push(&mut self, target: Target, change: Change) {
        self.patch.attributes.push(Operation {
            number: self.number,
            target,
            change,
        });
    }
}

impl Verb {
    fn with(self, value: Value) -> Change {
        match self {
            Self::Add => Change::Add(value),
            Self::Replace => Change::Replace(value),
            Self::Remove => Change::Remove(Some(value)),
        }
    }
}

fn verb(operation: &Document) -> Result<Verb, ScimError> {
    match member(operation, "op") {
        Some(Value::String(word)) => match word.to_ascii_lowercase().as_str() {
            "add" => Ok(Verb::Add),
            "replace" => Ok(Verb::Replace),
            "remove" => Ok(Verb::Remove),
            _ => Err(syntax(format!(
                "\"op\" must be add, replace or remove, not {:?}.",
                shortened(word)
            ))),
        },
        Some(other) => Err(syntax(format!(
            "\"op\" must be add, replace or remove, not {}.",
            kind_of(other)
        ))),
        None => Err(syntax(
            "\"op\" is missing; it must be add, replace or remove.",
        )),
    }
}

fn syntax(detail: impl Into<String>) -> ScimError {
    ScimError::bad(ScimType::InvalidSyntax, detail)
}

pub(super) fn mutability(detail: impl Into<String>) -> ScimError {
    ScimError::bad(ScimType::Mutability, detail)
}
