"""keyroster users --since against a domain controller of Active Directory by Samba: uSNChanged."""

import os
import sys
import unittest

from servers import SKIPPED, Server, need, users

need("samba", "samba-tool", "ldbadd", "ldbmodify", "ldapsearch", "kinit")
if os.geteuid() != 0:
    print("skipped: samba wants root for its ports")
    sys.exit(SKIPPED)

import ldap  # noqa: E402

from changing import Changer, KeptTest  # noqa: E402
from test_samba import free_address  # noqa: E402

BASE = "DC=ad,DC=example,DC=test"
PASSWORD = "Passw0rd.Test"
PARENTS = (f"OU=People,{BASE}", f"OU=Z\u00fcrich\\, S\u00fcd,{BASE}")
CLASSES = ("top", "person", "organizationalPerson", "user")


class Samba(KeptTest):
    scheme = "ldaps"

    def bind(self, name="administrator"):
        return ["--ca", self.server.ca, "-D", f"{name}@ad.example.test", "-y",
                self.server.secret(PASSWORD)]


class SambaTest(Samba):
    @classmethod
    def setUpClass(cls):
        address = free_address()
        cls.server = Server("samba-ad", "ad", BASE, address, people=200, address=address)
        cls.addClassCleanup(cls.server.stop)
        connection = ldap.initialize(cls.server.urls["ldaps"])
        connection.set_option(ldap.OPT_X_TLS_CACERTFILE, str(cls.server.ca))
        connection.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
        connection.set_option(ldap.OPT_REFERRALS, 0)
        connection.simple_bind_s("administrator@ad.example.test", PASSWORD)
        cls.changer = Changer(connection, PARENTS, CLASSES, "sAMAccountName", "userCertificate")

    def test_after_many_changes_it_equals_a_fresh_one(self):
        self.changed_again_and_again()

    def test_a_file_that_is_of_no_use(self):
        self.not_to_be_gone_on_from()

    def test_a_cookie_of_another_time_or_controller(self):
        for why, pattern, text in (
                ("another domain controller", rb" [0-9a-f]{32} CN=NTDS", b" " + b"0" * 32 + b" CN=NTDS"),
                # Its last four digits: what stands before the number may end with a digit too.
                ("older than the last roster", rb"\d(?=\d{0,3} \d+ [0-9a-f]{32} )", b"9")):
            with self.subTest(why):
                self.ask()
                self.forge(pattern, text)
                self.assert_everything(self.ask(), why)

    def test_after_months_deleted_objects_are_not_relied_on(self):
        self.ask()
        self.forge(rb" \d{6} (?=[0-9a-f]{32} )", b" 700000 ")
        number = next(iter(self.changer.people))
        self.changer.delete(number)
        result = self.ask()
        self.assertGreater(self.read(result)[2], 150)
        self.assertEqual(self.read(result)[5], 1)
        self.equals_fresh(result)

    def test_a_container_that_is_renamed(self):
        self.ask()
        self.changer.connection.rename_s(PARENTS[0], "OU=Persons")
        try:
            self.assert_everything(self.ask(), "a container has another name")
        finally:
            self.changer.connection.rename_s(f"OU=Persons,{BASE}", "OU=People")

    def test_a_filter_that_people_leave(self):
        url = self.url("??sub?(mail=*)")
        self.ask(url=url)
        number = next(iter(self.changer.people))
        self.changer.modify(number, (ldap.MOD_DELETE, "mail", None))
        result = self.ask(url=url)
        self.assertEqual(self.read(result)[5], 1)
        self.equals_fresh(result, url)

    def test_a_base_that_people_leave(self):
        url = self.server.url(self.scheme, base=PARENTS[0])
        self.ask(url=url)
        number = next(n for n, (_, parent) in self.changer.people.items() if parent == PARENTS[0])
        self.changer.connection.rename_s(self.changer.dn(number), "CN=Left", PARENTS[1])
        self.changer.people[number] = ["CN=Left", PARENTS[1]]
        result = self.ask(url=url)
        self.assertEqual(self.read(result)[5], 1)
        self.equals_fresh(result, url)

    def test_who_may_not_see_what_was_deleted(self):
        """An account without rights of any kind: the keys of all that are there tell."""
        ask = [*self.bind("reader"), "--since", self.folder / "reader", "-v", self.url()]
        users(*ask)
        self.changer.add()
        number = next(iter(self.changer.people))
        self.changer.delete(number)
        result = users(*ask)
        self.assertFalse(self.read(result)[1], result.err)
        self.assertEqual(self.read(result)[4:], (1, 1))
        fresh = users(*self.bind("reader"), self.url())
        self.assertEqual(sorted(map(str, result.rows)), sorted(map(str, fresh.rows)))


if __name__ == "__main__":
    unittest.main()
