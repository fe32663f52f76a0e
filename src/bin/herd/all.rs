//! `herd all`: every server of the configuration, each a process of its own.
//!
//! The servers are children in process groups of their own, so Ctrl-C reaches only this process, which
//! passes it on. It has nothing else to do than to wait for signals: SIGCHLD tells that a child has ended.

use std::ffi::{OsStr, OsString};
use std::fmt::Display;
use std::io::{self, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use herd::config::Config;
use reactor::Net as _;
use reactor::mio_net::MioNet;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, getpid, kill_process};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::Failure;
use crate::arguments::ConfigArguments;
use crate::serve::READY;
use crate::stderr;
use crate::stdio::say;
use crate::welcome::{Up, Welcome};

/// How long one look at those that are starting takes at most, and so how long a signal waits then.
const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };
/// How many looks a start is worth: half a minute. Whoever takes longer says by itself when it is ready.
const LOOKS: u32 = 300;

pub(crate) fn all(arguments: &ConfigArguments) -> Result<(), Failure> {
    stderr::never_wait("herd");
    let config = arguments.load_and_warn()?;
    let names = server_names(&config)?;
    // Before the first child is started, so that no signal is missed.
    let mut signals = Signals::new([SIGCHLD, SIGHUP, SIGINT, SIGTERM]).map_err(Failure::other)?;
    let mut servers = Servers { options: arguments.again(), ..Servers::default() };
    if let Err(error) = servers.start(&names, arguments) {
        servers.signal(Signal::TERM);
        return Err(Failure::other(format!("cannot start the servers: {error}")));
    }
    say(format_args!("herd: {servers}; Ctrl-C ends them"));
    if servers.await_ready(&mut signals) {
        servers.welcome(&config, names.len());
    }
    servers.run(signals)
}

/// The servers of the configuration, which is found good before anything is started.
fn server_names(config: &Config) -> Result<Vec<String>, Failure> {
    let clock = MioNet::new().map_err(Failure::other)?.wall_clock();
    let good = |name: &String| {
        let server = config.server(name)?;
        config.valid_certificates(name, clock).map(|_| server.name)
    };
    config.servers.keys().map(|name| good(name).map_err(Failure::usage)).collect()
}

/// The children that have not ended yet.
#[derive(Default)]
struct Servers {
    /// By name; the standard output of each is there until it has said that it is ready.
    running: Vec<(String, Child)>,
    /// The names of those that have said that they are ready.
    up: Vec<String>,
    /// What they were started with, as whoever brings one back types it.
    options: String,
    /// They were told to end.
    stopping: bool,
    /// One of them did not end cleanly when told to.
    unclean: bool,
}

impl Display for Servers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let processes = self.running.iter().map(|(name, child)| format!("{name} {}", child.id()));
        write!(f, "processes: {}", processes.collect::<Vec<_>>().join(", "))
    }
}

impl Servers {
    fn start(&mut self, names: &[String], arguments: &ConfigArguments) -> io::Result<()> {
        let program = std::env::current_exe()?;
        for name in names {
            let child = command(&program, name, arguments).spawn()?;
            self.running.push((name.clone(), child));
        }
        Ok(())
    }

    /// Waits until each has said that it is ready, has ended, or takes too long. Whether nobody wants them to end
    /// meanwhile.
    fn await_ready(&mut self, signals: &mut Signals) -> bool {
        for _ in 0..LOOKS {
            signals.pending().for_each(|number| self.obey(number));
            if self.stopping || !self.has_starting() {
                break;
            }
            self.hear();
        }
        !self.stopping && !self.running.is_empty()
    }

    fn has_starting(&self) -> bool {
        self.running.iter().any(|(_, child)| child.stdout.is_some())
    }

    /// Waits a moment for one of those that are starting to say that it is ready, or to end.
    fn hear(&mut self) {
        let outputs = self.running.iter().filter_map(|(_, child)| child.stdout.as_ref());
        let mut polled: Vec<PollFd<'_>> = outputs.map(|output| PollFd::new(output, PollFlags::IN)).collect();
        // Where a signal interrupts it, that is looked at next.
        let _ = poll(&mut polled, Some(&LOOK));
        let mut is_to_be_read =
            polled.iter().map(|polled| !polled.revents().is_empty()).collect::<Vec<_>>().into_iter();
        for (name, child) in &mut self.running {
            if child.stdout.is_some() && is_to_be_read.next() == Some(true) {
                let said = child.stdout.take().map(|mut output| output.read(&mut [0; READY.len()]));
                self.up.extend(matches!(said, Some(Ok(1..))).then(|| name.clone()));
            }
        }
    }

    fn welcome(&self, config: &Config, of: usize) {
        let is_up = |name: &&String| self.running.iter().any(|(running, _)| running == *name);
        let names = config.servers.keys().filter(|name| self.up.contains(name)).filter(is_up);
        let up = names.filter_map(|name| config.server(name).ok());
        let up: Vec<Up> = up.map(|server| Up { name: server.name, clients: server.clients }).collect();
        let program = std::env::args().next().unwrap_or_else(|| "herd".to_owned());
        say(Welcome { up: &up, of, program: &program, options: &self.options, config });
    }

    /// Until all have ended: passes signals on, and says who ends.
    fn run(mut self, mut signals: Signals) -> Result<(), Failure> {
        while !self.running.is_empty() {
            signals.wait().for_each(|number| self.obey(number));
        }
        match self {
            Servers { stopping: false, .. } => Err(Failure::other("all servers have ended")),
            Servers { unclean: true, .. } => Err(Failure::other("not all servers have ended cleanly")),
            _ => Ok(()),
        }
    }

    fn obey(&mut self, number: i32) {
        match number {
            SIGCHLD => self.reap(),
            SIGHUP => self.signal(Signal::HUP),
            _ => self.stop(number),
        }
    }

    fn stop(&mut self, number: i32) {
        self.stopping = true;
        self.signal(if number == SIGINT { Signal::INT } else { Signal::TERM });
    }

    /// Sends a signal to all. A child that was not waited for keeps its process id, so no stranger is hit.
    fn signal(&self, signal: Signal) {
        for (name, child) in &self.running {
            if let Err(error) = kill_process(Pid::from_child(child), signal) {
                say(format_args!("herd: cannot send a signal to {name}: {error}"));
            }
        }
    }

    /// Takes leave of those that have ended; one SIGCHLD may stand for several.
    fn reap(&mut self) {
        for (name, mut child) in std::mem::take(&mut self.running) {
            match child.try_wait() {
                Ok(None) => self.running.push((name, child)),
                Ok(Some(status)) => self.ended(&name, status),
                Err(error) => say(format_args!("herd: lost sight of {name}: {error}")),
            }
        }
    }

    fn ended(&mut self, name: &str, status: ExitStatus) {
        // Before it listens, a signal ends a server without further ado.
        let as_told = status.success() || matches!(status.signal(), Some(SIGINT | SIGTERM));
        if !self.stopping {
            let again = format!("herd {name}{}", self.options);
            say(format_args!("{name}: ended with {status}; the others go on; `{again}` brings it back"));
        } else if !as_told {
            self.unclean = true;
            say(format_args!("{name}: ended with {status}"));
        }
    }
}

/// The command that runs one server as a child of this process.
fn command(program: &Path, name: &str, arguments: &ConfigArguments) -> Command {
    let mut command = Command::new(program);
    command.arg(name).arg(format!("--parent={}", getpid().as_raw_nonzero()));
    command.args(arguments.config.iter().map(|path| flag("--config=", path)));
    command.args(arguments.set.iter().map(|setting| flag("--set=", setting)));
    command.args(arguments.dir.iter().map(|dir| flag("--dir=", dir)));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).process_group(0);
    command
}

fn flag(name: &str, value: impl AsRef<OsStr>) -> OsString {
    let mut flag = OsString::from(name);
    flag.push(value);
    flag
}
