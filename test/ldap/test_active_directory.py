"""keyroster against a server with the limits of Windows' Active Directory, see mock_ad.py."""

import hashlib
import unittest

from live import DONE, LiveTest, certificate, users
from mock import person
from mock_ad import PAGE_MAX, ActiveDirectory

SHARED = [certificate(f"p{n}@example.test") for n in range(7)]
MANY = 3700  # values: three ranges


def varied(count):
    """Distinct certificates in little time: the bits of one signature, changed, stay a certificate."""
    for n in range(count):
        made = bytearray(SHARED[0])
        made[-4:] = n.to_bytes(4, "big")
        yield bytes(made)


def digests(row):
    return sorted(c["sha256"] for c in row["certificates"])


class ActiveDirectoryTest(LiveTest):
    def serve(self, entries, **more):
        server = ActiveDirectory(entries, **more)
        self.addCleanup(server.stop)
        return server

    def test_more_entries_than_a_page_holds(self):
        entries = [person(n, SHARED[n % 7]) for n in range(2 * PAGE_MAX + 345)]
        for more in ([], ["--page-size", "5000"], ["--page-size", "100"]):
            with self.subTest(more=more):
                result = users(*more, self.serve(entries).url())
                self.assertEqual((result.status, result.err), (DONE, ""))
                self.assertEqual([row["dn"] for row in result.rows], [dn for dn, _ in entries])

    def test_more_values_than_a_range_holds(self):
        values = list(varied(MANY))
        entries = [person(0, *SHARED), person(1, *values), person(2), person(3, *values[:1500]),
                   person(4, *values[:1501]), person(5, SHARED[3])]
        result = users(self.serve(entries).url())
        self.assertEqual((result.status, result.err), (DONE, ""))
        self.assertEqual([row["dn"] for row in result.rows], [dn for dn, _ in entries])
        for row, (_, attributes) in zip(result.rows, entries):
            held = dict(attributes).get("userCertificate", [])
            self.assertEqual(digests(row), sorted(hashlib.sha256(v).hexdigest() for v in held))

    def test_a_lost_connection_takes_its_cookie_along(self):
        entries = [person(n, SHARED[n % 7]) for n in range(2 * PAGE_MAX + 5)]
        for lose in (1, 2, 3):
            with self.subTest(lose=lose):
                server = self.serve(entries, lose=lose)
                result = users(server.url())
                self.assertGreaterEqual(server.clients, 2)
                self.assert_not_short_in_silence(result, {dn for dn, _ in entries})

    def test_a_directory_named_twice_counts_twice_and_is_told(self):
        url = self.serve([person(1, SHARED[1])]).url()
        result = users(url, url)
        self.assertEqual((result.status, len(result.rows)), (DONE, 2))
        self.assert_said_once(result, "named twice")

    def test_what_cannot_be_a_mailbox_stays_there(self):
        group = ("CN=Team,DC=example,DC=test", [
            ("objectClass", [b"top", b"group"]), ("cn", [b"Team"]), ("mail", [b"team@example.test"])])
        computer = ("CN=PC,DC=example,DC=test", [
            ("objectClass", [b"top", b"person", b"user", b"computer"]), ("cn", [b"PC"]),
            ("userCertificate", SHARED[:1])])
        nobody = ("CN=Guest,DC=example,DC=test", [
            ("objectClass", [b"top", b"person", b"user"]), ("cn", [b"Guest"])])
        people = [person(1), person(2, SHARED[1])]
        server = self.serve([group, *people, computer, nobody])
        result = users(server.url())
        self.assertEqual((result.status, result.err), (DONE, ""))
        self.assertEqual([row["dn"] for row in result.rows], [dn for dn, _ in people])
        self.assertNotIn(group[0], server.sent)

    def test_a_filter_of_the_user_replaces_ours(self):
        people = [person(n, SHARED[0]) for n in range(12)]
        server = self.serve(people)
        result = users(server.url(rest="??sub?(mail=p7@example.test)"))
        self.assertEqual((result.status, result.err), (DONE, ""))
        self.assertEqual(server.sent, [people[7][0]])
        self.assertEqual(len(result.rows), 1)


if __name__ == "__main__":
    unittest.main()
