//! How the listener is set up.

use std::{net::SocketAddr, sync::Arc};

use super::{Limits, ListenError, Proxies, Tls};

/// How the listener is set up.
#[derive(Debug, Clone, Default)]
pub struct ListenerOptions {
    /// The URL under which clients reach the service, with its `/scim/v2`: what `location` and
    /// `$ref` begin with. Without it, each request's `Host` header tells.
    pub base_url: Option<String>,
    /// The bounds.
    pub limits: Limits,
    /// Allows plain HTTP on an address that is not of this machine alone: behind a proxy that
    /// speaks TLS.
    pub insecure_plain_http: bool,
    /// TLS; without it the listener speaks plain HTTP.
    pub tls: Option<Arc<Tls>>,
    /// The proxies before the listener.
    pub proxies: Proxies,
    /// Whether each request gets a line in the log.
    pub log_requests: bool,
}

impl ListenerOptions {
    /// Checks what the options demand of each other and of the address.
    ///
    /// # Errors
    /// One sentence: what is wrong and what to do.
    pub(super) fn check(&self, address: SocketAddr) -> Result<(), ListenError> {
        if !address.ip().is_loopback() && self.tls.is_none() && !self.insecure_plain_http {
            return Err(ListenError::PlainHttp { address });
        }
        let Some(base_url) = &self.base_url else {
            return Ok(());
        };
        let rest = base_url
            .strip_prefix("https://")
            .or_else(|| base_url.strip_prefix("http://"));
        let sound = rest.is_some_and(|rest| {
            !rest.is_empty()
                && !rest.starts_with('/')
                && rest
                    .bytes()
                    .all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}?#".contains(&byte))
        });
        if sound {
            Ok(())
        } else {
            Err(ListenError::BaseUrl {
                given: base_url.clone(),
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_stays_on_this_machine_unless_told_otherwise() {
        let options = ListenerOptions::default();
        let check = |address: &str, options: &ListenerOptions| {
            options
                .check(address.parse().expect("an address"))
                .map_err(|error| error.to_string())
        };
        assert_eq!(check("127.0.0.1:8080", &options), Ok(()));
        assert_eq!(check("[::1]:8080", &options), Ok(()));
        insta::assert_snapshot!(
            check("0.0.0.0:8080", &options).expect_err("refused"),
            @"plain HTTP on 0.0.0.0:8080 would send tokens in the clear; give a certificate with --tls-certificate and --tls-key, listen on 127.0.0.1 behind a proxy that speaks TLS, or allow it with --insecure-plain-http"
        );
        let allowed = ListenerOptions {
            insecure_plain_http: true,
            ..options
        };
        assert_eq!(check("0.0.0.0:8080", &allowed), Ok(()));
    }

    #[test]
    fn a_base_url_is_a_url() {
        for (given, sound) in [
            ("https://scim.example.com/scim/v2", true),
            ("http://127.0.0.1:8080/scim/v2/", true),
            ("scim.example.com", false),
            ("https://", false),
            ("https:///scim/v2", false),
            ("https://a b/", false),
            ("https://a/?b", false),
        ] {
            let options = ListenerOptions {
                base_url: Some(given.to_owned()),
                ..ListenerOptions::default()
            };
            let address = SocketAddr::from(([127, 0, 0, 1], 0));
            assert_eq!(options.check(address).is_ok(), sound, "{given}");
        }
    }
}
