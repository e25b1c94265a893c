//! A sync's digest as Markdown, for a ticket or a message.

use std::fmt::Write as _;

use super::{exchange::Effect, sync::SyncDigest};

impl SyncDigest {
    /// A heading, a sentence and a table of what was done; rows of nothing are left out.
    pub fn to_markdown(&self) -> String {
        let mut text = String::new();
        let state = if self.running { "running" } else { "finished" };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "## {} sync of {}\n", self.provider, self.started);
        let _ = writeln!(
            text,
            "{state}, last request {}; {} requests ({} lookups, {} without change), errors: {}; half of the answers \
             within {} ms, 95 % within {} ms.\n",
            self.last,
            self.requests,
            self.lookups,
            self.unchanged,
            self.errors,
            milliseconds(self.p50_micros),
            milliseconds(self.p95_micros),
        );
        let rows = figures(&self.effect);
        if rows.iter().all(|(_, count)| *count == 0) {
            text.push_str("Nothing changed.\n");
            return text;
        }
        text.push_str("| what | how many |\n|---|---:|\n");
        for (what, count) in rows.into_iter().filter(|(_, count)| *count > 0) {
            let _ = writeln!(text, "| {what} | {count} |");
        }
        text
    }
}

fn milliseconds(micros: u64) -> String {
    format!("{}.{}", micros / 1_000, micros % 1_000 / 100)
}

fn figures(effect: &Effect) -> [(&'static str, u32); 12] {
    [
        ("users created", effect.users_created),
        ("users updated", effect.users_updated),
        ("users suspended", effect.users_suspended),
        ("users reinstated", effect.users_reinstated),
        ("users deleted", effect.users_deleted),
        ("roles created", effect.roles_created),
        ("roles updated", effect.roles_updated),
        ("roles deleted", effect.roles_deleted),
        ("memberships added", effect.members_added),
        ("memberships removed", effect.members_removed),
        ("unknown members", effect.members_unknown),
        ("conflicts", effect.conflicts),
    ]
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use uuid::Uuid;

    use super::*;
    use crate::directory::{ExchangeId, Provider};

    #[test]
    fn a_digest_is_told_in_a_table_of_what_was_done() {
        let mut digest = SyncDigest {
            id: ExchangeId(Uuid::nil()),
            provider: Provider::Okta,
            started: Timestamp::from_second(1_700_000_000).unwrap(),
            last: Timestamp::from_second(1_700_000_060).unwrap(),
            running: false,
            requests: 12,
            lookups: 4,
            unchanged: 1,
            effect: Effect {
                users_created: 3,
                conflicts: 1,
                ..Effect::default()
            },
            errors: 1,
            p50_micros: 1_250,
            p95_micros: 90,
        };
        insta::assert_snapshot!(digest.to_markdown(), @r"
        ## okta sync of 2023-11-14T22:13:20Z

        finished, last request 2023-11-14T22:14:20Z; 12 requests (4 lookups, 1 without change), errors: 1; half of the answers within 1.2 ms, 95 % within 0.0 ms.

        | what | how many |
        |---|---:|
        | users created | 3 |
        | conflicts | 1 |
        ");
        digest.effect = Effect::default();
        assert!(digest.to_markdown().ends_with("Nothing changed.\n"));
    }
}
