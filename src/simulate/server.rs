//! A simulated server: as a process, it waits for its disk before it ends.

use std::io;

use reactor::sim::{Node, SimNet};
use reactor::{Limits, Net, Reactor, Time, Turn};

use crate::herd::Herd;
use crate::journal::LOOK;

pub(super) struct Server {
    pub(super) reactor: Reactor<Herd>,
    /// Its reactor has stopped, and it looks at the clock again then.
    waits_until: Option<Time>,
}

impl Server {
    pub(super) fn new(reactor: Reactor<Herd>) -> Server {
        Server { reactor, waits_until: None }
    }
}

impl Node for Server {
    fn turn(&mut self, net: &mut SimNet<'_>) -> io::Result<Turn> {
        let turn = Node::turn(&mut self.reactor, net)?;
        let (now, most) = (net.now(), Limits::default().stop_timeout);
        let Herd { journal, store, .. } = &mut self.reactor.app;
        if turn == Turn::Stopped && journal.is_awaited(store, now, most) {
            self.waits_until = Some(now + LOOK);
            return Ok(Turn::Running);
        }
        Ok(turn)
    }

    fn is_busy(&self) -> bool {
        self.reactor.is_busy()
    }

    fn next_timer(&self) -> Option<Time> {
        self.reactor.next_timer().into_iter().chain(self.waits_until).min()
    }
}
