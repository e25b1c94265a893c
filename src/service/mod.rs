//! Floor 4, the running directory: what the listener and the admin API share.

pub mod auth;
pub mod concealed;
pub mod counters;
pub mod engine;
pub mod exchange;
mod following;
mod known;
pub mod listings;
mod notes;
mod observed;
mod passing;
pub mod query;
pub mod recorder;
pub mod recording;
pub mod redact;
pub mod representation;
pub mod search;
pub mod setup;
pub mod sync;
pub mod sync_exchanges;
mod sync_markdown;
pub mod warning;
pub mod words;

pub use auth::{Caller, Secret, Unauthenticated};
pub use concealed::Concealed;
pub use engine::{Engine, EngineOptions};
pub use warning::WarningTimes;
