"""Stand-ins: a transport, a factory without a network, and places that answer when the test says so."""

from twisted.internet.defer import Deferred
from twisted.internet.testing import MemoryReactorClock, StringTransport

from server_factory import ServerFactory
from server_protocol import ServerProtocol

NOW = 1479413884.655887835
NEIGHBOURS = {"Alford": ("127.0.0.1", 12000), "Ball": ("127.0.0.1", 12001)}


class Transport(StringTransport):
    def setTcpNoDelay(self, enabled: bool) -> None:
        pass


class FakePlaces:
    def __init__(self) -> None:
        self.asked = []

    def nearby(self, *question) -> Deferred:
        answer = Deferred()
        self.asked.append((question, answer))
        return answer


def server(name: str = "Welsh") -> ServerFactory:
    """A server that is told the time and has a network in memory."""
    return ServerFactory(MemoryReactorClock(), name, NEIGHBOURS, FakePlaces(), clock=lambda: NOW)


def client_of(factory: ServerFactory) -> ServerProtocol:
    protocol = factory.buildProtocol(None)
    protocol.makeConnection(Transport())
    return protocol


def say(protocol: ServerProtocol, data: bytes) -> bytes:
    """What is answered at once."""
    protocol.transport.clear()
    protocol.dataReceived(data)
    return protocol.transport.value()


def flooded(factory: ServerFactory) -> list[tuple[int, str]]:
    """The port and the message of each connection that was asked for."""
    return [(client[1], client[2].message) for client in factory.reactor.tcpClients]
