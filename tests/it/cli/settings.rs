//! The console's part of the configuration: every mistake is reported with file and line.

use super::program::{Place, Program};

fn start(place: &Place, text: &str, flags: &str) -> Program {
    std::fs::write(place.path().join("rolecall.toml"), text).expect("written");
    let mut command = place.command(flags);
    command
        .current_dir(place.path())
        .args(["--config", "rolecall.toml"]);
    let output = command.output().expect("the binary runs");
    Program {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).expect("text"),
        stderr: String::from_utf8(output.stderr).expect("text"),
    }
}

#[test]
fn a_mistake_about_the_console_is_reported_with_its_line() {
    let place = Place::new();
    for (text, sentence) in [
        (
            "[console]\ntheme = \"drak\"\n",
            "rolecall.toml:2: there is no theme \"drak\"; choose dark, light or color-blind",
        ),
        (
            "[console]\n\ncolors = \"many\"\n",
            "rolecall.toml:3: there are no colours \"many\"; choose auto, truecolor, 256, 16 or none",
        ),
        (
            "[console]\nascii = 1\n",
            "rolecall.toml:2: invalid type: integer `1`, expected a boolean",
        ),
        (
            "[console.keys]\nnew-tokens = \"K\"\n",
            "rolecall.toml:2: there is no action \"new-tokens\"; did you mean new-token?",
        ),
        (
            "[console.keys]\nnew-token = \"hyper-k\"\n",
            "rolecall.toml:2: \"hyper-k\" is no key;",
        ),
        (
            "[console.keys]\nfollow = \"F\"\nnew-token = \"q\"\n",
            "rolecall.toml:3: q would mean both new-token and quit on the same screen; give one of \
             them another key",
        ),
        (
            "[console.keys]\nquit = \"t\"\n",
            "rolecall.toml:2: t would mean both quit and new-token on the same screen;",
        ),
        (
            "[console.keys]\nnew-token = \"K\"\nprivacy = \"P\"\nfollow = \"K\"\n",
            "rolecall.toml:4: K would mean both follow and new-token on the same screen; give one of \
             them another key (new-token has it at rolecall.toml:2)",
        ),
    ] {
        for command in ["--listen 127.0.0.1:0", "attach"] {
            let program = start(&place, text, command);
            assert_eq!(program.code, 1, "{text}: {program:?}");
            let start = format!("rolecall: {sentence}");
            assert!(program.stderr.starts_with(&start), "{text}: {program:?}");
            assert_eq!(program.stderr.lines().count(), 1, "{program:?}");
        }
    }
}

#[test]
fn two_keys_may_be_changed_for_each_other() {
    let place = Place::new();
    let text = "[console.keys]\nnew-token = \"f\"\nfollow = \"t\"\n";
    let program = start(&place, text, "--listen 127.0.0.1:0");
    // Nothing is wrong but that this is no terminal.
    assert!(program.stderr.contains("needs a terminal"), "{program:?}");
    let program = place.attempt("--key new-token=f --key follow=t");
    assert!(program.stderr.contains("needs a terminal"), "{program:?}");
}

#[test]
fn a_bad_flag_of_the_console_is_wrong_usage() {
    for (flags, part) in [
        (["--colors", "many"], "there are no colours \"many\""),
        (["--theme", "drak"], "there is no theme \"drak\""),
        (["--key", "folow=K"], "did you mean follow?"),
        (["--key", "follow"], "is not a mapping"),
    ] {
        let program = Program::alone(&flags);
        assert_eq!(program.code, 2, "{program:?}");
        assert!(program.stderr.contains(part), "{program:?}");
    }
}
