//! What is typed behind `herd bench`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use herd::bench::{Pace, Plan, Questions, Span, Target};
use herd::command::{Invalid, Query};

use super::targets::TargetArguments;

const MILLION: f64 = 1e6;

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Without a command it is a load: lines for --duration, after --warm-up.

Examples:
  herd bench --servers Welsh                          a closed loop: what Welsh can do
  herd bench --to 127.0.0.1:12004 --rate 20000        an open loop: what its clients would wait at that rate
  herd bench --whatsat 0.1 --json results.json        the whole herd; one line in ten is a question
  herd bench hold --servers Welsh --connections 10000 --for 30s

How to read the results: docs/bench.md.")]
pub(crate) struct BenchArguments {
    #[command(subcommand)]
    pub(super) command: Option<BenchCommand>,

    #[command(flatten)]
    pub(super) load: LoadArguments,
}

#[derive(Subcommand)]
pub(super) enum BenchCommand {
    /// Opens connections, reports one client over each, and holds them
    Hold(HoldArguments),
    /// Reports each client once
    Fill(FillArguments),
    /// Measures how long a report takes until every server knows it
    Spread(SpreadArguments),
    /// Dials a server until it answers, and measures how long it took to start
    First(FirstArguments),
}

#[derive(Args)]
pub(super) struct LoadArguments {
    #[command(flatten)]
    pub(super) targets: TargetArguments,

    #[command(flatten)]
    connections: ConnectionArguments,

    /// How many clients report; at least as many as lines can be in flight
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    clients: u32,

    /// The share of lines that are WHATSAT, from 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = share)]
    whatsat: f64,

    /// The radius of a WHATSAT, in km
    #[arg(long, value_name = "KM", default_value = "10", value_parser = radius)]
    radius: String,

    /// How many places a WHATSAT asks for
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=20))]
    bound: u32,

    /// Posts each line to this path by HTTP, over connections that are kept; the answer's body is the reply
    #[arg(long, value_name = "PATH", value_parser = path)]
    http: Option<String>,

    /// Lines a second in all, whether the servers are ready or not (an open loop); latency is counted from when a
    /// line was due [default: the next line when a reply has come, a closed loop]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    rate: Option<u64>,

    /// How long before the measurement begins
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = duration)]
    warm_up: Duration,

    /// How long the measurement takes
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    duration: Duration,

    #[command(flatten)]
    pub(super) output: OutputArguments,
}

#[derive(Args)]
struct ConnectionArguments {
    /// Connections in all, dealt to the servers in turn
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    connections: u32,

    /// The most lines of one connection that wait for their replies
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    in_flight: u32,
}

/// Where the results go.
#[derive(Args)]
pub(super) struct OutputArguments {
    /// Writes the results to this file, - for standard output
    #[arg(long, value_name = "FILE")]
    pub(super) json: Option<PathBuf>,

    /// Adds the histograms to them: pairs of a latency in nanoseconds and how many replies had it
    #[arg(long, requires = "json")]
    pub(super) histograms: bool,

    /// Draws who speaks, and what is asked
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) seed: u64,
}

#[derive(Args)]
pub(super) struct HoldArguments {
    #[command(flatten)]
    pub(super) targets: TargetArguments,

    /// How many, dealt to the servers in turn
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    connections: u32,

    /// How long they are held once all clients are reported
    #[arg(long = "for", value_name = "TIME", default_value = "10s", value_parser = duration)]
    hold: Duration,

    #[command(flatten)]
    pub(super) output: OutputArguments,
}

#[derive(Args)]
pub(super) struct FillArguments {
    #[command(flatten)]
    pub(super) targets: TargetArguments,

    #[command(flatten)]
    connections: ConnectionArguments,

    /// How many are reported
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000_000))]
    clients: u32,

    #[command(flatten)]
    pub(super) output: OutputArguments,
}

#[derive(Args)]
pub(super) struct SpreadArguments {
    #[command(flatten)]
    pub(super) targets: TargetArguments,

    /// How many reports, one after the other, to the servers in turn
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) updates: u32,

    /// Writes the results to this file, - for standard output
    #[arg(long, value_name = "FILE")]
    pub(super) json: Option<PathBuf>,
}

#[derive(Args)]
#[command(after_help = "Example:
  since=$(date +%s%N); herd Welsh & herd bench first --servers Welsh --since $since")]
pub(super) struct FirstArguments {
    #[command(flatten)]
    pub(super) targets: TargetArguments,

    /// When the server was started, in nanoseconds since the Unix epoch [default: now]
    #[arg(long, value_name = "UNIX_NANOS")]
    pub(super) since: Option<i64>,

    /// How long to try
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration)]
    pub(super) within: Duration,

    /// Writes the result to this file, - for standard output
    #[arg(long, value_name = "FILE")]
    pub(super) json: Option<PathBuf>,
}

impl LoadArguments {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share is from 0 to 1")]
    pub(super) fn plan(&self, targets: Vec<Target>) -> Plan {
        let ConnectionArguments { connections, in_flight } = self.connections;
        let per_million = (self.whatsat * MILLION).round() as u32;
        Plan {
            targets,
            connections,
            in_flight,
            clients: self.clients,
            questions: Questions { per_million, radius: self.radius.clone(), bound: self.bound },
            pace: self.rate.map_or(Pace::Closed, Pace::Open),
            http: self.http.clone(),
            span: Span::For { warm_up: self.warm_up, duration: self.duration },
            seed: self.output.seed,
        }
    }
}

impl HoldArguments {
    pub(super) fn plan(&self, targets: Vec<Target>) -> Plan {
        let each = ConnectionArguments { connections: self.connections, in_flight: 1 };
        once(targets, &each, self.connections, self.hold, self.output.seed)
    }
}

impl FillArguments {
    pub(super) fn plan(&self, targets: Vec<Target>) -> Plan {
        once(targets, &self.connections, self.clients, Duration::ZERO, self.output.seed)
    }
}

fn once(
    targets: Vec<Target>,
    &ConnectionArguments { connections, in_flight }: &ConnectionArguments,
    clients: u32,
    hold: Duration,
    seed: u64,
) -> Plan {
    let questions = Questions { per_million: 0, radius: "10".to_owned(), bound: 5 };
    let span = Span::Once { hold };
    Plan { targets, connections, in_flight, clients, questions, pace: Pace::Closed, http: None, span, seed }
}

fn share(text: &str) -> Result<f64, &'static str> {
    let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or("a share is from 0 to 1")
}

fn radius(text: &str) -> Result<String, Invalid> {
    Query::parse([b"id", text.as_bytes(), b"1"]).map(|_| text.to_owned())
}

/// What is sent as one word.
fn word(text: &str) -> Result<String, &'static str> {
    let is_word = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    is_word.then(|| text.to_owned()).ok_or("it must be one word, without white space")
}

fn path(text: &str) -> Result<String, &'static str> {
    match word(text)? {
        path if path.starts_with('/') => Ok(path),
        _ => Err("a path begins with /"),
    }
}

fn duration(text: &str) -> Result<Duration, humantime::DurationError> {
    humantime::parse_duration(text)
}
