//! The results of a load, as JSON has them.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

use super::load::Load;
use super::plan::Span;
use super::tally::Count;

/// The form of these results; it grows when a field is renamed or means something else.
pub(super) const VERSION: u32 = 2;

/// The results of a load. Times are in microseconds where their names do not say otherwise.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Results {
    /// Of this form.
    pub version: u32,
    /// What kind of load it was.
    pub mode: &'static str,
    /// The servers, as they were named.
    pub target: Vec<String>,
    /// Connections in all.
    pub connections: u32,
    /// The most lines in flight on each.
    pub in_flight: u32,
    /// Ids.
    pub clients: u32,
    /// The share of questions that was asked for.
    pub whatsat_share: f64,
    /// Lines a second that were asked for, of an open loop.
    pub rate: Option<u64>,
    /// Before the measurement.
    pub warm_up_s: f64,
    /// The measurement.
    pub duration_s: f64,
    /// The path to which each line was posted, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http: Option<String>,
    /// Of the random choices.
    pub seed: u64,
    /// The reports.
    pub iamat: Kind,
    /// The questions, if there were to be any.
    pub whatsat: Option<Kind>,
    /// Connections that were made and ended before the load did, from its first line to its last.
    pub lost_connections: u64,
    /// Dials that failed.
    pub failed_connects: u64,
    /// Lines of an open loop that were due and never sent: their connection was down, or full to the end.
    pub unsent: u64,
    /// By server.
    pub per_target: Vec<PerTarget>,
    /// Right replies in each tenth of a second of the measurement.
    pub timeline: Vec<u64>,
    /// When the measurement began, in nanoseconds since the Unix epoch.
    pub started_unix_ns: i64,
    /// How late lines of an open loop were looked at: the generator's own share of their latency.
    pub generator_late_us: Option<Latency>,
    /// Seconds of user and system time that the generator used during the measurement.
    pub generator_cpu: f64,
}

/// What became of the lines of one kind that were due within the measurement.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Kind {
    /// Sent.
    pub sent: u64,
    /// Answered, and rightly.
    pub answered: u64,
    /// Answered otherwise.
    pub wrong: u64,
    /// Answered by `? ` and the line.
    pub refused: u64,
    /// Right replies that came within the measurement, by its length.
    pub per_second: f64,
    /// Of right replies.
    pub latency_us: Latency,
    /// All of them: latencies in nanoseconds, ascending, each the upper end of its bucket, and how many fell there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub histogram: Option<Vec<(u64, u64)>>,
}

/// How latencies are spread, in microseconds; all zero if there are none.
#[derive(Clone, Copy, Debug, Serialize)]
#[non_exhaustive]
#[expect(missing_docs, reason = "they are called by their percentiles")]
pub struct Latency {
    pub min: f64,
    pub mean: f64,
    pub p50: f64,
    pub p90: f64,
    pub p99: f64,
    pub p99_9: f64,
    pub p99_99: f64,
    pub max: f64,
}

/// One server's part.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct PerTarget {
    /// As it was named.
    pub address: String,
    /// Right replies.
    pub answered: u64,
    /// As in [`Results`].
    pub lost_connections: u64,
}

impl Load {
    /// The results, once it is over.
    pub fn results(&self, mode: &'static str, generator_cpu: Duration, with_histograms: bool) -> Results {
        let (plan, tally) = (&self.plan, &self.tally);
        let warm_up = match plan.span {
            Span::For { warm_up, .. } => warm_up,
            Span::Once { .. } => Duration::ZERO,
        };
        let duration = tally.window.end.since(tally.window.start);
        let kind = |count: &Count| Kind::of(count, duration, with_histograms);
        let targets = plan.targets.iter().zip(&tally.targets);
        Results {
            version: VERSION,
            mode,
            target: plan.targets.iter().map(|target| target.name.clone()).collect(),
            connections: plan.connections,
            in_flight: plan.in_flight,
            clients: plan.clients,
            whatsat_share: f64::from(plan.questions.per_million) / 1e6,
            rate: self.rate(),
            warm_up_s: warm_up.as_secs_f64(),
            duration_s: duration.as_secs_f64(),
            http: plan.http.clone(),
            seed: plan.seed,
            iamat: kind(&tally.iamat),
            whatsat: (plan.questions.per_million > 0).then(|| kind(&tally.whatsat)),
            lost_connections: tally.lost_connections,
            failed_connects: tally.failed_connects,
            unsent: tally.unsent,
            per_target: targets
                .map(|(target, count)| PerTarget {
                    address: target.name.clone(),
                    answered: count.answered,
                    lost_connections: count.lost_connections,
                })
                .collect(),
            timeline: tally.whole_timeline(),
            started_unix_ns: self.began.map_or(0, |began| {
                let warm_up = i64::try_from(warm_up.as_nanos()).unwrap_or_default();
                began.wall.as_unix_nanos().saturating_add(warm_up)
            }),
            generator_late_us: self.rate().map(|_| Latency::of(&tally.lateness)),
            generator_cpu: generator_cpu.as_secs_f64(),
        }
    }
}

impl Kind {
    #[expect(clippy::cast_precision_loss, reason = "2^53 replies take longer than anybody waits")]
    fn of(count: &Count, duration: Duration, with_histogram: bool) -> Kind {
        let &Count { sent, answered, wrong, refused, came, ref latency } = count;
        let seconds = duration.as_secs_f64();
        Kind {
            sent,
            answered,
            wrong,
            refused,
            per_second: if seconds > 0.0 { came as f64 / seconds } else { 0.0 },
            latency_us: Latency::of(latency),
            histogram: with_histogram.then(|| counted(latency)),
        }
    }
}

impl Latency {
    #[expect(clippy::cast_precision_loss, reason = "a minute in nanoseconds is less than 2^53")]
    pub(super) fn of(nanos: &Histogram<u64>) -> Latency {
        let at = |quantile| nanos.value_at_quantile(quantile) as f64 / 1e3;
        Latency {
            min: nanos.min() as f64 / 1e3,
            mean: nanos.mean() / 1e3,
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p99_9: at(0.999),
            p99_99: at(0.9999),
            max: nanos.max() as f64 / 1e3,
        }
    }
}

/// The buckets that hold something.
fn counted(histogram: &Histogram<u64>) -> Vec<(u64, u64)> {
    histogram.iter_recorded().map(|at| (at.value_iterated_to(), at.count_at_value())).collect()
}
