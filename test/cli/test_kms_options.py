"""What all verbs of kms share: passphrases from files, standard input and the terminal; forms."""

import json
import os
import pathlib
import sqlite3
import subprocess
import time
import unittest

from kms_support import KmsTest, passphrase_of
from support import KEYROSTER, USAGE, run


class Passphrases(KmsTest):
    def wrong(self, *options, said):
        self.refused(self.site.kms("admins", "--policy", "enrol=1", *options), said, status=USAGE)

    def test_used_wrongly(self):
        file = self.site.file_of("anna")
        self.wrong("--passphrase", "anna", said="NAME=FILE")
        self.wrong("--passphrase", "anna=", said="NAME=FILE")
        self.wrong("--passphrase", f"={file}", said="NAME=FILE")
        self.wrong("--passphrase", f"anna={file}", "--passphrase", f"anna={file}", said="once")
        self.wrong("--passphrase", "anna=-", "--passphrase", "bo=-", said="standard input")
        self.wrong("--passphrase", said="missing")

    def test_line_ends(self):
        for text in (passphrase_of("anna"), passphrase_of("anna") + "\r\n"):
            self.site.file_of("anna").write_bytes(text.encode())
            self.done(self.site.kms("admins", "--policy", "enrol=1", by=["anna"]))
        self.site.file_of("anna").write_text(passphrase_of("anna") + "\n\n")
        self.refused(self.site.kms("admins", "--policy", "enrol=1", by=["anna"]), "wrong passphrase")

    def test_from_standard_input(self):
        self.done(self.site.kms("admins", "--policy", "enrol=1", "--passphrase", "anna=-",
                                stdin=passphrase_of("anna").encode() + b"\n"))

    def test_files_that_cannot_be_read(self):
        for name, path, said in (("anna", self.site.folder / "none", "No such file"),
                                 ("anna", "/dev/zero", "4095"),
                                 ("nobody", self.site.file_of("anna"), "nobody of that name")):
            with self.subTest(path=path):
                self.refused(self.site.kms("admins", "--policy", "enrol=1", "--passphrase",
                                           f"{name}={path}"), said)

    def test_no_passphrase_is_told(self):
        self.site.file_of("anna", "the wrong words for this one")
        done = self.site.kms("admins", "--policy", "enrol=1", by=["anna"])
        self.assertNotIn("wrong words", done.err)

    def test_the_name_for_a_pkcs12_is_nobody(self):
        self.done(self.site.kms("admins", "--policy", "enrol=1", "--passphrase",
                                f"p12={self.site.file_of('dee')}", by=["anna"]))


class Terminal(KmsTest):
    """The verbs on a terminal of their own, by pty(7)."""

    def test_a_name_and_its_passphrase_are_asked(self):
        status, shown = self.talk("kms", "admins", self.site.store, "--policy", "enrol=2", answers=[
            ("Administrator: ", "anna"), ("Passphrase of anna: ", passphrase_of("anna"))])
        self.assertEqual(status, 0, shown)
        self.assertNotIn(passphrase_of("anna"), shown)
        self.assertEqual(self.audit()[-1]["who"], "anna")

    def test_until_there_are_enough(self):
        self.done(self.site.kms("admins", "--policy", "policy=2", by=["anna"]))
        status, shown = self.talk(
            "kms", "admins", self.site.store, "--policy", "policy=1",
            *self.site.options_of("anna"),
            answers=[("Administrator: ", "bo"), ("Passphrase of bo: ", passphrase_of("bo"))])
        self.assertEqual(status, 0, shown)
        self.assertEqual(self.audit()[-1]["who"], "anna,bo")

    def test_nothing_typed_is_too_few(self):
        status, shown = self.talk("kms", "admins", self.site.store, "--policy", "enrol=2",
                                  answers=[("Administrator: ", "")])
        self.assertEqual(status, 3, shown)
        self.assertIn("--passphrase NAME=FILE", shown)

    def test_a_new_one_is_asked_twice(self):
        old, new = passphrase_of("anna"), "a lighthouse behind the fog"
        status, shown = self.talk("kms", "passphrase", self.site.store, "anna", answers=[
            ("Passphrase of anna: ", old), ("New passphrase: ", new), ("The same again: ", new)])
        self.assertEqual(status, 0, shown)
        status, shown = self.talk("kms", "passphrase", self.site.store, "anna", answers=[
            ("Passphrase of anna: ", new),
            *[("New passphrase: ", old), ("The same again: ", "other")] * 3])
        self.assertEqual(status, 3, shown)
        self.assertIn("differ", shown)

    def test_a_typo_or_a_weak_one_in_a_ceremony_is_asked_again(self):
        store = self.site.folder / "new"
        good = passphrase_of("anna")
        status, shown = self.talk(
            "kms", "init", store, "--org", "X", "--admins", "anna", "--agents", "anna,bo",
            "--quorum", 2, answers=[
                ("New passphrase of anna: ", good), ("The same again: ", "a typo"),
                ("New passphrase of anna: ", "short"), ("The same again: ", "short"),
                ("New passphrase of anna: ", good), ("The same again: ", good),
                ("New passphrase of bo: ", passphrase_of("bo")),
                ("The same again: ", passphrase_of("bo"))])
        self.assertEqual(status, 0, shown)
        self.assertIn("differ", shown)
        self.assertIn("short", shown.split("differ")[1])
        self.done(run("kms", "check", store))

    def test_a_ceremony(self):
        store = self.site.folder / "new"
        answers = []
        for name in ("anna", "bo"):
            answers += [(f"New passphrase of {name}: ", passphrase_of(name)),
                        ("The same again: ", passphrase_of(name))]
        status, shown = self.talk("kms", "init", store, "--org", "X", "--admins", "anna",
                                  "--agents", "anna,bo", "--quorum", 2, answers=answers)
        self.assertEqual(status, 0, shown)
        self.done(run("kms", "check", store))

    def test_many_new_agents(self):
        names = [f"agent{i}" for i in range(9)]
        answers = []
        for name in names:
            answers += [(f"New passphrase of {name}: ", passphrase_of(name)),
                        ("The same again: ", passphrase_of(name))]
        status, shown = self.talk("kms", "reshare", self.site.store, "--agents", ",".join(names),
                                  "--quorum", 9, *self.site.options_of("anna", "xena", "yuri"),
                                  answers=answers)
        self.assertEqual(status, 0, shown)
        agents = [word for name in names for word in ("--agent", name)]
        key = self.site.folder / "recovery.pem"
        rebuilt = self.site.kms("rebuild-key", *agents, "-o", key, "--yes", by=names)
        self.assertEqual(rebuilt.status, 0, rebuilt.err)


class Forms(KmsTest):
    def test_nobody_reads_any_more(self):
        done = subprocess.run(f'"{KEYROSTER}" kms audit "{self.site.store}" | true; echo done',
                              shell=True, capture_output=True, text=True, check=False)
        self.assertEqual(done.stdout, "done\n")

    def test_a_full_disk(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([KEYROSTER, "kms", "audit", self.site.store], stdout=full,
                                  stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual(done.returncode, 3)
        self.assertIn("No space left", done.stderr)

    def test_a_store_that_is_none(self):
        for path, said in ((self.site.folder / "none", "none"), (self.site.folder, ""),
                           (self.site.file_of("anna"), ""), ("/dev/null", "")):
            for verb in ("audit", "check", "admins", "ca"):
                with self.subTest(path=path, verb=verb):
                    self.refused(run("kms", verb, path), said)
        self.refused(run("kms", "audit", ""), "STORE", status=USAGE)
        self.refused(run("kms", "audit", "postgresql://localhost/kms"), "postgresql", status=USAGE)

    def test_a_profile_that_is_gone_is_named(self):
        (self.site.store / "profile.conf").unlink()
        self.refused(self.site.kms("enrol", "a@example.org", by=("anna",)),
                     "profile.conf: No such file")

    def test_a_store_that_others_may_read(self):
        self.site.store.chmod(0o755)
        self.refused(self.site.kms("audit"), "chmod")

    @unittest.skipUnless(os.geteuid() == 0, "needs root, to give a store to somebody else")
    def test_a_store_of_somebody_else(self):
        for path in (self.site.store, *self.site.store.iterdir()):
            os.chown(path, 65534, 65534)
        for verb in ("audit", "admins"):
            self.refused(self.site.kms(verb), "belongs")

    def test_two_at_once(self):
        """Both acts are done, one behind the other."""
        both = [subprocess.Popen([KEYROSTER, "kms", "admins", self.site.store, "--policy",
                                  f"enrol={count}", *map(str, self.site.options_of("anna"))])
                for count in (1, 2)]
        self.assertEqual([one.wait() for one in both], [0, 0])
        self.assertEqual([row["result"] for row in self.audit()], ["done", "set", "set"])
        self.assert_whole()

    def test_a_store_that_another_one_writes_to_for_long(self):
        """Whoever waits for five seconds in vain says so; who only reads does not wait."""
        with sqlite3.connect(self.site.store / "keyroster.db", isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            self.refused(self.site.kms("admins", "--policy", "enrol=2", by=["anna"]), "another")
            self.done(self.site.kms("audit"))
            other.execute("ROLLBACK")
        other.close()
        self.assert_whole()

    def test_unsafe_characters_are_for_jsonl_alone(self):
        self.site.kms("passphrase", "an\x1b[31mna", "--passphrase",
                      f"new={self.site.file_of('dee')}", by=["anna"], start_new_session=True)
        table = self.site.kms("audit").out
        self.assertNotIn(b"\x1b", table)
        for line in self.site.kms("audit", jsonl=True).out.splitlines():
            json.loads(line)


class Hidden(KmsTest):
    def test_no_other_process_reads_its_memory(self):
        """While it waits for a passphrase, its memory and files are root's alone, and no core comes."""
        running = subprocess.Popen([KEYROSTER, "kms", "admins", self.site.store, "--policy",
                                    "enrol=1", "--passphrase", "anna=-"], stdin=subprocess.PIPE)
        try:
            time.sleep(0.5)
            limits = pathlib.Path(f"/proc/{running.pid}/limits").read_text()
            self.assertRegex(limits, r"Max core file size +0 +0")
            self.assertEqual(os.stat(f"/proc/{running.pid}/mem").st_uid, 0)
        finally:
            running.communicate(passphrase_of("anna").encode())
        self.assertEqual(running.returncode, 0)


if __name__ == "__main__":
    unittest.main()
