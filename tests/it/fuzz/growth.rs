//! Nothing costs more than its length allows: inputs built to hurt, at one length and at four times
//! that. What is bounded by a limit stops growing there. What is compared is time on the processor, so
//! that other work on the machine hardly disturbs it.

use std::{
    fs, thread,
    time::{Duration, Instant},
};

use rolecall::{
    scim::{
        Dialect, ResourceType, body,
        filter::{self, Filter, Literals},
        patch::{MAX_FILTER_TERMS, MAX_LISTED_VALUES, Patch},
        resource::value::MAX_VALUES,
    },
    service::auth,
};

use super::bodies;

/// Four times the input may take so many times as long: proportional is 4, each with each 16.
pub(super) const RATIO: u32 = 9;

/// What takes less is not worth comparing.
const SHORT: Duration = Duration::from_millis(4);

/// The best of so many measurements is what the work takes; the rest is what disturbed it.
const ROUNDS: usize = 3;

/// Where it seems out of proportion, it is measured so many more times.
const DOUBTS: usize = 5;

type Shape = (&'static str, &'static str, fn(usize) -> String);

const SHAPES: &[Shape] = &[
    ("filter", "parentheses", |n| "(".repeat(n)),
    ("filter", "negations", |n| "not (".repeat(n / 5)),
    ("filter", "terms", |n| list("title pr", " or ", n / 12)),
    ("filter", "a long literal", |n| {
        format!("title co \"{}\"", "\\\"".repeat(n / 2))
    }),
    ("filter", "a long name", |n| "a".repeat(n)),
    ("filter", "spaces", |n| format!("title{}pr", " ".repeat(n))),
    ("path", "parts", |n| "a.".repeat(n / 2)),
    ("path", "brackets", |n| "emails[".repeat(n / 7)),
    ("path", "a URN", |n| format!("urn:{}", ":x".repeat(n / 2))),
    ("patch", "operations", |n| {
        operations(r#"{"op":"add","path":"title","value":"x"}"#, n / 40)
    }),
    ("patch", "lists", |n| {
        operations(
            r#"{"op":"add","path":"emails","value":[{"value":"z"}]}"#,
            n / 56,
        )
    }),
    ("patch", "members", |n| {
        let members = list(r#"{"value":"23a35c27"}"#, ",", n / 22);
        operations(
            &format!(r#"{{"op":"add","path":"members","value":[{members}]}}"#),
            1,
        )
    }),
    ("patch", "members by filter", |n| {
        let removed = numbered(n / 70, |k| {
            format!(r#"{{"op":"remove","path":"members[value eq \"id{k}\"]"}}"#)
        });
        format!("{{\"Operations\":[{removed}]}}")
    }),
    ("patch", "one member again and again", |n| {
        let added = list(
            r#"{"op":"add","path":"members","value":[{"value":"id"}]}"#,
            ",",
            n / 56,
        );
        format!("{{\"Operations\":[{added}]}}")
    }),
    ("patch", "parts of lists", |n| {
        operations(
            r#"{"op":"add","path":"emails.display","value":"x"}"#,
            n / 50,
        )
    }),
    ("patch", "echoes", |n| {
        let groups = list(r#"{"value":"x"}"#, ",", n / 14);
        operations(
            &format!(r#"{{"op":"replace","path":"groups","value":[{groups}]}}"#),
            1,
        )
    }),
    ("resource", "unknown names", |n| {
        format!(
            "{{\"userName\":\"a\",{}}}",
            numbered(n / 14, |k| format!("\"name{k}\":1"))
        )
    }),
    ("resource", "lists in lists", |n| {
        format!("{{\"a\":{}", "[".repeat(n))
    }),
    ("resource", "objects in a list", |n| {
        format!("{{\"a\":[{}]}}", list("{}", ",", n / 3))
    }),
    ("resource", "members", |n| {
        let members = numbered(n / 20, |k| format!("{{\"value\":\"id{k}\"}}"));
        format!("{{\"displayName\":\"x\",\"members\":[{members}]}}")
    }),
    ("resource", "one member again and again", |n| {
        let members = list(r#"{"value":"id"}"#, ",", n / 15);
        format!("{{\"displayName\":\"x\",\"members\":[{members}]}}")
    }),
    ("resource", "addresses", |n| {
        let emails = numbered(n / 280, |k| {
            format!("{{\"value\":\"{k}{}@x.io\"}}", "a".repeat(256))
        });
        format!("{{\"userName\":\"a\",\"emails\":[{emails}]}}")
    }),
    ("resource", "more addresses than allowed", |n| {
        let emails = numbered(n / 22, |k| format!("{{\"value\":\"{k}@x.io\"}}"));
        format!("{{\"userName\":\"a\",\"emails\":[{emails}]}}")
    }),
    ("resource", "aliases", |n| {
        let aliases = numbered(n / 64, |k| format!("\"set{k},{}\"", "a".repeat(48)));
        format!(
            "{{\"userName\":\"a\",\"urn:ietf:params:scim:schemas:extension:strongdm:2.0:User\":{{\"identityAliases\":[{aliases}]}}}}"
        )
    }),
    ("resource", "operations that wait", |n| {
        let operations = numbered(n / 100, |k| {
            format!(
                r#"{{"method":"POST","path":"/Users","bulkId":"b{k}","data":{{"x":"bulkId:b{}"}}}}"#,
                k + 1
            )
        });
        format!("{{\"Operations\":[{operations}]}}")
    }),
    ("resource", "operations that wait for one", |n| {
        let operations = numbered(n / 100, |k| {
            format!(
                r#"{{"method":"POST","path":"/Users","bulkId":"b{k}","data":{{"x":"bulkId:b0"}}}}"#
            )
        });
        format!("{{\"Operations\":[{operations}]}}")
    }),
    ("resource", "names to show", |n| {
        format!("{{\"attributes\":\"{}\"}}", list("userName", ",", n / 9))
    }),
    ("resource", "references", |n| {
        let references = numbered(n / 18, |k| format!("\"bulkId:{k}\""));
        format!(
            "{{\"Operations\":[{{\"method\":\"POST\",\"path\":\"/Users\",\"bulkId\":\"a\",\"data\":{{\"x\":[{references}]}}}}]}}"
        )
    }),
    ("cursor", "a long cursor", |n| "A".repeat(n)),
    ("cursor", "parameters", |n| list("x=y", "&", n / 4)),
    ("cursor", "names to show", |n| {
        list("attributes=title", "&", n / 17)
    }),
    ("token", "a long header", |n| "Bearer ".repeat(n / 7)),
    ("config", "keys", |n| {
        format!("[console.keys]\n{}", lines(n / 16))
    }),
    ("config", "networks", |n| {
        format!(
            "[proxy]\ntrusted = [\n{}]",
            "\"10.0.0.0/8\",\n".repeat(n / 14)
        )
    }),
    ("config", "lists in lists", |n| {
        format!("listen = {}", "[".repeat(n))
    }),
    ("config", "a length of time", |n| "1s".repeat(n / 2)),
    ("text", "combining marks", |n| "\u{301}".repeat(n / 2)),
    ("text", "marks on letters", |n| {
        "e\u{301}\u{301}".repeat(n / 5)
    }),
    ("text", "joined people", |n| {
        "\u{1f469}\u{200d}".repeat(n / 7)
    }),
    ("text", "flags", |n| "\u{1f1e9}".repeat(n / 4)),
    ("text", "syllables", |n| {
        "\u{1112}\u{1161}\u{11ab}".repeat(n / 9)
    }),
    ("text", "conjuncts", |n| "\u{915}\u{94d}".repeat(n / 6)),
    ("text", "words", |n| "a ".repeat(n / 2)),
    ("text", "addresses", |n| "a@".repeat(n / 2)),
    ("admin", "lists in lists", |n| "[".repeat(n)),
    ("admin", "lines", |n| "{}\n".repeat(n / 3)),
    ("admin", "tags", |n| {
        let tags = numbered(n / 14, |k| format!("\"tag{k}\":\"x\""));
        format!(
            "{{\"operator\":\"o\",\"request\":{{\"add-resource\":{{\"name\":\"x\",\"kind\":\"y\",\"tags\":{{{tags}}}}}}}}}\n"
        )
    }),
];

fn list(item: &str, between: &str, count: usize) -> String {
    vec![item; count].join(between)
}

fn numbered(count: usize, item: impl Fn(usize) -> String) -> String {
    (0..count).map(item).collect::<Vec<_>>().join(",")
}

fn lines(count: usize) -> String {
    let lines = (0..count).map(|k| format!("key{k} = \"x\"\n"));
    lines.collect::<Vec<_>>().concat()
}

fn operations(operation: &str, count: usize) -> String {
    format!("{{\"Operations\":[{}]}}", list(operation, ",", count))
}

/// The time that this thread has had on a processor; where the system does not tell, the clock's.
pub(super) fn spent(since: Instant) -> Duration {
    // The kernel brings its figure up to date when it is asked whether another thread shall run.
    thread::yield_now();
    let told = fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = told.and_then(|told| told.split(' ').next()?.parse().ok());
    nanoseconds.map_or_else(|| since.elapsed(), Duration::from_nanos)
}

fn best(body: fn(&[u8]), input: &[u8]) -> Duration {
    let since = Instant::now();
    let measured = (0..ROUNDS).map(|_| {
        let start = spent(since);
        body(input);
        spent(since).saturating_sub(start)
    });
    measured.min().unwrap_or_default()
}

/// The shorter length, in bytes: four times that is still looked at by the target.
fn length(name: &str) -> usize {
    match name {
        "filter" | "path" => filter::MAX_LENGTH / 4 - 32,
        "token" => auth::HEADER_BYTES / 4 - 8,
        "text" => 8 * 1024,
        _ => 32 * 1024,
    }
}

/// The times of one length and of four times that, and whether they are in proportion.
fn compared(name: &str, grown: fn(usize) -> String) -> (Duration, Duration, bool) {
    let (body, length) = (bodies::named(name).body, length(name));
    let (one, four) = (grown(length), grown(4 * length));
    let (short, long) = (best(body, one.as_bytes()), best(body, four.as_bytes()));
    (short, long, long <= SHORT || long <= short * RATIO)
}

#[test]
fn four_times_the_input_costs_four_times_the_time() {
    let mut wrong = Vec::new();
    for (name, shape, grown) in SHAPES {
        let (mut short, mut long, mut fits) = compared(name, *grown);
        for _ in 0..DOUBTS {
            if !fits {
                (short, long, fits) = compared(name, *grown);
            }
        }
        let line = format!("{name:<8} {shape:<26} {short:>10.1?} {long:>10.1?}");
        println!("{line}");
        if !fits {
            wrong.push(line);
        }
    }
    assert!(wrong.is_empty(), "out of proportion:\n{}", wrong.join("\n"));
}

/// So many values a list may have, and a PATCH or filter so many terms: each is compared with each.
const MOST: usize = MAX_VALUES;

/// No more, built without optimisation.
const WORST: Duration = Duration::from_secs(8);

fn emails(count: usize) -> String {
    numbered(count, |k| {
        format!(r#"{{"value":"{k}@x.io","type":"t{k}"}}"#)
    })
}

/// What is bounded by the product of two limits rather than by a length, as bad as it can be.
#[test]
fn the_worst_that_limits_let_through_is_soon_done() {
    let user = format!(r#"{{"userName":"a","emails":[{}]}}"#, emails(MOST));
    let user = body::parse_body(user.as_bytes(), body::MAX_DEPTH).expect("JSON");
    let by_value = numbered(MAX_FILTER_TERMS, |k| {
        let path = format!(r#"emails[type eq \"t{k}\"].display"#);
        format!(r#"{{"op":"replace","path":"{path}","value":"x"}}"#)
    });
    let again = format!(
        r#"{{"op":"add","path":"emails","value":[{}]}}"#,
        emails(MOST)
    );
    let added = list(&again, ",", MAX_LISTED_VALUES / MOST);
    for (shape, operations) in [("value paths", by_value), ("values again", added)] {
        let text = format!(r#"{{"Operations":[{operations}]}}"#);
        let since = Instant::now();
        let start = spent(since);
        let document = body::parse_body(text.as_bytes(), body::MAX_DEPTH).expect("JSON");
        let patch = Patch::parse(ResourceType::User, &document, Dialect::STRICT);
        patch
            .expect("within the limits")
            .apply(&mut user.clone())
            .expect("done");
        let taken = spent(since).saturating_sub(start);
        println!("{shape}: {} bytes, {taken:.1?}", text.len());
        assert!(taken < WORST, "{shape}: {taken:?}");
    }
    let terms = list(r#"emails.value co "z""#, " or ", filter::MAX_TERMS);
    let scope = Some(ResourceType::User);
    let filter = Filter::parse(&terms, scope, Literals::Quoted).expect("within the limits");
    let since = Instant::now();
    let start = spent(since);
    assert!(!filter.matches(&user));
    let taken = spent(since).saturating_sub(start);
    println!("a filter on one user: {} bytes, {taken:.1?}", terms.len());
    assert!(taken < WORST, "{taken:?}");
}
