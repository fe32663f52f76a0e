//! Signals: what every command makes of some, and what `herd all` waits for.

use std::io::{self, IsTerminal};
use std::os::fd::{AsFd, OwnedFd};
use std::process::{ChildStdout, ExitStatus};
use std::sync::Arc;

use nix::sys::signal::SigSet;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::retry_on_intr;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
use rustix::process::{Pid, WaitOptions, wait};
use signal_hook::consts::{SIGHUP, SIGUSR1, SIGUSR2, SIGXFSZ};
use signal_hook::flag;
use signal_hook::iterator::backend::SignalDelivery;
use signal_hook::iterator::exfiltrator::SignalOnly;

/// Signals that would end any command and are ignored. Rust's runtime ignores SIGPIPE itself; a write above the limit of
/// a file's size (SIGXFSZ) fails with EFBIG.
const IGNORED: [i32; 2] = [SIGUSR2, SIGXFSZ];
/// Those that mean something to a server once it runs, and are not to end it before.
const EARLY: [i32; 2] = [SIGHUP, SIGUSR1];

/// Ignores [`IGNORED`], and unblocks the signals that whoever started this process has blocked: a mask is inherited, and
/// a server that never hears SIGTERM does not stop. To be called before the first thread is started.
pub(crate) fn prepare() -> io::Result<()> {
    ignore(&IGNORED)?;
    SigSet::empty().thread_set_mask().map_err(io::Error::from)
}

/// The same for a server that is about to start: what it is to read or open anew, it has not read yet.
pub(crate) fn prepare_server() -> io::Result<()> {
    ignore(&EARLY)
}

/// By a handler that does nothing, since children do not inherit it.
fn ignore(numbers: &[i32]) -> io::Result<()> {
    numbers.iter().try_for_each(|number| flag::register(*number, Arc::default()).map(drop))
}

/// Collects every child that has ended, and says which. Process 1 also has the orphans of others for children.
pub(crate) fn reap(mut ended: impl FnMut(Pid, ExitStatus)) {
    use std::os::unix::process::ExitStatusExt;
    while let Ok(Some((child, status))) = wait(WaitOptions::NOHANG) {
        ended(child, ExitStatus::from_raw(status.as_raw()));
    }
}

/// What a [`Watch`] has seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Event {
    /// This signal was delivered.
    Signal(i32),
    /// The terminal is gone.
    HungUp,
    /// The output at this place can be read, or has ended.
    Readable(usize),
}

/// Waits for signals, and for the end of the terminal that is standard input or output. A SIGHUP may come from a
/// terminal that is gone or from an operator; only the terminal itself tells which.
pub(crate) struct Watch {
    /// By a pair of sockets, to which the handler of the signals writes.
    signals: SignalDelivery<OwnedFd, SignalOnly>,
    /// Emptied once one of them has hung up.
    terminals: Vec<OwnedFd>,
}

impl Watch {
    /// From here on these signals are events.
    pub(crate) fn over(signals: &[i32]) -> io::Result<Watch> {
        let (read, write) = socketpair(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
        let signals = SignalDelivery::with_pipe(read, write, SignalOnly, signals)?;
        Ok(Watch { signals, terminals: terminals()? })
    }

    /// Waits until something has happened, also to one of these outputs; `None` after `timeout` without anything. The end
    /// of the terminal stands before the SIGHUP that it causes, and what was said before the SIGCHLD of whoever said
    /// it.
    pub(crate) fn wait<'a>(
        &mut self,
        outputs: impl Iterator<Item = (usize, &'a ChildStdout)>,
        timeout: Option<&Timespec>,
    ) -> io::Result<Option<Vec<Event>>> {
        let (places, outputs): (Vec<usize>, Vec<&ChildStdout>) = outputs.unzip();
        let outputs = outputs.iter().map(|output| PollFd::new(*output, PollFlags::IN));
        // Of terminals nothing is asked but whether they have hung up, and that is always reported.
        let terminals = self.terminals.iter().map(|terminal| PollFd::new(terminal, PollFlags::empty()));
        let signals = PollFd::new(self.signals.get_read(), PollFlags::IN);
        let mut polled: Vec<_> = outputs.chain(terminals).chain([signals]).collect();
        if retry_on_intr(|| poll(&mut polled, timeout))? == 0 {
            return Ok(None);
        }
        let happened: Vec<bool> = polled.iter().map(|polled| !polled.revents().is_empty()).collect();
        let (outputs, terminals) = happened.split_at(places.len());
        let readable = places.iter().zip(outputs).filter(|(_, happened)| **happened);
        let mut events: Vec<Event> = readable.map(|(place, _)| Event::Readable(*place)).collect();
        if terminals[..self.terminals.len()].contains(&true) {
            self.terminals.clear();
            events.push(Event::HungUp);
        }
        events.extend(self.signals.pending().map(Event::Signal));
        Ok(Some(events))
    }
}

/// Of standard input and output, those that are terminals.
fn terminals() -> io::Result<Vec<OwnedFd>> {
    let (input, output) = (io::stdin(), io::stdout());
    let input = input.is_terminal().then(|| input.as_fd().try_clone_to_owned());
    let output = output.is_terminal().then(|| output.as_fd().try_clone_to_owned());
    input.into_iter().chain(output).collect()
}
