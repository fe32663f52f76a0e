//! The protocols without sockets: what they take, what they refuse, and what they answer. So, too, the examples.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../http_oracle/mod.rs"]
mod http_oracle;
#[path = "../segments/mod.rs"]
mod segments;

mod examples;
mod http_corpus;
mod http_request;
mod http_response;
mod http_segments;
mod http_server;
mod lines;
mod strings;
