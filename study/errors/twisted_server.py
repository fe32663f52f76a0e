"""Handlers that fail, on Twisted; README.md says which line asks for what."""

import sys

from twisted.internet import defer, reactor
from twisted.internet.protocol import Factory
from twisted.protocols.basic import LineReceiver


class Failing(LineReceiver):
    delimiter = b"\n"

    def lineReceived(self, line: bytes) -> None:
        handlers = {b"hello": self.hello, b"fail": self.fail, b"later": self.later, b"refused": self.refused}
        handlers[line]()

    def hello(self) -> None:
        self.sendLine(b"hello")

    def fail(self) -> None:
        raise ValueError("the handler fails")

    def later(self) -> None:
        reactor.callLater(0.001, self.fail)

    def refused(self) -> None:
        """Nobody adds an errback, and nothing reminds them to."""
        defer.fail(ValueError("the service refuses")).addCallback(self.sendLine)


def main() -> None:
    host, port = sys.argv[1].rsplit(":", 1)
    reactor.listenTCP(int(port), Factory.forProtocol(Failing), interface=host)
    print("ready", file=sys.stderr, flush=True)
    reactor.run()


main()
