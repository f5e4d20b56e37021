"""
What --help says, the man pages and the completions say: the same verbs, the same options. The verbs
of kms share a page, in which each has its subsection.
"""

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


def listed(text, heading):
    rows = text.partition(heading)[2].partition("\n\n")[0]
    return [line.split()[0] for line in rows.splitlines() if line]


def verbs():
    """All but kms, which has verbs of its own."""
    return [verb for verb in listed(run("--help").out.decode(), "Verbs:\n") if verb != "kms"]


def kms_verbs():
    return listed(run("kms", "--help").out.decode(), "Verbs of kms:\n")


def commands():
    """Everything that parses options, as the words behind `keyroster`."""
    return [(verb,) for verb in verbs()] + [("kms", verb) for verb in kms_verbs()]


def subsection(page, title):
    """The text of `.Ss TITLE`, to the next heading."""
    found = re.search(rf"(?m)^\.Ss {re.escape(title)}$(.*?)(?=^\.S[sh] |\Z)", page, re.S | re.M)
    return found.group(1) if found else ""


class Help(unittest.TestCase):
    def test_the_verbs_are_there(self):
        self.assertIn("users", verbs())
        self.assertIn("cert", verbs())

    def test_help_goes_to_stdout(self):
        for arguments in (["--help"], ["-h"], ["kms", "--help"], ["kms", "-h"], ["kms", "help"],
                          *([*words, "--help"] for words in commands())):
            with self.subTest(arguments=arguments):
                done = run(*arguments)
                self.assertEqual((done.status, done.err), (0, ""))
                self.assertTrue(done.out.startswith(b"usage: keyroster"))

    def test_help_fits_eighty_columns(self):
        for words in (*commands(), ("kms",)):
            for line in run(*words, "--help").out.decode().splitlines():
                self.assertLessEqual(len(line), 80, f"{words}: {line}")

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
        self.assertEqual(run("help", "kms").out, run("kms", "--help").out)
        self.assertEqual(run("kms", "--version").out, run("--version").out)
        for verb in kms_verbs():
            with self.subTest(verb=verb):
                told = run("kms", verb, "--help")
                self.assertTrue(told.out.startswith(f"usage: keyroster kms {verb} ".encode()))
                self.assertEqual(run("kms", "help", verb).out, told.out)
                self.assertEqual(run("help", "kms", verb).out, told.out)

    def test_help_that_cannot_be_written(self):
        for arguments in (["--help"], ["--version"], ["help"], ["kms", "help"],
                          *([*words, "--help"] for words in commands())):
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

    def test_the_page_of_kms_has_the_options_of_each_verb(self):
        page = (SOURCE / "man/keyroster-kms.1").read_text()
        common = options_of_page(subsection(page, "Options of every verb"))
        self.assertEqual(common, {"--passphrase", "-f", "--format", "-h", "--help"})
        for verb in kms_verbs():
            with self.subTest(verb=verb):
                told = options_of_help(run("kms", verb, "--help").out.decode())
                own = options_of_page(subsection(page, f"keyroster kms {verb}"))
                self.assertEqual(told, own | common)

    def test_the_page_of_kms_has_the_verbs_in_their_order(self):
        page = (SOURCE / "man/keyroster-kms.1").read_text()
        self.assertEqual(re.findall(r"(?m)^\.Ss keyroster kms (\S+)$", page), kms_verbs())

    def test_completions_know_each_verb_of_kms(self):
        bash = (SOURCE / "completions/keyroster.bash").read_text()
        zsh = (SOURCE / "completions/_keyroster").read_text()
        in_bash = bash.partition("_keyroster_kms()")[2].partition("\n}\n")[0]
        offered = re.search(r"_keyroster_words 'init ([^']*)'", bash).group(0)
        for verb in kms_verbs():
            with self.subTest(verb=verb):
                told = {option for option in options_of_help(run("kms", verb, "--help").out.decode())
                        if option.startswith("--")}
                case = re.search(rf"(?ms)^    {re.escape(verb)}\)(.*?);;", in_bash)
                self.assertIsNotNone(case, "no case in the bash completion")
                common = re.search(r"common='([^']*)'", in_bash).group(1)
                self.assertEqual(long_options(case.group(1)) | long_options(common), told)
                self.assertRegex(offered, rf"\b{re.escape(verb)}\b")
                body = re.search(rf"(?ms)^_keyroster_kms_{re.escape(verb)}\(\)(.*?)^}}", zsh)
                self.assertIsNotNone(body, "no function in the zsh completion")
                self.assertEqual(self.zsh_options(body.group(1), zsh), told)
                self.assertRegex(zsh, rf'(?m)[( ]{re.escape(verb)}\\:"')

    def zsh_options(self, body, zsh):
        """The long options of a function, with those of the arrays that it names."""
        found = long_options(re.sub(r"'\([^)]*\)'?", "'", body))
        for name in re.findall(r"\$(_keyroster\w+)", body):
            array = re.search(rf"(?ms)^{name}=\((.*?)^\)", zsh).group(1)
            found |= long_options(array)
        return found

    def test_the_main_page_lists_the_verbs(self):
        page = (SOURCE / "man/keyroster.1").read_text()
        for verb in (*verbs(), "kms"):
            self.assertRegex(page, rf"(?m)^\.(It )?Xr keyroster-{verb} 1")

    def test_completions_have_the_same_options(self):
        told = {}
        for words in commands():
            told[words] = {o for o in options_of_help(run(*words, "--help").out.decode())
                           if "--" in o}
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

    def test_no_verb_of_kms(self):
        self.wrong("kms", pointer="keyroster kms")
        for words in (["frobnicate"], ["help", "frobnicate"], ["--frobnicate"]):
            self.assertIn("frobnicate", self.wrong("kms", *words, pointer="keyroster kms"))

    def test_unknown_option(self):
        for words in commands():
            for option in ("--frobnicate", "-?", "-Q"):
                with self.subTest(words=words, option=option):
                    said = self.wrong(*words, option, "file",
                                      pointer=f"keyroster {' '.join(words)}")
                    self.assertIn(option.lstrip("-"), said)

    def test_no_source(self):
        for words in commands():
            with self.subTest(words=words):
                self.wrong(*words, pointer=f"keyroster {' '.join(words)}")

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
