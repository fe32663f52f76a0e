//! HTTP/1.1 (RFC 9110 and 9112), read strictly.
//!
//! [`Agent`] is the client and [`HttpServer`] the server; `examples/get.rs` and `examples/http_server.rs` make
//! programs of them. Requests and responses are those of the crate `http`, with their bodies whole and in memory,
//! within [`HttpLimits`]. There is no HTTP/2, no compression and no cookie, and a redirection is an answer like
//! any other.
//!
//! # What is refused
//!
//! Where a message ends decides where the next one begins; two sides that do not agree about it can be
//! made to take one message for another. So whatever could be read in two ways is refused, with a
//! [`FramingError`] that says what it was, and the connection is closed:
//!
//! | what | here |
//! |---|---|
//! | several Content-Length, even equal ones; a list in one | refused |
//! | Content-Length beside Transfer-Encoding | refused |
//! | a length or chunk size with a sign, `0x`, inner spaces, or beyond its range | refused |
//! | a Transfer-Encoding other than `chunked`, or in HTTP/1.0 | refused |
//! | LF without CR, in a head or between chunks | refused |
//! | a folded field, a control character in one, a space before its colon | refused |
//! | a chunk without CRLF behind it, a chunk's line without end | refused |
//! | the stream ends before the length that was promised | [`FramingError::Truncated`] |
//! | chunk extensions, trailers | bounded, checked, dropped |
//! | more than [`HttpLimits`] allows | refused as soon as it is known |
//!
//! The first four do not count in a response that has no body whatever its fields say: a 2xx to CONNECT, any to HEAD,
//! 204 and 304. Its end is in no doubt, but after such fields its connection is not used again.
//!
//! httparse reads the heads; everything else is here. The readers know no socket: bytes go in, however
//! they were cut, and a message comes out. [`HttpServer`] and [`Agent`] put connections around them. The
//! agent is tried on nginx, Apache, Node, Python and tinyproxy in `tests/real_servers`.

mod agent;
mod body;
mod chunked;
mod error;
mod head;
mod limits;
mod message;
mod request;
mod response;
mod section;
mod server;

pub use agent::{
    Agent, AgentConfig, AgentCounters, BadProxy, BadUri, HttpError, HttpResult, Proxies, ProxyError,
};
pub use error::FramingError;
pub use limits::HttpLimits;
pub use request::{Asked, RequestReader};
pub use response::{Received, ResponseReader};
pub use server::{HttpHandler, HttpServer, HttpServerConfig};
