//! A load: the application of its reactor. Here is what is sent, to whom and when, and what a reply means.

use protocols::Backoff;
use reactor::{ConnId, Peers, Random, Requests, Sent, Time, WallTime};

use super::caller::Caller;
use super::flight::{Errand, Flight, Heard, Verdict, What};
use super::http::head;
use super::plan::{Pace, Plan, Span};
use super::schedule::Schedule;
use super::tally::Tally;
use super::walk::Walk;
use super::words::Report;

/// A load on one or more servers: clients that report where they are and ask where others are, and check every reply.
/// It runs on a reactor of its own: see [`start`](super::start) and [`drive`](super::drive).
#[derive(Debug)]
pub struct Load {
    pub(super) plan: Plan,
    pub(super) callers: Vec<Caller>,
    pub(super) tally: Tally,
    pub(super) phase: Phase,
    /// When sending began, and what the wall clock said.
    pub(super) began: Option<Moment>,
    /// When the last reply came.
    pub(super) heard: Time,
    /// Of an open loop.
    pub(super) schedule: Option<Schedule>,
    /// The line whose time comes next, of an open loop.
    pub(super) next_line: u64,
    /// The first caller that was not dialled yet, and how many were, with success or without.
    pub(super) next_dial: usize,
    pub(super) tried: usize,
    /// Lines that wait for their replies, on all connections.
    pub(super) in_flight: usize,
    /// Clients whose only report is not settled yet.
    pub(super) left: u64,
    /// By client, if there are questions.
    known: Vec<Known>,
    random: Random,
    /// The time of the last report, in nanoseconds since the Unix epoch.
    stamp: u64,
    /// The words of a WHATSAT behind its id.
    tail: Vec<u8>,
    /// The line that is being sent; kept for its room.
    line: Vec<u8>,
    /// Why there was nobody to send anything to.
    pub(super) trouble: Option<String>,
}

/// How far it has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Phase {
    /// Nothing is sent until each connection was tried once.
    Dialling,
    Running,
    /// Nothing more is sent; what is in flight is waited for.
    Draining,
    /// Everything is settled, and the connections stay.
    Holding,
    Over,
}

/// What a line has brought.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Brought {
    /// A part of a reply.
    Part,
    /// The end of one.
    Reply,
    /// Nothing from which one could read on.
    Rubbish,
}

/// What the servers know of a client, as far as we can tell.
#[derive(Clone, Debug, Default)]
struct Known {
    /// The time of its last report that was answered.
    answered: u64,
    /// The time of its last report.
    sent: u64,
}

/// What the clocks say; they stand still within a turn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub(super) now: Time,
    pub(super) wall: WallTime,
}

impl Moment {
    pub(super) fn of(reactor: &Requests<'_, Load>) -> Moment {
        Moment { now: reactor.now(), wall: reactor.wall_clock() }
    }
}

impl Load {
    /// A load that has not begun.
    pub fn new(plan: Plan) -> Load {
        let plan = plan.fitted();
        let mut random = Random::seeded(plan.seed);
        let tail = format!("{} {}", plan.questions.radius, plan.questions.bound).into_bytes();
        let target = |place: u32| place as usize % plan.targets.len();
        let caller = |place: u32| Caller {
            target: target(place),
            head: plan.http.as_ref().map(|path| head(path, &plan.targets[target(place)].name)),
            conn: None,
            flight: Flight::new(&tail),
            walk: Walk::new(place, plan.connections, plan.clients, &mut random),
            again: Vec::new(),
            next_line: u64::from(place),
            backoff: Backoff::default(),
            is_tried: false,
        };
        let callers: Vec<Caller> = (0..plan.connections).map(caller).collect();
        let clients = if plan.questions.per_million > 0 { plan.clients } else { 0 };
        let known = vec![Known::default(); usize::try_from(clients).unwrap_or_default()];
        Load {
            callers,
            tally: Tally::new(plan.targets.len()),
            phase: Phase::Dialling,
            began: None,
            heard: Time::ZERO,
            schedule: None,
            next_line: 0,
            next_dial: 0,
            tried: 0,
            in_flight: 0,
            left: u64::from(plan.clients),
            known,
            random,
            stamp: 0,
            tail,
            line: Vec::new(),
            trouble: None,
            plan,
        }
    }

    /// Why nothing was sent: no server could be reached.
    pub fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    /// How many connections stand.
    pub fn connected(&self) -> usize {
        self.callers.iter().filter(|caller| caller.conn.is_some()).count()
    }

    /// Whether each connection but this one was tried, and none was ever made.
    pub(super) fn has_nobody_but(&self, place: usize) -> bool {
        let is_tried = |(other, caller): (usize, &Caller)| other == place || caller.is_tried;
        self.connected() == 0
            && self.tally.lost_connections == 0
            && self.callers.iter().enumerate().all(is_tried)
    }

    /// Whether what happens now is measured.
    pub fn is_measuring(&self, now: Time) -> bool {
        self.tally.window.contains(&now)
    }

    /// Whether each client is reported, and the connections stay for a while.
    pub fn is_holding(&self) -> bool {
        self.phase == Phase::Holding
    }

    /// Right replies so far, of those that are measured.
    pub fn answered(&self) -> u64 {
        self.tally.iamat.answered + self.tally.whatsat.answered
    }

    /// How much of it is done, in thousandths.
    pub fn progress(&self, now: Time) -> u64 {
        let part = |done: u128, of: u128| u64::try_from(1000 * done.min(of) / of.max(1)).unwrap_or_default();
        match (self.plan.span, self.began) {
            (_, None) => 0,
            (Span::Once { .. }, _) => {
                let clients = u128::from(self.plan.clients);
                part(clients.saturating_sub(self.left.into()), clients)
            }
            (Span::For { warm_up, duration }, Some(began)) => {
                part(now.since(began.now).as_nanos(), warm_up.saturating_add(duration).as_nanos())
            }
        }
    }

    /// Sends whatever a connection is to send now.
    pub(super) fn send_due(&mut self, peers: &mut Peers<'_>, place: usize, at: Moment) {
        let Some(conn) = self.callers[place].conn.filter(|conn| peers.is_open(*conn)) else { return };
        while let Some(due) = self.next_due(place, at.now) {
            let Some(errand) = self.draw(place, due, at.wall) else { return };
            if !self.send(peers, conn, place, errand) {
                return;
            }
        }
    }

    /// When the next line of a connection was due, if it was, and there is room for it in flight.
    fn next_due(&mut self, place: usize, now: Time) -> Option<Time> {
        let caller = &mut self.callers[place];
        if self.phase != Phase::Running || caller.flight.len() >= self.plan.in_flight as usize {
            return None;
        }
        match self.schedule {
            None if self.plan.is_once() => caller.has_unreported().then_some(now),
            None => Some(now),
            Some(schedule) => {
                let due = Some(schedule.due(caller.next_line)).filter(|due| *due <= now)?;
                caller.next_line += u64::from(self.plan.connections);
                Some(due)
            }
        }
    }

    /// Passes over the lines of a connection that are due by now: there is nobody to send them.
    pub(super) fn skip_due(&mut self, place: usize, now: Time) {
        let Some(schedule) = self.schedule else { return };
        let caller = &mut self.callers[place];
        let mut due = schedule.due(caller.next_line);
        while due <= now {
            self.tally.unsent(due);
            caller.next_line += u64::from(self.plan.connections);
            due = schedule.due(caller.next_line);
        }
    }

    /// Decides who speaks next on a connection, and what is said.
    fn draw(&mut self, place: usize, due: Time, wall: WallTime) -> Option<Errand> {
        let Load { plan, callers, known, random, .. } = self;
        let Caller { flight, walk, again, .. } = &mut callers[place];
        if !known.is_empty() && random.below(1_000_000) < u64::from(plan.questions.per_million) {
            let is_free = |client: u32| known[client as usize].answered > 0 && !flight.has(client);
            if let Some(client) = walk.earlier(random, is_free) {
                let Known { answered, sent } = known[client as usize];
                return Some(Errand { client, due, what: What::Ask(answered..=sent) });
            }
        }
        let client = again.pop().or_else(|| walk.next(|client| !flight.has(client)))?;
        let wall = u64::try_from(wall.as_unix_nanos()).unwrap_or_default();
        self.stamp = wall.max(self.stamp + 1);
        if let Some(known) = self.known.get_mut(client as usize) {
            known.sent = self.stamp;
        }
        Some(Errand { client, due, what: What::Tell(Report::new(client, self.stamp)) })
    }

    /// Whether there was room for it; if there is none in the outbox, what is in flight has to be answered first.
    fn send(&mut self, peers: &mut Peers<'_>, conn: ConnId, place: usize, errand: Errand) -> bool {
        self.line.clear();
        errand.write_to(&mut self.line, &self.tail);
        let caller = &mut self.callers[place];
        let sent = match &caller.head {
            None => peers.write_sequence(conn, &[&self.line, b"\n"]),
            Some(head) => {
                let length = self.line.len().to_string();
                peers.write_sequence(conn, &[head, length.as_bytes(), b"\r\n\r\n", &self.line])
            }
        };
        if sent != Sent::Queued {
            if self.schedule.is_some() {
                self.tally.unsent(errand.due);
            }
            if self.plan.is_once() {
                caller.again.push(errand.client);
            }
            return false;
        }
        self.tally.sent(&errand);
        self.in_flight += 1;
        caller.flight.push(errand);
        true
    }

    /// Hears a line on a connection; says what it has brought.
    pub(super) fn hear(&mut self, place: usize, line: &[u8], now: Time) -> Brought {
        self.heard = now;
        let caller = &mut self.callers[place];
        let target = caller.target;
        match caller.flight.hear(line) {
            Heard::Part => return Brought::Part,
            Heard::Settled(errand, verdict) => self.settle(&errand, verdict, target, now),
            Heard::Rubbish(oldest) => {
                match oldest {
                    Some(errand) => self.settle(&errand, Verdict::Wrong, target, now),
                    None => self.tally.unasked(now),
                }
                return Brought::Rubbish;
            }
        }
        Brought::Reply
    }

    fn settle(&mut self, errand: &Errand, verdict: Verdict, target: usize, now: Time) {
        self.in_flight -= 1;
        self.left = self.left.saturating_sub(1);
        self.tally.settled(errand, verdict, target, now);
        if let (What::Tell(report), Verdict::Right) = (&errand.what, verdict)
            && let Some(known) = self.known.get_mut(errand.client as usize)
        {
            known.answered = report.stamp().unwrap_or_default();
        }
    }

    /// A connection is down: what was in flight on it will not be answered.
    pub(super) fn lose(&mut self, place: usize, now: Time) {
        let caller = &mut self.callers[place];
        caller.conn = None;
        self.tally.lost_connections += 1;
        self.tally.targets[caller.target].lost_connections += 1;
        let lost = caller.flight.take();
        self.in_flight -= lost.len();
        if self.plan.is_once() {
            caller.again.extend(lost.iter().map(|errand| errand.client));
        }
        self.skip_due(place, now);
    }

    /// How many lines a second are asked for, of an open loop.
    pub(super) fn rate(&self) -> Option<u64> {
        match self.plan.pace {
            Pace::Closed => None,
            Pace::Open(rate) => Some(rate),
        }
    }
}
