"""Bad input. Whatever comes: no crash, no hang, no row that is not true; the place is named."""

import concurrent.futures
import gzip
import os
import signal
import subprocess
import threading
import unittest
import zlib

from support import (
    DONE,
    HEADER,
    KEYROSTER,
    NOT_DONE,
    SANITIZED,
    SOME,
    AT,
    ExportTest,
    base64_of,
    certificate,
    csv_row,
    csv_text,
    environment,
    hex_of,
    ldif_entry,
    run_measured,
)

CERTIFICATE = {name: certificate(f"{name.lower()}@example.org") for name in ("Anna", "Cid")}
ANNA = csv_row("Anna", hex_of(CERTIFICATE["Anna"]))
CID = csv_row("Cid", hex_of(CERTIFICATE["Cid"]))
RIGHT = {"Anna": ("Anna", "active"), "Cid": ("Cid", "active")}

# The peak of memory, in MB. What is read in pieces takes this at most, whatever its size ...
PEAK_MAX = 64
# ... but one record may grow to 64 MiB before it is refused, and is held meanwhile.
PEAK_WITH_LONG_RECORD_MAX = 160


class BadTest(ExportTest):
    def bad_field(self, value, standing="unreadable", name="Bo", extra=""):
        """A field between two good mailboxes: they stay right, and line 3 is named."""
        result = self.users_of(csv_text(ANNA, csv_row(name, value), CID) + extra)
        self.assertEqual(result.people, [RIGHT["Anna"], (name, standing), RIGHT["Cid"]])
        self.assertEqual(result.rows[1]["line"], 3)
        self.assertEqual(result.status, SOME)
        self.assert_named(result, "site.csv", 3)
        return result

    def assert_others_right(self, result, *names):
        """Anna and Cid, as far as named, are there and right; nobody is told who is not."""
        for name in names:
            self.assertIn(RIGHT[name], result.people)
        for mailbox, standing in result.people:
            self.assertEqual(RIGHT.get(mailbox, (mailbox, standing)), (mailbox, standing))


class BadValues(BadTest):
    def test_odd_hex(self):
        self.bad_field(hex_of(CERTIFICATE["Anna"])[:-1])

    def test_no_hex(self):
        self.bad_field("30zz")

    def test_truncated_certificate(self):
        self.bad_field(hex_of(CERTIFICATE["Anna"][:100]))

    def test_bytes_after_the_certificate(self):
        self.bad_field(hex_of(CERTIFICATE["Anna"] + b"\0\0"))

    def test_der_that_claims_4_gb(self):
        for length in ("84FFFFFFFF", "84FFFFFFFC", "847FFFFFFF", "88FFFFFFFFFFFFFFFF", "80", "FF"):
            with self.subTest(length=length):
                self.bad_field("30" + length + hex_of(CERTIFICATE["Anna"][4:]))

    def test_inner_der_that_claims_4_gb(self):
        self.bad_field("3082010030" + "84FFFFFFFF" + "00" * 248)

    def test_nesting_1000_deep(self):
        for what in (nest(1000), nest(1000, 0xA0), b"\x30\x80" * 1000, pkcs7_around(nest(1000))):
            with self.subTest(what[:8].hex()):
                self.bad_field(hex_of(what))

    def test_tagged_setting_that_overruns(self):
        self.bad_field("0300FFFF3000")
        self.bad_field("030003003000")

    def test_a_value_of_other_bytes(self):
        self.bad_field("00")
        self.bad_field("DEADBEEF" * 100)

    def test_100000_values_in_one_field(self):
        junk = "%".join(["3082"] * 99_999)
        result = self.users_of(csv_text(ANNA, csv_row("Bo", junk), CID))
        self.assert_others_right(result, "Anna", "Cid")
        self.assertEqual(result.status, SOME)
        self.assert_named(result, "site.csv", 3)
        self.assertLess(len(result.err), 100_000, "one diagnostic a value is too many")
        for row in result.rows[1:-1]:
            self.assertEqual((row["mailbox"], row["uses_kms"]), ("Bo", "unknown"))

    def test_100000_values_and_a_good_one(self):
        values = "%".join(["3082"] * 99_999 + [hex_of(CERTIFICATE["Cid"])])
        result = self.users_of(csv_text(ANNA, csv_row("Bo", values), CID))
        self.assert_others_right(result, "Anna", "Cid")
        self.assertEqual(result.status, SOME)
        for row in result.rows[1:-1]:
            self.assertIn(row["uses_kms"], ("yes", "unknown"))

    def test_broken_base64(self):
        good = base64_of(CERTIFICATE["Anna"])
        for what in ("=" + good, good[:-5], good[:40] + "*" + good[41:], good[:40] + "=" + good[41:]):
            with self.subTest(what[:12]):
                result = self.users_of(
                    ldif_entry("Anna", f"userCertificate;binary:: {good}")
                    + "\n"
                    + ldif_entry("Bo", f"userCertificate;binary:: {what}")
                    + "\n"
                    + ldif_entry("Cid", f"userCertificate;binary:: {base64_of(CERTIFICATE['Cid'])}"),
                    name="site.ldif",
                )
                self.assertEqual(
                    result.people, [RIGHT["Anna"], ("Bo", "unreadable"), RIGHT["Cid"]]
                )
                self.assertEqual(result.status, SOME)
                self.assertRegex(result.err, r"(?m)^keyroster: site\.ldif:(8|9|1[0-3]): ")

    def test_bytes_that_the_exporting_tool_threw_away(self):
        result = self.users_of(
            '"DisplayName","mail","userCertificate"\r\n'
            '"Bo","bo@example.org","System.Byte[]"\r\n'
            '"Cy","cy@example.org","Microsoft.ActiveDirectory.Management.ADPropertyValueCollection"\r\n'
        )
        self.assertEqual(result.people, [("Bo", "unknown"), ("Cy", "unknown")])
        self.assertEqual(result.status, SOME)


class BadRecords(BadTest):
    def test_unclosed_quote(self):
        bad = 'mailbox,"Bo,SMTP:bo@example.org,Recipients,'
        result = self.users_of(csv_text(ANNA, bad, CID, CID))
        self.assertEqual(result.status, SOME)
        self.assert_named(result, "site.csv", 3)
        self.assert_others_right(result, "Anna")
        self.assertNotIn("Bo", [name for name, _ in result.people])

    def test_the_same_of_many_lines_is_told_at_once(self):
        short = "mailbox,Bo,SMTP:bo@example.org"
        sentence = "fewer fields than the header has columns: what is missing is unknown"
        for count, last in ((10, "11: {}"), (11, "12: {}"), (12, "12: {}, and so each line to 13"),
                            (3000, "12: {}, and so each line to 3001")):
            with self.subTest(count=count):
                result = self.users_of(csv_text(*[short] * count))
                said = result.err.splitlines()
                self.assertEqual(result.people, [("Bo", "unknown")] * count)
                self.assertEqual(len(said), min(count, 11))
                self.assertEqual(said[0], f"keyroster: site.csv:2: {sentence}")
                self.assertEqual(said[-1], f"keyroster: site.csv:{last.format(sentence)}")
        result = self.users_of(csv_text(*[short] * 20, ANNA, *[short] * 20))
        self.assertEqual(len(result.err.splitlines()), 22)
        self.assert_named(result, "site.csv", 33)

    def test_bytes_after_a_closing_quote(self):
        result = self.users_of(csv_text(ANNA, 'mailbox,"Bo" Berg,SMTP:b@example.org,R,', CID))
        self.assert_others_right(result, "Anna", "Cid")

    def test_nul_bytes(self):
        for bad in (csv_row("B\0o", ""), csv_row("Bo", "30\0" + hex_of(CERTIFICATE["Anna"])),
                    "\0", "\0" * 5000):
            with self.subTest(bad[:20]):
                result = self.users_of(csv_text(ANNA, bad, CID))
                self.assert_others_right(result, "Anna", "Cid")
                self.assertEqual(result.status, SOME)
                self.assert_named(result, "site.csv", 3)
                self.assertNotIn(b"\0", result.out)
                self.assertNotIn("\0", result.err)

    def test_nul_byte_in_ldif(self):
        value = f"userCertificate:: {base64_of(CERTIFICATE['Cid'])}"
        result = self.users_of(
            ldif_entry("Bo", "description: a\0b") + "\n" + ldif_entry("Cid", value), name="site.ldif"
        )
        self.assert_others_right(result, "Cid")
        self.assertEqual(result.status, SOME)
        self.assertRegex(result.err, r"(?m)^keyroster: site\.ldif:(1|6): ")

    def test_ldif_line_without_colon(self):
        value = f"userCertificate:: {base64_of(CERTIFICATE['Cid'])}"
        result = self.users_of(
            ldif_entry("Bo", "description") + "\n" + ldif_entry("Cid", value), name="site.ldif"
        )
        self.assert_others_right(result, "Cid")
        self.assertEqual(result.status, SOME)
        self.assertRegex(result.err, r"(?m)^keyroster: site\.ldif:(1|6): ")

    def test_fewer_fields_than_the_header(self):
        result = self.users_of(csv_text(ANNA, "mailbox,Bo,SMTP:bo@example.org", CID))
        self.assertEqual(result.people, [RIGHT["Anna"], ("Bo", "unknown"), RIGHT["Cid"]])
        self.assertEqual(result.status, SOME)
        self.assert_named(result, "site.csv", 3)

    def test_more_fields_than_the_header(self):
        for row, person in (
            (csv_row("Bo", ",,extra"), ("Bo", "unknown")),
            (csv_row("Berg, Bo", hex_of(CERTIFICATE["Anna"])), ("Berg", "unknown")),
            (ANNA + ",extra", RIGHT["Anna"]),
        ):
            with self.subTest(row=row[:40]):
                result = self.users_of(csv_text(ANNA, row, CID))
                self.assertEqual(result.people, [RIGHT["Anna"], person, RIGHT["Cid"]])
                self.assertEqual(result.status, SOME)
                self.assert_one_line(result.err, "keyroster: site.csv:3: more fields than the header")

    def test_100000_fields(self):
        result = self.users_of(csv_text(ANNA, csv_row("Bo", "," * 100_000), CID))
        self.assert_others_right(result, "Anna", "Cid")
        self.assertEqual(result.status, SOME)
        self.assert_named(result, "site.csv", 3)

    def test_100000_columns(self):
        columns = ",".join(f"Extension-{n}" for n in range(100_000))
        text = csv_text(
            *(f"{'x,' * 100_000}{row}" for row in (ANNA, CID)), header=f"{columns},{HEADER}"
        )
        result = self.users_of(text)
        if result.status == DONE:
            self.assertEqual(result.people, [RIGHT["Anna"], RIGHT["Cid"]])
        else:
            self.assertEqual((result.status, result.out), (NOT_DONE, b""))
            self.assert_named(result, "site.csv")

    def test_a_line_of_300_mb(self):
        with open(self.folder / "site.csv", "wb") as out:
            out.write(csv_text(ANNA).encode() + b"mailbox,Bo,SMTP:bo@example.org,Recipients,30")
            for _ in range(300):
                out.write(b"0" * 1_000_000)
            out.write(b"\r\n" + CID.encode() + b"\r\n")
        result, peak = run_measured(
            "users", "-f", "jsonl", "--at", AT, "site.csv", cwd=self.folder
        )
        self.assertEqual(result.status, SOME, result.err)
        self.assert_others_right(result, "Anna", "Cid")
        self.assert_named(result, "site.csv", 3)
        self.assertEqual(result.rows[-1]["line"], 4)
        if not SANITIZED:
            self.assertLess(peak, PEAK_WITH_LONG_RECORD_MAX)

    def test_an_ldif_line_of_300_mb(self):
        value = f"userCertificate:: {base64_of(CERTIFICATE['Cid'])}"
        with open(self.folder / "site.ldif", "wb") as out:
            out.write(ldif_entry("Bo").encode() + b"description: ")
            for _ in range(300):
                out.write(b"0" * 1_000_000)
            out.write(b"\n\n" + ldif_entry("Cid", value).encode())
        result, peak = run_measured(
            "users", "-f", "jsonl", "--at", AT, "site.ldif", cwd=self.folder
        )
        self.assertEqual(result.status, SOME, result.err)
        self.assert_others_right(result, "Cid")
        self.assertRegex(result.err, r"(?m)^keyroster: site\.ldif:(1|6): ")
        if not SANITIZED:
            self.assertLess(peak, PEAK_WITH_LONG_RECORD_MAX)


class BadHeaders(BadTest):
    def test_the_same_header_twice(self):
        result = self.users_of(csv_text(ANNA) + csv_text(CID))
        self.assertEqual(result.people, [RIGHT["Anna"], RIGHT["Cid"]])

    def test_a_second_header_in_another_order(self):
        other = "Tagged-X509-Cert,Obj-Container,E-mail Addresses,Display Name,Obj-Class"
        turned = ",".join(reversed(CID.split(",")))
        result = self.users_of(csv_text(ANNA) + csv_text(turned, header=other))
        self.assert_others_right(result, "Anna")
        self.assertLessEqual({name for name, _ in result.people}, {"Anna", "Cid"})
        if len(result.people) == 1:
            self.assertEqual(result.status, SOME)
            self.assertRegex(result.err, r"(?m)^keyroster: site\.csv:[34]: ")

    def test_no_header(self):
        result = self.users_of(ANNA + "\r\n" + CID + "\r\n")
        self.assertEqual((result.status, result.out), (NOT_DONE, b""))
        self.assert_named(result, "site.csv")

    def test_a_header_without_a_certificate_column(self):
        result = self.users_of("Obj-Class,Display Name,Directory Name\r\nmailbox,Anna,anna\r\n")
        self.assertEqual((result.status, result.out), (NOT_DONE, b""))
        self.assert_named(result, "site.csv")
        self.assertIn("Tagged-X509-Cert", result.err)

    def test_a_good_source_beside_one_without_header(self):
        self.write("other.csv", "Obj-Class,Display Name\r\nmailbox,Bo\r\n")
        self.write("site.csv", csv_text(ANNA))
        result = self.users("other.csv", "site.csv")
        self.assertEqual((result.status, result.people), (SOME, [RIGHT["Anna"]]))
        self.assert_named(result, "other.csv")

    def test_no_column_that_names_the_mailbox(self):
        values = [hex_of(CERTIFICATE["Anna"]), "", hex_of(CERTIFICATE["Cid"])]
        result = self.users_of("Tagged-X509-Cert,Obj-Class\r\n" + "".join(
            f"{value},mailbox\r\n" for value in values))
        self.assertEqual(
            result.people, [("line 2", "active"), ("line 3", "none"), ("line 4", "active")]
        )
        self.assert_named(result, "site.csv")
        self.assertRegex(result.err, r"(?i)display.name")
        self.assertEqual(len(result.err.splitlines()), 1)

    def test_the_articles_own_header(self):
        result = self.users_of(f"Tagged-X509-Cert\r\n{hex_of(CERTIFICATE['Anna'])}\r\n")
        self.assertEqual(result.people, [("line 2", "active")])
        self.assertEqual(len(result.err.splitlines()), 1)

    def test_an_empty_file(self):
        for content in (b"", b"\n", b"\xef\xbb\xbf", b"\xff\xfe", b" ", b"\0", b"%", b"-\n"):
            with self.subTest(content):
                result = self.users_of(content)
                self.assertEqual((result.status, result.out), (NOT_DONE, b""))
                self.assert_named(result, "site.csv")

    def test_no_export_at_all(self):
        for content in (os.urandom(100_000), CERTIFICATE["Anna"], b"%PDF-1.4\n%\xe2\xe3\n1 0 obj\n",
                        b"PK\x03\x04" + bytes(3000), b"\x7fELF" + bytes(3000)):
            with self.subTest(content[:8]):
                result = self.users_of(content)
                self.assertEqual((result.status, result.out), (NOT_DONE, b""))
                self.assert_named(result, "site.csv")


class CutAnywhere(BadTest):
    """An export that ends too early, wherever: what stands before the cut is told and right."""

    def cut_at_every_byte(self, name, whole, ends):
        """`ends`: for each mailbox, how many bytes of the export hold its record whole."""

        def at(length):
            cut = self.folder / f"cut-{length}"
            cut.write_bytes(whole[:length])
            result = self.users(cut.name)
            cut.unlink()
            self.assertIn(result.status, (DONE, SOME, NOT_DONE))
            for (mailbox, standing), row in zip(result.people, result.rows):
                if RIGHT.get(mailbox, ("", ""))[1] == standing:
                    continue
                # What was cut off is not known; where a record ends with an empty field, it is.
                self.assertGreater(ends.get(mailbox, length + 1), length, (length, mailbox))
                self.assertTrue(row["uses_kms"] == "unknown" or standing == "none", (length, row))
            for mailbox, end in ends.items():
                if end <= length:
                    self.assertIn(RIGHT[mailbox], result.people, length)

        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(at, range(0, len(whole), 31 if SANITIZED else 1)))

    def test_csv(self):
        whole = csv_text(ANNA, CID).encode()
        anna = len(csv_text(ANNA))
        self.cut_at_every_byte("csv", whole, {"Anna": anna, "Cid": len(whole)})

    def test_ldif(self):
        entries = [
            ldif_entry(name, f"userCertificate:: {base64_of(value)}") + "\n"
            for name, value in CERTIFICATE.items()
        ]
        whole = "".join(entries).encode()
        self.cut_at_every_byte("ldif", whole, {"Anna": len(entries[0]), "Cid": len(whole)})

    def test_gzip(self):
        whole = gzip.compress(csv_text(ANNA, CID).encode())
        self.cut_at_every_byte("csv.gz", whole, {})

    def test_a_cut_archive_is_named(self):
        result = self.users_of(gzip.compress(csv_text(ANNA, CID).encode())[:-6])
        self.assertEqual(result.status, SOME)
        self.assert_named(result, "site.csv")


class OtherFiles(BadTest):
    def refused(self, *arguments, **more):
        result = self.users(*arguments, **more)
        self.assertEqual((result.status, result.out), (NOT_DONE, b""), result.err)
        return result

    def test_a_file_that_is_not_there(self):
        self.assert_named(self.refused("nowhere.csv"), "nowhere.csv")

    def test_a_good_source_beside_one_that_is_not_there(self):
        self.write("site.csv", csv_text(ANNA))
        result = self.users("nowhere.csv", "site.csv")
        self.assert_named(result, "nowhere.csv")
        self.assertIn(result.status, (SOME, NOT_DONE))

    def test_a_directory(self):
        (self.folder / "site").mkdir()
        self.assert_named(self.refused("site"), "site")

    def test_what_another_verb_reads_is_called_by_its_name(self):
        anna = CERTIFICATE["Anna"]
        pem = f"-----BEGIN CERTIFICATE-----\n{base64_of(anna)}\n-----END CERTIFICATE-----\n"
        for name, data in (("PEM", pem), ("DER", anna)):
            self.refused(self.write("anna", data))
            result = self.users("anna")
            self.assert_one_line(result.err, f"keyroster: anna: {name}, .*keyroster cert")
        result = self.users("--from", "csv", self.write("people.ldif", ldif_entry("Anna")))
        self.assertEqual(result.status, NOT_DONE)
        self.assert_one_line(result.err, "keyroster: people.ldif: LDIF, and not CSV")

    def test_an_unreadable_file(self):
        if os.geteuid() != 0:
            self.write("site.csv", csv_text(ANNA))
            (self.folder / "site.csv").chmod(0)
            self.assert_named(self.refused("site.csv"), "site.csv")
            return
        self.write("site.csv", csv_text(ANNA))
        (self.folder / "site.csv").chmod(0o600)
        self.folder.chmod(0o755)
        try:
            subprocess.run([KEYROSTER, "--version"], user=65534, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            self.skipTest("the program cannot be run by another user from where it stands")
        self.assert_named(self.refused("site.csv", user=65534), "site.csv")

    def test_a_fifo_is_read(self):
        os.mkfifo(self.folder / "pipe")
        writer = threading.Thread(
            target=lambda: (self.folder / "pipe").write_text(csv_text(ANNA, CID))
        )
        writer.start()
        result = self.users("pipe")
        writer.join()
        self.assertEqual((result.status, result.people), (DONE, [RIGHT["Anna"], RIGHT["Cid"]]))

    def test_standard_input_is_read(self):
        result = self.users("-", stdin=csv_text(ANNA, CID).encode())
        self.assertEqual((result.status, result.people), (DONE, [RIGHT["Anna"], RIGHT["Cid"]]))

    def test_standard_input_closed(self):
        result = self.users("-", stdin=None, preexec=lambda: os.close(0))
        self.assertEqual(result.status, NOT_DONE)

    def test_devices(self):
        self.assert_named(self.refused("/dev/null"), "/dev/null")
        self.assert_named(self.refused("/dev/zero"), "/dev/zero")

    def test_an_endless_device_takes_bounded_memory(self):
        result, peak = run_measured("users", "--at", AT, "/dev/zero", cwd=self.folder)
        self.assertEqual(result.status, NOT_DONE)
        if not SANITIZED:
            self.assertLess(peak, PEAK_WITH_LONG_RECORD_MAX)

    def bomb(self, name, piece, count):
        """An archive of Anna, `count` times `piece` (1 MB), and Cid."""
        pack = zlib.compressobj(9, zlib.DEFLATED, 31)
        with open(self.folder / name, "wb") as out:
            out.write(pack.compress(csv_text(ANNA).encode()))
            for _ in range(count):
                out.write(pack.compress(piece))
            out.write(pack.compress(b"\r\n" + CID.encode() + b"\r\n"))
            out.write(pack.flush())

    def test_a_gzip_bomb_of_rows(self):
        row = csv_row("Bo", "").replace("mailbox", "dl") + "\r\n"
        piece = (row * (1_000_000 // len(row))).encode()
        self.bomb("site.csv", piece, 500)
        result, peak = run_measured(
            "users", "-f", "jsonl", "--at", AT, "site.csv", cwd=self.folder
        )
        self.assertEqual(result.people, [RIGHT["Anna"], RIGHT["Cid"]])
        if not SANITIZED:
            self.assertLess(peak, PEAK_MAX)

    def test_a_gzip_bomb_of_one_line(self):
        self.bomb("site.csv", b"0" * 1_000_000, 1000)
        result, peak = run_measured(
            "users", "-f", "jsonl", "--at", AT, "site.csv", cwd=self.folder
        )
        self.assertEqual((result.status, result.people), (SOME, [RIGHT["Anna"], RIGHT["Cid"]]))
        self.assert_named(result, "site.csv", 3)
        if not SANITIZED:
            self.assertLess(peak, PEAK_WITH_LONG_RECORD_MAX)

    def test_a_bomb_before_the_header(self):
        with gzip.open(self.folder / "site.csv", "wb") as out:
            for _ in range(300):
                out.write(b"0" * 1_000_000)
        result, peak = run_measured("users", "--at", AT, "site.csv", cwd=self.folder)
        self.assertEqual(result.status, NOT_DONE)
        if not SANITIZED:
            self.assertLess(peak, PEAK_WITH_LONG_RECORD_MAX)


class Output(BadTest):
    def many(self):
        """An export whose answers are larger than any buffer on the way."""
        return self.write("site.csv", csv_text(*(csv_row(f"User {n}", "") for n in range(20_000))))

    def no_traces(self, *kept):
        self.assertEqual(sorted(os.listdir(self.folder)), sorted(kept))

    def test_stdout_closed(self):
        for form in ("table", "csv", "json", "jsonl", "html"):
            with self.subTest(form):
                result = self.users(self.many(), form=form, preexec=lambda: os.close(1))
                self.assertEqual((result.status, result.out), (NOT_DONE, b""))

    def test_reader_gone(self):
        self.many()
        for form in ("table", "csv", "json", "jsonl", "html"):
            with self.subTest(form):
                reader, writer = os.pipe()
                os.close(reader)
                done = subprocess.run(
                    [KEYROSTER, "users", "-f", form, "site.csv"], cwd=self.folder, stdout=writer,
                    stderr=subprocess.PIPE, timeout=60, env=environment(), check=False,
                    preexec_fn=lambda: signal.signal(signal.SIGPIPE, signal.SIG_DFL))
                os.close(writer)
                self.assertIn(done.returncode, (-signal.SIGPIPE, NOT_DONE), done.stderr)

    def test_a_full_device(self):
        for form in ("table", "csv", "json", "jsonl", "html"):
            with self.subTest(form):
                result = self.users("-o", "/dev/full", self.many(), form=form)
                self.assertEqual(result.status, NOT_DONE)
                self.assert_named(result, "/dev/full")

    def test_stdout_on_a_full_device(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run(
                [KEYROSTER, "users", "-f", "csv", self.many()], cwd=self.folder, stdout=full,
                stderr=subprocess.PIPE, timeout=60, env=environment(), check=False)
        self.assertEqual(done.returncode, NOT_DONE)
        self.assertIn(b"keyroster: ", done.stderr)

    def test_a_full_disk(self):
        disk = self.folder / "disk"
        disk.mkdir()
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", disk], capture_output=True,
            check=False)
        if mounted.returncode != 0:
            self.skipTest("only root can mount a small disk")
        self.addCleanup(subprocess.run, ["umount", disk], check=True)
        (disk / "roster.csv").write_text("as it was\n")
        result = self.users("-o", "disk/roster.csv", self.many(), form="csv")
        self.assertEqual((result.status, result.out), (NOT_DONE, b""))
        self.assert_named(result, "disk/roster.csv")
        self.assertEqual((disk / "roster.csv").read_text(), "as it was\n")
        self.assertEqual(os.listdir(disk), ["roster.csv"])

    def test_output_appears_whole(self):
        self.write("roster.csv", "as it was\n")
        result = self.users("-o", "roster.csv", self.write("site.csv", csv_text(ANNA)), form="csv")
        self.assertEqual((result.status, result.out), (DONE, b""))
        self.assertIn("Anna", (self.folder / "roster.csv").read_text())
        self.no_traces("roster.csv", "site.csv")

    def test_output_stays_when_nothing_could_be_read(self):
        self.write("roster.csv", "as it was\n")
        result = self.users("-o", "roster.csv", "nowhere.csv", form="csv")
        self.assertEqual(result.status, NOT_DONE)
        self.assertEqual((self.folder / "roster.csv").read_text(), "as it was\n")
        self.no_traces("roster.csv")

    def test_output_into_a_folder_that_is_not_there(self):
        result = self.users("-o", "nowhere/roster.csv", self.write("site.csv", csv_text(ANNA)))
        self.assertEqual((result.status, result.out), (NOT_DONE, b""))
        self.assert_named(result, "nowhere/roster.csv")

    def test_output_into_a_device(self):
        result = self.users("-o", "/dev/null", self.write("site.csv", csv_text(ANNA)))
        self.assertEqual((result.status, result.out), (DONE, b""))
        self.assertFalse(os.path.isfile("/dev/null"))


def header_of(length):
    """A DER length."""
    if length < 128:
        return bytes([length])
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([128 + len(octets)]) + octets


def nest(depth, tag=0x30):
    """Sequences in sequences, `depth` of them."""
    der = b""
    for _ in range(depth):
        der = bytes([tag]) + header_of(len(der)) + der
    return b"\x30" + der[1:]


def pkcs7_around(content):
    """A ContentInfo of id-signedData that holds `content`."""
    oid = bytes.fromhex("06092A864886F70D010702")
    inner = oid + b"\xa0" + header_of(len(content)) + content
    return b"\x30" + header_of(len(inner)) + inner


if __name__ == "__main__":
    unittest.main()
