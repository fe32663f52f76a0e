"""One connection, of a client or of a neighbour: nothing tells them apart."""

from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure

from record import Record


class ServerProtocol(LineReceiver):
    """Flaw F14: without IHalfCloseableProtocol, a client that shuts down its sending side is gone for Twisted, and
    what was not yet written to it is lost: even the reply to the line that came just before. So is a last line
    without its end. Ours answers first, `read_closed` in src/herd/server_protocol.rs.

    Flaw F15: a line of more than MAX_LENGTH ends the connection without a word; ours says which line it was.

    Flaw F16: no limit for connections, for silence, or for replies that nobody reads; ours: docs/limits.md.
    """

    delimiter = b"\n"

    def connectionMade(self) -> None:
        # Replies are small writes; without this, one may wait for the acknowledgement of the one before.
        self.transport.setTcpNoDelay(True)

    def lineReceived(self, line: bytes) -> None:
        # Flaw F1: an id that is not UTF-8 raises here, and Twisted ends the connection; ours takes bytes as they are.
        text = line.decode()
        # Flaw F2: str.split() parts also at NBSP, U+0085 and U+001C to U+001F; ours at six ASCII characters.
        command, *fields = text.split() or [""]
        handle = self.handlers.get(command)
        if handle is None:
            # Flaw F19: this goes for HTTP, too, so a web page can have its reader's browser speak to us, in the lines
            # behind a POST; ours closes.
            return self.bad_request(text)
        try:
            handle(self, text, fields)
        except ValueError:
            self.bad_request(text)

    def handle_iamat(self, line: str, fields: list[str]) -> None:
        client, location, time = fields
        difference = self.factory.clock() - float(time)
        message = f"AT {self.factory.name} {difference:+.9f} {client} {location} {time}"
        # Flaw F5: the paper compares times in the AT handler alone, so an older report replaces a newer one here, and
        # here only; ours: newest wins, src/store.
        # Flaw F4: a report from the future hides the client until that time comes; ours: max_clock_skew.
        self.factory.clients[client] = Record.parse(message, location, time)
        self.factory.flood(message)
        self.sendLine(message.encode())

    def handle_at(self, line: str, fields: list[str]) -> None:
        """Flaw F7: whoever can connect may say AT; ours: neighbours prove who they are, src/link/hello.rs."""
        _server, _difference, client, location, time = fields
        record = Record.parse(line.strip(), location, time)
        stored = self.factory.clients.get(client)
        # Flaw F6: of two reports of one time each server keeps whichever came first, for ever; ours has an order in
        # which no two records are equal, src/store.
        if stored is None or record.time > stored.time:
            self.factory.clients[client] = record
            self.factory.flood(record.message)

    def handle_whatsat(self, line: str, fields: list[str]) -> None:
        client, radius_text, bound_text = fields
        radius, bound = float(radius_text), int(bound_text)
        record = self.factory.clients.get(client)
        if record is None or not 0 < radius <= 50 or not 0 < bound <= 20:
            raise ValueError("nobody of that name, or out of bounds")
        # Flaw F13: nothing holds the next line back, so its reply overtakes this one; ours pauses reading.
        answer = self.factory.places.nearby(record.latitude, record.longitude, radius, bound)
        answer.addCallback(self.send_places, record)
        answer.addErrback(self.places_failed, line)

    def send_places(self, places: str, record: Record) -> None:
        self.transport.write(f"{record.message}\n{places}\n\n".encode())

    def places_failed(self, failure: Failure, line: str) -> None:
        self.bad_request(line)

    def bad_request(self, line: str) -> None:
        # Flaw F21: the CR of a line that ended in CRLF is still on it; ours takes it off.
        self.sendLine(f"? {line}".encode())

    handlers = {"IAMAT": handle_iamat, "AT": handle_at, "WHATSAT": handle_whatsat}
