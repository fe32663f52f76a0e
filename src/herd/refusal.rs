//! Why a line was answered with `? `: said in the log, and not to the client.

use std::fmt;

use crate::command::Invalid;
use crate::places::{LONGEST, ProviderError};

/// Why a line was answered with `? `.
#[derive(Clone, Debug)]
pub(super) enum Refusal {
    /// It is no command.
    Invalid(Invalid),
    /// It is longer than this.
    TooLong(usize),
    /// It is AT, and its sender no neighbour.
    NoNeighbour,
    /// Its report is dated too far ahead.
    Ahead,
    /// Nobody has heard of the client.
    Unknown,
    /// What is known of the client is not on disk yet, and the disk fails.
    NotOnDisk,
    /// The disk fails, and a report would be on it before its reply.
    DiskFails,
    /// Whether the client is known cannot be read from disk.
    Unread,
    /// The client is new, and there is no room for another one.
    NoRoom,
    /// There are no places.
    NoPlaces(ProviderError),
    /// There are so many bytes of places that they do not fit.
    LongPlaces(usize),
}

impl From<Invalid> for Refusal {
    fn from(invalid: Invalid) -> Refusal {
        Refusal::Invalid(invalid)
    }
}

impl From<ProviderError> for Refusal {
    fn from(error: ProviderError) -> Refusal {
        Refusal::NoPlaces(error)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Invalid(invalid) => invalid.fmt(f),
            Refusal::TooLong(most) => write!(f, "the line is longer than limits.line ({most})"),
            Refusal::NoNeighbour => f.write_str("AT is taken from neighbours only"),
            Refusal::Ahead => {
                f.write_str("the time is more than herd.max_clock_skew ahead of this server's clock")
            }
            Refusal::Unknown => f.write_str("no such client is known"),
            Refusal::NotOnDisk => {
                f.write_str("what is known of the client is not on disk yet, and the disk fails")
            }
            Refusal::DiskFails => f.write_str("the disk fails, so no report is taken"),
            Refusal::Unread => {
                f.write_str("the disk fails, so it cannot be told whether the client is known")
            }
            Refusal::NoRoom => f.write_str("the client is new, and limits.clients_known is reached"),
            Refusal::NoPlaces(error) => error.fmt(f),
            Refusal::LongPlaces(size) => {
                write!(f, "{size} bytes of places are more than an answer may have ({LONGEST})")
            }
        }
    }
}
