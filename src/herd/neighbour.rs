//! A neighbour: the link on which it is told the news, its own to us, and what waits for it.

use std::time::Duration;

use protocols::Backoff;
use reactor::{ConnId, Endpoint, Peer, Peers, Sent, Time};

use super::queue::Queue;
use super::sparing::Sparing;
use crate::buggify::{Point, fires};
use crate::link::resync::Tally;
use crate::planted::{Planted, is_planted};

/// How long a server takes to start at most (the specification, section 9).
const START_TIME: Duration = Duration::from_secs(2);

/// How far the link to a neighbour has got.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LinkState {
    /// It is being dialled, or waits to be.
    Down,
    /// Both have proved who they are.
    Up(ConnId, Peer),
}

/// How far the neighbour's own link to us has got.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hearing {
    /// There is none.
    Nothing,
    /// It has proved who it is; what it held before, we may still lack.
    News(ConnId),
    /// We hold whatever it held.
    Synced(ConnId),
}

/// What has happened between us and a neighbour, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct NeighbourCounters {
    /// Times it was asked what it holds.
    pub compared: u64,
    /// Times it held all that we held, after that.
    pub resynced: u64,
    /// Records it was told because a bucket differed.
    pub records: u64,
    /// Times too much waited for it.
    pub overflows: u64,
    /// Lines that were dropped then.
    pub dropped: u64,
}

/// What has happened with a neighbour since we started, once or more often.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Greetings {
    pub(crate) was_up: bool,
    pub(crate) was_heard: bool,
    pub(crate) was_told: bool,
    pub(crate) has_told: bool,
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
    /// The link from it.
    pub hearing: Hearing,
    /// It has closed that link; what it said before is still being taken in.
    is_leaving: bool,
    /// How long to wait before it is dialled again.
    pub backoff: Backoff,
    /// Which of the redials are said.
    pub(crate) redials: Sparing,
    /// Which of the warnings are said that another server has its name or ours.
    pub(crate) namesakes: Sparing,
    /// When it was dialled first.
    pub(crate) dialled: Option<Time>,
    /// How often it was linked, in either direction, and told what it lacked.
    pub(crate) greetings: Greetings,
    /// What has happened so far.
    pub counters: NeighbourCounters,
    /// It has missed something, or may have.
    is_behind: bool,
    /// What it could not be told yet, while it is up.
    queue: Queue,
}

impl Neighbour {
    /// A neighbour for which at most `queue` bytes of news wait while it is slow.
    pub fn new(name: impl Into<String>, at: Endpoint, queue: usize) -> Neighbour {
        Neighbour {
            name: name.into(),
            at: at.within(Duration::from_secs(2)),
            link: LinkState::Down,
            hearing: Hearing::Nothing,
            is_leaving: false,
            backoff: Backoff::default(),
            redials: Sparing::default(),
            namesakes: Sparing::default(),
            dialled: None,
            greetings: Greetings::default(),
            counters: NeighbourCounters::default(),
            is_behind: true,
            queue: Queue::new(queue),
        }
    }

    /// Lines that wait.
    pub fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// Whether it has to be compared: it has missed something, or may have.
    pub fn is_behind(&self) -> bool {
        self.is_behind
    }

    /// It may have missed something.
    pub fn miss(&mut self) {
        self.is_behind = true;
    }

    /// Whether it may be starting still, as we are: it was dialled a moment ago for the first time.
    pub(crate) fn may_be_starting(&self, now: Time) -> bool {
        !self.greetings.was_up && self.dialled.is_some_and(|first| now.since(first) < START_TIME)
    }

    /// It can be told the news. Whatever came while it could not, it has missed.
    pub fn up(&mut self, link: ConnId, peer: Peer) {
        self.backoff.reset();
        self.redials = Sparing::default();
        self.link = LinkState::Up(link, peer);
        self.is_behind = !is_planted(Planted::CompareForgotten);
    }

    /// It can no longer be told on `link`. What waited, it is told otherwise.
    pub fn down(&mut self, link: ConnId) {
        if matches!(self.link, LinkState::Up(up, _) if up == link) {
            self.link = LinkState::Down;
            self.queue.clear();
        }
    }

    /// It has proved who it is on `link`, its own to us.
    pub fn heard(&mut self, link: ConnId) {
        self.hearing = Hearing::News(link);
        self.is_leaving = false;
    }

    /// It has closed `link`, its own to us.
    pub(crate) fn leaves(&mut self, link: ConnId) {
        self.is_leaving |= self.heard_on() == Some(link);
    }

    /// Its own link to us, if it has one that it has not closed.
    pub(crate) fn heard_on(&self) -> Option<ConnId> {
        match self.hearing {
            Hearing::News(link) | Hearing::Synced(link) if !self.is_leaving => Some(link),
            _ => None,
        }
    }

    /// It has told us on `link` all that it held. Whether that is news.
    pub fn told_all(&mut self, link: ConnId) -> bool {
        let is_news = self.hearing == Hearing::News(link);
        if is_news {
            self.hearing = Hearing::Synced(link);
        }
        is_news
    }

    /// It is no longer heard on `link`. False: it was not heard there, but on a later one.
    pub fn unheard(&mut self, link: ConnId) -> bool {
        let was_heard = matches!(self.hearing, Hearing::News(on) | Hearing::Synced(on) if on == link);
        if was_heard {
            self.hearing = Hearing::Nothing;
        }
        was_heard
    }

    /// Whether our link to it stands.
    pub fn is_up(&self) -> bool {
        self.link != LinkState::Down
    }

    /// Whether it can be told the news, and we hold whatever it held.
    pub fn is_synced(&self) -> bool {
        self.is_up() && matches!(self.hearing, Hearing::Synced(_))
    }

    /// It is asked what it holds.
    pub fn compare(&mut self) {
        self.counters.compared += 1;
        self.is_behind = false;
    }

    /// It holds what we held when it was asked.
    pub fn resynced(&mut self, tally: Tally) {
        self.counters.resynced += 1;
        self.counters.records += tally.records;
    }

    /// Tells it a line, now or as soon as it keeps up again. Who it was told to, if now.
    #[inline]
    pub(super) fn tell(&mut self, line: &[u8], peers: &mut Peers<'_>) -> Option<Peer> {
        if !self.is_up() {
            return None;
        }
        if self.queue.is_empty()
            && !fires(Point::SlowNeighbour)
            && let Some(peer) = self.send(line, peers)
        {
            return Some(peer);
        }
        self.wait(line);
        None
    }

    fn wait(&mut self, line: &[u8]) {
        self.queue.push(line);
        if !self.queue.is_too_long() && !fires(Point::NeighbourQueueOverflow) {
            return;
        }
        let dropped = self.queue.clear();
        self.counters.overflows += 1;
        self.counters.dropped += dropped as u64;
        if !self.is_behind {
            log::warn!(
                "neighbour {}: too much waits for it; {dropped} lines are dropped, to be compared",
                self.name
            );
        }
        self.is_behind |= !is_planted(Planted::OverflowForgotten);
    }

    /// Tells it what has waited, as far as the link will take it; each line also to `told`. Whether it keeps
    /// up: nothing waits any more.
    pub fn catch_up(&mut self, peers: &mut Peers<'_>, mut told: impl FnMut(Peer, &[u8])) -> bool {
        while let Some(line) = self.queue.pop() {
            match self.send(&line, peers) {
                Some(peer) => told(peer, &line),
                None => {
                    self.queue.unpop(line);
                    return false;
                }
            }
        }
        matches!(self.link, LinkState::Up(link, _) if !peers.is_high(link))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn ball(most: usize) -> Neighbour {
        Neighbour::new("Ball", Endpoint::new("127.0.0.1", 12101), most)
    }

    #[test]
    fn too_much_that_waits_is_dropped_whole_counted_and_to_be_compared() {
        let mut ball = ball(10);
        ball.compare();
        ball.wait(b"1111");
        ball.wait(b"2222");
        assert_eq!((ball.waiting(), ball.is_behind()), (2, false));
        ball.wait(b"3333");
        assert_eq!((ball.waiting(), ball.is_behind()), (0, true));
        ball.wait(b"4444");
        assert_eq!((ball.waiting(), ball.is_behind()), (1, true));
        ball.wait(b"a line longer than the queue itself");
        assert_eq!((ball.counters.overflows, ball.counters.dropped), (2, 5));
    }

    #[test]
    fn a_neighbour_may_be_starting_for_two_seconds_and_once() {
        let (mut ball, at) = (ball(10), |seconds| Time::ZERO + Duration::from_secs(seconds));
        assert!(!ball.may_be_starting(at(5)));
        ball.dialled = Some(at(5));
        assert!(ball.may_be_starting(at(6)) && !ball.may_be_starting(at(7)));
        ball.greetings.was_up = true;
        assert!(!ball.may_be_starting(at(6)));
    }

    #[test]
    fn a_neighbour_has_missed_something_until_it_is_compared() {
        let mut ball = ball(10);
        assert!(ball.is_behind());
        ball.compare();
        assert!(!ball.is_behind());
    }
}
