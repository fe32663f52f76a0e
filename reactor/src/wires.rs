//! What callbacks may see and change of the links: outboxes and flags, and notes for the turn.
//!
//! Nothing here calls anything (law 1): a callback appends, flags and notes; the turn's later steps
//! act on the notes.

use std::time::Duration;

use crate::endpoint::Peer;
use crate::layer::{ClientTls, Secured, TlsError};
use crate::limits::Limits;
use crate::net::ConnId;
use crate::outbox::{Outbox, Spares};
use crate::reason::Reason;
use crate::slots::{Slots, Tenant};
use crate::time::Time;

/// What became of a write to another connection. Never an error, never a panic.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use = "a write that is not queued is lost"]
pub enum Sent {
    /// It waits in the outbox.
    Queued,
    /// It was not taken, not even in part: the outbox holds all it may. Counted.
    Full,
    /// There is no such connection (any more), it is not made yet, or it is closing.
    Gone,
}

/// Whether the bytes of a link are delivered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reading {
    On,
    Paused,
    /// Asked to go on; `resumed` is told before any newer byte (law 6).
    Resuming,
}

/// How far a link is from its end.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Debug)]
pub(crate) enum Closing {
    No,
    /// What is written goes out, then it ends (law 5).
    Flushing,
    /// It ends this turn.
    Doomed,
}

/// One link as callbacks see it.
#[derive(Debug)]
pub(crate) struct Wire {
    id: ConnId,
    pub(crate) peer: Peer,
    /// When it was accepted, or dialled with success.
    pub(crate) since: Time,
    pub(crate) outbox: Outbox,
    /// When something was last heard; `NEVER`: the silence is counted from this turn.
    pub(crate) heard: Time,
    /// How long nothing may be heard; `Duration::MAX`: for ever.
    pub(crate) idle: Duration,
    pub(crate) deadline: Time,
    pub(crate) reading: Reading,
    pub(crate) closing: Closing,
    /// Something was heard.
    pub(crate) has_spoken: bool,
    /// Its protocol wants another address of the name that was dialled to be tried before this one.
    pub(crate) is_demoted: bool,
    /// `connection_made` was told.
    pub(crate) made: bool,
    /// Our sending side ends once the outbox is empty.
    pub(crate) write_lost: bool,
    /// The outbox has passed the high water mark and not yet sunk to half of it.
    pub(crate) high: bool,
    /// The protocol was told so.
    pub(crate) high_told: bool,
    /// Its layer has something to do at the flush, whatever is in the outbox.
    pub(crate) layer_waits: bool,
    /// What was agreed on, once it is secure.
    pub(crate) secured: Option<Box<Secured>>,
    dirty: bool,
}

/// What callbacks asked for since the turn last looked.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    pub(crate) dirty: Vec<ConnId>,
    pub(crate) pressed: Vec<ConnId>,
    pub(crate) resumed: Vec<ConnId>,
    pub(crate) closing: Vec<ConnId>,
    pub(crate) doomed: Vec<(ConnId, Reason)>,
    pub(crate) retimed: Vec<ConnId>,
    pub(crate) securing: Vec<Securing>,
}

/// What `start_tls` asked for.
#[derive(Debug)]
pub(crate) struct Securing {
    pub(crate) id: ConnId,
    pub(crate) tls: ClientTls,
    /// Whom the certificate must be for.
    pub(crate) name: String,
    /// How much of the outbox was written before, and goes out as it is.
    pub(crate) clear: usize,
}

/// All links as callbacks see them.
#[derive(Debug)]
pub(crate) struct Wires {
    slots: Slots<Wire>,
    pub(crate) notes: Notes,
    pub(crate) spares: Spares,
    /// Writes refused because an outbox was full.
    pub(crate) refused: u64,
    high_water: usize,
    write_buffer: usize,
}

impl Wires {
    pub(crate) fn new(limits: &Limits) -> Wires {
        Wires {
            slots: Slots::new(),
            notes: Notes::default(),
            spares: Spares::default(),
            refused: 0,
            high_water: limits.high_water,
            write_buffer: limits.write_buffer,
        }
    }

    pub(crate) fn insert(&mut self, id: ConnId, peer: Peer, now: Time) {
        self.slots.insert(Wire::new(id, peer, now));
    }

    /// Forgets a link: from now on its id is `Gone`.
    pub(crate) fn remove(&mut self, id: ConnId) {
        if let Some(mut wire) = self.slots.remove(id) {
            wire.outbox.clear(&mut self.spares);
        }
    }

    pub(crate) fn get(&self, id: ConnId) -> Option<&Wire> {
        self.slots.get(id)
    }

    pub(crate) fn get_mut(&mut self, id: ConnId) -> Option<&mut Wire> {
        self.slots.get_mut(id)
    }

    /// Appends what `fill` writes to an outbox, if it is still open, and notes it for the flush.
    /// More than the limit is taken back whole.
    pub(crate) fn append(&mut self, id: ConnId, fill: impl FnOnce(&mut Vec<u8>)) -> Sent {
        let wire = self.slots.get_mut(id).filter(|wire| wire.accepts_writes());
        let Some(wire) = wire else { return Sent::Gone };
        let buffer = wire.outbox.appendable(&mut self.spares);
        let before = buffer.len();
        fill(buffer);
        let waiting = wire.outbox.len();
        if waiting > self.write_buffer {
            wire.outbox.appendable(&mut self.spares).truncate(before);
            self.refused += 1;
            wire.press(&mut self.notes);
            return Sent::Full;
        }
        if waiting > self.high_water {
            wire.press(&mut self.notes);
        }
        wire.mark_dirty(&mut self.notes);
        Sent::Queued
    }

    /// Ends a link after what was written before.
    pub(crate) fn lose(&mut self, id: ConnId) {
        match self.get_mut(id) {
            Some(wire) if wire.closing != Closing::No => return,
            Some(wire) => wire.closing = Closing::Flushing,
            None => {} // asked for and not dialled yet, or gone: the turn will see
        }
        self.notes.closing.push(id);
    }

    /// Ends a link now.
    pub(crate) fn doom(&mut self, id: ConnId, reason: Reason) {
        match self.get_mut(id) {
            Some(wire) if wire.closing == Closing::Doomed => {}
            Some(wire) => {
                wire.closing = Closing::Doomed;
                self.notes.doomed.push((id, reason));
            }
            None => self.notes.closing.push(id), // as in `lose`
        }
    }

    pub(crate) fn lose_write(&mut self, id: ConnId) {
        if let Some(wire) = self.slots.get_mut(id) {
            wire.write_lost = true;
            wire.mark_dirty(&mut self.notes);
        }
    }

    /// Notes that an outbox can go on: the net has room again, or the link was just made.
    pub(crate) fn mark_dirty(&mut self, id: ConnId) {
        if let Some(wire) = self.slots.get_mut(id)
            && (wire.write_lost || wire.layer_waits || !wire.outbox.is_empty())
        {
            wire.mark_dirty(&mut self.notes);
        }
    }

    /// Notes that the layer of a link has something to do at the flush.
    pub(crate) fn mark_layer(&mut self, id: ConnId) {
        if let Some(wire) = self.get_mut(id) {
            wire.layer_waits = true;
            self.mark_dirty(id);
        }
    }

    /// Notes that what is written from here on is to go out sealed.
    pub(crate) fn secure(&mut self, id: ConnId, tls: ClientTls, name: String) {
        match self.get_mut(id) {
            Some(wire) if wire.accepts_writes() => {
                let clear = wire.outbox.len();
                self.notes.securing.push(Securing { id, tls, name, clear });
            }
            Some(wire) if wire.closing == Closing::No => self.doom(id, Reason::Tls(TlsError::Misplaced)),
            _ => {} // nothing more is delivered or sent
        }
    }

    pub(crate) fn demote(&mut self, id: ConnId) {
        if let Some(wire) = self.get_mut(id) {
            wire.is_demoted = true;
        }
    }

    pub(crate) fn pause(&mut self, id: ConnId) {
        if let Some(wire) = self.get_mut(id) {
            wire.reading = Reading::Paused;
        }
    }

    pub(crate) fn resume(&mut self, id: ConnId) {
        if let Some(wire) = self.get_mut(id).filter(|wire| wire.reading == Reading::Paused) {
            wire.reading = Reading::Resuming;
            self.notes.resumed.push(id);
        }
    }

    /// Changes when the link ends by itself.
    pub(crate) fn retime(&mut self, id: ConnId, change: impl FnOnce(&mut Wire)) {
        if let Some(wire) = self.get_mut(id) {
            change(wire);
            self.notes.retimed.push(id);
        }
    }

    /// Counts the silence from `now` where that was asked for.
    pub(crate) fn begin_silence(&mut self, id: ConnId, now: Time) {
        if let Some(wire) = self.get_mut(id).filter(|wire| wire.heard == Time::NEVER) {
            wire.heard = now;
        }
    }

    /// The net took `count` bytes: forgets them, and notes when the pressure is gone.
    pub(crate) fn advance(&mut self, id: ConnId, count: usize) {
        let Some(wire) = self.slots.get_mut(id) else { return };
        wire.outbox.advance(count, &mut self.spares);
        if wire.high && wire.outbox.len() <= self.high_water / 2 {
            self.notes.pressed.push(id);
        }
        if wire.outbox.is_empty() && wire.closing == Closing::Flushing && !wire.layer_waits {
            self.notes.closing.push(id);
        }
    }

    /// Whether the outbox has sunk to where `Low` is told.
    pub(crate) fn is_low(&self, wire: &Wire) -> bool {
        wire.outbox.len() <= self.high_water / 2
    }
}

impl Tenant for Wire {
    type Id = ConnId;

    fn id(&self) -> ConnId {
        self.id
    }

    fn slot(id: ConnId) -> u32 {
        id.0.slot
    }
}

impl Wire {
    fn new(id: ConnId, peer: Peer, now: Time) -> Wire {
        Wire {
            id,
            peer,
            since: now,
            outbox: Outbox::default(),
            heard: now,
            idle: Duration::MAX,
            deadline: Time::NEVER,
            reading: Reading::On,
            closing: Closing::No,
            has_spoken: false,
            is_demoted: false,
            made: false,
            write_lost: false,
            high: false,
            high_told: false,
            layer_waits: false,
            secured: None,
            dirty: false,
        }
    }

    fn accepts_writes(&self) -> bool {
        self.made && self.closing == Closing::No && !self.write_lost
    }

    /// Whether lines and bytes may be delivered at this moment (laws 2 and 6).
    pub(crate) fn is_reading(&self) -> bool {
        self.reading == Reading::On && self.closing == Closing::No
    }

    /// Notes that the outbox is too full.
    fn press(&mut self, notes: &mut Notes) {
        if !std::mem::replace(&mut self.high, true) {
            notes.pressed.push(self.id);
        }
    }

    fn mark_dirty(&mut self, notes: &mut Notes) {
        if !std::mem::replace(&mut self.dirty, true) {
            notes.dirty.push(self.id);
        }
    }

    pub(crate) fn clean(&mut self) {
        self.dirty = false;
    }

    /// When it ends by itself, and why.
    pub(crate) fn expiry(&self) -> (Time, Reason) {
        let idle = self.heard + self.idle;
        if idle <= self.deadline { (idle, Reason::Idle) } else { (self.deadline, Reason::DeadlinePassed) }
    }
}

impl Notes {
    pub(crate) fn is_empty(&self) -> bool {
        self.dirty.is_empty()
            && self.pressed.is_empty()
            && self.resumed.is_empty()
            && self.closing.is_empty()
            && self.doomed.is_empty()
            && self.securing.is_empty()
    }
}
