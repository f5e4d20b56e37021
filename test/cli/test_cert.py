"""`keyroster cert` as a user runs it: forms of files, statuses, and where the output goes."""

import base64
import hashlib
import json
import os
import pathlib
import re
import resource
import stat
import subprocess
import tempfile
import textwrap
import time
import unittest

from support import DONE, KEYROSTER, NOT_DONE, SOME, USAGE, certificate, environment, run

ANNA = certificate("anna@example.org")
BO = certificate("bo@example.org")


def sha256(der):
    return hashlib.sha256(der).hexdigest()


def folded(data):
    return "\n".join(textwrap.wrap(base64.b64encode(data).decode(), 64)) + "\n"


def pem(der, label="CERTIFICATE"):
    return f"-----BEGIN {label}-----\n{folded(der)}-----END {label}-----\n".encode()


def tlv(tag, *contents):
    content = b"".join(contents)
    return bytes([tag, 0x82]) + len(content).to_bytes(2, "big") + content


def pkcs7(*certificates):
    """A SignedData without content or signers (RFC 5652, section 5.1)."""
    def oid(last):
        return bytes.fromhex("06092a864886f70d0107") + bytes([last])
    inner = tlv(0x30, b"\x02\x01\x01\x31\x00", tlv(0x30, oid(1)), tlv(0xA0, *certificates),
                b"\x31\x00")
    return tlv(0x30, oid(2), tlv(0xA0, inner))


def setting(tag, data):
    return tag.to_bytes(2, "little") + (len(data) + 4).to_bytes(2, "little") + data


class CertTest(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.folder = pathlib.Path(place.name)

    def write(self, name, data):
        (self.folder / name).write_bytes(data)
        return name

    def cert(self, *arguments, **more):
        return run("cert", *arguments, cwd=self.folder, **more)

    def rows_of(self, data, status=DONE):
        done = self.cert("-f", "jsonl", self.write("file", data))
        self.assertEqual(done.status, status, done.err)
        self.assertEqual(done.err == "", status == DONE)
        return done.rows


class Forms(CertTest):
    def test_forms(self):
        message = ("Subject: x\r\nContent-Type: multipart/signed; boundary=\"b\"\r\n\r\n"
                   "--b\r\n\r\nhello\r\n--b\r\nContent-Type: application/pkcs7-signature\r\n"
                   f"Content-Transfer-Encoding: base64\r\n\r\n{folded(pkcs7(ANNA))}\r\n--b--\r\n")
        for form, data in (
            ("x509", ANNA),
            ("x509", pem(ANNA)),
            ("x509", b"Anna's\n" + pem(ANNA, "X509 CERTIFICATE")),
            ("x509", pem(ANNA + b"\x30\x00", "TRUSTED CERTIFICATE")),
            ("pkcs7", pkcs7(ANNA)),
            ("pkcs7", pem(pkcs7(ANNA), "PKCS7")),
            ("pkcs7", pem(pkcs7(ANNA), "CMS")),
            ("pkcs7", message.encode()),
            ("tagged", setting(1, b"\1\0\0\0") + setting(3, ANNA)),
        ):
            with self.subTest(form=form, begin=data[:30]):
                (row,) = self.rows_of(data)
                self.assertEqual((row["form"], row["sha256"]), (form, sha256(ANNA)))
                self.assertEqual((row["file"], row["index"], row["role"]), ("file", 0, "user"))

    def test_values_of_ldif_and_tables(self):
        digits = ANNA.hex()
        settings = setting(1, b"\1\0\0\0") + setting(3, ANNA)
        for form, text in (
            ("x509", base64.b64encode(ANNA).decode()),
            ("x509", folded(ANNA)),
            ("x509", folded(ANNA).replace("\n", "\r\n ")),
            ("x509", digits + "\n"),
            ("x509", digits.upper()),
            ("x509", f"X'{digits}'"),
            ("x509", "0x" + digits),
            ("x509", ":".join(textwrap.wrap(digits, 2))),
            ("x509", "\ufeff" + folded(ANNA)),
            ("pkcs7", folded(pkcs7(ANNA))),
            ("tagged", settings.hex()),
        ):
            with self.subTest(form=form, begin=text[:30]):
                (row,) = self.rows_of(text.encode())
                self.assertEqual((row["form"], row["sha256"]), (form, sha256(ANNA)))
        rows = self.rows_of(f"{digits}%{BO.hex()}\n".encode())
        self.assertEqual([r["sha256"] for r in rows], [sha256(ANNA), sha256(BO)])

    def test_a_value_of_a_table_that_is_broken(self):
        for text in (ANNA.hex()[:-1], ANNA.hex() + "zz", folded(ANNA)[:-9], folded(ANNA) + "*",
                     "System.Byte[]", "deadbeef", "many, many words; none of them\n" * 100):
            with self.subTest(text[-10:]):
                self.assertEqual(self.rows_of(text.encode(), SOME), [])
                self.assertEqual(self.cert("file").err.count("\n"), 1)
        rows = self.rows_of(f"3082zz%{ANNA.hex()}%System.Byte[]%{BO.hex()}".encode(), SOME)
        self.assertEqual([(r["index"], r["sha256"]) for r in rows],
                         [(1, sha256(ANNA)), (3, sha256(BO))])
        err = self.cert("file").err
        self.assertIn("file:1: certificate 1: not a hexadecimal digit", err)
        self.assertIn("file:1: certificate 3: a type's name", err)

    def test_utf_16(self):
        for encoding, mark in (("utf-16-le", b"\xff\xfe"), ("utf-16-be", b"\xfe\xff")):
            for text in (pem(ANNA).decode(), "\u00c4nne\r\n" + pem(ANNA).decode(), ANNA.hex()):
                with self.subTest(encoding, begin=text[:6]):
                    (row,) = self.rows_of(mark + text.encode(encoding))
                    self.assertEqual(row["sha256"], sha256(ANNA))
        self.write("file", b"\xff\xfe" + (pem(ANNA) + pem(b"x")).decode().encode("utf-16-le"))
        done = self.cert("file")
        self.assertIn(f"file:{pem(ANNA).count(10) + 1}: certificate 2: ", done.err)
        self.assertEqual(self.rows_of(b"\xff\xfe", SOME), [])

    def test_pkcs12_is_told_what_to_do(self):
        data = bytes.fromhex("06092a864886f70d010701")
        for pfx in (tlv(0x30, b"\x02\x01\x03", tlv(0x30, data, tlv(0xA0, b"\x04\x00"))),
                    tlv(0x30, b"\x02\x01\x03", tlv(0x30, data), tlv(0x30)),
                    b"\x30\x80\x02\x01\x03\x30\x80" + data + b"\0\0\0\0"):
            done = self.cert(self.write("file", pfx))
            self.assertEqual((done.status, done.out), (SOME, b""))
            self.assertRegex(done.err, r"\Akeyroster: file: PKCS#12: [^\n]+ \(openssl pkcs12 -in FILE "
                                       r"-nokeys shows its certificates\)\n\Z")
        for other in (tlv(0x30, b"\x02\x01\x04", tlv(0x30, data)), tlv(0x30, b"\x02\x01\x03"),
                      tlv(0x30, b"\x02\x01\x03", tlv(0x30, b"\x02\x01\x03"))):
            self.assertNotIn("PKCS#12", self.cert(self.write("file", other)).err)

    def test_several_in_their_order(self):
        for data in (pem(ANNA) + b"x\n" + pem(BO), pkcs7(ANNA, BO),
                     setting(3, ANNA) + setting(4, BO)):
            rows = self.rows_of(data)
            self.assertEqual([(r["index"], r["sha256"]) for r in rows],
                             [(0, sha256(ANNA)), (1, sha256(BO))])
        self.assertEqual(rows[1]["role"], "chain")

    def test_refused_ones_count(self):
        rows = self.rows_of(pem(ANNA) + pem(b"\x30\x03\x02\x01\x05") + pem(BO), SOME)
        self.assertEqual([r["index"] for r in rows], [0, 2])

    def test_a_refused_one_is_named_by_its_line(self):
        good = pem(ANNA)
        self.write("file", good + pem(BO[:-1]) + pem(BO))
        done = self.cert("file")
        line = good.count(b"\n") + 1
        self.assertEqual(done.status, SOME)
        self.assertRegex(done.err, rf"\Akeyroster: file:{line}: certificate 2: [^\n]+\n\Z")

    def test_a_block_without_an_end_costs_itself(self):
        rows = self.rows_of(pem(ANNA)[:-30] + b"\n" + pem(BO), SOME)
        self.assertEqual([r["sha256"] for r in rows], [sha256(BO)])

    def test_other_blocks_of_pem_are_nobody_s(self):
        others = [pem(b"x", label) for label in ("PRIVATE KEY", "X509 CRL")]
        self.assertEqual(len(self.rows_of(others[0] + pem(ANNA) + others[1])), 1)

    def test_what_is_no_certificate(self):
        for data in (b"", b"hello\n", b"\x30", ANNA[:-1], ANNA + b"\0", pkcs7(),
                     pem(b"x", "X509 CRL"), setting(1, b"\1\0\0\0"),
                     b"\x30\x80" * 50_000, bytes(range(256)) * 4):
            with self.subTest(data[:20]):
                self.assertEqual(self.rows_of(data, SOME), [])

    def test_standard_input(self):
        done = self.cert("-f", "jsonl", "-", stdin=pem(ANNA))
        self.assertEqual([(r["file"], r["sha256"]) for r in done.rows], [("-", sha256(ANNA))])

    def test_text_names_the_facts(self):
        done = self.cert(self.write("a.der", ANNA))
        self.assertEqual((done.status, done.err), (DONE, ""))
        for fact in ("a.der", "CN=anna@example.org", "anna@example.org", "2028-01-01T00:00:00Z",
                     "signing and encryption", "secp256r1", sha256(ANNA)):
            self.assertIn(fact, done.out.decode())

    def test_a_broken_extension_is_told(self):
        usage = bytes.fromhex("551d0f0101ff0404 0302") # a critical KeyUsage, a BIT STRING
        self.assertIn(usage, ANNA)
        broken = ANNA.replace(usage, usage[:-2] + b"\x04\x02")
        good, bad = self.rows_of(pem(ANNA) + pem(broken))
        self.assertNotIn("broken_extension", good)
        self.assertIs(bad["broken_extension"], True)
        self.assertEqual(bad["key_usage"], [])
        self.assertNotIn("caution", self.cert(self.write("good", ANNA)).out.decode())
        self.assertRegex(self.cert(self.write("bad", broken)).out.decode(),
                         "(?m)^  caution  .*extension")

    def test_names_of_files_are_made_safe(self):
        name = self.write("a\x1b[31m\n.der", ANNA)
        self.assertNotIn(b"\x1b", self.cert(name).out)
        self.assertEqual(self.cert("-f", "jsonl", name).rows[0]["file"], name)


class Statuses(CertTest):
    def test_a_file_that_is_not_there(self):
        self.write("a", ANNA)
        done = self.cert("-f", "jsonl", "none", "a")
        self.assertEqual((done.status, len(done.rows)), (SOME, 1))
        self.assertTrue(done.names("none"), done.err)

    def test_no_file_that_is_there(self):
        done = self.cert("none", ".")
        self.assertEqual((done.status, done.out), (NOT_DONE, b""))
        self.assertTrue(done.names("none") and done.names("."), done.err)

    def test_a_file_too_large(self):
        with open(self.folder / "large", "wb") as large:
            large.truncate((256 << 20) + 1)
        done = self.cert("large")
        self.assertEqual(done.status, NOT_DONE)
        self.assertIn("256 MiB", done.err)

    def test_used_wrongly(self):
        for arguments in (["--format", "xml", "a"], ["-f"], []):
            self.assertEqual(self.cert(*arguments).status, USAGE)

    def test_a_reader_that_goes_away(self):
        self.write("a", pem(ANNA) * 2000)
        with subprocess.Popen([KEYROSTER, "cert", "a"], cwd=self.folder, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env=environment()) as process:
            process.stdout.read(1)
            process.stdout.close()
            self.assertEqual(process.stderr.read(), b"")


class Output(CertTest):
    def test_a_file_appears_whole(self):
        self.write("a", ANNA)
        done = self.cert("-f", "jsonl", "-o", "out", "a")
        self.assertEqual((done.status, done.out), (DONE, b""))
        self.assertEqual(json.loads((self.folder / "out").read_text())["sha256"], sha256(ANNA))
        self.assertEqual(sorted(os.listdir(self.folder)), ["a", "out"])

    def test_a_file_stays_when_nothing_is_done(self):
        self.write("out", b"as it was")
        self.assertEqual(self.cert("-o", "out", "none").status, NOT_DONE)
        self.assertEqual((self.folder / "out").read_bytes(), b"as it was")
        self.assertEqual(os.listdir(self.folder), ["out"])

    def test_a_device_is_written_in_place(self):
        self.write("a", ANNA)
        self.assertEqual(self.cert("-o", "/dev/null", "a").status, DONE)
        self.assertTrue(stat.S_ISCHR(os.stat("/dev/null").st_mode))

    def test_a_full_disk(self):
        self.write("a", ANNA)
        done = self.cert("-o", "/dev/full", "a")
        self.assertEqual(done.status, NOT_DONE)
        self.assertTrue(done.names("/dev/full"), done.err)

    def test_a_folder_that_is_not_there(self):
        self.write("a", ANNA)
        done = self.cert("-o", "none/out", "a")
        self.assertEqual(done.status, NOT_DONE)
        self.assertTrue(done.names("none/out"), done.err)


def sealed(process):
    """True when the kernel takes calls away from the process."""
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return re.search(r"^Seccomp:\s+2$", status, re.MULTILINE) is not None


class Sandbox(CertTest):
    def start(self, *arguments):
        process = subprocess.Popen([KEYROSTER, "cert", "-f", "jsonl", *arguments], cwd=self.folder,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=environment())
        self.addCleanup(process.communicate)
        return process

    def test_it_is_entered_before_a_byte_is_read(self):
        process = self.start("-")
        end = time.monotonic() + 20
        while not sealed(process) and time.monotonic() < end:
            time.sleep(0.01)
        if not sealed(process) and not pathlib.Path("/proc/sys/kernel/seccomp").is_dir():
            self.skipTest("the kernel has no seccomp")
        self.assertTrue(sealed(process))
        out, err = process.communicate(ANNA)
        self.assertEqual((process.returncode, err), (DONE, b""))
        self.assertEqual(json.loads(out)["sha256"], sha256(ANNA))

    def test_it_may_be_left_out(self):
        process = self.start("--no-sandbox", "-")
        process.stdin.write(ANNA)
        process.stdin.flush()
        time.sleep(0.3)
        self.assertFalse(sealed(process))
        out, _ = process.communicate()
        self.assertEqual(json.loads(out)["sha256"], sha256(ANNA))

    def many(self, count, limit=None):
        """So many names of a few files, two of which are not there and no file."""
        for name, data in (("a", ANNA), ("b", pem(BO))):
            self.write(name, data)
        names = ["a", "none", "b", "."] + ["a", "b"] * (count // 2)
        more = {} if limit is None else {
            "preexec": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))}
        done = self.cert("-f", "jsonl", *names, **more)
        self.assertEqual(done.status, SOME, done.err)
        self.assertEqual([row["file"] for row in done.rows], ["a", "b"] * (count // 2 + 1))
        self.assertEqual(len(done.err.splitlines()), 2)
        self.assertTrue(done.names("none") and done.names("."), done.err)

    def test_ten_thousand_files(self):
        self.many(10000)

    def test_more_files_than_may_be_open(self):
        self.many(500, limit=100)

    def test_standard_input_that_is_closed_is_no_file(self):
        self.write("a", ANNA)
        done = self.cert("-f", "jsonl", "a", "-", stdin=None, preexec=lambda: os.close(0))
        self.assertEqual((done.status, [row["file"] for row in done.rows]), (SOME, ["a"]))
        self.assertTrue(done.names("-"), done.err)

    def test_a_pipe_by_its_name(self):
        for limit in (None, 20):
            with self.subTest(limit=limit):
                more = {} if limit is None else {
                    "preexec": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))}
                done = self.cert("-f", "jsonl", "/dev/stdin", stdin=ANNA, **more)
                self.assertEqual((done.status, done.err, len(done.rows)), (DONE, "", 1))


if __name__ == "__main__":
    unittest.main()
