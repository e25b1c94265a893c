//! Filters: printed and parsed they are the same, `not` is the opposite, and what a planner may look
//! up is true of every match.

use rolecall::scim::{
    ResourceType,
    filter::{Filter, Literals, MAX_LENGTH, MAX_TERMS},
};

use super::{assert_fit, samples, types};

pub(super) fn body(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for scope in [Some(ResourceType::User), Some(ResourceType::Group), None] {
        for literals in [Literals::Quoted, Literals::BareWords] {
            match Filter::parse(&text, scope, literals) {
                Ok(filter) => check(&filter, &text, scope, literals),
                Err(refusal) => assert_fit(&refusal),
            }
        }
    }
}

fn check(filter: &Filter, text: &str, scope: Option<ResourceType>, literals: Literals) {
    assert!(filter.terms() <= MAX_TERMS);
    assert_printable(filter, scope);
    let opposite = Filter::parse(&format!("not ({text})"), scope, literals);
    for resource in types() {
        for document in samples(resource) {
            let matches = filter.matches(&document);
            if let Ok(opposite) = &opposite {
                assert_ne!(matches, opposite.matches(&document), "{text}");
            }
            if !matches {
                continue;
            }
            for (path, value) in filter.required_equalities() {
                let value = serde_json::Value::from(value);
                let required = format!("{path} eq {value}");
                if required.len() <= MAX_LENGTH {
                    let required = Filter::parse(&required, scope, Literals::Quoted);
                    let required = required.expect("an equality is a filter");
                    assert!(required.matches(&document), "{text} requires {required}");
                }
            }
        }
    }
}

fn assert_printable(filter: &Filter, scope: Option<ResourceType>) {
    let printed = filter.to_string();
    if printed.len() > MAX_LENGTH || is_value_path_below_all(&printed) {
        return;
    }
    let again = Filter::parse(&printed, scope, Literals::Quoted);
    let again = again.unwrap_or_else(|refusal| panic!("{printed}: {refusal}"));
    assert_eq!(*filter, again, "{printed}");
    assert_eq!(printed, again.to_string());
}

/// `emails[a or b].value eq "x"` is printed as `emails[(a or b) and …]`, one level deeper.
fn is_value_path_below_all(printed: &str) -> bool {
    let mut depth = 0_usize;
    let mut deepest = 0;
    let mut in_text = false;
    let mut escaped = false;
    for character in printed.chars() {
        match character {
            _ if escaped => escaped = false,
            '\\' if in_text => escaped = true,
            '"' => in_text = !in_text,
            '(' if !in_text => depth += 1,
            ')' if !in_text => depth -= 1,
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest > rolecall::scim::filter::MAX_DEPTH
}
