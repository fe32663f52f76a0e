//! An agent on real sockets.

use std::time::Duration;

use http::{Method, Request, Response};
use protocols::http::{Agent, AgentConfig, AgentCounters, HttpResult};
use reactor::mio_net::MioNet;
use reactor::{ClientTls, Limits, Net, Reactor, Turn};

use crate::site::Site;

/// Time limit of every wait. It only ends a test that hangs; no speed is asserted.
const PATIENCE: Duration = Duration::from_secs(120);

/// The application.
struct App {
    agent: Agent<App>,
    result: Option<HttpResult>,
}

/// One agent; it does one thing after the other.
pub(crate) struct Client {
    net: MioNet,
    reactor: Reactor<App>,
}

impl Client {
    /// One that trusts the authority of `site`.
    pub(crate) fn of(site: &Site) -> Client {
        Client::trusting(&site.authority())
    }

    pub(crate) fn trusting(authority: &[u8]) -> Client {
        Client::with(AgentConfig { tls: Some(tls(authority)), ..AgentConfig::default() })
    }

    pub(crate) fn with(config: AgentConfig) -> Client {
        let config = AgentConfig { idle: PATIENCE, ..config };
        let agent = Agent::new(config, |app: &mut App| &mut app.agent);
        let limits = Limits { connect_timeout: PATIENCE, linger: PATIENCE, ..Limits::default() };
        let reactor = Reactor::new(App { agent, result: None }, 0, limits);
        Client { net: MioNet::new().unwrap(), reactor }
    }

    pub(crate) fn ask(&mut self, request: Request<Vec<u8>>) -> HttpResult {
        self.reactor.enter(&self.net, |cx| {
            let done = cx.reactor.app_reply(|cx, result| cx.app.result = Some(result));
            cx.app.agent.request(&mut cx.reactor, request, PATIENCE, done);
        });
        self.turn_until(|client| client.reactor.app.result.is_some());
        self.reactor.app.result.take().unwrap()
    }

    /// The response to a request without a body.
    #[track_caller]
    pub(crate) fn get(&mut self, url: &str) -> Response<Vec<u8>> {
        let request = Request::get(url).body(Vec::new()).unwrap();
        self.ask(request).unwrap_or_else(|error| panic!("{url}: {error}"))
    }

    #[track_caller]
    pub(crate) fn head(&mut self, url: &str) -> Response<Vec<u8>> {
        let request = Request::builder().method(Method::HEAD).uri(url).body(Vec::new()).unwrap();
        self.ask(request).unwrap_or_else(|error| panic!("{url}: {error}"))
    }

    /// Turns the reactor until `is_so`.
    pub(crate) fn turn_until(&mut self, is_so: impl Fn(&Client) -> bool) {
        let end = self.net.now() + 2 * PATIENCE; // the agent has deadlines of its own
        while !is_so(self) {
            assert!(self.net.now() < end, "it does not come to that: {}", self.counters());
            let turn = self.reactor.turn(&mut self.net, Some(PATIENCE)).unwrap();
            assert_eq!(turn, Turn::Running);
        }
    }

    pub(crate) fn counters(&self) -> &AgentCounters {
        self.reactor.app.agent.counters()
    }

    /// TLS handshakes so far, and how many of them took up an earlier session.
    pub(crate) fn handshakes(&self) -> (u64, u64) {
        let counters = self.reactor.counters();
        (counters.handshakes, counters.handshakes_resumed)
    }
}

/// TLS that trusts `authority`, too.
pub(crate) fn tls(authority: &[u8]) -> ClientTls {
    ClientTls::new(authority, &[b"http/1.1"]).unwrap()
}
