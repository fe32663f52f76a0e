//! `herd all`: every server of the configuration, each a process of its own.
//!
//! The servers are children in process groups of their own, so Ctrl-C reaches only this process, which
//! passes it on. It has nothing else to do than to wait for signals: SIGCHLD tells that a child has ended. It ends the
//! servers when its terminal has hung up; a SIGHUP alone is passed on. As process 1 of a container it also collects
//! orphans.

use std::ffi::{OsStr, OsString};
use std::fmt::Display;
use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, getpid, kill_process};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1};

use crate::Failure;
use crate::arguments::ConfigArguments;
use crate::signals::{self, Event, Watch};
use crate::stdio::say;

const WATCHED: [i32; 6] = [SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1];

pub(crate) fn all(arguments: &ConfigArguments) -> Result<(), Failure> {
    let names = server_names(arguments)?;
    // Before the first child is started, so that no signal is missed.
    let watch = Watch::over(&WATCHED).map_err(Failure::other)?;
    let mut servers = Servers { options: arguments.again(), ..Servers::default() };
    if let Err(error) = servers.start(&names, arguments) {
        servers.signal(Signal::TERM);
        return Err(Failure::other(format!("cannot start the servers: {error}")));
    }
    say(format_args!("herd: {servers}; Ctrl-C ends them"));
    servers.run(watch)
}

/// The servers of the configuration, which is found good before anything is started.
fn server_names(arguments: &ConfigArguments) -> Result<Vec<String>, Failure> {
    let config = arguments.load()?;
    let names = config.servers.keys().cloned();
    names.map(|name| config.server(&name).map(|server| server.name).map_err(Failure::usage)).collect()
}

/// The children that have not ended yet.
#[derive(Default)]
struct Servers {
    running: Vec<(String, Child)>,
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

    /// Until all have ended: passes signals on, and says who ends.
    fn run(mut self, mut watch: Watch) -> Result<(), Failure> {
        while !self.running.is_empty() {
            for event in watch.wait().map_err(Failure::other)? {
                self.act(event);
            }
        }
        self.outcome()
    }

    fn act(&mut self, event: Event) {
        match event {
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
            let again = format!("herd {name}{}", self.options);
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
    command.stdin(Stdio::null()).process_group(0);
    command
}

fn flag(name: &str, value: impl AsRef<OsStr>) -> OsString {
    let mut flag = OsString::from(name);
    flag.push(value);
    flag
}
