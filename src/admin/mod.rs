//! Floor 5, the operator's edge: what the console and the command line are clients of.

pub mod client;
pub mod frame;
pub mod reply;
pub mod request;
pub mod row;
pub mod server;

pub use client::{Client, ClientError, Connector, Follower, LocalCall};
pub use reply::Reply;
pub use request::{Call, Request};
