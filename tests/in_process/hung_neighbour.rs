//! A neighbour that hangs: it is up, and takes nothing of what it is told.

use crate::pair::{ALFORD, BALL, Pair, QUEUE};
use reactor::testing::RemoteId;

const BATCHES: usize = 100;
const BATCH: usize = 300;

/// Two that are linked, and the end of Alford's link to Ball.
fn linked() -> (Pair, RemoteId) {
    let mut pair = Pair::new();
    for place in [ALFORD, BALL] {
        pair.servers[place].open(place).unwrap();
    }
    pair.pass(2);
    let link = pair.streams.iter().find(|stream| stream.dialler == ALFORD).unwrap().ends[0];
    (pair, link)
}

fn reports(batch: usize) -> String {
    (0..BATCH).map(|client| format!("IAMAT client-{client} +1-1 {batch}.{client}\n")).collect()
}

#[test]
fn a_neighbour_that_hangs_holds_up_nobody_costs_a_bounded_queue_and_is_told_all_it_missed() {
    let (mut pair, link) = linked();
    pair.servers[ALFORD].net.remote(link).set_room(0);
    let client = pair.client(ALFORD);
    let mut most_waiting = 0;
    for batch in 1..=BATCHES {
        pair.say(ALFORD, client, &reports(batch)); // no time passes
        let neighbour = pair.servers[ALFORD].reactor.app.neighbours.get_mut(0).unwrap();
        most_waiting = most_waiting.max(neighbour.waiting());
    }
    let replies = pair.heard(ALFORD, client).lines().count();
    assert_eq!(replies, BATCHES * BATCH, "every report is answered at once");
    let shortest = "AT Alford -1.000000000 client-1 +1-1 1.1".len();
    assert!(most_waiting <= QUEUE / shortest, "{most_waiting} lines");
    let counters = &pair.servers[ALFORD].reactor.app.neighbours.get_mut(0).unwrap().counters;
    assert!(counters.overflows > 0 && counters.dropped > 0, "{counters:?}");

    pair.servers[ALFORD].net.remote(link).set_room(usize::MAX);
    pair.settle();
    let [alford, ball] = &pair.servers;
    let differing = alford.reactor.app.store.digest().differing(ball.reactor.app.store.digest());
    assert_eq!(differing.len(), 0, "it holds everything again");
    assert_eq!(ball.reactor.app.store.len(), BATCH);
}

#[test]
fn a_neighbour_that_hangs_for_longer_is_given_up_and_dialled_again() {
    let (mut pair, link) = linked();
    pair.servers[ALFORD].net.remote(link).set_room(0);
    pair.pass(12); // pings without an answer
    assert!(pair.servers[ALFORD].net.remote(link).is_gone());
    let client = pair.client(ALFORD);
    pair.say(ALFORD, client, "IAMAT kiwi +1-1 5\n");
    pair.pass(4);
    assert!(pair.knows(BALL, "kiwi").is_some());
}
