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
        let (dir, logs) = (config.herd.dir.display(), config.log.dir.display());
        match config.herd.dir == config.log.dir {
            true => write!(f, "Logs and records are in {dir}. Ctrl-C ends all."),
            false => write!(f, "Records are in {dir}, logs in {logs}. Ctrl-C ends all."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn welcome(count: usize) -> String {
        let config = Config::default();
        let servers = config.servers.keys().take(count).filter_map(|name| config.server(name).ok());
        let up: Vec<Up> = servers.map(|server| Up { name: server.name, clients: server.clients }).collect();
        Welcome { up: &up, of: 5, program: "target/release/herd", options: "", config: &config }.to_string()
    }

    #[test]
    fn it_fits_a_terminal_with_the_lines_that_the_servers_say() {
        let text = welcome(5);
        assert!(text.starts_with("herd: all 5 servers are up; "), "{text}");
        assert!(text.contains("    Welsh      127.0.0.1:12004\n"), "{text}");
        assert!(text.contains("    target/release/herd iamat Welsh kiwi +34.068930-118.445127\n"), "{text}");
        assert!(text.lines().count() <= 12 && text.lines().all(|line| line.len() <= 80), "{text}");
    }

    #[test]
    fn those_that_are_not_up_are_missing() {
        let text = welcome(4);
        assert!(text.starts_with("herd: 4 of 5 servers are up; ") && !text.contains("Welsh"), "{text}");
        assert_eq!(welcome(0).lines().count(), 1);
    }
}
