//! Random things happen on both sides and to the stream between them: the laws hold under TLS.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use reactor::{ConnId, ConnectError, Cx, Protocol, Reason, Sent};

use crate::support::{App, THERE};
use crate::{AUTHORITY, IDENTITY, Peer, Serving, Talk, Version, at_server, proven, trusting, world};

#[derive(Clone, Debug)]
enum Step {
    Write(usize),
    Pause,
    Resume,
    LoseWrite,
    Lose,
    /// The peer says so much.
    Say(usize),
    /// It says that nothing more will come, and closes.
    Leave,
    /// It closes without a word.
    Cut,
    Room(usize),
    Take(usize),
    Read(usize),
    Stir,
    Turn,
    Carry,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (1..40_000usize).prop_map(Step::Write),
        2 => Just(Step::Pause),
        3 => Just(Step::Resume),
        1 => Just(Step::LoseWrite),
        1 => Just(Step::Lose),
        6 => (1..40_000usize).prop_map(Step::Say),
        1 => Just(Step::Leave),
        1 => Just(Step::Cut),
        3 => (0..50_000usize).prop_map(Step::Room),
        3 => (1..20_000usize).prop_map(Step::Take),
        4 => (0..20_000usize).prop_map(Step::Read),
        1 => Just(Step::Stir),
        6 => Just(Step::Turn),
        6 => Just(Step::Carry),
    ]
}

/// Who speaks first, how, and whether TLS begins after words in clear.
#[derive(Clone, Copy, Debug)]
enum Begin {
    Dialled(Version),
    Accepted(Version),
    Started(Version),
}

fn begin() -> impl Strategy<Value = Begin> {
    let version = || prop::sample::select(vec![Version::Tls12, Version::Tls13]);
    prop_oneof![
        version().prop_map(Begin::Dialled),
        version().prop_map(Begin::Accepted),
        version().prop_map(Begin::Started),
    ]
}

/// Writes down what it hears: bytes as they come, and the rest in angle brackets.
struct Ear {
    starts: bool,
}

impl Protocol<App> for Ear {
    fn connection_made(&mut self, cx: &mut Cx<'_, App, Self>) {
        cx.app.say("<made>");
        cx.app.ids.insert("a".to_owned(), cx.transport.id());
        if self.starts {
            cx.transport.start_tls(&trusting(), "server.test");
        }
    }

    fn data_received(&mut self, cx: &mut Cx<'_, App, Self>, data: &[u8]) {
        assert!(cx.transport.is_reading() && cx.transport.is_secure(), "law 6");
        cx.app.say(String::from_utf8(data.to_vec()).unwrap());
    }

    fn read_closed(&mut self, cx: &mut Cx<'_, App, Self>) {
        assert!(cx.transport.is_reading(), "law 6");
        cx.app.say("<closed>");
    }

    fn connection_lost(&mut self, cx: &mut Cx<'_, App, Self>, reason: &Reason) {
        let is_good = matches!(reason, Reason::Closed | Reason::PeerClosed);
        cx.app.say(if is_good { "<lost in good order>" } else { "<lost>" });
    }

    fn connect_failed(&mut self, cx: &mut reactor::AppCx<'_, App>, _: &ConnectError) {
        cx.app.say("<failed>");
    }
}

/// So many letters, from a place in the alphabet on.
fn letters(from: usize, count: usize) -> Vec<u8> {
    (b'a'..=b'z').cycle().skip(from % 26).take(count).collect()
}

struct Play {
    talk: Talk,
    written: usize,
    said: usize,
    has_left: bool,
}

impl Play {
    fn new(begin: Begin) -> Play {
        let mut world = world();
        world.net.answer_dials(true);
        let connect = |world: &mut crate::World, to: reactor::Endpoint, starts: bool| {
            world.reactor.enter(&world.net, |cx| cx.reactor.connect(to, Ear { starts }));
            world.settle();
            world.net.dialled()[0].remote
        };
        let server = |version| Serving::new(&IDENTITY, version, &[]).peer();
        let (remote, peer) = match begin {
            Begin::Dialled(version) => (connect(&mut world, at_server(&trusting()), false), server(version)),
            Begin::Started(version) => (connect(&mut world, THERE.into(), true), server(version)),
            Begin::Accepted(version) => {
                let factory = |_: &mut App, _: reactor::Peer| Some(Ear { starts: false });
                world.reactor.listen_tls(&mut world.net, crate::AT, &proven(), factory).unwrap();
                (world.guest(), Peer::client(&AUTHORITY, version))
            }
        };
        Play { talk: Talk { world, remote, peer }, written: 0, said: 0, has_left: false }
    }

    /// Its name, once it is made.
    fn conn(&self) -> Option<ConnId> {
        self.talk.world.reactor.app.ids.get("a").copied()
    }

    fn step(&mut self, step: &Step) {
        let remote = self.talk.remote;
        match *step {
            Step::Say(count) if !self.has_left && self.talk.peer.is_agreed() => {
                self.talk.peer.say(&letters(self.said, count));
                self.said += count;
            }
            Step::Leave if !self.has_left && self.talk.peer.is_agreed() => self.leave(),
            Step::Cut if !self.has_left => {
                self.has_left = true;
                self.talk.world.remote(remote).close();
            }
            Step::Room(room) => self.talk.world.remote(remote).set_room(room),
            Step::Take(most) => self.talk.world.remote(remote).take_at_most(most),
            Step::Read(count) => self.talk.world.remote(remote).cut_reads([count]),
            Step::Stir => self.talk.world.remote(remote).stir(),
            Step::Turn => self.talk.world.turn(),
            Step::Carry => self.talk.carry(),
            _ => self.ask(step),
        }
    }

    fn leave(&mut self) {
        self.has_left = true;
        self.talk.peer.leave();
        self.talk.down();
        self.talk.world.remote(self.talk.remote).close();
    }

    fn ask(&mut self, step: &Step) {
        let Some(conn) = self.conn() else { return };
        let written = &mut self.written;
        self.talk.world.enter(|cx| match *step {
            Step::Write(count) => {
                let is_taken = cx.peers.write(conn, &letters(*written, count)) == Sent::Queued;
                *written += if is_taken { count } else { 0 };
            }
            Step::Pause => cx.peers.pause_reading(conn),
            Step::Resume => cx.peers.resume_reading(conn),
            Step::LoseWrite => cx.peers.lose_write(conn),
            Step::Lose => cx.peers.lose(conn),
            _ => {}
        });
    }

    /// Nothing is in the way any more, and both go.
    fn end(&mut self) {
        let remote = self.talk.remote;
        self.talk.world.remote(remote).take_at_most(usize::MAX);
        self.talk.world.remote(remote).set_room(usize::MAX);
        self.step(&Step::Resume);
        self.talk.carry();
        if !self.has_left && self.talk.world.remote(remote).is_open() {
            self.leave();
        }
        self.talk.carry();
        self.step(&Step::Lose);
        self.talk.carry();
        self.talk.world.pass(Duration::from_secs(60));
    }

    fn check(mut self, steps: &[Step]) {
        let log = self.talk.log();
        assert!(!self.talk.world.reactor.is_busy());
        assert_eq!((self.talk.world.net.open(), self.talk.world.reactor.connections()), (0, 0));
        if log == ["<failed>"] {
            return;
        }
        assert_eq!(log[0], "<made>", "law 2");
        let (end, heard) = log[1..].split_last().unwrap();
        assert!(end.starts_with("<lost"), "law 2: {end}");
        let heard = heard.concat();
        let is_closed = heard.ends_with("<closed>");
        let heard = heard.trim_end_matches("<closed>").as_bytes();
        assert!(heard == letters(0, heard.len()), "in order, without a gap, the end once and last");
        assert!(!is_closed || heard.len() == self.said, "the end comes after all that was said");
        let got = &self.talk.peer.heard;
        assert!(*got == letters(0, got.len()), "in order, without a gap");
        if end == "<lost in good order>" {
            assert_eq!((got.len(), self.talk.peer.is_left), (self.written, true), "law 5");
        }
        let is_peaceful = !steps.iter().any(|step| matches!(step, Step::Lose | Step::Cut));
        assert!(!is_peaceful || heard.len() == self.said, "all that was said was heard");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_laws_hold_under_tls(begin in begin(), steps in vec(step(), 0..60)) {
        let mut play = Play::new(begin);
        for step in &steps {
            play.step(step);
        }
        play.end();
        play.check(&steps);
    }
}
