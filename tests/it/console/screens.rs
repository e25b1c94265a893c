//! Every screen and box, in three sizes.

use insta::assert_snapshot;
use rolecall::console::{ColorLevel, Model, Settings, ThemeKind};

use super::{
    draw,
    sample::{busy, fresh, held, press, settings},
    styles, text,
};

const SIZES: [(u16, u16); 3] = [(40, 12), (80, 24), (200, 60)];

/// Snapshots a console after some keys, in every size.
fn every_size(name: &str, make: fn(Settings, u16, u16) -> Model, keys: &str) {
    for (columns, rows) in SIZES {
        let mut model = make(settings(), columns, rows);
        press(&mut model, keys);
        assert_snapshot!(format!("{name}_{columns}x{rows}"), text(&draw(&model)));
    }
}

macro_rules! screens {
    ($($name:ident: $make:ident, $keys:literal;)*) => {
        $(#[test] fn $name() { every_size(stringify!($name), $make, $keys); })*
    };
}

screens! {
    live: busy, "";
    live_without_traffic: fresh, "";
    live_conflict_selected: busy, "k k k k";
    live_request: busy, "k k k k l l";
    live_headers: busy, "enter l l l";
    live_filtered: busy, "/ 'status:>=400 enter";
    live_filter_error: busy, "/ 'status:abc";
    live_paused: busy, "space";
    live_nothing_matches: busy, "/ 'role:nobody enter";
    users: busy, "2";
    user_details: busy, "2 j enter j";
    users_masked: busy, "2 P";
    users_filtered: busy, "2 / 'ann enter";
    roles: busy, "3";
    role_details: busy, "3 j j enter j j";
    conflicts: busy, "4";
    conflict_details: busy, "4 enter";
    conflicts_resolved: busy, "4 s j j";
    providers: busy, "6 j";
    journal: busy, "7";
    journal_details: busy, "7 k k k enter";
    setup: busy, "8";
    help: busy, "?";
    help_searched: busy, "? 'token";
    palette: busy, ":";
    palette_searched: busy, ": 'new";
    warnings: busy, "w";
    quit: busy, "q";
    ways: busy, "4 r";
    link_preview: busy, "4 L";
    rename_form: busy, "4 R";
    revoke: busy, "6 j x 'prod";
    token_form: busy, "t";
    token_shown: busy, "t enter";
    user_form: busy, "2 n 'new@example.com";
    level_form: busy, "2 j v";
    attach_form: busy, "3 a 'bob";
    access: busy, "5";
    access_details: busy, "5 enter j j";
    access_without_resources: fresh, "5 / 'nothing-like-it enter";
    user_access: busy, "2 j j enter G";
    role_grants: busy, "3 j j enter G";
    role_stale: busy, "3 j j j j enter";
    warnings_held: held, "w";
    live_held: held, "";
    approve_hold: held, "w a";
    edit_form: busy, "2 e";
    edit_form_wrong: busy, "2 e tab tab tab tab tab 'rdp-set enter";
    rename_role_form: busy, "3 e";
    suspend: busy, "2 s";
    delete_role: busy, "3 x 'Break";
    release_user: busy, "2 j R";
    managed_is_refused: busy, "2 j x";
    resource_form: busy, "5 n 'web tab 'http tab 'env";
    grant_form: busy, "5 A 'Eng";
    give_form: busy, "5 T 'bob";
    take_access: busy, "5 enter j j d";
    check_yes: busy, "5 c 'bob@example.com enter";
    check_no: busy, "2 j c 'prod-db enter";
    undo: busy, "u";
    export_form: busy, "/ 'status:>=400 enter E";
}

#[test]
fn a_terminal_too_small_says_so() {
    for (columns, rows) in [(39, 24), (80, 9), (1, 1), (20, 5)] {
        let model = busy(settings(), columns, rows);
        assert_snapshot!(format!("card_{columns}x{rows}"), text(&draw(&model)));
    }
}

#[test]
fn the_size_of_the_sketch() {
    let model = busy(settings(), 110, 28);
    assert_snapshot!(text(&draw(&model)));
}

#[test]
fn plain_ascii_has_nothing_else_of_its_own() {
    let mut model = busy(
        Settings {
            ascii: true,
            ..settings()
        },
        120,
        30,
    );
    let live = text(&draw(&model));
    press(&mut model, "4 L");
    let own = format!("{live}\n\n{}", text(&draw(&model)));
    // What comes from outside is kept as it is; everything else is ASCII.
    let foreign = own
        .replace("zoë.日本", "")
        .replace("ë日本", "")
        .replace('−', "-");
    assert!(
        foreign.is_ascii(),
        "{:?}",
        foreign
            .chars()
            .filter(|c| !c.is_ascii())
            .collect::<String>()
    );
    assert_snapshot!(own);
}

#[test]
fn read_only_offers_no_act() {
    let mut model = busy(
        Settings {
            read_only: true,
            ..settings()
        },
        110,
        28,
    );
    press(&mut model, "4 L");
    assert_snapshot!(text(&draw(&model)));
    assert!(model.overlay.is_none());
}

#[test]
fn without_colour_the_selection_is_reversed() {
    let model = busy(
        Settings {
            colors: ColorLevel::None,
            ..settings()
        },
        80,
        24,
    );
    let look = styles(&draw(&model));
    assert!(
        look.lines().all(|line| line.contains("Reset/Reset")),
        "a colour"
    );
    assert!(look.contains("REVERSED"));
    assert_snapshot!(look);
}

#[test]
fn every_theme_marks_the_selection() {
    for theme in [ThemeKind::Dark, ThemeKind::Light, ThemeKind::ColorBlind] {
        for colors in [ColorLevel::Sixteen, ColorLevel::Indexed, ColorLevel::True] {
            let model = busy(
                Settings {
                    theme,
                    colors,
                    ..settings()
                },
                80,
                24,
            );
            assert_snapshot!(
                format!("styles_{theme:?}_{colors:?}"),
                styles(&draw(&model))
            );
        }
    }
}
