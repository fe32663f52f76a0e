//! A commit of very many reports: a neighbour that keeps up is told all of them, and is not taken for a slow one.

use crate::pair::{ALFORD, BALL, Pair, QUEUE};
use herd::config::Durability;
use herd::journal::{Journal, Volume};
use herd::simulate::{SimDisk, SimVolume};
use reactor::Random;

/// So many each: what a client may say before its replies are too many to be held.
const REPORTS: usize = 500;
const CLIENTS: usize = 10;

fn reports(of: usize) -> String {
    (0..REPORTS).map(|n| format!("IAMAT client-{of}-{n} +34.068930-118.445127 5\n")).collect()
}

/// Two that are linked, of whom Alford acknowledges what is on disk.
fn linked() -> Pair {
    let mut pair = Pair::new();
    let volume = || Box::new(SimVolume(SimDisk::new(Random::seeded(1)))) as Box<dyn Volume>;
    let app = &mut pair.servers[ALFORD].reactor.app;
    (app.journal, app.store, _) = Journal::open(Durability::Always, volume, "Alford").unwrap();
    for place in [ALFORD, BALL] {
        pair.servers[place].open(place).unwrap();
    }
    pair.pass(2);
    pair
}

#[test]
fn what_has_gathered_while_the_disk_was_busy_overflows_no_neighbour_that_keeps_up() {
    let mut pair = linked();
    pair.servers[ALFORD].net.hold_answers(true);
    let clients: Vec<_> = (0..CLIENTS).map(|_| pair.client(ALFORD)).collect();
    clients.iter().enumerate().for_each(|(n, client)| pair.say(ALFORD, *client, &reports(n)));
    let line = "AT Alford +1795000000.000000000 client-0-0 +34.068930-118.445127 5".len();
    assert!(CLIENTS * REPORTS * line > 2 * QUEUE, "they are far more than may wait for Ball");
    pair.servers[ALFORD].net.hold_answers(false);
    pair.pass(1);
    assert_eq!(pair.servers[BALL].reactor.app.store.len(), CLIENTS * REPORTS);
    let neighbour = pair.servers[ALFORD].reactor.app.neighbours.get_mut(0).unwrap();
    assert_eq!((neighbour.counters.overflows, neighbour.counters.compared), (0, 1));
}
