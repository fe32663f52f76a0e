"""Places, asked of a Site on loopback."""

from twisted.internet import defer, reactor
from twisted.internet.task import deferLater
from twisted.trial.unittest import SynchronousTestCase, TestCase
from twisted.web.resource import Resource
from twisted.web.server import Site

from places import Places, cut

ANSWER = """{
   "html_attributions" : [],
   "results" : [
      {
         "name" : "Café 東京",
         "types" : []
      },
      {
         "name" : "second"
      }
   ],
   "status" : "OK"
}"""


class Listing(Resource):
    isLeaf = True

    def __init__(self, body: str) -> None:
        super().__init__()
        self.body = body.encode()
        self.uris = []

    def render_GET(self, request) -> bytes:
        self.uris.append(request.uri)
        return self.body


class CutTests(SynchronousTestCase):
    def test_as_many_results_as_asked_for_in_googles_form(self):
        self.assertEqual(cut(ANSWER.encode(), 20), ANSWER)
        one = ANSWER.replace(
            """,
      {
         "name" : "second"
      }""",
            "",
        )
        self.assertNotEqual(one, ANSWER)
        self.assertEqual(cut(ANSWER.encode(), 1), one)

    def test_the_text_is_printed_anew(self):
        self.assertEqual(
            cut(b'{"results" : [4.50, "\\u003c"]}', 2), '{\n   "results" : [\n      4.5,\n      "<"\n   ]\n}'
        )


class PlacesTests(TestCase):
    def ask(self, body: str):
        self.listing = Listing(body)
        port = reactor.listenTCP(0, Site(self.listing), interface="127.0.0.1")
        self.addCleanup(port.stopListening)
        places = Places(reactor, f"http://127.0.0.1:{port.getHost().port}", "secret")
        self.addCleanup(close, places)
        return places.nearby(34.06893, -118.445127, 10.0, 20)

    @defer.inlineCallbacks
    def test_the_question_and_the_answer(self):
        self.assertEqual((yield self.ask(ANSWER)), ANSWER)
        uri = b"/maps/api/place/nearbysearch/json?location=34.06893,-118.445127&radius=10000.0&key=secret"
        self.assertEqual(self.listing.uris, [uri])

    def test_what_is_not_json_is_a_failure(self):
        return self.assertFailure(self.ask("<html>"), ValueError)

    def test_json_without_results_is_a_failure(self):
        return self.assertFailure(self.ask("{}"), KeyError)


@defer.inlineCallbacks
def close(places: Places):
    """The server's end of a kept connection is told in the turn after."""
    yield places.agent._pool.closeCachedConnections()
    yield deferLater(reactor, 0, lambda: None)
