"""keyroster against servers that misbehave, see mock_faulty.py: an answer or an error, in time, always.

All cases run at once, since most of their time is waiting; each test looks at what came of its own.
"""

import concurrent.futures
import pathlib
import subprocess
import sys
import tempfile
import unittest

import mock_faulty as faulty
from live import DONE, NOT_DONE, SLOW, SOME, LiveTest, users

WHOLE = {dn for dn, _ in faulty.PEOPLE}
# Who else is there to be seen.
BEYOND = {"leads, followed": {dn for dn, _ in faulty.MORE},
          "leads astray, followed": {faulty.MORE[0][0]}}
LIMIT = 2  # --timeout, in seconds
IN_TIME = 4 * LIMIT + 2  # a connection, its bind and an answer, twice when taken up again; and room
MEGABYTES = 80
AT_ONCE = 12
SEEDS = range(24)

# What the roster may come to: the server, more arguments, the statuses that are right, a word said.
CASES = {
    "plain": (faulty.Plain, [], {DONE}, ""),
    "one cookie": (faulty.OneCookie, [], {DONE}, ""),
    "no pages": (faulty.NoPages, [], {DONE}, ""),
    "closes once": (faulty.ClosesOnce, [], {DONE, SOME}, ""),
    "closes always": (faulty.ClosesAlways, [], {SOME}, "incomplete"),
    "closes, nobody has one": (faulty.ClosesOnBare, [], {SOME}, "incomplete"),
    "closes at once": (faulty.ClosesAtOnce, [], {NOT_DONE}, "before it said anything"),
    "closes in an entry": (faulty.ClosesInAnEntry, [], {SOME, NOT_DONE}, ""),
    "garbage": (faulty.Garbage, [], {NOT_DONE}, ""),
    "garbage later": (faulty.GarbageLater, [], {SOME}, "incomplete"),
    "garbage entry": (faulty.GarbageEntry, [], {SOME, NOT_DONE}, ""),
    "garbage at the root": (faulty.GarbageAtRoot, [], {DONE, SOME, NOT_DONE}, ""),
    "a page control without a value": (faulty.ValuelessPage, [], {SOME, NOT_DONE}, ""),
    "claims 2 GB": (faulty.Claims, [], {NOT_DONE}, ""),
    "dribbles": (faulty.Dribbles, [], {NOT_DONE}, ""),
    "silent": (faulty.Silent, [], {NOT_DONE}, ""),
    "StartTLS that is not there": (faulty.Plain, ["-ZZ"], {NOT_DONE}, "tls"),
    "StartTLS, if it is there": (faulty.Plain, ["-Z"], {DONE}, "refuses starttls"),
    "silent, StartTLS": (faulty.Silent, ["-ZZ"], {NOT_DONE}, ""),
    "silent after bind": (faulty.SilentAfterBind, [], {NOT_DONE}, ""),
    "silent after a page": (faulty.SilentAfterPage, [], {SOME}, "incomplete"),
    "silent before the end": (faulty.SilentBeforeEnd, [], {SOME}, "incomplete"),
    "same page": (faulty.SamePage, [], {SOME, NOT_DONE}, ""),
    "empty pages": (faulty.EmptyPages, [], {SOME, NOT_DONE}, ""),
    "huge": (faulty.Huge, [], {SOME}, "incomplete"),
    "huge, asked for": (faulty.HugeAsked, [], {SOME}, "incomplete"),
    "stranger": (faulty.Stranger, [], {DONE, SOME, NOT_DONE}, ""),
    "strangers only": (faulty.StrangersOnly, [], {NOT_DONE}, ""),
    "refers": (faulty.Refers, [], {NOT_DONE}, "refer"),
    "refers, followed": (faulty.Refers, ["--follow-referrals"], {NOT_DONE}, "refer"),
    "leads": (faulty.Leads, [], {DONE}, "1 continuation reference was not followed"),
    "leads, followed": (faulty.Leads, ["--follow-referrals"], {DONE}, ""),
    "leads astray": (faulty.LeadsAstray, [], {DONE}, ""),
    "leads astray, followed": (faulty.LeadsAstray, ["--follow-referrals"], {SOME}, "incomplete"),
    "continues": (faulty.Continues, [], {DONE}, ""),
    "continues, followed": (faulty.Continues, ["--follow-referrals"], {DONE, SOME, NOT_DONE}, ""),
    "disconnects": (faulty.Disconnects, [], {SOME}, "incomplete"),
    "busy": (faulty.Busy, [], {SOME}, "incomplete"),
    "TLS, plain": (faulty.Plain, ["TLS"], {DONE}, ""),
    "TLS, silent": (faulty.Silent, ["TLS"], {NOT_DONE}, ""),
    "TLS, silent after hello": (faulty.SilentAfterHello, ["TLS"], {NOT_DONE}, ""),
    "TLS, silent after bind": (faulty.SilentAfterBind, ["TLS"], {NOT_DONE}, ""),
    "TLS, silent after a page": (faulty.SilentAfterPage, ["TLS"], {SOME}, "incomplete"),
    "TLS, closes at once": (faulty.ClosesAtOnce, ["TLS"], {NOT_DONE}, ""),
    "TLS, closes always": (faulty.ClosesAlways, ["TLS"], {SOME}, "incomplete"),
    "TLS asked of one without": (faulty.Plain, ["TLS asked"], {NOT_DONE}, ""),
}


def setUpModule():
    place = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(place.cleanup)
    made = pathlib.Path(place.name)
    subprocess.run([sys.executable, pathlib.Path(__file__).parent.parent / "servers" / "make-people",
                    "--people", "1", "openldap", "dc=example,dc=test", made], check=True)
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        runs = {name: pool.submit(run, case, made, pathlib.Path(place.name) / name)
                for name, case in CASES.items()}
    FaultTest.ended = {name: each.result() for name, each in runs.items()}


def run(case, made, folder):
    """The run that writes rows to stdout, and the one with -o; None for a hang."""
    kind, more, _, _ = case
    more, secure = [m for m in more if "TLS" not in m], [m for m in more if "TLS" in m]
    folder.mkdir()
    (folder / "roster").write_text("as it was")
    ended = []
    for output in ([], ["-o", "roster"]):
        server = kind() if secure != ["TLS"] else make_secure(kind, made)
        url = server.url() if not secure else server.url().replace("ldap:", "ldaps:")
        try:
            ended.append(users("--timeout", LIMIT, "--ca", made / "ca.pem", *more, *output, url,
                               timeout=60, folder=folder))
        except subprocess.TimeoutExpired:
            ended.append(None)
        server.stop()
    return *ended, {p.name: p.read_text() for p in folder.iterdir()}


def make_secure(kind, made):
    return kind(tls=faulty.pair(made))


class DamageTest(LiveTest):
    """Bytes that chance has damaged: whatever comes of the rows, the program ends as it should."""

    def test_no_damage_is_a_crash_or_a_hang(self):
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            for seed, result in zip(SEEDS, pool.map(self.read, SEEDS)):
                with self.subTest(seed=seed):
                    self.assertIn(result.status, (DONE, SOME, NOT_DONE), result.err)
                    self.assert_diagnostics(result)
                    self.assertLess(result.peak, MEGABYTES * SLOW)

    def read(self, seed):
        server = faulty.Damages(seed)
        try:
            return users("--timeout", "1", server.url(), timeout=30)
        finally:
            server.stop()


class FaultTest(LiveTest):
    ended = {}

    def test_each_comes_to_an_end_in_time(self):
        for name, (shown, written, _) in self.ended.items():
            with self.subTest(name):
                for result in (shown, written):
                    self.assertIsNotNone(result, "a hang")
                    self.assertLess(result.seconds, IN_TIME * SLOW, result.err)

    def test_no_roster_is_short_in_silence(self):
        for name, (shown, _, _) in self.ended.items():
            with self.subTest(name):
                self.assertIsNotNone(shown, "a hang")
                self.assert_not_short_in_silence(shown, WHOLE | BEYOND.get(name, set()))

    def test_each_status_and_what_is_said(self):
        for name, (_, _, statuses, said) in CASES.items():
            shown = self.ended[name][0]
            with self.subTest(name):
                self.assertIsNotNone(shown, "a hang")
                self.assertIn(shown.status, statuses, shown.err)
                self.assertIn(said, shown.err.lower())
                if shown.status == NOT_DONE:
                    self.assert_said_once(shown, "")

    def test_no_line_is_forged_by_a_server(self):
        shown = self.ended["busy"][0]
        self.assert_one_line(shown.err, "busy")
        self.assertNotIn("\x1b", shown.err)

    def test_an_output_file_is_whole_or_as_it_was(self):
        for name, (_, written, files) in self.ended.items():
            with self.subTest(name):
                self.assertIsNotNone(written, "a hang")
                self.assertEqual(written.out, b"")
                self.assertEqual(list(files), ["roster"])
                if written.status == DONE or (written.status == SOME and "incomplete" not in written.err):
                    self.assertGreaterEqual(files["roster"].count("\n"), len(WHOLE))
                else:
                    self.assertEqual(files["roster"], "as it was")

    def test_memory_stays_in_bounds(self):
        for name, (shown, _, _) in self.ended.items():
            with self.subTest(name):
                self.assertIsNotNone(shown, "a hang")
                self.assertLess(shown.peak, MEGABYTES * SLOW)


if __name__ == "__main__":
    unittest.main()
