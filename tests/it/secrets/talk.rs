//! Everything that a provider sends, with secrets in it, and much that none should send.

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, TcpStream},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{PLANTED, Tokens, search::Secrets};

/// A user that an operator has made before.
pub(super) const TAKEN: &str = "taken@x.io";

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ALIASES: &str = "urn:ietf:params:scim:schemas:extension:strongdm:2.0:User";

pub(super) fn base64(text: &str) -> String {
    STANDARD.encode(text)
}

/// Sends bytes, says that nothing follows, and gives what comes back.
pub(crate) fn say(address: &str, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).expect("the server listens");
    // A server that has heard enough may close.
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(Shutdown::Write);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// One client, who knows every token, and notes each password that it sends.
pub(super) struct Talk<'a> {
    address: &'a str,
    tokens: &'a Tokens,
    secrets: &'a mut Secrets,
    passwords: Vec<String>,
    answers: String,
}

impl<'a> Talk<'a> {
    pub(super) fn new(address: &'a str, tokens: &'a Tokens, secrets: &'a mut Secrets) -> Self {
        Self {
            address,
            tokens,
            secrets,
            passwords: Vec::new(),
            answers: String::new(),
        }
    }

    /// Fails where an answer holds a password. Tokens may be in them: a message about a path or a
    /// filter says which one it is about, to whoever has sent it.
    pub(super) fn assert_answers_hold_no_password(&self) {
        for password in &self.passwords {
            assert!(!self.answers.contains(password), "{password}");
        }
    }

    /// A password that was not sent before.
    fn password(&mut self) -> String {
        let number = self.passwords.len();
        let password = format!("Horse{number}Battery{number}Staple");
        self.secrets.text(&format!("password {number}"), &password);
        self.passwords.push(password.clone());
        password
    }

    /// A request whose head is as given, but for the length of its body.
    fn head(&mut self, head: &str, body: &str) -> u16 {
        let length = body.len();
        let request = format!(
            "{head}\r\nHost: x\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        );
        let answer = say(self.address, request.as_bytes());
        let status = answer.get(9..12).and_then(|status| status.parse().ok());
        self.answers.push_str(&answer);
        status.unwrap_or_else(|| panic!("{head}: {answer}"))
    }

    fn send(&mut self, method: &str, target: &str, body: &Value) -> (u16, Value) {
        let target = target.replace(' ', "%20").replace('"', "%22");
        let token = &self.tokens.live;
        let head = format!(
            "{method} /scim/v2{target} HTTP/1.1\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/scim+json; charset=utf-8"
        );
        let before = self.answers.len();
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let status = self.head(&head, &body);
        let answer = &self.answers[before..];
        let (_, body) = answer.split_once("\r\n\r\n").expect("a whole answer");
        (status, serde_json::from_str(body).unwrap_or_default())
    }

    /// A request that must be answered so.
    fn expect(&mut self, status: u16, method: &str, target: &str, body: &Value) -> Value {
        let (answered, answer) = self.send(method, target, body);
        assert_eq!(answered, status, "{method} {target} {body}: {answer}");
        answer
    }

    /// A GET with a token in this header.
    fn header(&mut self, header: &str) -> u16 {
        self.head(
            &format!("GET /scim/v2/Users?count=1 HTTP/1.1\r\n{header}"),
            "",
        )
    }

    pub(super) fn everything(&mut self) {
        let id = self.a_users_life();
        self.patches(&id);
        self.refused_and_odd_bodies(&id);
        self.groups(&id);
        self.authorization();
    }

    fn user(&mut self, name: &str) -> Value {
        json!({
            "schemas": [USER, ALIASES], "userName": name, "active": true,
            "name": {"givenName": "Ann", "familyName": "Lee"},
            "emails": [{"primary": true, "value": name, "type": "work"}],
            "externalId": format!("00u-{name}"), "groups": [], "password": self.password(),
            ALIASES: {"identityAliases": ["rdp-set,alice"]},
        })
    }

    /// As Okta does it: looked up, made, changed, deactivated, made again.
    fn a_users_life(&mut self) -> String {
        self.expect(200, "GET", "/Users?startIndex=1&count=2", &Value::Null);
        let lookup = format!("/Users?filter=userName eq \"{PLANTED}\"&startIndex=1&count=100");
        self.expect(200, "GET", &lookup, &Value::Null);
        let user = self.user(PLANTED);
        let made = self.expect(201, "POST", "/Users", &user);
        let id = made["id"].as_str().expect("an id").to_owned();
        let one = format!("/Users/{id}");
        let mut merged = self.expect(200, "GET", &one, &Value::Null);
        for (active, title) in [(true, "Engineer"), (false, "Engineer")] {
            merged["active"] = json!(active);
            merged["title"] = json!(title);
            merged["password"] = json!(self.password());
            self.expect(200, "PUT", &one, &merged);
        }
        let again = self.user(PLANTED);
        self.expect(201, "POST", "/Users", &again);
        let taken = self.user(TAKEN);
        self.expect(409, "POST", "/Users", &taken);
        id
    }

    fn patches(&mut self, id: &str) {
        let path = format!("{USER}:password");
        let mut password = || json!(self.password());
        let operations = [
            json!({"op": "replace", "path": "password", "value": password()}),
            json!({"op": "Replace", "Path": "Password", "Value": password()}),
            json!({"op": "add", "path": path, "value": password()}),
            json!({"op": "replace", "value": {"password": password(), "title": "Chief"}}),
            json!({"op": "Add", "value": {path: password()}}),
            json!({"op": "replace", "path": "password", "value": {"value": password()}}),
            json!({"op": "remove", "path": format!("password[value eq {}]", password())}),
        ];
        for operation in operations {
            let schema = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
            let body = json!({"schemas": [schema], "Operations": [operation]});
            self.send("PATCH", &format!("/Users/{id}"), &body);
        }
    }

    fn refused_and_odd_bodies(&mut self, id: &str) {
        let (live, one) = (self.tokens.live.clone(), format!("/Users/{id}"));
        let mut bad = self.user("bad@x.io");
        bad[ALIASES]["identityAliases"] = json!(["no comma"]);
        self.expect(400, "POST", "/Users", &bad);
        let wrong = json!({"schemas": [USER], "userName": 7, "password": self.password()});
        self.send("POST", "/Users", &wrong);
        let bulk = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
            "Operations": [
                {"method": "POST", "path": "/Users", "bulkId": "a", "data": self.user("bulk@x.io")},
                {"method": "POST", "path": "/Users", "bulkId": "b", "data": self.user(TAKEN)},
                {"method": "PATCH", "path": one, "data": {"Operations": [
                    {"op": "replace", "path": "password", "value": self.password()}]}},
            ],
        });
        self.expect(200, "POST", "/Bulk", &bulk);
        let filter = format!("password eq \"{}\"", self.password());
        self.send("GET", &format!("/Users?filter={filter}"), &Value::Null);
        self.send("POST", "/Users/.search", &json!({"filter": filter}));
        self.send(
            "POST",
            "/Users",
            &json!({"userName": "x@x.io", "note": live.clone()}),
        );
        self.send(
            "POST",
            "/Users",
            &json!({"userName": "y@x.io", live.clone(): {"a": [live.clone()]}}),
        );
        let path = format!("nothing.{live}");
        let operations = json!([{"op": "replace", "path": path, "value": live}]);
        self.send("PATCH", &one, &json!({"Operations": operations}));
        let head = format!(
            "POST /scim/v2/Users HTTP/1.1\r\nAuthorization: Bearer {live}\r\nContent-Type: "
        );
        for (kind, body) in [
            (
                "application/scim+json",
                format!("{{\"password\":\"{}", self.password()),
            ),
            (
                "application/x-www-form-urlencoded",
                format!("password={}&t={live}", self.password()),
            ),
            ("text/plain", live),
        ] {
            self.head(&format!("{head}{kind}"), &body);
        }
    }

    fn groups(&mut self, id: &str) {
        let group =
            json!({"displayName": "Finance", "members": [{"value": id, "display": PLANTED}]});
        let group = self.expect(201, "POST", "/Groups", &group);
        let one = format!("/Groups/{}", group["id"].as_str().expect("an id"));
        let operations = json!([{"op": "replace", "value": {"id": group["id"], "displayName": "Finance"}},
            {"op": "remove", "path": format!("members[value eq \"{id}\"]")}]);
        self.send("PATCH", &one, &json!({"Operations": operations}));
        self.expect(204, "DELETE", &one, &Value::Null);
    }

    /// Every token in every place where one belongs, or is often put.
    fn authorization(&mut self) {
        for (what, token) in self.tokens.all() {
            let let_in = matches!(what, "the live token" | "the second token");
            let expected = if let_in { 200 } else { 401 };
            for scheme in ["Bearer", "bearer", "Bearer Bearer"] {
                let status = self.header(&format!("Authorization: {scheme} {token}"));
                assert_eq!(status, expected, "{scheme} with {what}");
            }
            let half = &token[..token.len() / 2];
            for value in [
                token.to_owned(),
                half.to_owned(),
                format!("Token {token}"),
                format!("Bearer {half} {token}"),
                format!("Bearer {half}"),
                format!("Bearer={token}"),
                format!("Basic {}", base64(&format!("okta:{token}"))),
                format!("Basic {}", base64(&format!("{token}:"))),
                format!("Digest username=\"{token}\""),
                base64(&format!("okta:{token}")),
            ] {
                assert_eq!(self.header(&format!("Authorization: {value}")), 401);
            }
        }
    }

    /// The live token where none belongs.
    pub(super) fn odd_places(&mut self) {
        let token = self.tokens.live.clone();
        let basic = base64(&format!("okta:{token}"));
        for header in [
            "Cookie: t=",
            "X-Api-Key: ",
            "X-Token: ",
            "User-Agent: ",
            "Origin: https://",
            "Referer: https://x/?a=",
            "X-Forwarded-Authorization: Bearer ",
            "If-Match: ",
            "Accept: ",
            "X-Request-Id: ",
            "Content-Type: ",
        ] {
            self.header(&format!("{header}{token}"));
        }
        for name in [
            "X-Forwarded-Authorization",
            "Proxy-Authorization",
            "X-Original-Auth",
            "X-Secret",
        ] {
            self.header(&format!("{name}: Basic {basic}"));
        }
        self.header(&format!("{token}: x"));
        let escaped = token.replace('_', "%5F").replace('c', "%63");
        let password = self.password();
        for target in [
            format!("/scim/v2/Users?access_token={token}"),
            format!("/scim/v2/Users?Token={basic}"),
            format!("/scim/v2/Users?authorization=Basic%20{basic}"),
            format!("/scim/v2/Users?x={token}&y={escaped}"),
            format!("/scim/v2/Users?{token}"),
            format!("/scim/v2/Users/{token}"),
            format!("/scim/v2/Users/{escaped}"),
            format!("/{token}/Users"),
            format!("http://okta:{password}@x/scim/v2/Users"),
            format!("http://{token}@x/scim/v2/Users"),
            format!("/scim/v2/Users?filter=userName%20eq%20%22{token}%22"),
            format!("/scim/v2/Users?password={password}"),
        ] {
            self.head(
                &format!("GET {target} HTTP/1.1\r\nAuthorization: Bearer {token}"),
                "",
            );
        }
        self.head(
            &format!("{token} /scim/v2/Users HTTP/1.1\r\nAuthorization: Bearer {token}"),
            "",
        );
        let long = "x".repeat(70_000);
        for unreadable in [
            format!(
                "GET /scim/v2/Users HTTP/1.1\r\nAuthorization: Bearer {token}\r\nb a d\r\n\r\n"
            ),
            format!("GET /scim/v2/{token} HTTP/9.9\r\n\r\n"),
            format!("{token}\r\n\r\n"),
            format!("GET /{long}?{token} HTTP/1.1\r\nHost: x\r\n\r\n"),
            format!(
                "GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nX: {long}\r\n\r\n"
            ),
            format!(
                "POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n{{\"a\":\"{token}"
            ),
        ] {
            let answer = say(self.address, unreadable.as_bytes());
            self.answers.push_str(&answer);
        }
    }
}
