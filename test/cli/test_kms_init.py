"""The ceremony: what it makes, and what it refuses."""

import pathlib
import resource
import shutil
import signal
import stat
import subprocess
import tempfile
import unittest

from kms_support import ADMINS, AGENTS, KmsTest, Site
from support import NOT_DONE, SANITIZED, USAGE, run


def openssl(*arguments, **more):
    return subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True,
                          check=False, **more)


class Ceremony(KmsTest):
    def test_what_was_made_is_told(self):
        with tempfile.TemporaryDirectory() as folder:
            done = self.done(Site(folder).init(jsonl=True))
            told = done.rows[0]
            self.assertEqual((told["admins"], told["agents"], told["quorum"]),
                             (list(ADMINS), list(AGENTS), 2))
            site = Site(folder)
            site.kms("ca", "-o", site.folder / "ca.pem")
            certificates = (site.folder / "ca.pem").read_text().split("-----END CERTIFICATE-----\n")
            prints = []
            for text in certificates[:-1]:
                pem = site.folder / "one.pem"
                pem.write_text(text + "-----END CERTIFICATE-----\n")
                line = openssl("x509", "-in", pem, "-noout", "-fingerprint", "-sha256").stdout
                prints.append(line.partition("=")[2].strip().replace(":", "").lower())
            self.assertEqual([told["issuing"], told["root"]], prints)

    def test_a_table_without_being_asked(self):
        with tempfile.TemporaryDirectory() as folder:
            out = self.done(Site(folder).init()).out.decode()
            self.assertRegex(out, r"(?m)^root +[0-9a-f]{64}$")
            self.assertRegex(out, r"(?m)^admins +anna, bo, cai$")

    def test_the_chain_verifies_strictly(self):
        pem = self.site.folder / "ca.pem"
        self.done(self.site.kms("ca", "-o", pem))
        issuing, root = pem.read_text().split("-----END CERTIFICATE-----\n")[:2]
        for name, text in (("issuing.pem", issuing), ("root.pem", root)):
            (self.site.folder / name).write_text(text + "-----END CERTIFICATE-----\n")
        done = openssl("verify", "-x509_strict", "-CAfile", self.site.folder / "root.pem",
                       self.site.folder / "issuing.pem")
        self.assertIn(": OK", done.stdout, done.stderr)

    def test_nobody_else_may_read_it(self):
        self.assertEqual(stat.S_IMODE(self.site.store.stat().st_mode), 0o700)
        for path in self.site.store.iterdir():
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600, path)

    def test_the_new_store_is_whole_and_audited(self):
        self.assert_whole()
        self.assertEqual([(row["act"], row["result"], row["who"]) for row in self.audit()],
                         [("init", "done", ",".join((*ADMINS, *AGENTS)))])

    def test_every_kind_of_key(self):
        for key, recovery, text in (("p384", "p384", "secp384r1"), ("rsa3072", "p256", "3072 bit")):
            with self.subTest(key=key), tempfile.TemporaryDirectory() as folder:
                site = Site(folder)
                self.done(site.init("--key", key, "--recovery-key", recovery))
                site.kms("ca", "-o", site.folder / "ca.pem")
                told = openssl("x509", "-in", site.folder / "ca.pem", "-noout", "-text").stdout
                self.assertIn(text, told)
                self.done(site.kms("check"))

    def test_one_may_be_both(self):
        with tempfile.TemporaryDirectory() as folder:
            site = Site(folder)
            self.done(site.init(admins=("anna",), agents=("anna", "bo"), quorum=2))
            people = {row["name"]: row for row in site.rows("admins") if "name" in row}
            self.assertEqual(set(people), {"anna", "bo"})
            self.assertTrue(people["anna"]["admin"] and people["anna"]["agent"])

    def test_an_empty_directory_is_taken(self):
        with tempfile.TemporaryDirectory() as folder:
            site = Site(folder)
            site.store.mkdir()
            self.done(site.init())
            self.done(site.kms("check"))

    def test_a_passphrase_from_standard_input(self):
        with tempfile.TemporaryDirectory() as folder:
            site = Site(folder)
            done = run("kms", "init", site.store, "--org", "X", "--admins", "anna", "--agents",
                       "anna,bo", "--quorum", 2, "--passphrase", "bo=-", *site.options_of("anna"),
                       stdin=b"a stormy evening at the pier\n")
            self.done(done)
            site.file_of("bo", "a stormy evening at the pier")
            self.done(site.kms("passphrase", "bo", "--passphrase",
                               f"new={site.file_of('dee')}", by=["bo"]))

    def test_the_url_is_in_the_profile(self):
        with tempfile.TemporaryDirectory() as folder:
            site = Site(folder)
            self.done(site.init("--crl-url", "http://crl.example.org/kms.crl"))
            self.assertIn("crl_url = http://crl.example.org/kms.crl",
                          (site.store / "profile.conf").read_text())


class Shares(KmsTest):
    def test_shares_in_files(self):
        with tempfile.TemporaryDirectory() as folder:
            site = Site(folder)
            shares = site.folder / "shares"
            shares.mkdir()
            self.done(site.init("--share-dir", shares))
            self.assertEqual({path.name for path in shares.iterdir()},
                             {f"{name}.share" for name in AGENTS})
            for path in shares.iterdir():
                self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
                self.assertIn("KEYROSTER SHARE", path.read_text())
            kept = {row["name"]: row["share"] for row in site.rows("admins") if "name" in row}
            self.assertEqual({kept[name] for name in AGENTS}, {"file"})
            self.done(site.kms("check"))

    def test_a_share_that_is_there_is_not_overwritten(self):
        with tempfile.TemporaryDirectory() as folder:
            site = Site(folder)
            shares = site.folder / "shares"
            shares.mkdir()
            (shares / "yuri.share").write_text("kept")
            self.refused(site.init("--share-dir", shares), "yuri.share")
            self.assertEqual((shares / "yuri.share").read_text(), "kept")
            self.assertEqual([path.name for path in shares.iterdir()], ["yuri.share"])
            self.assertEqual([path for path in site.folder.iterdir() if path.is_dir()], [shares])

    def test_no_such_directory(self):
        with tempfile.TemporaryDirectory() as folder:
            site = Site(folder)
            self.refused(site.init("--share-dir", site.folder / "none"), "No such file")
            self.assertEqual([path for path in site.folder.iterdir() if path.is_dir()], [])


class Refused(KmsTest):
    def left_nothing(self, site):
        self.assertEqual([path.name for path in site.folder.iterdir()
                          if path.suffix != ".passphrase"], [])

    def test_numbers_and_names(self):
        for people, said in (
            (dict(quorum=1), "quorum"),
            (dict(quorum=4), "quorum"),
            (dict(agents=("xena",), quorum=2), "two recovery agents"),
            (dict(admins=("anna", "anna")), "twice"),
            (dict(agents=("xena", "yuri", "xena")), "twice"),
            (dict(admins=("anna", "Anna")), "capital letters"),
            (dict(agents=("xena", "ANNA")), "capital letters"),
            (dict(admins=("p12",)), "p12"),
            (dict(admins=("an/na",)), "/"),
            (dict(admins=("-anna",)), "-"),
            (dict(admins=("an\x1bna",)), "control"),
            (dict(admins=("anna", "")), "commas"),
            (dict(admins=("a" * 65,)), "64 bytes"),
            (dict(org=""), ""),
            (dict(org="x" * 65), ""),
        ):
            with self.subTest(people=people), tempfile.TemporaryDirectory() as folder:
                site = Site(folder)
                people = {"admins": ADMINS, "agents": AGENTS, "quorum": 2, "org": "X", **people}
                done = run("kms", "init", site.store, "--org", people["org"], "--admins",
                           ",".join(people["admins"]), "--agents", ",".join(people["agents"]),
                           "--quorum", people["quorum"], *site.options_of(*ADMINS, *AGENTS))
                self.refused(done, said, "kms init --help", status=USAGE)
                self.left_nothing(site)

    def test_options(self):
        for options, said in (
            (("--policy", "enrol=3"), "all but one"),
            (("--policy", "enrol=0"), "1 to 64"),
            (("--policy", "approve=2"), "tasks"),
            (("--policy", "enrol=1,enrol=2"), "twice"),
            (("--policy", "enrol"), "TASK=N"),
            (("--key", "p521"), "p521"),
            (("--key", "rsa2048"), "rsa2048"),
            (("--key", "pkcs11:token=ca"), "PKCS#11"),
            (("--recovery-key", "rsa3072"), "p256 or p384"),
            (("--crl-url", "no url"), ""),
            (("--csr", ""), "--csr"),
            (("--share-dir", ""), "--share-dir"),
            (("more",), ""),
        ):
            with self.subTest(options=options), tempfile.TemporaryDirectory() as folder:
                site = Site(folder)
                self.refused(site.init(*options), said, status=USAGE)
                self.left_nothing(site)

    def test_what_is_missing(self):
        for options in ((), ("--org", "X"), ("--org", "X", "--admins", "a", "--agents", "b,c")):
            with self.subTest(options=options):
                self.refused(run("kms", "init", self.site.folder / "new", *options),
                             "--quorum", status=USAGE)

    def test_passphrases(self):
        for texts, said in (
            ({"bo": "zq8 tiny"}, "too short"),
            ({"bo": "password123456"}, "bo"),
            ({"bo": "Example Mail bo"}, "bo"),
            ({"bo": ""}, "bo"),
            ({"yuri": "seven kettle cross the quiet moor 4"}, "same passphrase"),
        ):
            with self.subTest(texts=texts), tempfile.TemporaryDirectory() as folder:
                site = Site(folder)
                for name, text in texts.items():
                    site.file_of(name, text)
                done = self.refused(site.init(), said)
                for text in filter(None, texts.values()):
                    self.assertNotIn(text, done.err)
                self.left_nothing(site)

    def test_a_passphrase_that_cannot_be_read(self):
        with tempfile.TemporaryDirectory() as folder:
            site = Site(folder)
            for name in (*ADMINS, *AGENTS):
                site.file_of(name)
            site.file_of("bo").unlink()
            done = run("kms", "init", site.store, "--org", "X", "--admins", "anna,bo", "--agents",
                       "xena,yuri", "--quorum", 2, "--passphrase", f"bo={folder}/none",
                       *site.options_of("anna", "xena", "yuri"))
            self.refused(done, f"{folder}/none", "No such file")
            self.left_nothing(site)

    def test_no_passphrase_and_no_terminal(self):
        with tempfile.TemporaryDirectory() as folder:
            site = Site(folder)
            done = run("kms", "init", site.store, "--org", "X", "--admins", "anna", "--agents",
                       "anna,bo", "--quorum", 2, start_new_session=True)
            self.refused(done, "anna", "--passphrase NAME=FILE")
            self.left_nothing(site)

    def test_nothing_is_overwritten(self):
        before = (self.site.store / "keyroster.db").read_bytes()
        self.refused(self.site.init(), "overwrites nothing")
        self.assertEqual((self.site.store / "keyroster.db").read_bytes(), before)
        file = self.site.folder / "file"
        file.write_text("kept")
        other = Site(self.site.folder)
        other.store = file
        self.refused(other.init(), "overwrites nothing")
        self.assertEqual(file.read_text(), "kept")

    def test_no_place_to_make_it(self):
        with tempfile.TemporaryDirectory() as folder:
            site = Site(folder)
            site.store = pathlib.Path(folder) / "none" / "kms"
            self.refused(site.init(), "No such file")

    def test_a_disk_that_is_full(self):
        """A file may not grow: the store is not made, and nothing is left."""
        with tempfile.TemporaryDirectory() as folder:
            site = Site(folder)
            for name in (*ADMINS, *AGENTS):
                site.file_of(name)

            def limit():
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))

            self.assertEqual(site.init(preexec=limit).status, NOT_DONE)
            self.left_nothing(site)


# Tells in LOG which folder or file is synced and when the store comes to its place, where the process
# is killed if KILLED is set; and there is no memory for the names of shares if STARVED is.
SHIM = """
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static void tell(const char *what)
{
    FILE *out = fopen(getenv("LOG"), "a");

    fprintf(out, "%s\\n", what);
    fclose(out);
}

int fsync(int fd)
{
    char link[64], path[4096] = {0};

    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    if (readlink(link, path, sizeof(path) - 1) > 0) {
        tell(path);
    }
    return (int)syscall(SYS_fsync, fd);
}

int rename(const char *from, const char *to)
{
    tell("rename");
    if (getenv("KILLED") != NULL) {
        raise(SIGKILL);
    }
    return (int)syscall(SYS_renameat2, -100, from, -100, to, 0);
}

static int print(char **out, const char *format, va_list more)
{
    if (getenv("STARVED") != NULL && strcmp(format, "%s/%s.share") == 0) {
        errno = ENOMEM;
        return -1;
    }
    return vasprintf(out, format, more);
}

int asprintf(char **out, const char *format, ...)
{
    va_list more;
    int len;

    va_start(more, format);
    len = print(out, format, more);
    va_end(more);
    return len;
}

int __asprintf_chk(char **out, int flag, const char *format, ...)
{
    va_list more;
    int len;

    (void)flag;
    va_start(more, format);
    len = print(out, format, more);
    va_end(more);
    return len;
}
"""


@unittest.skipIf(SANITIZED, "the sanitizers come before the shim")
@unittest.skipUnless(shutil.which("gcc"), "no compiler for the shim")
class Shares(KmsTest):
    """Shares in files, where the ceremony is ended or starved."""

    def setUp(self):
        kept = tempfile.TemporaryDirectory()
        self.addCleanup(kept.cleanup)
        self.site = Site(kept.name)
        self.shares, self.log = self.site.folder / "shares", self.site.folder / "log"
        self.shares.mkdir()
        source, self.shim = self.site.folder / "shim.c", self.site.folder / "shim.so"
        source.write_text(SHIM)
        subprocess.run(["gcc", "-D_GNU_SOURCE", "-shared", "-fPIC", "-o", self.shim, source], check=True)

    def init(self, **variables):
        return self.site.init("--share-dir", self.shares, variables={
            "LD_PRELOAD": str(self.shim), "LOG": str(self.log), **variables})

    def test_their_names_are_on_the_disk_before_the_store_is(self):
        self.done(self.init())
        told = self.log.read_text().splitlines()
        own = [told.index(str(self.shares / f"{name}.share")) for name in AGENTS]
        self.assertLess(max(own), told.index(str(self.shares)))
        self.assertLess(told.index(str(self.shares)), told.index("rename"))

    def test_none_goes_into_the_store_for_want_of_memory(self):
        self.refused(self.init(STARVED="1"), "out of memory")
        self.assertFalse(self.site.store.exists())
        self.assertEqual(list(self.shares.iterdir()), [])

    def test_one_that_is_killed_tells_the_next_one_what_to_remove(self):
        self.assertEqual(self.init(KILLED="1").status, -signal.SIGKILL)
        self.assertFalse(self.site.store.exists())
        before = sorted(path.read_bytes() for path in self.shares.iterdir())
        self.refused(self.init(), ".share: a share is there already", f"{self.site.store}.??????")
        self.assertEqual(sorted(path.read_bytes() for path in self.shares.iterdir()), before)
        rest, = self.site.folder.glob("kms.??????")
        shutil.rmtree(rest)
        for path in self.shares.iterdir():
            path.unlink()
        self.done(self.init())
        self.assert_whole()


class OutsideRoot(KmsTest):
    def setUp(self):
        kept = tempfile.TemporaryDirectory()
        self.addCleanup(kept.cleanup)
        self.site = Site(kept.name)
        self.csr = self.site.folder / "issuing.csr"
        self.told = self.done(self.site.init("--csr", self.csr, jsonl=True)).rows[0]
        self.root = self.make_root("root")

    def make_root(self, name):
        """A root of others, by openssl."""
        folder = self.site.folder
        done = openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                       "-nodes", "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem",
                       "-days", "3650", "-subj", f"/CN=Outside {name}", "-addext",
                       "basicConstraints=critical,CA:TRUE", "-addext",
                       "keyUsage=critical,keyCertSign,cRLSign")
        self.assertEqual(done.returncode, 0, done.stderr)
        return folder / f"{name}.pem"

    def sign(self, *lines, root="root", days="3000"):
        """What the root makes of the request: extensions are the lines."""
        folder = self.site.folder
        extensions = folder / "extensions"
        extensions.write_text("\n".join(lines or (
            "basicConstraints=critical,CA:TRUE,pathlen:0", "keyUsage=critical,keyCertSign,cRLSign",
            "subjectKeyIdentifier=hash", "authorityKeyIdentifier=keyid")) + "\n")
        done = openssl("x509", "-req", "-in", self.csr, "-CA", folder / f"{root}.pem", "-CAkey",
                       folder / f"{root}.key", "-days", days, "-extfile", extensions, "-out",
                       folder / "issuing.pem", "-CAcreateserial")
        self.assertEqual(done.returncode, 0, done.stderr)
        both = folder / "both.pem"
        both.write_text((folder / "issuing.pem").read_text()
                        + (folder / f"{root}.pem").read_text())
        return both

    def install(self, file, by=("anna",)):
        return run("kms", "init", "--install", self.site.store, file, "-f", "jsonl",
                   *self.site.options_of(*by))

    def test_the_request_is_one(self):
        done = openssl("req", "-in", self.csr, "-noout", "-verify", "-subject")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("Example Mail Issuing CA", done.stdout)
        self.assertIsNone(self.told["root"])
        self.assertIsNone(self.told["issuing"])

    def test_nothing_is_issued_before(self):
        self.refused(self.site.kms("ca"), "outside root")
        self.assert_whole()

    def test_installed_it_is_a_ca(self):
        done = self.done(self.install(self.sign()))
        self.assertRegex(done.rows[0]["recovery"], r"\A[0-9a-f]{64}\Z")
        pem = self.site.folder / "ca.pem"
        self.done(self.site.kms("ca", "-o", pem))
        self.assertEqual(pem.read_text().count("BEGIN"), 2)
        self.assertIn(": OK", openssl("verify", "-x509_strict", "-CAfile", self.root, pem).stdout)
        self.assert_whole()
        self.assertEqual(self.audit()[-1]["result"], "installed")

    def test_only_once(self):
        both = self.sign()
        self.done(self.install(both))
        self.refused(self.install(both), "already")

    def test_what_is_refused(self):
        other = self.site.folder / "other.pem"
        other.write_text(self.make_root("other").read_text())
        self.refused(self.install(other))
        self.refused(self.install(self.sign("basicConstraints=critical,CA:FALSE",
                                            "subjectKeyIdentifier=hash")))
        self.refused(self.install(self.sign("basicConstraints=critical,CA:TRUE",
                                            "keyUsage=critical,digitalSignature",
                                            "subjectKeyIdentifier=hash")))
        self.refused(self.install(self.csr))
        self.refused(self.install(self.site.folder / "none.pem"), "No such file")
        self.refused(self.install(self.sign(), by=["xena"]), "administrator")
        self.assert_whole()


if __name__ == "__main__":
    unittest.main()
