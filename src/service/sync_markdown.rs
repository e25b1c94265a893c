//! A sync's digest as Markdown, for a ticket or a message.

use std::fmt::Write as _;

use super::{exchange::Effect, sync::SyncDigest};

impl SyncDigest {
    /// A heading, the verdict, the figures, a table of what was done, and what went wrong; what is
    /// nothing is left out.
    pub fn to_markdown(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "## {} sync of {}\n", self.provider, self.started);
        if self.running {
            let _ = write!(text, "Running; so far: ");
        }
        let _ = writeln!(text, "**{}**.\n", cell(&self.verdict()));
        let _ = writeln!(
            text,
            "Last request {}; {} requests ({} lookups, {} without change), {} a second; errors: {}, held: {}; half of \
             the answers within {} ms, 95 % within {} ms.\n",
            self.last,
            self.requests,
            self.lookups,
            self.unchanged,
            self.requests_per_second,
            self.errors,
            self.held,
            milliseconds(self.p50_micros),
            milliseconds(self.p95_micros),
        );
        self.effects(&mut text);
        self.troubles_in_full(&mut text);
        text
    }

    fn effects(&self, text: &mut String) {
        let rows = figures(&self.effect);
        if rows.iter().all(|(_, count)| *count == 0) {
            text.push_str("Nothing changed.\n");
            return;
        }
        text.push_str("| what | how many |\n|---|---:|\n");
        for (what, count) in rows.into_iter().filter(|(_, count)| *count > 0) {
            let _ = writeln!(text, "| {what} | {count} |");
        }
    }

    fn troubles_in_full(&self, text: &mut String) {
        if !self.failures.is_empty() {
            text.push_str("\n| error | how many | the first |\n|---|---:|---|\n");
        }
        for failure in &self.failures {
            let _ = writeln!(
                text,
                "| {} | {} | {} ({}) |",
                failure.status,
                failure.count,
                cell(&failure.summary),
                failure.first
            );
        }
        if !self.conflicts.is_empty() {
            text.push_str("\n| conflict | what was pushed |\n|---|---|\n");
        }
        for conflict in &self.conflicts {
            let _ = writeln!(text, "| {} | {} |", conflict.id, cell(&conflict.summary));
        }
        if !self.slowest.is_empty() {
            text.push_str("\n| slowest | ms |\n|---|---:|\n");
        }
        for slow in &self.slowest {
            let _ = writeln!(
                text,
                "| {} {} | {} |",
                slow.status,
                cell(&slow.summary),
                milliseconds(slow.micros)
            );
        }
    }
}

/// A text from outside that neither ends its cell nor becomes markup or a line of its own.
fn cell(text: &str) -> String {
    let mut cell = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '|' | '*' | '_' | '`' | '[' | ']' | '<' | '>' | '\\' => {
                cell.push('\\');
                cell.push(character);
            }
            character if character.is_control() => cell.push(' '),
            character => cell.push(character),
        }
    }
    cell
}

fn milliseconds(micros: u64) -> String {
    format!("{}.{}", micros / 1_000, micros % 1_000 / 100)
}

fn figures(effect: &Effect) -> [(&'static str, u32); 13] {
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
        ("suspensions held", effect.held),
    ]
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use uuid::Uuid;

    use super::*;
    use crate::{
        directory::{ConflictId, ExchangeId, Provider},
        service::sync::{Failure, SlowExchange, SyncConflict},
    };

    #[test]
    fn a_digest_is_told_in_a_table_of_what_was_done() {
        let id = ExchangeId(Uuid::nil());
        let start = Timestamp::from_second(1_700_000_000).unwrap();
        let mut digest = SyncDigest {
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
            errors: 2,
            failed: 1,
            failures: vec![Failure {
                status: 400,
                count: 1,
                first: id,
                summary: "a | b".to_owned(),
            }],
            conflicts: vec![SyncConflict {
                id: ConflictId(Uuid::nil()),
                summary: "role Finance: name is taken".to_owned(),
            }],
            slowest: vec![SlowExchange {
                id,
                micros: 3_200,
                status: 201,
                summary: "ann@x.io created".to_owned(),
            }],
            requests_per_second: 0.2,
            p50_micros: 1_250,
            p95_micros: 90,
            ..SyncDigest::begun(Provider::Okta, id, start)
        };
        insta::assert_snapshot!(digest.to_markdown());
        digest.effect = Effect::default();
        assert!(digest.to_markdown().contains("\nNothing changed.\n"));
    }
}
