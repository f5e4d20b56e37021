"""What the tests of keyroster tidy against real servers share: people of their own, and undoing."""

import os
import pty
import subprocess
import time

import ldap
import ldap.modlist

from servers import DONE, KEYROSTER, SLOW, ServerTest, certificate, keyroster, live_environment

AT = "2027-01-01"


def old(name):
    return certificate(f"{name}@example.test", "2020-01-01", "2021-01-01")


def good(name, begin="2026-01-01"):
    return certificate(f"{name}@example.test", begin, "2028-01-01")


class Tidying(ServerTest):
    """People in a container of their own, which is gone after each test."""

    base, manager, password = None, None, None  # of the server
    first, second = "userSMIMECertificate", "userCertificate"  # as the server calls them
    scheme = "ldap"

    def setUp(self):
        super().setUp()
        self.place = f"ou=tidy,{self.base}"
        self.connection = self.connect()
        self.addCleanup(lambda: self.connection.unbind_s())
        self.connection.add_s(self.place, [("objectClass", [b"organizationalUnit"])])
        self.addCleanup(self.clear)

    def connect(self):
        connection = ldap.initialize(self.server.urls[self.scheme])
        connection.set_option(ldap.OPT_REFERRALS, 0)
        connection.set_option(ldap.OPT_X_TLS_CACERTFILE, str(self.server.ca))
        connection.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
        connection.simple_bind_s(self.manager, self.password)
        return connection

    def clear(self):
        for dn, _ in sorted(self.connection.search_s(self.place, ldap.SCOPE_SUBTREE, attrlist=["1.1"]),
                            key=lambda entry: -len(entry[0])):
            self.connection.delete_s(dn)

    def person(self, name):
        return {"objectClass": [b"inetOrgPerson"], "sn": [b"x"]}

    def add(self, name, second=(), first=()):
        """A person with these values; `name` may be no ASCII, or have an escape in it."""
        dn = f"cn={name},{self.place}"
        plain = name.replace("\\", "")
        attributes = {"cn": [plain.encode()],
                      "mail": [f"{plain}@example.test".replace(" ", "").encode("ascii", "ignore")],
                      **self.person(plain)}
        attributes |= {self.second: list(second)} if second else {}
        attributes |= {self.first: list(first)} if first else {}
        self.connection.add_s(dn, ldap.modlist.addModlist(attributes))
        return dn

    def state(self):
        """{DN: {attribute: values}} of the people, with what the server itself keeps of them left out."""
        return {dn: {name: values for name, values in entry.items()
                     if name in ("cn", "mail", self.first, self.second)}
                for dn, entry in self.connection.search_s(self.place, ldap.SCOPE_SUBTREE) if "cn" in entry}

    def certificates(self, dn):
        """The values of both attributes, the second before the first."""
        entry, = (e for found, e in self.state().items() if found.lower() == dn.lower())
        return entry.get(self.second, []), entry.get(self.first, [])

    def same_state(self, before):
        """Every byte of every value; no server keeps the order of values that come back."""
        def sets(state):
            return {dn: {name: sorted(values) for name, values in entry.items()}
                    for dn, entry in state.items()}

        self.assertEqual(sets(self.state()), sets(before))

    def bind(self, name=None, password=None):
        password = password or self.password
        return ["-D", name or self.manager, "-y", self.server.secret(password, f"password-{password}"),
                "--ca", self.server.ca]

    def url(self):
        return self.server.url(self.scheme, base=self.place)

    def arguments(self, *arguments, bind=None, url=None, remove="expired"):
        return ["tidy", *(bind or self.bind()), "--at", AT, "--remove", remove, *arguments,
                url or self.url()]

    def tidy(self, *arguments, **more):
        return keyroster(*self.arguments(*arguments, **more), folder=self.folder)

    def apply(self, *arguments, **more):
        return self.tidy("--apply", "--yes", "--undo", "undo.ldif", *arguments, **more)

    def modify(self, file, *more):
        """ldapmodify, as an administrator feeds it."""
        return subprocess.run(
            ["ldapmodify", "-x", "-H", self.server.urls[self.scheme], "-D", self.manager, "-w",
             self.password, "-f", self.folder / file, *more], capture_output=True, text=True,
            check=False, env={**os.environ, "LDAPTLS_CACERT": str(self.server.ca)})

    def asked(self, *arguments, then=lambda: None, answer=b"y\n"):
        """Runs --apply on a terminal; when it asks, `then` happens, and it is answered."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.folder)
            os.execve(KEYROSTER, [KEYROSTER, *map(str, self.arguments("--apply", *arguments))],
                      live_environment())
        said, was_asked = b"", False
        deadline = time.monotonic() + 60 * SLOW
        while time.monotonic() < deadline:
            try:
                got = os.read(terminal, 4096)
            except OSError:
                break
            if not got:
                break
            said += got
            if b"[y/N] " in said and not was_asked:
                was_asked = True
                then()
                os.write(terminal, answer)
        _, status = os.waitpid(pid, 0)
        os.close(terminal)
        self.assertTrue(was_asked, said)
        return os.waitstatus_to_exitcode(status), said.decode()

    # What holds for every server.

    def removed_and_restored(self, *arguments, first):
        """Of people with all kinds of names; whether an unreadable value may stand in each attribute."""
        for i, name in enumerate(["Zoë", "O\\, Brien", "a\\+b", "x y", "plain", "Иван"]):
            self.add(name, [old(f"u{i}"), good(f"u{i}"), old(f"u{i}")],
                     [old(f"u{i}"), good(f"u{i}"), b"\x00junk"] if first else [])
        before = self.state()
        result = self.apply("-o", "remove.ldif", *arguments, remove="expired,unreadable")
        self.assertEqual(result.out, b"")
        self.assertRegex(result.err, rf"removed {24 if first else 12} values from 6 entries\n\Z")
        after = self.state()
        for entry in after.values():
            self.assertEqual(len(entry[self.second]), 1)
            self.assertEqual(len(entry.get(self.first, [])), int(first))
        again = self.apply(*arguments, remove="expired,unreadable")
        self.assertEqual(again.status, DONE, again.err)
        self.assertIn("nothing to be removed", again.err)
        undone = self.modify("undo.ldif")
        self.assertEqual(undone.returncode, 0, undone.stderr)
        self.same_state(before)
        done = self.modify("remove.ldif")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.same_state(after)

    def somebody_adds_meanwhile(self):
        kept, more = good("anna"), good("anna", "2026-02-02")
        dn = self.add("anna", [old("anna"), kept])
        status, said = self.asked("--undo", "undo.ldif", then=lambda: self.connection.modify_s(
            dn, [(ldap.MOD_ADD, self.second, [more])]))
        self.assertEqual(status, DONE, said)
        self.assertEqual(set(self.certificates(dn)[0]), {kept, more})
