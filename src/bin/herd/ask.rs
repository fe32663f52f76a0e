//! `herd iamat` and `herd whatsat`: a client that sends one command and prints the reply.

use std::fmt::Display;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use herd::command::Timestamp;
use herd::config::Config;
use herd::places::LONGEST;
use protocols::{LineReceiver, Lines, send_line};
use reactor::mio_net::MioNet;
use reactor::{AppCx, ClientTls, ConnectError, Cx, Endpoint, Limits, Net as _, Reactor, Reason, WallTime};

use crate::Failure;
use crate::arguments::{ConfigArguments, Field, IamatArguments, WhatsatArguments};
use crate::stdio::print;

/// How long connecting may take.
const CONNECT_TIME: Duration = Duration::from_secs(5);
/// How long the reply may take after that, besides what the providers of places are given.
const REPLY_TIME: Duration = Duration::from_secs(5);
pub(crate) fn iamat(config: &ConfigArguments, report: IamatArguments) -> Result<(), Failure> {
    let IamatArguments { server, id, location, time } = report;
    let given = time.map(|time| time.0.as_bytes().to_vec());
    let (time, client) = (given.clone(), id.0.to_string_lossy().into_owned());
    let question = move |clock| {
        let time = time.clone().unwrap_or_else(|| seconds(clock).into_bytes());
        [b"IAMAT", id.0.as_bytes(), location.0.as_bytes(), &time].join(&b' ')
    };
    let config = config.load_and_warn()?;
    let why = |clock| match given.as_deref().and_then(Timestamp::parse) {
        Some(time) if is_ahead(time, clock, config.herd.max_clock_skew) => {
            "the time is more than herd.max_clock_skew ahead of its clock".to_owned()
        }
        _ => format!("it may have no room for a new client {client:?}, or no disk: its log says why"),
    };
    ask(&config, &server, Asking::new(question, End::Line), why)
}

pub(crate) fn whatsat(config: &ConfigArguments, query: WhatsatArguments) -> Result<(), Failure> {
    let WhatsatArguments { server, id, radius, bound } = query;
    let client = id.0.to_string_lossy().into_owned();
    let fields = |[id, radius, bound]: [Field; 3]| {
        [b"WHATSAT", id.0.as_bytes(), radius.0.as_bytes(), bound.0.as_bytes()].join(&b' ')
    };
    let line = fields([id, radius, bound]);
    let why = |_| {
        format!(
            "no server has heard of {client:?} (herd iamat makes it known), or there are no places now: its log says why"
        )
    };
    ask(&config.load_and_warn()?, &server, Asking::new(move |_| line.clone(), End::EmptyLine), why)
}

/// Whether a server whose clock is ours would refuse this time.
fn is_ahead(time: Timestamp<'_>, clock: WallTime, most: Duration) -> bool {
    let most = i128::try_from(most.as_nanos()).unwrap_or(i128::MAX);
    time.is_after(i128::from(clock.as_unix_nanos()).saturating_add(most))
}

/// A moment as POSIX seconds, as an IAMAT has it.
fn seconds(clock: WallTime) -> String {
    let nanos = clock.as_unix_nanos().max(0);
    format!("{}.{:09}", nanos / 1_000_000_000, nanos % 1_000_000_000)
}

/// Sends the server one line, prints its reply, and says whether it was one: a server says no more than `? `, so it is
/// for us to say `why` it may have refused.
fn ask(
    config: &Config,
    name: &str,
    asking: Asking,
    why: impl FnOnce(WallTime) -> String,
) -> Result<(), Failure> {
    let at = endpoint(config, name)?;
    let mut net = MioNet::new().map_err(Failure::other)?;
    let (length, most) = ((asking.question)(net.wall_clock()).len(), config.limits.line);
    if length > most {
        return Err(Failure::usage(format!("the line would have {length} bytes, and limits.line is {most}")));
    }
    let mut reactor = Reactor::new(Reply::default(), 0, Limits::default());
    let asking = Asking { within: config.places.timeout + REPLY_TIME, ..asking };
    reactor.enter(&net, |cx| cx.reactor.connect(at.clone(), Lines::new(asking)));
    reactor.run(&mut net).map_err(Failure::other)?;
    let reply = reactor.app;
    print(&reply.text)?;
    match reply.trouble {
        Some(trouble) => Err(Failure::other(format!("{name} at {at}: {trouble}"))),
        None if reply.is_refusal() => {
            Err(Failure::other(format!("{name} has refused the command: {}", why(net.wall_clock()))))
        }
        None => Ok(()),
    }
}

fn endpoint(config: &Config, name: &str) -> Result<Endpoint, Failure> {
    let server = config.entry(name).map_err(Failure::usage)?;
    let endpoint = Endpoint::new(&server.host, server.client_port).within(CONNECT_TIME);
    Ok(match trusted_servers(config)? {
        Some(tls) => endpoint.tls(&tls),
        None => endpoint,
    })
}

/// Whom to trust with being a server, if servers speak TLS.
pub(crate) fn trusted_servers(config: &Config) -> Result<Option<ClientTls>, Failure> {
    if !config.clients.tls {
        return Ok(None);
    }
    let authorities = config.client_authorities().map_err(Failure::usage)?;
    let tls = ClientTls::new(&authorities, &[]);
    tls.map(Some).map_err(|error| Failure::usage(format!("clients.ca_file: {error}")))
}

/// What the server has said so far.
#[derive(Default)]
struct Reply {
    text: Vec<u8>,
    complete: bool,
    trouble: Option<String>,
}

impl Reply {
    fn push(&mut self, line: &[u8], end: End) {
        self.text.extend_from_slice(line);
        self.text.push(b'\n');
        self.complete = end == End::Line || line.is_empty() || self.is_refusal();
    }

    /// What the server cannot answer, it sends back after a question mark.
    fn is_refusal(&self) -> bool {
        self.text.starts_with(b"? ")
    }

    fn broken(&mut self, why: impl Display) {
        self.trouble = Some(why.to_string());
    }
}

/// Where a reply ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Line,
    EmptyLine,
}

type Question = Box<dyn Fn(WallTime) -> Vec<u8>>;
type AskingCx<'a> = Cx<'a, Reply, Asking>;

/// One question to one server. When its connection has ended, so has the reactor.
struct Asking {
    /// Makes the line; it may tell the time of its sending.
    question: Question,
    end: End,
    /// How long the reply may take.
    within: Duration,
}

impl Asking {
    fn new(question: impl Fn(WallTime) -> Vec<u8> + 'static, end: End) -> Asking {
        Asking { question: Box::new(question), end, within: REPLY_TIME }
    }
}

impl LineReceiver<Reply> for Asking {
    const MAX_LENGTH: usize = LONGEST; // all places may be one line

    fn connection_made(&mut self, cx: &mut AskingCx<'_>) {
        send_line(&mut cx.transport, &(self.question)(cx.reactor.wall_clock()));
        let deadline = cx.reactor.now() + self.within;
        cx.transport.set_deadline(Some(deadline));
    }

    fn line_received(&mut self, cx: &mut AskingCx<'_>, line: &[u8]) {
        cx.app.push(line, self.end);
        if cx.app.complete {
            cx.transport.abort_connection(); // without waiting for the server to close, too
        }
    }

    fn connection_lost(&mut self, cx: &mut AskingCx<'_>, reason: &Reason) {
        if !cx.app.complete {
            cx.app.broken(format_args!("no complete reply: {reason}"));
        }
        cx.reactor.stop();
    }

    fn connect_failed(&mut self, cx: &mut AppCx<'_, Reply>, error: &ConnectError) {
        cx.app.broken(error);
        cx.reactor.stop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_has_nine_decimals() {
        assert_eq!(seconds(WallTime::from_unix_nanos(1_479_413_884_000_014_450)), "1479413884.000014450");
        assert_eq!(seconds(WallTime::from_unix_nanos(-1)), "0.000000000");
    }

    #[test]
    fn a_reply_ends_with_its_line_its_empty_line_or_a_refusal() {
        let complete = |end, lines: &[&str]| {
            let mut reply = Reply::default();
            lines.iter().for_each(|line| reply.push(line.as_bytes(), end));
            reply.complete
        };
        assert!(complete(End::Line, &["AT Welsh"]));
        assert!(complete(End::EmptyLine, &["AT Welsh", "{", "}", ""]));
        assert!(!complete(End::EmptyLine, &["AT Welsh", "{", "}"]));
        assert!(complete(End::EmptyLine, &["? WHATSAT kiwi 10 5"]));
    }
}
