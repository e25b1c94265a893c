//! Text on its way to the console's screen: nothing hides in it, and it fits.

use std::borrow::Cow;

use rolecall::console::text::{is_hidden, mask, truncate, visible, width, wrap};

/// Cells that there may be room for.
const ROOMS: [usize; 4] = [1, 4, 7, 80];

/// One character of the screen takes so many cells at most, even where there is less room.
const WIDEST: usize = 4;

/// A hidden character is shown as so many at most: `\u{10ffff}`.
const LONGEST_ESCAPE: usize = 10;

pub(super) fn body(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let shown = visible(&text);
    assert!(!shown.chars().any(is_hidden), "{shown:?}");
    assert!(shown.len() <= LONGEST_ESCAPE * text.len());
    assert!(matches!(visible(&shown), Cow::Borrowed(_)) || visible(&shown) == shown);
    let whole = width(&shown);
    for room in ROOMS {
        let cut = truncate(&shown, room, '…');
        assert!(width(&cut) <= room, "{cut:?} in {room}");
        assert!(whole > room || cut == shown, "{shown:?} has room");
        let lines = wrap(&shown, room);
        let widest = lines.iter().map(|line| width(line)).max();
        assert!(widest <= Some(room.max(WIDEST)), "{shown:?} in {room}");
        let kept = lines.concat().chars().filter(|shown| *shown != ' ').count();
        assert_eq!(kept, shown.chars().filter(|shown| *shown != ' ').count());
    }
    let masked = mask(&shown);
    assert_eq!(masked.contains('@'), shown.contains('@'));
}
