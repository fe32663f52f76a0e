//! One server of the herd: what it knows, and whom it tells.
//!
//! [`Herd`] is the application of its reactor. Clients speak to a [`ServerProtocol`] each (the paper, 3.2);
//! what they report is stored and flooded over the links of [`crate::link`], or as the original does it
//! ([`crate::paper`]).

mod admission;
mod curb;
mod expiry;
mod flood;
mod held;
mod neighbour;
mod news;
mod pace;
mod providers;
mod queue;
mod refusal;
mod renewal;
mod sending;
mod server_protocol;
mod sparing;
mod start;
mod token_bucket;

use std::fmt;
use std::time::Duration;

use log::{info, warn};
use protocols::http::{Agent, AgentConfig};
use reactor::Requests;

pub use curb::Curb;
pub use expiry::Expiry;
pub use flood::Neighbours;
pub use neighbour::{Hearing, LinkState, Neighbour, NeighbourCounters};
pub use providers::{PlacesError, Providers};
pub use renewal::Reloads;
pub use server_protocol::ServerProtocol;
pub use start::{Ports, limits, open};
pub use token_bucket::TokenBucket;

pub(crate) use news::hear;
pub(crate) use queue::Queue;
use renewal::Listening;
pub(crate) use sparing::Sparing;
pub(crate) use start::neighbours;

use crate::config::Settings;
use crate::counted::Counted;
use crate::crowd::Crowd;
use crate::journal::Journal;
use crate::link::Proof;
use crate::places::Desk;
use crate::store::Store;
use crate::traffic_log::TrafficLog;

/// What the herd's rules leave to the operator.
#[derive(Clone, Debug)]
pub struct Rules {
    /// How far ahead of this server's clock a report may be.
    pub max_clock_skew: Duration,
    /// The longest line of a client, in bytes without its end.
    pub line: usize,
    /// How long one line may take from its first byte to its end.
    pub line_time: Duration,
    /// How long a client may be silent.
    pub idle: Duration,
    /// How long an answer about places may take.
    pub places_time: Duration,
    /// The clients that may be connected at once.
    pub clients: usize,
    /// The descriptors this process may have, if it is they that bound `clients`.
    pub descriptors: Option<usize>,
    /// Those of one address; 0: no bound of their own.
    pub clients_per_address: usize,
    /// Lines of one client that are served in a second; 0: no bound.
    pub lines_per_second: u32,
    /// WHATSATs of one client that are asked in a second; 0: no bound.
    pub queries_per_second: u32,
    /// Bytes of news that wait for a neighbour that is slow.
    pub neighbour_queue: usize,
}

impl Rules {
    /// What a running server takes over of `new`: the reactor has room for so many clients, and the queues of the
    /// neighbours are there.
    #[must_use]
    pub fn taken_over(&self, new: &Rules) -> Rules {
        Rules {
            clients: self.clients,
            descriptors: self.descriptors,
            neighbour_queue: self.neighbour_queue,
            ..new.clone()
        }
    }
}

impl Default for Rules {
    fn default() -> Rules {
        Rules {
            max_clock_skew: Duration::from_secs(24 * 60 * 60),
            line: 16_384,
            line_time: Duration::from_secs(30),
            idle: Duration::from_secs(600),
            places_time: Duration::from_secs(5),
            clients: 10_000,
            descriptors: None,
            clients_per_address: 0,
            lines_per_second: 0,
            queries_per_second: 0,
            neighbour_queue: 1_000_000,
        }
    }
}

/// What has happened so far, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HerdCounters {
    /// IAMATs answered.
    pub reports: u64,
    /// WHATSATs asked.
    pub queries: u64,
    /// Lines answered with `? `.
    pub invalid: u64,
    /// AT lines from neighbours that were newer than what was known.
    pub news: u64,
    /// AT lines from neighbours that were not.
    pub old_news: u64,
    /// Clients for whom there was no room.
    pub refused_clients: u64,
    /// Clients of whose address too many were there.
    pub refused_by_address: u64,
    /// Reports of clients that were new, for whom there was no room in memory.
    pub refused_reports: u64,
    /// A neighbour's news of such clients, dropped.
    pub dropped_news: u64,
    /// Times a client had to wait, since its lines came too fast.
    pub held_lines: u64,
    /// WHATSATs that had to wait, since those of their client came too fast.
    pub held_queries: u64,
    /// Clients that spoke HTTP and were closed.
    pub browsers: u64,
    /// Connections between neighbours on which somebody did not prove who it is, or said what it may not.
    pub refused_neighbours: u64,
    /// Of these, who went, or whose time was up, before anything could be judged.
    pub gone_strangers: u64,
    /// Connections at the neighbours' port for which there was no room: too many had not proved who they are.
    pub refused_strangers: u64,
}

/// Those that are not zero, one a line.
impl fmt::Display for HerdCounters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let HerdCounters { reports, queries, invalid, news, old_news, .. } = *self;
        let HerdCounters { dropped_news, refused_neighbours, gone_strangers, refused_strangers, .. } = *self;
        let of_all = [
            (reports, "reports"),
            (queries, "queries"),
            (invalid, "invalid lines"),
            (news, "news from neighbours"),
            (old_news, "old news from neighbours"),
            (dropped_news, "news dropped for want of room"),
            (refused_neighbours, "neighbours refused"),
            (gone_strangers, "strangers gone before they had proved who they are"),
            (refused_strangers, "strangers refused at the full port of the neighbours"),
        ];
        Counted(&of_all).fmt(f)?;
        Curb::ALL.iter().try_for_each(|curb| Counted(&[(curb.of(self), curb.counted())]).fmt(f))
    }
}

/// The state of one server.
pub struct Herd {
    /// Its name, as in the herd's configuration.
    pub name: String,
    /// What it knows of the clients.
    pub store: Store,
    /// What of that is on disk.
    pub journal: Journal,
    /// Whom it is linked with.
    pub neighbours: Neighbours,
    /// How it proves to them who it is, and they to it.
    pub proof: Proof,
    /// Whom it asks for places.
    pub desk: Desk,
    /// How it asks over HTTP.
    pub agent: Agent<Herd>,
    /// What it writes to disk of its input and output.
    pub traffic: TrafficLog,
    /// What is left to the operator.
    pub rules: Rules,
    /// Clients that are connected, or shake hands.
    pub clients: usize,
    /// The same by their addresses.
    addresses: Crowd,
    /// Connections at the neighbours' port that have not proved who they are.
    pub strangers: usize,
    /// Which of those are said who were refused at the neighbours' port.
    refused: Sparing,
    /// Which of those who went before that.
    gone: Sparing,
    /// Which of the warnings that two servers have one name.
    namesakes: Sparing,
    /// The ports that are open.
    pub(crate) listening: Listening,
    /// How often the configuration was asked for and taken over.
    pub reloads: Reloads,
    /// What it runs with.
    pub settings: Settings,
    /// That it is linked for the first time is for the log alone: whoever started it says when all are up.
    pub is_quiet_at_first: bool,
    /// The certificates that end.
    pub expiry: Expiry,
    /// What has happened so far.
    pub counters: HerdCounters,
    /// Where AT lines are put together; kept for its room.
    line: Vec<u8>,
}

impl Herd {
    /// A server that knows nobody yet.
    pub fn new(
        name: impl Into<String>,
        neighbours: Neighbours,
        proof: impl Into<Proof>,
        desk: Desk,
        traffic: TrafficLog,
        rules: Rules,
    ) -> Herd {
        Herd {
            name: name.into(),
            store: Store::default(),
            journal: Journal::off(),
            neighbours,
            proof: proof.into(),
            desk,
            agent: Herd::agent(AgentConfig::default()),
            traffic,
            rules,
            clients: 0,
            addresses: Crowd::default(),
            strangers: 0,
            refused: Sparing::default(),
            gone: Sparing::default(),
            namesakes: Sparing::default(),
            listening: Listening::default(),
            reloads: Reloads::default(),
            settings: Settings::default(),
            is_quiet_at_first: false,
            expiry: Expiry::default(),
            counters: HerdCounters::default(),
            line: Vec::new(),
        }
    }

    /// An agent for this server's connections to the web.
    fn agent(config: AgentConfig) -> Agent<Herd> {
        Agent::new(config, |herd: &mut Herd| &mut herd.agent)
    }

    /// Counts somebody who was refused, and says so, but ever more rarely: nobody is to fill the disk by
    /// knocking.
    pub(crate) fn refuse_neighbour(&mut self, reactor: &mut Requests<'_, Herd>, notice: &str) {
        self.counters.refused_neighbours += 1;
        let admitted = self.refused.admit(reactor.now());
        self.notice_if(reactor, admitted, notice);
    }

    /// Counts one of two servers that have one name, and warns of it, ever more rarely. Each link is warned of by
    /// itself: to and from this neighbour, or from whoever has our own name.
    pub(crate) fn warn_of_namesake(
        &mut self,
        reactor: &mut Requests<'_, Herd>,
        neighbour: Option<usize>,
        warning: &str,
    ) {
        self.counters.refused_neighbours += 1;
        let neighbour = neighbour.and_then(|place| self.neighbours.get_mut(place));
        let throttle = neighbour.map_or(&mut self.namesakes, |neighbour| &mut neighbour.namesakes);
        match throttle.admit(reactor.now()) {
            None => log::debug!("{warning}"),
            Some(0) => self.warn(reactor, warning),
            Some(more) => self.warn(reactor, &format!("{warning}; {more} more like it were not logged")),
        }
    }

    /// The same for somebody who went before that. They do not hide the others.
    pub(crate) fn lose_stranger(&mut self, reactor: &mut Requests<'_, Herd>, notice: &str) {
        self.counters.refused_neighbours += 1;
        self.counters.gone_strangers += 1;
        let admitted = self.gone.admit(reactor.now());
        self.notice_if(reactor, admitted, notice);
    }

    /// Says something if it is `admitted`, with the number of those like it that were not.
    pub(crate) fn notice_if(
        &mut self,
        reactor: &mut Requests<'_, Herd>,
        admitted: Option<u64>,
        notice: &str,
    ) {
        match admitted {
            None => log::debug!("{notice}"),
            Some(0) => self.notice(reactor, notice),
            Some(more) => self.notice(reactor, &format!("{notice}; {more} more like it were not said")),
        }
    }

    /// Says something that goes without saying, the first time, to whoever starts all servers at once.
    pub(crate) fn notice_of_link(&mut self, reactor: &mut Requests<'_, Herd>, is_first: bool, notice: &str) {
        match is_first && self.is_quiet_at_first {
            true => self.note(reactor, notice),
            false => self.notice(reactor, notice),
        }
    }

    /// Says something in the traffic log alone.
    pub(crate) fn note(&mut self, reactor: &mut Requests<'_, Herd>, notice: &str) {
        log::debug!("{notice}");
        self.traffic.notice(reactor, notice);
    }

    /// Says that something may be wrong, in the same places.
    pub fn warn(&mut self, reactor: &mut Requests<'_, Herd>, warning: &str) {
        warn!("{warning}");
        self.traffic.notice(reactor, &format!("warning: {warning}"));
    }

    /// Says something to the operator: on standard error and in the traffic log.
    pub fn notice(&mut self, reactor: &mut Requests<'_, Herd>, notice: &str) {
        info!("{notice}");
        self.traffic.notice(reactor, notice);
    }
}
