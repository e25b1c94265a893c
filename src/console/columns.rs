//! The columns of every list: what can be shown of a row, how wide, and by what it can be sorted.
//! Headings, the box for them, the mouse and the drawing all go by these tables.

use super::action::Screen;
use crate::service::search::{ResourceOrder, RoleOrder, UserOrder};

/// What a table says of one column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a word of the table")]
pub struct Column {
    /// Its heading.
    pub title: &'static str,
    /// Its name in the box, where the heading is too short to tell.
    pub name: &'static str,
    /// Its least width; with `share` 0 its only one.
    pub least: u16,
    /// Its share of what is left over.
    pub share: u16,
    /// Whether it is for numbers.
    pub right: bool,
    /// The columns with the greatest go first when room gets scarce; 0 stays for ever.
    pub drop: u8,
    /// Whether it is shown without being asked for.
    pub shown: bool,
    /// Whether it is shown by itself once several processes share the store.
    pub shared: bool,
    /// Whether it names the row, and so cannot be hidden.
    pub naming: bool,
    /// Whether the list can be sorted by it.
    pub sorts: bool,
}

impl Column {
    const fn new(title: &'static str, least: u16, drop: u8) -> Self {
        Self {
            title,
            name: title,
            least,
            share: 0,
            right: false,
            drop,
            shown: true,
            shared: false,
            naming: false,
            sorts: false,
        }
    }

    const fn called(self, name: &'static str) -> Self {
        Self { name, ..self }
    }

    const fn naming(self) -> Self {
        Self {
            naming: true,
            ..self
        }
    }

    const fn sorts(self) -> Self {
        Self {
            sorts: true,
            ..self
        }
    }

    const fn when_shared(self) -> Self {
        Self {
            shared: true,
            ..self.hidden()
        }
    }

    const fn hidden(self) -> Self {
        Self {
            shown: false,
            ..self
        }
    }
}

/// A column of one width.
pub const fn fixed(title: &'static str, least: u16, drop: u8) -> Column {
    Column::new(title, least, drop)
}

/// A column for numbers.
pub const fn figures(title: &'static str, least: u16, drop: u8) -> Column {
    Column {
        right: true,
        ..Column::new(title, least, drop)
    }
}

/// A column that takes its share of what is left over.
pub const fn flexible(title: &'static str, least: u16, share: u16, drop: u8) -> Column {
    Column {
        share,
        ..Column::new(title, least, drop)
    }
}

/// The columns of one list.
pub trait Columns: Copy + 'static {
    /// Every one, in the order of the list.
    const ALL: &'static [Self];
    /// What the table says of each.
    const TABLE: &'static [Column];
}

macro_rules! columns {
    ($(#[$doc:meta] $list:ident { $($variant:ident: $column:expr;)* })*) => {
        $(
            #[$doc]
            #[derive(Debug, Clone, Copy, PartialEq, Eq)]
            #[expect(missing_docs, reason = "the table says what each is")]
            pub enum $list { $($variant,)* }

            impl Columns for $list {
                const ALL: &'static [Self] = &[$(Self::$variant),*];
                const TABLE: &'static [Column] = &[$($column),*];
            }
        )*
    };
}

columns! {
    /// The columns of Live.
    LiveColumn {
        Time: fixed("Time", 12, 0).sorts();
        Provider: fixed("By", 9, 3).called("Provider").sorts();
        Sign: fixed("", 1, 2).called("Sign of what it did");
        What: flexible("What", 28, 1, 0).naming();
        Method: fixed("Method", 6, 6).sorts().hidden();
        Path: flexible("Path", 20, 1, 7).called("Path and query").sorts().hidden();
        Journal: figures("Journal", 13, 8).called("Journal numbers").sorts().hidden();
        Id: fixed("Request", 36, 9).called("Request id").hidden();
        Node: fixed("Node", 8, 6).called("Process that answered").sorts().when_shared();
        Status: figures("Status", 3, 0).sorts();
        Took: figures("Took", 7, 4).sorts();
    }
    /// The columns of Users.
    UserColumn {
        Sign: fixed("", 1, 0).called("Sign of the state");
        User: flexible("User", 28, 4, 0).naming().sorts();
        Name: flexible("Name", 12, 2, 4).sorts();
        State: fixed("State", 9, 6).sorts();
        Kind: fixed("Kind", 15, 8).hidden();
        Roles: flexible("Roles", 10, 3, 2).sorts();
        Level: fixed("Level", 14, 3).sorts();
        ManagedBy: fixed("Managed by", 10, 1).sorts();
        Aliases: flexible("Aliases", 16, 2, 9).hidden();
        ExternalId: flexible("External id", 20, 1, 10).hidden();
        Id: fixed("Id", 36, 11).hidden();
        Created: figures("Made", 7, 7).sorts().hidden();
        Changed: figures("Changed", 7, 5).sorts();
    }
    /// The columns of Roles.
    RoleColumn {
        Role: flexible("Role", 16, 1, 0).naming().sorts();
        Members: figures("Members", 8, 5).sorts().hidden();
        Pushed: figures("Pushed", 8, 2).called("Members pushed by the provider").sorts();
        Local: figures("Local", 7, 3).called("Members attached here").sorts();
        ManagedBy: fixed("Managed by", 10, 1).sorts();
        ExternalId: flexible("External id", 20, 1, 6).hidden();
        Id: fixed("Id", 36, 7).hidden();
        LastPush: figures("Last push", 9, 4).sorts();
    }
    /// The columns of Access.
    ResourceColumn {
        Resource: flexible("Resource", 16, 3, 0).naming().sorts();
        Kind: flexible("Kind", 8, 1, 0).sorts();
        Tags: flexible("Tags", 12, 3, 2).sorts();
        Id: fixed("Id", 36, 3).hidden();
        Created: figures("Made", 7, 1).sorts();
    }
    /// The columns of Conflicts.
    ConflictColumn {
        Sign: fixed("", 1, 0).called("Sign of the state");
        Pushed: flexible("Pushed", 14, 1, 0).naming().sorts();
        Existing: flexible("Existing", 14, 1, 6).sorts().hidden();
        Problem: fixed("Problem", 22, 2).sorts();
        State: fixed("State", 9, 5).sorts().hidden();
        Provider: fixed("By", 9, 1).called("Provider").sorts();
        Tries: figures("Tries", 5, 4).sorts();
        FirstTry: figures("First try", 9, 7).sorts().hidden();
        LastTry: figures("Last try", 8, 3).sorts();
        Id: fixed("Id", 36, 8).hidden();
    }
    /// The columns of Providers.
    ProviderColumn {
        Name: flexible("Provider, token", 26, 2, 0).naming().sorts();
        State: flexible("State", 12, 1, 1).called("State, end").sorts();
        Made: figures("Made", 8, 4).sorts();
        LastUsed: figures("Last used", 9, 2).sorts();
        Requests: figures("Requests", 9, 3).sorts();
        Users: figures("Users", 8, 5).sorts();
        Roles: figures("Roles", 8, 6).sorts().hidden();
        Tokens: figures("Live tokens", 11, 7).sorts().hidden();
        Id: fixed("Token id", 36, 8).hidden();
    }
    /// The columns of Journal.
    JournalColumn {
        Number: figures("No", 7, 3).called("Number").sorts();
        Time: fixed("Time", 12, 2).sorts();
        Date: fixed("Date", 19, 4).called("Date and time").hidden();
        Who: fixed("Who", 14, 1).sorts();
        What: flexible("What", 14, 1, 0).sorts();
        Whom: flexible("Whom", 14, 2, 0).naming().sorts();
        Change: flexible("Change", 30, 2, 7).called("Before and after");
        Request: fixed("Request", 36, 5).called("Request id").hidden();
        Subject: fixed("Subject id", 36, 6).hidden();
    }
}

/// The columns of a screen's list; none where it has no list.
pub fn table(screen: Screen) -> &'static [Column] {
    match screen {
        Screen::Live => LiveColumn::TABLE,
        Screen::Users => UserColumn::TABLE,
        Screen::Roles => RoleColumn::TABLE,
        Screen::Conflicts => ConflictColumn::TABLE,
        Screen::Access => ResourceColumn::TABLE,
        Screen::Providers => ProviderColumn::TABLE,
        Screen::Journal => JournalColumn::TABLE,
        Screen::Setup => &[],
    }
}

impl UserColumn {
    /// What the server sorts by for it.
    pub fn order(self) -> Option<UserOrder> {
        Some(match self {
            Self::User => UserOrder::UserName,
            Self::Name => UserOrder::DisplayName,
            Self::State => UserOrder::State,
            Self::Roles => UserOrder::Roles,
            Self::Level => UserOrder::Level,
            Self::ManagedBy => UserOrder::ManagedBy,
            Self::Created => UserOrder::Created,
            Self::Changed => UserOrder::Changed,
            Self::Sign | Self::Kind | Self::Aliases | Self::ExternalId | Self::Id => return None,
        })
    }
}

impl RoleColumn {
    /// What the server sorts by for it.
    pub fn order(self) -> Option<RoleOrder> {
        Some(match self {
            Self::Role => RoleOrder::Name,
            Self::Members => RoleOrder::Members,
            Self::Pushed => RoleOrder::ProviderMembers,
            Self::Local => RoleOrder::LocalMembers,
            Self::ManagedBy => RoleOrder::ManagedBy,
            Self::LastPush => RoleOrder::LastPush,
            Self::ExternalId | Self::Id => return None,
        })
    }
}

impl ResourceColumn {
    /// What the server sorts by for it.
    pub fn order(self) -> Option<ResourceOrder> {
        Some(match self {
            Self::Resource => ResourceOrder::Name,
            Self::Kind => ResourceOrder::Kind,
            Self::Tags => ResourceOrder::Tags,
            Self::Created => ResourceOrder::Created,
            Self::Id => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_is_named_by_one_column_that_stays() {
        for screen in Screen::ALL {
            let table = table(screen);
            let naming = table.iter().filter(|column| column.naming);
            assert!(table.is_empty() || naming.count() == 1, "{screen:?}");
            for column in table {
                assert!(!column.name.is_empty(), "{screen:?}");
                assert!(!column.naming || (column.shown && column.drop == 0));
                assert!(column.shown || column.drop > 0, "{}", column.name);
            }
        }
    }

    #[test]
    fn the_server_knows_every_order_that_its_lists_offer() {
        let all = UserColumn::ALL.iter().zip(UserColumn::TABLE);
        assert!(
            all.clone()
                .all(|(by, column)| by.order().is_some() == column.sorts)
        );
        let all = RoleColumn::ALL.iter().zip(RoleColumn::TABLE);
        assert!(
            all.clone()
                .all(|(by, column)| by.order().is_some() == column.sorts)
        );
        let all = ResourceColumn::ALL.iter().zip(ResourceColumn::TABLE);
        assert!(
            all.clone()
                .all(|(by, column)| by.order().is_some() == column.sorts)
        );
    }
}
