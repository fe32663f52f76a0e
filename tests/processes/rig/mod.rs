//! What real servers are put through, and who watches: shared by the tests and the measurements.

#![allow(dead_code, reason = "the tests use one part of it, the measurements another")]

pub(crate) mod crowd;
pub(crate) mod damage;
pub(crate) mod killing;
pub(crate) mod lab;
pub(crate) mod ledger;
pub(crate) mod load;
pub(crate) mod proxy;
pub(crate) mod ring;
pub(crate) mod street;
