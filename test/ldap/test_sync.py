"""keyroster users --since against a mock of content synchronization: what a server may say, and may not."""

import unittest

import ber
import mock_sync as sync
from live import DONE, SOME, LiveTest, users
from mock_sync import DELETE, MODIFY, PRESENT, WHOLE, control, done, entry, info, keys, state

ALL = {0, 1, 2, 3}
PLAIN = {0, 1, 2, 3, 4, 5}
SO = "everything was read.*"

# What the server says the second time: the answers (those to a third request behind), and the people
# that are in the roster then, and what stderr says.
GOOD = {
    "nothing": ([done(b"")], ALL, ""),
    "nothing, the same cookie": ([done(b"1")], ALL, ""),
    "a change": ([entry(1, MODIFY), done(b"2", True)], ALL, ""),
    "one more": ([entry(4), done(b"2", True)], ALL | {4}, ""),
    "one twice": ([entry(4), entry(4, MODIFY), done(b"2", True)], ALL | {4}, ""),
    "one less": ([entry(2, DELETE), done(b"2", True)], {0, 1, 3}, "1 gone"),
    "less in a set": ([keys(0, 3, deletes=True), done(b"2", True)], {1, 2}, "2 gone"),
    "less that nobody knew": ([keys(5, deletes=True), done(b"2", True)], ALL, ""),
    "more, and away": ([entry(4), keys(4, deletes=True), done(b"2", True)], ALL, ""),
    "away, and here again": ([keys(1, deletes=True), entry(1), done(b"2", True)], ALL, ""),
    "all present": ([keys(0, 1, 2, 3), done(b"2")], ALL, ""),
    "some present": ([keys(0, 2), entry(3, PRESENT), done(b"2")], {0, 2, 3}, "1 gone"),
    "present, and a change": ([entry(1), keys(0, 1), done(b"2")], {0, 1}, "2 gone"),
    "none is present": ([done(b"2")], set(), "4 gone"),
    "present, then deletes": ([keys(0, 1, 2), info(0xA2), keys(1, deletes=True), done(b"2", True)],
                              {0, 2}, "2 gone"),
    "a cookie in between": ([info(0x80, b"1.5"), entry(4), done(b"2", True)], ALL | {4}, ""),
    "a message of another kind": (
        [lambda r: ber.message(r.id, ber.put(0x79, ber.octets("1.2.3", 0x80))), done(b"2", True)],
        ALL, ""),
    "refresh required": ([done(code=4096)], ALL, SO + "4096", WHOLE),
    "older than the cookie": ([done(code=53)], ALL, SO + "53", WHOLE),
    "no control any more": ([done(code=12)], PLAIN, SO + "12", [done(code=12)]),
    "an end without a word": ([done(more=[])], ALL, SO + "does not tell", WHOLE),
    "more present than there were": ([keys(0, 1, 2, 3, 5), done(b"2")], ALL, SO + "has entries", WHOLE),
}

# The second time fails: status 3, one line, and the file stays as it was.
BAD = {
    "no state": ([entry(1, more=[]), done(b"2", True)], "4533"),
    "a state without a value": (
        [entry(1, more=[ber.put(ber.SEQUENCE, ber.octets(sync.STATE))]), done(b"2", True)], "4533"),
    "a short key": ([entry(1, more=[state(1, of=b"short")]), done(b"2", True)], "4533"),
    "a state of nonsense": ([entry(1, more=[control(sync.STATE, b"\x30\x84\xff\xff\xff\xff")])], "4533"),
    "a set of nonsense": ([info(0xA3, ber.put(ber.SET, b"\x04\x7fx"))], "4533"),
    "no such choice": ([info(0xA5, ber.octets("x"))], "4533"),
    "an end of nonsense": ([done(more=[control(sync.DONE, b"\x04\x01x")])], "4533"),
    "a cookie without an end": ([done(b"x" * 20000, True)], "cookie is too long"),
    "busy": ([done(code=51)], "busy"),
    "a limit": ([entry(1), done(code=4)], "size limit"),
    "it hangs up": ([entry(1), sync.hang_up], "connection was lost"),
    "it says nothing": ([entry(1)], "no answer within 2 seconds"),
}


def number_of(row):
    return int(row["mailbox"].split()[1])


class SyncTest(LiveTest):
    def ask(self, server, *arguments):
        return users("--since", self.folder / "kept", "--timeout", "2", *arguments, server.url())

    def serve(self, *script, **more):
        server = sync.Sync(*script, **more)
        self.addCleanup(server.stop)
        first = self.ask(server)
        self.assertEqual((first.status, first.err), (DONE, ""))
        self.assertEqual({number_of(row) for row in first.rows}, ALL)
        return server

    def test_what_a_server_may_say(self):
        for name, (second, people, said, *third) in GOOD.items():
            with self.subTest(name):
                (self.folder / "kept").unlink(missing_ok=True)
                server = self.serve(WHOLE, second, *third)
                result = self.ask(server)
                # Where nobody is left, nobody shows a certificate, which is told as well.
                self.assertEqual(result.status, DONE if people else SOME, result.err)
                self.assertEqual(sorted(map(number_of, result.rows)), sorted(people))
                self.assertRegex(result.err, said or r"\A\Z")
                self.assertEqual(len(result.err.splitlines()), bool(said) + (not people), result.err)
                self.assertEqual(server.script, [])

    def test_what_it_may_not(self):
        for name, (second, said) in BAD.items():
            with self.subTest(name):
                (self.folder / "kept").unlink(missing_ok=True)
                server = self.serve(WHOLE, second)
                kept = (self.folder / "kept").read_bytes()
                self.assert_refused(self.ask(server), said)
                self.assertEqual((self.folder / "kept").read_bytes(), kept)
                self.assertEqual([p.name for p in self.folder.iterdir()], ["kept"])

    def test_where_nothing_has_changed_the_file_stays(self):
        """It is not written again; but that it is whole is looked at."""
        for name, second, same in (("no new cookie", [done(b"")], True), ("same", [done(b"1")], True),
                                   ("new cookie", [done(b"2", True)], False)):
            with self.subTest(name):
                (self.folder / "kept").unlink(missing_ok=True)
                server = self.serve(WHOLE, second, second, WHOLE)
                before = (self.folder / "kept").stat().st_ino
                self.assertEqual(self.ask(server).status, DONE)
                self.assertEqual((self.folder / "kept").stat().st_ino == before, same)
                kept = bytearray((self.folder / "kept").read_bytes())
                kept[len(kept) // 2] ^= 4
                (self.folder / "kept").write_bytes(kept)
                result = self.ask(server)
                self.assertRegex(result.err, SO + "damaged")
                self.assertEqual({number_of(row) for row in result.rows}, ALL)

    def test_another_directory_of_the_same_name(self):
        server = self.serve(WHOLE, [entry(4), entry(5), done()], stamps=(b"one", b"two"))
        result = self.ask(server)
        self.assertEqual({number_of(row) for row in result.rows}, {4, 5})
        self.assertRegex(result.err, SO + "another directory")

    def test_a_first_time_that_is_refused(self):
        for code in (50, 53, 12, 4, 11):
            with self.subTest(code):
                (self.folder / "kept").unlink(missing_ok=True)
                server = sync.Sync([entry(1), done(code=code)])
                self.addCleanup(server.stop)
                result = self.ask(server)
                self.assertEqual({number_of(row) for row in result.rows}, PLAIN)
                self.assertRegex(result.err, SO + str(code))

    def test_a_first_time_that_breaks_off(self):
        server = sync.Sync([entry(1), entry(2), sync.hang_up])
        self.addCleanup(server.stop)
        result = self.ask(server, "-o", self.folder / "out")
        self.assertEqual(result.status, 1, result.err)
        self.assertIn("incomplete", result.err)
        self.assertEqual(list(self.folder.iterdir()), [])


if __name__ == "__main__":
    unittest.main()
