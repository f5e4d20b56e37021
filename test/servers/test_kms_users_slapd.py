"""keyroster kms users --join against OpenLDAP's slapd: the books beside a directory that is alive."""

import pathlib
import sqlite3
import sys
import tempfile
import unittest

from servers import DONE, NOT_DONE, SOME, HERE, need, slapd

need("slapd", "slapadd")

import ldap  # noqa: E402
import ldap.modlist  # noqa: E402

sys.path.insert(0, str(HERE.parent / "cli"))

from kms_support import made_site  # noqa: E402

BASE = "dc=example,dc=test"
PLACE = f"ou=books,{BASE}"
PEOPLE = 100  # more than cn=cut may read
NAMES = ("ada", "bob", "cyd", "dot", "eve")


def setUpModule():
    kept = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(kept.cleanup)
    Join.site = made_site(kept.name)
    Join.server = slapd(people=PEOPLE)
    unittest.addModuleCleanup(Join.server.stop)
    fill(Join.site, Join.server)


def address_of(name):
    return f"{name}@books.example"


def certificate_of(site, name):
    """The encryption certificate of a user, newest first."""
    store = sqlite3.connect(f"file:{site.store / 'keyroster.db'}?mode=ro", uri=True)
    return [row[0] for row in store.execute(
        "SELECT der FROM certificate JOIN user ON user.id = user"
        " WHERE user.address = ? AND purpose = 1 ORDER BY certificate.id DESC",
        [address_of(name)])]


def done(result):
    assert result.status == DONE, result.err


def fill(site, server):
    """ada agrees; bob's new certificate is not there; cyd's is revoked; dot's is not published; eve
    is nowhere."""
    done(site.kms("enrol", *map(address_of, NAMES), "--issue", "--p12-dir", site.folder / "p12",
                  by=("anna", "p12")))
    done(site.kms("renew", address_of("bob"), "--p12", site.folder / "bob.p12",
                  by=("anna", "p12")))
    done(site.kms("revoke", address_of("cyd"), "--reason", "keyCompromise", by=("anna",)))
    published = {"ada": certificate_of(site, "ada"), "bob": certificate_of(site, "bob")[1:],
                 "cyd": certificate_of(site, "cyd"), "dot": []}
    connection = ldap.initialize(server.urls["ldap"])
    connection.simple_bind_s(f"cn=manager,{BASE}", "manager")
    connection.add_s(PLACE, [("objectClass", [b"organizationalUnit"])])
    for name, values in published.items():
        connection.add_s(f"cn={name},{PLACE}", ldap.modlist.addModlist({
            "objectClass": [b"inetOrgPerson"], "sn": [b"x"], "cn": [name.encode()],
            "mail": [address_of(name).upper().encode()],
            **({"userCertificate;binary": values} if values else {})}))
    connection.unbind_s()


class Join(unittest.TestCase):
    site = server = None

    def users(self, *more, reader="reader", url=None):
        return self.site.kms("users", "--join", url or self.server.url(base=PLACE), "-D",
                             f"cn={reader},{BASE}", "-y", self.server.secret(reader, reader),
                             *more, jsonl=True)

    def test_where_the_two_disagree(self):
        result = self.users()
        self.assertEqual((result.status, result.err), (DONE, ""))
        told = {row["address"].partition("@")[0].lower():
                (row["in_directory"], row["in_books"], row["disagree"]) for row in result.rows}
        self.assertEqual(told, {
            "ada": (True, True, []),
            "bob": (True, True, ["not-published", "superseded-published"]),
            "cyd": (True, True, ["revoked-published"]),
            "dot": (True, True, ["not-published"]),
            "eve": (False, True, ["not-in-directory"])})
        self.assertEqual({row["dn"] is None for row in result.rows if row["in_directory"]}, {False})

    def test_everybody_else_is_unknown_to_the_books(self):
        result = self.users("--summary", url=self.server.url())
        summary, = result.rows
        self.assertIn(result.status, (DONE, SOME))
        self.assertEqual(summary["disagree"]["unknown-to-kms"],
                         summary["join"]["in-directory"] - 4)
        self.assertEqual((summary["disagree"]["not-issued"], summary["join"]["in-books"]), (0, 5))

    def test_of_a_directory_that_shows_a_part_nobody_is_said_to_be_missing(self):
        result = self.users(reader="cut", url=self.server.url())
        self.assertEqual(result.status, SOME)
        missing = [row for row in result.rows if not row["in_directory"]]
        self.assertTrue(missing)
        for row in missing:
            self.assertEqual((row["in_directory"], row["disagree"]), (None, []))

    def test_whoever_sees_no_certificates_is_not_told_that_they_are_missing(self):
        result = self.users(reader="blind")
        told = {row["address"].lower().partition("@")[0]: (row["standing"], row["disagree"])
                for row in result.rows if row["in_directory"]}
        self.assertEqual(told, {name: ("unknown", []) for name in NAMES[:4]})
        self.assertEqual(result.status, SOME)

    def test_a_part_leaves_the_file_as_it_was(self):
        out = pathlib.Path(self.site.folder) / "rows"
        out.write_text("kept")
        result = self.users("-o", out, reader="cut", url=self.server.url())
        self.assertEqual((result.status, out.read_text()), (SOME, "kept"))

    def test_a_password_that_is_wrong(self):
        result = self.site.kms("users", "--join", self.server.url(), "-D", f"cn=reader,{BASE}",
                               "-y", self.server.secret("wrong", "wrong"))
        self.assertEqual((result.status, result.out), (NOT_DONE, b""))


if __name__ == "__main__":
    unittest.main()
