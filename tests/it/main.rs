//! Conversations with rolecall at the edges where its users stand.

mod model;
mod tidy;
