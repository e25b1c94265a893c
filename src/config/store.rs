//! Where the directory lives, and how the processes that share it are told apart.

use std::{fmt, io::Read as _, path::PathBuf, str::FromStr};

use zeroize::Zeroizing;

use super::ConfigError;
use crate::store::{
    StoreError,
    postgres::{PostgresOptions, has_password, without_password},
};

/// Where the directory lives.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum StoreChoice {
    /// One redb file in the data directory.
    #[default]
    Redb,
    /// In memory: gone when the process ends.
    Memory,
    /// In a `PostgreSQL` database, which several processes share.
    Postgres(DatabaseUrl),
}

impl StoreChoice {
    /// Whether it is a file in the data directory.
    pub fn is_file(&self) -> bool {
        *self == Self::Redb
    }
}

impl FromStr for StoreChoice {
    type Err = String;

    /// A URL is taken as it is: a complaint here would be printed with the password that it may hold.
    /// What is wrong with it is told when it is used.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "redb" => Ok(Self::Redb),
            "memory" => Ok(Self::Memory),
            url if url.contains("://") => Ok(Self::Postgres(DatabaseUrl(url.to_owned()))),
            _ => Err(format!(
                "there is no store {text:?}: use redb, one file in the data directory, memory, or the URL of a \
                 PostgreSQL database, as in postgres://rolecall@db.example.com/rolecall"
            )),
        }
    }
}

/// Where a database is. Whatever shows it leaves its password out.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// Whether there is a password in it, where others may read it.
    pub fn has_password(&self) -> bool {
        has_password(&self.0)
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&without_password(&self.0))
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", without_password(&self.0))
    }
}

/// A database's password.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// The variable that gives it.
    pub const VARIABLE: &str = "ROLECALL_STORE_PASSWORD";

    /// As it is in the environment; `None` where it is not, or is empty.
    pub fn from_environment() -> Option<Self> {
        let password = std::env::var(Self::VARIABLE).ok()?;
        (!password.is_empty()).then(|| Self(password.into()))
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password")
    }
}

/// What one source says of a database; `None` where it says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DatabaseLayer {
    /// From the environment alone.
    pub password: Option<Password>,
    /// `store_password_file`
    pub password_file: Option<PathBuf>,
    /// `store_connections`
    pub connections: Option<usize>,
}

/// How a database is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseSettings {
    /// The password.
    pub password: Option<Password>,
    /// The file that holds the password, where it is not given otherwise.
    pub password_file: Option<PathBuf>,
    /// How many connections are open at most.
    pub connections: usize,
}

/// How many connections are open at most unless told otherwise.
const CONNECTIONS: usize = 16;

/// The longest password, in bytes.
const PASSWORD_BYTES: u64 = 4096;

/// The longest name of a process, in characters.
const NODE_CHARACTERS: usize = 64;

impl Default for DatabaseSettings {
    fn default() -> Self {
        Self {
            password: None,
            password_file: None,
            connections: CONNECTIONS,
        }
    }
}

impl DatabaseLayer {
    /// The settings of this layer over those of `file`, over the defaults.
    pub fn over(self, file: Self) -> DatabaseSettings {
        DatabaseSettings {
            password: self.password.or(file.password),
            password_file: self.password_file.or(file.password_file),
            connections: self.connections.or(file.connections).unwrap_or(CONNECTIONS),
        }
    }
}

impl DatabaseSettings {
    /// What the store is opened with. A password from the environment beats one in the file, which
    /// beats one in the URL.
    ///
    /// # Errors
    /// The password's file cannot be read.
    pub fn options(&self, url: &DatabaseUrl, node: &str) -> Result<PostgresOptions, StoreError> {
        let password = match (&self.password, &self.password_file) {
            (Some(password), _) => Some(password.0.to_string()),
            (None, Some(path)) => Some(read_password(path).map_err(|why| {
                StoreError::Unusable(format!(
                    "the file with the store's password, {}, {why}",
                    path.display()
                ))
            })?),
            (None, None) => None,
        };
        Ok(PostgresOptions {
            url: url.0.clone(),
            password,
            node: node.to_owned(),
            connections: self.connections,
        })
    }
}

/// The first line of a file.
fn read_password(path: &PathBuf) -> Result<String, String> {
    let unreadable = |error: std::io::Error| format!("cannot be read: {error}");
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut text = Zeroizing::new(String::new());
    let mut bounded = file.take(PASSWORD_BYTES + 1);
    bounded.read_to_string(&mut text).map_err(unreadable)?;
    if text.len() as u64 > PASSWORD_BYTES {
        return Err(format!("is longer than {PASSWORD_BYTES} bytes"));
    }
    match text.lines().next() {
        Some(password) if !password.is_empty() => Ok(password.to_owned()),
        _ => Err("is empty: write the password into its first line".to_owned()),
    }
}

/// Reads how many connections a database gets.
///
/// # Errors
/// A sentence that quotes the text and says what is possible.
pub fn parse_connections(text: &str) -> Result<usize, String> {
    const LEAST: usize = 2;
    const MOST: usize = 1000;
    let number = text.parse().ok();
    number
        .filter(|number| (LEAST..=MOST).contains(number))
        .ok_or_else(|| format!("{text:?} is not a whole number from {LEAST} to {MOST}"))
}

/// Reads the name of a process.
///
/// # Errors
/// A sentence that quotes the text and says what is possible.
pub fn parse_node(text: &str) -> Result<String, String> {
    let is_printable = |c: char| c == ' ' || !(c.is_control() || c.is_whitespace());
    let fits = !text.trim().is_empty()
        && text.trim() == text
        && text.chars().count() <= NODE_CHARACTERS
        && text.chars().all(is_printable);
    if fits {
        return Ok(text.to_owned());
    }
    Err(format!(
        "{text:?} cannot name a process: use 1 to {NODE_CHARACTERS} printable characters, as in scim-2"
    ))
}

/// The machine's name, or where that cannot name a process, the program's.
pub(super) fn own_name() -> String {
    let system = rustix::system::uname();
    let name = system.nodename().to_string_lossy();
    let beginning: String = name.chars().take(NODE_CHARACTERS).collect();
    parse_node(&beginning).unwrap_or_else(|_| "rolecall".to_owned())
}

/// The path of a file.
///
/// # Errors
/// It has no name.
pub(super) fn parse_file(text: &str) -> Result<PathBuf, String> {
    match text {
        "" => Err("the file has no name".to_owned()),
        name => Ok(name.into()),
    }
}

/// Complains of a URL that is none of a database, as soon as that can be told.
pub(super) fn check(store: &StoreChoice) -> Result<(), ConfigError> {
    match store {
        StoreChoice::Postgres(url)
            if !["postgres://", "postgresql://"]
                .iter()
                .any(|scheme| url.0.starts_with(scheme)) =>
        {
            let scheme = url.0.split("://").next().unwrap_or_default();
            Err(ConfigError(format!(
                "there is no store for {scheme}:// URLs: use redb, memory, or the URL of a PostgreSQL database, as in \
                 postgres://rolecall@db.example.com/rolecall"
            )))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
