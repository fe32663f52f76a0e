//! The news of another server: taken if it is any, and then passed on (the paper, 3.4).

use reactor::Cx;

use super::Herd;
use crate::command::AtLine;

/// Takes what a neighbour tells, the one at the place `from` if it is linked; in `paper` mode nobody knows which of
/// them it was.
pub(crate) fn hear<P: 'static>(cx: &mut Cx<'_, Herd, P>, from: Option<usize>, at: &AtLine<'_>) {
    let herd = &mut *cx.app;
    if !herd.store.has_room_for(at.id) {
        herd.drop_news(cx.transport.peer());
    } else if let Some(record) = herd.store.accept(at) {
        herd.counters.news += 1;
        herd.journal.changed(&mut cx.reactor);
        let peers = &mut cx.transport.peers();
        herd.neighbours.flood(from, record.line(), &mut herd.traffic, peers, &mut cx.reactor);
    } else {
        herd.counters.old_news += 1;
    }
}
