use super::*;

fn complaint(text: &str) -> String {
    file::parse("rolecall.toml", text)
        .expect_err("the file is refused")
        .0
}

#[test]
fn the_example_shows_the_defaults() {
    let text = include_str!("../../assets/rolecall.example.toml");
    let shown = file::parse("rolecall.example.toml", text).expect("it is read");
    let shown = Layer::default().over(shown).expect("complete");
    let mut bare = file::parse("rolecall.toml", "data = \"/var/lib/rolecall\"").expect("valid");
    bare.base_url.clone_from(&shown.base_url);
    bare.health_listen = shown.health_listen;
    let bare = Layer::default().over(bare).expect("complete");
    assert_eq!(shown.watch, bare.watch);
    assert_eq!((shown.listen, &shown.data), (bare.listen, &bare.data));
    assert_eq!((shown.store, shown.log), (bare.store, bare.log));
    assert_eq!(shown.sync_gap, bare.sync_gap);
    assert_eq!(shown.read_only, bare.read_only);
    assert_eq!(shown.console.mouse, bare.console.mouse);
    assert_eq!(shown.console.ascii, bare.console.ascii);
    assert_eq!(shown.edge.limits, crate::listener::Limits::default());
    for limit in crate::listener::limits::LIMITS {
        let lines = text.lines().filter(|line| {
            let key = line.split_once(" = ").map(|(key, _)| key);
            key == Some(limit.key)
        });
        assert_eq!(lines.count(), 1, "{} is shown once", limit.key);
    }
    let (theme, colors) = (shown.console.theme, shown.console.colors);
    assert_eq!(theme.map(|theme| theme.text).as_deref(), Some("dark"));
    assert_eq!(colors.map(|colors| colors.text).as_deref(), Some("auto"));
}

#[test]
fn a_whole_file_is_read() {
    let layer = file::parse(
        "rolecall.toml",
        r#"
listen = "localhost:9000"
data = "/var/lib/rolecall"
store = "memory"
store_password_file = "/etc/rolecall/password"
store_connections = 40
node = "scim-2"
base_url = "https://scim.example.com/scim/v2/"
log = "json"
read_only = true
[tls]
certificate = "/etc/tls/fullchain.pem"
key = "/etc/tls/privkey.pem"
client_ca = "/etc/tls/clients.pem"
[proxy]
trusted = ["10.0.0.0/8", "127.0.0.1"]
header = "forwarded"
[limits]
connections = 10
body_bytes = 4096
header_time = "3s"
[sync]
gap = "5s"
[retention]
exchanges = 1000
[console]
theme = "light"
colors = "16"
mouse = false
ascii = true
[console.keys]
new-token = "n"
"#,
    )
    .expect("valid");
    let settings = Layer::default().over(layer).expect("complete");
    assert_eq!(settings.listen.to_string(), "127.0.0.1:9000");
    assert_eq!(settings.data, PathBuf::from("/var/lib/rolecall"));
    assert_eq!(settings.store, StoreChoice::Memory);
    assert_eq!(settings.database.connections, 40);
    assert!(settings.database.password_file.is_some());
    assert_eq!(settings.node, "scim-2");
    assert_eq!(
        settings.base_url.as_deref(),
        Some("https://scim.example.com/scim/v2")
    );
    assert_eq!(settings.log, LogFormat::Json);
    assert!(settings.read_only && settings.console.ascii && !settings.console.mouse);
    let edge = &settings.edge;
    assert_eq!(edge.limits.connections, 10);
    assert_eq!(edge.limits.body_bytes, 4096);
    assert_eq!(edge.limits.header_time, Duration::from_secs(3));
    let tls = edge.tls.as_ref().expect("TLS");
    assert_eq!(tls.certificate, PathBuf::from("/etc/tls/fullchain.pem"));
    assert_eq!(tls.key, PathBuf::from("/etc/tls/privkey.pem"));
    assert_eq!(tls.client_ca, Some(PathBuf::from("/etc/tls/clients.pem")));
    let trusted: Vec<_> = edge
        .proxies
        .trusted
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(trusted, ["10.0.0.0/8", "127.0.0.1/32"]);
    assert_eq!(edge.proxies.header, crate::listener::ProxyHeader::Forwarded);
    assert_eq!(settings.sync_gap, Duration::from_secs(5));
    assert_eq!(settings.watch.exchanges, 1000);
    let theme = settings.console.theme.as_ref().expect("a theme");
    let refusal = theme.read(|text| Err::<(), _>(format!("no {text}")));
    assert_eq!(
        refusal,
        Err(ConfigError("rolecall.toml:27: no light".to_owned()))
    );
    let mapping = &settings.console.keys["new-token"];
    assert_eq!(
        (mapping.text.as_str(), mapping.place.as_str()),
        ("n", "rolecall.toml:32")
    );
}

#[test]
fn a_complaint_names_file_line_and_what_is_wrong() {
    for (text, start) in [
        (
            "listen = \"127.0.0.1:1\"\ntsl = 1\n",
            "rolecall.toml:2: the key \"tsl\" is not known",
        ),
        (
            "[limits]\n\nspeed = 3\n",
            "rolecall.toml:3: the key \"speed\" is not known",
        ),
        (
            "[safeguard.last_admins]\nenabled = true\n",
            "rolecall.toml:1: the key \"last_admins\" is not known",
        ),
        (
            "\n[warnings]\n",
            "rolecall.toml:2: the key \"warnings\" is not known",
        ),
        (
            "\nlisten = \"here\"\n",
            "rolecall.toml:2: listen: \"here\" is not an address",
        ),
        (
            "store = \"postgres\"",
            "rolecall.toml:1: store: there is no store",
        ),
        (
            "store_connections = 1",
            "rolecall.toml:1: store_connections: \"1\" is not a whole number from 2 to 1000",
        ),
        (
            "\nnode = \"\"",
            "rolecall.toml:2: node: \"\" cannot name a process",
        ),
        (
            "[sync]\ngap = \"soon\"",
            "rolecall.toml:2: gap: \"soon\" is not a length",
        ),
        (
            "[limits]\nconnections = 0",
            "rolecall.toml:2: connections: \"0\" is not a whole number from 1 to 100000",
        ),
        (
            "[limits]\nheader_bytes = -1",
            "rolecall.toml:2: header_bytes: \"-1\" is not a whole number from 8192 to",
        ),
        (
            "[limits]\nidle_time = 3",
            "rolecall.toml:2: idle_time: \"3\" is not a length of time",
        ),
        (
            "[limits]\nidle_time = \"1ms\"",
            "rolecall.toml:2: idle_time: \"1ms\" is not a time from 100ms to 1d",
        ),
        (
            "[limits]\nidle_time = true",
            "rolecall.toml:2: a limit is a number or a time in quotes",
        ),
        (
            "[proxy]\ntrusted = [\n  \"10.0.0.0/8\",\n  \"10.0.0.1/8\",\n]",
            "rolecall.toml:4: trusted: \"10.0.0.1/8\" has bits behind its first 8",
        ),
        (
            "[proxy]\nheader = \"via\"",
            "rolecall.toml:2: header: \"via\" is not a header that proxies write",
        ),
        (
            "[tls]\ncert = \"x\"",
            "rolecall.toml:2: the key \"cert\" is not known; known here: certificate, key, client_ca",
        ),
        ("read_only = 3", "rolecall.toml:1: invalid type"),
        (
            "[console]\nmouse = \"yes\"",
            "rolecall.toml:2: invalid type: string \"yes\", expected a boolean",
        ),
        ("[console]\ntheme = 3", "rolecall.toml:2: invalid type"),
        ("[console]\ncolors = 256", "rolecall.toml:2: invalid type"),
        (
            "[console.keys]\n\nnew-token = [\"t\"]",
            "rolecall.toml:3: invalid type",
        ),
        (
            "[console.keys]\nquit = \"q\"\nquit = \"Q\"",
            "rolecall.toml:3: duplicate key",
        ),
        (
            "[console]\ncolours = \"16\"",
            "rolecall.toml:2: the key \"colours\" is not known; known here: theme, colors, mouse, ascii, keys",
        ),
        ("a = = 2", "rolecall.toml:1: "),
    ] {
        let complaint = complaint(text);
        assert!(complaint.starts_with(start), "{text:?} gave {complaint}");
        assert!(!complaint.contains('\n'), "{complaint}");
    }
}

#[test]
fn flags_beat_the_file() {
    let flags = Layer {
        data: Some("/flags".into()),
        read_only: Some(false),
        ..Layer::default()
    };
    let file =
        file::parse("f", "data = \"/file\"\nread_only = true\nlog = \"json\"").expect("valid");
    let settings = flags.over(file).expect("complete");
    assert_eq!(settings.data, PathBuf::from("/flags"));
    assert!(!settings.read_only);
    assert_eq!(settings.log, LogFormat::Json);
    assert_eq!(settings.listen, DEFAULT_LISTEN);
}

#[test]
fn base_urls_are_absolute_and_plain() {
    for good in ["http://a", "https://a.example:8443/scim/v2"] {
        assert_eq!(parse_base_url(good).as_deref(), Ok(good));
    }
    for bad in [
        "",
        "a.example",
        "ftp://a",
        "https://",
        "https:///x",
        "https://a?x",
        "https://a b",
    ] {
        assert!(parse_base_url(bad).is_err(), "{bad}");
    }
}

#[test]
fn what_is_watched_over_is_read_from_the_file() {
    use crate::config::watch::{Age, WatchLayer};

    let layer = file::parse(
        "rolecall.toml",
        r#"
[safeguard.last_admin]
enabled = false
[safeguard.mass_suspension]
enabled = false
percent = 50
minimum = 3
window = "10m"
[retention]
exchanges_age = "never"
journal = 5000
journal_age = "365d"
[warning]
stale_after = "1d"
token_expiry = "2d"
certificate_expiry = "4d"
silent_after = "3d"
"#,
    )
    .expect("valid");
    let flags = WatchLayer {
        mass_percent: Some(70),
        ..WatchLayer::default()
    };
    let watch = flags.over(layer.watch);
    assert!(!watch.policy.last_admin && !watch.policy.mass_suspension.enabled);
    let mass = watch.policy.mass_suspension;
    assert_eq!((mass.percent, mass.minimum), (70, 3));
    assert_eq!(mass.window.as_mins(), 10);
    assert_eq!(watch.exchanges_age, Age::Unlimited);
    assert_eq!(watch.journal.limit(), Some(5000));
    assert_eq!(
        watch.journal_age.limit().map(|age| age.as_secs()),
        Some(365 * 24 * 60 * 60)
    );
    let times = watch.warning;
    assert_eq!(times.stale_after.as_hours(), 24);
    assert_eq!(times.token_expiry.as_hours(), 48);
    assert_eq!(times.certificate_expiry.as_hours(), 96);
    assert_eq!(times.silent_after.as_hours(), 72);
}

#[test]
fn what_cannot_be_watched_over_is_refused_with_its_line() {
    for (text, expected) in [
        (
            "[safeguard.mass_suspension]\npercent = 101",
            "rolecall.toml:2: percent: \"101\" is not a whole number from 0 to 100",
        ),
        (
            "[safeguard.mass_suspension]\nwindow = \"0s\"",
            "rolecall.toml:2: window: \"0s\" is too short: use at least 1s",
        ),
        (
            "[retention]\njournal = 0",
            "rolecall.toml:2: journal: \"0\" is not a whole number from 1, such as 1000000; or write never",
        ),
        (
            "[retention]\njournal = \"some\"",
            "rolecall.toml:2: journal: \"some\" is not a whole number from 1, such as 1000000; or write never",
        ),
        (
            "[safeguard.last_admin]\non = true",
            "rolecall.toml:2: the key \"on\" is not known; known here: enabled",
        ),
    ] {
        assert_eq!(complaint(text), expected);
    }
    assert!(complaint("[retention]\njournal_age = \"old\"").ends_with("or write never"));
}

#[test]
fn a_certificate_and_its_key_belong_together() {
    for (text, missing) in [
        ("certificate = \"c\"", "TLS needs the certificate's key"),
        ("key = \"k\"", "TLS needs a certificate"),
        ("client_ca = \"a\"", "TLS needs a certificate"),
    ] {
        let file = file::parse("f", &format!("data = \"d\"\n[tls]\n{text}")).expect("valid");
        let complaint = Layer::default().over(file).expect_err("incomplete");
        assert!(complaint.0.starts_with(missing), "{complaint}");
    }
}
