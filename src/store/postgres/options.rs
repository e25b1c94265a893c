//! Where the database is and how it is reached, read from a `postgres://` URL.

use std::{fmt, path::PathBuf, str::FromStr as _, time::Duration};

use tokio_postgres::config::{Config, Host, SslMode};

use crate::store::StoreError;

/// How a process reaches the database.
#[derive(Clone)]
pub struct PostgresOptions {
    /// `postgres://user@host:port/database`, with the parameters that `PostgreSQL`'s own clients know:
    /// `sslmode`, `sslrootcert`, `target_session_attrs`, `connect_timeout`, `options`; several hosts
    /// are tried in order.
    pub url: String,
    /// The password, unless the URL has it or none is needed.
    pub password: Option<String>,
    /// What this process is called among those that share the database.
    pub node: String,
    /// The most connections that are open at once, beside the one that hears of others' changes.
    pub connections: usize,
}

impl fmt::Debug for PostgresOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresOptions")
            .field("url", &without_password(&self.url))
            .field("node", &self.node)
            .field("connections", &self.connections)
            .finish_non_exhaustive()
    }
}

/// How the database is reached, checked.
pub(super) struct Reach {
    /// What the driver takes.
    pub(super) config: Config,
    /// Whether connections are encrypted and the server's certificate checked.
    pub(super) encrypted: bool,
    /// The certificates to trust; `None`: those of the system.
    pub(super) trusted: Option<PathBuf>,
}

impl Reach {
    /// Reads the URL.
    ///
    /// # Errors
    /// It is none, or asks for what there is not; one sentence, without the password.
    pub(super) fn read(options: &PostgresOptions) -> Result<Self, StoreError> {
        let (url, tls) = take_tls_parameters(&options.url)?;
        let mut config = Config::from_str(&url).map_err(|error| {
            refused(&format!(
                "the store's URL {} cannot be read ({}); give postgres://user@host:port/database",
                without_password(&options.url),
                cause(&error)
            ))
        })?;
        if let Some(password) = &options.password {
            config.password(password);
        }
        if config.get_dbname().is_none() {
            return Err(refused(
                "the store's URL names no database; give postgres://user@host:port/database",
            ));
        }
        let encrypted = match tls.mode.as_deref() {
            None => !is_local(&config),
            Some("disable") => false,
            Some("require" | "verify-ca" | "verify-full") => true,
            Some(other) => {
                return Err(refused(&format!(
                    "sslmode={other} in the store's URL is not known here; use verify-full, which also checks the \
                     server's certificate, or disable"
                )));
            }
        };
        config.ssl_mode(if encrypted {
            SslMode::Require
        } else {
            SslMode::Disable
        });
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(Duration::from_secs(5));
        }
        config
            .application_name(format!("rolecall {}", options.node))
            .keepalives_idle(Duration::from_secs(30))
            .tcp_user_timeout(Duration::from_secs(15));
        Ok(Self {
            config,
            encrypted,
            trusted: tls.root,
        })
    }

    /// What people are told: host and database, nothing else.
    pub(super) fn name(&self) -> String {
        let database = self.config.get_dbname().unwrap_or_default();
        let hosts: Vec<String> = self.config.get_hosts().iter().map(host_name).collect();
        format!("postgres://{}/{database}", hosts.join(","))
    }
}

fn host_name(host: &Host) -> String {
    match host {
        Host::Tcp(name) => name.clone(),
        Host::Unix(path) => path.display().to_string(),
    }
}

fn is_local(config: &Config) -> bool {
    config.get_hosts().iter().all(|host| match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            let address = name.parse::<std::net::IpAddr>();
            name == "localhost" || address.is_ok_and(|address| address.is_loopback())
        }
    })
}

#[derive(Default)]
struct TlsParameters {
    mode: Option<String>,
    root: Option<PathBuf>,
}

/// Takes out what the driver does not know.
fn take_tls_parameters(url: &str) -> Result<(String, TlsParameters), StoreError> {
    let mut tls = TlsParameters::default();
    let Some((base, query)) = url.split_once('?') else {
        return Ok((url.to_owned(), tls));
    };
    let mut rest = Vec::new();
    for parameter in query.split('&') {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        match name {
            "sslmode" => tls.mode = Some(value.to_owned()),
            "sslrootcert" if value == "system" => tls.root = None,
            "sslrootcert" => {
                let decoded = form_urlencoded::parse(parameter.as_bytes()).next();
                let path = decoded.map(|(_, path)| PathBuf::from(path.into_owned()));
                tls.root = path;
            }
            "sslcert" | "sslkey" => {
                return Err(refused(&format!(
                    "{name} in the store's URL is not known here; let rolecall log in with a password"
                )));
            }
            _ => rest.push(parameter),
        }
    }
    let url = match rest.as_slice() {
        [] => base.to_owned(),
        rest => format!("{base}?{}", rest.join("&")),
    };
    Ok((url, tls))
}

/// The URL as it may be shown.
pub fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return "(not a URL)".to_owned();
    };
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let authority = match authority.rsplit_once('@') {
        // A sign in the password that was not encoded would end the authority too early.
        None if path.contains('@') => return format!("{scheme}://(not readable)"),
        Some((account, host)) => {
            let user = account.split(':').next().unwrap_or_default();
            format!("{user}@{host}")
        }
        None => authority.to_owned(),
    };
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let shown: Vec<&str> = query
        .split('&')
        .filter(|parameter| !parameter.is_empty() && !parameter.starts_with("password"))
        .collect();
    let query = if shown.is_empty() { "" } else { "?" };
    format!("{scheme}://{authority}{path}{query}{}", shown.join("&"))
}

/// Whether the URL holds a password.
pub fn has_password(url: &str) -> bool {
    let Some((_, rest)) = url.split_once("://") else {
        return false;
    };
    // As the driver sees it: the account ends at the first such sign.
    let account = rest.split_once('@').map(|(account, _)| account);
    let in_query = rest.split_once('?').is_some_and(|(_, query)| {
        query
            .split('&')
            .any(|parameter| parameter.starts_with("password="))
    });
    in_query || account.is_some_and(|account| account.contains(':'))
}

fn refused(why: &str) -> StoreError {
    StoreError::Unusable(why.to_owned())
}

/// What lies beneath an error of the driver, which by itself says little.
pub(super) fn cause(error: &tokio_postgres::Error) -> String {
    if let Some(told) = error.as_db_error() {
        return told.message().to_owned();
    }
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(beneath) = source {
        let more = beneath.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        source = beneath.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(url: &str) -> Result<Reach, String> {
        Reach::read(&PostgresOptions {
            url: url.to_owned(),
            password: None,
            node: "n".to_owned(),
            connections: 2,
        })
        .map_err(|error| error.to_string())
    }

    #[test]
    fn no_password_is_shown() {
        for (url, shown, held) in [
            ("postgres://a:b@h:5/d", "postgres://a@h:5/d", true),
            ("postgres://a:b@c@h/d", "postgres://a@h/d", true),
            (
                "postgres://a@h/d?sslmode=disable",
                "postgres://a@h/d?sslmode=disable",
                false,
            ),
            (
                "postgres://h/d?password=b&user=a",
                "postgres://h/d?user=a",
                true,
            ),
            ("postgres://h/d?password=b", "postgres://h/d", true),
            ("postgres://a:b/c@h/d", "postgres://(not readable)", true),
            ("nothing", "(not a URL)", false),
        ] {
            assert_eq!(without_password(url), shown);
            assert_eq!(has_password(url), held, "{url}");
        }
    }

    #[test]
    fn what_leaves_the_machine_is_encrypted() {
        for (url, encrypted) in [
            ("postgres://localhost/d", false),
            ("postgres://127.0.0.1,[::1]/d", false),
            ("postgres:///d?host=/run/postgresql", false),
            ("postgres://db.example.com/d", true),
            ("postgres://localhost,db.example.com/d", true),
            ("postgres://localhost/d?sslmode=verify-full", true),
            ("postgres://db.example.com/d?sslmode=disable", false),
        ] {
            assert_eq!(
                reach(url).map(|reach| reach.encrypted),
                Ok(encrypted),
                "{url}"
            );
        }
    }

    #[test]
    fn what_cannot_be_read_is_told_without_the_password() {
        for url in [
            "postgres://u:secret@h/d?colour=blue",
            "postgres://u:secret@h/d?sslmode=prefer",
            "postgres://u:secret@h",
            "postgres://u:secret@h/d?sslkey=x",
        ] {
            let told = reach(url).err().unwrap_or_default();
            assert!(
                !told.is_empty() && !told.contains("secret"),
                "{url}: {told}"
            );
        }
    }
}
