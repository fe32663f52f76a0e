//! The neighbours of a server in `paper` mode, and what is on its way to each.

use std::fmt;
use std::net::IpAddr;

use reactor::{Endpoint, Requests, Time, tally};

use super::addresses::Addresses;
use super::{ClientProtocol, DIAL_TIME, MOST_IN_FLIGHT};
use crate::command::is_of;
use crate::counted::Counted;
use crate::herd::{Herd, Queue, Sparing};

/// What has become of the updates for a neighbour, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PaperCounters {
    /// It closed its side after them and said nothing: it has read them, unless it was full and turned us away.
    pub told: u64,
    /// It could not be reached, or did not take them in time.
    pub lost: u64,
    /// It answered them as an invalid command: it does not take us for a neighbour.
    pub refused: u64,
    /// Too much waited for it, and these were the oldest.
    pub dropped: u64,
}

/// Those that are not zero, one a line.
impl fmt::Display for PaperCounters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PaperCounters { told, lost, refused, dropped } = *self;
        let all = [
            (told, "updates told"),
            (lost, "updates lost"),
            (refused, "updates refused"),
            (dropped, "updates dropped for want of room"),
        ];
        Counted(&all).fmt(f)
    }
}

/// What has become of one update.
#[derive(Debug)]
pub(super) enum Outcome {
    Told,
    Refused,
    /// For this reason.
    Lost(String),
}

/// A neighbour that is told each update over a connection of its own.
#[derive(Debug)]
pub struct Correspondent {
    /// Its name.
    pub name: String,
    /// What has become of the updates for it.
    pub counters: PaperCounters,
    /// Where its clients' port is.
    at: Endpoint,
    pub(super) addresses: Addresses,
    /// Connections to it that have not ended: at most [`MOST_IN_FLIGHT`].
    in_flight: usize,
    /// What waits for one of them to end.
    queue: Queue,
    /// Which of the failures are said: those of updates, and those of its name.
    failures: Sparing,
    pub(super) unknown: Sparing,
}

impl Correspondent {
    /// The neighbour whose clients' port is `port` of `host`, an address or a name; at most `queue` bytes wait for it.
    pub fn new(name: impl Into<String>, host: &str, port: u16, queue: usize) -> Correspondent {
        Correspondent {
            name: name.into(),
            counters: PaperCounters::default(),
            at: Endpoint::new(host, port).within(DIAL_TIME),
            addresses: Addresses::of(host),
            in_flight: 0,
            queue: Queue::new(queue),
            failures: Sparing::default(),
            unknown: Sparing::default(),
        }
    }

    /// Connections to it at this moment.
    pub fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// Updates that wait.
    pub fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// Tells it an update, now or as soon as there is a connection for it.
    fn tell(&mut self, place: usize, line: &[u8], reactor: &mut Requests<'_, Herd>) {
        self.queue.push(line);
        self.send_next(place, reactor);
        while self.queue.is_too_long() && self.queue.pop().is_some() {
            self.count_dropped();
        }
    }

    /// The oldest of what waited has gone; the newest are worth most, for they win anyway.
    fn count_dropped(&mut self) {
        if tally(&mut self.counters.dropped) {
            let PaperCounters { dropped, .. } = self.counters;
            log::warn!("neighbour {}: too much waits for it; {dropped} updates dropped so far", self.name);
        }
    }

    /// Lets the next of what waits go, if it may.
    pub(super) fn send_next(&mut self, place: usize, reactor: &mut Requests<'_, Herd>) {
        if self.in_flight < MOST_IN_FLIGHT
            && let Some(line) = self.queue.pop()
        {
            self.in_flight += 1;
            reactor.connect(self.at.clone(), ClientProtocol::new(place, line));
        }
    }

    /// A connection has ended. What is to be said of that, and whether now.
    pub(super) fn over(&mut self, outcome: Outcome, now: Time) -> Option<(Option<u64>, String)> {
        self.in_flight -= 1;
        let why = match outcome {
            Outcome::Told => {
                self.counters.told += 1;
                return None;
            }
            Outcome::Refused => {
                self.counters.refused += 1;
                "an update was refused: it does not take this server for a neighbour".to_owned()
            }
            Outcome::Lost(reason) => {
                self.counters.lost += 1;
                format!("an update is lost: {reason}")
            }
        };
        Some((self.failures.admit(now), format!("neighbour {}: {why}", self.name)))
    }
}

/// All neighbours of a server in `paper` mode, each known by its place in the list.
#[derive(Debug)]
pub struct Correspondents(Vec<Correspondent>);

impl Correspondents {
    /// The neighbours in this order.
    pub fn new(correspondents: Vec<Correspondent>) -> Correspondents {
        Correspondents(correspondents)
    }

    /// All of them.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Correspondent> {
        self.0.iter()
    }

    /// The one at `place`.
    pub(super) fn get_mut(&mut self, place: usize) -> Option<&mut Correspondent> {
        self.0.get_mut(place)
    }

    /// The places of those that have names, with them.
    pub(super) fn names(&self) -> impl Iterator<Item = (usize, &str)> {
        self.0.iter().enumerate().filter_map(|(place, one)| Some((place, one.addresses.name.as_deref()?)))
    }

    /// Whether one of them may come from here.
    pub(super) fn are_at(&self, address: IpAddr) -> bool {
        self.0.iter().any(|correspondent| correspondent.addresses.contain(address))
    }

    /// Connections to all of them at most.
    pub fn most_connections(&self) -> usize {
        self.0.len() * MOST_IN_FLIGHT
    }

    /// What has become of all updates so far.
    pub fn counters(&self) -> PaperCounters {
        self.0.iter().fold(PaperCounters::default(), |sum, Correspondent { counters, .. }| PaperCounters {
            told: sum.told + counters.told,
            lost: sum.lost + counters.lost,
            refused: sum.refused + counters.refused,
            dropped: sum.dropped + counters.dropped,
        })
    }

    /// Tells an update to all but the one that took the report: that one knows.
    pub(crate) fn flood(&mut self, line: &[u8], reactor: &mut Requests<'_, Herd>) {
        let others = self.0.iter_mut().enumerate().filter(|(_, other)| !is_of(line, &other.name));
        others.for_each(|(place, correspondent)| correspondent.tell(place, line, reactor));
    }
}
