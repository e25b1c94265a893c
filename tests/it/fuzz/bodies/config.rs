//! The configuration file, and the small texts that flags and variables bring.

use rolecall::{
    config::{
        Layer, limits::parse_limit, parse_base_url, parse_duration, parse_duration_or_never,
        parse_listen,
    },
    listener::limits::LIMITS,
};

const NAME: &str = "rolecall.toml";

pub(super) fn body(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let layered = Layer::from_text(NAME, &text).map(|file| {
        let defaults = Layer {
            data: Some("data".into()),
            ..Layer::default()
        };
        // Refused where one of two that belong together is missing: a sentence, too.
        let settings = Layer::default().over(file.clone());
        (file, settings, defaults)
    });
    match layered {
        Ok((file, settings, defaults)) => {
            if let Ok(settings) = settings {
                let again = defaults.over(file).expect("complete with and without data");
                assert_eq!(again.listen, settings.listen);
                assert_eq!(again.edge.limits, settings.edge.limits);
            }
        }
        Err(complaint) => {
            let (place, said) = complaint.0.split_once(": ").unwrap_or_default();
            assert!(place.starts_with(NAME), "{complaint}");
            assert!(!said.is_empty(), "{complaint}");
        }
    }
    small(&text);
}

fn small(text: &str) {
    if let Ok(address) = parse_listen(text) {
        assert_eq!(parse_listen(&address.to_string()), Ok(address));
    }
    if let Ok(url) = parse_base_url(text) {
        assert!(!url.ends_with('/'), "{url}");
        assert_eq!(parse_base_url(&url), Ok(url.clone()), "{text}");
    }
    if let Ok(time) = parse_duration(text) {
        assert_eq!(parse_duration(&format!("{}ms", time.as_millis())), Ok(time));
        assert_eq!(parse_duration_or_never(text), Ok(Some(time)));
    }
    for limit in LIMITS {
        if let Ok(amount) = parse_limit(limit, text) {
            assert_eq!(parse_limit(limit, text.trim()), Ok(amount));
        }
    }
}
