//! A certificate as it is shown to people.

use std::fmt;

use reactor::WallTime;

use crate::certificate::Moment;

/// The name of a certificate, its end and its fingerprint.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shown {
    pub(super) name: String,
    pub(super) until: Moment,
    pub(super) fingerprint: String,
}

impl Shown {
    /// The name of its file: a server's, or `ca`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// When it ends.
    pub fn until(&self) -> Moment {
        self.until
    }

    /// The SHA-256 of the certificate.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Whether it has ended by `now`.
    pub fn is_over(&self, now: WallTime) -> bool {
        self.until < Moment::of(now)
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: until {}, SHA-256 {}", self.name, self.until, self.fingerprint)
    }
}
