//! A provider that takes its time: its asker waits, in order, and nobody else does (the specification,
//! section 2).

use std::time::Duration;

use herd::herd::{Herd, Neighbours, Ports, Rules, open};
use herd::key::HerdKey;
use herd::places::{Desk, DeskBounds, Nearby, Provider, ProviderError, Search, Searched};
use herd::traffic_log::TrafficLog;
use protocols::http::Agent;
use reactor::testing::{MockNet, RemoteId};
use reactor::{Limits, Reactor, Reply, Requests};

const SECOND: Duration = Duration::from_secs(1);

/// Answers after a second; with nothing within one kilometre, and with too much within three.
struct Slow;

fn read(text: &str) -> Searched {
    Ok(Search::read(text.into())?)
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
            3_000.0 => read(&format!(r#"{{"results":["{}"],"status":"OK"}}"#, "x".repeat(2_000_000))),
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
        let (key, traffic) = (HerdKey::new(&[1; 32]), TrafficLog::off());
        let desk = Desk::new(DeskBounds::default()).with_web("slow", Box::new(Slow));
        let rules = Rules { line_time: SECOND / 2, idle: SECOND / 2, ..Rules::default() };
        let herd = Herd::new("Welsh", Neighbours::default(), key, desk, traffic, rules);
        let mut stage = Stage { reactor: Reactor::new(herd, 1, Limits::default()), net: MockNet::new() };
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
fn an_answer_that_no_outbox_holds_is_a_failure_and_the_client_stays() {
    let mut stage = Stage::new();
    let client = stage.client();
    stage.say(client, "WHATSAT kiwi 3 5\nmore\n");
    stage.wait();
    assert_eq!(stage.hear(client), "? WHATSAT kiwi 3 5\n? more\n");
}
