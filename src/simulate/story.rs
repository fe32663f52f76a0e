//! A run as a person can read it: who said what to whom, and what befell them.

use std::fmt::Write;
use std::time::Duration;

use reactor::Time;
use reactor::sim::{Crash, Death, Fault, HostId, Note, Segment, Struck, What};

use super::cluster::names;
use super::member::{CLIENT_PORT, PEER_PORT};
use super::plan::Plan;

/// Tells the notes of one run.
#[derive(Clone, Debug)]
pub(super) struct Story {
    names: Vec<String>,
    links: String,
    storm: Duration,
}

impl Story {
    /// The story of a run that goes by this plan.
    pub(super) fn of(plan: &Plan) -> Story {
        let names = names(plan);
        let pairs = plan.topology.links.iter().enumerate().flat_map(|(place, others)| {
            let pair = |&other: &usize| (place < other).then(|| format!("{}-{}", names[place], names[other]));
            others.iter().filter_map(pair).collect::<Vec<_>>()
        });
        let links = pairs.collect::<Vec<_>>().join(", ");
        Story { links, names, storm: plan.storm }
    }

    /// The herd, and the schedule of faults.
    pub(super) fn beginning<'a>(&'a self, notes: &'a [Note]) -> impl Iterator<Item = String> + 'a {
        let storm = self.storm.as_secs_f64();
        let first = format!("links: {}; storm until {storm} s", self.links);
        let faults = notes.iter().filter_map(|note| match &note.what {
            What::Fault(struck) => Some(format!("  {}", self.line_of_fault(struck))),
            _ => None,
        });
        std::iter::once(first).chain(faults).chain(std::iter::once(String::new()))
    }

    /// One line; `None`: nobody would want to read it.
    pub(super) fn line(&self, note: &Note) -> Option<String> {
        let line = match &note.what {
            What::Came(segment) => self.of_segment(segment)?,
            What::Fault(struck) => return Some(self.line_of_fault(struck)),
            What::Down(Death { host, how, .. }) => {
                let how = match how {
                    None => "stops",
                    Some(Crash::Process) => "dies",
                    Some(Crash::Power) => "has no power",
                };
                format!("{} {how}", self.name(*host))
            }
            What::Up(host) => format!("{} starts", self.name(*host)),
            _ => return None,
        };
        Some(format!("{} {line}", time(note.at)))
    }

    fn of_segment(&self, segment: &Segment) -> Option<String> {
        let Segment { kind, stream, from, to, port, payload, .. } = segment;
        let what = match *kind {
            "data" => format!("\"{}\"", payload.escape_ascii()),
            "syn" => "dials".to_owned(),
            "fin" => "has said all".to_owned(),
            "reset" => "resets".to_owned(),
            "give up" => "is given up".to_owned(),
            _ => return None,
        };
        let role = match *port {
            CLIENT_PORT => "client",
            PEER_PORT => "neighbour",
            _ => "web",
        };
        Some(format!("{} -> {} ({role} #{stream}) {what}", self.name(*from), self.name(*to)))
    }

    fn line_of_fault(&self, struck: &Struck) -> String {
        let Struck { number, at, fault } = struck;
        format!("{} fault {number}: {}", time(*at), self.of_fault(fault))
    }

    fn of_fault(&self, fault: &Fault) -> String {
        match fault {
            Fault::Partition { directs, lasting } => {
                let mut line = String::new();
                for (from, to) in directs {
                    let _ = write!(line, "{} -/-> {}, ", self.name(*from), self.name(*to));
                }
                format!("{line}for {}", seconds(*lasting))
            }
            Fault::Clog { from, to, lasting } => {
                let (from, to) = (self.name(*from), self.name(*to));
                format!("{from} -> {to} is clogged for {}", seconds(*lasting))
            }
            Fault::Reset => "a stream is reset".to_owned(),
            Fault::Crash { host, how: Crash::Process, lasting } => {
                format!("{} dies, for {}", self.name(*host), seconds(*lasting))
            }
            Fault::Crash { host, how: Crash::Power, lasting } => {
                format!("{} loses its power, for {}", self.name(*host), seconds(*lasting))
            }
            Fault::Standstill { host, lasting } => {
                format!("{} stands still for {}", self.name(*host), seconds(*lasting))
            }
            Fault::ClockJump { host, nanos } => {
                let millis = nanos / 1_000_000;
                format!("the clock of {} jumps by {millis} ms", self.name(*host))
            }
            Fault::Stop { host, away } => {
                format!("{} is told to stop, and starts again {} later", self.name(*host), seconds(*away))
            }
            Fault::Other { host, draw, lasting } => {
                format!("the disk of {} is in trouble ({draw:x}) for {}", self.name(*host), seconds(*lasting))
            }
            other => format!("{other:?}"),
        }
    }

    fn name(&self, host: HostId) -> &str {
        self.names.get(host.index()).map_or("somebody", |name| name)
    }
}

fn time(at: Time) -> String {
    format!("{:10.6}", at.since(Time::ZERO).as_secs_f64())
}

fn seconds(duration: Duration) -> String {
    format!("{:.3} s", duration.as_secs_f64())
}
