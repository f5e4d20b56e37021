"""keyroster against a Samba Active Directory domain controller, with passwords and with Kerberos."""

import os
import random
import socket
import subprocess
import sys
import unittest

from servers import SKIPPED, Server, ServerTest, independent, need, users

need("samba", "samba-tool", "ldbadd", "ldapsearch", "kinit")
if os.geteuid() != 0:
    print("skipped: a domain controller's ports are for root")
    sys.exit(SKIPPED)

BASE = "DC=ad,DC=example,DC=test"
PASSWORD = "Passw0rd.Test"


def free_address():
    """An address of loopback where nobody has the ports of a domain controller."""
    while True:
        address = "127." + ".".join(str(random.randint(1, 254)) for _ in range(3))
        try:
            for port in (88, 389, 636):
                socket.create_server((address, port)).close()
            return address
        except OSError:
            continue


def setUpModule():
    address = free_address()
    server = Server("samba-ad", "ad", BASE, address, people=120, address=address)
    unittest.addModuleCleanup(server.stop)
    SambaTest.server = server
    SambaTest.whole = independent(server.urls["ldaps"], BASE, "reader@ad.example.test", PASSWORD,
                                  server.ca)


class SambaTest(ServerTest):
    def bind(self, name="reader", password=PASSWORD):
        return ["-D", f"{name}@ad.example.test", "-y",
                self.server.secret(password, f"password-{password}")]

    def kerberos(self, ticket=True):
        """The environment of somebody with a ticket, or without."""
        env = {"KRB5_CONFIG": str(self.server.folder / "krb5.conf"),
               "KRB5CCNAME": f"FILE:{self.folder / 'tickets'}"}
        if ticket:
            subprocess.run(["kinit", "reader"], input=f"{PASSWORD}\n", text=True, check=True,
                           stdout=subprocess.DEVNULL, env={**os.environ, **env})
        return env

    def test_the_other_reading_has_what_was_made(self):
        self.assertEqual(len(self.whole), 123)
        self.assertEqual(max(len(c) for _, c in self.whole.values()), 1600)
        self.assertEqual(sum(not c for _, c in self.whole.values()), 12)

    def test_every_transport_and_bind_gives_the_same_rows(self):
        ca = ["--ca", self.server.ca]
        for name, arguments, scheme in (
                ("StartTLS, simple", ["-ZZ", *ca, *self.bind()], "ldap"),
                ("ldaps, simple", [*ca, *self.bind()], "ldaps"),
                ("ldaps, small pages", ["--page-size", "7", *ca, *self.bind()], "ldaps")):
            with self.subTest(name):
                self.same_rows(users(*arguments, self.server.url(scheme)))

    def test_kerberos_gives_the_same_rows(self):
        env = self.kerberos()
        self.same_rows(users("-Y", "GSSAPI", self.server.url(), env=env))
        self.same_rows(users("-Y", "GSSAPI", "--page-size", "7", self.server.url(), env=env))

    def test_an_export_reads_back_to_the_same_answers(self):
        self.reads_back(self.export("-Y", "GSSAPI", self.server.url(), env=self.kerberos()))
        self.reads_back(self.export("--ca", self.server.ca, *self.bind(), self.server.url("ldaps")))

    def test_kerberos_without_a_ticket(self):
        result = users("-Y", "GSSAPI", self.server.url(), env=self.kerberos(ticket=False))
        self.assert_refused(result, "ticket|credential|kerberos|gss")

    def test_kerberos_inside_tls_is_refused_by_this_server(self):
        result = users("-Y", "GSSAPI", "--ca", self.server.ca, self.server.url("ldaps"),
                       env=self.kerberos())
        self.assert_refused(result, "")

    def test_who_may_not_read_certificates_gets_unknown(self):
        result = users("--ca", self.server.ca, *self.bind("blind"), self.server.url("ldaps"))
        self.assertEqual({(r["standing"], r["uses_kms"]) for r in result.rows}, {("unknown", "unknown")})
        self.assertEqual({r["dn"] for r in result.rows},
                         {dn for dn, (addresses, _) in self.whole.items() if addresses})

    def test_what_is_refused(self):
        ca = ["--ca", self.server.ca]
        other = ["--ca", self.server.made / "other-ca.pem"]
        for name, pattern, arguments, url in (
                ("a password in the clear", "TLS|encrypt|-Z|strong", self.bind(), self.server.url()),
                ("nobody", "bind|-D|authentic", ca, self.server.url("ldaps")),
                ("wrong password", "password|credentials", [*ca, *self.bind(password="Hunter-42")],
                 self.server.url("ldaps")),
                ("wrong authority", "certificate", [*other, *self.bind()], self.server.url("ldaps")),
                ("no such base", "no such|does not exist|not there|base", [*ca, *self.bind()],
                 self.server.url("ldaps", base="OU=Absent," + BASE))):
            with self.subTest(name):
                result = users(*arguments, url)
                self.assert_refused(result, pattern)
                self.assertNotIn("Hunter-42", result.err)


if __name__ == "__main__":
    unittest.main()
