//! The rules of the directory, a table or a story each.

mod conflicts;
mod memberships;
mod providers;
mod roles;
mod users;
mod world;
