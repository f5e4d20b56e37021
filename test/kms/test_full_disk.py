#!/usr/bin/env python3
"""Disks that are full: each verb that writes says so, leaves the store whole, and works when there is room."""

import os
import pathlib
import resource
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli"))

import kms_support
import support

NEW = "eleven otters under a painted bridge 40"
SAYS = ("No space left on device", "disk of the store is full", "File too large",
        "disk I/O error")  # SQLite has no other word for a limit on files


class Disk:
    """A small file system of its own, where one may be mounted; else a limit on files stands in."""

    SIZE = 6 << 20

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        self.filler = self.folder / "filler"
        self.limit = None
        self.mounted = os.geteuid() == 0 and subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={self.SIZE},mode=700", "tmpfs", self.folder],
            capture_output=True, check=False).returncode == 0

    def close(self):
        if self.mounted:
            subprocess.run(["umount", "-l", self.folder], check=True)

    def leave(self, room):
        """So many bytes are left."""
        self.free()
        if not self.mounted:
            self.limit = room
            return
        with self.filler.open("wb") as filler:
            there = os.statvfs(self.folder)
            os.posix_fallocate(filler.fileno(), 0, there.f_bavail * there.f_frsize - room)

    def free(self):
        self.limit = None
        self.filler.unlink(missing_ok=True)


class Site(kms_support.Site):
    """The store on one disk, what is handed out on another, passphrases on neither."""

    def __init__(self, folder):
        super().__init__(folder)
        self.disks = {"store": Disk(self.folder / "store"), "out": Disk(self.folder / "out")}
        self.store = self.folder / "store" / "kms"
        self.out = self.folder / "out"

    def close(self):
        for disk in self.disks.values():
            disk.close()

    def limits(self):
        """What stands in for disks that cannot be mounted."""
        limit = min((disk.limit for disk in self.disks.values() if disk.limit is not None), default=None)
        if limit is None:
            return None

        def short():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        return short

    def act(self, verb, *words, by=()):
        return self.kms(verb, *words, by=by, preexec=self.limits())


class FullDisk(unittest.TestCase):
    def setUp(self):
        kept = tempfile.TemporaryDirectory()
        self.addCleanup(kept.cleanup)
        self.site = Site(kept.name)
        self.addCleanup(self.site.close)
        self.done(self.site.init())

    def done(self, result):
        self.assertEqual(result.status, support.DONE, result.err)
        return result

    def assert_whole(self):
        self.done(self.site.kms("check"))
        self.done(self.site.kms("audit", "--verify"))

    def left(self):
        """What lies where things are handed out."""
        return sorted(path for path in self.site.out.rglob("*")
                      if path.is_file() and path.name != "filler")

    def assert_refused(self, disk, verb, *words, by=(), rooms=(0,), early=None):
        """With so much room each: done, or told with nothing left behind; at 0 told. Then it works."""
        before = self.left()
        for room in rooms:
            with self.subTest(verb=verb, disk=disk, room=room):
                self.site.disks[disk].leave(room)
                result = self.site.act(verb, *words, by=by)
                self.site.disks[disk].free()
                if result.status == support.DONE and room > 0:
                    return  # it has what it needs
                self.assertEqual(result.status, support.NOT_DONE, result.err)
                self.assertTrue(any(text in result.err for text in SAYS), result.err)
                if early is not None and early.exists():
                    absent = self.site.kms("approve", early, "--agent", "xena", by=["xena"])
                    self.assertEqual(absent.status, support.NOT_DONE)
                    early.unlink()
                self.assertEqual(self.left(), before)
                self.assert_whole()
        self.done(self.site.act(verb, *words, by=by))
        self.assert_whole()

    def test_the_disk_of_the_store(self):
        site, out = self.site, self.site.out
        rooms = (0, 4096, 49152)
        token = site.rows("enrol", "hal@example.org", by=["anna"])[0]["token"]
        (site.folder / "token").write_text(token)
        site.file_of("new", NEW)
        refused = self.assert_refused
        refused("store", "enrol", "ida@example.org", by=["anna"], rooms=rooms)
        refused("store", "enrol", "gil@example.org", "--issue", "--p12-dir", out / "p12",
                by=["anna", "p12"], rooms=rooms)
        refused("store", "complete", "--token-file", site.folder / "token", "--p12", out / "hal.p12",
                by=["anna", "p12"], rooms=rooms)
        refused("store", "renew", "gil@example.org", "--p12", out / "gil.p12", by=["anna", "p12"],
                rooms=rooms)
        refused("store", "revoke", "hal@example.org", "--reason", "superseded", by=["anna"], rooms=rooms)
        refused("store", "crl", "-o", out / "list.der", by=["anna"], rooms=rooms)
        # A request is written before it is in the store: what was not committed is approved by nobody.
        early = out / "request"
        refused("store", "recover", "gil@example.org", "--why", "x", "-o", early, by=["anna"],
                rooms=rooms, early=early)
        for agent in ("xena", "zoe"):
            refused("store", "approve", out / "request", "--agent", agent, by=[agent], rooms=rooms)
        refused("store", "collect", out / "request", "--p12", out / "all.p12", by=["anna", "p12"],
                rooms=rooms)
        refused("store", "rebuild-key", "--agent", "xena", "--agent", "zoe", "--yes", "-o",
                out / "whole.pem", by=["xena", "zoe"], rooms=rooms)
        refused("store", "reshare", "--agents", "xena,zoe,dee", "--quorum", "2",
                by=["anna", "xena", "yuri", "dee"], rooms=rooms)
        refused("store", "admins", "--add", "dee", by=["anna", "dee"], rooms=rooms)
        refused("store", "admins", "--remove", "cai", by=["anna"], rooms=rooms)
        refused("store", "admins", "--policy", "revoke=2", by=["anna"], rooms=rooms)
        refused("store", "passphrase", "bo", by=["bo", "new"], rooms=rooms)

    def test_the_disk_of_what_is_handed_out(self):
        site, out = self.site, self.site.out
        token = site.rows("enrol", "hal@example.org", by=["anna"])[0]["token"]
        (site.folder / "token").write_text(token)
        if not site.disks["out"].mounted:
            self.skipTest("no file system may be mounted here: the store would be as full")
        refused = self.assert_refused
        (out / "p12").mkdir()
        refused("out", "enrol", "gil@example.org", "--issue", "--p12-dir", out / "p12", by=["anna", "p12"])
        refused("out", "complete", "--token-file", site.folder / "token", "--p12", out / "hal.p12",
                by=["anna", "p12"])
        refused("out", "renew", "gil@example.org", "--p12", out / "gil.p12", by=["anna", "p12"])
        refused("out", "crl", "-o", out / "list.der", by=["anna"])
        refused("out", "recover", "gil@example.org", "--why", "x", "-o", out / "request", by=["anna"])
        for agent in ("xena", "zoe"):
            self.done(site.kms("approve", out / "request", "--agent", agent, by=[agent]))
        refused("out", "collect", out / "request", "--p12", out / "all.p12", by=["anna", "p12"])
        refused("out", "rebuild-key", "--agent", "xena", "--agent", "zoe", "--yes", "-o",
                out / "whole.pem", by=["xena", "zoe"])
        refused("out", "ca", "-o", out / "ca.pem")
        refused("out", "backup", "-o", out / "copy", rooms=(0, 65536))
        refused("out", "audit", "--head", out / "head", by=["anna"])
        refused("out", "reshare", "--agents", "xena,zoe,dee", "--quorum", "2", "--share-dir", out,
                by=["anna", "xena", "yuri", "dee"])

    def test_what_only_reads(self):
        """On a full disk the books can be read still; or it is told that they cannot."""
        self.site.rows("enrol", "hal@example.org", by=["anna"])
        for verb in ("users", "check", "audit", "admins"):
            with self.subTest(verb=verb):
                self.site.disks["store"].leave(0)
                result = self.site.act(verb)
                self.site.disks["store"].free()
                if result.status != support.DONE:
                    self.assertEqual(result.status, support.NOT_DONE, result.err)
                    self.assertTrue(any(text in result.err for text in SAYS), result.err)
        self.assert_whole()


if __name__ == "__main__":
    unittest.main()
