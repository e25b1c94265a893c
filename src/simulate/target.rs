//! Where a simulation pushes to, over plain HTTP or TLS.

use std::{net::SocketAddr, path::Path, sync::Arc};

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::ServerName,
        version::{TLS12, TLS13},
    },
};

use super::SimulateError;
use crate::{listener::certificates, service::Concealed};

/// Where the simulation pushes to.
#[derive(Clone)]
pub struct Target {
    /// `host:port`.
    pub(super) authority: String,
    /// The path of the base URL, without a slash at the end.
    pub(super) path: String,
    pub(super) token: Concealed,
    /// With TLS: whom the certificate must name, and whose signature counts.
    tls: Option<(ServerName<'static>, Arc<ClientConfig>)>,
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        write!(f, "Target({scheme}://{}{})", self.authority, self.path)
    }
}

impl Target {
    /// The target behind a base URL such as `http://127.0.0.1:8080/scim/v2`.
    ///
    /// # Errors
    /// A sentence for what is no plain HTTP base URL or no token.
    pub fn new(base: &str, token: &str) -> Result<Self, SimulateError> {
        if base.starts_with("https://") {
            return Err(SimulateError::Base(format!(
                "{base} needs to know whose certificates to trust: name a PEM file with --ca, as in \
                 --ca /etc/ssl/certs/ca-certificates.crt"
            )));
        }
        Self::read("http://", 80, base, token)
    }

    /// The target behind a base URL such as `https://scim.example.com/scim/v2`, whose certificate
    /// one of the authorities in a PEM file has signed.
    ///
    /// # Errors
    /// A sentence for what is no such base URL, no token, or no file of certificates.
    pub fn trusting(base: &str, token: &str, authorities: &Path) -> Result<Self, SimulateError> {
        let mut target = Self::read("https://", 443, base, token)?;
        let host = target
            .authority
            .rsplit_once(':')
            .map_or("", |(host, _)| host);
        let host = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        let name = ServerName::try_from(host).map_err(|_| {
            SimulateError::Base(format!(
                "{base:?} names no host that a certificate could be for"
            ))
        })?;
        target.tls = Some((name, Arc::new(trust(authorities)?)));
        Ok(target)
    }

    fn read(scheme: &str, port: u16, base: &str, token: &str) -> Result<Self, SimulateError> {
        let complaint = || {
            SimulateError::Base(format!(
                "{base:?} is not a base URL: write it as in {scheme}127.0.0.1:8080/scim/v2"
            ))
        };
        let rest = base.strip_prefix(scheme).ok_or_else(complaint)?;
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if authority.is_empty() || !base.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(complaint());
        }
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(SimulateError::Base(
                "the token is empty or holds characters that no token has".to_owned(),
            ));
        }
        let has_port = authority
            .rsplit_once(':')
            .is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        Ok(Self {
            authority: if has_port {
                authority.to_owned()
            } else {
                format!("{authority}:{port}")
            },
            path: path.trim_end_matches('/').to_owned(),
            token: Concealed::from(token.to_owned()),
            tls: None,
        })
    }

    /// The target at a local address.
    pub fn local(address: SocketAddr, token: &str) -> Result<Self, SimulateError> {
        Self::new(&format!("http://{address}/scim/v2"), token)
    }

    /// A new connection.
    pub(super) async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, String> {
        let unreachable =
            |error: std::io::Error| format!("{} cannot be reached: {error}", self.authority);
        let stream = TcpStream::connect(&self.authority)
            .await
            .map_err(unreachable)?;
        stream.set_nodelay(true).map_err(unreachable)?;
        match &self.tls {
            None => speak(stream).await,
            Some((name, config)) => {
                let connector = TlsConnector::from(Arc::clone(config));
                let stream = connector.connect(name.clone(), stream).await;
                speak(stream.map_err(unreachable)?).await
            }
        }
    }
}

async fn speak(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
) -> Result<SendRequest<Full<Bytes>>, String> {
    let (sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| error.to_string())?;
    tokio::spawn(connection);
    Ok(sender)
}

fn trust(authorities: &Path) -> Result<ClientConfig, SimulateError> {
    let certificates = certificates("authority", authorities)
        .map_err(|error| SimulateError::Base(error.to_string()))?;
    let mut roots = RootCertStore::empty();
    if let (0, _) = roots.add_parsable_certificates(certificates) {
        return Err(SimulateError::Base(format!(
            "the TLS authority {} holds no certificate that can be used",
            authorities.display()
        )));
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&TLS13, &TLS12])
        .map_err(|error| SimulateError::Base(format!("TLS cannot be set up: {error}")))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_is_plain_http_where_nobody_is_trusted() {
        for (base, shown) in [
            (
                "http://127.0.0.1:8080/scim/v2",
                "Target(http://127.0.0.1:8080/scim/v2)",
            ),
            (
                "http://example.com/scim/v2/",
                "Target(http://example.com:80/scim/v2)",
            ),
            ("http://[::1]:9", "Target(http://[::1]:9)"),
        ] {
            let target = Target::new(base, "t").expect(base);
            assert_eq!(format!("{target:?}"), shown);
        }
        for base in ["", "http://", "example.com", "ftp://x", "http://a b/"] {
            assert!(Target::new(base, "t").is_err(), "{base}");
        }
        let complaint = Target::new("https://x/scim/v2", "t")
            .expect_err("nobody is trusted")
            .to_string();
        assert!(complaint.contains("--ca"), "{complaint}");
        assert!(Target::new("http://x", "a b").is_err());
    }

    #[test]
    fn whom_to_trust_is_read_from_a_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("ca.pem");
        let complaint = |text: &str, base: &str| {
            std::fs::write(&path, text).expect("written");
            let error = Target::trusting(base, "t", &path).expect_err(text);
            error.to_string()
        };
        let base = "https://localhost/scim/v2";
        assert!(complaint("x", base).contains("holds no certificate in PEM"));
        let useless = "-----BEGIN CERTIFICATE-----\nYWJj\n-----END CERTIFICATE-----\n";
        assert!(complaint(useless, base).contains("that can be used"));
        assert!(complaint(useless, "http://localhost").contains("not a base URL"));
        assert!(complaint(useless, "https://a_b!/").contains("names no host"));
    }
}
