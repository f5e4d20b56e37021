"""What the tests of `keyroster users --since` against real servers share: many changes, the same ones
each time, and a kept roster that has to equal a fresh one."""

import random
import re
import struct
import zlib

import ldap

from servers import ServerTest, users

CHANGES, ROUNDS = 1000, 5
READ = re.compile(r"(\d+) entries read( \(everything\))?, and (\d+) keys without an entry: "
                  r"(\d+) changed, (\d+) new, (\d+) gone")


def rdn(text):
    return "".join(f"\\{c}" if c in ',+"\\<>;=#' else c for c in text)


class Changer:
    """
    Changes people at random: adds, deletes, renames, moves, and changes names, addresses and
    certificates. `classes` are those of a person, `login` the attribute that its entry needs beside cn
    (or None), `binary` the name of the certificate attribute.
    """

    def __init__(self, connection, parents, classes, login, binary):
        self.connection, self.parents, self.classes = connection, parents, classes
        self.login, self.binary = login, binary
        self.rng = random.Random(4)
        self.touched, self.count = set(), 0
        self.people = {}  # number: [RDN, parent]
        self.certificates = []
        for parent in parents:
            for dn, found in connection.search_ext_s(parent, ldap.SCOPE_ONELEVEL, "(mail=*)",
                                                     ["cn", "objectClass", binary]):
                classes_here = {c.lower() for c in found.get("objectClass", [])}
                if not dn or not classes_here & {b"person"} or b"contact" in classes_here:
                    continue
                name = found["cn"][0].decode()
                if "Many Values" in name:
                    continue
                self.people[len(self.people)] = [f"cn={rdn(name)}", parent]
                values = next((v for n, v in found.items() if n.lower().startswith("usercert")), [])
                self.certificates += values
        self.next = len(self.people)

    def dn(self, number):
        return ",".join(self.people[number])

    def add(self):
        number, self.next = self.next, self.next + 1
        self.people[number] = [f"cn=Added {number}", self.rng.choice(self.parents)]
        entry = [("objectClass", [c.encode() for c in self.classes]), ("cn", [b"Added %d" % number]),
                 ("sn", [b"Added"]), ("mail", [b"added%d@example.test" % number])]
        if self.login:
            entry.append((self.login, [b"added%d" % number]))
        if self.rng.random() < 0.7:
            entry.append((self.binary, [self.rng.choice(self.certificates)]))
        self.connection.add_s(self.dn(number), entry)
        self.touched.add(number)

    def delete(self, number):
        self.connection.delete_s(self.dn(number))
        del self.people[number]

    def rename(self, number):
        self.count += 1
        new = f"cn=Renamed {number} {self.count}"
        self.connection.rename_s(self.dn(number), new)
        self.people[number][0] = new

    def move(self, number):
        self.count += 1
        new, parent = f"cn=Moved {number} {self.count}", self.rng.choice(self.parents)
        self.connection.rename_s(self.dn(number), new, parent)
        self.people[number] = [new, parent]

    def modify(self, number, *changes):
        self.connection.modify_s(self.dn(number), list(changes))

    def certificate(self, number):
        values = self.rng.sample(self.certificates, self.rng.randrange(3))
        self.modify(number, (ldap.MOD_REPLACE, self.binary, sorted(set(values)) or None))

    def address(self, number):
        self.count += 1
        self.modify(number, (ldap.MOD_REPLACE, "mail", [b"changed%d@example.test" % self.count]))

    def name(self, number):
        self.count += 1
        self.modify(number, (ldap.MOD_REPLACE, "displayName", [b"Changed %d" % self.count]))

    def run(self, count):
        """Makes the changes; how many people they touched."""
        self.touched = set()
        ways = ([self.certificate] * 5 + [self.address] + [self.name] + [self.rename] * 2 + [self.move])
        for _ in range(count):
            chance = self.rng.random()
            if chance < 0.1:
                self.add()
                continue
            number = self.rng.choice(sorted(self.people))
            self.touched.add(number)
            if chance < 0.18:
                self.delete(number)
            else:
                self.rng.choice(ways)(number)
        return len(self.touched)


class KeptTest(ServerTest):
    """A kept roster equals a fresh one; the module sets `changer`, and `bind` in the class."""

    changer, scheme, more = None, "ldap", ()
    ordered = True  # attributes come in the same order each time, which LDAP promises to nobody

    def bind(self):
        raise NotImplementedError

    def url(self, rest=""):
        return self.server.url(self.scheme, rest=rest)

    def ask(self, *arguments, url=None, file="kept"):
        return users(*self.more, *self.bind(), "--since", self.folder / file, "-v", *arguments,
                     url or self.url())

    def read(self, result):
        """What was read: (entries, everything, keys, changed, new, gone)."""
        found = READ.search(result.err)
        self.assertTrue(found, result.err)
        return (int(found[1]), bool(found[2]), *map(int, found.groups()[2:]))

    def text_of(self, row):
        if not self.ordered:
            row["certificates"].sort(key=lambda c: (c["sha256"], c["attribute"]))
            for certificate in row["certificates"]:
                del certificate["index"]
        return str(row)

    def equals_fresh(self, result, url=None):
        self.assertEqual(result.status, 0, result.err)
        fresh = users(*self.more, *self.bind(), url or self.url())
        self.assertEqual((fresh.status, fresh.err), (0, ""))
        kept, new = (sorted(map(self.text_of, r.rows)) for r in (result, fresh))
        self.assertEqual(len(kept), len(new))
        self.assertEqual(kept, new)

    def changed_again_and_again(self, url=None):
        """Five times two hundred changes; the server sends what they touched, and a few containers."""
        self.assertTrue(self.read(self.ask(url=url))[1])
        for _ in range(ROUNDS):
            touched = self.changer.run(CHANGES // ROUNDS)
            result = self.ask(url=url)
            entries, everything, _, _, _, gone = self.read(result)
            self.assertFalse(everything, result.err)
            self.assertLessEqual(entries, touched + 5)
            self.assertEqual(len(re.findall(r": gone: ", result.err)), gone)
            self.equals_fresh(result, url)
        before = [r["dn"] for r in result.rows]
        again = self.ask(url=url)
        self.assertLessEqual(self.read(again)[0], 5)
        self.assertEqual([r["dn"] for r in again.rows], before)
        self.equals_fresh(again, url)

    def assert_everything(self, result, why):
        self.assertRegex(result.err, rf"kept: everything was read, not the changes alone: .*{why}")
        self.assertTrue(self.read(result)[1])
        self.equals_fresh(result)

    def forge(self, pattern, text):
        """Puts something else in place of what the server wants to hear; the file is a good one."""
        file = self.folder / "kept"
        good = file.read_bytes()[:-4]
        body = len(good) - struct.unpack("=I", good[-4:])[0] + 4
        tail = good[body:]
        forged = re.sub(pattern, text, tail)
        self.assertNotEqual(forged, tail)
        self.assertEqual(len(forged), len(tail))
        file.write_bytes(good[:body] + forged + struct.pack("=I", zlib.crc32(good[:body] + forged)))

    def not_to_be_gone_on_from(self):
        """Each kind of FILE that is of no use is told, and everything is read."""
        file = self.folder / "kept"
        self.ask()
        self.assertEqual(file.stat().st_mode & 0o777, 0o600)
        good = file.read_bytes()
        middle = len(good) // 2
        for why, text in (("damaged", good[:middle] + bytes((good[middle] ^ 1,)) + good[middle + 1:]),
                          ("damaged", good[:-9]), ("damaged", good[:middle]), ("damaged", b""),
                          ("another version", b"keyroster kept\n\x09" + good[16:])):
            with self.subTest(why, length=len(text)):
                file.write_bytes(text)
                self.assert_everything(self.ask(), why)
                self.assertFalse(self.read(self.ask())[1])
        self.ask(url=self.url("??sub?(cn=A*)"))
        self.assert_everything(self.ask(), "another question")
