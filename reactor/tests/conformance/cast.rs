//! Who plays: an actor writes down what it hears and does what it was told to do at that.

use std::collections::BTreeMap;
use std::fmt::{self, Debug};
use std::io;
use std::net::SocketAddr;

use reactor::{AppCx, ConnId, ConnectError, Cx, Factory, Peer, Pressure, Protocol, Reason, Reply};

/// More bytes than all socket buffers between two ends hold.
pub(crate) const FLOOD: usize = 48 << 20;

/// Everybody's diary, and what the actors share.
#[derive(Default)]
pub(crate) struct App {
    diaries: BTreeMap<String, Diary>,
    guests: BTreeMap<String, usize>,
    /// Bytes that a [`produce`]r has still to write.
    pub(crate) left: usize,
    /// The highest that the outbox of one was.
    pub(crate) most_buffered: usize,
    /// An answer that is owed.
    pub(crate) owed: Option<Reply<App, u32>>,
}

/// What one actor has heard.
#[derive(Default)]
pub(crate) struct Diary {
    /// In order: `made`, `data` (several in a row are one), `end`, `high`, `low`, `resumed`,
    /// `stopping`, `lost` and `failed` with the name of the reason, and what [`App::note`] adds.
    pub(crate) heard: Vec<String>,
    pub(crate) bytes: Vec<u8>,
    pub(crate) id: Option<ConnId>,
    /// Where a port listens.
    pub(crate) at: Option<SocketAddr>,
}

/// What everybody has heard, for the message of a test that fails.
impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(self.diaries.iter().map(|(name, diary)| (name, diary.heard.join(", "))))
            .finish()
    }
}

impl App {
    pub(crate) fn diary(&mut self, name: &str) -> &mut Diary {
        self.diaries.entry(name.to_owned()).or_default()
    }

    pub(crate) fn note(&mut self, name: &str, what: impl Into<String>) {
        self.diary(name).heard.push(what.into());
    }

    /// Whether `name` has heard something that begins like this.
    pub(crate) fn has(&self, name: &str, what: &str) -> bool {
        self.diaries.get(name).is_some_and(|diary| diary.heard.iter().any(|heard| heard.starts_with(what)))
    }

    pub(crate) fn bytes(&self, name: &str) -> &[u8] {
        self.diaries.get(name).map_or(&[], |diary| &diary.bytes)
    }

    /// The id of a link that was made.
    pub(crate) fn id(&self, name: &str) -> ConnId {
        self.diaries[name].id.unwrap()
    }

    /// What `name` has heard last.
    pub(crate) fn last(&self, name: &str) -> Option<&str> {
        self.diaries.get(name)?.heard.last().map(String::as_str)
    }

    /// How often `name` has heard it.
    pub(crate) fn times(&self, name: &str, what: &str) -> usize {
        self.diaries.get(name).map_or(0, |diary| diary.heard.iter().filter(|heard| *heard == what).count())
    }

    /// How many actors have heard it.
    pub(crate) fn count(&self, what: &str) -> usize {
        self.diaries.values().filter(|diary| diary.heard.iter().any(|heard| heard == what)).count()
    }
}

/// What an actor may be told to react to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum When {
    Made,
    Data,
    /// Without it the actor closes, as protocols do.
    End,
    High,
    Low,
    Resumed,
    /// Without it the actor closes, as protocols do.
    Stopping,
    Lost,
}

pub(crate) type ActorCx<'a> = Cx<'a, App, Actor>;
type Act = Box<dyn FnMut(&mut ActorCx<'_>, &[u8])>;

/// One side of a conversation.
pub(crate) struct Actor {
    pub(crate) name: String,
    acts: Vec<(When, Act)>,
}

impl Actor {
    pub(crate) fn new(name: impl Into<String>) -> Actor {
        Actor { name: name.into(), acts: Vec::new() }
    }

    /// Is told what to do then; the bytes are those of `When::Data`.
    pub(crate) fn on(mut self, when: When, act: impl FnMut(&mut ActorCx<'_>, &[u8]) + 'static) -> Actor {
        self.acts.push((when, Box::new(act)));
        self
    }

    /// Says this first.
    pub(crate) fn says(self, what: &'static [u8]) -> Actor {
        self.on(When::Made, move |cx, _| cx.transport.write(what))
    }

    /// Sends back what it is sent, and reads no faster than that goes.
    pub(crate) fn echoes(self) -> Actor {
        self.on(When::Data, |cx, data| cx.transport.write(data))
            .on(When::High, |cx, _| cx.transport.pause_reading())
            .on(When::Low, |cx, _| cx.transport.resume_reading())
    }

    /// Writes [`App::left`] bytes of the [`pattern`], as fast as the pressure allows.
    pub(crate) fn produces(self) -> Actor {
        self.on(When::Made, produce).on(When::Low, produce)
    }

    /// Closes when it has received so many bytes.
    pub(crate) fn closes_after(self, count: usize) -> Actor {
        let name = self.name.clone();
        self.on(When::Data, move |cx, _| {
            if cx.app.bytes(&name).len() >= count {
                cx.transport.lose_connection();
            }
        })
    }

    /// Does nothing then, where it would close.
    pub(crate) fn ignores(self, when: When) -> Actor {
        self.on(when, |_, _| {})
    }

    /// Does not read until told to.
    pub(crate) fn paused(self) -> Actor {
        self.on(When::Made, |cx, _| cx.transport.pause_reading())
    }

    fn hears(&mut self, cx: &mut ActorCx<'_>, when: When, what: &str, data: &[u8]) -> bool {
        let diary = cx.app.diary(&self.name);
        if when != When::Data || diary.heard.last().is_none_or(|last| last != "data") {
            diary.heard.push(what.to_owned());
        }
        diary.bytes.extend_from_slice(data);
        let acts = self.acts.iter_mut().filter(|(at, _)| *at == when);
        acts.map(|(_, act)| act(cx, data)).count() > 0
    }
}

impl Protocol<App> for Actor {
    fn connection_made(&mut self, cx: &mut ActorCx<'_>) {
        cx.app.diary(&self.name).id = Some(cx.transport.id());
        self.hears(cx, When::Made, "made", b"");
    }

    fn data_received(&mut self, cx: &mut ActorCx<'_>, data: &[u8]) {
        self.hears(cx, When::Data, "data", data);
    }

    fn read_closed(&mut self, cx: &mut ActorCx<'_>) {
        if !self.hears(cx, When::End, "end", b"") {
            cx.transport.lose_connection();
        }
    }

    fn pressure(&mut self, cx: &mut ActorCx<'_>, pressure: Pressure) {
        match pressure {
            Pressure::High => self.hears(cx, When::High, "high", b""),
            Pressure::Low => self.hears(cx, When::Low, "low", b""),
        };
    }

    fn resumed(&mut self, cx: &mut ActorCx<'_>) {
        self.hears(cx, When::Resumed, "resumed", b"");
    }

    fn stopping(&mut self, cx: &mut ActorCx<'_>) {
        if !self.hears(cx, When::Stopping, "stopping", b"") {
            cx.transport.lose_connection();
        }
    }

    fn connection_lost(&mut self, cx: &mut ActorCx<'_>, reason: &Reason) {
        self.hears(cx, When::Lost, &format!("lost {}", variant(reason)), b"");
    }

    fn connect_failed(&mut self, cx: &mut AppCx<'_, App>, error: &ConnectError) {
        cx.app.note(&self.name, format!("failed {}", variant(error)));
    }
}

/// The name of an enum's variant.
fn variant(of: &impl Debug) -> String {
    let text = format!("{of:?}");
    text.split(['(', ' ', '{']).next().unwrap_or_default().to_owned()
}

/// The name of the actor who plays the role as the `number`-th: the first has none.
pub(crate) fn numbered(role: &str, number: usize) -> String {
    if number == 1 { role.to_owned() } else { format!("{role}{number}") }
}

/// Makes actors named after the role, with a number from the second on. What becomes of the port is
/// in the diary of that name with `'s port`.
pub(crate) struct Casting<F> {
    pub(crate) role: &'static str,
    pub(crate) dress: F,
}

impl<F> Casting<F> {
    fn port<'a>(&self, app: &'a mut App) -> &'a mut Diary {
        app.diary(&format!("{}'s port", self.role))
    }
}

impl<F: FnMut(Actor) -> Option<Actor> + 'static> Factory<App> for Casting<F> {
    type Protocol = Actor;

    fn build_protocol(&mut self, app: &mut App, _: Peer) -> Option<Actor> {
        let guests = app.guests.entry(self.role.to_owned()).or_default();
        *guests += 1;
        (self.dress)(Actor::new(numbered(self.role, *guests)))
    }

    fn port_opened(&mut self, app: &mut App, at: SocketAddr) {
        let port = self.port(app);
        port.heard.push("opened".to_owned());
        port.at = Some(at);
    }

    fn listen_failed(&mut self, app: &mut App, error: &io::Error) {
        self.port(app).heard.push(format!("failed {:?}", error.kind()));
    }

    fn port_closed(&mut self, app: &mut App) {
        self.port(app).heard.push("closed".to_owned());
    }
}

/// Writes the next of [`App::left`] bytes in pieces of odd sizes until the outbox is high, and closes
/// the sending side after the last.
pub(crate) fn produce(cx: &mut ActorCx<'_>, _: &[u8]) {
    let mut size = 1;
    while cx.app.left > 0 && !cx.transport.is_high() {
        size = (size * 7 + 3) % 10_007;
        let piece = pattern(cx.app.left, size.min(cx.app.left));
        cx.transport.write(&piece);
        cx.app.left -= piece.len();
        cx.app.most_buffered = cx.app.most_buffered.max(cx.transport.buffered());
    }
    if cx.app.left == 0 {
        cx.transport.lose_write();
    }
}

/// The first `count` bytes when `left` are left to come: each tells its distance from the end, so that
/// a lost, doubled or moved one shows.
pub(crate) fn pattern(left: usize, count: usize) -> Vec<u8> {
    (0..count).map(|i| mix(left - i)).collect()
}

fn mix(position: usize) -> u8 {
    (position as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes()[0]
}
