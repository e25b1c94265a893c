//! How a sync went, in one line: the same words in the console, in `tail` and in Markdown.

use super::digest::SyncDigest;
use crate::{
    directory::Hold,
    service::words::{count, number, span},
};

/// How a sync went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It changed something, and nothing stood in its way.
    Clean,
    /// It changed nothing, and nothing stood in its way.
    Unchanged,
    /// Conflicts or errors are left behind.
    NeedsYou,
    /// The rest waits until an operator decides.
    Held,
}

impl Outcome {
    /// In two words at most.
    pub fn words(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Unchanged => "done",
            Self::NeedsYou => "needs you",
            Self::Held => "held",
        }
    }
}

impl SyncDigest {
    /// How it went, or has gone so far.
    pub fn outcome(&self) -> Outcome {
        if self.held_waiting > 0 {
            Outcome::Held
        } else if self.failed > 0 || self.effect.conflicts > 0 || self.effect.members_unknown > 0 {
            Outcome::NeedsYou
        } else if self.effect.is_change() {
            Outcome::Clean
        } else {
            Outcome::Unchanged
        }
    }

    /// How it went, in one line: `okta sync clean: 412 requests in 0:34, 38 new, 371 updated`.
    pub fn verdict(&self) -> String {
        let provider = self.provider;
        let requests = format!(
            "{} in {}",
            count(self.requests, "request"),
            span(self.started, self.last)
        );
        match self.outcome() {
            Outcome::Held => {
                let waiting = self.held_waiting;
                let more = if waiting >= Hold::NAMED as u64 {
                    " or more"
                } else {
                    ""
                };
                let (noun, verb) = if waiting == 1 {
                    ("suspension", "waits")
                } else {
                    ("suspensions", "wait")
                };
                let mut parts = vec![format!("{waiting}{more} {noun} {verb} for you")];
                parts.extend(self.troubles());
                format!("{provider} sync held: {}; {requests}", parts.join(", "))
            }
            Outcome::NeedsYou => {
                let troubles = self.troubles().join(", ");
                format!("{provider} sync needs you: {troubles}; {requests}")
            }
            Outcome::Clean => {
                let mut parts = vec![requests];
                parts.extend(self.changes());
                format!("{provider} sync clean: {}", parts.join(", "))
            }
            Outcome::Unchanged => format!("{provider} sync: nothing changed, {requests}"),
        }
    }

    /// What stood in its way.
    fn troubles(&self) -> Vec<String> {
        let mut parts = Vec::new();
        let effect = &self.effect;
        if effect.conflicts > 0 {
            parts.push(count(self.conflict_count(), "conflict"));
        }
        if self.failed > 0 {
            let kinds = self.failures.iter();
            let kinds: Vec<String> = kinds
                .map(|kind| format!("{} ×{}", kind.status, number(kind.count)))
                .collect();
            let mut part = count(self.failed, "error");
            if !kinds.is_empty() {
                part = format!("{part} ({})", kinds.join(", "));
            }
            parts.push(part);
        }
        if effect.members_unknown > 0 {
            let members = count(u64::from(effect.members_unknown), "unknown member");
            parts.push(format!("{members} left out"));
        }
        parts
    }

    /// What it did.
    fn changes(&self) -> Vec<String> {
        let effect = &self.effect;
        let sum = |left: u32, right: u32| u64::from(left) + u64::from(right);
        let figures = [
            (sum(effect.users_created, effect.roles_created), "new"),
            (sum(effect.users_updated, effect.roles_updated), "updated"),
            (u64::from(effect.users_suspended), "suspended"),
            (u64::from(effect.users_reinstated), "reinstated"),
            (sum(effect.users_deleted, effect.roles_deleted), "deleted"),
            (u64::from(effect.members_added), "memberships added"),
            (u64::from(effect.members_removed), "memberships removed"),
        ];
        let figures = figures.into_iter().filter(|(figure, _)| *figure > 0);
        figures
            .map(|(figure, word)| {
                let word = match figure {
                    1 => word.replace("memberships", "membership"),
                    _ => word.to_owned(),
                };
                format!("{} {word}", number(figure))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use uuid::Uuid;

    use super::*;
    use crate::{
        directory::{ExchangeId, Provider},
        service::{exchange::Effect, sync::Failure},
    };

    fn digest(requests: u64, effect: Effect) -> SyncDigest {
        let start = Timestamp::from_second(1_700_000_000).unwrap();
        let id = ExchangeId(Uuid::nil());
        SyncDigest {
            running: false,
            last: Timestamp::from_second(1_700_000_034).unwrap(),
            requests,
            effect,
            ..SyncDigest::begun(Provider::Okta, id, start)
        }
    }

    fn failure(status: u16, count: u64) -> Failure {
        Failure {
            status,
            count,
            first: ExchangeId(Uuid::nil()),
            summary: String::new(),
        }
    }

    #[test]
    fn a_sync_is_judged_in_one_line() {
        let effect = Effect::default();
        let changed = Effect {
            users_created: 38,
            users_updated: 371,
            users_suspended: 3,
            members_added: 1,
            ..effect
        };
        let refused = Effect {
            conflicts: 2,
            ..changed
        };
        let unknown = Effect {
            members_unknown: 1,
            ..changed
        };
        for (digest, outcome, text) in [
            (
                digest(1_412, changed),
                Outcome::Clean,
                "okta sync clean: 1,412 requests in 0:34, 38 new, 371 updated, 3 suspended, 1 membership added",
            ),
            (
                digest(96, effect),
                Outcome::Unchanged,
                "okta sync: nothing changed, 96 requests in 0:34",
            ),
            (
                SyncDigest {
                    failed: 3,
                    failures: vec![failure(400, 1), failure(404, 2)],
                    ..digest(412, refused)
                },
                Outcome::NeedsYou,
                "okta sync needs you: 2 conflicts, 3 errors (400 ×1, 404 ×2); 412 requests in 0:34",
            ),
            (
                digest(2, unknown),
                Outcome::NeedsYou,
                "okta sync needs you: 1 unknown member left out; 2 requests in 0:34",
            ),
            (
                SyncDigest {
                    held: 16,
                    held_waiting: 14,
                    ..digest(412, refused)
                },
                Outcome::Held,
                "okta sync held: 14 suspensions wait for you, 2 conflicts; 412 requests in 0:34",
            ),
            (
                SyncDigest {
                    held: 1,
                    held_waiting: 1,
                    ..digest(1, effect)
                },
                Outcome::Held,
                "okta sync held: 1 suspension waits for you; 1 request in 0:34",
            ),
            (
                SyncDigest {
                    held: 90,
                    held_waiting: 50,
                    ..digest(90, effect)
                },
                Outcome::Held,
                "okta sync held: 50 or more suspensions wait for you; 90 requests in 0:34",
            ),
        ] {
            assert_eq!(digest.verdict(), text);
            assert_eq!(digest.outcome(), outcome, "{text}");
        }
    }
}
