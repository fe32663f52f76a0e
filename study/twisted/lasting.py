"""What the paper does not have: a connection to each neighbour that lasts (`--lasting`).

The study asks how much of the original's cost is its design and how much is Python. This is the same server with F10
mended. With it goes the pile of F11, whose place one buffer without bound takes; and what is said while a link waits to
be dialled again is lost.
"""

from twisted.internet.protocol import ReconnectingClientFactory
from twisted.protocols.basic import LineReceiver

from server_factory import ServerFactory


class LinkProtocol(LineReceiver):
    delimiter = b"\n"

    def connectionMade(self) -> None:
        self.transport.setTcpNoDelay(True)
        self.factory.resetDelay()
        self.factory.link = self

    def lineReceived(self, line: bytes) -> None:
        """An AT line that was refused comes back; the original has closed by then."""

    def connectionLost(self, reason) -> None:
        self.factory.link = None


class LinkFactory(ReconnectingClientFactory):
    protocol = LinkProtocol
    noisy = False
    initialDelay = delay = 0.1  # servers of one herd start one after another
    maxDelay = 2.0
    link = None

    def tell(self, message: str) -> None:
        """As with a connection for each message, what the neighbour is not there to hear is lost (F12)."""
        if self.link is not None:
            self.link.sendLine(message.encode())


class LastingServerFactory(ServerFactory):
    def startFactory(self) -> None:
        self.links = [LinkFactory() for _ in self.neighbours]
        for link, (host, port) in zip(self.links, self.neighbours.values()):
            self.reactor.connectTCP(host, port, link)

    def flood(self, message: str) -> None:
        for link in self.links:
            link.tell(message)
