//! A file of an older layout becomes one of the latest when it is opened, one step after the other.
//!
//! Each step is one transaction together with the number of the layout that it makes: whatever
//! interrupts it leaves the file in the layout before or in the one after, and the next opening goes on
//! from there. To change the layout, add a step at the end. A released one never changes: where the
//! tables that it touches do, it keeps their older definitions.

use redb::{Database, ReadableTable};

use super::{
    encoding::{Prefix, parse},
    failed,
    read::{self, Rows},
    rows::UserName,
    tables::{Bytes, Id, Tables as _, WriteTables},
    transact,
};
use crate::{
    directory::{Conflict, Role, User, fold},
    store::{Ending, StoreError, Totals},
};

/// What makes of one layout the next.
pub(super) struct Step {
    pub(super) from: u64,
    pub(super) to: u64,
    pub(super) run: fn(&mut Rows<WriteTables<'_>>) -> Result<(), StoreError>,
}

/// Every step there ever was, in order and without a gap.
pub(super) const STEPS: &[Step] = &[
    Step {
        from: 1,
        to: 2,
        run: count_and_list,
    },
    Step {
        from: 2,
        to: 3,
        run: |rows| rows.gather_exchanges(),
    },
    Step {
        from: 3,
        to: 4,
        run: |rows| rows.compress_exchanges(),
    },
    // An earlier version would not know that the journal can be ahead of the totals, and give a number out
    // twice; nor could it show the bodies of exchanges, which are kept as the JSON that they are.
    Step {
        from: 4,
        to: 5,
        run: |_| Ok(()),
    },
    // An earlier version would not know a user's row that is no JSON.
    Step {
        from: 5,
        to: 6,
        run: |_| Ok(()),
    },
    Step {
        from: 6,
        to: 7,
        run: forget_emails_that_are_names,
    },
];

/// The oldest layout that can be brought up; nothing older was ever written.
pub(super) const OLDEST: u64 = STEPS[0].from;

/// The layout that this version writes.
pub(super) const LATEST: u64 = STEPS[STEPS.len() - 1].to;

/// Takes the steps that lead on from a layout.
///
/// # Errors
/// Those of the step that failed; the file is in the layout before it then.
pub(super) fn upgrade(
    name: &str,
    database: &Database,
    layout: u64,
    steps: &[Step],
) -> Result<(), StoreError> {
    let latest = steps.last().map(|step| step.to);
    for step in steps.iter().filter(|step| step.from >= layout) {
        let (from, to) = (step.from, step.to);
        tracing::info!(store = name, from, to, "the store gets a newer layout");
        let taken = transact(database, |rows| {
            (step.run)(rows)?;
            if latest == Some(to) {
                // Reading never meets a missing table.
                rows.0.make_all()?;
            }
            rows.0.meta.put("schema", to)?;
            Ok(Ending::Commit)
        });
        taken.map_err(|error| told(name, step, error))?;
    }
    Ok(())
}

fn told(name: &str, step: &Step, error: StoreError) -> StoreError {
    let Step { from, to, .. } = step;
    let said =
        format!("{name} could not be brought from layout {from} to {to}, and stays as it was");
    match error {
        StoreError::Damaged(why) => StoreError::Damaged(format!(
            "{said}: {why}. Restore a backup into another directory."
        )),
        error => StoreError::Failed(format!("{said}: {error}")),
    }
}

/// Layout 1 knew no access, no safeguards and no surveys: lists users and roles for those, and counts
/// anew. What there is of access and safeguards begins empty.
fn count_and_list(rows: &mut Rows<WriteTables<'_>>) -> Result<(), StoreError> {
    let mut totals = Totals {
        journal_last: rows.stored_totals()?.journal_last,
        ..Totals::default()
    };
    for id in ids(rows.0.users()?)? {
        if let Some(user) = read::row::<_, User>(rows.0.users()?, &id)? {
            totals.add_user(&user);
            rows.list_user(None, Some(&user))?;
        }
    }
    for id in ids(rows.0.roles()?)? {
        if let Some(role) = read::row::<_, Role>(rows.0.roles()?, &id)? {
            totals.add_role(&role);
            rows.list_role(None, Some(&role), None)?;
        }
    }
    let conflicts = rows.0.conflict_rows()?;
    for entry in conflicts.range::<&[u8; 16]>(..).map_err(failed)? {
        let conflict: Conflict = parse(entry.map_err(failed)?.1.value())?;
        totals.add_conflict(&conflict);
    }
    rows.0.kept = Some(totals);
    Ok(())
}

/// Until layout 7 every address had an entry of its own.
fn forget_emails_that_are_names(rows: &mut Rows<WriteTables<'_>>) -> Result<(), StoreError> {
    for id in ids(rows.0.users()?)? {
        if let Some(UserName(name)) = read::row(rows.0.users()?, &id)? {
            rows.0
                .user_emails
                .take(&Prefix::of(&fold(&name)).with(&id))?;
        }
    }
    Ok(())
}

/// Every id: a table cannot be walked while others are changed.
fn ids(rows: &impl ReadableTable<Id, Bytes>) -> Result<Vec<[u8; 16]>, StoreError> {
    let all = rows.range::<&[u8; 16]>(..).map_err(failed)?;
    all.map(|entry| Ok(*entry.map_err(failed)?.0.value()))
        .collect()
}
