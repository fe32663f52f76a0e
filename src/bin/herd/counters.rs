//! What has happened so far, said at every signal: what is not zero, each count on a line of its own.

use herd::herd::Herd;
use reactor::AppCx;

pub(crate) fn say_counters(cx: &mut AppCx<'_, Herd>) {
    for line in counters(cx) {
        cx.app.notice(&mut cx.reactor, &format!("since the start: {line}"));
    }
}

fn counters(cx: &AppCx<'_, Herd>) -> Vec<String> {
    let Herd { counters, journal, desk, agent, neighbours, traffic, .. } = &*cx.app;
    let paper = neighbours.paper().map(|paper| paper.counters().to_string()).unwrap_or_default();
    let lost = match traffic.dropped() {
        0 => String::new(),
        lost => format!("{lost} lines of the log lost"),
    };
    let all = [
        ("", counters.to_string()),
        ("to neighbours: ", paper),
        ("on disk: ", journal.counters().to_string()),
        ("places: ", desk.to_string()),
        ("over HTTP: ", agent.counters().to_string()),
        ("", lost),
        ("", cx.reactor.counters().lag.to_string()),
    ];
    all.iter().flat_map(|(of, lines)| lines.lines().map(move |line| format!("{of}{line}"))).collect()
}
