//! A provider on the web.

use std::sync::Arc;

use http::Response;
use protocols::http::{Agent, HttpError};
use reactor::{AppCx, JobError, Reply, Requests};

use super::{Dialect, Nearby, Provider, ProviderError, Searched};
use crate::herd::Herd;

/// A longer body is read on another thread, for that takes longer than others should have to wait: a
/// megabyte of JSON some three milliseconds. Google's answers have a tenth of that.
const LONG: usize = 256 * 1024;

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

    /// Reads what came back, here or elsewhere.
    fn read(
        &self,
        cx: &mut AppCx<'_, Herd>,
        nearby: Nearby,
        heard: Response<Vec<u8>>,
        done: Reply<Herd, Searched>,
    ) {
        if heard.body().len() <= LONG {
            return cx.reactor.send(done, self.dialect.answer(&nearby, &heard));
        }
        let dialect = Arc::clone(&self.dialect);
        let read = cx.reactor.app_reply(|cx, answer: Result<Searched, JobError>| {
            let unread = |error: JobError| Err(ProviderError::Unavailable(error.to_string()));
            cx.reactor.send(done, answer.unwrap_or_else(unread));
        });
        cx.reactor.defer_to_thread(move || dialect.answer(&nearby, &heard), read);
    }
}

impl Provider for Web {
    fn nearby(
        &mut self,
        nearby: Nearby,
        agent: &mut Agent<Herd>,
        reactor: &mut Requests<'_, Herd>,
        done: Reply<Herd, Searched>,
    ) {
        let request = match self.dialect.request(&nearby) {
            Ok(request) => request,
            Err(error) => return reactor.send(done, Err(error)),
        };
        let (web, within) = (self.clone(), nearby.within);
        let heard = reactor.app_reply(move |cx, heard: Result<Response<Vec<u8>>, HttpError>| match heard {
            Ok(heard) => web.read(cx, nearby, heard, done),
            Err(error) => cx.reactor.send(done, Err(error.into())),
        });
        agent.request(reactor, request, within, heard);
    }

    fn forbids_keeping(&self) -> bool {
        self.dialect.forbids_keeping()
    }
}
