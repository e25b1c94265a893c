//! A new token: the only place where a secret is ever shown.

use ratatui::{layout::Rect, text::Span};

use super::ask::{buttons, foot};
use crate::console::{
    model::{Model, overlay::Secret},
    text,
    view::paint::{Canvas, boxed, centered, paragraph, put, span, width},
};

const WARNING: &str = "This is the only time it is shown: only its hash is kept. Paste it into your \
                       identity provider as the API token or bearer token.";

/// Draws the token with what belongs to it.
pub(super) fn secret(model: &Model, secret: &Secret, area: Rect, buffer: &mut Canvas) {
    let theme = &model.theme;
    let token = text::visible(&secret.token.token).into_owned();
    let wide = u16::try_from(text::width(&token) + 6).unwrap_or(u16::MAX);
    let wide = wide.clamp(72, 110).min(area.width);
    let lines = text::wrap(&token, usize::from(wide.saturating_sub(4)).max(1));
    let high = 11 + u16::try_from(lines.len()).unwrap_or(0);
    let inside = boxed(
        buffer,
        centered(area, wide, high),
        "New token",
        theme.ok,
        model,
    );
    let mut rest = Rect {
        height: inside.height.saturating_sub(1),
        ..inside
    };
    let provider = secret.token.provider.title();
    let name = format!("{provider}  {}", model.shown(&secret.token.name));
    line(model, &mut rest, vec![span(name, theme.muted)], buffer);
    line(model, &mut rest, Vec::new(), buffer);
    for part in lines {
        line(model, &mut rest, vec![span(part, theme.strong)], buffer);
    }
    line(model, &mut rest, Vec::new(), buffer);
    let used = paragraph(buffer, rest, WARNING, theme.text, model);
    rest.y += used;
    rest.height -= used;
    line(model, &mut rest, Vec::new(), buffer);
    let ends = match secret.token.expires {
        Some(at) => text::date_time(at, &model.settings.zone),
        None => "never".to_owned(),
    };
    let url = model.base_url().map(|url| model.shown(url).into_owned());
    for (label, value) in [("Base URL", url), ("Ends", Some(ends))] {
        if let Some(value) = value {
            let label = span(format!("{label:<10}"), theme.muted);
            line(
                model,
                &mut rest,
                vec![label, span(value, theme.text)],
                buffer,
            );
        }
    }
    let mut line = foot(inside);
    let mut pairs = vec![("y", "copy"), ("esc", "close, for good")];
    if secret.copied {
        let words = format!("{} copied, if the terminal allows it   ", model.signs.done);
        let note = vec![span(words, theme.ok)];
        let wide = u16::try_from(width(&note)).unwrap_or(0).min(line.width);
        put(buffer, line.x, line.y, line.width, note, model);
        line.x += wide;
        line.width -= wide;
        pairs.remove(0);
    }
    buttons(model, line, &pairs, buffer);
}

/// Writes one line at the top of what is left, and takes it off.
fn line(model: &Model, rest: &mut Rect, spans: Vec<Span<'static>>, buffer: &mut Canvas) {
    if rest.height > 0 {
        put(buffer, rest.x, rest.y, rest.width, spans, model);
        rest.y += 1;
        rest.height -= 1;
    }
}
