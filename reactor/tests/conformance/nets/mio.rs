//! Real sockets on loopback, real time.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Mutex, MutexGuard, PoisonError};

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use reactor::mio_net::MioNet;
use reactor::{Reactor, Signal};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::low_level::raise;

use super::Stage;

/// Signals reach the whole process, so one test at a time may have them.
static SIGNALS: Mutex<()> = Mutex::new(());

pub(crate) struct Mio {
    net: MioNet,
    silent: Vec<(TcpListener, TcpStream)>,
    turn_at_signals: Option<MutexGuard<'static, ()>>,
}

impl Stage for Mio {
    type Net<'n> = MioNet;

    fn open(_seed: u64) -> Mio {
        Mio { net: MioNet::new().unwrap(), silent: Vec::new(), turn_at_signals: None }
    }

    fn with<R>(&mut self, f: impl FnOnce(&mut MioNet) -> R) -> R {
        f(&mut self.net)
    }

    fn go_on<A: 'static>(&mut self, _reactor: &Reactor<A>) {}

    /// A listener with a full backlog, of which nothing is accepted: the kernel drops further SYNs.
    fn silent(&mut self) -> SocketAddr {
        let mut port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let at = port.local_addr().unwrap();
        let waiting = TcpStream::connect(at).unwrap();
        let (mut poll, mut events) = (Poll::new().unwrap(), Events::with_capacity(1));
        poll.registry().register(&mut port, Token(0), Interest::READABLE).unwrap();
        while events.is_empty() {
            poll.poll(&mut events, None).unwrap();
        }
        rustix::net::listen(&port, 0).unwrap(); // the waiting connection fills it
        self.silent.push((port, waiting));
        at
    }

    fn with_signals(self) -> Mio {
        let turn = SIGNALS.lock().unwrap_or_else(PoisonError::into_inner);
        Mio { net: self.net.with_signals().unwrap(), turn_at_signals: Some(turn), ..self }
    }

    fn signal(&mut self, signal: Signal) {
        assert!(self.turn_at_signals.is_some(), "a signal that nobody waits for ends the process");
        let number = match signal {
            Signal::Interrupt => SIGINT,
            Signal::Terminate => SIGTERM,
            Signal::Hangup => SIGHUP,
            other => panic!("{other:?} is raised in no scene"),
        };
        raise(number).unwrap();
    }
}
