"""The herd as the paper built it: study/twisted."""

from drawing.shapes import FRAME, LIBRARY, MONO, OURS, OUTSIDE, STATE, Arrow, Box, Words, legend, page
from drawing.symbols import handlers, imported_from, require

HERE = "study/twisted/"
MAIN, PLACES = HERE + "__main__.py", HERE + "places.py"
SERVER_PROTOCOL, SERVER_FACTORY = HERE + "server_protocol.py", HERE + "server_factory.py"
CLIENT_PROTOCOL = HERE + "client_protocol.py"

FIRST_WORD = 154
"""Where the table of first words begins."""


def draw() -> str:
    boxes = [*_outside(), *_reactor(), *_protocols(), *_factories()]
    shapes = [*boxes, *_words(), *_bytes(), *_calls(), *legend(508, "Twisted")]
    return page(772, 536, "The herd on Twisted", shapes)


def _outside() -> list[Box]:
    return [
        Box((122, 10, 640, 482), FRAME, "one server, study/twisted: one thread for all of this"),
        Box((8, 92, 104, 62), OUTSIDE, "clients", notes=("IAMAT,", "WHATSAT")),
        Box((8, 186, 104, 62), OUTSIDE, "neighbours", notes=("AT, to the", "same port")),
        Box((8, 300, 104, 48), OUTSIDE, "Google", notes=("Places",)),
        Box((8, 398, 104, 48), OUTSIDE, "neighbours", notes=("their port",)),
    ]


def _reactor() -> list[Box]:
    does = ("", "waits for sockets", "and timers (epoll),", "and calls whoever", "it is about, one", "after the other")
    return [Box((134, 42, 128, 438), LIBRARY, "reactor", notes=does, module=imported_from(MAIN, "reactor"))]


def _protocols() -> list[Box]:
    serves = ("one for each connection,", "a client's or a neighbour's;", "cuts the stream into lines")
    tells = ("one for each update and", "neighbour: one line, close")
    return [
        Box((322, 42, 212, 206), OURS, "ServerProtocol", SERVER_PROTOCOL, serves),
        Box((322, 296, 212, 56), LIBRARY, "Agent", module=imported_from(PLACES, "Agent")),
        Box((322, 380, 212, 84), OURS, "ClientProtocol", CLIENT_PROTOCOL, tells),
    ]


def _factories() -> list[Box]:
    return [
        Box(
            (582, 42, 168, 158), OURS, "ServerFactory", SERVER_FACTORY, ("one: what the server", "knows, whom it tells")
        ),
        Box((592, 122, 148, 62), STATE, "clients", notes=("an AT line for each", "id that was heard")),
        Box((582, 296, 140, 56), OURS, "Places", PLACES),
        Box((582, 380, 168, 84), OURS, "MessageFactory", CLIENT_PROTOCOL, ("one for each dial",)),
    ]


def _words() -> list[Words]:
    rows = [*handlers(SERVER_PROTOCOL).items(), ("else", "bad_request")]
    for _, method in rows:
        require(SERVER_PROTOCOL, f"ServerProtocol.{method}")
    lines = [(FIRST_WORD + 26 * row, words) for row, words in enumerate(rows)]
    return [Words(x, y, word, MONO) for y, words in lines for x, word in zip((330, 396), words, strict=True)]


def _bytes() -> list[Arrow]:
    return [
        Arrow([(112, 123), (134, 123)], both=True),
        Arrow([(112, 217), (134, 217)]),
        Arrow([(112, 324), (134, 324)], both=True),
        Arrow([(134, 422), (112, 422)]),
        Arrow([(262, 150), (322, 150)], "lines", (274, 145), (SERVER_PROTOCOL, "def lineReceived(")),
        Arrow([(322, 202), (262, 202)], "replies", (270, 197), (SERVER_PROTOCOL, "self.sendLine(")),
        Arrow([(322, 324), (262, 324)], "HTTP", (276, 319), (PLACES, "readBody"), both=True),
        Arrow([(322, 422), (262, 422)], "AT, close", (266, 417), (CLIENT_PROTOCOL, "loseConnection()")),
    ]


def _calls() -> list[Arrow]:
    stored = (SERVER_PROTOCOL, "self.factory.clients[")
    nearby = [(534, 202), (558, 202), (558, 324), (582, 324)]
    answered, made = (SERVER_PROTOCOL, "addCallback(self.send_places"), (CLIENT_PROTOCOL, "protocol = ClientProtocol")
    flood = "flood: connectTCP,\nfor each neighbour"
    return [
        Arrow([(534, 150), (592, 150)], code=stored),
        Arrow([(534, 176), (592, 176)], code=stored),
        Arrow(nearby, code=(SERVER_PROTOCOL, "places.nearby(")),
        Arrow([(582, 338), (534, 338)], code=(PLACES, "agent.request(")),
        Arrow([(428, 296), (428, 248)], "Deferred", (436, 277), answered, later=True),
        Arrow([(738, 200), (738, 380)], flood, (612, 238), (SERVER_FACTORY, "connectTCP(")),
        Arrow([(582, 422), (534, 422)], "makes", (540, 417), made, later=True),
    ]
