//! Names with several addresses, sockets that meet themselves, and servers that have one name.

use std::fs;
use std::io::Write;
use std::net::{SocketAddr, TcpListener};

use crate::common::authority::Identity;
use crate::common::{Herd, Process, eventually};
use crate::rig::lab;

/// The neighbours' port of a server.
fn peers(herd: &Herd, name: &str) -> u16 {
    herd.address(name).port() + 1
}

/// Hamilton at the second address of its name; at the first, somebody who takes connections.
fn behind_two_addresses(herd: &mut Herd) -> TcpListener {
    let hosts = herd.path("hosts");
    fs::write(&hosts, "127.0.0.1 localhost hamilton.test\n127.0.0.77 hamilton.test\n").unwrap();
    lab::run(&format!("mount --bind {} /etc/hosts", hosts.display()));
    let wrong = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], peers(herd, "Hamilton")))).unwrap();
    herd.start_with("Hamilton", &["--set=servers.Hamilton.host=\"127.0.0.77\""]);
    wrong
}

fn start_alford(herd: &mut Herd) {
    let flags = ["--set=servers.Hamilton.host=\"hamilton.test\"", "--set=peers.allow_plaintext=true"];
    herd.start_with("Alford", &flags);
}

fn is_linked(herd: &Herd) -> bool {
    herd.said("Alford").contains("neighbour Hamilton: up")
}

#[test]
fn where_the_first_address_of_a_neighbour_says_nothing_the_second_is_tried() {
    lab::inside("dialling::where_the_first_address_of_a_neighbour_says_nothing_the_second_is_tried", || {
        let mut herd = Herd::new();
        let _mute = behind_two_addresses(&mut herd);
        start_alford(&mut herd);
        eventually("they are linked", || is_linked(&herd));
    });
}

#[test]
fn where_the_first_address_of_a_neighbour_is_another_service_the_second_is_tried() {
    lab::inside(
        "dialling::where_the_first_address_of_a_neighbour_is_another_service_the_second_is_tried",
        || {
            let mut herd = Herd::new();
            let wrong = behind_two_addresses(&mut herd);
            std::thread::spawn(move || {
                for stream in wrong.incoming() {
                    let _ = stream.unwrap().write_all(b"220 mail.test ESMTP\r\n");
                }
            });
            start_alford(&mut herd);
            eventually("they are linked", || is_linked(&herd));
        },
    );
}

/// All connections of this network go out from the port that is dialled, where nobody listens.
#[test]
fn a_socket_that_meets_itself_is_given_up_and_leaves_the_port_free() {
    lab::inside("dialling::a_socket_that_meets_itself_is_given_up_and_leaves_the_port_free", || {
        let mut herd = Herd::new();
        let port = peers(&herd, "Hamilton");
        fs::write("/proc/sys/net/ipv4/ip_local_port_range", format!("{port} {port}")).unwrap();
        herd.start("Alford");
        eventually("it is said", || herd.said("Alford").contains("the socket met itself; dialling again"));
        let own = format!("0100007F:{port:04X} 0100007F:{port:04X} ");
        let sockets = fs::read_to_string("/proc/net/tcp").unwrap();
        let waiting = sockets.lines().filter(|line| line.contains(&format!("{own}06"))); // TIME_WAIT
        assert_eq!(waiting.count(), 0, "{sockets}");
    });
}

/// Welsh, Ball, and another Ball, which listens at Hamilton's ports and takes the first one for Holiday.
fn two_balls(flags: &[&str]) -> (Herd, Process) {
    let mut herd = Herd::new();
    for (folder, name) in [("data", "Welsh"), ("data", "Ball"), ("other", "Ball")] {
        Identity::of_server(name).put(&herd.path(folder).join("keys"), name);
    }
    herd.start_with("Welsh", flags);
    herd.start_with("Ball", flags);
    eventually("Ball is heard", || herd.said("Welsh").contains("neighbour Ball is heard"));
    let key = format!("--set=peers.key_file={}", herd.path("data/herd.key").display());
    let mut others = vec!["Ball".to_owned(), "--dir=other".to_owned(), key];
    for (name, at) in [("Ball", "Hamilton"), ("Holiday", "Ball"), ("Hamilton", "Holiday")] {
        let port = herd.address(at).port();
        others.push(format!("--set=servers.{name}.client_port={port}"));
        others.push(format!("--set=servers.{name}.peer_port={}", port + 1));
    }
    let others: Vec<&str> = others.iter().map(String::as_str).chain(flags.iter().copied()).collect();
    let other = herd.spawn("other", &others);
    (herd, other)
}

fn await_words(herd: &Herd, name: &str, words: &str) {
    eventually(&format!("{name}: {words}"), || herd.said(name).contains(words));
}

const OLDER: &str = "warning: two servers are named Ball: one is linked, and there is one at 127.0.0.1:";
const TWO: &str = "warning: two servers are named Ball: this one, and the one at 127.0.0.1:";

#[test]
fn of_two_servers_of_one_name_both_and_their_neighbour_warn_and_the_newer_is_linked_once_the_older_ends() {
    let (mut herd, _other) = two_balls(&[]);
    await_words(&herd, "Welsh", OLDER);
    await_words(&herd, "other", "refuses this server: another one named Ball is linked with it");
    await_words(&herd, "Ball", TWO);
    await_words(&herd, "other", TWO);
    assert!(!herd.said("other").contains("neighbour Welsh: up"));
    herd.kill("Ball");
    await_words(&herd, "other", "neighbour Welsh: up");
}

/// By its certificate the dialler knows whom it has met; to whom it has met it says no more than that TLS has failed.
#[test]
fn of_two_servers_of_one_name_the_newer_is_refused_under_tls_too() {
    let (herd, _other) = two_balls(&["--set=peers.auth=\"tls\""]);
    await_words(&herd, "Welsh", OLDER);
    await_words(&herd, "other", "refuses this server: another one named Ball is linked with it");
    await_words(&herd, "other", TWO);
    await_words(&herd, "Ball", "is no neighbour: cannot agree on TLS");
}
