//! A server of others, as a process.

#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "the tests stand outside of the reactor"
)]

use std::env;
use std::fs::File;
use std::net::{TcpStream, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::thread;
use std::time::Duration;

use crate::folder::Folder;

/// Where programs are looked for that are not in `PATH`: daemons, for those who are not root.
const DAEMONS: &str = "/usr/sbin";
/// Attempts to connect to a server that starts, and the pause between them: two minutes in all.
const TRIES: (u32, Duration) = (12_000, Duration::from_millis(10));

/// It is killed at the end. Each server is run as one process, so nobody is left behind.
pub(crate) struct Process(Child);

impl Process {
    /// Starts `command` in `folder`, and returns once it listens at `ports`.
    pub(crate) fn start(command: &mut Command, folder: &Folder, ports: &[u16]) -> Process {
        let log = || File::options().create(true).append(true).open(folder.file("output.log")).unwrap();
        let command = command.current_dir(folder.path()).stdin(Stdio::null()).stdout(log()).stderr(log());
        let mut process = Process(command.spawn().unwrap());
        for port in ports {
            if !process.comes_to_listen(*port) {
                panic!("{command:?}: it does not listen at {port}\n{}", said(folder));
            }
        }
        process
    }

    fn comes_to_listen(&mut self, port: u16) -> bool {
        (0..TRIES.0).any(|_| {
            let runs = self.0.try_wait().unwrap().is_none();
            let listens = runs && TcpStream::connect(("127.0.0.1", port)).is_ok();
            if runs && !listens {
                thread::sleep(TRIES.1);
            }
            listens
        })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill(); // it may have ended by itself
        let _ = self.0.wait();
    }
}

/// What a server has to say about its failure.
fn said(folder: &Folder) -> String {
    let logs = ["output.log", "error.log", "tinyproxy.log"].map(|name| folder.read(name));
    String::from_utf8_lossy(&logs.concat()).into_owned()
}

/// Where a program is; `None`, after saying so, if it is not installed and need not be.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain([DAEMONS.into()]);
    let found = folders.map(|folder| folder.join(name)).find(|file| file.is_file());
    if found.is_none() {
        skip(&format!("{name} is not installed"));
    }
    found
}

/// Says why a test shows nothing, or fails if it has to show something.
pub(crate) fn skip(why: &str) {
    assert!(env::var_os("REAL_SERVERS").is_none_or(|value| value != "1"), "{why}");
    eprintln!("skipped: {why}");
}

/// Returns a free TCP port below the ephemeral range. The UDP socket with the same number reserves it among the test
/// programs of this workspace: all of them reserve their ports so (`PortClaim` in tests/common).
pub(crate) fn free_port() -> (u16, UdpSocket) {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = 12_500 + u16::try_from(std::process::id() % 150).unwrap() * 100;
    let mut ports = (0..5000).map(|_| first + NEXT.fetch_add(1, Ordering::Relaxed) % 5000);
    let claim = |port| {
        let claim = UdpSocket::bind(("127.0.0.1", port)).ok()?;
        // Not by listening there: a process that another test starts meanwhile would hold that listener until exec.
        TcpStream::connect(("127.0.0.1", port)).is_err().then_some((port, claim))
    };
    ports.find_map(claim).unwrap()
}
