//! Clients that must speak TLS (`clients.tls`), as real processes on loopback.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output, Stdio};

use crate::common::authority::{Identity, trusted, write_key};
use crate::common::missing::pass_over;
use crate::common::{Herd, eventually};
use rustix::process::Signal;

const TLS: [&str; 3] = ["--set=clients.tls=true", "--set=clients.cert=cert.pem", "--set=clients.key=key.pem"];
const TRUST: &str = "--set=clients.ca_file=ca.pem";

/// Welsh, whose clients must speak TLS with this identity.
fn welsh(identity: &Identity) -> Herd {
    let mut herd = Herd::new();
    fs::write(herd.path("cert.pem"), &identity.chain).unwrap();
    write_key(&herd.path("key.pem"), &identity.key);
    fs::write(herd.path("ca.pem"), trusted()).unwrap();
    herd.start_with("Welsh", &TLS);
    herd
}

/// A client need not know the server's own certificate and key.
fn run(herd: &Herd, arguments: &[&str], flags: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = herd.run(&[arguments, &TLS[..1], flags].concat());
    (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

#[test]
fn the_herds_own_clients_speak_it_too() {
    let herd = welsh(&Identity::of_the_middle());
    let (code, at, err) = run(&herd, &["iamat", "Welsh", "kiwi", "+34.068930-118.445127"], &[TRUST]);
    assert!(code == Some(0) && at.starts_with("AT Welsh "), "{at}{err}");
    let (code, reply, err) = run(&herd, &["whatsat", "Welsh", "kiwi", "10", "1"], &[TRUST]);
    assert!(code == Some(0) && reply.starts_with(&at) && reply.contains("\"Bel Air\""), "{reply}{err}");
}

#[test]
fn a_server_has_to_prove_who_it_is() {
    let herd = welsh(&Identity::right());
    let (code, out, err) = run(&herd, &["whatsat", "Welsh", "kiwi", "10", "1"], &[]);
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(err.contains("cannot agree on TLS: invalid peer certificate: UnknownIssuer"), "{err}");
}

#[test]
fn plain_lines_are_no_handshake_and_harm_nobody() {
    let herd = welsh(&Identity::right());
    let mut plain = herd.client("Welsh");
    plain.send("IAMAT kiwi +34.068930-118.445127 5\n");
    let rest = plain.rest();
    assert!(matches!(rest[..], [21, 3, _, 0, 2, 2, _]), "a fatal alert, and no more: {rest:?}");
    let (code, at, err) = run(&herd, &["iamat", "Welsh", "kiwi", "+1+1"], &[TRUST]);
    assert!(code == Some(0) && at.starts_with("AT Welsh "), "{at}{err}");
}

#[test]
fn openssl_is_answered_over_tls_1_2_and_1_3() {
    let herd = welsh(&Identity::of_the_middle());
    for version in ["-tls1_2", "-tls1_3"] {
        let at = format!("127.0.0.1:{}", herd.port("Welsh"));
        let mut openssl = Command::new("openssl");
        openssl.args(["s_client", "-brief", "-verify_return_error", "-CAfile", "ca.pem", "-connect", &at]);
        openssl.arg(version).current_dir(herd.path("")).stderr(Stdio::null());
        let Ok(mut process) = openssl.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn() else {
            return pass_over("there is no openssl");
        };
        let mut stdin = process.stdin.take().unwrap();
        writeln!(stdin, "IAMAT kiwi +34.068930-118.445127 5").unwrap();
        let mut reply = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut reply).unwrap();
        drop(stdin);
        process.wait().unwrap();
        assert!(reply.starts_with("AT Welsh "), "{version}: {reply}");
    }
}

#[test]
fn what_is_no_certificate_is_said_before_anything_is_started() {
    let herd = Herd::new();
    for (file, text) in [("cert.pem", "no certificate"), ("key.pem", "no key"), ("ca.pem", "nobody")] {
        write_key(&herd.path(file), text);
    }
    for command in ["Welsh", "check"] {
        let (code, _, err) = run(&herd, &[command], &TLS);
        assert_eq!(code, Some(2));
        assert!(err.ends_with("clients.cert and clients.key: no private key in PEM\n"), "{err}");
    }
}

#[test]
fn a_key_that_others_may_read_is_refused() {
    let herd = Herd::new();
    let identity = Identity::right();
    fs::write(herd.path("cert.pem"), &identity.chain).unwrap();
    write_key(&herd.path("key.pem"), &identity.key);
    fs::set_permissions(herd.path("key.pem"), fs::Permissions::from_mode(0o644)).unwrap();
    let (code, _, err) = run(&herd, &["Welsh"], &TLS);
    assert_eq!(code, Some(2));
    let exposed = "key.pem is open to others than its owner (mode 644); run: chmod 600 key.pem\n";
    assert!(err.ends_with(exposed), "{err}");
}

#[test]
fn what_herd_keys_makes_is_what_clients_tls_needs() {
    let mut herd = Herd::new();
    let keys = |arguments: &[&str]| {
        let Output { status, stdout, stderr } = herd.run(&[&["keys"], arguments].concat());
        assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
        String::from_utf8(stdout).unwrap()
    };
    keys(&["init"]);
    let next = keys(&["clients", "127.0.0.1", "localhost"]);
    let (_, section) = next.split_once("[clients]\n").unwrap();
    let section: Vec<&str> = section.lines().take_while(|line| line.contains(" = ")).collect();
    let old = fs::read_to_string(herd.path("herd.toml")).unwrap();
    fs::write(herd.path("herd.toml"), format!("{old}[clients]\n{}\n", section.join("\n"))).unwrap();
    let listed = keys(&["list"]);
    let lines: Vec<&str> = listed.lines().collect();
    let left = ["  364 days left", "  365 days left"]; // the latter in the second in which it was made
    assert!(lines[0].starts_with("data/keys/clients.pem  until "), "{listed}");
    assert!(left.iter().any(|left| lines[0].ends_with(left)), "{listed}");
    assert!(lines.len() == 2 && lines[1].starts_with("data/keys/ca.pem "), "{listed}");
    herd.start("Welsh");
    let Output { stdout, stderr, .. } = herd.run(&["iamat", "Welsh", "kiwi", "+34.068930-118.445127"]);
    assert!(stdout.starts_with(b"AT Welsh "), "{}", String::from_utf8_lossy(&stderr));
    let refused = herd.run(&["keys", "clients", "welsh"]);
    assert_eq!(refused.status.code(), Some(2));
}

#[test]
fn a_certificate_that_has_expired_is_refused_before_anything_is_started() {
    let herd = Herd::new();
    let identity = Identity::expired();
    fs::write(herd.path("cert.pem"), &identity.chain).unwrap();
    write_key(&herd.path("key.pem"), &identity.key);
    for command in [&["check"][..], &["check", "Welsh"], &["Welsh"], &["all"]] {
        let (code, out, err) = run(&herd, command, &TLS);
        assert_eq!((code, out.as_str(), err.lines().count()), (Some(2), "", 1), "{err}");
        assert!(
            err.contains("clients.cert: cert.pem has expired on 2002-01-01 00:00 UTC; renew it"),
            "{err}"
        );
    }
}

#[test]
fn a_certificate_is_renewed_on_a_hangup_and_a_bad_one_is_refused() {
    let mut herd = welsh(&Identity::of_another_host());
    let ask = |herd: &Herd| run(herd, &["iamat", "Welsh", "kiwi", "+1+1"], &[TRUST]);
    assert!(ask(&herd).2.contains("certificate not valid for name"));
    let right = Identity::right();
    fs::write(herd.path("cert.pem"), &right.chain).unwrap();
    herd.process("Welsh").signal(Signal::HUP);
    eventually("half a pair is refused", || {
        herd.said("Welsh")
            .contains("the configuration is refused, the old one stays: clients.cert and clients.key")
    });
    assert!(ask(&herd).2.contains("certificate not valid for name"), "the old one stays");
    write_key(&herd.path("key.pem"), &right.key);
    herd.process("Welsh").signal(Signal::HUP);
    eventually("it is renewed", || ask(&herd).0 == Some(0));
}
