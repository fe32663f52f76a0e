//! Somebody who speaks TLS to a server, and somebody who answers in a server's place.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use reactor::mio_net::MioNet;
use reactor::{AppCx, ClientTls, ConnectError, Cx, Endpoint, Limits, Protocol, Reactor, Reason, ServerTls};

use super::{PATIENCE, eventually};

/// What a visit has come to.
#[derive(Debug, Default)]
pub(crate) struct Visit {
    pub(crate) heard: String,
    pub(crate) end: Option<String>,
    words: Vec<u8>,
    /// The end of the visit is cut off: no farewell is said.
    is_cut: bool,
}

struct Visitor;

type VisitorCx<'a> = Cx<'a, Visit, Visitor>;

impl Protocol<Visit> for Visitor {
    fn connection_made(&mut self, cx: &mut VisitorCx<'_>) {
        let words = std::mem::take(&mut cx.app.words);
        cx.transport.write(&words);
        cx.transport.set_idle_timeout(Some(PATIENCE));
        if cx.app.is_cut {
            cx.reactor.call_later(Duration::from_millis(100), |_, cx| cx.transport.abort_connection());
        }
    }

    fn data_received(&mut self, cx: &mut VisitorCx<'_>, data: &[u8]) {
        cx.app.heard += &String::from_utf8_lossy(data);
    }

    fn connection_lost(&mut self, cx: &mut VisitorCx<'_>, reason: &Reason) {
        cx.app.end = Some(reason.to_string());
        cx.reactor.stop();
    }

    fn connect_failed(&mut self, cx: &mut AppCx<'_, Visit>, error: &ConnectError) {
        cx.app.end = Some(error.to_string());
        cx.reactor.stop();
    }
}

/// Says `words` to whoever answers on the port and is called so, and hears it out.
pub(crate) fn visit(port: u16, tls: &ClientTls, called: &str, words: impl AsRef<[u8]>) -> Visit {
    run(port, tls, called, Visit { words: words.as_ref().to_vec(), ..Visit::default() })
}

/// The same, but the end is cut off.
pub(crate) fn cut_visit(port: u16, tls: &ClientTls, called: &str, words: impl AsRef<[u8]>) -> Visit {
    run(port, tls, called, Visit { words: words.as_ref().to_vec(), is_cut: true, ..Visit::default() })
}

fn run(port: u16, tls: &ClientTls, called: &str, visit: Visit) -> Visit {
    let mut net = MioNet::new().unwrap();
    let mut reactor = Reactor::new(visit, 1, Limits::default());
    let to = Endpoint::new("127.0.0.1", port).tls(tls).called(called);
    reactor.enter(&net, |cx| cx.reactor.connect(to, Visitor));
    reactor.run(&mut net).unwrap();
    reactor.app
}

/// Answers on a port with this TLS until something is so.
pub(crate) fn stand_in(port: u16, tls: &ServerTls, what: &str, mut is_so: impl FnMut() -> bool) {
    let mut net = MioNet::new().unwrap();
    let mut reactor = Reactor::new(Visit::default(), 1, Limits::default());
    let at = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    reactor.listen_tls(&mut net, at, tls, |_: &mut Visit, _| Some(Answerer)).unwrap();
    let turn = |reactor: &mut Reactor<Visit>, net: &mut MioNet| -> io::Result<()> {
        reactor.turn(net, Some(Duration::from_millis(5))).map(drop)
    };
    eventually(what, || {
        turn(&mut reactor, &mut net).unwrap();
        is_so()
    });
}

/// Whoever comes is told that it is welcome.
struct Answerer;

impl Protocol<Visit> for Answerer {
    fn data_received(&mut self, cx: &mut Cx<'_, Visit, Self>, _: &[u8]) {
        cx.transport.write(b"WELCOME\n");
    }
}
