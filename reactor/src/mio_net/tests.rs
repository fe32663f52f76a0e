//! The net on loopback, driven as the reactor drives it.

use std::any::Any;
use std::io::{self, ErrorKind, IoSlice};
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGTERM};
use signal_hook::low_level::raise;

use crate::net::{ConnId, Event, JobError, JobId, Key, Net, Outcome, PortId};

use super::MioNet;
use super::pool::JOBS;
use super::signals::WATCHED;

/// Time limit of every wait. It only ends a test that hangs; no speed is asserted.
const PATIENCE: Duration = Duration::from_secs(120);

const PORT: PortId = PortId(Key { slot: 0, serial: 7 });
const SERVER: ConnId = ConnId(Key { slot: 0, serial: 1 });
const CLIENT: ConnId = ConnId(Key { slot: 1, serial: 2 });
const OTHER: ConnId = ConnId(Key { slot: 5, serial: 3 });

fn net() -> MioNet {
    MioNet::new().unwrap()
}

fn loopback() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

/// Polls until an event is `wanted`, and says what that made of it; panics after `PATIENCE`.
/// Shows every event of a poll, since none is repeated.
fn wait<T>(net: &mut MioNet, mut wanted: impl FnMut(Event) -> Option<T>) -> T {
    let deadline = net.now() + PATIENCE;
    while net.now() < deadline {
        let mut events = Vec::new();
        net.poll(Some(deadline - net.now()), &mut events).unwrap();
        if let Some(found) = events.into_iter().filter_map(&mut wanted).last() {
            return found;
        }
    }
    panic!("the event has not come");
}

fn wait_until(net: &mut MioNet, mut wanted: impl FnMut(&Event) -> bool) {
    wait(net, |event| wanted(&event).then_some(()));
}

fn incoming(event: &Event) -> bool {
    matches!(event, Event::Incoming(PORT))
}

fn readable(of: ConnId) -> impl Fn(&Event) -> bool {
    move |event| matches!(event, Event::Ready { conn, read: true, .. } if *conn == of)
}

fn writable(of: ConnId) -> impl Fn(&Event) -> bool {
    move |event| matches!(event, Event::Ready { conn, write: true, .. } if *conn == of)
}

fn read_closed(of: ConnId) -> impl Fn(&Event) -> bool {
    move |event| matches!(event, Event::Ready { conn, read: true, read_closed: true, .. } if *conn == of)
}

fn done(of: JobId) -> impl Fn(Event) -> Option<Outcome> {
    move |event| match event {
        Event::Done(job, outcome) if job == of => Some(outcome),
        _ => None,
    }
}

/// A net with both ends of one connection.
fn connected() -> MioNet {
    let mut net = net();
    let at = net.listen(loopback(), PORT).unwrap();
    net.connect(at, CLIENT).unwrap();
    wait_until(&mut net, incoming);
    net.accept(PORT, SERVER).unwrap();
    net
}

fn send(net: &mut MioNet, from: ConnId, parts: &[&[u8]]) -> usize {
    let parts: Vec<_> = parts.iter().map(|part| IoSlice::new(part)).collect();
    net.write(from, &parts).unwrap()
}

/// Reads `count` bytes; one write may arrive in several parts.
fn receive_all(net: &mut MioNet, at: ConnId, count: usize) -> Vec<u8> {
    let mut all = Vec::new();
    while all.len() < count {
        let mut buffer = [0; 1024];
        match net.read(at, &mut buffer) {
            Ok(read) => all.extend_from_slice(&buffer[..read]),
            Err(_) => wait_until(net, readable(at)),
        }
    }
    all
}

fn receive(net: &mut MioNet, at: ConnId) -> Vec<u8> {
    let mut buffer = [0; 1024];
    let count = net.read(at, &mut buffer).unwrap();
    buffer[..count].to_vec()
}

fn kind<T: std::fmt::Debug>(result: io::Result<T>) -> ErrorKind {
    result.unwrap_err().kind()
}

#[test]
fn a_port_says_when_somebody_waits_and_when_nobody_does() {
    let mut net = net();
    let at = net.listen(loopback(), PORT).unwrap();
    assert_ne!(at.port(), 0);
    assert_eq!(kind(net.accept(PORT, SERVER)), ErrorKind::WouldBlock);
    net.connect(at, CLIENT).unwrap();
    wait_until(&mut net, incoming);
    assert!(net.accept(PORT, SERVER).unwrap().ip().is_loopback());
    assert_eq!(kind(net.accept(PORT, SERVER)), ErrorKind::WouldBlock);
}

#[test]
fn both_ends_of_a_new_connection_are_writable() {
    let mut net = net();
    let at = net.listen(loopback(), PORT).unwrap();
    net.connect(at, CLIENT).unwrap();
    let (mut is_writable, mut is_incoming) = (false, false);
    wait_until(&mut net, |event| {
        is_writable |= writable(CLIENT)(event);
        is_incoming |= incoming(event);
        is_writable && is_incoming
    });
    net.connect_result(CLIENT).unwrap();
    net.accept(PORT, SERVER).unwrap();
    wait_until(&mut net, writable(SERVER));
}

#[test]
fn streams_do_not_wait_to_fill_a_segment() {
    let net = connected();
    for conn in [SERVER, CLIENT] {
        assert!(net.conns.get(conn.0).unwrap().nodelay().unwrap());
    }
}

#[test]
fn what_is_written_in_one_or_several_parts_is_read_once_and_in_order() {
    let mut net = connected();
    assert_eq!(send(&mut net, CLIENT, &[b"one "]), 4);
    assert_eq!(send(&mut net, CLIENT, &[b"two ", b"", b"three"]), 9);
    assert_eq!(receive_all(&mut net, SERVER, 13), b"one two three");
    assert_eq!(kind(net.read(SERVER, &mut [0; 8])), ErrorKind::WouldBlock);
}

#[test]
fn every_arrival_is_an_edge_and_silence_is_none() {
    let mut net = connected();
    for _ in 0..3 {
        send(&mut net, CLIENT, &[b"ping"]);
        wait_until(&mut net, readable(SERVER));
        receive(&mut net, SERVER);
    }
    let mut events = Vec::new();
    net.poll(Some(Duration::ZERO), &mut events).unwrap();
    net.poll(Some(Duration::ZERO), &mut events).unwrap();
    assert!(events.is_empty(), "{events:?}");
}

#[test]
fn a_full_stream_can_be_written_again_once_its_peer_has_read() {
    let mut net = connected();
    let mut written = 0;
    while let Ok(count) = net.write(SERVER, &[IoSlice::new(&[0; 65_536])]) {
        written += count;
    }
    let (mut read, mut is_writable) = (0, false);
    let mut buffer = vec![0; 65_536];
    while read < written || !is_writable {
        match net.read(CLIENT, &mut buffer) {
            Ok(count) => read += count,
            Err(_) => wait_until(&mut net, |event| {
                is_writable |= writable(SERVER)(event);
                is_writable || readable(CLIENT)(event)
            }),
        }
    }
    assert_eq!(send(&mut net, SERVER, &[b"more"]), 4);
}

#[test]
fn after_a_half_close_the_other_half_still_works() {
    let mut net = connected();
    send(&mut net, CLIENT, &[b"question"]);
    net.shutdown_write(CLIENT).unwrap();
    wait_until(&mut net, read_closed(SERVER));
    assert_eq!(receive(&mut net, SERVER), b"question");
    assert_eq!(receive(&mut net, SERVER), b"");
    send(&mut net, SERVER, &[b"answer"]);
    wait_until(&mut net, readable(CLIENT));
    assert_eq!(receive(&mut net, CLIENT), b"answer");
}

#[test]
fn a_closed_connection_ends_for_its_peer_and_is_unknown_here() {
    let mut net = connected();
    net.close(CLIENT);
    assert_eq!(kind(net.read(CLIENT, &mut [0; 8])), ErrorKind::NotConnected);
    wait_until(&mut net, read_closed(SERVER));
    assert_eq!(receive(&mut net, SERVER), b"");
}

#[test]
fn closing_with_unread_bytes_resets_the_peer() {
    let mut net = connected();
    send(&mut net, CLIENT, &[b"unread"]);
    wait_until(&mut net, readable(SERVER));
    net.close(SERVER);
    wait_until(&mut net, read_closed(CLIENT));
    assert_eq!(kind(net.read(CLIENT, &mut [0; 8])), ErrorKind::ConnectionReset);
}

#[test]
fn a_slot_serves_its_next_tenant() {
    let mut net = connected();
    net.close(CLIENT);
    let next = ConnId(Key { serial: 3, ..CLIENT.0 });
    let at = net.ports.get(PORT.0).unwrap().local_addr().unwrap();
    net.connect(at, next).unwrap();
    wait_until(&mut net, writable(next));
    net.connect_result(next).unwrap();
}

#[test]
fn a_closed_port_refuses() {
    let mut net = connected(); // the open connection keeps other programs from being given the port
    let at = net.ports.get(PORT.0).unwrap().local_addr().unwrap();
    net.close_port(PORT);
    net.connect(at, OTHER).unwrap();
    wait_until(&mut net, writable(OTHER));
    assert_eq!(kind(net.connect_result(OTHER)), ErrorKind::ConnectionRefused);
    assert_eq!(kind(net.accept(PORT, SERVER)), ErrorKind::NotConnected);
}

#[test]
fn a_connection_on_its_way_would_block() {
    let mut net = net();
    let at = net.listen(loopback(), PORT).unwrap();
    net.connect(at, CLIENT).unwrap();
    wait_until(&mut net, incoming);
    net.connect_result(CLIENT).unwrap();
    // With a backlog of 0 and one connection waiting, the kernel drops further SYNs.
    rustix::net::listen(net.ports.get(PORT.0).unwrap(), 0).unwrap();
    net.connect(at, OTHER).unwrap();
    assert_eq!(kind(net.connect_result(OTHER)), ErrorKind::WouldBlock);
}

#[test]
fn an_address_in_use_is_an_error() {
    let mut net = net();
    let at = net.listen(loopback(), PORT).unwrap();
    let other = PortId(Key { slot: 1, serial: 8 });
    assert_eq!(kind(net.listen(at, other)), ErrorKind::AddrInUse);
}

#[test]
fn a_poll_ends_when_its_time_is_over_and_the_clock_runs() {
    let mut net = net();
    let mut events = Vec::new();
    let before = net.now();
    net.poll(Some(Duration::from_millis(5)), &mut events).unwrap();
    assert!(net.now() - before >= Duration::from_millis(5));
    assert!(events.is_empty());
    assert!(net.wall_clock().as_unix_nanos() > 0);
}

#[test]
fn a_name_is_resolved_and_a_bad_one_is_an_error() {
    let mut net = net();
    for (job, host) in [(1, "localhost"), (2, "127.0.0.1"), (3, "no host\0at all"), (4, "Localhost.")] {
        net.resolve(JobId(job), host, 80);
        let found = wait(&mut net, |event| match event {
            Event::Resolved(JobId(id), found) if id == job => Some(found),
            _ => None,
        });
        match found {
            Ok(found) => assert!(found.iter().all(|at| at.ip().is_loopback() && at.port() == 80)),
            Err(_) => assert_eq!(job, 3),
        }
    }
}

#[test]
fn a_name_that_is_asked_for_often_is_looked_up_on_one_thread_and_all_are_answered() {
    let mut net = net();
    (0..100).for_each(|job| net.resolve(JobId(job), "localhost", u16::try_from(job).unwrap()));
    let mut answered = Vec::new();
    wait_until(&mut net, |event| {
        if let Event::Resolved(JobId(job), Ok(found)) = event {
            assert!(found.iter().all(|at| at.ip().is_loopback() && u64::from(at.port()) == *job));
            answered.push(*job);
        }
        answered.len() == 100
    });
    assert_eq!((answered, net.names.threads()), ((0..100).collect(), 1));
}

#[test]
fn deferred_work_comes_back_with_its_value() {
    let mut net = net();
    for id in 0..20 {
        net.defer(JobId(id), Box::new(move || Box::new(id * 2)));
        let value = wait(&mut net, done(JobId(id))).unwrap();
        assert_eq!(value.downcast_ref(), Some(&(id * 2)));
    }
    assert_eq!(net.work.threads, 1, "one at a time needs one thread");
}

#[test]
fn a_panic_of_deferred_work_is_its_answer() {
    let mut net = net();
    let number = 7;
    net.defer(JobId(1), Box::new(|| panic!("plain")));
    assert_eq!(wait(&mut net, done(JobId(1))).unwrap_err(), JobError::Panicked("plain".into()));
    net.defer(JobId(2), Box::new(move || panic!("number {number}")));
    assert_eq!(wait(&mut net, done(JobId(2))).unwrap_err(), JobError::Panicked("number 7".into()));
    net.defer(JobId(3), Box::new(|| Box::new(())));
    assert!(wait(&mut net, done(JobId(3))).is_ok());
}

#[test]
fn a_full_queue_refuses_and_is_open_again_when_answers_came() {
    let mut net = net();
    let gate = Arc::new(Mutex::new(()));
    let held = gate.lock().unwrap();
    for id in 0..=JOBS as u64 {
        let gate = Arc::clone(&gate);
        net.defer(JobId(id), Box::new(move || Box::new(gate.lock().is_ok())));
    }
    let last = JobId(JOBS as u64);
    assert_eq!(wait(&mut net, done(last)).unwrap_err(), JobError::Full);
    drop(held);
    let mut answers = 0;
    wait_until(&mut net, |event| {
        answers += usize::from(matches!(event, Event::Done(_, Ok(_))));
        answers == JOBS
    });
    net.defer(last, Box::new(|| Box::new(())));
    assert!(wait(&mut net, done(last)).is_ok());
}

#[test]
fn names_are_resolved_while_all_work_hangs() {
    let mut net = net();
    let gates: Vec<_> = (0..8).map(|id| hang(&mut net, JobId(id)).0).collect();
    net.resolve(JobId(9), "localhost", 80);
    wait_until(&mut net, |event| matches!(event, Event::Resolved(JobId(9), Ok(_))));
    drop(gates);
}

#[test]
fn a_dropped_net_neither_waits_for_work_nor_begins_more() {
    let mut net = net();
    let (gate, begun) = hang(&mut net, JobId(0));
    let (other_gate, other_begun) = hang(&mut net, JobId(1));
    begun.recv_timeout(PATIENCE).unwrap();
    other_begun.recv_timeout(PATIENCE).unwrap();
    let (never, begun) = hang(&mut net, JobId(2));
    drop(net);
    drop((gate, other_gate, never));
    assert!(begun.recv_timeout(PATIENCE).is_err(), "the queue was dropped unserved");
}

/// Defers work that says when it begins, and then hangs until the gate is dropped.
fn hang(net: &mut MioNet, job: JobId) -> (Sender<()>, Receiver<()>) {
    let (gate, opened) = channel::<()>();
    let (begins, begun) = channel();
    net.defer(
        job,
        Box::new(move || {
            begins.send(()).ok();
            Box::new(opened.recv().is_err()) as Box<dyn Any + Send>
        }),
    );
    (gate, begun)
}

/// One test for all: signals are the process's, and the tests are its threads.
#[test]
fn every_signal_is_an_event_and_so_is_a_second_one() {
    let mut net = net().with_signals().unwrap().with_signals().unwrap();
    for (number, signal) in WATCHED.into_iter().chain(WATCHED) {
        raise(number).unwrap();
        let seen = wait(&mut net, |event| match event {
            Event::Signal(seen) => Some(seen),
            _ => None,
        });
        assert_eq!(seen, signal);
    }
    let mut events = Vec::new();
    net.poll(Some(Duration::ZERO), &mut events).unwrap();
    assert!(events.is_empty(), "one event each: {events:?}");
    (0..100).for_each(|_| raise(SIGHUP).unwrap());
    net.poll(Some(Duration::ZERO), &mut events).unwrap();
    assert_eq!(events.len(), 100);
    drop(net);
    raise(SIGTERM).unwrap();
}

#[test]
fn edges_come_under_the_new_name_after_a_rename() {
    let mut net = connected();
    net.rename(CLIENT, OTHER).unwrap();
    wait_until(&mut net, writable(OTHER));
    assert_eq!(send(&mut net, SERVER, &[b"hello"]), 5);
    wait_until(&mut net, readable(OTHER));
    assert_eq!(receive(&mut net, OTHER), b"hello");
    assert_eq!(kind(net.read(CLIENT, &mut [0; 8])), ErrorKind::NotConnected);
    net.close(SERVER);
    wait_until(&mut net, read_closed(OTHER));
}

#[test]
fn edges_that_were_reported_under_the_old_name_are_reported_again() {
    let mut net = connected();
    assert_eq!(send(&mut net, SERVER, &[b"hello"]), 5);
    net.shutdown_write(SERVER).unwrap();
    wait_until(&mut net, read_closed(CLIENT));
    net.rename(CLIENT, OTHER).unwrap();
    wait_until(&mut net, |event| readable(OTHER)(event) && read_closed(OTHER)(event));
}

#[test]
fn what_is_not_there_cannot_be_renamed() {
    let mut net = net();
    assert_eq!(kind(net.rename(CLIENT, OTHER)), ErrorKind::NotConnected);
}
