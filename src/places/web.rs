//! A provider on the web.

use std::sync::Arc;

use http::Response;
use protocols::http::{Agent, HttpError};
use reactor::{Reply, Requests};

use super::{Answer, Dialect, Nearby, Provider, ProviderError};
use crate::herd::Herd;

/// Asks a service in its dialect, one request for each question.
#[derive(Debug, Clone)]
pub struct Web {
    dialect: Arc<dyn Dialect>,
}

impl Web {
    /// The service that speaks `dialect`.
    #[must_use]
    pub fn new(dialect: impl Dialect + 'static) -> Web {
        Web { dialect: Arc::new(dialect) }
    }
}

impl Provider for Web {
    fn nearby(
        &mut self,
        nearby: Nearby,
        agent: &mut Agent<Herd>,
        reactor: &mut Requests<'_, Herd>,
        done: Reply<Herd, Answer>,
    ) {
        let request = match self.dialect.request(&nearby) {
            Ok(request) => request,
            Err(error) => return reactor.send(done, Err(error)),
        };
        let (dialect, within) = (Arc::clone(&self.dialect), nearby.within);
        let heard = reactor.app_reply(move |cx, heard: Result<Response<Vec<u8>>, HttpError>| {
            let answer = heard.map_err(ProviderError::from).and_then(|heard| dialect.answer(&nearby, &heard));
            cx.reactor.send(done, answer);
        });
        agent.request(reactor, request, within, heard);
    }
}
