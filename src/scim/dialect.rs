//! How a client speaks, and how closely it is held to the letter.

use super::filter::Literals;

/// What becomes of what a client names and this server does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strays {
    /// It is refused by its name, as RFC 7644 has it.
    Refused,
    /// It is left out, and the rest is done. For clients that give up a whole push for one 400: a
    /// PATCH operation on an attribute that no schema has, a member without an id.
    Skipped,
}

/// How a client's messages are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    /// How literals in its filters and paths may be written.
    pub literals: Literals,
    /// What becomes of what it names and is not here.
    pub strays: Strays,
}

impl Dialect {
    /// The letter of the RFC.
    pub const STRICT: Self = Self {
        literals: Literals::Quoted,
        strays: Strays::Refused,
    };

    /// Everything that any client is allowed.
    pub const LENIENT: Self = Self {
        literals: Literals::BareWords,
        strays: Strays::Skipped,
    };
}
