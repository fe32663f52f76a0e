//! The provider that needs no key and no network.

use protocols::http::Agent;
use reactor::{Reply, Requests};

use super::{Gazetteer, Nearby, Provider, Search, Searched, nearby_json};
use crate::herd::Herd;

/// Answers from the embedded gazetteer, nearest first, at once.
#[derive(Debug, Clone, Copy, Default)]
pub struct Builtin;

impl Provider for Builtin {
    fn nearby(
        &mut self,
        nearby: Nearby,
        _: &mut Agent<Herd>,
        reactor: &mut Requests<'_, Herd>,
        done: Reply<Herd, Searched>,
    ) {
        reactor.send(done, Gazetteer::builtin().answer(&nearby));
    }
}

impl Gazetteer {
    /// Lists what is near, nearest first.
    pub(super) fn answer(&self, nearby: &Nearby) -> Searched {
        let &Nearby { latitude, longitude, radius_metres, bound, .. } = nearby;
        Ok(Search::read(&nearby_json(&self.nearest(latitude, longitude, radius_metres, bound)))?)
    }
}
