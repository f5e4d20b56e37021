"""The same bytes come out whatever does the work: at any number of threads, level of vector
instructions and size of batches, and from a pipe; stdout, stderr and status alike."""

import gzip
import os
import random
import re
import subprocess
import threading
import unittest

from support import (
    DONE,
    NOT_DONE,
    SANITIZED,
    SOME,
    SOURCE,
    USAGE,
    ExportTest,
    base64_of,
    certificate,
    csv_row,
    csv_text,
    hex_of,
    ldif_entry,
    run,
)

SAMPLE = SOURCE / "sample"
QUESTION = ("--at", "2026-11-01", "--site", "HAMBURG", "--issuer", SAMPLE / "issuer.pem",
            "--trust", SAMPLE / "trust.pem", "--crl", SAMPLE / "crl.pem")
FORMS = (("-f", "table"), ("-f", "csv"), ("-f", "jsonl"), ("-f", "json"),
         ("-f", "json", "--summary"), ("-f", "csv", "--shared-keys"))
# A program with sanitizers takes its time to start, some thousand times here.
SHOWN = FORMS[::4] if SANITIZED else FORMS
POOL = [certificate(f"p{i}@example.org") for i in range(8)]


def levels():
    """The levels of vector instructions that this processor has, as the refusal of another says."""
    said = run("users", "x", variables={"KEYROSTER_SIMD": "none"}).err
    return re.search(r"\((.*)\)", said).group(1).split(", ")


def ways():
    """Threads, level and size of a batch; the first is what all others are held to."""
    found = levels()
    yield 1, found[0], None
    for level in found[1:]:
        yield 1, level, None
    for threads in (2, 3, 8):
        yield threads, found[-1], None
    for threads, batch in ((1, 64), (2, 64), (1, 1000), (3, 1021), (2, 4096), (8, 65536)):
        yield threads, found[threads % len(found)], batch


def zstd(data, *options):
    return subprocess.run(["zstd", "-q", "-c", *options], input=data, capture_output=True,
                          check=True).stdout


def damaged(data, at):
    return data[:at] + bytes([data[at] ^ 0x5A]) + data[at + 1:]


def hostile_csv(rng, rows):
    """Rows of every kind of trouble, in an order that chance has made, the same each time."""
    lines = []
    for i in range(rows):
        value = hex_of(*rng.choices(POOL, k=rng.randint(0, 3)))
        name = f"U{i}"
        lines.append(rng.choice((
            csv_row(name, value),
            csv_row(name, value),
            csv_row(name, value.lower()),
            csv_row(f'"two\nlines {i}"', value),
            csv_row(f'"a ""quoted"", one\r\n\n{i}"', value),
            csv_row(name, value[:-1] if value else "3082"),
            csv_row(name, value[:700] + "zz" + value[700:]),
            csv_row(name, f'"{value}"'),
            csv_row(name, "%".join(["3082"] * rng.randint(1, 40))),
            csv_row(name, f"X'{value}'"),
            f"mailbox,{name},SMTP:a@b.example",
            f"mailbox,{name},,,,,,,extra,{value}",
            f"mailbox,{name}\0,SMTP:a@b.example,R,{value}",
            "",
            f'mailbox,"{name}" after,SMTP:a@b.example,R,{value}',
            f'mailbox,{name},"SMTP:{name}@b.example%smtp:x{i}@b.example",R,{value}',
        )))
    return csv_text(*lines)


def hostile_ldif(rng, entries):
    text = ["version: 1\n\n"]
    for i in range(entries):
        value = base64_of(rng.choice(POOL))
        width = rng.choice((20, 75, 76, 77, 127, 4000))
        fold = rng.choice(("\n ", "\r\n "))
        folded = fold.join(value[n:n + width] for n in range(0, len(value), width))
        text.append(ldif_entry(f"U{i}", rng.choice((
            f"userCertificate;binary:: {folded}",
            f"userSMIMECertificate:: {folded}\nuserCertificate:: {folded}",
            f"userCertificate:: {folded[:-7]}",
            f"userCertificate:: {folded[:300]}*{folded[300:]}",
            "# a comment\n  that is folded\ndescription: x",
            "no colon",
            "description: a\0b",
            f"userCertificate:< file:///nowhere/{i}",
            "description:: " + "QUJD" * rng.randint(1, 2000),
            "objectClass: top",
        ))).replace("\n", rng.choice(("\n", "\n", "\r\n"))))
        text.append(rng.choice(("\n", "\n\n", "\r\n", "")))
    return "".join(text)


def hostile_files():
    rng = random.Random(3)
    table = hostile_csv(rng, 400).encode()
    entries = hostile_ldif(rng, 300).encode()
    clean = csv_text(*(csv_row(f"C{i}", hex_of(POOL[i % 8])) for i in range(900))).encode()
    second = "Display Name,X509-Cert,Alias Name"
    open_quote = csv_row('"never closed', "3082")
    yield "table.csv", table
    yield "entries.ldif", entries
    yield "marked.csv", b"\xef\xbb\xbf" + table
    yield "utf16.csv", hostile_csv(rng, 60).encode("utf-16")
    yield "old-mac.csv", clean.replace(b"\r\n", b"\r")
    yield "open-quote.csv", clean[:40_000] + b"\r\n" + open_quote.encode() + clean[40_000:]
    yield "second-header.csv", clean[: clean.index(b"\n", 99_000) + 1] + csv_text(
        *(f"S{i},{hex_of(POOL[i % 8])},s{i}" for i in range(99)), header=second).encode()
    yield "no-names.csv", csv_text(*(hex_of(POOL[i % 8]) + "," for i in range(99)),
                                   header="Tagged-X509-Cert,Phone").encode()
    yield "long-line.csv", csv_text(
        csv_row("Long", "%".join([hex_of(*POOL)] * 60)), csv_row("After", hex_of(POOL[0]))).encode()
    yield "no-end.csv", clean[:-1000]
    yield "table.csv.gz", gzip.compress(table)
    yield "members.csv.gz", gzip.compress(clean[:77_777]) + gzip.compress(clean[77_777:]) + b"trailing"
    yield "cut.csv.gz", gzip.compress(clean)[:-300]
    yield "damaged.ldif.gz", damaged(gzip.compress(entries), -2000)
    yield "entries.ldif.zst", zstd(entries)
    packed = zstd(clean * 9, "-1")
    yield "many.csv.zst", packed + zstd(table, "-19")
    yield "cut.csv.zst", packed[:-100]
    yield "damaged.csv.zst", damaged(zstd(table * 20, "--no-compress-literals"), -9_000)
    yield "garbage.csv.zst", packed + b"garbage"
    yield "nothing.csv", b""
    yield "no-export.txt", b"Dear administrator,\nplease find attached nothing.\n"


class Identity(ExportTest):
    def answer(self, way, *arguments, **more):
        threads, level, batch = way
        variables = {"KEYROSTER_SIMD": level}
        if batch is not None:
            variables["KEYROSTER_BATCH"] = str(batch)
        result = run("users", "--threads", threads, *arguments, cwd=self.folder,
                     variables=variables, timeout=120, **more)
        self.assertIn(result.status, (DONE, SOME, NOT_DONE), (way, result.err))
        return result.status, result.out, result.err

    def same_in_all_ways(self, *arguments, **more):
        first, *others = ways()
        want = self.answer(first, *arguments, **more)
        for way in others:
            got = self.answer(way, *arguments, **more)
            for what, one, other in zip(("status", "stdout", "stderr"), want, got):
                self.assertTrue(one == other, f"{what} differs at {way}: {arguments}")
        return want

    def test_the_sample_site(self):
        for form in SHOWN:
            for file in ("site.csv", "site.csv.gz", "csvde.csv", "people.ldif", "powershell.csv",
                         "unicode.txt"):
                with self.subTest(form=form, file=file):
                    status, out, _ = self.same_in_all_ways(*form, *QUESTION, SAMPLE / file)
                    self.assertIn(status, (DONE, SOME))
                    self.assertNotEqual(out, b"")

    def test_hostile_files(self):
        told = 0
        for name, data in hostile_files():
            self.write(name, data)
            for form in SHOWN:
                with self.subTest(form=form, file=name):
                    status, _, err = self.same_in_all_ways(*form, "--at", "2027-01-01", name)
                    told += len(err.splitlines()) if status == SOME else 0
        self.assertGreater(told, 1000, "these files are not hostile any more")

    def test_several_files_at_once(self):
        names = [self.write(name, data) for name, data in hostile_files()]
        for form in SHOWN if SANITIZED else FORMS[1:5]:
            with self.subTest(form=form):
                status, out, _ = self.same_in_all_ways(*form, "--at", "2027-01-01", *names)
                self.assertEqual(status, SOME)
                self.assertNotEqual(out, b"")


class Pipes(ExportTest):
    def from_pipe(self, data, piece, *arguments):
        """`-` from a pipe, into which `data` comes in pieces."""
        out, into = os.pipe()

        def feed():
            with open(into, "wb", buffering=0) as pipe:
                for at in range(0, len(data), piece):
                    pipe.write(data[at:at + piece])

        feeder = threading.Thread(target=feed)
        feeder.start()
        try:
            return self.read(open(out, "rb"), *arguments)
        finally:
            feeder.join()

    def read(self, file, *arguments):
        with file:
            result = run("users", "--at", "2027-01-01", *arguments, "-", cwd=self.folder,
                         stdin_file=file)
        return result.status, result.out, result.err

    def test_a_pipe_gives_what_a_file_gives(self):
        for name, data in hostile_files():
            self.write(name, data)
            for threads in (1, 2):
                arguments = ("-f", "jsonl", "--threads", threads)
                want = self.read(open(self.folder / name, "rb"), *arguments)
                for piece in (7, 1021, 65536):
                    if len(data) // piece > 40_000:
                        continue
                    with self.subTest(file=name, threads=threads, piece=piece):
                        got = self.from_pipe(data, piece, *arguments)
                        self.assertTrue(got == want, f"a pipe changes {name}:\n{got[2]}\n{want[2]}")


class Told(ExportTest):
    """What the environment asks for is done, or refused in one line."""

    def test_a_level_that_is_not_there(self):
        for level in ("sse9", "AVX2", "neon" if "neon" not in levels() else "avx2", "scalar "):
            with self.subTest(level):
                result = run("users", "x.csv", variables={"KEYROSTER_SIMD": level})
                self.assertEqual(result.status, USAGE)
                self.assert_one_line(result.err, rf"KEYROSTER_SIMD .*scalar.*, not '{level}'")
        self.assertEqual(levels()[0], "scalar")

    def test_a_size_that_is_none(self):
        for size in ("63", "67108865", "0", "-1", "1e3", "64k", " 64", "99999999999999999999999"):
            with self.subTest(size):
                result = run("users", "x.csv", variables={"KEYROSTER_BATCH": size})
                self.assertEqual(result.status, USAGE)
                self.assert_one_line(result.err, rf"KEYROSTER_BATCH .*64.*67108864, not '{size}'")

    def test_the_largest_and_nothing(self):
        self.write("site.csv", csv_text(csv_row("Anna", hex_of(POOL[0]))))
        for size in ("", "64", "67108864"):
            result = run("users", "-f", "csv", "--at", "2027-01-01", "site.csv", cwd=self.folder,
                         variables={"KEYROSTER_BATCH": size, "KEYROSTER_SIMD": ""})
            self.assertEqual((result.status, result.out.count(b"\n")), (DONE, 2))


if __name__ == "__main__":
    unittest.main()
