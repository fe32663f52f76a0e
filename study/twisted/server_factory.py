"""One server of the herd: what it knows, and whom it tells."""

import time
from collections.abc import Callable

from twisted.internet.protocol import Factory

from arguments import Address
from client_protocol import MessageFactory
from places import Places
from record import Record
from server_protocol import ServerProtocol


class ServerFactory(Factory):
    protocol = ServerProtocol

    def __init__(
        self,
        reactor,
        name: str,
        neighbours: dict[str, Address],
        places: Places,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.reactor = reactor
        self.name = name
        self.neighbours = neighbours
        self.places = places
        self.clock = clock
        # Flaw F20: it is in memory alone, and grows with every id that anybody makes up; ours: src/journal,
        # src/store/away.rs and limits.clients_known.
        self.clients: dict[str, Record] = {}

    def flood(self, message: str) -> None:
        """Flaw F9: an AT line does not say who sent it on, so it goes back there, too; ours leaves out that link.

        Flaw F10: a connection for each message and neighbour; ours keeps one link, src/link.

        Flaw F11: those to a neighbour that does not accept wait, up to 30 seconds each and without bound; ours queues
        in a bounded outbox.
        """
        for host, port in self.neighbours.values():
            self.reactor.connectTCP(host, port, MessageFactory(message))
