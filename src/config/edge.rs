//! What the listener's edge is told: TLS, proxies before it, limits.

use std::path::PathBuf;

use super::{ConfigError, limits::LimitsLayer};
use crate::listener::{Limits, Network, Proxies, ProxyHeader, TlsFiles};

/// What one source says; `None` where it says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EdgeLayer {
    /// `tls.certificate`
    pub certificate: Option<PathBuf>,
    /// `tls.key`
    pub key: Option<PathBuf>,
    /// `tls.client_ca`
    pub client_ca: Option<PathBuf>,
    /// `proxy.trusted`
    pub trusted: Option<Vec<Network>>,
    /// `proxy.header`
    pub proxy_header: Option<ProxyHeader>,
    /// `limits`
    pub limits: LimitsLayer,
}

/// What the listener's edge is told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EdgeSettings {
    /// Where TLS has its files; `None`: plain HTTP.
    pub tls: Option<TlsFiles>,
    /// The proxies before the listener.
    pub proxies: Proxies,
    /// What clients may use.
    pub limits: Limits,
}

impl EdgeLayer {
    /// The settings of this layer over those of `file`, over the defaults.
    ///
    /// # Errors
    /// Where one of two that belong together is missing.
    pub fn over(self, file: Self) -> Result<EdgeSettings, ConfigError> {
        let certificate = self.certificate.or(file.certificate);
        let key = self.key.or(file.key);
        let client_ca = self.client_ca.or(file.client_ca);
        let missing = |what: &str, flag: &str| {
            Err(ConfigError(format!(
                "TLS needs {what}: name its file with --{flag}, or under [tls] in the configuration file"
            )))
        };
        let tls = match (certificate, key, client_ca) {
            (Some(certificate), Some(key), client_ca) => Some(TlsFiles {
                certificate,
                key,
                client_ca,
            }),
            (None, None, None) => None,
            (None, ..) => return missing("a certificate", "tls-certificate"),
            (Some(_), None, _) => return missing("the certificate's key", "tls-key"),
        };
        Ok(EdgeSettings {
            tls,
            proxies: Proxies {
                trusted: self.trusted.or(file.trusted).unwrap_or_default(),
                header: self.proxy_header.or(file.proxy_header).unwrap_or_default(),
            },
            limits: self.limits.over(&file.limits),
        })
    }
}
