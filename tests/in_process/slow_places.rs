//! A provider that takes its time, or has much to say: its asker waits, in order, and nobody else does (the
//! specification, sections 2 and 4).

use std::time::Duration;

use herd::config::{Config, Durability};
use herd::herd::{Herd, Neighbours, Ports, Rules, limits, open};
use herd::journal::{Journal, Volume};
use herd::key::HerdKey;
use herd::places::{Desk, DeskBounds, LONGEST, Nearby, Provider, ProviderError, Search, Searched};
use herd::simulate::{SimDisk, SimVolume};
use herd::traffic_log::TrafficLog;
use protocols::http::Agent;
use reactor::testing::{MockNet, RemoteId};
use reactor::{Limits, Random, Reactor, Reply, Requests};

const SECOND: Duration = Duration::from_secs(1);
const MIB: usize = 1024 * 1024;

/// Answers after a second; with nothing within one kilometre, with as much as there may be within two, and with
/// more within three.
struct Slow;

/// A text of this length, of which all but a little is one string.
fn long(length: usize) -> String {
    let empty = r#"{"results":[""],"status":"OK"}"#.len();
    format!(r#"{{"results":["{}"],"status":"OK"}}"#, "x".repeat(length - empty))
}

fn read(text: &str) -> Searched {
    Ok(Search::read(text.as_bytes())?)
}

impl Provider for Slow {
    fn nearby(
        &mut self,
        nearby: Nearby,
        _: &mut Agent<Herd>,
        reactor: &mut Requests<'_, Herd>,
        done: Reply<Herd, Searched>,
    ) {
        let answer = match nearby.radius_metres {
            1_000.0 => Err(ProviderError::Unavailable("closed".to_owned())),
            2_000.0 => read(&long(LONGEST)),
            3_000.0 => read(&long(LONGEST + 1)),
            _ => read("{\"results\":[],\n\n\"status\":\"OK\"}\n"),
        };
        reactor.app_later(SECOND, move |cx| cx.reactor.send(done, answer));
    }
}

struct Stage {
    reactor: Reactor<Herd>,
    net: MockNet,
}

impl Stage {
    fn new() -> Stage {
        Stage::limited(Limits::default())
    }

    fn limited(limits: Limits) -> Stage {
        let (key, traffic) = (HerdKey::new(&[1; 32]), TrafficLog::off());
        let desk = Desk::new(DeskBounds::default()).with_web("slow", Box::new(Slow));
        let rules = Rules { line_time: SECOND / 2, idle: SECOND / 2, ..Rules::default() };
        let herd = Herd::new("Welsh", Neighbours::default(), key, desk, traffic, rules);
        let mut stage = Stage { reactor: Reactor::new(herd, 1, limits), net: MockNet::new() };
        let clients = ([127, 0, 0, 1], 12004).into();
        open(&mut stage.reactor, &mut stage.net, &Ports { clients, client_tls: None, peers: None }).unwrap();
        stage
    }

    fn client(&mut self) -> RemoteId {
        let client = self.net.dial_in(([127, 0, 0, 1], 12004).into());
        self.say(client, "IAMAT kiwi +1-1 5\n");
        assert!(self.hear(client).starts_with("AT Welsh "));
        client
    }

    fn say(&mut self, client: RemoteId, text: &str) {
        self.net.remote(client).feed(text.as_bytes());
        self.net.settle(&mut self.reactor).unwrap();
    }

    fn hear(&mut self, client: RemoteId) -> String {
        String::from_utf8(self.net.remote(client).take_sent()).unwrap()
    }

    fn wait(&mut self) {
        self.net.pass(&mut self.reactor, SECOND).unwrap();
    }

    /// A client that has asked for the longest answer and then for something else, and reads `room` bytes for now.
    fn asker(&mut self, room: usize) -> RemoteId {
        let client = self.client();
        self.net.remote(client).set_room(room);
        self.say(client, "WHATSAT kiwi 2 5\nmore\n");
        client
    }

    fn read_all(&mut self, client: RemoteId) -> String {
        self.net.remote(client).set_room(usize::MAX);
        self.net.settle(&mut self.reactor).unwrap();
        self.hear(client)
    }

    /// Bytes that wait for a client to read.
    fn buffered(&mut self, client: RemoteId) -> usize {
        let conn = self.net.remote(client).conn();
        conn.map_or(0, |conn| self.reactor.enter(&self.net, |cx| cx.peers.buffered(conn)))
    }
}

/// The longest answer is here once and whole, and after it the next.
#[track_caller]
fn assert_long(heard: &str) {
    let (at, places) = heard.split_once('\n').unwrap();
    assert!(at.starts_with("AT Welsh ") && at.ends_with(" kiwi +1-1 5"), "{at}");
    assert!(places == format!("{}\n\n? more\n", long(LONGEST)), "{} bytes", places.len());
}

#[test]
fn the_asker_waits_in_order_and_nobody_else_does() {
    let mut stage = Stage::new();
    let (slow, other) = (stage.client(), stage.client());
    stage.say(slow, "WHATSAT kiwi 10 5\nwhat\nWHATSAT kiwi 1 5\nmore\n");
    assert_eq!(stage.hear(slow), "");
    stage.say(other, "hello\n");
    assert_eq!(stage.hear(other), "? hello\n");
    stage.wait();
    let heard = stage.hear(slow);
    assert!(
        heard.starts_with("AT Welsh ")
            && heard.ends_with(" kiwi +1-1 5\n{\"results\":[],\n\"status\":\"OK\"}\n\n? what\n"),
        "{heard}"
    );
    stage.wait();
    assert_eq!(stage.hear(slow), "? WHATSAT kiwi 1 5\n? more\n");
}

#[test]
fn who_has_closed_its_side_still_gets_the_late_answer_to_an_unfinished_line() {
    let mut stage = Stage::new();
    let client = stage.client();
    stage.say(client, "WHATSAT kiwi 10 5");
    stage.net.remote(client).close();
    stage.net.settle(&mut stage.reactor).unwrap();
    stage.wait();
    assert!(stage.hear(client).ends_with("{\"results\":[],\n\"status\":\"OK\"}\n\n"));
    assert!(stage.net.remote(client).has_ended());
}

#[test]
fn who_waits_for_an_answer_is_not_idle() {
    let mut stage = Stage::new(); // whose clients may be idle for half of what the provider takes
    let client = stage.client();
    stage.say(client, "WHATSAT kiwi 10 5\n");
    stage.wait();
    assert!(stage.hear(client).ends_with("{\"results\":[],\n\"status\":\"OK\"}\n\n"));
    assert!(!stage.net.remote(client).has_ended());
    stage.wait();
    assert!(stage.net.remote(client).has_ended(), "from the answer on it is");
}

#[test]
fn an_answer_of_two_mebibytes_is_sent_whatever_the_write_buffer_is() {
    for write_buffer in [131_072, 200_000, Config::default().limits.write_buffer, 4 * MIB] {
        let mut config = Config::default();
        config.limits.write_buffer = write_buffer;
        config.check().unwrap();
        let mut stage = Stage::limited(limits(&config));
        let quick = stage.asker(usize::MAX);
        let slow = stage.asker(5);
        stage.net.remote(slow).take_at_most(30_000);
        stage.wait();
        assert_long(&stage.hear(quick));
        assert_eq!(stage.hear(slow), "AT We");
        assert!(stage.buffered(slow) <= 128 * 1024, "a piece waits");
        assert_long(&("AT We".to_owned() + &stage.read_all(slow)));
    }
}

#[test]
fn a_longer_answer_is_none_and_the_client_stays() {
    let mut stage = Stage::new();
    let client = stage.client();
    stage.say(client, "WHATSAT kiwi 3 5\nmore\n");
    stage.wait();
    assert_eq!(stage.hear(client), "? WHATSAT kiwi 3 5\n? more\n");
}

#[test]
fn others_are_served_while_somebody_takes_a_long_answer() {
    let mut stage = Stage::new();
    let slow = stage.asker(0);
    stage.wait();
    let other = stage.client();
    stage.say(other, "hello\n");
    assert_eq!(stage.hear(other), "? hello\n");
    assert_long(&stage.read_all(slow));
}

#[test]
fn who_has_closed_its_side_still_gets_all_of_a_long_answer_and_so_does_who_asks_as_we_stop() {
    for stops in [false, true] {
        let mut stage = Stage::new();
        let client = stage.asker(0);
        match stops {
            true => stage.reactor.enter(&stage.net, |cx| cx.reactor.stop()),
            false => stage.net.remote(client).close(),
        }
        stage.wait();
        assert_long(&stage.read_all(client));
        assert!(stage.net.remote(client).has_ended(), "stops: {stops}");
    }
}

#[test]
fn who_takes_a_long_answer_slowly_is_not_idle_and_who_does_not_take_it_is() {
    let mut stage = Stage::new(); // whose clients may be idle for half a second
    let (slow, deaf) = (stage.asker(100_000), stage.asker(100_000));
    stage.wait();
    for _ in 0..9 {
        stage.net.remote(slow).set_room(200_000);
        stage.net.settle(&mut stage.reactor).unwrap();
        stage.net.pass(&mut stage.reactor, SECOND * 2 / 5).unwrap();
    }
    assert!(stage.net.remote(deaf).is_gone());
    assert_long(&stage.read_all(slow));
}

#[test]
fn fifty_who_do_not_read_the_same_long_answer_cost_little_more_than_one() {
    let mut stage = Stage::new();
    let cost = allocation_counter::measure(|| {
        (0..50).for_each(|_| _ = stage.asker(0));
        stage.wait();
    });
    assert_eq!(stage.reactor.app.desk.counters().answered, 50);
    println!("at most {} bytes were allocated", cost.bytes_max);
    assert!(cost.bytes_max < 16 * MIB as u64, "{} bytes", cost.bytes_max);
}

#[test]
fn fifty_who_do_not_read_long_answers_of_their_own_cost_these_and_little_more() {
    let mut stage = Stage::new();
    let cost = allocation_counter::measure(|| {
        for number in 0..50 {
            let client = stage.client();
            stage.net.remote(client).set_room(0);
            stage.say(client, &format!("IAMAT c{number} +{number}-1 5\nWHATSAT c{number} 2 5\n"));
        }
        (0..2).for_each(|_| stage.wait());
    });
    assert_eq!(stage.reactor.app.desk.counters().answered, 50);
    println!("at most {} bytes were allocated", cost.bytes_max);
    assert!(cost.bytes_max < 120 * MIB as u64, "{} bytes", cost.bytes_max);
}

#[test]
fn a_long_answer_waits_for_the_disk_like_any_reply() {
    let mut stage = Stage::new();
    let disk = SimDisk::new(Random::seeded(1));
    let volume = || Box::new(SimVolume(disk.clone())) as Box<dyn Volume>;
    let (journal, store, _) = Journal::open(Durability::Always, volume, "Welsh").unwrap();
    (stage.reactor.app.journal, stage.reactor.app.store) = (journal, store);
    let client = stage.net.dial_in(([127, 0, 0, 1], 12004).into());
    stage.say(client, "IAMAT kiwi +1-1 5\n");
    assert!(stage.hear(client).starts_with("AT Welsh "));
    stage.net.hold_answers(true);
    stage.say(client, "IAMAT other +1-1 5\nWHATSAT kiwi 2 5\nmore\n");
    stage.wait();
    assert_eq!(stage.hear(client), "");
    stage.net.hold_answers(false);
    stage.net.settle(&mut stage.reactor).unwrap();
    let heard = stage.hear(client);
    let (other, answer) = heard.split_once('\n').unwrap();
    assert!(other.ends_with(" other +1-1 5"), "{other}");
    assert_long(answer);
}

#[test]
fn fifty_who_ask_at_once_from_one_address_are_all_answered() {
    let mut stage = Stage::new();
    let clients: Vec<RemoteId> = (0..50).map(|_| stage.client()).collect();
    for (number, client) in clients.iter().enumerate() {
        stage.say(*client, &format!("IAMAT c{number} +{number}-1 5\nWHATSAT c{number} 10 5\n"));
        assert!(stage.hear(*client).starts_with("AT Welsh "));
    }
    (0..2).for_each(|_| stage.wait());
    for client in clients {
        let heard = stage.hear(client);
        assert!(heard.starts_with("AT Welsh ") && heard.ends_with("\"OK\"}\n\n"), "{heard}");
    }
}

#[test]
fn fifty_that_one_client_sends_at_once_are_all_answered_in_their_order() {
    let mut stage = Stage::new();
    let client = stage.client();
    let lines: String =
        (0..50).map(|number| format!("IAMAT c{number} +{number}-1 5\nWHATSAT c{number} 10 5\n")).collect();
    stage.say(client, &lines);
    (0..50).for_each(|_| stage.wait());
    let heard = stage.hear(client);
    let ids: Vec<&str> =
        heard.lines().filter_map(|line| line.strip_prefix("AT ")?.split(' ').nth(2)).collect();
    assert_eq!(
        ids,
        (0..50).flat_map(|number| [format!("c{number}"), format!("c{number}")]).collect::<Vec<_>>()
    );
    assert_eq!((heard.matches("\"OK\"}\n\n").count(), heard.contains("? ")), (50, false));
}
