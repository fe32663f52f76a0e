//! How each net is driven.

mod mio;
mod mock;
mod sim;
mod tls;

use std::net::SocketAddr;
use std::time::Duration;

use reactor::net::Net;
use reactor::{Reactor, Signal};

pub(crate) use mio::Mio;
pub(crate) use mock::Mock;
pub(crate) use sim::{FaultySim, Sim};
pub(crate) use tls::{Ends, Tls};

/// A net with everything around it that one reactor needs to talk to itself: its clients dial its
/// own ports.
pub(crate) trait Stage: Sized {
    /// The net, as it is lent to the reactor.
    type Net<'n>: Net;

    /// How often each behaviour is shown; the number of the performance is the seed.
    const PERFORMANCES: u64 = 1;

    /// A new one. It knows the name `localhost`.
    fn open(seed: u64) -> Self;

    /// Lends the net.
    fn with<R>(&mut self, f: impl FnOnce(&mut Self::Net<'_>) -> R) -> R;

    /// Goes on after a turn: carries bytes and lets time pass where the net does not do so itself.
    fn go_on<A: 'static>(&mut self, reactor: &Reactor<A>);

    /// An address where whoever dials it is never answered.
    fn silent(&mut self) -> SocketAddr;

    /// What is spoken on every connection, if not plain bytes.
    fn tls() -> Option<&'static Ends> {
        None
    }

    /// The same stage, able to be signalled.
    fn with_signals(self) -> Self {
        self
    }

    /// Signals the process.
    fn signal(&mut self, signal: Signal);
}

/// The longest that a turn waits, and virtual time stands still for want of events.
pub(crate) const PATIENCE: Duration = Duration::from_millis(10);

/// Shows a behaviour, as often as the stage asks for.
pub(crate) fn perform<S: Stage>(behaviour: fn(S)) {
    for seed in 1..=S::PERFORMANCES {
        behaviour(S::open(seed));
    }
}
