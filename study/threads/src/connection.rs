//! One connection, and the thread that serves it.

use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::net::TcpStream;

use herd::command::{AtLine, Command, Query, Report};

use crate::server::{Server, at_line};

/// Twisted's `LineReceiver.MAX_LENGTH`: whoever exceeds it is closed.
const LONGEST_LINE: u64 = 16 * 1024;

/// Replies wait in the writer while further lines are at hand, so that pipelined ones share a system call,
/// as they do in a loop.
pub(crate) struct Connection<'a> {
    server: &'a Server,
    reader: BufReader<&'a TcpStream>,
    writer: BufWriter<&'a TcpStream>,
}

impl<'a> Connection<'a> {
    pub(crate) fn new(server: &'a Server, stream: &'a TcpStream) -> Connection<'a> {
        let _ = stream.set_nodelay(true); // without it replies come all the same, only later
        Connection { server, reader: BufReader::new(stream), writer: BufWriter::new(stream) }
    }

    /// Reads, answers and blocks, until the peer closes.
    pub(crate) fn serve(mut self) -> io::Result<()> {
        let mut line = Vec::new();
        while self.read_line(&mut line)? {
            self.obey(&line)?;
            if !self.reader.buffer().contains(&b'\n') {
                self.writer.flush()?;
            }
        }
        self.writer.flush()
    }

    /// Reads the next line, without its end; `false`: there is none, or none that is served.
    fn read_line(&mut self, line: &mut Vec<u8>) -> io::Result<bool> {
        line.clear();
        (&mut self.reader).take(LONGEST_LINE + 1).read_until(b'\n', line)?;
        Ok(line.pop_if(|byte| *byte == b'\n').is_some())
    }

    fn obey(&mut self, line: &[u8]) -> io::Result<()> {
        match Command::parse(line) {
            Ok(Command::Iamat(report)) => self.iamat(report),
            Ok(Command::At(at)) => self.at(&at),
            Ok(Command::Whatsat(query)) => self.whatsat(line, &query),
            Err(_) => self.bad_request(line),
        }
    }

    /// The client has its answer before the neighbours are told, for they may take their time.
    fn iamat(&mut self, report: Report<'_>) -> io::Result<()> {
        let difference = Server::difference(&report);
        let at = AtLine::new(self.server.name().as_bytes(), difference.as_bytes(), report);
        let is_news = self.server.report(&at);
        let mut reply = Vec::new();
        at.write_to(&mut reply);
        self.reply(&[&reply, b"\n"])?;
        self.pass_on(is_news, &at)
    }

    /// Nobody is answered: the sender has closed.
    fn at(&mut self, at: &AtLine<'_>) -> io::Result<()> {
        let is_news = self.server.hear(at);
        self.pass_on(is_news, at)
    }

    fn pass_on(&mut self, is_news: bool, at: &AtLine<'_>) -> io::Result<()> {
        if is_news && self.server.has_neighbours() {
            self.writer.flush()?;
            self.server.flood(at);
        }
        Ok(())
    }

    fn whatsat(&mut self, line: &[u8], query: &Query<'_>) -> io::Result<()> {
        let Some(record) = self.server.look_up(query.id) else { return self.bad_request(line) };
        self.writer.flush()?; // places take their time
        let location = at_line(&record).map(|at| at.location);
        match location.and_then(|location| self.server.places()?.near(location, query)) {
            Some(places) => self.reply(&[&record, b"\n", &places]),
            None => self.bad_request(line),
        }
    }

    /// The paper's `bad_request`: a question mark, and what was said.
    fn bad_request(&mut self, line: &[u8]) -> io::Result<()> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        self.reply(&[b"? ", line, b"\n"])
    }

    fn reply(&mut self, parts: &[&[u8]]) -> io::Result<()> {
        parts.iter().try_for_each(|part| self.writer.write_all(part))
    }
}
