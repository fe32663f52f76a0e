//! `herd iamat` and `herd whatsat`.

use super::{failure, said};
use crate::common::{Herd, eventually};

#[test]
fn iamat_and_whatsat_ask_a_server() {
    let herd = Herd::of_one(&[]);
    let place = "-33.8568+151.2153";
    let (code, at, err) = said(&herd.run(&["iamat", "Welsh", "kiwi", place]));
    assert_eq!((code, err.as_str()), (Some(0), ""));
    let fields: Vec<&str> = at.trim_end().split(' ').collect();
    assert_eq!((&fields[..2], &fields[3..5]), (&["AT", "Welsh"][..], &["kiwi", place][..]));
    assert!(fields[2].parse::<f64>().unwrap().abs() < 60.0, "the time was now: {at}");
    assert_eq!(fields[5].split('.').nth(1).map(str::len), Some(9), "{at}");

    let (code, out, err) = said(&herd.run(&["whatsat", "Welsh", "kiwi", "10", "5"]));
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert!(out.starts_with(&at) && out.ends_with("\n   \"status\" : \"OK\"\n}\n\n"), "{out}");

    let timed = said(&herd.run(&["iamat", "--time", "5", "Welsh", "moa", "-0-0"])).1;
    assert!(timed.starts_with("AT Welsh +") && timed.ends_with(" moa -0-0 5\n"), "{timed}");
}

#[test]
fn a_refused_command_ends_with_1_and_says_what_can_be_known() {
    let herd = Herd::of_one(&[]);
    for (arguments, why, logged) in [
        (
            &["iamat", "Welsh", "kiwi", "+34-118", "--time=99999999999"][..],
            "the time is more than herd.max_clock_skew ahead of its clock",
            "\\(the time is more than herd.max_clock_skew ahead of this server's clock)",
        ),
        (
            &["whatsat", "Welsh", "kiwi", "10", "5"],
            "no server has heard of \"kiwi\" (herd iamat makes it known), or there are no places now: its log says why",
            "\\(no such client is known)",
        ),
    ] {
        let (code, out, err) = said(&herd.run(arguments));
        assert_eq!((code, err), (Some(1), format!("herd: Welsh has refused the command: {why}\n")));
        assert!(out.starts_with("? ") && out.contains(" kiwi "), "{out}");
        let line = format!(" {} {logged}\n", out.trim_end());
        eventually("the log says why", || herd.log("Welsh").contains(&line));
    }
}

#[test]
fn a_server_that_cannot_be_reached_is_said() {
    let herd = Herd::new();
    let port = herd.port("Welsh");
    assert_eq!(
        failure(&herd, 1, &["iamat", "Welsh", "kiwi", "+1-1"]),
        format!("herd: Welsh at 127.0.0.1:{port}: cannot connect: Connection refused (os error 111)")
    );
    let listener = std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| drop(listener.accept()));
        let message = failure(&herd, 1, &["whatsat", "Welsh", "kiwi", "1", "1"]);
        assert!(message.contains(": no complete reply: "), "{message}");
    });
}

#[test]
fn arguments_are_judged_before_anything_is_sent() {
    let herd = Herd::new();
    for (arguments, message) in [
        (
            &["iamat", "Welsh", "kiwi", "34-118"][..],
            "error: invalid value '34-118' for '<+LAT-LON>': the location is not a signed latitude and longitude in \
             decimal degrees",
        ),
        (
            &["iamat", "Welsh", "kiwi", "+1-1", "--time=1e9"],
            "error: invalid value '1e9' for '--time <TIME>': the time is not a decimal with 1 to 18 digits before the \
             point",
        ),
        (
            &["whatsat", "Welsh", "kiwi", "100", "5"],
            "error: invalid value '100' for '<RADIUS>': the radius is not a decimal number greater than 0 and at most 50",
        ),
        (
            &["whatsat", "Welsh", "kiwi", "10", "21"],
            "error: invalid value '21' for '<BOUND>': the bound is not a whole number from 1 to 20",
        ),
        (
            &[
                "iamat",
                "Welsh",
                "a-client-with-a-long-name-for-so-short-a-line",
                "+1-1",
                "--set=limits.line=64",
            ],
            "herd: the line would have 77 bytes, and limits.line is 64",
        ),
        (
            &["bench", "--radius", "51"],
            "error: invalid value '51' for '--radius <KM>': the radius is not a decimal number greater than 0 and at most 50",
        ),
    ] {
        assert_eq!(failure(&herd, 2, arguments), message, "{arguments:?}");
    }
}
