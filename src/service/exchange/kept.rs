//! An exchange as the record and the store keep it.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Serialize, Serializer, ser::Error as _};

use super::{Body, Effect, Exchange, ExchangeLine};
use crate::directory::{ConflictId, ExchangeId, Provider};

/// An exchange but for its bodies.
#[derive(Serialize)]
struct Head<'a, Text> {
    id: &'a ExchangeId,
    at: &'a Timestamp,
    provider: &'a Option<Provider>,
    method: &'a str,
    target: &'a str,
    status: u16,
    micros: u64,
    summary: &'a str,
    effect: Counts<'a>,
    users: &'a [String],
    roles: &'a [String],
    journal: &'a [u64],
    conflict: &'a Option<ConflictId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: &'a Option<String>,
    token: &'a Option<Text>,
    peer: &'a Text,
    request_headers: &'a [(Text, Text)],
    response_headers: &'a [(Text, Text)],
}

impl<'a, Text> Head<'a, Text> {
    fn of(exchange: &'a Exchange<Text>) -> Self {
        let ExchangeLine {
            id,
            at,
            provider,
            method,
            target,
            status,
            micros,
            summary,
            effect,
            users,
            roles,
            journal,
            conflict,
            node,
        } = &exchange.line;
        Self {
            id,
            at,
            provider,
            method,
            target,
            status: *status,
            micros: *micros,
            summary,
            effect: Counts(effect),
            users,
            roles,
            journal,
            conflict,
            node,
            token: &exchange.token,
            peer: &exchange.peer,
            request_headers: &exchange.request_headers,
            response_headers: &exchange.response_headers,
        }
    }
}

/// What an exchange did, without the zeros: of most exchanges there are no others.
struct Counts<'a>(&'a Effect);

impl Serialize for Counts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Effect {
            users_created,
            users_updated,
            users_suspended,
            users_reinstated,
            users_deleted,
            roles_created,
            roles_updated,
            roles_deleted,
            members_added,
            members_removed,
            members_unknown,
            conflicts,
            held,
        } = *self.0;
        let counts = [
            ("users_created", users_created),
            ("users_updated", users_updated),
            ("users_suspended", users_suspended),
            ("users_reinstated", users_reinstated),
            ("users_deleted", users_deleted),
            ("roles_created", roles_created),
            ("roles_updated", roles_updated),
            ("roles_deleted", roles_deleted),
            ("members_added", members_added),
            ("members_removed", members_removed),
            ("members_unknown", members_unknown),
            ("conflicts", conflicts),
            ("held", held),
        ];
        serializer.collect_map(counts.into_iter().filter(|(_, count)| *count > 0))
    }
}

/// About how long the JSON of a line is, and of what stands between texts.
const LINE_BYTES: usize = 1024;

/// One exchange: its line at hand, and the whole of it as JSON. It is written once, when it passed;
/// few are ever looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// What a line shows.
    pub line: ExchangeLine,
    json: Arc<str>,
}

impl Kept {
    /// What was kept as this JSON; `None` where it is none of an exchange.
    pub fn parse(json: String) -> Option<Self> {
        let line = serde_json::from_str(&json).ok()?;
        let json = json.into();
        Some(Self { line, json })
    }

    /// The whole of it.
    pub fn json(&self) -> &Arc<str> {
        &self.json
    }

    /// The whole of it as values; `None` where it was damaged in the store.
    pub fn exchange(&self) -> Option<Exchange> {
        serde_json::from_str(&self.json).ok()
    }

    /// About how many bytes it takes in memory: what the ring is bounded by.
    pub fn footprint(&self) -> usize {
        let line = &self.line;
        let names = line.users.iter().chain(&line.roles);
        size_of::<Self>()
            + line.method.len()
            + line.target.len()
            + line.summary.len()
            + line.node.as_ref().map_or(0, String::len)
            + names
                .map(|name| name.len() + size_of::<String>())
                .sum::<usize>()
            + line.journal.len() * size_of::<u64>()
            + self.json.len()
    }
}

impl<Text: AsRef<str> + Serialize> Body<Text> {
    /// Writes it as it is kept. A whole body that is JSON stands there as it is: as a text it would be
    /// longer by each of its quotation marks, and take longer to write than all else. What begins like an
    /// object or an array was written as JSON, here or by [`crate::service::redact`].
    fn write(&self, json: &mut String) -> Result<(), serde_json::Error> {
        let text = self.text.as_ref();
        if self.cut || !text.starts_with(['{', '[']) {
            json.push_str(&serde_json::to_string(self)?);
            return Ok(());
        }
        let bytes = self.bytes.to_string();
        json.extend(["{\"bytes\":", &bytes, ",\"cut\":false,\"json\":", text, "}"]);
        Ok(())
    }
}

impl<Text: AsRef<str> + Serialize> Exchange<Text> {
    /// The exchange as it is kept.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub fn kept(self) -> Result<Kept, serde_json::Error> {
        let mut head_json = Vec::with_capacity(self.length());
        serde_json::to_writer(&mut head_json, &Head::of(&self))?;
        let mut json = String::from_utf8(head_json).map_err(serde_json::Error::custom)?;
        // What was written is an object with something in it.
        json.pop();
        for (name, body) in [
            ("request_body", &self.request_body),
            ("response_body", &self.response_body),
        ] {
            json.extend([",\"", name, "\":"]);
            body.write(&mut json)?;
        }
        json.push('}');
        Ok(Kept {
            line: self.line,
            json: json.into(),
        })
    }

    /// About how long its JSON is.
    fn length(&self) -> usize {
        let fields = self.request_headers.iter().chain(&self.response_headers);
        let fields = fields.map(|(name, value)| name.as_ref().len() + value.as_ref().len() + 8);
        let body = |body: &Body<Text>| body.text.as_ref().len();
        LINE_BYTES
            + self.line.target.len()
            + fields.sum::<usize>()
            + body(&self.request_body)
            + body(&self.response_body)
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::service::exchange::tests::line;

    /// A line in which nothing is left out.
    fn full_line() -> ExchangeLine {
        let names = serde_json::to_value(Effect::default()).expect("JSON");
        let names = names.as_object().expect("an object").keys();
        let counts = names.zip(1..).map(|(name, count)| (name.clone(), count));
        let counts: std::collections::BTreeMap<String, u32> = counts.collect();
        let effect = serde_json::to_value(counts).expect("JSON");
        ExchangeLine {
            effect: serde_json::from_value(effect).expect("an effect"),
            roles: vec!["Eng".to_owned()],
            conflict: Some(ConflictId(uuid::Uuid::from_u128(2))),
            node: Some("b".to_owned()),
            ..line()
        }
    }

    #[test]
    fn a_line_is_kept_whole_but_for_its_zeros() {
        for (line, effect) in [
            (full_line(), "\"effect\":{\"users"),
            (line(), "\"effect\":{}"),
        ] {
            let exchange = Exchange::<String> {
                line: line.clone(),
                token: None,
                peer: String::new(),
                request_headers: Vec::new(),
                request_body: Body::default(),
                response_headers: Vec::new(),
                response_body: Body::default(),
            };
            let kept = exchange.kept().expect("JSON");
            assert!(kept.json().contains(effect), "{}", kept.json());
            let read = Kept::parse(kept.json().to_string()).expect("an exchange");
            assert_eq!(read.line, line);
        }
    }

    #[test]
    fn what_is_kept_is_the_whole_of_it() {
        let lent = Exchange::<Cow<'_, str>> {
            line: line(),
            token: Some("okta 1".into()),
            peer: "127.0.0.1:1".into(),
            request_headers: vec![("accept".into(), "*/*".into())],
            request_body: Body::record("{\"a\":\"ö\"}", 100),
            response_headers: vec![("etag".into(), "W/\"1\"".into())],
            response_body: Body::record("{\"b\":1}", 3),
        };
        let owned = Exchange::<String> {
            line: line(),
            token: Some("okta 1".to_owned()),
            peer: "127.0.0.1:1".to_owned(),
            request_headers: vec![("accept".to_owned(), "*/*".to_owned())],
            request_body: Body {
                text: "{\"a\":\"ö\"}".to_owned(),
                bytes: 10,
                cut: false,
            },
            response_headers: vec![("etag".to_owned(), "W/\"1\"".to_owned())],
            response_body: Body {
                text: "{\"b".to_owned(),
                bytes: 7,
                cut: true,
            },
        };
        let kept = lent.kept().expect("JSON");
        assert!(kept.json().contains(r#""json":{"a":"ö"}"#));
        assert_eq!(kept.exchange(), Some(owned.clone()));
        let older = serde_json::to_string(&owned).expect("JSON");
        let older = Kept::parse(older).expect("what earlier versions kept");
        assert_eq!(older.exchange(), Some(owned.clone()));
        assert_eq!(kept, owned.kept().expect("JSON"));
        assert_eq!(Kept::parse(kept.json().to_string()), Some(kept));
        assert_eq!(Kept::parse("{}".to_owned()), None);
    }
}
