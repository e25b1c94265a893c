//! List queries and answers (RFC 7644 §3.4.2, §3.4.3), with index and cursor paging (RFC 9865).

mod response;

use std::cmp::Ordering;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::body::kind_of;
use super::filter::matching::{order, values_of};
use super::filter::{Filter, Literals};
use super::path::{AttributePath, Resolved, Scope, resolve, shortened};
use super::projection::Projection;
use super::resource::value::{invalid, is_primary};
use super::{Document, ResourceType, ScimError, ScimType};
pub use response::{LIST_RESPONSE_SCHEMA, ListResponse, ListText, PagePosition};

/// The schema URN of a search request.
pub const SEARCH_REQUEST_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

/// The longest cursor, in bytes.
const MAX_CURSOR: usize = 1024;

/// What a list request asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct ListQuery {
    /// Which resources; all without.
    pub filter: Option<Filter>,
    /// What to sort by; the order of creation without.
    pub sort_by: Option<AttributePath>,
    /// Which way to sort.
    pub sort_order: SortOrder,
    /// Which part of the list.
    pub page: Page,
    /// Which parts of each resource.
    pub projection: Projection,
    scope: Scope,
}

/// Which way to sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SortOrder {
    /// Smallest first, missing values last.
    #[default]
    Ascending,
    /// The reverse.
    Descending,
}

/// Which part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Page {
    /// By position.
    Index {
        /// The position of the first resource, from 1.
        start_index: u64,
        /// The most resources; 0 asks for the total only.
        count: usize,
    },
    /// From where the last page ended.
    Cursor {
        /// The cursor of the last answer, still to be checked by [`ListQuery::position`]; `None`
        /// for the first page.
        cursor: Option<String>,
        /// The most resources.
        count: usize,
    },
}

impl Page {
    /// The most resources of the page.
    pub fn count(&self) -> usize {
        match self {
            Self::Index { count, .. } | Self::Cursor { count, .. } => *count,
        }
    }
}

/// How large pages are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageLimits {
    /// Without `count`.
    pub default: usize,
    /// At most, whatever `count` says.
    pub maximum: usize,
}

/// The parameters as sent.
#[derive(Default)]
struct Parameters {
    attributes: Option<String>,
    excluded: Option<String>,
    filter: Option<String>,
    sort_by: Option<String>,
    sort_order: Option<String>,
    start_index: Option<String>,
    count: Option<String>,
    cursor: Option<String>,
}

impl Parameters {
    /// Where a parameter goes, with its canonical name. Lists of attributes may be repeated.
    fn slot(&mut self, name: &str) -> Option<(&'static str, &mut Option<String>, bool)> {
        const NAMES: [&str; 8] = [
            "attributes",
            "excludedAttributes",
            "filter",
            "sortBy",
            "sortOrder",
            "startIndex",
            "count",
            "cursor",
        ];
        let mut names = NAMES.into_iter();
        let name = names.find(|known| known.eq_ignore_ascii_case(name))?;
        Some(match name {
            "attributes" => (name, &mut self.attributes, true),
            "excludedAttributes" => (name, &mut self.excluded, true),
            "filter" => (name, &mut self.filter, false),
            "sortBy" => (name, &mut self.sort_by, false),
            "sortOrder" => (name, &mut self.sort_order, false),
            "startIndex" => (name, &mut self.start_index, false),
            "count" => (name, &mut self.count, false),
            _ => (name, &mut self.cursor, false),
        })
    }
}

impl ListQuery {
    /// From the pairs of a query string, decoded; names in any case, unknown ones ignored.
    /// Without a resource type it searches all of them.
    ///
    /// # Errors
    /// 400 naming the parameter.
    pub fn from_pairs<K: AsRef<str>, V: AsRef<str> + Into<String>>(
        pairs: impl IntoIterator<Item = (K, V)>,
        resource: impl Into<Option<ResourceType>>,
        literals: Literals,
        limits: PageLimits,
    ) -> Result<Self, ScimError> {
        let mut parameters = Parameters::default();
        for (name, value) in pairs {
            let Some((name, slot, is_list)) = parameters.slot(name.as_ref()) else {
                continue;
            };
            match slot {
                None => *slot = Some(value.into()),
                Some(list) if is_list => {
                    list.push(',');
                    list.push_str(value.as_ref());
                }
                Some(_) => {
                    return Err(invalid(format!("\"{name}\" is given twice; send it once.")));
                }
            }
        }
        Self::build(&parameters, resource.into(), literals, limits)
    }

    /// From the body of a `/.search` (RFC 7644 §3.4.3).
    ///
    /// # Errors
    /// 400 naming the parameter.
    pub fn from_search_request(
        body: &Document,
        resource: impl Into<Option<ResourceType>>,
        literals: Literals,
        limits: PageLimits,
    ) -> Result<Self, ScimError> {
        let mut parameters = Parameters::default();
        for (name, value) in body {
            let Some((name, slot, is_list)) = parameters.slot(name) else {
                continue;
            };
            *slot = match value {
                Value::Null => None,
                Value::String(text) => Some(text.clone()),
                Value::Number(number) if matches!(name, "startIndex" | "count") => {
                    Some(number.to_string())
                }
                Value::Array(names) if is_list => Some(joined(names, name)?),
                other => {
                    return Err(invalid(format!("\"{name}\" cannot be {}.", kind_of(other))));
                }
            };
        }
        Self::build(&parameters, resource.into(), literals, limits)
    }

    fn build(
        parameters: &Parameters,
        scope: Scope,
        literals: Literals,
        limits: PageLimits,
    ) -> Result<Self, ScimError> {
        let filter = match &parameters.filter {
            Some(text) => Some(Filter::parse(text, scope, literals)?),
            None => None,
        };
        let sort_by = match parameters.sort_by.as_deref().map(str::trim) {
            None | Some("") => None,
            Some(name) => Some(sort_path(name, scope)?),
        };
        Ok(Self {
            filter,
            sort_by,
            sort_order: sort_order(parameters.sort_order.as_deref())?,
            page: page(parameters, limits)?,
            projection: Projection::parse(
                parameters.attributes.as_deref(),
                parameters.excluded.as_deref(),
                scope,
            )?,
            scope,
        })
    }

    /// The resource type that it lists; `None` for all of them.
    pub fn scope(&self) -> Scope {
        self.scope
    }

    /// How two resources sort under this query; equal without `sortBy`.
    pub fn compare(&self, left: &Document, right: &Document) -> Ordering {
        self.sort_by.map_or(Ordering::Equal, |path| {
            compare(left, right, &path, self.sort_order)
        })
    }

    /// The cursor that continues this query at a position, which is the caller's own text: the key
    /// of the last resource sent, say.
    pub fn cursor_at(&self, position: &str) -> String {
        let mut bytes = self.fingerprint().to_vec();
        bytes.extend_from_slice(position.as_bytes());
        bytes.extend_from_slice(&crc32fast::hash(&bytes).to_be_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The position that the request's cursor stands for; `None` without cursor, at the beginning.
    ///
    /// # Errors
    /// 400 `invalidCursor` if the cursor was not made by [`Self::cursor_at`] for this query.
    pub fn position(&self) -> Result<Option<String>, ScimError> {
        let Page::Cursor {
            cursor: Some(cursor),
            ..
        } = &self.page
        else {
            return Ok(None);
        };
        self.decode(cursor).map(Some).ok_or_else(|| {
            ScimError::bad(
                ScimType::InvalidCursor,
                "The cursor was not made by this server for this query; start again with an empty cursor.",
            )
        })
    }

    /// The checksum finds accidents. It need not stop forgery: a position says only where to go
    /// on in a list that the client may read from its beginning.
    fn decode(&self, cursor: &str) -> Option<String> {
        if cursor.len() > MAX_CURSOR {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (signed, checksum) = bytes.split_last_chunk::<4>()?;
        if crc32fast::hash(signed).to_be_bytes() != *checksum {
            return None;
        }
        let position = signed.strip_prefix(&self.fingerprint())?;
        String::from_utf8(position.to_vec()).ok()
    }

    /// What makes two requests pages of the same list: type, filter and order.
    fn fingerprint(&self) -> [u8; 8] {
        let text = format!(
            "{}\n{}\n{}\n{:?}",
            self.scope.map_or("", ResourceType::name),
            self.filter
                .as_ref()
                .map(Filter::to_string)
                .unwrap_or_default(),
            self.sort_by
                .map(|path| path.to_string())
                .unwrap_or_default(),
            self.sort_order,
        );
        let digest = Sha256::digest(text.as_bytes());
        digest.first_chunk().copied().unwrap_or_default()
    }
}

fn joined(names: &[Value], parameter: &str) -> Result<String, ScimError> {
    let names: Option<Vec<_>> = names.iter().map(Value::as_str).collect();
    match names {
        Some(names) => Ok(names.join(",")),
        None => Err(invalid(format!(
            "\"{parameter}\" must be an array of strings."
        ))),
    }
}

fn sort_path(name: &str, scope: Scope) -> Result<AttributePath, ScimError> {
    let path = match resolve(name, scope) {
        Ok(Resolved::Attribute(path)) => path.to_comparable(),
        Ok(_) => {
            return Err(invalid(format!(
                "\"sortBy\" is a schema ({:?}); name one of its attributes.",
                shortened(name)
            )));
        }
        Err(unresolved) => return Err(invalid(format!("\"sortBy\" is not valid: {unresolved}."))),
    };
    if path.is_complex() {
        return Err(invalid(format!(
            "\"sortBy\" names \"{path}\", which is complex; name one of its sub-attributes."
        )));
    }
    if path.attribute.is_write_only() {
        return Err(invalid(format!("\"sortBy\" cannot be \"{path}\".")));
    }
    Ok(path)
}

fn sort_order(given: Option<&str>) -> Result<SortOrder, ScimError> {
    match given.map(str::trim) {
        None | Some("") => Ok(SortOrder::Ascending),
        Some(word) if word.eq_ignore_ascii_case("ascending") => Ok(SortOrder::Ascending),
        Some(word) if word.eq_ignore_ascii_case("descending") => Ok(SortOrder::Descending),
        Some(other) => Err(invalid(format!(
            "\"sortOrder\" must be ascending or descending, not {:?}.",
            shortened(other)
        ))),
    }
}

fn page(parameters: &Parameters, limits: PageLimits) -> Result<Page, ScimError> {
    let integer = |name: &str, given: &Option<String>, scim_type| match given.as_deref() {
        None | Some("") => Ok(None),
        Some(text) => whole_number(text).map(Some).ok_or_else(|| {
            ScimError::bad(
                scim_type,
                format!(
                    "\"{name}\" must be a whole number, not {:?}.",
                    shortened(text)
                ),
            )
        }),
    };
    let (by_cursor, count_type) = match parameters.cursor {
        Some(_) => (true, ScimType::InvalidCount),
        None => (false, ScimType::InvalidValue),
    };
    let count = match integer("count", &parameters.count, count_type)? {
        None => limits.default.min(limits.maximum),
        // RFC 7644 §3.4.2.4: a negative count is 0.
        Some(asked) => usize::try_from(asked.max(0))
            .unwrap_or(limits.maximum)
            .min(limits.maximum),
    };
    if by_cursor {
        let cursor = parameters.cursor.clone().filter(|text| !text.is_empty());
        return Ok(Page::Cursor { cursor, count });
    }
    let start_index = integer(
        "startIndex",
        &parameters.start_index,
        ScimType::InvalidValue,
    )?;
    // RFC 7644 §3.4.2.4: less than 1 is 1.
    let start_index = start_index.map_or(1, |start| u64::try_from(start).unwrap_or(1).max(1));
    Ok(Page::Index { start_index, count })
}

/// A whole number; one that is too large to be counted is as large as can be.
fn whole_number(text: &str) -> Option<i64> {
    let text = text.trim();
    text.parse().ok().or_else(|| {
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then_some(if text.starts_with('-') {
            i64::MIN
        } else {
            i64::MAX
        })
    })
}

/// How two resources sort by an attribute, by its type and case rule: a list by its primary value,
/// else its first; missing values last when ascending (RFC 7644 §3.4.2.3).
pub fn compare(
    left: &Document,
    right: &Document,
    path: &AttributePath,
    sort_order: SortOrder,
) -> Ordering {
    let ascending = match (sort_value(path, left), sort_value(path, right)) {
        (Some(left), Some(right)) => order(path, left, right),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    };
    match sort_order {
        SortOrder::Ascending => ascending,
        SortOrder::Descending => ascending.reverse(),
    }
}

fn sort_value<'a>(path: &AttributePath, resource: &'a Document) -> Option<&'a Value> {
    let whole = AttributePath { sub: None, ..*path };
    let values = values_of(&whole, resource);
    let value = values
        .iter()
        .find(|value| is_primary(value))
        .or_else(|| values.first())
        .copied()?;
    match path.sub {
        None => Some(value),
        Some(sub) => value.get(&sub.name),
    }
    .filter(|value| !value.is_null())
}

#[cfg(test)]
mod tests;
