//! Questions that wait to be asked, by the clients whose they are.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;

use super::question::Spot;

/// The clients take turns, one question a turn; of one client the oldest question is asked first (fair queueing, as
/// RFC 970 describes it). So somebody with one question waits for one question of each other client at most, however
/// many those have.
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// Who has questions waiting, in the order of their turns.
    turns: VecDeque<IpAddr>,
    /// Theirs, oldest first; none is empty.
    waiting: BTreeMap<IpAddr, VecDeque<Spot>>,
    len: usize,
}

impl Queue {
    /// The questions of all clients.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The questions of this client.
    pub(super) fn count(&self, client: IpAddr) -> usize {
        self.waiting.get(&client).map_or(0, VecDeque::len)
    }

    pub(super) fn push(&mut self, client: IpAddr, spot: Spot) {
        let own = self.waiting.entry(client).or_default();
        if own.is_empty() {
            self.turns.push_back(client);
        }
        own.push_back(spot);
        self.len += 1;
    }

    /// The question whose turn it is.
    pub(super) fn pop(&mut self) -> Option<Spot> {
        let client = self.turns.pop_front()?;
        self.turns.push_back(client);
        self.take(client, |_| Some(0))
    }

    /// Takes out a question of this client.
    pub(super) fn remove(&mut self, client: IpAddr, spot: Spot) {
        self.take(client, |own| own.iter().position(|waiting| *waiting == spot));
    }

    /// Takes out the newest question of the client that has the most, to make room for one of `newcomer`; unless that
    /// one would have as many then.
    pub(super) fn displace(&mut self, newcomer: IpAddr) -> Option<Spot> {
        let (most, client) = self.waiting.iter().map(|(client, own)| (own.len(), *client)).max()?;
        let has_more = most > self.count(newcomer) + 1;
        has_more.then(|| self.take(client, |own| own.len().checked_sub(1))).flatten()
    }

    /// A question of `owner` is now one of `other`, too. Whose it is from now on: of the two the one with whom it is
    /// asked sooner.
    pub(super) fn share(&mut self, spot: Spot, owner: IpAddr, other: IpAddr) -> IpAddr {
        let place = self.waiting.get(&owner).and_then(|own| own.iter().position(|waiting| *waiting == spot));
        if place.is_none_or(|place| place <= self.count(other)) {
            return owner;
        }
        self.remove(owner, spot);
        self.push(other, spot);
        other
    }

    /// Takes out the question in a place of this client's own.
    fn take(&mut self, client: IpAddr, place: impl FnOnce(&VecDeque<Spot>) -> Option<usize>) -> Option<Spot> {
        let own = self.waiting.get_mut(&client)?;
        let spot = place(own).and_then(|place| own.remove(place))?;
        self.len -= 1;
        if own.is_empty() {
            self.waiting.remove(&client);
            self.turns.retain(|other| *other != client);
        }
        Some(spot)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn client(number: u8) -> IpAddr {
        [10, 0, 0, number].into()
    }

    /// A queue of these clients' questions; each is numbered by its place in the list.
    fn queue(clients: &[u8]) -> Queue {
        let mut queue = Queue::default();
        (0..).zip(clients).for_each(|(number, of)| queue.push(client(*of), Spot::numbered(number)));
        queue
    }

    /// Whose questions are asked, in their order, and which.
    fn order(mut queue: Queue) -> Vec<u64> {
        std::iter::from_fn(|| queue.pop()).map(Spot::number).collect()
    }

    #[test]
    fn clients_take_turns_and_each_asks_in_its_order() {
        assert_eq!(order(queue(&[1, 1, 1, 1, 2, 3, 3])), [0, 4, 5, 1, 6, 2, 3]);
        assert_eq!(queue(&[]).pop(), None);
    }

    #[test]
    fn who_has_most_makes_room_with_its_newest_and_a_newcomer_with_as_many_gets_none() {
        let mut queue = queue(&[1, 2, 1, 1]);
        assert_eq!(queue.displace(client(2)).map(Spot::number), Some(3));
        queue.push(client(2), Spot::numbered(4));
        assert_eq!([1, 2, 3].map(|of| queue.displace(client(of))), [None, None, Some(Spot::numbered(4))]);
        assert_eq!([1, 2, 3].map(|of| queue.count(client(of))), [2, 1, 0]);
        assert_eq!(Queue::default().displace(client(1)), None);
    }

    #[test]
    fn a_question_of_two_is_asked_when_the_first_of_them_has_its_turn() {
        let mut two = queue(&[1, 1, 1]);
        let owner = two.share(Spot::numbered(2), client(1), client(2));
        assert_eq!((owner, two.count(client(1))), (client(2), 2));
        assert_eq!(order(two), [0, 2, 1]);
        let mut two = queue(&[1, 2, 2]);
        assert_eq!(two.share(Spot::numbered(0), client(1), client(2)), client(1), "it comes first already");
        assert_eq!(order(two), [0, 1, 2]);
    }

    proptest! {
        #[test]
        fn nobody_is_asked_twice_before_somebody_who_waits_is_asked_once(
            clients in prop::collection::vec(0..5_u8, 0..60), removed in prop::collection::vec(0..60_usize, 0..9),
        ) {
            let mut queue = queue(&clients);
            let removed: BTreeSet<usize> = removed.into_iter().filter(|number| *number < clients.len()).collect();
            removed.iter().for_each(|number| queue.remove(client(clients[*number]), Spot::numbered(*number as u64)));
            let mut expected: Vec<usize> = (0..clients.len()).filter(|number| !removed.contains(number)).collect();
            prop_assert_eq!(queue.len(), expected.len());
            // The n-th question of a client is asked in round n.
            let round = |number: usize| {
                (0..number).filter(|earlier| clients[*earlier] == clients[number] && !removed.contains(earlier)).count()
            };
            let found: Vec<usize> = order(queue).into_iter().map(|number| usize::try_from(number).unwrap()).collect();
            prop_assert!(found.is_sorted_by_key(|number| round(*number)), "{:?}", found);
            let mut found = found;
            found.sort_unstable();
            expected.sort_unstable();
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn whoever_has_no_more_than_its_share_keeps_it(
            clients in prop::collection::vec(0..5_u8, 1..60), room in 5..20_usize,
        ) {
            let mut queue = Queue::default();
            for (number, of) in (0..).zip(&clients) {
                let is_full = queue.len() == room;
                if !is_full || queue.displace(client(*of)).is_some() {
                    queue.push(client(*of), Spot::numbered(number));
                }
                prop_assert!(queue.len() <= room && (is_full || queue.len() as u64 == number + 1 || queue.len() == room));
            }
            let asked = |of: u8| clients.iter().filter(|client| **client == of).count();
            let share = room / 5;
            for of in 0..5 {
                prop_assert!(queue.count(client(of)) >= asked(of).min(share));
            }
        }
    }
}
