//! Closed loops, and whether replies are what they should be.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

#[test]
fn every_reply_is_counted_and_makes_room_for_another_line() {
    let mut rig = Rig::new(Plan { connections: 2, in_flight: 3, ..plan() });
    let answered = rig.answer_for(1_001);
    let results = rig.results();
    assert_eq!(answered, 6 * 1_000, "the lines of a thousand rounds, and none after the end");
    assert_eq!((results.iamat.sent, results.iamat.answered), (6_000, 6_000));
    assert_eq!((results.iamat.wrong, results.iamat.refused, results.lost_connections), (0, 0, 0));
    let latency = results.iamat.latency_us;
    assert!(is_near(latency.min, 1_000.0) && is_near(latency.max, 1_000.0), "{latency:?}");
    assert!(results.timeline.iter().all(|step| *step > 500) && results.timeline.len() == 10);
    assert_eq!(results.timeline.iter().sum::<u64>(), 6 * 999, "the last replies come at the very end");
    assert!(is_near(results.iamat.per_second, 6.0 * 999.0));
    assert!(results.whatsat.is_none() && results.rate.is_none() && results.generator_late_us.is_none());
}

#[test]
fn where_the_outbox_has_no_room_the_next_line_waits_for_a_reply() {
    let mut rig = Rig::new(Plan { in_flight: 20_000, ..plan() });
    let lines = rig.take_lines();
    assert!((10_000..20_000).contains(&lines.len()), "{} lines are a megabyte", lines.len());
    assert_eq!(rig.results().unsent, 0, "a closed loop has nothing that is due");
    let (place, line) = &lines[0];
    let reply = rig.reply(line);
    rig.feed(*place, &reply);
    assert!(!rig.take_lines().is_empty());
}

#[test]
fn the_warm_up_is_not_measured() {
    let span = Span::For { warm_up: SECOND, duration: SECOND };
    let mut rig = Rig::new(Plan { span, ..plan() });
    rig.answer_for(999);
    assert_eq!(rig.results().iamat.sent, 0);
    rig.answer_for(1_002);
    assert_eq!((rig.results().iamat.sent, rig.results().iamat.answered), (1_000, 1_000));
    assert_eq!(rig.results().started_unix_ns, 1_479_413_885_000_000_000);
}

#[test]
fn clients_in_flight_differ_and_the_times_of_each_rise() {
    let mut rig = Rig::new(Plan { connections: 2, in_flight: 4, clients: 3, ..plan() });
    let mut last: BTreeMap<String, String> = BTreeMap::new();
    for _ in 0..200 {
        let lines = rig.take_lines();
        let ids: BTreeSet<&str> = lines.iter().filter_map(|(_, line)| line.split(' ').nth(1)).collect();
        assert_eq!((lines.len(), ids.len()), (8, 8), "more clients than were asked for: as many as it takes");
        for (place, line) in &lines {
            let fields: Vec<&str> = line.split(' ').collect();
            let before = last.insert(fields[1].to_owned(), fields[3].to_owned());
            assert!(before.is_none_or(|before| *before < *fields[3]), "{line}");
            let reply = rig.reply(line);
            rig.feed(*place, &reply);
        }
    }
    assert_eq!(last.len(), 8);
}

/// What becomes of one line whose reply is changed so.
fn judged(change: impl Fn(&str) -> String) -> (u64, u64, u64) {
    let mut rig = Rig::new(plan());
    let (place, line) = rig.take_lines().remove(0);
    let reply = change(&rig.reply(&line));
    rig.pass(MILLISECOND);
    rig.feed(place, &reply);
    rig.pass(200 * MILLISECOND);
    let iamat = rig.results().iamat;
    assert_eq!(rig.take_lines().len(), 1, "the load goes on whatever the reply");
    (iamat.answered, iamat.wrong, iamat.refused)
}

#[test]
fn a_reply_that_is_not_what_is_due_is_wrong() {
    assert_eq!(judged(str::to_owned), (1, 0, 0), "as it is");
    assert_eq!(judged(|reply| reply.replace('\n', "\r\n")), (1, 0, 0));
    let wrong: [fn(&str) -> String; 9] = [
        |reply| reply.replace("bench-", "bunch-"),
        |reply| reply.replace("bench-0", "bench-1"),
        |reply| reply.replace(" +3", " -3"),
        |reply| reply.replace(".000000000\n", ".000000001\n"),
        |reply| reply.replace(" Welsh", ""),
        |reply| reply.replace("+0.26", "0.26"),
        |reply| reply.replace("AT ", "at "),
        |reply| reply.replace('\n', " \n"),
        |_| "\n".to_owned(),
    ];
    for (place, change) in wrong.into_iter().enumerate() {
        assert_eq!(judged(change), (0, 1, 0), "change {place}");
    }
}

#[test]
fn a_refusal_is_told_from_a_wrong_reply() {
    let echo = |reply: &str| reply.replace("AT Welsh +0.263873386", "? IAMAT");
    assert_eq!(judged(echo), (0, 0, 1));
    assert_eq!(judged(|reply| echo(reply).replace(".000000000", ".000000009")), (0, 1, 0), "of another line");
    assert_eq!(judged(|_| "? \n".to_owned()), (0, 1, 0));
}

#[test]
fn after_rubbish_a_connection_is_dialled_anew() {
    for rubbish in
        ["\n", "hello\n", "AT Welsh +0.1 bench-00099999 +33.933810-117.980300 1479413884.000000000\n"]
    {
        let mut rig = Rig::new(Plan { in_flight: 4, ..plan() });
        rig.feed(0, rubbish);
        rig.pass(200 * MILLISECOND);
        let results = rig.results();
        assert_eq!((results.iamat.wrong, results.lost_connections, rig.net.dialled().len()), (1, 1, 2));
    }
}

#[test]
fn a_line_that_nobody_asked_for_is_wrong() {
    let mut rig = Rig::new(Plan { pace: Pace::Open(1), ..plan() });
    rig.answer();
    rig.feed(0, "AT Welsh +0.1 bench-00000000 +33.933810-117.980300 1479413884.000000000\n");
    assert_eq!((rig.results().iamat.answered, rig.results().iamat.wrong), (1, 1));
}

fn with_questions(per_million: u32) -> Plan {
    let questions = Questions { per_million, ..plan().questions };
    Plan { in_flight: 4, clients: 100, questions, ..plan() }
}

#[test]
fn a_share_of_the_lines_are_questions_about_clients_that_have_reported() {
    let mut rig = Rig::new(with_questions(250_000));
    rig.answer_for(1_002);
    let results = rig.results();
    let (iamat, whatsat) = (results.iamat, results.whatsat.unwrap());
    assert_eq!((iamat.wrong, iamat.refused, whatsat.wrong, whatsat.refused), (0, 0, 0, 0));
    assert_eq!(iamat.answered + whatsat.answered, 4_000);
    assert!((850..1_150).contains(&whatsat.answered), "{}", whatsat.answered);
    assert!(is_near(whatsat.latency_us.p50, 1_000.0));
}

#[test]
fn an_answer_about_places_is_checked_to_its_end() {
    let judged = |change: fn(&str) -> String| {
        let mut rig = Rig::new(with_questions(500_000));
        for _ in 0..200 {
            for (place, line) in rig.take_lines() {
                let reply = rig.reply(&line);
                let reply = if line.starts_with("WHATSAT") { change(&reply) } else { reply };
                rig.feed(place, &reply);
            }
        }
        let (iamat, whatsat) = (rig.results().iamat, rig.results().whatsat.unwrap());
        assert_eq!((iamat.wrong, iamat.refused), (0, 0), "each reply is taken for its own line");
        assert!(iamat.answered > 100);
        [whatsat.answered, whatsat.wrong, whatsat.refused].map(|count| count > 50)
    };
    assert_eq!(judged(str::to_owned), [true, false, false]);
    let wrong: [fn(&str) -> String; 4] = [
        |reply| reply.replace("[]", "["),
        |reply| reply.replace("}\n\n", "\n"),
        |reply| reply.replacen("+3", "-3", 1),
        |reply| reply.replace("Welsh", ""),
    ];
    for change in wrong {
        assert_eq!(judged(change), [false, true, false]);
    }
    let refusal = |reply: &str| format!("? WHATSAT {} 10 5\n", reply.split(' ').nth(3).unwrap());
    assert_eq!(judged(refusal), [false, false, true]);
}

#[test]
fn an_older_report_than_the_last_that_was_answered_is_wrong() {
    let mut rig = Rig::new(with_questions(500_000));
    rig.answer();
    let first = rig.known.clone();
    for _ in 0..500 {
        for (place, line) in rig.take_lines() {
            let reply = rig.reply(&line);
            let stale = first.get(line.split(' ').nth(1).unwrap()).filter(|_| line.starts_with("WHATSAT"));
            let reply = stale.map_or(reply, |report| format!("AT Welsh +0.1 {report}\n{{}}\n\n"));
            rig.feed(place, &reply);
        }
    }
    let whatsat = rig.results().whatsat.unwrap();
    assert!(whatsat.wrong > 0 && whatsat.answered > 100, "{whatsat:?}");
}

#[test]
fn replies_may_come_in_any_order() {
    let mut rig = Rig::new(with_questions(300_000));
    for _ in 0..300 {
        let mut lines = rig.take_lines();
        // As an original: the questions are answered last.
        lines.sort_by_key(|(_, line)| line.starts_with("WHATSAT"));
        lines.reverse();
        for (place, line) in lines {
            let reply = rig.reply(&line);
            rig.feed(place, &reply);
        }
    }
    let (iamat, whatsat) = (rig.results().iamat, rig.results().whatsat.unwrap());
    assert_eq!((iamat.wrong, iamat.refused, whatsat.wrong, whatsat.refused), (0, 0, 0, 0));
    assert!(iamat.answered > 500 && whatsat.answered > 200);
}

#[test]
fn replies_may_be_cut_anywhere() {
    let mut rig = Rig::new(with_questions(300_000));
    for _ in 0..20 {
        for (place, line) in rig.take_lines() {
            let reply = rig.reply(&line);
            reply.bytes().for_each(|byte| rig.feed(place, std::str::from_utf8(&[byte]).unwrap()));
        }
    }
    let (iamat, whatsat) = (rig.results().iamat, rig.results().whatsat.unwrap());
    assert_eq!((iamat.wrong, whatsat.wrong), (0, 0));
    assert_eq!(iamat.answered + whatsat.answered, 80);
}
