//! Conversations with rolecall at the edges where its users stand.
