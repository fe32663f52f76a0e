//! Handlers that fail, on this reactor; README.md says which line asks for what.

use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use protocols::{LineReceiver, Lines, send_line};
use reactor::mio_net::MioNet;
use reactor::{Cx, Limits, Peer, Reactor, Reply};

/// The service does not want to.
#[derive(Debug)]
struct Refused;

struct Failing;

impl LineReceiver<()> for Failing {
    fn line_received(&mut self, cx: &mut Cx<'_, (), Self>, line: &[u8]) {
        match line {
            b"hello" => send_line(&mut cx.transport, b"hello"),
            b"fail" => fail(),
            b"later" => {
                cx.reactor.call_later(Duration::from_millis(1), |_, _| fail());
            }
            b"refused" => {
                let reply = cx.reactor.reply(Failing::served);
                service(cx, reply);
            }
            _ => cx.transport.lose_connection(),
        }
    }
}

impl Failing {
    /// The type says that there may be no answer. Whoever does not want to think of it has to write that down.
    #[expect(clippy::unwrap_used, reason = "this is the mistake")]
    fn served(&mut self, cx: &mut Cx<'_, (), Self>, answer: Result<Vec<u8>, Refused>) {
        send_line(&mut cx.transport, &answer.unwrap());
    }
}

/// A mistake of ours, such as an index beyond the end.
fn fail() {
    panic!("the handler fails");
}

fn service(cx: &mut Cx<'_, (), Failing>, reply: Reply<(), Result<Vec<u8>, Refused>>) {
    cx.reactor.send(reply, Err(Refused));
}

fn main() -> Result<(), Box<dyn Error>> {
    let address: SocketAddr = std::env::args().nth(1).ok_or("usage: errors HOST:PORT")?.parse()?;
    let mut net = MioNet::new()?.with_signals()?;
    let mut reactor = Reactor::new((), 0, Limits::default());
    reactor.listen(&mut net, address, |_: &mut (), _: Peer| Some(Lines::new(Failing)))?;
    eprintln!("ready");
    Ok(reactor.run(&mut net)?)
}
