//! Who wrote a server, and so how it is started.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::missing::pass_over;
use crate::common::{Herd, NAMES, Process, eventually, twisted};

const NODE: &str = "node";

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Ours,
    Twisted,
    Node,
}

impl Kind {
    /// The flags for the server `name` with the usual neighbours.
    pub(crate) fn linked(self, _herd: &Herd, _name: &str) -> Vec<String> {
        Vec::new()
    }

    /// The flags for the server `name` without neighbours. Of ours, a herd that names it alone.
    pub(crate) fn alone(self, herd: &Herd, name: &str) -> Vec<String> {
        let port = format!("--set=servers.{name}.client_port={}", herd.port(name));
        let flags = match self {
            Kind::Ours => ["--config=/dev/null", "--dir=data", "--set=herd.links=[]", &port].to_vec(),
            Kind::Twisted | Kind::Node => ["--links", "none"].to_vec(),
        };
        flags.into_iter().map(str::to_owned).collect()
    }

    /// What it says when it listens.
    fn ready(self) -> &'static str {
        match self {
            Kind::Ours => ": ready: ",
            Kind::Twisted | Kind::Node => ": ready on ",
        }
    }
}

/// What it takes to start any kind.
pub(crate) struct Makers {
    python: PathBuf,
}

impl Makers {
    /// `None` if there is no Twisted.
    pub(crate) fn find() -> Option<Makers> {
        twisted::python().map(|python| Makers { python })
    }

    /// `None` if there is no Twisted, or no Node.
    pub(crate) fn find_all() -> Option<Makers> {
        Makers::find().filter(|_| has_node())
    }

    /// Starts the server `name` of this herd, with the places of `service`, a URL.
    pub(crate) fn start(
        &self,
        kind: Kind,
        herd: &Herd,
        name: &'static str,
        service: &str,
        flags: &[String],
    ) -> Server {
        let mut command = match kind {
            Kind::Ours => ours(herd, name, service),
            Kind::Twisted => original(&self.python, "study/twisted", herd, name, service),
            Kind::Node => original(Path::new(NODE), "study/node", herd, name, service),
        };
        command.args(flags).env("GOOGLE_PLACES_API_KEY", "a-key");
        Server { kind, name, process: herd.spawn_command(name, &mut command) }
    }
}

fn has_node() -> bool {
    let has_node = Command::new(NODE).arg("--version").output().is_ok_and(|output| output.status.success());
    if !has_node {
        pass_over("there is no Node");
    }
    has_node
}

fn ours(herd: &Herd, name: &str, service: &str) -> Command {
    let mut command = herd.command(&[name, "--set=peers.mode=paper", "--set=places.provider=google-legacy"]);
    command.arg(format!("--set=places.base_url={service}"));
    command.args(["--set=store.durability=no", "--set=log.traffic=false"]);
    command
}

/// What `program` makes of the files in `folder`.
fn original(program: &Path, folder: &str, herd: &Herd, name: &str, service: &str) -> Command {
    let mut command = Command::new(program);
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).arg(name);
    for other in NAMES {
        command.arg("--address").arg(format!("{other}={}", herd.address(other)));
    }
    command.args(["--places", service]).env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

/// A process that was started, and ends when this is dropped.
pub(crate) struct Server {
    kind: Kind,
    name: &'static str,
    process: Process,
}

impl Server {
    /// Waits until it listens.
    pub(crate) fn await_ready(&mut self, herd: &Herd) {
        let Server { kind, name, process } = self;
        eventually(&format!("{name} is ready"), || {
            let said = herd.said(name);
            assert!(process.is_running(), "{name} does not start: {said}");
            said.contains(kind.ready())
        });
    }
}
