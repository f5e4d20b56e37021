#!/usr/bin/env python3
"""keyroster kms reshare: other agents and another quorum for the keys that are in escrow already."""

import unittest

import support
import test_kms_recover as recovery


class ReshareTest(recovery.RecoverTest):
    def setUp(self):
        super().setUp()
        self.enrol(recovery.ADDRESS)

    def reshare(self, agents, quorum, *more, by=("anna", "xena", "yuri"), **options):
        return self.site.kms("reshare", "--agents", ",".join(agents), "--quorum", quorum, *more,
                             by=by, **options)

    def people(self):
        return {row["name"]: row for row in self.site.rows("admins") if "name" in row}

    def refused_by(self, result, *said):
        self.assertEqual(result.status, support.NOT_DONE, result.err)
        for text in said:
            self.assertIn(text, result.err)
        self.assertEqual(self.audit()[-1]["result"], "refused")

    def envelopes(self):
        return self.database("SELECT hex(cms), hex(binding) FROM envelope")


class Reshared(ReshareTest):
    def test_new_agents_recover_what_was_sealed_before(self):
        before = self.envelopes()
        result = self.reshare(["dee", "eve", "yuri", "zoe"], 3,
                              by=["anna", "xena", "yuri", "dee", "eve"], jsonl=True)
        self.done(result)
        (row,) = result.rows
        self.assertEqual((row["quorum"], row["result"]), (3, "done"))
        self.assertEqual(row["agents"], ["dee", "eve", "yuri", "zoe"])
        self.assertEqual(self.envelopes(), before)
        self.done(self.recover())
        self.refused_by(self.approve("xena"), "nobody of that name acts in this store")
        self.done(self.approve("dee"))
        self.done(self.approve("zoe"))
        self.refused_by(self.collect("--p12", self.folder / "k.p12"),
                        "takes the approval of 3 agents, and 2 are given; not yet: eve, yuri")
        self.done(self.approve("yuri"))
        self.done(self.collect("--p12", self.folder / "k.p12"))
        (key,) = self.keys_of(self.folder / "k.p12").values()
        ((_, der),) = self.encryption_certificates()
        self.assert_opens(key, der)
        self.assertEqual([row["act"] for row in self.audit()[-7:]].count("approve"), 4)

    def test_keys_that_are_sealed_later_come_back_too(self):
        self.done(self.reshare(["yuri", "zoe"], 2))
        self.enrol(recovery.ADDRESS, again=True)
        self.assertEqual(len(self.keys_of(self.collected(("yuri", "zoe")))), 2)

    def test_twice(self):
        self.done(self.reshare(["xena", "yuri", "zoe", "dee"], 3,
                               by=["anna", "xena", "zoe", "dee"]))
        self.refused_by(self.reshare(["xena", "yuri"], 2, by=["anna", "xena", "yuri"]),
                        "takes 3 recovery agents, and 2 act")
        self.done(self.reshare(["xena", "yuri"], 2, by=["anna", "xena", "yuri", "dee"]))
        self.assertEqual(len(self.keys_of(self.collected(("xena", "yuri")))), 1)

    def test_approvals_of_before_do_not_count(self):
        self.done(self.recover())
        self.done(self.approve("xena"))
        self.done(self.reshare(["xena", "yuri"], 2))
        self.done(self.approve("yuri"))
        result = self.collect("--p12", self.folder / "k.p12")
        self.refused_by(result, "2 agents, and 1 is given")
        self.assertIn("xena is left out: the approval was given before the agents were changed",
                      result.err)

    def test_an_agent_who_stays_approves_again(self):
        self.done(self.recover())
        self.done(self.approve("xena"))
        self.done(self.reshare(["xena", "yuri"], 2))
        self.assertEqual(self.done(self.approve("yuri", jsonl=True)).rows[0]["approvals"], 1)
        again = self.done(self.approve("xena", jsonl=True)).rows[0]
        self.assertEqual((again["result"], again["approvals"]), ("approved", 2))
        self.assertEqual(self.done(self.approve("xena", jsonl=True)).rows[0]["result"], "already")
        out = self.folder / "k.p12"
        self.done(self.collect("--p12", out))
        self.assertTrue(out.exists())
        self.done(self.site.kms("check"))

    def test_who_goes_and_who_comes(self):
        self.done(self.reshare(["bo", "dee"], 2, by=["anna", "xena", "yuri", "dee"]))
        people = self.people()
        self.assertEqual({name for name, row in people.items() if row["agent"]}, {"bo", "dee"})
        self.assertTrue(people["bo"]["admin"])
        self.assertNotIn("xena", people)
        self.done(self.recover())
        self.done(self.approve("bo"))
        self.done(self.approve("dee"))
        self.done(self.collect("--p12", self.folder / "k.p12"))

    def test_old_shares_are_overwritten(self):
        old = [sealed for (sealed,) in self.database("SELECT sealed FROM share")]
        self.done(self.reshare(["xena", "yuri", "zoe"], 2))
        left = b"".join(path.read_bytes() for path in self.site.store.iterdir())
        for sealed in old:
            self.assertFalse(sealed in left)

    def test_into_files(self):
        shares = self.folder / "shares"
        self.done(self.reshare(["xena", "yuri"], 2, "--share-dir", shares))
        self.assertEqual({path.name for path in shares.iterdir()}, {"xena.share", "yuri.share"})
        for path in shares.iterdir():
            self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        self.assertEqual(self.database("SELECT count(*) FROM share WHERE sealed IS NOT NULL"),
                         [(0,)])
        self.done(self.recover())
        self.done(self.approve("xena", "--share", shares / "xena.share"))
        self.done(self.approve("yuri", "--share", shares / "yuri.share"))
        self.done(self.collect("--p12", self.folder / "k.p12"))
        # Files that are there are left alone, and nothing changes.
        kept = {path.name: path.read_bytes() for path in shares.iterdir()}
        again = ["--share", f"xena={shares / 'xena.share'}", "--share",
                 f"yuri={shares / 'yuri.share'}"]
        self.refused_by(self.reshare(["xena", "yuri"], 2, "--share-dir", shares, *again),
                        "xena.share is there already")
        self.assertEqual({path.name: path.read_bytes() for path in shares.iterdir()}, kept)
        # And back into the store; zoe, who went, is somebody new.
        self.done(self.reshare(["xena", "yuri", "zoe"], 2, *again,
                               by=["anna", "xena", "yuri", "zoe"]))
        self.assertEqual(self.database("SELECT count(*) FROM share WHERE sealed IS NOT NULL"),
                         [(3,)])

    def test_the_audit_tells_it(self):
        self.done(self.reshare(["xena", "yuri", "zoe"], 3))
        row = self.audit()[-1]
        self.assertEqual((row["act"], row["result"]), ("reshare", "done"))
        self.assertEqual(row["who"], "anna,xena,yuri")
        self.assertIn("3 of xena,yuri,zoe", row["detail"])
        self.done(self.site.kms("audit", "--verify"))


class Refused(ReshareTest):
    OPTIONS = ("--policy", "admins=2")

    def setUp(self):
        super().setUp()
        self.before = self.database("SELECT * FROM escrow")

    def tearDown(self):
        self.assertEqual(self.database("SELECT * FROM escrow"), self.before)

    def test_one_administrator_of_two(self):
        self.refused_by(self.reshare(["xena", "yuri"], 2), "takes 2 administrators by the policy")

    def test_one_agent_of_two(self):
        self.refused_by(self.reshare(["xena", "yuri"], 2, by=["anna", "bo", "xena"]),
                        "reshare takes 2 recovery agents, and 1 acts")

    def test_all_administrators_and_no_agent(self):
        self.refused_by(self.reshare(["anna", "bo", "cai"], 2, by=["anna", "bo", "cai"]),
                        "takes 2 recovery agents, and 0 act")

    def test_quorums_that_are_none(self):
        for quorum in (1, 4, 999):
            with self.subTest(quorum):
                self.refused_by(self.reshare(["xena", "yuri", "zoe"], quorum,
                                             by=["anna", "bo", "xena", "yuri"]),
                                "the quorum is at least 2")

    def test_a_name_that_is_almost_anothers(self):
        self.refused_by(self.reshare(["Xena", "yuri"], 2,
                                     by=["anna", "bo", "xena", "yuri", "Xena"]),
                        "somebody has almost the same name")

    def test_a_weak_passphrase(self):
        self.site.file_of("dee", "password1234")
        self.refused_by(self.reshare(["dee", "yuri"], 2, by=["anna", "bo", "xena", "yuri", "dee"]),
                        "dee: ")

    def test_a_wrong_passphrase(self):
        self.site.file_of("yuri", "it is none of anybody who acts")
        self.refused_by(self.reshare(["xena", "yuri"], 2, by=["anna", "bo", "xena", "yuri"]),
                        "wrong passphrase")

    def test_used_wrongly(self):
        for arguments in ([], ["--agents", "a,b"], ["--quorum", 2],
                          ["--agents", "a,b", "--quorum", "x"],
                          ["--agents", "a,,b", "--quorum", "2"],
                          ["--agents", "a,b", "--quorum", 2, "--share", "x"],
                          ["--agents", "a,b", "--quorum", 2, "--agent", "x", "--agent", "x"]):
            with self.subTest(arguments):
                self.assertEqual(self.site.kms("reshare", *arguments).status, support.USAGE)


# Its own tests are run by its own file.
del recovery.WholeHistory, recovery.Rows, recovery.Refused, recovery.Shares, recovery.Secrets

if __name__ == "__main__":
    unittest.main()
