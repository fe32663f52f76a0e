//! The results of a load for people.

use std::fmt::{self, Display};

use herd::bench::{Kind, Latency, Results, SpreadResults};

pub(super) struct Summary<'a>(pub(super) &'a Results);

impl Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let results = self.0;
        writeln!(
            f,
            "{}: {} connections, {} in flight, {} clients, {}; {:.1} s after {:.1} s",
            results.target.join(", "),
            results.connections,
            results.in_flight,
            results.clients,
            results.rate.map_or("closed loop".to_owned(), |rate| format!("{rate} lines/s")),
            results.duration_s,
            results.warm_up_s,
        )?;
        write!(
            f,
            "{:8} {:>10} {:>10} {:>7} {:>8} {:>11}",
            "", "sent", "answered", "wrong", "refused", "per second"
        )?;
        writeln!(f, " {:>9} {:>9} {:>9} {:>9}", "p50", "p99", "p99.9", "max")?;
        row(f, "IAMAT", &results.iamat)?;
        results.whatsat.iter().try_for_each(|kind| row(f, "WHATSAT", kind))?;
        let Results { lost_connections, failed_connects, unsent, .. } = results;
        writeln!(
            f,
            "lost connections {lost_connections}, failed dials {failed_connects}, unsent lines {unsent}"
        )?;
        if let Some(late) = results.generator_late_us.as_ref().filter(|late| late.max > 0.0) {
            writeln!(f, "the generator was late by {} (p99), {} (max)", Micros(late.p99), Micros(late.max))?;
        }
        let share = 100.0 * results.generator_cpu / results.duration_s.max(1e-9);
        writeln!(f, "the generator used {share:.0} % of a processor")
    }
}

fn row(f: &mut fmt::Formatter<'_>, name: &str, kind: &Kind) -> fmt::Result {
    let &Kind { sent, answered, wrong, refused, per_second, latency_us, .. } = kind;
    let Latency { p50, p99, p99_9, max, .. } = latency_us;
    let [p50, p99, p99_9, max] = [p50, p99, p99_9, max].map(|micros| known(answered > 0, micros));
    write!(f, "{name:8} {sent:>10} {answered:>10} {wrong:>7} {refused:>8} {per_second:>11.0}")?;
    writeln!(f, " {p50:>9} {p99:>9} {p99_9:>9} {max:>9}")
}

/// The results of `herd bench spread` for people.
pub(super) struct SpreadSummary<'a>(pub(super) &'a SpreadResults);

impl Display for SpreadSummary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SpreadResults { target, updates, known_by_all, asked, latency_us, reply_us, .. } = self.0;
        writeln!(
            f,
            "{}: {updates} updates, {known_by_all} known by all, {asked} questions",
            target.join(", ")
        )?;
        writeln!(f, "{:15} {:>9} {:>9} {:>9} {:>9}", "", "p50", "p99", "p99.9", "max")?;
        for (name, latency) in [("until all know", latency_us), ("until the reply", reply_us)] {
            let [p50, p99, p99_9, max] = [latency.p50, latency.p99, latency.p99_9, latency.max]
                .map(|micros| known(latency.max > 0.0, micros));
            writeln!(f, "{name:15} {p50:>9} {p99:>9} {p99_9:>9} {max:>9}")?;
        }
        Ok(())
    }
}

/// A time, if there was any to be measured.
fn known(is_known: bool, micros: f64) -> String {
    if is_known { Micros(micros).to_string() } else { "-".to_owned() }
}

/// A time in microseconds, with its unit.
pub(super) struct Micros(pub(super) f64);

impl Display for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            micros if micros < 1e3 => write!(f, "{micros:.1} µs"),
            micros if micros < 1e6 => write!(f, "{:.2} ms", micros / 1e3),
            micros => write!(f, "{:.2} s", micros / 1e6),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_was_not_measured_is_left_out() {
        assert_eq!((known(false, 0.0), known(true, 12.34)), ("-".to_owned(), "12.3 µs".to_owned()));
    }

    #[test]
    fn a_time_has_the_unit_that_suits_it() {
        assert_eq!(Micros(12.34).to_string(), "12.3 µs");
        assert_eq!(Micros(12_340.0).to_string(), "12.34 ms");
        assert_eq!(Micros(12_340_000.0).to_string(), "12.34 s");
    }
}
