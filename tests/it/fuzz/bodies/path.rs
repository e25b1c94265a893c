//! Attribute paths, alone and as PATCH has them: the canonical form of each is read as the same.

use rolecall::scim::{
    Dialect, Document, ResourceType,
    patch::{Patch, Target},
    path::{AttributePath, Resolved, resolve, resolve_anywhere},
};
use serde_json::json;

use super::{LONGEST_REFUSAL, assert_fit, types};

pub(super) fn body(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for scope in [Some(ResourceType::User), Some(ResourceType::Group), None] {
        match resolve(&text, scope) {
            Ok(found) => {
                let printed = printed(&found);
                assert_eq!(resolve(&printed, scope), Ok(found), "{printed}");
                assert_eq!(resolve_anywhere(&text, scope), Ok(found));
            }
            Err(unresolved) => {
                let said = unresolved.to_string();
                assert!(said.chars().count() <= LONGEST_REFUSAL, "{said}");
            }
        }
    }
    for resource in types() {
        for dialect in [Dialect::STRICT, Dialect::LENIENT] {
            in_patch(&text, resource, dialect);
        }
    }
}

fn printed(found: &Resolved) -> String {
    match found {
        Resolved::Attribute(path) => path.to_string(),
        Resolved::Extension(schema) => schema.id.clone(),
        Resolved::Core => ResourceType::User.schema().id.clone(),
    }
}

fn in_patch(text: &str, resource: ResourceType, dialect: Dialect) {
    let removal = |path: &str| {
        let operations = json!([{"op": "remove", "path": path}]);
        let body = Document::from_iter([("Operations".to_owned(), operations)]);
        Patch::parse(resource, &body, dialect)
    };
    let parsed = match removal(text) {
        Ok(parsed) => parsed,
        Err(refusal) => return assert_fit(&refusal),
    };
    let [operation] = parsed.attributes.as_slice() else {
        return;
    };
    let canonical = match &operation.target {
        Target::Attribute(path) => path.to_string(),
        Target::Extension(schema) => schema.id.clone(),
        Target::Values { path, filter } => {
            let list = AttributePath { sub: None, ..*path };
            let part = path.sub.map(|sub| format!(".{}", sub.name));
            format!("{list}[{filter}]{}", part.unwrap_or_default())
        }
    };
    let short = canonical.len() <= rolecall::scim::filter::MAX_LENGTH;
    if short {
        assert_eq!(removal(&canonical), Ok(parsed), "{canonical}");
    }
}
