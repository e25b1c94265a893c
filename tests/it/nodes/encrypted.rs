//! TLS to the database, and what is told of one that cannot be used.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rolecall::store::{PostgresOptions, PostgresStore, StoreError};

use crate::{
    cli::program::Place,
    postgres::{Database, Server},
};

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(64)
        .filter_map(|line| std::str::from_utf8(line).ok())
        .collect();
    let text = lines.join("\n");
    format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----")
}

/// Gives the server a certificate, which is also written to the file.
fn encrypt(machine: &Server, file: &std::path::Path) {
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).expect("a certificate");
    let certificate = pem("CERTIFICATE", made.cert.der());
    std::fs::write(file, &certificate).expect("a file");
    let key = pem("PRIVATE KEY", &made.signing_key.serialize_der());
    for (name, text) in [("server.crt", certificate), ("server.key", key)] {
        machine.sql(
            "postgres",
            &format!(
                "COPY (SELECT regexp_split_to_table('{text}', E'\\n')) \
                 TO PROGRAM 'umask 077; cat > {name}'"
            ),
        );
    }
    machine.sql("postgres", "ALTER SYSTEM SET ssl = on");
    machine.restart();
}

fn open(database: &Database, query: &str) -> Result<PostgresStore, StoreError> {
    PostgresStore::open(&PostgresOptions {
        url: format!("{}?{query}", database.url()),
        ..database.options("a")
    })
}

#[test]
fn a_certificate_is_checked() {
    let machine = Server::throw_away();
    let folder = tempfile::tempdir().expect("a temporary directory");
    let (right, wrong) = (
        folder.path().join("right.pem"),
        folder.path().join("wrong.pem"),
    );
    encrypt(&machine, &right);
    let other = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]);
    let other = pem("CERTIFICATE", other.expect("a certificate").cert.der());
    std::fs::write(&wrong, other).expect("a file");
    let database = Database::on(&machine);

    let trusting = format!("sslmode=verify-full&sslrootcert={}", right.display());
    let store = open(&database, &trusting).expect("it is trusted");
    let encrypted = "SELECT count(*) > 0 AND bool_and(ssl) FROM pg_stat_ssl \
                     JOIN pg_stat_activity USING (pid) WHERE usename = 'rolecall'";
    assert_eq!(database.sql(encrypted), "t");
    drop(store);

    let mistrusting = format!("sslmode=require&sslrootcert={}", wrong.display());
    let told = open(&database, &mistrusting)
        .expect_err("nobody knows it")
        .to_string();
    assert!(told.contains("certificate"), "{told}");
    let missing = format!(
        "sslmode=require&sslrootcert={}/none.pem",
        folder.path().display()
    );
    let told = open(&database, &missing)
        .expect_err("there is no file")
        .to_string();
    assert!(told.contains("none.pem"), "{told}");
}

#[test]
fn a_server_without_tls_is_not_spoken_to_in_clear() {
    let database = Database::new();
    let told = open(&database, "sslmode=require")
        .expect_err("it has no TLS")
        .to_string();
    assert!(told.contains("TLS"), "{told}");
}

#[test]
fn a_database_that_cannot_be_used_is_told_in_one_line() {
    let place = Place::new();
    for (store, why) in [
        ("postgres://rolecall@127.0.0.1:1/x", "does not answer"),
        (
            "postgres://rolecall@127.0.0.1/x?sslmode=prefer",
            "verify-full",
        ),
        ("postgres://rolecall@127.0.0.1", "names no database"),
    ] {
        let told = place.attempt(&format!("status --store {store}"));
        assert_eq!((told.code, told.stdout.as_str()), (1, ""), "{told:?}");
        assert!(
            told.stderr.contains(why) && told.stderr.lines().count() == 1,
            "{told:?}"
        );
    }
}
