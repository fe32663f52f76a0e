//! Which connection carries which request, and which requests wait; Twisted's `HTTPConnectionPool`.
//!
//! Bookkeeping alone: it names connections and requests and knows neither.

use std::collections::{BTreeMap, VecDeque};

use reactor::ConnId;

use super::origin::Origin;

/// Names a request.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Ticket(pub(super) u64);

/// How much of everything.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) connections: usize,
    pub(super) per_origin: usize,
    pub(super) idle_per_origin: usize,
    pub(super) queue: usize,
}

/// The connections that carry a request or may carry another, and the requests that wait for one.
#[derive(Debug)]
pub(super) struct Pool {
    bounds: Bounds,
    lines: BTreeMap<ConnId, Line>,
    /// In the order in which they came.
    waiting: VecDeque<(Ticket, Origin)>,
    /// Counts how often a connection fell idle: the order in which they did.
    rests: u64,
}

/// A connection.
#[derive(Debug)]
struct Line {
    origin: Origin,
    work: Work,
}

/// What a connection does.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Work {
    /// It carries a request.
    Carries(Ticket),
    /// Nothing; the number is its place in the order in which connections fell idle.
    Idle(u64),
}

/// How a request begins.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Start {
    /// On a connection that was idle.
    Reuse(ConnId),
    /// On a new one.
    Open,
    /// On a new one, for which this one, of another origin and idle, must go.
    OpenFor(ConnId),
}

impl Pool {
    pub(super) fn new(bounds: Bounds) -> Pool {
        Pool { bounds, lines: BTreeMap::new(), waiting: VecDeque::new(), rests: 0 }
    }

    /// A request comes, and waits.
    pub(super) fn wait(&mut self, ticket: Ticket, origin: &Origin) {
        self.waiting.push_back((ticket, origin.clone()));
    }

    /// The first of those that wait which can begin, and how; it no longer waits. A connection that is
    /// reused carries it from now on; a new one has to be [opened](Pool::opened).
    pub(super) fn begin_next(&mut self) -> Option<(Ticket, Start)> {
        let startable = |(at, (_, origin)): (usize, &(Ticket, Origin))| Some((at, self.start_for(origin)?));
        let (at, start) = self.waiting.iter().enumerate().find_map(startable)?;
        let (ticket, _) = self.waiting.remove(at)?;
        match start {
            Start::Reuse(conn) => self.carry(conn, ticket),
            Start::OpenFor(idle) => drop(self.lines.remove(&idle)),
            Start::Open => {}
        }
        Some((ticket, start))
    }

    /// Whether more wait than may, the latest of them too many.
    pub(super) fn is_overfull(&self) -> bool {
        self.waiting.len() > self.bounds.queue
    }

    /// A request waits no longer.
    pub(super) fn leave(&mut self, ticket: Ticket) {
        self.waiting.retain(|(waiting, _)| *waiting != ticket);
    }

    /// A connection was begun for a request.
    pub(super) fn opened(&mut self, conn: ConnId, origin: &Origin, ticket: Ticket) {
        self.lines.insert(conn, Line { origin: origin.clone(), work: Work::Carries(ticket) });
    }

    /// What a connection carries.
    pub(super) fn carried(&self, conn: ConnId) -> Option<Ticket> {
        match self.lines.get(&conn)?.work {
            Work::Carries(ticket) => Some(ticket),
            Work::Idle(_) => None,
        }
    }

    /// A connection has done its work and could do more. Says whether it is kept for that; if not it is
    /// forgotten.
    pub(super) fn rest(&mut self, conn: ConnId) -> bool {
        let Some(line) = self.lines.get(&conn) else { return false };
        if self.idle_of(&line.origin).count() >= self.bounds.idle_per_origin {
            self.lines.remove(&conn);
            return false;
        }
        self.rests += 1;
        let rests = self.rests;
        if let Some(line) = self.lines.get_mut(&conn) {
            line.work = Work::Idle(rests);
        }
        true
    }

    /// The connection that carries a request.
    pub(super) fn carrier(&self, ticket: Ticket) -> Option<ConnId> {
        let carries = |(_, line): &(&ConnId, &Line)| line.work == Work::Carries(ticket);
        self.lines.iter().find(carries).map(|(conn, _)| *conn)
    }

    /// Forgets a connection, and says what it did; `None` if it was forgotten before.
    pub(super) fn forget(&mut self, conn: ConnId) -> Option<Work> {
        self.lines.remove(&conn).map(|line| line.work)
    }

    /// Every request that waits or is carried, in order.
    #[cfg(test)]
    pub(super) fn tickets(&self) -> Vec<Ticket> {
        let carried = self.lines.keys().filter_map(|conn| self.carried(*conn));
        let mut tickets: Vec<Ticket> =
            self.waiting.iter().map(|(ticket, _)| *ticket).chain(carried).collect();
        tickets.sort_unstable();
        tickets
    }

    fn carry(&mut self, conn: ConnId, ticket: Ticket) {
        if let Some(line) = self.lines.get_mut(&conn) {
            line.work = Work::Carries(ticket);
        }
    }

    fn start_for(&self, origin: &Origin) -> Option<Start> {
        if let Some((_, conn)) = self.idle_of(origin).max() {
            return Some(Start::Reuse(conn)); // the warmest
        }
        let open = self.lines.values().filter(|line| line.origin == *origin).count();
        if open >= self.bounds.per_origin {
            return None;
        }
        if self.lines.len() < self.bounds.connections {
            return Some(Start::Open);
        }
        self.idle().min().map(|(_, conn)| Start::OpenFor(conn))
    }

    fn idle_of(&self, origin: &Origin) -> impl Iterator<Item = (u64, ConnId)> {
        let of_origin = self.lines.iter().filter(move |(_, line)| line.origin == *origin);
        of_origin.filter_map(|(conn, line)| Some((line.idle_since()?, *conn)))
    }

    fn idle(&self) -> impl Iterator<Item = (u64, ConnId)> {
        self.lines.iter().filter_map(|(conn, line)| Some((line.idle_since()?, *conn)))
    }
}

impl Line {
    fn idle_since(&self) -> Option<u64> {
        match self.work {
            Work::Carries(_) => None,
            Work::Idle(rest) => Some(rest),
        }
    }
}

#[cfg(test)]
mod tests {
    use reactor::net::Key;

    use super::*;

    const BOUNDS: Bounds = Bounds { connections: 3, per_origin: 2, idle_per_origin: 1, queue: 1 };

    fn origin(host: &str) -> Origin {
        Origin::of(&format!("http://{host}").parse().unwrap()).unwrap()
    }

    fn conn(slot: u32) -> ConnId {
        ConnId(Key { slot, serial: 0 })
    }

    /// A pool in which connections are numbered by the requests they were opened for.
    struct Filled(Pool);

    impl Filled {
        fn new() -> Filled {
            Filled(Pool::new(BOUNDS))
        }

        /// A request for `host`, and how it begins.
        fn request(&mut self, number: u32, host: &str) -> Option<Start> {
            self.0.wait(Ticket(number.into()), &origin(host));
            self.begin().filter(|(begun, _)| *begun == number).map(|(_, start)| start)
        }

        fn begin(&mut self) -> Option<(u32, Start)> {
            let waiting: BTreeMap<Ticket, Origin> = self.0.waiting.iter().cloned().collect();
            let (ticket, start) = self.0.begin_next()?;
            let number = u32::try_from(ticket.0).unwrap();
            if !matches!(start, Start::Reuse(_)) {
                self.0.opened(conn(number), &waiting[&ticket], ticket);
            }
            Some((number, start))
        }
    }

    #[test]
    fn an_origin_gets_no_more_connections_than_its_share() {
        let mut pool = Filled::new();
        assert_eq!(pool.request(1, "a"), Some(Start::Open));
        assert_eq!(pool.request(2, "a"), Some(Start::Open));
        assert_eq!(pool.request(3, "a"), None);
        assert!(!pool.0.is_overfull());
        assert_eq!(pool.request(4, "b"), Some(Start::Open), "others do not wait for it");
        assert_eq!(pool.request(5, "c"), None, "all connections are in use");
        assert!(pool.0.is_overfull());
    }

    #[test]
    fn the_first_that_waits_is_the_first_to_go() {
        let mut pool = Filled::new();
        for number in 1..=4 {
            pool.request(number, "a");
        }
        assert!(pool.0.rest(conn(2)));
        assert_eq!(pool.begin(), Some((3, Start::Reuse(conn(2)))));
        assert_eq!(pool.0.carried(conn(2)), Some(Ticket(3)));
        assert_eq!(pool.0.forget(conn(1)), Some(Work::Carries(Ticket(1))));
        assert_eq!(pool.begin(), Some((4, Start::Open)));
        assert_eq!(pool.begin(), None);
    }

    #[test]
    fn no_more_stay_idle_than_may() {
        let mut pool = Filled::new();
        pool.request(1, "a");
        pool.request(2, "a");
        assert!(pool.0.rest(conn(1)));
        assert!(!pool.0.rest(conn(2)));
        assert_eq!(pool.0.lines.len(), 1);
    }

    #[test]
    fn the_oldest_idle_connection_makes_room_for_another_origin() {
        let mut pool = Filled::new();
        for (number, host) in [(1, "a"), (2, "b"), (3, "c")] {
            pool.request(number, host);
        }
        pool.0.rest(conn(2));
        pool.0.rest(conn(1));
        assert_eq!(pool.request(4, "d"), Some(Start::OpenFor(conn(2))));
        assert_eq!(pool.0.lines.len(), 3);
        assert_eq!(pool.0.carrier(Ticket(4)), Some(conn(4)));
    }

    #[test]
    fn what_has_left_the_queue_does_not_begin() {
        let mut pool = Filled::new();
        for number in 1..=3 {
            pool.request(number, "a");
        }
        pool.0.leave(Ticket(3));
        pool.0.rest(conn(1));
        assert_eq!(pool.begin(), None);
        assert_eq!(pool.0.forget(conn(1)), Some(Work::Idle(1)));
        assert_eq!(pool.0.forget(conn(1)), None);
    }
}
