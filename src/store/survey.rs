//! What lists, warnings and backups ask of a snapshot beyond what decisions read.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::directory::{
    Action, Departure, Event, ExchangeId, Grant, Hold, HoldId, Read, Resource, ResourceId, RoleId,
    TemporaryAccess, UserId,
};

/// Members of a role's newest such push that are no user here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnknownMembers {
    /// The role.
    pub role: RoleId,
    /// The journal entry that says it.
    pub seq: u64,
    /// When it was pushed.
    pub at: Timestamp,
    /// How many there were.
    pub count: u64,
    /// Their ids, as sent; the first [`UnknownMembers::NAMED`].
    pub ids: Vec<String>,
}

impl UnknownMembers {
    /// The most ids that are named.
    pub const NAMED: usize = 5;

    /// What a journal entry says of unknown members, if it does.
    pub(super) fn told(seq: u64, at: Timestamp, event: &Event) -> Option<Self> {
        if event.action != Action::MembersSkipped {
            return None;
        }
        let unknown = event.after.get("unknown")?.as_array()?;
        let ids = unknown.iter().filter_map(|id| id.as_str());
        Some(Self {
            role: event.subject.id.parse().ok()?,
            seq,
            at,
            count: unknown.len() as u64,
            ids: ids.take(Self::NAMED).map(str::to_owned).collect(),
        })
    }
}

/// Rows in the order of their keys, those after `after`, at most `limit`, unless it says otherwise.
pub trait Survey {
    /// Resources, in the order of their ids.
    fn resources(&self, after: Option<ResourceId>, limit: usize) -> Read<Vec<Resource>>;
    /// Rights of roles, in the order of roles, then resources.
    fn grants(&self, after: Option<Grant>, limit: usize) -> Read<Vec<Grant>>;
    /// Temporary access, in the order of users, then resources; also where its time has not come.
    fn temporary_accesses(
        &self,
        after: Option<(UserId, ResourceId)>,
        limit: usize,
    ) -> Read<Vec<TemporaryAccess>>;
    /// Holds, newest first, those before `before`; `all` includes those that have been ended.
    fn holds(&self, all: bool, before: Option<HoldId>, limit: usize) -> Read<Vec<Hold>>;
    /// Counted suspensions and deletions, in the order of the users' ids.
    fn all_departures(&self, after: Option<UserId>, limit: usize) -> Read<Vec<Departure>>;
    /// Persons and service accounts that are suspended, in the order of their ids.
    fn suspended(&self, after: Option<UserId>, limit: usize) -> Read<Vec<UserId>>;
    /// Roles that a provider manages and has not pushed since `before`, the longest first, with the
    /// time of the last push as of the last flush; of one that was never pushed, of its making.
    fn stale_roles(&self, before: Timestamp, limit: usize) -> Read<Vec<(RoleId, Timestamp)>>;
    /// Roles whose pushes named members that are not here, in the order of their ids.
    fn unknown_members(&self, after: Option<RoleId>, limit: usize) -> Read<Vec<UnknownMembers>>;
    /// The identity sets in which anyone has an alias, shorter names first, then by letter.
    fn identity_sets(&self, after: Option<&str>, limit: usize) -> Read<Vec<String>>;
    /// The aliases in a set with their holders, shorter aliases first, then by letter.
    fn aliases_in(
        &self,
        set: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Read<Vec<(String, UserId)>>;
    /// The JSON of recorded exchanges, oldest first.
    fn exchanges_after(&self, after: Option<ExchangeId>, limit: usize) -> Read<Vec<String>>;
    /// The number of the oldest journal entry that is kept; where there is none, the next one's.
    fn journal_first(&self) -> Read<u64>;
}
