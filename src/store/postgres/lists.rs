//! Reading: pages and lists.

use std::sync::LazyLock;

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    blocks::{self, Blocks},
    link::Value,
    read::ROLES_OF_USERS_BY_ID,
    rows::{Rows, by_ids, cell, count, natural, number, role, users},
    table::key,
};
use crate::{
    directory::{
        Conflict, ConflictId, JournalEntry, Provider, Read, Role, RoleId, TokenId, User, UserId,
        fold,
    },
    store::{Snapshot, Start, Totals, Visible},
};

/// The users that are visible, from a place on, from the index alone. $3 is how many, $4 the provider.
macro_rules! visible_users {
    () => {
        "(SELECT id FROM ( \
         (SELECT id FROM rolecall.users WHERE kind = 'person' AND managed_by = 'local' \
         AND id >= (SELECT at FROM place) ORDER BY id LIMIT (SELECT skip FROM place) + $3) UNION ALL \
         (SELECT id FROM rolecall.users WHERE kind = 'person' AND managed_by = $4 \
         AND id >= (SELECT at FROM place) ORDER BY id LIMIT (SELECT skip FROM place) + $3)) listed \
         ORDER BY id OFFSET (SELECT skip FROM place) LIMIT $3)"
    };
}
macro_rules! all_users {
    () => {
        "(SELECT id FROM rolecall.users WHERE id >= (SELECT at FROM place) \
         ORDER BY id OFFSET (SELECT skip FROM place) LIMIT $3)"
    };
}
pub(super) use {all_users, visible_users};

const VISIBLE_USERS: &str = concat!(
    users!("JOIN "),
    visible_users!(),
    " page ON page.id = u.id ORDER BY u.id"
);
const ALL_USERS: &str = concat!(
    users!("JOIN "),
    all_users!(),
    " page ON page.id = u.id ORDER BY u.id"
);
const VISIBLE_ROLES: &str = "SELECT to_json(r)::text FROM rolecall.roles r JOIN (SELECT id FROM ( \
    (SELECT id FROM rolecall.roles WHERE managed_by = 'local' \
    AND id >= (SELECT at FROM place) ORDER BY id LIMIT (SELECT skip FROM place) + $3) UNION ALL \
    (SELECT id FROM rolecall.roles WHERE managed_by = $4 \
    AND id >= (SELECT at FROM place) ORDER BY id LIMIT (SELECT skip FROM place) + $3)) listed \
    ORDER BY id OFFSET (SELECT skip FROM place) LIMIT $3) page ON page.id = r.id ORDER BY r.id";
const ALL_ROLES: &str = "SELECT to_json(r)::text FROM rolecall.roles r \
    JOIN (SELECT id FROM rolecall.roles WHERE id >= (SELECT at FROM place) \
    ORDER BY id OFFSET (SELECT skip FROM place) LIMIT $3) page ON page.id = r.id ORDER BY r.id";

/// A page from an id on.
const FROM: &str = "WITH place AS (SELECT $1::uuid AS at, $2::bigint AS skip) ";

/// The statements for a page of one kind, by where it starts.
pub(super) struct Pages {
    from: String,
    behind: String,
}

static PAGES_OF_USERS: LazyLock<[Pages; 2]> =
    LazyLock::new(|| pages(&blocks::USERS, [ALL_USERS, VISIBLE_USERS]));
static PAGES_OF_ROLES: LazyLock<[Pages; 2]> =
    LazyLock::new(|| pages(&blocks::ROLES, [ALL_ROLES, VISIBLE_ROLES]));

/// Of everything, and of what is visible.
pub(super) fn pages(blocks: &Blocks, lists: [&str; 2]) -> [Pages; 2] {
    lists.map(|list| Pages {
        from: format!("{FROM}{list}"),
        behind: format!("{}{list}", blocks.place),
    })
}

/// The statement for a page, with its values.
pub(super) fn page(
    pages: &'static [Pages; 2],
    visible: Visible,
    start: Start<Uuid>,
    limit: usize,
) -> (&'static str, Vec<Value>) {
    let [everything, seen] = pages;
    let (pages, provider) = match visible {
        Visible::Everything => (everything, None),
        Visible::To(provider) => (seen, Some(provider)),
    };
    let (sql, place, skip): (_, Value, _) = match start {
        Start::After(id) => {
            let next = id.as_u128().saturating_add(1);
            (&pages.from, Box::new(Uuid::from_u128(next)), 0)
        }
        Start::Offset(0) => (&pages.from, Box::new(Uuid::nil()), 0),
        Start::Offset(rows) => (
            &pages.behind,
            Box::new(blocks::lists(visible)),
            number(rows),
        ),
    };
    let mut values: Vec<Value> = vec![place, Box::new(skip), Box::new(count(limit))];
    if let Some(provider) = provider {
        values.push(Box::new(provider.as_str()));
    }
    (sql, values)
}

impl Snapshot for Rows {
    fn totals(&self) -> Read<Totals> {
        self.totals_by_now()
    }

    fn users(&self, visible: Visible, start: Start<UserId>, limit: usize) -> Read<Vec<User>> {
        let ahead = self.known.borrow_mut().take_page((visible, start, limit));
        if let Some(users) = ahead {
            return Ok(users);
        }
        let start = start.map(|id| id.0);
        let (sql, values) = page(&PAGES_OF_USERS, visible, start, limit);
        self.page_of_users(sql, values)
    }

    fn roles(&self, visible: Visible, start: Start<RoleId>, limit: usize) -> Read<Vec<Role>> {
        self.known.borrow_mut().forget_rows();
        let start = start.map(|id| id.0);
        let (sql, values) = page(&PAGES_OF_ROLES, visible, start, limit);
        let rows = self.ask(sql, values)?;
        rows.iter().map(role).collect()
    }

    fn users_by_external_id(&self, provider: Provider, external_id: &str) -> Read<Vec<UserId>> {
        let sql = "SELECT user_id FROM rolecall.user_external_ids \
                   WHERE provider = $1 AND external_id = $2 ORDER BY user_id";
        self.ids(
            sql,
            vec![Box::new(provider.as_str()), Box::new(key(external_id))],
        )
    }

    fn roles_by_external_id(&self, provider: Provider, external_id: &str) -> Read<Vec<RoleId>> {
        let sql = "SELECT role_id FROM rolecall.role_external_ids \
                   WHERE provider = $1 AND external_id = $2 ORDER BY role_id";
        self.ids(
            sql,
            vec![Box::new(provider.as_str()), Box::new(key(external_id))],
        )
    }

    fn users_by_email(&self, email: &str) -> Read<Vec<UserId>> {
        let sql = "SELECT user_id FROM rolecall.user_emails WHERE email = $1 ORDER BY user_id";
        self.ids(sql, vec![Box::new(key(&fold(email)))])
    }

    fn conflicts(
        &self,
        all: bool,
        before: Option<ConflictId>,
        limit: usize,
    ) -> Read<Vec<Conflict>> {
        let sql = if all {
            "SELECT to_json(c)::text FROM rolecall.conflicts c WHERE id < $1 ORDER BY id DESC LIMIT $2"
        } else {
            "SELECT to_json(c)::text FROM rolecall.conflicts c WHERE id < $1 AND state = 'open' \
             ORDER BY id DESC LIMIT $2"
        };
        let before = before.map_or(Uuid::max(), |id| id.0);
        self.parsed(sql, vec![Box::new(before), Box::new(count(limit))])
    }

    fn journal(&self, after: u64, limit: usize) -> Read<Vec<JournalEntry>> {
        let sql = "SELECT to_json(j)::text FROM rolecall.journal j WHERE seq > $1 \
                   ORDER BY seq LIMIT $2";
        self.parsed(sql, vec![Box::new(number(after)), Box::new(count(limit))])
    }

    fn token_use(&self, token: TokenId) -> Read<Option<(Timestamp, u64)>> {
        let sql = "SELECT json_build_array(last_used, requests)::text FROM rolecall.tokens \
                   WHERE id = $1 AND last_used IS NOT NULL";
        self.one(sql, vec![Box::new(token.0)])
    }

    fn role_push(&self, role: RoleId) -> Read<Option<Timestamp>> {
        let sql = "SELECT to_json(last_push)::text FROM rolecall.roles \
                   WHERE id = $1 AND last_push IS NOT NULL";
        self.one(sql, vec![Box::new(role.0)])
    }

    fn exchanges(&self, limit: usize, bytes: usize) -> Read<Vec<String>> {
        let sql = "SELECT exchange::text FROM ( \
                   SELECT id, exchange, sum(bytes) OVER (ORDER BY id DESC) - bytes AS before FROM ( \
                   SELECT id, exchange, bytes FROM rolecall.exchanges ORDER BY id DESC LIMIT $1) newest \
                   ) counted WHERE before <= $2::bigint ORDER BY id";
        let rows = self.ask(sql, vec![Box::new(count(limit)), Box::new(count(bytes))])?;
        rows.iter().map(|row| cell(row, 0)).collect()
    }

    fn exchanges_stored(&self, mark: u64, limit: usize) -> Read<Vec<(u64, String)>> {
        let sql = "SELECT stored, exchange::text FROM rolecall.exchanges WHERE stored > $1 \
                   ORDER BY stored LIMIT $2";
        let rows = self.ask(sql, vec![Box::new(number(mark)), Box::new(count(limit))])?;
        rows.iter()
            .map(|row| Ok((natural(cell(row, 0)?), cell(row, 1)?)))
            .collect()
    }

    fn exchange_mark(&self) -> Read<u64> {
        let rows = self.ask(
            "SELECT stored FROM rolecall.exchange_head WHERE single",
            Vec::new(),
        )?;
        rows.first().map_or(Ok(0), |row| cell(row, 0).map(natural))
    }
}

impl Rows {
    fn page_of_users(&self, sql: &'static str, values: Vec<Value>) -> Read<Vec<User>> {
        // Whoever walks through everything shall not keep it.
        self.known.borrow_mut().forget_rows();
        let rows = self.ask(sql, values)?;
        let ids = self.note_users(&rows)?;
        let steps = vec![by_ids(
            ROLES_OF_USERS_BY_ID,
            ids.iter().map(|id| id.0).collect(),
        )];
        for roles in self.each(steps)? {
            self.note_roles(&roles)?;
        }
        let known = self.known.borrow();
        let users = ids.iter().filter_map(|id| known.users.get(id).cloned());
        Ok(users.flatten().collect())
    }
}
