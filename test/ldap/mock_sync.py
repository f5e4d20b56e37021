"""A mock of content synchronization (RFC 4533), which answers each time what a test says."""

import ber
from live import certificate
from mock import Gone, Mock, person

STATE, DONE, INFO = (f"1.3.6.1.4.1.4203.1.9.1.{n}" for n in (2, 3, 4))
PRESENT, ADD, MODIFY, DELETE = range(4)
INTERMEDIATE, TRUE = 0x79, ber.put(1, b"\xff")
CERTIFICATE = certificate("p0@example.test")
PEOPLE = [person(n, CERTIFICATE) for n in range(6)]


def key(number):
    return b"key of a person%d" % number


def control(oid, *value):
    return ber.put(ber.SEQUENCE, ber.octets(oid), ber.octets(b"".join(value)))


def state(number, said=ADD, of=None):
    return control(STATE, ber.put(ber.SEQUENCE, ber.number(said, ber.ENUMERATED),
                                  ber.octets(key(number) if of is None else of)))


def entry(number, said=ADD, more=None):
    """One of PEOPLE with its state, or something else in place of that."""
    def make(request):
        dn, attributes = PEOPLE[number]
        bare = ber.take(ber.entry(request, dn, attributes if said in (ADD, MODIFY) else []))[1]
        _, content = list(ber.elements(bare))[1]
        return ber.message(request.id, ber.put(ber.ENTRY, content),
                           *([state(number, said)] if more is None else more))
    return make


def info(tag, *parts):
    value = ber.put(tag, *parts)
    return lambda request: ber.message(
        request.id, ber.put(INTERMEDIATE, ber.octets(INFO, 0x80), ber.octets(value, 0x81)))


def keys(*numbers, deletes=False):
    return info(0xA3, *([TRUE] if deletes else []),
                ber.put(ber.SET, *(ber.octets(key(n)) for n in numbers)))


def done(cookie=b"1", deletes=False, code=0, more=None):
    value = ber.put(ber.SEQUENCE, *([ber.octets(cookie)] if cookie else []), *([TRUE] if deletes else []))

    def make(request):
        operation = ber.put(ber.DONE, ber.number(code, ber.ENUMERATED), ber.octets(""), ber.octets("so"))
        return ber.message(request.id, operation,
                           *([control(DONE, value)] if more is None and code == 0 else more or []))
    return make


def hang_up(_):
    raise Gone


WHOLE = [*(entry(n) for n in range(4)), done()]


class Sync(Mock):
    """`script` is a list of answers to one request after the other; a search without the control is PEOPLE."""

    def __init__(self, *script, stamps=(b"one",)):
        super().__init__()
        self.script, self.stamps = list(script), list(stamps)

    def root(self, client, request):
        known = ("supportedControl", [ber.PAGED, b"1.3.6.1.4.1.4203.1.9.1.1"])
        client.send(ber.entry(request, "", [known]), ber.result(request, ber.DONE))

    def search(self, client, request):
        if request.scope == 0:
            stamp = self.stamps.pop(0) if len(self.stamps) > 1 else self.stamps[0]
            client.send(ber.entry(request, request.base, [("entryUUID", [stamp])]),
                        ber.result(request, ber.DONE))
        elif request.page:
            client.send(*(ber.entry(request, *p) for p in PEOPLE),
                        ber.result(request, ber.DONE, cookie=b""))
        else:
            answers = self.script.pop(0)
            for answer in answers:
                client.send(answer(request))
