"""keyroster tidy over files: what goes into the LDIF, what stays, and how it is written."""

import os
import pty
import re
import unittest

from support import (
    DONE, KEYROSTER, NOT_DONE, SOME, USAGE, ExportTest, base64_of, certificate, csv_text, environment,
    hex_of, ldif_entry, run)

AT = "2027-01-01"
OLD = certificate("anna@example.org", "2020-01-01", "2021-01-01")
LAPSED = certificate("anna@example.org", "2025-01-01", "2026-12-20")
OLDER = certificate("anna@example.org", "2026-01-01")
GOOD = certificate("anna@example.org", "2026-02-01")
DN = "cn=Anna,ou=people,dc=example,dc=org"


def value(der, name="userCertificate;binary"):
    return f"{name}:: {base64_of(der)}"


def folded(line):
    """A line of LDIF of 76 bytes, and those of 75 that follow it."""
    return "\n ".join([line[:76], *(line[i:i + 75] for i in range(76, len(line), 75))])


def record(kinds, operation, *values, dn=f"dn: {DN}", name="userCertificate;binary"):
    count = f"{len(values)} value{'s' * (len(values) != 1)}"
    return "\n".join((f"# {count}: {kinds}", folded(dn), "changetype: modify", f"{operation}: {name}",
                      *(folded(value(v, name)) for v in values), "-", "", ""))


class TidyTest(ExportTest):
    def tidy(self, *arguments, remove="expired", **more):
        result = run("tidy", "--at", AT, "--remove", remove, *arguments, cwd=self.folder, **more)
        self.assertIn(result.status, (DONE, SOME, USAGE, NOT_DONE), result.err)
        self.assert_diagnostics(result)
        return result

    def tidy_of(self, content, *arguments, name="people.ldif", **more):
        return self.tidy(*arguments, self.write(name, content), **more)

    def files(self):
        return sorted(path.name for path in self.folder.iterdir())

    def assert_out(self, result, *records, status=DONE):
        self.assertEqual(result.status, status, result.err)
        self.assertEqual(result.out.decode(), "version: 1\n" + "".join(records) if records else "")


class LdifTest(TidyTest):
    def test_the_record_is_written_to_the_byte(self):
        result = self.tidy_of(ldif_entry("Anna", value(OLD), value(GOOD)))
        self.assert_out(result, record("expired", "delete", OLD))
        self.assertEqual(result.err, "")

    def test_the_undo_stands_beside_the_output(self):
        result = self.tidy_of(ldif_entry("Anna", value(OLD), value(GOOD)), "-o", "out.ldif")
        self.assertEqual((result.status, result.out, result.err), (DONE, b"", ""))
        self.assertEqual(self.files(), ["out.ldif", "out.ldif.undo", "people.ldif"])
        self.assertEqual((self.folder / "out.ldif.undo").read_text(),
                         "version: 1\n" + record("expired", "add", OLD))

    def test_the_undo_has_the_name_that_it_is_given(self):
        self.tidy_of(ldif_entry("Anna", value(OLD), value(GOOD)), "-o", "out.ldif", "--undo", "u")
        self.assertEqual(self.files(), ["out.ldif", "people.ldif", "u"])
        result = self.tidy("--undo", "v", "people.ldif")
        self.assert_out(result, record("expired", "delete", OLD))
        self.assertEqual((self.folder / "u").read_text(), (self.folder / "v").read_text())

    def test_an_older_undo_is_kept(self):
        self.write("u", "an older one\n")
        self.write("u.1", "a still older one\n")
        result = self.tidy_of(ldif_entry("Anna", value(OLD)), "--undo", "u")
        self.assertEqual(result.status, DONE)
        self.assertRegex(result.err, r"\Akeyroster: \S*u\.2: the older file of that name")
        self.assertEqual((self.folder / "u.2").read_text(), "an older one\n")
        self.assertEqual((self.folder / "u.1").read_text(), "a still older one\n")
        self.assertEqual((self.folder / "u").read_text(), "version: 1\n" + record("expired", "add", OLD))

    def test_nothing_to_remove_leaves_nothing_to_undo(self):
        self.write("u", "an older one\n")
        result = self.tidy_of(ldif_entry("Anna", value(GOOD)), "-o", "out.ldif", "--undo", "u")
        self.assertEqual((result.status, result.err),
                         (DONE, "keyroster: people.ldif: nothing to be removed\n"))
        self.assertEqual((self.folder / "out.ldif").read_bytes(), b"")
        self.assertEqual((self.folder / "u").read_text(), "an older one\n")
        self.assertEqual(self.files(), ["out.ldif", "people.ldif", "u"])

    def test_names_are_written_as_they_stand_there(self):
        for name in ("userCertificate", "USERCERTIFICATE;binary", "userSMIMECertificate",
                     "usercertificate;x-a;binary"):
            with self.subTest(name):
                result = self.tidy_of(ldif_entry("Anna", value(OLD, name)))
                self.assert_out(result, record("expired", "delete", OLD, name=name))

    def test_a_dn_that_is_no_safe_string_is_in_base64(self):
        for dn in ("cn=Zoë,dc=x", "cn=a\\ ", "cn=" + "x" * 200):
            with self.subTest(dn):
                coded = base64_of(dn.encode())
                entry = ldif_entry("Anna", value(OLD)).replace(f"dn: {DN}", f"dn:: {coded}")
                safe = dn.isascii() and not dn.endswith(" ")
                self.assert_out(self.tidy_of(entry), record(
                    "expired", "delete", OLD, dn=f"dn: {dn}" if safe else f"dn:: {coded}"))

    def test_what_it_writes_it_reads(self):
        self.tidy_of(ldif_entry("Anna", value(OLD), value(OLDER), value(GOOD)), "-o", "out.ldif",
                     remove="expired,superseded")
        for file in ("out.ldif", "out.ldif.undo"):
            read = self.users(file)
            self.assertEqual(read.rows, [])
            self.assertNotIn("RFC 2849", read.err)

    def test_values_of_several_attributes_and_kinds(self):
        result = self.tidy_of(
            ldif_entry("Anna", value(OLD), value(OLDER), value(GOOD), value(OLD, "userSMIMECertificate"),
                       "userCertificate;binary:: AAAA"), remove="expired,superseded,unreadable")
        text = result.out.decode()
        self.assertEqual(result.status, SOME)  # a value could not be read
        self.assertIn("# 4 values: expired, superseded, unreadable\n", text)
        self.assertEqual(re.findall(r"(?m)^(?:delete|-).*", text),
                         ["delete: userCertificate;binary", "-", "delete: userSMIMECertificate", "-",
                          "delete: userCertificate;binary", "-"])
        self.assertIn("\nuserCertificate;binary:: AAAA\n-\n", text)
        self.assertNotIn(folded(value(GOOD)), text)

    def test_the_same_value_twice_goes_once(self):
        self.assert_out(self.tidy_of(ldif_entry("Anna", value(OLD), value(OLD))),
                        record("expired", "delete", OLD))

    def test_what_was_found_is_told_by_a_dry_run(self):
        result = self.tidy_of(ldif_entry("Anna", value(OLD), value(LAPSED), value(OLDER), value(GOOD)),
                              "-n", remove="expired,superseded")
        self.assertEqual(result.status, DONE)
        self.assertEqual(result.err, "keyroster: people.ldif: 3 values (2 expired, 1 superseded) from 1 "
                                     "entry to be removed\n")

    def test_nothing_is_told(self):
        for entry, arguments in ((ldif_entry("Anna", value(GOOD)), []),
                                 (ldif_entry("Anna", value(OLD)), ["--container", "nowhere"])):
            result = self.tidy_of(entry, "-o", "out.ldif", *arguments)
            self.assertEqual((result.status, result.err),
                             (DONE, "keyroster: people.ldif: nothing to be removed\n"))

    def test_older_than_has_to_have_something_to_do(self):
        said = "keyroster: --older-than does nothing here"
        for remove, told in (("unreadable", True), ("unreadable,expired", False), ("superseded", False)):
            with self.subTest(remove):
                result = self.tidy_of(ldif_entry("Anna", value(OLD)), "--older-than", "30d", remove=remove)
                self.assertEqual(result.status, DONE)
                self.assertEqual(said in result.err, told, result.err)

    def test_older_than(self):
        entry = ldif_entry("Anna", value(OLD), value(LAPSED), value(GOOD))
        for age, gone in (("10d", (OLD, LAPSED)), ("30d", (OLD,)), ("99999d", ())):
            with self.subTest(age):
                records = [record("expired", "delete", *gone)] if gone else []
                self.assert_out(self.tidy_of(entry, "--older-than", age), *records)

    def test_container(self):
        entries = ldif_entry("Anna", value(OLD)) + "\n" + ldif_entry("Bo", value(OLD)).replace(
            "ou=people", "ou=south,ou=people")
        for container, count in (("people", 2), ("south", 1), ("north", 0)):
            with self.subTest(container):
                result = self.tidy_of(entries, "--container", container)
                self.assertEqual(result.out.count(b"\ndn: "), count)

    def test_only_mailboxes(self):
        device = ldif_entry("Router", value(OLD)).replace("inetOrgPerson", "device")
        group = ldif_entry("Group", value(OLD)).replace("inetOrgPerson", "groupOfNames")
        self.assert_out(self.tidy_of(device + "\n" + group))

    def test_a_million_values_are_no_matter_for_memory_but_threads_agree(self):
        text = "\n".join(ldif_entry(f"u{i}", value(OLD), value(GOOD)) for i in range(3000))
        one = self.tidy_of(text, "--threads", "1")
        many = self.tidy_of(text, "--threads", "4")
        self.assertEqual(one.out, many.out)
        self.assertEqual(one.out.count(b"\ndn: "), 3000)


class WholeAttributeTest(TidyTest):
    entry = ldif_entry("Anna", value(OLD, "userSMIMECertificate"), value(GOOD, "userSMIMECertificate"))

    def test_a_hint_tells_of_openldap(self):
        result = self.tidy_of(self.entry)
        self.assert_out(result, record("expired", "delete", OLD, name="userSMIMECertificate"))
        self.assertIn("--whole-attribute", result.err)

    def test_the_rest_replaces_it(self):
        result = self.tidy_of(self.entry, "--whole-attribute", "--undo", "u")
        self.assertEqual(result.err, "")
        self.assert_out(result, record("expired", "replace", GOOD, name="userSMIMECertificate"))
        self.assertEqual((self.folder / "u").read_text(), "version: 1\n" + record(
            "expired", "replace", OLD, GOOD, name="userSMIMECertificate").replace("2 values", "1 value"))


class CsvTest(TidyTest):
    def test_a_row_with_a_dn(self):
        text = csv_text(f'"{DN}",user,anna@example.org,{hex_of(OLD)};{hex_of(GOOD)}',
                        header="DN,objectClass,mail,userCertificate")
        self.assert_out(self.tidy_of(text, name="people.csv"),
                        record("expired", "delete", OLD, name="userCertificate"))

    def test_a_row_without_one_is_named(self):
        text = csv_text(f"mailbox,Anna,SMTP:anna@example.org,Recipients,{hex_of(OLD)}",
                        f"mailbox,Bo,SMTP:bo@example.org,Recipients,")
        result = self.tidy_of(text, name="site.csv")
        self.assert_out(result, status=SOME)
        self.assert_named(result, "site.csv", 2)
        self.assertEqual(result.err.count("no LDAP name (DN)"), 1)

    def test_a_path_of_exchange_is_no_dn(self):
        text = csv_text(f"/o=Org/ou=Site/cn=anna,anna@example.org,{hex_of(OLD)}",
                        header="Obj-Dist-Name,mail,userCertificate").replace("Obj-Dist-Name", "DN")
        result = self.tidy_of(text, name="site.csv")
        self.assert_out(result, status=SOME)
        self.assertIn("no LDAP name (DN)", result.err)

    def test_a_dn_in_windows_1252_is_written_in_utf_8(self):
        text = csv_text(f'"cn=Zoë,dc=x",user,anna@example.org,{hex_of(OLD)}',
                        header="DN,objectClass,mail,userCertificate").encode("cp1252")
        self.assert_out(self.tidy_of(text, name="people.csv"), record(
            "expired", "delete", OLD, name="userCertificate",
            dn=f"dn:: {base64_of('cn=Zoë,dc=x'.encode())}"))

    def test_bytes_that_the_export_does_not_show_are_named(self):
        text = csv_text(f'"{DN}",user,anna@example.org,3082010', '"cn=b,dc=x",user,b@x.org,System.Byte[]',
                        header="DN,objectClass,mail,userCertificate")
        result = self.tidy_of(text, name="people.csv", remove="unreadable")
        self.assert_out(result, status=SOME)
        self.assertIn("people.csv:2: certificate value 1: to be removed, but the export does not show",
                      result.err)
        self.assertNotIn("people.csv:3: certificate value 1: to be removed", result.err)


class UseTest(TidyTest):
    def test_wrong_use(self):
        self.write("people.ldif", ldif_entry("Anna", value(OLD)))
        self.write("ca.pem", "")
        for arguments, said in (
                (["people.ldif"], "what is to be removed"),
                (["--remove", "expired"], "no SOURCE given"),
                (["--remove", "expired", "people.ldif", "b.ldif"], "one SOURCE at a time"),
                (["--remove", "", "people.ldif"], "--remove is of"),
                (["--remove", "expired,", "people.ldif"], "--remove is of"),
                (["--remove", "active", "people.ldif"], "--remove is of"),
                (["--remove", "foreign", "people.ldif"], "--issuer"),
                (["--remove", "revoked", "people.ldif"], "--crl"),
                (["--remove", "expired", "--older-than", "30", "people.ldif"], "--older-than is"),
                (["--remove", "expired", "--apply", "people.ldif"], "LDAP URL"),
                (["--remove", "expired", "--yes", "people.ldif"], "--yes answers"),
                (["--remove", "expired", "--undo", "-", "people.ldif"], "--undo is a file"),
                (["--remove", "expired", "--apply", "ldap://127.0.0.1:1/dc=x"], "on a terminal"),
                (["--remove", "expired", "--apply", "--yes", "--follow-referrals",
                  "ldap://127.0.0.1:1/dc=x"], "--follow-referrals"),
                (["--remove", "expired", "-D", "cn=x", "ldap://127.0.0.1:1/dc=x"], "-D needs"),
                (["--remove", "expired", "--site", "x", "people.ldif"], "unknown option")):
            with self.subTest(arguments):
                result = run("tidy", *arguments, cwd=self.folder)
                self.assertEqual((result.status, result.out), (USAGE, b""), result.err)
                self.assert_one_line(result.err, re.escape(said))
                self.assertIn("keyroster tidy --help", result.err)

    def test_nobody_listens(self):
        for more in ([], ["--apply", "--yes"], ["-n"]):
            with self.subTest(more):
                result = self.tidy("-o", "out.ldif", *more, "ldap://127.0.0.1:1/dc=x")
                self.assertEqual((result.status, result.out), (NOT_DONE, b""))
                self.assertEqual(self.files(), [])

    def test_the_source_is_not_written_over(self):
        self.write("people.ldif", ldif_entry("Anna", value(OLD)))
        before = (self.folder / "people.ldif").read_bytes()
        for arguments in (["-o", "people.ldif"], ["--undo", "people.ldif"],
                          ["-o", "out.ldif", "--undo", "out.ldif"]):
            with self.subTest(arguments):
                result = self.tidy(*arguments, "people.ldif")
                self.assertEqual((result.status, result.out), (NOT_DONE, b""))
                self.assertEqual((self.folder / "people.ldif").read_bytes(), before)
                self.assertEqual(self.files(), ["people.ldif"])

    def test_both_outputs_in_one_file_that_is_not_there_yet(self):
        self.write("people.ldif", ldif_entry("Anna", value(OLD)))
        (self.folder / "folder").mkdir()
        (self.folder / "link").symlink_to("folder/out")
        (self.folder / "out.undo").symlink_to("out")
        before = self.files()
        for arguments in (["-o", "out", "--undo", "./out"], ["-o", "folder/../out", "--undo", "out"],
                          ["-o", self.folder / "out", "--undo", "out"], ["-o", "out"],
                          ["-o", "link", "--undo", "folder/out"], ["-o", "folder/out", "--undo", "link"],
                          ["--undo", "/dev/stdout"], ["-o", "-", "--undo", "/dev/fd/1"]):
            with self.subTest(arguments):
                result = self.tidy(*arguments, "people.ldif")
                self.assertEqual((result.status, result.out), (NOT_DONE, b""))
                self.assert_one_line(result.err, r"both outputs in one file \(choose another for --undo\)")
                self.assertEqual(self.files(), before)
                self.assertEqual(list((self.folder / "folder").iterdir()), [])
        for arguments in (["-o", "folder/out", "--undo", "out"], ["-o", "/dev/null", "--undo", "/dev/null"]):
            with self.subTest(arguments):
                self.assertEqual(self.tidy(*arguments, "people.ldif").status, DONE)

    def test_whole_or_absent(self):
        text = ldif_entry("Anna", value(OLD))
        for arguments, status in ((["-o", "no/out.ldif"], NOT_DONE), (["--undo", "no/u"], NOT_DONE),
                                  (["-o", "/dev/full"], NOT_DONE), (["--undo", "/dev/full"], NOT_DONE)):
            with self.subTest(arguments):
                result = self.tidy_of(text, *arguments)
                self.assertEqual(result.status, status, result.err)
                self.assertIn(arguments[1], result.err)
                self.assertEqual(self.files(), ["people.ldif"])

    def test_a_source_that_is_no_export(self):
        result = self.tidy_of("nothing of the kind\n", "-o", "out.ldif", name="x")
        self.assertEqual(result.status, NOT_DONE)
        self.assertEqual(self.files(), ["x"])

    def test_standard_input_and_output(self):
        result = self.tidy("-", stdin=ldif_entry("Anna", value(OLD)).encode())
        self.assert_out(result, record("expired", "delete", OLD))
        result = self.tidy("-o", "-", "-", stdin=ldif_entry("Anna", value(OLD)).encode())
        self.assert_out(result, record("expired", "delete", OLD))
        self.assertEqual(self.files(), [])

    def test_apply_asks_only_where_both_ends_are_a_terminal(self):
        pid, terminal = pty.fork()
        if pid == 0:
            os.close(0)
            os.open("/dev/null", os.O_RDONLY)
            os.execve(KEYROSTER, [KEYROSTER, "tidy", "--remove", "expired", "--apply",
                                  "ldap://127.0.0.1:1/dc=x"], environment())
        said = b""
        try:
            while got := os.read(terminal, 4096):
                said += got
        except OSError:
            pass
        _, status = os.waitpid(pid, 0)
        os.close(terminal)
        self.assertEqual(os.waitstatus_to_exitcode(status), USAGE, said)


if __name__ == "__main__":
    unittest.main()
