//! Words that are not to be found, and where: who may import whom, and what nobody may use.

use crate::source::Source;

/// Words that stand nowhere in some files.
pub(crate) struct Ban {
    words: &'static [&'static str],
    /// The beginnings of the paths it holds for; empty: all.
    within: &'static [&'static str],
    /// The beginnings of the paths it does not hold for after all.
    except: &'static [&'static str],
    /// Whether it holds for tests, too.
    in_tests: bool,
    rule: &'static str,
    instead: &'static str,
}

const HERD: &str = "src/";
const PROTOCOLS: &str = "protocols/";
const REACTOR: &str = "reactor/";
const MIO_NET: &str = "reactor/src/mio_net/";
const SIM: &str = "reactor/src/sim/";
const TESTING: &str = "reactor/src/testing/";
/// Its programs in Rust are users of the reactor like any other.
const STUDY: &str = "study/";
/// But for this one: threads and blocking sockets are what it is there to show.
const THREADS: &str = "study/threads/";

pub(crate) const BANS: &[Ban] = &[
    Ban {
        words: &["protocols::", "use protocols", "herd::", "use herd"],
        within: &[REACTOR],
        except: &[],
        in_tests: true,
        rule: "the reactor knows neither the protocols nor the herd",
        instead: "move what is needed down into reactor/, or the caller up",
    },
    Ban {
        words: &["herd::", "use herd"],
        within: &[PROTOCOLS],
        except: &[],
        in_tests: true,
        rule: "the protocols do not know the herd",
        instead: "make it a parameter, or move the caller to src/",
    },
    Ban {
        words: &["ureq"],
        within: &[],
        except: &[THREADS],
        in_tests: true,
        rule: "a client that blocks is for study/threads/ alone",
        instead: "use `protocols::http::Agent`",
    },
    Ban {
        words: &["mio"],
        within: &[],
        except: &[MIO_NET, "reactor/tests/"], // a module of the conformance suite is called so
        in_tests: true,
        rule: "mio is named in reactor/src/mio_net/ alone",
        instead: "use the trait Net",
    },
    Ban {
        words: &["rustls"],
        within: &[],
        except: &["reactor/src/layer/", "reactor/tests/tls/peer.rs"],
        in_tests: true,
        rule: "rustls is named in reactor/src/layer/, and as the other end of its tests",
        instead: "use the layer",
    },
    Ban {
        words: &["httparse"],
        within: &[HERD, REACTOR, STUDY],
        except: &[],
        in_tests: true,
        rule: "HTTP is parsed in protocols/ alone",
        instead: "use the HTTP protocol of protocols/",
    },
    Ban {
        words: &["MioNet", "mio_net"],
        within: &[HERD, "protocols/src/", STUDY],
        except: &["src/bin/herd/", "study/errors/src/main.rs", "study/places/src/main.rs"],
        in_tests: true,
        rule: "programs alone name MioNet: src/bin/herd/, and a main.rs of the study",
        instead: "take `&mut impl Net`, or only a `Cx`",
    },
    Ban {
        words: &["crate::mio_net", "crate::sim", "crate::testing", "MioNet", "SimNet", "MockNet"],
        within: &["reactor/src/"],
        except: &["reactor/src/lib.rs", MIO_NET, SIM, TESTING],
        in_tests: false,
        rule: "the reactor's core knows no net",
        instead: "use the trait Net",
    },
    Ban {
        words: &["crate::mio_net", "crate::testing", "MioNet", "MockNet"],
        within: &[SIM],
        except: &[],
        in_tests: false,
        rule: "the nets do not know each other",
        instead: "use the trait Net",
    },
    Ban {
        words: &["crate::mio_net", "crate::sim", "MioNet", "SimNet"],
        within: &[TESTING],
        except: &[],
        in_tests: false,
        rule: "the nets do not know each other",
        instead: "use the trait Net",
    },
    Ban {
        words: &["crate::link", "crate::reactor"],
        within: &[
            "reactor/src/cx/",
            "reactor/src/outbox.rs",
            "reactor/src/protocol.rs",
            "reactor/src/requests.rs",
            "reactor/src/timers.rs",
            "reactor/src/wires.rs",
        ],
        except: &[],
        in_tests: false,
        rule: "what a callback holds does not reach the links (law 1)",
        instead: "note or queue it; a later step of the turn does it",
    },
    Ban {
        words: &["TcpStream", "TcpListener", "UdpSocket", "UnixStream", "UnixListener", "ToSocketAddrs"],
        within: &[HERD, "protocols/src/", "reactor/src/", STUDY],
        except: &[MIO_NET, THREADS],
        in_tests: false,
        rule: "sockets belong to the net",
        instead: "use `cx.reactor.connect`, `listen`, and `cx.transport`",
    },
    Ban {
        words: &["Instant", "SystemTime"],
        within: &[HERD, PROTOCOLS, REACTOR, STUDY],
        except: &[MIO_NET, THREADS, "src/traffic_log/line.rs", "protocols/src/http/server/date.rs"],
        in_tests: false,
        rule: "time comes from the net (law 8)",
        instead: "use `cx.reactor.now()` or `wall_clock()`",
    },
    Ban {
        words: &["Instant", "SystemTime::now", "elapsed"],
        within: &["src/traffic_log/line.rs", "protocols/src/http/server/date.rs"],
        except: &[],
        in_tests: true,
        rule: "who formats times does not ask for them (law 8)",
        instead: "take a `WallTime`",
    },
    Ban {
        words: &["std::thread", "thread::"],
        within: &[HERD, PROTOCOLS, REACTOR, STUDY],
        except: &[MIO_NET, THREADS, "src/bin/herd/simulate/jobs.rs", "src/bin/herd/stderr.rs"],
        in_tests: false,
        rule: "threads belong to the net (law 8)",
        instead: "use `defer_to_thread`, or `call_later` where something waits",
    },
    Ban {
        words: &["SystemRandom", "OsRng", "getrandom"],
        within: &[],
        except: &["src/key.rs", "src/bin/herd/"],
        in_tests: false,
        rule: "randomness comes from the seed (law 8); only keys and seeds are drawn from the system",
        instead: "use `cx.reactor.random()`",
    },
    Ban {
        words: &["RefCell", "Rc", "unsafe"],
        within: &[],
        except: &[],
        in_tests: true,
        rule: "no RefCell, no Rc, no unsafe",
        instead: "name things by id and borrow them from `cx`",
    },
    Ban {
        words: &["todo!", "unimplemented!", "dbg!", "#[ignore"],
        within: &[],
        except: &[],
        in_tests: true,
        rule: "what is there is finished",
        instead: "finish it, or leave it out",
    },
    Ban {
        words: &["#[allow(", "#![allow("],
        within: &[],
        except: &[],
        in_tests: false,
        rule: "an exception says why, and goes when it is no longer needed",
        instead: "use `#[expect(.., reason = \"..\")]`",
    },
];

impl Ban {
    /// Where `source` does not keep it.
    pub(crate) fn violations(&self, source: &Source) -> Vec<String> {
        if !self.holds_for(&source.path) {
            return Vec::new();
        }
        let named =
            |word: &&'static str| source.lines_with(word).map(|line| (line, *word)).collect::<Vec<_>>();
        let named = self.words.iter().flat_map(named);
        let named = named.filter(|(line, _)| self.in_tests || !source.is_test(*line));
        let path = &source.path;
        named
            .map(|(line, word)| format!("{path}:{line}: `{word}`: {}; {}", self.rule, self.instead))
            .collect()
    }

    fn holds_for(&self, path: &str) -> bool {
        let is_in = |places: &[&str]| places.iter().any(|place| path.starts_with(place));
        (self.within.is_empty() || is_in(self.within)) && !is_in(self.except)
    }
}
