//! A user's attributes, as they are stored.

use std::{
    fmt,
    ops::Deref,
    sync::{Arc, OnceLock},
};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error as _, MapAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::scim::Document;

/// Attributes: of a stored row their JSON, which becomes values only when someone looks at one. Most
/// rows are read to be shown, and the JSON is that already. Shared by all copies of a row: a change puts
/// others in their place.
#[derive(Clone, Default)]
pub struct Attributes(Arc<Held>);

#[derive(Clone, Default)]
struct Held {
    /// Their JSON, where it was stored and has not been changed since.
    stored: Option<Box<RawValue>>,
    values: OnceLock<Document>,
}

/// One attribute's value, to be written.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Attribute<'a> {
    /// As it is stored.
    Stored(&'a RawValue),
    /// As a value.
    Value(&'a serde_json::Value),
}

impl Attributes {
    /// Those that are stored as this JSON; `None` where it is no object.
    pub fn stored(json: &str) -> Option<Self> {
        let json = json.starts_with('{').then(|| json.to_owned())?;
        Some(Self::of_json(RawValue::from_string(json).ok()?))
    }

    fn of_json(json: Box<RawValue>) -> Self {
        Self(Arc::new(Held {
            stored: Some(json),
            values: OnceLock::new(),
        }))
    }

    /// About how many bytes their JSON has.
    pub fn bytes(&self) -> usize {
        /// Where they were not stored yet.
        const USUAL: usize = 512;
        self.0
            .stored
            .as_ref()
            .map_or(USUAL, |json| json.get().len())
    }

    /// Each attribute with its name, to be written.
    pub fn to_write(&self) -> Vec<(&str, Attribute<'_>)> {
        let stored = self.0.stored.as_deref();
        if let Some(Members(members)) =
            stored.and_then(|json| serde_json::from_str(json.get()).ok())
        {
            return members;
        }
        let values = self.iter();
        values
            .map(|(name, value)| (name.as_str(), Attribute::Value(value)))
            .collect()
    }
}

impl Deref for Attributes {
    type Target = Document;

    fn deref(&self) -> &Document {
        self.0.values.get_or_init(|| {
            // It was a document when it was stored, and is JSON still: that was seen as it was read.
            let stored = self.0.stored.as_deref();
            let read = stored.and_then(|json| serde_json::from_str(json.get()).ok());
            read.unwrap_or_default()
        })
    }
}

impl From<Document> for Attributes {
    fn from(values: Document) -> Self {
        Self(Arc::new(Held {
            stored: None,
            values: values.into(),
        }))
    }
}

impl From<Attributes> for Document {
    fn from(attributes: Attributes) -> Self {
        let _ = &*attributes;
        let held = Arc::unwrap_or_clone(attributes.0);
        held.values.into_inner().unwrap_or_default()
    }
}

impl fmt::Debug for Attributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl PartialEq for Attributes {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || **self == **other
    }
}

impl Serialize for Attributes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0.stored {
            Some(json) => json.serialize(serializer),
            None => (**self).serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Attributes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Box::<RawValue>::deserialize(deserializer)?;
        if !json.get().starts_with('{') {
            return Err(D::Error::custom("attributes are no object"));
        }
        Ok(Self::of_json(json))
    }
}

/// The members of an object in their order, each value as it stands there.
struct Members<'a>(Vec<(&'a str, Attribute<'a>)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Self(Vec::with_capacity(12)))
    }
}

impl<'de: 'a, 'a> Visitor<'de> for Members<'a> {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object whose names need no escapes")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self, A::Error> {
        while let Some((name, value)) = map.next_entry()? {
            self.0.push((name, Attribute::Stored(value)));
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn written(attributes: &Attributes) -> String {
        let members = attributes.to_write().into_iter();
        let members = members.map(|(name, value)| {
            let value = serde_json::to_string(&value).expect("JSON");
            format!("{name}={value}")
        });
        members.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_was_stored_is_what_it_was() {
        let value = json!({"name": {"givenName": "Änn"}, "emails": [{"value": "a\"b"}], "n": 1.5});
        let made = Attributes::from(value.as_object().expect("an object").clone());
        let json = serde_json::to_string(&made).expect("JSON");
        let stored: Attributes = serde_json::from_str(&json).expect("attributes");
        assert_eq!(written(&stored), written(&made));
        assert_eq!(stored, made);
        assert_eq!(Document::from(stored.clone()), Document::from(made.clone()));
        assert_eq!(stored["name"]["givenName"], "Änn");
        assert_eq!(serde_json::to_string(&stored).expect("JSON"), json);
        let again: Attributes = serde_json::from_value(value).expect("attributes");
        assert_eq!(again, made);
    }

    #[test]
    fn a_name_with_an_escape_is_read_as_a_value() {
        let stored: Attributes = serde_json::from_str(r#"{"a\"b":1}"#).expect("attributes");
        assert_eq!(written(&stored), "a\"b=1");
        assert_eq!(written(&Attributes::default()), "");
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for json in ["[]", "1", "null", "{", "{\"a\"}"] {
            assert!(serde_json::from_str::<Attributes>(json).is_err(), "{json}");
        }
    }
}
