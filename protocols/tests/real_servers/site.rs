//! The same pages, served by different servers; each returns `None` if it is not installed.

use std::net::UdpSocket;
use std::process::Command;

use crate::folder::Folder;
use crate::process::{Process, free_port, program};

/// Where Debian keeps the modules of Apache.
const APACHE_MODULES: &str = "/usr/lib/apache2/modules";

/// A server with its pages, at up to three ports.
pub(crate) struct Site {
    /// Ended before its folder is removed.
    _process: Process,
    pub(crate) folder: Folder,
    ports: Ports,
    has_tls: bool,
}

struct Ports {
    plain: u16,
    /// Where only TLS 1.2 is spoken.
    tls12: u16,
    /// Where only TLS 1.3 is spoken.
    tls13: u16,
    _claims: [UdpSocket; 3],
}

impl Site {
    /// What the URLs of its pages begin with, for every way there is to them.
    pub(crate) fn bases(&self) -> Vec<String> {
        [self.plain()].into_iter().chain(self.secure()).collect()
    }

    pub(crate) fn plain(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.plain)
    }

    /// The ways over TLS: 1.2 to a name, 1.3 to an address.
    pub(crate) fn secure(&self) -> Vec<String> {
        let Ports { tls12, tls13, .. } = self.ports;
        let ways = [format!("https://localhost:{tls12}"), format!("https://127.0.0.1:{tls13}")];
        ways.into_iter().filter(|_| self.has_tls).collect()
    }

    pub(crate) fn authority(&self) -> Vec<u8> {
        self.folder.read("authority.pem")
    }
}

/// A server that is about to be started.
struct Plan {
    folder: Folder,
    ports: Ports,
}

impl Plan {
    fn new(names: &[&str]) -> Plan {
        let [(plain, one), (tls12, two), (tls13, three)] = [(); 3].map(|()| free_port());
        let ports = Ports { plain, tls12, tls13, _claims: [one, two, three] };
        Plan { folder: Folder::certified_for(names), ports }
    }

    /// Writes a configuration; what stands there in braces is filled in.
    fn configure(&self, name: &str, template: &str) {
        let Ports { plain, tls12, tls13, .. } = &self.ports;
        let ports = [("{plain}", plain), ("{tls12}", tls12), ("{tls13}", tls13)];
        let text = template.replace("{folder}", &self.folder.path().display().to_string());
        let text = text.replace("{modules}", APACHE_MODULES);
        let text = ports.iter().fold(text, |text, (word, port)| text.replace(word, &port.to_string()));
        self.folder.write(name, text);
    }

    fn start(self, command: &mut Command) -> Site {
        let Ports { plain, tls12, tls13, .. } = self.ports;
        self.run(command, &[plain, tls12, tls13], true)
    }

    fn start_plain(self, command: &mut Command) -> Site {
        let port = self.ports.plain;
        self.run(command, &[port], false)
    }

    fn run(self, command: &mut Command, ports: &[u16], has_tls: bool) -> Site {
        let process = Process::start(command, &self.folder, ports);
        Site { _process: process, folder: self.folder, ports: self.ports, has_tls }
    }
}

pub(crate) fn nginx(names: &[&str]) -> Option<Site> {
    let mut command = Command::new(program("nginx")?);
    let plan = Plan::new(names);
    plan.configure("nginx.conf", include_str!("nginx.conf"));
    plan.configure("locations.conf", include_str!("nginx_locations.conf"));
    command.arg("-p").arg(plan.folder.path()).args(["-c", "nginx.conf"]);
    Some(plan.start(&mut command))
}

pub(crate) fn apache(names: &[&str]) -> Option<Site> {
    let mut command = Command::new(program("apache2")?);
    let plan = Plan::new(names);
    plan.configure("apache.conf", include_str!("apache.conf"));
    command.arg("-X").arg("-f").arg(plan.folder.file("apache.conf"));
    Some(plan.start(&mut command))
}

pub(crate) fn node(names: &[&str]) -> Option<Site> {
    let mut command = Command::new(program("node")?);
    let plan = Plan::new(names);
    let Ports { plain, tls12, tls13, .. } = &plan.ports;
    command.args(["-e", include_str!("node.js")]).arg(plan.folder.path());
    command.args([plain, tls12, tls13].map(u16::to_string));
    Some(plan.start(&mut command))
}

/// It keeps its connections.
pub(crate) fn python(names: &[&str]) -> Option<Site> {
    let mut command = Command::new(program("python3")?);
    let plan = Plan::new(names);
    command.args(["-c", include_str!("python.py")]).arg(plan.ports.plain.to_string());
    Some(plan.start_plain(&mut command))
}

/// It speaks HTTP/1.0, and every connection carries one request.
pub(crate) fn python_of_old(names: &[&str]) -> Option<Site> {
    let mut command = Command::new(program("python3")?);
    let plan = Plan::new(names);
    command.args(["-m", "http.server", "--bind", "127.0.0.1", "--directory", "site"]);
    command.arg(plan.ports.plain.to_string());
    Some(plan.start_plain(&mut command))
}

/// No site, but a proxy, for the user `moon` with the password `sesame`.
pub(crate) fn tinyproxy() -> Option<Site> {
    let mut command = Command::new(program("tinyproxy")?);
    let plan = Plan::new(&[]);
    plan.configure("tinyproxy.conf", include_str!("tinyproxy.conf"));
    command.args(["-d", "-c"]).arg(plan.folder.file("tinyproxy.conf"));
    Some(plan.start_plain(&mut command))
}
