//! What a service manager and a package need: notifications, manual pages, the unit.

use std::{os::unix::net::UnixDatagram, process::Stdio, time::Duration};

use super::{
    COMMANDS,
    program::{Place, Program},
};

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
    for command in COMMANDS {
        let name = ["rolecall", command].join(" ").trim().replace(' ', "-");
        let page = std::fs::read_to_string(directory.join(format!("{name}.1")));
        let page = page.unwrap_or_else(|error| panic!("{name}.1: {error}"));
        for section in [".TH", ".SH NAME", ".SH SYNOPSIS"] {
            assert!(page.contains(section), "{name}.1 has no {section}");
        }
    }
}

/// What services tell the allocator; the benchmark does, too.
const SOON_GIVEN_BACK: &str = "MIMALLOC_PURGE_DELAY=20";

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
    assert!(unit.contains(&format!("\nEnvironment={SOON_GIVEN_BACK}\n")));
}

/// The instructions of a container file that are used here.
const INSTRUCTIONS: [&str; 11] = [
    "FROM",
    "WORKDIR",
    "COPY",
    "RUN",
    "USER",
    "ENV",
    "VOLUME",
    "EXPOSE",
    "STOPSIGNAL",
    "ENTRYPOINT",
    "CMD",
];

/// What the container file names is there, and what it starts is a command that there is.
#[test]
fn the_container_starts_the_server() {
    let file = include_str!("../../../assets/container/Containerfile");
    let top = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let joined = file.replace("\\\n", " ");
    let lines = joined.lines().filter(|line| !line.starts_with('#'));
    let instructions: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(' ')).collect();
    let all = |name: &'static str| {
        let named = instructions.iter().filter(move |(word, _)| *word == name);
        named.map(|(_, rest)| rest.trim())
    };
    let one = |name: &'static str| all(name).next_back().unwrap_or_else(|| panic!("no {name}"));
    for (word, _) in &instructions {
        assert!(INSTRUCTIONS.contains(word), "{word}");
    }
    for copied in all("COPY").filter(|copied| !copied.starts_with("--from")) {
        let words: Vec<&str> = copied.split_whitespace().collect();
        for source in &words[..words.len() - 1] {
            assert!(top.join(source).exists(), "{source}");
        }
    }
    let data = one("VOLUME");
    let variables: Vec<&str> = all("ENV").collect();
    assert_eq!(
        variables,
        [&format!("ROLECALL_DATA={data}"), SOON_GIVEN_BACK]
    );
    assert!(
        all("RUN").any(|run| run.contains(&format!("--uid {}", one("USER"))) && run.contains(data))
    );
    assert_eq!(one("STOPSIGNAL"), "SIGTERM");
    let entry: Vec<String> = serde_json::from_str(one("ENTRYPOINT")).expect("a JSON list");
    assert_eq!(entry, ["rolecall"]);
    let mut command: Vec<String> = serde_json::from_str(one("CMD")).expect("a JSON list");
    assert!(
        command.contains(&format!("0.0.0.0:{}", one("EXPOSE"))),
        "{command:?}"
    );
    command.push("--help".to_owned());
    let command: Vec<&str> = command.iter().map(String::as_str).collect();
    let help = Program::alone(&command);
    assert_eq!(help.code, 0, "{help:?}");
}
