//! The open sockets of one kind, by slot.

use std::io;

use crate::net::Key;

/// Four bytes of memory per slot ever used, for the descriptor; dropping a socket closes it.
///
/// Serials are not kept: the reactor asks for sockets that it has (law 3).
pub(super) struct Sockets<T>(Vec<Option<T>>);

#[cfg(not(debug_assertions))] // to debug builds mio adds a check of its own
const _: () = assert!(size_of::<Option<mio::net::TcpStream>>() == 4);

impl<T> Sockets<T> {
    pub(super) const fn new() -> Sockets<T> {
        Sockets(Vec::new())
    }

    pub(super) fn insert(&mut self, key: Key, socket: T) {
        let slot = key.slot as usize;
        if slot >= self.0.len() {
            self.0.resize_with(slot + 1, || None);
        }
        debug_assert!(self.0[slot].is_none(), "slot {slot} has a tenant");
        self.0[slot] = Some(socket);
    }

    /// The socket of `key`. `NotConnected`: there is none.
    pub(super) fn get(&self, key: Key) -> io::Result<&T> {
        let socket = self.0.get(key.slot as usize).and_then(Option::as_ref);
        socket.ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    /// The socket of `key`, which has it no longer. `NotConnected`: there is none.
    pub(super) fn take(&mut self, key: Key) -> io::Result<T> {
        let socket = self.0.get_mut(key.slot as usize).and_then(Option::take);
        socket.ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    pub(super) fn remove(&mut self, key: Key) {
        if let Some(socket) = self.0.get_mut(key.slot as usize) {
            *socket = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_empty_until_inserted_and_after_removed() {
        let key = Key { slot: 3, serial: 9 };
        let mut sockets = Sockets::new();
        assert_eq!(sockets.get(key).unwrap_err().kind(), io::ErrorKind::NotConnected);
        sockets.insert(key, "socket");
        assert_eq!(*sockets.get(key).unwrap(), "socket");
        sockets.remove(key);
        sockets.remove(Key { slot: 70, serial: 0 });
        assert!(sockets.get(key).is_err());
    }
}
