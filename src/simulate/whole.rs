//! What a simulated server knows, in memory or not.

use std::borrow::Cow;

use crate::command::Command;
use crate::herd::Herd;
use crate::store::{Bucket, Store};

/// All that `herd` knows: for judges, who may wait for the disk. `None` if that cannot be read.
pub(super) fn whole(herd: &Herd) -> Option<Cow<'_, Store>> {
    let Herd { store, journal, .. } = herd;
    if store.known() == store.len() {
        return Some(Cow::Borrowed(store));
    }
    let (disk, mut whole) = (journal.disk()?, store.clone());
    for bucket in Bucket::all().filter(|&bucket| !store.is_whole(bucket)) {
        for line in disk.bucket(bucket).ok()?.lines {
            if let Ok(Command::At(at)) = Command::parse(&line) {
                whole.take_back(&at);
            }
        }
    }
    Some(Cow::Owned(whole))
}
