"""How a server speaks to a neighbour: it connects, says one line and closes."""

from twisted.internet.protocol import ClientFactory
from twisted.protocols.basic import LineReceiver


class ClientProtocol(LineReceiver):
    delimiter = b"\n"

    def connectionMade(self) -> None:
        self.sendLine(self.factory.message.encode())
        self.transport.loseConnection()


class MessageFactory(ClientFactory):
    """Flaw F12: when the neighbour cannot be reached, clientConnectionFailed is told, and the message is lost; ours
    compares what both hold when they are linked again, src/link/resync.
    """

    protocol = ClientProtocol
    noisy = False  # otherwise Twisted keeps a note of each start and stop, two for every message

    def __init__(self, message: str) -> None:
        self.message = message
