//! Work that is done to its end whatever becomes of who waits for it.

use std::{
    any::Any,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
};

use tokio::runtime::Handle;

/// The work on one request. It runs where it is awaited, without the cost of a task of its own; where
/// the waiting ends before it, since the client hung up, it goes on as a task. A panic in it ends it
/// and nothing else.
pub(super) struct Work<T: Send + 'static>(Option<Pin<Box<dyn Future<Output = T> + Send>>>);

/// What a panic said.
#[derive(Debug)]
pub(super) struct Panicked(pub(super) String);

impl<T: Send + 'static> Work<T> {
    pub(super) fn new(work: impl Future<Output = T> + Send + 'static) -> Self {
        Self(Some(Box::pin(work)))
    }
}

impl<T: Send + 'static> Future for Work<T> {
    type Output = Result<T, Panicked>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(work) = &mut self.0 else {
            return Poll::Ready(Err(Panicked("it was over already".to_owned())));
        };
        // What the work shares is guarded by locks that outlive a panic.
        let polled = catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context)));
        let done = match polled {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(done)) => Ok(done),
            Err(panic) => Err(Panicked(words(&*panic))),
        };
        self.0 = None;
        Poll::Ready(done)
    }
}

impl<T: Send + 'static> Drop for Work<T> {
    fn drop(&mut self) {
        if let (Some(work), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            runtime.spawn(work);
        }
    }
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without words").to_owned()
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn it_ends_with_what_it_gives_or_with_its_panic() {
        assert_eq!(Work::new(async { 7 }).await.expect("no panic"), 7);
        let failed = Work::new(async { panic!("no {}", "luck") }).await;
        assert_eq!(
            failed.map_err(|panic| panic.0),
            Err::<(), _>("no luck".to_owned())
        );
    }

    #[tokio::test]
    async fn it_goes_on_when_nobody_waits_any_more() {
        let (go, gone) = oneshot::channel::<()>();
        let (tell, told) = oneshot::channel();
        let mut work = Work::new(async move {
            let _ = gone.await;
            let _ = tell.send("done");
        });
        let started =
            std::future::poll_fn(|context| Poll::Ready(Pin::new(&mut work).poll(context)));
        assert!(started.await.is_pending());
        drop(work);
        go.send(()).expect("it waits");
        assert_eq!(told.await, Ok("done"));
    }
}
