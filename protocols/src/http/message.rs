//! One message, from its first byte to its last: a head, then a body.

use super::body::Body;
use super::error::FramingError;
use super::limits::HttpLimits;
use super::section::Section;

/// Reads one message, whose head becomes a `P`.
#[derive(Debug)]
pub(super) struct Message<P> {
    limits: HttpLimits,
    has_begun: bool,
    state: State<P>,
}

#[derive(Debug)]
enum State<P> {
    Head(Section),
    Body(P, Body),
    /// It was handed out, or refused.
    Done,
}

/// How many bytes were used, and the head and body of the message once it is whole.
pub(super) type Progress<P> = Result<(usize, Option<(P, Vec<u8>)>), FramingError>;

/// What becomes of a head.
pub(super) type Read<P> = Result<Option<(P, Body)>, FramingError>;

impl<P> Message<P> {
    pub(super) fn new(limits: &HttpLimits) -> Message<P> {
        Message { limits: *limits, has_begun: false, state: State::Head(Section::default()) }
    }

    pub(super) fn has_begun(&self) -> bool {
        self.has_begun
    }

    /// The head, once it has come, while the body is on its way.
    pub(super) fn head(&mut self) -> Option<&mut P> {
        match &mut self.state {
            State::Body(head, _) => Some(head),
            State::Head(_) | State::Done => None,
        }
    }

    /// Reads on. `parse` makes of a head what it is and the body that follows it; with `None` another
    /// head follows.
    pub(super) fn read(
        &mut self,
        bytes: &[u8],
        mut parse: impl FnMut(&Section, &HttpLimits) -> Read<P>,
    ) -> Progress<P> {
        self.has_begun |= !bytes.is_empty();
        let mut used = 0;
        while used < bytes.len() && !matches!(self.state, State::Done) {
            let state = std::mem::replace(&mut self.state, State::Done); // after an error it stays so
            let (length, next) = step(state, &bytes[used..], &self.limits, &mut parse)?;
            used += length;
            match next {
                State::Body(head, body) if body.is_whole() => {
                    return Ok((used, Some((head, body.into_bytes()))));
                }
                next => self.state = next,
            }
        }
        Ok((used, None))
    }

    /// The stream has ended: a body that ends with it is whole.
    pub(super) fn end(&mut self) -> Result<(P, Vec<u8>), FramingError> {
        match std::mem::replace(&mut self.state, State::Done) {
            State::Body(head, body) if body.ends_with_stream() => Ok((head, body.into_bytes())),
            _ => Err(FramingError::Truncated),
        }
    }
}

/// Reads to the end of the head, of the body, or of the bytes.
fn step<P>(
    state: State<P>,
    bytes: &[u8],
    limits: &HttpLimits,
    parse: &mut impl FnMut(&Section, &HttpLimits) -> Read<P>,
) -> Result<(usize, State<P>), FramingError> {
    match state {
        State::Head(mut head) => {
            let (used, ended) = head.read(bytes, limits, 1)?; // the first line is no field
            let next = match ended {
                false => State::Head(head),
                true => parse(&head, limits)?
                    .map_or(State::Head(Section::default()), |(head, body)| State::Body(head, body)),
            };
            Ok((used, next))
        }
        State::Body(head, mut body) => Ok((body.read(bytes, limits)?, State::Body(head, body))),
        State::Done => Ok((0, State::Done)),
    }
}
