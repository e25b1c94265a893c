//! What a service manager and a package need: notifications, manual pages, the unit.

use std::{os::unix::net::UnixDatagram, process::Stdio, time::Duration};

use super::program::Place;

#[test]
fn the_service_manager_hears_ready_alive_and_stopping() {
    let place = Place::new();
    let path = place.path().join("notify");
    let socket = UnixDatagram::bind(&path).expect("a socket");
    socket
        .set_read_timeout(Some(Duration::from_secs(20)))
        .expect("a timeout");
    let mut child = place
        .command("serve --listen 127.0.0.1:0 --store memory")
        .env("NOTIFY_SOCKET", &path)
        .env("WATCHDOG_USEC", "300000")
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary runs");
    let heard = || {
        let mut bytes = [0; 1_024];
        let length = socket.recv(&mut bytes).expect("it is told");
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    };
    let ready = heard();
    assert!(
        ready.starts_with("READY=1\nSTATUS=listening on http://127.0.0.1:"),
        "{ready}"
    );
    for _ in 0..2 {
        assert_eq!(heard(), "WATCHDOG=1\n");
    }
    let killed = std::process::Command::new("kill")
        .arg(child.id().to_string())
        .status();
    assert!(killed.expect("kill runs").success());
    let last = std::iter::repeat_with(heard).find(|told| told != "WATCHDOG=1\n");
    assert_eq!(last.as_deref(), Some("STOPPING=1\n"));
    assert!(child.wait().expect("it ends").success());
}

#[test]
fn the_manual_is_made_by_the_binary() {
    let place = Place::new();
    let page = place.run("man").stdout;
    assert!(page.contains(".TH rolecall 1"), "{page}");
    let directory = place.path().join("man1");
    let missing = place.attempt(&format!("man {}", directory.display()));
    assert_eq!(missing.code, 1);
    assert!(missing.stderr.contains("make the directory first"));
    std::fs::create_dir(&directory).expect("a directory");
    place.run(&format!("man {}", directory.display()));
    let page = std::fs::read_to_string(directory.join("rolecall-token-create.1"));
    assert!(page.expect("a page for each command").contains("expires"));
}

/// The unit starts what there is, with flags that there are.
#[test]
fn the_unit_starts_the_server() {
    let unit = include_str!("../../../assets/systemd/rolecall.service");
    let start = unit
        .lines()
        .find_map(|line| line.strip_prefix("ExecStart=/usr/local/bin/rolecall "))
        .expect("a command to start");
    let example = format!(
        "{}/assets/rolecall.example.toml",
        env!("CARGO_MANIFEST_DIR")
    );
    let place = Place::new();
    let arguments = start
        .replace("/etc/rolecall/rolecall.toml", &example)
        .replace(" --data /var/lib/rolecall", "");
    let help = place.attempt(&format!("{arguments} --help"));
    assert_eq!(help.code, 0, "{help:?}");
    assert!(unit.contains("Type=notify"));
}
