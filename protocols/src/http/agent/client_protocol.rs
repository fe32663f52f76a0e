//! One connection of an [`Agent`], which carries one request after the other.

use ::http::{Method, StatusCode};
use reactor::{AppCx, ConnectError, Cx, Protocol, Reason};

use super::Agent;
use super::outgoing;
use super::pool::Ticket;
use super::route::Way;
use super::{HttpError, ProxyError};
use crate::http::{Received, ResponseReader};

/// What a server says on a connection that is silent for too long (RFC 9110, 15.5.9). On one that has served before,
/// that is no answer to the next request.
const TOO_LATE: StatusCode = StatusCode::REQUEST_TIMEOUT;

/// One connection of an agent. What it carries is written in the agent's pool and nowhere else; so it
/// does not matter which of the two first hears that the other has gone on.
pub(super) struct ClientProtocol<A> {
    locate: fn(&mut A) -> &mut Agent<A>,
    /// The request that it is opened for.
    opened_for: Ticket,
    state: State,
    /// It has brought a response before, so the server may be about to close it.
    has_served: bool,
}

/// What it waits for.
enum State {
    /// To be told what to ask.
    Request,
    /// A proxy's answer to CONNECT.
    Way(ResponseReader),
    Response(ResponseReader),
}

impl<A: 'static> ClientProtocol<A> {
    pub(super) fn new(locate: fn(&mut A) -> &mut Agent<A>, opened_for: Ticket) -> ClientProtocol<A> {
        ClientProtocol { locate, opened_for, state: State::Request, has_served: false }
    }

    /// Sends what the pool says that this connection is to carry.
    pub(super) fn begin(&mut self, cx: &mut Cx<'_, A, Self>) {
        let agent = (self.locate)(cx.app);
        let Some(exchange) = agent.carried_by(cx.transport.id()) else { return }; // it is too late
        cx.transport.write(&exchange.bytes);
        self.state = State::Response(ResponseReader::new(&exchange.method, &agent.config().limits));
        cx.transport.set_idle_timeout(None); // the request's own deadline counts
    }

    fn read(&mut self, cx: &mut Cx<'_, A, Self>, data: &[u8]) {
        let (State::Response(reader) | State::Way(reader)) = &mut self.state else {
            return self.give_up(cx, HttpError::Unanswered); // who answers before being asked?
        };
        match reader.read(data) {
            Ok((used, Some(received))) => self.received(cx, received, used == data.len()),
            Ok((_, None)) if self.has_served && reader.status() == Some(TOO_LATE) => self.send_again(cx),
            Ok((_, None)) => {}
            Err(error) => self.give_up(cx, error.into()),
        }
    }

    /// A response is whole; `is_all`: nothing came behind it.
    fn received(&mut self, cx: &mut Cx<'_, A, Self>, received: Received, is_all: bool) {
        if matches!(self.state, State::Way(_)) {
            return self.joined(cx, received.response.status(), is_all);
        }
        if self.has_served && received.response.status() == TOO_LATE {
            return self.send_again(cx);
        }
        self.state = State::Request;
        self.has_served = true;
        let is_sent = cx.transport.buffered() == 0; // a server may answer before it has heard everything
        let can_rest = received.reusable && is_all && is_sent && !cx.reactor.is_stopping();
        let agent = (self.locate)(cx.app);
        if agent.received(&mut cx.reactor, cx.transport.id(), received.response, can_rest) {
            let idle = agent.config().idle;
            cx.transport.set_idle_timeout(Some(idle));
        } else if is_sent {
            cx.transport.lose_connection();
        } else {
            cx.transport.abort_connection();
        }
    }

    /// The proxy has said whether it joins us to the server.
    fn joined(&mut self, cx: &mut Cx<'_, A, Self>, status: StatusCode, is_all: bool) {
        if !status.is_success() {
            return self.give_up(cx, ProxyError::Refused(status).into());
        }
        if !is_all {
            return self.give_up(cx, ProxyError::Intruded.into()); // the server waits for us to speak first
        }
        let agent = (self.locate)(cx.app);
        let host = agent.carried_by(cx.transport.id()).map(|exchange| &exchange.route.origin.at.host);
        if let (Some(tls), Some(host)) = (&agent.config().tls, host) {
            cx.transport.start_tls(tls, host); // what is written from here on goes out sealed
            self.begin(cx);
        }
    }

    /// Asks the proxy, if there is one to be asked, to join us to the server; else the server.
    fn open_way(&mut self, cx: &mut Cx<'_, A, Self>) {
        let agent = (self.locate)(cx.app);
        let route = agent.carried_by(cx.transport.id()).map(|exchange| &exchange.route);
        match route.map(|route| (&route.by, &route.origin)) {
            Some((Way::Tunnel(proxy), origin)) => {
                cx.transport.write(&outgoing::connect(origin, proxy));
                self.state = State::Way(ResponseReader::new(&Method::CONNECT, &agent.config().limits));
            }
            _ => self.begin(cx),
        }
    }

    /// The server had given up this connection before it read the request, which was on its way by then: the same
    /// as a close before the first byte.
    fn send_again(&mut self, cx: &mut Cx<'_, A, Self>) {
        self.state = State::Request; // as if nothing had been sent
        self.give_up(cx, HttpError::Unanswered);
    }

    /// The connection is of no use any more.
    fn give_up(&mut self, cx: &mut Cx<'_, A, Self>, error: HttpError) {
        cx.transport.abort_connection();
        self.tell_broken(cx, error);
    }

    fn tell_broken(&mut self, cx: &mut Cx<'_, A, Self>, error: HttpError) {
        let (error, is_worth_another) = match std::mem::replace(&mut self.state, State::Request) {
            State::Request => (error, true), // nothing was sent
            State::Response(reader) => (error, self.has_served && !reader.has_begun()),
            State::Way(_) => (of_proxy(error), false),
        };
        if !self.has_served && !matches!(error, HttpError::Proxy(ProxyError::Refused(_))) {
            cx.transport.demote_address(); // it has not spoken HTTP
        }
        let agent = (self.locate)(cx.app);
        agent.broken(&mut cx.reactor, cx.transport.id(), error, is_worth_another);
    }
}

/// What an error is while the proxy is still between us and the server.
fn of_proxy(error: HttpError) -> HttpError {
    match error {
        HttpError::Framing(error) => ProxyError::Framing(error).into(),
        HttpError::Unanswered | HttpError::Truncated => ProxyError::Closed.into(),
        error => error,
    }
}

impl<A: 'static> Protocol<A> for ClientProtocol<A> {
    fn connection_made(&mut self, cx: &mut Cx<'_, A, Self>) {
        self.open_way(cx);
    }

    fn data_received(&mut self, cx: &mut Cx<'_, A, Self>, data: &[u8]) {
        self.read(cx, data);
    }

    fn read_closed(&mut self, cx: &mut Cx<'_, A, Self>) {
        match &mut self.state {
            State::Response(reader) | State::Way(reader) if reader.has_begun() => match reader.end() {
                Ok(Received { response, .. }) => {
                    self.received(cx, Received { response, reusable: false }, true);
                }
                Err(error) => self.give_up(cx, error.into()),
            },
            _ => self.give_up(cx, HttpError::Unanswered),
        }
    }

    /// What is in hand is answered first; the deadline of the stop, or its own, will end it.
    fn stopping(&mut self, cx: &mut Cx<'_, A, Self>) {
        let agent = (self.locate)(cx.app);
        if agent.carried_by(cx.transport.id()).is_none() {
            cx.transport.lose_connection();
            self.tell_broken(cx, HttpError::Unanswered);
        }
    }

    fn connection_lost(&mut self, cx: &mut Cx<'_, A, Self>, reason: &Reason) {
        self.tell_broken(cx, HttpError::lost(reason));
    }

    fn connect_failed(&mut self, cx: &mut AppCx<'_, A>, error: &ConnectError) {
        let agent = (self.locate)(cx.app);
        agent.connect_failed(&mut cx.reactor, self.opened_for, error);
    }
}
