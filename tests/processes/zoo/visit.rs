//! What a herd makes of one server of the zoo: a process of its own asks it, as a user would have it asked.

use std::fs;
use std::io::ErrorKind;
use std::thread;
use std::time::{Duration, Instant};

use herd::places::squeeze;
use rustix::process::Signal;

use super::cage::Cage;
use super::manner::PLACES;
use crate::common::authority::trusted;
use crate::common::{Client, Herd, PATIENCE, Process, eventually};

const KEY: &str = "a-key-that-nobody-sees";
const QUESTION: &str = "kiwi 10 5";
/// The most memory that a server may ever have held, in KiB.
const MOST_MEMORY: u64 = 64 * 1024;

/// What a WHATSAT comes to.
#[derive(Clone, Copy)]
pub(crate) enum Verdict {
    /// The places, to the byte.
    Places,
    /// `? `, and the log says this.
    None(&'static str),
}

/// A server of the zoo, and what is known of it.
pub(crate) struct Animal {
    name: &'static str,
    port: u16,
    verdict: Verdict,
    timeout: Duration,
    /// It keeps whoever asks waiting until somebody else was served.
    is_slow: bool,
    /// What is in order from the second request on.
    is_reformed: bool,
    /// It must not be asked again on the connection on which it was.
    is_given_up: bool,
    pub(crate) cage: Option<Cage>,
}

impl Animal {
    pub(crate) fn in_cage(name: &'static str, cage: Cage, verdict: Verdict) -> Animal {
        Animal { cage: Some(cage), ..Animal::at(name, 0, verdict) }.with_port_of_cage()
    }

    /// One that somebody else runs.
    pub(crate) fn at(name: &'static str, port: u16, verdict: Verdict) -> Animal {
        Animal {
            name,
            port,
            verdict,
            timeout: PATIENCE,
            is_slow: false,
            is_reformed: false,
            is_given_up: false,
            cage: None,
        }
    }

    fn with_port_of_cage(mut self) -> Animal {
        self.port = self.cage.as_ref().map_or(self.port, |cage| cage.at().port());
        self
    }

    /// One whose connection is of no use any more once it has answered.
    pub(crate) fn given_up(self) -> Animal {
        Animal { is_given_up: true, ..self }
    }

    /// One that answers late, or never.
    pub(crate) fn slow(self, timeout: Duration) -> Animal {
        Animal { is_slow: true, timeout, ..self }
    }

    /// One that can be asked again.
    pub(crate) fn reformed(self) -> Animal {
        Animal { is_reformed: true, ..self }
    }
}

/// Has each of them asked, all at once.
pub(crate) fn visit_all(animals: &[Animal]) {
    thread::scope(|scope| {
        for animal in animals {
            let thread = thread::Builder::new().name(animal.name.to_owned());
            thread.spawn_scoped(scope, || visit(animal)).unwrap();
        }
    });
}

fn visit(animal: &Animal) {
    let herd = Herd::new();
    let mut server = start(&herd, animal);
    let (mut asker, mut other) = (herd.client("Welsh"), herd.client("Welsh"));
    let at = asker.ask("IAMAT kiwi +34.068930-118.445127 5");
    let asked = Instant::now();
    let is_time_up = || asked.elapsed() >= animal.timeout;
    asker.send(format!("WHATSAT {QUESTION}\n"));
    if let Some(cage) = animal.cage.as_ref().filter(|_| animal.is_slow) {
        eventually(animal.name, || cage.requests() > 0 || is_time_up());
    }
    assert_serves(&mut other, 1);
    if animal.is_slow {
        assert!(is_silent(&asker) || is_time_up(), "{}: it did not keep anybody waiting", animal.name);
    }
    animal.cage.iter().for_each(Cage::free);
    assert_verdict(animal, &at, &asker.whatsat_answer());
    assert_serves(&mut asker, 2);
    if let Some(cage) = animal.cage.as_ref().filter(|_| animal.is_given_up) {
        eventually(animal.name, || cage.ended() == 1);
    }
    if animal.is_reformed {
        assert_eq!(asker.whatsat(QUESTION), places(&at), "{}: asked again", animal.name);
    }
    assert!(server.is_running(), "{}", animal.name);
    assert_memory(animal, &server);
    server.signal(Signal::TERM);
    assert!(server.end().success(), "{}", animal.name);
    assert_log(animal, &(herd.said("Welsh") + &herd.log("Welsh")));
}

/// A server that says everything it can.
fn start(herd: &Herd, animal: &Animal) -> Process {
    fs::write(herd.path("ca.pem"), trusted()).unwrap();
    let url = format!("--set=places.base_url=https://localhost:{}", animal.port);
    let timeout = format!("--set=places.timeout={}s", animal.timeout.as_secs());
    let (provider, authority) = ("--set=places.provider=google-legacy", "--set=places.ca_file=ca.pem");
    let mut command = herd.command(&["Welsh", provider, &url, authority, &timeout]);
    command.env("GOOGLE_PLACES_API_KEY", KEY).env("RUST_LOG", "trace").env("NO_PROXY", "*");
    let server = herd.spawn_command("Welsh", &mut command);
    eventually("Welsh is ready", || herd.said("Welsh").contains(": ready: "));
    server
}

/// Another client is served, at once.
fn assert_serves(client: &mut Client, time: u32) {
    let at = client.ask(&format!("IAMAT emu +1-1 {time}"));
    assert!(at.starts_with("AT Welsh ") && at.ends_with(&format!(" emu +1-1 {time}")), "{at}");
}

/// Nothing has come for this client.
fn is_silent(client: &Client) -> bool {
    client.stream().set_nonblocking(true).unwrap();
    let peeked = client.stream().peek(&mut [0]);
    client.stream().set_nonblocking(false).unwrap();
    peeked.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
}

fn places(at: &str) -> String {
    format!("{at}\n{}", String::from_utf8(squeeze(PLACES.as_bytes())).unwrap())
}

fn assert_verdict(animal: &Animal, at: &str, answer: &str) {
    let expected = match animal.verdict {
        Verdict::Places => places(at),
        Verdict::None(_) => format!("? WHATSAT {QUESTION}\n"),
    };
    assert_eq!(answer, expected, "{}", animal.name);
}

/// The first failure is a warning that names it, and the key is nowhere.
fn assert_log(animal: &Animal, log: &str) {
    let warning = "warning: google-legacy: no places: ";
    match animal.verdict {
        Verdict::Places => assert!(!log.contains(warning), "{}: {}", animal.name, excerpt(log)),
        Verdict::None(why) => {
            let mut warnings = log.lines().filter(|line| line.contains(warning));
            let is_named = warnings.any(|line| line.contains(why));
            println!("{}: {}", animal.name, excerpt(log));
            assert!(is_named, "{}: not said: {why}\n{}", animal.name, excerpt(log));
        }
    }
    assert!(!log.contains(KEY), "{}: the key is in the log", animal.name);
}

/// What an operator should look at.
fn excerpt(log: &str) -> String {
    log.lines().filter(|line| line.starts_with("Welsh: warning: ")).collect::<Vec<_>>().join("\n")
}

/// Where the system tells (Linux).
fn assert_memory(animal: &Animal, server: &Process) {
    let status = fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let Some(kibibytes) = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok()) else {
        return;
    };
    println!("{}: {kibibytes} KiB", animal.name);
    assert!(kibibytes < MOST_MEMORY, "{}: {kibibytes} KiB", animal.name);
}
