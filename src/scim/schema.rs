//! The schema tables, read from `assets/schemas/*.json`.

/// The resource types that this server keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ResourceType {
    /// `/Users`.
    User,
    /// `/Groups`; what the rest of rolecall calls a role.
    Group,
}

/// The identity-alias extension's URN.
pub const STRONGDM_USER: &str = "urn:ietf:params:scim:schemas:extension:strongdm:2.0:User";
