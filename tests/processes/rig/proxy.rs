//! A proxy that can be cut, in both of the ways that networks have: with a close, and in silence.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};

/// What becomes of the bytes of one proxy.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// They are forwarded.
    Open,
    /// They are held back, and so are closes: no end is told anything.
    Silent,
    /// Every connection is closed.
    Cut,
}

/// Everything that is forwarded to one address.
pub(crate) struct Proxy {
    port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    to: SocketAddr,
    state: Mutex<State>,
    changed: Condvar,
    /// Both ends of all connections so far.
    streams: Mutex<Vec<TcpStream>>,
}

impl Proxy {
    /// Its threads end with the test program.
    pub(crate) fn to(to: SocketAddr) -> Proxy {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            to,
            state: Mutex::new(State::Open),
            changed: Condvar::new(),
            streams: Mutex::new(Vec::new()),
        });
        let proxy = Proxy { port, shared: Arc::clone(&shared) };
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                shared.connect(stream);
            }
        });
        proxy
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Closes all connections, those that are made from now on, too.
    pub(crate) fn cut(&self) {
        self.shared.set(State::Cut);
        for stream in self.shared.streams.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both); // it may be closed already
        }
    }

    /// Forwards nothing and closes nothing.
    pub(crate) fn silence(&self) {
        self.shared.set(State::Silent);
    }

    /// Forwards again, what it kept as well.
    pub(crate) fn mend(&self) {
        self.shared.set(State::Open);
    }
}

impl Shared {
    fn set(&self, state: State) {
        *self.state.lock().unwrap() = state;
        self.changed.notify_all();
    }

    /// Waits until it is known what becomes of bytes: whether they are forwarded.
    fn is_open(&self) -> bool {
        let state = self.state.lock().unwrap();
        *self.changed.wait_while(state, |state| *state == State::Silent).unwrap() == State::Open
    }

    /// Connects two ends; each direction gets a thread.
    fn connect(self: &Arc<Shared>, near: TcpStream) {
        if *self.state.lock().unwrap() == State::Cut {
            return;
        }
        let Ok(far) = TcpStream::connect(self.to) else { return };
        let copy = |stream: &TcpStream| stream.try_clone().unwrap();
        self.streams.lock().unwrap().extend([copy(&near), copy(&far)]);
        for (from, to) in [(copy(&near), copy(&far)), (far, near)] {
            let shared = Arc::clone(self);
            std::thread::spawn(move || shared.forward(from, to));
        }
    }

    fn forward(&self, mut from: TcpStream, mut to: TcpStream) {
        let _ = to.set_nodelay(true);
        let mut buffer = [0; 16 * 1024];
        while let Ok(count) = from.read(&mut buffer)
            && count > 0
            && self.is_open()
            && to.write_all(&buffer[..count]).is_ok()
        {}
        self.is_open(); // a close is held back in silence, too
        for stream in [from, to] {
            let _ = stream.shutdown(Shutdown::Both); // it may be closed already
        }
    }
}
