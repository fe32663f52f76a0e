//! A client on a plain socket.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use super::PATIENCE;

/// One connection. Whatever does not come in time fails the test.
pub(crate) struct Client(BufReader<TcpStream>);

impl Client {
    pub(crate) fn connect(to: SocketAddr) -> Client {
        Client::of(TcpStream::connect(to).unwrap())
    }

    fn of(stream: TcpStream) -> Client {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Client(BufReader::new(stream))
    }

    pub(crate) fn send(&self, bytes: impl AsRef<[u8]>) {
        self.stream().write_all(bytes.as_ref()).unwrap();
    }

    /// The same to somebody who may have closed already.
    pub(crate) fn send_if_open(&self, bytes: impl AsRef<[u8]>) {
        let _ = self.stream().write_all(bytes.as_ref());
    }

    /// Sends a byte now and then, until all are sent or nobody takes them any more.
    pub(crate) fn drip(&self, bytes: &[u8]) {
        for byte in bytes {
            std::thread::sleep(Duration::from_millis(100));
            if self.stream().write_all(&[*byte]).is_err() {
                return;
            }
        }
    }

    /// The next line, without its LF; `None` at the end, be it a reset.
    pub(crate) fn line(&mut self) -> Option<Vec<u8>> {
        let mut line = Vec::new();
        accept_reset(self.0.read_until(b'\n', &mut line));
        line.pop().inspect(|end| assert_eq!(*end, b'\n', "{}", line.escape_ascii()))?;
        Some(line)
    }

    /// Sends a line and reads one.
    pub(crate) fn ask(&mut self, line: &str) -> String {
        self.send(format!("{line}\n"));
        String::from_utf8(self.line().unwrap()).unwrap()
    }

    /// Sends a WHATSAT and reads its answer: the AT line, the places, and the empty line.
    pub(crate) fn whatsat(&mut self, query: &str) -> String {
        self.send(format!("WHATSAT {query}\n"));
        self.whatsat_answer()
    }

    /// The answer to a WHATSAT that was sent.
    pub(crate) fn whatsat_answer(&mut self) -> String {
        let mut answer = String::from_utf8(self.line().unwrap()).unwrap() + "\n";
        while answer.starts_with("AT ") && !answer.ends_with("\n\n") {
            answer += &String::from_utf8(self.line().unwrap()).unwrap();
            answer.push('\n');
        }
        answer
    }

    /// Sends nothing more.
    pub(crate) fn finish(&self) {
        self.stream().shutdown(Shutdown::Write).unwrap();
    }

    /// The same to a server that may have closed already.
    pub(crate) fn finish_if_open(&self) {
        let _ = self.stream().shutdown(Shutdown::Write);
    }

    /// Everything up to the end, be it a reset.
    pub(crate) fn rest(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        accept_reset(self.0.read_to_end(&mut bytes));
        bytes
    }

    pub(crate) fn stream(&self) -> &TcpStream {
        self.0.get_ref()
    }
}

/// Fails the test if this is an error, unless the other side has reset the connection.
fn accept_reset(read: io::Result<usize>) {
    if let Err(error) = read {
        assert_eq!(error.kind(), ErrorKind::ConnectionReset, "no end: {error}");
    }
}

/// Where somebody else than a server is dialled.
pub(crate) struct Door(TcpListener);

impl Door {
    /// At this port; 0: any.
    pub(crate) fn open(port: u16) -> Door {
        Door(TcpListener::bind(("127.0.0.1", port)).unwrap())
    }

    pub(crate) fn port(&self) -> u16 {
        self.0.local_addr().unwrap().port()
    }

    /// The next who comes.
    pub(crate) fn admit(&self) -> Client {
        Client::of(self.0.accept().unwrap().0)
    }
}
