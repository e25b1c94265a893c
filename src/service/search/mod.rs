//! Searching lists: one language for all of them, and the order that they are asked for.
//!
//! A filter is words and operators joined by spaces, all of which must hold; `!` negates, quotes keep
//! spaces, `|` joins values of which one is enough. What the operators of a list are is a table, an
//! [`Operator`](language::Operator) each with examples, help and what it reads: from it come the
//! parser, the sentences about errors, the help of the console and of the command line, and the
//! completion. Pure: what a test looks at is handed to it.

pub mod complete;
pub mod conflicts;
pub mod exchanges;
pub mod journal;
pub mod language;
mod list;
mod narrowing;
pub mod order;
pub mod providers;
pub mod resources;
pub mod roles;
pub mod users;
pub mod value;
mod words;

pub use language::{About, Filter};
pub use list::List;
pub use narrowing::Narrowing;
pub use order::{ResourceOrder, RoleOrder, Sort, UserOrder};
pub use words::{FILTER_CHARACTERS, FilterError};
