"""Our herd: src, on protocols and reactor."""

from drawing.shapes import FRAME, LIBRARY, MONO, OURS, OUTSIDE, STATE, Arrow, Box, Words, legend, page
from drawing.symbols import calls_on_self

TURN, FLUSH, CX = "reactor/src/reactor/mod.rs", "reactor/src/reactor/flush.rs", "reactor/src/cx/mod.rs"
NET, WIRES, REQUESTS = "reactor/src/mio_net/mod.rs", "reactor/src/wires.rs", "reactor/src/requests.rs"
PROTOCOL, AGENT = "reactor/src/protocol.rs", "protocols/src/http/agent/"

FIRST_STEP = 118
"""Where the steps of a turn begin."""
PART = 78
"""From one part of the application to the next."""


def draw() -> str:
    shapes = [*_outside(), *_reactor(), *_asked(), *_protocols(), *_application(), *_bytes(), *_calls()]
    return page(772, 610, "The herd on its own reactor", [*shapes, *legend(582, "libraries")])


def _outside() -> list[Box]:
    return [
        Box((122, 10, 640, 556), FRAME, "one server, src: one thread for all of this"),
        Box((8, 92, 104, 48), OUTSIDE, "clients", notes=("their port",)),
        Box((8, 176, 104, 62), OUTSIDE, "neighbours", notes=("dial us, at", "another port")),
        Box((8, 274, 104, 62), OUTSIDE, "neighbours", notes=("dialled by us,", "kept open")),
        Box((8, 368, 104, 48), OUTSIDE, "Google", notes=("or others",)),
        Box((8, 470, 104, 62), OUTSIDE, "threads", notes=("disk, names,", "parsing")),
    ]


def _reactor() -> list[Box | Words]:
    steps = [f"{number} {step}" for number, step in enumerate(calls_on_self(TURN, "turn"), 1)]
    return [
        Box((134, 42, 82, 512), LIBRARY, "MioNet", NET, ("", "sockets", "(epoll),", "clocks,", "signals")),
        Box((238, 42, 138, 372), LIBRARY, "Reactor::turn", TURN),
        *(Words(246, FIRST_STEP + 32 * row, step, MONO) for row, step in enumerate(steps)),
    ]


def _asked() -> list[Box]:
    return [
        Box((238, 452, 338, 102), FRAME, "what callbacks have asked for"),
        Box((248, 482, 152, 62), STATE, "Wires", WIRES, ("outboxes, flags",)),
        Box((410, 482, 156, 62), STATE, "Core", REQUESTS, ("timers, requests",)),
    ]


def _protocols() -> list[Box]:
    client, heard, told = "src/herd/server_protocol.rs", "src/link/peer_protocol.rs", "src/link/client_protocol.rs"
    return [
        Box((412, 42, 164, 372), FRAME, "protocols"),
        Box((420, 70, 148, 80), OURS, "ServerProtocol", client, ("one for each client,", "inside of Lines")),
        Box((420, 158, 148, 80), OURS, "PeerProtocol", heard, ("hears a neighbour", "that dialled us")),
        Box((420, 246, 148, 80), OURS, "ClientProtocol", told, ("tells a neighbour;", "one link, kept open")),
        Box((420, 334, 148, 72), LIBRARY, "ClientProtocol", AGENT + "client_protocol.rs"),
    ]


def _application() -> list[Box]:
    parts = [
        (STATE, "Store", "src/store/mod.rs", ("newest AT lines",)),
        (OURS, "Neighbours", "src/herd/flood.rs", ("floods the links",)),
        (OURS, "Journal", "src/journal/mod.rs", ("commits to disk",)),
        (OURS, "Desk", "src/places/desk/mod.rs", ("asks for places",)),
        (OURS, "TrafficLog", "src/traffic_log/mod.rs", ("never waited for",)),
        (LIBRARY, "Agent", AGENT + "mod.rs", ()),
    ]
    return [
        Box((618, 42, 134, 512), OURS, "Herd", "src/herd/mod.rs"),
        *(Box((626, 86 + PART * row, 118, 64), *part) for row, part in enumerate(parts)),
    ]


def _bytes() -> list[Arrow]:
    return [
        *(Arrow([(112, y), (134, y)], both=True) for y in (116, 207, 305, 392, 501)),
        Arrow([(216, 114), (238, 114)], code=(NET, "fn poll(")),
        Arrow([(216, 178), (238, 178)], code=(NET, "fn read(")),
        Arrow([(238, 274), (216, 274)], code=(NET, "fn write(")),
    ]


def _calls() -> list[Arrow]:
    asked, asked_by = "cx.transport,\ncx.reactor", (CX, "pub transport: Transport<'a>")
    return [
        Arrow([(376, 178), (412, 178)], "calls", (379, 172), (PROTOCOL, "fn data_received(")),
        Arrow([(576, 198), (618, 198)], "cx.app", (578, 191), (CX, "pub app: &'a mut A"), both=True),
        Arrow([(494, 414), (494, 452)], asked, (502, 430), asked_by, later=True),
        Arrow([(307, 452), (307, 414)], "taken up in\nlater steps", (315, 430), (FLUSH, "self.wires"), later=True),
    ]
