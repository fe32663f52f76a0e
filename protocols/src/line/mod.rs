//! Lines of text, and raw bytes between them; Twisted's `protocols.basic.LineReceiver`.

mod splitter;

use std::any::Any;
use std::time::Duration;

use reactor::{AppCx, ConnectError, Cx, Pressure, Protocol, Reason, TimerId, Transport};

use crate::carry::Carry;
use splitter::{Cut, Splitter};

/// How the next bytes are delivered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Line by line, to `line_received`.
    Lines,
    /// As they come, to `raw_data_received`.
    Raw,
}

/// One side of a conversation in lines. Wrap it in [`Lines`] to make it a
/// [`Protocol`](reactor::Protocol).
///
/// A protocol that needs only lines writes only `line_received`, as with Twisted's
/// `LineOnlyReceiver`:
///
/// ```
/// use protocols::{LineReceiver, Lines};
/// use reactor::{Cx, testing::Harness};
///
/// struct Greeter;
///
/// impl LineReceiver<()> for Greeter {
///     fn line_received(&mut self, cx: &mut Cx<'_, (), Self>, line: &[u8]) {
///         cx.transport.write_sequence(&[b"hello, ", line, b"\n"]);
///     }
/// }
///
/// let mut greeter = Harness::new((), Lines::new(Greeter));
/// greeter.receive(b"moon\r\nsun\n");
/// assert_eq!(greeter.sent(), b"hello, moon\nhello, sun\n");
/// ```
pub trait LineReceiver<A: 'static>: Sized + 'static {
    /// The length of a line, in bytes without its end, unless [`max_length`](Self::max_length)
    /// says otherwise. Twisted's own.
    const MAX_LENGTH: usize = 16_384;

    /// The connection is there.
    fn connection_made(&mut self, cx: &mut Cx<'_, A, Self>) {
        let _ = cx;
    }

    /// A line came, here without its end: LF, or CRLF. Borrowed from the read buffer.
    fn line_received(&mut self, cx: &mut Cx<'_, A, Self>, line: &[u8]);

    /// Bytes came while [`mode`](Self::mode) was `Raw`. Says how many of them it used; what is left
    /// when it has gone back to `Lines` is cut into lines (Twisted: `setLineMode(extra)`), and
    /// while it stays `Raw` the answer does not matter.
    fn raw_data_received(&mut self, cx: &mut Cx<'_, A, Self>, data: &[u8]) -> usize {
        let _ = cx;
        data.len()
    }

    /// How the bytes that follow are delivered; asked before each delivery, so a change inside a
    /// chunk counts from the very next byte (Twisted: `setRawMode`, `setLineMode`).
    fn mode(&self) -> Mode {
        Mode::Lines
    }

    /// How long a line may be.
    fn max_length(&self) -> usize {
        Self::MAX_LENGTH
    }

    /// How long one line may take from its first byte to its end, however steadily it drips; after
    /// that the connection ends with [`Reason::DeadlinePassed`]. For ever unless overridden.
    ///
    /// While reading is paused, whoever paused it, no line is late; the resume gives it its whole time
    /// anew. The clock is a timer, so [`Transport::set_deadline`] stays this protocol's own; a line that
    /// gets no timer, since there are too many, might never end, and is late at once.
    fn line_time(&self) -> Option<Duration> {
        None
    }

    /// A line is too long; `start` is its first `max_length` bytes. Closes unless overridden; if
    /// the connection goes on, it does so with the line after it.
    fn line_length_exceeded(&mut self, cx: &mut Cx<'_, A, Self>, start: &[u8]) {
        let _ = start;
        cx.transport.lose_connection();
    }

    /// The peer has closed its sending side, in the midst of the line `unfinished` if that is not
    /// empty. Closes unless overridden.
    fn read_closed(&mut self, cx: &mut Cx<'_, A, Self>, unfinished: &[u8]) {
        let _ = unfinished;
        cx.transport.lose_connection();
    }

    /// See [`Protocol::pressure`].
    fn pressure(&mut self, cx: &mut Cx<'_, A, Self>, pressure: Pressure) {
        let _ = (cx, pressure);
    }

    /// See [`Protocol::stopping`].
    fn stopping(&mut self, cx: &mut Cx<'_, A, Self>) {
        cx.transport.lose_connection();
    }

    /// See [`Protocol::connection_lost`].
    fn connection_lost(&mut self, cx: &mut Cx<'_, A, Self>, reason: &Reason) {
        let _ = (cx, reason);
    }

    /// See [`Protocol::connect_failed`].
    fn connect_failed(&mut self, cx: &mut AppCx<'_, A>, error: &ConnectError) {
        let _ = (cx, error);
    }
}

/// Sends a line and its end, LF (Twisted: `sendLine`).
#[inline]
pub fn send_line(transport: &mut Transport<'_>, line: &[u8]) {
    transport.write_sequence(&[line, b"\n"]);
}

/// Makes a [`LineReceiver`] a [`Protocol`].
#[derive(Debug)]
pub struct Lines<P> {
    inner: P,
    carry: Carry,
    splitter: Splitter,
    /// The rest of a line that was too long is still to come.
    skipping: bool,
    /// When the line that is unfinished is late.
    clock: Option<TimerId>,
}

impl<P> Lines<P> {
    /// Delivers lines to `inner`.
    pub fn new(inner: P) -> Lines<P> {
        Lines { inner, carry: Carry::default(), splitter: Splitter::default(), skipping: false, clock: None }
    }

    /// Delivers what was carried over, and then `data`.
    fn feed<A: 'static>(&mut self, cx: &mut Cx<'_, A, Self>, data: &[u8])
    where
        P: LineReceiver<A>,
    {
        let mut carry = std::mem::take(&mut self.carry);
        carry.feed(data, |bytes| self.deliver(cx, bytes));
        self.carry = carry;
        self.start_clock(cx);
    }

    /// Delivers as much of `bytes` as the inner protocol will have; says how much that was.
    fn deliver<A: 'static>(&mut self, cx: &mut Cx<'_, A, Self>, bytes: &[u8]) -> usize
    where
        P: LineReceiver<A>,
    {
        let cx = &mut cx.lend::<P>();
        let mut used = 0;
        while used < bytes.len() && cx.transport.is_reading() {
            let rest = &bytes[used..];
            used += match self.inner.mode() {
                Mode::Raw => self.deliver_raw(cx, rest),
                Mode::Lines if self.skipping => self.skip(cx, rest),
                Mode::Lines => match self.deliver_line(cx, rest) {
                    Some(length) => length,
                    None => break,
                },
            };
        }
        if cx.transport.is_disconnecting() { bytes.len() } else { used }
    }

    /// Delivers the first line of `rest`; `None` if it is unfinished.
    fn deliver_line<A: 'static>(&mut self, cx: &mut Cx<'_, A, P>, rest: &[u8]) -> Option<usize>
    where
        P: LineReceiver<A>,
    {
        let max = self.inner.max_length();
        match self.splitter.cut(rest, max) {
            Cut::Line(line, length) => {
                self.stop_clock(cx);
                self.inner.line_received(cx, line);
                Some(length)
            }
            Cut::Unfinished => None,
            Cut::TooLong => {
                self.skipping = true;
                self.inner.line_length_exceeded(cx, &rest[..max]);
                Some(0)
            }
        }
    }

    fn deliver_raw<A: 'static>(&mut self, cx: &mut Cx<'_, A, P>, rest: &[u8]) -> usize
    where
        P: LineReceiver<A>,
    {
        self.splitter.reset();
        self.skipping = false;
        self.stop_clock(cx);
        let used = self.inner.raw_data_received(cx, rest);
        if self.inner.mode() == Mode::Raw { rest.len() } else { used.min(rest.len()) }
    }

    fn skip<A>(&mut self, cx: &mut Cx<'_, A, P>, rest: &[u8]) -> usize {
        let length = self.splitter.skip(rest);
        if rest[length - 1] == b'\n' {
            self.skipping = false;
            self.stop_clock(cx);
        }
        length
    }

    fn stop_clock<A>(&mut self, cx: &mut Cx<'_, A, P>) {
        if let Some(clock) = self.clock.take() {
            cx.reactor.cancel(clock);
        }
    }

    /// Gives the line that has begun its time.
    fn start_clock<A: 'static>(&mut self, cx: &mut Cx<'_, A, Self>)
    where
        P: LineReceiver<A>,
    {
        let unfinished = self.skipping || !self.carry.is_empty();
        if unfinished
            && self.clock.is_none()
            && cx.transport.is_reading()
            && let Some(line_time) = self.inner.line_time()
        {
            let cx = &mut cx.lend::<P>();
            let clock = cx.reactor.call_later(line_time, |_, cx| end_if_reading(cx));
            if !cx.reactor.is_pending(clock) {
                end_if_reading(cx); // too many timers
            }
            self.clock = Some(clock);
        }
    }
}

/// A line is late, unless reading is paused.
fn end_if_reading<A, P>(cx: &mut Cx<'_, A, P>) {
    if cx.transport.is_reading() {
        let now = cx.reactor.now();
        cx.transport.set_deadline(Some(now));
    }
}

impl<A: 'static, P: LineReceiver<A>> Protocol<A> for Lines<P> {
    fn connection_made(&mut self, cx: &mut Cx<'_, A, Self>) {
        self.inner.connection_made(&mut cx.lend());
    }

    fn data_received(&mut self, cx: &mut Cx<'_, A, Self>, data: &[u8]) {
        self.feed(cx, data);
    }

    fn resumed(&mut self, cx: &mut Cx<'_, A, Self>) {
        self.stop_clock(&mut cx.lend());
        self.feed(cx, b"");
    }

    fn read_closed(&mut self, cx: &mut Cx<'_, A, Self>) {
        let carry = std::mem::take(&mut self.carry);
        let unfinished = if self.skipping { b"" } else { carry.waiting() };
        let cx = &mut cx.lend();
        self.stop_clock(cx);
        let max = self.inner.max_length();
        if unfinished.len() > max {
            // By a CR that might have belonged to the line's end, had there been one.
            self.inner.line_length_exceeded(cx, &unfinished[..max]);
            return self.inner.read_closed(cx, b"");
        }
        self.inner.read_closed(cx, unfinished);
    }

    fn pressure(&mut self, cx: &mut Cx<'_, A, Self>, pressure: Pressure) {
        self.inner.pressure(&mut cx.lend(), pressure);
    }

    fn stopping(&mut self, cx: &mut Cx<'_, A, Self>) {
        self.inner.stopping(&mut cx.lend());
    }

    fn connection_lost(&mut self, cx: &mut Cx<'_, A, Self>, reason: &Reason) {
        self.inner.connection_lost(&mut cx.lend(), reason);
    }

    fn connect_failed(&mut self, cx: &mut AppCx<'_, A>, error: &ConnectError) {
        self.inner.connect_failed(cx, error);
    }

    fn target(&mut self) -> &mut dyn Any {
        &mut self.inner
    }
}
