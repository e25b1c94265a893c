//! A server in this process, and what one asks of it.

use std::{sync::Arc, time::SystemTime};

use rolecall::{
    admin::{
        Client, ClientError, Connector, Reply, Request,
        row::{ConflictRow, NewToken, RoleRow, UserRow},
        server::{Facts, serve_in_process},
    },
    directory::{Actor, Command, Outcome, PermissionLevel, Provider, UserId},
    scim::resource::{GroupAttributes, UserAttributes},
    service::{Engine, EngineOptions},
};
use serde_json::json;

use crate::harness::{Home, chosen_store};

pub(super) fn facts() -> Arc<Facts> {
    Arc::new(Facts {
        version: "0.1.0".to_owned(),
        listen: Some("127.0.0.1:8080".to_owned()),
        tls: false,
        base_url: Some("http://127.0.0.1:8080/scim/v2".to_owned()),
        started: SystemTime::now().try_into().ok(),
        read_only: false,
    })
}

/// A server in this process, over a store.
pub(super) struct House {
    pub(super) engine: Arc<Engine>,
    pub(super) client: Client,
    /// Outlives the store in it.
    _home: Home,
}

impl House {
    /// Over a store of the kind that is asked for.
    pub(super) fn new() -> Self {
        Self::told(EngineOptions::default())
    }

    /// With an engine that is told otherwise.
    pub(super) fn told(options: EngineOptions) -> Self {
        let (store, home) = chosen_store();
        let engine = Engine::start(store, options).unwrap();
        let calls = serve_in_process(Arc::clone(&engine), facts());
        Self {
            engine,
            client: Client::new(Connector::InProcess(calls), "ann"),
            _home: home,
        }
    }

    pub(super) async fn ask(&self, request: Request) -> Reply {
        self.client.call(request).await.unwrap()
    }

    pub(super) async fn refused(&self, request: Request) -> String {
        match self.client.call(request).await {
            Err(ClientError::Refused(message)) => message,
            other => panic!("not refused: {other:?}"),
        }
    }

    pub(super) async fn token(&self) -> NewToken {
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

    pub(super) async fn add_user(&self, name: &str) -> UserRow {
        match self.ask(add_user(name)).await {
            Reply::UserDone(done) => done.row,
            other => panic!("{other:?}"),
        }
    }

    pub(super) async fn add_role(&self, name: &str) -> RoleRow {
        let display_name = name.to_owned();
        match self.ask(Request::AddRole { display_name }).await {
            Reply::RoleDone(done) => done.row,
            other => panic!("{other:?}"),
        }
    }

    /// Pushes as Okta does, with a live token.
    pub(super) async fn push(&self, token: &NewToken, command: Command) -> Outcome {
        let actor = Actor::Provider {
            provider: token.provider,
            token: token.id,
        };
        let done = self.engine.execute(actor, command, None).await;
        done.unwrap().outcome
    }

    pub(super) async fn push_user(&self, token: &NewToken, name: &str) -> UserId {
        let document = json!({ "userName": name, "externalId": format!("ext-{name}") });
        let attributes = UserAttributes::from_document(document.as_object().unwrap()).unwrap();
        match self.push(token, Command::CreateUser { attributes }).await {
            Outcome::User { user, .. } => user.id,
            other => panic!("{other:?}"),
        }
    }

    pub(super) async fn push_role(
        &self,
        token: &NewToken,
        name: &str,
        members: &[UserId],
    ) -> Outcome {
        let members: Vec<_> = members.iter().map(|id| json!({ "value": id })).collect();
        let document = json!({ "displayName": name, "members": members });
        let attributes = GroupAttributes::from_document(document.as_object().unwrap()).unwrap();
        self.push(token, Command::CreateRole { attributes }).await
    }

    pub(super) async fn conflicts(&self, all: bool) -> Vec<ConflictRow> {
        match self.ask(Request::Conflicts { all, limit: 100 }).await {
            Reply::Conflicts(rows) => rows,
            other => panic!("{other:?}"),
        }
    }
}

pub(super) fn add_user(name: &str) -> Request {
    Request::AddUser {
        user_name: name.to_owned(),
        service_account: !name.contains('@'),
        given: Some("Ann".to_owned()).filter(|_| name.contains('@')),
        family: None,
        level: PermissionLevel::User,
    }
}
