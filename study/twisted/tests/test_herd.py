"""Five servers on real sockets, linked in the ring."""

from twisted.internet import defer, reactor
from twisted.internet.protocol import ClientCreator, Protocol
from twisted.internet.task import deferLater
from twisted.internet.tcp import Connection
from twisted.trial.unittest import TestCase

from arguments import ADDRESSES, Arguments
from client_protocol import MessageFactory
from server_factory import ServerFactory


class HerdPlaces:
    def nearby(self, *question) -> defer.Deferred:
        return defer.succeed("{}")


class Client(Protocol):
    """Sends one line at a time and awaits what ends its reply."""

    over = False

    def ask(self, line: bytes, end: bytes = b"\n") -> defer.Deferred:
        self.end, self.heard, self.reply = end, b"", defer.Deferred()
        self.transport.write(line + b"\n")
        return self.reply

    def dataReceived(self, data: bytes) -> None:
        self.heard += data
        if self.heard.startswith(b"? ") or self.heard.endswith(self.end):
            self.reply.callback(self.heard)

    def connectionLost(self, reason) -> None:
        self.over = True


class HerdTests(TestCase):
    timeout = 30

    def setUp(self):
        self.servers = {name: ServerFactory(reactor, name, {}, HerdPlaces()) for name in ADDRESSES}
        self.ports, self.clients = {}, []
        for name, server in self.servers.items():
            port = reactor.listenTCP(0, server, interface="127.0.0.1")
            self.addCleanup(port.stopListening)
            self.ports[name] = port.getHost().port
        for name, server in self.servers.items():
            neighbours = Arguments.parse([name]).neighbours()
            server.neighbours.update({other: ("127.0.0.1", self.ports[other]) for other in neighbours})

    @defer.inlineCallbacks
    def client(self, server: str):
        client = yield ClientCreator(reactor, Client).connectTCP("127.0.0.1", self.ports[server])
        self.clients.append(client)
        return client

    @defer.inlineCallbacks
    def tearDown(self):
        for client in self.clients:
            client.transport.loseConnection()
        yield self.until(lambda: not any(isinstance(reader, Connection) for reader in reactor.getReaders()))

    @defer.inlineCallbacks
    def until_known(self, server: str, query: bytes):
        client = yield self.client(server)
        while (answer := (yield client.ask(query, b"\n\n"))).startswith(b"? "):
            yield deferLater(reactor, 0.01, lambda: None)
        return answer

    @defer.inlineCallbacks
    def until(self, condition):
        """If that never comes, trial's time limit ends the test."""
        while not condition():
            yield deferLater(reactor, 0.01, lambda: None)

    @defer.inlineCallbacks
    def test_a_report_to_any_one_is_known_to_all(self):
        for number, name in enumerate(self.servers):
            reporter = yield self.client(name)
            at = yield reporter.ask(f"IAMAT kiwi{number} +34.068930-118.445127 1479413884.392014450".encode())
            self.assertTrue(at.startswith(f"AT {name} +".encode()), at)
            query = f"WHATSAT kiwi{number} 10 5".encode()
            answers = yield defer.gatherResults([self.until_known(server, query) for server in self.servers])
            self.assertEqual(set(answers), {at + b"{}\n\n"})

    @defer.inlineCallbacks
    def test_what_a_neighbour_is_not_there_to_hear_is_lost(self):
        failed = []
        self.patch(MessageFactory, "clientConnectionFailed", lambda *_: failed.append("refused"))
        closed = reactor.listenTCP(0, self.servers["Ball"], interface="127.0.0.1")
        nowhere = ("127.0.0.1", closed.getHost().port)
        yield closed.stopListening()
        self.servers["Ball"].neighbours = {"Welsh": nowhere, "Holiday": nowhere}
        reporter = yield self.client("Ball")
        yield reporter.ask(b"IAMAT kiwi +1+1 1000")
        yield self.until(lambda: len(failed) == 2)
        self.assertEqual([name for name, server in self.servers.items() if server.clients], ["Ball"])

    @defer.inlineCallbacks
    def test_who_says_that_nothing_more_will_come_is_not_answered(self):
        client = yield self.client("Welsh")
        client.ask(b"IAMAT kiwi +1+1 1000")
        client.transport.loseWriteConnection()
        yield self.until(lambda: client.over)
        self.assertEqual(client.heard, b"")
        self.assertIn("kiwi", self.servers["Welsh"].clients)
