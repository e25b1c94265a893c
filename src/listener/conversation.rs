//! One request and its answer: bounds, admission, routing, the answer, the record.

use std::{
    borrow::Cow,
    net::{IpAddr, SocketAddr},
    sync::{Arc, OnceLock},
    time::Instant,
};

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::{
    HeaderMap, Method, Request, Response, Version,
    body::{Body as _, Incoming},
    header::{
        CONTENT_ENCODING, CONTENT_TYPE, HOST, HeaderName, IF_MATCH, IF_NONE_MATCH,
        TRANSFER_ENCODING,
    },
    http::request::Parts,
};
use jiff::Timestamp;
use tokio::time::timeout;

use super::{
    Edge,
    admission::{admit, authorization, shut_out},
    answer::{self, Answer, Refused},
    body::Pieces,
    bulk,
    call::{Asked, Asking},
    condition,
    connection::Ends,
    discovery, groups, list,
    route::{BASE_PATH, Route},
    users,
    work::{Panicked, Work},
};
use crate::{
    directory::{ExchangeId, Provider},
    scim::{ResourceType, ScimError},
    service::{
        Caller,
        exchange::{ANSWER_BYTES, Body, Exchange, ExchangeLine, REQUEST_BYTES},
        redact,
    },
    store::behalf,
};

/// The longest recorded target, in bytes.
const TARGET_BYTES: usize = 2048;

/// The longest `Host` header that is believed, in bytes.
const HOST_BYTES: usize = 255;

/// A request as it arrived, for the record.
struct Arrival {
    id: ExchangeId,
    at: Timestamp,
    started: Instant,
    head: Parts,
    ends: Ends,
    /// Whose request it is: the peer's, or of whom a proxy tells.
    client: IpAddr,
    has_body: bool,
    /// Who it was, once that is known.
    caller: OnceLock<Caller>,
    /// The body, once it was read to its end.
    body: OnceLock<Bytes>,
}

/// Answers a request. A panic in the work becomes an answer, and a client that hangs up takes neither
/// the rest of the work nor its record away.
pub(super) async fn converse(
    edge: Arc<Edge>,
    request: Request<Incoming>,
    ends: Ends,
) -> Response<Pieces> {
    let client = edge.options.proxies.client(ends.peer, request.headers());
    if let Some(wait) = edge
        .guard
        .shut_out(client, authorization(request.headers()))
    {
        return shut_out(&edge, &request, wait);
    }
    let (head, body) = request.into_parts();
    let arrival = Arc::new(Arrival {
        id: edge.engine.new_exchange_id(),
        at: edge.engine.now(),
        started: Instant::now(),
        head,
        ends,
        client,
        has_body: !body.is_end_stream(),
        caller: OnceLock::new(),
        body: OnceLock::new(),
    });
    let work = {
        let (edge, arrival) = (Arc::clone(&edge), Arc::clone(&arrival));
        Work::new(behalf::task(arrival.id, async move {
            let answer = respond(&edge, &arrival, body).await;
            finish(&edge, &arrival, answer.unwrap_or_else(Refused::into_answer))
        }))
    };
    match work.await {
        Ok(response) => response,
        Err(Panicked(words)) => {
            tracing::error!(request = %arrival.id, error = words, "answering a request failed");
            let error = ScimError::new(
                500,
                format!(
                    "Something went wrong inside rolecall; its log says more under request {}.",
                    arrival.id
                ),
            );
            finish(&edge, &arrival, error.into())
        }
    }
}

impl Arrival {
    /// Path and query, or all of the target where that is more, for the record.
    fn target(&self) -> String {
        let uri = &self.head.uri;
        match uri.path_and_query() {
            Some(all) if uri.authority().is_none() => {
                redact::redact_target(all.as_str(), TARGET_BYTES)
            }
            _ => redact::redact_target(&uri.to_string(), TARGET_BYTES),
        }
    }

    /// From where the request came, for the record.
    fn from(&self) -> Cow<'_, str> {
        let Ends { peer, name, .. } = &self.ends;
        if self.client == peer.ip().to_canonical() {
            (&**name).into()
        } else {
            format!("{} through {name}", self.client).into()
        }
    }
}

async fn respond(edge: &Arc<Edge>, arrival: &Arrival, body: Incoming) -> Result<Answer, Refused> {
    let head = &arrival.head;
    let admitted = admit(edge, &head.headers, arrival.client)?;
    let caller = arrival.caller.get_or_init(|| admitted.caller).clone();
    admitted.pace?;
    check_host(head.version, &head.headers)?;
    let limits = &edge.options.limits;
    let target = head
        .uri
        .path_and_query()
        .map_or(0, |all| all.as_str().len());
    if target > limits.uri_bytes {
        return Err(answer::target_too_long().into());
    }
    let route = Route::parse(head.uri.path())?;
    if !route.allows(&head.method) {
        return Err(not_allowed(&route, &head.method).into());
    }
    let mut asked = Asked {
        query: head.uri.query().unwrap_or_default().to_owned(),
        if_match: condition::parse(&head.headers, IF_MATCH),
        if_none_match: condition::parse(&head.headers, IF_NONE_MATCH),
        ..Asked::default()
    };
    let writes = [Method::POST, Method::PUT, Method::PATCH].contains(&head.method);
    if writes && route != Route::Me {
        check_media_type(&head.headers)?;
        let most = match route {
            Route::Bulk => limits.bulk_bytes,
            _ => limits.body_bytes,
        };
        let bytes = timeout(limits.body_time, read_body(body, most))
            .await
            .map_err(|_| {
                ScimError::new(
                    408,
                    "The request's body did not arrive in time; send the request again.",
                )
            })??;
        asked.read_body(arrival.body.get_or_init(|| bytes), limits.json_depth)?;
    }
    let asking = Asking {
        edge: Arc::clone(edge),
        caller,
        exchange: arrival.id,
        base_url: base_url(edge, &head.headers, arrival.ends.local),
    };
    dispatch(&asking, &head.method, &route, asked).await
}

async fn dispatch(
    asking: &Asking,
    method: &Method,
    route: &Route,
    asked: Asked,
) -> Result<Answer, Refused> {
    match route {
        Route::Resources(ResourceType::User) => users::collection(asking, method, asked).await,
        Route::Resource(ResourceType::User, id) => users::single(asking, method, id, asked).await,
        Route::Resources(ResourceType::Group) => groups::collection(asking, method, asked).await,
        // Boxed, as bulk is, for every request's work takes as much room as the largest that stands in it.
        Route::Resource(ResourceType::Group, id) => {
            Box::pin(groups::single(asking, method, id, asked)).await
        }
        Route::Search(resource) => list::search(asking, *resource, &asked).await,
        Route::Bulk => Box::pin(bulk::answer(asking, &asked)).await,
        Route::Me => Err(ScimError::new(
            501,
            "A token belongs to a provider, not to a user, so that there is no /Me; use /Users.",
        )
        .into()),
        Route::ServiceProviderConfig | Route::ResourceTypes(_) | Route::Schemas(_) => {
            discovery::answer(asking, route, &asked)
        }
    }
}

fn not_allowed(route: &Route, method: &Method) -> Answer {
    let allowed = route.allowed();
    let detail = format!(
        "The method {} is not known at this endpoint; it knows {allowed}.",
        super::route::shortened(method.as_str())
    );
    Answer {
        allow: Some(allowed),
        ..ScimError::new(405, detail).into()
    }
}

/// A request names its host once (RFC 9112 §3.2): of two, something before us may have gone by the
/// other.
fn check_host(version: Version, headers: &HeaderMap) -> Result<(), ScimError> {
    match headers.get_all(HOST).iter().count() {
        1 => Ok(()),
        0 if version < Version::HTTP_11 => Ok(()),
        _ => Err(ScimError::new(
            400,
            "The request does not name its host once; send one Host header.",
        )),
    }
}

/// Bodies are JSON as it is; a body without a type is taken for that.
fn check_media_type(headers: &HeaderMap) -> Result<(), ScimError> {
    let named = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if let Some(encoding) = named(CONTENT_ENCODING)
        && !encoding.trim().eq_ignore_ascii_case("identity")
    {
        return Err(ScimError::new(
            415,
            "Compressed bodies are not accepted; send the body without Content-Encoding.",
        ));
    }
    let Some(given) = named(CONTENT_TYPE) else {
        return Ok(());
    };
    let essence = given.split(';').next().unwrap_or_default().trim();
    let accepted = [answer::SCIM_JSON, "application/json"];
    if accepted
        .iter()
        .any(|accepted| essence.eq_ignore_ascii_case(accepted))
    {
        return Ok(());
    }
    Err(ScimError::new(
        415,
        format!(
            "The media type {:?} is not accepted; send application/scim+json or application/json.",
            super::route::shortened(essence)
        ),
    ))
}

/// Reads a body of at most `most` bytes. One that says it is longer is not read at all.
async fn read_body(mut body: Incoming, most: usize) -> Result<Bytes, ScimError> {
    let too_large = || {
        ScimError::new(
            413,
            format!(
                "The body is larger than the {most} bytes that are accepted; send less at once."
            ),
        )
    };
    let announced = body.size_hint().exact();
    if announced.is_some_and(|announced| announced > most as u64) {
        return Err(too_large());
    }
    let mut read = Vec::with_capacity(
        announced.map_or(0, |bytes| usize::try_from(bytes).unwrap_or(most).min(most)),
    );
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| {
            ScimError::new(
                400,
                "The body ended early or is not well-formed; send the request again.",
            )
        })?;
        if let Ok(data) = frame.into_data() {
            if read.len() + data.len() > most {
                return Err(too_large());
            }
            read.extend_from_slice(&data);
        }
    }
    Ok(read.into())
}

/// What locations begin with: as set up, or as the client came here.
fn base_url(edge: &Edge, headers: &HeaderMap, local: Option<SocketAddr>) -> Arc<str> {
    if let Some(base_url) = &edge.base_url {
        return Arc::clone(base_url);
    }
    let host = headers
        .get(HOST)
        .and_then(|host| host.to_str().ok())
        .filter(|host| is_host(host));
    let scheme = edge.scheme();
    match (host, local) {
        (Some(host), _) => [scheme, "://", host, BASE_PATH].concat().into(),
        (None, local) => {
            let address = local.unwrap_or(edge.address);
            format!("{scheme}://{address}{BASE_PATH}").into()
        }
    }
}

/// Whether a `Host` header may be put into a URL.
fn is_host(host: &str) -> bool {
    !host.is_empty()
        && host.len() <= HOST_BYTES
        && host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte))
}

/// Records the exchange and makes the answer ready to be sent.
fn finish(edge: &Edge, arrival: &Arrival, mut answer: Answer) -> Response<Pieces> {
    let body = arrival.body.get();
    // A chunked request may have had a `Content-Length`, too, which hyper leaves out, and by which
    // something before us may see its end elsewhere: what follows on the connection is not trusted
    // (RFC 9112 §6.1).
    answer.closes = arrival.head.headers.contains_key(TRANSFER_ENCODING)
        || (arrival.has_body && body.is_none());
    let told = std::mem::take(&mut answer.told);
    let sent = answer.into_sent(arrival.id.to_string());
    let caller = arrival.caller.get();
    let line = ExchangeLine {
        id: arrival.id,
        at: arrival.at,
        provider: caller.map(|caller| caller.provider),
        method: masked(arrival.head.method.to_string()),
        target: arrival.target(),
        status: sent.status,
        micros: u64::try_from(arrival.started.elapsed().as_micros()).unwrap_or(u64::MAX),
        summary: masked(told.summary),
        effect: told.effect,
        users: told.users.into_iter().map(masked).collect(),
        roles: told.roles.into_iter().map(masked).collect(),
        journal: told.journal,
        conflict: told.conflict,
        node: edge.engine.node().map(str::to_owned),
    };
    if edge.options.log_requests {
        behalf::work(Some(line.id), || log(&line));
    }
    let request_body = redact::redact_body(body.map_or(&[], |body| body));
    let asked = arrival.head.headers.iter();
    let text = sent.text.beginning(Body::looked_at(ANSWER_BYTES));
    let answered = sent.headers.iter();
    let exchange = Exchange {
        line,
        token: caller.map(|caller| caller.token_name.as_str().into()),
        peer: arrival.from(),
        request_headers: redact::redact_headers(
            asked.map(|(name, value)| (name.as_str(), value.as_bytes())),
        ),
        request_body: Body::record(&request_body, REQUEST_BYTES),
        response_headers: answered
            .map(|(name, value)| (name.as_str().into(), (&**value).into()))
            .collect(),
        response_body: Body::begin(&text, sent.text.bytes(), ANSWER_BYTES),
    };
    match exchange.kept() {
        Ok(kept) => edge.engine.record(kept),
        Err(error) => tracing::error!(%error, "an exchange cannot be recorded"),
    }
    sent.into()
}

/// A line of the log for a request, which the log names by its id.
fn log(line: &ExchangeLine) {
    let (method, path, summary) = (&*line.method, &*line.target, &*line.summary);
    let provider = line.provider.map_or("none", Provider::as_str);
    let (status, micros) = (line.status, line.micros);
    tracing::info!(provider, method, path, status, micros, summary, "a request");
}

fn masked(text: String) -> String {
    match redact::mask_tokens(&text) {
        Cow::Owned(masked) => masked,
        Cow::Borrowed(_) => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_believed_only_where_it_is_one() {
        for (host, believed) in [
            ("scim.example.com", true),
            ("scim.example.com:8443", true),
            ("[::1]:8080", true),
            ("", false),
            ("evil\"host", false),
            ("a/b", false),
            ("a@b", false),
        ] {
            assert_eq!(is_host(host), believed, "{host}");
        }
        assert!(!is_host(&"a".repeat(256)));
    }

    #[test]
    fn media_types() {
        for (given, accepted) in [
            (None, true),
            (Some("application/scim+json"), true),
            (Some("application/scim+json; charset=utf-8"), true),
            (Some("Application/JSON"), true),
            (Some("text/plain"), false),
            (Some("application/x-www-form-urlencoded"), false),
            (Some(""), false),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(given) = given {
                headers.insert(CONTENT_TYPE, given.parse().expect("a header"));
            }
            assert_eq!(check_media_type(&headers).is_ok(), accepted, "{given:?}");
        }
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_ENCODING, "gzip".parse().expect("a header"));
        assert!(check_media_type(&headers).is_err());
    }
}
