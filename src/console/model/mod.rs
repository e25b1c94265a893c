//! Everything that the console knows. Changed by [`super::update()`] only, shown by
//! [`super::view()`].

pub mod arrangement;
pub mod batch;
pub mod changes;
pub mod filters;
pub mod list;
pub mod live;
pub mod marks;
pub mod opened;
pub mod overlay;
mod providers;
mod ranked;
pub mod rate;
pub mod refresh;
pub mod sorting;
pub mod strip;
pub mod target;
pub mod trail;
mod visit;
mod wake;

use std::borrow::Cow;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use ratatui::layout::Rect;
use uuid::Uuid;

pub use self::changes::{CHANGES, Changes};
use self::{
    arrangement::Arrangements,
    batch::Batch,
    filters::{FilterEdit, Filters},
    list::{Cursor, Paged},
    live::Live,
    marks::Marks,
    overlay::Overlay,
    refresh::Refresh,
    trail::Trail,
};
use super::{
    action::{Action, Screen},
    keymap::{Key, Keymap},
    message::Topic,
    text,
    theme::{ColorLevel, Signs, Theme, ThemeKind},
};
use crate::{
    admin::row::{
        AccessRow, ConflictDetail, ConflictRow, HoldRow, ProviderDetail, ProviderRow,
        ResourceDetail, ResourceRow, RoleDetail, RoleRow, SetupStep, StatusReport, TokenDetail,
        TokenRow, UserDetail, UserRow, Warning,
    },
    directory::{HoldState, Provider, TokenId, UserId},
};

/// Ways of access, of one user or to one resource.
#[derive(Debug, Clone, PartialEq)]
pub struct Ways {
    /// Whose, or to what.
    pub of: Uuid,
    /// A row for each way.
    pub rows: Vec<AccessRow>,
    /// Whether there are more than are here.
    pub more: bool,
}

/// What the model is made with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Whether the listener runs in this process.
    pub combined: bool,
    /// Whether every act is refused.
    pub read_only: bool,
    /// Which palette.
    pub theme: ThemeKind,
    /// How many colours.
    pub colors: ColorLevel,
    /// Plain ASCII.
    pub ascii: bool,
    /// Which key does what.
    pub keymap: Keymap,
    /// What providers are given as base URL, as far as it is known before the server answers.
    pub base_url: Option<String>,
    /// The zone that times are shown in.
    pub zone: TimeZone,
}

/// Which pane the keys act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Focus {
    /// The list.
    #[default]
    List,
    /// The details.
    Details,
    /// The strip of syncs.
    Syncs,
}

/// How the server stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Connection {
    /// No answer yet.
    Connecting,
    /// It answers.
    Up,
    /// It is away since then, and why.
    Down(Timestamp, String),
}

/// How good a piece of news is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// It was done.
    Good,
    /// It was refused or failed.
    Bad,
    /// Neither.
    Plain,
}

/// News that goes away by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toast {
    /// The news, safe to show.
    pub text: String,
    /// How good it is.
    pub mood: Mood,
    /// When it goes.
    pub until: Timestamp,
}

/// A row of the Providers screen: a provider, or one of its tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderLine {
    /// The provider.
    Provider(Provider),
    /// The token.
    Token(TokenId),
}

/// The cells of a piece of news at most, so that a long name in it cannot cover the screen.
const NEWS_CELLS: usize = 240;

/// Everything that the console knows.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch that an operator turns"
)]
pub struct Model {
    /// The time, as of the last message.
    pub now: Timestamp,
    /// The whole terminal.
    pub area: Rect,
    /// What it was made with.
    pub settings: Settings,
    /// The styles.
    pub theme: Theme,
    /// The signs.
    pub signs: Signs,
    /// The screen.
    pub screen: Screen,
    /// The screen before.
    pub last_screen: Screen,
    /// The places visited.
    pub trail: Trail,
    /// The pane that the keys act on.
    pub focus: Focus,
    /// The first key of two.
    pub begun: Option<Key>,
    /// How the server stands.
    pub connection: Connection,
    /// What it says of itself.
    pub status: Option<StatusReport>,
    /// Live.
    pub live: Live,
    /// Users.
    pub users: Paged<UserRow>,
    /// The selected user.
    pub user: Option<UserDetail>,
    /// Roles.
    pub roles: Paged<RoleRow>,
    /// The selected role.
    pub role: Option<RoleDetail>,
    /// Conflicts.
    pub conflicts: Vec<ConflictRow>,
    /// Whether the conflicts have been answered.
    pub conflicts_known: bool,
    /// Whether resolved conflicts are shown.
    pub resolved: bool,
    /// The conflicts' selection.
    pub conflict_cursor: Cursor,
    /// The selected conflict.
    pub conflict: Option<ConflictDetail>,
    /// The conflict to select once it is here.
    pub conflict_wanted: Option<crate::directory::ConflictId>,
    /// Resources.
    pub resources: Paged<ResourceRow>,
    /// The selected resource.
    pub resource: Option<ResourceDetail>,
    /// Who reaches the selected resource.
    pub reaching: Option<Ways>,
    /// The user to edit once all of it is here.
    pub edit_wanted: Option<UserId>,
    /// What the selected user reaches.
    pub reached: Option<Ways>,
    /// What should be looked at, once it has been asked for.
    pub warnings: Option<Vec<Warning>>,
    /// Mass suspensions that are not over yet, the newest first.
    pub holds: Vec<HoldRow>,
    /// Providers.
    pub providers: Vec<ProviderRow>,
    /// Tokens.
    pub tokens: Vec<TokenRow>,
    /// The selected provider.
    pub provider: Option<ProviderDetail>,
    /// The selected token.
    pub token: Option<TokenDetail>,
    /// The selection on Providers.
    pub provider_cursor: Cursor,
    /// The provider or token to select once it is here.
    pub provider_wanted: Option<ProviderLine>,
    /// Journal.
    pub changes: Changes,
    /// The checklist.
    pub setup: Vec<SetupStep>,
    /// The selection on Setup.
    pub setup_cursor: Cursor,
    /// The selection, or the scrolled-to line, of the details.
    pub details: Cursor,
    /// What lies on top.
    pub overlay: Option<Overlay>,
    /// The number of the next box.
    pub serial: u64,
    /// News.
    pub toasts: Vec<Toast>,
    /// Whether e-mail addresses are masked.
    pub privacy: bool,
    /// The filter line, while it is typed.
    pub filtering: Option<FilterEdit>,
    /// The filters of the lists that are filtered here, and what was typed before.
    pub filters: Filters,
    /// Actions chosen in the palette, the last one first.
    pub recent: Vec<Action>,
    /// What is out of date.
    pub refresh: Refresh,
    /// Whether the mouse is the console's rather than the terminal's.
    pub mouse: bool,
    /// Which columns are shown, and in which order the rows.
    pub arranged: Arrangements,
    /// Rows that the next act goes to together.
    pub marks: Marks,
    /// The act on all of them, from its question to its end.
    pub batch: Option<Batch>,
}

impl Model {
    /// A model that knows nothing yet.
    pub fn new(settings: Settings, now: Timestamp) -> Self {
        Self {
            now,
            area: Rect::new(0, 0, 80, 24),
            theme: Theme::new(settings.theme, settings.colors),
            signs: if settings.ascii {
                Signs::ASCII
            } else {
                Signs::UNICODE
            },
            settings,
            screen: Screen::Live,
            last_screen: Screen::Live,
            trail: Trail::default(),
            focus: Focus::List,
            begun: None,
            connection: Connection::Connecting,
            status: None,
            live: Live::default(),
            users: Paged::default(),
            user: None,
            roles: Paged::default(),
            role: None,
            conflicts: Vec::new(),
            conflicts_known: false,
            resolved: false,
            conflict_cursor: Cursor::default(),
            conflict: None,
            conflict_wanted: None,
            resources: Paged::default(),
            resource: None,
            reaching: None,
            edit_wanted: None,
            reached: None,
            warnings: None,
            holds: Vec::new(),
            providers: Vec::new(),
            tokens: Vec::new(),
            provider: None,
            token: None,
            provider_cursor: Cursor::default(),
            provider_wanted: None,
            changes: Changes {
                following: true,
                ..Changes::default()
            },
            setup: Vec::new(),
            setup_cursor: Cursor::default(),
            details: Cursor::default(),
            overlay: None,
            serial: 0,
            toasts: Vec::new(),
            privacy: false,
            filtering: None,
            filters: Filters::default(),
            recent: Vec::new(),
            refresh: Refresh::default(),
            mouse: true,
            arranged: Arrangements::default(),
            marks: Marks::default(),
            batch: None,
        }
    }

    /// A text from outside, safe to show, and masked while others look on.
    pub fn shown<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let safe = text::visible(text);
        if self.privacy && safe.contains('@') {
            return Cow::Owned(text::mask(&safe).into_owned());
        }
        safe
    }

    /// When something was, in a few cells. Not how long ago: that would have to be drawn anew although
    /// nothing happens.
    pub fn age(&self, then: Timestamp) -> String {
        text::moment(then, self.now, &self.settings.zone)
    }

    /// When something was, if it ever was.
    pub fn age_or_never(&self, then: Option<Timestamp>) -> String {
        then.map_or_else(|| "never".to_owned(), |then| self.age(then))
    }

    /// The wall clock.
    pub fn clock(&self, at: Timestamp) -> String {
        text::clock(at, self.now, &self.settings.zone)
    }

    /// What providers are given as base URL.
    pub fn base_url(&self) -> Option<&str> {
        let status = self.status.as_ref();
        let known = status.and_then(|status| status.base_url.as_deref());
        known.or(self.settings.base_url.as_deref())
    }

    /// Tells news.
    pub fn tell(&mut self, mood: Mood, text: impl AsRef<str>) {
        let seconds = if mood == Mood::Bad { 8 } else { 4 };
        let until = self.now.saturating_add(SignedDuration::from_secs(seconds));
        let text = text::visible(text.as_ref());
        let text = text::truncate(&text, NEWS_CELLS, self.signs.ellipsis).into_owned();
        self.toasts.retain(|toast| toast.text != text);
        self.toasts.push(Toast {
            text,
            mood,
            until: until.unwrap_or(Timestamp::MAX),
        });
        if self.toasts.len() > 3 {
            self.toasts.remove(0);
        }
    }

    /// A number for the next box.
    pub fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    /// The selected conflict.
    pub fn selected_conflict(&self) -> Option<&ConflictRow> {
        self.conflicts.get(self.conflict_cursor.index)
    }

    /// What should be looked at. A hold that is listed by itself is left out.
    pub fn warnings(&self) -> impl Iterator<Item = &Warning> {
        let known = self.status.as_ref().map(|status| &status.warnings);
        let warnings = self.warnings.as_ref().or(known).into_iter().flatten();
        warnings.filter(|warning| warning.check != "held" || self.holds.is_empty())
    }

    /// Mass suspensions that an operator has not decided about.
    pub fn undecided(&self) -> impl Iterator<Item = &HoldRow> {
        let holds = self.holds.iter();
        holds.filter(|hold| hold.state == HoldState::Held && hold.ended.is_none())
    }

    /// Whether a topic is on the screen.
    pub fn is_visible(&self, topic: Topic) -> bool {
        match topic {
            Topic::Status | Topic::Holds | Topic::Older => true,
            Topic::Warnings => {
                self.screen == Screen::Roles
                    || matches!(self.overlay, Some(Overlay::Warnings { .. }))
            }
            Topic::Syncs => {
                let due = self.live.endings.next().is_some_and(|due| due <= self.now);
                self.screen == Screen::Live || due
            }
            Topic::Exchange | Topic::SyncPage => self.screen == Screen::Live,
            Topic::Users | Topic::User | Topic::Reached => self.screen == Screen::Users,
            Topic::Roles | Topic::Role => self.screen == Screen::Roles,
            Topic::Conflicts | Topic::Conflict => self.screen == Screen::Conflicts,
            Topic::Resources | Topic::Resource | Topic::Reaching => self.screen == Screen::Access,
            Topic::Providers | Topic::Tokens | Topic::Provider | Topic::Token => {
                self.screen == Screen::Providers
            }
            Topic::Setup => self.screen == Screen::Setup,
        }
    }
}
