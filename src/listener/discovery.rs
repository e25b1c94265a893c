//! `/ServiceProviderConfig`, `/ResourceTypes` and `/Schemas` (RFC 7644 §4).

use serde_json::Value;

use super::{
    answer::{Answer, Refused},
    call::{Asked, Asking},
    route::{Route, shortened},
    told::Told,
};
use crate::scim::{
    ScimError,
    discovery::{self, AnnouncedLimits},
    list::{ListResponse, PagePosition},
};

/// A read of what the server says about itself.
pub(super) fn answer(asking: &Asking, route: &Route, asked: &Asked) -> Result<Answer, Refused> {
    if has_filter(&asked.query) {
        return Err(ScimError::new(
            403,
            "This endpoint cannot be filtered (RFC 7644 section 4); read it without \"filter\".",
        )
        .into());
    }
    let base = &*asking.base_url;
    match route {
        Route::ResourceTypes(None) => all("resource types", &discovery::resource_types(base)),
        Route::ResourceTypes(Some(name)) => one(
            "resource type",
            name,
            discovery::resource_type_named(base, name),
        ),
        Route::Schemas(None) => all("schemas", &discovery::schemas(base)),
        Route::Schemas(Some(urn)) => one("schema", urn, discovery::schema_with_urn(base, urn)),
        _ => {
            let config = discovery::service_provider_config(base, &announced(asking));
            Ok(Answer::new(200, config).telling(Told::words("service provider config read")))
        }
    }
}

/// The limits as they are, so that what is announced is what is done.
fn announced(asking: &Asking) -> AnnouncedLimits {
    let limits = &asking.edge.options.limits;
    AnnouncedLimits {
        bulk_operations: limits.bulk_operations,
        bulk_payload_bytes: limits.bulk_bytes,
        page_maximum: limits.page_size,
        page_default: limits.page_default.min(limits.page_size),
        cursor_seconds: None,
    }
}

fn has_filter(query: &str) -> bool {
    form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name.eq_ignore_ascii_case("filter"))
}

fn all(noun: &str, resources: &[Value]) -> Result<Answer, Refused> {
    let total = resources.len() as u64;
    let resources = resources.iter().map(Value::to_string).collect();
    let page = ListResponse::new(resources, total, PagePosition::Index(1));
    Ok(Answer::list(page)?.telling(Told::words(format!("{noun} read"))))
}

fn one(noun: &str, name: &str, found: Option<Value>) -> Result<Answer, Refused> {
    let name = shortened(name);
    match found {
        Some(resource) => {
            Ok(Answer::new(200, resource).telling(Told::words(format!("{noun} {name} read"))))
        }
        None => Err(ScimError::new(404, format!("There is no {noun} {name:?} here.")).into()),
    }
}
