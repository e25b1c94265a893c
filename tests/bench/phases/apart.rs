//! Client and servers on a core each. Where two processes that take turns share a core, waking each other
//! is cheap, and where they do not, it is dear: left to the system, one and the same server answers a single
//! client in 27 µs or in 90.

use std::{
    process::{Command, Stdio},
    thread::available_parallelism,
};

/// Processes that are kept on one core each, as long as this lasts.
pub(crate) struct Apart {
    processes: Vec<u32>,
    cores: usize,
}

impl Apart {
    /// This process on the first core, the others on the second one; `None` where there is only one, or the
    /// system has no `taskset` (util-linux).
    pub(crate) fn begin(servers: impl IntoIterator<Item = u32>) -> Option<Self> {
        let cores = available_parallelism().ok()?.get();
        let client = std::process::id();
        let mut apart = Self {
            processes: Vec::new(),
            cores,
        };
        if cores < 2 || !keep(client, "0") {
            return None;
        }
        apart.processes.push(client);
        for server in servers {
            apart.processes.push(server);
            if !keep(server, "1") {
                return None;
            }
        }
        Some(apart)
    }
}

impl Drop for Apart {
    fn drop(&mut self) {
        let all = format!("0-{}", self.cores - 1);
        for process in &self.processes {
            keep(*process, &all);
        }
    }
}

/// Keeps all threads of a process on some cores, and tells whether that could be.
fn keep(process: u32, cores: &str) -> bool {
    let process = process.to_string();
    let told = Command::new("taskset")
        .args(["-acp", cores, &process])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    told.is_ok_and(|told| told.success())
}
