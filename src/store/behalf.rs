//! On behalf of which exchange something is done, so that the log can say it: a task, a thread that may
//! block and the writer each carry its id along.

use std::{fmt, future::Future};

use crate::directory::ExchangeId;

tokio::task_local! {
    static EXCHANGE: ExchangeId;
}

/// The exchange on whose behalf this thread works now, if on one's.
pub fn current() -> Option<ExchangeId> {
    EXCHANGE.try_with(|exchange| *exchange).ok()
}

/// A task's work on behalf of an exchange.
pub fn task<F: Future>(exchange: ExchangeId, work: F) -> impl Future<Output = F::Output> {
    EXCHANGE.scope(exchange, work)
}

/// Work that does not wait, on behalf of an exchange; on nobody's in particular without one.
pub fn work<T>(exchange: Option<ExchangeId>, work: impl FnOnce() -> T) -> T {
    match exchange {
        Some(exchange) => EXCHANGE.sync_scope(exchange, work),
        None => work(),
    }
}

/// Several exchanges, as the log names them.
pub struct Several<I>(pub I);

impl<I: Iterator<Item = ExchangeId> + Clone> fmt::Display for Several<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, exchange) in self.0.clone().enumerate() {
            let between = if place == 0 { "" } else { " " };
            write!(f, "{between}{exchange}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u128) -> ExchangeId {
        ExchangeId(uuid::Uuid::from_u128(number))
    }

    #[tokio::test]
    async fn work_knows_on_whose_behalf_it_is_done() {
        assert_eq!(current(), None);
        let (first, second) = (id(1), id(2));
        let inner = task(first, async {
            tokio::task::yield_now().await;
            let blocking = current();
            let carried = tokio::task::spawn_blocking(move || work(blocking, current)).await;
            (
                current(),
                carried.expect("done"),
                work(Some(second), current),
            )
        });
        let (own, carried, other) = inner.await;
        assert_eq!((own, carried), (Some(first), Some(first)));
        assert_eq!((other, current()), (Some(second), None));
        let both = Several([first, second].into_iter()).to_string();
        assert_eq!(both, format!("{first} {second}"));
    }
}
