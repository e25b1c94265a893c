use jiff::ToSpan;

use super::world::*;
use crate::directory::{
    Command, Outcome, Provider, ProviderState, Refusal, Token, TokenHash, TokenState,
};

fn create(world: &mut World, name: &str, hours: Option<i64>) -> Result<Token, Refusal> {
    let expires = hours.map(|hours| world.now().checked_add(hours.hours()).expect("a time"));
    let mut hash = [0; 32];
    hash.iter_mut()
        .zip(name.bytes())
        .for_each(|(byte, letter)| *byte = letter);
    let command = Command::CreateToken {
        provider: Provider::Okta,
        name: name.to_owned(),
        expires,
        hash: TokenHash(hash),
        prefix: "rc_okta_abc".to_owned(),
    };
    match world.run(&operator(), &command)? {
        Outcome::Token(token) => Ok(*token),
        other => panic!("no token: {other:?}"),
    }
}

fn state(world: &World) -> ProviderState {
    let record = world.view().provider(Provider::Okta).expect("a read");
    record.state
}

#[test]
fn a_provider_says_since_when_it_is_so() {
    let mut world = World::new();
    let provider = Provider::Okta;
    for command in [
        Command::ActivateProvider { provider },
        Command::DeactivateProvider { provider },
    ] {
        world.let_pass(60);
        world.run(&operator(), &command).expect("done");
        let record = world.view().provider(provider).expect("a read");
        assert_eq!(record.changed, Some(world.now()), "{command:?}");
        world.run(&operator(), &command).expect("done already");
        let again = world.view().provider(provider).expect("a read");
        assert_eq!(again, record);
    }
}

#[test]
fn a_token_activates_its_provider_once() {
    let mut world = World::new();
    let first = create(&mut world, "first", None).expect("a token");
    assert_eq!(world.actions(), ["provider-activated", "token-created"]);
    assert_eq!(state(&world), ProviderState::Active);
    assert_eq!(first.state(world.now()), TokenState::Live);
    create(&mut world, "second", Some(1)).expect("a token");
    assert_eq!(world.actions(), ["token-created"]);
}

#[test]
fn bad_tokens_are_refused() {
    let long = "x".repeat(101);
    for (name, hours) in [
        ("", None),
        ("a\nb", None),
        (&*long, None),
        ("late", Some(-1)),
    ] {
        let mut world = World::new();
        let refused = create(&mut world, name, hours);
        assert!(matches!(refused, Err(Refusal::BadValue { .. })), "{name}");
        assert_eq!(state(&world), ProviderState::Inactive);
    }
}

#[test]
fn a_token_is_revoked_once() {
    let mut world = World::new();
    let id = create(&mut world, "first", None).expect("a token").id;
    for actions in [&["token-revoked"][..], &[]] {
        let outcome = world.run(&operator(), &Command::RevokeToken { id });
        let Ok(Outcome::Token(token)) = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!(token.state(world.now()), TokenState::Revoked);
        assert_eq!(world.actions(), actions);
    }
}

#[test]
fn deactivation_revokes_the_tokens_and_can_be_repeated() {
    let mut world = World::new();
    let provider = Provider::Okta;
    create(&mut world, "first", None).expect("a token");
    create(&mut world, "second", None).expect("a token");
    let steps: [(Command, &[&str]); 4] = [
        (
            Command::DeactivateProvider { provider },
            &["provider-deactivated", "token-revoked", "token-revoked"],
        ),
        (Command::DeactivateProvider { provider }, &[]),
        (
            Command::ActivateProvider { provider },
            &["provider-activated"],
        ),
        (Command::ActivateProvider { provider }, &[]),
    ];
    for (command, actions) in steps {
        world.run(&operator(), &command).expect("done");
        assert_eq!(world.actions(), actions, "{command:?}");
    }
    let tokens = world.view().tokens().expect("a read");
    assert!(tokens.iter().all(|token| token.revoked.is_some()));
}
