//! The rules of the directory, a table or a story each.

mod any_order;
mod conflicts;
mod memberships;
mod providers;
mod roles;
mod users;
mod world;
