//! What `herd all` says once its servers are up: where they are, and what to try.

use std::fmt;
use std::net::SocketAddr;

use herd::config::Config;

/// A server that is up, and where its clients find it.
pub(crate) struct Up {
    pub(crate) name: String,
    pub(crate) clients: SocketAddr,
}

/// What is said when all servers are up, or as many as will be. Its commands can be copied, with the options that were
/// given: so they reach the same servers.
pub(crate) struct Welcome<'a> {
    pub(crate) up: &'a [Up],
    /// How many there are in all.
    pub(crate) of: usize,
    /// The program as it was called, and the options behind it, each with a space before it.
    pub(crate) program: &'a str,
    pub(crate) options: &'a str,
    pub(crate) config: &'a Config,
}

impl fmt::Display for Welcome<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Welcome { up, of, program, options, config } = self;
        match up.len() {
            count if count == *of => writeln!(f, "herd: all {of} servers are up; clients connect to")?,
            count => writeln!(f, "herd: {count} of {of} servers are up; clients connect to")?,
        }
        for Up { name, clients } in *up {
            writeln!(f, "    {name:10} {clients}")?;
        }
        let (Some(first), Some(last)) = (up.first(), up.last()) else { return Ok(()) };
        let (one, other) = (&last.name, &first.name);
        writeln!(f, "Try, in another terminal:")?;
        writeln!(f, "    {program} iamat {one} kiwi +34.068930-118.445127{options}")?;
        writeln!(f, "    {program} whatsat {other} kiwi 10 5{options}")?;
        if !config.clients.tls {
            let (host, port) = (first.clients.ip(), first.clients.port());
            writeln!(f, "    printf 'WHATSAT kiwi 10 5\\n' | nc -N {host} {port}")?;
        }
        write!(f, "Logs and records are in {}. Ctrl-C ends all.", config.herd.dir.display())
    }
}
