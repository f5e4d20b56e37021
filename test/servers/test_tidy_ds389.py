"""keyroster tidy against 389 Directory Server."""

import unittest

from servers import Server, free_ports, need

need("ns-slapd", "certutil", "pk12util", "openssl", "ldapmodify")

from tidying import Tidying  # noqa: E402

BASE = "dc=example,dc=test"


def setUpModule():
    server = Server("ds389", "ds389", BASE, *free_ports(2), people=5)
    unittest.addModuleCleanup(server.stop)
    Ds389Test.server = server


class Ds389Test(Tidying):
    base, manager, password = BASE, "cn=Directory Manager", "manager"
    second = "userCertificate;binary"

    def test_what_apply_removes_its_undo_restores_byte_for_byte(self):
        self.removed_and_restored(first=True)

    def test_what_somebody_adds_meanwhile_stays(self):
        self.somebody_adds_meanwhile()


if __name__ == "__main__":
    unittest.main()
