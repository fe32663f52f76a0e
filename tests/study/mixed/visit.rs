//! A client that says what the script says, and writes down what it hears.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use rustix::net::sockopt;

use super::script::{Case, Way};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// A line that either kind answers: by then whatever was said before it has been heard.
const LAST: &[u8] = b"that was all\n";
const LAST_ANSWERED: &[u8] = b"? that was all\n";
/// What is written down when the server closes.
const CLOSED: &[u8] = b"(closed)\n";

/// Says what `case` says to `server`, and gives what is heard in return.
pub(crate) fn visit(server: SocketAddr, case: &Case) -> Vec<u8> {
    let mut visitor = Visitor::connect(server);
    match case.way {
        Way::InTurn => case.lines.iter().for_each(|line| visitor.ask(line)),
        Way::AtOnce => visitor.ask_at_once(&case.lines),
        Way::ThenShut => visitor.say_and_shut(&case.lines),
    }
    visitor.heard
}

struct Visitor {
    stream: TcpStream,
    heard: Vec<u8>,
    is_closed: bool,
}

impl Visitor {
    fn connect(server: SocketAddr) -> Visitor {
        let stream = TcpStream::connect(server).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Visitor { stream, heard: Vec::new(), is_closed: false }
    }

    /// Says a line and hears all that it brings about.
    fn ask(&mut self, line: &[u8]) {
        let start = self.heard.len();
        self.say(&[line, b"\n"].concat());
        if is_question(line) {
            self.hear_until(|heard| is_answer(&heard[start..]));
        }
        self.say(LAST);
        self.hear_until(|heard| heard.ends_with(LAST_ANSWERED));
        self.forget_last();
    }

    /// Says all lines in one breath; each question among them has to be a good one.
    fn ask_at_once(&mut self, lines: &[Vec<u8>]) {
        let questions = lines.iter().filter(|line| is_question(line)).count();
        self.say(&[&lines.join(&b'\n'), &b"\n"[..], LAST].concat());
        self.hear_until(|heard| count(heard, LAST_ANSWERED) == 1 && count(heard, b"\n\n") == questions);
        self.forget_last();
    }

    /// Says all lines, the last of them unfinished, and that this was all, in one packet: no server can have answered
    /// in between.
    fn say_and_shut(&mut self, lines: &[Vec<u8>]) {
        sockopt::set_tcp_cork(&self.stream, true).unwrap();
        self.say(&lines.join(&b'\n'));
        self.stream.shutdown(Shutdown::Write).unwrap();
        self.hear_until(|_| false);
    }

    fn say(&mut self, bytes: &[u8]) {
        // It may have closed; that is heard.
        let _ = self.stream.write_all(bytes);
    }

    /// Hears until it is enough, or until the server closes.
    fn hear_until(&mut self, is_enough: impl Fn(&[u8]) -> bool) {
        while !self.is_closed && !is_enough(&self.heard) {
            let mut buffer = [0; 4096];
            match self.stream.read(&mut buffer) {
                Ok(count) if count > 0 => self.heard.extend(&buffer[..count]),
                Err(error) if error.kind() != ErrorKind::ConnectionReset => {
                    panic!("{error} after {}", self.heard.escape_ascii());
                }
                _ => {
                    self.is_closed = true;
                    self.heard.extend(CLOSED);
                }
            }
        }
    }

    fn forget_last(&mut self) {
        let last = self.heard.windows(LAST_ANSWERED.len()).position(|part| part == LAST_ANSWERED);
        if let Some(last) = last {
            self.heard.drain(last..last + LAST_ANSWERED.len());
        }
    }
}

/// Whether either kind answers this in its own time.
fn is_question(line: &[u8]) -> bool {
    count(line, b"WHATSAT") > 0
}

/// Whether all of the answer to a question is there.
fn is_answer(heard: &[u8]) -> bool {
    heard.ends_with(if heard.starts_with(b"AT ") { b"\n\n" } else { b"\n" })
}

fn count(bytes: &[u8], part: &[u8]) -> usize {
    bytes.windows(part.len()).filter(|window| *window == part).count()
}
