"""The check of the rooms names every violation that it is there to find, and nothing else."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ["KEYROSTER_SOURCE"])
GUARDED = "#ifndef {0}\n#define {0}\n\n{1}\n\n#endif\n"

# A small house in order.
HOUSE = {
    "base/span.h": GUARDED.format("BASE_SPAN_H", "#include <stddef.h>\n\nstruct span;"),
    "base/compat_simd.c": "#if defined(__x86_64__)\n#include <immintrin.h>\n#endif\n",
    "source/inflate.h": GUARDED.format("SOURCE_INFLATE_H", '#include "base/span.h"'),
    "source/inflate.c": '#include "source/inflate.h"\n\n#include <zlib.h>\n',
    "cert/trust.c": '#include "base/span.h"\n\n#include <openssl/x509.h>\n',
    "kms/store/sqlite.c": '#include "cert/cert.h"\n\n#include <sqlite3.h>\n',
    "kms/store/a.h": GUARDED.format("KMS_STORE_A_H", "struct sql;"),
    "kms/request/recovery/a.h": GUARDED.format("KMS_REQUEST_RECOVERY_A_H", "struct share;"),
    "kms/request/inspect/a.c": '#include "kms/request/recovery/a.h"\n',
    "cert/cert.h": GUARDED.format("CERT_CERT_H", "/* extern int x;\n#if 0 in a comment */"),
    "cmd/main.c": '#include "source/inflate.h"\n\nint main(void) { return 0; }\n',
}

# What is added, where it is noticed, and a part of the sentence.
VIOLATIONS = [
    ("base may include no other room", "base/a.c", '\n#include "cert/cert.h"\n', 2, "room order"),
    ("source may not include cert", "source/a.c", '#include "cert/cert.h"\n', 1, "room order"),
    ("cert may not include cmd", "cert/a.c", '#include "cmd/a.h"\n', 1, "does not exist"),
    ("no room may include kms but cmd", "cert/a.c", '#include "kms/store/b.h"\n', 1, "not exist"),
    ("includes are by path", "cert/a.c", '#include "cert.h"\n', 1, "not a path"),
    ("no way around the path", "cert/a.c", '#include "../source/inflate.h"\n', 1, "not a path"),
    ("includes are no macros", "cert/a.c", "#include HEADER\n", 1, "names its file"),
    ("a comment hides no include", "base/a.c", '#include /**/ "cert/cert.h"\n', 1, "room order"),
    ("zlib lives in source", "cert/a.c", "#include <zlib.h>\n", 1, "<zlib.h> lives in source"),
    ("zstd lives in source", "report/a.c", "#include <zstd.h>\n", 1, "lives in source"),
    ("OpenSSL lives in cert", "source/a.c", "#include <openssl/evp.h>\n", 1, "lives in cert"),
    ("libldap lives in directory", "cmd/a.c", "#include <ldap.h>\n", 1, "lives in directory"),
    ("smartcols lives in report", "cmd/a.c", "#include <libsmartcols/libsmartcols.h>\n", 1, "report"),
    ("SQLite lives in kms/store", "kms/http/a.c", "#include <sqlite3.h>\n", 1, "kms/store"),
    ("libpq lives in kms/store", "kms/books/a.c", "#include <libpq-fe.h>\n", 1, "kms/store"),
    ("kms is a room of rooms", "kms/a.c", "int a;\n", 1, "no room of kms/"),
    ("kms/request is one too", "kms/request/a.c", "int a;\n", 1, "no room of kms/request/"),
    ("a session knows no recovery", "kms/request/session/a.c",
     '#include "kms/request/recovery/a.h"\n', 1, "room order"),
    ("the vault knows no store", "kms/vault/a.c", '#include "kms/store/a.h"\n', 1, "room order"),
    ("intrinsics live in base", "source/a.c", "#include <immintrin.h>\n", 1, "lives in base"),
    ("a new library wants a home", "source/a.c", "#include <curl/curl.h>\n", 1, "has no home"),
    (
        "a header shows no foreign type",
        "cert/a.h",
        GUARDED.format("CERT_A_H", "#include <openssl/x509.h>"),
        4,
        "no header of ours",
    ),
    ("a file stops at 500 lines", "base/a.c", "int a;\n" * 501, 501, "501 lines"),
    ("a header has its guard", "base/a.h", "int a(void);\n", 1, "#ifndef BASE_A_H"),
    ("the guard is in the right form", "base/a.h", GUARDED.format("A_H", ""), 1, "BASE_A_H"),
    ("the guard ends the file", "base/a.h", GUARDED.format("BASE_A_H", "") + "int a;\n", 1, "ends"),
    ("no pragma once", "base/a.h", "#pragma once\n", 1, "#ifndef BASE_A_H"),
    ("no #if in a source file", "source/a.c", "int a;\n#if 1\n#endif\n", 2, "src/base/compat"),
    ("no #ifdef either", "base/a.c", "#ifdef __linux__\n#endif\n", 1, "src/base/compat"),
    ("a header has no second #ifdef", "base/a.h",
     GUARDED.format("BASE_A_H", "#ifdef X\n#endif"), 4, "src/base/compat"),
    ("compat is a file of base", "cert/compat.c", "#if 1\n#endif\n", 1, "src/base/compat"),
    ("no extern variable", "cert/a.c", "extern int shared;\n", 1, "extern"),
    ("a file stands in a room", "a.c", "int a;\n", 1, "no room"),
    ("a room is in the list", "attic/a.c", "int a;\n", 1, "no room"),
]


class CheckRooms(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.src = pathlib.Path(place.name) / "src"
        self.stamp = pathlib.Path(place.name) / "stamp"
        for name, text in HOUSE.items():
            self.add(name, text)

    def add(self, name, text):
        path = self.src / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def check(self, *arguments):
        return subprocess.run(
            [sys.executable, SOURCE / "tools/check-rooms", *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def test_a_house_in_order_passes(self):
        done = self.check("--stamp", self.stamp, self.src)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertTrue(self.stamp.exists())

    def test_every_violation_is_named(self):
        for what, name, text, line, sentence in VIOLATIONS:
            with self.subTest(what):
                self.add(name, text)
                done = self.check("--stamp", self.stamp, self.src)
                (self.src / name).unlink()
                self.assertEqual(done.returncode, 1)
                self.assertIn(f"{self.src / name}:{line}: ", done.stderr)
                self.assertIn(sentence, done.stderr)
                self.assertFalse(self.stamp.exists())

    def test_violations_are_named_together(self):
        for _, name, text, *_ in VIOLATIONS[:2]:
            self.add(name, text)
        done = self.check(self.src)
        self.assertEqual(len(done.stderr.splitlines()), 2)

    def test_an_empty_house_is_no_house(self):
        done = self.check(self.src / "nowhere")
        self.assertEqual(done.returncode, 1)
        self.assertIn("no C files", done.stderr)


if __name__ == "__main__":
    unittest.main()
