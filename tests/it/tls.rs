//! TLS: versions, client certificates, reload, and those who do not speak it.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rolecall::{
    directory::Provider,
    listener::{Limits, ListenerOptions, Reload, Tls, TlsFiles},
};
use rustls::{
    ClientConfig, ProtocolVersion, RootCertStore, SupportedProtocolVersion,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject as _},
    version,
};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::harness::{Client, Connection, Server, within};

/// An authority that lives as long as a test.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub(crate) certificate: String,
}

/// A certificate and its key, as PEM.
pub(crate) struct Pair {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).expect("a certificate");
        Self {
            certificate: pem("CERTIFICATE", certificate.der()),
            issuer: Issuer::new(params, key),
        }
    }

    pub(crate) fn issue(&self) -> Pair {
        self.issue_until(4096)
    }

    /// Issues a certificate that ends when this year begins.
    pub(crate) fn issue_until(&self, year: i32) -> Pair {
        let key = KeyPair::generate().expect("a key");
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let mut params = CertificateParams::new(names).expect("names");
        params.not_after = date_time_ymd(year, 1, 1);
        let certificate = params.signed_by(&key, &self.issuer).expect("signed");
        Pair {
            certificate: pem("CERTIFICATE", certificate.der()),
            key: pem("PRIVATE KEY", &key.serialize_der()),
        }
    }

    fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(self.certificate.as_bytes()) {
            let certificate = certificate.expect("PEM");
            roots.add(certificate).expect("an authority");
        }
        roots
    }

    /// What a client needs that trusts this authority.
    fn client(
        &self,
        version: &'static SupportedProtocolVersion,
        own: Option<&Pair>,
    ) -> ClientConfig {
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[version])
            .expect("a version")
            .with_root_certificates(self.roots());
        let mut config = match own {
            None => builder.with_no_client_auth(),
            Some(pair) => {
                let chain = CertificateDer::pem_slice_iter(pair.certificate.as_bytes());
                let chain = chain.collect::<Result<Vec<_>, _>>().expect("PEM");
                let key = PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).expect("PEM");
                builder.with_client_auth_cert(chain, key).expect("a pair")
            }
        };
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        config
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
}

/// A folder with the files of TLS.
pub(crate) struct Files(tempfile::TempDir);

impl Files {
    pub(crate) fn of(pair: &Pair) -> Self {
        let files = Self(tempfile::tempdir().expect("a folder"));
        files.put(pair);
        files
    }

    pub(crate) fn put(&self, pair: &Pair) {
        self.write("certificate.pem", &pair.certificate);
        self.write("key.pem", &pair.key);
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        fs::write(self.path(name), text).expect("a file");
        self.path(name)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        Path::join(self.0.path(), name)
    }

    fn names(&self) -> TlsFiles {
        TlsFiles {
            certificate: self.path("certificate.pem"),
            key: self.path("key.pem"),
            client_ca: None,
        }
    }
}

async fn serve(files: TlsFiles, limits: Limits) -> (Server, Arc<Tls>) {
    let tls = Arc::new(Tls::load(files).expect("usable files"));
    let options = ListenerOptions {
        tls: Some(Arc::clone(&tls)),
        limits,
        ..ListenerOptions::default()
    };
    let server = Server::set_up(options).await;
    (server, tls)
}

/// A connection on which the handshake is done, as far as the client can tell.
pub(crate) async fn connect(
    address: SocketAddr,
    config: ClientConfig,
) -> std::io::Result<TlsStream<TcpStream>> {
    let stream = within(TcpStream::connect(address)).await?;
    let name = ServerName::try_from("localhost").expect("a name");
    within(TlsConnector::from(Arc::new(config)).connect(name, stream)).await
}

fn read_users(client: &Client) -> Vec<u8> {
    format!(
        "GET /scim/v2/Users HTTP/1.1\r\nHost: localhost\r\n{}\r\n",
        client.headers
    )
    .into_bytes()
}

#[tokio::test]
async fn tls_1_2_and_1_3_are_spoken_and_locations_follow() {
    let authority = Authority::new();
    let files = Files::of(&authority.issue());
    let (server, _) = serve(files.names(), Limits::default()).await;
    let client = server.client(Provider::Okta).await;
    for (version, spoken) in [
        (&version::TLS12, ProtocolVersion::TLSv1_2),
        (&version::TLS13, ProtocolVersion::TLSv1_3),
    ] {
        let stream = connect(server.address, authority.client(version, None)).await;
        let stream = stream.expect("a handshake");
        let session = stream.get_ref().1;
        assert_eq!(session.protocol_version(), Some(spoken));
        assert_eq!(session.alpn_protocol(), Some(&b"http/1.1"[..]));
        let mut connection = Connection::over(stream);
        connection.write(&read_users(&client)).await;
        connection.read().await.expect(200);
        let body = format!("{{\"userName\":\"{spoken:?}@x.io\"}}");
        let request = format!(
            "POST /scim/v2/Users HTTP/1.1\r\nHost: localhost\r\n{}Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
            client.headers,
            body.len()
        );
        connection.write(request.as_bytes()).await;
        let reply = connection.read().await.expect(201);
        let location = reply.header("location").expect("a location").to_owned();
        assert!(
            location.starts_with("https://localhost/scim/v2/Users/"),
            "{location}"
        );
        assert!(
            connection.is_closed_cleanly().await,
            "TLS says that it ends"
        );
    }
}

#[tokio::test]
async fn plain_http_on_the_tls_port_hears_of_it() {
    let files = Files::of(&Authority::new().issue());
    let (server, _) = serve(files.names(), Limits::default()).await;
    let client = server.client(Provider::Okta).await;
    let detail = client.get("/Users").await.refused(400, "");
    assert!(detail.contains("https://"), "{detail}");
    let large = "x".repeat(300_000);
    let detail = client.post("/Users", large).await.refused(400, "");
    assert!(detail.contains("https://"), "{detail}");
}

#[tokio::test]
async fn who_cannot_shake_hands_is_let_go_and_holds_nobody_up() {
    let authority = Authority::new();
    let files = Files::of(&authority.issue());
    let limits = Limits {
        handshake_time: Duration::from_millis(300),
        ..Limits::default()
    };
    let (server, _) = serve(files.names(), limits).await;
    let client = server.client(Provider::Okta).await;
    let mut strangers = Vec::new();
    for words in [
        &b""[..],
        b"\x16",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\x16\x03\x01\x00\x05hello",
        b"\x00\x00\x00\x00\x00\x00\x00\x00",
        b"\xff\xfe\xfd",
        b"\x80\x2e\x01\x03\x01",
    ] {
        let mut stranger = Connection::open(server.address).await;
        stranger.write(words).await;
        strangers.push(stranger);
    }
    let stream = connect(server.address, authority.client(&version::TLS13, None)).await;
    let mut connection = Connection::over(stream.expect("a handshake"));
    connection.write(&read_users(&client)).await;
    connection.read().await.expect(200);
    for stranger in &mut strangers {
        stranger.ends().await;
    }
    connection.write(&read_users(&client)).await;
    connection.read().await.expect(200);
}

#[tokio::test]
async fn clients_show_a_certificate_where_an_authority_is_named() {
    let (authority, other) = (Authority::new(), Authority::new());
    let files = Files::of(&authority.issue());
    let names = TlsFiles {
        client_ca: Some(files.write("clients.pem", &authority.certificate)),
        ..files.names()
    };
    let (server, _) = serve(names, Limits::default()).await;
    let client = server.client(Provider::Okta).await;
    for (pair, let_in) in [
        (Some(authority.issue()), true),
        (Some(other.issue()), false),
        (None, false),
    ] {
        for version in [&version::TLS12, &version::TLS13] {
            let config = authority.client(version, pair.as_ref());
            let Ok(stream) = connect(server.address, config).await else {
                assert!(!let_in);
                continue;
            };
            let mut connection = Connection::over(stream);
            connection.write(&read_users(&client)).await;
            if let_in {
                connection.read().await.expect(200);
            } else {
                assert!(connection.is_at_end().await);
            }
        }
    }
}

#[tokio::test]
async fn new_files_are_used_from_the_next_connection_on() {
    let (before, after) = (Authority::new(), Authority::new());
    let files = Files::of(&before.issue());
    let (server, tls) = serve(files.names(), Limits::default()).await;
    let client = server.client(Provider::Okta).await;
    let open = connect(server.address, before.client(&version::TLS13, None)).await;
    let mut open = Connection::over(open.expect("a handshake"));

    files.put(&after.issue());
    assert_eq!(tls.reload(), Reload::Done);
    let stream = connect(server.address, before.client(&version::TLS13, None)).await;
    assert!(stream.is_err(), "the old certificate is gone");
    let stream = connect(server.address, after.client(&version::TLS13, None)).await;
    let mut new = Connection::over(stream.expect("a handshake"));

    files.write("key.pem", "nonsense");
    assert!(matches!(tls.reload(), Reload::Refused(_)));
    let stream = connect(server.address, after.client(&version::TLS13, None)).await;
    let mut newest = Connection::over(stream.expect("what was read before stays in use"));
    for connection in [&mut open, &mut new, &mut newest] {
        connection.write(&read_users(&client)).await;
        connection.read().await.expect(200);
    }
}

#[tokio::test]
async fn a_client_that_reads_no_answer_is_let_go() {
    let authority = Authority::new();
    let files = Files::of(&authority.issue());
    let limits = Limits {
        connections: 1,
        body_time: Duration::from_millis(200),
        ..Limits::default()
    };
    let (server, _) = serve(files.names(), limits).await;
    let client = server.client(Provider::Okta).await;
    let request = format!(
        "GET /scim/v2/Schemas HTTP/1.1\r\nHost: localhost\r\n{}\r\n",
        client.headers
    );
    let config = authority.client(&version::TLS13, None);
    let stalled = connect(server.address, config.clone()).await;
    let mut stalled = Connection::over(stalled.expect("a handshake"));
    let flood = tokio::spawn(async move {
        stalled.write(request.repeat(2000).as_bytes()).await;
        stalled
    });
    let stream = connect(server.address, config).await;
    let mut connection = Connection::over(stream.expect("the only place is free again"));
    connection.write(&read_users(&client)).await;
    connection.read().await.expect(200);
    drop(within(flood).await);
}
