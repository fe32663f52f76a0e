"""The command line: who I am, where everybody is, who talks to whom."""

from argparse import ArgumentParser, Namespace
from dataclasses import dataclass

Address = tuple[str, int]

ADDRESSES: dict[str, Address] = {
    "Alford": ("127.0.0.1", 12000),
    "Ball": ("127.0.0.1", 12001),
    "Hamilton": ("127.0.0.1", 12002),
    "Holiday": ("127.0.0.1", 12003),
    "Welsh": ("127.0.0.1", 12004),
}
LINKS = "Alford-Hamilton,Alford-Welsh,Ball-Holiday,Ball-Welsh,Hamilton-Holiday"


@dataclass
class Arguments:
    name: str
    addresses: dict[str, Address]
    links: list[list[str]]
    places: str
    lasting: bool

    @classmethod
    def parse(cls, arguments: list[str]) -> "Arguments":
        parser = _parser()
        given = parser.parse_args(arguments)
        try:
            parsed = cls._from(given)
            parsed.check()
        except ValueError as error:
            parser.error(str(error))
        return parsed

    @classmethod
    def _from(cls, given: Namespace) -> "Arguments":
        addresses = {**ADDRESSES, **dict(_address(text) for text in given.address)}
        links = [] if given.links == "none" else [link.split("-") for link in given.links.split(",")]
        return cls(given.name, addresses, links, given.places, given.lasting)

    def check(self) -> None:
        for link in self.links:
            if len(link) != 2:
                raise ValueError(f"a link is A-B, not {'-'.join(link)!r}")
        for name in [self.name, *(name for link in self.links for name in link)]:
            if name not in self.addresses:
                raise ValueError(f"no address of {name!r}; give --address {name}=HOST:PORT")

    def neighbours(self) -> dict[str, Address]:
        """The servers at the other ends of my links."""
        names = [name for link in self.links if self.name in link for name in link if name != self.name]
        return {name: self.addresses[name] for name in names}


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="twisted", description="One server of the herd, as the paper built it on Twisted.")
    parser.add_argument("name", metavar="NAME", help="which server to be: " + ", ".join(ADDRESSES))
    parser.add_argument("--address", metavar="NAME=HOST:PORT", action="append", default=[])
    parser.add_argument("--links", metavar="A-B,C-D", default=LINKS, help="who talks to whom; none: nobody")
    parser.add_argument("--places", metavar="BASE_URL", default="https://maps.googleapis.com")
    parser.add_argument("--lasting", action="store_true", help="not the paper's: keep a connection to each neighbour")
    return parser


def _address(text: str) -> tuple[str, Address]:
    name, equals, address = text.partition("=")
    host, colon, port = address.rpartition(":")
    if not (name and equals and host and colon and port.isdigit()):
        raise ValueError(f"an address is NAME=HOST:PORT, not {text!r}")
    return name, (host, int(port))
