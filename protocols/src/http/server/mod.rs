//! A small server of HTTP/1.1.

mod answer;
mod date;
mod handler;

use std::time::Duration;

use ::http::{Method, Response, StatusCode, Version};
use reactor::{Cx, Pressure, Protocol};

use super::error::FramingError;
use super::limits::HttpLimits;
use super::request::{Asked, RequestReader};
use crate::carry::Carry;

pub use handler::HttpHandler;

use answer::{Terms, write_response};

/// The bounds of a server's connection.
#[derive(Clone, Copy, Debug)]
pub struct HttpServerConfig {
    /// The bounds of a request.
    pub limits: HttpLimits,
    /// From the first byte of a request to its last, however steadily it drips. 10 s.
    pub request_time: Duration,
    /// From its last byte to the answer. 30 s.
    pub answer_time: Duration,
    /// From the answer until the client has taken it, however slowly it reads. What is left below
    /// [`Limits::high_water`](reactor::Limits::high_water) counts as taken: it has `idle`, or, before a close,
    /// [`Limits::flush_timeout`](reactor::Limits::flush_timeout). 5 min: an answer of 1 MiB at 3.5 kB/s.
    pub send_time: Duration,
    /// How long a client may be silent between requests. 60 s.
    pub idle: Duration,
}

impl Default for HttpServerConfig {
    fn default() -> HttpServerConfig {
        HttpServerConfig {
            limits: HttpLimits::default(),
            request_time: Duration::from_secs(10),
            answer_time: Duration::from_secs(30),
            send_time: Duration::from_secs(5 * 60),
            idle: Duration::from_secs(60),
        }
    }
}

/// One connection of a server of HTTP/1.1; Twisted's `web.http.HTTPChannel`.
///
/// One request is in hand at a time. Until it is answered reading is paused, and those behind it wait
/// here and in the socket; so answers keep their order. What is refused (see [`FramingError`]) gets a
/// status that says so, and the close. A connection that passes a bound of [`HttpServerConfig`] ends
/// with that [`Reason`](reactor::Reason), without an answer or amid one.
///
/// ```
/// use http::{Request, Response};
/// use protocols::http::{HttpServer, HttpServerConfig};
/// use reactor::{Reply, Requests, testing::Harness};
///
/// fn greet(
///     visits: &mut u32,
///     reactor: &mut Requests<'_, u32>,
///     request: Request<Vec<u8>>,
///     reply: Reply<u32, Response<Vec<u8>>>,
/// ) {
///     *visits += 1;
///     let body = format!("{} is visit {visits}\n", request.uri().path());
///     reactor.send(reply, Response::new(body.into_bytes()));
/// }
///
/// let mut server = Harness::new(0, HttpServer::new(greet, HttpServerConfig::default()));
/// server.receive(b"GET /moon HTTP/1.1\r\nHost: localhost\r\n\r\n");
/// assert!(server.sent().starts_with(b"HTTP/1.1 200 OK\r\n"));
/// assert!(server.sent().ends_with(b"\r\n\r\n/moon is visit 1\n"));
/// ```
#[derive(Debug)]
pub struct HttpServer<H> {
    handler: H,
    config: HttpServerConfig,
    reader: RequestReader,
    /// Requests behind the one in hand.
    carry: Carry,
    /// A request is with the handler.
    answering: bool,
    ending: Ending,
}

/// Whether the connection is coming to its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Ending {
    No,
    /// Nothing more will come: close once everything is answered.
    PeerClosed,
    /// The request in hand is the last one: close once its answer is taken.
    Last,
}

impl<H> HttpServer<H> {
    /// A connection whose requests go to `handler`.
    pub fn new(handler: H, config: HttpServerConfig) -> HttpServer<H> {
        HttpServer {
            handler,
            config,
            reader: RequestReader::new(&config.limits),
            carry: Carry::default(),
            answering: false,
            ending: Ending::No,
        }
    }
}

impl<A: 'static, H: HttpHandler<A>> Protocol<A> for HttpServer<H> {
    fn connection_made(&mut self, cx: &mut Cx<'_, A, Self>) {
        cx.transport.set_idle_timeout(Some(self.config.idle));
    }

    fn data_received(&mut self, cx: &mut Cx<'_, A, Self>, data: &[u8]) {
        let mut carry = std::mem::take(&mut self.carry);
        carry.feed(data, |bytes| self.deliver(cx, bytes));
        self.carry = carry;
    }

    fn resumed(&mut self, cx: &mut Cx<'_, A, Self>) {
        if !self.carry.is_empty() {
            self.data_received(cx, b"");
        }
    }

    fn read_closed(&mut self, cx: &mut Cx<'_, A, Self>) {
        self.ending = Ending::PeerClosed;
        self.close_when_answered(cx);
    }

    fn pressure(&mut self, cx: &mut Cx<'_, A, Self>, pressure: Pressure) {
        if pressure == Pressure::Low {
            self.go_on(cx);
        }
    }

    fn stopping(&mut self, cx: &mut Cx<'_, A, Self>) {
        self.ending = Ending::Last;
        if !self.answering {
            cx.transport.lose_connection();
        }
    }
}

impl<H> HttpServer<H> {
    /// Delivers requests for as long as reading goes on; says how many bytes that took.
    fn deliver<A: 'static>(&mut self, cx: &mut Cx<'_, A, Self>, bytes: &[u8]) -> usize
    where
        H: HttpHandler<A>,
    {
        let mut used = 0;
        while used < bytes.len() && cx.transport.is_reading() {
            used += match self.read(cx, &bytes[used..]) {
                Ok(length) => length,
                Err(error) => {
                    self.refuse(cx, error);
                    break;
                }
            };
        }
        if cx.transport.is_disconnecting() { bytes.len() } else { used }
    }

    /// Reads one request, or what has come of it.
    fn read<A: 'static>(&mut self, cx: &mut Cx<'_, A, Self>, bytes: &[u8]) -> Result<usize, FramingError>
    where
        H: HttpHandler<A>,
    {
        let has_begun = self.reader.has_begun();
        let (used, asked) = self.reader.read(bytes)?;
        match asked {
            Some(asked) => self.ask(cx, asked),
            None => {
                if !has_begun {
                    set_deadline(cx, self.config.request_time);
                }
                if self.reader.expects_continue() {
                    cx.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n");
                }
            }
        }
        Ok(used)
    }

    /// Hands a request to the handler.
    fn ask<A: 'static>(&mut self, cx: &mut Cx<'_, A, Self>, Asked { request, reusable }: Asked)
    where
        H: HttpHandler<A>,
    {
        let is_head = request.method() == Method::HEAD;
        let terms = Terms { is_head, version: request.version(), reusable };
        let reply =
            cx.reactor.reply(move |server: &mut Self, cx, response| server.answer(cx, terms, &response));
        self.reader = RequestReader::new(&self.config.limits);
        self.answering = true;
        cx.transport.pause_reading();
        cx.transport.set_idle_timeout(None); // it is not the client who is silent
        set_deadline(cx, self.config.answer_time);
        self.handler.request(cx.app, &mut cx.reactor, request, reply);
    }

    /// Says what was wrong, and closes.
    fn refuse<A: 'static>(&mut self, cx: &mut Cx<'_, A, Self>, error: FramingError)
    where
        H: HttpHandler<A>,
    {
        self.handler.refused(cx.app, error);
        let mut response = Response::new(format!("{error}\n").into_bytes());
        *response.status_mut() = status_of(error);
        let terms = Terms { is_head: false, version: Version::HTTP_11, reusable: false };
        write(cx, terms, &response);
        cx.transport.lose_connection();
    }
}

impl<H: 'static> HttpServer<H> {
    /// The handler has answered.
    fn answer<A: 'static>(
        &mut self,
        cx: &mut Cx<'_, A, Self>,
        mut terms: Terms,
        response: &Response<Vec<u8>>,
    ) {
        self.answering = false;
        terms.reusable &= self.ending != Ending::Last;
        if !terms.reusable {
            self.ending = Ending::Last;
        }
        set_deadline(cx, self.config.send_time);
        write(cx, terms, response);
        self.go_on(cx);
    }

    /// Goes on with the next request, unless one is in hand or being read, or the client does not read.
    fn go_on<A: 'static>(&mut self, cx: &mut Cx<'_, A, Self>) {
        if self.answering || cx.transport.is_reading() || cx.transport.is_high() {
            return;
        }
        if self.ending == Ending::Last {
            return cx.transport.lose_connection();
        }
        cx.transport.set_deadline(None);
        cx.transport.set_idle_timeout(Some(self.config.idle));
        cx.transport.resume_reading();
        if self.ending == Ending::PeerClosed {
            self.close_when_answered(cx);
        }
    }

    /// Closes once every request at hand is answered. Those that were kept while reading was paused
    /// come before the call, so it sees whether one of them is being answered.
    fn close_when_answered<A: 'static>(&mut self, cx: &mut Cx<'_, A, Self>) {
        let me = cx.transport.id();
        cx.reactor.call(me, |server: &mut Self, cx| {
            if !server.answering && cx.transport.is_reading() {
                cx.transport.lose_connection();
            }
        });
    }
}

fn write<A: 'static, P: 'static>(cx: &mut Cx<'_, A, P>, terms: Terms, response: &Response<Vec<u8>>) {
    let room = cx.reactor.limits().write_buffer.saturating_sub(cx.transport.buffered());
    write_response(&mut cx.transport, room, cx.reactor.wall_clock(), terms, response);
}

fn set_deadline<A: 'static, P: 'static>(cx: &mut Cx<'_, A, P>, after: Duration) {
    let deadline = cx.reactor.now() + after;
    cx.transport.set_deadline(Some(deadline));
}

/// The status that a refusal has (RFC 9110, 15.5 and 15.6; RFC 6585).
fn status_of(error: FramingError) -> StatusCode {
    match error {
        FramingError::BodyTooLong => StatusCode::PAYLOAD_TOO_LARGE,
        FramingError::Expectation => StatusCode::EXPECTATION_FAILED,
        FramingError::HeadTooLong | FramingError::TooManyFields => {
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE
        }
        FramingError::Method | FramingError::UnknownEncoding => StatusCode::NOT_IMPLEMENTED,
        FramingError::Version => StatusCode::HTTP_VERSION_NOT_SUPPORTED,
        _ => StatusCode::BAD_REQUEST,
    }
}
