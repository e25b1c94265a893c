//! A second `PostgreSQL` that follows the first, and takes its place.

use std::{net::TcpListener, process::Stdio};

use super::{Server, programs};

/// What follows a server of the tests, and has whatever that has acknowledged.
#[derive(Debug)]
pub(crate) struct Standby<'server> {
    first: &'server Server,
    port: u16,
}

impl Server {
    /// Copies a durable one, and starts what follows it: from now on no commit is acknowledged that the
    /// other has not got. It is gone with this one.
    pub(crate) fn standby(&self) -> Standby<'_> {
        let free = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
        let port = free.expect("a free port").port();
        let data = self.folder.join("standby");
        self.runs("pg_basebackup", |command| {
            command.args(["-U", "postgres", "-R", "-X", "stream", "-c", "fast"]);
            command.args(["-p", &self.port.to_string(), "-h"]);
            command.arg(&self.folder).arg("-D").arg(&data);
        });
        let standby = Standby { first: self, port };
        standby.control(&["start", "-o", &format!("-p {port}")]);
        self.sql(
            "postgres",
            "ALTER SYSTEM SET synchronous_standby_names = '*'",
        );
        self.sql("postgres", "SELECT pg_reload_conf()");
        standby
    }

    fn runs(&self, program: &str, arguments: impl FnOnce(&mut std::process::Command)) {
        let mut command = programs::as_ordinary_user(self.programs.join(program));
        arguments(&mut command);
        // What the server says would keep an output open that is read to its end.
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let status = command.status().expect("it runs");
        assert!(status.success(), "{program}: {}", self.log());
    }
}

impl Standby<'_> {
    /// Its port on 127.0.0.1.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Has it take changes from now on.
    pub(crate) fn promote(&self) {
        self.control(&["promote"]);
    }

    fn control(&self, arguments: &[&str]) {
        self.first.runs("pg_ctl", |command| {
            command.args(arguments).arg("-w").arg("-D");
            command.arg(self.first.folder.join("standby"));
            command.arg("-l").arg(self.first.folder.join("log"));
        });
    }
}
