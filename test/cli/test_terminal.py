"""The table as a person sees it: on terminals of any width, with colours or without."""

import fcntl
import os
import pty
import re
import resource
import select
import signal
import struct
import subprocess
import sys
import termios
import time
import unicodedata
import unittest

from support import AT, DONE, KEYROSTER, NOT_DONE, USAGE, ExportTest, csv_row, csv_text, environment

COLOUR = re.compile(r"\x1b\[[0-9;]*m")

PEOPLE = ("Anna Berg", "Müller Jörg", "日本語 太郎", "한국어 이름", "Zoë van der Meer", "😀",
          "A name that is a good deal longer than all the others are")


def columns(text):
    """How many columns of a terminal a text takes."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 0 if unicodedata.combining(c) else 1
               for c in text)


def at_column(line, column):
    """What stands from a column on."""
    for i in range(len(line) + 1):
        if columns(line[:i]) >= column:
            return line[i:]
    return ""


class TerminalTest(ExportTest):
    def setUp(self):
        super().setUp()
        self.write("site.csv", csv_text(
            *(f"mailbox,{name},SMTP:user{n}@example.org,Recipients," for n, name in enumerate(PEOPLE))))

    def seen(self, *arguments, width=80, more=None, stderr=subprocess.DEVNULL):
        """What keyroster shows on a terminal of this width, and its exit status."""
        ours, its = pty.openpty()
        fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 25, width, 0, 0))
        env = {**environment(), "TERM": "xterm-256color", **(more or {})}
        child = subprocess.Popen(
            [KEYROSTER, "users", "--at", AT, *arguments], cwd=self.folder, env=env,
            stdin=subprocess.DEVNULL, stdout=its, stderr=its if stderr is None else stderr)
        os.close(its)
        shown = b""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            ready, _, _ = select.select([ours], [], [], 1)
            if ready:
                try:
                    piece = os.read(ours, 65536)
                except OSError:  # Linux: the other end is closed
                    break
                if not piece:
                    break
                shown += piece
        os.close(ours)
        return shown.decode().replace("\r\n", "\n"), child.wait(60)

    def rows_of(self, text):
        """The lines of the table, without the summary."""
        return COLOUR.sub("", text).partition("\n\n")[0].split("\n")


class Widths(TerminalTest):
    def test_every_line_fits(self):
        for width in (40, 60, 80, 81, 120, 200, 500):
            with self.subTest(width=width):
                text, status = self.seen("site.csv", width=width)
                self.assertEqual(status, DONE)
                for line in COLOUR.sub("", text).split("\n"):
                    self.assertLessEqual(columns(line), width, line)

    def test_wide_characters_are_aligned(self):
        for width in (80, 200):
            text, _ = self.seen("site.csv", width=width)
            rows = self.rows_of(text)
            heading = rows[0]
            at = columns(heading[:heading.index("STANDING")])
            told = [row for row in rows[1:] if not row.startswith(" ")]
            self.assertEqual(len(told), len(PEOPLE))
            for row in told:
                self.assertTrue(at_column(row, at).startswith("none"), row)

    def test_a_wide_terminal_cuts_nothing(self):
        text, _ = self.seen("site.csv", width=200)
        for name in PEOPLE:
            self.assertIn(name, text)
        self.assertIn("user0@example.org", text)
        self.assertNotIn("…", text)

    def test_a_narrow_terminal_tells_the_answer(self):
        text, _ = self.seen("site.csv", width=60)
        self.assertIn("Anna Berg", text)
        self.assertIn("A name", text)
        table = re.sub(r"\s+", " ", " ".join(self.rows_of(text)))
        self.assertEqual(table.count(" no none no certificate in the directory"), len(PEOPLE))

    def test_a_terminal_that_tells_no_width(self):
        text, status = self.seen("site.csv", width=0)
        self.assertEqual(status, DONE)
        for line in COLOUR.sub("", text).split("\n"):
            self.assertLessEqual(columns(line), 80, line)

    def test_a_locale_without_such_characters(self):
        for locale in ("C", "POSIX", "nowhere"):
            with self.subTest(locale):
                text, status = self.seen("site.csv", more={"LC_ALL": locale})
                self.assertEqual(status, DONE)
                self.assertIn("Anna Berg", text)


class Colours(TerminalTest):
    def coloured(self, *arguments, **more):
        return "\x1b[" in self.seen(*arguments, "site.csv", **more)[0]

    def test_on_a_terminal(self):
        self.assertTrue(self.coloured())

    def test_not_where_nobody_wants_them(self):
        self.assertFalse(self.coloured(more={"NO_COLOR": "1"}))
        self.assertFalse(self.coloured(more={"TERM": "dumb"}))
        self.assertFalse(self.coloured("--color", "never"))
        self.assertFalse(self.coloured("--color=never", more={"NO_COLOR": ""}))

    def test_an_empty_no_color_says_nothing(self):
        self.assertTrue(self.coloured(more={"NO_COLOR": ""}))

    def test_who_asks_gets_them(self):
        self.assertTrue(self.coloured("--color", "always", more={"NO_COLOR": "1"}))
        self.assertTrue(self.coloured("--color", "always", more={"TERM": "dumb"}))

    def test_not_in_a_pipe_or_a_file(self):
        self.assertNotIn(b"\x1b", self.users("site.csv", form="table").out)
        self.assertEqual(self.seen("-o", "table.txt", "site.csv")[1], DONE)
        self.assertNotIn(b"\x1b", (self.folder / "table.txt").read_bytes())
        self.assertIn(b"\x1b[", self.users("site.csv", "--color=always", form="table").out)

    def test_other_formats_have_none(self):
        for form in ("csv", "json", "jsonl"):
            with self.subTest(form):
                self.assertNotIn("\x1b", self.seen("-f", form, "--color=always", "site.csv")[0])

    def test_an_unknown_word(self):
        self.assertEqual(self.seen("--color", "sometimes", "site.csv")[1], USAGE)


class Progress(TerminalTest):
    def test_it_is_shown_and_wiped(self):
        """A pipe that is slow: after a second there is a line, and nothing of it at the end."""
        fifo = self.folder / "slow"
        os.mkfifo(fifo)
        writer = subprocess.Popen(
            [sys.executable, "-c", "import sys, time\n"
             "out = open(sys.argv[1], 'w')\n"
             "out.write(sys.stdin.read()); out.flush()\n"
             "for n in range(25):\n"
             "    time.sleep(0.1)\n"
             "    out.write('mailbox,Some,SMTP:s@x,R,\\n' * 50000); out.flush()\n", fifo],
            stdin=subprocess.PIPE)
        writer.stdin.write(csv_text().encode())
        writer.stdin.close()
        text, status = self.seen("-f", "csv", "-o", "out.csv", "slow", stderr=None)
        self.assertEqual(status, DONE)
        self.assertIn(" mailboxes", text)
        self.assertTrue(text.endswith("\r\x1b[K"), text[-40:])
        writer.wait(60)
        self.assertEqual((self.folder / "out.csv").read_bytes().count(b"\n"), 1 + 25 * 50000)

    def test_not_for_short_work_nor_when_refused(self):
        for arguments in ([], ["--no-progress"]):
            text, _ = self.seen(*arguments, "-f", "csv", "-o", "out.csv", "site.csv", stderr=None)
            self.assertEqual(text, "")


class Ends(TerminalTest):
    def many(self):
        self.write("many.csv", csv_text(*(csv_row(f"User {n}", "") for n in range(50_000))))
        return "many.csv"

    def test_head(self):
        """`| head -1`: no message, no crash."""
        for form in ("table", "csv", "json", "jsonl", "html"):
            with self.subTest(form):
                done = subprocess.run(
                    f"'{KEYROSTER}' users --at {AT} -f {form} {self.many()} | head -1",
                    shell=True, cwd=self.folder, env=environment(), capture_output=True, check=True,
                    timeout=60)
                self.assertEqual(done.stdout.count(b"\n"), 1)
                self.assertEqual(done.stderr, b"")

    def test_a_limit_on_the_size_of_files(self):
        """As a full disk: told, the old file kept, nothing left beside it."""
        self.write("out.csv", "as it was\n")
        name = self.many()
        result = self.users("-o", "out.csv", name, form="csv", preexec=lambda: resource.setrlimit(
            resource.RLIMIT_FSIZE, (100_000, 100_000)))
        self.assertEqual(result.status, NOT_DONE)
        self.assert_named(result, "out.csv")
        self.assertEqual((self.folder / "out.csv").read_text(), "as it was\n")
        self.assertEqual(sorted(os.listdir(self.folder)), ["many.csv", "out.csv", "site.csv"])

    def test_stopped_by_a_signal(self):
        """Nothing half written stays behind."""
        fifo = self.folder / "slow"
        os.mkfifo(fifo)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number.name):
                child = subprocess.Popen(
                    [KEYROSTER, "users", "-f", "csv", "-o", "out.csv", "slow"], cwd=self.folder,
                    env=environment(), stderr=subprocess.PIPE,
                    # Under nohup(1) it would be ignored, by us and by what we start.
                    preexec_fn=lambda number=number: signal.signal(number, signal.SIG_DFL))
                with open(fifo, "wb") as writer:
                    writer.write(csv_text().encode())
                    writer.flush()
                    until = time.monotonic() + 20
                    while not any(n.startswith(".keyroster") for n in os.listdir(self.folder)):
                        self.assertLess(time.monotonic(), until)
                        time.sleep(0.02)
                    child.send_signal(number)
                    self.assertEqual(child.wait(20), -number)
                child.stderr.close()
                self.assertEqual(sorted(os.listdir(self.folder)), ["site.csv", "slow"])

    def test_standard_error_closed(self):
        """A diagnostic has nowhere to go, and least of all into the result."""
        self.write("odd.csv", csv_text(csv_row("Anna", "308")))
        for source, stdin in (("odd.csv", b""), ("-", (self.folder / "odd.csv").read_bytes())):
            with self.subTest(source):
                done = subprocess.run(
                    f"'{KEYROSTER}' users --at {AT} -f csv -o out.csv {source} 2>&-", shell=True,
                    cwd=self.folder, env=environment(), input=stdin, timeout=60, check=False)
                self.assertEqual(done.returncode, 1)
                self.assertNotIn("keyroster:", (self.folder / "out.csv").read_text())
                self.assertIn("Anna", (self.folder / "out.csv").read_text())


if __name__ == "__main__":
    unittest.main()
