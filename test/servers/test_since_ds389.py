"""keyroster users --since against 389 Directory Server: content synchronization by its plugins."""

import unittest

from servers import Server, free_ports, need, users

need("ns-slapd", "certutil", "pk12util", "openssl")

import ldap  # noqa: E402

from changing import Changer, KeptTest  # noqa: E402

BASE = "dc=example,dc=test"
PARENTS = (f"ou=People,{BASE}", f"ou=Z\u00fcrich\\, S\u00fcd,{BASE}")
CLASSES = ("top", "person", "organizationalPerson", "inetOrgPerson")


class Ds389Test(KeptTest):
    ordered = False  # told as a change, an entry has its attributes in another order

    def bind(self):
        return ["-D", f"cn=reader,{BASE}", "-y", self.server.secret("reader")]

    @classmethod
    def setUpClass(cls):
        cls.server = Server("ds389", "ds389", BASE, *free_ports(2), SYNC="1")
        cls.addClassCleanup(cls.server.stop)
        connection = ldap.initialize(cls.server.urls["ldap"])
        connection.simple_bind_s("cn=Directory Manager", "manager")
        cls.changer = Changer(connection, PARENTS, CLASSES, None, "userCertificate;binary")

    def test_after_many_changes_it_equals_a_fresh_one(self):
        self.changed_again_and_again()

    def test_a_file_that_is_of_no_use(self):
        self.not_to_be_gone_on_from()

    def test_a_cookie_from_the_future(self):
        self.ask()
        self.changer.run(20)
        self.ask()
        self.forge(rb"#\d(\d*)(?=\D*\Z|....\Z)", lambda found: b"#9" + found[1])
        self.assert_everything(self.ask(), "result 4096")

    def test_a_container_that_is_renamed(self):
        self.ask()
        self.changer.connection.rename_s(PARENTS[0], "ou=Persons")
        try:
            self.assert_everything(self.ask(), "a container has another name")
        finally:
            self.changer.connection.rename_s(f"ou=Persons,{BASE}", "ou=People")

    def test_a_filter_that_people_leave(self):
        """The server says nothing of them: the keys of all that are there tell."""
        url = self.url("??sub?(mail=*)")
        self.ask(url=url)
        number = next(iter(self.changer.people))
        self.changer.modify(number, (ldap.MOD_DELETE, "mail", None))
        result = self.ask(url=url)
        self.assertEqual(self.read(result)[5], 1)
        self.assertGreater(self.read(result)[2], 200)
        self.equals_fresh(result, url)

    def test_a_base_that_people_leave(self):
        url = self.server.url(base=PARENTS[0].replace(" ", "%20"))
        self.ask(url=url)
        number = next(n for n, (_, parent) in self.changer.people.items() if parent == PARENTS[0])
        self.changer.connection.rename_s(self.changer.dn(number), "cn=Left", PARENTS[1])
        self.changer.people[number] = ["cn=Left", PARENTS[1]]
        result = self.ask(url=url)
        self.assertEqual(self.read(result)[5], 1)
        self.equals_fresh(result, url)

    def test_more_deletions_than_it_tells(self):
        """It loses the 51st of them."""
        for _ in range(110):
            self.changer.add()
        self.ask()
        for number in list(self.changer.people)[-110:]:
            self.changer.delete(number)
        result = self.ask()
        self.assertEqual(self.read(result)[5], 110)
        self.equals_fresh(result)


if __name__ == "__main__":
    unittest.main()
