//! Every screen and box, in three sizes and three themes.

use std::collections::BTreeSet;

use insta::assert_snapshot;
use rolecall::console::{
    ColorLevel, Model, Settings,
    action::Screen,
    model::{
        Focus,
        overlay::{Overlay, Purpose},
    },
};

use super::{
    draw,
    matrix::matrix,
    sample::{busy, fresh, held, press, settings},
    styles, text,
};

/// A console after some keys.
pub(super) struct Scene {
    /// Its snapshot's name.
    pub name: &'static str,
    /// What it begins with.
    pub make: fn(Settings, u16, u16) -> Model,
    /// The keys.
    pub keys: &'static str,
}

impl Scene {
    /// The console in a terminal of so many cells.
    pub(super) fn model(&self, columns: u16, rows: u16) -> Model {
        let mut model = (self.make)(settings(), columns, rows);
        press(&mut model, self.keys);
        model
    }
}

macro_rules! screens {
    ($($name:ident: $make:ident, $keys:literal;)*) => {
        /// Every scene.
        pub(super) const SCENES: &[Scene] = &[
            $(Scene { name: stringify!($name), make: $make, keys: $keys },)*
        ];

        $(#[test] fn $name() { assert_snapshot!(stringify!($name), matrix($make, $keys)); })*
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
    provider_details: busy, "6 enter";
    token_details: busy, "6 j enter";
    conflict_history: busy, "4 enter G";
    user_narrowed: busy, "7 s enter";
    role_history: busy, "3 j enter G";
    journal: busy, "7";
    journal_details: busy, "7 k k k enter";
    setup: busy, "8";
    help: busy, "?";
    help_searched: busy, "? 'token";
    palette: busy, ":";
    palette_searched: busy, ": 'new";
    warnings: busy, "w";
    order_and_columns: busy, "2 o";
    users_by_level: busy, "2 o j j j j enter esc";
    marked_users: busy, "2 m m m j j m";
    marked_requests: busy, "k k m k k m";
    suspend_marked: busy, "2 m m m j j m s";
    delete_marked: busy, "2 m m m j j m x 'delete";
    marked_progress: busy, "2 m m m j j m s y";
    marked_level_form: busy, "2 m m m v";
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
    syncs_focused: busy, "s j";
    sync_opened: busy, "s enter";
    sync_opened_request: busy, "s enter j j j";
    sync_without_requests: busy, "s j j enter";
    sync_form: busy, "s j E";
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
    live_response: busy, "enter l l";
    live_left_behind: busy, "k k";
    access_nothing: fresh, "5";
    service_account_form: busy, "2 N";
    role_form: busy, "3 n";
    attach_to_role_form: busy, "2 j a 'Eng";
    grant_of_form: busy, "3 j j A 'prod";
    give_of_form: busy, "2 j T 'prod";
    check_form: busy, "5 c";
    check_of_form: busy, "2 c";
    dismiss: busy, "4 D 'Fin";
    rename_preview: busy, "4 R enter";
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
fn without_colour_no_colour_is_used() {
    for scene in SCENES {
        let settings = Settings {
            colors: ColorLevel::None,
            ..settings()
        };
        let mut model = (scene.make)(settings, 80, 24);
        press(&mut model, scene.keys);
        let look = styles(&draw(&model));
        let plain = look.lines().all(|line| line.contains("Reset/Reset"));
        assert!(plain, "a colour in {}", scene.name);
    }
}

/// The boxes; whoever adds one gives it a scene.
fn kind_of(overlay: &Overlay) -> &'static str {
    match overlay {
        Overlay::Help { .. } => BOXES[0],
        Overlay::Palette { .. } => BOXES[1],
        Overlay::Warnings { .. } => BOXES[2],
        Overlay::Quit => BOXES[3],
        Overlay::Ways { .. } => BOXES[4],
        Overlay::Confirm(_) => BOXES[5],
        Overlay::Form(_) => BOXES[6],
        Overlay::Secret(_) => BOXES[7],
        Overlay::Checked(_) => BOXES[8],
        Overlay::Arrange { .. } => BOXES[9],
        Overlay::Batch => BOXES[10],
    }
}

const BOXES: [&str; 11] = [
    "help", "palette", "warnings", "quit", "ways", "confirm", "form", "secret", "checked",
    "arrange", "batch",
];

/// The forms; whoever adds one gives it a scene.
fn form_of(purpose: &Purpose) -> &'static str {
    match purpose {
        Purpose::Token => FORMS[0],
        Purpose::User => FORMS[1],
        Purpose::ServiceAccount => FORMS[2],
        Purpose::Level(_) => FORMS[3],
        Purpose::Role => FORMS[4],
        Purpose::RoleOf(_) => FORMS[5],
        Purpose::MemberOf(_) => FORMS[6],
        Purpose::Rename(_) => FORMS[7],
        Purpose::Edit(..) => FORMS[8],
        Purpose::RenameRole(_) => FORMS[9],
        Purpose::Resource => FORMS[10],
        Purpose::GrantTo(_) => FORMS[11],
        Purpose::GrantOf(_) => FORMS[12],
        Purpose::GiveTo(_) => FORMS[13],
        Purpose::GiveOf(_) => FORMS[14],
        Purpose::CheckTo(_) => FORMS[15],
        Purpose::CheckOf(_) => FORMS[16],
        Purpose::Export => FORMS[17],
        Purpose::SyncMarkdown(_) => FORMS[18],
        Purpose::Marked(_) => FORMS[19],
    }
}

const FORMS: [&str; 20] = [
    "token",
    "user",
    "service account",
    "level",
    "role",
    "role of",
    "member of",
    "rename",
    "edit",
    "rename role",
    "resource",
    "grant to",
    "grant of",
    "give to",
    "give of",
    "check to",
    "check of",
    "export",
    "sync as Markdown",
    "marked",
];

#[test]
fn every_screen_box_and_form_has_a_scene() {
    let (mut screens, mut boxes, mut forms) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for scene in SCENES {
        let model = scene.model(80, 24);
        match &model.overlay {
            None => screens.push((model.screen, model.focus)),
            Some(overlay) => {
                boxes.insert(kind_of(overlay));
                if let Overlay::Form(form) = overlay {
                    forms.insert(form_of(&form.purpose));
                }
            }
        }
    }
    for screen in Screen::ALL {
        assert!(
            screens.contains(&(screen, Focus::List)),
            "{screen:?} has no scene"
        );
        let details = rolecall::console::view::geometry::has_details(screen);
        let shown = screens.contains(&(screen, Focus::Details));
        assert!(shown || !details, "the details of {screen:?} have no scene");
    }
    assert_eq!(boxes, BTreeSet::from(BOXES));
    assert_eq!(forms, BTreeSet::from(FORMS));
}

/// Snapshots beside those of the scenes.
const OTHERS: &[&str] = &[
    "console__matrix__legend",
    "console__screens__card_1x1",
    "console__screens__card_20x5",
    "console__screens__card_39x24",
    "console__screens__card_80x9",
    "console__screens__plain_ascii_has_nothing_else_of_its_own",
    "console__screens__read_only_offers_no_act",
    "console__screens__the_size_of_the_sketch",
];

#[test]
fn no_snapshot_is_left_of_what_is_gone() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/console/snapshots");
    for file in std::fs::read_dir(folder).expect("the snapshots are there") {
        let name = file
            .expect("an entry")
            .file_name()
            .into_string()
            .expect("plain names");
        let Some(name) = name
            .strip_suffix(".snap")
            .and_then(|name| name.strip_prefix("it__"))
        else {
            continue;
        };
        let scene = name.strip_prefix("console__screens__");
        let known = SCENES.iter().any(|known| Some(known.name) == scene);
        assert!(known || OTHERS.contains(&name), "no test looks at {name}");
    }
}
