//! rolecall: a self-hosted SCIM 2.0 provisioning server with an operator console in the terminal.

pub mod admin;
pub mod directory;
pub mod scim;
pub mod service;
pub mod store;
