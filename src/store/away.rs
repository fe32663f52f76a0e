//! Records that leave memory, since they are on disk, and come back.
//!
//! Which ones leave is found by the second chance algorithm (Corbató, "A paging experiment with the Multics
//! system", 1968): a hand goes round over all of them; one that has changed since it last came by stays for another
//! round. So those that have been quiet for longest leave first, near enough, at the cost of one bit a record.

use super::{Bucket, Place, Record, Store, hash_of};
use crate::buggify::{Point, fires};
use crate::command::AtLine;
use crate::planted::{Planted, is_planted};

/// How far the hand goes at most before the loop goes on: some tenth of a millisecond.
const STEPS: usize = 16_384;
/// Records beyond the bound that may wait for the disk, however low the bound is: two commits.
const LEAST_SLACK: usize = 65_536;

impl Store {
    /// One that keeps about `most` records in memory; those beyond it must be on disk.
    pub fn bounded(most: usize) -> Store {
        Store { most, ..Store::default() }
    }

    /// How many records it keeps in memory.
    pub fn most(&self) -> usize {
        self.most
    }

    /// How many clients are known, in memory or not.
    pub fn known(&self) -> usize {
        self.len() + self.away
    }

    /// Whether all records of `bucket` are in memory.
    pub fn is_whole(&self, bucket: Bucket) -> bool {
        self.shelves[bucket.index()].is_whole()
    }

    /// How often a record of `bucket` has left memory. While this stands still, what was read from disk is no
    /// older than what is not in memory.
    pub fn departures(&self, bucket: Bucket) -> u64 {
        self.shelves[bucket.index()].departures()
    }

    /// Whether the record of the client `id` may lie on disk alone. It must be sought there before anything is
    /// reported of the client.
    pub fn may_be_away(&self, id: &[u8]) -> bool {
        self.away > 0
            && !self.is_whole(Bucket::of(id))
            && self.find(id).is_none()
            && !is_planted(Planted::AwayIsUnknown)
    }

    /// Whether there is room for the record of the client `id`, which has been sought if it may be away. There is
    /// for who is known; and for another as long as not too many wait for the disk.
    #[inline]
    pub fn has_room_for(&self, id: &[u8]) -> bool {
        let slack = if self.changes.is_kept() { self.most.max(LEAST_SLACK) } else { 0 };
        self.len() < self.most.saturating_add(slack) || self.find(id).is_some()
    }

    /// Takes in a record that is on disk, when it is first read; each client comes once. Beyond the bound it is
    /// but counted, and stays there.
    pub fn load(&mut self, at: &AtLine<'_>) {
        if self.len() < self.most && !fires(Point::TinyMemory) {
            self.accept(at);
            return;
        }
        let bucket = Bucket::of(at.id);
        self.scratch.clear();
        at.write_to(&mut self.scratch);
        self.digest.toggle(bucket, hash_of(&self.scratch));
        self.shelves[bucket.index()].leave_away();
        self.away += 1;
    }

    /// Takes back a record that lay on disk alone. What is in memory of the client is newer, and then stays.
    pub fn take_back(&mut self, at: &AtLine<'_>) {
        if self.find(at.id).is_some() {
            return;
        }
        let place = self.insert(at);
        self.shelves[place.bucket.index()].take_back();
        self.away = self.away.saturating_sub(1);
    }

    /// What [`Store::take_changes`] has handed over is on disk.
    pub fn settle(&mut self) {
        self.commit = self.commit.wrapping_add(1);
    }

    /// Has records that are on disk leave memory, as far as there are more than there should be; not all at once.
    /// How many have left.
    pub fn evict(&mut self) -> usize {
        if !self.changes.is_kept() {
            return 0;
        }
        let before = self.len();
        let most = if fires(Point::TinyMemory) { 0 } else { self.most };
        for _ in 0..STEPS {
            if self.len() <= most {
                break;
            }
            self.move_hand();
        }
        before - self.len()
    }

    /// One step over all slots of all shelves.
    fn move_hand(&mut self) {
        let (place, commit) = (self.hand, self.commit);
        match self.shelves[place.bucket.index()].slot_mut(place.index) {
            None => self.hand = Place { bucket: place.bucket.next(), index: 0 },
            Some(record) => {
                self.hand.index += 1;
                if record.is_some_and(|record| record.may_leave(commit)) {
                    self.send_away(place);
                }
            }
        }
    }

    fn send_away(&mut self, place: Place) {
        let record = self.at(place);
        let (hash, line_hash) = (self.hash_of(record.id()), hash_of(record.line()));
        if let Ok(entry) = self.places.find_entry(hash, |entry| entry.place == place) {
            entry.remove();
        }
        self.shelves[place.bucket.index()].send_away(place.index);
        self.away += 1;
        if is_planted(Planted::DigestForgetsAway) {
            self.digest.toggle(place.bucket, line_hash);
        }
    }
}

impl Record {
    /// Whether it may leave memory: it is on disk, as far as is known when the commit of this number is under way,
    /// and has not changed since it was last asked.
    fn may_leave(&mut self, commit: u8) -> bool {
        let is_on_disk = !self.is_listed && self.commit != commit;
        is_on_disk && !std::mem::take(&mut self.is_recent)
    }
}
