//! Every call that can fail does so once, in every scenario: nobody panics, every connection hears
//! exactly one end, and the reactor stops with nothing left.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::LazyLock;

use crate::certs::{Authority, params};
use crate::support::{AT, App, Probe, THERE, When, World, millis, secs};
use reactor::testing::{MockNet, RemoteId};
use reactor::{ClientTls, Endpoint, Limits, Reactor, ServerTls};

/// A run of things that usually go well; it must come to its end where they do not.
type Scenario = fn(&mut World);

const SCENARIOS: [(&str, Scenario); 10] = [
    ("echo", echo),
    ("half close", half_close),
    ("dialling", dialling),
    ("names", names),
    ("racing", racing),
    ("TLS", tls),
    ("start TLS", start_tls),
    ("slow readers", slow_readers),
    ("many guests", many_guests),
    ("threads", threads),
];

/// EINTR, EAGAIN, EMFILE, ENOMEM, ECONNABORTED, ECONNRESET, EPIPE, ETIMEDOUT, EIO.
const ERRORS: [i32; 9] = [4, 11, 24, 12, 103, 104, 32, 110, 5];

fn listen(world: &mut World, dress: fn(Probe) -> Probe) -> bool {
    let factory = move |app: &mut App, _: reactor::Peer| {
        app.served += 1;
        Some(dress(Probe::new(&format!("s{}", app.served))))
    };
    world.reactor.listen(&mut world.net, AT, factory).is_ok()
}

/// Turns until all is quiet; a poll that fails is tried again, as a server would.
fn settle(world: &mut World) {
    while world.net.settle(&mut world.reactor).is_err() {}
}

fn pass(world: &mut World, time: std::time::Duration) {
    while world.net.pass(&mut world.reactor, time).is_err() {}
}

fn feed(world: &mut World, id: RemoteId, bytes: &[u8]) {
    if world.remote(id).is_open() {
        world.remote(id).feed(bytes);
    }
    settle(world);
}

fn close(world: &mut World, id: RemoteId) {
    if world.remote(id).is_open() {
        world.remote(id).close();
    }
    settle(world);
}

fn echoing(probe: Probe) -> Probe {
    probe.on(When::Data, |cx| cx.transport.write(b"echo"))
}

fn echo(world: &mut World) {
    if !listen(world, echoing) {
        return;
    }
    let guests = [world.net.dial_in(AT), world.net.dial_in(AT)];
    for guest in guests {
        feed(world, guest, b"hello");
        feed(world, guest, b"again");
    }
    close(world, guests[0]);
}

fn half_close(world: &mut World) {
    fn answering(probe: Probe) -> Probe {
        probe.on(When::ReadClosed, |cx| {
            cx.transport.write(b"the answer");
            cx.transport.lose_write();
        })
    }
    if listen(world, answering) {
        let guest = world.net.dial_in(AT);
        feed(world, guest, b"the question");
        close(world, guest);
    }
}

fn dialling(world: &mut World) {
    world.net.answer_dials(true);
    world.dial(
        THERE,
        echoing(Probe::new("a")).on(When::Lost, |cx| {
            cx.reactor.connect(THERE, Probe::new("again"));
        }),
    );
    settle(world);
    let Some(there) = world.net.dialled().first().map(|dialled| dialled.remote) else { return };
    feed(world, there, b"hello");
    close(world, there);
}

fn names(world: &mut World) {
    let addresses = [1, 2].map(|last| IpAddr::V4(Ipv4Addr::new(192, 0, 2, last)));
    world.net.set_addresses("two.test", addresses);
    world.dial(Endpoint::new("two.test", 80), Probe::new("a"));
    settle(world);
    let dialled = |world: &World| world.net.dialled().last().map(|dialled| dialled.remote);
    if let Some(first) = dialled(world).filter(|id| world.remote(*id).is_dialled()) {
        world.remote(first).refuse(io::ErrorKind::ConnectionRefused);
    }
    settle(world);
    if let Some(second) = dialled(world).filter(|id| world.remote(*id).is_dialled()) {
        world.remote(second).answer();
        feed(world, second, b"hello");
    }
}

/// The first of three addresses is silent, and the other two answer at once.
fn racing(world: &mut World) {
    let addresses = [1, 2, 3].map(|last| IpAddr::V4(Ipv4Addr::new(192, 0, 2, last)));
    world.net.set_addresses("three.test", addresses);
    world.dial(Endpoint::new("three.test", 80), echoing(Probe::new("a")));
    pass(world, millis(500));
    let dialled: Vec<_> = world.net.dialled().iter().skip(1).map(|dialled| dialled.remote).collect();
    for id in &dialled {
        let remote = world.remote(*id);
        if remote.is_dialled() {
            remote.answer();
            remote.feed(b"hello");
        }
    }
    settle(world);
    for id in dialled {
        close(world, id);
    }
}

static TLS: LazyLock<(ClientTls, ServerTls)> = LazyLock::new(|| {
    let authority = Authority::new("the authority");
    let server = authority.sign(&params(&["127.0.0.1"]));
    (authority.client(&[]), server.server(&[]))
});

/// Somebody asks, is answered, and leaves.
fn asking() -> Probe {
    let probe = Probe::new("a").on(When::Made, |cx| cx.transport.write(b"hello"));
    probe.on(When::Data, |cx| cx.transport.lose_connection())
}

fn tls(world: &mut World) {
    talk_over_tls(world, Endpoint::from(AT).tls(&TLS.0), asking());
}

fn start_tls(world: &mut World) {
    let begin = |probe: Probe| probe.on(When::Made, |cx| cx.transport.start_tls(&TLS.0, "127.0.0.1"));
    let asking = begin(Probe::new("a")).on(When::Made, |cx| cx.transport.write(b"hello"));
    talk_over_tls(world, AT.into(), asking.on(When::Data, |cx| cx.transport.lose_connection()));
}

/// The reactor dials its own port, and the bytes are carried here.
fn talk_over_tls(world: &mut World, to: Endpoint, client: Probe) {
    let serve = |_: &mut App, _: reactor::Peer| Some(echoing(Probe::new("s")));
    if world.reactor.listen_tls(&mut world.net, AT, &TLS.1, serve).is_err() {
        return;
    }
    world.net.answer_dials(true);
    world.dial(to, client);
    let guest = world.net.dial_in(AT);
    settle(world);
    let Some(there) = world.net.dialled().first().map(|dialled| dialled.remote) else { return };
    while carry(world, there, guest) | carry(world, guest, there) {
        settle(world);
    }
}

/// Carries what one was sent to the other; says whether that was anything.
fn carry(world: &mut World, from: RemoteId, to: RemoteId) -> bool {
    let bytes = world.remote(from).take_sent();
    let has_ended = world.remote(from).has_ended();
    let to = world.remote(to);
    if !to.is_open() {
        return false;
    }
    if !bytes.is_empty() {
        to.feed(&bytes);
    }
    if has_ended {
        to.close();
    }
    has_ended || !bytes.is_empty()
}

fn slow_readers(world: &mut World) {
    fn talkative(probe: Probe) -> Probe {
        probe.on(When::Data, |cx| {
            cx.transport.write(&[0; 300]);
            cx.transport.lose_connection();
        })
    }
    if !listen(world, talkative) {
        return;
    }
    let guests = [world.net.dial_in(AT), world.net.dial_in(AT)];
    world.remote(guests[0]).take_at_most(100);
    world.remote(guests[1]).set_room(100);
    for guest in guests {
        feed(world, guest, b"go");
    }
    pass(world, millis(50));
    close(world, guests[0]);
}

fn many_guests(world: &mut World) {
    if listen(world, echoing) {
        world.net.limit_descriptors(Some(2));
        let guests = [(); 4].map(|()| world.net.dial_in(AT));
        for guest in guests {
            feed(world, guest, b"x");
            close(world, guest);
        }
        pass(world, secs(1));
    }
}

fn threads(world: &mut World) {
    if listen(world, |probe| {
        probe.on(When::Data, |cx| {
            let done = cx.reactor.reply(|_, cx, answer: Result<u8, _>| {
                cx.transport.write(&[answer.unwrap_or_default()]);
            });
            cx.reactor.defer_to_thread(|| 42, done);
        })
    }) {
        let guest = world.net.dial_in(AT);
        feed(world, guest, b"x");
        pass(world, secs(1));
    }
}

/// Plays a scenario, and stops; returns how many of its calls could have failed.
fn play(scenario: Scenario, fault: Option<(u64, i32)>) -> u64 {
    let mut world = World {
        reactor: Reactor::new(App::default(), 1, Limits { high_water: 64, ..Limits::default() }),
        net: MockNet::new(),
    };
    if let Some((n, error)) = fault {
        world.net.fail_nth(n, io::Error::from_raw_os_error(error));
    }
    scenario(&mut world);
    world.enter(|cx| cx.reactor.stop());
    pass(&mut world, secs(60));
    assert!(world.net.fallible_calls() < 5_000, "it spins");
    assert_eq!((world.reactor.connections(), world.net.open()), (0, 0), "nothing is left");
    assert!(world.net.listening().is_empty());
    let calls = world.net.fallible_calls();
    while world.reactor.turn(&mut world.net, None).is_err() {}
    let log = world.log();
    check(&log);
    assert!(
        fault.is_some() || !log.iter().any(|line| line.contains(" failed")),
        "usually it goes well: {log:?}"
    );
    calls
}

/// Each name is made once and lost once, or failed once; nothing before and nothing after.
fn check(log: &[String]) {
    let mut lives: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for line in log {
        let (name, what) = line.split_once(' ').unwrap();
        lives.entry(name).or_default().push(what);
    }
    for (name, heard) in lives {
        let ends = heard.iter().filter(|what| what.starts_with("lost") || what.starts_with("failed")).count();
        let (first, last) = (heard[0], heard[heard.len() - 1]);
        assert_eq!(ends, 1, "{name}: {heard:?}");
        let was_made = first == "made" && last.starts_with("lost");
        assert!(was_made || (heard.len() == 1 && last.starts_with("failed")), "{name}: {heard:?}");
    }
}

#[test]
fn every_call_that_can_fail_fails_once() {
    for (name, scenario) in SCENARIOS {
        let calls = play(scenario, None);
        assert!(calls > 10, "{name} makes {calls} calls");
        for n in 1..=calls {
            for error in ERRORS {
                println!("{name}: call {n} of {calls} fails with error {error}");
                play(scenario, Some((n, error)));
            }
        }
    }
}

#[test]
fn a_fault_of_one_connection_is_not_felt_by_another() {
    let errors = [io::ErrorKind::ConnectionReset, io::ErrorKind::BrokenPipe, io::ErrorKind::TimedOut];
    for error in errors {
        for call in [reactor::testing::Call::Read, reactor::testing::Call::Write] {
            let mut world = World::new();
            listen(&mut world, echoing);
            let [ill, well] = [world.guest(), world.guest()];
            world.remote(ill).fail_next(call, error);
            for guest in [ill, well] {
                world.remote(guest).feed(b"x");
            }
            world.settle();
            assert!(world.remote(ill).is_gone(), "{call:?} {error}");
            assert_eq!(world.remote(well).sent(), b"echo", "{call:?} {error}");
        }
    }
}
