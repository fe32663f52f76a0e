//! Turning a reactor to the microsecond.

use std::io;
use std::time::Duration;

use reactor::{Net, Reactor, Turn};

/// What epoll counts in: it may wake so much too late, and the lines of an open loop with it.
const GRAIN: Duration = Duration::from_millis(1);
/// How often whoever looks on is given the occasion at least.
const GLANCE: Duration = Duration::from_millis(100);

/// Turns until stopped. The last millisecond before a timer is not slept, but spent asking, so that lines leave when
/// they are due: an open loop of more than a thousand lines a second has a core to itself. After each turn `look`.
///
/// # Errors
///
/// The net's own, of polling.
pub fn drive<A: 'static, N: Net>(
    reactor: &mut Reactor<A>,
    net: &mut N,
    mut look: impl FnMut(&A, &N),
) -> io::Result<()> {
    while reactor.turn(net, Some(patience(reactor, net)))? == Turn::Running {
        look(&reactor.app, net);
    }
    Ok(())
}

fn patience<A: 'static>(reactor: &Reactor<A>, net: &impl Net) -> Duration {
    let left = reactor.next_timer().map_or(GLANCE, |at| at.since(net.now()));
    left.min(GLANCE).saturating_sub(GRAIN)
}
