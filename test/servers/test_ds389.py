"""keyroster against 389 Directory Server: every transport and bind, and what goes wrong there."""

import unittest

from servers import Server, ServerTest, free_ports, independent, need, users

need("ns-slapd", "certutil", "pk12util", "openssl")

BASE = "dc=example,dc=test"


def dn_of(name):
    return f"cn={name},{BASE}"


def setUpModule():
    server = Server("ds389", "ds389", BASE, *free_ports(2))
    unittest.addModuleCleanup(server.stop)
    Ds389Test.server = server
    Ds389Test.whole = independent(server.urls["ldap"], BASE, dn_of("reader"), "reader")


class Ds389Test(ServerTest):
    def bind(self, name="reader", password=None):
        password = password or name
        return ["-D", dn_of(name), "-y", self.server.secret(password, f"password-{password}")]

    def test_the_other_reading_has_what_was_made(self):
        self.assertEqual(len(self.whole), 303)
        self.assertEqual(max(len(c) for _, c in self.whole.values()), 1600)
        self.assertEqual(sum(not c for _, c in self.whole.values()), 30)

    def test_every_transport_and_bind_gives_the_same_rows(self):
        ca = ["--ca", self.server.ca]
        ways = [
            ("ldap, nobody", [], "ldap"),
            ("ldap, simple", self.bind(), "ldap"),
            ("StartTLS, simple", ["-ZZ", *ca, *self.bind()], "ldap"),
            ("ldaps, simple", [*ca, *self.bind()], "ldaps"),
            ("ldapi, simple", self.bind(), "ldapi"),
            ("ldapi, EXTERNAL", ["-Y", "EXTERNAL"], "ldapi"),
            ("small pages", ["--page-size", "7", *self.bind()], "ldap"),
        ]
        for name, arguments, scheme in ways:
            with self.subTest(name):
                self.same_rows(users(*arguments, self.server.url(scheme)))

    def test_an_export_reads_back_to_the_same_answers(self):
        self.reads_back(self.export("--ca", self.server.ca, *self.bind(), self.server.url("ldaps")))

    def test_who_may_not_read_certificates_gets_unknown(self):
        result = users(*self.bind("blind"), self.server.url())
        self.assertEqual({(r["standing"], r["uses_kms"]) for r in result.rows}, {("unknown", "unknown")})
        self.assertEqual({r["dn"] for r in result.rows},
                         {dn for dn, (addresses, _) in self.whole.items() if addresses})

    def test_a_size_limit_of_each_page(self):
        """Here a limit counts in each page: with smaller ones everything is told."""
        for pages in ("30", "500"):
            with self.subTest(pages=pages):
                result = users("--page-size", pages, *self.bind("small"), self.server.url())
                self.assert_not_short_in_silence(result, self.whole)

    def test_what_is_refused(self):
        other = self.server.made / "other-ca.pem"
        for name, pattern, arguments, url in (
                ("wrong password", "password|credentials", self.bind(password="hunter-42"),
                 self.server.url()),
                ("wrong authority", "certificate", ["--ca", other, *self.bind()],
                 self.server.url("ldaps")),
                ("wrong authority, StartTLS", "certificate", ["-ZZ", "--ca", other, *self.bind()],
                 self.server.url()),
                # To a search in pages, this server tells nothing and calls it a success.
                ("no such base", "no such|does not exist|not there|base", self.bind(),
                 self.server.url(base="ou=Absent," + BASE))):
            with self.subTest(name):
                result = users(*arguments, url)
                self.assert_refused(result, pattern)
                self.assertNotIn("hunter-42", result.err)


if __name__ == "__main__":
    unittest.main()
