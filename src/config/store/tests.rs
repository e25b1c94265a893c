use super::*;
use crate::config::Layer;

fn url(text: &str) -> DatabaseUrl {
    match text.parse() {
        Ok(StoreChoice::Postgres(url)) => url,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_store_is_named_or_has_a_url() {
    assert_eq!("redb".parse(), Ok(StoreChoice::Redb));
    assert_eq!("memory".parse(), Ok(StoreChoice::Memory));
    for text in ["", "Redb", "postgres", "postgres:/x"] {
        let complaint = text.parse::<StoreChoice>().expect_err(text);
        assert!(complaint.contains("postgres://"), "{complaint}");
    }
}

/// Neither settings nor complaints show a password, whatever is wrong with its URL.
#[test]
fn no_password_is_shown() {
    for text in [
        "postgres://u:secret@h/d",
        "postgresql://u:secret@h:5432,i/d?sslmode=disable",
        "postgres://h/d?password=secret",
        "postgres://u:secr/et-secret@h/d",
        "postgres://u:secr?et-secret@h/d",
        "mysql://u:secret@h/d",
    ] {
        let layer = Layer {
            store: Some(text.parse().expect("a URL")),
            database: DatabaseLayer {
                password: Some(Password("secret".to_owned().into())),
                ..DatabaseLayer::default()
            },
            ..Layer::default()
        };
        let shown = format!("{layer:?}");
        assert!(!shown.contains("secret"), "{shown}");
        match layer.over(Layer::default()) {
            Ok(settings) => {
                let shown = format!("{settings:?}");
                assert!(!shown.contains("secret"), "{shown}");
            }
            Err(error) => {
                assert!(text.starts_with("mysql"), "{error}");
                assert!(!error.to_string().contains("secret"), "{error}");
            }
        }
        let shown = format!("{}", url(text));
        assert!(!shown.contains("secret"), "{shown}");
    }
    assert!(url("postgres://u:secret@h/d").has_password());
    assert!(!url("postgres://u@h/d").has_password());
}

#[test]
fn a_password_comes_from_the_environment_or_a_file() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("password");
    let database = url("postgres://u@h/d");
    let settings = |password: Option<&str>| DatabaseSettings {
        password: password.map(|text| Password(text.to_owned().into())),
        password_file: Some(path.clone()),
        ..DatabaseSettings::default()
    };
    let found = |password| {
        let options = settings(password).options(&database, "n");
        options
            .map(|options| options.password)
            .map_err(|error| error.to_string())
    };
    let missing = found(None).expect_err("no file");
    assert!(missing.contains("password, /") && missing.contains("cannot be read"));
    for (text, expected) in [
        ("from file\n", Ok("from file")),
        ("from file\r\nmore", Ok("from file")),
        ("", Err("is empty")),
        ("\nx", Err("is empty")),
    ] {
        std::fs::write(&path, text).expect("written");
        match (found(None), expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found.as_deref(), Some(expected)),
            (Err(told), Err(expected)) => assert!(told.contains(expected), "{told}"),
            (found, _) => panic!("{text:?}: {found:?}"),
        }
    }
    std::fs::write(&path, "x".repeat(5000)).expect("written");
    assert!(found(None).expect_err("too long").contains("4096 bytes"));
    assert_eq!(found(Some("own")), Ok(Some("own".to_owned())));
}

#[test]
fn names_and_numbers_have_bounds() {
    for name in ["a", "scim-2.example.com", "büro 3", &"x".repeat(64)] {
        assert_eq!(parse_node(name).as_deref(), Ok(name));
    }
    for name in ["", " ", " a", "a\tb", "a\u{1b}[1m", &"x".repeat(65)] {
        assert!(parse_node(name).is_err(), "{name:?}");
    }
    assert!(parse_node(&own_name()).is_ok());
    for (text, number) in [
        ("2", Some(2)),
        ("1000", Some(1000)),
        ("1", None),
        ("x", None),
    ] {
        assert_eq!(parse_connections(text).ok(), number);
    }
}
