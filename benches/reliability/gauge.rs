//! What a process takes, and how long others wait.

use std::time::{Duration, Instant};

use crate::common::Client;

/// Times that were measured.
pub(crate) struct Times(Vec<Duration>);

impl FromIterator<Duration> for Times {
    fn from_iter<I: IntoIterator<Item = Duration>>(times: I) -> Times {
        let mut times: Vec<Duration> = times.into_iter().collect();
        times.sort_unstable();
        Times(times)
    }
}

impl Times {
    pub(crate) fn median(&self) -> Duration {
        self.0[self.0.len() / 2]
    }

    /// What 99 of 100 do not exceed.
    pub(crate) fn p99(&self) -> Duration {
        self.0[(self.0.len() * 99).div_ceil(100) - 1]
    }

    pub(crate) fn worst(&self) -> Duration {
        self.0[self.0.len() - 1]
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }
}

pub(crate) fn time(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

/// How long each report of a client that asks one thing after another waits, while it is told to go on.
pub(crate) fn waits(client: &mut Client, mut goes_on: impl FnMut() -> bool) -> Times {
    let mut times = Vec::new();
    while goes_on() {
        let report = format!("IAMAT watch -40.5-120.5 {}", times.len() + 1);
        times.push(time(|| assert!(client.ask(&report).starts_with("AT "))));
    }
    times.into_iter().collect()
}

/// The memory that a process holds, in MiB; `key` is of its status, such as `VmRSS` or `VmHWM`.
pub(crate) fn memory(process: u32, key: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':')).unwrap();
    let kibibytes: f64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    kibibytes / 1024.0
}

/// The share of one processor that a process takes for so long, in per cent.
pub(crate) fn processor_share(process: u32, during: Duration) -> f64 {
    let before = processor_time(process);
    std::thread::sleep(during);
    (processor_time(process) - before) / during.as_secs_f64() * 100.0
}

/// In seconds: fields 14 and 15 of proc_pid_stat(5), in ticks of a hundredth of a second.
fn processor_time(process: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let after_name = stat.rsplit(')').next().unwrap().split_whitespace();
    after_name.skip(11).take(2).map(|ticks| ticks.parse::<f64>().unwrap()).sum::<f64>() / 100.0
}

/// How many processors this machine has, and how many processes have wanted one lately.
pub(crate) fn load_average() -> String {
    let processors = std::thread::available_parallelism().unwrap();
    let average = std::fs::read_to_string("/proc/loadavg").unwrap();
    format!("{processors}; {}", average.split(' ').next().unwrap())
}
