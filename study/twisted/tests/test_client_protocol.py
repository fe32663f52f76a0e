"""How a neighbour is told."""

from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from client_protocol import MessageFactory


class ClientProtocolTests(SynchronousTestCase):
    def test_it_says_one_line_and_closes(self):
        protocol = MessageFactory("AT Ball +0.5 kiwi +1+2 1000").buildProtocol(None)
        transport = StringTransport()
        protocol.makeConnection(transport)
        self.assertEqual(transport.value(), b"AT Ball +0.5 kiwi +1+2 1000\n")
        self.assertTrue(transport.disconnecting)
