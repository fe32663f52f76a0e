//! Signals, what is inherited from whoever starts a server, and a server as the first process of a container.

use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, prlimit};

use crate::common::{Herd, NAMES, eventually};
use crate::rig::lab;

fn is_served(herd: &Herd, id: &str) {
    let at = herd.client("Welsh").ask(&format!("IAMAT {id} -40.5-120.5 5"));
    assert!(at.starts_with("AT Welsh "), "{at}");
}

#[test]
fn usr2_pipe_and_xfsz_end_nothing_usr1_reopens_the_log_and_quit_stops() {
    let mut herd = Herd::of_one(&[]);
    [Signal::USR2, Signal::PIPE, Signal::XFSZ]
        .into_iter()
        .for_each(|signal| herd.process("Welsh").signal(signal));
    is_served(&herd, "kiwi");
    fs::rename(herd.path("data/Welsh.log"), herd.path("data/Welsh.old")).unwrap();
    herd.process("Welsh").signal(Signal::USR1);
    eventually("the log is there again", || herd.log("Welsh").contains("the log is opened anew"));
    assert!(!herd.said("Welsh").contains("the configuration is read again"), "that is for SIGHUP");
    herd.process("Welsh").signal(Signal::QUIT);
    assert_eq!(herd.process("Welsh").end().code(), Some(0), "{}", herd.said("Welsh"));
    assert!(herd.said("Welsh").contains("Welsh: stopping\n"));
}

/// A write beyond the limit raises SIGXFSZ, and fails.
#[test]
fn files_that_may_not_grow_cost_lines_of_the_log_and_time_but_not_the_server() {
    let mut herd = Herd::of_one(&[]);
    let process = Pid::from_raw(i32::try_from(herd.process("Welsh").id()).unwrap());
    let before = getrlimit(Resource::Fsize);
    prlimit(process, Resource::Fsize, Rlimit { current: Some(4096), ..before }).unwrap();
    (0..100).for_each(|n| is_served(&herd, &format!("kiwi-{n}")));
    eventually("the disk fails", || herd.said("Welsh").contains("File too large"));
    prlimit(process, Resource::Fsize, before).unwrap();
    is_served(&herd, "plum");
    herd.process("Welsh").signal(Signal::TERM);
    assert_eq!(herd.process("Welsh").end().code(), Some(0), "{}", herd.said("Welsh"));
    herd.start("Welsh");
    assert!(
        ["kiwi-99", "plum"].iter().all(|id| herd.knows("Welsh", id).is_some()),
        "all is on disk in the end"
    );
}

#[test]
fn signals_that_whoever_starts_it_blocks_or_ignores_are_heard() {
    for how in ["--block-signal=TERM,INT,QUIT,HUP,CHLD", "--ignore-signal=TERM,INT,QUIT,HUP,CHLD"] {
        for what in ["Welsh", "all"] {
            let herd = Herd::new();
            let mut process = herd.spawn_command(what, &mut herd.command_by(&["env", how], &[what]));
            eventually("it serves", || TcpStream::connect(herd.address("Welsh")).is_ok());
            process.signal(Signal::TERM);
            assert_eq!(process.end().code(), Some(0), "{what} {how}: {}", herd.said(what));
        }
    }
}

#[test]
fn all_passes_usr1_on_and_stops_all_at_quit() {
    let herd = Herd::new();
    let mut all = herd.spawn("all", &["all"]);
    eventually("all are ready", || herd.said("all").matches(": ready: ").count() == NAMES.len());
    all.signal(Signal::USR2);
    all.signal(Signal::USR1);
    eventually("all reopen", || {
        herd.said("all").matches("the log is opened anew with the next line\n").count() == NAMES.len()
    });
    all.signal(Signal::QUIT);
    assert_eq!(all.end().code(), Some(0), "{}", herd.said("all"));
}

/// `script` gives it a terminal of its own, which is gone with `script`.
#[test]
fn all_ends_when_its_terminal_has_hung_up() {
    let herd = Herd::new();
    let program = env!("CARGO_BIN_EXE_herd");
    let line = format!("exec {program} all 2>{}", herd.path("all.err").display());
    let mut script = Command::new("script");
    script.args(["--quiet", "--command", &line, "/dev/null"]).current_dir(herd.path("."));
    let Ok(mut terminal) = script.stdin(Stdio::null()).stdout(Stdio::null()).spawn() else {
        return println!("passed over: there is no `script` here");
    };
    eventually("all are ready", || herd.said("all").matches(": ready: ").count() == NAMES.len());
    terminal.kill().unwrap();
    terminal.wait().unwrap();
    eventually("all have ended", || NAMES.iter().all(|name| TcpStream::connect(herd.address(name)).is_err()));
    assert_eq!(herd.said("all").matches(": stopping\n").count(), NAMES.len(), "in good order");
}

#[test]
fn as_process_1_of_a_container_it_collects_orphans_and_stops() {
    lab::inside("signals::as_process_1_of_a_container_it_collects_orphans_and_stops", || {
        for what in ["all", "Welsh"] {
            let herd = Herd::new();
            let container = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"];
            let mut starter = herd.spawn_command(what, &mut herd.command_by(&container, &[what]));
            eventually("it serves", || TcpStream::connect(herd.address("Welsh")).is_ok());
            let first = children(starter.id())[0];
            let inside = format!("--target={first}");
            let orphan = ["--pid", &inside, "sh", "-c", "sleep 1000 &"];
            assert!(Command::new("nsenter").args(orphan).status().unwrap().success());
            let orphans = || children(first).into_iter().filter(|child| is_called(*child, "sleep"));
            eventually("it has an orphan", || orphans().count() == 1);
            let orphan = orphans().next().unwrap();
            kill_process(pid(orphan), Signal::KILL).unwrap();
            eventually("the orphan is collected", || !Path::new(&format!("/proc/{orphan}")).exists());
            kill_process(pid(first), Signal::TERM).unwrap();
            assert_eq!(starter.end().code(), Some(0), "{}", herd.said(what));
        }
    });
}

fn pid(process: u32) -> Pid {
    Pid::from_raw(i32::try_from(process).unwrap()).unwrap()
}

/// The children of a process, of its first thread.
fn children(process: u32) -> Vec<u32> {
    let list = fs::read_to_string(format!("/proc/{process}/task/{process}/children")).unwrap();
    list.split_whitespace().map(|child| child.parse().unwrap()).collect()
}

fn is_called(process: u32, name: &str) -> bool {
    fs::read_to_string(format!("/proc/{process}/comm")).is_ok_and(|comm| comm.trim_end() == name)
}
