//! A server of the zoo on loopback, in a thread and a reactor of its own until it is dropped.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use reactor::mio_net::MioNet;
use reactor::{Cx, Limits, Peer, Pressure, Protocol, Reactor, Reason, ServerTls};

use super::manner::{Manner, Step, right};

/// How long until it looks whether the test has said something.
const GLANCE: Duration = Duration::from_millis(5);

/// What goes on in a cage, and what the test has said to it.
#[derive(Default)]
struct Board {
    connections: AtomicUsize,
    ended: AtomicUsize,
    requests: AtomicUsize,
    is_free: AtomicBool,
    is_closed: AtomicBool,
}

pub(crate) struct Cage {
    at: SocketAddr,
    board: Arc<Board>,
    keeper: Option<JoinHandle<()>>,
}

impl Cage {
    /// A server of HTTPS that behaves so at the first request, and is in order from then on.
    pub(crate) fn of_https(tls: ServerTls, manner: Manner) -> Cage {
        Cage::open(move |reactor, net, at| {
            let first = move |board: &mut Arc<Board>, _: Peer| Some(Beast::new(board, &manner));
            reactor.listen_tls(net, at, &tls, first).unwrap().1
        })
    }

    /// A server of TCP that behaves so whenever it hears something.
    pub(crate) fn of_tcp(manner: Manner) -> Cage {
        Cage::open(move |reactor, net, at| {
            let raw = move |board: &mut Arc<Board>, _: Peer| Some(Beast::raw(board, &manner));
            reactor.listen(net, at, raw).unwrap().1
        })
    }

    fn open(
        listen: impl FnOnce(&mut Reactor<Arc<Board>>, &mut MioNet, SocketAddr) -> SocketAddr + Send + 'static,
    ) -> Cage {
        let (board, (to, opened)) = (Arc::new(Board::default()), mpsc::channel());
        let seen = Arc::clone(&board);
        let keeper = std::thread::spawn(move || {
            let mut net = MioNet::new().unwrap();
            let mut reactor = Reactor::new(seen, 1, Limits::default());
            to.send(listen(&mut reactor, &mut net, ([127, 0, 0, 1], 0).into())).unwrap();
            while !reactor.app.is_closed.load(Ordering::Relaxed) {
                let _turn = reactor.turn(&mut net, Some(4 * GLANCE)).unwrap();
            }
        });
        Cage { at: opened.recv().unwrap(), board, keeper: Some(keeper) }
    }

    pub(crate) fn at(&self) -> SocketAddr {
        self.at
    }

    /// Connections that were made, TLS included.
    pub(crate) fn connections(&self) -> usize {
        self.board.connections.load(Ordering::Relaxed)
    }

    /// Of those, the ones that have ended.
    pub(crate) fn ended(&self) -> usize {
        self.board.ended.load(Ordering::Relaxed)
    }

    /// Requests that were heard to their end.
    pub(crate) fn requests(&self) -> usize {
        self.board.requests.load(Ordering::Relaxed)
    }

    /// Ends every [`Step::Wait`].
    pub(crate) fn free(&self) {
        self.board.is_free.store(true, Ordering::Relaxed);
    }
}

impl Drop for Cage {
    fn drop(&mut self) {
        self.board.is_closed.store(true, Ordering::Relaxed);
        let ended = self.keeper.take().map(JoinHandle::join);
        assert!(std::thread::panicking() || ended.is_some_and(|end| end.is_ok()), "the server panicked");
    }
}

/// One connection.
struct Beast {
    manner: Manner,
    /// It waits for whole requests, not for any bytes.
    is_http: bool,
    heard: Vec<u8>,
    steps: VecDeque<Step>,
}

type BeastCx<'a> = Cx<'a, Arc<Board>, Beast>;

impl Beast {
    fn new(board: &Board, manner: &Manner) -> Beast {
        Beast { is_http: true, ..Beast::raw(board, manner) }
    }

    fn raw(board: &Board, manner: &Manner) -> Beast {
        board.connections.fetch_add(1, Ordering::Relaxed);
        Beast { manner: manner.clone(), is_http: false, heard: Vec::new(), steps: VecDeque::new() }
    }

    /// What it is to do for the request that has just been heard.
    fn answer(&mut self, cx: &mut BeastCx<'_>) {
        let before = cx.app.requests.fetch_add(1, Ordering::Relaxed);
        let manner = if self.is_http && before > 0 { right() } else { self.manner.clone() };
        self.steps.extend(manner);
        self.go_on(cx);
    }

    /// Does what it can do at once.
    fn go_on(&mut self, cx: &mut BeastCx<'_>) {
        while !cx.transport.is_high()
            && let Some(step) = self.steps.pop_front()
        {
            match step {
                Step::Say(bytes) => cx.transport.write(&bytes),
                Step::Repeat(_, 0) => {}
                Step::Repeat(bytes, times) => {
                    cx.transport.write(&bytes);
                    self.steps.push_front(Step::Repeat(bytes, times - 1));
                }
                Step::Pause(pause) => return go_on_after(cx, pause),
                Step::Wait if cx.app.is_free.load(Ordering::Relaxed) => {}
                Step::Wait => {
                    self.steps.push_front(Step::Wait);
                    return go_on_after(cx, GLANCE);
                }
                Step::Close => return cx.transport.lose_connection(),
                Step::Abort => return cx.transport.abort_connection(),
            }
        }
    }
}

fn go_on_after(cx: &mut BeastCx<'_>, pause: Duration) {
    cx.reactor.call_later(pause, Beast::go_on);
}

impl Protocol<Arc<Board>> for Beast {
    fn data_received(&mut self, cx: &mut BeastCx<'_>, data: &[u8]) {
        self.heard.extend_from_slice(data);
        if !self.is_http || self.heard.ends_with(b"\r\n\r\n") {
            self.heard.clear();
            self.answer(cx);
        }
    }

    fn pressure(&mut self, cx: &mut BeastCx<'_>, pressure: Pressure) {
        if pressure == Pressure::Low {
            self.go_on(cx);
        }
    }

    fn connection_lost(&mut self, cx: &mut BeastCx<'_>, _: &Reason) {
        cx.app.ended.fetch_add(1, Ordering::Relaxed);
    }
}
