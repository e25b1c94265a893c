//! The rules of the directory, a table each.
