//! Real sockets on loopback, real time.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Mutex, MutexGuard, PoisonError};

use mio::net::{TcpListener, TcpStream};
use reactor::mio_net::MioNet;
use reactor::{Reactor, Signal};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::low_level::raise;

use super::Stage;

/// Signals reach the whole process, so one test at a time may have them.
static SIGNALS: Mutex<()> = Mutex::new(());

/// More than the 128 that the kernel lets wait at a port which mio has opened.
const CROWD: usize = 140;

pub(crate) struct Mio {
    net: MioNet,
    crowded: Vec<(TcpListener, Vec<TcpStream>)>,
    turn_at_signals: Option<MutexGuard<'static, ()>>,
}

impl Stage for Mio {
    type Net<'n> = MioNet;

    fn open(_seed: u64) -> Mio {
        Mio { net: MioNet::new().unwrap(), crowded: Vec::new(), turn_at_signals: None }
    }

    fn with<R>(&mut self, f: impl FnOnce(&mut MioNet) -> R) -> R {
        f(&mut self.net)
    }

    fn go_on<A: 'static>(&mut self, _reactor: &Reactor<A>) {}

    /// A port where nobody accepts and the queue is full: the kernel drops who comes on top.
    fn silent(&mut self) -> SocketAddr {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let at = port.local_addr().unwrap();
        let crowd = (0..CROWD).map(|_| TcpStream::connect(at).unwrap()).collect();
        self.crowded.push((port, crowd));
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
