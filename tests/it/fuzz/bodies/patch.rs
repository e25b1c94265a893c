//! PATCH bodies, tried on users and groups.

use rolecall::scim::{
    Dialect, Document, ResourceType, ScimError, body,
    patch::{MAX_RESOURCE_BYTES, Patch, Target},
    resource::{
        GroupAttributes, MAX_MEMBERS, UserAttributes,
        value::{MAX_STRING_BYTES, bytes_of_members},
    },
};

use super::{assert_fit, samples, types};

pub(super) fn body(bytes: &[u8]) {
    let document = match body::parse_body(bytes, body::MAX_DEPTH) {
        Ok(document) => document,
        Err(refusal) => return assert_fit(&refusal),
    };
    for resource in types() {
        let strict = Patch::parse(resource, &document, Dialect::STRICT);
        let lenient = Patch::parse(resource, &document, Dialect::LENIENT);
        match (&strict, &lenient) {
            (Ok(strict), lenient) => assert_eq!(Ok(strict), lenient.as_ref()),
            (Err(refusal), _) => assert_fit(refusal),
        }
        match lenient {
            Ok(patch) => tried(resource, &patch),
            Err(refusal) => assert_fit(&refusal),
        }
    }
}

fn tried(resource: ResourceType, patch: &Patch) {
    assert!(patch.named_members() <= MAX_MEMBERS);
    for before in samples(resource) {
        if let Err(refusal) = patch.check_echoes(&before) {
            assert_fit(&refusal);
        }
        let mut after = before.clone();
        if let Err(refusal) = patch.apply(&mut after) {
            assert_fit(&refusal);
            assert_eq!(before, after, "a failed PATCH changes nothing");
            continue;
        }
        assert!(bytes_of_members(&after) <= MAX_RESOURCE_BYTES + MAX_STRING_BYTES);
        let Ok(kept) = normal(resource, &after).map_err(|refusal| assert_fit(&refusal)) else {
            continue;
        };
        if is_repeatable(patch) {
            let mut again = after.clone();
            patch.apply(&mut again).expect("what was done once");
            assert_eq!(after, again, "done twice");
            assert_eq!(normal(resource, &again), Ok(kept));
        }
    }
}

/// Whether doing it twice must be as doing it once: one operation that does not depend on what it
/// changes. (`emails[type eq "work"].type` = `home` leaves nothing for the second.)
fn is_repeatable(patch: &Patch) -> bool {
    match patch.attributes.as_slice() {
        [one] => !matches!(one.target, Target::Values { .. }),
        _ => false,
    }
}

fn normal(resource: ResourceType, document: &Document) -> Result<Document, ScimError> {
    Ok(match resource {
        ResourceType::User => UserAttributes::from_document(document)?.to_document(),
        ResourceType::Group => GroupAttributes::from_document(document)?.to_document(),
    })
}
