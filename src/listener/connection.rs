//! One connection: the TLS handshake, hyper with its bounds, the answers that hyper would give by
//! itself, and a close that does not take the last answer from the client.

use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use hyper::{body::Incoming, header::CONNECTION, server::conn::http1, service::service_fn};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    sync::watch,
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::{
    Edge, Tls,
    answer::SCIM_JSON,
    conversation,
    outflow::{Outflow, Paced},
    wire::{Progress, REQUEST_ID, Wire},
};
use crate::scim::ScimError;

/// After the last answer, how long a client may go on sending what nobody reads.
const LINGER: Duration = Duration::from_secs(2);

/// How much of what comes hyper holds of a connection, beside a request's headers. Of what goes it gets one
/// piece at a time.
const BUFFER_BYTES: usize = 64 * 1024;

/// Both ends of a connection.
#[derive(Debug, Clone)]
pub(super) struct Ends {
    /// Who has come.
    pub peer: SocketAddr,
    /// The same in words, for the record of each request.
    pub name: Arc<str>,
    /// Where it came to, as far as the operating system tells.
    pub local: Option<SocketAddr>,
}

/// Serves a connection until the client or `closing` ends it.
pub(super) async fn serve(
    edge: Arc<Edge>,
    stream: TcpStream,
    peer: SocketAddr,
    mut closing: watch::Receiver<bool>,
) {
    let ends = Ends {
        peer,
        name: peer.to_string().into(),
        local: stream.local_addr().ok(),
    };
    let Some(tls) = edge.options.tls.clone() else {
        return converse(edge, stream, ends, closing).await;
    };
    let greeted = tokio::select! {
        greeted = timeout(edge.options.limits.handshake_time, greet(&tls, stream)) => greeted,
        () = closed(&mut closing) => return,
    };
    match greeted {
        Ok(Ok(Greeting::Tls(stream))) => converse(edge, *stream, ends, closing).await,
        Ok(Ok(Greeting::Plain(stream))) => {
            tracing::info!(%peer, "plain HTTP came to the TLS port; a token in it should be replaced");
            let error = ScimError::new(
                400,
                "This port speaks TLS: use https:// in the base URL, and replace a token that was sent without it.",
            );
            let id = edge.engine.new_exchange_id().to_string();
            part(stream, Some((error, id)), true).await;
        }
        Ok(Ok(Greeting::Gone)) => {}
        Ok(Err(error)) => tracing::info!(%peer, %error, "a TLS handshake failed"),
        Err(_) => tracing::info!(%peer, "a TLS handshake took too long"),
    }
}

/// How a client begins on a TLS port.
enum Greeting {
    /// With a handshake, which is done.
    Tls(Box<TlsStream<TcpStream>>),
    /// With the words of plain HTTP.
    Plain(TcpStream),
    /// It leaves without a word, as health checks do.
    Gone,
}

async fn greet(tls: &Tls, stream: TcpStream) -> io::Result<Greeting> {
    let mut first = [0];
    if stream.peek(&mut first).await? == 0 {
        return Ok(Greeting::Gone);
    }
    // A TLS record begins with a number below the letters, a request with its method's first letter.
    if first[0].is_ascii_alphabetic() {
        return Ok(Greeting::Plain(stream));
    }
    let stream = TlsAcceptor::from(tls.current()).accept(stream).await?;
    Ok(Greeting::Tls(Box::new(stream)))
}

/// Speaks HTTP over a stream until the client or `closing` ends it.
async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    edge: Arc<Edge>,
    stream: S,
    ends: Ends,
    mut closing: watch::Receiver<bool>,
) {
    let limits = edge.options.limits;
    let left_unread = AtomicBool::new(false);
    let (progress, outflow) = (Progress::default(), Outflow::default());
    let service = service_fn(|request: hyper::Request<Incoming>| {
        let (edge, ends) = (Arc::clone(&edge), ends.clone());
        let (left_unread, progress, outflow) = (&left_unread, &progress, &outflow);
        progress.step();
        async move {
            let response = conversation::converse(edge, request, ends).await;
            if response.headers().contains_key(CONNECTION) {
                left_unread.store(true, Ordering::Relaxed);
            }
            progress.step();
            Ok::<_, Infallible>(response.map(|pieces| Paced::new(pieces, outflow.clone())))
        }
    });
    let wire = Wire::new(stream, progress.clone(), outflow.clone(), &limits);
    let mut connection = http1::Builder::new()
        // `Wire` has the times: hyper's would make a timer for each request.
        .header_read_timeout(None)
        .max_header_size(limits.header_bytes)
        .max_buf_size(limits.header_bytes.saturating_add(BUFFER_BYTES))
        // A client that has said all it will say still hears the answer.
        .half_close(true)
        // `Wire` relies on each head being written in one piece.
        .writev(false)
        .serve_connection(wire, service);
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
    let last_words = last_words(&ended, &wire).map(|error| {
        let id = edge.engine.new_exchange_id().to_string();
        let peer = ends.peer;
        tracing::info!(%peer, status = error.status, request = id, "a request was not readable");
        (error, id)
    });
    let lingers = last_words.is_some() || left_unread.load(Ordering::Relaxed);
    part(wire.into_inner(), last_words, lingers).await;
}

/// Says a last answer, where there is one, and closes; `lingers` where the client may still be
/// sending.
async fn part<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    last_words: Option<(ScimError, String)>,
    lingers: bool,
) {
    let parting = async {
        if let Some((error, id)) = last_words {
            stream.write_all(&raw_answer(&error, &id)).await?;
        }
        stream.shutdown().await?;
        if lingers {
            read_away(&mut stream).await?;
        }
        Ok::<(), io::Error>(())
    };
    // Whoever is still there after that does not wait for an answer.
    let _ = timeout(LINGER, parting).await;
}

/// Reads what is sent until nothing more comes: closing with unread bytes would reset the
/// connection, and take from the client the answer that it has not read yet.
async fn read_away(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<()> {
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
    } else if (error.is_timeout() || wire.is_late()) && wire.is_mid_request() {
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
