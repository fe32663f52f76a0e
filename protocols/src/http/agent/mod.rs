//! A client of HTTP/1.1; Twisted's `twisted.web.client.Agent` with its `HTTPConnectionPool`.

mod client_protocol;
mod config;
mod counters;
mod host_port;
mod http_error;
mod no_proxy;
mod origin;
mod outgoing;
mod pool;
mod proxy;
mod route;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use ::http::{Method, Request, Response};
use reactor::{AppCx, ConnId, ConnectError, Endpoint, Reply, Requests, TimerId};

pub use config::AgentConfig;
pub use counters::AgentCounters;
pub use http_error::HttpError;
pub use origin::BadUri;
pub use proxy::{BadProxy, Proxies, ProxyError};

use client_protocol::ClientProtocol;
use origin::Origin;
use pool::{Pool, Start, Ticket, Work};
use route::Route;

/// A request that could not be given a deadline might never be answered.
const NO_DEADLINE: &str = "the reactor is overloaded (Limits::timers)";

/// What becomes of a request.
pub type HttpResult = Result<Response<Vec<u8>>, HttpError>;

/// Sends requests and brings back the responses, over connections that it keeps for the next request.
///
/// It is a part of the application, and `locate` is how its connections find it there.
///
/// - Every request is answered exactly once, within the time it was given as a whole: waiting for a
///   connection, looking up the name, connecting, TLS, sending, and the response to its last byte. A
///   drip of bytes does not prolong it. When the time is up the connection is aborted.
/// - Requests to one origin share at most [`AgentConfig::per_origin`] connections; further ones wait
///   in order, and beyond [`AgentConfig::queue`] they are refused.
/// - A request on a connection that had carried another is sent once more, on a new one, if that
///   connection ended before the first byte of a response, or if the response is 408: the server may have
///   closed it, or given it up, while the request was on its way (RFC 9112, 9.5). **So a request can reach the server twice, whatever its
///   method.** That is for requests that only ask, also by POST; send no others.
/// - A connection is not used again if the response says so, ends with it, or leaves any doubt where
///   it ends, or if the server sends anything when nothing was asked.
/// - A redirection is an answer like any other: whoever follows it decides what a key in the request
///   may be told to whom.
/// - Neither errors nor the log repeat a path, a query, a field or a body.
///
/// ```
/// use std::time::Duration;
///
/// use protocols::http::{Agent, AgentConfig};
/// use reactor::testing::MockNet;
/// use reactor::{Limits, Reactor};
///
/// struct App {
///     agent: Agent<App>,
///     pages: Vec<Vec<u8>>,
/// }
///
/// let agent = Agent::new(AgentConfig::default(), |app: &mut App| &mut app.agent);
/// let mut reactor = Reactor::new(App { agent, pages: Vec::new() }, 1, Limits::default());
/// let mut net = MockNet::new();
/// reactor.enter(&net, |cx| {
///     let request = http::Request::get("http://10.0.0.1/moon").body(Vec::new()).unwrap();
///     let done = cx.reactor.app_reply(|cx, result| match result {
///         Ok(response) => cx.app.pages.push(http::Response::into_body(response)),
///         Err(error) => println!("{error}"),
///     });
///     cx.app.agent.request(&mut cx.reactor, request, Duration::from_secs(5), done);
/// });
///
/// // The test is the server.
/// net.answer_dials(true);
/// net.settle(&mut reactor)?;
/// assert!(net.last_dialled().sent().starts_with(b"GET /moon HTTP/1.1\r\nHost: 10.0.0.1\r\n"));
/// net.last_dialled().feed(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfull");
/// net.settle(&mut reactor)?;
/// assert_eq!(reactor.app.pages, [b"full"]);
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Agent<A> {
    config: AgentConfig,
    locate: fn(&mut A) -> &mut Agent<A>,
    /// The requests that have no answer yet: each waits in the pool or is carried by a connection.
    exchanges: BTreeMap<Ticket, Exchange<A>>,
    pool: Pool,
    counters: AgentCounters,
}

/// A request that has no answer yet.
struct Exchange<A> {
    route: Route,
    method: Method,
    /// As it goes over the wire; kept, because it may have to go twice.
    bytes: Vec<u8>,
    deadline: TimerId,
    done: Reply<A, HttpResult>,
}

impl<A: 'static> Agent<A> {
    /// An agent that its connections find in the application by `locate`.
    pub fn new(config: AgentConfig, locate: fn(&mut A) -> &mut Agent<A>) -> Agent<A> {
        let pool = Pool::new(config.bounds());
        Agent { config, locate, exchanges: BTreeMap::new(), pool, counters: AgentCounters::default() }
    }

    /// Sends `request`, whose URI is absolute, and gives `done` the response once it is whole, or
    /// why there is none; at the latest after `within`. Host, Content-Length and the other fields that
    /// frame a message are the agent's to set; User-Agent and Accept-Encoding only if the request does not.
    pub fn request(
        &mut self,
        reactor: &mut Requests<'_, A>,
        request: Request<Vec<u8>>,
        within: Duration,
        done: Reply<A, HttpResult>,
    ) {
        self.counters.requests += 1;
        match self.prepare(reactor, &request) {
            Ok((route, bytes)) => {
                let method = request.into_parts().0.method;
                let ticket = Ticket(self.counters.requests);
                let deadline = self.set_deadline(reactor, ticket, within);
                if !reactor.is_pending(deadline) {
                    return self.reply(reactor, done, Err(HttpError::Refused(NO_DEADLINE)));
                }
                self.admit(reactor, ticket, Exchange { route, method, bytes, deadline, done });
            }
            Err(error) => self.reply(reactor, done, Err(error)),
        }
    }

    /// What has happened so far.
    pub fn counters(&self) -> &AgentCounters {
        &self.counters
    }

    fn config(&self) -> &AgentConfig {
        &self.config
    }

    /// The way to the server, and what to say there.
    fn prepare(
        &self,
        reactor: &Requests<'_, A>,
        request: &Request<Vec<u8>>,
    ) -> Result<(Route, Vec<u8>), HttpError> {
        let origin = Origin::of(request.uri())?;
        if origin.is_secure && self.config.tls.is_none() {
            return Err(HttpError::Refused("https, and the agent has no TLS"));
        }
        let proxy = self.config.proxy.to(&origin)?;
        let route = Route::new(origin, proxy);
        let bytes = outgoing::bytes(request, &route)?;
        if bytes.len() > reactor.limits().write_buffer {
            return Err(HttpError::Refused("it is larger than Limits::write_buffer"));
        }
        Ok((route, bytes))
    }

    fn set_deadline(&self, reactor: &mut Requests<'_, A>, ticket: Ticket, within: Duration) -> TimerId {
        let locate = self.locate;
        reactor.app_later(within, move |cx| Agent::timed_out(cx, locate, ticket))
    }

    fn admit(&mut self, reactor: &mut Requests<'_, A>, ticket: Ticket, exchange: Exchange<A>) {
        self.pool.wait(ticket, &exchange.route.origin);
        self.exchanges.insert(ticket, exchange);
        self.dispatch(reactor);
        if self.pool.is_overfull() {
            self.pool.leave(ticket);
            self.refuse(reactor, ticket, "too many requests wait (AgentConfig::queue)");
        }
    }

    /// Lets those begin that can.
    fn dispatch(&mut self, reactor: &mut Requests<'_, A>) {
        while let Some((ticket, start)) = self.pool.begin_next() {
            match start {
                Start::Reuse(conn) => self.reuse(reactor, conn),
                Start::Open => self.open(reactor, ticket),
                Start::OpenFor(idle) => {
                    self.counters.idle_closed += 1;
                    reactor.call(idle, |_: &mut ClientProtocol<A>, cx| cx.transport.lose_connection());
                    self.open(reactor, ticket);
                }
            }
        }
    }

    fn open(&mut self, reactor: &mut Requests<'_, A>, ticket: Ticket) {
        let Some(exchange) = self.exchanges.get(&ticket) else { return };
        let client = ClientProtocol::new(self.locate, ticket);
        let conn = reactor.connect(self.endpoint(&exchange.route), client);
        self.pool.opened(conn, &exchange.route.origin, ticket);
        self.counters.opened += 1;
        self.counters.proxied += u64::from(exchange.route.proxy().is_some());
    }

    fn endpoint(&self, route: &Route) -> Endpoint {
        match &self.config.tls {
            Some(tls) if route.dials_tls() => route.endpoint().tls(tls),
            _ => route.endpoint(),
        }
    }

    /// Tells an idle connection to begin. Should it end before it hears of it, it says so, and the
    /// request is found to be its own.
    fn reuse(&mut self, reactor: &mut Requests<'_, A>, conn: ConnId) {
        self.counters.reused += 1;
        reactor.call(conn, |client: &mut ClientProtocol<A>, cx| client.begin(cx));
    }

    /// What a connection is to ask, if it is to ask anything.
    fn carried_by(&self, conn: ConnId) -> Option<&Exchange<A>> {
        self.exchanges.get(&self.pool.carried(conn)?)
    }

    /// A response has come. Says whether its connection, which could carry another request, is kept.
    fn received(
        &mut self,
        reactor: &mut Requests<'_, A>,
        conn: ConnId,
        response: Response<Vec<u8>>,
        can_rest: bool,
    ) -> bool {
        let carried = self.pool.carried(conn);
        let is_kept = can_rest && self.pool.rest(conn);
        if !is_kept {
            self.pool.forget(conn);
        }
        if let Some(ticket) = carried {
            self.answer(reactor, ticket, Ok(response));
        }
        self.dispatch(reactor);
        is_kept
    }

    /// A connection is of no use any more, and perhaps has ended. What it carried goes on another if that
    /// is worth it: this one was no longer new, and nothing of a response has come.
    fn broken(
        &mut self,
        reactor: &mut Requests<'_, A>,
        conn: ConnId,
        error: HttpError,
        is_worth_another: bool,
    ) {
        match self.pool.forget(conn) {
            Some(Work::Carries(ticket)) if is_worth_another => {
                self.counters.retried += 1;
                self.open(reactor, ticket); // in the place of the one that has just gone
            }
            Some(Work::Carries(ticket)) => self.answer(reactor, ticket, Err(error)),
            Some(Work::Idle(_)) => self.counters.idle_closed += 1,
            None => {}
        }
        self.dispatch(reactor);
    }

    /// A connection was not made for the request that it was opened for.
    fn connect_failed(&mut self, reactor: &mut Requests<'_, A>, ticket: Ticket, error: &ConnectError) {
        if let Some(conn) = self.pool.carrier(ticket) {
            self.pool.forget(conn);
        }
        let exchange = self.exchanges.get(&ticket);
        let is_proxied = exchange.is_some_and(|exchange| exchange.route.proxy().is_some());
        let error = HttpError::unreachable(error, is_proxied);
        self.answer(reactor, ticket, Err(error));
        self.dispatch(reactor);
    }

    fn timed_out(cx: &mut AppCx<'_, A>, locate: fn(&mut A) -> &mut Agent<A>, ticket: Ticket) {
        let agent = locate(cx.app);
        agent.pool.leave(ticket);
        if let Some(conn) = agent.pool.carrier(ticket) {
            agent.pool.forget(conn);
            cx.peers.abort(conn);
        }
        agent.answer(&mut cx.reactor, ticket, Err(HttpError::TimedOut));
        agent.dispatch(&mut cx.reactor);
    }

    fn refuse(&mut self, reactor: &mut Requests<'_, A>, ticket: Ticket, why: &'static str) {
        self.answer(reactor, ticket, Err(HttpError::Refused(why)));
    }

    /// The one answer to a request: after it the request is no longer known.
    fn answer(&mut self, reactor: &mut Requests<'_, A>, ticket: Ticket, result: HttpResult) {
        let Some(exchange) = self.exchanges.remove(&ticket) else { return };
        reactor.cancel(exchange.deadline);
        if let Err(error) = &result {
            log::debug!("{}: {error}", exchange.route.origin);
        }
        self.reply(reactor, exchange.done, result);
    }

    fn reply(&mut self, reactor: &mut Requests<'_, A>, done: Reply<A, HttpResult>, result: HttpResult) {
        self.counters.count(&result);
        reactor.send(done, result);
    }
}

impl<A> std::fmt::Debug for Agent<A> {
    /// Without what is asked, in which there may be a key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Agent")
            .field("pool", &self.pool)
            .field("counters", &self.counters)
            .finish_non_exhaustive()
    }
}
