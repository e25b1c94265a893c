//! One command's way to ask and to print.

use super::{arguments::DryRun, connect::Connection, output::Output};
use crate::admin::{ClientError, Follower, Reply, Request};

/// Where a command asks and prints.
pub(super) struct Session {
    /// Asks.
    pub(super) connection: Connection,
    /// Prints.
    pub(super) output: Output,
}

impl Session {
    /// Asks, and waits for the answer.
    pub(super) async fn ask(&self, request: Request) -> Result<Reply, ClientError> {
        self.connection.client.call(request).await
    }

    /// Acts, or with a dry run asks what the act would do.
    pub(super) async fn act(
        &self,
        request: Request,
        dry_run: DryRun,
    ) -> Result<Reply, ClientError> {
        if dry_run.dry_run {
            self.connection.client.preview(request).await
        } else {
            self.connection.client.call(request).await
        }
    }

    /// Asks for answers without end.
    pub(super) async fn follow(&self, request: Request) -> Result<Follower, ClientError> {
        self.connection.client.follow(request).await
    }
}
