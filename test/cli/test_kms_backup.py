"""backup and restore: a copy that is whole, while others work, and nothing readable in it."""

import stat
import subprocess
import unittest

from kms_support import ADMINS, AGENTS, KmsTest, Site, passphrase_of
from support import KEYROSTER, USAGE, run


class Backup(KmsTest):
    def setUp(self):
        super().setUp()
        self.file = self.site.folder / "kms.krb"

    def restore(self, file=None, place="other"):
        return run("kms", "restore", file or self.file, self.site.folder / place)

    def other(self):
        other = Site(self.site.folder)
        other.store = self.site.folder / "other"
        return other

    def test_there_and_back(self):
        profile = self.site.store / "profile.conf"
        profile.write_text(profile.read_text() + "# ours\n")
        self.done(self.site.kms("backup", "-o", self.file))
        self.assertEqual(stat.S_IMODE(self.file.stat().st_mode), 0o600)
        self.done(self.restore())
        other = self.other()
        self.done(other.kms("check"))
        self.assertEqual(other.rows("audit"), self.site.rows("audit"))
        self.assertIn("# ours", (other.store / "profile.conf").read_text())
        self.assertEqual(stat.S_IMODE(other.store.stat().st_mode), 0o700)
        self.done(other.kms("admins", "--policy", "enrol=2", by=["anna"]))

    def test_not_to_standard_output(self):
        self.refused(self.site.kms("backup", "-o", "-"), "standard output", status=2)

    def test_while_others_write(self):
        writers = [subprocess.Popen([KEYROSTER, "kms", "admins", self.site.store, "--policy",
                                     f"enrol={1 + i % 2}", *map(str, self.site.options_of("anna"))],
                                    stdout=subprocess.DEVNULL) for i in range(4)]
        for i in range(8):
            file = self.site.folder / f"{i}.krb"
            self.done(self.site.kms("backup", "-o", file))
            self.done(self.restore(file, f"other{i}"))
            self.done(run("kms", "check", self.site.folder / f"other{i}"))
        self.assertEqual({writer.wait() for writer in writers}, {0})
        self.assertEqual(len(self.audit()), 5)

    def test_nothing_secret_is_in_it(self):
        self.done(self.site.kms("backup", "-o", self.file))
        places = [self.file, *self.site.store.iterdir()]
        for path in places:
            held = path.read_bytes()
            for name in (*ADMINS, *AGENTS):
                self.assertNotIn(passphrase_of(name).encode(), held, path)
            self.assertNotIn(b"BEGIN PRIVATE KEY", held, path)
            self.assertNotIn(b"BEGIN EC PRIVATE KEY", held, path)

    def test_restore_overwrites_nothing(self):
        self.done(self.site.kms("backup", "-o", self.file))
        before = (self.site.store / "keyroster.db").read_bytes()
        self.refused(self.restore(place="kms"), "already")
        self.assertEqual((self.site.store / "keyroster.db").read_bytes(), before)

    def test_what_is_no_backup(self):
        for name, content in (("empty", b""), ("text", b"no backup\n"),
                              ("zeros", bytes(100000))):
            with self.subTest(name=name):
                file = self.site.folder / name
                file.write_bytes(content)
                self.refused(self.restore(file))
                self.assertFalse((self.site.folder / "other").exists())
        self.refused(self.restore(self.site.folder / "none"), "none")
        self.done(self.site.kms("backup", "-o", self.file))
        short = self.site.folder / "short"
        short.write_bytes(self.file.read_bytes()[:-5000])
        self.refused(self.restore(short))
        self.assertFalse((self.site.folder / "other").exists())

    def test_a_link_is_not_followed(self):
        target = self.site.folder / "target"
        target.write_text("kept")
        self.file.symlink_to(target)
        self.refused(self.site.kms("backup", "-o", self.file))
        self.assertEqual(target.read_text(), "kept")

    def test_used_wrongly(self):
        self.refused(self.site.kms("backup"), "-o FILE", status=USAGE)
        self.refused(self.site.kms("backup", "-o", ""), "--output", status=USAGE)
        self.refused(run("kms", "restore"), "FILE", status=USAGE)
        self.refused(run("kms", "restore", self.file), "STORE", status=USAGE)
        self.refused(run("kms", "restore", "a", "b", "c"), status=USAGE)

    def test_no_place_for_it(self):
        self.refused(self.site.kms("backup", "-o", self.site.folder / "none" / "kms.krb"))


if __name__ == "__main__":
    unittest.main()
