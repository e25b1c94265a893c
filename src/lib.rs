//! rolecall: a self-hosted SCIM 2.0 provisioning server with an operator console in the terminal.
//!
//! An identity provider (Okta, Entra ID, `OneLogin`, `JumpCloud`, any SCIM client) pushes users and
//! groups. rolecall keeps them as users and roles beside those that operators manage by hand, shows
//! every request as it arrives, and lets the operator resolve what the provider cannot.
//!
//! # The floors
//! A room imports only from floors below its own; `tests/it/tidy.rs` holds every file to that.
//!
//! | floor | room | what it is |
//! |---|---|---|
//! | 1 | [`scim`] | the protocol: schemas, paths, filters, PATCH, lists, errors. No I/O, clock or randomness |
//! | 2 | [`directory`] | the decisions: users, roles, memberships, access, providers, tokens, conflicts, safeguards. Pure, too |
//! | 3 | [`store`] | where state lives, behind one synchronous trait: redb, `PostgreSQL`, or memory; one writer with group commit; backup |
//! | 4 | [`service`] | the running directory: engine, authentication, recorder, digests, queries, the filter language of lists |
//! | 5 | [`listener`] | the SCIM edge, on hyper and rustls: TLS, limits, proxies |
//! | 5 | [`admin`] | the operator's edge: requests, rows, server and client, over a Unix socket or in process |
//! | 5 | [`health`] | health, readiness and metrics for monitoring, on an address of their own |
//! | 6 | [`config`] | file, environment and flags, as settings that were checked once |
//! | 7 | [`console`] | the ratatui console, a client of `admin` and of nothing else |
//! | 7 | [`simulate`] | an identity provider's side, over real HTTP |
//! | 8 | [`cli`] | the subcommands, clients of `admin` |
//!
//! # One write's way
//! ```text
//! bytes -> listener: limits, authentication (token -> provider), route
//!       -> scim: parse, normalise                      -> directory::Command
//!       -> store::writer: a bounded queue (full: 503 with Retry-After)
//!          one transaction for up to 64 waiting commands, in order:
//!            directory::decide(view, command, stamp, policy)   pure; sees the batch's earlier commands
//!            apply its changes, append its events to the journal
//!          commit -> only now release every reply -> ring the doorbell
//!       -> answer rendered, exchange recorded with the journal numbers that it caused
//!       -> console, admin streams
//! ```
//! A read takes a snapshot and never waits for the writer. Console and command line go the same way
//! through [`admin`]: in process over a pipe, attached over a Unix socket. There is one path, and the
//! console is its first user.
//!
//! # The invariants
//! 1. An acknowledged write is durable, and its journal entries are in the same transaction: no change
//!    without entry, no entry without change.
//! 2. A refused command changes nothing. A failed commit answers 503 to its whole batch, and the process
//!    takes no further write until it has reopened the store.
//! 3. Every answer of the listener is SCIM JSON: 401, 404, 405, 413, 415, 429, 431, 500 and 503 too.
//! 4. A provider never sees or changes permission levels, service accounts, local memberships, or what
//!    another provider manages.
//! 5. A suspended user reaches nothing.
//! 6. A token is shown once; only its SHA-256 is kept. No token, password or Authorization header is ever
//!    stored or logged.
//! 7. Floors 1 and 2 do no I/O and read no clock; dependencies point down only.
//! 8. Everything has a bound: bodies, headers, JSON depth, filter terms, pages, queues, rings,
//!    connections, time, and how often a stranger may try.
//! 9. Cost follows the change, not the size: look-ups by userName, externalId, displayName and id use an
//!    index; a membership PATCH costs its members, not the role's; a page costs its length wherever it
//!    starts; no request loads a whole role unless it asked for the members.
//! 10. The listener never waits for a screen: a stalled terminal, a slow follower or a panic in either
//!     leaves the other running.

pub mod admin;
pub mod cli;
pub mod config;
pub mod console;
pub mod directory;
pub mod health;
pub mod listener;
pub mod scim;
pub mod service;
pub mod simulate;
pub mod store;
