//! What can befall the store and the process: power cuts, failing and full disks, kills, damaged files.
//!
//! The short forms run with all tests. The long ones are asked for by the environment, as
//! `store`'s crate documentation says.

mod damage;
mod disk;
mod failing;
pub(crate) mod kill;
mod power;
mod random;
mod upgrade;

/// What the environment asks for, or else so many.
fn wanted<T: std::str::FromStr>(variable: &str, otherwise: T) -> T {
    let given = std::env::var(variable).ok();
    given
        .and_then(|text| text.parse().ok())
        .unwrap_or(otherwise)
}
