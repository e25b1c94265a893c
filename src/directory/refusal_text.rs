//! The sentences that a provider's admin reads in a 409. Okta shows `detail` and nothing else, so
//! each says what is here, what to do there, and which conflict the operator here can resolve.

use std::fmt;

use super::{
    event::SubjectKind,
    provider::{ManagedBy, Provider},
    refusal::Refusal,
};

/// Writes the sentence for a refused push.
pub(super) fn pushed(refusal: &Refusal, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match refusal {
        Refusal::PushedNameTaken {
            provider,
            kind,
            name,
            managed_by,
            renames,
            conflict,
        } => {
            let noun = if *kind == SubjectKind::Role {
                "role"
            } else {
                "user"
            };
            write!(f, "A {noun} named {name:?} already exists in rolecall")?;
            match managed_by {
                Some(ManagedBy::Local) => write!(f, " and is managed there. ")?,
                Some(ManagedBy::Provider(owner)) if owner == provider => {
                    write!(f, " and is already managed by this provider. ")?;
                }
                Some(ManagedBy::Provider(owner)) => write!(f, " and is managed by {owner}. ")?,
                None => write!(f, ". ")?,
            }
            // What the provider does not see it can neither link nor match.
            let seen = managed_by.is_some_and(|owner| owner.is_seen_by(*provider));
            let advice = if *renames || !seen {
                another_name(*provider, *kind)
            } else {
                advice(*provider, *kind).to_owned()
            };
            write!(
                f,
                "{advice} Or ask the rolecall operator to resolve conflict {conflict}."
            )
        }
        Refusal::ManagedByAnother {
            subject,
            owner: ManagedBy::Local,
            conflict,
            ..
        } => write!(
            f,
            "The {} {:?} is managed by rolecall's operators, so it was not deleted. Link it first, then delete it, \
             or ask the rolecall operator to resolve conflict {conflict}.",
            subject.kind.words(),
            subject.name,
        ),
        Refusal::ManagedByAnother {
            subject,
            owner: ManagedBy::Provider(owner),
            conflict,
            ..
        } => write!(
            f,
            // Without its name, which the one who asks does not see.
            "This {} is managed by {owner} in rolecall, so nothing was changed. Change it in {}, or ask the \
             rolecall operator to resolve conflict {conflict}, which can move it to this provider.",
            subject.kind.words(),
            owner.title(),
        ),
        Refusal::AliasTaken { alias, conflict } => {
            write!(
                f,
                "The identity alias {:?} in the set {:?} is someone else's; an alias is unique inside its set. \
                 Give this user another alias",
                alias.alias, alias.set
            )?;
            match conflict {
                Some(conflict) => {
                    write!(
                        f,
                        ", or ask the rolecall operator to resolve conflict {conflict}."
                    )
                }
                None => f.write_str("."),
            }
        }
        _ => safeguard(refusal, f),
    }
}

fn safeguard(refusal: &Refusal, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match refusal {
        Refusal::LastAdmin { provider, user } => {
            write!(
                f,
                "{user:?} is the last active admin in rolecall, so it was neither suspended nor deleted. "
            )?;
            if *provider == Provider::Okta {
                write!(
                    f,
                    "In Okta, assign the user to this app again (Assignments, Assign to People), or "
                )?;
            } else {
                write!(f, "Keep the user assigned in {}, or ", provider.title())?;
            }
            f.write_str("ask the rolecall operator to make another active user an admin first, then try again.")
        }
        Refusal::Held {
            provider,
            hold,
            departed,
            active,
            ..
        } => write!(
            f,
            "rolecall holds this change: {} has suspended or deleted {departed} of {active} users within a short \
             time, and this would be too many at once. If that is meant, ask the rolecall operator to approve hold \
             {hold}; the change then goes through when it is sent again.",
            provider.title()
        ),
        Refusal::HoldRefused { provider, hold } => write!(
            f,
            "The rolecall operator has refused to let {} suspend or delete so many users at once (hold {hold}). Check \
             the assignments there, or ask the operator to approve the hold after all.",
            provider.title()
        ),
        _ => Ok(()),
    }
}

/// Where the provider cannot come by the one that has the name.
fn another_name(provider: Provider, kind: SubjectKind) -> String {
    let this = if kind == SubjectKind::Role {
        "group"
    } else {
        "user"
    };
    format!(
        "The name is taken: give this {this} another name in {}, then push it again.",
        provider.title()
    )
}

fn advice(provider: Provider, kind: SubjectKind) -> &'static str {
    match (provider, kind) {
        (Provider::Okta, SubjectKind::Role) => {
            "In Okta, on the app's Push Groups tab, click Refresh App Groups, then push the group again and choose \
             Link Group instead of Create Group."
        }
        (Provider::Okta, _) => {
            "In Okta, import users from this app and match the user to the existing account, then assign it again."
        }
        (_, SubjectKind::Role) => {
            "Link the group to the existing one, or give it another name, then push it again."
        }
        (_, _) => {
            "Match the user to the existing account, or give it another user name, then push it again."
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::directory::{ConflictId, HoldId, event::Subject};

    const CONFLICT: ConflictId = ConflictId(Uuid::nil());
    const RESOLVE: &str =
        "ask the rolecall operator to resolve conflict 00000000-0000-0000-0000-000000000000";

    fn taken(
        provider: Provider,
        kind: SubjectKind,
        managed_by: Option<ManagedBy>,
        renames: bool,
    ) -> String {
        Refusal::PushedNameTaken {
            provider,
            kind,
            name: "Eng".to_owned(),
            managed_by,
            renames,
            conflict: CONFLICT,
        }
        .to_string()
    }

    #[test]
    fn a_taken_name_says_whose_it_is_and_what_to_do_there() {
        use Provider::{Entra, Okta};
        use SubjectKind::{Role, User};
        let okta = Some(ManagedBy::Provider(Okta));
        let (role, user) = (
            "A role named \"Eng\" already exists in rolecall",
            "A user named \"Eng\" already exists in rolecall",
        );
        let another = "The name is taken: give this";
        for (provider, kind, managed_by, renames, what, whose, advice) in [
            (
                Okta,
                Role,
                Some(ManagedBy::Local),
                false,
                role,
                " and is managed there. ",
                "In Okta, on the app's Push Groups tab",
            ),
            (
                Okta,
                User,
                Some(ManagedBy::Local),
                false,
                user,
                " and is managed there. ",
                "In Okta, import users",
            ),
            (
                Entra,
                Role,
                Some(ManagedBy::Local),
                false,
                role,
                " and is managed there. ",
                "Link the group",
            ),
            (
                Entra,
                User,
                Some(ManagedBy::Local),
                false,
                user,
                " and is managed there. ",
                "Match the user",
            ),
            (
                Okta,
                Role,
                okta,
                false,
                role,
                " and is already managed by this provider. ",
                "In Okta, on the app's",
            ),
            (
                Entra,
                Role,
                okta,
                false,
                role,
                " and is managed by okta. ",
                another,
            ),
            (
                Okta,
                Role,
                Some(ManagedBy::Local),
                true,
                role,
                " and is managed there. ",
                another,
            ),
            (Okta, Role, None, false, role, ". ", another),
        ] {
            let said = taken(provider, kind, managed_by, renames);
            let rest = said
                .strip_prefix(what)
                .and_then(|said| said.strip_prefix(whose));
            let rest = rest.unwrap_or_else(|| panic!("{what}{whose}: {said}"));
            assert!(rest.starts_with(advice), "{advice}: {said}");
            assert!(rest.ends_with(&format!("Or {RESOLVE}.")), "{said}");
        }
        let group = taken(Okta, Role, None, false);
        assert!(
            group.contains("give this group another name in Okta"),
            "{group}"
        );
        let user = taken(Entra, User, None, false);
        assert!(
            user.contains("give this user another name in Entra ID"),
            "{user}"
        );
    }

    #[test]
    fn a_write_of_what_is_managed_elsewhere_says_where() {
        let refused = |owner| {
            Refusal::ManagedByAnother {
                provider: Provider::Entra,
                subject: Subject {
                    kind: SubjectKind::Role,
                    id: "1".to_owned(),
                    name: "Eng".to_owned(),
                },
                owner,
                conflict: CONFLICT,
            }
            .to_string()
        };
        assert_eq!(
            refused(ManagedBy::Local),
            format!(
                "The role \"Eng\" is managed by rolecall's operators, so it was not deleted. Link it first, then \
                 delete it, or {RESOLVE}."
            )
        );
        assert_eq!(
            refused(ManagedBy::Provider(Provider::Okta)),
            format!(
                "This role is managed by okta in rolecall, so nothing was changed. Change it in Okta, or {RESOLVE}, \
                 which can move it to this provider."
            )
        );
    }

    #[test]
    fn what_a_safeguard_refuses_names_the_operators_part() {
        let hold = HoldId(Uuid::nil());
        let provider = Provider::Okta;
        let refused = Refusal::HoldRefused { provider, hold }.to_string();
        assert!(
            refused.starts_with("The rolecall operator has refused to let Okta suspend"),
            "{refused}"
        );
        let last = |provider| {
            let user = "root@x.io".to_owned();
            Refusal::LastAdmin { provider, user }.to_string()
        };
        assert!(last(Provider::Okta).contains("In Okta, assign the user to this app again"));
        assert!(last(Provider::Entra).contains("Keep the user assigned in Entra ID"));
    }
}
