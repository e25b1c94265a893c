use rcgen::{CertificateParams, KeyPair};

use super::*;

/// A key and a certificate that it has signed for itself, as PEM.
fn pair() -> (String, String) {
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(["localhost".to_owned()]).expect("a name");
    let certificate = params.self_signed(&key).expect("a certificate");
    (
        pem("CERTIFICATE", certificate.der()),
        pem("PRIVATE KEY", &key.serialize_der()),
    )
}

fn pem(label: &str, der: &[u8]) -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let text = STANDARD.encode(der);
    format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().expect("a folder"));
        let (certificate, key) = pair();
        folder.write("certificate", &certificate);
        folder.write("key", &key);
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.path(name), text).expect("a file");
    }

    fn files(&self) -> TlsFiles {
        TlsFiles {
            certificate: self.path("certificate"),
            key: self.path("key"),
            client_ca: None,
        }
    }

    /// What is said against the files, with the folder's name left out.
    fn complaint(&self, files: TlsFiles) -> String {
        let error = Tls::load(files).expect_err("refused");
        let folder = format!("{}/", self.0.path().display());
        error.to_string().replace(&folder, "")
    }
}

#[test]
fn what_cannot_be_used_is_refused_with_file_and_reason() {
    let folder = Folder::new();
    assert!(Tls::load(folder.files()).is_ok());
    let with_key = |text: &str| {
        folder.write("other", text);
        folder.complaint(TlsFiles {
            key: folder.path("other"),
            ..folder.files()
        })
    };
    insta::assert_snapshot!(with_key(""), @"the TLS key other holds no private key in PEM, which begins with -----BEGIN PRIVATE KEY-----");
    insta::assert_snapshot!(with_key(&pair().1), @"the TLS key other is not that of the first certificate in certificate: name the key that the certificate was made for, and put the server's own certificate first");
    insta::assert_snapshot!(with_key(&pair().0), @"the TLS key other holds no private key in PEM, which begins with -----BEGIN PRIVATE KEY-----");
    insta::assert_snapshot!(with_key(&pair().1.replace("PRIVATE", "ENCRYPTED PRIVATE")), @"the TLS key other is encrypted, and rolecall cannot ask for its password: write it in the clear with openssl pkey, readable by its owner only");
    insta::assert_snapshot!(with_key(&pair().1.replace("-----END", "")), @"the TLS key other is not PEM: a section in it has no end; copy the whole file again");
    insta::assert_snapshot!(with_key("-----BEGIN PRIVATE KEY-----\n§\n-----END PRIVATE KEY-----\n"), @"the TLS key other is not PEM: what stands in it is not Base64; copy the whole file again");
    insta::assert_snapshot!(with_key(&pem("PRIVATE KEY", b"abc")), @"the TLS key other is no RSA, ECDSA (P-256, P-384) or Ed25519 key; make one of these, and a certificate for it");

    let with_certificate = |text: &str| {
        folder.write("other", text);
        folder.complaint(TlsFiles {
            certificate: folder.path("other"),
            ..folder.files()
        })
    };
    insta::assert_snapshot!(with_certificate(&pair().1), @"the TLS certificate other holds no certificate in PEM, which begins with -----BEGIN CERTIFICATE-----");
    insta::assert_snapshot!(with_certificate(&pem("CERTIFICATE", b"abc")), @"the first certificate in other is not a well-formed X.509 certificate; copy the whole file again");
    let with_authority = |text: &str| {
        folder.write("other", text);
        folder.complaint(TlsFiles {
            client_ca: Some(folder.path("other")),
            ..folder.files()
        })
    };
    insta::assert_snapshot!(with_authority("x"), @"the TLS client authority other holds no certificate in PEM, which begins with -----BEGIN CERTIFICATE-----");
    insta::assert_snapshot!(with_authority(&pem("CERTIFICATE", b"abc")), @"the TLS client authority other cannot be used: invalid peer certificate: BadEncoding");
    let nowhere = TlsFiles {
        certificate: folder.path("nowhere"),
        ..folder.files()
    };
    insta::assert_snapshot!(folder.complaint(nowhere), @"the TLS certificate nowhere cannot be read: No such file or directory (os error 2)");
}

#[test]
fn no_complaint_quotes_a_key() {
    let folder = Folder::new();
    let key = pair().1;
    for (place, _) in key.char_indices().step_by(7) {
        let mut broken = key.clone();
        broken.truncate(place);
        folder.write("key", &broken);
        let complaint = Tls::load(folder.files()).expect_err("cut").to_string();
        let secret = key.lines().nth(1).and_then(|line| line.get(..12));
        assert!(!complaint.contains(secret.expect("a line")), "{complaint}");
    }
}

#[test]
fn changed_files_are_read_once_they_have_settled() {
    let folder = Folder::new();
    let tls = Tls::load(folder.files()).expect("usable");
    let before = tls.current();
    assert_eq!(tls.look(), Reload::Unchanged);
    assert!(Arc::ptr_eq(&before, &tls.current()));

    let (certificate, key) = pair();
    folder.write("certificate", &certificate);
    assert_eq!(tls.look(), Reload::Unchanged, "not settled");
    folder.write("key", &key);
    assert_eq!(tls.look(), Reload::Unchanged, "not settled");
    assert_eq!(tls.look(), Reload::Done);
    let after = tls.current();
    assert!(!Arc::ptr_eq(&before, &after));

    folder.write("key", "nonsense");
    assert_eq!(tls.look(), Reload::Unchanged, "not settled");
    assert!(matches!(tls.look(), Reload::Refused(_)));
    assert_eq!(tls.look(), Reload::Unchanged, "complained of once");
    assert!(Arc::ptr_eq(&after, &tls.current()), "the old ones stay");
    assert!(matches!(tls.reload(), Reload::Refused(_)), "told to");
    fs::remove_file(folder.path("key")).expect("removed");
    assert_eq!(tls.look(), Reload::Unchanged, "not settled");
    assert!(matches!(tls.look(), Reload::Refused(_)));

    folder.write("key", &key);
    assert_eq!(tls.reload(), Reload::Done);
}
