//! What was written arrives, whole and in order.

use reactor::{ConnId, Sent};

use crate::cast::{Actor, ActorCx, Casting, When, pattern};
use crate::nets::Stage;
use crate::scene::{ANYWHERE, Scene, assert_same, dial};

pub(crate) fn one_byte_is_echoed(stage: impl Stage) {
    assert_echo(stage, 1);
}

pub(crate) fn bytes_in_odd_writes_are_echoed(stage: impl Stage) {
    assert_echo(stage, 100_003);
}

pub(crate) fn megabytes_are_echoed_under_pressure(stage: impl Stage) {
    assert_echo(stage, 5_000_011);
}

fn assert_echo(stage: impl Stage, count: usize) {
    let mut scene = Scene::new(stage);
    scene.reactor.app.left = count;
    scene.play(Actor::echoes, Actor::new("client").produces());
    for side in ["server", "client"] {
        assert_same(scene.bytes(side), &pattern(count, count));
        assert_eq!(scene.heard(side).last().unwrap(), "lost PeerClosed");
    }
}

/// Writes everything at once, and closes the sending side.
fn pours(actor: Actor, count: usize) -> Actor {
    actor.on(When::Made, move |cx, _| {
        cx.transport.write(&pattern(count, count));
        cx.transport.lose_write();
    })
}

pub(crate) fn both_directions_carry_bytes_at_once(stage: impl Stage) {
    let mut scene = Scene::new(stage);
    scene.play(|server| pours(server, 300_007), pours(Actor::new("client"), 200_003));
    assert_same(scene.bytes("client"), &pattern(300_007, 300_007));
    assert_same(scene.bytes("server"), &pattern(200_003, 200_003));
}

fn pass_on(cx: &mut ActorCx<'_>, to: ConnId, data: &[u8]) {
    assert_eq!(cx.transport.peers().write(to, data), Sent::Queued);
}

/// The relay's link to whom it relays to.
fn leg(relay: ConnId) -> Actor {
    Actor::new("leg")
        .on(When::Made, move |cx, _| cx.transport.peers().resume_reading(relay))
        .on(When::Data, move |cx, data| pass_on(cx, relay, data))
        .on(When::End, move |cx, _| {
            cx.transport.peers().lose(relay);
            cx.transport.lose_connection();
        })
}

pub(crate) fn a_relay_carries_bytes_both_ways<S: Stage>(stage: S) {
    let mut scene = Scene::new(stage);
    let (_, backend) = scene.serve(Actor::echoes);
    let dress = move |relay: Actor| {
        let relay = relay.paused().on(When::Made, move |cx, _| {
            let leg = leg(cx.transport.id());
            dial::<S>(&mut cx.reactor, backend, leg);
        });
        let relay = relay.on(When::Data, |cx, data| {
            let leg = cx.app.id("leg");
            pass_on(cx, leg, data);
        });
        Some(relay.on(When::End, |cx, _| {
            let leg = cx.app.id("leg");
            cx.transport.peers().lose_write(leg);
        }))
    };
    let (_, at) = scene.listen(ANYWHERE, Casting { role: "relay", dress }).unwrap();
    scene.join(at, pours(Actor::new("client"), 50_021), "relay");
    scene.until_over();
    assert_same(scene.bytes("client"), &pattern(50_021, 50_021));
}

pub(crate) fn two_hundred_links_live_at_once(stage: impl Stage) {
    const LINKS: usize = 200;
    /// Dialled at once; no more wait at a port than it has room for.
    const GROUP: usize = 50;
    let name = |n: usize| format!("client{n}");
    let speaker =
        |n: usize| Actor::new(name(n)).on(When::Made, move |cx, _| cx.transport.write(&n.to_be_bytes()));
    let mut scene = Scene::new(stage);
    let (_, at) = scene.serve(Actor::echoes);
    for first in (0..LINKS).step_by(GROUP) {
        for n in first..first + GROUP {
            scene.dial(at, speaker(n));
        }
        scene.until(|app| app.count("made") == 2 * (first + GROUP));
    }
    scene.until(|app| (0..LINKS).all(|n| app.bytes(&name(n)) == n.to_be_bytes()));
    assert_eq!(scene.reactor.connections(), 2 * LINKS);
    scene.enter(|cx| (0..LINKS).for_each(|n| cx.peers.lose(cx.app.id(&name(n)))));
    scene.until_over();
    let (closed, peer_closed) =
        (scene.reactor.app.count("lost Closed"), scene.reactor.app.count("lost PeerClosed"));
    assert_eq!((closed, peer_closed), (LINKS, LINKS));
}
