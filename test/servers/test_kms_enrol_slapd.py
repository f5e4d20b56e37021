"""keyroster kms enrol --from, out of OpenLDAP's slapd: whole directories, and those that show a part."""

import sys
import tempfile
import unittest

from servers import DONE, NOT_DONE, SOME, HERE, need, slapd

need("slapd", "slapadd")

import ldap  # noqa: E402
import ldap.modlist  # noqa: E402

sys.path.insert(0, str(HERE.parent / "cli"))

import kms_judges  # noqa: E402
from kms_support import made_site  # noqa: E402

BASE = "dc=example,dc=test"
PLACE = f"ou=enrol,{BASE}"
PEOPLE = 100  # more than cn=cut may read
# Two who are enrolled, one with two addresses, and two that cannot be; one more has no address.
GOOD = {"Anna Åberg": ["anna@enrol.example"], "Bo Ek": ["bo@enrol.example"]}
SECOND = {"Cai Dahl": ["cai@enrol.example", "dahl@enrol.example"]}
BAD = {"Dot Spaces": ["dot spaces@enrol.example"], "Eve Two": ["eve@two@enrol.example"]}


def dn_of(name):
    return f"cn={name},{PLACE}"


def setUpModule():
    Enrol.server = slapd(people=PEOPLE)
    unittest.addModuleCleanup(Enrol.server.stop)
    connection = ldap.initialize(Enrol.server.urls["ldap"])
    connection.simple_bind_s(f"cn=manager,{BASE}", "manager")
    connection.add_s(PLACE, [("objectClass", [b"organizationalUnit"])])
    for name, addresses in {**GOOD, **SECOND, **BAD, "Fay None": []}.items():
        connection.add_s(dn_of(name), ldap.modlist.addModlist({
            "objectClass": [b"inetOrgPerson"], "sn": [b"x"], "cn": [name.encode()],
            **({"mail": [address.encode() for address in addresses]} if addresses else {})}))
    connection.unbind_s()


class Enrol(unittest.TestCase):
    server = None

    def setUp(self):
        kept = tempfile.TemporaryDirectory()
        self.addCleanup(kept.cleanup)
        self.site = made_site(kept.name)
        self.p12s = self.site.folder / "p12"

    def enrol(self, *more, reader="reader", base=PLACE, by=("anna", "p12")):
        return self.site.kms("enrol", "--from", self.server.url(base=base), "-D", f"cn={reader},{BASE}",
                             "-y", self.server.secret(reader, reader), *more, by=by, jsonl=True)

    def issue(self, **more):
        return self.enrol("--issue", "--p12-dir", self.p12s, **more)

    def assert_whole(self):
        for words in (("check",), ("audit", "--verify")):
            done = self.site.kms(*words)
            self.assertEqual((done.status, done.err), (DONE, ""))

    def test_whoever_can_be_is_issued_to_and_the_others_are_named(self):
        result = self.issue()
        self.assertEqual(result.status, SOME)
        told = {row["address"]: row["result"] for row in result.rows}
        self.assertEqual({address for address, what in told.items() if what == "issued"},
                         {"anna@enrol.example", "bo@enrol.example", "cai@enrol.example"})
        self.assertEqual(sorted(path.name for path in self.p12s.iterdir()),
                         ["anna@enrol.example.p12", "bo@enrol.example.p12", "cai@enrol.example.p12"])
        for (address,) in BAD.values():
            self.assertEqual(told[address], "failed")
            (line,) = [line for line in result.err.splitlines() if address in line]
            self.assertIn(self.server.url(base=PLACE), line)
        self.assertEqual(len(result.err.splitlines()), len(BAD))
        self.assert_whole()

    def test_the_certificates_have_what_the_directory_says(self):
        row = {row["address"]: row for row in self.issue().rows}
        for address, others, name in (("anna@enrol.example", (), "Anna Åberg"),
                                      ("cai@enrol.example", ("dahl@enrol.example",), "Cai Dahl")):
            p12 = kms_judges.P12(self.p12s / f"{address}.p12", self.site.file_of("p12"), self.site.folder)
            certificate, _ = p12.pair(row[address]["encryption"])
            said = kms_judges.usage_of(certificate)
            for one in (address, *others):
                self.assertIn(f"email:{one}", said)
            subject = kms_judges.command("openssl", "x509", "-in", certificate, "-noout", "-subject", "-nameopt",
                                         "utf8,sep_comma_plus").stdout.decode()
            self.assertIn(name, subject)

    def test_again_does_nothing(self):
        self.issue()
        again = self.issue()
        self.assertEqual({row["result"] for row in again.rows if row["result"] != "failed"}, {"already"})
        self.assertEqual(len(list(self.p12s.iterdir())), 3)

    def test_tokens(self):
        result = self.enrol(by=("anna",))
        tokens = [row["token"] for row in result.rows if row["result"] == "token"]
        self.assertEqual((len(tokens), len(set(tokens))), (3, 3))

    def test_of_a_directory_that_shows_a_part_those_are_done_and_it_is_said(self):
        result = self.enrol(reader="cut", base=BASE, by=("anna",))
        self.assertEqual(result.status, SOME)
        self.assertTrue(result.rows)
        self.assertRegex(result.err, r"part|limit|incomplete")
        self.assert_whole()

    def test_nobody_is_enrolled_where_the_bind_is_refused(self):
        before = len(self.site.rows("audit"))
        result = self.site.kms("enrol", "--from", self.server.url(base=PLACE), "-D", f"cn=reader,{BASE}",
                               "-y", self.server.secret("wrong", "wrong"), by=("anna",), jsonl=True)
        self.assertEqual((result.status, result.rows), (NOT_DONE, []))
        self.assertEqual(self.site.rows("users"), [])
        self.assertEqual([row["result"] for row in self.site.rows("audit")[before:] if row["result"] == "token"],
                         [])


if __name__ == "__main__":
    unittest.main()
