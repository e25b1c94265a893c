//! Everything that can be done here, in one table. The keymap, the footer, the help and the palette
//! are all made from it, so that none of them can promise what another does not know.

/// A screen, numbered as its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Screen {
    /// Requests as they come.
    Live,
    /// People and service accounts.
    Users,
    /// Roles and their members.
    Roles,
    /// Refused pushes.
    Conflicts,
    /// Who reaches what.
    Access,
    /// Providers and their tokens.
    Providers,
    /// Every change.
    Journal,
    /// The checklist.
    Setup,
}

impl Screen {
    /// Every screen, in the order of the tabs.
    pub const ALL: [Self; 8] = [
        Self::Live,
        Self::Users,
        Self::Roles,
        Self::Conflicts,
        Self::Access,
        Self::Providers,
        Self::Journal,
        Self::Setup,
    ];

    /// The number on its tab and its key.
    pub fn number(self) -> u8 {
        match self {
            Self::Live => 1,
            Self::Users => 2,
            Self::Roles => 3,
            Self::Conflicts => 4,
            Self::Access => 5,
            Self::Providers => 6,
            Self::Journal => 7,
            Self::Setup => 8,
        }
    }

    /// The name on its tab.
    pub fn title(self) -> &'static str {
        match self {
            Self::Live => "Live",
            Self::Users => "Users",
            Self::Roles => "Roles",
            Self::Conflicts => "Conflicts",
            Self::Access => "Access",
            Self::Providers => "Providers",
            Self::Journal => "Journal",
            Self::Setup => "Setup",
        }
    }
}

/// What it takes to do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Risk {
    /// Changes nothing in the directory.
    None,
    /// Can be taken back: asked with `y`, or by a form's own Enter.
    Reversible,
    /// Cannot be taken back: asked by name.
    Irreversible,
}

/// What the table says of one action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActionInfo {
    /// Its name in the configuration file.
    pub name: &'static str,
    /// Its name in the palette and the help.
    pub title: &'static str,
    /// One sentence.
    pub help: &'static str,
    /// Its keys, separated by spaces; `g,g` is one after another.
    pub keys: &'static str,
    /// Its word in the footer; empty: not there.
    pub hint: &'static str,
    /// Where it applies.
    pub screens: &'static [Screen],
    /// What it takes.
    pub risk: Risk,
}

const EVERYWHERE: &[Screen] = &Screen::ALL;
const FILTERED: &[Screen] = &[
    Screen::Live,
    Screen::Users,
    Screen::Roles,
    Screen::Conflicts,
    Screen::Access,
    Screen::Providers,
    Screen::Journal,
];
const OPENED: &[Screen] = EVERYWHERE;
const DETAILED: &[Screen] = &[
    Screen::Live,
    Screen::Users,
    Screen::Roles,
    Screen::Conflicts,
    Screen::Access,
    Screen::Providers,
    Screen::Journal,
];
const LISTED: &[Screen] = &[
    Screen::Live,
    Screen::Users,
    Screen::Roles,
    Screen::Conflicts,
    Screen::Access,
    Screen::Providers,
    Screen::Journal,
];
const MARKED: &[Screen] = &[
    Screen::Live,
    Screen::Users,
    Screen::Roles,
    Screen::Conflicts,
    Screen::Providers,
];
const OWNED: &[Screen] = &[Screen::Users, Screen::Roles];
const DELETED: &[Screen] = &[Screen::Users, Screen::Roles, Screen::Access];

macro_rules! actions {
    ($($variant:ident: $name:literal, $title:literal, $help:literal, $keys:literal, $hint:literal, $screens:expr, $risk:ident;)*) => {
        /// What can be done.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action {
            $(#[doc = $help] $variant,)*
        }

        impl Action {
            /// The whole table, in the order of the help.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// What the table says of it.
            pub fn info(self) -> &'static ActionInfo {
                match self {
                    $(Self::$variant => &ActionInfo {
                        name: $name,
                        title: $title,
                        help: $help,
                        keys: $keys,
                        hint: $hint,
                        screens: $screens,
                        risk: Risk::$risk,
                    },)*
                }
            }
        }
    };
}

actions! {
    Link: "link", "Link the conflict", "Makes the existing one the provider's, applies what was pushed, and lets the provider's retry succeed.", "L", "link", &[Screen::Conflicts], Reversible;
    Rename: "rename", "Rename the existing one", "Gives the existing one another name, so that the provider's retry creates a new one.", "R", "rename", &[Screen::Conflicts], Reversible;
    Dismiss: "dismiss", "Dismiss the conflict", "Decides that nothing shall happen; it stays dismissed, and further tries are only counted.", "D", "dismiss", &[Screen::Conflicts], Irreversible;
    Resolve: "resolve", "Resolve a conflict", "Leads from the selected request to its conflict; on Conflicts it offers the ways out.", "r", "resolve", &[Screen::Live, Screen::Conflicts], None;
    Open: "open", "Open", "Opens the details of the selected row, or what a step of the checklist is about.", "enter", "details", OPENED, None;
    NewToken: "new-token", "New token", "Makes a token for a provider; it is shown once.", "t", "new token", EVERYWHERE, Reversible;
    RevokeToken: "revoke-token", "Revoke the token", "Refuses the selected token from now on, for good.", "x", "revoke", &[Screen::Providers], Irreversible;
    ActivateProvider: "activate-provider", "Activate the provider", "Accepts the selected provider's live tokens.", "a", "activate", &[Screen::Providers], Reversible;
    DeactivateProvider: "deactivate-provider", "Deactivate the provider", "Revokes the selected provider's tokens; what it manages stays as it is.", "D", "deactivate", &[Screen::Providers], Irreversible;
    AddUser: "add-user", "New user", "Adds a person who is managed here.", "n", "new", &[Screen::Users], Reversible;
    AddServiceAccount: "add-service-account", "New service account", "Adds an account for a machine; providers never see it.", "N", "", &[Screen::Users], Reversible;
    SetLevel: "set-level", "Set the permission level", "Sets what the selected user may do; no provider can read or change it.", "v", "level", &[Screen::Users], Reversible;
    EditUser: "edit-user", "Edit the user", "Changes the selected local user's names, addresses and aliases.", "e", "edit", &[Screen::Users], Reversible;
    SuspendUser: "suspend-user", "Suspend the user", "Suspends the selected local user: memberships stay, and grant nothing meanwhile.", "s", "suspend", &[Screen::Users], Reversible;
    ReinstateUser: "reinstate-user", "Reinstate the user", "Ends the selected local user's suspension.", "S", "reinstate", &[Screen::Users], Reversible;
    AddRole: "add-role", "New role", "Adds a role that is managed here.", "n", "new", &[Screen::Roles], Reversible;
    RenameRole: "rename-role", "Rename the role", "Gives the selected local role another name.", "e", "rename", &[Screen::Roles], Reversible;
    Attach: "attach", "Attach", "Puts the selected user into a role, or a user into the selected role.", "a", "attach", &[Screen::Users, Screen::Roles], Reversible;
    AddResource: "add-resource", "New resource", "Adds something to reach, so that roles and users can be given it.", "n", "new", &[Screen::Access], Reversible;
    Grant: "grant", "Grant access", "Lets the members of a role reach a resource.", "A", "grant", &[Screen::Access, Screen::Roles], Reversible;
    Give: "give", "Give temporary access", "Lets one user reach a resource until a time.", "T", "give", &[Screen::Access, Screen::Users], Reversible;
    CheckAccess: "check-access", "Check access", "Tells whether a user reaches a resource now, and why.", "c", "check", &[Screen::Access, Screen::Users], None;
    Detach: "detach", "Detach or take away", "Takes the membership, grant or temporary access that is selected in the details away.", "d", "take away", DELETED, Reversible;
    Delete: "delete", "Delete", "Deletes the selected local user or role, or the selected resource, for good.", "x", "delete", DELETED, Irreversible;
    Release: "release", "Release", "Makes a provider's user or role local again, with its memberships: for a provider that is gone, or a group it left behind.", "R", "release", OWNED, Irreversible;
    Undo: "undo", "Undo", "Takes back your own last act, where there is a way back.", "u", "", EVERYWHERE, Reversible;
    ApproveHold: "approve-hold", "Approve what is held", "Lets a provider go on with many suspensions at once; among the warnings, a does it.", "alt-a", "", EVERYWHERE, Reversible;
    RefuseHold: "refuse-hold", "Refuse what is held", "Turns a provider's many suspensions away; among the warnings, x does it.", "alt-x", "", EVERYWHERE, Reversible;
    Filter: "filter", "Filter", "Shows only what matches: words, and operators such as status:>=400 or state:suspended; ? on the empty line lists them.", "/", "filter", FILTERED, None;
    Syncs: "syncs", "Syncs", "Goes to the strip of syncs: enter opens one, y copies and E writes its digest as Markdown.", "s", "syncs", &[Screen::Live], None;
    Arrange: "arrange", "Order and columns", "Chooses which columns the list shows and by which one it is sorted.", "o", "", LISTED, None;
    Follow: "follow", "Follow", "Keeps the newest request selected, or stops doing so.", "f", "follow", &[Screen::Live], None;
    Pause: "pause", "Pause", "Freezes what is shown; the server goes on, and nothing is lost.", "space", "pause", &[Screen::Live], None;
    ShowResolved: "show-resolved", "Show resolved conflicts", "Shows the resolved conflicts as well, or the open ones only.", "s", "resolved", &[Screen::Conflicts], None;
    ToExchange: "to-exchange", "Go to the request", "Leads from the selected change to the request that caused it.", "x", "request", &[Screen::Journal], None;
    ToSubject: "to-subject", "Go to the subject", "Leads from the selected change to the user or role that it is about.", "s", "subject", &[Screen::Journal], None;
    Export: "export", "Export requests", "Writes what Live shows to a file that only you can read: HAR for browsers, JSON lines for replay; in the strip, a sync as Markdown.", "E", "", &[Screen::Live], None;
    Mark: "mark", "Mark", "Marks the selected row and goes to the next one: acts, copying and exports then go to every marked row.", "m", "mark", MARKED, None;
    UnmarkAll: "unmark-all", "Unmark all", "Takes every mark of the list away.", "M", "unmark", MARKED, None;
    NextTab: "next-tab", "Next part of the details", "Turns from Change to Request, Response and Timing.", "l right", "", DETAILED, None;
    PreviousTab: "previous-tab", "Previous part of the details", "Turns the parts of the details back.", "h left", "", DETAILED, None;
    Copy: "copy", "Copy", "Copies the selected request as a curl command without its token, elsewhere the selected row's name. The terminal must allow it, tmux by set-clipboard or allow-passthrough.", "y", "", EVERYWHERE, None;
    CopyJson: "copy-json", "Copy as JSON", "Copies the selected row as JSON.", "Y", "", EVERYWHERE, None;
    Up: "up", "Up", "Selects the row above, or scrolls up.", "k up", "", EVERYWHERE, None;
    Down: "down", "Down", "Selects the row below, or scrolls down.", "j down", "", EVERYWHERE, None;
    PageUp: "page-up", "Page up", "Goes a page up.", "pageup ctrl-u ctrl-b", "", EVERYWHERE, None;
    PageDown: "page-down", "Page down", "Goes a page down.", "pagedown ctrl-d ctrl-f", "", EVERYWHERE, None;
    Top: "top", "To the top", "Goes to the first row.", "g,g home", "", EVERYWHERE, None;
    Bottom: "bottom", "To the bottom", "Goes to the last row; on Live it follows again.", "G end", "", EVERYWHERE, None;
    Back: "back", "Back", "Leaves the details, clears the filter, or closes what is on top.", "esc", "back", EVERYWHERE, None;
    LastScreen: "last-screen", "Last screen", "Goes back to the screen before.", "-", "", EVERYWHERE, None;
    GoBack: "go-back", "Go back", "Goes back to the place visited before, with the filter and the selection that it had.", "[ alt-left", "", EVERYWHERE, None;
    GoForward: "go-forward", "Go forward", "Goes forward again to the place that going back left.", "] alt-right", "", EVERYWHERE, None;
    NextScreen: "next-screen", "Next screen", "Turns to the next screen.", "tab", "", EVERYWHERE, None;
    PreviousScreen: "previous-screen", "Previous screen", "Turns to the screen before.", "shift-tab", "", EVERYWHERE, None;
    Live: "live", "Live", "Requests as they come, and the syncs that they make up.", "1", "", EVERYWHERE, None;
    Users: "users", "Users", "People and service accounts.", "2", "", EVERYWHERE, None;
    Roles: "roles", "Roles", "Roles and their members.", "3", "", EVERYWHERE, None;
    Conflicts: "conflicts", "Conflicts", "Pushes that were refused because of what is here.", "4", "", EVERYWHERE, None;
    Access: "access", "Access", "Resources, who reaches them, and why.", "5", "", EVERYWHERE, None;
    Providers: "providers", "Providers", "Providers and their tokens.", "6", "", EVERYWHERE, None;
    Journal: "journal", "Journal", "Every change: who, when, what.", "7", "", EVERYWHERE, None;
    Setup: "setup", "Setup", "The steps of connecting a provider, ticked as the traffic shows them.", "8", "", EVERYWHERE, None;
    Warnings: "warnings", "Warnings", "What should be looked at, and what to do.", "w", "", EVERYWHERE, None;
    Privacy: "privacy", "Mask e-mail addresses", "Hides e-mail addresses while others see the screen.", "P", "", EVERYWHERE, None;
    Mouse: "mouse", "Mouse on or off", "Lets go of the mouse, so that the terminal can select text, or takes it again.", "alt-m", "", EVERYWHERE, None;
    Palette: "palette", "Palette", "Finds any action by its name.", ":", "palette", EVERYWHERE, None;
    Help: "help", "Help", "Shows every key that works here.", "?", "help", EVERYWHERE, None;
    Quit: "quit", "Quit", "Leaves the console.", "q ctrl-c", "quit", EVERYWHERE, None;
}

impl Action {
    /// The screen that the action goes to, if it is one of those.
    pub fn screen(self) -> Option<Screen> {
        match self {
            Self::Live => Some(Screen::Live),
            Self::Users => Some(Screen::Users),
            Self::Roles => Some(Screen::Roles),
            Self::Conflicts => Some(Screen::Conflicts),
            Self::Access => Some(Screen::Access),
            Self::Providers => Some(Screen::Providers),
            Self::Journal => Some(Screen::Journal),
            Self::Setup => Some(Screen::Setup),
            _ => None,
        }
    }

    /// Whether a read-only console refuses it.
    pub fn is_act(self) -> bool {
        self.info().risk != Risk::None
    }

    /// The action with this name in the configuration file.
    pub fn named(name: &str) -> Option<Self> {
        let mut all = Self::ALL.iter().copied();
        all.find(|action| action.info().name == name)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_action_can_be_found_explained_and_reached() {
        let mut names = HashSet::new();
        for action in Action::ALL {
            let info = action.info();
            assert!(names.insert(info.name), "{} twice", info.name);
            assert!(info.help.ends_with('.'), "{}", info.name);
            assert!(!info.title.is_empty() && !info.screens.is_empty());
            assert!(!info.keys.is_empty(), "{} has no key", info.name);
            assert_eq!(Action::named(info.name), Some(*action));
        }
    }

    #[test]
    fn every_screen_has_its_number_and_its_action() {
        for screen in Screen::ALL {
            let reached = Action::ALL.iter().find(|a| a.screen() == Some(screen));
            let keys = reached.map(|action| action.info().keys);
            assert_eq!(keys, Some(screen.number().to_string().as_str()));
        }
    }
}
