//! What the figures are held against.

use super::{
    client::median,
    directory::{Directory, MEMBERS, Phase, ratio},
    options::Options,
    record::{Record, Subject},
};
use crate::{Outcome, target::Target};

/// The targets that this run can tell of. Ratios are taken round by round, and the median counts.
pub(crate) fn of(record: &Record, options: &Options) -> Vec<Target> {
    let mut targets = Vec::new();
    for &size in &options.sizes {
        targets.extend(of_size(record, size));
    }
    if let [small, .., large] = options.sizes.as_slice() {
        for &in_flight in &options.in_flight {
            for phase in Phase::ALL {
                // The role has fewer members where there are fewer users.
                let whole = matches!(phase, Phase::WholeGroup | Phase::PushGroup);
                if whole && *small < MEMBERS {
                    continue;
                }
                let rates = |size: usize| record.rates(Subject::Phase(size, phase), in_flight);
                let growth = ratio(&rates(*small), &rates(*large));
                let name = format!(
                    "{}, {in_flight} in flight: cost at {large} over cost at {small}",
                    phase.name()
                );
                targets.push(Target::at_most(&name, growth, 1.5));
            }
        }
    }
    targets.retain(Target::is_known);
    targets
}

fn of_size(record: &Record, size: usize) -> Vec<Target> {
    let rates = |phase, in_flight| record.rates(Subject::Phase(size, phase), in_flight);
    let over = |phase, in_flight, floor| {
        let floor = record.rates(floor, in_flight);
        ratio(&rates(phase, in_flight), &floor)
    };
    let name = |what: &str| format!("{size} users: {what}");
    let p50 = |subject, in_flight| {
        let of = record.of(subject, in_flight).iter();
        median(of.map(|measured| measured.p50_ms).collect())
    };
    let look_up = p50(Subject::Phase(size, Phase::LookUp), 1) / p50(Subject::BareAnswer, 1);
    let apart = p50(Subject::LookUpApart(size), 1) / p50(Subject::BareAnswerApart, 1);
    let mut targets = vec![
        Target::at_least(
            &name("look-ups over bare hyper, 16 in flight"),
            over(Phase::LookUp, 16, Subject::BareAnswer),
            0.6,
        ),
        Target::at_most(
            &name("look-up's p50 over bare hyper's, 1 in flight"),
            look_up,
            1.5,
        ),
        Target::at_most(
            &name("the same, where client and server have a core each"),
            apart,
            1.5,
        ),
        Target::at_least(
            &name("PUTs over bare redb's commits, 1 in flight"),
            over(Phase::Replace, 1, Subject::BareRows(1)),
            0.6,
        ),
        Target::at_least(
            &name("creates over bare redb's rows in 16s, 16 in flight"),
            over(Phase::Create, 16, Subject::BareRows(16)),
            0.4,
        ),
        Target::at_least(
            &name("pages over bare hyper's of that length, 16 in flight"),
            over(Phase::PageByIndex, 16, Subject::BarePage),
            0.25,
        ),
    ];
    for phase in [Phase::Create, Phase::Delete, Phase::Replace, Phase::Member] {
        targets.push(Target::at_least(
            &name(&format!("{} with 64 in flight over 1", phase.name())),
            ratio(&rates(phase, 64), &rates(phase, 1)),
            8.0,
        ));
    }
    if size >= MEMBERS {
        targets.push(Target::at_least(
            &name("one member of a role of 10,000, requests/s, 16 in flight"),
            median(rates(Phase::Member, 16)),
            5_000.0,
        ));
    }
    targets
}

/// The most memory, and how soon the server is ready after it was killed amid writes.
pub(crate) async fn of_process(
    record: &Record,
    options: &Options,
    directory: &mut Directory,
) -> Outcome<Vec<Target>> {
    let size = directory.size;
    let bytes = directory.server.file_bytes();
    let ready = directory.crash().await?;
    eprintln!(
        "\n{size} users: a file of {} MiB; ready {:.2} s after a kill",
        bytes / (1024 * 1024),
        ready.as_secs_f64()
    );
    let most = match size {
        0..=10_000 => 60.0,
        _ => 400.0,
    };
    let mut targets = vec![Target::at_most(
        &format!("{size} users: ready after a kill amid writes, s"),
        ready.as_secs_f64(),
        2.0,
    )];
    for &in_flight in &options.in_flight {
        if let Some(peak) = record.peak(size, in_flight) {
            let name = format!("{size} users: MiB at most, {in_flight} in flight");
            targets.push(Target::at_most(&name, peak, most));
        }
    }
    Ok(targets)
}
