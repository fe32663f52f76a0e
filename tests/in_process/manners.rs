//! What becomes of clients that want too much (`[limits]`), and of those next to them.

use std::net::SocketAddr;
use std::time::Duration;

use herd::config::Durability;
use herd::herd::{Curb, Herd, Neighbours, Ports, Rules, open};
use herd::journal::{Journal, Volume};
use herd::key::HerdKey;
use herd::places::Desk;
use herd::simulate::{SimDisk, SimVolume};
use herd::traffic_log::TrafficLog;
use reactor::testing::{Call, MockNet, RemoteId};
use reactor::{Limits, Random, Reactor, WallTime};

const SECOND: Duration = Duration::from_secs(1);
const AT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 12004);

struct Stage {
    reactor: Reactor<Herd>,
    net: MockNet,
}

impl Stage {
    fn new(rules: Rules) -> Stage {
        let (key, traffic) = (HerdKey::new(&[1; 32]), TrafficLog::off());
        let herd = Herd::new("Welsh", Neighbours::default(), key, Desk::builtin(), traffic, rules);
        let mut stage = Stage { reactor: Reactor::new(herd, 1, Limits::default()), net: MockNet::new() };
        let ports = Ports { clients: AT, client_tls: None, peers: None };
        open(&mut stage.reactor, &mut stage.net, &ports).unwrap();
        stage
    }

    /// A server that acknowledges nothing before it is on its disk.
    fn durable() -> Stage {
        let mut stage = Stage::new(Rules::default());
        let disk = SimDisk::new(Random::seeded(1));
        let volume = || Box::new(SimVolume(disk.clone())) as Box<dyn Volume>;
        let (journal, store, _) = Journal::open(Durability::Always, volume, "Welsh").unwrap();
        (stage.reactor.app.journal, stage.reactor.app.store) = (journal, store);
        stage
    }

    fn client(&mut self) -> RemoteId {
        let client = self.net.dial_in(AT);
        self.settle();
        client
    }

    fn client_from(&mut self, address: &str) -> RemoteId {
        let client = self.net.dial_in_from(AT, SocketAddr::new(address.parse().unwrap(), 1));
        self.settle();
        client
    }

    fn settle(&mut self) {
        self.net.settle(&mut self.reactor).unwrap();
    }

    fn turn(&mut self) {
        let _ = self.reactor.turn(&mut self.net, Some(Duration::ZERO)).unwrap();
    }

    fn pass(&mut self, time: Duration) {
        self.net.pass(&mut self.reactor, time).unwrap();
    }

    fn say(&mut self, client: RemoteId, text: &str) {
        self.net.remote(client).feed(text.as_bytes());
        self.settle();
    }

    fn hear(&mut self, client: RemoteId) -> String {
        String::from_utf8(self.net.remote(client).take_sent()).unwrap()
    }

    /// How many lines it got since it was last asked.
    fn replies(&mut self, client: RemoteId) -> usize {
        self.hear(client).lines().count()
    }

    fn is_closed(&mut self, client: RemoteId) -> bool {
        self.net.remote(client).has_ended()
    }

    fn count(&self, curb: Curb) -> u64 {
        curb.of(&self.reactor.app.counters)
    }

    /// Bytes that wait for a client to read.
    fn buffered(&mut self, client: RemoteId) -> usize {
        let conn = self.net.remote(client).conn();
        conn.map_or(0, |conn| self.reactor.enter(&self.net, |cx| cx.peers.buffered(conn)))
    }
}

fn numbered(count: usize) -> String {
    (0..count).map(|number| format!("{number}\n")).collect()
}

// Connections of one address.

#[test]
fn an_address_has_as_many_connections_as_it_may_and_others_are_served() {
    let mut stage = Stage::new(Rules { clients_per_address: 2, ..Rules::default() });
    let near = ["10.0.0.1", "10.0.0.1", "::ffff:10.0.0.1", "10.0.0.2"];
    let [first, second, third, other] = near.map(|address| stage.client_from(address));
    assert!(stage.is_closed(third), "the same address, written in another way");
    assert_eq!(stage.count(Curb::Address), 1);
    for served in [first, second, other] {
        stage.say(served, "x\n");
        assert_eq!(stage.hear(served), "? x\n");
    }
    stage.net.remote(first).close();
    stage.settle();
    let again = stage.client_from("10.0.0.1");
    assert!(!stage.is_closed(again), "there is room again");
}

#[test]
fn all_addresses_of_an_ipv6_network_of_64_bits_count_as_one() {
    let mut stage = Stage::new(Rules { clients_per_address: 1, ..Rules::default() });
    let near = ["2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1"];
    let [_, same, other] = near.map(|address| stage.client_from(address));
    assert!(stage.is_closed(same) && !stage.is_closed(other));
}

#[test]
fn without_a_bound_an_address_may_have_all_connections() {
    let mut stage = Stage::new(Rules { clients: 50, ..Rules::default() });
    let clients: Vec<RemoteId> = (0..51).map(|_| stage.client_from("10.0.0.1")).collect();
    assert_eq!(clients.into_iter().filter(|client| stage.is_closed(*client)).count(), 1);
    assert_eq!((stage.count(Curb::Connections), stage.count(Curb::Address)), (1, 0));
}

// Lines and WHATSATs in a second.

#[test]
fn faster_lines_than_allowed_wait_in_their_order_and_none_is_lost() {
    let mut stage = Stage::new(Rules { lines_per_second: 5, ..Rules::default() });
    let (client, other) = (stage.client(), stage.client());
    stage.say(client, &numbered(20));
    let mut heard = stage.hear(client);
    assert_eq!(heard, "? 0\n? 1\n? 2\n? 3\n? 4\n", "as many as in a second at once");
    stage.say(other, "x\n");
    assert_eq!(stage.hear(other), "? x\n", "nobody else waits");
    stage.pass(SECOND / 5);
    heard += &stage.hear(client);
    assert!(heard.ends_with("? 5\n"), "{heard}");
    for _ in 0..14 {
        stage.pass(SECOND / 5);
        heard += &stage.hear(client);
    }
    let all: String = (0..20).map(|number| format!("? {number}\n")).collect();
    assert_eq!(heard, all);
    assert_eq!(stage.count(Curb::Lines), 16, "after the fifth line and each later one");
}

#[test]
fn what_waits_for_its_time_waits_in_the_clients_own_socket() {
    let mut stage = Stage::new(Rules { lines_per_second: 1, ..Rules::default() });
    let client = stage.client();
    for _ in 0..10 {
        stage.say(client, &"x".repeat(99).repeat(1000).replace("xxxxxxxxxxx", "x\n"));
    }
    assert!(stage.net.remote(client).unread() > 0, "it is not read while it waits");
    assert_eq!(stage.reactor.counters().reads, 1);
}

#[test]
fn who_has_closed_its_side_gets_every_reply_at_its_pace_and_then_the_end() {
    let mut stage = Stage::new(Rules { lines_per_second: 2, ..Rules::default() });
    let client = stage.client();
    stage.net.remote(client).feed(b"1\n2\n3\n4\n5");
    stage.net.remote(client).close();
    stage.settle();
    assert_eq!(stage.replies(client), 2);
    stage.pass(SECOND / 2);
    assert_eq!((stage.replies(client), stage.is_closed(client)), (1, false));
    stage.pass(SECOND);
    assert_eq!((stage.hear(client).as_str(), stage.is_closed(client)), ("? 4\n? 5\n", true));
}

#[test]
fn a_stop_answers_what_waits_for_its_time_at_once() {
    let mut stage = Stage::new(Rules { lines_per_second: 1, ..Rules::default() });
    let client = stage.client();
    stage.say(client, &numbered(50));
    assert_eq!(stage.replies(client), 1);
    stage.reactor.enter(&stage.net, |cx| cx.reactor.stop());
    stage.settle();
    assert_eq!((stage.replies(client), stage.is_closed(client)), (49, true));
}

#[test]
fn faster_queries_than_allowed_wait_and_so_does_what_stands_behind_them() {
    let mut stage = Stage::new(Rules { queries_per_second: 1, ..Rules::default() });
    let client = stage.client();
    stage.say(client, "IAMAT a +1-1 5\n");
    stage.hear(client);
    stage.say(client, "WHATSAT a 1 1\nb\nWHATSAT a 1 1\nc\n");
    let heard = stage.hear(client);
    assert!(heard.starts_with("AT Welsh ") && heard.ends_with("\n\n? b\n"), "{heard}");
    assert_eq!(stage.count(Curb::Queries), 1);
    stage.pass(SECOND);
    let heard = stage.hear(client);
    assert!(heard.starts_with("AT Welsh ") && heard.ends_with("\n\n? c\n"), "{heard}");
}

#[test]
fn other_commands_are_not_held_up_by_the_bound_for_queries() {
    let mut stage = Stage::new(Rules { queries_per_second: 1, ..Rules::default() });
    let client = stage.client();
    stage.say(client, &format!("IAMAT a +1-1 5\nWHATSAT a 1 1\n{}", numbered(100)));
    assert!(stage.hear(client).ends_with("? 99\n"));
}

#[test]
fn without_bounds_nobody_is_held_up() {
    let mut stage = Stage::new(Rules::default());
    let client = stage.client();
    stage.say(client, &numbered(5_000));
    assert_eq!(stage.replies(client), 5_000);
    assert_eq!(Curb::ALL.iter().map(|curb| stage.count(*curb)).sum::<u64>(), 0);
}

// HTTP on the port for lines.

#[test]
fn who_speaks_http_gets_its_line_back_and_is_closed_and_nothing_behind_it_is_obeyed() {
    for word in ["GET", "POST", "HEAD", "PUT", "OPTIONS", "Host:"] {
        let mut stage = Stage::new(Rules::default());
        let client = stage.client();
        stage.say(client, &format!("{word} / HTTP/1.1\r\n\r\nIAMAT a +1-1 5\n"));
        assert_eq!(stage.hear(client), format!("? {word} / HTTP/1.1\n"));
        assert!(stage.is_closed(client), "{word}");
        assert_eq!((stage.count(Curb::Http), stage.reactor.app.store.len()), (1, 0));
    }
}

#[test]
fn the_words_of_http_close_wherever_they_begin_a_line_and_nowhere_else() {
    let mut stage = Stage::new(Rules::default());
    let client = stage.client();
    stage.say(client, "get /\nGETTING warm\nx GET /\nHost\nDELETE /\n");
    assert!(!stage.is_closed(client));
    assert_eq!(stage.replies(client), 5);
    stage.say(client, "  GET /\nx\n");
    assert_eq!((stage.hear(client).as_str(), stage.is_closed(client)), ("?   GET /\n", true));
}

#[test]
fn a_close_that_nothing_follows_comes_after_the_replies_that_wait_for_the_disk() {
    for last in ["GET /\nIAMAT b +1-1 5\n".to_owned(), "x".repeat(17_000)] {
        let mut stage = Stage::durable();
        let client = stage.client();
        stage.net.hold_answers(true);
        stage.say(client, &format!("IAMAT a +1-1 5\n{last}"));
        assert_eq!((stage.hear(client).as_str(), stage.is_closed(client)), ("", false));
        stage.net.hold_answers(false);
        stage.settle();
        let heard = stage.hear(client);
        assert!(heard.starts_with("AT Welsh ") && heard.contains(" a +1-1 5\n? "), "{heard}");
        assert!(stage.is_closed(client));
        assert_eq!(stage.reactor.app.store.len(), 1, "nothing behind it was obeyed");
    }
}

// Those next to a client that wants too much.

/// Turns, and feeds the greedy one whatever it takes; until the patient one has its reply. How many.
fn turns_until_answered(stage: &mut Stage, greedy: &[RemoteId], patient: RemoteId) -> usize {
    stage.net.remote(patient).feed(b"x\n");
    for turn in 1..100 {
        for client in greedy {
            let remote = stage.net.remote(*client);
            remote.take_sent();
            if remote.is_open() && remote.unread() < 200_000 {
                remote.feed("a line\n".repeat(30_000).as_bytes());
            }
        }
        stage.turn();
        if stage.hear(patient) == "? x\n" {
            return turn;
        }
    }
    panic!("it is not served");
}

#[test]
fn beside_greedy_clients_a_line_is_answered_in_the_turn_it_comes_in() {
    let mut stage = Stage::new(Rules::default());
    let greedy = [(); 20].map(|()| stage.client());
    let patient = stage.client();
    for _ in 0..50 {
        assert_eq!(turns_until_answered(&mut stage, &greedy, patient), 1);
    }
    let (reads, bytes) = (stage.reactor.counters().reads, stage.reactor.counters().bytes_in);
    assert!(bytes / reads <= 64 * 1024, "no more than one read of 64 KiB of each in a turn");
    assert!(bytes > 20 * 50 * 32 * 1024, "and they were greedy");
}

const MIB: usize = 1024 * 1024;

/// Clients that ask for more and more and do not read.
fn slow_readers(count: usize) -> (Stage, Vec<RemoteId>) {
    let mut stage = Stage::new(Rules::default());
    let clients: Vec<RemoteId> = (0..count).map(|_| stage.client()).collect();
    stage.say(clients[0], "IAMAT a +34.068930-118.445127 5\n");
    for client in &clients {
        stage.net.remote(*client).set_room(0);
        stage.net.remote(*client).feed("WHATSAT a 50 20\n".repeat(5_000).as_bytes());
    }
    stage.settle();
    (stage, clients)
}

#[test]
fn a_client_that_does_not_read_is_no_longer_read_and_costs_little() {
    let (mut stage, clients) = slow_readers(1);
    let (waiting, unread) = (stage.buffered(clients[0]), stage.net.remote(clients[0]).unread());
    assert!(waiting > 64 * 1024, "above the high water mark");
    assert!(waiting < MIB, "{waiting} bytes of at most 1 MiB");
    assert!(unread > 0, "the rest waits in its own socket");
}

#[test]
fn fifty_clients_that_do_not_read_cost_less_than_96_mib_in_all() {
    let mut kept = None;
    let cost = allocation_counter::measure(|| kept = Some(slow_readers(50)));
    let (mut stage, clients) = kept.unwrap();
    let waiting: usize = clients.iter().map(|client| stage.buffered(*client)).sum();
    assert!(waiting < 50 * MIB, "{waiting}");
    println!("{waiting} bytes wait in outboxes; at most {} were allocated", cost.bytes_max);
    // With all that the test's own network holds.
    assert!(cost.bytes_max < 96 * 1_048_576, "{} bytes", cost.bytes_max);
}

#[test]
fn however_little_a_client_takes_of_a_write_it_gets_every_byte_once() {
    let text: String = (0..200).map(|number| format!("? line {number}\n")).collect();
    for at_most in 1..=text.len() {
        let mut stage = Stage::new(Rules::default());
        let client = stage.client();
        stage.net.remote(client).take_at_most(at_most);
        stage.say(client, &text.replace("? ", ""));
        assert_eq!(stage.hear(client), text, "{at_most} at a time");
    }
}

#[test]
fn who_reads_again_gets_every_reply() {
    let (mut stage, clients) = slow_readers(1);
    stage.net.remote(clients[0]).set_room(usize::MAX);
    stage.settle();
    let heard = stage.hear(clients[0]);
    assert_eq!(heard.lines().filter(|line| line.starts_with("AT Welsh ")).count(), 5_001);
}

#[test]
fn who_never_reads_again_is_closed_when_it_has_been_silent_for_long_enough() {
    let (mut stage, clients) = slow_readers(1);
    stage.pass(Rules::default().idle + 10 * SECOND);
    assert!(stage.net.remote(clients[0]).is_gone());
    assert_eq!(stage.reactor.connections(), 0);
}

#[test]
fn two_thousand_clients_that_drip_hold_up_nobody_and_end_with_the_time_for_a_line() {
    let mut stage = Stage::new(Rules::default());
    let dripping: Vec<RemoteId> = (0..2_000).map(|_| stage.net.dial_in(AT)).collect();
    stage.settle();
    let patient = stage.client();
    for _ in 0..31 {
        for client in &dripping {
            let remote = stage.net.remote(*client);
            if remote.is_open() {
                remote.feed(b"x");
            }
        }
        assert_eq!(turns_until_answered(&mut stage, &[], patient), 1);
        stage.pass(SECOND);
    }
    assert_eq!(stage.reactor.connections(), 1, "the patient one is left");
}

#[test]
fn without_descriptors_old_clients_are_served_and_new_ones_as_soon_as_there_is_one() {
    let mut stage = Stage::new(Rules::default());
    let old = stage.client();
    stage.net.limit_descriptors(Some(1));
    let new = stage.net.dial_in(AT);
    stage.settle();
    let (accepts, polls) = (stage.net.calls(Call::Accept), stage.net.calls(Call::Poll));
    for _ in 0..20 {
        stage.say(old, "x\n");
        assert_eq!(stage.hear(old), "? x\n");
    }
    assert_eq!(stage.net.calls(Call::Accept), accepts, "accepting rests");
    stage.pass(SECOND);
    assert_eq!(stage.net.calls(Call::Accept), accepts + 4, "and is tried four times a second");
    assert!(stage.net.calls(Call::Poll) < polls + 100, "without spinning");
    stage.net.remote(old).close();
    stage.say(new, "x\n");
    stage.settle();
    assert_eq!(stage.hear(new), "? x\n");
}

#[test]
fn a_jump_of_the_wall_clock_moves_no_deadline_and_only_the_difference() {
    let mut stage = Stage::new(Rules::default());
    let client = stage.client();
    let hour = 3_600_000_000_000;
    for (wall_clock, difference) in
        [(hour, "+3600.000000000"), (0, "+0.000000000"), (5 * hour, "+18000.000000000")]
    {
        stage.net.set_wall_clock(WallTime::from_unix_nanos(wall_clock));
        stage.say(client, "IAMAT a +1-1 0\n");
        assert_eq!(stage.hear(client), format!("AT Welsh {difference} a +1-1 0\n"));
    }
    stage.say(client, "unfinished");
    assert!(!stage.is_closed(client));
    stage.pass(29 * SECOND);
    stage.net.set_wall_clock(WallTime::from_unix_nanos(0));
    stage.settle();
    assert!(!stage.is_closed(client));
    stage.pass(SECOND);
    assert!(stage.is_closed(client), "its thirty seconds for a line are over");
}

#[test]
fn after_a_long_sleep_of_the_machine_every_deadline_strikes_once_and_life_goes_on() {
    let mut stage = Stage::new(Rules::default());
    let old = stage.client();
    stage.net.advance(24 * 3_600 * SECOND);
    stage.settle();
    assert!(stage.is_closed(old), "it was idle");
    let new = stage.client();
    stage.say(new, "x\n");
    assert_eq!(stage.hear(new), "? x\n");
    assert!(stage.net.calls(Call::Poll) < 50, "nothing makes up for the time that was missed");
}

/// Lines and questions of one client, which is held up as the seed wants; whether all is answered in order.
#[cfg(feature = "buggify")]
fn is_served(seed: u64) -> bool {
    herd::buggify::draw(Some(Random::seeded(seed)));
    let mut stage = Stage::new(Rules::default());
    let client = stage.client();
    let lines: String = (0..30).map(|number| format!("WHATSAT a 1 1\n{number}\n")).collect();
    stage.say(client, &format!("IAMAT a +1-1 5\n{lines}"));
    stage.pass(5 * SECOND);
    let heard = stage.hear(client);
    let replies: Vec<&str> = heard.lines().filter(|line| line.starts_with(['A', '?'])).collect();
    let in_order =
        |(number, pair): (usize, &[&str])| pair[0] == replies[0] && pair[1] == format!("? {number}");
    replies.len() == 61 && replies[1..].chunks(2).enumerate().all(in_order)
}

#[cfg(feature = "buggify")]
#[test]
fn who_is_held_up_at_random_misses_nothing_and_mistakes_are_seen() {
    use herd::planted::{Planted, plant};

    let mut fired = 0;
    for seed in 0..50 {
        assert!(is_served(seed), "seed {seed}");
        fired += herd::buggify::fired();
    }
    assert!(fired > 100, "{fired}");
    for mistake in [Planted::AnswersOutOfOrder, Planted::PausedForEver] {
        plant(Some(mistake));
        assert!(!(0..50).all(is_served), "{mistake:?}");
        plant(None);
    }
}
