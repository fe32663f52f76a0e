//! The chat of Twisted's "Writing Servers". Run it, and twice or more `nc localhost 8123`.

use std::collections::BTreeMap;
use std::io;

use protocols::{LineReceiver, Lines, send_line};
use reactor::mio_net::MioNet;
use reactor::{ConnId, Cx, Limits, Net, Peer, Reactor, Reason, Sent};

/// Who is there, by name; all guests share it (in Twisted it would sit in the factory).
type Room = BTreeMap<Vec<u8>, ConnId>;

/// One connection. Its state is its name: until it has one, a line is taken for it.
struct Guest(Option<Vec<u8>>);

impl LineReceiver<Room> for Guest {
    fn connection_made(&mut self, cx: &mut Cx<'_, Room, Self>) {
        send_line(&mut cx.transport, b"Who are you?");
    }

    fn line_received(&mut self, cx: &mut Cx<'_, Room, Self>, line: &[u8]) {
        match &self.0 {
            Some(name) => tell_others(cx, &[b"<", name, b"> ", line, b"\n"]),
            None if cx.app.contains_key(line) => send_line(&mut cx.transport, b"Taken. Who are you?"),
            None => {
                cx.transport.write_sequence(&[b"Come in, ", line, b".\n"]);
                cx.app.insert(line.to_vec(), cx.transport.id());
                self.0 = Some(line.to_vec());
            }
        }
    }

    fn connection_lost(&mut self, cx: &mut Cx<'_, Room, Self>, _: &Reason) {
        let me = cx.transport.id();
        cx.app.retain(|_, guest| *guest != me);
    }
}

/// Whoever does not read what the others say is shown out.
fn tell_others(cx: &mut Cx<'_, Room, Guest>, parts: &[&[u8]]) {
    let me = cx.transport.id();
    for guest in cx.app.values().copied().filter(|guest| *guest != me) {
        if cx.transport.peers().write_sequence(guest, parts) == Sent::Full {
            cx.transport.peers().abort(guest);
        }
    }
}

/// A reactor that listens on `net`; tests give it another net than `main` does.
pub(crate) fn server(net: &mut impl Net) -> io::Result<Reactor<Room>> {
    let mut reactor = Reactor::new(Room::new(), 0, Limits::default());
    reactor.listen(net, ([127, 0, 0, 1], 8123).into(), |_: &mut _, _: Peer| Some(Lines::new(Guest(None))))?;
    Ok(reactor)
}

fn main() -> io::Result<()> {
    let mut net = MioNet::new()?.with_signals()?;
    server(&mut net)?.run(&mut net)
}
