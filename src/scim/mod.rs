//! Floor 1, the protocol: SCIM 2.0 as RFC 7643, RFC 7644 and RFC 9865 define it and as identity
//! providers really speak it. No I/O, no clock, no randomness, no async.
//!
//! Everything here works on JSON objects ([`Document`]) and is driven by the schema files under
//! `assets/schemas/`, the same files that `/Schemas` serves.
//!
//! | a request's | goes through | and becomes |
//! |---|---|---|
//! | body | [`body::parse_body`] | a [`Document`]: bounded, no name twice |
//! | user or group | [`resource`] | [`resource::UserAttributes`], [`resource::GroupAttributes`] |
//! | PATCH | [`patch::Patch::parse`] | attribute operations, and members as deltas |
//! | query or `/.search` | [`list::ListQuery`] | filter, order, page and projection |
//! | `/Bulk` | [`bulk::BulkRequest`] | operations whose references can be resolved |
//!
//! Every refusal is a [`ScimError`] that names the attribute, operation or character.

pub mod body;
pub mod bulk;
pub mod dialect;
pub mod discovery;
pub mod error;
pub mod filter;
pub mod list;
pub mod patch;
pub mod path;
pub mod projection;
pub mod resource;
pub mod schema;

pub use dialect::{Dialect, Strays};
pub use error::{ScimError, ScimType};
pub use schema::ResourceType;

/// A SCIM resource, or a part of one, as a JSON object whose attribute names are canonical.
pub type Document = serde_json::Map<String, serde_json::Value>;
