//! Boxes that tell: what should be looked at, what is held, and whether someone reaches something.

use ratatui::{layout::Rect, style::Style, text::Span};

use super::ask::buttons;
use crate::{
    admin::row::{AccessCheckRow, HoldRow, Warning},
    console::{
        model::Model,
        text,
        view::{
            access::reason,
            paint::{Canvas, Target, boxed, centered, line_of, paragraph, put, select, span},
        },
    },
    directory::HoldState,
};

/// One entry of the list: its first line, and what follows.
struct Entry {
    title: Vec<Span<'static>>,
    below: Vec<(String, Style)>,
}

/// Draws the warnings; what is held stands first, for it waits for an answer.
pub(super) fn warnings(model: &Model, index: usize, area: Rect, buffer: &mut Canvas) {
    let theme = &model.theme;
    let place = centered(area, 84, area.height.saturating_sub(4));
    let inside = boxed(buffer, place, "Warnings", theme.warn, model);
    let held = model.holds.iter().map(|row| hold(model, row));
    let shown = model.warnings().map(|row| warning(model, row));
    let entries: Vec<Entry> = held.chain(shown).collect();
    if entries.is_empty() {
        put(
            buffer,
            inside.x,
            inside.y,
            inside.width,
            vec![
                span(format!("{} ", model.signs.done), theme.ok),
                span("Nothing to worry about.", theme.text),
            ],
            model,
        );
        return;
    }
    let index = index.min(entries.len() - 1);
    let foot = u16::from(inside.height > 4);
    let mut rest = Rect {
        height: inside.height - foot,
        ..inside
    };
    for (row, entry) in entries
        .into_iter()
        .enumerate()
        .skip(index.saturating_sub(1))
    {
        if rest.height == 0 {
            break;
        }
        put(buffer, rest.x, rest.y, rest.width, entry.title, model);
        if row == index {
            select(buffer, line_of(rest, 0), true, model);
        }
        buffer.touchable(line_of(rest, 0), Target::Entry(row));
        let mut used = 1;
        for (sentence, style) in entry.below {
            let below = Rect {
                x: rest.x + 3,
                y: rest.y + used,
                width: rest.width.saturating_sub(4),
                height: rest.height.saturating_sub(used),
            };
            used += paragraph(buffer, below, &sentence, style, model);
        }
        used = (used + 1).min(rest.height);
        rest.y += used;
        rest.height -= used;
    }
    if foot > 0 {
        let acts = index < model.holds.len() && !model.settings.read_only;
        let mut pairs = vec![("enter", "go there")];
        if acts {
            pairs.extend([("a", "approve"), ("x", "refuse")]);
        }
        pairs.push(("esc", "back"));
        let line = line_of(inside, usize::from(inside.height - 1));
        buttons(model, line, &pairs, buffer);
    }
}

fn warning(model: &Model, warning: &Warning) -> Entry {
    let theme = &model.theme;
    let mut title = vec![
        span(format!(" {} ", model.signs.warn), theme.warn),
        span(model.shown(&warning.check).into_owned(), theme.strong),
    ];
    if warning.subject != warning.check {
        let subject = format!("  {}", model.shown(&warning.subject));
        title.push(span(subject, theme.muted));
    }
    Entry {
        title,
        below: vec![
            (model.shown(&warning.sentence).into_owned(), theme.text),
            (model.shown(&warning.advice).into_owned(), theme.muted),
        ],
    }
}

fn hold(model: &Model, row: &HoldRow) -> Entry {
    let (theme, signs) = (&model.theme, &model.signs);
    let provider = row.provider.title();
    let (sign, style, state) = match row.state {
        HoldState::Held => (signs.warn, theme.error, "held"),
        HoldState::Approved => (signs.done, theme.ok, "approved"),
        HoldState::Refused => (signs.error, theme.muted, "refused"),
    };
    let sentence = format!(
        "{provider} has suspended or deleted {} of {} active users; {} may leave at once. {} since {}, the hold \
         ends {} unless more is tried.",
        text::number(row.departed),
        text::number(row.active),
        text::number(row.allowed),
        text::count(row.attempts, "try").replace("trys", "tries"),
        model.clock(row.since),
        text::until(model.now, row.until),
    );
    let mut below = vec![(sentence, theme.text)];
    if !row.attempted.is_empty() {
        let names: Vec<_> = row
            .attempted
            .iter()
            .take(NAMED)
            .map(|subject| model.shown(&subject.name))
            .collect();
        let tried = u64::try_from(row.attempted.len()).unwrap_or(u64::MAX);
        let rest = tried.saturating_sub(NAMED as u64);
        let more = if rest > 0 {
            format!(" and {} more", text::number(rest))
        } else {
            String::new()
        };
        below.push((format!("Waiting: {}{more}.", names.join(", ")), theme.muted));
    }
    let advice = match row.state {
        HoldState::Held => {
            format!("If that is meant, approve it: {provider}'s own retry completes the sync.")
        }
        HoldState::Approved => format!("{provider} goes on; its own retry completes the sync."),
        HoldState::Refused => {
            format!("Further ones are refused. Check the assignments in {provider}.")
        }
    };
    below.push((advice, theme.muted));
    Entry {
        title: vec![
            span(format!(" {sign} "), style),
            span(format!("mass suspension {state}"), theme.strong),
            span(format!("  {}", row.provider), theme.accent),
        ],
        below,
    }
}

/// Users of a hold that are named.
const NAMED: usize = 5;

/// Draws whether someone reaches something.
pub(super) fn checked(model: &Model, row: &AccessCheckRow, area: Rect, buffer: &mut Canvas) {
    let (theme, signs) = (&model.theme, &model.signs);
    let refused = row
        .refused_because
        .iter()
        .map(|why| vec![span(format!("  {}", model.shown(why)), theme.text)]);
    let ways = row.because.iter().map(|way| {
        let mut spans = vec![span("  ", theme.text)];
        spans.extend(reason(model, way.via, way.role.as_deref(), way.until));
        spans
    });
    let lines: Vec<Vec<Span<'static>>> = refused.chain(ways).collect();
    let high = u16::try_from(lines.len())
        .unwrap_or(u16::MAX)
        .saturating_add(6);
    let (border, sign, words) = if row.allowed {
        (theme.ok, signs.done, "reaches")
    } else {
        (theme.warn, signs.error, "does not reach")
    };
    let inside = boxed(buffer, centered(area, 74, high), "Access", border, model);
    let verdict = vec![
        span(format!("{sign} "), border),
        span(model.shown(&row.user_name).into_owned(), theme.strong),
        span(format!(" {words} "), border),
        span(model.shown(&row.resource_name).into_owned(), theme.strong),
    ];
    put(buffer, inside.x, inside.y, inside.width, verdict, model);
    for (index, spans) in lines.into_iter().enumerate() {
        let line = line_of(inside, index + 2);
        if line.bottom() >= inside.bottom() {
            break;
        }
        put(buffer, line.x, line.y, line.width, spans, model);
    }
    let line = line_of(inside, usize::from(inside.height.saturating_sub(1)));
    buttons(model, line, &[("esc", "back")], buffer);
}
