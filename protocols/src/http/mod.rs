//! HTTP/1.1 (RFC 9110 and 9112), read strictly.
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
//! httparse reads the heads; everything else is here. The readers know no socket: bytes go in, however
//! they were cut, and a message comes out.

mod answer;
mod body;
mod chunked;
mod error;
mod handler;
mod head;
mod limits;
mod message;
mod request;
mod response;
mod section;
mod server;

pub use error::FramingError;
pub use handler::HttpHandler;
pub use limits::HttpLimits;
pub use request::{Asked, RequestReader};
pub use response::{Received, ResponseReader};
pub use server::{HttpServer, HttpServerConfig};
