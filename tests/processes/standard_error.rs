//! Standard error that nobody reads: a full pipe, as a paused terminal is one.

use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, PipeReader, Read, Write, pipe};
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::process::Signal;

use crate::common::{Herd, NAMES, Process, eventually};

/// Lines that a client sends before it reads, and how often: what is said of them is more than a pipe and the process
/// hold.
const MANY: (usize, usize) = (2_000, 20);

#[test]
fn a_server_serves_and_stops_though_nobody_reads_its_standard_error() {
    let (herd, _unread, mut server) = unread(&["Welsh"]);
    is_served(&herd, "Welsh");
    server.signal(Signal::HUP);
    is_served(&herd, "Welsh");
    server.signal(Signal::TERM);
    assert_eq!(server.end().code(), Some(0));
}

#[test]
fn all_serve_and_stop_though_nobody_reads_their_standard_error() {
    let (herd, _unread, mut all) = unread(&["all"]);
    NAMES.into_iter().for_each(|name| is_served(&herd, name));
    let children = children(all.id());
    let killed = rustix::process::Pid::from_raw(children[0]).unwrap();
    rustix::process::kill_process(killed, Signal::KILL).unwrap();
    eventually("it is reaped", || !self::children(all.id()).contains(&children[0]));
    all.signal(Signal::TERM);
    assert!(all.end().code().is_some());
}

#[test]
fn what_waited_for_a_reader_is_written_in_order_and_what_was_dropped_is_counted() {
    let (herd, reader, mut server) = unread(&["Welsh"]);
    is_served(&herd, "Welsh");
    let mut client = herd.client("Welsh");
    let (lines, times) = MANY;
    for _ in 0..times {
        client.send("what\n".repeat(lines));
        (0..lines).for_each(|_| drop(client.line().unwrap()));
    }
    let mut reader = BufReader::new(reader);
    let mut said = String::new();
    while !said.ends_with(" lines before this one are missing: standard error did not take them\n") {
        assert!(reader.read_line(&mut said).unwrap() > 0, "{said}");
    }
    assert!(said.contains("Welsh: ready: "), "what was said first comes first");
    server.signal(Signal::TERM);
    reader.read_to_string(&mut said).unwrap();
    assert!(said.contains("Welsh: stopping\n"), "what is said last is not lost");
    assert_eq!(server.end().code(), Some(0));
}

#[test]
fn a_configuration_that_is_refused_ends_a_server_though_nobody_reads_why() {
    let (_herd, _unread, mut server) = unread(&["Welsh", "--set=limits.line=0"]);
    assert_eq!(server.end().code(), Some(2));
}

/// `herd` with these arguments, whose standard error is a full pipe.
fn unread(arguments: &[&str]) -> (Herd, PipeReader, Process) {
    let herd = Herd::new();
    let (reader, mut writer) = pipe().unwrap();
    let flags = fcntl_getfl(&writer).unwrap();
    fcntl_setfl(&writer, flags | OFlags::NONBLOCK).unwrap();
    let full = std::iter::repeat_with(|| writer.write(&[b'.'; 4096])).find_map(Result::err);
    assert_eq!(full.unwrap().kind(), ErrorKind::WouldBlock);
    fcntl_setfl(&writer, flags).unwrap();
    let mut command = herd.command(arguments);
    let server = start(command.env("RUST_LOG", "herd=debug"), writer.into());
    (herd, reader, server)
}

fn start(command: &mut Command, stderr: OwnedFd) -> Process {
    Process::of(command.stdout(Stdio::null()).stderr(stderr).spawn().unwrap())
}

fn is_served(herd: &Herd, name: &str) {
    eventually("it listens", || TcpStream::connect(herd.address(name)).is_ok());
    assert!(herd.client(name).ask("IAMAT kiwi -40.5-120.5 5").starts_with("AT "));
}

fn children(of: u32) -> Vec<i32> {
    let mut children = String::new();
    let list = File::open(format!("/proc/{of}/task/{of}/children"));
    list.unwrap().read_to_string(&mut children).unwrap();
    children.split_whitespace().map(|id| id.parse().unwrap()).collect()
}
