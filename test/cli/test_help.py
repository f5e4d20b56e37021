"""What --help says, the man pages and the completions say: the same verbs, the same options."""

import re
import subprocess
import unittest

from support import KEYROSTER, NOT_DONE, SOURCE, USAGE, long_options, run

SHORT = r"(?<![\w-])-[A-Za-z](?![\w-])"


def options_of_help(text):
    """Long and short options of the lines that begin with one."""
    found = set()
    for line in text.splitlines():
        if re.match(r"\s+-", line):
            head = re.split(r"\s{2,}", line.strip())[0]
            found |= long_options(head) | set(re.findall(SHORT, head))
    return found


def options_of_page(text):
    """Options that an `.It Fl` of the mdoc page introduces: `Fl f`, `Fl -format`."""
    found = set()
    for line in text.splitlines():
        if line.startswith(".It Fl"):
            for name in re.findall(r"Fl (?:Fl |\\?-)([a-z][a-z0-9-]+)", line.replace("\\-", "-")):
                found.add("--" + name)
            found |= {"-" + name for name in re.findall(r"Fl ([A-Za-z])(?=\s|$)", line)}
    return found


def verbs():
    listed = run("--help").out.decode().partition("Verbs:\n")[2].partition("\n\n")[0]
    return [line.split()[0] for line in listed.splitlines()]


class Help(unittest.TestCase):
    def test_the_verbs_are_there(self):
        self.assertIn("users", verbs())
        self.assertIn("cert", verbs())

    def test_help_goes_to_stdout(self):
        for arguments in (["--help"], ["-h"], *([verb, "--help"] for verb in verbs())):
            with self.subTest(arguments=arguments):
                done = run(*arguments)
                self.assertEqual((done.status, done.err), (0, ""))
                self.assertTrue(done.out.startswith(b"usage: keyroster"))

    def test_help_fits_eighty_columns(self):
        for verb in verbs():
            for line in run(verb, "--help").out.decode().splitlines():
                self.assertLessEqual(len(line), 80, f"{verb}: {line}")

    def test_version(self):
        declared = re.search(r"version: '([^']+)'", (SOURCE / "meson.build").read_text()).group(1)
        done = run("--version")
        self.assertEqual((done.status, done.out.decode()), (0, f"keyroster {declared}\n"))
        self.assertIn(declared, (SOURCE / "CHANGES.md").read_text())

    def test_help_and_version_as_others_have_them(self):
        self.assertEqual(run("help").out, run("--help").out)
        for verb in verbs():
            with self.subTest(verb=verb):
                told = run(verb, "--help")
                self.assertEqual((run("help", verb).status, run("help", verb).out), (0, told.out))
                self.assertEqual(run(verb, "--version").out, run("--version").out)

    def test_help_that_cannot_be_written(self):
        for arguments in (["--help"], ["--version"], ["help"], *([v, "--help"] for v in verbs())):
            with self.subTest(arguments=arguments), open("/dev/full", "wb") as full:
                done = subprocess.run([KEYROSTER, *arguments], stdout=full, stderr=subprocess.PIPE,
                                      check=False)
                self.assertEqual(done.returncode, NOT_DONE)
                self.assertEqual(done.stderr, b"keyroster: standard output: No space left on device\n")

    def test_help_and_page_have_the_same_options(self):
        for verb in verbs():
            with self.subTest(verb=verb):
                told = options_of_help(run(verb, "--help").out.decode())
                page = options_of_page((SOURCE / "man" / f"keyroster-{verb}.1").read_text())
                self.assertIn("--help", told)
                self.assertEqual(told, page)

    def test_the_main_page_lists_the_verbs(self):
        page = (SOURCE / "man/keyroster.1").read_text()
        for verb in verbs():
            self.assertRegex(page, rf"(?m)^\.(It )?Xr keyroster-{verb} 1")

    def test_completions_have_the_same_options(self):
        told = {}
        for verb in verbs():
            told[verb] = {o for o in options_of_help(run(verb, "--help").out.decode()) if "--" in o}
        for name in ("keyroster.bash", "_keyroster"):
            text = (SOURCE / "completions" / name).read_text()
            completed = long_options(re.sub(r"(?m)^\s*#.*", "", text))
            with self.subTest(completion=name):
                self.assertEqual(set().union(*told.values()) - completed, set())
                self.assertEqual(completed - set().union(*told.values()) - {"--version"}, set())


class UsedWrongly(unittest.TestCase):
    def wrong(self, *arguments, pointer):
        done = run(*arguments)
        self.assertEqual(done.status, USAGE, done.err)
        self.assertEqual(done.out, b"")
        self.assertRegex(done.err, rf"\Akeyroster: [^\n]*'{pointer} --help'[^\n]*\n\Z")
        return done.err

    def test_no_verb(self):
        self.wrong(pointer="keyroster")

    def test_unknown_verb(self):
        for arguments in (["frobnicate"], ["help", "frobnicate"], ["frobnicate", "--version"]):
            self.assertIn("'frobnicate'", self.wrong(*arguments, pointer="keyroster"))

    def test_unknown_option(self):
        for verb in verbs():
            for option in ("--frobnicate", "-?", "-Q"):
                with self.subTest(verb=verb, option=option):
                    said = self.wrong(verb, option, "file", pointer=f"keyroster {verb}")
                    self.assertIn(option.lstrip("-"), said)

    def test_no_source(self):
        for verb in verbs():
            with self.subTest(verb=verb):
                self.wrong(verb, pointer=f"keyroster {verb}")

    def test_an_output_without_a_name(self):
        for verb in verbs():
            with self.subTest(verb=verb):
                said = self.wrong(verb, "-o", "", "file", "file", pointer=f"keyroster {verb}")
                self.assertIn("--output is the name of a file, not: ''", said)

    def test_bad_values(self):
        for option, value in (
            ("--format", "xml"),
            ("--at", "yesterday"),
            ("--at", "2026-02-30"),
            ("--only", "active,lazy"),
            ("--expires-within", "soon"),
            ("--expires-within", "-1d"),
            ("--from", "xls"),
            ("--encoding", "klingon"),
            ("--quote", "''"),
            ("--multi-value-separator", "%%"),
            ("--multi-value-separator", ""),
            ("--multi-value-separator", "a"),
            ("--multi-value-separator", "7"),
            ("--delimiter", ""),
            ("--delimiter", "123456789"),
            ("--threads", "0"),
            ("--threads", "many"),
        ):
            with self.subTest(option=option, value=value):
                said = self.wrong("users", f"{option}={value}", SOURCE / "sample/site.csv",
                                  pointer="keyroster users")
                self.assertIn(value, said)

    def test_a_line_end_separates_lines_only(self):
        for verb, more in (("users", ()), ("export", ("--header", SOURCE / "sample/site.csv"))):
            for option, value in (("--delimiter", "\n"), ("--delimiter", "\r"),
                                  ("--delimiter", "\r\n"), ("--delimiter", "\n,"),
                                  ("--delimiter", ",\r"), ("--quote", "\n"), ("--quote", "\r"),
                                  ("--multi-value-separator", "\n"),
                                  ("--multi-value-separator", "\r")):
                with self.subTest(verb=verb, option=option, value=value):
                    said = self.wrong(verb, f"{option}={value}", *more,
                                      SOURCE / "sample/site.csv", pointer=f"keyroster {verb}")
                    self.assertIn(option, said)

    def test_one_character_for_two_things(self):
        for verb, more in (("users", ()), ("export", ("--header", SOURCE / "sample/site.csv"))):
            for options in (("--delimiter=;", "--quote=;"), ("--quote=,", "--delimiter=,"),
                            ('--delimiter="',), ('--delimiter=,"',), ("--delimiter='|", "--quote='"),
                            ("--delimiter=;", "--multi-value-separator=;", "--quote=none")):
                with self.subTest(verb=verb, options=options):
                    said = self.wrong(verb, *options, *more, SOURCE / "sample/site.csv",
                                      pointer=f"keyroster {verb}")
                    self.assertIn("--delimiter", said)

    def test_an_option_wants_its_value(self):
        self.wrong("users", "file", "--format", pointer="keyroster users")

    def test_a_control_character_is_not_echoed(self):
        self.assertNotIn("\x1b", self.wrong("\x1b[31m", pointer="keyroster"))


if __name__ == "__main__":
    unittest.main()
