//! Real processes on loopback that talk as the original's servers do.

use crate::common::client::Door;
use crate::common::{Herd, NAMES, eventually};
use rustix::process::Signal;

const PAPER: &str = "--set=peers.mode=paper";

fn herd_of_five() -> Herd {
    let mut herd = Herd::new();
    NAMES.into_iter().for_each(|name| herd.start_with(name, &[PAPER]));
    herd
}

#[test]
fn a_report_to_any_server_reaches_all_five() {
    let herd = herd_of_five();
    let report = |name: &&str| herd.client(name).ask(&format!("IAMAT of-{name} +1-1 5"));
    let lines: Vec<String> = NAMES.iter().map(report).collect();
    for (name, line) in NAMES.iter().zip(&lines) {
        herd.await_news(&NAMES, &format!("of-{name}"), line);
    }
    let answers: Vec<String> = NAMES.iter().map(|name| herd.client(name).whatsat("of-Ball 10 3")).collect();
    assert!(
        answers[0].ends_with("\n\n") && answers.iter().all(|answer| *answer == answers[0]),
        "{answers:?}"
    );
}

#[test]
fn no_key_is_made_and_no_port_opened_for_neighbours_and_the_mode_is_said() {
    let herd = herd_of_five();
    assert!(!herd.path("data/herd.key").exists());
    for name in NAMES {
        drop(Door::open(herd.port(name) + 1)); // it is there for whoever wants it
        assert!(herd.said(name).contains("peers.mode = \"paper\": whoever comes"), "{}", herd.said(name));
    }
}

#[test]
fn a_short_connection_tells_news_as_an_original_would() {
    let herd = herd_of_five();
    let at = "AT Holiday +0.000000001 kiwi +34.068930-118.445127 1479413884.392014450";
    let mut neighbour = herd.client("Hamilton");
    neighbour.send(format!("{at}\n"));
    neighbour.finish();
    assert_eq!(neighbour.rest(), b"", "it is not answered");
    let reached = ["Alford", "Ball", "Hamilton", "Welsh"];
    herd.await_news(&reached, "kiwi", at);
}

#[test]
fn a_server_that_dies_misses_updates_and_hears_later_ones() {
    let mut herd = herd_of_five();
    let rest = ["Alford", "Ball", "Holiday", "Welsh"];
    herd.kill("Hamilton");
    let without = herd.client("Holiday").ask("IAMAT lost +1-1 5");
    herd.await_news(&rest, "lost", &without);
    let alford_knows = || herd.said("Alford").contains("neighbour Hamilton: an update is lost: ");
    eventually("Alford says that Hamilton has missed it", alford_knows);
    herd.start_with("Hamilton", &[PAPER]);
    let with = herd.client("Ball").ask("IAMAT told +1-1 5");
    herd.await_news(&NAMES, "told", &with);
    assert_eq!(herd.knows("Hamilton", "lost"), None);
}

#[test]
fn a_stopped_server_holds_up_nobody_and_reads_what_has_reached_it_when_it_goes_on() {
    let mut herd = herd_of_five();
    herd.process("Hamilton").signal(Signal::STOP);
    let at = herd.client("Alford").ask("IAMAT kiwi +1-1 5");
    herd.await_news(&["Alford", "Ball", "Holiday", "Welsh"], "kiwi", &at);
    herd.process("Hamilton").signal(Signal::CONT);
    herd.await_news(&["Hamilton"], "kiwi", &at);
}

#[test]
fn news_survives_a_restart_in_every_durability_that_keeps_any() {
    for durability in ["always", "everysec"] {
        let mut herd = Herd::new();
        let flags = [PAPER, &format!("--set=store.durability={durability}")];
        ["Ball", "Welsh"].into_iter().for_each(|name| herd.start_with(name, &flags));
        let at = herd.client("Ball").ask("IAMAT kiwi +1-1 5");
        herd.await_news(&["Ball", "Welsh"], "kiwi", &at);
        herd.process("Welsh").signal(Signal::TERM);
        assert!(herd.process("Welsh").end().success());
        herd.start_with("Welsh", &flags);
        assert_eq!(herd.knows("Welsh", "kiwi"), Some(at), "{durability}");
    }
}

#[test]
fn what_was_sent_is_logged_and_counted() {
    let mut herd = herd_of_five();
    let at = herd.client("Alford").ask("IAMAT kiwi +1-1 5");
    herd.await_news(&NAMES, "kiwi", &at);
    let sent = format!(" > 127.0.0.1:{} {at}\n", herd.port("Welsh"));
    eventually("Alford has logged what it sent", || herd.log("Alford").contains(&sent));
    eventually("Welsh has logged what it got", || herd.log("Welsh").contains(&format!(" {at}\n")));
    let counted = || {
        herd.process("Alford").signal(Signal::HUP);
        let log = herd.log("Alford");
        log.contains("to neighbours: 2 updates told\n") && !log.contains(" updates lost\n")
    };
    eventually("both updates are counted", counted);
}

#[test]
fn many_reports_at_once_reach_all() {
    const REPORTS: usize = 300;
    let herd = herd_of_five();
    let mut client = herd.client("Alford");
    client.send((0..REPORTS).map(|n| format!("IAMAT id-{n} +1-1 5\n")).collect::<String>());
    client.finish();
    let replies = String::from_utf8(client.rest()).unwrap();
    assert_eq!(replies.lines().count(), REPORTS);
    for (n, line) in replies.lines().enumerate() {
        herd.await_news(&NAMES, &format!("id-{n}"), line);
    }
}

#[test]
fn check_says_what_the_mode_means_and_refuses_it_beyond_loopback_unless_it_is_named_twice() {
    let mut herd = Herd::new();
    let check = |herd: &Herd, flags: &[&str]| {
        let output = herd.run(&[&["check"], flags].concat());
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, said) = check(&herd, &[PAPER]);
    assert!(code == Some(0) && said.contains("note: peers.mode: \"paper\": whoever comes from"), "{said}");

    let exposed = [PAPER, "--set=servers.Welsh.host=10.0.0.4"];
    let (code, said) = check(&herd, &exposed);
    let refusal = "herd: --set peers.mode: with \"paper\" whoever comes from a neighbour's address is believed, and \
                   Welsh listens on 10.0.0.4, which is not loopback; set peers.allow_unauthenticated = true as well";
    assert!(code == Some(2) && said.starts_with(refusal), "{said}");
    let mut process = herd.spawn("Alford", &[&["Alford"], &exposed[..]].concat());
    assert_eq!(process.end().code(), Some(2), "and a server does not start");
    let (code, said) = check(&herd, &[&exposed[..], &["--set=peers.allow_unauthenticated=true"]].concat());
    assert_eq!(code, Some(0), "{said}");

    herd.start("Alford");
    std::fs::write(herd.path("herd.toml"), "herd.dir = \"data\"\n[peers]\nmode = \"paper\"\n").unwrap();
    herd.process("Alford").signal(Signal::HUP);
    let said = || {
        herd.log("Alford")
            .contains("changed, and waiting for a restart: peers.mode, servers.Alford.client_port, ")
    };
    eventually("a reload says that the mode waits for a restart", said);
}
