//! Passing news on (the paper, 3.3; the specification, section 6).
//!
//! What is newer than the stored record goes to every neighbour but the one it came from. Whoever has it
//! already drops it, so a flood ends by itself. Nothing waits for a neighbour that cannot be reached, and only
//! so much for one that is slow: whatever it has missed, it is told when it is compared
//! ([`crate::link::resync`]).

use reactor::{Peers, Requests};

use super::{Herd, Neighbour};
use crate::buggify::{Point, fires};
use crate::paper::Correspondents;
use crate::planted::{Planted, is_planted};
use crate::traffic_log::{Direction, TrafficLog};

/// All neighbours of a server: those it is linked with, each known by its place in the list, or those it writes to.
#[derive(Debug, Default)]
pub struct Neighbours {
    linked: Vec<Neighbour>,
    /// In `paper` mode, and then nobody is linked.
    pub(crate) paper: Option<Correspondents>,
}

impl Neighbours {
    /// The neighbours in this order, to be linked with.
    pub fn new(linked: Vec<Neighbour>) -> Neighbours {
        Neighbours { linked, paper: None }
    }

    /// The neighbours of a server in `paper` mode.
    pub fn on_paper(correspondents: Correspondents) -> Neighbours {
        Neighbours { linked: Vec::new(), paper: Some(correspondents) }
    }

    /// The place of the neighbour called `name`.
    pub fn find(&self, name: &[u8]) -> Option<usize> {
        self.linked.iter().position(|neighbour| neighbour.name.as_bytes() == name)
    }

    /// The neighbour at `place`.
    pub fn get_mut(&mut self, place: usize) -> Option<&mut Neighbour> {
        self.linked.get_mut(place)
    }

    /// All that are linked, or are to be.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Neighbour> {
        self.linked.iter()
    }

    /// Those that it writes to, in `paper` mode.
    pub fn paper(&self) -> Option<&Correspondents> {
        self.paper.as_ref()
    }

    /// Tells a line to all neighbours but the one it came `from`, each at most once; what leaves now also to the
    /// traffic log.
    pub fn flood(
        &mut self,
        from: Option<usize>,
        line: &[u8],
        traffic: &mut TrafficLog,
        peers: &mut Peers<'_>,
        reactor: &mut Requests<'_, Herd>,
    ) {
        if let Some(correspondents) = &mut self.paper {
            return correspondents.flood(line, reactor);
        }
        let is_one_left_out = is_planted(Planted::LastNeighbourForgotten) && !self.linked.is_empty();
        let all = self.linked.len() - usize::from(is_one_left_out);
        let others = self.linked[..all].iter_mut().enumerate().filter(|(place, _)| is_to_hear(*place, from));
        let mut log = |peer| traffic.line(reactor, Direction::Out, || peer, &[line]);
        for (_, neighbour) in others {
            neighbour.tell(line, peers).into_iter().for_each(&mut log);
            if fires(Point::FloodedTwice) {
                neighbour.tell(line, peers).into_iter().for_each(&mut log);
            }
        }
    }
}

/// Whether the neighbour at `place` hears the news that came `from` there or elsewhere.
fn is_to_hear(place: usize, from: Option<usize>) -> bool {
    let is_source = Some(place) == from;
    let goes_back = is_planted(Planted::FloodsBackAlone) && from.is_some();
    is_source == goes_back || fires(Point::FloodedBack)
}
