//! What an event tells of what was, and of what is.

use std::{
    fmt,
    ops::Deref,
    sync::{Arc, OnceLock},
};

use serde::{Deserialize, Deserializer, Serialize, Serializer, ser::SerializeMap as _};
use serde_json::{Value, json};

use super::{id::UserId, membership::Origin, user::User, user_facts::UserFacts};

/// The name of the member that holds a role's members.
const MEMBERS: &str = "members";

/// What was or is, as far as it changed; `null` where there was or is nothing. A whole user becomes values only
/// when someone looks at one, and so do a role's members, which may be many thousands, and take ten times as much
/// as values. Shared by all copies.
#[derive(Clone)]
pub struct Facts {
    made: Option<Made>,
    values: OnceLock<Arc<Value>>,
}

/// What facts are made of, where they were not read.
#[derive(Clone)]
enum Made {
    Members(Arc<Vec<MemberFact>>),
    User(Arc<User>),
}

/// A member that came, went or moved, named so that the journal can be read when it is long gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MemberFact {
    /// Who.
    pub id: UserId,
    /// By that name at that moment.
    pub user_name: Box<str>,
    /// Put there by which side.
    pub origin: Origin,
}

impl Facts {
    /// These members and nothing else; of none, nothing.
    pub fn of_members(members: Vec<MemberFact>) -> Self {
        if members.is_empty() {
            return Value::Null.into();
        }
        Self::made(Made::Members(Arc::new(members)))
    }

    /// The whole of a user but its id and the times, which the journal has anyway.
    pub fn of_user(user: User) -> Self {
        Self::made(Made::User(Arc::new(user)))
    }

    fn made(made: Made) -> Self {
        Self {
            made: Some(made),
            values: OnceLock::new(),
        }
    }

    /// The members, where they were made as such and not read.
    pub fn members(&self) -> Option<&[MemberFact]> {
        match &self.made {
            Some(Made::Members(members)) => Some(members),
            _ => None,
        }
    }

    /// How many there are in the array of this name.
    pub fn count(&self, name: &str) -> usize {
        match self.members() {
            Some(members) if name == MEMBERS => members.len(),
            Some(_) => 0,
            None => {
                let array = self.get(name).and_then(Value::as_array);
                array.map_or(0, Vec::len)
            }
        }
    }
}

impl Deref for Facts {
    type Target = Value;

    fn deref(&self) -> &Value {
        self.values.get_or_init(|| {
            let values = match &self.made {
                Some(Made::Members(members)) => json!({ MEMBERS: **members }),
                Some(Made::User(user)) => UserFacts::of(user).to_document().into(),
                None => Value::Null,
            };
            values.into()
        })
    }
}

impl From<Value> for Facts {
    fn from(values: Value) -> Self {
        Self {
            made: None,
            values: Arc::new(values).into(),
        }
    }
}

impl From<Facts> for Value {
    fn from(facts: Facts) -> Self {
        let _ = &*facts;
        let values = facts.values.into_inner();
        values.map(Arc::unwrap_or_clone).unwrap_or_default()
    }
}

impl fmt::Debug for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl PartialEq for Facts {
    fn eq(&self, other: &Self) -> bool {
        match (self.members(), other.members()) {
            (Some(own), Some(others)) => own == others,
            _ => **self == **other,
        }
    }
}

impl PartialEq<Value> for Facts {
    fn eq(&self, other: &Value) -> bool {
        **self == *other
    }
}

impl Serialize for Facts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.made {
            Some(Made::Members(members)) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry(MEMBERS, &**members)?;
                map.end()
            }
            Some(Made::User(user)) => UserFacts::of(user).serialize(serializer),
            None => (**self).serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Facts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn two() -> Facts {
        let member = |number, origin| MemberFact {
            id: UserId(Uuid::from_u128(number)),
            user_name: format!("user{number}@x.io").into(),
            origin,
        };
        Facts::of_members(vec![member(1, Origin::Provider), member(2, Origin::Local)])
    }

    #[test]
    fn members_are_the_same_made_and_read() {
        let values = json!({"members": [
            {
                "id": "00000000-0000-0000-0000-000000000001",
                "user_name": "user1@x.io",
                "origin": "provider",
            },
            {
                "id": "00000000-0000-0000-0000-000000000002",
                "user_name": "user2@x.io",
                "origin": "local",
            },
        ]});
        let json = serde_json::to_string(&two()).expect("JSON");
        assert_eq!(json, values.to_string(), "as it has always been kept");
        let read: Facts = serde_json::from_str(&json).expect("facts");
        assert_eq!(read.members(), None);
        assert_eq!((&read, &two()), (&two(), &read));
        assert_eq!(two(), values);
        assert_eq!(Value::from(two()), values);
        for facts in [two(), read] {
            assert_eq!((facts.count("members"), facts.count("unknown")), (2, 0));
            assert_eq!(facts["members"][1]["origin"], "local");
        }
    }

    #[test]
    fn counting_makes_no_values() {
        let facts = two();
        assert_eq!(facts.count("members"), 2);
        assert!(facts.values.get().is_none());
    }

    #[test]
    fn writing_a_user_makes_no_values() {
        let user = crate::directory::user_facts::tests::user();
        let facts = Facts::of_user(user);
        let json = serde_json::to_string(&facts).expect("JSON");
        assert!(facts.values.get().is_none());
        assert_eq!(json, facts.to_string());
    }

    #[test]
    fn what_is_no_list_of_members_is_what_it_was() {
        assert_eq!(Facts::of_members(Vec::new()), Value::Null);
        let facts = Facts::from(json!({"unknown": ["a", "b", "c"], "n": 1}));
        assert_eq!((facts.count("unknown"), facts.count("n")), (3, 0));
        let json = serde_json::to_string(&facts).expect("JSON");
        assert_eq!(json, r#"{"unknown":["a","b","c"],"n":1}"#);
    }
}
