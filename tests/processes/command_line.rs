//! The command line: the specification, section 9.

mod client;
mod configuration;

use std::fs;
use std::process::{Output, Stdio};

use crate::common::{Herd, NAMES, Process, eventually};
use rustix::process::{Pid, Signal, kill_process};

fn said(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// The first line on standard error of a command that ends with `code` and prints nothing.
fn failure(herd: &Herd, code: i32, arguments: &[&str]) -> String {
    let (status, out, err) = said(&herd.run(arguments));
    assert_eq!((status, out.as_str()), (Some(code), ""), "{arguments:?}: {err}");
    err.lines().next().unwrap_or_default().to_owned()
}

// Help, and what is wrong.

#[test]
fn help_is_an_answer_and_nothing_else_is() {
    let herd = Herd::new();
    for (arguments, word) in [
        (&["--help"][..], "herd whatsat Ball kiwi 10 5"),
        (&["iamat", "--help"], "--time 1479413884.392014450"),
        (&["whatsat", "--help"], "<RADIUS>"),
        (&["all", "--help"], "--set <KEY=VALUE>"),
        (&["help", "check"], "starts nothing"),
        (&["places", "import", "--help"], "A header with name, lat, lon"),
        (&["--version"], concat!("herd ", env!("CARGO_PKG_VERSION"))),
    ] {
        let (code, out, err) = said(&herd.run(arguments));
        assert_eq!((code, err.as_str()), (Some(0), ""));
        assert!(out.contains(word), "{out}");
    }
    let (code, out, err) = said(&herd.run(&[]));
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(err.contains("Usage: herd"), "{err}");
}

#[test]
fn a_wrong_command_line_ends_with_2_and_says_what_is_meant() {
    let herd = Herd::new();
    for (arguments, message) in [
        (
            &["welsh"][..],
            "herd: no server \"welsh\" among Alford, Ball, Hamilton, Holiday, Welsh; did you mean \"Welsh\"?",
        ),
        (&["Welsh", "Ball"], "error: unrecognized subcommand 'Ball'"),
        (&["Welsh", "check"], "herd: \"Welsh\" is followed by a command; try herd --help"),
        (
            &["check", "welsh"],
            "herd: no server \"welsh\" among Alford, Ball, Hamilton, Holiday, Welsh; did you mean \"Welsh\"?",
        ),
        (
            &["chek"],
            "herd: no server \"chek\" among Alford, Ball, Hamilton, Holiday, Welsh; did you mean \"check\"?",
        ),
        (&["iamt", "Welsh", "kiwi", "+1-1"], "herd: no command \"iamt\"; did you mean \"iamat\"?"),
        (&["--colour", "Welsh"], "error: unexpected argument '--colour' found"),
        (&["iamat", "Welsh", "kiwi"], "error: the following required arguments were not provided:"),
        (
            &["iamat", "Walsh", "kiwi", "+1-1"],
            "herd: no server \"Walsh\" among Alford, Ball, Hamilton, Holiday, Welsh; did you mean \"Welsh\"?",
        ),
        (&["iamat", "Welsh", "", "+1-1"], "error: invalid value '' for '<ID>': it must not be empty"),
        (
            &["iamat", "Welsh", "kiwi", "+1-1 5"],
            "error: invalid value '+1-1 5' for '<+LAT-LON>': it must be one word, without white space",
        ),
        (&["whatsat", "Welsh", "kiwi", "10", "5\nIAMAT"], "error: invalid value '5"),
        (
            &["simulate", "--set", "herd.links=[[\"Ball\", \"Welsh\"]]"],
            "herd: --set herd.links: no news can get between Alford and Ball, Welsh and Hamilton and Holiday",
        ),
        (
            &["simulate", "--seed", "+3"],
            "error: invalid value '+3' for '--seed <N>': a seed is a whole number from 0 to 18446744073709551615",
        ),
        (&["places", "import", "-"], "herd: -: which format? Say --format geonames, csv or geojson"),
        (&["places", "import"], "error: the following required arguments were not provided:"),
    ] {
        assert_eq!(failure(&herd, 2, arguments), message, "{arguments:?}");
    }
}

#[test]
fn a_wrong_configuration_ends_every_command_with_2_and_starts_nothing() {
    let herd = Herd::new();
    let good = fs::read_to_string(herd.path("herd.toml")).unwrap();
    fs::write(herd.path("bad.toml"), good + "[limits]\nlines = 1\n").unwrap();
    let message = "herd: bad.toml:8: limits.lines: unknown key; did you mean \"line\"?";
    for command in [
        &["Welsh"][..],
        &["all"],
        &["check"],
        &["iamat", "Welsh", "a", "+1-1"],
        &["whatsat", "Welsh", "a", "1", "1"],
    ] {
        assert_eq!(failure(&herd, 2, &[&["--config", "bad.toml"], command].concat()), message);
        assert_eq!(failure(&herd, 2, &[command, &["--config=bad.toml"]].concat()), message);
    }
    assert!(!herd.path("data").exists());
    assert_eq!(
        failure(&herd, 2, &["all", "--set", "log.trafic=false"]),
        "herd: --set log.trafic: unknown key; did you mean \"traffic\"?"
    );
    assert_eq!(
        failure(&herd, 2, &["--config", "none.toml", "check"]),
        "herd: none.toml: cannot be read: No such file or directory (os error 2)"
    );
}

#[test]
fn check_prints_the_configuration_in_effect() {
    let herd = Herd::new();
    let mut check = herd.command(&["check", "--set=limits.line=4KiB", "--dir=elsewhere"]);
    let (code, out, err) = said(&check.env("HERD_LOG_TRAFFIC", "false").output().unwrap());
    assert_eq!(code, Some(0));
    for line in ["line = 4096", "dir = \"elsewhere\"", "traffic = false", "[servers.Welsh]"] {
        assert!(out.lines().any(|shown| shown == line), "{line} in\n{out}");
    }
    assert!(err.ends_with("The configuration is good.\n"), "{err}");
    assert!(!herd.path("elsewhere").exists() && !herd.path("data").exists());

    fs::write(herd.path("again.toml"), &out).unwrap();
    assert_eq!(said(&herd.run(&["check", "--config=again.toml"])).1, out, "it reads back as itself");
}

#[test]
fn whoever_stops_reading_is_no_trouble() {
    let herd = Herd::new();
    let mut check = herd.command(&["check"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(check.stdout.take());
    let (code, _, err) = said(&check.wait_with_output().unwrap());
    assert_eq!(code, Some(0), "{err}");
    assert!(!err.contains("panicked"), "{err}");
}

// One server.

#[test]
fn a_ready_server_says_where_it_listens() {
    let mut herd = Herd::new();
    herd.start("Welsh");
    let (port, peer_port) = (herd.port("Welsh"), herd.port("Welsh") + 1);
    let ready =
        format!("Welsh: ready: for clients on 127.0.0.1:{port}, for neighbours on 127.0.0.1:{peer_port}\n");
    assert!(herd.said("Welsh").contains(&ready), "{}", herd.said("Welsh"));
    assert!(herd.said("Welsh").lines().all(|line| line.starts_with("Welsh: ")), "{}", herd.said("Welsh"));

    assert_eq!(
        failure_of_a_second(&herd, &["Welsh", "--set=store.durability=no"]),
        format!("herd: Welsh: cannot listen on 127.0.0.1:{port}: Address already in use (os error 98)"),
        "and nobody else is"
    );
    assert_eq!(
        failure_of_a_second(&herd, &["Welsh"]),
        "herd: Welsh: cannot use data/Welsh.redb: another process has it open; is the server running already?"
    );
}

fn failure_of_a_second(herd: &Herd, arguments: &[&str]) -> String {
    let (code, _, err) = said(&herd.run(arguments));
    assert_eq!(code, Some(1));
    err.lines().last().unwrap().to_owned()
}

#[test]
fn a_server_that_cannot_use_its_files_says_which() {
    let herd = Herd::new();
    fs::create_dir_all(herd.path("data/Welsh.log")).unwrap();
    let (code, _, err) = said(&herd.run(&["Welsh"]));
    assert_eq!(code, Some(1));
    assert_eq!(
        err.lines().last().unwrap(),
        "herd: Welsh: cannot open data/Welsh.log: Is a directory (os error 21)"
    );
    fs::write(herd.path("short.key"), "abc").unwrap();
    let (code, _, err) = said(&herd.run(&["Welsh", "--set=peers.key_file=short.key"]));
    assert_eq!(code, Some(1));
    assert!(err.lines().last().unwrap().starts_with("herd: Welsh: short.key"), "{err}");
    let (code, _, err) = said(&herd.run(&["check", "--set=peers.key_file=short.key"]));
    assert!(code == Some(2) && err.lines().last().unwrap().starts_with("herd: short.key"), "{err}");
}

// Places.

const CAFES: &str = "name,lat,lon,type\nKiwi Cafe,-33.8570,151.2150,cafe\nnowhere,north,east,cafe\n";

#[test]
fn imported_places_are_what_a_server_answers_with() {
    let mut herd = Herd::new();
    fs::write(herd.path("cafes.csv"), CAFES).unwrap();
    let (code, out, err) = said(&herd.run(&["places", "import", "cafes.csv"]));
    assert_eq!((code, out.as_str()), (Some(0), "1 place from cafes.csv, 1 row skipped\n"), "{err}");
    assert_eq!(err, "cafes.csv:3: the latitude is not a number\n");
    assert!(herd.path("data/places.gazetteer").exists());

    let (code, _, err) = said(&herd.run(&["check", "--set=places.provider=file"]));
    assert_eq!(code, Some(0));
    assert!(err.contains("Places are asked of file data/places.gazetteer.\n"), "{err}");

    herd.start_with("Welsh", &["--set=places.provider=file"]);
    let mut client = herd.client("Welsh");
    client.ask("IAMAT kiwi -33.8568+151.2153 5");
    let (_, out, _) = said(&herd.run(&["whatsat", "Welsh", "kiwi", "1", "20"]));
    assert!(out.contains("\"name\" : \"Kiwi Cafe\"") && out.contains("\"types\" : [ \"cafe\" ]"), "{out}");
    assert_eq!(out.matches("\"place_id\"").count(), 1, "{out}");
}

#[test]
fn an_import_that_finds_nothing_leaves_what_was_there() {
    let herd = Herd::new();
    fs::write(herd.path("old"), "old").unwrap();
    fs::write(herd.path("none.csv"), "name,lat,lon\n").unwrap();
    let import = |file| failure(&herd, 1, &["places", "import", "--output", "old", file]);
    assert_eq!(import("none.csv"), "herd: no row is a place; nothing is written");
    assert_eq!(
        import("missing.csv"),
        "herd: missing.csv cannot be read: No such file or directory (os error 2)"
    );
    fs::write(herd.path("other.csv"), "title,lat,lon\n").unwrap();
    assert_eq!(import("other.csv"), "herd: other.csv: no column name among title, lat, lon");
    assert_eq!(fs::read_to_string(herd.path("old")).unwrap(), "old");
    assert!(!herd.path("old.new").exists());
}

#[test]
fn standard_input_is_imported_too() {
    let herd = Herd::new();
    fs::write(herd.path("cafes"), CAFES).unwrap();
    let mut import = herd.command(&["places", "import", "--format=csv", "--output=out", "-"]);
    let (code, out, err) = said(&import.stdin(fs::File::open(herd.path("cafes")).unwrap()).output().unwrap());
    assert_eq!((code, out.as_str()), (Some(0), "1 place from -, 1 row skipped\n"), "{err}");
    assert!(herd.path("out").exists());
}

#[test]
fn an_import_that_is_killed_is_in_nobodys_way() {
    let herd = Herd::new();
    fs::write(herd.path("cafes.csv"), CAFES).unwrap();
    fs::write(herd.path("out"), "old").unwrap();
    let mut endless = herd.command(&["places", "import", "--format=csv", "--output=out", "-"]);
    let mut endless = endless.stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    eventually("it writes", || herd.path("out.new").exists());
    let import = ["places", "import", "--output=out", "cafes.csv"];
    assert_eq!(failure(&herd, 1, &import), "herd: out: another import is writing to this folder");
    endless.kill().unwrap();
    endless.wait().unwrap();
    assert_eq!(fs::read_to_string(herd.path("out")).unwrap(), "old");
    assert_eq!(said(&herd.run(&import)).0, Some(0));
    assert!(fs::read(herd.path("out")).unwrap().starts_with(b"HGZ2") && !herd.path("out.new").exists());
}

#[test]
fn what_the_configuration_names_must_be_there() {
    let herd = Herd::new();
    fs::write(herd.path("cert.pem"), "cut off").unwrap();
    let refused = |flags: &[&str]| {
        let check = failure(&herd, 2, &[&["check"], flags].concat());
        let iamat = failure(&herd, 1, &[&["iamat", "Welsh", "kiwi", "+1-1"], flags].concat());
        assert!(iamat.contains("cannot connect"), "a client needs none of it: {iamat}");
        check
    };
    let missing = "cannot be read: No such file or directory (os error 2)";
    assert_eq!(
        refused(&["--set=places.chain=[\"file\", \"builtin\"]"]),
        format!("herd: data/places.gazetteer {missing}; `herd places import` writes it")
    );
    assert_eq!(
        refused(&["--set=places.provider=file", "--set=places.file=cert.pem"]),
        "herd: cert.pem: not a gazetteer file; `herd places import` writes it"
    );
    assert_eq!(
        failure(&herd, 2, &["Welsh", "--set=places.provider=file", "--set=places.file=cert.pem"]),
        "herd: cert.pem: not a gazetteer file; `herd places import` writes it"
    );
    assert_eq!(
        refused(&["--set=places.provider=google", "--set=places.key_env=NO_SUCH_KEY"]),
        "herd: --set places.provider: google needs a key: put it into the environment variable NO_SUCH_KEY \
         (places.key_env), or into a file (places.key_file)"
    );
    assert_eq!(
        refused(&["--set=clients={tls=true, cert=\"cert.pem\", key=\"key.pem\"}"]),
        format!("herd: --set clients: clients.key: key.pem {missing}")
    );
}

#[test]
fn the_key_of_a_provider_is_nowhere_shown() {
    let herd = Herd::new();
    let mut check = herd.command(&["check", "--set=places.provider=google"]);
    let (code, out, err) = said(&check.env("GOOGLE_PLACES_API_KEY", "SECRET").output().unwrap());
    assert_eq!(code, Some(0), "{err}");
    assert!(err.contains("Places are asked of google at https://places.googleapis.com.\n"), "{err}");
    assert!(!out.contains("SECRET") && !err.contains("SECRET"), "{out}{err}");
    let (code, out, err) = said(&check.env("GOOGLE_PLACES_API_KEY", "SECRET two").output().unwrap());
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert_eq!(
        err,
        "herd: GOOGLE_PLACES_API_KEY: holds no key: that is one word of visible ASCII characters\n"
    );
}

#[test]
fn a_proxy_that_is_none_is_refused_where_it_would_be_asked() {
    let herd = Herd::new();
    let run = |command: &str, flags: &[&str], url: &str| {
        let mut command = herd.command(&[&[command], flags].concat());
        said(&command.env("HTTPS_PROXY", url).output().unwrap())
    };
    let chain = "--set=places.chain=[\"overpass\", \"builtin\"]";
    let web = [chain, "--set=places.base_url=https://places.test"];
    let local = [chain, "--set=places.base_url=https://localhost"];
    for (url, why) in [
        ("socks5://me:SECRET@proxy.test", "its URL begins with something else than http://"),
        ("http://me:SECRET@proxy.test:port", "its URL cannot be understood"),
    ] {
        for command in ["check", "Welsh"] {
            let refused = (Some(2), String::new(), format!("herd: HTTPS_PROXY: {why}\n"));
            assert_eq!(run(command, &web, url), refused, "{command}");
        }
        assert_eq!(run("check", &[], url).0, Some(0), "the web is not asked");
        assert_eq!(run("check", &local, url).0, Some(0), "the machine itself is reached directly");
    }
    assert_eq!(run("check", &web, "http://me:SECRET@proxy.test").0, Some(0));
}

// All servers.

/// `herd all`, all of whose servers are ready.
fn all(herd: &Herd) -> Process {
    let all = herd.spawn("all", &["all"]);
    let ready = || herd.said("all").matches(": ready: ").count();
    eventually("all are ready", || ready() == NAMES.len());
    eventually("it says which processes they are", || herd.said("all").contains("herd: processes: "));
    all
}

/// The process of a server, as `herd all` says it.
fn process(herd: &Herd, name: &str) -> Pid {
    let said = herd.said("all");
    let processes = said.lines().find_map(|line| line.strip_prefix("herd: processes: ")).unwrap();
    let number = processes.split([',', ';']).find_map(|process| process.trim().strip_prefix(name)).unwrap();
    Pid::from_raw(number.trim().parse().unwrap()).unwrap()
}

fn is_running(process: Pid) -> bool {
    fs::read_to_string(format!("/proc/{}/stat", process.as_raw_nonzero()))
        .is_ok_and(|stat| !stat.contains(") Z "))
}

#[test]
fn all_runs_the_five_until_it_is_interrupted() {
    for signal in [Signal::INT, Signal::TERM] {
        let herd = Herd::new();
        let mut all = all(&herd);
        let at = herd.client("Alford").ask("IAMAT kiwi +34.068930-118.445127 5");
        herd.await_news(&NAMES, "kiwi", &at);
        all.signal(signal);
        assert_eq!(all.end().code(), Some(0), "{}", herd.said("all"));
        for name in NAMES {
            assert_eq!(herd.said("all").matches(&format!("{name}: stopping\n")).count(), 1);
            assert!(!is_running(process(&herd, name)), "{name}");
        }
        assert!(!herd.said("all").contains("ended with"), "{}", herd.said("all"));
    }
}

#[test]
fn all_goes_on_without_one_that_died_and_takes_it_back() {
    let mut herd = Herd::new();
    let mut all = all(&herd);
    kill_process(process(&herd, "Hamilton"), Signal::KILL).unwrap();
    let program = env!("CARGO_BIN_EXE_herd");
    let ended = format!(
        "Hamilton: ended with signal: 9 (SIGKILL); the others go on; `{program} Hamilton` brings it back\n"
    );
    eventually("its end is said", || herd.said("all").contains(&ended));
    let at = herd.client("Alford").ask("IAMAT kiwi +1-1 5");
    herd.await_news(&["Alford", "Ball", "Holiday", "Welsh"], "kiwi", &at);
    herd.start("Hamilton");
    let at = herd.client("Alford").ask("IAMAT kiwi +1-1 6");
    herd.await_news(&NAMES, "kiwi", &at);
    all.signal(Signal::TERM);
    assert_eq!(all.end().code(), Some(1), "{}", herd.said("all"));
    let missing = "herd: servers that ended before they were told to: Hamilton (signal: 9 (SIGKILL))\n";
    assert!(herd.said("all").ends_with(missing), "{}", herd.said("all"));
    assert!(herd.knows("Hamilton", "kiwi").is_some(), "it is no child");
}

#[test]
fn all_passes_a_hangup_on() {
    let herd = Herd::new();
    let all = all(&herd);
    all.signal(Signal::HUP);
    for name in NAMES {
        let anew = format!("{name}: the log is opened anew with the next line\n");
        eventually(&anew, || herd.said("all").contains(&anew));
    }
}

#[test]
fn a_second_signal_ends_all_at_once() {
    let herd = Herd::new();
    let mut all = all(&herd);
    kill_process(process(&herd, "Ball"), Signal::STOP).unwrap();
    all.signal(Signal::INT);
    eventually("the others stop", || herd.said("all").matches(": stopping\n").count() == 4);
    all.signal(Signal::INT);
    kill_process(process(&herd, "Ball"), Signal::CONT).unwrap();
    assert_eq!(all.end().code(), Some(0), "{}", herd.said("all"));
}

#[test]
fn all_ends_with_1_when_no_server_is_left() {
    let herd = Herd::new();
    let mut all = all(&herd);
    NAMES.into_iter().for_each(|name| kill_process(process(&herd, name), Signal::TERM).unwrap());
    assert_eq!(all.end().code(), Some(1));
    assert!(herd.said("all").ends_with("herd: all servers have ended\n"), "{}", herd.said("all"));

    let program = env!("CARGO_BIN_EXE_herd");
    let durability = "--set=store.durability=\"always\"";
    let mut again = herd.spawn("again", &["all", "--set=peers.key_file=/dev/null", durability]);
    let options = " --set peers.key_file=/dev/null --set 'store.durability=\"always\"'";
    assert_eq!(again.end().code(), Some(1));
    for name in NAMES {
        let ended = format!(
            "{name}: ended with exit status: 1; the others go on; `{program} {name}{options}` brings it back\n"
        );
        assert!(herd.said("again").contains(&ended), "{}", herd.said("again"));
        assert!(herd.said("again").contains(&format!("herd: {name}: /dev/null")), "{}", herd.said("again"));
    }
}

#[test]
fn the_servers_end_with_a_parent_that_is_killed() {
    let herd = Herd::new();
    let all = all(&herd);
    all.signal(Signal::KILL);
    for name in NAMES {
        eventually(&format!("{name} ends"), || !is_running(process(&herd, name)));
    }
}
