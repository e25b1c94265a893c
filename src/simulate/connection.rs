//! One keep-alive connection to the server, with Okta's headers and Okta's patience.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{
    Method, Request, StatusCode, body::Incoming, client::conn::http1::SendRequest, header,
};
use serde_json::Value;

use super::{SimulateError, Target};

/// Okta's socket timeout.
const TIMEOUT: Duration = Duration::from_secs(60);
/// The longest answer that is read, in bytes.
const ANSWER_BYTES: usize = 64 * 1024 * 1024;
/// How often a request that is answered 429 or 503 is sent again.
const RETRIES: u32 = 5;
/// The longest wait that a `Retry-After` is granted.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body; `null` for none.
    pub body: Value,
}

/// A keep-alive connection that remembers how long each request took.
pub struct Connection {
    target: Target,
    sender: Option<SendRequest<Full<Bytes>>>,
    /// How long each request took, in microseconds, since it was last taken.
    pub(super) micros: Vec<u32>,
}

impl Connection {
    /// A connection that is made when it is first needed.
    pub fn new(target: Target) -> Self {
        Self {
            target,
            sender: None,
            micros: Vec::new(),
        }
    }

    /// Sends a request and reads its answer; waits and sends again where the server asks for it.
    ///
    /// # Errors
    /// Where there is no answer, one that is not JSON, or an error status.
    pub async fn request(
        &mut self,
        method: Method,
        target: &str,
        body: Option<&Value>,
    ) -> Result<Answer, SimulateError> {
        let body = body.map(|body| Bytes::from(body.to_string()));
        let mut tries = 0;
        loop {
            let (status, wait, bytes) = self.exchange(&method, target, body.clone()).await?;
            let again = matches!(
                status,
                StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
            );
            if again && tries < RETRIES {
                tries += 1;
                tokio::time::sleep(wait).await;
                continue;
            }
            return answer(&method, target, status, &bytes);
        }
    }

    /// One request, one answer: status, how long to wait before another try, body.
    pub(super) async fn exchange(
        &mut self,
        method: &Method,
        target: &str,
        body: Option<Bytes>,
    ) -> Result<(StatusCode, Duration, Bytes), SimulateError> {
        let lost = |what: String| {
            SimulateError::Connection(format!("{method} {target} had no answer: {what}"))
        };
        let started = Instant::now();
        let response = tokio::time::timeout(TIMEOUT, async {
            let fresh = self.sender.as_ref().is_none_or(SendRequest::is_closed);
            match self.send(method, target, body.clone()).await {
                // The server may close an idle connection at any time; a new one settles it.
                Err(_) if !fresh => {
                    self.sender = None;
                    self.send(method, target, body).await
                }
                answer => answer,
            }
        })
        .await
        .map_err(|_| lost(format!("none within {} s", TIMEOUT.as_secs())))?
        .map_err(&lost)?;
        let status = response.status();
        let wait = response
            .headers()
            .get(header::RETRY_AFTER)
            .and_then(|value| value.to_str().ok()?.parse().ok())
            .map_or(Duration::from_millis(200), Duration::from_secs)
            .min(LONGEST_WAIT);
        let whole = Limited::new(response.into_body(), ANSWER_BYTES).collect();
        let bytes = tokio::time::timeout(TIMEOUT, whole)
            .await
            .map_err(|_| lost("its body did not end".to_owned()))?
            .map_err(|error| lost(error.to_string()))?
            .to_bytes();
        self.micros
            .push(u32::try_from(started.elapsed().as_micros()).unwrap_or(u32::MAX));
        Ok((status, wait, bytes))
    }

    async fn send(
        &mut self,
        method: &Method,
        target: &str,
        body: Option<Bytes>,
    ) -> Result<hyper::Response<Incoming>, String> {
        let sender = self.sender().await?;
        sender.ready().await.map_err(|error| error.to_string())?;
        let request = self.message(method, target, body)?;
        let Some(sender) = &mut self.sender else {
            return Err("the connection is gone".to_owned());
        };
        sender
            .send_request(request)
            .await
            .map_err(|error| error.to_string())
    }

    fn message(
        &self,
        method: &Method,
        target: &str,
        body: Option<Bytes>,
    ) -> Result<Request<Full<Bytes>>, String> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{target}", self.target.path))
            .header(header::HOST, &self.target.authority)
            .header(header::ACCEPT, "application/scim+json")
            .header(header::ACCEPT_CHARSET, "utf-8")
            .header(header::USER_AGENT, "Okta SCIM Client 1.0.0")
            .header(
                header::AUTHORIZATION,
                format!("Bearer {}", self.target.token.expose()),
            );
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/scim+json; charset=utf-8");
        }
        request
            .body(Full::new(body.unwrap_or_default()))
            .map_err(|error| error.to_string())
    }

    /// The connection, made anew where there is none.
    async fn sender(&mut self) -> Result<&mut SendRequest<Full<Bytes>>, String> {
        if self.sender.as_ref().is_none_or(SendRequest::is_closed) {
            self.sender = Some(self.target.connect().await?);
        }
        self.sender
            .as_mut()
            .ok_or_else(|| "there is no connection".to_owned())
    }
}

/// Judges an answer as Okta does: an error status, or a body that is no JSON, is a failure.
fn answer(
    method: &Method,
    target: &str,
    status: StatusCode,
    bytes: &[u8],
) -> Result<Answer, SimulateError> {
    let failure = |detail: String| SimulateError::Answer {
        request: format!("{method} {target}"),
        status: status.as_u16(),
        detail,
    };
    let body = if bytes.is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(bytes).map_err(|_| failure("the body is not JSON".to_owned()))?
    };
    if !status.is_success() {
        let detail = body.get("detail").and_then(Value::as_str);
        return Err(failure(
            detail.unwrap_or("the answer has no detail").to_owned(),
        ));
    }
    Ok(Answer {
        status: status.as_u16(),
        body,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_judged_as_okta_does() {
        let judge = |status: u16, body: &str| {
            let status = StatusCode::from_u16(status).expect("a status");
            answer(&Method::GET, "/Users", status, body.as_bytes())
                .map_err(|error| error.to_string())
        };
        assert_eq!(judge(204, "").map(|answer| answer.body), Ok(Value::Null));
        assert_eq!(
            judge(409, r#"{"detail":"taken"}"#),
            Err("GET /Users answered 409: taken".to_owned())
        );
        assert_eq!(
            judge(200, "<html>"),
            Err("GET /Users answered 200: the body is not JSON".to_owned())
        );
    }
}
