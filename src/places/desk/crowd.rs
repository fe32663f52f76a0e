//! How many questions of each client wait for the web.

use std::collections::BTreeMap;
use std::net::IpAddr;

/// Clients by address, as far as they wait.
#[derive(Debug, Default)]
pub(super) struct Crowd(BTreeMap<IpAddr, usize>);

impl Crowd {
    /// How many of this client wait.
    pub(super) fn waiting(&self, client: IpAddr) -> usize {
        self.0.get(&client).copied().unwrap_or(0)
    }

    /// One more waits.
    pub(super) fn enter(&mut self, client: IpAddr) {
        *self.0.entry(client).or_default() += 1;
    }

    /// One waits no longer. Who has none left is forgotten.
    pub(super) fn leave(&mut self, client: IpAddr) {
        if let Some(count) = self.0.get_mut(&client) {
            *count -= 1;
            if *count == 0 {
                self.0.remove(&client);
            }
        }
    }

    /// Whether nobody waits.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
