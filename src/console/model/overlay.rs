//! What can lie on top of a screen: boxes that ask, tell or find.

use tui_input::Input;

use crate::{
    admin::{
        Request,
        row::{AccessCheckRow, JournalRow, NewToken, UserDetail},
    },
    console::action::Action,
    directory::{ConflictId, PermissionLevel, Provider, UserKind},
    service::sync::SyncDigest,
};

/// What lies on top.
#[derive(Debug, Clone)]
pub enum Overlay {
    /// Every key, searchable.
    Help {
        /// The search.
        input: Input,
        /// The first visible line.
        top: usize,
    },
    /// Every action, by name.
    Palette {
        /// The search.
        input: Input,
        /// The selected match.
        index: usize,
    },
    /// What should be looked at.
    Warnings {
        /// The selected warning.
        index: usize,
    },
    /// Which columns the list shows, and its order.
    Arrange {
        /// The selected column, by its place in the table.
        index: usize,
    },
    /// Stop or detach?
    Quit,
    /// The ways out of a conflict.
    Ways {
        /// Which conflict.
        conflict: ConflictId,
        /// The selected way.
        index: usize,
    },
    /// Sure?
    Confirm(Box<Confirm>),
    /// Sure, of every marked row? And how far it is. What it shows is the model's batch.
    Batch,
    /// A form.
    Form(Box<Form>),
    /// A new token, shown once.
    Secret(Box<Secret>),
    /// Whether someone reaches something, and why.
    Checked(Box<AccessCheckRow>),
}

/// The ways out of a conflict, in the order of the box.
pub const WAYS: [Action; 3] = [Action::Link, Action::Rename, Action::Dismiss];

/// A token as long as its box is open. Its memory is not kept beyond.
#[derive(Clone)]
pub struct Secret {
    /// The answer that holds it.
    pub token: NewToken,
    /// Whether it was sent to the clipboard.
    pub copied: bool,
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.token.fmt(f)
    }
}

/// What an act would do.
#[derive(Debug, Clone, PartialEq)]
pub enum Preview {
    /// Not answered yet.
    Waiting,
    /// These changes.
    Changes(Vec<JournalRow>),
    /// It would be refused.
    Refused(String),
}

/// A box that asks whether to go on.
#[derive(Debug, Clone)]
pub struct Confirm {
    /// Tells its answers from those to earlier boxes.
    pub serial: u64,
    /// The question.
    pub title: String,
    /// What it means.
    pub sentence: String,
    /// The act.
    pub request: Request,
    /// What must be typed, for acts that cannot be taken back, and what has been.
    pub typed: Option<(String, Input)>,
    /// What it would do.
    pub preview: Preview,
    /// What is said when it is done.
    pub done: String,
    /// Whether the act is under way.
    pub busy: bool,
}

impl Confirm {
    /// Whether the act may go: the name is typed, no refusal is known, and it is not under way.
    pub fn is_ready(&self) -> bool {
        let typed = self.typed.as_ref();
        !self.busy
            && !matches!(self.preview, Preview::Refused(_))
            && typed.is_none_or(|(name, input)| input.value().trim() == name.trim())
    }
}

/// What a form is for.
#[derive(Debug, Clone, PartialEq)]
pub enum Purpose {
    /// A token.
    Token,
    /// A person.
    User,
    /// A service account.
    ServiceAccount,
    /// A permission level of this user.
    Level(String),
    /// A permission level, a role or a user for every marked row.
    Marked(Action),
    /// A role.
    Role,
    /// A role for this user.
    RoleOf(String),
    /// A user for this role.
    MemberOf(String),
    /// Another name for the existing one of this conflict.
    Rename(ConflictId),
    /// What changes of this user, who is of this kind.
    Edit(String, UserKind),
    /// Another name for this role.
    RenameRole(String),
    /// A resource.
    Resource,
    /// A role that shall reach this resource.
    GrantTo(String),
    /// A resource that this role shall reach.
    GrantOf(String),
    /// A user who shall reach this resource for a time.
    GiveTo(String),
    /// A resource that this user shall reach for a time.
    GiveOf(String),
    /// A user who may reach this resource.
    CheckTo(String),
    /// A resource that this user may reach.
    CheckOf(String),
    /// A file for what Live shows.
    Export,
    /// A file for this sync's digest.
    SyncMarkdown(Box<SyncDigest>),
}

/// What a line names, for suggestions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// A user or service account.
    Users,
    /// A role.
    Roles,
    /// A resource.
    Resources,
}

/// A line of a form.
#[derive(Debug, Clone)]
pub struct Field {
    /// What it is.
    pub label: &'static str,
    /// What is in it.
    pub value: Value,
    /// What is shown while it is empty.
    pub hint: &'static str,
    /// What was in it when the form was opened.
    pub before: String,
}

/// What is in a line of a form.
#[derive(Debug, Clone)]
pub enum Value {
    /// Text.
    Text(Input),
    /// Text that names something; names are suggested.
    Name(Input, Names),
    /// One of some.
    Choice(Vec<&'static str>, usize),
}

impl Field {
    /// A line for text.
    pub fn text(label: &'static str, hint: &'static str) -> Self {
        Self::with(label, Value::Text(Input::default()), hint)
    }

    /// A line with text to be changed.
    pub fn filled(label: &'static str, hint: &'static str, text: impl Into<String>) -> Self {
        let before = text.into();
        Self {
            label,
            value: Value::Text(Input::new(before.clone())),
            hint,
            before,
        }
    }

    /// A line for a name.
    pub fn name(label: &'static str, names: Names) -> Self {
        let hint = match names {
            Names::Users => "begin to type a name or address",
            Names::Roles | Names::Resources => "begin to type its name",
        };
        Self::with(label, Value::Name(Input::default(), names), hint)
    }

    fn with(label: &'static str, value: Value, hint: &'static str) -> Self {
        Self {
            label,
            value,
            hint,
            before: String::new(),
        }
    }

    /// What is in it now, where that has changed.
    pub fn changed(&self) -> Option<String> {
        let now = self.get();
        (now != self.before.trim()).then(|| now.to_owned())
    }

    /// A line for a choice.
    pub fn choice(label: &'static str, options: Vec<&'static str>, index: usize) -> Self {
        Self::with(label, Value::Choice(options, index), "")
    }

    /// The text, or the chosen word.
    pub fn get(&self) -> &str {
        match &self.value {
            Value::Text(input) | Value::Name(input, _) => input.value().trim(),
            Value::Choice(options, index) => options.get(*index).copied().unwrap_or_default(),
        }
    }

    /// The text to edit, if it is one.
    pub fn input(&mut self) -> Option<&mut Input> {
        match &mut self.value {
            Value::Text(input) | Value::Name(input, _) => Some(input),
            Value::Choice(..) => None,
        }
    }
}

/// What is wrong with what a form holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// With which line.
    pub line: Option<usize>,
    /// One sentence.
    pub sentence: String,
}

impl From<String> for Wrong {
    fn from(sentence: String) -> Self {
        Self {
            line: None,
            sentence,
        }
    }
}

/// A box with lines to fill in.
#[derive(Debug, Clone)]
pub struct Form {
    /// Tells its answers from those to earlier boxes.
    pub serial: u64,
    /// What it is for.
    pub purpose: Purpose,
    /// Its title.
    pub title: String,
    /// The lines.
    pub fields: Vec<Field>,
    /// The line with the cursor.
    pub index: usize,
    /// What is wrong, and with which line, if it is one line's fault.
    pub error: Option<Wrong>,
    /// Names that fit what is typed.
    pub suggestions: Vec<String>,
    /// The selected suggestion.
    pub suggested: Option<usize>,
    /// Whether the act is under way.
    pub busy: bool,
}

/// The choices of a token's life, in days.
pub const LIVES: [(&str, Option<i64>); 4] = [
    ("90 days", Some(90)),
    ("30 days", Some(30)),
    ("1 year", Some(365)),
    ("never ends", None),
];

impl Form {
    /// A form with its lines.
    pub fn new(
        serial: u64,
        purpose: Purpose,
        title: impl Into<String>,
        fields: Vec<Field>,
    ) -> Self {
        Self {
            serial,
            purpose,
            title: title.into(),
            fields,
            index: 0,
            error: None,
            suggestions: Vec::new(),
            suggested: None,
            busy: false,
        }
    }

    /// The text or choice of a line.
    pub fn get(&self, line: usize) -> &str {
        self.fields.get(line).map_or("", Field::get)
    }

    /// Says what is wrong; the cursor goes to the line that it is about.
    pub fn blame(&mut self, wrong: Wrong) {
        self.index = wrong.line.unwrap_or(self.index);
        self.error = Some(wrong);
        self.busy = false;
    }

    /// The line that a refusal is about: the one whose text it quotes.
    pub fn blamed(&self, why: &str) -> Option<usize> {
        if why.contains("alias")
            && let Some(line) = self
                .fields
                .iter()
                .position(|field| field.label == "Aliases")
        {
            return Some(line);
        }
        self.fields.iter().position(|field| match &field.value {
            Value::Text(_) | Value::Name(..) => {
                let mut parts = field.get().split([' ', ',', ';']);
                let whole = !field.get().is_empty() && why.contains(field.get());
                whole || parts.any(|part| part.len() > 2 && why.contains(part))
            }
            Value::Choice(..) => false,
        })
    }

    /// The form for a token, on this provider.
    pub fn token(serial: u64, provider: Provider) -> Self {
        let names = Provider::ALL.map(Provider::as_str).to_vec();
        let at = Provider::ALL.iter().position(|known| *known == provider);
        let fields = vec![
            Field::choice("Provider", names, at.unwrap_or(0)),
            Field::text("Name", "what tells it from others, such as production"),
            Field::choice("Expires", LIVES.map(|(name, _)| name).to_vec(), 0),
        ];
        Self::new(serial, Purpose::Token, "New token", fields)
    }

    /// The form for a person.
    pub fn user(serial: u64) -> Self {
        let fields = vec![
            Field::text("E-mail", "such as jo@example.com"),
            Field::text("First name", ""),
            Field::text("Last name", ""),
            Self::levels(PermissionLevel::User),
        ];
        Self::new(serial, Purpose::User, "New user", fields)
    }

    /// The form for what changes of a user.
    pub fn edit(serial: u64, user: &UserDetail) -> Self {
        let row = &user.row;
        let text = |pointer: &str| {
            let value = user.attributes.pointer(pointer);
            value
                .and_then(serde_json::Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let mut fields = Vec::new();
        if row.kind == UserKind::ServiceAccount {
            fields.push(Field::filled("Name", "such as deploy-bot", &row.user_name));
        } else {
            let emails = user
                .attributes
                .get("emails")
                .and_then(serde_json::Value::as_array);
            let emails: Vec<&str> = emails
                .into_iter()
                .flatten()
                .filter_map(|email| email.get("value")?.as_str())
                .collect();
            fields.extend([
                Field::filled("E-mail", "the address that names the user", &row.user_name),
                Field::filled("First name", "", text("/name/givenName")),
                Field::filled("Last name", "", text("/name/familyName")),
                Field::filled("Display name", "", text("/displayName")),
                Field::filled(
                    "Addresses",
                    "every address, the primary one first",
                    emails.join(" "),
                ),
                Field::filled(
                    "Aliases",
                    "set,alias; another-set,alias",
                    row.identity_aliases.join("; "),
                ),
            ]);
        }
        let title = format!("Edit {}", row.user_name);
        let purpose = Purpose::Edit(row.id.to_string(), row.kind);
        Self::new(serial, purpose, title, fields)
    }

    /// The line for a permission level.
    pub fn levels(level: PermissionLevel) -> Field {
        let at = PermissionLevel::ALL
            .iter()
            .position(|known| *known == level);
        let names = PermissionLevel::ALL.map(PermissionLevel::as_str).to_vec();
        Field::choice("Level", names, at.unwrap_or(0))
    }
}
