//! TLS by rustls, 1.2 and 1.3: the files it is set up from, and their reload when they change.

mod validity;

use std::{
    fs::{self, Metadata},
    io::{self, Read as _},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use jiff::Timestamp;
use rustls::{
    InconsistentKeys, RootCertStore, ServerConfig,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject as _},
    server::{WebPkiClientVerifier, danger::ClientCertVerifier},
    sign::{CertifiedKey, SingleCertAndKey},
    version,
};

/// No file of certificates or keys is longer, in bytes.
const FILE_BYTES: u64 = 4 * 1024 * 1024;

/// The protocol that is spoken inside, as ALPN names it.
const HTTP_1_1: &[u8] = b"http/1.1";

/// Where TLS has its certificate and key from; PEM, all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The server's certificate, followed by those between it and the authority.
    pub certificate: PathBuf,
    /// The certificate's private key.
    pub key: PathBuf,
    /// The authorities of which clients must show a certificate; `None`: they show none.
    pub client_ca: Option<PathBuf>,
}

/// Why TLS cannot be set up: one sentence that names the file and says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TlsError(String);

/// The TLS of a listener, from files that may change while it listens.
#[derive(Debug)]
pub struct Tls {
    files: TlsFiles,
    current: RwLock<Current>,
    seen: Mutex<Seen>,
}

/// What the files were read as.
#[derive(Debug)]
struct Current {
    configuration: Arc<ServerConfig>,
    /// When the server's own certificate ends, as far as it can be read.
    ends: Option<Timestamp>,
}

/// What was seen of the files.
#[derive(Debug, Default)]
struct Seen {
    /// As they were when they were last read.
    read: Vec<Option<Stamp>>,
    /// As they were at the last look.
    last: Vec<Option<Stamp>>,
}

/// What tells that a file is another: when it changed, in seconds and nanoseconds, its length, and
/// its number in the file system.
type Stamp = (i64, i64, u64, u64);

/// What became of a look at the files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reload {
    /// They are as they were.
    Unchanged,
    /// They are used from now on; connections that are open keep what they began with.
    Done,
    /// They are not usable: what was read before stays in use.
    Refused(TlsError),
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// One sentence: which file, what is wrong with it and what to do.
    pub fn load(files: TlsFiles) -> Result<Self, TlsError> {
        let stamps = stamps(&files);
        let current = RwLock::new(configuration(&files)?);
        warn_of_open_key(&files.key);
        Ok(Self {
            files,
            current,
            seen: Mutex::new(Seen {
                read: stamps.clone(),
                last: stamps,
            }),
        })
    }

    /// What the next connection is served with.
    pub(super) fn current(&self) -> Arc<ServerConfig> {
        let current = self.current.read();
        let current = current.unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&current.configuration)
    }

    /// When the certificate that is in use ends, as far as it can be read.
    pub fn ends(&self) -> Option<Timestamp> {
        let current = self.current.read();
        current.unwrap_or_else(PoisonError::into_inner).ends
    }

    /// Reads the files again if they have changed and then stayed the same from one look to the
    /// next: whoever renews them writes one after the other. Blocks on the disk.
    pub fn look(&self) -> Reload {
        let now = stamps(&self.files);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let is_settled = seen.last == now;
        seen.last.clone_from(&now);
        if seen.read == now || !is_settled {
            return Reload::Unchanged;
        }
        self.read(&mut seen, now)
    }

    /// Reads the files again, changed or not. Blocks on the disk.
    pub fn reload(&self) -> Reload {
        let now = stamps(&self.files);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        self.read(&mut seen, now)
    }

    fn read(&self, seen: &mut Seen, now: Vec<Option<Stamp>>) -> Reload {
        // Refused files are not read again, and not complained of again, until they change.
        seen.read = now;
        match configuration(&self.files) {
            Ok(new) => {
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = new;
                tracing::info!(certificate = %self.files.certificate.display(), "the TLS files were read again");
                warn_of_open_key(&self.files.key);
                Reload::Done
            }
            Err(error) => {
                tracing::error!(%error, "the new TLS files are not usable, so the old ones stay in use");
                Reload::Refused(error)
            }
        }
    }
}

fn stamps(files: &TlsFiles) -> Vec<Option<Stamp>> {
    let paths = [
        Some(&files.certificate),
        Some(&files.key),
        files.client_ca.as_ref(),
    ];
    let stamp = |path: &PathBuf| fs::metadata(path).ok().map(|metadata| stamp(&metadata));
    paths.into_iter().flatten().map(stamp).collect()
}

fn stamp(metadata: &Metadata) -> Stamp {
    (
        metadata.mtime(),
        metadata.mtime_nsec(),
        metadata.len(),
        metadata.ino(),
    )
}

/// Reads and checks the files.
fn configuration(files: &TlsFiles) -> Result<Current, TlsError> {
    let provider = Arc::new(ring::default_provider());
    let chain = certificates("certificate", &files.certificate)?;
    let ends = chain.first().and_then(|own| validity::not_after(own));
    let key = private_key(&files.key)?;
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&version::TLS13, &version::TLS12])
        .map_err(|error| TlsError(format!("TLS cannot be set up: {error}")))?;
    let builder = match &files.client_ca {
        Some(path) => builder.with_client_cert_verifier(client_verifier(path, &provider)?),
        None => builder.with_no_client_auth(),
    };
    let certified = certified(files, chain, key, &provider)?;
    let mut configuration = builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
    configuration.alpn_protocols = vec![HTTP_1_1.to_vec()];
    Ok(Current {
        configuration: Arc::new(configuration),
        ends,
    })
}

fn certified(
    files: &TlsFiles,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    provider: &CryptoProvider,
) -> Result<CertifiedKey, TlsError> {
    let (certificate, key_file) = (files.certificate.display(), files.key.display());
    let key = provider.key_provider.load_private_key(key).map_err(|_| {
        TlsError(format!(
            "the TLS key {key_file} is no RSA, ECDSA (P-256, P-384) or Ed25519 key; make one of these, and a \
             certificate for it"
        ))
    })?;
    let certified = CertifiedKey::new(chain, key);
    match certified.keys_match() {
        // Of a key whose public half cannot be told, the first handshake would tell.
        Ok(()) | Err(rustls::Error::InconsistentKeys(InconsistentKeys::Unknown)) => Ok(certified),
        Err(rustls::Error::InconsistentKeys(_)) => Err(TlsError(format!(
            "the TLS key {key_file} is not that of the first certificate in {certificate}: name the key that the \
             certificate was made for, and put the server's own certificate first"
        ))),
        Err(_) => Err(TlsError(format!(
            "the first certificate in {certificate} is not a well-formed X.509 certificate; copy the whole file again"
        ))),
    }
}

fn client_verifier(
    path: &Path,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let unusable = |error: &dyn std::fmt::Display| {
        TlsError(format!(
            "the TLS client authority {} cannot be used: {error}",
            path.display()
        ))
    };
    let mut roots = RootCertStore::empty();
    for certificate in certificates("client authority", path)? {
        roots.add(certificate).map_err(|error| unusable(&error))?;
    }
    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
        .build()
        .map_err(|error| unusable(&error))
}

/// The certificates of a PEM file, at least one; `what` says whose they are.
pub(crate) fn certificates(
    what: &str,
    path: &Path,
) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let text = read(what, path)?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let certificates = certificates.map_err(|error| not_pem(what, path, &error))?;
    if certificates.is_empty() {
        return Err(TlsError(format!(
            "the TLS {what} {} holds no certificate in PEM, which begins with -----BEGIN CERTIFICATE-----",
            path.display()
        )));
    }
    Ok(certificates)
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    const ENCRYPTED: &[u8] = b"ENCRYPTED";
    let text = read("key", path)?;
    PrivateKeyDer::from_pem_slice(&text).map_err(|error| match error {
        pem::Error::NoItemsFound
            if text.windows(ENCRYPTED.len()).any(|part| part == ENCRYPTED) =>
        {
            TlsError(format!(
                "the TLS key {} is encrypted, and rolecall cannot ask for its password: write it in the clear with \
                 openssl pkey, readable by its owner only",
                path.display()
            ))
        }
        pem::Error::NoItemsFound => TlsError(format!(
            "the TLS key {} holds no private key in PEM, which begins with -----BEGIN PRIVATE KEY-----",
            path.display()
        )),
        error => not_pem("key", path, &error),
    })
}

/// What is wrong with the text of a PEM file. The error's own words may quote a key, and are left out.
fn not_pem(what: &str, path: &Path, error: &pem::Error) -> TlsError {
    let wrong = match error {
        pem::Error::MissingSectionEnd { .. } => {
            "a section in it has no end; copy the whole file again"
        }
        pem::Error::Base64Decode(_) => "what stands in it is not Base64; copy the whole file again",
        _ => "a section in it is not well-formed; copy the whole file again",
    };
    TlsError(format!(
        "the TLS {what} {} is not PEM: {wrong}",
        path.display()
    ))
}

fn read(what: &str, path: &Path) -> Result<Vec<u8>, TlsError> {
    let read = || -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        fs::File::open(path)?
            .take(FILE_BYTES + 1)
            .read_to_end(&mut text)?;
        Ok(text)
    };
    let text = read().map_err(|error| {
        TlsError(format!(
            "the TLS {what} {} cannot be read: {error}",
            path.display()
        ))
    })?;
    if text.len() as u64 > FILE_BYTES {
        return Err(TlsError(format!(
            "the TLS {what} {} is longer than {} MiB, which no PEM file of keys is",
            path.display(),
            FILE_BYTES / 1024 / 1024
        )));
    }
    Ok(text)
}

/// A key that others on the machine can read is used all the same: a group of its own is how some
/// programs share it.
fn warn_of_open_key(path: &Path) {
    const OTHERS: u32 = 0o077;
    if let Ok(metadata) = fs::metadata(path)
        && metadata.mode() & OTHERS != 0
    {
        tracing::warn!(
            "the TLS key {} can be read by others on this machine (mode {:o}); chmod 600 keeps it to its owner",
            path.display(),
            metadata.mode() & 0o777
        );
    }
}

#[cfg(test)]
mod tests;
