//! What the kernels of the simulated hosts do: the part of TCP that a process can see.
//!
//! After Linux: a connection is made when the kernel has answered, before anybody accepts it; closing
//! with unread bytes, and bytes for what is closed, cause a reset; a reset is told once and later reads
//! find the end; what arrived before it can still be read (unless [`Faults::discarding_resets`] says
//! otherwise), but it overtakes what is still on its way.
//!
//! [`Faults::discarding_resets`]: super::Faults::discarding_resets

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use super::host::Pending;
use super::stream::{EndId, Flags, Phase, Segment};
use super::trace::{self, What};
use super::world::{Delivery, World};

impl World {
    /// Puts a segment on its way to the end `to`.
    pub(super) fn send(&mut self, to: EndId, segment: Segment) {
        if let Some(end) = self.streams.get_mut(to) {
            end.wire.push_back(segment);
            self.travel(Delivery::Segment(to));
        }
    }

    /// The first segment on its way to `id` is there.
    pub(super) fn arrive(&mut self, id: EndId) {
        let Some(segment) = self.streams.get_mut(id).and_then(|end| end.wire.pop_front()) else { return };
        self.note_segment(id, &segment);
        if !matches!(segment, Segment::Ack(_)) {
            self.watch_return(id);
        }
        match segment {
            Segment::Syn(at) => self.syn_arrives(id, at),
            Segment::SynAck => self.grant_arrives(id),
            Segment::Data(bytes) => self.data_arrives(id, bytes),
            Segment::Ack(bytes) => self.ack_arrives(id, bytes),
            Segment::Fin => self.fin_arrives(id),
        }
    }

    fn note_segment(&mut self, id: EndId, segment: &Segment) {
        let (kind, payload): (_, &[u8]) = match segment {
            Segment::Syn(_) => ("syn", b""),
            Segment::SynAck => ("syn-ack", b""),
            Segment::Data(bytes) => ("data", bytes),
            Segment::Ack(_) => ("ack", b""),
            Segment::Fin => ("fin", b""),
        };
        self.note(kind, id, payload);
        if let Segment::Data(bytes) = segment {
            self.overhear(id, bytes);
        }
    }

    /// Notes that something has reached an end.
    fn note(&mut self, kind: &'static str, id: EndId, payload: &[u8]) {
        self.trace.note(self.now, kind, id.0, payload);
        if self.trace.is_recording()
            && let Some((to, from)) = self.streams.get(id).zip(self.streams.get(id.far()))
        {
            let listener = if id.is_listener() { to } else { from };
            let segment = trace::Segment {
                kind,
                stream: id.stream(),
                from: from.host,
                to: to.host,
                port: listener.address.port(),
                is_forth: id.is_listener(),
                payload: payload.to_vec(),
            };
            self.trace.tell(self.now, || What::Came(segment));
        }
    }

    /// Keeps what is said to a port at which somebody listens in.
    fn overhear(&mut self, id: EndId, bytes: &[u8]) {
        let Some(tap) = &mut self.tap else { return };
        if id.is_listener() && self.streams.get(id).is_some_and(|end| end.address.port() == tap.port()) {
            tap.hear(id.stream(), bytes);
        }
    }

    /// Somebody asks for a connection.
    fn syn_arrives(&mut self, id: EndId, at: SocketAddr) {
        let refused = self.random.percent(self.faults.refused_connects);
        self.counts.refused_connects += u64::from(refused);
        let Some(end) = self.streams.get_mut(id) else { return };
        if refused || self.hosts[end.host.index()].welcome(at, id).is_err() {
            end.phase = Phase::Dead;
            return self.travel(Delivery::Reset(id.far()));
        }
        (end.phase, end.is_waiting) = (Phase::Open, true);
        self.send(id.far(), Segment::SynAck);
    }

    /// The connection is made, unless its process has lost interest.
    fn grant_arrives(&mut self, id: EndId) {
        match self.streams.get_mut(id) {
            Some(end) if end.phase == Phase::Opening => {
                (end.phase, end.write_armed) = (Phase::Open, false);
                self.post(id, Flags::WRITE);
            }
            _ => self.travel(Delivery::Reset(id.far())),
        }
    }

    fn data_arrives(&mut self, id: EndId, bytes: Vec<u8>) {
        match self.streams.get_mut(id) {
            Some(end) if end.phase == Phase::Open => {
                end.inbox.push(bytes);
                self.readable(id);
            }
            _ => self.travel(Delivery::Reset(id.far())),
        }
    }

    /// The far end's process has read so many bytes.
    fn ack_arrives(&mut self, id: EndId, bytes: usize) {
        if let Some(end) = self.streams.get_mut(id) {
            assert!(bytes <= end.outstanding, "more was read than was sent");
            end.outstanding -= bytes;
            if end.phase == Phase::Open {
                self.writable(id);
            }
        }
    }

    fn fin_arrives(&mut self, id: EndId) {
        match self.streams.get_mut(id) {
            Some(end) if end.phase == Phase::Open => {
                (end.fin_seen, end.read_armed) = (true, false);
                self.post(id, Flags::ENDED);
            }
            Some(end) if end.phase == Phase::Dead => self.travel(Delivery::Reset(id.far())),
            _ => {}
        }
    }

    /// A reset is there. It says nothing to who has closed already.
    pub(super) fn reset_arrives(&mut self, id: EndId) {
        match self.phase(id) {
            Some(Phase::Opening) => self.fail(id, ErrorKind::ConnectionRefused),
            Some(Phase::Open) => self.fail(id, ErrorKind::ConnectionReset),
            Some(Phase::Closed) => self.die(id),
            Some(Phase::Dead) | None => return,
        }
        self.note("reset", id, b"");
        self.streams.forget_if_over(id);
    }

    /// Ends a stream's end with an error. Who has seen the end of the stream learns of it by writing.
    fn fail(&mut self, id: EndId, error: ErrorKind) {
        let discards = self.random.percent(self.faults.discarding_resets);
        self.die(id);
        let Some(end) = self.streams.get_mut(id) else { return };
        end.error = (!end.fin_seen).then_some(error);
        if discards {
            end.inbox.clear();
        }
        self.post(id, Flags::DEAD);
    }

    /// From now on whoever sends to this end is told by a reset.
    fn die(&mut self, id: EndId) {
        if let Some(end) = self.streams.get_mut(id) {
            end.phase = Phase::Dead;
        }
    }

    /// Refuses an end that waited to be accepted.
    pub(super) fn refuse_end(&mut self, id: EndId) {
        self.silence_end(id);
        self.travel(Delivery::Reset(id.far()));
    }

    /// The process lets go of an end, or has ended.
    pub(super) fn close_end(&mut self, id: EndId) {
        let Some(end) = self.streams.get_mut(id) else { return };
        (end.conn, end.is_waiting) = (None, false);
        match end.phase {
            Phase::Open if !end.inbox.is_empty() => {
                self.die(id);
                self.travel(Delivery::Reset(id.far()));
            }
            Phase::Open => {
                end.phase = Phase::Closed;
                self.end_sending(id);
            }
            Phase::Opening => self.die(id),
            Phase::Closed | Phase::Dead => {}
        }
        self.streams.forget_if_over(id);
    }

    /// Ends an end's process without a word to anybody: its machine went dark.
    pub(super) fn silence_end(&mut self, id: EndId) {
        self.die(id);
        if let Some(end) = self.streams.get_mut(id) {
            (end.conn, end.is_waiting) = (None, false);
        }
        self.streams.forget_if_over(id);
    }

    /// Sends a FIN behind everything that was written, once.
    pub(super) fn end_sending(&mut self, id: EndId) {
        if let Some(end) = self.streams.get_mut(id)
            && !std::mem::replace(&mut end.fin_sent, true)
        {
            self.send(id.far(), Segment::Fin);
        }
    }

    /// Something can be read. An edge only if the last read found too little; else perhaps a spurious
    /// event.
    pub(super) fn readable(&mut self, id: EndId) {
        let Some(end) = self.streams.get_mut(id) else { return };
        if std::mem::take(&mut end.read_armed) || self.is_spurious() {
            self.post(id, Flags::READ);
        }
    }

    /// There is room. An edge only if the last write wanted more; else perhaps a spurious event.
    pub(super) fn writable(&mut self, id: EndId) {
        let Some(end) = self.streams.get_mut(id) else { return };
        if std::mem::take(&mut end.write_armed) || self.is_spurious() {
            self.post(id, Flags::WRITE);
        }
    }

    /// Tells the process with its next poll.
    pub(super) fn post(&mut self, id: EndId, flags: Flags) {
        let Some(end) = self.streams.get_mut(id) else { return };
        let Some(conn) = end.conn else { return };
        if end.flags.add(flags) {
            self.hosts[end.host.index()].pending.push(Pending::Conn(conn, id));
        }
    }

    /// After a read of `n` bytes: arms the edge if the read was short, and tells the writer of the room
    /// when it is a quarter of the window (RFC 9293 section 3.8.6.2.2 lets a receiver wait for a half).
    pub(super) fn after_read(&mut self, id: EndId, n: usize, short: bool) {
        let slow_host = self.streams.get(id).is_some_and(|end| self.hosts[end.host.index()].reads_slowly);
        let window = self.streams.get(id.far()).map_or(usize::MAX, |far| far.window);
        let Some(end) = self.streams.get_mut(id) else { return };
        let (has_more, has_ended) = (!end.inbox.is_empty(), end.has_ended());
        end.read_armed = short;
        end.unacknowledged += n;
        if end.unacknowledged >= window.div_ceil(4) && !has_ended {
            let bytes = std::mem::take(&mut end.unacknowledged);
            self.send(id.far(), Segment::Ack(bytes));
        }
        match slow_host {
            _ if !short || !has_more || has_ended => {}
            true => {
                let later = self.random.between(Duration::from_millis(1), Duration::from_millis(50));
                self.after(later, Delivery::Edge(id));
            }
            false => self.readable(id),
        }
    }

    /// Starts TCP's patience for the end whose segments do not get through.
    pub(super) fn stall(&mut self, id: EndId) {
        let now = self.now;
        if let Some(end) = self.streams.get_mut(id)
            && end.stalled_since.is_none()
            && matches!(end.phase, Phase::Opening | Phase::Open)
        {
            end.stalled_since = Some(now);
            self.wait_to_give_up(id);
        }
    }

    fn wait_to_give_up(&mut self, id: EndId) {
        let patience = self.random.between(self.faults.give_up.start, self.faults.give_up.end);
        self.after(patience, Delivery::GiveUp(id));
    }

    /// If the way back from `id` is blocked, then whoever sends to it hears of no arrival.
    fn watch_return(&mut self, id: EndId) {
        if self.blocked_since(id.far()).is_some() {
            self.stall(id.far());
        }
    }

    /// TCP's patience is over: if nothing got through since, the end dies of it.
    pub(super) fn give_up(&mut self, id: EndId) {
        let blocked = [id, id.far()].into_iter().filter_map(|end| self.blocked_since(end)).min();
        let Some(end) = self.streams.get_mut(id) else { return };
        let Some(stalled) = end.stalled_since.take() else { return };
        match (end.phase, blocked) {
            (Phase::Opening, _) => self.time_out(id),
            (Phase::Open, Some(since)) if since <= stalled => self.time_out(id),
            (Phase::Open, Some(since)) => {
                end.stalled_since = Some(since);
                self.wait_to_give_up(id);
            }
            _ => {}
        }
    }

    fn time_out(&mut self, id: EndId) {
        self.counts.give_ups += 1;
        self.note("give up", id, b"");
        self.fail(id, ErrorKind::TimedOut);
        if let Some(far) = self.streams.get_mut(id.far()) {
            far.wire.clear(); // what did not get through is not sent again
        }
    }

    fn phase(&self, id: EndId) -> Option<Phase> {
        self.streams.get(id).map(|end| end.phase)
    }
}
