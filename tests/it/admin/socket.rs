//! The data directory's socket, and requests that are none.

use std::{path::Path, sync::Arc, time::Duration};

use rolecall::{
    admin::{
        Client, Connector, Reply, Request,
        server::{AdminSocket, socket_path},
    },
    service::{Engine, EngineOptions},
    store::MemoryStore,
};
use tokio::sync::oneshot;

use super::house::{House, facts};

/// Ends the socket's server, and waits until it has ended.
async fn with_socket(path: &Path, engine: &Arc<Engine>, talk: impl AsyncFnOnce(Client)) {
    let socket = AdminSocket::bind(path).unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(socket.serve(Arc::clone(engine), facts(), async {
        let _ = stopped.await;
    }));
    talk(Client::new(Connector::Socket(path.to_owned()), "ann")).await;
    let _ = stop.send(());
    serving.await.unwrap();
}

#[tokio::test]
async fn a_socket_answers_this_account_and_goes_with_its_server() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let path = socket_path(folder.path());
    let engine = Engine::start(Arc::new(MemoryStore::new()), EngineOptions::default()).unwrap();
    with_socket(&path, &engine, async |client| {
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(client.call(Request::Status).await.is_ok());
        let second = AdminSocket::bind(&path).unwrap_err();
        assert!(second.to_string().contains("another server"), "{second}");
        assert!(client.call(Request::Status).await.is_ok());
    })
    .await;
    assert!(!path.exists());
    engine.close().await;
}

#[tokio::test]
async fn a_stale_socket_is_replaced_and_another_file_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = socket_path(folder.path());
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    let engine = Engine::start(Arc::new(MemoryStore::new()), EngineOptions::default()).unwrap();
    with_socket(&path, &engine, async |client| {
        assert!(client.call(Request::Status).await.is_ok());
    })
    .await;
    std::fs::write(&path, "precious").unwrap();
    assert!(AdminSocket::bind(&path).is_err());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious");
    engine.close().await;
}

#[test]
fn a_socket_has_a_short_path_wherever_the_data_is() {
    let short = Path::new("/var/lib/rolecall");
    assert_eq!(socket_path(short), short.join("admin.sock"));
    let long = Path::new("/var").join("x".repeat(120));
    let path = socket_path(&long);
    assert!(path.as_os_str().len() <= 100, "{}", path.display());
    assert_eq!(path, socket_path(&long));
    assert_ne!(path, socket_path(&long.join("other")));
}

#[tokio::test]
async fn one_connection_too_many_is_told_so() {
    let house = House::new();
    let mut followers = Vec::new();
    for _ in 0..64 {
        let follow = Request::FollowJournal { after: 0 };
        followers.push(house.client.follow(follow).await.unwrap());
    }
    let message = house.refused(Request::Status).await;
    assert!(message.contains("close one"), "{message}");
    house.engine.close().await;
}

#[tokio::test]
async fn a_request_that_is_none_is_told_so() {
    use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

    let folder = tempfile::tempdir().unwrap();
    let path = socket_path(folder.path());
    let engine = Engine::start(Arc::new(MemoryStore::new()), EngineOptions::default()).unwrap();
    let long = vec![b'x'; 300 * 1024];
    with_socket(&path, &engine, async |_| {
        for request in [b"nonsense\n".as_slice(), b"{}\n", &long] {
            let mut ours = tokio::net::UnixStream::connect(&path).await.unwrap();
            // What is too long is not read to its end.
            let _ = tokio::time::timeout(Duration::from_secs(5), ours.write_all(request)).await;
            let mut answer = String::new();
            let mut ours = BufReader::new(ours);
            ours.read_line(&mut answer).await.unwrap();
            let Ok(Reply::Error { message }) = serde_json::from_str(&answer) else {
                panic!("{answer}")
            };
            assert!(
                message.starts_with("the admin connection carried"),
                "{message}"
            );
        }
    })
    .await;
    engine.close().await;
}
