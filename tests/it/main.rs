//! Conversations with rolecall at the edges where its users stand.

mod admin;
mod bulk;
mod cli;
mod conflicts;
mod connections;
mod console;
mod crash;
mod entra;
mod faults;
mod fuzz;
mod harness;
mod health;
mod hostile;
mod limits;
mod model;
mod okta;
mod others;
mod ownership;
mod protocol_errors;
mod reopen;
mod rfc;
mod safeguards;
mod syncs;
mod terminal;
mod tidy;
mod tls;
