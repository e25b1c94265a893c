//! One command's way to ask and to print.

use super::{
    arguments::DryRun,
    connect::{Connection, unexpected},
    output::Output,
};
use crate::admin::{ClientError, Follower, Reply, Request, row::Page};

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

    /// Every row of a list that is answered in pages. `ask` makes the question for the page that begins
    /// after so many rows, `page` takes the page out of the answer.
    pub(super) async fn every_row<Row>(
        &self,
        ask: impl Fn(u64) -> Request,
        page: impl Fn(Reply) -> Option<Page<Row>>,
    ) -> anyhow::Result<Vec<Row>> {
        let mut rows = Vec::new();
        loop {
            let reply = self.ask(ask(rows.len() as u64)).await?;
            let Page {
                rows: more, total, ..
            } = page(reply).ok_or_else(unexpected)?;
            let is_last = more.is_empty() || (rows.len() + more.len()) as u64 >= total;
            rows.extend(more);
            if is_last {
                return Ok(rows);
            }
        }
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
