//! A service of places on loopback, asked as Google's Nearby Search (Legacy) is.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use super::script::replace;

/// The response to a request with this query.
type Answer = dyn Fn(&str) -> Response + Send + Sync;

#[derive(Clone, Debug)]
pub(crate) struct Response {
    /// Of HTTP.
    pub(crate) status: &'static str,
    pub(crate) body: Vec<u8>,
    /// How long it takes.
    pub(crate) after: Duration,
}

impl Response {
    pub(crate) fn ok(body: impl Into<String>) -> Response {
        Response { status: "200 OK", body: body.into().into(), after: Duration::ZERO }
    }

    /// With what the server has asked, less its key, for `{query}`, and with the key for `{key}`.
    pub(crate) fn about(self, query: &str) -> Response {
        let (query, key) = query.split_once("&key=").unwrap();
        let body = replace(&self.body, b"{query}", query.as_bytes());
        Response { body: replace(&body, b"{key}", key.as_bytes()), ..self }
    }
}

/// Opens a service that answers so; its threads end with the test program. Its URL.
pub(crate) fn open(answer: impl Fn(&str) -> Response + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (url, answer) = (format!("http://{}", listener.local_addr().unwrap()), Arc::new(answer));
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let answer = Arc::clone(&answer);
            std::thread::spawn(move || serve(stream, &*answer));
        }
    });
    url
}

/// One request after the other, until the server has gone.
fn serve(stream: TcpStream, answer: &Answer) {
    stream.set_nodelay(true).unwrap();
    let mut stream = BufReader::new(stream);
    while let Some(query) = query(&mut stream) {
        let Response { status, body, after } = answer(&query);
        std::thread::sleep(after);
        let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len());
        if stream.get_mut().write_all(&[head.as_bytes(), &body].concat()).is_err() {
            return;
        }
    }
}

/// That of the next request.
fn query(stream: &mut impl BufRead) -> Option<String> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let target = head.strip_prefix("GET /maps/api/place/nearbysearch/json?")?;
    Some(target.split(' ').next()?.to_owned())
}
