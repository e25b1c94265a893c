//! Floor 4, the running directory: what the listener and the admin API share.

pub mod exchange;
pub mod sync;
