//! HTTP Archive 1.2 (<http://www.softwareishard.com/blog/har-12-spec/>).

use serde_json::{Value, json};

use crate::service::exchange::Exchange;

/// What stands before the first entry.
pub(super) const OPENING: &str = concat!(
    "{\"log\":{\"version\":\"1.2\",\"creator\":{\"name\":\"rolecall\",\"version\":\"",
    env!("CARGO_PKG_VERSION"),
    "\"},\"entries\":["
);

/// What stands after the last one.
pub(super) const CLOSING: &str = "\n]}}\n";

/// One exchange. What the format has no member for begins with `_`, as it asks.
pub(super) fn entry(exchange: &Exchange) -> Value {
    let line = &exchange.line;
    // Milliseconds, with their fraction: exact for any time that an answer takes.
    #[expect(clippy::cast_precision_loss, reason = "micros stay far below 2^52")]
    let time = line.micros as f64 / 1_000.0;
    let mut request = json!({
        "method": line.method,
        "url": url(exchange),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": headers(&exchange.request_headers),
        "queryString": query(&line.target),
        "headersSize": -1,
        "bodySize": exchange.request_body.bytes,
    });
    if exchange.request_body.bytes > 0 {
        request["postData"] = json!({
            "mimeType": header(&exchange.request_headers, "content-type"),
            "text": exchange.request_body.text,
        });
    }
    let mut entry = json!({
        "startedDateTime": line.at.to_string(),
        "time": time,
        "request": request,
        "response": {
            "status": line.status,
            "statusText": "",
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": headers(&exchange.response_headers),
            "content": {
                "size": exchange.response_body.bytes,
                "mimeType": header(&exchange.response_headers, "content-type"),
                "text": exchange.response_body.text,
            },
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": exchange.response_body.bytes,
        },
        "cache": {},
        "timings": { "send": 0, "wait": time, "receive": 0 },
        "comment": line.summary,
        "_id": line.id,
        "_provider": line.provider,
        "_cut": exchange.request_body.cut,
    });
    if let Some(node) = &line.node {
        entry["_node"] = node.as_str().into();
    }
    entry
}

fn url(exchange: &Exchange) -> String {
    let host = header(&exchange.request_headers, "host");
    let host = if host.is_empty() { "localhost" } else { host };
    format!("http://{host}{}", exchange.line.target)
}

fn header<'a>(headers: &'a [(String, String)], name: &str) -> &'a str {
    let found = headers
        .iter()
        .find(|(given, _)| given.eq_ignore_ascii_case(name));
    found.map_or("", |(_, value)| value)
}

fn headers(headers: &[(String, String)]) -> Vec<Value> {
    let rows = headers.iter();
    rows.map(|(name, value)| json!({ "name": name, "value": value }))
        .collect()
}

/// As sent: percent signs stay.
fn query(target: &str) -> Vec<Value> {
    let Some((_, query)) = target.split_once('?') else {
        return Vec::new();
    };
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            json!({ "name": name, "value": value })
        })
        .collect()
}
