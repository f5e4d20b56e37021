"""keyroster against OpenLDAP's slapd: every transport and bind, its limits, and what goes wrong."""

import base64
import concurrent.futures
import fcntl
import hashlib
import os
import pathlib
import pty
import re
import signal
import ssl
import subprocess
import tempfile
import termios
import time
import unittest

from servers import (
    KEYROSTER, NOT_DONE, SLOW, SOME, Relay, ServerTest, certificate, facts_of_rows, independent,
    live_environment, need, slapd, users)
from support import DONE, run

need("slapd", "slapadd", "ldapsearch")

BASE = "dc=example,dc=test"
SOUTH = re.compile(r"Zürich\\(,|2C) Süd")  # RFC 4514 has two forms
OTHER = """dn: dc=other,dc=test
objectClass: domain
dc: other

dn: cn=Elsewhere,dc=other,dc=test
objectClass: inetOrgPerson
cn: Elsewhere
sn: Elsewhere
mail: elsewhere@example.test
"""


def dn_of(name):
    return f"cn={name},{BASE}"


def setUpModule():
    with tempfile.NamedTemporaryFile("w", suffix=".ldif") as other:
        other.write(OTHER)
        other.flush()
        server = slapd(OTHER=other.name, refer=True)
    unittest.addModuleCleanup(server.stop)
    SlapdTest.server = server
    SlapdTest.whole = independent(server.urls["ldap"], BASE, dn_of("reader"), "reader")


class SlapdTest(ServerTest):
    hint = r"keyroster: ldap\S*: 1 continuation reference was not followed: .*--follow-referrals.*"

    def secret(self, text="reader"):
        return self.server.secret(text, f"password-{text}")

    def bind(self, name="reader", password=None):
        return ["-D", dn_of(name), "-y", self.secret(password or name)]

    def pid(self):
        return int((self.server.folder / "pid").read_text())


class TransportTest(SlapdTest):
    def test_the_other_reading_has_what_was_made(self):
        self.assertEqual(len(self.whole), 303)
        self.assertEqual(max(len(c) for _, c in self.whole.values()), 1600)
        self.assertEqual(sum(bool(SOUTH.search(dn)) for dn in self.whole), 61)
        self.assertEqual(sum(not c for _, c in self.whole.values()), 30)

    def test_every_transport_and_bind_gives_the_same_rows(self):
        ca = ["--ca", self.server.ca]
        simple = self.bind()
        ways = [
            ("ldap, simple", simple, "ldap"),
            ("StartTLS, must succeed, simple", ["-ZZ", *ca, *simple], "ldap"),
            ("StartTLS, simple", ["-Z", *ca, *simple], "ldap"),
            ("ldaps, simple", [*ca, *simple], "ldaps"),
            ("ldapi, simple", simple, "ldapi"),
            ("ldapi, EXTERNAL", ["-Y", "EXTERNAL"], "ldapi"),
            ("small pages", ["--page-size", "7", *simple], "ldapi"),
            ("one thread", ["--threads", "1", *simple], "ldapi"),
        ]
        for name, arguments, scheme in ways:
            with self.subTest(name):
                self.same_rows(users(*arguments, self.server.url(scheme)))

    def test_a_certificate_of_the_client_is_a_bind(self):
        variables = {"LDAPTLS_CERT": str(self.server.made / "client.pem"),
                     "LDAPTLS_KEY": str(self.server.made / "client.key")}
        for scheme, more in (("ldaps", []), ("ldap", ["-ZZ"])):
            with self.subTest(scheme):
                self.same_rows(run("users", "-f", "jsonl", "-Y", "EXTERNAL", "--ca", self.server.ca,
                                   *more, self.server.url(scheme), variables=variables))
        result = users("-Y", "EXTERNAL", "--ca", self.server.ca, self.server.url("ldaps"))
        self.assert_refused(result, "bind")

    def test_rows_come_in_the_order_of_the_server(self):
        one = users(*self.bind(), "--threads", "1", self.server.url())
        many = users(*self.bind(), "--threads", "4", "--page-size", "11", self.server.url("ldapi"))
        self.assertEqual([row["dn"] for row in one.rows], [row["dn"] for row in many.rows])

    def test_a_row_names_its_source(self):
        url = self.server.url()
        row = users(*self.bind(), url).rows[0]
        self.assertEqual(row["source"], url)

    def test_a_url_has_a_base_a_scope_and_a_filter(self):
        people = f"ou=People,{BASE}"
        for rest, kept in (
                ("??sub?(mail=u00001@example.test)", lambda dn, f: f[0] == ["u00001@example.test"]),
                ("?cn?sub?(mail=u0000*)", lambda dn, f: "u0000" in " ".join(f[0])),
                ("??one", lambda dn, f: dn.lower().split(",", 1)[1] == people.lower()),
                ("??base", lambda dn, f: False)):
            with self.subTest(rest):
                base = people if "one" in rest else BASE
                wanted = {dn: f for dn, f in self.whole.items() if kept(dn, f)}
                self.assertEqual(bool(wanted), rest != "??base")
                self.same_rows(users(*self.bind(), self.server.url(base=base, rest=rest)), wanted)

    def test_options_for_files_do_nothing_and_are_told(self):
        for arguments in (["--encoding", "UTF-16"], ["--from", "csv"], ["--delimiter", ";"]):
            with self.subTest(arguments):
                result = users(*arguments, *self.bind(), self.server.url())
                self.assertIn("every SOURCE is a live directory", result.err)
                self.assertEqual(facts_of_rows(result.rows), self.whole)

    def test_a_base_may_hold_what_a_url_quotes(self):
        base = "ou=Z%C3%BCrich%5C%2C%20S%C3%BCd," + BASE
        wanted = {dn: f for dn, f in self.whole.items() if SOUTH.search(dn)}
        self.same_rows(users(*self.bind(), self.server.url(base=base)), wanted)

    def test_a_file_and_a_server_are_two_sources(self):
        value = certificate("elsewhere@example.test")
        self.write("more.ldif", f"{OTHER}userCertificate;binary:: {base64.b64encode(value).decode()}\n")
        result = users(*self.bind(), self.server.url(), "more.ldif", folder=self.folder)
        self.same_rows(result, {**self.whole, "cn=Elsewhere,dc=other,dc=test":
                                (["elsewhere@example.test"], [hashlib.sha256(value).hexdigest()])})

    def test_who_may_not_read_certificates_gets_unknown(self):
        result = users(*self.bind("blind"), self.server.url())
        self.assertGreaterEqual(len(result.rows), 302)
        self.assertEqual({(r["standing"], r["uses_kms"]) for r in result.rows}, {("unknown", "unknown")})
        self.assertEqual({r["dn"] for r in result.rows},
                         {dn for dn, (addresses, _) in self.whole.items() if addresses})

    def test_a_continuation_is_counted_and_followed_when_asked(self):
        hinted = users(*self.bind(), self.server.url())
        self.same_rows(hinted)
        self.assert_one_line(hinted.err, "1 continuation reference was not followed")
        counted = users("--verbose", *self.bind(), self.server.url())
        self.assertEqual(facts_of_rows(counted.rows), self.whole)
        self.assert_one_line(counted.err, rf"0 references .* 1 not .*: {self.server.url(base='')[:-1]}")
        followed = users("--follow-referrals", *self.bind(), self.server.url())
        self.assertEqual(facts_of_rows(followed.rows), {
            **self.whole, "cn=Elsewhere,dc=other,dc=test": (["elsewhere@example.test"], [])})


class LimitTest(SlapdTest):
    def assert_incomplete(self, result, count):
        self.assertEqual(result.status, SOME, result.err)
        self.assert_said_once(result, "incomplete")
        told = facts_of_rows(result.rows)
        self.assertLessEqual(told.items(), self.whole.items())
        self.assertTrue(0 < len(told) <= count, len(told))

    def test_a_page_size_that_is_refused_shrinks(self):
        for name, size in (("pages", "500"), ("pairs", "500"), ("pairs", "3")):
            with self.subTest(name, size=size):
                self.same_rows(users("--page-size", size, *self.bind(name), self.server.url()))

    def test_a_size_limit_makes_it_incomplete(self):
        self.assert_incomplete(users(*self.bind("small"), self.server.url()), 50)

    def test_a_limit_over_all_pages_makes_it_incomplete(self):
        self.assert_incomplete(
            users("--page-size", "30", *self.bind("cut"), self.server.url("ldapi")), 60)

    def test_an_incomplete_roster_says_so_in_its_summary(self):
        result = users(*self.bind("small"), self.server.url(), form="json")
        self.assertRegex(result.out.decode(), r'"incomplete": ?true')
        result = users(*self.bind(), self.server.url(), form="json")
        self.assertRegex(result.out.decode(), r'"incomplete": ?false')

    def test_an_incomplete_roster_leaves_the_output_file(self):
        output = pathlib.Path(self.write("roster", "as it was"))
        asked = ["-o", output, *self.bind("small"), self.server.url()]
        result = users(*asked, folder=self.folder)
        self.assertEqual(result.status, SOME)
        self.assertEqual((self.folder / "roster").read_text(), "as it was")
        self.assertEqual(os.listdir(self.folder), ["roster"])
        result = users("--allow-incomplete", *asked, folder=self.folder)
        self.assertEqual(result.status, SOME)
        self.assertIn("incomplete", result.err)
        shown = users(*self.bind("small"), self.server.url())
        self.assertTrue(shown.rows)
        self.assertEqual((self.folder / "roster").read_bytes(), shown.out)


class ExportTest(SlapdTest):
    def test_an_export_reads_back_to_the_same_answers(self):
        self.reads_back(self.export(*self.bind(), self.server.url()))
        self.reads_back(self.export("-ZZ", "--ca", self.server.ca, "--page-size", "9", *self.bind(),
                                    self.server.url()))

    def test_an_export_of_who_may_not_read_certificates(self):
        result = self.export(*self.bind("blind"), self.server.url())
        self.assertEqual(result.status, SOME)
        self.assertRegex(result.err, rf"\A[^\n]*no certificate of anybody[^\n]*\n{self.hint}\n\Z")
        read = users("export.csv", folder=self.folder)
        self.assertEqual({r["standing"] for r in read.rows}, {"unknown"})

    def test_an_export_that_is_incomplete_leaves_the_file(self):
        self.write("export.csv", "as it was")
        result = self.export(*self.bind("small"), self.server.url())
        self.assertEqual((result.status, result.out), (SOME, b""))
        self.assertIn("incomplete", result.err)
        self.assertEqual((self.folder / "export.csv").read_text(), "as it was")
        self.assertEqual(sorted(os.listdir(self.folder)), ["export.csv", "header.csv"])

    def test_an_export_that_is_refused_leaves_the_file(self):
        self.write("export.csv", "as it was")
        result = self.export(*self.bind(password="wrong"), self.server.url())
        self.assert_refused(result, "password|credentials")
        self.assertEqual((self.folder / "export.csv").read_text(), "as it was")


class FailureTest(SlapdTest):
    """One clear line, status 3, no rows, and the output file as it was."""

    def refused(self, pattern, *arguments, place="ldap"):
        self.write("roster", "as it was")
        result = users("-o", "roster", *arguments, folder=self.folder)
        self.assert_refused(result, pattern, place)
        self.assertEqual(os.listdir(self.folder), ["roster"])
        self.assertEqual((self.folder / "roster").read_text(), "as it was")
        return result

    def test_wrong_password(self):
        for scheme in ("ldap", "ldaps", "ldapi"):
            result = self.refused("password|credentials", "--ca", self.server.ca, "--verbose",
                                  *self.bind(password="hunter-42-secret"), self.server.url(scheme))
            self.assertNotIn("hunter-42-secret", result.err)

    def test_wrong_authority(self):
        other = self.server.made / "other-ca.pem"
        self.refused("certificate", "--ca", other, *self.bind(), self.server.url("ldaps"))
        self.refused("certificate", "-ZZ", "--ca", other, *self.bind(), self.server.url())

    def test_what_is_configured_names_the_authority_but_turns_no_check_off(self):
        url = self.server.url("ldaps")
        for variables, status in (({"LDAPTLS_CACERT": self.server.ca}, DONE),
                                  ({"LDAPTLS_CACERT": self.server.made / "other-ca.pem"}, NOT_DONE),
                                  ({"LDAPTLS_REQCERT": "never"}, NOT_DONE)):
            with self.subTest(variables=variables):
                done = run("users", "--summary", *self.bind(), url,
                           variables={name: str(value) for name, value in variables.items()})
                self.assertEqual(done.status, status, done.err)

    def test_wrong_host_name(self):
        for scheme, more in (("ldaps", []), ("ldap", ["-ZZ"])):
            url = self.server.url(scheme).replace("127.0.0.1", "127.0.0.2")
            self.refused("certificate|host", *more, "--ca", self.server.ca, *self.bind(), url)

    def test_expired_certificate_of_the_server(self):
        late = slapd(CERTIFICATE="expired")
        try:
            for scheme, more in (("ldaps", []), ("ldap", ["-ZZ"])):
                self.refused("certificate|expired", *more, "--ca", late.ca, *self.bind(), late.url(scheme))
        finally:
            late.stop()

    def test_nobody_listens(self):
        self.refused("listens|connect|refused", *self.bind(), f"ldap://127.0.0.1:9/{BASE}")
        self.refused("connect|such", *self.bind(), f"ldapi://%2Fno%2Fsuch%2Fsocket/{BASE}")

    def test_the_port_of_the_other_scheme(self):
        url = self.server.url("ldaps").replace("ldaps:", "ldap:")
        for name, arguments in (("nobody", []), ("a name", self.bind()), ("StartTLS", ["-Z"])):
            with self.subTest(name):
                started = time.monotonic()
                self.refused("ldaps://", *arguments, url)
                self.assertLess(time.monotonic() - started, 2 * SLOW)
        self.refused("TLS on this port", "--ca", self.server.ca,
                     self.server.url().replace("ldap:", "ldaps:"))

    def test_no_such_base(self):
        self.refused("no such|does not exist|not there|base", *self.bind(),
                     self.server.url(base="dc=absent,dc=test"))
        self.refused("no such|does not exist|not there|base", *self.bind(),
                     self.server.url(base=f"ou=Absent,{BASE}"))

    def test_nobody_may_read_without_a_bind(self):
        self.refused("", self.server.url())

    def test_a_bad_filter(self):
        self.write("roster", "as it was")
        result = users(*self.bind(), self.server.url(rest="??sub?(mail="), folder=self.folder)
        self.assertIn(result.status, (2, NOT_DONE))
        self.assertEqual(result.out, b"")
        self.assertRegex(result.err, "filter")

    def test_a_ca_file_that_names_nobody(self):
        self.write("semi.csv", "Display Name;Tagged-X509-Cert\n")
        self.write("ca.der", ssl.PEM_cert_to_DER_cert(pathlib.Path(self.server.ca).read_text()))
        for name in ("semi.csv", "ca.der", "/dev/null"):
            for scheme, more in (("ldaps", []), ("ldap", ["-ZZ"])):
                with self.subTest(name, scheme=scheme):
                    result = users("--ca", name, *more, *self.bind(), self.server.url(scheme),
                                   folder=self.folder)
                    self.assert_refused(result, f"no certificate in {name}")

    def test_nobody_names_the_authority(self):
        for host in ("127.0.0.1", "localhost"):
            url = self.server.url("ldaps").replace("127.0.0.1", host)
            self.refused("authority that this system names", *self.bind(), url)

    def test_ca_file_is_not_there(self):
        result = users("--ca", "absent.pem", *self.bind(), self.server.url("ldaps"), folder=self.folder)
        self.assertIn(result.status, (2, NOT_DONE))
        self.assertIn("absent.pem", result.err)

    def test_a_server_that_stands_still(self):
        ways = (("ldap", []), ("ldap", ["-ZZ"]), ("ldaps", []), ("ldapi", []))
        bind = self.bind()
        os.kill(self.pid(), signal.SIGSTOP)
        try:
            with concurrent.futures.ThreadPoolExecutor(len(ways)) as pool:
                results = list(pool.map(
                    lambda way: users("--timeout", "2", *way[1], "--ca", self.server.ca, *bind,
                                      self.server.url(way[0])), ways))
        finally:
            os.kill(self.pid(), signal.SIGCONT)
        for way, result in zip(ways, results):
            with self.subTest(way):
                self.assert_refused(result, "time|answer")
                self.assertLess(result.seconds, 8 * SLOW)


class LossTest(SlapdTest):
    """The connection goes away in the middle of the search."""

    def relayed(self, relay):
        return f"ldap://127.0.0.1:{relay.port}/{BASE}"

    def test_a_lost_connection_is_taken_up_again(self):
        for after in (200, 5000, 60000, 300000):
            with self.subTest(after=after):
                relay = Relay(self.server.port(), after)
                self.addCleanup(relay.stop)
                result = users("--page-size", "20", *self.bind(), self.relayed(relay))
                self.assertGreaterEqual(relay.clients, 2)
                self.assert_not_short_in_silence(result, self.whole)
                if result.status != NOT_DONE:
                    self.assertLessEqual(facts_of_rows(result.rows).items(), self.whole.items())

    def test_a_server_killed_in_mid_search(self):
        victim = slapd()
        killed = []

        def kill():
            killed.append(os.kill(int((victim.folder / "pid").read_text()), signal.SIGKILL))

        try:
            self.write("roster", "as it was")
            relay = Relay(victim.port(), 60000, then=kill, stay=False)
            result = users("--page-size", "20", "--timeout", "5", "-o", "roster", *self.bind(),
                           self.relayed(relay), folder=self.folder)
            self.assertTrue(killed)
            self.assertEqual((result.status, result.out), (SOME, b""), result.err)
            server, file = result.err.splitlines()
            self.assertRegex(server, rf"\Akeyroster: ldap://127.0.0.1:{relay.port}/{BASE}: .*incomplete")
            self.assertRegex(file, r"\Akeyroster: roster: .*as it was")
            self.assertEqual((self.folder / "roster").read_text(), "as it was")
            self.assertEqual(os.listdir(self.folder), ["roster"])
        finally:
            victim.stop()


class SecretTest(SlapdTest):
    """A password comes from a file or a terminal, and goes nowhere but to the server."""

    def test_a_file_gives_it_with_or_without_a_line_end(self):
        for text in ("reader", "reader\n"):
            secret = self.server.secret(text, f"p{len(text)}")
            self.same_rows(users("-D", dn_of("reader"), "-y", secret, self.server.url()))

    def test_an_empty_password_is_no_bind(self):
        """A server takes a name without a password for nobody (RFC 4513, 5.1.2)."""
        result = users("-D", dn_of("reader"), "-y", self.server.secret("", "empty"), self.server.url())
        self.assertEqual((result.status, result.out), (NOT_DONE, b""))
        self.assert_one_line(result.err, "empty password")

    def test_a_file_that_is_not_there(self):
        result = users("-D", dn_of("reader"), "-y", "absent", self.server.url(), folder=self.folder)
        self.assertEqual((result.status, result.out), (NOT_DONE, b""))
        self.assertIn("absent", result.err)

    def test_a_terminal_is_asked_without_echo(self):
        secret = b"reader"
        terminal, its = pty.openpty()
        with open(self.folder / "rows", "wb") as rows:
            child = subprocess.Popen(
                [KEYROSTER, "users", "-f", "jsonl", "--at", "2026-11-01", "-D", dn_of("reader"), "-W",
                 self.server.url()], stdin=its, stdout=rows, stderr=its, env=live_environment(),
                start_new_session=True, preexec_fn=lambda: fcntl.ioctl(its, termios.TIOCSCTTY, 0))
        os.close(its)
        shown = self.read_until(terminal, b":")
        until = time.monotonic() + 20
        while termios.tcgetattr(terminal)[3] & termios.ECHO and time.monotonic() < until:
            time.sleep(0.02)
        arguments = pathlib.Path(f"/proc/{child.pid}/cmdline").read_bytes()
        os.write(terminal, secret + b"\n")
        shown += self.read_until(terminal, None)
        self.assertEqual(child.wait(60), 0, shown)
        os.close(terminal)
        self.assertNotIn(secret, shown)
        self.assertEqual(arguments.count(secret), 1)  # it is in the DN
        self.assertEqual(len((self.folder / "rows").read_bytes().splitlines()), len(self.whole))

    def read_until(self, terminal, mark):
        os.set_blocking(terminal, False)
        shown, until = b"", time.monotonic() + 60
        while time.monotonic() < until and (mark is None or mark not in shown):
            try:
                got = os.read(terminal, 4096)
            except BlockingIOError:
                time.sleep(0.02)
                continue
            except OSError:
                break
            if not got:
                break
            shown += got
        return shown


if __name__ == "__main__":
    unittest.main()
