//! What others pay for a crowd, and what a crowd costs.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::common::{Herd, eventually};
use crate::gauge::{Times, memory, processor_share, time, waits};
use crate::rig::crowd::{Crowd, Scarcity, allowed};
use crate::table::Row;

/// How long the others are watched.
const WATCH: Duration = Duration::from_secs(10);

fn herd() -> Herd {
    Herd::of_one(&["--set=limits.connections=12000", "--set=log.traffic=false"])
}

fn for_a_while() -> impl FnMut() -> bool {
    let end = Instant::now() + WATCH;
    move || Instant::now() < end
}

fn rows(beside: &str, times: &Times) -> Vec<Row> {
    vec![
        Row::note(format!("others' waits beside {beside}: median"), format!("{:?}", times.median())),
        Row::within(
            format!("others' waits beside {beside}: worst"),
            times.worst(),
            Duration::from_millis(100),
        ),
    ]
}

/// What this machine makes one wait without a crowd.
pub(crate) fn nobody() -> Vec<Row> {
    let herd = herd();
    let times = waits(&mut herd.client("Welsh"), for_a_while());
    let what = |which| format!("waits of one client alone: {which}");
    let note = |which, time| Row::note(what(which), format!("{time:?}"));
    vec![note("median", times.median()), note("99 of 100", times.p99()), note("worst", times.worst())]
}

pub(crate) fn idle() -> Vec<Row> {
    let mut herd = herd();
    let process = herd.process("Welsh").id();
    let (count, before) = (allowed(10_000), memory(process, "VmRSS"));
    let _crowd = Crowd::of(count, herd.address("Welsh"));
    let times = waits(&mut herd.client("Welsh"), for_a_while());
    let grown = memory(process, "VmRSS") - before;
    let mut rows = rows(&format!("{count} idle connections"), &times);
    rows.push(Row::note(format!("memory of {count} idle connections"), format!("{grown:.1} MiB")));
    rows
}

/// Every half second each sends one byte more of a line that does not end.
pub(crate) fn slow_loris() -> Vec<Row> {
    let herd = herd();
    let count = allowed(2_000);
    let mut crowd = Crowd::of(count, herd.address("Welsh"));
    let mut client = herd.client("Welsh");
    let times = beside(
        move || {
            crowd.say(b"x");
            std::thread::sleep(Duration::from_millis(500));
        },
        || waits(&mut client, for_a_while()),
    );
    rows(&format!("{count} slow loris"), &times)
}

/// Watches while a thread does something again and again.
fn beside(mut work: impl FnMut() + Send + 'static, watch: impl FnOnce() -> Times) -> Times {
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let worker = std::thread::spawn(move || {
        while !stopped.load(Ordering::Relaxed) {
            work();
        }
    });
    let times = watch();
    stop.store(true, Ordering::Relaxed);
    worker.join().unwrap();
    times
}

/// One client that has as many reports on their way as fit.
pub(crate) fn greedy() -> Vec<Row> {
    let herd = herd();
    let mut stream = TcpStream::connect(herd.address("Welsh")).unwrap();
    stream.set_nonblocking(true).unwrap();
    let reports = "IAMAT greedy -40.5-120.5 5\n".repeat(1_000).into_bytes();
    let (mut sent, mut buffer) = (0, vec![0; 65_536]);
    let mut client = herd.client("Welsh");
    let work = move || {
        sent += write_some(&mut stream, &reports[sent % reports.len()..]);
        while stream.read(&mut buffer).is_ok_and(|count| count > 0) {}
        std::thread::sleep(Duration::from_micros(100));
    };
    let times = beside(work, || waits(&mut client, for_a_while()));
    let what = |which| format!("others' waits beside a greedy client: {which}");
    vec![
        Row::note(what("median"), format!("{:?}", times.median())),
        Row::within(what("99 of 100"), times.p99(), Duration::from_millis(10)),
        Row::within(what("worst"), times.worst(), Duration::from_millis(100)),
    ]
}

/// As much as there is room for.
fn write_some(stream: &mut TcpStream, bytes: &[u8]) -> usize {
    match stream.write(bytes) {
        Ok(count) => count,
        Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
        Err(error) => panic!("the greedy client is closed: {error}"),
    }
}

pub(crate) fn slow_readers() -> Vec<Row> {
    let row = |count: u16, most| {
        let what = format!("memory for {count} that ask much and read nothing");
        Row::at_most(what, memory_for_slow_readers(count), most, "MiB")
    };
    vec![row(1, 16.0), row(50, 96.0)]
}

fn memory_for_slow_readers(count: u16) -> f64 {
    let mut herd = herd();
    let mut client = herd.client("Welsh");
    client.ask("IAMAT kiwi +34.068930-118.445127 5");
    client.whatsat("kiwi 50 20");
    let process = herd.process("Welsh").id();
    let before = memory(process, "VmRSS");
    let connect = |_| {
        let stream = TcpStream::connect(herd.address("Welsh")).unwrap();
        stream.set_nonblocking(true).unwrap();
        stream
    };
    let mut readers: Vec<TcpStream> = (0..count).map(connect).collect();
    let queries = "WHATSAT kiwi 50 20\n".repeat(1_000);
    let mut goes_on = for_a_while();
    while goes_on() {
        for reader in &mut readers {
            let _ = reader.write(queries.as_bytes()); // it may be closed for it
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    memory(process, "VmHWM") - before
}

pub(crate) fn out_of_descriptors() -> Vec<Row> {
    let mut herd = herd();
    let process = herd.process("Welsh").id();
    let mut client = herd.client("Welsh");
    let scarcity = Scarcity::of(process, 8);
    let mut crowd = Crowd::of(100, herd.address("Welsh"));
    eventually("the server says so", || herd.said("Welsh").contains("Too many open files"));
    let share = processor_share(process, Duration::from_secs(3));
    assert!(client.ask("IAMAT old -40.5-120.5 5").starts_with("AT "), "old clients are served");
    crowd.say(b"IAMAT crowd -40.5-120.5 5\n");
    scarcity.end();
    let recovers = time(|| eventually("all are served", || crowd.all_heard()));
    vec![
        Row::at_most("out of descriptors: share of a processor", share, 20.0, "%"),
        Row::within("out of descriptors: all are served after", recovers, Duration::from_secs(2)),
    ]
}
