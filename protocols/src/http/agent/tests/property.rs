//! Whatever happens, every request is answered once, and no bound is passed.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const CONNECTIONS: usize = 3;
const PER_ORIGIN: usize = 2;
const QUEUE: usize = 4;

/// What servers say; each keeps to one of these.
const RESPONSES: [&[u8]; 4] = [
    OK,
    b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 2\r\n\r\nno",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nok",
];

/// One thing that happens; a number chooses among those it can happen to.
#[derive(Clone, Debug)]
enum Happening {
    /// A request to one of three servers, with so many milliseconds; it goes out at once, or once something
    /// else has happened.
    Request {
        server: u8,
        millis: u64,
        now: bool,
    },
    Answer(usize),
    Refuse(usize),
    /// So much of a response, from where the last one left off.
    Respond(usize, usize),
    Noise(usize),
    Close(usize),
    Reset(usize),
    Wait(u64),
}

fn happening() -> impl Strategy<Value = Happening> {
    let which = 0..8_usize;
    prop_oneof![
        5 => (0..3_u8, 0..9_000_u64, any::<bool>())
            .prop_map(|(server, millis, now)| Happening::Request { server, millis, now }),
        3 => which.clone().prop_map(Happening::Answer),
        1 => which.clone().prop_map(Happening::Refuse),
        6 => (which.clone(), 1..80_usize).prop_map(|(which, length)| Happening::Respond(which, length)),
        1 => which.clone().prop_map(Happening::Noise),
        1 => which.clone().prop_map(Happening::Close),
        1 => which.prop_map(Happening::Reset),
        2 => (0..4_000_u64).prop_map(Happening::Wait),
    ]
}

/// A world in which happenings happen.
struct Fate {
    world: World,
    asked: u32,
    /// How much of a response each connection has been sent.
    progress: BTreeMap<usize, usize>,
}

impl Fate {
    fn new() -> Fate {
        let bounds =
            AgentConfig { connections: CONNECTIONS, per_origin: PER_ORIGIN, ..AgentConfig::default() };
        let mut world = World::with(AgentConfig { idle_per_origin: 1, queue: QUEUE, ..bounds });
        world.net.answer_dials(false);
        Fate { world, asked: 0, progress: BTreeMap::new() }
    }

    /// One of the connections for which `is_one` holds.
    fn pick(&mut self, which: usize, is_one: fn(&Remote) -> bool) -> Option<usize> {
        let ones: Vec<usize> =
            (0..self.world.dialled()).filter(|nth| is_one(self.world.server(*nth))).collect();
        (!ones.is_empty()).then(|| ones[which % ones.len()])
    }

    fn happen(&mut self, happening: &Happening) {
        match *happening {
            Happening::Request { server, millis, now } => {
                self.asked += 1;
                let request = Request::get(format!("http://10.0.0.{server}/")).body(Vec::new()).unwrap();
                self.world.ask(self.asked, request, Duration::from_millis(millis));
                if !now {
                    return;
                }
            }
            Happening::Answer(which) => self.at(which, Remote::is_dialled, Remote::answer),
            Happening::Refuse(which) => self.at(which, Remote::is_dialled, |remote| remote.refuse(RESET)),
            Happening::Respond(which, length) => self.respond(which, length),
            Happening::Noise(which) => self.at(which, Remote::is_open, |remote| remote.feed(b"\r\nnoise")),
            Happening::Close(which) => self.at(which, Remote::is_open, Remote::close),
            Happening::Reset(which) => self.at(which, Remote::is_open, |remote| remote.reset(RESET)),
            Happening::Wait(millis) => self.world.pass(Duration::from_millis(millis)),
        }
        self.world.settle();
        self.check_bounds();
    }

    fn at(&mut self, which: usize, is_one: fn(&Remote) -> bool, go: fn(&mut Remote)) {
        if let Some(nth) = self.pick(which, is_one) {
            go(self.world.server(nth));
        }
    }

    fn respond(&mut self, which: usize, length: usize) {
        let Some(nth) = self.pick(which, Remote::is_open) else { return };
        let progress = self.progress.entry(nth).or_default();
        let response = RESPONSES[nth % RESPONSES.len()];
        let end = (*progress + length).min(response.len());
        self.world.server(nth).feed(&response[*progress..end]);
        *progress = end % response.len();
    }

    fn check_bounds(&mut self) {
        let agent = &self.world.reactor.app.agent;
        assert!(agent.exchanges.len() <= CONNECTIONS + QUEUE);
        assert!(agent.exchanges.keys().copied().eq(agent.pool.tickets()), "each waits or is carried, once");
        let counters = agent.counters();
        assert_eq!(counters.requests, counters.answered + counters.failed() + agent.exchanges.len() as u64);
        let mut busy = BTreeMap::new();
        for nth in 0..self.world.dialled() {
            let to = self.world.net.dialled()[nth].to;
            let server = self.world.server(nth);
            if !server.has_ended() {
                *busy.entry(to).or_insert(0) += 1;
            }
        }
        assert!(
            busy.values().all(|count| *count <= PER_ORIGIN) && busy.values().sum::<usize>() <= CONNECTIONS
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn every_request_is_answered_once_and_no_bound_is_passed(
        happenings in prop::collection::vec(happening(), 0..60),
        stops in any::<bool>(),
    ) {
        let mut fate = Fate::new();
        for happening in &happenings {
            fate.happen(happening);
        }
        if stops {
            fate.world.stop();
        }
        fate.world.pass(Duration::from_secs(600));
        let mut answered: Vec<u32> = fate.world.answers().into_iter().map(|(number, _)| number).collect();
        answered.sort_unstable();
        prop_assert_eq!(answered, (1..=fate.asked).collect::<Vec<_>>());
        prop_assert_eq!(fate.world.net.open(), 0, "whatever is idle has closed itself");
        let agent = &fate.world.reactor.app.agent;
        prop_assert!(agent.exchanges.is_empty() && agent.pool.tickets().is_empty());
    }
}
