//! What an exchange meant, in words and figures, for the record.

use crate::{
    directory::{
        ConflictId, Event, Outcome, Refusal, SubjectKind, conflict::Conflict, summary::summarise,
    },
    scim::ScimError,
    service::exchange::Effect,
    store::writer::Done,
};

/// How many names of users or roles are kept of one exchange.
const NAMES: usize = 8;

/// The longest words for a refusal, in characters.
const WORDS: usize = 120;

/// What an exchange meant.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Told {
    /// In words.
    pub summary: String,
    /// What it did.
    pub effect: Effect,
    /// The users that it was about.
    pub users: Vec<String>,
    /// The roles that it was about.
    pub roles: Vec<String>,
    /// The journal entries that it caused.
    pub journal: Vec<u64>,
    /// The conflict that it opened or repeated.
    pub conflict: Option<ConflictId>,
}

impl Told {
    /// Words alone.
    pub(super) fn words(summary: impl Into<String>) -> Self {
        Self {
            summary: summary.into(),
            ..Self::default()
        }
    }

    /// A request that was refused before anything was decided.
    pub(super) fn refused(error: &ScimError) -> Self {
        Self::words(short(&error.detail))
    }

    /// A decision against a request.
    pub(super) fn refusal(refusal: &Refusal) -> Self {
        let (words, kind, name) = refusal_words(refusal);
        let mut told = Self::words(words);
        if let (Some(kind), Some(name)) = (kind, name) {
            told.name(kind, name);
        }
        told
    }

    /// What was done about a write, apart from what the asker gets to see.
    pub(super) fn done(done: Done) -> (Outcome, Self) {
        let Done {
            outcome, entries, ..
        } = done;
        let (journal, events): (Vec<u64>, Vec<Event>) = entries
            .into_iter()
            .map(|entry| (entry.seq, entry.event))
            .unzip();
        let mut told = match &outcome {
            Outcome::Refused { refusal, .. } | Outcome::Held { refusal, .. } => {
                Self::refusal(refusal)
            }
            _ => Self::words(summarise(&events)),
        };
        told.effect = Effect::from_events(&events);
        told.journal = journal;
        match &outcome {
            Outcome::User { user, .. } => told.name(SubjectKind::User, &user.user_name),
            Outcome::Role { role, .. } => told.name(SubjectKind::Role, &role.display_name),
            Outcome::Refused { conflict, .. } => told.conflict_of(conflict),
            _ => {}
        }
        for event in &events {
            told.name(event.subject.kind, &event.subject.name);
        }
        if told.summary.is_empty() {
            told.summary = nothing_changed(&outcome);
        }
        (outcome, told)
    }

    /// Adds what one operation of a bulk request did. Journal numbers and the first conflict are kept.
    pub(super) fn absorb(&mut self, other: &Self) {
        self.effect.add(&other.effect);
        self.journal.extend(&other.journal);
        self.conflict = self.conflict.or(other.conflict);
        for user in &other.users {
            self.name(SubjectKind::User, user);
        }
        for role in &other.roles {
            self.name(SubjectKind::Role, role);
        }
    }

    fn conflict_of(&mut self, conflict: &Conflict) {
        self.conflict = Some(conflict.id);
        self.name(conflict.existing.kind, &conflict.existing.name);
    }

    /// Notes whom or what it was about. Service accounts do not exist for a provider.
    pub(super) fn name(&mut self, kind: SubjectKind, name: &str) {
        let names = match kind {
            SubjectKind::User => &mut self.users,
            SubjectKind::Role => &mut self.roles,
            _ => return,
        };
        if names.len() < NAMES && !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
}

fn nothing_changed(outcome: &Outcome) -> String {
    match outcome {
        Outcome::User { user, .. } => format!("{}: nothing changed", user.user_name),
        Outcome::Role { role, .. } => format!("role {}: nothing changed", role.display_name),
        _ => "nothing changed".to_owned(),
    }
}

/// A refusal's short form, with whom or what it was about.
fn refusal_words(refusal: &Refusal) -> (String, Option<SubjectKind>, Option<&str>) {
    let subject = |kind: SubjectKind, name: &str| match kind {
        SubjectKind::User => short(name),
        _ => format!("{} {}", kind.words(), short(name)),
    };
    match refusal {
        Refusal::NotFound { kind, given } => (
            format!("{} {}: not here", kind.words(), short(given)),
            None,
            None,
        ),
        Refusal::PushedNameTaken { kind, name, .. } | Refusal::NameTaken { kind, name, .. } => (
            format!("{}: name is taken", subject(*kind, name)),
            Some(*kind),
            Some(name),
        ),
        Refusal::ManagedByAnother {
            subject: about,
            owner,
            ..
        } => (
            format!("{}: managed by {owner}", subject(about.kind, &about.name)),
            Some(about.kind),
            Some(&about.name),
        ),
        Refusal::AliasTaken { alias, .. } => (format!("alias {alias} is taken"), None, None),
        Refusal::UnknownMembers { count, .. } => {
            (format!("{count} members are not here"), None, None)
        }
        Refusal::VersionMismatch { .. } => ("changed since it was read".to_owned(), None, None),
        other => (short(&other.to_string()), None, None),
    }
}

/// The first sentence of a detail, or as much of it as a line holds.
pub(super) fn short(detail: &str) -> String {
    let sentence = detail.split(". ").next().unwrap_or_default();
    let sentence = sentence.trim_end_matches('.');
    match sentence.char_indices().nth(WORDS) {
        Some((end, _)) => format!("{}…", sentence.get(..end).unwrap_or_default()),
        None => sentence.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::{ManagedBy, Provider, Subject};

    #[test]
    fn refusals_in_a_few_words() {
        let conflict = ConflictId(uuid::Uuid::nil());
        let taken = |kind, name: &str| Refusal::PushedNameTaken {
            provider: Provider::Okta,
            kind,
            name: name.to_owned(),
            managed_by: Some(ManagedBy::Local),
            renames: false,
            conflict,
        };
        let owned = Refusal::ManagedByAnother {
            provider: Provider::Okta,
            subject: Subject {
                kind: SubjectKind::Role,
                id: "1".to_owned(),
                name: "Ops".to_owned(),
            },
            owner: ManagedBy::Provider(Provider::Entra),
            conflict,
        };
        let missing = Refusal::NotFound {
            kind: SubjectKind::User,
            given: "x".to_owned(),
        };
        for (refusal, words) in [
            (
                taken(SubjectKind::Role, "Finance"),
                "role Finance: name is taken",
            ),
            (
                taken(SubjectKind::User, "ann@x.io"),
                "ann@x.io: name is taken",
            ),
            (owned, "role Ops: managed by entra"),
            (missing, "user x: not here"),
        ] {
            assert_eq!(Told::refusal(&refusal).summary, words);
        }
        let told = Told::refusal(&taken(SubjectKind::Role, "Finance"));
        assert_eq!((told.users, told.roles), (vec![], vec!["Finance".into()]));
    }

    #[test]
    fn a_detail_is_cut_to_a_line() {
        assert_eq!(
            short("The body is empty; send a JSON object."),
            "The body is empty; send a JSON object"
        );
        assert_eq!(short("One. Two."), "One");
        assert_eq!(short(&"ä".repeat(200)), format!("{}…", "ä".repeat(120)));
    }

    #[test]
    fn names_are_few_and_each_stands_once() {
        let mut told = Told::default();
        for number in [1, 1, 2, 3, 4, 5, 6, 7, 8, 9] {
            told.name(SubjectKind::User, &number.to_string());
        }
        told.name(SubjectKind::ServiceAccount, "robot");
        assert_eq!(told.users.len(), NAMES);
        assert_eq!(told.users.first().map(String::as_str), Some("1"));
    }
}
