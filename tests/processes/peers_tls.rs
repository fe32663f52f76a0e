//! Servers that know each other by certificates (`peers.auth = "tls"`), as real processes on loopback: who is
//! heard, who is refused, and how certificates are renewed.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::common::authority::{Identity, trusted};
use crate::common::visitor::{Visit, cut_visit, stand_in, visit};
use crate::common::{Herd, NAMES, eventually};
use rcgen::ExtendedKeyUsagePurpose;
use rustix::process::Signal;

const UCLA: &str = "+34.068930-118.445127";
const TLS: &str = "--set=peers.auth=\"tls\"";
const AT: &str = "AT Ball +0.000000000 kiwi +1-1 5";

/// Welsh alone, which knows Alford and Ball by certificates of the trusted authority.
fn welsh() -> Herd {
    let mut herd = Herd::new();
    Identity::of_server("Welsh").put(&herd.path("data/keys"), "Welsh");
    herd.start_talkative("Welsh", &[TLS]);
    herd
}

/// What comes of it if somebody with this certificate says these words to Welsh.
fn say(herd: &Herd, shows: &Identity, words: &str) -> Visit {
    visit(herd.port("Welsh") + 1, &shows.dialler(), "Welsh", words)
}

/// Repeats `says` until Welsh has refused it for the reason `why`; checks that this is counted and that nothing is
/// believed. Repeated because a server allows two seconds for a hello, which a slow machine may exceed.
#[track_caller]
fn assert_refused(herd: &mut Herd, why: &str, mut says: impl FnMut(&Herd)) {
    eventually(&format!("{why} is said"), || {
        says(herd);
        herd.said("Welsh").contains(why)
    });
    assert_eq!(herd.knows("Welsh", "kiwi"), None);
    herd.process("Welsh").signal(Signal::HUP);
    eventually("it is counted", || herd.said("Welsh").contains(" neighbours refused\n"));
    let said = herd.said("Welsh");
    assert!(!said.contains(" news from neighbours") && !said.contains(" is heard"), "{said}");
}

fn hello(dialler: &str) -> String {
    format!("HELLO 2 {dialler} Welsh\n{AT}\n")
}

#[test]
fn five_servers_with_the_keys_that_herd_keys_makes() {
    let herd = Herd::new();
    for arguments in [&["keys", "init"][..], &["keys", "server", "--all"]] {
        let output = herd.run(arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let _all = herd.spawn("all", &["all", TLS]);
    eventually("all are ready", || herd.said("all").matches(": ready: ").count() == 5);
    let at = herd.client("Alford").ask(&format!("IAMAT kiwi {UCLA} 5"));
    herd.await_news(&NAMES, "kiwi", &at);
    assert!(!herd.path("data/herd.key").exists(), "nobody needs it");
}

#[test]
fn a_neighbour_with_its_certificate_is_heard() {
    let herd = welsh();
    let ball = Identity::of_server("Ball");
    eventually("it is welcome", || say(&herd, &ball, &hello("Ball")).heard.starts_with("WELCOME\n"));
    herd.await_news(&["Welsh"], "kiwi", AT);
}

#[test]
fn whoever_shows_no_certificate_of_the_herds_authority_is_refused() {
    let server_alone = Identity::of_server_with("Ball", |params| {
        params.insert_extended_key_usage(ExtendedKeyUsagePurpose::ServerAuth);
    });
    for (shows, why) in [
        (Identity::of_server_elsewhere("Ball"), "invalid peer certificate: "),
        (Identity::of_server_in("Ball", [2001, 2002]), "invalid peer certificate: certificate expired"),
        (Identity::of_server_in("Ball", [3000, 3001]), "invalid peer certificate: certificate not valid yet"),
        (server_alone, "invalid peer certificate: certificate does not allow extended key usage for client"),
    ] {
        let (mut herd, mut end) = (welsh(), None);
        assert_refused(&mut herd, why, |herd| {
            let visit = say(herd, &shows, &hello("Ball"));
            assert_eq!(visit.heard, "", "{why}");
            end = visit.end;
        });
        assert!(end.as_ref().unwrap().starts_with("TLS: received fatal alert: "), "{end:?}");
    }
}

#[test]
fn whoever_shows_nothing_is_refused() {
    let mut herd = welsh();
    let nothing = reactor::ClientTls::new(trusted().as_bytes(), &[]).unwrap();
    assert_refused(&mut herd, " is no neighbour: cannot agree on TLS: peer sent no certificates", |herd| {
        let Visit { heard, .. } = visit(herd.port("Welsh") + 1, &nothing, "Welsh", hello("Ball"));
        assert_eq!(heard, "");
    });
}

#[test]
fn a_certificate_for_one_server_is_none_for_another() {
    for (shows, words, why) in [
        ("Alford", hello("Ball"), " is refused: shows another server's certificate"),
        ("Welsh", hello("Ball"), " is refused: shows another server's certificate"),
        ("Holiday", hello("Holiday"), " is refused: not a neighbour"),
        ("Welsh", hello("Welsh"), " is refused: not a neighbour"),
        ("Ball", format!("HELLO 2 Ball Alford\n{AT}\n"), " is refused: looks for another server"),
        ("Ball", format!("HELLO 2 ball Welsh\n{AT}\n"), " is refused: not a neighbour"),
        ("Ball", format!("HELLO 1 Ball Welsh {}\n{AT}\n", "0".repeat(32)), "not a hello of this version"),
        ("Ball", format!("{AT}\n"), "not a hello of this version"),
        ("Ball", "\0".repeat(100_000), "not a hello of this version"),
    ] {
        let (mut herd, shows) = (welsh(), Identity::of_server(shows));
        assert_refused(&mut herd, why, |herd| assert_eq!(say(herd, &shows, &words).heard, "", "{why}"));
    }
}

#[test]
fn plain_words_on_a_port_for_tls_are_refused() {
    let mut herd = welsh();
    assert_refused(&mut herd, " is no neighbour: cannot agree on TLS: received corrupt message", |herd| {
        let mut plain = herd.stranger("Welsh");
        plain.send(hello("Ball"));
        assert!(matches!(plain.rest()[..], [21, 3, _, 0, 2, 2, _]), "a fatal alert, and no more");
    });
}

#[test]
fn a_hello_that_is_cut_off_is_no_hello() {
    let mut herd = welsh();
    let ball = Identity::of_server("Ball").dialler();
    assert_refused(&mut herd, " is no neighbour: cut off: the end was not announced", |herd| {
        cut_visit(herd.port("Welsh") + 1, &ball, "Welsh", "HELLO 2 Ball Wel");
    });
}

/// Silence, a drip in the handshake and a hello that does not come: two seconds in all.
#[test]
fn whoever_takes_too_long_is_let_go() {
    let mut herd = welsh();
    assert_refused(&mut herd, " is no neighbour: cannot agree on TLS: the handshake took too long", |herd| {
        assert!(herd.stranger("Welsh").rest().len() <= 7, "an alert at most");
    });
    let ball = Identity::of_server("Ball");
    assert_refused(&mut herd, " is no neighbour: too slow: a deadline passed", |herd| {
        assert_eq!(say(herd, &ball, "").heard, "");
    });
}

#[test]
fn whoever_answers_in_a_neighbours_place_is_not_told_anything() {
    for (shows, why) in [
        (Identity::of_server("Ball"), "certificate not valid for name"),
        (Identity::of_server("Welsh"), "certificate not valid for name"),
        (Identity::of_server_elsewhere("Alford"), "invalid peer certificate: "),
        (Identity::of_server_in("Alford", [2001, 2002]), "certificate expired"),
    ] {
        let herd = welsh();
        herd.client("Welsh").ask(&format!("IAMAT kiwi {UCLA} 5"));
        stand_in(herd.port("Alford") + 1, &shows.acceptor(), why, || {
            let said = herd.said("Welsh");
            said.lines()
                .any(|line| line.contains("neighbour Alford: cannot agree on TLS") && line.contains(why))
        });
        assert!(!herd.said("Welsh").contains("neighbour Alford: up"));
    }
}

#[test]
fn a_renewal_is_taken_over_on_a_hangup_and_links_that_stand_go_on() {
    let mut herd = welsh();
    let keys = herd.path("data/keys");
    Identity::of_server("Alford").put(&keys, "Alford");
    herd.start_with("Alford", &[TLS]);
    eventually("they are linked", || herd.said("Welsh").contains("neighbour Alford is heard"));
    let alford = Identity::of_server("Alford").dialler();
    let port = herd.port("Welsh") + 1;

    fs::write(keys.join("Welsh.pem"), Identity::of_server("Ball").chain).unwrap();
    herd.process("Welsh").signal(Signal::HUP);
    eventually("another's certificate is refused", || {
        let said = herd.said("Welsh");
        said.contains("the old one stays") && said.contains("data/keys/Welsh.pem is no certificate for Welsh")
    });
    let end = visit(port, &alford, "Welsh", "HELLO 2 x y\n").end.unwrap();
    assert!(!end.contains("certificate"), "the old one stays: {end}");

    Identity::of_server_in("Welsh", [2001, 2002]).put(&keys, "Welsh");
    herd.process("Welsh").signal(Signal::HUP);
    eventually("one that has expired is refused", || {
        herd.said("Welsh")
            .contains("data/keys/Welsh.pem has expired on 2002-01-01 00:00 UTC; run: herd keys server Welsh")
    });

    // The new one is not valid yet, so that it is told apart from the old: it is for whoever dials to refuse it.
    Identity::of_server_in("Welsh", [3000, 3001]).put(&keys, "Welsh");
    herd.process("Welsh").signal(Signal::HUP);
    eventually("the new one is shown", || {
        visit(port, &alford, "Welsh", "HELLO 2 x y\n").end.unwrap().contains("certificate not valid yet")
    });
    eventually("its file is said to have changed", || {
        herd.said("Welsh").contains(
            "the configuration is read again: changed: peers.cert (its file), peers.key (its file)\n",
        )
    });
    eventually("its dates are warned of", || {
        herd.said("Welsh").contains("Welsh.pem is not valid before 3000-01-01")
    });
    let at = herd.client("Alford").ask(&format!("IAMAT kiwi {UCLA} 5"));
    herd.await_news(&["Welsh"], "kiwi", &at);
    assert!(!herd.said("Welsh").contains("no longer heard"));
}

#[test]
fn keys_that_are_missing_or_open_are_said_before_anything_is_started() {
    let herd = Herd::new();
    let refused = |why: &str| {
        for command in ["Welsh", "check"] {
            let output = herd.run(&[command, TLS]);
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(2), "{said}");
            assert!(said.contains(why), "{said}");
        }
    };
    refused("there is no data/keys/ca.pem; run: herd keys init (once for the herd), and: herd keys server ");
    let keys = herd.path("data/keys");
    for name in NAMES {
        Identity::of_server(name).put(&keys, name);
    }
    assert!(herd.run(&["check", TLS]).status.success());
    fs::set_permissions(keys.join("Welsh.key"), fs::Permissions::from_mode(0o640)).unwrap();
    refused("peers.key: data/keys/Welsh.key is open to others than its owner (mode 640); run: chmod 600 ");
}

#[test]
fn keys_are_made_shown_and_made_anew_but_never_an_authority() {
    let herd = Herd::new();
    let run = |arguments: &[&str]| {
        let output = herd.run(&[&["keys"], arguments].concat());
        let text = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(text).unwrap())
    };
    assert!(run(&["show"]).1.contains("No such file"));
    let (code, text) = run(&["server", "Ball"]);
    assert_eq!(code, Some(1));
    assert!(text.contains("there is no data/keys/ca.key: run herd keys init"), "{text}");
    let (code, text) = run(&["init", "--days", "3"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("made data/keys/ca.key, its private key: it stays here"), "{text}");
    assert!(run(&["init"]).1.contains("there is data/keys/ca.pem already"));
    assert_eq!(run(&["server", "Nobody"]).0, Some(2));
    assert_eq!(run(&["server"]).0, Some(2));
    let (first, second) = (run(&["server", "Ball"]), run(&["server", "Ball", "--days", "1"]));
    assert!(first.0 == Some(0) && second.0 == Some(0) && first.1 != second.1);
    assert!(second.1.contains("never ca.key"), "{}", second.1);
    let (code, text) = run(&["show"]);
    assert_eq!((code, text.lines().count()), (Some(0), 2), "{text}");
    assert!(
        text.starts_with("Ball: until ") && text.contains("\nca: until ") && text.contains("SHA-256 "),
        "{text}"
    );
}
