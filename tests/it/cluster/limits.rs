//! Who is too fast is too fast everywhere.

use rolecall::{directory::Provider, listener::Limits, store::Store};

use super::node::{Shared, two, two_over};
use crate::harness::{Client, within};

/// Ready once a process has told the others of so many events; what it was told it counts a moment later.
async fn told(witness: &dyn Store, times: u32) {
    within(async {
        let mut heard = 0;
        while heard < times {
            tokio::task::yield_now().await;
            let spent = witness.share(&[]).expect("a share");
            heard += spent.iter().map(|spent| spent.times).sum::<u32>();
        }
    })
    .await;
}

#[tokio::test]
async fn requests_with_one_token_count_together() {
    let shared = Shared::new();
    let witness = shared.store("witness");
    // From here on it is told.
    assert_eq!(witness.share(&[]).expect("a share"), []);
    let limits = Limits {
        requests_per_second: 2,
        ..Limits::default()
    };
    let (one, two) = two_over(&shared, limits).await;
    let (_, okta) = one.client(Provider::Okta).await;
    let beside = two.turned(&okta);
    // It answers, so it counts what others let in from here on.
    let (_, fresh) = two.client(Provider::Okta).await;
    fresh.get("/Users").await.expect(200);
    // Ten seconds' worth may come at once, and it all comes to one of them.
    within(async { while okta.get("/Users").await.status != 429 {} }).await;
    told(&*witness, 20).await;
    let mut let_in = 0;
    while beside.get("/Users").await.status != 429 {
        let_in += 1;
        // It is told at the moment when it is told itself.
        told(&*witness, 1).await;
    }
    assert!(let_in < 8, "{let_in} of 20 for one alone");
}

#[tokio::test]
async fn guesses_of_one_address_count_together() {
    let (one, two) = two(Limits {
        failed_authentications: 3,
        ..Limits::default()
    })
    .await;
    let guesser = Client {
        address: one.address,
        headers: "Authorization: Bearer rc_okta_guess\r\n".to_owned(),
    };
    // It answers, so it counts what others let in from here on.
    let (_, first) = two.client(Provider::Okta).await;
    first.get("/Users").await.expect(200);
    within(async { while guesser.get("/Users").await.status != 429 {} }).await;
    // Nobody guesses there, but no token that was not let in before is let in from now on.
    within(async {
        loop {
            let (_, fresh) = two.client(Provider::Okta).await;
            let reply = fresh.get("/Users").await;
            if reply.status == 429 {
                break;
            }
            reply.expect(200);
        }
    })
    .await;
}
