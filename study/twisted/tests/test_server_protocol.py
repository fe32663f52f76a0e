"""What one connection answers, good lines and bad."""

from twisted.trial.unittest import SynchronousTestCase

from tests.fakes import client_of, flooded, say, server

SESSION = b"IAMAT kiwi.cs.ucla.edu +34.068930-118.445127 1479413884.392014450\n"
AT = b"AT Welsh +0.263873339 kiwi.cs.ucla.edu +34.068930-118.445127 1479413884.392014450\n"


def at(location: str, time: str, server: str = "Ball") -> bytes:
    return f"AT {server} +0.5 kiwi {location} {time}\n".encode()


class IamatTests(SynchronousTestCase):
    def setUp(self):
        self.factory = server()
        self.client = client_of(self.factory)

    def test_the_papers_session(self):
        self.assertEqual(say(self.client, SESSION), AT)
        self.assertFalse(self.client.transport.disconnecting)

    def test_it_is_passed_on_to_every_neighbour(self):
        say(self.client, SESSION)
        message = AT.decode().rstrip()
        self.assertEqual(flooded(self.factory), [(12000, message), (12001, message)])

    def test_lines_may_come_in_pieces_and_together(self):
        self.assertEqual(say(self.client, SESSION[:9]), b"")
        self.assertEqual(say(self.client, SESSION[9:] + SESSION), AT + AT)

    def test_white_space_may_be_more_and_its_cr_is_part_of_it(self):
        self.assertEqual(say(self.client, SESSION.replace(b" ", b" \t ").replace(b"\n", b"\r\n")), AT)

    def test_an_older_report_replaces_the_newer_one_here(self):
        say(self.client, b"IAMAT kiwi +1+1 1000\nIAMAT kiwi +2+2 900\n")
        self.assertEqual(self.factory.clients["kiwi"].latitude, 2)

    def test_what_a_float_takes_is_a_time(self):
        for time in [b"nan", b"inf", b"1e9", b"1_000", b"-5"]:
            self.assertTrue(say(self.client, b"IAMAT kiwi +1+1 " + time + b"\n").startswith(b"AT Welsh "), time)


class AtTests(SynchronousTestCase):
    def setUp(self):
        self.factory = server()
        self.neighbour = client_of(self.factory)

    def test_news_is_stored_passed_on_and_not_answered(self):
        self.assertEqual(say(self.neighbour, at("+1+2", "1000")), b"")
        self.assertEqual(self.factory.clients["kiwi"].longitude, 2)
        message = "AT Ball +0.5 kiwi +1+2 1000"
        self.assertEqual(flooded(self.factory), [(12000, message), (12001, message)])

    def test_what_is_no_newer_ends_there(self):
        say(self.neighbour, at("+1+2", "1000"))
        self.factory.reactor.tcpClients.clear()
        say(self.neighbour, at("+8+8", "1000", "Alford") + at("+9+9", "999.5"))
        self.assertEqual(flooded(self.factory), [])
        self.assertEqual(self.factory.clients["kiwi"].latitude, 1)

    def test_a_newer_one_replaces_it(self):
        say(self.neighbour, at("+1+2", "1000") + at("+3+4", "1000.25"))
        self.assertEqual(self.factory.clients["kiwi"].latitude, 3)

    def test_times_that_one_float_stands_for_are_one_time(self):
        say(self.neighbour, at("+1+2", "1479413884.392014450") + at("+3+4", "1479413884.392014451"))
        self.assertEqual(self.factory.clients["kiwi"].latitude, 1)

    def test_after_nan_nothing_is_newer(self):
        say(self.neighbour, at("+1+2", "nan") + at("+3+4", "2000000000"))
        self.assertEqual(self.factory.clients["kiwi"].latitude, 1)


class WhatsatTests(SynchronousTestCase):
    def setUp(self):
        self.factory = server()
        self.client = client_of(self.factory)
        say(self.client, SESSION)

    def answer(self, asked: int = 0):
        return self.factory.places.asked[asked][1]

    def test_the_at_line_then_the_places_then_two_newlines(self):
        self.assertEqual(say(self.client, b"WHATSAT kiwi.cs.ucla.edu 10 5\n"), b"")
        self.assertEqual(self.factory.places.asked[0][0], (34.06893, -118.445127, 10.0, 5))
        self.answer().callback('{\n   "results" : []\n}')
        self.assertEqual(self.client.transport.value(), AT + b'{\n   "results" : []\n}\n\n')

    def test_places_that_fail_are_a_bad_request(self):
        say(self.client, b"WHATSAT kiwi.cs.ucla.edu 10 5\n")
        self.answer().errback(OSError("nobody there"))
        self.assertEqual(self.client.transport.value(), b"? WHATSAT kiwi.cs.ucla.edu 10 5\n")

    def test_the_next_line_overtakes_it(self):
        self.assertEqual(say(self.client, b"WHATSAT kiwi.cs.ucla.edu 10 5\nhello\n"), b"? hello\n")
        self.answer().callback("{}")
        self.assertEqual(self.client.transport.value(), b"? hello\n" + AT + b"{}\n\n")

    def test_nobody_is_asked_about_what_is_unknown_or_out_of_bounds(self):
        for fields in [
            b"stranger 10 5",
            b"kiwi 10",
            b"kiwi 0 5",
            b"kiwi 50.5 5",
            b"kiwi 10 0",
            b"kiwi 10 21",
            b"kiwi 10 2.5",
        ]:
            line = b"WHATSAT " + fields.replace(b"kiwi", b"kiwi.cs.ucla.edu")
            self.assertEqual(say(self.client, line + b"\n"), b"? " + line + b"\n")
        self.assertEqual(self.factory.places.asked, [])


class BadRequestTests(SynchronousTestCase):
    def setUp(self):
        self.factory = server()
        self.client = client_of(self.factory)

    def test_what_is_no_command_comes_back_behind_a_question_mark(self):
        lines = [b"", b" ", b"hello", b"iamat kiwi +1+1 1000", b"IAMAT", b"IAMAT kiwi +1+1", b"IAMAT kiwi +1+1 1000 x"]
        lines += [b"IAMAT kiwi 1+1 1000", b"IAMAT kiwi +1 1000", b"IAMAT kiwi +1+1 noon", b"AT Ball kiwi +1+1 1000"]
        for line in lines:
            self.assertEqual(say(self.client, line + b"\n"), b"? " + line + b"\n")
        self.assertEqual(self.factory.clients, {})
        self.assertEqual(flooded(self.factory), [])
        self.assertFalse(self.client.transport.disconnecting)

    def test_a_line_that_is_not_utf8_raises(self):
        self.assertRaises(UnicodeDecodeError, say, self.client, b"IAMAT \xff +1+1 1000\n")

    def test_a_line_that_is_too_long_ends_the_connection(self):
        self.assertEqual(say(self.client, b"x" * 16385 + b"\n"), b"")
        self.assertTrue(self.client.transport.disconnecting)
