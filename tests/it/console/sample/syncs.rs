//! The syncs that the sample's server has seen.

use rolecall::{
    admin::Reply,
    directory::{ExchangeId, Provider},
    service::{
        exchange::Effect as Did,
        sync::{Failure, SlowExchange, SyncConflict, SyncDigest},
    },
};

use super::{ago, conflicts::conflict_id, exchange_id, exchanges};

/// One that runs, and others that have ended: with errors, clean, and without a change.
pub(in crate::console) fn syncs() -> Vec<SyncDigest> {
    vec![
        running(),
        SyncDigest {
            last: ago(3_541),
            running: false,
            requests: 7,
            lookups: 3,
            effect: Did {
                users_created: 2,
                ..Did::default()
            },
            errors: 2,
            failed: 2,
            failures: vec![Failure {
                status: 400,
                count: 2,
                first: exchange_id(90),
                summary: "the alias rdp-set is not of the form set,alias".to_owned(),
            }],
            p50_micros: 1_900,
            p95_micros: 3_900,
            ..SyncDigest::begun(Provider::Entra, exchange_id(89), ago(3_544))
        },
        SyncDigest {
            last: ago(7_210),
            running: false,
            requests: 57,
            effect: Did {
                members_added: 40,
                members_removed: 2,
                roles_created: 3,
                ..Did::default()
            },
            p50_micros: 2_900,
            p95_micros: 11_300,
            ..SyncDigest::begun(Provider::Okta, exchange_id(20), ago(7_294))
        },
        SyncDigest {
            last: ago(10_882),
            running: false,
            requests: 96,
            lookups: 96,
            p50_micros: 900,
            p95_micros: 2_100,
            ..SyncDigest::begun(Provider::Okta, exchange_id(0), ago(10_894))
        },
    ]
}

/// The requests of a sync, four a page: those of the newest one but the first, which has gone.
pub(in crate::console) fn page(id: ExchangeId, after: Option<ExchangeId>) -> Reply {
    let mut lines = exchanges();
    lines.retain(|line| {
        id == exchange_id(1) && line.provider.is_some() && after.is_none_or(|after| line.id > after)
    });
    let next = lines.get(3).map(|line| line.id).filter(|_| lines.len() > 4);
    lines.truncate(4);
    Reply::SyncExchanges { lines, next }
}

fn running() -> SyncDigest {
    let slow = |number: u128, micros, status, summary: &str| SlowExchange {
        id: exchange_id(number),
        micros,
        status,
        summary: summary.to_owned(),
    };
    let conflict = |number: u128, summary: &str| SyncConflict {
        id: conflict_id(number),
        summary: summary.to_owned(),
    };
    SyncDigest {
        last: ago(1),
        requests: 412,
        lookups: 12,
        effect: Did {
            users_created: 38,
            users_updated: 371,
            users_suspended: 3,
            conflicts: 2,
            ..Did::default()
        },
        errors: 3,
        failed: 1,
        failures: vec![Failure {
            status: 400,
            count: 1,
            first: exchange_id(7),
            summary: "the alias rdp-set is not of the form set,alias".to_owned(),
        }],
        conflicts: vec![
            conflict(1, "role Finance: name is taken"),
            conflict(2, "dora@example.com: name is taken"),
        ],
        slowest: vec![
            slow(10, 41_200, 200, "ann@example.com suspended"),
            slow(7, 12_300, 204, "role Engineering +3 −1"),
            slow(6, 4_100, 409, "role Finance: name is taken"),
        ],
        p50_micros: 3_100,
        p95_micros: 41_200,
        requests_per_second: 12.5,
        known_users: 445,
        users_seen: 280,
        ..SyncDigest::begun(Provider::Okta, exchange_id(1), ago(34))
    }
}
