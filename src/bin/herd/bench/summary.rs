//! The results of a load for people.

use std::fmt::{self, Display};

use herd::bench::{Kind, Latency, Results};

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
        if let Some(late) = &results.generator_late_us {
            writeln!(f, "the generator was late by {} (p99), {} (max)", Micros(late.p99), Micros(late.max))?;
        }
        let share = 100.0 * results.generator_cpu / results.duration_s.max(1e-9);
        writeln!(f, "the generator used {share:.0} % of a processor")
    }
}

fn row(f: &mut fmt::Formatter<'_>, name: &str, kind: &Kind) -> fmt::Result {
    let &Kind { sent, answered, wrong, refused, per_second, latency_us, .. } = kind;
    let Latency { p50, p99, p99_9, max, .. } = latency_us;
    let [p50, p99, p99_9, max] = [p50, p99, p99_9, max].map(|micros| Micros(micros).to_string());
    write!(f, "{name:8} {sent:>10} {answered:>10} {wrong:>7} {refused:>8} {per_second:>11.0}")?;
    writeln!(f, " {p50:>9} {p99:>9} {p99_9:>9} {max:>9}")
}

/// A time in microseconds, with its unit.
struct Micros(f64);

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
    fn a_time_has_the_unit_that_suits_it() {
        assert_eq!(Micros(12.34).to_string(), "12.3 µs");
        assert_eq!(Micros(12_340.0).to_string(), "12.34 ms");
        assert_eq!(Micros(12_340_000.0).to_string(), "12.34 s");
    }
}
