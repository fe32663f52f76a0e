//! The certificates by which the servers of a herd know each other (`peers.auth = "tls"`), and whoever signs
//! them: an authority of the herd's own.
//!
//! ```text
//! <dir>/keys/ca.pem      the authority's certificate: every machine needs it
//! <dir>/keys/ca.key      its private key: needed to sign, on one machine alone
//! <dir>/keys/<Name>.pem  a server's certificate; its one name (DNS SAN) is the server's
//! <dir>/keys/<Name>.key  its private key
//! <dir>/keys/clients.pem the certificate of the listeners for clients (`clients.tls`), for the hosts that clients dial
//! <dir>/keys/clients.key its private key
//! ```
//!
//! ```
//! # let folder = tempfile::tempdir().unwrap();
//! # let dir = folder.path().join("keys");
//! use herd::keys::{KeyFolder, Lifetime};
//! use reactor::WallTime;
//!
//! let (keys, now) = (KeyFolder::new(&dir), WallTime::from_unix_nanos(1_800_000_000_000_000_000));
//! let made = keys.init(now, Lifetime::AUTHORITY)?;
//! assert_eq!(made.until().to_string(), "2037-01-12 08:00 UTC");
//! keys.server("Ball", now, Lifetime::SERVER)?;
//! assert_eq!(keys.list()?.len(), 2);
//! # Ok::<(), herd::keys::KeysError>(())
//! ```

mod error;
mod folder;
mod shown;
mod signing;

pub use error::KeysError;
pub use folder::KeyFolder;
pub use shown::Shown;

/// How long a certificate is good.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lifetime(u32);

impl Lifetime {
    /// Ten years: to replace it, every machine has to be visited.
    pub const AUTHORITY: Lifetime = Lifetime(3650);
    /// A year: a key that was stolen is of no use for longer, and nobody forgets within one how to renew it.
    pub const SERVER: Lifetime = Lifetime(365);
    /// The longest: what is written with four digits of the year stays so.
    pub const MOST_DAYS: u32 = 36_500;

    /// So many days, [`Lifetime::MOST_DAYS`] at most.
    pub fn days(days: u32) -> Lifetime {
        Lifetime(days.min(Lifetime::MOST_DAYS))
    }
}
