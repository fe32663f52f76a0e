//! Many connections that say little or nothing.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};

use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit, setrlimit};

/// Descriptors for the rest of this program: its tests run in parallel, and one of them has a crowd of 2,000.
const OWN: usize = 4_500;

/// As many of `count` connections as this program's descriptors allow; their limit is raised as far as it goes.
pub(crate) fn allowed(count: usize) -> usize {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).unwrap();
    let descriptors = limit.maximum.map_or(usize::MAX, |most| usize::try_from(most).unwrap());
    let allowed = count.min(descriptors.saturating_sub(OWN));
    if allowed < count {
        println!("{allowed} connections instead of {count}: the hard limit of descriptors is {descriptors}");
    }
    allowed
}

/// Connections to one server.
pub(crate) struct Crowd(Vec<Member>);

struct Member {
    stream: TcpStream,
    /// It was told something.
    heard: bool,
    /// The server has not closed it so far.
    open: bool,
}

impl Crowd {
    pub(crate) fn of(count: usize, at: SocketAddr) -> Crowd {
        let connect = |_| {
            let stream = TcpStream::connect(at).unwrap();
            stream.set_nonblocking(true).unwrap();
            Member { stream, heard: false, open: true }
        };
        Crowd((0..count).map(connect).collect())
    }

    /// All of them say the same, which is short.
    pub(crate) fn say(&mut self, bytes: &[u8]) {
        for member in &mut self.0 {
            let _ = member.stream.write_all(bytes); // some may have been closed
        }
    }

    /// Whether each was told something so far.
    pub(crate) fn all_heard(&mut self) -> bool {
        self.0.iter_mut().for_each(Member::listen);
        self.0.iter().all(|member| member.heard)
    }

    /// How many are still open.
    pub(crate) fn open(&mut self) -> usize {
        self.0.iter_mut().for_each(Member::listen);
        self.0.iter().filter(|member| member.open).count()
    }
}

impl Member {
    /// Takes what is there, and throws it away.
    fn listen(&mut self) {
        let mut buffer = [0; 4096];
        while self.open {
            match self.stream.read(&mut buffer) {
                Ok(1..) => self.heard = true,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                _ => self.open = false,
            }
        }
    }
}

/// A process that may open few more files than it has.
pub(crate) struct Scarcity {
    process: Option<Pid>,
    before: Rlimit,
}

impl Scarcity {
    /// So many more.
    pub(crate) fn of(process: u32, more: usize) -> Scarcity {
        let used = std::fs::read_dir(format!("/proc/{process}/fd")).unwrap().count();
        let process = Pid::from_raw(i32::try_from(process).unwrap());
        let maximum = getrlimit(Resource::Nofile).maximum; // which it has from us
        let most = Rlimit { current: Some(u64::try_from(used + more).unwrap()), maximum };
        let before = prlimit(process, Resource::Nofile, most).unwrap();
        Scarcity { process, before }
    }

    pub(crate) fn end(self) {
        prlimit(self.process, Resource::Nofile, self.before).unwrap();
    }
}
