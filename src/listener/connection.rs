//! One connection: hyper with its bounds, the answers that hyper would give by itself, and a close
//! that does not take the last answer from the client.

use std::{
    convert::Infallible,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use hyper::{body::Incoming, header::CONNECTION, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioTimer;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::watch,
    time::timeout,
};

use super::{
    Edge,
    answer::SCIM_JSON,
    conversation,
    wire::{REQUEST_ID, Wire},
};
use crate::scim::ScimError;

/// After the last answer, how long a client may go on sending what nobody reads.
const LINGER: Duration = Duration::from_secs(2);

/// Serves a connection until the client or `closing` ends it.
pub(super) async fn serve(
    edge: Arc<Edge>,
    stream: TcpStream,
    peer: SocketAddr,
    mut closing: watch::Receiver<bool>,
) {
    let limits = edge.options.limits;
    let local = stream.local_addr().ok();
    let left_unread = AtomicBool::new(false);
    let service = service_fn(|request: hyper::Request<Incoming>| {
        let edge = Arc::clone(&edge);
        let left_unread = &left_unread;
        async move {
            let response = conversation::converse(edge, request, peer, local).await;
            if response.headers().contains_key(CONNECTION) {
                left_unread.store(true, Ordering::Relaxed);
            }
            Ok::<_, Infallible>(response)
        }
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_time)
        .max_header_size(limits.header_bytes)
        // `Wire` relies on each head being written in one piece.
        .writev(false)
        .serve_connection(Wire::new(stream, limits.body_time), service);
    let ended = tokio::select! {
        ended = &mut connection => Some(ended),
        () = closed(&mut closing) => None,
    };
    let ended = if let Some(ended) = ended {
        ended
    } else {
        Pin::new(&mut connection).graceful_shutdown();
        (&mut connection).await
    };
    let wire = connection.into_parts().io;
    let last_words = last_words(&ended, &wire);
    let mut stream = wire.into_inner();
    let id = edge.engine.new_exchange_id().to_string();
    if let Some(error) = &last_words {
        tracing::info!(%peer, status = error.status, request = id, "a request was not readable");
    }
    let lingers = last_words.is_some() || left_unread.load(Ordering::Relaxed);
    let ending = async {
        if let Some(error) = last_words {
            stream.write_all(&raw_answer(&error, &id)).await?;
        }
        stream.shutdown().await?;
        if lingers {
            read_away(&mut stream).await?;
        }
        Ok::<(), std::io::Error>(())
    };
    // Whoever is still there after that does not wait for an answer.
    let _ = timeout(LINGER, ending).await;
}

/// Reads what is sent until nothing more comes: closing with unread bytes would reset the
/// connection, and take from the client the answer that it has not read yet.
async fn read_away(stream: &mut TcpStream) -> std::io::Result<()> {
    let mut unread = vec![0; 8 * 1024];
    while stream.read(&mut unread).await? > 0 {}
    Ok(())
}

/// Ready once the listener shuts down.
async fn closed(closing: &mut watch::Receiver<bool>) {
    // An error means that the listener is gone, which is the same.
    let _ = closing.wait_for(|closing| *closing).await;
}

/// What hyper could not say as SCIM JSON, or did not say at all.
fn last_words<S>(ended: &hyper::Result<()>, wire: &Wire<S>) -> Option<ScimError> {
    if let Some(status) = wire.swallowed() {
        return Some(match status {
            431 => ScimError::new(
                431,
                "The request's headers are too large or too many; send fewer or shorter ones.",
            ),
            414 => super::answer::target_too_long(),
            _ => malformed(),
        });
    }
    let error = ended.as_ref().err()?;
    if error.is_parse() {
        Some(malformed())
    } else if error.is_timeout() && wire.is_mid_request() {
        Some(ScimError::new(
            408,
            "The request's headers did not arrive in time; send the request again.",
        ))
    } else {
        None
    }
}

fn malformed() -> ScimError {
    ScimError::new(
        400,
        "The request is not well-formed HTTP/1.1; check its request line and headers.",
    )
}

fn raw_answer(error: &ScimError, id: &str) -> Vec<u8> {
    let reason = hyper::StatusCode::from_u16(error.status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .unwrap_or("Error");
    let body = error.to_json().to_string();
    format!(
        "HTTP/1.1 {} {reason}\r\ncontent-type: {SCIM_JSON}\r\ncontent-length: {}\r\nconnection: close\r\n\
         {REQUEST_ID}: {id}\r\n\r\n{body}",
        error.status,
        body.len(),
    )
    .into_bytes()
}
