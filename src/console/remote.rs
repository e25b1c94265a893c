//! The server's side of the console: asks what the model wants asked, and follows what comes.

mod follow;
mod seen;

use std::time::Duration;

use tokio::sync::mpsc;

pub use self::seen::SeenRequests;
use super::{
    export::{self, Document, Export},
    message::{Ask, Effect, Failure, Message},
};
use crate::admin::{Client, ClientError, Reply};

/// The pause before following begins anew that has panicked.
const AFTER_PANIC: Duration = Duration::from_secs(1);

/// Asks the server on the console's own runtime; answers come as messages.
#[derive(Debug, Clone)]
pub struct Remote {
    client: Client,
    inbox: mpsc::Sender<Message>,
}

impl Remote {
    /// Asks through `client`; answers go to `inbox`.
    pub fn new(client: Client, inbox: mpsc::Sender<Message>) -> Self {
        Self { client, inbox }
    }

    /// Asks one thing; does nothing for an effect that is not a question.
    pub fn ask(&self, effect: Effect) {
        let Effect::Ask {
            ask,
            request,
            dry_run,
        } = effect
        else {
            return;
        };
        let this = self.clone();
        tokio::spawn(async move {
            let result = if dry_run {
                this.client.preview(request).await
            } else {
                this.client.call(request).await
            };
            this.send(ask, result).await;
        });
    }

    /// Writes requests to a file; tells the form with this number.
    pub fn export(&self, serial: u64, export: Export) {
        let this = self.clone();
        tokio::spawn(async move {
            let result = export::export(&this.client, export).await;
            let _ = this.inbox.send(Message::Exported(serial, result)).await;
        });
    }

    /// Writes a text to a file; tells the form with this number.
    pub fn save(&self, serial: u64, document: Document) {
        let this = self.clone();
        tokio::spawn(async move {
            let result = export::save(document).await;
            let _ = this.inbox.send(Message::Exported(serial, result)).await;
        });
    }

    async fn send(&self, ask: Ask, result: Result<Reply, ClientError>) {
        let result = result.map(Box::new).map_err(Failure::from);
        let _ = self.inbox.send(Message::Answered(ask, result)).await;
    }

    /// Tells the console.
    ///
    /// # Errors
    /// When it has ended.
    async fn tell(&self, message: Message) -> Result<(), ClientError> {
        let told = self.inbox.send(message).await;
        told.map_err(|_| ClientError::Lost("the console has ended".to_owned()))
    }

    /// Follows requests and changes until the console ends; tells when the server comes and goes.
    pub fn follow(&self) {
        let this = self.clone();
        tokio::spawn(async move {
            loop {
                let remote = this.clone();
                let following = tokio::spawn(async move { follow::keep_following(&remote).await });
                if following.await.is_ok() {
                    return;
                }
                // It panicked, and begins anew: a console must not go on with what is old unsaid.
                let failed = Message::Disconnected("following the server failed".to_owned());
                if this.tell(failed).await.is_err() {
                    return;
                }
                tokio::time::sleep(AFTER_PANIC).await;
            }
        });
    }
}
