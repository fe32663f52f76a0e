"""Links that last, for the study."""

from twisted.internet.error import ConnectionRefusedError
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from lasting import LastingServerFactory
from tests.fakes import NEIGHBOURS, NOW, FakePlaces, Transport, client_of, say

IAMAT = b"IAMAT kiwi +34.068930-118.445127 1479413884\n"


class LastingTests(SynchronousTestCase):
    def setUp(self):
        self.server = LastingServerFactory(MemoryReactorClock(), "Welsh", NEIGHBOURS, FakePlaces(), clock=lambda: NOW)
        self.server.doStart()
        self.links = [client[2] for client in self.server.reactor.tcpClients]

    def connect(self, link) -> StringTransport:
        transport = Transport()
        link.buildProtocol(None).makeConnection(transport)
        return transport

    def test_each_neighbour_is_dialled_once_and_told_over_that_connection(self):
        transports = [self.connect(link) for link in self.links]
        client = client_of(self.server)
        told = say(client, IAMAT) + say(client, IAMAT.replace(b"kiwi", b"emu"))
        self.assertEqual([transport.value() for transport in transports], [told, told])
        self.assertFalse(any(transport.disconnecting for transport in transports))
        self.assertEqual(len(self.server.reactor.tcpClients), len(NEIGHBOURS))

    def test_what_is_said_while_a_neighbour_is_away_is_lost_and_it_is_dialled_again(self):
        alford, ball = self.links
        transport = self.connect(ball)
        told = say(client_of(self.server), IAMAT)
        self.assertEqual(transport.value(), told)
        connector, dials = self.server.reactor.connectors[0], []
        connector.connect = lambda: dials.append("Alford")
        alford.clock = self.server.reactor
        alford.clientConnectionFailed(connector, Failure(ConnectionRefusedError()))
        self.server.reactor.advance(1)
        self.assertEqual(dials, ["Alford"])
        self.assertEqual(self.connect(alford).value(), b"")

    def test_a_line_that_comes_back_is_passed_over(self):
        link = self.links[0].buildProtocol(None)
        link.makeConnection(Transport())
        link.dataReceived(b"? AT\n")
        self.assertFalse(link.transport.disconnecting)
