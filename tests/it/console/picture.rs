//! Screens as SVG pictures for the README, drawn from the same models as the snapshots: a picture that
//! no longer is what the console shows fails its test.

use std::{fmt::Write as _, path::Path};

use ratatui::{
    buffer::{Buffer, Cell},
    style::{Color, Modifier},
};
use unicode_width::UnicodeWidthStr as _;

use super::{
    draw,
    sample::{busy, press, settings},
};

const CELL: (f32, f32) = (8.4, 18.0);
const MARGIN: f32 = 18.0;
const GROUND: &str = "#12151c";
const TEXT: &str = "#d7dce5";

fn hex(color: Color, otherwise: &str) -> String {
    match color {
        Color::Rgb(red, green, blue) => format!("#{red:02x}{green:02x}{blue:02x}"),
        _ => otherwise.to_owned(),
    }
}

/// Foreground and ground of a cell.
fn colors(cell: &Cell) -> (String, String) {
    let (text, ground) = (hex(cell.fg, TEXT), hex(cell.bg, GROUND));
    if cell.modifier.contains(Modifier::REVERSED) {
        (ground, text)
    } else {
        (text, ground)
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// Draws a buffer as a picture that needs nothing but a monospace font.
fn svg(buffer: &Buffer, title: &str) -> String {
    let (columns, rows) = (f32::from(buffer.area.width), f32::from(buffer.area.height));
    let (width, height) = (
        columns * CELL.0 + 2.0 * MARGIN,
        rows * CELL.1 + 2.0 * MARGIN,
    );
    let mut picture = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\" aria-label=\"{title}\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"10\" fill=\"{GROUND}\"/>\n\
         <g font-family=\"ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace\" \
         font-size=\"14\" xml:space=\"preserve\">\n"
    );
    for y in 0..buffer.area.height {
        let top = MARGIN + f32::from(y) * CELL.1;
        let mut x = 0;
        while x < buffer.area.width {
            let start = x;
            let first = buffer.cell((x, y)).expect("inside");
            let look = (colors(first), first.modifier);
            let mut run = String::new();
            while x < buffer.area.width {
                let cell = buffer.cell((x, y)).expect("inside");
                let wide = u16::try_from(cell.symbol().width().max(1)).expect("narrow");
                if (colors(cell), cell.modifier) != look || (wide > 1 && x > start) {
                    break;
                }
                run.push_str(cell.symbol());
                x += wide;
                if wide > 1 {
                    break;
                }
            }
            let ((text, ground), modifier) = look;
            let (left, wide) = (
                MARGIN + f32::from(start) * CELL.0,
                f32::from(x - start) * CELL.0,
            );
            if ground != GROUND {
                let _ = writeln!(
                    picture,
                    "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{wide:.1}\" height=\"{:.1}\" fill=\"{ground}\"/>",
                    CELL.1
                );
            }
            if run.trim().is_empty() {
                continue;
            }
            let mut style = String::new();
            if modifier.contains(Modifier::BOLD) {
                style.push_str(" font-weight=\"bold\"");
            }
            if modifier.contains(Modifier::UNDERLINED) {
                style.push_str(" text-decoration=\"underline\"");
            }
            let _ = writeln!(
                picture,
                "<text x=\"{left:.1}\" y=\"{:.1}\" textLength=\"{wide:.1}\" lengthAdjust=\"spacingAndGlyphs\" fill=\"{text}\"{style}>{}</text>",
                top + 13.5,
                escaped(&run),
            );
        }
    }
    picture.push_str("</g>\n</svg>\n");
    picture
}

/// Compares with the picture that is kept; `ROLECALL_PICTURES=write` draws it anew.
fn is_current(name: &str, title: &str, keys: &str) {
    let mut model = busy(settings(), 120, 26);
    press(&mut model, keys);
    let drawn = svg(&draw(&model), title);
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("assets/screenshots")
        .join(name);
    if std::env::var_os("ROLECALL_PICTURES").is_some_and(|value| value == "write") {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder is made");
        std::fs::write(&path, &drawn).expect("the picture is written");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == drawn,
        "{name} is not what the console shows: draw it anew with ROLECALL_PICTURES=write cargo test --test it picture"
    );
}

#[test]
fn live_is_current() {
    is_current("live.svg", "The console's live screen during a sync", "");
}

#[test]
fn conflict_is_current() {
    is_current(
        "conflict.svg",
        "A conflict, side by side, with the preview of a link",
        "4",
    );
}

#[test]
fn users_are_current() {
    is_current(
        "users.svg",
        "Users, and one of them with roles, access and why",
        "2 j j",
    );
}

#[test]
fn token_is_current() {
    is_current("token.svg", "A new token, shown once", "6 t enter");
}
