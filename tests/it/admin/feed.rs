//! The journal as other systems follow it.

use rolecall::admin::{Reply, Request};

use super::house::House;

#[tokio::test]
async fn a_follower_that_is_killed_and_resumed_misses_nothing() {
    let house = House::new();
    let mut seen: Vec<u64> = Vec::new();
    for round in 0..5 {
        let after = seen.last().copied().unwrap_or(0);
        let feed = house.client.follow(Request::FollowJournal { after }).await;
        let mut feed = feed.unwrap();
        for number in 0..7 {
            house.add_role(&format!("Role {round} {number}")).await;
        }
        // Killed half-way: what it has not taken in by then comes again.
        while seen.len() < round * 7 + 4 {
            let Some(Reply::Journal(rows)) = feed.next().await.unwrap() else {
                panic!("the feed ended")
            };
            seen.extend(rows.iter().map(|row| row.seq));
        }
        drop(feed);
    }
    let last = seen.last().copied().unwrap();
    assert_eq!(seen, (1..=last).collect::<Vec<_>>(), "in order, each once");
}
