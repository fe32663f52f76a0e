//! Five servers, each in a network of its own, and a router between them that drops packets in silence.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use super::lab::run;
use crate::common::{Herd, NAMES};

/// The herd, and its clients with the router.
pub(crate) struct Street {
    pub(crate) herd: Herd,
    flags: Vec<String>,
}

/// Of each server; the router has the first address of its network.
fn host(name: &str) -> Ipv4Addr {
    let place = NAMES.iter().position(|known| *known == name).unwrap();
    Ipv4Addr::new(10, 0, u8::try_from(place).unwrap(), 2)
}

impl Street {
    /// All five run. Only inside the lab.
    pub(crate) fn of_five(flags: &[&str]) -> Street {
        run("mount -t tmpfs names /run");
        std::fs::write("/proc/sys/net/ipv4/ip_forward", "1").unwrap();
        NAMES.into_iter().for_each(build);
        let flags = flags.iter().chain(&["--set=peers.allow_plaintext=true"]);
        let flags = flags.map(|&flag| flag.to_owned()).collect();
        let mut street = Street { herd: Herd::at(host), flags };
        NAMES.into_iter().for_each(|name| street.start(name));
        street
    }

    pub(crate) fn start(&mut self, name: &'static str) {
        let space = format!("--net=/run/netns/{name}");
        let flags = self.flags.iter().map(String::as_str);
        let arguments: Vec<&str> = std::iter::once(name).chain(flags).collect();
        let mut command = self.herd.command_by(&["nsenter", &space], &arguments);
        self.herd.start_command(name, &mut command);
    }

    /// From now on the router forgets what these two send each other.
    pub(crate) fn cut(&self, one: &str, other: &str) {
        both_ways(one, other).for_each(|rule| run(&format!("ip rule add {rule}")));
    }

    pub(crate) fn mend(&self, one: &str, other: &str) {
        both_ways(one, other).for_each(|rule| run(&format!("ip rule del {rule}")));
    }
}

impl Drop for Street {
    /// A test may want another one.
    fn drop(&mut self) {
        for name in NAMES {
            run(&format!("ip link delete to-{name}"));
            run(&format!("ip netns delete {name}"));
        }
        run("umount --lazy /run");
    }
}

fn both_ways(one: &str, other: &str) -> impl Iterator<Item = String> {
    let hosts = BTreeMap::from([(host(one), host(other)), (host(other), host(one))]);
    hosts.into_iter().map(|(from, to)| format!("from {from} to {to} blackhole"))
}

/// The network of one server.
fn build(name: &str) {
    let host = host(name);
    let [.., place, _] = host.octets();
    let (router, near) = (Ipv4Addr::new(10, 0, place, 1), format!("to-{name}"));
    for line in [
        format!("ip netns add {name}"),
        format!("ip link add {near} type veth peer name far netns {name}"),
        format!("ip address add {router}/24 dev {near}"),
        format!("ip link set {near} up"),
        format!("ip -netns {name} address add {host}/24 dev far"),
        format!("ip -netns {name} link set far up"),
        format!("ip -netns {name} link set lo up"),
        format!("ip -netns {name} route add default via {router}"),
    ] {
        run(&line);
    }
}
