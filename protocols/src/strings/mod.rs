//! Strings that say how long they are; Twisted's `protocols.basic.NetstringReceiver` and
//! `IntNStringReceiver`.

mod framing;

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::marker::PhantomData;

use reactor::{AppCx, ConnectError, Cx, Pressure, Protocol, Reason, Transport};

use crate::carry::Carry;

pub use framing::{Frame, Framing, Int8, Int16, Int32, IntN, Netstring};

/// One side of a conversation in strings. Wrap it in [`Netstrings`], [`Int8Strings`],
/// [`Int16Strings`] or [`Int32Strings`] to make it a [`Protocol`](reactor::Protocol).
///
/// ```
/// use protocols::{Netstring, Netstrings, StringReceiver, StringTooLong, send_string};
/// use reactor::{Cx, testing::Harness};
///
/// struct Shout;
///
/// impl StringReceiver<()> for Shout {
///     fn string_received(&mut self, cx: &mut Cx<'_, (), Self>, string: &[u8]) {
///         let loud = string.to_ascii_uppercase();
///         if let Err(StringTooLong { .. }) = send_string::<Netstring>(&mut cx.transport, &loud) {
///             cx.transport.lose_connection(); // a netstring may have any length; others may not
///         }
///     }
/// }
///
/// let mut shout = Harness::new((), Netstrings::new(Shout));
/// shout.receive(b"5:hello,4:moon,");
/// assert_eq!(shout.sent(), b"5:HELLO,4:MOON,");
/// ```
pub trait StringReceiver<A: 'static>: Sized + 'static {
    /// The length of a string, in bytes, unless [`max_length`](Self::max_length) says otherwise.
    /// Twisted's own.
    const MAX_LENGTH: usize = 99_999;

    /// The connection is there.
    fn connection_made(&mut self, cx: &mut Cx<'_, A, Self>) {
        let _ = cx;
    }

    /// A string came, here without what framed it. Borrowed from the read buffer.
    fn string_received(&mut self, cx: &mut Cx<'_, A, Self>, string: &[u8]);

    /// How long a string may be.
    fn max_length(&self) -> usize {
        Self::MAX_LENGTH
    }

    /// A string of `length` bytes (a netstring: of at least so many) is announced, and that is too
    /// long. Closes unless overridden; nothing more is delivered in any case.
    fn length_limit_exceeded(&mut self, cx: &mut Cx<'_, A, Self>, length: usize) {
        let _ = length;
        cx.transport.lose_connection();
    }

    /// What came is no string, so no other can be found after it. Closes unless overridden; nothing
    /// more is delivered in any case.
    fn malformed(&mut self, cx: &mut Cx<'_, A, Self>) {
        cx.transport.lose_connection();
    }

    /// The peer has closed its sending side, in the midst of the string `unfinished`, here with
    /// what frames it, if that is not empty. Closes unless overridden.
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

/// Sends a string in the framing `F` (Twisted: `sendString`).
///
/// # Errors
///
/// [`StringTooLong`] if `F` cannot express its length; nothing is sent then.
pub fn send_string<F: Framing>(transport: &mut Transport<'_>, string: &[u8]) -> Result<(), StringTooLong> {
    let head = F::head(string.len()).ok_or(StringTooLong { length: string.len() })?;
    transport.write_sequence(&[head.as_ref(), string, F::TAIL]);
    Ok(())
}

/// A string is longer than its framing can express.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StringTooLong {
    /// Its length in bytes.
    pub length: usize,
}

impl fmt::Display for StringTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes are too long a string for the length prefix", self.length)
    }
}

impl Error for StringTooLong {}

/// Makes a [`StringReceiver`] a [`Protocol`], in the framing `F`.
#[derive(Debug)]
pub struct Strings<F, P> {
    inner: P,
    carry: Carry,
    /// The next string cannot be found any more; what comes is dropped.
    astray: bool,
    framing: PhantomData<F>,
}

/// Netstrings.
pub type Netstrings<P> = Strings<Netstring, P>;
/// Strings behind one byte of length.
pub type Int8Strings<P> = Strings<Int8, P>;
/// Strings behind two bytes of length.
pub type Int16Strings<P> = Strings<Int16, P>;
/// Strings behind four bytes of length.
pub type Int32Strings<P> = Strings<Int32, P>;

impl<F: Framing, P> Strings<F, P> {
    /// Delivers strings to `inner`.
    pub fn new(inner: P) -> Strings<F, P> {
        Strings { inner, carry: Carry::default(), astray: false, framing: PhantomData }
    }

    /// Delivers what was carried over, and then `data`.
    fn feed<A: 'static>(&mut self, cx: &mut Cx<'_, A, Self>, data: &[u8])
    where
        P: StringReceiver<A>,
    {
        let mut carry = std::mem::take(&mut self.carry);
        carry.feed(data, |bytes| self.deliver(cx, bytes));
        self.carry = carry;
    }

    /// Delivers as much of `bytes` as the inner protocol will have; says how much that was.
    fn deliver<A: 'static>(&mut self, cx: &mut Cx<'_, A, Self>, bytes: &[u8]) -> usize
    where
        P: StringReceiver<A>,
    {
        let cx = &mut cx.lend::<P>();
        let mut used = 0;
        while cx.transport.is_reading() && !self.astray {
            match F::cut(&bytes[used..], self.inner.max_length()) {
                Frame::Whole { string, length } => {
                    self.inner.string_received(cx, string);
                    used += length;
                }
                Frame::Unfinished => break,
                Frame::TooLong(length) => {
                    self.astray = true;
                    self.inner.length_limit_exceeded(cx, length);
                }
                Frame::Malformed => {
                    self.astray = true;
                    self.inner.malformed(cx);
                }
            }
        }
        if self.astray || cx.transport.is_disconnecting() { bytes.len() } else { used }
    }
}

impl<A: 'static, F: Framing, P: StringReceiver<A>> Protocol<A> for Strings<F, P> {
    fn connection_made(&mut self, cx: &mut Cx<'_, A, Self>) {
        self.inner.connection_made(&mut cx.lend());
    }

    fn data_received(&mut self, cx: &mut Cx<'_, A, Self>, data: &[u8]) {
        self.feed(cx, data);
    }

    fn resumed(&mut self, cx: &mut Cx<'_, A, Self>) {
        if !self.carry.is_empty() {
            self.feed(cx, b"");
        }
    }

    fn read_closed(&mut self, cx: &mut Cx<'_, A, Self>) {
        let carry = std::mem::take(&mut self.carry);
        self.inner.read_closed(&mut cx.lend(), carry.waiting());
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
