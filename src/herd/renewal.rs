//! New certificates for a server that goes on running.

use reactor::{PortId, Requests, ServerTls};

use super::Herd;
use crate::link::Proof;

/// The ports that are open.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Listening {
    pub(crate) clients: Option<PortId>,
    pub(crate) peers: Option<PortId>,
}

/// The order of what is read anew. Files are read on threads, so the answer to an earlier request may come
/// after that to a later one, and is old news then.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reloads {
    asked: u64,
    taken: u64,
}

impl Reloads {
    /// The number of a new request.
    pub fn ask(&mut self) -> u64 {
        self.asked += 1;
        self.asked
    }

    /// Whether what this request has brought is newer than all that came before; it counts as taken then.
    pub fn take(&mut self, request: u64) -> bool {
        let is_newer = request > self.taken;
        self.taken = self.taken.max(request);
        is_newer
    }
}

impl Herd {
    /// Shows these certificates on connections that are made from now on; those that stand go on. Whether
    /// TLS is spoken at all is settled when the server starts.
    pub fn renew(
        &mut self,
        reactor: &mut Requests<'_, Herd>,
        clients: Option<&ServerTls>,
        proof: Option<Proof>,
    ) {
        if let (Some(port), Some(tls)) = (self.listening.clients, clients) {
            reactor.renew_tls(port, tls);
        }
        if let (Proof::Certificate(old), Some(Proof::Certificate(new))) = (&mut self.proof, proof) {
            *old = new;
            self.listening.peers.into_iter().for_each(|port| reactor.renew_tls(port, &old.server));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_was_overtaken_is_old_news() {
        let mut reloads = Reloads::default();
        let [first, second, third] = [reloads.ask(), reloads.ask(), reloads.ask()];
        assert_eq!([second, first, third].map(|request| reloads.take(request)), [true, false, true]);
    }
}
