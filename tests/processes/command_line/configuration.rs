//! What the configuration makes of names, variables and files.

use std::fs;

use super::{failure, said};
use crate::common::{Herd, eventually};

#[test]
fn a_variable_that_sets_no_key_is_passed_over_with_a_warning() {
    let mut herd = Herd::new();
    let warning = "warning: HERD_LOG_TRAFIC: unknown variable; did you mean \"HERD_LOG_TRAFFIC\"?\n";
    let of_kubernetes = [("HERD_PORT", "tcp://10.0.0.11:12004"), ("HERD_SERVICE_HOST", "10.0.0.11")];
    let with = |command: &mut std::process::Command| {
        command.env("HERD_LOG_TRAFIC", "false").envs(of_kubernetes);
    };
    let mut check = herd.command(&["check"]);
    with(&mut check);
    let (code, _, err) = said(&check.output().unwrap());
    assert_eq!(code, Some(0), "{err}");
    assert!(err.starts_with(&format!("herd: {warning}herd: warning: HERD_PORT and 1 more: ")), "{err}");

    let mut welsh = herd.command(&["Welsh"]);
    with(&mut welsh);
    herd.start_command("Welsh", &mut welsh);
    assert!(
        herd.said("Welsh").contains("Welsh: warning: HERD_LOG_TRAFIC: unknown"),
        "{}",
        herd.said("Welsh")
    );
    eventually("the log has it", || herd.log("Welsh").contains(&format!(" * {warning}")));
}

#[test]
fn herds_of_other_names_are_what_their_file_says() {
    let herd = Herd::new();
    let [a, b] = [herd.port("Alford"), herd.port("Ball")];
    let servers = format!(
        "herd.dir = \"others\"\nservers.Bona = {{ client_port = {a}, peer_port = {} }}\n\
         servers.Clark = {{ client_port = {b}, peer_port = {} }}\n",
        a + 1,
        b + 1
    );
    let file = |name: &str, text: String| fs::write(herd.path(name), text).unwrap();
    file("two.toml", format!("{servers}herd.links = [[\"Bona\", \"Clark\"]]\n"));
    file("apart.toml", format!("{servers}herd.links = []\n"));
    let (code, out, err) = said(&herd.run(&["check", "--config=two.toml"]));
    assert_eq!((code, out.matches("[servers.").count()), (Some(0), 2), "{out}{err}");
    for command in ["check", "Bona", "all", "simulate"] {
        assert_eq!(
            failure(&herd, 2, &[command, "--config=apart.toml"]),
            "herd: apart.toml:4: herd.links: no news can get between Bona and Clark"
        );
    }
    assert_eq!(
        failure(&herd, 2, &["Welsh", "--config=two.toml"]),
        "herd: no server \"Welsh\" among Bona, Clark"
    );
    let _all = herd.spawn("all", &["all", "--config=two.toml"]);
    eventually("both are up", || herd.said("all").contains("herd: all 2 servers are up"));
    let (_, at, err) = said(&herd.run(&["iamat", "Bona", "kiwi", "+1-1", "--config=two.toml"]));
    assert!(at.starts_with("AT Bona "), "{err}");
    eventually("the other knows", || {
        said(&herd.run(&["whatsat", "Clark", "kiwi", "1", "1", "--config=two.toml"])).1.starts_with(&at)
    });
}

#[test]
fn check_of_one_server_reads_what_that_server_will() {
    let herd = Herd::new();
    let (code, _, err) = said(&herd.run(&["check", "Ball"]));
    assert_eq!(code, Some(0), "{err}");
    assert!(err.ends_with("The configuration is good, and so is what Ball will read.\n"), "{err}");
    let tls = "--set=peers.auth=\"tls\"";
    assert!(
        herd.run(&["keys", "init"]).status.success()
            && herd.run(&["keys", "server", "Ball"]).status.success()
    );
    assert_eq!(said(&herd.run(&["check", tls])).0, Some(0), "that of Ball is here");
    assert_eq!(said(&herd.run(&["check", "Ball", tls])).0, Some(0));
    assert!(
        failure(&herd, 2, &["check", "Welsh", tls])
            .contains("there is no data/keys/Welsh.pem; run: herd keys")
    );
    let elsewhere = ["--set=servers.Ball.host=ball.example", "--set=peers.allow_plaintext=true"];
    assert_eq!(said(&herd.run(&[&["check", "Welsh"], &elsewhere[..]].concat())).0, Some(0));
    let refused = failure(&herd, 2, &[&["check", "Ball"], &elsewhere[..]].concat());
    assert!(refused.contains("is a name; a server listens on an IP address"), "{refused}");
}

#[test]
fn all_says_which_servers_are_up_and_no_word_of_their_links() {
    let herd = Herd::new();
    let taken = std::net::TcpListener::bind(("127.0.0.1", herd.port("Ball"))).unwrap();
    let four = herd.spawn("four", &["all"]);
    eventually("four are up", || herd.said("four").contains("herd: 4 of 5 servers are up; "));
    assert!(herd.said("four").contains(&format!("    Alford     {}\n", herd.address("Alford"))));
    assert!(!herd.said("four").contains(&format!("    Ball       {}\n", herd.address("Ball"))));
    drop((taken, four));

    let herd = Herd::new();
    let _all = herd.spawn("all", &["all", "--set=log.traffic=false"]);
    eventually("all are up", || herd.said("all").contains("Ctrl-C ends all.\n"));
    let said = herd.said("all");
    let options = " --set log.traffic=false\n";
    assert!(said.contains("herd: all 5 servers are up; ") && said.contains(options), "{said}");
    eventually("they are linked", || herd.log("Alford").matches("has told all").count() == 2);
    let said = herd.said("all");
    assert!([": up\n", " is heard\n", "lacks nothing"].iter().all(|word| !said.contains(word)), "{said}");
}

#[test]
fn a_folder_that_cannot_be_used_is_said_with_the_flag_for_another() {
    let herd = Herd::new();
    fs::write(herd.path("file"), "").unwrap();
    let why = "Not a directory (os error 20); name another folder with --dir";
    assert_eq!(
        failure(&herd, 1, &["Welsh", "--dir=file"]),
        format!("herd: Welsh: cannot use file/herd.key: {why}")
    );
    let keys = failure(&herd, 1, &["keys", "init", "--dir=file"]);
    assert!(keys.starts_with("herd: cannot use file/keys"), "{keys}");
}
