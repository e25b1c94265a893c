//! Searching lists: the order that a list is asked for.

pub mod order;

pub use order::{ResourceOrder, RoleOrder, Sort, UserOrder};
