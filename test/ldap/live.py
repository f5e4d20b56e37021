"""What the tests of live directories share: running keyroster against a server, and judging the end."""

import pathlib
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "cli"))

from support import (  # noqa: E402
    DONE, KEYROSTER, NOT_DONE, PEAK, SANITIZED, SOME, ExportTest, Result, certificate, environment)

AT = "2026-11-01"
SLOW = 4 if SANITIZED else 1


def live_environment(**more):
    """Without what this machine tells LDAP clients; no leaks are sought, the library keeps its own."""
    return {**environment(), "LDAPNOINIT": "1", **more}


class Ended(Result):
    """A run that has ended; `seconds` is how long it took, `peak` its memory in MB."""

    def __init__(self, status, out, err, seconds, peak):
        super().__init__(status, out, err)
        self.seconds, self.peak = seconds, peak


def keyroster(*arguments, timeout=60, folder=None, env=None):
    """Runs keyroster, killed when it takes longer than `timeout` seconds: that is a hang."""
    begin = time.monotonic()
    with tempfile.NamedTemporaryFile("r") as peak:
        done = subprocess.run(
            [sys.executable, "-S", "-c", PEAK, peak.name, KEYROSTER, *map(str, arguments)],
            stdin=subprocess.DEVNULL, capture_output=True, cwd=folder, timeout=timeout * SLOW,
            env=live_environment(**(env or {})), check=False)
        return Ended(done.returncode, done.stdout, done.stderr.decode("utf-8", "replace"),
                     time.monotonic() - begin, int(peak.read() or 0) * 1024 / 1e6)


def users(*arguments, form="jsonl", **more):
    return keyroster("users", "-f", form, "--at", AT, *arguments, **more)


class LiveTest(ExportTest):
    """A test of a run against a server."""

    def assert_said_once(self, result, pattern, place="ldap"):
        """One line on stderr, about the server, that says this."""
        self.assert_one_line(result.err, "")
        self.assertRegex(result.err, rf"\Akeyroster: {place}\S*:? ")
        self.assertTrue(re.search(pattern, result.err, re.IGNORECASE),
                        f"/{pattern}/ is not in: {result.err}")

    def assert_refused(self, result, pattern, place="ldap"):
        """Nothing on stdout, one line on stderr, status 3."""
        self.assertEqual((result.status, result.out), (NOT_DONE, b""), result.err)
        self.assert_said_once(result, pattern, place)

    def assert_not_short_in_silence(self, result, whole):
        """
        All of the rows and status 0; or fewer, status 1, and the word incomplete or the DNs that are
        missing; or none and status 3. `whole` is the set of DNs.
        """
        told = [row["dn"] for row in result.rows]
        self.assertLessEqual(set(told), set(whole))
        self.assertEqual(len(told), len(set(told)), "a row came twice")
        if result.status == DONE:
            self.assertEqual(set(told), set(whole))
            self.assertRegex(result.err, r"\A(keyroster: ldap\S*: (warning: the server refuses StartTLS"
                                         r"|\d+ continuation reference).*\n)*\Z")
            return
        self.assert_diagnostics(result)
        if result.status == NOT_DONE:
            self.assertEqual(told, [])
        else:
            self.assertEqual(result.status, SOME, result.err)
            missing = set(whole) - set(told)
            self.assertTrue("incomplete" in result.err or all(dn in result.err for dn in missing),
                            result.err)


__all__ = ["AT", "DONE", "Ended", "KEYROSTER", "LiveTest", "NOT_DONE", "SLOW", "SOME", "certificate",
           "keyroster", "live_environment", "users"]
