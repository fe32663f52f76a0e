//! What the study says, on the originals themselves: mixed herds, the pairs of docs/twisted.md, the drawings. They need
//! Python, and most of them Twisted.

#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "the tests stand outside of the reactor"
)]
#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

#[path = "../common/mod.rs"]
mod common;

mod mixed;
mod study_drawings;
mod twisted_map;
