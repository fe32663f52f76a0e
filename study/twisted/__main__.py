"""One server of the paper's herd: `python3 study/twisted Welsh`."""

import os
import sys

from twisted.internet import reactor

from arguments import Arguments
from lasting import LastingServerFactory
from places import Places
from server_factory import ServerFactory

# Linux cuts it down to net.core.somaxconn. With Twisted's own 50, a burst of the herd's short connections would be
# measured as SYNs sent again after a second.
BACKLOG = 4096


def main() -> None:
    arguments = Arguments.parse(sys.argv[1:])
    host, port = arguments.addresses[arguments.name]
    places = Places(reactor, arguments.places, os.environ.get("GOOGLE_PLACES_API_KEY", ""))
    kind = LastingServerFactory if arguments.lasting else ServerFactory
    factory = kind(reactor, arguments.name, arguments.neighbours(), places)
    reactor.listenTCP(port, factory, backlog=BACKLOG, interface=host)
    print(f"{arguments.name}: ready on {host}:{port}", file=sys.stderr, flush=True)
    reactor.run()


if __name__ == "__main__":
    main()
