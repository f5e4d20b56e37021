"""keyroster tidy against OpenLDAP's slapd: what it removes, what stays, and what puts it back."""

import io
import os
import pathlib
import signal
import subprocess
import time
import unittest

from servers import DONE, KEYROSTER, NOT_DONE, SLOW, SOME, Relay, live_environment, need, slapd

need("slapd", "slapadd", "ldapsearch", "ldapmodify")

import ldap  # noqa: E402
import ldap.modlist  # noqa: E402
import ldif  # noqa: E402

from tidying import Tidying, good, old  # noqa: E402

BASE = "dc=example,dc=test"


def setUpModule():
    server = slapd(people=5)
    unittest.addModuleCleanup(server.stop)
    SlapdTest.server = server


class Changes(ldif.LDIFParser):
    """The changes in an LDIF as python-ldap reads them: {DN: [(operation, attribute, values)]}."""

    def __init__(self, text):
        super().__init__(io.BytesIO(text))
        self.read = {}
        self.parse_change_records()

    def handle_modify(self, dn, modops, controls=None):
        assert dn not in self.read, dn
        self.read[dn] = modops


class SlapdTest(Tidying):
    base, manager, password = BASE, f"cn=manager,{BASE}", "manager"
    second = "userCertificate;binary"


class RemoveTest(SlapdTest):
    def test_what_apply_removes_its_undo_restores_byte_for_byte(self):
        self.removed_and_restored(first=False)

    def test_the_ldif_does_the_same_by_ldapmodify(self):
        dn = self.add("anna", [old("anna"), good("anna")])
        before = self.state()
        result = self.tidy("-o", "remove.ldif")
        self.assertEqual((result.status, result.out, result.err), (DONE, b"", ""))
        self.same_state(before)
        self.assertEqual(self.modify("remove.ldif").returncode, 0)
        self.assertEqual(len(self.certificates(dn)[0]), 1)
        self.assertEqual(self.modify("remove.ldif.undo").returncode, 0)
        self.same_state(before)

    def test_python_ldap_reads_the_ldif_byte_for_byte(self):
        gone = {self.add(name, values + [good("x")]): values
                for name, values in (("anna", [old("a")]), ("zoë", [old("z"), old("z")]))}
        self.tidy("-o", "remove.ldif")
        for file, operation in (("remove.ldif", ldap.MOD_DELETE), ("remove.ldif.undo", ldap.MOD_ADD)):
            read = Changes((self.folder / file).read_bytes()).read
            self.assertEqual(set(read), set(gone))
            for dn, values in gone.items():
                (what, name, said), = read[dn]
                self.assertEqual((what, name, set(said)), (operation, self.second, set(values)))

    def test_only_mailboxes_are_touched(self):
        dn = f"cn=service,{self.place}"
        self.connection.add_s(dn, ldap.modlist.addModlist(
            {"objectClass": [b"applicationProcess", b"pkiUser"], "cn": [b"service"],
             self.second: [old("service")]}))
        before = self.state()
        result = self.apply(url=self.server.url(base=self.place, rest="??sub?(objectClass=*)"))
        self.assertEqual(result.status, DONE, result.err)
        self.same_state(before)

    def test_the_last_usable_one_stays(self):
        ours = self.folder / "issuer.pem"
        ours.write_bytes((self.server.made / "ca.pem").read_bytes())
        dn = self.add("anna", [good("anna")])
        result = self.apply("--issuer", ours, remove="foreign")
        self.assertEqual(result.status, DONE, result.err)
        self.assertIn("1 value kept", result.err)
        self.assertEqual(len(self.certificates(dn)[0]), 1)
        result = self.apply("--issuer", ours, "--even-last", remove="foreign")
        self.assertEqual(result.status, DONE, result.err)
        self.assertEqual(self.certificates(dn)[0], [])

    def test_superseded(self):
        older, newer = good("anna", "2026-01-01"), good("anna", "2026-06-01")
        dn = self.add("anna", [older, newer])
        self.assertEqual(self.apply(remove="superseded").status, DONE)
        self.assertEqual(self.certificates(dn)[0], [newer])

    def test_a_dry_run_changes_nothing(self):
        self.add("anna", [old("anna"), good("anna")])
        before = self.state()
        result = self.tidy("--apply", "-n")
        self.assertEqual(result.status, DONE, result.err)
        self.assertIn("1 value (1 expired) from 1 entry to be removed", result.err)
        self.assertIn(b"changetype: modify", result.out)
        self.same_state(before)
        self.assertEqual([p.name for p in self.folder.iterdir()], [])


class WholeAttributeTest(SlapdTest):
    """OpenLDAP has no equality rule for userself.firstCertificate."""

    def test_its_values_are_named(self):
        dn = self.add("anna", [old("anna"), good("anna")], [old("anna"), good("anna")])
        result = self.apply()
        self.assertEqual(result.status, SOME, result.err)
        self.assertRegex(result.err, rf"(?m)^keyroster: \S+: {dn}: certificate value \d: to be removed.*"
                                     r"no equality rule.*--whole-attribute")
        self.assertEqual([len(v) for v in self.certificates(dn)], [1, 2])

    def test_many_are_named_by_their_number(self):
        for i in range(12):
            self.add(f"u{i}", (), [old("anna")])
        result = self.tidy("-n")
        self.assertEqual(result.status, SOME, result.err)
        self.assertEqual(result.err.count("no equality rule"), 10)
        self.assertIn("so for 2 values more (--verbose names each)", result.err)
        result = self.tidy("-n", "-v")
        self.assertEqual(result.err.count("no equality rule"), 12)
        self.assertNotIn("more (--verbose", result.err)

    def test_they_are_replaced_and_restored(self):
        anna = self.add("anna", [old("anna"), good("anna")], [old("anna"), good("anna"), b"\x00junk"])
        bo = self.add("bo", (), [old("bo")])
        before = self.state()
        result = self.apply("--whole-attribute", "-o", "remove.ldif")
        self.assertEqual(result.status, SOME, result.err)  # the junk cannot be read
        self.assertRegex(result.err, r"removed 3 values from 2 entries\n\Z")
        self.assertEqual([len(v) for v in self.certificates(anna)], [1, 2])
        self.assertEqual(self.certificates(bo), ([], []))
        after = self.state()
        self.assertEqual(self.modify("undo.ldif").returncode, 0)
        self.same_state(before)
        self.assertEqual(self.modify("remove.ldif").returncode, 0)
        self.same_state(after)

    def test_what_cannot_be_read_goes_by_its_bytes(self):
        dn = self.add("anna", [good("anna")], [b"\x00junk", b"\x30\x03abc"])
        result = self.apply("--whole-attribute", remove="unreadable")
        self.assertEqual(result.status, SOME, result.err)
        self.assertEqual([len(v) for v in self.certificates(dn)], [1, 0])

    def test_one_that_has_changed_since_is_left(self):
        values, more = [old("anna"), good("anna")], good("anna")
        for new in ([*values, more], [values[0], more], values[:1]):
            with self.subTest(len(new)):
                self.clear()
                self.connection.add_s(self.place, [("objectClass", [b"organizationalUnit"])])
                dn = self.add("anna", (), values)
                status, said = self.asked(
                    "--whole-attribute", then=lambda: self.connection.modify_s(dn, [(ldap.MOD_REPLACE, self.first, new)]))
                self.assertEqual(status, SOME, said)
                self.assertIn(f"{dn}: its values have changed since they were read", said)
                self.assertEqual(set(self.certificates(dn)[1]), set(new))


class QuestionTest(SlapdTest):
    def test_it_asks_with_a_count(self):
        dn = self.add("anna", [old("anna"), good("anna")])
        status, said = self.asked()
        self.assertEqual(status, DONE, said)
        self.assertIn("Remove 1 value (1 expired) from 1 entry of ldap://", said)
        self.assertNotIn("changetype", said)  # no LDIF onto the terminal
        self.assertEqual(len(self.certificates(dn)[0]), 1)

    def test_anything_but_yes_is_no(self):
        self.add("anna", [old("anna"), good("anna")])
        before = self.state()
        for answer in (b"n\n", b"\n", b"yesno\n", b"\x04"):
            with self.subTest(answer):
                status, said = self.asked("-o", "remove.ldif", answer=answer)
                self.assertEqual(status, NOT_DONE, said)
                self.assertIn("nothing was changed", said)
                self.same_state(before)
                self.assertEqual([p.name for p in self.folder.iterdir()], [])

    def test_the_undo_is_written_only_then(self):
        self.add("anna", [old("anna"), good("anna")])
        self.asked("--undo", "undo.ldif", then=lambda: self.assertFalse(
            (self.folder / "undo.ldif").exists()))
        self.assertTrue((self.folder / "undo.ldif").exists())

    def test_what_somebody_adds_meanwhile_stays(self):
        self.somebody_adds_meanwhile()

    def test_what_somebody_removes_meanwhile_is_gone(self):
        first, second = old("anna"), old("anna")
        dn = self.add("anna", [first, second, good("anna")])
        other = self.add("bo", [old("bo")])
        gone = self.add("cy", [old("cy")])

        def change():
            self.connection.modify_s(dn, [(ldap.MOD_DELETE, self.second, [first])])
            self.connection.modify_s(other, [(ldap.MOD_DELETE, self.second, None)])
            self.connection.delete_s(gone)

        status, said = self.asked(then=change)
        self.assertEqual(status, SOME, said)
        self.assertIn(f"{gone}: the entry is not there any more", said)
        self.assertRegex(said, r"removed 1 value from 1 entry, 2 more were gone already; 1 entry failed")
        self.assertEqual(len(self.certificates(dn)[0]), 1)


class TroubleTest(SlapdTest):
    def test_no_right_to_write_is_told_by_dn(self):
        names = [self.add(name, [old(name)]) for name in ("anna", "bo")]
        before = self.state()
        result = self.apply(bind=self.bind(f"cn=reader,{BASE}", "reader"))
        self.assertEqual(result.status, SOME, result.err)
        for dn in names:
            self.assertRegex(result.err, rf"(?m)^keyroster: \S+: {dn}: modify: this user may not")
        self.assertRegex(result.err, r"removed 0 values from 0 entries; 2 entries failed\n\Z")
        self.same_state(before)

    def test_one_who_has_not_bound_is_told_once(self):
        place = f"ou=unbound,{self.place}"  # which everybody may read
        self.connection.add_s(place, [("objectClass", [b"organizationalUnit"])])
        for name in ("anna", "bo", "cy"):
            self.connection.rename_s(self.add(name, [old(name)]), f"cn={name}", place)
        before = self.state()
        result = self.apply(bind=["--ca", self.server.ca], url=self.server.url(base=place))
        self.assertEqual(result.status, NOT_DONE, result.err)
        self.assertEqual(result.err.count("changes nothing for one who has not bound (-D, -y; or -Y)"), 1)
        self.assertRegex(result.err, r"1 entry failed; 2 entries were not come to")
        self.same_state(before)

    def test_one_who_sees_no_certificates_removes_none(self):
        self.add("anna", [old("anna")])
        before = self.state()
        result = self.apply(bind=self.bind(f"cn=blind,{BASE}", "blind"))
        self.assertEqual(result.status, SOME, result.err)
        self.assertIn("nothing to be removed", result.err)
        self.same_state(before)

    def test_a_server_that_does_not_answer_any_more(self):
        self.add("anna", [old("anna")])
        self.add("bo", [old("bo")])
        before = self.state()
        pid = int((self.server.folder / "pid").read_text())
        begin = time.monotonic()
        try:
            status, said = self.asked("--timeout", "1", then=lambda: os.kill(pid, signal.SIGSTOP))
        finally:
            os.kill(pid, signal.SIGCONT)
        self.assertEqual(status, NOT_DONE, said)
        self.assertRegex(said, "no answer (in time|within 1 seconds)")  # of the change, or of a new connection
        self.assertIn("1 entry was not come to", said)
        self.assertLess(time.monotonic() - begin, 10 * SLOW)
        # What was sent may still have been done; the next run does the rest.
        self.assertEqual(self.apply().status, DONE)
        self.assertNotEqual(self.state(), before)
        self.assertEqual([e.get(self.second) for e in self.state().values()], [None, None])

    def test_a_lost_connection_is_taken_up(self):
        for i in range(30):
            self.add(f"u{i}", [old(f"u{i}"), good(f"u{i}")])
        for after in (20000, 60000, 60500, 61000, 62000, 70000):
            with self.subTest(after):
                relay = Relay(self.server.port(), after)
                self.addCleanup(relay.stop)
                result = self.apply(url=f"ldap://127.0.0.1:{relay.port}/{self.place}")
                self.assertEqual(result.status, DONE, result.err)
        self.assertEqual({len(e.get(self.second, [b""])) for e in self.state().values()}, {1})

    def test_a_server_that_is_killed_leaves_what_the_next_run_finishes(self):
        values = [old("u"), good("u")]
        for i in range(1500):
            self.add(f"u{i}", values)
        before = self.state()
        done = subprocess.Popen(
            [KEYROSTER, *map(str, self.arguments("--apply", "--yes", "--undo", "undo.ldif"))],
            cwd=self.folder, env=live_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        undo = self.folder / "undo.ldif"
        while not undo.exists() and done.poll() is None:
            time.sleep(0.001)
        time.sleep(0.03)
        os.kill(int((self.server.folder / "pid").read_text()), signal.SIGKILL)
        _, said = done.communicate(timeout=60 * SLOW)
        (self.server.folder / "pid").unlink()
        self.restart()
        left = sum(len(e.get(self.second, [])) == 2 for e in self.state().values())
        self.assertIn(done.returncode, (SOME, NOT_DONE), said)
        self.assertGreater(left, 0, "it was too quick to be killed")
        self.assertIn("cannot be taken up again", said)
        self.assertRegex(said, r"not come to \(run it again: it does what is left\)")
        result = self.apply()
        self.assertEqual(result.status, DONE, result.err)
        self.assertRegex(result.err, rf"removed {left} values from {left} entries")
        self.assertEqual({len(e.get(self.second, [b""])) for e in self.state().values()}, {1})
        # The undo of the first run is still there, and each does what the other leaves.
        self.assertTrue((self.folder / "undo.ldif.1").exists())
        for file in ("undo.ldif", "undo.ldif.1"):
            self.modify(file, "-c")
        self.same_state(before)

    def restart(self):
        """The same server once more, over the same files."""
        folder = self.server.folder
        urls = " ".join(f"{url}/" for url in self.server.urls.values())
        program = next(p for p in ("/usr/sbin/slapd", "/usr/local/sbin/slapd", "/sbin/slapd")
                       if pathlib.Path(p).exists())
        subprocess.run([program, "-h", urls, "-f", folder / "slapd.conf"], check=True)
        for _ in range(100):
            try:
                self.connection = self.connect()
                return
            except ldap.SERVER_DOWN:
                time.sleep(0.05)
        self.fail("slapd does not start again")

    def test_a_disk_that_is_full_leaves_the_directory_alone(self):
        self.add("anna", [old("anna"), good("anna")])
        before = self.state()
        result = self.tidy("--apply", "--yes", "--undo", "/dev/full")
        self.assertEqual(result.status, NOT_DONE, result.err)
        self.assertIn("/dev/full: No space left", result.err)
        self.same_state(before)


if __name__ == "__main__":
    unittest.main()
