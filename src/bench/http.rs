//! Lines in the bodies of HTTP requests, for servers that are reached so.

use protocols::http::{HttpLimits, Received, ResponseReader};
use reactor::{AppCx, ConnectError, Cx, Protocol, Reason};

use super::connection::{failed, go_on, hear, lost, made};
use super::load::{Brought, Load};

/// The head of each request to a host, up to the length of its body.
pub(super) fn head(path: &str, host: &str) -> Vec<u8> {
    format!("POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: text/plain\r\nContent-Length: ")
        .into_bytes()
}

/// One connection that is kept alive; the body of each response is a reply. A server that closes it instead is
/// dialled again, which counts as a connection that was lost.
#[derive(Debug)]
pub(super) struct HttpConnection {
    place: usize,
    reader: ResponseReader,
}

impl HttpConnection {
    pub(super) fn new(place: usize) -> HttpConnection {
        HttpConnection { place, reader: reader() }
    }

    /// One reply. The empty line that ends a WHATSAT's may be missing: the end of the body is one.
    fn reply(&self, cx: &mut Cx<'_, Load, Self>, body: &[u8]) {
        let mut lines = body.trim_ascii_end().split(|byte| *byte == b'\n').chain([&b""[..]]);
        let is_over = lines.any(|line| hear(self.place, cx, line) != Brought::Part);
        debug_assert!(is_over, "an empty line ends any reply");
        go_on(self.place, cx);
    }
}

fn reader() -> ResponseReader {
    ResponseReader::new(&http::Method::POST, &HttpLimits::default())
}

impl Protocol<Load> for HttpConnection {
    fn connection_made(&mut self, cx: &mut Cx<'_, Load, Self>) {
        made(self.place, cx);
    }

    fn data_received(&mut self, cx: &mut Cx<'_, Load, Self>, mut data: &[u8]) {
        while !data.is_empty() && cx.transport.is_reading() {
            match self.reader.read(data) {
                Ok((used, Some(Received { response, reusable, .. }))) => {
                    data = &data[used..];
                    self.reader = reader();
                    self.reply(cx, response.body());
                    if !reusable {
                        cx.transport.lose_connection();
                    }
                }
                Ok((_, None)) => return,
                Err(_) => cx.transport.abort_connection(),
            }
        }
    }

    fn read_closed(&mut self, cx: &mut Cx<'_, Load, Self>) {
        if let Ok(Received { response, .. }) = self.reader.end() {
            self.reply(cx, response.body());
        }
        cx.transport.lose_connection();
    }

    fn stopping(&mut self, cx: &mut Cx<'_, Load, Self>) {
        cx.transport.abort_connection();
    }

    fn connection_lost(&mut self, cx: &mut Cx<'_, Load, Self>, _: &Reason) {
        lost(self.place, cx);
    }

    fn connect_failed(&mut self, cx: &mut AppCx<'_, Load>, error: &ConnectError) {
        failed(self.place, cx, error);
    }
}
