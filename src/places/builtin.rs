//! The provider that needs no key and no network.

use protocols::http::Agent;
use reactor::{Reply, Requests};

use super::{Answer, Gazetteer, Nearby, Provider, nearby_json};
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
        done: Reply<Herd, Answer>,
    ) {
        let Nearby { latitude, longitude, radius_metres, bound, .. } = nearby;
        let places = Gazetteer::builtin().nearest(latitude, longitude, radius_metres, bound);
        reactor.send(done, Ok(nearby_json(&places)));
    }
}
