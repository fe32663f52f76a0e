//! Many connections, and few descriptors.

use crate::common::{Client, Herd, eventually};
use crate::rig::crowd::{Crowd, Scarcity, allowed};

#[test]
fn others_are_served_beside_10_000_idle_connections() {
    let herd = Herd::of_one(&["--set=limits.connections=12000", "--set=log.traffic=false"]);
    let mut crowd = Crowd::of(allowed(10_000), herd.address("Welsh"));
    is_served(&mut herd.client("Welsh"), "beside-them");
    crowd.say(b"IAMAT one-of-them -40.5-120.5 5\n");
    eventually("all of them are served", || {
        is_served(&mut herd.client("Welsh"), "meanwhile");
        crowd.all_heard()
    });
}

#[test]
fn others_are_served_beside_2_000_lines_that_never_end() {
    let flags = ["--set=limits.line_time=20s", "--set=log.traffic=false"];
    let herd = Herd::of_one(&flags);
    let mut crowd = Crowd::of(allowed(2_000), herd.address("Welsh"));
    let mut client = herd.client("Welsh");
    for byte in b"IAMAT drip" {
        crowd.say(&[*byte]);
        is_served(&mut client, "beside-them");
        is_served(&mut herd.client("Welsh"), "newcomer");
    }
    eventually("a line that does not end is not waited for", || crowd.open() == 0);
    is_served(&mut client, "after-them");
}

fn is_served(client: &mut Client, id: &str) {
    let at = client.ask(&format!("IAMAT {id} -40.5-120.5 5"));
    assert!(at.starts_with("AT Welsh "), "{at}");
}

#[test]
fn of_64_descriptors_the_herd_keeps_half_and_clients_get_the_rest() {
    let mut herd = Herd::new();
    let mut command = herd.command_by(&["prlimit", "--nofile=64:64"], &["Welsh"]);
    herd.start_command("Welsh", &mut command);
    let fit =
        "32 of 10000 clients (limits.connections) fit: this process may have 64 descriptors (ulimit -n)";
    assert!(herd.said("Welsh").contains(fit), "{}", herd.said("Welsh"));
    let mut old = herd.client("Welsh");
    is_served(&mut old, "old");
    let mut crowd = Crowd::of(200, herd.address("Welsh"));
    eventually("most are refused", || crowd.open() <= 32);
    assert!(
        herd.said("Welsh")
            .contains(": refused: 64 descriptors (ulimit -n) leave room for 32 clients (1 so far)")
    );
    is_served(&mut old, "old");
    drop(crowd);
    eventually("there is room again", || {
        let mut client = herd.client("Welsh");
        client.send_if_open("IAMAT new -40.5-120.5 5\n"); // it may be refused once more
        client.finish_if_open();
        client.rest().starts_with(b"AT Welsh ")
    });
    is_served(&mut old, "old");
}

#[test]
fn when_descriptors_run_out_old_clients_are_served_and_new_ones_once_there_are_some() {
    let mut herd = Herd::of_one(&[]);
    let mut old = herd.client("Welsh");
    is_served(&mut old, "old");
    let scarcity = Scarcity::of(herd.process("Welsh").id(), 8);

    let mut crowd = Crowd::of(100, herd.address("Welsh"));
    eventually("the server says so", || herd.said("Welsh").contains("Too many open files"));
    is_served(&mut old, "old");
    assert_eq!(crowd.open(), 100, "those who wait are not refused");

    scarcity.end();
    crowd.say(b"IAMAT one-of-them -40.5-120.5 5\n");
    eventually("those who waited are served", || crowd.all_heard());
    is_served(&mut herd.client("Welsh"), "new");
}
