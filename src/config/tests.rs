use super::*;

fn complaint(text: &str) -> String {
    file::parse("rolecall.toml", text)
        .expect_err("the file is refused")
        .0
}

#[test]
fn a_whole_file_is_read() {
    let layer = file::parse(
        "rolecall.toml",
        r#"
listen = "localhost:9000"
data = "/var/lib/rolecall"
store = "memory"
base_url = "https://scim.example.com/scim/v2/"
log = "json"
read_only = true
[limits]
connections = 10
body_bytes = 4096
[sync]
gap = "5s"
[retention]
exchanges = 1000
[console]
theme = "light"
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
    assert_eq!(
        settings.base_url.as_deref(),
        Some("https://scim.example.com/scim/v2")
    );
    assert_eq!(settings.log, LogFormat::Json);
    assert!(settings.read_only && settings.console.ascii && !settings.console.mouse);
    assert_eq!(settings.connections, Some(10));
    assert_eq!(settings.body_bytes, Some(4096));
    assert_eq!(settings.sync_gap, Duration::from_secs(5));
    assert_eq!(settings.retained_exchanges, 1000);
    let theme = settings.console.theme.as_ref().expect("a theme");
    let refusal = theme.read(|text| Err::<(), _>(format!("no {text}")));
    assert_eq!(
        refusal,
        Err(ConfigError("rolecall.toml:16: no light".to_owned()))
    );
    let mapping = &settings.console.keys["new-token"];
    assert_eq!(
        (mapping.text.as_str(), mapping.place.as_str()),
        ("n", "rolecall.toml:20")
    );
}

#[test]
fn a_complaint_names_file_line_and_what_is_wrong() {
    for (text, start) in [
        (
            "listen = \"127.0.0.1:1\"\ntls = 1\n",
            "rolecall.toml:2: the key \"tls\" is not known",
        ),
        (
            "[limits]\n\nspeed = 3\n",
            "rolecall.toml:3: the key \"speed\" is not known",
        ),
        (
            "[safeguard.last_admin]\nenabled = true\n",
            "rolecall.toml:1: the key \"safeguard\" is not known",
        ),
        (
            "\n[warning]\n",
            "rolecall.toml:2: the key \"warning\" is not known",
        ),
        (
            "\nlisten = \"here\"\n",
            "rolecall.toml:2: listen: \"here\" is not an address",
        ),
        (
            "store = \"postgres://x\"",
            "rolecall.toml:1: store: there is no store",
        ),
        (
            "[sync]\ngap = \"soon\"",
            "rolecall.toml:2: gap: \"soon\" is not a length",
        ),
        (
            "[limits]\nconnections = 0",
            "rolecall.toml:2: connections must be",
        ),
        ("read_only = 3", "rolecall.toml:1: invalid type"),
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
