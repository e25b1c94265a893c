//! What the system tells of threads and processes, from `/proc`.

use std::{fs, time::Duration};

/// Time on a processor, in nanoseconds, as the scheduler counts it.
fn on_processor(path: &str) -> Duration {
    let text = fs::read_to_string(path).unwrap_or_default();
    let first = text.split_whitespace().next();
    Duration::from_nanos(first.and_then(|word| word.parse().ok()).unwrap_or(0))
}

/// What the calling thread has used so far: what others do on the machine counts for nothing.
pub(crate) fn thread_time() -> Duration {
    // The scheduler adds up when it is called, which it else is at the clock's tick only.
    std::thread::yield_now();
    on_processor("/proc/thread-self/schedstat")
}

/// What threads have done so far.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Threads {
    /// How many there are.
    pub(crate) count: u64,
    /// How often one of them went to sleep by itself: each waking ends with that.
    pub(crate) sleeps: u64,
    /// What they have used.
    pub(crate) time: Duration,
}

/// The threads of a process whose names begin like this.
pub(crate) fn threads(process: u32, named: &str) -> Threads {
    let mut all = Threads::default();
    let tasks = fs::read_dir(format!("/proc/{process}/task"));
    for task in tasks.into_iter().flatten().flatten() {
        let path = task.path().display().to_string();
        let name = fs::read_to_string(format!("{path}/comm")).unwrap_or_default();
        if !name.starts_with(named) {
            continue;
        }
        let status = fs::read_to_string(format!("{path}/status")).unwrap_or_default();
        all.count += 1;
        all.sleeps += field(&status, "voluntary_ctxt_switches:");
        all.time += on_processor(&format!("{path}/schedstat"));
    }
    all
}

/// What a process has used, with what is over by now, to the hundredth of a second.
pub(crate) fn process_time(process: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    // The third field is the first one here; the 14th and 15th are user and system time.
    let ticks = after_name.split_whitespace().skip(11).take(2);
    let hundredths: u64 = ticks.filter_map(|word| word.parse::<u64>().ok()).sum();
    Duration::from_millis(hundredths * 10)
}

/// What this process holds in memory, in MiB.
pub(crate) fn resident() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kibibytes = u32::try_from(field(&status, "VmRSS:")).unwrap_or(u32::MAX);
    f64::from(kibibytes) / 1024.0
}

fn field(status: &str, key: &str) -> u64 {
    let mut lines = status.lines();
    let value = lines.find_map(|line| line.strip_prefix(key)?.split_whitespace().next());
    value.and_then(|value| value.parse().ok()).unwrap_or(0)
}

/// The value below which so many of 100 lie, of sorted ones.
pub(crate) fn quantile(sorted: &[f64], of_100: usize) -> f64 {
    let rank = (sorted.len() * of_100).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or(f64::NAN)
}

/// In milliseconds.
pub(crate) fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
