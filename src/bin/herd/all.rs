//! `herd all`: every server of the configuration, each a process of its own.
//!
//! The servers are children in process groups of their own, so Ctrl-C reaches only this process, which
//! passes it on. It has nothing else to do than to wait for signals: SIGCHLD tells that a child has ended. It ends the
//! servers when its terminal has hung up; a SIGHUP alone is passed on. As process 1 of a container it also collects
//! orphans.

use std::ffi::{OsStr, OsString};
use std::fmt::Display;
use std::io::{self, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

use herd::config::Config;
use reactor::Net as _;
use reactor::mio_net::MioNet;
use rustix::event::Timespec;
use rustix::process::{Pid, Signal, getpid, kill_process};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1};

use crate::Failure;
use crate::arguments::{ConfigArguments, program};
use crate::serve::READY;
use crate::signals::{self, Event, Watch};
use crate::stderr;
use crate::stdio::say;
use crate::welcome::{Up, Welcome};

/// How long nothing may happen before those that are starting are no longer waited for; they say by themselves when
/// they are ready.
const START: Timespec = Timespec { tv_sec: 30, tv_nsec: 0 };

const WATCHED: [i32; 6] = [SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1];

pub(crate) fn all(arguments: &ConfigArguments) -> Result<(), Failure> {
    stderr::never_wait("herd");
    let config = arguments.load_and_warn()?;
    let names = server_names(&config)?;
    // Before the first child is started, so that no signal is missed.
    let mut watch = Watch::over(&WATCHED).map_err(Failure::other)?;
    let mut servers = Servers { options: arguments.again(), ..Servers::default() };
    if let Err(error) = servers.start(&names, arguments) {
        servers.signal(Signal::TERM);
        return Err(Failure::other(format!("cannot start the servers: {error}")));
    }
    say(format_args!("herd: {servers}; Ctrl-C ends them"));
    if servers.await_ready(&mut watch).map_err(Failure::other)? {
        servers.welcome(&config, names.len());
    }
    servers.run(watch)
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
    /// Those that ended before they were told to, and how.
    missing: Vec<String>,
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
    fn await_ready(&mut self, watch: &mut Watch) -> io::Result<bool> {
        while !self.stopping && self.starting().next().is_some() {
            let Some(events) = watch.wait(self.starting(), Some(&START))? else { break };
            events.into_iter().for_each(|event| self.act(event));
        }
        Ok(!self.stopping && !self.running.is_empty())
    }

    /// The places and outputs of those that have not said yet that they are ready.
    fn starting(&self) -> impl Iterator<Item = (usize, &ChildStdout)> {
        let outputs = self.running.iter().map(|(_, child)| child.stdout.as_ref());
        outputs.enumerate().filter_map(|(place, output)| Some((place, output?)))
    }

    /// One of those that are starting is ready, or has ended.
    fn hear(&mut self, place: usize) {
        let Some((name, child)) = self.running.get_mut(place) else { return };
        let said = child.stdout.take().map(|mut output| output.read(&mut [0; READY.len()]));
        if matches!(said, Some(Ok(1..))) {
            self.up.push(name.clone());
        }
    }

    fn welcome(&self, config: &Config, of: usize) {
        let is_up = |name: &&String| self.running.iter().any(|(running, _)| running == *name);
        let names = config.servers.keys().filter(|name| self.up.contains(name)).filter(is_up);
        let up = names.filter_map(|name| config.server(name).ok());
        let up: Vec<Up> = up.map(|server| Up { name: server.name, clients: server.clients }).collect();
        say(Welcome { up: &up, of, program: &program(), options: &self.options, config });
    }

    /// Until all have ended: passes signals on, and says who ends.
    fn run(mut self, mut watch: Watch) -> Result<(), Failure> {
        while !self.running.is_empty() {
            let events = watch.wait(self.starting(), None).map_err(Failure::other)?;
            events.into_iter().flatten().for_each(|event| self.act(event));
        }
        self.outcome()
    }

    fn act(&mut self, event: Event) {
        match event {
            Event::Readable(place) => self.hear(place),
            Event::Signal(SIGCHLD) => self.reap(),
            Event::Signal(SIGUSR1) => self.signal(Signal::USR1),
            Event::Signal(SIGHUP) if self.stopping => {}
            Event::Signal(SIGHUP) => self.signal(Signal::HUP),
            Event::Signal(SIGINT) => self.stop(Signal::INT),
            Event::Signal(SIGQUIT) => self.stop(Signal::QUIT),
            Event::HungUp if self.stopping => {} // a second signal would cut off what is in hand
            Event::Signal(_) | Event::HungUp => self.stop(Signal::TERM),
        }
    }

    fn outcome(self) -> Result<(), Failure> {
        match self {
            Servers { stopping: false, .. } => Err(Failure::other("all servers have ended")),
            Servers { missing, .. } if !missing.is_empty() => Err(Failure::other(format!(
                "servers that ended before they were told to: {}",
                missing.join(", ")
            ))),
            Servers { unclean: true, .. } => Err(Failure::other("not all servers have ended cleanly")),
            _ => Ok(()),
        }
    }

    fn stop(&mut self, signal: Signal) {
        self.stopping = true;
        self.signal(signal);
    }

    /// Sends a signal to all. A child that was not waited for keeps its process id, so no stranger is hit.
    fn signal(&self, signal: Signal) {
        for (name, child) in &self.running {
            if let Err(error) = kill_process(Pid::from_child(child), signal) {
                say(format_args!("herd: cannot send a signal to {name}: {error}"));
            }
        }
    }

    /// Takes those off the list that have ended; one SIGCHLD may stand for several.
    fn reap(&mut self) {
        signals::reap(|process, status| {
            let place = self.running.iter().position(|(_, child)| Pid::from_child(child) == process);
            if let Some((name, _)) = place.map(|place| self.running.remove(place)) {
                self.ended(&name, status);
            } // else it is an orphan
        });
    }

    fn ended(&mut self, name: &str, status: ExitStatus) {
        // Before it listens, a signal ends a server without further ado.
        let as_told = status.success() || matches!(status.signal(), Some(SIGINT | SIGQUIT | SIGTERM));
        if !self.stopping {
            let again = format!("{} {name}{}", program(), self.options);
            say(format_args!("{name}: ended with {status}; the others go on; `{again}` brings it back"));
            self.missing.push(format!("{name} ({status})"));
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
