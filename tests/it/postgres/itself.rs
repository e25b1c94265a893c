//! The throw-away server itself.

use std::{
    env,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use rolecall::store::{Store as _, postgres::PostgresStore};

use super::{Database, PATIENCE, Server};

fn accepts(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_ok()
}

#[test]
fn each_database_is_empty_and_gone_with_its_test() {
    let (one, other) = (Database::new(), Database::new());
    assert_ne!(one.url(), other.url());
    one.sql("CREATE TABLE kept (n integer); INSERT INTO kept VALUES (7)");
    assert_eq!(one.sql("SELECT n FROM kept"), "7");
    assert_eq!(other.sql("SELECT to_regclass('kept') IS NULL"), "t");
    let (server, name) = (Server::shared(), one.name.clone());
    drop(one);
    let query = format!("SELECT count(*) FROM pg_database WHERE datname = '{name}'");
    assert_eq!(server.sql("postgres", &query), "0");
}

#[test]
fn a_durable_one_keeps_what_it_has_committed_when_it_is_killed() {
    let server = Server::durable();
    let database = Database::on(&server);
    database.sql("CREATE TABLE kept (n integer); INSERT INTO kept VALUES (7)");
    server.kill();
    server.start();
    assert_eq!(database.sql("SELECT n FROM kept"), "7");
    server.restart();
    assert_eq!(database.sql("SELECT n FROM kept"), "7");
}

#[test]
fn it_can_refuse_writes_and_hold_still() {
    let server = Server::throw_away();
    let database = Database::on(&server);
    server.read_only(true);
    let refused = std::panic::catch_unwind(|| database.sql("CREATE TABLE kept (n integer)"));
    assert!(refused.is_err());
    server.read_only(false);
    database.sql("CREATE TABLE kept (n integer)");

    let frozen = server.freeze();
    let mut stream = TcpStream::connect(("127.0.0.1", server.port())).expect("the kernel accepts");
    // What asks whether TLS is spoken; a server that goes on says S or N.
    stream
        .write_all(&[0, 0, 0, 8, 4, 210, 22, 47])
        .expect("the kernel takes it");
    let short = Some(Duration::from_millis(50));
    stream.set_read_timeout(short).expect("a time limit");
    let mut answer = [0];
    assert!(stream.read_exact(&mut answer).is_err(), "nothing answers");
    drop(frozen);
    stream
        .set_read_timeout(Some(PATIENCE))
        .expect("a time limit");
    stream.read_exact(&mut answer).expect("it answers");
    assert_eq!(answer, *b"N");
}

#[test]
fn an_account_is_let_in_with_its_password_only() {
    let database = Database::new();
    let with = |password: Option<&str>| {
        let mut options = database.options("test");
        options.url = options.url.replace("rolecall@", "with_password@");
        options.password = password.map(str::to_owned);
        PostgresStore::open(&options)
    };
    for wrong in [None, Some("a guess of the tests")] {
        let refused = with(wrong).expect_err("it is let in").to_string();
        assert!(!refused.contains("a guess"), "{refused}");
    }
    let store = with(Some("a secret of the tests")).expect("it is let in");
    assert!(!format!("{store:?}").contains("secret"));
    assert_eq!(store.check().expect("a check"), [""; 0]);
}

/// Not a test of its own: what [`nothing_is_left_when_the_tests_are_killed`] starts and kills.
#[test]
#[ignore = "is started by another test"]
fn holds_a_server_until_it_is_killed() {
    let server = Server::throw_away();
    println!("\nserver {} {}", server.port(), server.folder.display());
    let _frozen = server.freeze();
    thread::park();
}

#[test]
fn nothing_is_left_when_the_tests_are_killed() {
    let mut child = Command::new(env::current_exe().expect("this program"))
        .args([
            "--exact",
            "postgres::itself::holds_a_server_until_it_is_killed",
        ])
        .args(["--ignored", "--nocapture"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let place = lines.map_while(Result::ok).find_map(|line| {
        let (port, folder) = line.strip_prefix("server ")?.split_once(' ')?;
        Some((port.parse::<u16>().ok()?, folder.to_owned()))
    });
    let (port, folder) = place.expect("it says where the server is");
    assert!(accepts(port) && Path::new(&folder).exists());
    child.kill().expect("it is killed");
    // What stands by has the same standard error, and ends last.
    let mut said = String::new();
    let mut standard_error = child.stderr.take().expect("its standard error");
    standard_error.read_to_string(&mut said).expect("text");
    child.wait().expect("it ends");
    assert!(!accepts(port), "{said}");
    assert!(!Path::new(&folder).exists(), "{said}");
}
