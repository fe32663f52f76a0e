"""Google's Nearby Search, asked through Twisted's own HTTP client."""

import json
from urllib.parse import urlencode

from twisted.internet.defer import Deferred
from twisted.web.client import Agent, HTTPConnectionPool, readBody

PATH = "/maps/api/place/nearbysearch/json"


class Places:
    def __init__(self, reactor, base_url: str, key: str) -> None:
        self.agent = Agent(reactor, pool=HTTPConnectionPool(reactor))
        self.url = base_url.rstrip("/") + PATH
        self.key = key

    def nearby(self, latitude: float, longitude: float, radius: float, bound: int) -> Deferred:
        """The text of the answer, cut to `bound` results."""
        location = f"{latitude},{longitude}"
        query = urlencode({"location": location, "radius": radius * 1000, "key": self.key}, safe=",")
        # Flaw F17: nothing limits how long an answer may take, how long it may be, or how many are awaited at once,
        # and the HTTP status is not looked at; ours: src/places/desk.
        asked = self.agent.request(b"GET", f"{self.url}?{query}".encode())
        asked.addCallback(readBody)
        asked.addCallback(cut, bound)
        return asked


def cut(body: bytes, bound: int) -> str:
    """Flaw F18: the text is printed anew, so escapes and digits are Python's; ours keeps Google's own text,
    src/places/search.rs.
    """
    answer = json.loads(body)
    answer["results"] = answer["results"][:bound]
    return json.dumps(answer, indent=3, separators=(",", " : "), ensure_ascii=False)
