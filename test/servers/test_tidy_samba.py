"""keyroster tidy against a Samba Active Directory domain controller."""

import os
import random
import socket
import sys
import unittest

from servers import SKIPPED, Server, need

need("samba", "samba-tool", "ldbadd", "ldapsearch", "ldapmodify", "kinit")
if os.geteuid() != 0:
    print("skipped: a domain controller's ports are for root")
    sys.exit(SKIPPED)

from tidying import Tidying  # noqa: E402

BASE = "DC=ad,DC=example,DC=test"


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
    server = Server("samba-ad", "ad", BASE, address, people=5, address=address)
    unittest.addModuleCleanup(server.stop)
    SambaTest.server = server


class SambaTest(Tidying):
    base, manager, password = BASE, "administrator@ad.example.test", "Passw0rd.Test"
    scheme = "ldaps"

    def person(self, name):
        return {"objectClass": [b"user"],
                "sAMAccountName": ["".join(c for c in name if c.isalnum()).encode()]}

    def test_what_apply_removes_its_undo_restores_byte_for_byte(self):
        self.removed_and_restored(first=True)

    def test_what_somebody_adds_meanwhile_stays(self):
        self.somebody_adds_meanwhile()


if __name__ == "__main__":
    unittest.main()
