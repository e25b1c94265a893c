//! The TOML file. Every complaint names file and line.

mod edge;
mod watch;

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::{
    ConfigError, Layer, Placed, parse_base_url, parse_duration, parse_listen,
    store::{DatabaseLayer, parse_connections, parse_file, parse_node},
};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    listen: Option<Spanned<String>>,
    data: Option<Spanned<String>>,
    store: Option<Spanned<String>>,
    #[serde(rename = "store_password_file")]
    store_password: Option<Spanned<String>>,
    store_connections: Option<Spanned<i64>>,
    node: Option<Spanned<String>>,
    base_url: Option<Spanned<String>>,
    log: Option<Spanned<String>>,
    log_requests: Option<bool>,
    read_only: Option<bool>,
    health: Health,
    tls: edge::Tls,
    proxy: edge::Proxy,
    limits: edge::Limits,
    sync: Sync,
    safeguard: watch::Safeguard,
    retention: watch::Retention,
    warning: watch::Warning,
    console: Console,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Health {
    listen: Option<Spanned<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Sync {
    gap: Option<Spanned<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Console {
    theme: Option<Spanned<String>>,
    colors: Option<Spanned<String>>,
    mouse: Option<bool>,
    ascii: Option<bool>,
    keys: BTreeMap<String, Spanned<String>>,
}

/// The name of a file with where its lines end, to turn places into lines.
struct Source<'a> {
    name: &'a str,
    /// The place of each line's end, in bytes, rising.
    line_ends: Vec<usize>,
}

impl<'a> Source<'a> {
    fn new(name: &'a str, text: &str) -> Self {
        Self {
            name,
            line_ends: text.match_indices('\n').map(|(place, _)| place).collect(),
        }
    }

    /// `file:line` of the byte at `offset`.
    fn place(&self, offset: usize) -> String {
        let before = self.line_ends.partition_point(|end| *end < offset);
        format!("{}:{}", self.name, before + 1)
    }

    fn placed(&self, written: Spanned<String>) -> Placed {
        Placed {
            place: self.place(written.span().start),
            text: written.into_inner(),
        }
    }

    /// Reads a text with `parse`; a complaint gets the place and the key.
    fn read<Value>(
        &self,
        key: &str,
        written: Option<Spanned<String>>,
        parse: impl FnOnce(&str) -> Result<Value, String>,
    ) -> Result<Option<Value>, ConfigError> {
        written
            .map(|written| {
                let place = self.place(written.span().start);
                parse(written.get_ref())
                    .map_err(|complaint| ConfigError(format!("{place}: {key}: {complaint}")))
            })
            .transpose()
    }

    fn complaint(&self, error: &toml::de::Error) -> ConfigError {
        let place = error
            .span()
            .map_or_else(|| self.name.to_owned(), |span| self.place(span.start));
        let message = error.message();
        let sentence = message
            .strip_prefix("unknown field `")
            .and_then(|rest| rest.split_once('`'))
            .map_or_else(
                || message.to_owned(),
                |(key, rest)| {
                    let known = rest
                        .trim_start_matches(", expected one of ")
                        .replace('`', "");
                    let known = known.trim_start_matches(", expected ");
                    format!("the key {key:?} is not known; known here: {known}")
                },
            );
        ConfigError(format!("{place}: {}", sentence.replace('\n', " ")))
    }
}

/// What the file says.
pub(super) fn parse(name: &str, text: &str) -> Result<Layer, ConfigError> {
    let source = Source::new(name, text);
    let file: File = toml::from_str(text).map_err(|error| source.complaint(&error))?;
    let connections = file.store_connections.map(|number| {
        let text = number.get_ref().to_string();
        Spanned::new(number.span(), text)
    });
    Ok(Layer {
        listen: source.read("listen", file.listen, parse_listen)?,
        data: source.read("data", file.data, |text| {
            if text.is_empty() {
                return Err("the data directory has no name".to_owned());
            }
            Ok(text.into())
        })?,
        store: source.read("store", file.store, str::parse)?,
        database: DatabaseLayer {
            password: None,
            password_file: source.read("store_password_file", file.store_password, parse_file)?,
            connections: source.read("store_connections", connections, parse_connections)?,
        },
        node: source.read("node", file.node, parse_node)?,
        base_url: source.read("base_url", file.base_url, parse_base_url)?,
        log: source.read("log", file.log, str::parse)?,
        log_requests: file.log_requests,
        read_only: file.read_only,
        health_listen: source.read("listen", file.health.listen, parse_listen)?,
        edge: edge::layer(&source, file.tls, file.proxy, file.limits)?,
        sync_gap: source.read("gap", file.sync.gap, parse_duration)?,
        watch: watch::layer(&source, file.safeguard, file.retention, file.warning)?,
        theme: file.console.theme.map(|theme| source.placed(theme)),
        colors: file.console.colors.map(|colors| source.placed(colors)),
        mouse: file.console.mouse,
        ascii: file.console.ascii,
        keys: file
            .console
            .keys
            .into_iter()
            .map(|(action, key)| (action, source.placed(key)))
            .collect(),
    })
}
