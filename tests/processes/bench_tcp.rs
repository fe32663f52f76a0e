//! `herd bench` on real servers.

use std::fs;
use std::process::{Output, Stdio};

use crate::common::client::Door;
use crate::common::{Herd, NAMES, eventually};
use rustix::process::Signal;
use serde_json::Value;

/// Without a warm-up: on a slow machine all lines may be sent during it, and none is counted.
const SHORT: [&str; 4] = ["--warm-up", "0s", "--duration", "2s"];

fn bench(herd: &Herd, arguments: &[&str]) -> Output {
    herd.run(&[&["bench"], arguments].concat())
}

/// The results of a run that went well, and what it said.
fn results(herd: &Herd, arguments: &[&str]) -> (Value, String) {
    let output = bench(herd, &[arguments, &["--json", "-"]].concat());
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {said}");
    (serde_json::from_slice(&output.stdout).unwrap(), said)
}

fn count(results: &Value, pointer: &str) -> u64 {
    results.pointer(pointer).and_then(Value::as_u64).unwrap_or_else(|| panic!("{pointer}: {results}"))
}

fn assert_all_right(kind: &Value) {
    assert!(count(kind, "/sent") > 0, "{kind}");
    assert_eq!(count(kind, "/sent"), count(kind, "/answered"), "{kind}");
    assert_eq!([count(kind, "/wrong"), count(kind, "/refused")], [0, 0], "{kind}");
    let latency = |name: &str| kind["latency_us"][name].as_f64().unwrap();
    let rising = ["min", "p50", "p90", "p99", "p99_9", "p99_99", "max"].map(latency);
    assert!(rising.is_sorted() && rising[0] > 0.0, "{rising:?}");
    assert!(latency("mean") > 0.0 && kind["per_second"].as_f64().unwrap() > 0.0);
}

#[test]
fn a_closed_loop_over_the_whole_herd() {
    let herd = Herd::of_five();
    let (results, _) =
        results(&herd, &[&SHORT[..], &["--whatsat", "0.2", "--in-flight", "4", "--seed", "7"]].concat());
    assert_all_right(&results["iamat"]);
    assert_all_right(&results["whatsat"]);
    assert_eq!(results["mode"], "load");
    let figures =
        ["version", "connections", "in_flight", "clients", "seed"].map(|name| results[name].as_u64());
    assert_eq!(figures, [2, 64, 4, 1000, 7].map(Some));
    let spans = ["whatsat_share", "warm_up_s", "duration_s"].map(|name| results[name].as_f64());
    assert_eq!(spans, [0.2, 0.0, 2.0].map(Some));
    assert_eq!(results["rate"], Value::Null);
    let addresses: Vec<String> = NAMES.iter().map(|name| herd.address(name).to_string()).collect();
    assert_eq!(results["target"], Value::from(addresses.clone()));
    for (place, address) in addresses.iter().enumerate() {
        assert_eq!(results["per_target"][place]["address"], **address);
        assert!(count(&results, &format!("/per_target/{place}/answered")) > 0);
    }
    let losses = ["/lost_connections", "/failed_connects", "/unsent"].map(|name| count(&results, name));
    assert_eq!(losses, [0; 3]);
    let timeline = results["timeline"].as_array().unwrap();
    assert!(timeline.len() == 20 && timeline.iter().all(Value::is_u64), "{timeline:?}");
    assert!(results["generator_cpu"].as_f64().unwrap() > 0.0);
    assert!(results.pointer("/iamat/histogram").is_none());
}

#[test]
fn an_open_loop_sends_at_its_rate() {
    let herd = Herd::of_one(&[]);
    let spans = ["--warm-up", "100ms", "--duration", "2s"];
    let arguments = [&spans[..], &["--servers", "Welsh", "--rate", "100", "--histograms"]].concat();
    let (results, _) = results(&herd, &arguments);
    assert_eq!((count(&results, "/rate"), results["warm_up_s"].as_f64()), (100, Some(0.1)));
    assert_eq!(count(&results, "/iamat/sent") + count(&results, "/unsent"), 200);
    assert_eq!(results["whatsat"], Value::Null);
    assert!(results["generator_late_us"]["max"].is_f64());
    let histogram = results["iamat"]["histogram"].as_array().unwrap();
    let count: u64 = histogram.iter().map(|pair| pair[1].as_u64().unwrap()).sum();
    assert_eq!(Some(count), results["iamat"]["answered"].as_u64());
}

#[test]
fn a_server_that_dies_under_a_load_stops_nobody() {
    let mut herd = Herd::new();
    ["Alford", "Welsh"].into_iter().for_each(|name| herd.start(name));
    let four = ["--servers", "Alford,Welsh", "--connections", "4", "--warm-up", "0s", "--duration", "1h"];
    let mut load = herd.spawn("load", &[&["bench", "--json", "results.json"], &four[..]].concat());
    let at_work = || herd.knows("Alford", "bench-00000000").is_some();
    eventually("the load is on", at_work);
    herd.kill("Alford");
    let known =
        || -> Vec<_> { (0..4).map(|client| herd.knows("Welsh", &format!("bench-{client:08}"))).collect() };
    for _ in 0..3 {
        let before = known();
        eventually("Welsh is told more", || known() != before);
    }
    load.signal(Signal::INT);
    assert_eq!(load.end().code(), Some(0));
    let results: Value = serde_json::from_slice(&fs::read(herd.path("results.json")).unwrap()).unwrap();
    assert_eq!(count(&results, "/per_target/0/lost_connections"), 2);
    assert_eq!(count(&results, "/lost_connections"), 2);
    assert!(count(&results, "/per_target/1/answered") > 0);
}

#[test]
fn a_server_that_answers_wrongly_is_found_out() {
    let herd = Herd::new();
    let door = Door::open(0);
    let to = format!("127.0.0.1:{}", door.port());
    let one = ["--to", &to, "--connections", "1", "--in-flight", "1", "--json", "-"];
    let mut command = herd.command(&[&["bench"], &SHORT[..], &one].concat());
    let load = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut server = door.admit();
    while let Some(line) = server.line() {
        let elsewhere =
            String::from_utf8(line).unwrap().replace("IAMAT ", "AT Welsh +0.1 ").replace(" +3", " -3");
        server.send_if_open(elsewhere + "\n");
    }
    let output = load.wait_with_output().unwrap();
    let results: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), count(&results, "/iamat/answered")), (Some(1), 0));
    assert!(count(&results, "/iamat/wrong") > 0);
}

#[test]
fn a_fill_reports_each_client_once() {
    let herd = Herd::of_one(&[]);
    let (results, _) = results(&herd, &["fill", "--servers", "Welsh", "--clients", "3000"]);
    assert_eq!((count(&results, "/iamat/answered"), results["mode"].as_str()), (3000, Some("fill")));
    for id in ["bench-00000000", "bench-00002999"] {
        assert!(herd.knows("Welsh", id).is_some(), "{id}");
    }
    assert!(herd.knows("Welsh", "bench-00003000").is_none());
}

#[test]
fn connections_are_held() {
    let herd = Herd::of_one(&[]);
    let (results, said) =
        results(&herd, &["hold", "--servers", "Welsh", "--connections", "100", "--for", "100ms"]);
    assert_eq!((said.as_str(), count(&results, "/iamat/answered")), ("holding 100\n", 100));
}

#[test]
fn a_report_spreads() {
    let herd = Herd::of_five();
    for name in NAMES {
        let is_linked = || herd.said(name).matches(": up").count() >= 2;
        eventually(&format!("{name} is linked"), is_linked);
    }
    let (results, _) = results(&herd, &["spread", "--updates", "20"]);
    assert_eq!((count(&results, "/updates"), count(&results, "/known_by_all")), (20, 20));
    assert!(results["latency_us"]["p50"].as_f64().unwrap() > 0.0);
}

#[test]
fn the_first_reply_of_a_server_is_waited_for() {
    let mut herd = Herd::new();
    let mut first = herd.spawn("first", &["bench", "first", "--servers", "Welsh", "--json", "first.json"]);
    herd.start("Welsh");
    assert_eq!(first.end().code(), Some(0));
    let results: Value = serde_json::from_slice(&fs::read(herd.path("first.json")).unwrap()).unwrap();
    assert!(results["first_reply_us"].as_f64().unwrap() > 0.0 && count(&results, "/dials") >= 1);
}

#[test]
fn an_interrupt_ends_a_load_with_its_results() {
    let mut herd = Herd::of_one(&[]);
    let arguments = ["--servers", "Welsh", "--warm-up", "0s", "--duration", "1h", "--json", "results.json"];
    let mut load = herd.spawn("load", &[&["bench"], &arguments[..]].concat());
    eventually("the load is on", || herd.knows("Welsh", "bench-00000000").is_some());
    load.signal(Signal::INT);
    assert_eq!(load.end().code(), Some(0));
    let results: Value = serde_json::from_slice(&fs::read(herd.path("results.json")).unwrap()).unwrap();
    assert!(count(&results, "/iamat/answered") > 0 && results["duration_s"].as_f64().unwrap() < 600.0);
    herd.process("Welsh").signal(Signal::TERM);
    assert_eq!(herd.process("Welsh").end().code(), Some(0));
}

#[test]
fn where_nobody_listens_it_is_said_at_once() {
    let herd = Herd::new();
    let at = format!("127.0.0.1:{}", herd.port("Welsh"));
    for arguments in [
        &["--to", &at, "--duration", "1h"][..],
        &["--servers", "Welsh,Ball", "--duration", "1h"],
        &["--servers", "Welsh", "--http", "/", "--rate", "10", "--duration", "1h"],
        &["hold", "--servers", "Welsh", "--connections", "100", "--for", "1h"],
        &["fill", "--servers", "Welsh", "--clients", "1000"],
        &["spread", "--servers", "Welsh"],
    ] {
        let output = bench(&herd, arguments);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{arguments:?}: {said}");
        assert!(said.starts_with(&format!("herd: {at}")), "{said}");
        assert!(said.ends_with(": cannot connect: Connection refused (os error 111)\n"), "{said}");
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    let herd = Herd::new();
    for arguments in [
        &["--servers", "Wels"][..],
        &["--to", "nowhere"],
        &["--to", "127.0.0.1:1", "--servers", "Welsh"],
        &["--whatsat", "1.5"],
        &["--radius", "51"],
        &["--bound", "21"],
        &["--rate", "0"],
        &["--http", "herd.php"],
        &["--histograms"],
        &["hold", "--for", "1s"],
        &["first"],
    ] {
        let output = bench(&herd, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{arguments:?}");
    }
}
