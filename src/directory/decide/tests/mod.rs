//! The rules of the directory, a table or a story each.

mod access;
mod any_order;
mod conflicts;
mod local;
mod memberships;
mod providers;
mod roles;
mod safeguards;
mod standing;
mod users;
mod world;
