//! Five real processes on loopback: what the paper promises of the herd, and who is kept out of it.

use crate::common::{Herd, NAMES, eventually};
use rustix::process::Signal;

const UCLA: &str = "+34.068930-118.445127";

#[test]
fn the_session_of_the_paper() {
    let herd = Herd::of_five();
    let mut client = herd.client("Alford");
    let at = client.ask(&format!("IAMAT kiwi.cs.ucla.edu {UCLA} 1479413884.392014450"));
    let fields: Vec<&str> = at.split(' ').collect();
    assert_eq!(fields[..2], ["AT", "Alford"]);
    assert_eq!(fields[3..], ["kiwi.cs.ucla.edu", UCLA, "1479413884.392014450"]);
    let (sign, difference) = fields[2].split_at(1);
    assert_eq!((sign, difference.split('.').nth(1).unwrap().len()), ("+", 9), "{at}");

    herd.await_news(&["Ball"], "kiwi.cs.ucla.edu", &at);
    let answer = herd.client("Ball").whatsat("kiwi.cs.ucla.edu 10 2");
    let places = answer.strip_prefix(&format!("{at}\n")).unwrap();
    let names: Vec<&str> = places.lines().filter(|line| line.contains("\"name\"")).map(str::trim).collect();
    assert_eq!(names, ["\"name\" : \"Bel Air\",", "\"name\" : \"Westwood\","]);
    assert!(places.starts_with("{\n   \"html_attributions\" : ["), "{places}");
    assert!(places.ends_with("\n   \"status\" : \"OK\"\n}\n\n"), "{places}");

    let older = format!("IAMAT kiwi.cs.ucla.edu {UCLA} 1479413884.392014449");
    assert!(herd.client("Ball").ask(&older).ends_with("449"), "answered as usual");
    herd.await_news(&NAMES, "kiwi.cs.ucla.edu", &at);
}

#[test]
fn a_report_to_any_server_reaches_all_five() {
    let herd = Herd::of_five();
    let report = |name: &&str| herd.client(name).ask(&format!("IAMAT of-{name} {UCLA} 5"));
    let lines: Vec<String> = NAMES.iter().map(report).collect();
    for (name, line) in NAMES.iter().zip(&lines) {
        herd.await_news(&NAMES, &format!("of-{name}"), line);
    }
}

#[test]
fn only_neighbours_talk() {
    let herd = Herd::of_five();
    let at = herd.client("Alford").ask(&format!("IAMAT kiwi {UCLA} 5"));
    herd.await_news(&NAMES, "kiwi", &at);
    for (name, strangers) in [("Alford", ["Ball", "Holiday"]), ("Welsh", ["Hamilton", "Holiday"])] {
        let said = herd.said(name);
        assert!(said.contains("neighbour"), "{said}");
        assert!(!strangers.iter().any(|stranger| said.contains(stranger)), "{said}");
    }
}

#[test]
fn one_server_may_die_and_come_back() {
    let mut herd = Herd::of_five();
    let rest = ["Alford", "Ball", "Holiday", "Welsh"];
    eventually("Alford hears Hamilton", || herd.log("Alford").contains("neighbour Hamilton is heard"));
    herd.kill("Hamilton");
    let without = herd.client("Holiday").ask(&format!("IAMAT kiwi {UCLA} 5"));
    herd.await_news(&rest, "kiwi", &without);
    eventually("Alford misses Hamilton", || herd.log("Alford").contains("Hamilton is no longer heard"));

    herd.start("Hamilton");
    let with = herd.client("Ball").ask(&format!("IAMAT kiwi {UCLA} 6"));
    herd.await_news(&NAMES, "kiwi", &with);
    let from = herd.client("Hamilton").ask(&format!("IAMAT kiwi {UCLA} 7"));
    herd.await_news(&NAMES, "kiwi", &from);
}

#[test]
fn a_stopped_server_holds_up_nobody() {
    let mut herd = Herd::of_five();
    herd.process("Hamilton").signal(rustix::process::Signal::STOP);
    let at = herd.client("Alford").ask(&format!("IAMAT kiwi {UCLA} 5"));
    herd.await_news(&["Alford", "Ball", "Holiday", "Welsh"], "kiwi", &at);
    herd.process("Hamilton").signal(rustix::process::Signal::CONT);
    herd.await_news(&["Hamilton"], "kiwi", &at);
}

#[test]
fn what_a_stranger_tells_is_not_heard() {
    let herd = Herd::of_one(&[]);
    let at = format!("AT Alford +0.000000000 kiwi {UCLA} 5");
    let (nonce, proof) = ("0".repeat(32), "0".repeat(64));
    let hello = format!("HELLO 1 Alford Welsh {nonce}\n");
    for words in [
        format!("{at}\n"),
        format!("{hello}{at}\n"),
        format!("{hello}PROOF {proof}\n{at}\n"),
        format!("HELLO 1 Ball Alford {nonce}\nPROOF {proof}\n{at}\n"),
        format!("HELLO 1 Holiday Welsh {nonce}\nPROOF {proof}\n{at}\n"),
        "\u{0}".repeat(100_000),
    ] {
        let mut stranger = herd.stranger("Welsh");
        stranger.send_if_open(&words);
        let heard = String::from_utf8(stranger.rest()).unwrap();
        assert!(!heard.contains("WELCOME"), "{words} was answered with {heard}");
    }
    assert_eq!(herd.stranger("Welsh").rest(), b"", "who says nothing is not kept for ever");
    assert_eq!(herd.knows("Welsh", "kiwi"), None);
    eventually("the refusals are logged", || herd.log("Welsh").contains(" is refused: "));
}

#[test]
fn a_client_cannot_tell_a_servers_news() {
    let herd = Herd::of_one(&[]);
    let at = format!("AT Alford +0.000000000 kiwi {UCLA} 5");
    let mut client = herd.client("Welsh");
    assert_eq!(client.ask(&at), format!("? {at}"));
    assert_eq!(client.ask("WHATSAT kiwi 10 5"), "? WHATSAT kiwi 10 5");
}

#[test]
fn a_server_with_another_key_is_never_linked() {
    let mut herd = Herd::new();
    herd.start("Welsh");
    herd.start_with("Ball", &["--set=peers.key_file=other.key"]);
    let at = herd.client("Welsh").ask(&format!("IAMAT kiwi {UCLA} 5"));
    for name in ["Welsh", "Ball"] {
        let refusals = || herd.said(name).matches("does not prove that it knows the herd's key").count();
        eventually(&format!("{name} refuses"), || refusals() >= 2);
    }
    assert_eq!(herd.knows("Ball", "kiwi"), None);

    herd.start("Alford"); // the refusals do no harm to those who share the key
    herd.await_news(&["Alford"], "kiwi", &at);
}

#[test]
fn a_flooded_line_is_in_the_logs_of_both_ends() {
    let herd = Herd::of_five();
    eventually("Alford tells Welsh the news", || herd.said("Alford").contains("neighbour Welsh: up"));
    let at = herd.client("Alford").ask("IAMAT kiwi +1-1 5");
    herd.await_news(&NAMES, "kiwi", &at);
    let sent = format!(" > 127.0.0.1:{} {at}\n", herd.port("Welsh") + 1);
    eventually("Alford has logged what it sent", || herd.log("Alford").contains(&sent));
    eventually("Welsh has logged what it got", || herd.log("Welsh").contains(&format!(" {at}\n")));
}

#[test]
fn what_a_stopping_server_acknowledges_reaches_the_others() {
    let mut herd = Herd::of_five();
    let warm = herd.client("Welsh").ask("IAMAT warm +1-1 5");
    herd.await_news(&NAMES, "warm", &warm);
    let mut client = herd.client("Welsh");
    client.send((0..5000).map(|number| format!("IAMAT id-{number} +1-1 5\n")).collect::<String>());
    assert!(client.line().is_some(), "some are answered by now");
    herd.process("Welsh").signal(Signal::TERM);
    let replies = String::from_utf8(client.rest()).unwrap();
    for line in replies.lines().rev().take(20) {
        herd.await_news(&["Alford", "Ball"], line.split(' ').nth(3).unwrap(), line);
    }
}
