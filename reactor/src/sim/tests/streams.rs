//! One stream on a good network: order, edges, windows, ends.

use super::*;

#[test]
fn bytes_arrive_whole_and_in_order() {
    let mut lan = Lan::connected();
    for part in ["one ", "two ", "three"] {
        assert_eq!(lan.write(part.as_bytes()).unwrap(), part.len());
    }
    lan.run(SECOND);
    assert_eq!(lan.read(6).unwrap(), b"one tw");
    assert_eq!(lan.read(99).unwrap(), b"o three");
    assert_eq!(kind(lan.read(99)), ErrorKind::WouldBlock);
}

#[test]
fn a_made_connection_is_reported_writable_on_both_sides() {
    let mut lan = Lan::new(1, Faults::none());
    lan.connect();
    assert_eq!(lan.connect_error(), Some(ErrorKind::WouldBlock));
    lan.run(SECOND);
    assert_eq!(lan.ready(lan.client, NEAR), (false, true, false));
    assert_eq!(lan.connect_error(), None);
    assert!(matches!(lan.poll(lan.server)[..], [Event::Incoming(PORT)]));
    let who = lan.world.net(lan.server).accept(PORT, FAR).unwrap();
    assert_eq!(who.ip(), lan.world.ip(lan.client));
    assert_eq!(lan.ready(lan.server, FAR), (false, true, false));
}

#[test]
fn what_came_before_the_accept_is_reported_with_it() {
    let mut lan = Lan::new(1, Faults::none());
    lan.connect();
    lan.run(SECOND);
    lan.write(b"early").unwrap();
    lan.world.net(lan.client).close(NEAR);
    lan.run(SECOND);
    lan.world.net(lan.server).accept(PORT, FAR).unwrap();
    let says_it = |event: &Event| matches!(event, Event::Ready { read: true, read_closed: true, .. });
    assert!(lan.poll(lan.server).iter().any(says_it));
    assert_eq!(lan.read(9).unwrap(), b"early");
    assert_eq!(lan.read(9).unwrap(), b"");
}

#[test]
fn a_read_edge_comes_once_and_again_only_after_a_short_read() {
    let mut lan = Lan::connected();
    lan.write(b"abcd").unwrap();
    lan.run(SECOND);
    assert_eq!(lan.ready(lan.server, FAR), (true, false, false));
    lan.write(b"--").unwrap();
    lan.run(SECOND);
    assert!(lan.poll(lan.server).is_empty());
    lan.read(2).unwrap(); // a full read: whoever stops here is told nothing more
    lan.write(b"efgh").unwrap();
    lan.run(SECOND);
    assert!(lan.poll(lan.server).is_empty());
    lan.read(99).unwrap();
    lan.write(b"ijkl").unwrap();
    lan.run(SECOND);
    assert_eq!(lan.ready(lan.server, FAR), (true, false, false));
}

#[test]
fn a_read_cut_short_is_followed_by_an_edge() {
    let mut lan = Lan::connected_with(1, Faults { short_reads: 100, ..Faults::none() });
    lan.write(&[7; 5_000]).unwrap();
    lan.run(SECOND);
    let mut got = 0;
    while got < 5_000 {
        assert_eq!(lan.ready(lan.server, FAR), (true, false, false));
        got += lan.read(9_999).unwrap().len();
    }
    assert!(lan.poll(lan.server).is_empty());
    assert!(lan.world.counts().short_reads > 0);
}

#[test]
fn a_port_edge_comes_again_only_after_would_block() {
    let mut lan = Lan::new(1, Faults::none());
    let (one, two) = (ConnId(Key { slot: 8, serial: 1 }), ConnId(Key { slot: 9, serial: 1 }));
    for conn in [NEAR, one] {
        lan.world.net(lan.client).connect(lan.at, conn).unwrap();
    }
    lan.run(SECOND);
    assert_eq!(lan.poll(lan.server).len(), 1);
    lan.world.net(lan.server).accept(PORT, FAR).unwrap();
    lan.world.net(lan.client).connect(lan.at, two).unwrap();
    lan.run(SECOND);
    assert_eq!(lan.poll(lan.server).iter().filter(|event| matches!(event, Event::Incoming(_))).count(), 0);
}

#[test]
fn a_full_window_blocks_the_writer_until_the_reader_drains() {
    let mut lan = Lan::connected();
    let flood = vec![1; 1 << 20];
    let taken = lan.write(&flood).unwrap();
    assert!(lan.world.faults().window.contains(&taken));
    assert_eq!(kind(lan.write(&flood)), ErrorKind::WouldBlock);
    lan.run(SECOND);
    assert!(lan.poll(lan.client).is_empty());
    assert_eq!(kind(lan.write(&flood)), ErrorKind::WouldBlock);
    assert_eq!(lan.read(1 << 20).unwrap().len(), taken);
    lan.run(SECOND);
    assert_eq!(lan.ready(lan.client, NEAR), (false, true, false));
    assert_eq!(lan.write(&flood).unwrap(), taken);
}

#[test]
fn after_half_close_the_other_direction_lives() {
    let mut lan = Lan::connected();
    lan.write(b"question").unwrap();
    lan.world.net(lan.client).shutdown_write(NEAR).unwrap();
    assert_eq!(kind(lan.write(b"more")), ErrorKind::BrokenPipe);
    lan.run(SECOND);
    assert_eq!(lan.ready(lan.server, FAR), (true, false, true));
    assert_eq!(lan.read(99).unwrap(), b"question");
    assert_eq!(lan.read(99).unwrap(), b"");
    lan.write_back(b"answer").unwrap();
    lan.world.net(lan.server).close(FAR);
    lan.run(SECOND);
    assert_eq!(lan.read_back(99).unwrap(), b"answer");
    assert_eq!(lan.read_back(99).unwrap(), b"");
    lan.world.net(lan.client).close(NEAR);
    assert_eq!(lan.world.streams(), 0);
}

#[test]
fn what_was_written_before_a_close_arrives_before_the_end() {
    let mut lan = Lan::connected();
    lan.write(b"last words").unwrap();
    lan.world.net(lan.client).close(NEAR);
    lan.run(SECOND);
    assert_eq!(lan.read(99).unwrap(), b"last words");
    assert_eq!(lan.read(99).unwrap(), b"");
}

#[test]
fn closing_with_unread_bytes_resets() {
    let mut lan = Lan::connected();
    lan.write_back(b"unread").unwrap();
    lan.run(SECOND);
    lan.world.net(lan.client).close(NEAR);
    lan.run(SECOND);
    assert_eq!(lan.ready(lan.server, FAR), (true, true, true));
    assert_eq!(kind(lan.read(99)), ErrorKind::ConnectionReset);
    assert_eq!(lan.read(99).unwrap(), b"");
    assert_eq!(kind(lan.write_back(b"x")), ErrorKind::BrokenPipe);
}

#[test]
fn bytes_for_a_closed_end_reset() {
    let mut lan = Lan::connected();
    lan.world.net(lan.client).close(NEAR);
    lan.write_back(b"too late").unwrap();
    lan.run(SECOND);
    assert_eq!(lan.read(99).unwrap(), b""); // the FIN was first
    assert_eq!(kind(lan.write_back(b"x")), ErrorKind::BrokenPipe);
    lan.world.net(lan.server).close(FAR);
    assert_eq!(lan.world.streams(), 0);
}

#[test]
fn what_arrived_before_a_reset_is_read_on_linux_and_lost_elsewhere() {
    for (discarding_resets, arrived) in [(0, true), (100, false)] {
        let mut lan = Lan::connected_with(1, Faults { discarding_resets, ..Faults::none() });
        lan.write(b"before").unwrap();
        lan.write_back(b"unread").unwrap();
        lan.run(SECOND);
        lan.world.net(lan.client).close(NEAR);
        lan.run(SECOND);
        if arrived {
            assert_eq!(lan.read(99).unwrap(), b"before");
        }
        assert_eq!(kind(lan.read(99)), ErrorKind::ConnectionReset);
    }
}

#[test]
fn nobody_listening_refuses() {
    let mut lan = Lan::new(1, Faults::none());
    let (ip, unknown) = (lan.world.ip(lan.server), [10, 0, 9, 9].into());
    for at in [(ip, 81), (unknown, 80), ([192, 0, 2, 1].into(), 80), ([127, 0, 0, 1].into(), 80)] {
        lan.world.net(lan.client).connect(at.into(), NEAR).unwrap();
        assert_eq!(lan.connect_error(), Some(ErrorKind::WouldBlock));
        lan.run(SECOND);
        assert_eq!(lan.ready(lan.client, NEAR), (true, true, true));
        assert_eq!(lan.connect_error(), Some(ErrorKind::ConnectionRefused));
        lan.world.net(lan.client).close(NEAR);
    }
    assert_eq!(lan.world.streams(), 0);
}

#[test]
fn a_closed_port_refuses_who_waits() {
    let mut lan = Lan::new(1, Faults::none());
    lan.connect();
    lan.run(SECOND);
    lan.world.net(lan.server).close_port(PORT);
    lan.run(SECOND);
    assert_eq!(kind(lan.read_back(9)), ErrorKind::ConnectionReset);
    assert!(lan.world.net(lan.server).listen(lan.at, PORT).is_ok());
}

#[test]
fn closing_while_connecting_leaves_nothing_behind() {
    let mut lan = Lan::new(1, Faults::none());
    lan.connect();
    while lan.poll(lan.server).is_empty() {
        lan.world.step(Time::NEVER);
    }
    lan.world.net(lan.client).close(NEAR); // the answer is on its way
    lan.run(SECOND);
    lan.world.net(lan.server).accept(PORT, FAR).unwrap();
    assert_eq!(kind(lan.read(9)), ErrorKind::ConnectionReset);
    lan.world.net(lan.server).close(FAR);
    assert_eq!(lan.world.streams(), 0);
}

#[test]
fn closing_before_the_syn_arrives_is_never_noticed() {
    let mut lan = Lan::new(1, Faults::none());
    lan.connect();
    lan.world.net(lan.client).close(NEAR);
    lan.run(SECOND);
    assert!(lan.poll(lan.server).is_empty());
    assert_eq!(lan.world.streams(), 0);
}

#[test]
fn refused_and_exhausted_connects_are_injected() {
    let mut lan = Lan::new(1, Faults { refused_connects: 100, ..Faults::none() });
    lan.connect();
    lan.run(SECOND);
    assert_eq!(lan.connect_error(), Some(ErrorKind::ConnectionRefused));
    let mut lan = Lan::new(1, Faults { exhaustion: 100, ..Faults::none() });
    let error = lan.world.net(lan.client).connect(lan.at, NEAR).unwrap_err();
    assert!(crate::net::is_exhaustion(&error));
    assert_eq!(lan.world.streams(), 0);
}

#[test]
fn a_lost_connect_hangs_until_tcp_gives_up() {
    let mut lan = Lan::new(1, Faults { lost_connects: 100, ..Faults::none() });
    lan.connect();
    lan.run(59 * SECOND);
    assert_eq!(lan.connect_error(), Some(ErrorKind::WouldBlock));
    lan.run(61 * SECOND);
    assert_eq!(lan.ready(lan.client, NEAR), (true, true, true));
    assert_eq!(lan.connect_error(), Some(ErrorKind::TimedOut));
}

#[test]
fn spurious_events_are_injected_but_none_says_read_closed() {
    let mut lan = Lan::connected_with(1, Faults { spurious_events: 100, ..Faults::none() });
    lan.write(b"abcd").unwrap();
    lan.run(SECOND);
    assert_eq!(lan.ready(lan.server, FAR), (true, true, false));
    lan.write(b"efgh").unwrap();
    lan.run(SECOND);
    assert_eq!(lan.ready(lan.server, FAR), (true, true, false));
}

#[test]
fn a_closed_connection_may_still_appear() {
    for (spurious_events, events) in [(0, 0), (100, 1)] {
        let mut lan = Lan::connected_with(1, Faults { spurious_events, ..Faults::none() });
        lan.write_back(b"abcd").unwrap();
        lan.run(SECOND);
        lan.world.net(lan.client).close(NEAR);
        assert_eq!(lan.poll(lan.client).len(), events);
    }
}

#[test]
fn a_slow_reader_sees_a_few_bytes_at_a_time() {
    let mut lan = Lan::connected_with(1, Faults { slow_readers: 100, ..Faults::none() });
    let taken = lan.write(&[1; 9_000]).unwrap();
    assert!(taken < 4_096);
    lan.run(SECOND);
    assert!(lan.read(9_000).unwrap().len() <= 64);
    assert!(lan.world.next_delivery().is_some_and(|next| next > lan.world.now()));
    lan.poll(lan.server);
    lan.run(SECOND);
    assert_eq!(lan.ready(lan.server, FAR), (true, false, false));
}
