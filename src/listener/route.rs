//! Paths and methods (RFC 7644 §3.2).

use std::borrow::Cow;

use hyper::Method;

use crate::scim::{ResourceType, ScimError};

/// What every path of the service begins with.
pub const BASE_PATH: &str = "/scim/v2";

/// What a path names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Route {
    /// `/Users` or `/Groups`.
    Resources(ResourceType),
    /// One of them, by the id as given.
    Resource(ResourceType, String),
    /// `/.search`, of everything or of one type.
    Search(Option<ResourceType>),
    /// `/Bulk`.
    Bulk,
    /// `/Me`.
    Me,
    /// `/ServiceProviderConfig`.
    ServiceProviderConfig,
    /// `/ResourceTypes`, or one by its name.
    ResourceTypes(Option<String>),
    /// `/Schemas`, or one by its URN.
    Schemas(Option<String>),
}

impl Route {
    /// Reads a path. Resource types have no case, empty segments count for nothing.
    ///
    /// # Errors
    /// 404, naming the base path where the path is outside of it.
    pub(super) fn parse(path: &str) -> Result<Self, ScimError> {
        let unknown = || {
            ScimError::new(
                404,
                format!(
                    "There is no endpoint {:?} here; the base path is {BASE_PATH}, for example {BASE_PATH}/Users.",
                    shortened(path)
                ),
            )
        };
        let mut segments = path.split('/').filter(|segment| !segment.is_empty());
        for base in BASE_PATH.split('/').skip(1) {
            let given = segments.next().and_then(decode).ok_or_else(unknown)?;
            if !given.eq_ignore_ascii_case(base) {
                return Err(unknown());
            }
        }
        let endpoint = segments.next().and_then(decode).ok_or_else(unknown)?;
        let within = match segments.next() {
            Some(segment) => Some(decode(segment).ok_or_else(unknown)?),
            None => None,
        };
        if segments.next().is_some() {
            return Err(unknown());
        }
        Self::at(&endpoint, within).ok_or_else(unknown)
    }

    fn at(endpoint: &str, within: Option<Cow<'_, str>>) -> Option<Self> {
        let endpoint = |name: &str| endpoint.eq_ignore_ascii_case(name);
        let collection = [ResourceType::User, ResourceType::Group]
            .into_iter()
            .find(|resource| endpoint(resource.endpoint().trim_start_matches('/')));
        match (collection, within) {
            (Some(resource), None) => Some(Self::Resources(resource)),
            (Some(resource), Some(search)) if search.eq_ignore_ascii_case(".search") => {
                Some(Self::Search(Some(resource)))
            }
            (Some(resource), Some(id)) => Some(Self::Resource(resource, id.into_owned())),
            (None, None) if endpoint(".search") => Some(Self::Search(None)),
            (None, None) if endpoint("Bulk") => Some(Self::Bulk),
            (None, None) if endpoint("Me") => Some(Self::Me),
            (None, None) if endpoint("ServiceProviderConfig") => Some(Self::ServiceProviderConfig),
            (None, name) if endpoint("ResourceTypes") => {
                Some(Self::ResourceTypes(name.map(Cow::into_owned)))
            }
            (None, urn) if endpoint("Schemas") => Some(Self::Schemas(urn.map(Cow::into_owned))),
            _ => None,
        }
    }

    /// The methods that the path knows, as `Allow` names them.
    pub(super) fn allowed(&self) -> &'static str {
        match self {
            Self::Resources(_) => "GET, HEAD, POST",
            Self::Resource(..) => "GET, HEAD, PUT, PATCH, DELETE",
            Self::Search(_) | Self::Bulk => "POST",
            Self::Me => "GET, HEAD, POST, PUT, PATCH, DELETE",
            Self::ServiceProviderConfig | Self::ResourceTypes(_) | Self::Schemas(_) => "GET, HEAD",
        }
    }

    /// Whether the path knows the method.
    pub(super) fn allows(&self, method: &Method) -> bool {
        self.allowed()
            .split(", ")
            .any(|allowed| allowed == method.as_str())
    }
}

/// Decodes a percent-encoded path segment; `None` where it is not UTF-8 or not well-formed.
fn decode(segment: &str) -> Option<Cow<'_, str>> {
    if !segment.contains('%') {
        return Some(Cow::Borrowed(segment));
    }
    let mut decoded = Vec::with_capacity(segment.len());
    let mut bytes = segment.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(if byte == b'%' {
            let high = char::from(bytes.next()?).to_digit(16)?;
            let low = char::from(bytes.next()?).to_digit(16)?;
            u8::try_from(high * 16 + low).ok()?
        } else {
            byte
        });
    }
    String::from_utf8(decoded).ok().map(Cow::Owned)
}

/// The beginning of something that a client sent, for a sentence about it.
pub(super) fn shortened(text: &str) -> String {
    const LONGEST: usize = 100;
    let mut short: String = text.chars().take(LONGEST).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use ResourceType::{Group, User};

    #[test]
    fn paths() {
        for (path, expected) in [
            ("/scim/v2/Users", Some(Route::Resources(User))),
            ("/scim/v2/users/", Some(Route::Resources(User))),
            ("/scim/v2//Groups", Some(Route::Resources(Group))),
            (
                "/scim/v2/Users/a%20b",
                Some(Route::Resource(User, "a b".into())),
            ),
            (
                "/scim/v2/GROUPS/aB",
                Some(Route::Resource(Group, "aB".into())),
            ),
            (
                "/scim/v2/Users/.search",
                Some(Route::Search(Some(ResourceType::User))),
            ),
            ("/scim/v2/.search", Some(Route::Search(None))),
            ("/scim/v2/Bulk", Some(Route::Bulk)),
            ("/scim/v2/Me", Some(Route::Me)),
            (
                "/scim/v2/serviceproviderconfig",
                Some(Route::ServiceProviderConfig),
            ),
            (
                "/scim/v2/Schemas/urn%3Aa",
                Some(Route::Schemas(Some("urn:a".into()))),
            ),
            (
                "/scim/v2/ResourceTypes/User",
                Some(Route::ResourceTypes(Some("User".into()))),
            ),
            ("/Users", None),
            ("/scim/v2", None),
            ("/scim", None),
            ("/", None),
            ("*", None),
            ("/scim/v2/Users/1/2", None),
            ("/scim/v2/Users/%zz", None),
            ("/scim/v2/Users/%ff", None),
            ("/scim/v2/Users/%4", None),
            ("/scim/v2/Devices", None),
        ] {
            assert_eq!(Route::parse(path).ok(), expected, "{path}");
        }
    }

    #[test]
    fn an_unknown_path_hears_of_the_base_path() {
        let error = Route::parse("/Users").expect_err("unknown");
        assert_eq!(error.status, 404);
        insta::assert_snapshot!(
            error,
            @r#"There is no endpoint "/Users" here; the base path is /scim/v2, for example /scim/v2/Users."#
        );
    }
}
