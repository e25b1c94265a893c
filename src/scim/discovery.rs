//! What the server says about itself: `/ServiceProviderConfig`, `/ResourceTypes` and `/Schemas`
//! (RFC 7643 §5, §6, §7; RFC 9865 §4).

use serde_json::{Value, json};

use super::schema::{self, ResourceType};

/// The schema URN of the service provider's configuration.
pub const SERVICE_PROVIDER_CONFIG_SCHEMA: &str =
    "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";

/// The schema URN of a resource type.
pub const RESOURCE_TYPE_SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";

/// The limits that `/ServiceProviderConfig` announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnnouncedLimits {
    /// The most operations in one bulk request.
    pub bulk_operations: usize,
    /// The largest bulk request, in bytes.
    pub bulk_payload_bytes: usize,
    /// The most resources in one answer, and the largest page.
    pub page_maximum: usize,
    /// The page size when a request asks for none.
    pub page_default: usize,
    /// How long a cursor stays valid, in seconds; `None` if it does not expire.
    pub cursor_seconds: Option<u64>,
}

/// `/ServiceProviderConfig`. `base_url` is the root of the SCIM endpoints, without trailing slash.
pub fn service_provider_config(base_url: &str, limits: &AnnouncedLimits) -> Value {
    let mut pagination = json!({
        "cursor": true,
        "index": true,
        "defaultPaginationMethod": "index",
        "defaultPageSize": limits.page_default,
        "maxPageSize": limits.page_maximum,
    });
    if let Some(seconds) = limits.cursor_seconds {
        pagination["cursorTimeout"] = seconds.into();
    }
    json!({
        "schemas": [SERVICE_PROVIDER_CONFIG_SCHEMA],
        "patch": {"supported": true},
        "bulk": {
            "supported": true,
            "maxOperations": limits.bulk_operations,
            "maxPayloadSize": limits.bulk_payload_bytes,
        },
        "filter": {"supported": true, "maxResults": limits.page_maximum},
        "changePassword": {"supported": false},
        "sort": {"supported": true},
        "etag": {"supported": true},
        "pagination": pagination,
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "Bearer token",
            "description": "A token made by the operator, sent as \"Authorization: Bearer …\".",
            "specUri": "https://www.rfc-editor.org/rfc/rfc6750",
            "primary": true,
        }],
        "meta": {
            "resourceType": "ServiceProviderConfig",
            "location": format!("{base_url}/ServiceProviderConfig"),
        },
    })
}

/// Every resource of `/ResourceTypes`.
pub fn resource_types(base_url: &str) -> Vec<Value> {
    ResourceType::ALL
        .iter()
        .map(|&resource| resource_type(base_url, resource))
        .collect()
}

/// One resource of `/ResourceTypes`, by its name in any case.
pub fn resource_type_named(base_url: &str, name: &str) -> Option<Value> {
    ResourceType::ALL
        .iter()
        .find(|resource| resource.name().eq_ignore_ascii_case(name))
        .map(|&resource| resource_type(base_url, resource))
}

fn resource_type(base_url: &str, resource: ResourceType) -> Value {
    let extensions: Vec<_> = resource
        .extensions()
        .iter()
        .map(|schema| json!({"schema": schema.id, "required": false}))
        .collect();
    let name = resource.name();
    json!({
        "schemas": [RESOURCE_TYPE_SCHEMA],
        "id": name,
        "name": name,
        "endpoint": resource.endpoint(),
        "description": resource.schema().description,
        "schema": resource.schema().id,
        "schemaExtensions": extensions,
        "meta": {
            "resourceType": "ResourceType",
            "location": format!("{base_url}/ResourceTypes/{name}"),
        },
    })
}

/// Every resource of `/Schemas`.
pub fn schemas(base_url: &str) -> Vec<Value> {
    schema::schemas()
        .map(|(urn, document)| with_location(base_url, urn, document))
        .collect()
}

/// One resource of `/Schemas`, by its URN in any case.
pub fn schema_with_urn(base_url: &str, urn: &str) -> Option<Value> {
    schema::schemas()
        .find(|(known, _)| known.eq_ignore_ascii_case(urn))
        .map(|(known, document)| with_location(base_url, known, document))
}

fn with_location(base_url: &str, urn: &str, document: &Value) -> Value {
    let mut document = document.clone();
    document["meta"] = json!({
        "resourceType": "Schema",
        "location": format!("{base_url}/Schemas/{urn}"),
    });
    document
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::schema::{CORE_GROUP, CORE_USER, ENTERPRISE_USER, STRONGDM_USER};

    const BASE: &str = "https://scim.example.com/scim/v2";

    #[test]
    fn the_alias_extension_is_announced() {
        let types = resource_types(BASE);
        assert_eq!(types[0]["schema"], CORE_USER);
        assert_eq!(types[0]["schemaExtensions"][1]["schema"], STRONGDM_USER);
        assert_eq!(types[1]["endpoint"], "/Groups");
        let schema = schema_with_urn(BASE, STRONGDM_USER).expect("known");
        assert_eq!(schema["attributes"][0]["name"], "identityAliases");
        assert_eq!(
            schema["meta"]["location"],
            format!("{BASE}/Schemas/{STRONGDM_USER}")
        );
        assert!(schema_with_urn(BASE, "urn:x").is_none());
    }

    #[test]
    fn each_is_found_by_its_own_name() {
        for resource in resource_types(BASE) {
            let name = resource["name"].as_str().expect("a name");
            assert_eq!(
                resource["meta"]["location"],
                format!("{BASE}/ResourceTypes/{name}")
            );
            for written in [name.to_owned(), name.to_lowercase()] {
                assert_eq!(
                    resource_type_named(BASE, &written).as_ref(),
                    Some(&resource)
                );
            }
        }
        assert!(resource_type_named(BASE, "Device").is_none());

        let listed = schemas(BASE);
        let ids: Vec<_> = listed
            .iter()
            .filter_map(|schema| schema["id"].as_str())
            .collect();
        assert_eq!(ids, [CORE_USER, CORE_GROUP, ENTERPRISE_USER, STRONGDM_USER]);
        for schema in &listed {
            let urn = schema["id"].as_str().expect("an id").to_uppercase();
            assert_eq!(schema_with_urn(BASE, &urn).as_ref(), Some(schema));
        }
    }

    #[test]
    fn limits_are_announced_as_integers() {
        let config = service_provider_config(
            BASE,
            &AnnouncedLimits {
                bulk_operations: 100,
                bulk_payload_bytes: 1_000_000,
                page_maximum: 200,
                page_default: 100,
                cursor_seconds: Some(600),
            },
        );
        assert_eq!(config["bulk"]["maxOperations"], 100);
        assert_eq!(config["filter"]["maxResults"], 200);
        assert_eq!(config["pagination"]["cursorTimeout"], 600);
    }
}
