//! One-shot answers: what Twisted does with a `Deferred` and one callback.

use crate::net::ConnId;
use crate::requests::{AppCall, Call, LinkCall};

/// Whom an answer reaches, and how it becomes a continuation there.
enum To<A, T> {
    Link(ConnId, Box<dyn FnOnce(T) -> LinkCall<A>>),
    App(Box<dyn FnOnce(T) -> AppCall<A>>),
}

/// An answer that is yet to come, addressed to the one who asked.
///
/// Whoever is asked keeps it and gives it, with the value, to
/// [`Requests::send`](crate::Requests::send); the continuation then runs on the asking connection
/// this turn. If that connection has gone meanwhile, the value is dropped (law 3).
#[must_use = "an answer that is never sent leaves the asker waiting"]
pub struct Reply<A, T>(To<A, T>);

impl<A, T> Reply<A, T> {
    pub(super) fn to_link(id: ConnId, then: impl FnOnce(T) -> LinkCall<A> + 'static) -> Reply<A, T> {
        Reply(To::Link(id, Box::new(then)))
    }

    pub(super) fn to_app(then: impl FnOnce(T) -> AppCall<A> + 'static) -> Reply<A, T> {
        Reply(To::App(Box::new(then)))
    }

    /// The connection that asked; `None` for the application.
    pub fn asker(&self) -> Option<ConnId> {
        match &self.0 {
            To::Link(id, _) => Some(*id),
            To::App(_) => None,
        }
    }

    pub(crate) fn with(self, value: T) -> Call<A> {
        match self.0 {
            To::Link(id, then) => Call::Link(id, then(value)),
            To::App(then) => Call::App(then(value)),
        }
    }
}

impl<A, T> std::fmt::Debug for Reply<A, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Reply").field(&self.asker()).finish()
    }
}
