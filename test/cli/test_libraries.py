"""What the program loads: libldap, and all that comes with it, for LDAP URLs alone."""

import os
import pathlib
import re
import subprocess
import unittest

from support import KEYROSTER, NOT_DONE, SOME, SOURCE, ExportTest, run

URL = "ldap://127.0.0.1:1/dc=example,dc=test"
OF_DIRECTORIES = re.compile(r"lib(ldap|lber|sasl|gnutls|gssapi|krb5)[^/\s]*")
HINT = "libldap cannot be loaded"


def say(*command):
    return subprocess.run(command, capture_output=True, check=True, text=True,
                          env={**os.environ, "LC_ALL": "C"}).stdout


class Libraries(ExportTest):
    def test_none_of_a_directory_is_needed(self):
        for command, other in ((("readelf", "-d", KEYROSTER), "NEEDED"), (("ldd", KEYROSTER), "=>")):
            with self.subTest(command=command):
                loaded = [line for line in say(*command).splitlines() if other in line]
                self.assertTrue(any("libcrypto" in line for line in loaded), loaded)
                self.assertEqual([line for line in loaded if OF_DIRECTORIES.search(line)], [])

    def put_in_the_way(self):
        """A place in a folder where the loader looks for libldap first, and the variables for that."""
        name = re.search(rb"libldap[-.\w]*\.so\.\d+", pathlib.Path(KEYROSTER).read_bytes())
        self.assertIsNotNone(name)
        return self.folder / name.group().decode(), {"LD_LIBRARY_PATH": str(self.folder)}

    def assert_not_loaded(self, variables, word):
        done = run("users", URL, variables=variables)
        self.assertEqual((done.status, done.out), (NOT_DONE, b""), done.err)
        self.assert_one_line(done.err, rf"keyroster: {re.escape(URL)}: {HINT}: [^\n]*{word}[^\n]*\(install ")

    def test_one_that_cannot_be_loaded(self):
        library, variables = self.put_in_the_way()
        library.write_text("no library")
        self.assert_not_loaded(variables, "file too short")

    def test_one_without_a_function(self):
        library, variables = self.put_in_the_way()
        other = re.search(r"libz\S* => (\S+)", say("ldd", KEYROSTER))
        library.symlink_to(other.group(1))
        self.assert_not_loaded(variables, "undefined symbol: ")

    def test_files_are_read_without_it(self):
        library, variables = self.put_in_the_way()
        library.write_text("no library")
        for sources in ([], [URL]):
            with self.subTest(sources=sources):
                done = run("users", "--summary", "-f", "json", *sources, SOURCE / "sample/site.csv",
                           variables=variables)
                self.assertEqual(done.status, SOME, done.err)
                self.assertEqual(HINT in done.err, bool(sources), done.err)
                self.assertIn(b'"mailboxes":43', done.out)


if __name__ == "__main__":
    unittest.main()
