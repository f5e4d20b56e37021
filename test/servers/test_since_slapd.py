"""keyroster users --since against OpenLDAP's slapd: content synchronization, with and without a log."""

import os
import signal
import subprocess
import time
import unittest

from servers import KEYROSTER, SLOW, live_environment, need, slapd, users

need("slapd", "slapadd", "ldapsearch")

import ldap  # noqa: E402

from changing import Changer, KeptTest  # noqa: E402

BASE = "dc=example,dc=test"
PARENTS = (f"ou=People,{BASE}", f"ou=Z\u00fcrich\\, S\u00fcd,{BASE}")
CLASSES = ("top", "person", "organizationalPerson", "inetOrgPerson")


def connect(server):
    connection = ldap.initialize(server.urls["ldap"])
    connection.simple_bind_s(f"cn=manager,{BASE}", "manager")
    return connection


class Slapd(KeptTest):
    def bind(self):
        return ["-D", f"cn=reader,{BASE}", "-y", self.server.secret("reader")]

    @classmethod
    def start(cls, **env):
        cls.server = slapd(**env)
        cls.addClassCleanup(cls.server.stop)
        cls.changer = Changer(connect(cls.server), PARENTS, CLASSES, None, "userCertificate;binary")


class WithLogTest(Slapd):
    @classmethod
    def setUpClass(cls):
        cls.start(SYNC="10000")

    def test_after_many_changes_it_equals_a_fresh_one(self):
        self.changed_again_and_again()

    def test_a_filter_that_people_leave(self):
        url = self.url("??sub?(mail=*)")
        self.ask(url=url)
        number = next(iter(self.changer.people))
        self.changer.modify(number, (ldap.MOD_DELETE, "mail", None))
        result = self.ask(url=url)
        self.assertEqual(self.read(result)[5], 1)
        self.equals_fresh(result, url)
        self.changer.address(number)
        result = self.ask(url=url)
        self.assertEqual(self.read(result)[4], 1)
        self.equals_fresh(result, url)

    def test_a_file_that_is_of_no_use(self):
        self.not_to_be_gone_on_from()

    def test_a_cookie_from_the_future(self):
        self.ask()
        self.forge(rb"csn=2\d\d\d", b"csn=2999")
        self.assert_everything(self.ask(), "result 53")

    def test_another_directory_in_its_place(self):
        """The key of the base is another one."""
        self.ask()
        self.forge(rb"C\x24....", b"C\x24abcd")
        self.assert_everything(self.ask(), "another directory")

    def test_a_container_that_is_renamed(self):
        self.ask()
        self.changer.connection.rename_s(PARENTS[0], "ou=Persons")
        try:
            self.assert_everything(self.ask(), "a container has another name")
        finally:
            self.changer.connection.rename_s(f"ou=Persons,{BASE}", "ou=People")

    def test_the_rows_stay_in_their_order(self):
        before = [r["dn"] for r in self.ask().rows]
        number = next(iter(self.changer.people))
        place = before.index(next(d for d in before if d.lower() == self.changer.dn(number).lower()))
        self.changer.rename(number)
        self.changer.add()
        after = [r["dn"] for r in self.ask().rows]
        self.assertEqual(after[place].lower(), self.changer.dn(number).lower())
        self.assertEqual(len(after), len(before) + 1)
        self.assertTrue(after[-1].lower().startswith(f"cn=added {self.changer.next - 1},"), after[-1])

    def test_it_is_judged_again_at_another_time(self):
        self.ask()
        for at in ("2026-11-01", "2030-01-01"):
            kept = self.ask("--at", at)
            self.assertEqual(self.read(kept)[0], 0)
            fresh = users("--at", at, *self.bind(), self.url())
            self.assertEqual(sorted(map(str, kept.rows)), sorted(map(str, fresh.rows)))
            self.assertEqual({r["standing"] for r in kept.rows} & {"active"},
                             {"active"} if at < "2028" else set())

    def test_who_may_not_read_certificates(self):
        secret = self.server.secret("blind", "password-blind")
        for _ in range(2):
            result = users("-D", f"cn=blind,{BASE}", "-y", secret, "--since", self.folder / "blind",
                           self.url())
            self.assertEqual({r["standing"] for r in result.rows}, {"unknown"})

    def test_two_at_once_leave_a_whole_file(self):
        self.ask()
        self.changer.run(20)
        arguments = [KEYROSTER, "users", "-f", "jsonl", *self.bind(), "--since", self.folder / "kept",
                     self.url()]
        both = [subprocess.Popen([*map(str, arguments)], stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL, env=live_environment()) for _ in range(2)]
        out = [p.communicate()[0] for p in both]
        self.assertEqual([p.returncode for p in both], [0, 0])
        self.assertEqual(*out)
        result = self.ask()
        self.assertEqual(self.read(result)[:2], (0, False))
        self.equals_fresh(result)
        self.assertEqual(sorted(os.listdir(self.folder)), ["kept"])

    def test_killed_while_it_writes_the_old_file_stays(self):
        self.ask()
        kept = (self.folder / "kept").read_bytes()
        self.changer.run(20)
        for delay in (0, 0.01, 0.02, 0.04, 0.08):
            process = subprocess.Popen(
                [*map(str, [KEYROSTER, "users", *self.bind(), "--since", self.folder / "kept",
                            self.url()])], stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, env=live_environment())
            time.sleep(delay * SLOW)
            process.send_signal(signal.SIGKILL)
            process.wait()
            now = (self.folder / "kept").read_bytes()
            if now != kept:
                break
        result = self.ask()
        self.assertFalse(self.read(result)[1], result.err)
        self.equals_fresh(result)

    def test_watched_it_keeps_a_file_current(self):
        output = self.folder / "roster.jsonl"
        process = subprocess.Popen(
            [*map(str, [KEYROSTER, "users", "-f", "jsonl", *self.bind(), "--since",
                        self.folder / "kept", "--watch", "1", "-o", output, self.url()])],
            stderr=subprocess.PIPE, env=live_environment())
        try:
            self.until(output.exists)
            self.changer.add()
            wanted = b"added%d@example.test" % (self.changer.next - 1)
            self.until(lambda: wanted in output.read_bytes())
        finally:
            process.terminate()
            err = process.communicate()[1]
        self.assertEqual((process.returncode, err), (0, b""))
        self.assertEqual(sorted(os.listdir(self.folder)), ["kept", "roster.jsonl"])

    def until(self, holds):
        for _ in range(100 * SLOW):
            if holds():
                return
            time.sleep(0.1)
        self.fail("it did not come in time")


class WithoutLogTest(Slapd):
    """What went is told by naming all that is there."""

    @classmethod
    def setUpClass(cls):
        cls.start(SYNC="0")

    def test_after_many_changes_it_equals_a_fresh_one(self):
        self.changed_again_and_again()


class WithoutSyncTest(Slapd):
    @classmethod
    def setUpClass(cls):
        cls.start()

    def test_everything_is_read_each_time(self):
        for _ in range(2):
            result = self.ask()
            self.assert_everything(result, "synchroni|tell what has changed")
            self.assertEqual(self.read(result)[3], 0)

    def test_a_part_is_not_kept(self):
        for name, status in (("small", 1), ("reader", 0)):
            result = users("-D", f"cn={name},{BASE}", "-y", self.server.secret(name, f"password-{name}"),
                           "--since", self.folder / "part", self.url())
            self.assertEqual(result.status, status, result.err)
            self.assertEqual((self.folder / "part").exists(), status == 0)
            if status == 1:
                self.assertIn("incomplete", result.err)
                self.assertGreater(len(result.rows), 0)


if __name__ == "__main__":
    unittest.main()
