//! Passing news on (the paper, 3.3; the specification, section 6).
//!
//! What is newer than the stored record goes to every neighbour but the one it came from. Whoever has it
//! already drops it, so a flood ends by itself.

use std::collections::VecDeque;
use std::time::Duration;

use protocols::Backoff;
use reactor::{ConnId, Endpoint, Peer, Peers, Sent};

/// How far the link to a neighbour has got.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LinkState {
    /// It is being dialled, or waits to be.
    Down,
    /// Both have proved who they are.
    Up(ConnId, Peer),
}

/// A neighbour, and the link on which it is told the news.
#[derive(Debug)]
pub struct Neighbour {
    /// Its name.
    pub name: String,
    /// Where it listens for neighbours.
    pub at: Endpoint,
    /// The link to it.
    pub link: LinkState,
    /// How long to wait before it is dialled again.
    pub backoff: Backoff,
    /// What it could not be told yet.
    queue: Queue,
}

/// Lines that wait for a neighbour; the oldest go when there are too many.
#[derive(Debug)]
struct Queue {
    lines: VecDeque<Box<[u8]>>,
    bytes: usize,
    most: usize,
    dropped: u64,
    /// Of those dropped, as many the operator has been told of.
    told: u64,
}

impl Queue {
    fn push(&mut self, line: &[u8]) {
        self.bytes += line.len();
        self.lines.push_back(line.into());
        while self.bytes > self.most && self.pop().is_some() {
            self.dropped += 1;
        }
    }

    /// How many lines were dropped since the last call.
    fn new_losses(&mut self) -> u64 {
        self.dropped - std::mem::replace(&mut self.told, self.dropped)
    }

    fn pop(&mut self) -> Option<Box<[u8]>> {
        let line = self.lines.pop_front()?;
        self.bytes -= line.len();
        Some(line)
    }

    /// Puts a line back that was popped but not sent.
    fn unpop(&mut self, line: Box<[u8]>) {
        self.bytes += line.len();
        self.lines.push_front(line);
    }
}

impl Neighbour {
    /// A neighbour that keeps at most `queue` bytes of news while it cannot be reached.
    pub fn new(name: impl Into<String>, at: Endpoint, queue: usize) -> Neighbour {
        let queue = Queue { lines: VecDeque::new(), bytes: 0, most: queue, dropped: 0, told: 0 };
        let at = at.within(Duration::from_secs(2));
        Neighbour { name: name.into(), at, link: LinkState::Down, backoff: Backoff::default(), queue }
    }

    /// Lines that were dropped because too many waited.
    pub fn dropped(&self) -> u64 {
        self.queue.dropped
    }

    /// Lines that wait.
    pub fn waiting(&self) -> usize {
        self.queue.lines.len()
    }

    /// How many lines were dropped since the last call; the first is said in the log at once.
    pub fn new_losses(&mut self) -> u64 {
        self.queue.new_losses()
    }

    /// Tells it a line, now or when it can be reached. Who it was told to, if now.
    fn tell(&mut self, line: &[u8], peers: &mut Peers<'_>) -> Option<Peer> {
        if self.queue.lines.is_empty()
            && let Some(peer) = self.send(line, peers)
        {
            return Some(peer);
        }
        let lossless = self.queue.dropped == self.queue.told;
        self.queue.push(line);
        if lossless && self.queue.dropped > self.queue.told {
            log::warn!("neighbour {}: too much waits for it; the oldest is dropped", self.name);
        }
        None
    }

    /// Tells it what has waited, as far as the link will take it; each line also to `told`.
    pub fn catch_up(&mut self, peers: &mut Peers<'_>, mut told: impl FnMut(Peer, &[u8])) {
        while let Some(line) = self.queue.pop() {
            match self.send(&line, peers) {
                Some(peer) => told(peer, &line),
                None => return self.queue.unpop(line),
            }
        }
    }

    /// Sends it a line if the link is up and keeps up. What lies in an outbox is lost with its link, and
    /// pings stand behind it; so above the high water mark lines wait in the queue, where they are counted.
    fn send(&self, line: &[u8], peers: &mut Peers<'_>) -> Option<Peer> {
        let LinkState::Up(link, peer) = self.link else { return None };
        if peers.is_high(link) {
            return None;
        }
        (peers.write_sequence(link, &[line, b"\n"]) == Sent::Queued).then_some(peer)
    }
}

/// All neighbours of a server, each known by its place in the list.
#[derive(Debug, Default)]
pub struct Neighbours(Vec<Neighbour>);

impl Neighbours {
    /// The neighbours in this order.
    pub fn new(neighbours: Vec<Neighbour>) -> Neighbours {
        Neighbours(neighbours)
    }

    /// The place of the neighbour called `name`.
    pub fn find(&self, name: &[u8]) -> Option<usize> {
        self.0.iter().position(|neighbour| neighbour.name.as_bytes() == name)
    }

    /// The neighbour at `place`.
    pub fn get_mut(&mut self, place: usize) -> Option<&mut Neighbour> {
        self.0.get_mut(place)
    }

    /// All of them.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Neighbour> {
        self.0.iter()
    }

    /// Tells a line to all neighbours but the one it came `from`, each at most once; those that can be
    /// reached now also to `told`.
    pub fn flood(
        &mut self,
        from: Option<usize>,
        line: &[u8],
        peers: &mut Peers<'_>,
        mut told: impl FnMut(Peer),
    ) {
        let others = self.0.iter_mut().enumerate().filter(|(place, _)| Some(*place) != from);
        for (_, neighbour) in others {
            neighbour.tell(line, peers).into_iter().for_each(&mut told);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_are_told_once() {
        let mut ball = Neighbour::new("Ball", Endpoint::new("127.0.0.1", 12101), 3);
        ball.queue.push(b"1111");
        assert_eq!((ball.new_losses(), ball.new_losses()), (1, 0));
    }

    #[test]
    fn a_full_queue_drops_the_oldest_lines_and_counts_them() {
        let mut ball = Neighbour::new("Ball", Endpoint::new("127.0.0.1", 12101), 10);
        for line in [&b"1111"[..], b"2222", b"3333"] {
            ball.queue.push(line);
        }
        assert_eq!((ball.waiting(), ball.dropped()), (2, 1));
        assert_eq!(ball.queue.pop().as_deref(), Some(&b"2222"[..]));
        ball.queue.push(b"a line longer than the queue itself");
        assert_eq!((ball.waiting(), ball.dropped(), ball.queue.bytes), (0, 3, 0));
    }
}
