#!/usr/bin/env python3
"""keyroster kms approve on a terminal: what the agent was not asked about, he does not approve."""

import unittest

import test_kms_recover as recovery

PROMPT = "Approve this? (yes/no) "


class Asked(recovery.RecoverTest):
    def setUp(self):
        super().setUp()
        self.enrol(recovery.ADDRESS, "other@example.org")
        self.second = self.folder / "second.json"
        self.done(self.recover())
        self.done(self.site.kms("recover", "other@example.org", "--why", "holiday", "-o",
                                self.second, by=["bo"]))

    def approve_on_terminal(self, answers, *more):
        return self.talk("kms", "approve", self.site.store, self.request, self.second, "--agent",
                         "xena", *self.site.options_of("xena"), *more, answers=answers)

    def approvals(self):
        return self.database("SELECT u.address FROM approval a, request r, user u"
                             " WHERE a.request = r.id AND r.user = u.id ORDER BY a.id")

    def test_each_is_shown_and_asked_about(self):
        status, shown = self.approve_on_terminal([(PROMPT, "no"), (PROMPT, "yes")])
        self.assertEqual(status, 1, shown)
        for text in (recovery.ADDRESS, recovery.WHY, "holiday", "not approved"):
            self.assertIn(text, shown)
        self.assertEqual(self.approvals(), [("other@example.org",)])

    def test_nothing_is_asked_with_yes(self):
        status, shown = self.approve_on_terminal([], "--yes")
        self.assertEqual(status, 0, shown)
        self.assertNotIn(PROMPT, shown)
        self.assertEqual(len(self.approvals()), 2)

    def test_what_was_not_to_be_approved_when_it_was_shown(self):
        """Whoever writes to the store makes a request good again while the agent is asked of another."""
        ((vouched,),) = self.database("SELECT vouched FROM person WHERE name = 'anna'")

        def write(value):
            recovery.write_to(self.site.store, "UPDATE person SET vouched = ? WHERE name = 'anna'",
                              value)

        def agree():
            write(vouched)
            return "yes"

        write(b"")
        status, shown = self.approve_on_terminal([(PROMPT, agree)])
        self.assertEqual(status, 3, shown)
        self.assertEqual(shown.count(PROMPT), 1)
        self.assertIn("was not to be approved when it was to be shown, and is now", shown)
        self.assertEqual(self.approvals(), [])
        status, shown = self.approve_on_terminal([(PROMPT, "yes"), (PROMPT, "yes")])
        self.assertEqual(status, 0, shown)

    def test_what_is_to_be_refused_is_refused_and_not_asked_about(self):
        recovery.write_to(self.site.store, "UPDATE person SET vouched = X'' WHERE name = 'anna'")
        status, shown = self.approve_on_terminal([(PROMPT, "yes")])
        self.assertEqual(status, 1, shown)
        self.assertIn("does not vouch for the row of anna", shown)
        self.assertEqual(self.approvals(), [("other@example.org",)])
        self.assertIn("refused", [row["result"] for row in self.audit()])


if __name__ == "__main__":
    unittest.main()
