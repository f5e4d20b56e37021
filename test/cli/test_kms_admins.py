"""Changes of administrators, of the policy and of passphrases, on the policy's terms."""

import sqlite3
import unittest

from kms_support import KmsTest, passphrase_of
from support import DONE, USAGE


class Listed(KmsTest):
    def test_who_acts_and_the_policy(self):
        rows = self.site.rows("admins")
        people = {row["name"]: (row["admin"], row["agent"], row["share"])
                  for row in rows if "name" in row}
        self.assertEqual(people["anna"], (True, False, None))
        self.assertEqual(people["xena"], (False, True, "store"))
        policy = {row["task"]: row["needed"] for row in rows if "task" in row}
        self.assertEqual(policy, {"enrol": 1, "revoke": 1, "renew": 1, "move": 1, "admins": 1,
                                  "policy": 1, "approve": 2})

    def test_as_a_table(self):
        out = self.done(self.site.kms("admins")).out.decode()
        self.assertRegex(out, r"(?m)^xena +no +yes +store ")
        self.assertRegex(out, r"(?m)^enrol +1 +administrators$")


class Changed(KmsTest):
    def names(self, office="admin"):
        return [row["name"] for row in self.site.rows("admins") if row.get(office)]

    def test_added_she_acts(self):
        self.done(self.site.kms("admins", "--add", "dee", by=["anna", "dee"]))
        self.assertEqual(self.names(), ["anna", "bo", "cai", "dee"])
        self.done(self.site.kms("admins", "--policy", "enrol=3", by=["dee"]))
        self.assert_whole()
        self.assertEqual([(row["who"], row["subject"], row["result"]) for row in self.audit()][1:],
                         [("anna", "dee", "added"), ("dee", "policy", "set")])

    def test_an_agent_becomes_an_administrator_too(self):
        self.done(self.site.kms("admins", "--add", "xena", by=["anna", "xena"]))
        self.assertEqual(self.names(), ["anna", "bo", "cai", "xena"])
        self.assertIn("xena", self.names("agent"))
        self.done(self.site.kms("admins", "--policy", "enrol=2", by=["xena"]))
        self.assert_whole()

    def test_removed_he_acts_no_more(self):
        keys = self.keys()
        self.done(self.site.kms("admins", "--remove", "bo", by=["anna"]))
        self.assertEqual(self.names(), ["anna", "cai"])
        self.refused(self.site.kms("admins", "--policy", "enrol=1", by=["bo"]), "bo", "nobody")
        self.done(self.site.kms("admins", "--add", "dee", by=["cai", "dee"]))
        self.assert_whole()
        self.assertTrue(all(old != new for old, new in zip(keys, self.keys())))

    def keys(self):
        """The CA's keys as they are encrypted."""
        with sqlite3.connect(self.site.store / "keyroster.db") as store:
            found = [row[0] for row in store.execute("SELECT key FROM authority WHERE key NOT NULL")]
        store.close()
        self.assertEqual(len(found), 2)
        return found

    def test_removed_an_agent_stays_one(self):
        self.done(self.site.kms("admins", "--add", "xena", by=["anna", "xena"]))
        self.done(self.site.kms("admins", "--remove", "xena", by=["anna"]))
        self.assertEqual(self.names(), ["anna", "bo", "cai"])
        self.assertIn("xena", self.names("agent"))
        self.refused(self.site.kms("admins", "--policy", "enrol=1", by=["xena"]), "administrator")
        self.assert_whole()

    def test_she_can_leave_by_herself_with_another(self):
        self.refused(self.site.kms("admins", "--remove", "anna", by=["anna"]), "stay")
        self.done(self.site.kms("admins", "--remove", "anna", by=["anna", "bo"]))
        self.assertEqual(self.names(), ["bo", "cai"])
        self.done(self.site.kms("admins", "--policy", "enrol=1", by=["bo"]))
        self.assert_whole()

    def test_one_who_left_may_come_again(self):
        self.done(self.site.kms("admins", "--remove", "bo", by=["anna"]))
        self.done(self.site.kms("admins", "--add", "bo", by=["anna", "bo"]))
        self.assert_whole()

    def test_two_by_the_policy(self):
        self.done(self.site.kms("admins", "--policy", "admins=2,policy=2", by=["anna"]))
        for options in (("--remove", "bo"), ("--policy", "enrol=1")):
            self.refused(self.site.kms("admins", *options, by=["anna"]), "2 administrators", "anna")
            self.refused(self.site.kms("admins", *options, by=["anna", "xena"]), "2 administrators")
        self.done(self.site.kms("admins", "--policy", "policy=1", by=["anna", "cai"]))
        self.done(self.site.kms("admins", "--add", "dee", by=["anna", "cai", "dee"]))
        refused = [row for row in self.audit() if row["result"] == "refused"]
        self.assertEqual([row["who"] for row in refused],
                         ["anna", "anna,xena", "anna", "anna,xena"])
        self.assert_whole()


class Refused(KmsTest):
    def test_a_policy_that_fewer_may_change(self):
        for policy, task in (("enrol=2", "enrol"), ("policy=2,enrol=1", "policy"),
                             ("admins=2,policy=1", "admins")):
            done = self.done(self.site.kms("admins", "--policy", policy, by=["anna", "bo"]))
            self.assertIn(f"warning: {task} takes 2 administrators", done.err)
        done = self.done(self.site.kms("admins", "--policy", "policy=2,admins=2,enrol=2",
                                       by=["anna", "bo"]))
        self.assertEqual(done.err, "")

    def test_never_below_the_policy(self):
        self.done(self.site.kms("admins", "--policy", "enrol=2", by=["anna"]))
        self.refused(self.site.kms("admins", "--remove", "bo", by=["anna"]), "policy")
        self.refused(self.site.kms("admins", "--policy", "enrol=3", by=["anna"]), "all but one")
        self.done(self.site.kms("admins", "--policy", "enrol=1", by=["anna"]))
        self.done(self.site.kms("admins", "--remove", "bo", by=["anna"]))
        self.done(self.site.kms("admins", "--remove", "cai", by=["anna"]))
        self.refused(self.site.kms("admins", "--remove", "anna", by=["anna"]), "one administrator")
        self.assert_whole()

    def test_names(self):
        for name, said in (("anna", "already"), ("Anna", "capital"), ("p12", "p12"),
                           ("a/b", "/"), ("", "name")):
            with self.subTest(name=name):
                file = self.site.file_of("dee")
                done = self.site.kms("admins", "--add", name, "--passphrase", f"dee{name}x={file}",
                                     by=["anna"], start_new_session=True)
                self.assertNotEqual(done.status, DONE)
        self.refused(self.site.kms("admins", "--remove", "nobody", by=["anna"]), "no administrator")
        self.refused(self.site.kms("admins", "--remove", "xena", by=["anna"]), "no administrator")
        self.assert_whole()

    def test_a_weak_passphrase(self):
        self.site.file_of("dee", "dee")
        self.refused(self.site.kms("admins", "--add", "dee", by=["anna", "dee"]), "short")

    def test_nobody_acts(self):
        for options in (("--add", "dee"), ("--remove", "bo"), ("--policy", "enrol=1")):
            by = ["dee"] if options[0] == "--add" else []
            self.refused(self.site.kms("admins", *options, by=by, start_new_session=True),
                         "--passphrase NAME=FILE")
        self.assertEqual([row["result"] for row in self.audit()][1:], ["refused"] * 3)
        self.assert_whole()

    def test_a_wrong_passphrase_is_audited(self):
        self.site.file_of("bo", "not the right words at all")
        self.refused(self.site.kms("admins", "--policy", "enrol=1", by=["anna", "bo"]),
                     "bo: wrong passphrase")
        last = self.audit()[-1]
        self.assertEqual((last["act"], last["who"], last["result"], last["detail"]),
                         ("admins", "anna,bo", "refused", "wrong passphrase"))
        self.assert_whole()

    def test_used_wrongly(self):
        for options, said in ((("--policy", "enrol"), "TASK=N"),
                              (("--add", "a", "--remove", "b"), "one change")):
            self.refused(self.site.kms("admins", *options, by=["anna"]), said, status=USAGE)


class Passphrases(KmsTest):
    def change(self, name, old=None, new="a lighthouse behind the fog"):
        if old is not None:
            self.site.file_of(name, old)
        return self.site.kms("passphrase", name, "--passphrase", f"new={self.site.file_of('new', new)}",
                             by=[name])

    def test_the_new_one_opens_and_the_old_one_does_not(self):
        for name in ("anna", "xena"):
            with self.subTest(name=name):
                self.done(self.change(name, new=f"a lighthouse behind the fog of {name}"))
                self.refused(self.change(name), "wrong passphrase")
                self.site.file_of(name, f"a lighthouse behind the fog of {name}")
                self.done(self.change(name, new=passphrase_of(name)))
                self.site.file_of(name, passphrase_of(name))
        self.done(self.site.kms("admins", "--policy", "enrol=2", by=["anna"]))
        self.assert_whole()

    def test_the_new_one_in_a_second_file_of_the_name(self):
        old, new = self.site.file_of("anna"), self.site.file_of("other", "a lighthouse behind the fog")
        given = ("--passphrase", f"anna={old}", "--passphrase", f"anna={new}")
        self.done(self.site.kms("passphrase", "anna", *given))
        self.refused(self.site.kms("passphrase", "anna", *given), "wrong passphrase")
        self.refused(self.site.kms("passphrase", "anna", *given, "--passphrase", f"anna={old}"),
                     "once", status=USAGE)
        self.refused(self.site.kms("admins", "--policy", "enrol=1", *given), "once", status=USAGE)

    def test_somebody_is_called_new(self):
        self.done(self.site.kms("admins", "--add", "new", by=["anna", "new"]))
        self.done(self.site.kms("admins", "--policy", "renew=2", by=["new"]))
        self.done(self.change("anna"))
        self.site.file_of("new", passphrase_of("new"))  # change() writes into that file
        other = self.site.file_of("other", "a lamp in the empty boathouse")
        self.done(self.site.kms("passphrase", "new", "--passphrase", f"new={self.site.file_of('new')}",
                                "--passphrase", f"new={other}"))
        self.site.file_of("new", "a lamp in the empty boathouse")
        self.done(self.site.kms("admins", "--policy", "renew=1", by=["new"]))

    def test_refused(self):
        self.refused(self.change("anna", new="short"), "short")
        self.refused(self.change("anna", new="Example Mail anna"))
        self.refused(self.change("nobody"), "nobody")
        self.refused(self.site.kms("passphrase", "anna", by=["anna"], start_new_session=True),
                     "new", "--passphrase")
        self.refused(self.site.kms("passphrase", by=["anna"]), "NAME", status=USAGE)
        self.refused(self.site.kms("passphrase", "anna", "bo", by=["anna"]), status=USAGE)
        self.done(self.site.kms("admins", "--policy", "enrol=2", by=["anna"]))
        self.assert_whole()


if __name__ == "__main__":
    unittest.main()
