//! The tables as rows: a snapshot, or a transaction that sees its own changes.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, HashMap},
};

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use tokio_postgres::{Row, types::FromSql};
use uuid::Uuid;

use super::{
    known::Known,
    link::{Link, Step, Value, step},
    pending::Pending,
};
use crate::{
    directory::{
        Hold, Origin, Provider, ProviderRecord, Read, ReadError, Role, RoleId, User, UserId,
    },
    scim::{ResourceType, resource::in_schema_order},
    store::{Newest, StoreError, Totals},
};

/// A transaction with what it knows and what it has changed.
pub(super) struct Rows {
    pub(super) link: Link,
    pub(super) known: RefCell<Known>,
    pub(super) pending: RefCell<Pending>,
    /// What this process is called.
    pub(super) node: String,
    /// Only of one that changes something.
    pub(super) newest: Cell<Option<Newest>>,
    /// As of which journal entry the blocks count, where that is not the newest.
    pub(super) counted_to: Cell<Option<i64>>,
}

/// Users with the pairs of role and origin that they are in, and the rest of the statement.
macro_rules! users {
    ($rest:literal) => {
        concat!(
            "SELECT to_json(u)::text, (SELECT json_agg(json_build_array(m.role_id, m.origin)) ",
            "FROM rolecall.memberships m WHERE m.user_id = u.id)::text FROM rolecall.users u ",
            $rest
        )
    };
}
pub(super) use users;

impl Rows {
    /// Over a transaction that has not begun.
    pub(super) fn over(link: Link, node: &str) -> Self {
        Self {
            link,
            node: node.to_owned(),
            known: RefCell::default(),
            pending: RefCell::default(),
            newest: Cell::default(),
            counted_to: Cell::default(),
        }
    }

    /// Sends what was changed, so that the database finds it, too.
    pub(super) fn settle(&self) -> Result<(), StoreError> {
        if self.pending.borrow().is_empty() {
            return Ok(());
        }
        let steps = self.pending.borrow_mut().take_steps()?;
        self.link.all(steps).map(drop)
    }

    /// The rows of a statement that looks at more than single rows.
    pub(super) fn ask(&self, sql: &'static str, values: Vec<Value>) -> Read<Vec<Row>> {
        self.settle().map_err(|error| unread(&error))?;
        self.link.rows(sql, values).map_err(|error| unread(&error))
    }

    /// What each row of such a statement holds as JSON.
    pub(super) fn parsed<T: DeserializeOwned>(
        &self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Read<Vec<T>> {
        let rows = self.ask(sql, values)?;
        rows.iter().map(|row| json(row, 0)).collect()
    }

    /// What the first row of such a statement holds as JSON.
    pub(super) fn one<T: DeserializeOwned>(
        &self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Read<Option<T>> {
        Ok(self.parsed(sql, values)?.into_iter().next())
    }

    /// The ids that such a statement gives.
    pub(super) fn ids<Id: From<Uuid>>(
        &self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Read<Vec<Id>> {
        let rows = self.ask(sql, values)?;
        rows.iter().map(|row| Ok(Id::from(cell(row, 0)?))).collect()
    }

    /// Several statements in one round trip.
    pub(super) fn each(&self, steps: Vec<Step>) -> Read<Vec<Vec<Row>>> {
        self.link.all(steps).map_err(|error| unread(&error))
    }

    /// The totals by now.
    pub(super) fn totals_by_now(&self) -> Read<Totals> {
        if let Some(totals) = &self.known.borrow().totals {
            return Ok(totals.clone());
        }
        let sql = "SELECT totals::text FROM rolecall.head WHERE single";
        let steps = vec![step(sql, Vec::new())];
        let found = self.each(steps)?;
        let row = found.first().and_then(|rows| rows.first());
        let totals: Option<Totals> = match row {
            Some(row) => optional_json(row, 0)?,
            None => None,
        };
        let totals = totals.unwrap_or_default();
        self.known.borrow_mut().totals = Some(totals.clone());
        Ok(totals)
    }

    /// Takes in users as [`users!`] selects them.
    pub(super) fn note_users(&self, rows: &[Row]) -> Read<Vec<UserId>> {
        let mut known = self.known.borrow_mut();
        let mut ids = Vec::with_capacity(rows.len());
        for row in rows {
            let mut user: User = json(row, 0)?;
            user.attributes = in_schema_order(ResourceType::User, user.attributes.into()).into();
            let pairs: Option<Vec<(RoleId, Origin)>> = optional_json(row, 1)?;
            let memberships: BTreeMap<RoleId, Origin> =
                pairs.unwrap_or_default().into_iter().collect();
            ids.push(user.id);
            known.memberships_of.insert(user.id, memberships);
            let name = crate::directory::fold(&user.user_name);
            known.user_names.insert(name, Some(user.id));
            known.users.insert(user.id, Some(user));
        }
        Ok(ids)
    }

    /// Takes in roles.
    pub(super) fn note_roles(&self, rows: &[Row]) -> Read<()> {
        let mut known = self.known.borrow_mut();
        for row in rows {
            let role = role(row)?;
            let name = crate::directory::fold(&role.display_name);
            known.role_names.insert(name, Some(role.id));
            known.roles.insert(role.id, Some(role));
        }
        Ok(())
    }

    /// Takes in the providers.
    pub(super) fn note_providers(&self, rows: &[Row]) -> Read<()> {
        let records: Vec<ProviderRecord> = all_json(rows)?;
        let all: HashMap<Provider, ProviderRecord> = records
            .into_iter()
            .map(|record| (record.provider, record))
            .collect();
        self.known.borrow_mut().providers = Some(all);
        Ok(())
    }

    /// Takes in the holds that have not ended.
    pub(super) fn note_live_holds(&self, rows: &[Row]) -> Read<()> {
        let holds: Vec<Hold> = all_json(rows)?;
        let live = holds
            .into_iter()
            .map(|hold| (hold.provider, hold))
            .collect();
        self.known.borrow_mut().live_holds = Some(live);
        Ok(())
    }

    /// Takes in the time of each provider's oldest departure.
    pub(super) fn note_oldest_departures(&self, rows: &[Row]) -> Read<()> {
        let pairs: Vec<(Provider, Timestamp)> = all_json(rows)?;
        self.known.borrow_mut().oldest_departures = Some(pairs.into_iter().collect());
        Ok(())
    }
}

/// A role as it was before the database brought its attributes into an order of its own.
pub(super) fn role(row: &Row) -> Read<Role> {
    let mut role: Role = json(row, 0)?;
    role.attributes = in_schema_order(ResourceType::Group, role.attributes);
    Ok(role)
}

/// Every provider's record.
pub(super) const PROVIDERS: &str = "SELECT to_json(p)::text FROM rolecall.providers p";
/// The holds that have not ended.
pub(super) const LIVE_HOLDS: &str =
    "SELECT to_json(h)::text FROM rolecall.holds h WHERE ended IS NULL";
/// The time of each provider's oldest departure. Each is one look into the index, however many there are.
const OLDEST_DEPARTURES: &str = "SELECT json_build_array(name, at)::text \
    FROM unnest($1::text[]) name CROSS JOIN LATERAL (SELECT at FROM rolecall.departures \
    WHERE provider = name ORDER BY at, user_id LIMIT 1) oldest";

/// Asks for the time of each provider's oldest departure.
pub(super) fn oldest_departures() -> Step {
    let providers: Vec<&str> = Provider::ALL
        .iter()
        .map(|provider| provider.as_str())
        .collect();
    step(OLDEST_DEPARTURES, vec![Box::new(providers)])
}

/// A statement with one list of ids.
pub(super) fn by_ids(sql: &'static str, ids: Vec<Uuid>) -> Step {
    step(sql, vec![Box::new(ids)])
}

/// The value in a place of a row.
pub(super) fn cell<'r, T: FromSql<'r>>(row: &'r Row, place: usize) -> Read<T> {
    row.try_get(place)
        .map_err(|error| ReadError(format!("a row is not as expected: {error}")))
}

/// What a place of a row holds as JSON.
pub(super) fn json<T: DeserializeOwned>(row: &Row, place: usize) -> Read<T> {
    parse(cell(row, place)?)
}

/// As [`json`]; `None` where there is nothing.
pub(super) fn optional_json<T: DeserializeOwned>(row: &Row, place: usize) -> Read<Option<T>> {
    cell::<Option<&str>>(row, place)?.map(parse).transpose()
}

/// What the first place of each row holds as JSON.
pub(super) fn all_json<T: DeserializeOwned>(rows: &[Row]) -> Read<Vec<T>> {
    rows.iter().map(|row| json(row, 0)).collect()
}

fn parse<T: DeserializeOwned>(text: &str) -> Read<T> {
    serde_json::from_str(text).map_err(|error| ReadError(format!("a row is damaged: {error}")))
}

/// A moment as the database takes it, with what lies outside its times brought to their ends.
pub(super) fn moment(moment: Timestamp) -> String {
    if moment == Timestamp::MAX {
        "infinity".to_owned()
    } else if moment == Timestamp::MIN {
        "-infinity".to_owned()
    } else {
        moment.to_string()
    }
}

/// A number of rows as the database takes it.
pub(super) fn count(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// A number of the directory as the database takes it.
pub(super) fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A number of the database as the directory takes it.
pub(super) fn natural(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

pub(super) fn unread(error: &StoreError) -> ReadError {
    ReadError(match error {
        StoreError::Failed(why) => why.clone(),
        other => other.to_string(),
    })
}
