//! File, environment and flags become [`Settings`], validated once. Flags beat the environment,
//! which beats the file; the command line gives flags and environment together, as one [`Layer`].

mod duration;
pub mod edge;
mod file;
pub mod limits;
pub mod store;
pub mod watch;

pub use duration::{parse_duration, parse_duration_or_never};
pub use store::StoreChoice;

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use etcetera::BaseStrategy as _;

use edge::{EdgeLayer, EdgeSettings};
use store::{DatabaseLayer, DatabaseSettings};
use watch::{WatchLayer, WatchSettings};

/// Why there are no settings: one sentence, with file and line where a file is to blame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(pub String);

/// How logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

impl FromStr for LogFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(format!("there is no log format {text:?}: use text or json")),
        }
    }
}

/// What one source says; `None` where it says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Layer {
    /// `listen`
    pub listen: Option<SocketAddr>,
    /// `data`
    pub data: Option<PathBuf>,
    /// `store`
    pub store: Option<StoreChoice>,
    /// `store_password_file` and `store_connections`
    pub database: DatabaseLayer,
    /// `node`
    pub node: Option<String>,
    /// `base_url`
    pub base_url: Option<String>,
    /// `log`
    pub log: Option<LogFormat>,
    /// `log_requests`
    pub log_requests: Option<bool>,
    /// `read_only`
    pub read_only: Option<bool>,
    /// `health.listen`
    pub health_listen: Option<SocketAddr>,
    /// `tls`, `proxy` and `limits`
    pub edge: EdgeLayer,
    /// `sync.gap`
    pub sync_gap: Option<Duration>,
    /// `safeguard`, `retention` and `warning`
    pub watch: WatchLayer,
    /// `console.theme`
    pub theme: Option<Placed>,
    /// `console.colors`
    pub colors: Option<Placed>,
    /// `console.mouse`
    pub mouse: Option<bool>,
    /// `console.ascii`
    pub ascii: Option<bool>,
    /// `console.keys`: action → key.
    pub keys: BTreeMap<String, Placed>,
}

/// A text that a higher room reads, with the place where it was written, for a complaint about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// As written.
    pub text: String,
    /// `file:line`, or the flag.
    pub place: String,
}

impl Placed {
    /// Reads the text with `parse`.
    ///
    /// # Errors
    /// The complaint of `parse`, with the place.
    pub fn read<Value>(
        &self,
        parse: impl FnOnce(&str) -> Result<Value, String>,
    ) -> Result<Value, ConfigError> {
        parse(&self.text).map_err(|complaint| ConfigError(format!("{}: {complaint}", self.place)))
    }
}

/// Everything that can be set, complete and valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where the listener listens.
    pub listen: SocketAddr,
    /// The data directory.
    pub data: PathBuf,
    /// Where the directory lives.
    pub store: StoreChoice,
    /// How it is reached, where it is a database.
    pub database: DatabaseSettings,
    /// What this process is called among those that share the store.
    pub node: String,
    /// What providers are given as base URL, where it is not the listener's own address.
    pub base_url: Option<String>,
    /// How logs are written.
    pub log: LogFormat,
    /// Whether each request gets a line in the log.
    pub log_requests: bool,
    /// Whether console and admin socket refuse every act.
    pub read_only: bool,
    /// Where monitoring asks for health and metrics; `None`: nowhere.
    pub health_listen: Option<SocketAddr>,
    /// TLS, proxies and limits.
    pub edge: EdgeSettings,
    /// The quiet that closes a digest.
    pub sync_gap: Duration,
    /// Safeguards, how long history is kept, and when to warn.
    pub watch: WatchSettings,
    /// How the console looks and listens.
    pub console: ConsoleSettings,
}

/// How the console looks and listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsoleSettings {
    /// The theme's name.
    pub theme: Option<Placed>,
    /// How many colours.
    pub colors: Option<Placed>,
    /// Whether the mouse is used.
    pub mouse: bool,
    /// Whether borders are plain.
    pub ascii: bool,
    /// Actions that are moved to other keys.
    pub keys: BTreeMap<String, Placed>,
}

/// Where the listener listens unless told otherwise.
pub const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

impl Layer {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// Where it cannot be read or says something that is not known or not valid: with file and line.
    pub fn from_file(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            ConfigError(format!(
                "the configuration file {} cannot be read: {error}",
                path.display()
            ))
        })?;
        Self::from_text(&path.display().to_string(), &text)
    }

    /// Reads the text of a file that complaints call `name`.
    ///
    /// # Errors
    /// Where it says something that is not known or not valid: with name and line.
    pub fn from_text(name: &str, text: &str) -> Result<Self, ConfigError> {
        file::parse(name, text)
    }

    /// The settings of this layer over those of `file`, over the defaults.
    ///
    /// # Errors
    /// Where there is no data directory to be found by itself, or one of two that belong together is
    /// missing.
    pub fn over(self, file: Self) -> Result<Settings, ConfigError> {
        let data = match self.data.or(file.data) {
            Some(data) => data,
            None => default_data_directory()?,
        };
        let store = self.store.or(file.store).unwrap_or_default();
        store::check(&store)?;
        let mut keys = file.keys;
        keys.extend(self.keys);
        Ok(Settings {
            listen: self.listen.or(file.listen).unwrap_or(DEFAULT_LISTEN),
            data,
            store,
            database: self.database.over(file.database),
            node: self.node.or(file.node).unwrap_or_else(store::own_name),
            base_url: self.base_url.or(file.base_url),
            log: self.log.or(file.log).unwrap_or_default(),
            log_requests: self.log_requests.or(file.log_requests).unwrap_or(false),
            read_only: self.read_only.or(file.read_only).unwrap_or(false),
            health_listen: self.health_listen.or(file.health_listen),
            edge: self.edge.over(file.edge)?,
            sync_gap: self
                .sync_gap
                .or(file.sync_gap)
                .unwrap_or(Duration::from_secs(30)),
            watch: self.watch.over(file.watch),
            console: ConsoleSettings {
                theme: self.theme.or(file.theme),
                colors: self.colors.or(file.colors),
                mouse: self.mouse.or(file.mouse).unwrap_or(true),
                ascii: self.ascii.or(file.ascii).unwrap_or(false),
                keys,
            },
        })
    }
}

/// The platform's own place for data: on Linux `$XDG_DATA_HOME/rolecall`.
fn default_data_directory() -> Result<PathBuf, ConfigError> {
    etcetera::choose_base_strategy()
        .map(|strategy| strategy.data_dir().join("rolecall"))
        .map_err(|_| {
            ConfigError(
                "there is no home directory to keep the data in: name a directory with --data"
                    .to_owned(),
            )
        })
}

/// Reads an address with port; `localhost` stands for 127.0.0.1.
///
/// # Errors
/// A sentence that quotes the text and shows the form.
pub fn parse_listen(text: &str) -> Result<SocketAddr, String> {
    let numeric = match text.strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}"),
        None => text.to_owned(),
    };
    numeric.parse().map_err(|_| {
        format!(
            "{text:?} is not an address with a port: write it as in 127.0.0.1:8080 or [::1]:8080"
        )
    })
}

/// Reads a base URL, and gives it without a slash at the end.
///
/// # Errors
/// A sentence that quotes the text and shows the form.
pub fn parse_base_url(text: &str) -> Result<String, String> {
    let complaint = || {
        format!(
            "{text:?} is not a base URL: write it as in https://scim.example.com/scim/v2, without ? or #"
        )
    };
    let authority = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))
        .ok_or_else(complaint)?;
    let named = !authority.is_empty() && !authority.starts_with('/');
    let plain = text.chars().all(|c| {
        !c.is_whitespace() && !c.is_control() && !matches!(c, '?' | '#' | '"' | '<' | '>')
    });
    if !named || !plain {
        return Err(complaint());
    }
    Ok(text.trim_end_matches('/').to_owned())
}

/// Refuses zero, for what must be at least one.
pub(crate) fn parse_bound(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err(format!("{text:?} is not a whole number of at least 1")),
        Ok(number) => Ok(number),
    }
}

#[cfg(test)]
mod tests;
