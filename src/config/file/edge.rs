//! The tables `[tls]`, `[proxy]` and `[limits]`.

use std::{collections::BTreeMap, path::PathBuf};

use serde::Deserialize;
use toml::Spanned;

use super::Source;
use crate::{
    config::{
        ConfigError,
        edge::EdgeLayer,
        limits::{LimitsLayer, parse_limit},
    },
    listener::limits::LIMITS,
};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Tls {
    certificate: Option<Spanned<String>>,
    key: Option<Spanned<String>>,
    client_ca: Option<Spanned<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Proxy {
    trusted: Option<Vec<Spanned<String>>>,
    header: Option<Spanned<String>>,
}

pub(super) type Limits = BTreeMap<String, Spanned<Written>>;

/// A limit as written: a number, or a length of time.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "a limit is a number or a time in quotes")]
pub(super) enum Written {
    Number(i64),
    Text(String),
}

/// What the three tables say.
pub(super) fn layer(
    source: &Source<'_>,
    tls: Tls,
    proxy: Proxy,
    limits: Limits,
) -> Result<EdgeLayer, ConfigError> {
    let trusted = proxy.trusted.map(|trusted| {
        let read = |network: Spanned<String>| source.read("trusted", Some(network), str::parse);
        let networks: Result<Vec<_>, _> = trusted.into_iter().map(read).collect();
        networks.map(|networks| networks.into_iter().flatten().collect())
    });
    Ok(EdgeLayer {
        certificate: source.read("certificate", tls.certificate, file_name)?,
        key: source.read("key", tls.key, file_name)?,
        client_ca: source.read("client_ca", tls.client_ca, file_name)?,
        trusted: trusted.transpose()?,
        proxy_header: source.read("header", proxy.header, str::parse)?,
        limits: limits_layer(source, limits)?,
    })
}

fn file_name(text: &str) -> Result<PathBuf, String> {
    if text.is_empty() {
        return Err("the file has no name".to_owned());
    }
    Ok(text.into())
}

fn limits_layer(source: &Source<'_>, limits: Limits) -> Result<LimitsLayer, ConfigError> {
    let mut layer = LimitsLayer::default();
    for (key, written) in limits {
        let place = source.place(written.span().start);
        let Some(limit) = LIMITS.iter().find(|limit| limit.key == key) else {
            let known: Vec<_> = LIMITS.iter().map(|limit| limit.key).collect();
            return Err(ConfigError(format!(
                "{place}: the key {key:?} is not known; known here: {}",
                known.join(", ")
            )));
        };
        let text = match written.into_inner() {
            Written::Number(number) => number.to_string(),
            Written::Text(text) => text,
        };
        let amount = parse_limit(limit, &text)
            .map_err(|complaint| ConfigError(format!("{place}: {key}: {complaint}")))?;
        layer.set(limit, amount);
    }
    Ok(layer)
}
