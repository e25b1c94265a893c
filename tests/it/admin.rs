//! Conversations over the admin API, in process and over a socket, against either store.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime},
};

use rolecall::{
    admin::{
        Client, ClientError, Connector, Reply, Request,
        row::{ConflictRow, NewToken, RoleRow, UserRow},
        server::{AdminSocket, Facts, serve_in_process, socket_path},
    },
    directory::{
        Action, Actor, Command, ConflictState, ManagedBy, Origin, Outcome, PermissionLevel,
        Provider, ProviderState, RoleId, UserId,
    },
    scim::resource::{GroupAttributes, UserAttributes},
    service::{Engine, EngineOptions},
    store::{MemoryStore, RedbStore, Store},
};
use serde_json::json;
use tokio::sync::oneshot;

fn facts() -> Arc<Facts> {
    Arc::new(Facts {
        version: "0.1.0".to_owned(),
        listen: Some("127.0.0.1:8080".to_owned()),
        base_url: Some("http://127.0.0.1:8080/scim/v2".to_owned()),
        started: SystemTime::now().try_into().ok(),
        read_only: false,
    })
}

/// A server in this process, over a store.
struct House {
    engine: Arc<Engine>,
    client: Client,
    /// Keeps the store's folder.
    _folder: Option<tempfile::TempDir>,
}

impl House {
    fn over(store: Arc<dyn Store>, folder: Option<tempfile::TempDir>) -> Self {
        let engine = Engine::start(store, EngineOptions::default()).unwrap();
        let pipes = serve_in_process(Arc::clone(&engine), facts());
        Self {
            engine,
            client: Client::new(Connector::InProcess(pipes), "ann"),
            _folder: folder,
        }
    }

    fn in_memory() -> Self {
        Self::over(Arc::new(MemoryStore::new()), None)
    }

    fn in_a_file() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = RedbStore::open(folder.path()).unwrap();
        Self::over(Arc::new(store), Some(folder))
    }

    async fn ask(&self, request: Request) -> Reply {
        self.client.call(request).await.unwrap()
    }

    async fn refused(&self, request: Request) -> String {
        match self.client.call(request).await {
            Err(ClientError::Refused(message)) => message,
            other => panic!("not refused: {other:?}"),
        }
    }

    async fn token(&self) -> NewToken {
        let request = Request::CreateToken {
            provider: Provider::Okta,
            name: None,
            expires: None,
        };
        match self.ask(request).await {
            Reply::NewToken(token) => *token,
            other => panic!("{other:?}"),
        }
    }

    async fn add_user(&self, name: &str) -> UserRow {
        match self.ask(add_user(name)).await {
            Reply::UserDone(done) => done.row,
            other => panic!("{other:?}"),
        }
    }

    async fn add_role(&self, name: &str) -> RoleRow {
        let display_name = name.to_owned();
        match self.ask(Request::AddRole { display_name }).await {
            Reply::RoleDone(done) => done.row,
            other => panic!("{other:?}"),
        }
    }

    /// Pushes as Okta does, with a live token.
    async fn push(&self, token: &NewToken, command: Command) -> Outcome {
        let actor = Actor::Provider {
            provider: token.provider,
            token: token.id,
        };
        let done = self.engine.execute(actor, command, None).await;
        done.unwrap().outcome
    }

    async fn push_user(&self, token: &NewToken, name: &str) -> UserId {
        let document = json!({ "userName": name, "externalId": format!("ext-{name}") });
        let attributes = UserAttributes::from_document(document.as_object().unwrap()).unwrap();
        match self.push(token, Command::CreateUser { attributes }).await {
            Outcome::User { user, .. } => user.id,
            other => panic!("{other:?}"),
        }
    }

    async fn push_role(&self, token: &NewToken, name: &str, members: &[UserId]) -> Outcome {
        let members: Vec<_> = members.iter().map(|id| json!({ "value": id })).collect();
        let document = json!({ "displayName": name, "members": members });
        let attributes = GroupAttributes::from_document(document.as_object().unwrap()).unwrap();
        self.push(token, Command::CreateRole { attributes }).await
    }

    async fn conflicts(&self, all: bool) -> Vec<ConflictRow> {
        match self.ask(Request::Conflicts { all, limit: 100 }).await {
            Reply::Conflicts(rows) => rows,
            other => panic!("{other:?}"),
        }
    }
}

fn add_user(name: &str) -> Request {
    Request::AddUser {
        user_name: name.to_owned(),
        service_account: !name.contains('@'),
        given: Some("Ann".to_owned()).filter(|_| name.contains('@')),
        family: None,
        level: PermissionLevel::User,
    }
}

async fn administration(house: House) {
    let user = house.add_user("bob@x.io").await;
    assert_eq!(user.display_name, "Ann");
    assert_eq!(user.managed_by, ManagedBy::Local);
    house.add_user("backup").await;
    house.add_role("Engineering").await;

    let attach = Request::Attach {
        role: "engineering".to_owned(),
        user: "BOB@x.io".to_owned(),
    };
    let Reply::MembershipDone(done) = house.ask(attach).await else {
        panic!("not a membership")
    };
    assert_eq!(
        (done.row.role_name.as_str(), done.row.origin),
        ("Engineering", Origin::Local)
    );
    assert_eq!(done.changes.len(), 1);
    assert_eq!(done.changes[0].actor, "operator ann");

    let level = Request::SetLevel {
        user: user.id.to_string(),
        level: PermissionLevel::Admin,
    };
    let Reply::UserDone(done) = house.ask(level).await else {
        panic!("not a user")
    };
    assert_eq!(done.row.permission_level, PermissionLevel::Admin);
    assert_eq!(done.row.roles, ["Engineering"]);

    let by_name = Request::User {
        user: "bob@X.io".to_owned(),
    };
    let Reply::User(detail) = house.ask(by_name).await else {
        panic!("not a user")
    };
    assert_eq!(detail.memberships[0].display_name, "Engineering");
    let history: Vec<Action> = detail.history.iter().map(|row| row.action).collect();
    assert_eq!(
        history,
        [
            Action::UserLevelChanged,
            Action::MembersAdded,
            Action::UserCreated
        ]
    );

    let show = Request::Role {
        role: "ENGINEERING".to_owned(),
        members: 10,
    };
    let Reply::Role(detail) = house.ask(show).await else {
        panic!("not a role")
    };
    assert_eq!(detail.members[0].user_name, "bob@x.io");
    assert_eq!(detail.row.local_members, 1);

    let missing = Request::User {
        user: "nobody".to_owned(),
    };
    assert_eq!(
        house.refused(missing).await,
        "There is no user \"nobody\" here."
    );
    house.engine.close().await;
}

#[tokio::test]
async fn administration_in_memory() {
    administration(House::in_memory()).await;
}

#[tokio::test]
async fn administration_in_a_file() {
    administration(House::in_a_file()).await;
}

async fn names(house: &House, filter: Option<&str>, offset: u64, limit: u32) -> (Vec<String>, u64) {
    let request = Request::Users {
        filter: filter.map(str::to_owned),
        offset,
        limit,
    };
    match house.ask(request).await {
        Reply::Users(page) => {
            let names = page.rows.into_iter().map(|row| row.user_name).collect();
            (names, page.total)
        }
        other => panic!("{other:?}"),
    }
}

async fn lists(house: House) {
    let token = house.token().await;
    for name in ["ann@x.io", "bob@x.io", "carl@y.io"] {
        house.push_user(&token, name).await;
    }
    house.add_user("backup").await;

    assert_eq!(
        names(&house, None, 1, 2).await,
        (vec!["bob@x.io".into(), "carl@y.io".into()], 4)
    );
    assert_eq!(
        names(&house, Some("X.IO"), 1, 5).await,
        (vec!["bob@x.io".into()], 2)
    );
    let filter = "externalId eq \"ext-carl@y.io\"";
    assert_eq!(
        names(&house, Some(filter), 0, 5).await,
        (vec!["carl@y.io".into()], 1)
    );
    let filter = "userName eq \"backup\"";
    assert_eq!(
        names(&house, Some(filter), 0, 5).await,
        (vec!["backup".into()], 1)
    );
    let slip = Request::Users {
        filter: Some("userNme eq \"x\"".to_owned()),
        offset: 0,
        limit: 5,
    };
    assert!(house.refused(slip).await.contains("userNme"));
    house.engine.close().await;
}

#[tokio::test]
async fn lists_in_memory() {
    lists(House::in_memory()).await;
}

#[tokio::test]
async fn lists_in_a_file() {
    lists(House::in_a_file()).await;
}

async fn tokens(house: House) {
    let first = house.token().await;
    let second = house.token().await;
    assert_eq!(
        (first.name.as_str(), second.name.as_str()),
        ("okta 1", "okta 2")
    );
    assert!(first.token.starts_with("rc_okta_"));
    assert!(!format!("{first:?}").contains(&first.token));
    let header = format!("Bearer {}", first.token);
    house.engine.authenticate(Some(&header)).unwrap();

    let Reply::Tokens(rows) = house.ask(Request::Tokens).await else {
        panic!("not tokens")
    };
    assert_eq!(rows.len(), 2);
    assert_eq!((rows[0].requests, rows[1].requests), (1, 0));
    assert!(rows[0].last_used.is_some());
    assert!(!json!(rows).to_string().contains(&first.token));

    house.ask(Request::RevokeToken { id: first.id }).await;
    assert!(house.engine.authenticate(Some(&header)).is_err());

    let provider = Provider::Okta;
    let Reply::ProviderDone(done) = house.ask(Request::DeactivateProvider { provider }).await
    else {
        panic!("not a provider")
    };
    assert_eq!(
        (done.row.state, done.row.tokens),
        (ProviderState::Inactive, 0)
    );
    let Reply::Providers(rows) = house.ask(Request::Providers).await else {
        panic!("not providers")
    };
    assert_eq!(rows.len(), Provider::ALL.len());
    assert!(rows[0].last_seen.is_some());
    house.engine.close().await;
}

#[tokio::test]
async fn tokens_in_memory() {
    tokens(House::in_memory()).await;
}

#[tokio::test]
async fn tokens_in_a_file() {
    tokens(House::in_a_file()).await;
}

async fn conflicts(house: House) {
    let token = house.token().await;
    let ann = house.push_user(&token, "ann@x.io").await;
    let bob = house.push_user(&token, "bob@x.io").await;
    house.add_role("Finance").await;
    let attach = Request::Attach {
        role: "Finance".to_owned(),
        user: "ann@x.io".to_owned(),
    };
    house.ask(attach).await;
    let stranger = UserId::from_bytes([9; 16]);
    let refused = house
        .push_role(&token, "finance", &[ann, bob, stranger])
        .await;
    assert!(matches!(refused, Outcome::Refused { .. }), "{refused:?}");

    let open = house.conflicts(false).await;
    assert_eq!(open.len(), 1);
    let id = open[0].id;
    let Reply::Conflict(detail) = house.ask(Request::Conflict { id }).await else {
        panic!("not a conflict")
    };
    assert_eq!(detail.existing_managed_by, Some(ManagedBy::Local));
    let name = |member: &rolecall::admin::row::NamedMember| member.user_name.clone();
    assert_eq!(
        detail.both.iter().map(name).collect::<Vec<_>>(),
        [Some("ann@x.io".to_owned())]
    );
    assert_eq!(
        detail.only_incoming.iter().map(name).collect::<Vec<_>>(),
        [Some("bob@x.io".to_owned()), None]
    );

    let link = Request::LinkConflict { id };
    let Reply::ConflictDone(preview) = house.client.preview(link.clone()).await.unwrap() else {
        panic!("not a conflict")
    };
    assert!(preview.dry_run && !preview.changes.is_empty());
    assert_eq!(preview.row.state, ConflictState::Linked);
    assert_eq!(house.conflicts(false).await.len(), 1);

    let Reply::ConflictDone(done) = house.ask(link).await else {
        panic!("not a conflict")
    };
    assert!(!done.dry_run);
    assert_eq!(house.conflicts(false).await, []);
    assert_eq!(house.conflicts(true).await[0].state, ConflictState::Linked);
    let role = house.push_role(&token, "finance", &[ann, bob]).await;
    assert!(
        matches!(role, Outcome::Role { created: true, .. }),
        "{role:?}"
    );
    house.engine.close().await;
}

#[tokio::test]
async fn conflicts_in_memory() {
    conflicts(House::in_memory()).await;
}

#[tokio::test]
async fn conflicts_in_a_file() {
    conflicts(House::in_a_file()).await;
}

#[tokio::test]
async fn a_dry_run_changes_nothing_and_shows_no_secret() {
    let house = House::in_memory();
    let request = Request::CreateToken {
        provider: Provider::Okta,
        name: None,
        expires: None,
    };
    let Reply::NewToken(token) = house.client.preview(request).await.unwrap() else {
        panic!("not a token")
    };
    assert_eq!(token.token, "");
    let Reply::Tokens(rows) = house.ask(Request::Tokens).await else {
        panic!("not tokens")
    };
    assert_eq!(rows, []);
    house.engine.close().await;
}

#[tokio::test]
async fn a_read_only_server_refuses_every_act_and_answers_questions() {
    let engine = Engine::start(Arc::new(MemoryStore::new()), EngineOptions::default()).unwrap();
    let facts = Facts {
        read_only: true,
        ..Facts::clone(&facts())
    };
    let pipes = serve_in_process(Arc::clone(&engine), Arc::new(facts));
    let client = Client::new(Connector::InProcess(pipes), "ann");
    let refused = client.call(add_user("ann@x.io")).await;
    assert!(
        matches!(refused, Err(ClientError::Refused(_))),
        "{refused:?}"
    );
    assert!(client.call(Request::Status).await.is_ok());
    engine.close().await;
}

async fn status(house: House) {
    let token = house.token().await;
    house.push_user(&token, "ann@x.io").await;
    house.add_user("bob@x.io").await;
    house.add_user("backup").await;
    let Reply::Status(report) = house.ask(Request::Status).await else {
        panic!("not a status")
    };
    assert_eq!((report.users.active, report.users.local), (2, 1));
    assert_eq!(report.users.service_accounts, 1);
    assert_eq!(report.providers.len(), 1);
    assert_eq!(report.providers[0].users, 1);
    assert_eq!(report.warnings[0].check, "lock-out");
    assert!(report.journal_last >= 4);

    let Reply::Setup(steps) = house.ask(Request::Setup).await else {
        panic!("not steps")
    };
    let done: Vec<&str> = steps
        .iter()
        .filter(|step| step.done)
        .map(|step| step.step.as_str())
        .collect();
    assert_eq!(done, ["token", "first-user"]);
    house.engine.close().await;
}

#[tokio::test]
async fn status_in_memory() {
    status(House::in_memory()).await;
}

#[tokio::test]
async fn status_in_a_file() {
    status(House::in_a_file()).await;
}

async fn following(house: House) {
    house.add_role("First").await;
    let follow = Request::FollowJournal { after: 0 };
    let mut follower = house.client.follow(follow).await.unwrap();
    let mut seen = Vec::new();
    let mut names = Vec::new();
    for number in 2..=30 {
        names.push(format!("Role {number}"));
    }
    let adding = async {
        for name in &names {
            house.add_role(name).await;
        }
    };
    let reading = async {
        while seen.len() < 30 {
            match follower.next().await.unwrap() {
                Some(Reply::Journal(rows)) => seen.extend(rows.into_iter().map(|row| row.seq)),
                other => panic!("{other:?}"),
            }
        }
    };
    tokio::join!(adding, reading);
    assert_eq!(seen, (1..=30).collect::<Vec<u64>>());
    house.engine.close().await;
    assert_eq!(follower.next().await.unwrap(), None);
}

#[tokio::test]
async fn following_in_memory() {
    following(House::in_memory()).await;
}

#[tokio::test]
async fn following_in_a_file() {
    following(House::in_a_file()).await;
}

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
async fn a_request_that_is_none_is_told_so() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let house = House::in_memory();
    let pipes = serve_in_process(Arc::clone(&house.engine), facts());
    let long = vec![b'x'; 300 * 1024];
    for request in [b"nonsense\n".as_slice(), b"{}\n", &long] {
        let (mut ours, theirs) = tokio::io::duplex(1024);
        pipes.send(theirs).await.unwrap();
        // What is too long is not read to its end.
        let _ = tokio::time::timeout(Duration::from_secs(5), ours.write_all(request)).await;
        let mut answer = String::new();
        ours.read_to_string(&mut answer).await.unwrap();
        let Ok(Reply::Error { message }) = serde_json::from_str(&answer) else {
            panic!("{answer}")
        };
        assert!(
            message.starts_with("the admin connection carried"),
            "{message}"
        );
    }
    house.engine.close().await;
}

#[tokio::test]
async fn a_role_is_found_by_its_id() {
    let house = House::in_memory();
    let role: RoleId = house.add_role("Engineering").await.id;
    let request = Request::Role {
        role: role.to_string(),
        members: 0,
    };
    assert!(matches!(house.ask(request).await, Reply::Role(_)));
    house.engine.close().await;
}
