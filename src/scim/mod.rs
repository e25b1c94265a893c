//! Floor 1, the protocol: SCIM 2.0 as RFC 7643, RFC 7644 and RFC 9865 define it and as identity
//! providers really speak it. No I/O, no clock, no randomness, no async.
//!
//! Everything here works on JSON objects ([`Document`]) and is driven by the schema files under
//! `assets/schemas/`, the same files that `/Schemas` serves.

pub mod body;
pub mod bulk;
pub mod discovery;
pub mod error;
pub mod filter;
pub mod list;
pub mod patch;
pub mod path;
pub mod projection;
pub mod resource;
pub mod schema;

pub use error::{ScimError, ScimType};
pub use schema::ResourceType;

/// A SCIM resource, or a part of one, as a JSON object whose attribute names are canonical.
pub type Document = serde_json::Map<String, serde_json::Value>;
