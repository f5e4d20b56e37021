"""Mock servers that misbehave, each in one way. Everywhere else they are a directory of PEOPLE."""

import os
import random

import ber
from live import certificate
from mock import Mock, person

CERTIFICATE = certificate("p0@example.test")
PEOPLE = [person(n, CERTIFICATE) for n in range(60)]
BARE = [person(n) for n in range(60)]  # nobody has a certificate
MORE = [person(n, CERTIFICATE) for n in range(60, 65)]
PAGE = 20  # entries a page, whatever is asked for


class Plain(Mock):
    """Does nothing wrong: what the others are held against."""

    people = PEOPLE

    def search(self, client, request):
        _, cookie = request.page or (0, b"")
        begin = int(cookie or b"0")
        end = begin + (PAGE if request.page else len(self.people))
        self.entries(client, request, begin, end)
        self.finish(client, request, b"%d" % end if end < len(self.people) else b"")

    def entries(self, client, request, begin, end):
        client.send(b"".join(ber.entry(request, dn, values) for dn, values in self.people[begin:end]))

    def finish(self, client, request, cookie):
        client.send(ber.result(request, ber.DONE, cookie=cookie if request.page else None))


class OneCookie(Plain):
    """One cookie for every page, as 389 DS has, and right all the same."""

    def __init__(self):
        super().__init__()
        self.at = {}

    def search(self, client, request):
        begin = self.at.get(client.number, 0) if request.page and request.page[1] else 0
        self.entries(client, request, begin, begin + PAGE)
        self.at[client.number] = begin + PAGE
        self.finish(client, request, b"0" if begin + PAGE < len(PEOPLE) else b"")


class ClosesOnce(Plain):
    """Hangs up on its first client in the middle of the second page."""

    def entries(self, client, request, begin, end):
        if client.number == 0 and begin == PAGE:
            super().entries(client, request, begin, begin + 7)
            raise ConnectionResetError
        super().entries(client, request, begin, end)


class ClosesAlways(Plain):
    """Hangs up in the middle of every second page."""

    def entries(self, client, request, begin, end):
        super().entries(client, request, begin, begin + 7 if begin == PAGE else end)
        if begin == PAGE:
            raise ConnectionResetError


class ClosesOnBare(ClosesAlways):
    """The same where nobody has a certificate, so that there would be more to ask at the end."""

    people = BARE


class ClosesAtOnce(Plain):
    """Hangs up as soon as somebody is there."""

    def greet(self, client):
        return


class ClosesInAnEntry(Plain):
    """Hangs up between two bytes of an entry."""

    def entries(self, client, request, begin, end):
        super().entries(client, request, begin, begin + 3)
        client.send(ber.entry(request, *PEOPLE[begin + 3])[:30])
        raise ConnectionResetError


class Garbage(Plain):
    """Answers a search with bytes that are no LDAP."""

    def search(self, client, request):
        client.send(b"HTTP/1.0 400 Bad Request\r\n\r\n" * 40)
        client.until_gone()


class GarbageLater(Plain):
    """Sends a page, and then bytes that are no LDAP."""

    def entries(self, client, request, begin, end):
        super().entries(client, request, begin, end)
        if begin:
            client.send(bytes(range(256)) * 16)
            client.until_gone()


class GarbageEntry(Plain):
    """An entry whose lengths contradict each other."""

    def entries(self, client, request, begin, end):
        values = ber.put(ber.SEQUENCE, ber.octets("mail"), b"\x31\x7f\x04\x60short")
        client.send(ber.message(request.id, ber.put(
            ber.ENTRY, ber.octets(PEOPLE[begin][0]), ber.put(ber.SEQUENCE, values))))
        super().entries(client, request, begin + 1, end)


class GarbageAtRoot(Plain):
    """Knows nothing to say of itself but bytes that are no LDAP."""

    def root(self, client, request):
        client.send(ber.message(request.id, ber.put(ber.DONE, b"\x0a\x05")))


class ValuelessPage(Plain):
    """The control that ends a page has no value in it (RFC 2696 has one)."""

    def finish(self, client, request, cookie):
        result = ber.put(ber.DONE, ber.number(0, ber.ENUMERATED), ber.octets(""), ber.octets(""))
        client.send(ber.message(request.id, result, ber.put(ber.SEQUENCE, ber.octets(ber.PAGED))))


class Claims(Plain):
    """Begins an answer that is to be 2 GB long, and says no more."""

    def search(self, client, request):
        client.send(b"\x30\x84\x7f\xff\xff\xf0\x02\x01\x02")
        client.until_gone()


class Dribbles(Plain):
    """One byte a second."""

    def entries(self, client, request, begin, end):
        for byte in ber.entry(request, *PEOPLE[0]):
            client.send(bytes([byte]))
            if self.ended.wait(1):
                return


class Silent(Mock):
    """Takes the connection, and says nothing: to ldaps not even what TLS begins with."""

    def secure(self, sock):
        return sock

    def greet(self, client):
        client.until_gone()


class SilentAfterHello(Silent):
    """Silent when it has read the client's part of TLS and answered with some of its own."""

    def greet(self, client):
        client.sock.recv(4096)
        client.send(bytes.fromhex("160303007a02000076"))  # the head of a ServerHello
        client.until_gone()


class SilentAfterBind(Plain):
    def search(self, client, request):
        client.until_gone()


class SilentAfterPage(Plain):
    def entries(self, client, request, begin, end):
        if begin:
            client.until_gone()
        super().entries(client, request, begin, end)


class SilentBeforeEnd(Plain):
    """Sends all entries, and never the result."""

    def finish(self, client, request, cookie):
        if not cookie:
            client.until_gone()
        super().finish(client, request, cookie)


class SamePage(Plain):
    """The same page with the same cookie, for ever."""

    def search(self, client, request):
        self.entries(client, request, 0, PAGE)
        self.finish(client, request, b"again")


class EmptyPages(Plain):
    """Pages without entries, for ever."""

    def search(self, client, request):
        self.finish(client, request, b"again")


class Huge(Plain):
    """An entry of 100 MB in the middle."""

    def entries(self, client, request, begin, end):
        super().entries(client, request, begin, end)
        if begin == PAGE:
            name, values = person(999)
            client.send(ber.entry(request, name, [*values, ("description", [bytes(100_000_000)])]))


class HugeAsked(Huge):
    """The same in an attribute that was asked for."""

    def entries(self, client, request, begin, end):
        Plain.entries(self, client, request, begin, end)
        if begin == PAGE:
            name, values = person(999)
            client.send(ber.entry(request, name, [*values, ("userCertificate", [bytes(100_000_000)])]))


class Stranger(Plain):
    """Ends a search that nobody asked for, before the one that somebody did."""

    def finish(self, client, request, cookie):
        asked, request.id = request.id, request.id + 1000
        client.send(ber.result(request, ber.DONE))
        request.id = asked
        super().finish(client, request, cookie)


class StrangersOnly(Plain):
    """Answers every search under an id that nobody has used."""

    def search(self, client, request):
        request.id += 1000
        super().search(client, request)
        client.until_gone()


class Refers(Plain):
    """Has nothing of its own and refers to itself: a loop."""

    def search(self, client, request):
        client.send(ber.result(request, ber.DONE, ber.REFERRAL, refer=[self.url()]))


class Continues(Plain):
    """With its entries comes a continuation that leads to a place from where it leads there again."""

    def entries(self, client, request, begin, end):
        if not request.base.startswith("ou=more"):
            super().entries(client, request, begin, end)

    def finish(self, client, request, cookie):
        if not cookie:
            client.send(ber.reference(request, self.url("ou=more,dc=example,dc=test")))
        super().finish(client, request, cookie)


class Leads(Plain):
    """With its entries comes a continuation to another server, which has five more."""

    def __init__(self):
        super().__init__()
        self.other = Plain()
        self.other.people = MORE

    def finish(self, client, request, cookie):
        if not cookie:
            client.send(ber.reference(request, self.other.url("ou=more,dc=example,dc=test")))
        super().finish(client, request, cookie)

    def stop(self):
        super().stop()
        self.other.stop()


class LeadsAstray(Leads):
    """The other server is not there."""

    def __init__(self):
        super().__init__()
        self.other.stop()


class Disconnects(Plain):
    """Says goodbye in the middle, as RFC 4511, 4.4.1, has it."""

    def entries(self, client, request, begin, end):
        if begin == PAGE:
            notice = ber.put(ber.EXTENDED_DONE, ber.number(ber.UNWILLING - 1, ber.ENUMERATED), ber.octets(""),
                             ber.octets("going down"), ber.octets(b"1.3.6.1.4.1.1466.20036", 0x8A))
            client.send(ber.message(0, notice))
            raise ConnectionResetError
        super().entries(client, request, begin, end)


class Busy(Plain):
    """Result 51 in the place of the third page."""

    def entries(self, client, request, begin, end):
        if begin == 2 * PAGE:
            client.send(ber.result(request, ber.DONE, 51, "busy\x1b[31m\nkeyroster: forged line"))
        else:
            super().entries(client, request, begin, end)


class NoPages(Plain):
    """Knows no pages and ignores the control; all entries at once."""

    def search(self, client, request):
        request.page = None
        super().search(client, request)


class Damages(Plain):
    """One byte of each answer to a search is another one; which, a seed decides."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        super().__init__()

    def root(self, client, request):
        self.send(client, ber.entry(request, "", [("supportedControl", [ber.PAGED])]), 0.2)
        self.send(client, ber.result(request, ber.DONE), 0.2)

    def entries(self, client, request, begin, end):
        for dn, values in self.people[begin:end]:
            self.send(client, ber.entry(request, dn, values), 0.05)

    def finish(self, client, request, cookie):
        self.send(client, ber.result(request, ber.DONE, cookie=cookie if request.page else None), 0.3)

    def send(self, client, message, share):
        damaged = bytearray(message)
        if self.random.random() < share:
            # The first bytes hold the lengths and kinds, the rest mostly text.
            at = self.random.randrange(self.random.choice((12, 80, len(damaged)))) % len(damaged)
            damaged[at] ^= 1 << self.random.randrange(8)
        client.send(bytes(damaged))


def pair(folder):
    """A certificate and key for a mock that speaks TLS."""
    return os.path.join(folder, "server.pem"), os.path.join(folder, "server.key")


__all__ = [name for name, thing in globals().items()
           if isinstance(thing, type) and issubclass(thing, Mock)] + ["BARE", "MORE", "PEOPLE", "pair"]
