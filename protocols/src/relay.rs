//! Two connections joined, each sending what the other receives; Twisted's `protocols.portforward`.

use reactor::{AppCx, ConnId, ConnectError, Cx, Endpoint, Pressure, Protocol, Reason, Sent};

/// One side of a pair of connections, of which one was accepted and the other is dialled for it.
///
/// - Neither side is read faster than the other takes it: while one's outbox is full the other is
///   paused, so a pair holds [`Limits::high_water`](reactor::Limits::high_water) and what one read
///   brings, in each direction, and no more.
/// - When one peer closes its sending side, so do we towards the other; the way back stays open.
/// - When one side is lost, the other goes too: after its last bytes if all is said, else at once,
///   so that a stream which was cut off does not pass for a whole one.
///
/// ```
/// use protocols::Relay;
/// use reactor::testing::MockNet;
/// use reactor::{Endpoint, Limits, Peer, Reactor};
///
/// let mut net = MockNet::new();
/// net.answer_dials(true);
/// let mut reactor = Reactor::new((), 1, Limits::default());
/// let (here, there) = ("10.0.0.1:80".parse().unwrap(), Endpoint::new("10.0.0.2", 8080));
/// reactor.listen(&mut net, here, move |_: &mut (), _: Peer| Some(Relay::to(there.clone())))?;
///
/// let client = net.dial_in(here);
/// net.remote(client).feed(b"question");
/// net.settle(&mut reactor)?;
/// assert_eq!(net.last_dialled().sent(), b"question");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Relay {
    other: Other,
    /// The peer has closed its sending side.
    ended: bool,
}

/// The other side of a pair.
#[derive(Debug)]
enum Other {
    /// It is to be dialled there.
    Wanted(Endpoint),
    /// It has an id, though perhaps it is still on its way.
    Is(ConnId),
}

impl Relay {
    /// The accepted side; it dials `to` for the other and reads nothing until that is there.
    pub fn to(to: impl Into<Endpoint>) -> Relay {
        Relay { other: Other::Wanted(to.into()), ended: false }
    }

    /// The dialled side of what `front` accepted.
    fn behind(front: ConnId) -> Relay {
        Relay { other: Other::Is(front), ended: false }
    }
}

impl<A: 'static> Protocol<A> for Relay {
    fn connection_made(&mut self, cx: &mut Cx<'_, A, Self>) {
        match &self.other {
            Other::Wanted(to) => {
                cx.transport.pause_reading();
                let back = Relay::behind(cx.transport.id());
                self.other = Other::Is(cx.reactor.connect(to.clone(), back));
            }
            Other::Is(front) if cx.transport.peers().is_open(*front) => {
                cx.transport.peers().resume_reading(*front);
            }
            Other::Is(_) => cx.transport.abort_connection(), // it has gone meanwhile
        }
    }

    fn data_received(&mut self, cx: &mut Cx<'_, A, Self>, data: &[u8]) {
        let Other::Is(other) = self.other else { return };
        if cx.transport.peers().write(other, data) == Sent::Full {
            cx.transport.abort_connection(); // a stream with a hole in it is worth nothing
        }
    }

    fn read_closed(&mut self, cx: &mut Cx<'_, A, Self>) {
        self.ended = true;
        if let Other::Is(other) = self.other {
            cx.reactor.call(other, |_: &mut Relay, cx| cx.transport.lose_write());
        }
    }

    fn pressure(&mut self, cx: &mut Cx<'_, A, Self>, pressure: Pressure) {
        let Other::Is(other) = self.other else { return };
        match pressure {
            Pressure::High => cx.transport.peers().pause_reading(other),
            Pressure::Low => cx.transport.peers().resume_reading(other),
        }
    }

    fn connection_lost(&mut self, cx: &mut Cx<'_, A, Self>, reason: &Reason) {
        let Other::Is(other) = self.other else { return };
        if self.ended || matches!(reason, Reason::Closed) {
            cx.transport.peers().lose(other);
        } else {
            cx.transport.peers().abort(other);
        }
    }

    fn connect_failed(&mut self, cx: &mut AppCx<'_, A>, error: &ConnectError) {
        log::warn!("a relay could not reach the other side: {error}");
        if let Other::Is(front) = self.other {
            cx.peers.lose(front);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::net::SocketAddr;

    use reactor::net::Key;
    use reactor::testing::{Call, Harness, MockNet, Remote, RemoteId};
    use reactor::{Limits, Peer, Reactor};

    use super::*;

    /// A client, a relay, and the server behind it.
    struct Pair {
        net: MockNet,
        reactor: Reactor<()>,
        front: RemoteId,
    }

    impl Pair {
        fn dialling() -> Pair {
            let (mut net, mut reactor) = (MockNet::new(), Reactor::new((), 1, Limits::default()));
            let here: SocketAddr = "10.0.0.1:80".parse().unwrap();
            let there: SocketAddr = "10.0.0.2:8080".parse().unwrap();
            reactor.listen(&mut net, here, move |_: &mut (), _: Peer| Some(Relay::to(there))).unwrap();
            let front = net.dial_in(here);
            let mut pair = Pair { net, reactor, front };
            pair.settle();
            pair
        }

        fn joined() -> Pair {
            let mut pair = Pair::dialling();
            pair.back().answer();
            pair.settle();
            pair
        }

        fn settle(&mut self) {
            self.net.settle(&mut self.reactor).unwrap();
        }

        fn front(&mut self) -> &mut Remote {
            self.net.remote(self.front)
        }

        fn back(&mut self) -> &mut Remote {
            self.net.last_dialled()
        }
    }

    #[test]
    fn bytes_go_both_ways() {
        let mut pair = Pair::joined();
        pair.front().feed(b"ping");
        pair.back().feed(b"pong");
        pair.settle();
        assert_eq!((pair.front().take_sent(), pair.back().take_sent()), (b"pong".into(), b"ping".into()));
    }

    #[test]
    fn nothing_is_read_before_the_other_side_is_there() {
        let mut pair = Pair::dialling();
        pair.front().feed(b"early");
        pair.settle();
        assert_eq!(pair.front().unread(), 5);
        pair.back().answer();
        pair.settle();
        assert_eq!(pair.back().sent(), b"early");
    }

    #[test]
    fn a_slow_side_pauses_the_other_and_loses_nothing() {
        let mut pair = Pair::joined();
        let much = vec![b'x'; 1_000_000];
        pair.back().set_room(0);
        pair.front().feed(&much);
        pair.settle();
        assert!(pair.front().unread() > 800_000, "{} are unread", pair.front().unread());
        pair.back().set_room(usize::MAX);
        pair.settle();
        assert_eq!(pair.back().sent().len(), much.len());
    }

    #[test]
    fn the_way_back_survives_a_slow_way_there() {
        let mut pair = Pair::joined();
        pair.back().set_room(0);
        pair.front().feed(&[b'x'; 1_000_000]);
        pair.back().feed(b"answer");
        pair.settle();
        assert_eq!(pair.front().sent(), b"answer");
    }

    #[test]
    fn a_half_close_is_passed_on_after_the_last_bytes() {
        let mut pair = Pair::joined();
        pair.front().feed(b"question");
        pair.front().close();
        pair.settle();
        assert_eq!(pair.back().sent(), b"question");
        assert!(pair.back().has_ended() && !pair.front().has_ended());
        pair.back().feed(b"answer");
        pair.back().close();
        pair.settle();
        assert_eq!(pair.front().sent(), b"answer");
        assert!(pair.front().is_gone() && pair.back().is_gone());
    }

    #[test]
    fn last_words_reach_a_slow_reader_after_both_sides_have_closed() {
        let mut pair = Pair::joined();
        pair.front().set_room(0);
        pair.back().feed(b"last words");
        pair.back().close();
        pair.front().close();
        pair.settle();
        assert!(pair.back().is_gone() && !pair.front().is_gone());
        pair.front().set_room(usize::MAX);
        pair.settle();
        assert_eq!(pair.front().sent(), b"last words");
        assert!(pair.front().is_gone());
    }

    #[test]
    fn when_one_side_breaks_the_other_is_aborted() {
        let mut pair = Pair::joined();
        pair.front().set_room(0);
        pair.back().feed(b"half a str");
        pair.settle();
        pair.back().reset(io::ErrorKind::ConnectionReset);
        pair.settle();
        assert!(pair.front().is_gone());
    }

    #[test]
    fn a_side_that_breaks_after_its_last_bytes_was_whole() {
        let mut pair = Pair::joined();
        pair.front().set_room(0);
        pair.back().feed(b"a whole answer");
        pair.back().close();
        pair.settle();
        pair.back().fail_next(Call::Write, io::ErrorKind::BrokenPipe);
        pair.front().feed(b"too late");
        pair.settle();
        assert!(pair.back().is_gone());
        pair.front().set_room(usize::MAX);
        pair.settle();
        assert_eq!(pair.front().sent(), b"a whole answer");
    }

    #[test]
    fn a_stop_lets_either_side_finish() {
        let mut pair = Pair::joined();
        pair.front().set_room(0);
        pair.back().feed(b"last words");
        pair.settle();
        pair.reactor.enter(&pair.net, |cx| cx.reactor.stop());
        pair.settle();
        assert!(pair.back().has_ended());
        pair.front().set_room(usize::MAX);
        pair.settle();
        assert_eq!(pair.front().sent(), b"last words");
    }

    #[test]
    fn when_nobody_answers_the_client_is_let_go() {
        let mut pair = Pair::dialling();
        pair.back().refuse(io::ErrorKind::ConnectionRefused);
        pair.settle();
        assert!(pair.front().has_ended());
        pair.front().close();
        pair.settle();
        assert_eq!(pair.reactor.connections(), 0);
    }

    #[test]
    fn a_client_that_broke_while_we_dialled_takes_the_other_side_along() {
        let mut pair = Pair::dialling();
        pair.front().reset(io::ErrorKind::ConnectionReset);
        pair.back().answer();
        pair.settle();
        assert_eq!(pair.reactor.connections(), 0);
    }

    #[test]
    fn nobody_is_dialled_in_vain() {
        let nobody = ConnId(Key { slot: 99, serial: 99 });
        let back = Harness::new((), Relay::behind(nobody));
        assert!(matches!(back.lost(), Some(Reason::Aborted)));
    }
}
