//! `examples/get.rs` as a program, against real servers and through a real proxy.

use std::env;
use std::path::PathBuf;
use std::process::{Command, Output};

use crate::folder::{NAMES, large_page};
use crate::process::skip;
use crate::site::{self, Site};

/// An address of this machine that the agent, which asks no proxy for the machine itself, does not
/// take for one: to a server that connects there it is the machine it runs on.
const HERE: &str = "0.0.0.0";

/// The example. `cargo test` builds it; `cargo test --test real_servers` does not, and the one that was
/// built last is run.
fn get() -> Option<Command> {
    let test = env::current_exe().unwrap();
    let built: PathBuf = test.parent().unwrap().with_file_name("examples").join("get");
    if !built.is_file() {
        skip("the example is not built; cargo build -p herd-protocols --example get");
        return None;
    }
    let mut command = Command::new(built);
    for name in ["http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"] {
        command.env_remove(name);
    }
    Some(command)
}

/// What it says of a page whose server it is to trust.
fn run(command: &mut Command, site: &Site, url: &str) -> Output {
    command.arg("--ca").arg(site.folder.file("authority.pem")).arg(url).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn get_prints_a_page_of_each_server() {
    for start in [site::nginx, site::apache, site::node, site::python, site::python_of_old] {
        let (Some(mut get), Some(site)) = (get(), start(NAMES)) else { continue };
        let url = site.bases().pop().unwrap() + "/large.txt";
        let output = run(&mut get, &site, &url);
        assert!(output.status.success() && output.stdout == large_page(), "{}", text(&output.stderr));
    }
}

#[test]
fn get_shows_the_head_of_a_missing_page() {
    let (Some(mut get), Some(site)) = (get(), site::nginx(NAMES)) else { return };
    let output = run(get.arg("--head"), &site, &format!("{}/missing", site.plain()));
    assert!(text(&output.stdout).starts_with("HTTP/1.1 404 Not Found\nserver: nginx"));
    assert_eq!(text(&output.stderr), "get: 404 Not Found\n");
}

#[test]
fn get_prints_nothing_of_a_server_that_it_does_not_trust() {
    let (Some(mut get), Some(site)) = (get(), site::apache(NAMES)) else { return };
    let output = get.arg(site.secure()[0].clone() + "/small.txt").output().unwrap();
    assert!(!output.status.success() && output.stdout.is_empty());
    assert!(text(&output.stderr).starts_with("get: TLS: "), "{}", text(&output.stderr));
}

#[test]
fn get_says_how_it_is_used() {
    for arguments in [&[][..], &["--help"], &["http://localhost/", "http://localhost/"]] {
        let Some(mut get) = get() else { return };
        let output = get.args(arguments).output().unwrap();
        assert!(!output.status.success());
        assert_eq!(text(&output.stderr), "get: usage: get [--head] [--ca FILE] URL\n");
    }
}

/// What comes of a page of nginx, in the clear and over TLS, by a proxy that is told this of who asks.
fn by_proxy(user: &str) -> Option<[Output; 2]> {
    let (proxy, site) = (site::tinyproxy()?, site::nginx(&[HERE])?);
    let url = proxy.plain().replace("http://", &format!("http://{user}@"));
    let bases = [site.plain(), site.secure().remove(1)];
    let mut outputs = Vec::new();
    for base in bases {
        let base = base.replace("127.0.0.1", HERE);
        let mut get = get()?;
        let get = get.env("http_proxy", &url).env("https_proxy", &url);
        outputs.push(run(get, &site, &format!("{base}/small.txt")));
    }
    outputs.try_into().ok()
}

#[test]
fn get_goes_through_a_proxy() {
    for output in by_proxy("moon:sesame").into_iter().flatten() {
        assert_eq!((text(&output.stdout).as_str(), text(&output.stderr).as_str()), ("hello\n", ""));
    }
}

#[test]
fn get_does_not_go_round_a_proxy_that_refuses_it() {
    let Some([plain, secure]) = by_proxy("moon:open") else { return };
    assert!(text(&plain.stderr).starts_with("get: 40"), "{}", text(&plain.stderr));
    let wanted = "get: the proxy: it does not open the way: 40";
    assert!(text(&secure.stderr).starts_with(wanted), "{}", text(&secure.stderr));
    assert!(!text(&plain.stdout).contains("hello") && secure.stdout.is_empty());
}
