//! Who may speak where, by what neighbours prove who they are.

use super::error::{ConfigError, Problem};
use super::{Config, PeerAuth, PeerMode, ServerEntry, host};

impl Config {
    /// Neighbours talk in plaintext, or without any proof, only where that is meant.
    pub(super) fn check_peers(&self) -> Result<(), ConfigError> {
        match self.peers.mode {
            PeerMode::Links => self.check_plaintext(),
            PeerMode::Paper => self.check_paper(),
        }
    }

    fn check_plaintext(&self) -> Result<(), ConfigError> {
        if self.peers.allow_plaintext || self.peers.auth == PeerAuth::Tls {
            return Ok(());
        }
        match self.exposed() {
            Some((name, server)) => {
                Err(self.refuse(&format!("servers.{name}.host"), Problem::Plaintext(server.host.clone())))
            }
            None => Ok(()),
        }
    }

    /// The original's way has no proofs and no TLS: what asks for either is not passed over in silence.
    fn check_paper(&self) -> Result<(), ConfigError> {
        if self.peers.auth == PeerAuth::Tls {
            return Err(self.refuse("peers.auth", Problem::NotOnPaper("neighbours prove nothing there")));
        }
        if self.clients.tls {
            let why = "neighbours come to the clients' port there, and speak plain lines";
            return Err(self.refuse("clients.tls", Problem::NotOnPaper(why)));
        }
        match self.exposed().filter(|_| !self.peers.allow_unauthenticated) {
            Some((name, server)) => {
                Err(self.refuse("peers.mode", Problem::Unauthenticated(name.clone(), server.host.clone())))
            }
            None => Ok(()),
        }
    }

    /// A server with neighbours that listens on an address that is not loopback.
    fn exposed(&self) -> Option<(&String, &ServerEntry)> {
        let is_exposed = |(name, server): &(&String, &ServerEntry)| {
            !host::is_loopback(&server.host) && !self.neighbours(name).is_empty()
        };
        self.servers.iter().find(is_exposed)
    }

    pub(super) fn paper_notice(&self) -> Option<String> {
        let notice = "peers.mode: \"paper\": whoever comes from a neighbour's address is believed, and an update that \
                      a neighbour misses is lost to it; no key is needed, and no peer_port opened";
        (self.peers.mode == PeerMode::Paper).then(|| notice.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{layered, read, refused};

    const EXPOSED: &str = "servers.Ball.host = \"10.0.0.2\"";
    const ALONE: &str = "servers.Alone = { host = \"10.0.0.2\", client_port = 1, peer_port = 2 }";
    const PAPER: &str = "peers.mode = \"paper\"";

    #[test]
    fn plaintext_leaves_the_machine_only_if_that_is_meant() {
        refused(&[(
            EXPOSED,
            "herd.toml:1: servers.Ball.host: neighbours would talk in plaintext on 10.0.0.2, which is not \
             loopback; set peers.auth = \"tls\", or peers.allow_plaintext = true if that is meant",
        )]);
        assert!(read(&format!("{EXPOSED}\npeers.allow_plaintext = true")).is_ok());
        assert!(read(ALONE).is_ok());
        assert!(read(&format!("{EXPOSED}\npeers.auth = \"tls\"")).is_ok());
    }

    #[test]
    fn paper_mode_leaves_the_machine_only_if_it_is_named_twice() {
        let hint = "with \"paper\" whoever comes from a neighbour's address is believed, and Ball listens on 10.0.0.2, \
                    which is not loopback; set peers.allow_unauthenticated = true as well if that is meant";
        refused(&[(&format!("{EXPOSED}\n{PAPER}"), &format!("herd.toml:2: peers.mode: {hint}"))]);
        let by_flag = layered(EXPOSED, &[], &["peers.mode=paper"]).unwrap_err();
        assert_eq!(by_flag, format!("--set peers.mode: {hint}"));
        let plaintext = format!("{EXPOSED}\n{PAPER}\npeers.allow_plaintext = true");
        assert!(read(&plaintext).unwrap_err().ends_with(hint), "that is another permission");

        assert!(read(&format!("{EXPOSED}\n{PAPER}\npeers.allow_unauthenticated = true")).is_ok());
        assert!(read(&format!("{ALONE}\n{PAPER}")).is_ok(), "nobody is believed there");
        assert!(read(PAPER).is_ok());
        assert!(read("peers.allow_unauthenticated = true").is_ok(), "alone it allows nothing");
    }

    #[test]
    fn paper_mode_has_neither_proofs_nor_tls() {
        refused(&[
            (
                &format!("{PAPER}\npeers.auth = \"tls\""),
                "herd.toml:2: peers.auth: not together with peers.mode = \"paper\": neighbours prove nothing there; \
                 leave out one of the two",
            ),
            (
                &format!("{PAPER}\nclients = {{ tls = true, cert = \"c.pem\", key = \"c.key\" }}"),
                "herd.toml:2: clients.tls: not together with peers.mode = \"paper\": neighbours come to the clients' \
                 port there, and speak plain lines; leave out one of the two",
            ),
        ]);
    }

    #[test]
    fn paper_mode_is_said_to_whoever_checks() {
        let notices = read(PAPER).unwrap().notices();
        assert!(
            notices[0].starts_with("peers.mode: \"paper\": whoever comes from a neighbour's address"),
            "{notices:?}"
        );
    }
}
