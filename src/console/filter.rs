//! The filter of Live: words and operators, joined by spaces; all of them must hold.

use jiff::Timestamp;

use crate::{
    directory::{Provider, fold},
    service::exchange::ExchangeLine,
};

/// Why a filter cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterError {
    /// The first character of the term, counted from 0.
    pub at: usize,
    /// What is wrong, and what would be right.
    pub message: String,
}

/// The longest filter, in characters.
pub const FILTER_CHARACTERS: usize = 400;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compare {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Compare {
    fn split(text: &str) -> (Self, &str) {
        for (sign, compare) in [
            (">=", Self::GreaterOrEqual),
            ("<=", Self::LessOrEqual),
            (">", Self::Greater),
            ("<", Self::Less),
            ("=", Self::Equal),
        ] {
            if let Some(rest) = text.strip_prefix(sign) {
                return (compare, rest);
            }
        }
        (Self::Equal, text)
    }

    fn holds(self, left: u64, right: u64) -> bool {
        match self {
            Self::Equal => left == right,
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Test {
    Text(String),
    Status(Compare, u64),
    StatusClass(u64),
    Milliseconds(Compare, u64),
    User(String),
    Role(String),
    Provider(Provider),
    Verb(String),
    /// Within the last so many seconds.
    After(i64),
    Changed,
    Ok,
    Conflict,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    negated: bool,
    test: Test,
}

/// A filter that has been read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    terms: Vec<Term>,
}

/// The operators, as the help and the error sentences list them.
pub const OPERATORS: &[(&str, &str)] = &[
    ("status:409 status:>=400 status:4xx", "the answer's status"),
    ("user:ann", "a user's name contains it"),
    ("role:eng", "a role's name contains it"),
    ("provider:okta", "the provider is this one"),
    ("verb:patch", "the HTTP method"),
    ("ms:>50", "the answer took longer, in milliseconds"),
    ("after:5m", "not older than that: s, m, h or d"),
    ("changed", "something in the directory changed"),
    ("ok", "the answer was no error"),
    ("conflict", "a conflict was opened or repeated"),
    ("\"two words\"", "the line contains the text"),
    ("!ok", "the opposite of what follows"),
];

impl Filter {
    /// Reads a filter; an empty one lets everything through.
    ///
    /// # Errors
    /// The first term that cannot be read.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        if text.chars().count() > FILTER_CHARACTERS {
            return Err(FilterError {
                at: FILTER_CHARACTERS,
                message: format!("a filter has at most {FILTER_CHARACTERS} characters"),
            });
        }
        let mut terms = Vec::new();
        for (at, word) in words(text)? {
            let fail = |message: String| FilterError { at, message };
            let (negated, body) = match word.strip_prefix('!') {
                Some(rest) => (true, rest),
                None => (false, word.as_str()),
            };
            if body.is_empty() {
                return Err(fail(
                    "! needs a term right after it, such as !ok".to_owned(),
                ));
            }
            terms.push(Term {
                negated,
                test: test(body).map_err(fail)?,
            });
        }
        Ok(Self { terms })
    }

    /// Whether everything passes.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether a line that passes now may not pass later.
    pub fn depends_on_time(&self) -> bool {
        let mut terms = self.terms.iter();
        terms.any(|term| matches!(term.test, Test::After(_)))
    }

    /// Whether a line passes.
    pub fn passes(&self, line: &ExchangeLine, now: Timestamp) -> bool {
        let mut terms = self.terms.iter();
        terms.all(|term| term.test.holds(line, now) != term.negated)
    }
}

impl Test {
    fn holds(&self, line: &ExchangeLine, now: Timestamp) -> bool {
        let contains = |text: &String, part: &str| fold(text).contains(part);
        match self {
            Self::Text(part) => {
                contains(&line.summary, part)
                    || contains(&line.target, part)
                    || line.users.iter().any(|name| contains(name, part))
                    || line.roles.iter().any(|name| contains(name, part))
            }
            Self::Status(compare, status) => compare.holds(u64::from(line.status), *status),
            Self::StatusClass(class) => u64::from(line.status) / 100 == *class,
            Self::Milliseconds(compare, millis) => compare.holds(line.micros / 1_000, *millis),
            Self::User(part) => line.users.iter().any(|name| contains(name, part)),
            Self::Role(part) => line.roles.iter().any(|name| contains(name, part)),
            Self::Provider(provider) => line.provider == Some(*provider),
            Self::Verb(verb) => line.method.eq_ignore_ascii_case(verb),
            Self::After(seconds) => now.as_second().saturating_sub(line.at.as_second()) <= *seconds,
            Self::Changed => line.effect.is_change(),
            Self::Ok => !line.is_error(),
            Self::Conflict => line.conflict.is_some(),
        }
    }
}

/// Splits at spaces, quotes kept together.
fn words(text: &str) -> Result<Vec<(usize, String)>, FilterError> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut start = None;
    let mut quote = None;
    for (at, character) in text.chars().enumerate() {
        match character {
            '"' => {
                start.get_or_insert(at);
                quote = if quote.is_some() { None } else { Some(at) };
                word.push('"');
            }
            ' ' if quote.is_none() => {
                if let Some(at) = start.take() {
                    words.push((at, std::mem::take(&mut word)));
                }
            }
            _ => {
                start.get_or_insert(at);
                word.push(character);
            }
        }
    }
    if let Some(at) = quote {
        return Err(FilterError {
            at,
            message: "the quote is not closed".to_owned(),
        });
    }
    words.extend(start.map(|at| (at, word)));
    Ok(words)
}

fn test(body: &str) -> Result<Test, String> {
    if body.starts_with('"') {
        return Ok(Test::Text(fold(&body.replace('"', ""))));
    }
    let Some((name, value)) = body.split_once(':') else {
        return Ok(match body.to_ascii_lowercase().as_str() {
            "changed" => Test::Changed,
            "ok" => Test::Ok,
            "conflict" => Test::Conflict,
            _ => Test::Text(fold(&body.replace('"', ""))),
        });
    };
    let name = name.to_ascii_lowercase();
    let value = value.replace('"', "");
    if value.is_empty()
        && OPERATORS
            .iter()
            .any(|(form, _)| form.starts_with(&format!("{name}:")))
    {
        return Err(format!("{name}: needs a value right after the colon"));
    }
    match name.as_str() {
        "status" => status(&value),
        "ms" => {
            let (compare, number) = Compare::split(&value);
            let millis = number
                .parse()
                .map_err(|_| format!("ms:{value} is no number of milliseconds; write ms:>50"))?;
            Ok(Test::Milliseconds(compare, millis))
        }
        "user" => Ok(Test::User(fold(&value))),
        "role" => Ok(Test::Role(fold(&value))),
        "provider" => value.parse().map(Test::Provider),
        "verb" | "method" => {
            let verb = value.to_ascii_uppercase();
            if ["GET", "POST", "PUT", "PATCH", "DELETE"].contains(&verb.as_str()) {
                Ok(Test::Verb(verb))
            } else {
                Err(format!(
                    "{value:?} is no verb here; write get, post, put, patch or delete"
                ))
            }
        }
        "after" => seconds(&value)
            .map(Test::After)
            .ok_or_else(|| format!("after:{value} is no time span; write after:30s, 5m, 2h or 1d")),
        _ => Err(format!(
            "there is no operator {name}:; choose status, user, role, provider, verb, ms or after, \
             or put the text in quotes"
        )),
    }
}

fn status(value: &str) -> Result<Test, String> {
    let lower = value.to_ascii_lowercase();
    if let Some(class) = lower.strip_suffix("xx") {
        return match class.parse() {
            Ok(class @ 1..=5) => Ok(Test::StatusClass(class)),
            _ => Err(format!("status:{value} is no class; write status:4xx")),
        };
    }
    let (compare, number) = Compare::split(value);
    match number.parse() {
        Ok(status @ 100..=599) => Ok(Test::Status(compare, status)),
        _ => Err(format!(
            "status:{value} is no status; write status:409, status:>=400 or status:4xx"
        )),
    }
}

fn seconds(value: &str) -> Option<i64> {
    let unit = match value.chars().last()? {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return None,
    };
    let number: i64 = value.get(..value.len() - 1)?.parse().ok()?;
    (number >= 0).then(|| number.saturating_mul(unit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{directory::ExchangeId, service::exchange::Effect};

    fn now() -> Timestamp {
        "2026-03-04T12:01:34Z".parse().expect("a time")
    }

    fn line() -> ExchangeLine {
        ExchangeLine {
            id: ExchangeId(uuid::Uuid::from_u128(1)),
            at: "2026-03-04T12:01:04Z".parse().expect("a time"),
            provider: Some(Provider::Okta),
            method: "PATCH".to_owned(),
            target: "/scim/v2/Users/1".to_owned(),
            status: 200,
            micros: 61_000,
            summary: "Ann Lee suspended".to_owned(),
            effect: Effect {
                users_suspended: 1,
                ..Effect::default()
            },
            users: vec!["Ann@x.io".to_owned()],
            roles: vec!["Engineering".to_owned()],
            journal: vec![7],
            conflict: None,
        }
    }

    #[test]
    fn lines_pass_when_every_term_holds() {
        for (filter, passes) in [
            ("", true),
            ("suspended", true),
            ("SUSPENDED ann", true),
            ("\"lee suspended\"", true),
            ("\"suspended lee\"", false),
            ("status:200", true),
            ("status:>=400", false),
            ("status:2xx", true),
            ("!status:2xx", false),
            ("user:ann role:eng provider:okta verb:patch", true),
            ("user:bob", false),
            ("provider:entra", false),
            ("ms:>50", true),
            ("ms:<=60", false),
            ("after:1m", true),
            ("after:29s", false),
            ("changed ok !conflict", true),
            ("!ok", false),
        ] {
            let read = Filter::parse(filter).expect(filter);
            assert_eq!(read.passes(&line(), now()), passes, "{filter}");
        }
    }

    #[test]
    fn errors_say_where_and_what_to_write() {
        for (filter, at, part) in [
            ("ok status:abc", 3, "is no status"),
            ("status:", 0, "needs a value"),
            ("ann provider:oktaa", 4, "choose okta"),
            ("verb:fetch", 0, "write get, post"),
            ("after:5", 0, "write after:30s"),
            ("ms:>x", 0, "milliseconds"),
            ("colour:red", 0, "there is no operator colour:"),
            ("a \"b", 2, "not closed"),
            ("ok !", 3, "! needs a term"),
        ] {
            let error = Filter::parse(filter).expect_err(filter);
            assert_eq!(error.at, at, "{filter}");
            assert!(error.message.contains(part), "{}", error.message);
        }
        assert!(Filter::parse(&"a".repeat(FILTER_CHARACTERS + 1)).is_err());
    }
}
