//! A running listener, and a client that speaks literal bytes to it.

mod reply;
mod store;

use std::{future::Future, net::SocketAddr, sync::Arc, time::Duration};

use rolecall::{
    directory::{Actor, Command, Outcome, PermissionLevel, Provider, RoleId, UserId, UserKind},
    listener::{Limits, Listener, ListenerOptions},
    scim::resource::UserAttributes,
    service::{Engine, EngineOptions, Secret, exchange::ExchangeLine},
    store::Store,
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    sync::oneshot,
    task::JoinHandle,
    time::timeout,
};

pub(crate) use reply::Reply;
pub(crate) use store::{Home, chosen as chosen_store};

/// Nothing here takes as long; what does is stuck.
const PATIENCE: Duration = Duration::from_secs(20);

/// A rolecall with its listener on a port of its own.
pub(crate) struct Server {
    /// The engine behind the listener.
    pub(crate) engine: Arc<Engine>,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    shutdown: Option<oneshot::Sender<()>>,
    running: Option<JoinHandle<()>>,
    /// Outlives the store in it.
    _home: Home,
}

impl Server {
    /// With the bounds that a server has by itself.
    pub(crate) async fn start() -> Self {
        Self::with_limits(Limits::default()).await
    }

    /// With other bounds.
    pub(crate) async fn with_limits(limits: Limits) -> Self {
        Self::set_up(ListenerOptions {
            limits,
            ..ListenerOptions::default()
        })
        .await
    }

    /// With a listener that is set up like this, over a store of the kind that is asked for.
    pub(crate) async fn set_up(options: ListenerOptions) -> Self {
        let (store, home) = chosen_store();
        Self {
            _home: home,
            ..Self::with_options(options, store).await
        }
    }

    /// Over this store.
    pub(crate) async fn over(store: Arc<dyn Store>) -> Self {
        Self::with_options(ListenerOptions::default(), store).await
    }

    /// With a listener that is set up like this, over this store.
    pub(crate) async fn with_options(options: ListenerOptions, store: Arc<dyn Store>) -> Self {
        let engine = Engine::start(store, EngineOptions::default()).expect("a readable store");
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let listener = Listener::bind(anywhere, options, Arc::clone(&engine))
            .await
            .expect("a free port");
        let address = listener.local_address();
        let (shutdown, until) = oneshot::channel();
        let running = tokio::spawn(listener.run(async {
            let _ = until.await;
        }));
        Self {
            engine,
            address,
            shutdown: Some(shutdown),
            running: Some(running),
            _home: Home::Memory,
        }
    }

    /// Asks the listener to end; ready once it has.
    pub(crate) fn stop(&mut self) -> impl Future<Output = ()> + use<> {
        let (shutdown, running) = (self.shutdown.take(), self.running.take());
        async move {
            if let Some(shutdown) = shutdown {
                let _ = shutdown.send(());
            }
            if let Some(running) = running {
                within(running).await.expect("the listener ended");
            }
        }
    }

    /// A new token of a provider.
    pub(crate) async fn token(&self, provider: Provider) -> String {
        let mut random = [0; 32];
        getrandom::fill(&mut random).expect("randomness");
        let secret = Secret::generate(provider, random);
        self.operate(Command::CreateToken {
            provider,
            name: format!("{provider} test"),
            expires: None,
            hash: secret.hash(),
            prefix: secret.prefix(),
        })
        .await;
        secret.expose().to_owned()
    }

    /// A client with this token.
    pub(crate) fn client_with(&self, token: &str) -> Client {
        Client {
            address: self.address,
            headers: format!(
                "Authorization: Bearer {token}\r\nContent-Type: application/scim+json; charset=utf-8\r\n"
            ),
        }
    }

    /// A client with a new token of a provider.
    pub(crate) async fn client(&self, provider: Provider) -> Client {
        let token = self.token(provider).await;
        let media_type = match provider {
            Provider::Entra | Provider::Generic => "application/json",
            _ => "application/scim+json; charset=utf-8",
        };
        Client {
            address: self.address,
            headers: format!("Authorization: Bearer {token}\r\nContent-Type: {media_type}\r\n"),
        }
    }

    /// A client that sends no token.
    pub(crate) fn stranger(&self) -> Client {
        Client {
            address: self.address,
            headers: String::new(),
        }
    }

    /// Has an operator's command carried out.
    pub(crate) async fn operate(&self, command: Command) -> Outcome {
        let operator = Actor::Operator {
            name: "test".to_owned(),
        };
        let done = within(self.engine.execute(operator, command, None)).await;
        done.expect("the operator may").outcome
    }

    /// A user or service account that an operator makes.
    pub(crate) async fn local_user(&self, user_name: &str, kind: UserKind) -> UserId {
        let attributes = UserAttributes {
            user_name: user_name.to_owned(),
            ..UserAttributes::default()
        };
        let level = PermissionLevel::User;
        let command = Command::AddUser {
            kind,
            attributes,
            level,
        };
        match self.operate(command).await {
            Outcome::User { user, .. } => user.id,
            other => panic!("a user, not {other:?}"),
        }
    }

    /// A role that an operator makes.
    pub(crate) async fn local_role(&self, display_name: &str) -> RoleId {
        let display_name = display_name.to_owned();
        match self.operate(Command::AddRole { display_name }).await {
            Outcome::Role { role, .. } => role.id,
            other => panic!("a role, not {other:?}"),
        }
    }

    /// The newest recorded exchange.
    pub(crate) fn last_exchange(&self) -> ExchangeLine {
        let mut lines = self.engine.recorder().lines(None, 1);
        lines.pop().expect("something was recorded")
    }
}

/// Fails where something takes far too long.
pub(crate) async fn within<T>(work: impl Future<Output = T>) -> T {
    timeout(PATIENCE, work).await.expect("it is not stuck")
}

/// Sends literal requests, each on a connection of its own.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) address: SocketAddr,
    /// What every request carries beside `Host`, each line with its end.
    pub(crate) headers: String,
}

impl Client {
    /// A request without a body.
    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send("GET", path, "", "").await
    }

    /// A deletion.
    pub(crate) async fn delete(&self, path: &str) -> Reply {
        self.send("DELETE", path, "", "").await
    }

    /// A POST.
    pub(crate) async fn post(&self, path: &str, body: impl ToString) -> Reply {
        self.send("POST", path, "", &body.to_string()).await
    }

    /// A PUT.
    pub(crate) async fn put(&self, path: &str, body: impl ToString) -> Reply {
        self.send("PUT", path, "", &body.to_string()).await
    }

    /// A PATCH.
    pub(crate) async fn patch(&self, path: &str, body: impl ToString) -> Reply {
        self.send("PATCH", path, "", &body.to_string()).await
    }

    /// A PATCH of these operations.
    pub(crate) async fn operations(&self, path: &str, operations: Value) -> Reply {
        let schema = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
        let body = json!({"schemas": [schema], "Operations": operations});
        self.patch(path, body).await
    }

    /// Makes a user and gives its id.
    pub(crate) async fn make_user(&self, user_name: &str) -> String {
        let user = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": user_name, "active": true,
            "emails": [{"primary": true, "value": user_name, "type": "work"}],
        });
        self.post("/Users", user).await.expect(201).id()
    }

    /// Makes a user while others are made.
    pub(crate) fn make_user_spawned(&self, number: usize) -> JoinHandle<String> {
        let client = self.clone();
        tokio::spawn(async move { client.make_user(&format!("user{number}@x.io")).await })
    }

    /// Makes a group and gives its id.
    pub(crate) async fn make_group(&self, display_name: &str, members: &[&str]) -> String {
        let group = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
            "displayName": display_name, "members": values(members),
        });
        self.post("/Groups", group).await.expect(201).id()
    }

    /// The ids of a group's members, sorted.
    pub(crate) async fn members(&self, group: &str) -> Vec<String> {
        let group = self.get(&format!("/Groups/{group}")).await;
        group.expect(200).members()
    }

    /// Any request; `headers` are whole lines. The path is below the base path, its query as a
    /// person would write it.
    pub(crate) async fn send(&self, method: &str, path: &str, headers: &str, body: &str) -> Reply {
        let path = path.replace(' ', "%20").replace('"', "%22");
        let length = match body {
            "" => String::new(),
            body => format!("Content-Length: {}\r\n", body.len()),
        };
        let request = format!(
            "{method} /scim/v2{path} HTTP/1.1\r\nHost: {}\r\nAccept: application/scim+json\r\n\
             Accept-Charset: utf-8\r\nAccept-Encoding: gzip,deflate\r\n\
             User-Agent: Okta SCIM Client 1.0.0\r\n{}{headers}{length}Connection: close\r\n\r\n{body}",
            self.address, self.headers,
        );
        self.raw(request.as_bytes()).await
    }

    /// These bytes, and the one answer to them.
    pub(crate) async fn raw(&self, bytes: &[u8]) -> Reply {
        let mut connection = Connection::open(self.address).await;
        connection.write(bytes).await;
        connection.read().await
    }
}

/// Ids as the elements of `members`.
pub(crate) fn values(ids: &[&str]) -> Value {
    ids.iter().map(|id| json!({ "value": id })).collect()
}

/// Ids in the order in which [`Reply::members`] gives them.
pub(crate) fn sorted(ids: &[&str]) -> Vec<String> {
    let mut ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    ids.sort();
    ids
}

/// One connection, for more than one request.
pub(crate) struct Connection {
    stream: Box<dyn Stream>,
    unread: Vec<u8>,
}

/// What a connection goes over: TCP, or TLS over it.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Self {
        let stream = within(TcpStream::connect(address)).await;
        Self::over(stream.expect("a connection"))
    }

    /// Over a stream that is there.
    pub(crate) fn over(stream: impl Stream + 'static) -> Self {
        Self {
            stream: Box::new(stream),
            unread: Vec::new(),
        }
    }

    /// Says that nothing more will be written.
    pub(crate) async fn close_own_side(&mut self) {
        let _ = within(self.stream.shutdown()).await;
    }

    /// Writes as much as the server takes: one that has answered already may close.
    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        let _ = within(self.stream.write_all(bytes)).await;
    }

    /// The next answer; an interim one (100) counts as one.
    pub(crate) async fn read(&mut self) -> Reply {
        loop {
            if let Some((reply, length)) = Reply::parse(&self.unread) {
                self.unread.drain(..length);
                return reply;
            }
            let read = within(self.stream.read_buf(&mut self.unread)).await;
            let read = read.expect("the connection was not reset");
            assert_ne!(
                read,
                0,
                "the connection ended within an answer: {:?}",
                String::from_utf8_lossy(&self.unread)
            );
        }
    }

    /// The next answer's head, where a body is announced but does not follow.
    pub(crate) async fn read_head(&mut self) -> Reply {
        loop {
            if let Some((reply, length)) = Reply::parse_head(&self.unread) {
                self.unread.drain(..length);
                return reply;
            }
            let read = within(self.stream.read_buf(&mut self.unread)).await;
            assert_ne!(read.expect("the connection was not reset"), 0);
        }
    }

    /// The body that a head has announced.
    pub(crate) async fn read_body(&mut self, head: &Reply) -> String {
        let length = head.header("content-length");
        let length = length.map_or(0, |length| length.parse().expect("a length"));
        while self.unread.len() < length {
            let read = within(self.stream.read_buf(&mut self.unread)).await;
            assert_ne!(read.expect("the connection was not reset"), 0);
        }
        let body = self.unread.drain(..length).collect();
        String::from_utf8(body).expect("a body in UTF-8")
    }

    /// Every answer until the server closes.
    pub(crate) async fn read_to_end(mut self) -> Vec<Reply> {
        // A reset comes after the last answer, where the client's bytes were not all read.
        let _ = within(self.stream.read_to_end(&mut self.unread)).await;
        let mut replies = Vec::new();
        while let Some((reply, length)) = Reply::parse(&self.unread) {
            self.unread.drain(..length);
            replies.push(reply);
        }
        assert!(self.unread.is_empty(), "a part of an answer");
        replies
    }

    /// Ready once the server has closed, whatever it said before.
    pub(crate) async fn ends(&mut self) {
        let _ = within(self.stream.read_to_end(&mut self.unread)).await;
    }

    /// Whether an answer has begun to arrive; does not wait for one for long.
    pub(crate) async fn has_something(&mut self) -> bool {
        let moment = Duration::from_millis(1);
        let _ = timeout(moment, self.stream.read_buf(&mut self.unread)).await;
        !self.unread.is_empty()
    }

    /// Whether the server has nothing more to say and ended the stream as it should: over TLS, with
    /// a notice.
    pub(crate) async fn is_closed_cleanly(&mut self) -> bool {
        self.unread.is_empty()
            && matches!(within(self.stream.read_buf(&mut self.unread)).await, Ok(0))
    }

    /// Whether the server has nothing more to say and has closed.
    pub(crate) async fn is_at_end(&mut self) -> bool {
        self.unread.is_empty()
            && matches!(
                within(self.stream.read_buf(&mut self.unread)).await,
                Ok(0) | Err(_)
            )
    }
}
