"""`keyroster kms enrol --issue`: both certificates at once, many of them, and ended anywhere."""

import json
import os
import random
import resource
import signal
import subprocess
import time
import unittest

import kms_judges
import kms_support
import support
from support import DONE, NOT_DONE, SOME


class IssueTest(kms_support.KmsTest):
    OPTIONS = ("--crl-url", "http://crl.example.org/kms.crl")

    def setUp(self):
        super().setUp()
        self.dir = self.site.folder / "p12"

    def issue(self, *words, by=("anna", "p12"), **more):
        return self.site.kms("enrol", *words, "--issue", "--p12-dir", self.dir, by=by, jsonl=True, **more)

    def ca(self):
        path = self.site.folder / "ca.pem"
        self.done(self.site.kms("ca", "-o", path))
        return path

    def p12(self, name):
        return kms_judges.P12(self.dir / name, self.site.file_of("p12"), self.site.folder)

    def source(self, count, name="site.csv"):
        path = self.site.folder / name
        path.write_text("Obj-Class,Display Name,E-mail Addresses\n" + "".join(
            f"mailbox,User {i},SMTP:user{i}@example.org%smtp:u{i}@example.com\n" for i in range(count)))
        return path

    def hidden(self):
        """Names in the folder that are nobody's PKCS#12."""
        return [file.name for file in self.dir.iterdir() if file.name.startswith(".") or
                file.suffix != ".p12"] if self.dir.exists() else []

    def assert_files(self, rows):
        """Each row has its file, mode 0600, with its two certificates and keys in it."""
        for row in rows:
            p12 = self.p12(row["file"])
            self.assertEqual((self.dir / row["file"]).stat().st_mode & 0o777, 0o600)
            for serial in (row["encryption"], row["signing"]):
                self.assertIsNotNone(p12.pair(serial)[1])


class Issue(IssueTest):
    def test_two_users(self):
        done = self.issue("anna.berg@example.org", "bo.ek@example.org")
        self.assertEqual((done.status, done.err), (DONE, ""))
        self.assertEqual([row["result"] for row in done.rows], ["issued"] * 2)
        self.assertEqual([row["file"] for row in done.rows],
                         ["anna.berg@example.org.p12", "bo.ek@example.org.p12"])
        self.assert_files(done.rows)
        ca = self.ca()
        for row in done.rows:
            for serial in (row["encryption"], row["signing"]):
                cert, key = self.p12(row["file"]).pair(serial)
                kms_judges.verify(cert, ca)
            mail = kms_judges.encrypt(self.p12(row["file"]).pair(row["encryption"])[0], self.site.folder)
            cert, key = self.p12(row["file"]).pair(row["encryption"])
            self.assertEqual(kms_judges.decrypt(mail, cert, key), b"a mail to be read\n")
        self.assert_whole()

    def test_every_kind_of_key(self):
        ca = self.ca()
        for kind in ("p256", "p384", "rsa2048", "ed25519"):
            with self.subTest(kind):
                row = self.issue("anna.berg@example.org", "--again", "--user-key", kind).rows[0]
                p12 = self.p12(row["file"])
                kms_judges.verify(p12.pair(row["signing"])[0], ca, purpose="smimesign")
                kms_judges.verify(p12.pair(row["encryption"])[0], ca,
                                  purpose="smimeencrypt" if kind == "rsa2048" else "any")
        self.assert_whole()

    def test_many_in_their_order(self):
        source = self.source(60)
        done = self.issue("--from", source, "--threads", "4")
        self.assertEqual((done.status, done.err), (DONE, ""))
        self.assertEqual([(row["address"], row["line"]) for row in done.rows],
                         [(f"user{i}@example.org", i + 2) for i in range(60)])
        self.assert_files(done.rows[::20])
        self.assertEqual(self.hidden(), [])
        cert, _ = self.p12("user7@example.org.p12").pair(done.rows[7]["signing"])
        usage = kms_judges.usage_of(cert)
        self.assertIn("email:user7@example.org", usage)
        self.assertIn("email:u7@example.com", usage)
        rows = len(self.audit())
        again = self.issue("--from", source)
        self.assertEqual({row["result"] for row in again.rows}, {"already"})
        self.assertEqual(len(self.audit()), rows)
        self.assert_whole()

    def test_twice_in_one_run_is_once(self):
        for words in ((), ("--again",)):
            done = self.issue("a@example.org", "A@example.org", "b@example.org", *words)
            self.assertEqual([row["result"] for row in done.rows], ["issued", "already", "issued"])
            self.assertEqual(sorted(os.listdir(self.dir)), ["a@example.org.p12", "b@example.org.p12"])
        self.assert_whole()

    def test_an_open_token_is_void_then(self):
        token = self.site.rows("enrol", "a@example.org", by=("anna",))[0]["token"]
        self.assertEqual(self.issue("a@example.org").rows[0]["result"], "issued")
        refused = self.site.kms("complete", "--token-file", "-", "--p12", self.site.folder / "x.p12",
                                by=("anna", "p12"), stdin=token.encode())
        self.refused(refused, "void")

    def test_names_that_are_no_names_of_files(self):
        addresses = ["a/b@example.org", "a_b@example.org", "-a@example.org", "åsa@example.org"]
        done = self.issue(*addresses[:2], addresses[3])
        self.assertEqual((done.status, done.err), (DONE, ""))
        self.assertEqual(len(os.listdir(self.dir)), 3)
        for row in done.rows:
            self.assertTrue((self.dir / row["file"]).is_file())

    def test_what_fails_leaves_no_file(self):
        done = self.issue("bad", "a@example.org", "x" * 70 + "@example.org")
        self.assertEqual(done.status, SOME)
        self.assertEqual([row["result"] for row in done.rows], ["failed", "issued", "failed"])
        self.assertEqual(os.listdir(self.dir), ["a@example.org.p12"])

    def test_a_folder_that_cannot_be(self):
        self.dir.write_text("a file")
        self.assertEqual(self.issue("a@example.org").status, NOT_DONE)
        self.assertEqual(self.site.rows("enrol", "a@example.org", by=("anna",))[0]["result"], "token")

    def test_a_file_that_cannot_be_made_is_named(self):
        done = self.site.kms("enrol", "a@example.org", "--issue", "--p12-dir", "/proc",
                             by=("anna", "p12"))
        self.assertNotEqual(done.status, DONE)
        self.assertIn("a@example.org.p12: ", done.err)
        self.assert_whole()

    def test_a_full_disk_ends_the_run_and_leaves_nothing_half(self):
        """The limit on the size of files stands in for the disk: the database cannot grow past it."""
        source = self.source(200)
        limit = (self.site.store / "keyroster.db").stat().st_size + 300_000

        def limited():
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        done = self.issue("--from", source, preexec=limited)
        self.assertEqual(done.status, NOT_DONE)
        self.assertIn("kms", done.err)
        told = [row["address"] for row in done.rows if row["result"] == "issued"]
        self.assert_whole()
        self.assertEqual(self.hidden(), [])
        self.assertEqual(len(os.listdir(self.dir)), len(told))
        rest = self.issue("--from", source)
        self.assertEqual(rest.status, DONE)
        self.assertEqual([row["address"] for row in rest.rows if row["result"] == "already"], told)
        self.assert_whole()

    def test_two_at_once(self):
        source = self.source(40)
        runs = [subprocess.Popen(
            [support.KEYROSTER, "kms", "enrol", self.site.store, "--from", source, "--issue", "--p12-dir",
             self.dir, "-f", "jsonl", *map(str, self.site.options_of("anna", "p12"))],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=support.environment()) for _ in range(2)]
        said = [run.communicate(timeout=120) for run in runs]
        self.assertEqual([run.returncode for run in runs], [DONE, DONE], said)
        issued = [line for out, _ in said for line in out.splitlines() if b'"issued"' in line]
        self.assertEqual(len(issued), 40)
        self.assertEqual(len(os.listdir(self.dir)), 40)
        self.assert_whole()

    def test_killed_anywhere_nothing_is_lost_or_done_twice(self):
        """Every result that was told is there; the second run repeats none; no half files."""
        rounds = int(os.environ.get("KEYROSTER_KILLS", "12"))
        chance = random.Random(6)
        users = 0
        told = {}
        for number in range(rounds):
            users += 12
            source = self.source(users, f"site{number}.csv")
            out = self.site.folder / "rows"
            with out.open("wb") as rows:
                run = subprocess.Popen(
                    [support.KEYROSTER, "kms", "enrol", self.site.store, "--from", source, "--issue",
                     "--p12-dir", self.dir, "-f", "jsonl", *map(str, self.site.options_of("anna", "p12"))],
                    stdout=rows, stderr=subprocess.DEVNULL, env=support.environment())
                time.sleep(0.2 + chance.random() * (0.3 if not support.SANITIZED else 3))
                run.send_signal(signal.SIGKILL)
                run.wait()
            text = out.read_text()
            for row in map(json.loads, text[:text.rfind("\n") + 1].splitlines()):
                if row["result"] == "issued":
                    self.assertNotIn(row["address"], told)
                    told[row["address"]] = row
            self.assertEqual(self.hidden(), [])
            self.done(self.site.kms("check"))
        rest = self.issue("--from", source)
        self.assertEqual(rest.status, DONE, rest.err)
        for row in rest.rows:
            if row["address"] in told:
                self.assertEqual(row["result"], "already")
        self.assertEqual(len(os.listdir(self.dir)), users)
        self.assert_files([told[address] for address in list(told)[:5]])
        self.assert_whole()


class Renew(IssueTest):
    def renew(self, *words, by=("anna", "p12"), **more):
        return self.site.kms("renew", *words, by=by, jsonl=True, **more)

    def test_one_user(self):
        first = self.issue("anna.berg@example.org", "--user-key", "p384").rows[0]
        old = self.p12(first["file"])
        mail = kms_judges.encrypt(old.pair(first["encryption"])[0], self.site.folder)
        done = self.renew("ANNA.BERG@example.org", "--p12", self.dir / "new.p12")
        self.assertEqual((done.status, done.err), (DONE, ""))
        row = done.rows[0]
        self.assertEqual(list(row)[:3], ["address", "result", "serial"])
        self.assertEqual((row["address"], row["result"]), ("anna.berg@example.org", "renewed"))
        self.assertNotIn(row["serial"], (first["encryption"], first["signing"]))
        ca = self.ca()
        new = self.p12("new.p12")
        for serial in (row["serial"], row["signing"]):
            kms_judges.verify(new.pair(serial)[0], ca)
            said = kms_judges.command("openssl", "x509", "-in", new.pair(serial)[0], "-noout", "-text").stdout
            self.assertIn(b"P-384", said)
        kms_judges.verify(old.pair(first["encryption"])[0], ca)
        self.assertEqual(kms_judges.decrypt(mail, *old.pair(first["encryption"])), b"a mail to be read\n")
        self.assertEqual(self.audit()[-1]["act"], "renew")
        self.assert_whole()

    def test_all_that_are_due_and_once(self):
        self.issue("a@example.org", "b@example.org", "c@example.org")
        self.site.rows("revoke", "c@example.org", "--reason", "superseded", by=("anna",))
        self.site.rows("enrol", "d@example.org", by=("anna",))
        profile = self.site.store / "profile.conf"
        text = profile.read_text()
        none = self.renew("--days-left", "30", "--p12-dir", self.dir)
        self.assertEqual((none.status, none.rows), (DONE, []))
        profile.write_text(text.replace("validity = 548d", "validity = 10d", 1))
        self.issue("e@example.org")
        profile.write_text(text)
        done = self.renew("--days-left", "30", "--p12-dir", self.dir)
        self.assertEqual([(row["address"], row["result"]) for row in done.rows],
                         [("e@example.org", "renewed")])
        again = self.renew("--days-left", "30d", "--p12-dir", self.dir)
        self.assertEqual((again.rows, again.err), ([], ""))
        many = self.renew("--days-left", "600", "--p12-dir", self.site.folder / "new", "--threads", "3")
        self.assertEqual([row["address"] for row in many.rows],
                         ["a@example.org", "b@example.org", "e@example.org"])
        self.assertIn("each run renews everybody", many.err)
        self.assertEqual(len(os.listdir(self.site.folder / "new")), 3)
        self.assert_whole()

    def test_tokens_where_no_folder_is_given(self):
        self.issue("a@example.org")
        row = self.renew("--days-left", "600", by=("anna",)).rows[0]
        self.assertEqual(row["result"], "token")
        again = self.renew("--days-left", "600", by=("anna",)).rows[0]
        self.assertEqual((again["result"], again["token"]), ("already", None))
        done = self.site.kms("complete", "--token-file", "-", "--p12", self.site.folder / "n.p12",
                             by=("anna", "p12"), jsonl=True, stdin=row["token"].encode())
        self.assertEqual(done.status, DONE, done.err)
        self.assert_whole()

    def test_nothing_to_renew(self):
        self.site.rows("enrol", "d@example.org", by=("anna",))
        for address in ("nobody@example.org", "no address"):
            self.refused(self.renew(address, "--p12", self.dir / "x.p12"))
        self.dir.mkdir()
        done = self.renew("d@example.org", "--p12", self.dir / "x.p12")
        self.assertEqual((done.status, done.rows[0]["result"]), (SOME, "failed"))
        self.issue("a@example.org")
        self.site.rows("revoke", "a@example.org", "--hold", by=("anna",))
        done = self.renew("a@example.org", "--p12", self.dir / "x.p12")
        self.assertEqual((done.status, done.rows[0]["result"]), (SOME, "failed"))
        self.assertFalse((self.dir / "x.p12").exists())

    def test_used_wrongly(self):
        for words in ((), ("a@example.org",), ("a@example.org", "--p12-dir", "x"),
                      ("a@example.org", "--days-left", "3"), ("--days-left", "soon"),
                      ("--days-left", "3", "--p12", "x"), ("a@example.org", "b@example.org", "--p12", "x"),
                      ("--days-left", "3", "--legacy-p12")):
            with self.subTest(words):
                self.assertEqual(self.renew(*words).status, support.USAGE)

    def test_the_policy(self):
        self.issue("a@example.org")
        self.done(self.site.kms("admins", "--policy", "renew=2", by=("anna",)))
        self.assertEqual(self.renew("a@example.org", "--p12", self.dir / "x.p12").status, NOT_DONE)
        self.assertEqual(self.renew("a@example.org", "--p12", self.dir / "x.p12",
                                    by=("anna", "bo", "p12")).status, DONE)


if __name__ == "__main__":
    unittest.main()
