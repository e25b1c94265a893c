//! What a form asks of the server, or which of its lines is wrong.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use jiff::{SignedDuration, Timestamp, civil::DateTime};

use crate::{
    admin::{Request, request::ExportFormat},
    config::parse_duration,
    console::{
        export::{Document, Export},
        model::{
            Model,
            overlay::{Field, Form, LIVES, Purpose, Wrong},
        },
    },
    directory::{ExchangeId, IdentityAlias, Profile, UserKind},
    service::sync::SyncDigest,
};

/// What the form asks for.
pub(super) fn request(model: &Model, form: &Form) -> Result<Request, Wrong> {
    let filled = |line: usize, what: &str| filled(form, line, what);
    let optional = |line: usize| Some(form.get(line).to_owned()).filter(|text| !text.is_empty());
    Ok(match &form.purpose {
        Purpose::Token => token(model, form)?,
        Purpose::User => Request::AddUser {
            user_name: filled(0, "the e-mail address")?,
            service_account: false,
            given: optional(1),
            family: optional(2),
            level: form.get(3).parse::<crate::directory::PermissionLevel>()?,
        },
        Purpose::ServiceAccount => Request::AddUser {
            user_name: filled(0, "the name")?,
            service_account: true,
            given: None,
            family: None,
            level: form.get(1).parse::<crate::directory::PermissionLevel>()?,
        },
        Purpose::Level(user) => Request::SetLevel {
            user: user.clone(),
            level: form.get(0).parse::<crate::directory::PermissionLevel>()?,
        },
        Purpose::Edit(user, kind) => Request::EditUser {
            user: user.clone(),
            profile: profile(form, *kind)?,
        },
        Purpose::Role => Request::AddRole {
            display_name: filled(0, "the name")?,
        },
        Purpose::RenameRole(role) => Request::RenameRole {
            role: role.clone(),
            display_name: filled(0, "the new name")?,
        },
        Purpose::RoleOf(user) => Request::Attach {
            role: filled(0, "the role")?,
            user: user.clone(),
        },
        Purpose::MemberOf(role) => Request::Attach {
            role: role.clone(),
            user: filled(0, "the user")?,
        },
        Purpose::Rename(id) => Request::RenameConflict {
            id: *id,
            name: filled(0, "the new name")?,
        },
        _ => access(model, form)?,
    })
}

/// What the form says of the file for what Live shows.
pub(super) fn export(model: &Model, form: &Form) -> Result<Export, Wrong> {
    let (format, ending) = match form.get(0) {
        "HAR" => (ExportFormat::Har, "har"),
        _ => (ExportFormat::Jsonl, "jsonl"),
    };
    let mut path = PathBuf::from(filled(form, 1, "the file")?);
    if path.extension().is_none() {
        path.set_extension(ending);
    }
    let mut shown: BTreeSet<ExchangeId> = model.marks.requests.rows().map(|line| line.id).collect();
    if shown.is_empty() {
        let rows = (0..model.live.len()).filter_map(|index| model.live.row(index));
        shown = rows.map(|line| line.id).collect();
    }
    Ok(Export {
        format,
        path,
        shown,
    })
}

/// What the form says of the file for a sync's digest.
pub(super) fn document(form: &Form, sync: &SyncDigest) -> Result<Document, Wrong> {
    let mut path = PathBuf::from(filled(form, 0, "the file")?);
    if path.extension().is_none() {
        path.set_extension("md");
    }
    let text = sync.to_markdown();
    Ok(Document { path, text })
}

fn filled(form: &Form, line: usize, what: &str) -> Result<String, Wrong> {
    let text = form.get(line);
    if text.is_empty() {
        return Err(wrong(line, format!("{what} is missing")));
    }
    Ok(text.to_owned())
}

fn wrong(line: usize, sentence: impl Into<String>) -> Wrong {
    Wrong {
        line: Some(line),
        sentence: sentence.into(),
    }
}

fn access(model: &Model, form: &Form) -> Result<Request, Wrong> {
    let user = |line| filled(form, line, "the user");
    let resource = |line| filled(form, line, "the resource");
    Ok(match &form.purpose {
        Purpose::GrantTo(to) => Request::GrantAccess {
            role: filled(form, 0, "the role")?,
            resource: to.clone(),
        },
        Purpose::GrantOf(role) => Request::GrantAccess {
            role: role.clone(),
            resource: resource(0)?,
        },
        Purpose::GiveTo(to) => give(model, form, user(0)?, to.clone())?,
        Purpose::GiveOf(of) => give(model, form, of.clone(), resource(0)?)?,
        Purpose::CheckTo(to) => Request::AccessCheck {
            user: user(0)?,
            resource: to.clone(),
        },
        Purpose::CheckOf(of) => Request::AccessCheck {
            user: of.clone(),
            resource: resource(0)?,
        },
        _ => Request::AddResource {
            name: filled(form, 0, "the name")?,
            kind: filled(form, 1, "the kind")?,
            tags: tags(form.get(2)).map_err(|sentence| wrong(2, sentence))?,
        },
    })
}

fn token(model: &Model, form: &Form) -> Result<Request, Wrong> {
    let life = LIVES.iter().find(|(name, _)| *name == form.get(2));
    let days = life.and_then(|(_, days)| *days);
    let expires = days.map(|days| {
        let life = SignedDuration::from_hours(days * 24);
        model.now.saturating_add(life).unwrap_or(Timestamp::MAX)
    });
    Ok(Request::CreateToken {
        provider: form.get(0).parse::<crate::directory::Provider>()?,
        name: Some(form.get(1).to_owned()).filter(|name| !name.is_empty()),
        expires,
    })
}

/// What has been changed of a user.
fn profile(form: &Form, kind: UserKind) -> Result<Profile, Wrong> {
    let changed = |line: usize| form.fields.get(line).and_then(Field::changed);
    let mut profile = Profile {
        user_name: changed(0),
        ..Profile::default()
    };
    if profile.user_name.as_deref() == Some("") {
        return Err(wrong(0, "this names the user; it cannot be empty"));
    }
    if kind == UserKind::Person {
        profile.given_name = changed(1);
        profile.family_name = changed(2);
        profile.display_name = changed(3);
        profile.emails = changed(4).map(|text| {
            let words = text.split([' ', ',', ';']).filter(|word| !word.is_empty());
            words.map(str::to_owned).collect()
        });
        profile.aliases = changed(5).map(|text| aliases(&text)).transpose()?;
        let bad = profile
            .emails
            .iter()
            .flatten()
            .find(|one| !one.contains('@'));
        if let Some(bad) = bad {
            return Err(wrong(4, format!("{bad} is not an e-mail address")));
        }
    }
    if profile == Profile::default() {
        return Err("nothing has been changed; esc leaves".to_owned().into());
    }
    Ok(profile)
}

fn aliases(text: &str) -> Result<Vec<String>, Wrong> {
    let parts = text
        .split(';')
        .map(str::trim)
        .filter(|part| !part.is_empty());
    parts
        .map(|part| match IdentityAlias::parse(part) {
            Ok(alias) => Ok(alias.to_string()),
            Err(sentence) => Err(wrong(5, sentence)),
        })
        .collect()
}

/// Reads `key=value, another=value`.
fn tags(text: &str) -> Result<BTreeMap<String, String>, String> {
    let mut tags = BTreeMap::new();
    for part in text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
    {
        let pair = part
            .split_once('=')
            .map(|(key, value)| (key.trim(), value.trim()));
        let Some((key, value)) = pair.filter(|(key, _)| !key.is_empty()) else {
            return Err(format!("{part} must be of the form key=value"));
        };
        if tags.insert(key.to_owned(), value.to_owned()).is_some() {
            return Err(format!("{key} is given twice"));
        }
    }
    Ok(tags)
}

fn give(model: &Model, form: &Form, user: String, resource: String) -> Result<Request, Wrong> {
    let moment =
        |line: usize| moment(model, form.get(line)).map_err(|sentence| wrong(line, sentence));
    let from = match form.get(2) {
        "" => None,
        _ => Some(moment(2)?),
    };
    let until = match form.get(1) {
        "" => return Err(wrong(1, "the end is missing: access for a time needs one")),
        _ => moment(1)?,
    };
    if until <= from.unwrap_or(model.now) {
        return Err(wrong(1, "this is over before it begins"));
    }
    Ok(Request::GiveAccess {
        user,
        resource,
        from,
        until,
    })
}

/// Reads a moment: `4h` from now, `2026-03-05 18:00` on the wall clock here, or with its offset.
fn moment(model: &Model, text: &str) -> Result<Timestamp, String> {
    if let Ok(length) = parse_duration(text) {
        let length = SignedDuration::try_from(length).unwrap_or(SignedDuration::MAX);
        return Ok(model.now.saturating_add(length).unwrap_or(Timestamp::MAX));
    }
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Ok(moment);
    }
    let wall = text.parse::<DateTime>().ok();
    let moment = wall.and_then(|wall| model.settings.zone.to_timestamp(wall).ok());
    moment.ok_or_else(|| {
        format!("{text:?} is no time: write a length such as 4h or 3d, or a date such as 2026-03-05 18:00")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_pairs_and_each_is_given_once() {
        let pairs = [("env", "prod"), ("team", "data")];
        let expected = pairs.map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(tags("env=prod, team = data,"), Ok(BTreeMap::from(expected)));
        assert_eq!(tags(""), Ok(BTreeMap::new()));
        for (text, complaint) in [
            ("prod", "prod must be of the form key=value"),
            ("=prod", "=prod must be of the form key=value"),
            ("a=1,a=2", "a is given twice"),
        ] {
            assert_eq!(tags(text), Err(complaint.to_owned()), "{text}");
        }
    }

    #[test]
    fn a_moment_is_a_length_from_now_or_a_date() {
        use crate::console::{ColorLevel, Settings, ThemeKind, keymap::Keymap};
        let now: Timestamp = "2026-03-04T12:00:00Z".parse().expect("a time");
        let settings = Settings {
            combined: false,
            read_only: false,
            theme: ThemeKind::Dark,
            colors: ColorLevel::None,
            ascii: true,
            keymap: Keymap::new(&BTreeMap::new()).expect("defaults"),
            base_url: None,
            zone: jiff::tz::TimeZone::fixed(jiff::tz::offset(2)),
        };
        let model = Model::new(settings, now);
        for (text, expected) in [
            ("4h", "2026-03-04T16:00:00Z"),
            ("1d", "2026-03-05T12:00:00Z"),
            ("2026-03-05 18:00", "2026-03-05T16:00:00Z"),
            ("2026-03-05", "2026-03-04T22:00:00Z"),
            ("2026-03-05T18:00Z", "2026-03-05T18:00:00Z"),
        ] {
            let expected = expected.parse().expect("a time");
            assert_eq!(moment(&model, text), Ok(expected), "{text}");
        }
        assert!(moment(&model, "tomorrow").is_err());
    }
}
