//! Servers as real processes on loopback, for tests from outside.

#![allow(dead_code, reason = "every test program uses its own part of it")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "the tests stand outside of the reactor"
)]

pub(crate) mod authority;
pub(crate) mod client;
pub(crate) mod missing;
pub(crate) mod reports;
pub(crate) mod twisted;
pub(crate) mod visitor;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

pub(crate) use client::Client;

pub(crate) const NAMES: [&str; 5] = ["Alford", "Ball", "Hamilton", "Holiday", "Welsh"];

/// Time limit of every wait. It only ends a test that hangs; no speed is asserted.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// The five servers of a configuration with its own folder and ports; those that run are killed at the end.
pub(crate) struct Herd {
    folder: TempDir,
    /// Of each server, for clients; the next port is for neighbours.
    addresses: BTreeMap<&'static str, SocketAddr>,
    _claims: Vec<PortClaim>,
    running: BTreeMap<&'static str, Process>,
}

impl Herd {
    /// A herd of which no server runs yet.
    pub(crate) fn new() -> Herd {
        Herd::at(|_| Ipv4Addr::LOCALHOST)
    }

    /// The same with hosts of their own.
    pub(crate) fn at(host: impl Fn(&str) -> Ipv4Addr) -> Herd {
        let folder = tempfile::tempdir().unwrap();
        let claims: Vec<PortClaim> = NAMES.into_iter().map(|_| free_ports()).collect();
        let address = |(name, claim): (_, &PortClaim)| (name, SocketAddr::from((host(name), claim.first)));
        let addresses: BTreeMap<_, _> = NAMES.into_iter().zip(&claims).map(address).collect();
        let mut toml = String::from("herd.dir = \"data\"\n");
        for (name, address) in &addresses {
            let (host, port, peer) = (address.ip(), address.port(), address.port() + 1);
            let host = if host.is_loopback() { String::new() } else { format!("host = \"{host}\", ") };
            let ports = format!("client_port = {port}, peer_port = {peer}, web_port = 0");
            writeln!(toml, "servers.{name} = {{ {host}{ports} }}").unwrap();
        }
        fs::write(folder.path().join("herd.toml"), toml).unwrap();
        Herd { folder, addresses, _claims: claims, running: BTreeMap::new() }
    }

    /// All five run and listen.
    pub(crate) fn of_five() -> Herd {
        let mut herd = Herd::new();
        NAMES.into_iter().for_each(|name| herd.start(name));
        herd
    }

    /// Welsh alone, configured with these flags.
    pub(crate) fn of_one(flags: &[&str]) -> Herd {
        let mut herd = Herd::new();
        herd.start_with("Welsh", flags);
        herd
    }

    pub(crate) fn start(&mut self, name: &'static str) {
        self.start_with(name, &[]);
    }

    /// Starts a server and waits until it listens.
    pub(crate) fn start_with(&mut self, name: &'static str, flags: &[&str]) {
        self.start_command(name, &mut self.command(&[&[name], flags].concat()));
    }

    /// The same with a command that was changed.
    pub(crate) fn start_command(&mut self, name: &'static str, command: &mut Command) {
        let mut process = self.spawn_command(name, command);
        eventually(&format!("{name} is ready"), || {
            let is_ready = self.said(name).contains(": ready: ");
            assert!(is_ready || process.is_running(), "{name} does not start: {}", self.said(name));
            is_ready
        });
        self.running.insert(name, process);
    }

    /// Runs `herd` with these arguments; what it says is found under `name`.
    pub(crate) fn spawn(&self, name: &str, arguments: &[&str]) -> Process {
        self.spawn_command(name, &mut self.command(arguments))
    }

    /// The same with a command that was changed.
    pub(crate) fn spawn_command(&self, name: &str, command: &mut Command) -> Process {
        let said = File::create(self.path(&format!("{name}.err"))).unwrap();
        Process(command.stdout(Stdio::null()).stderr(said).spawn().unwrap())
    }

    /// Runs `herd` with these arguments to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// `herd` in the folder of this herd, where its configuration is.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        self.command_by(&[], arguments)
    }

    /// The same, started by another program that makes itself into ours.
    pub(crate) fn command_by(&self, starter: &[&str], arguments: &[&str]) -> Command {
        let program = [starter, &[env!("CARGO_BIN_EXE_herd")]].concat();
        let mut command = Command::new(program[0]);
        let is_ours = |name: &str| name.starts_with("HERD_") || name.to_lowercase().ends_with("_proxy");
        for (name, _) in std::env::vars_os().filter(|(name, _)| is_ours(&name.to_string_lossy())) {
            command.env_remove(name);
        }
        command.args(&program[1..]).args(arguments);
        command.env_remove("RUST_LOG").stdin(Stdio::null()).current_dir(&self.folder);
        command
    }

    pub(crate) fn process(&mut self, name: &str) -> &mut Process {
        self.running.get_mut(name).unwrap()
    }

    pub(crate) fn kill(&mut self, name: &str) {
        self.running.remove(name).unwrap();
    }

    /// Starts a server that says everything, also what is said but rarely.
    pub(crate) fn start_talkative(&mut self, name: &'static str, flags: &[&str]) {
        let mut command = self.command(&[&[name], flags].concat());
        let process = self.spawn_command(name, command.env("RUST_LOG", "herd=debug"));
        self.running.insert(name, process);
        eventually(&format!("{name} is ready"), || self.said(name).contains(": ready: "));
    }

    pub(crate) fn client(&self, name: &str) -> Client {
        Client::connect(self.address(name))
    }

    /// A connection to the port for neighbours.
    pub(crate) fn stranger(&self, name: &str) -> Client {
        Client::connect(SocketAddr::new(self.address(name).ip(), self.port(name) + 1))
    }

    pub(crate) fn port(&self, name: &str) -> u16 {
        self.address(name).port()
    }

    /// Where a server's clients connect.
    pub(crate) fn address(&self, name: &str) -> SocketAddr {
        self.addresses[name]
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What a server said on standard error so far.
    pub(crate) fn said(&self, name: &str) -> String {
        read(&self.path(&format!("{name}.err")))
    }

    /// The log of a server so far.
    pub(crate) fn log(&self, name: &str) -> String {
        read(&self.path(&format!("data/{name}.log")))
    }

    /// The AT line by which a server knows a client.
    pub(crate) fn knows(&self, name: &str, id: &str) -> Option<String> {
        let answer = self.client(name).ask(&format!("WHATSAT {id} 1 1"));
        answer.starts_with("AT ").then_some(answer)
    }

    /// Waits until all `servers` know the client by this line.
    pub(crate) fn await_news(&self, servers: &[&str], id: &str, line: &str) {
        for name in servers {
            let knows = || self.knows(name, id).as_deref() == Some(line);
            eventually(&format!("{name} knows {id} by {line:?}"), knows);
        }
    }
}

fn read(path: &Path) -> String {
    String::from_utf8(fs::read(path).unwrap_or_default()).unwrap()
}

/// A process that does not outlive its test.
pub(crate) struct Process(Child);

impl Process {
    pub(crate) fn of(child: Child) -> Process {
        Process(child)
    }

    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.0), signal).unwrap();
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }

    /// Waits for its end.
    pub(crate) fn end(&mut self) -> ExitStatus {
        let mut status = None;
        eventually("a process ends", || {
            status = self.0.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits until something is so.
pub(crate) fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    eventually_or_why(what, || (!is_so()).then(String::new));
}

/// The same where it can be said why it is not so yet.
pub(crate) fn eventually_or_why(what: &str, mut why_not: impl FnMut() -> Option<String>) {
    let deadline = Instant::now() + PATIENCE;
    while let Some(why) = why_not() {
        assert!(Instant::now() < deadline, "still not so after {PATIENCE:?}: {what} {why}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Two neighbouring TCP ports, reserved among the test programs of this workspace by UDP sockets with the same numbers.
/// TCP sockets would keep the server from listening.
struct PortClaim {
    first: u16,
    _udp: [UdpSocket; 2],
}

/// Reserves two free ports below the ephemeral range, from which an outgoing connection could take one between two
/// starts of a server.
fn free_ports() -> PortClaim {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = 12_500 + u16::try_from(std::process::id() % 150).unwrap() * 100;
    // Not by listening there: a process that another test starts meanwhile would hold that listener until it calls exec.
    let is_free = |port: u16| TcpStream::connect(("127.0.0.1", port)).is_err();
    let claim = |first: u16| {
        let udp = |port: u16| UdpSocket::bind(("127.0.0.1", port)).ok();
        let claim = PortClaim { first, _udp: [udp(first)?, udp(first + 1)?] };
        (is_free(first) && is_free(first + 1)).then_some(claim)
    };
    (0..1000).find_map(|_| claim(first + NEXT.fetch_add(2, Ordering::Relaxed) % 5000)).unwrap()
}
