"""The LDAP options of the verbs that read live directories: used wrongly, and servers that are not there.

What comes of them against servers is in test/ldap and test/servers.
"""

import os
import pathlib
import pty
import signal
import stat
import tempfile
import termios
import unittest

from support import DONE, KEYROSTER, NOT_DONE, SOME, SOURCE, USAGE, run

URL = "ldap://127.0.0.1:1/dc=example,dc=test"
DN = "cn=reader,dc=example,dc=test"


class LdapOptions(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.folder = pathlib.Path(place.name)
        self.password = self.folder / "password"
        self.password.touch(mode=0o600)
        self.password.write_text("hunter2")

    def test_used_wrongly(self):
        for arguments, word in (
            (["-D", DN], "-y"),
            (["-D", DN, "-y", self.password, "-W"], "-W"),
            (["-y", self.password], "-D"),
            (["-W"], "-D"),
            (["-Y", "GSSAPI", "-D", DN, "-y", self.password], "-Y"),
            (["-Y", "PLAIN"], "'PLAIN'"),
            (["--page-size", "0"], "'0'"),
            (["--page-size", "many"], "'many'"),
            (["--timeout", "0"], "'0'"),
            (["--timeout", "-1"], "'-1'"),
            (["--timeout", "99999999999999999999"], "'99999999999999999999'"),
        ):
            with self.subTest(arguments=arguments):
                done = run("users", *arguments, URL)
                self.assertEqual((done.status, done.out), (USAGE, b""), done.err)
                self.assertIn(word, done.err)
                self.assertRegex(done.err, r"\Akeyroster: users: [^\n]*keyroster users --help[^\n]*\n\Z")

    def refused(self, *arguments, words):
        done = run("users", *arguments)
        self.assertEqual((done.status, done.out), (NOT_DONE, b""), done.err)
        self.assertRegex(done.err, r"\Akeyroster: [^\n]+\n\Z")
        for word in words:
            self.assertIn(word, done.err)
        return done.err

    def test_nobody_listens(self):
        self.refused(URL, words=[URL, "listens"])

    def test_no_such_socket(self):
        self.refused(f"ldapi://{str(self.folder / 'none').replace('/', '%2F')}/", words=["socket"])

    def test_no_such_host(self):
        self.refused("ldap://no-such-host.invalid/", words=["no-such-host.invalid"])

    def test_urls_that_are_none(self):
        for url in ("ldap://h/dc=x??all", "ldap://h:99999/", "ldap://h/%zz", "ldap://h/dc=x????!x-a=b"):
            with self.subTest(url=url):
                self.refused(url, words=[url])

    def test_a_password_in_a_url_is_not_shown(self):
        said = self.refused("ldap://reader:hunter2@h/dc=x", words=["ldap://h/dc=x", "-y"])
        self.assertNotIn("hunter2", said)

    def test_password_files_that_are_none(self):
        missing = self.folder / "missing"
        self.refused("-D", DN, "-y", missing, URL, words=[str(missing)])
        self.password.write_text("\n")
        self.refused("-D", DN, "-y", self.password, URL, words=["empty"])
        self.password.write_text("x" * 5000)
        self.refused("-D", DN, "-y", self.password, URL, words=["4095"])

    def test_a_password_is_asked_for_on_a_terminal_only(self):
        done = run("users", "-D", DN, "-W", URL, start_new_session=True)
        self.assertEqual(done.status, NOT_DONE)
        self.assertIn("-y", done.err)

    def ask(self, typed):
        """The exit status after an answer to -W, and what the terminal showed; a negative status is a signal."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.execv(KEYROSTER, [KEYROSTER, "users", "-D", DN, "-W", URL])
        shown = b""
        while not shown.endswith(b"Password: "):
            shown += os.read(terminal, 1000)
        echo = termios.tcgetattr(terminal)[3] & termios.ECHO
        os.write(terminal, typed)
        try:
            while (more := os.read(terminal, 1000)):
                shown += more
        except OSError:  # the other end is gone
            pass
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown, echo

    def test_a_password_that_is_typed_is_not_shown(self):
        status, shown, echo = self.ask(b"hunter2\n")
        self.assertEqual((status, echo), (NOT_DONE, 0), shown)
        self.assertIn(b"listens", shown)
        self.assertNotIn(b"hunter2", shown)

    def test_ctrl_c_and_nothing_in_the_place_of_a_password(self):
        self.assertEqual(self.ask(b"hun\x03")[0], -signal.SIGINT)
        status, shown, _ = self.ask(b"\n")
        self.assertEqual(status, NOT_DONE)
        self.assertIn(b"no password", shown)

    def test_a_password_file_is_not_read_for_files(self):
        done = run("users", "--summary", "-D", DN, "-y", self.folder / "missing",
                   SOURCE / "sample/site.csv")
        self.assertEqual(done.status, SOME, done.err)
        self.assertIn("no SOURCE is a live directory", done.err)

    def test_options_for_ldap_that_do_nothing_are_told(self):
        (self.folder / "site.csv").write_text("Display Name,Tagged-X509-Cert\n")
        (self.folder / "header.csv").write_text("Display Name\n")
        for verb in (["users"], ["export", "--header", "header.csv"]):
            for arguments in (["-ZZ"], ["--ca", "nope"], ["-D", DN, "-W"], ["--page-size", "9"], ["-v"], []):
                with self.subTest(verb, arguments=arguments):
                    done = run(*verb, *arguments, "site.csv", cwd=self.folder)
                    self.assertEqual(done.status, DONE, done.err)
                    self.assertEqual("no SOURCE is a live directory" in done.err,
                                     arguments not in (["-v"], []), done.err)

    def test_a_password_in_the_arguments_is_refused_and_not_shown(self):
        for verb in ("users", "export"):
            for arguments in (["-w", "hunter2"], ["-whunter2"], ["-D", DN, "-w", "hunter2"]):
                with self.subTest(verb, arguments=arguments):
                    done = run(verb, *arguments, "--header=x" if verb == "export" else "-Z", URL)
                    self.assertEqual((done.status, done.out), (USAGE, b""))
                    self.assertRegex(done.err, r"\A[^\n]*use -y FILE or -W[^\n]*\n\Z")
                    self.assertNotIn("hunter2", done.err)

    def test_a_password_file_that_everybody_may_read_is_told(self):
        for mode, told in ((0o644, True), (0o604, True), (0o602, True), (0o640, False), (0o400, False)):
            with self.subTest(oct(mode)):
                self.password.chmod(mode)
                done = run("users", "-D", DN, "-y", self.password, URL)
                self.assertEqual(done.status, NOT_DONE)
                self.assertEqual(f"{self.password}: warning: everybody" in done.err, told, done.err)

    def test_the_output_stays_when_the_server_is_not_there(self):
        output = self.folder / "roster.csv"
        output.write_text("as it was")
        self.refused("-o", output, URL, words=["listens"])
        self.assertEqual(output.read_text(), "as it was")
        self.assertEqual(sorted(os.listdir(self.folder)), ["password", "roster.csv"])
        self.assertTrue(stat.S_ISREG(output.stat().st_mode))

    def test_other_sources_are_still_read(self):
        done = run("users", "--summary", "-f", "json", URL, SOURCE / "sample/site.csv")
        self.assertEqual(done.status, SOME, done.err)
        self.assertIn(URL, done.err)
        self.assertIn(b'"mailboxes":43', done.out)


if __name__ == "__main__":
    unittest.main()
