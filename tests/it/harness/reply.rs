//! What the listener answered.

use serde_json::{Value, json};

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) text: String,
    /// `null` where there is no body.
    pub(crate) body: Value,
}

impl Reply {
    /// The head at the beginning of `bytes` with its length, once it is whole.
    pub(super) fn parse_head(bytes: &[u8]) -> Option<(Self, usize)> {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
        let head = String::from_utf8(bytes[..end].to_vec()).expect("a head in ASCII");
        let status = head[9..12].parse().expect("a status");
        let reply = Self {
            status,
            head,
            text: String::new(),
            body: Value::Null,
        };
        Some((reply, end))
    }

    /// The answer at the beginning of `bytes` with its length, once it is whole.
    pub(super) fn parse(bytes: &[u8]) -> Option<(Self, usize)> {
        let (mut reply, end) = Self::parse_head(bytes)?;
        let length = reply
            .header("content-length")
            .map_or(0, |length| length.parse().expect("a length"));
        let body = bytes.get(end..end + length)?;
        reply.text = String::from_utf8(body.to_vec()).expect("a body in UTF-8");
        if !reply.text.is_empty() {
            reply.body = serde_json::from_str(&reply.text).expect("a body in JSON");
        }
        Some((reply, end + length))
    }

    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (given, value) = line.split_once(':')?;
            given.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// The answer, with this status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}{}", self.head, self.text);
        if status == 204 || status == 304 {
            assert_eq!(self.text, "");
            assert_eq!(self.header("content-type"), None);
        } else {
            assert_eq!(self.header("content-type"), Some("application/scim+json"));
        }
        assert!(self.header("x-request-id").is_some(), "{}", self.head);
        self
    }

    /// The error, with this status and keyword: its detail.
    #[track_caller]
    pub(crate) fn refused(self, status: u16, scim_type: &str) -> String {
        let reply = self.expect(status);
        let body = &reply.body;
        assert_eq!(
            body["schemas"],
            json!(["urn:ietf:params:scim:api:messages:2.0:Error"]),
            "{body}"
        );
        assert_eq!(body["status"], status.to_string(), "{body}");
        assert_eq!(
            body["scimType"].as_str().unwrap_or_default(),
            scim_type,
            "{body}"
        );
        let detail = body["detail"].as_str().expect("a detail");
        assert!(detail.ends_with('.'), "a sentence: {detail}");
        detail.to_owned()
    }

    /// The resource's id.
    #[track_caller]
    pub(crate) fn id(&self) -> String {
        self.body["id"].as_str().expect("an id").to_owned()
    }

    /// The ids of the members, sorted.
    #[track_caller]
    pub(crate) fn members(&self) -> Vec<String> {
        let mut ids: Vec<String> = self.body["members"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|member| member["value"].as_str().expect("a member id").to_owned())
            .collect();
        ids.sort();
        ids
    }

    /// How many resources a list answers, of how many.
    #[track_caller]
    pub(crate) fn counts(&self) -> (u64, u64) {
        let shown = self.body["Resources"].as_array().map_or(0, Vec::len) as u64;
        assert_eq!(
            self.body["itemsPerPage"].as_u64(),
            Some(shown),
            "{}",
            self.text
        );
        let total = self.body["totalResults"].as_u64().expect("an integer");
        (shown, total)
    }
}
