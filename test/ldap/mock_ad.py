"""A mock of Windows' Active Directory that enforces what Windows enforces and Samba does not.

1,000 entries a page at most (MaxPageSize) and 1,500 values of an attribute at once (MaxValRange): a longer
attribute comes as `name;range=0-1499`, beside the plain name without values, and the rest has to be asked for.
The cookie of a page is good on the connection that it was given on, and nowhere else. A search without pages
ends after 1,000 entries with result 4.
"""

import itertools

import ber
from mock import Mock

PAGE_MAX, RANGE_MAX = 1000, 1500


class ActiveDirectory(Mock):
    """`entries` are (DN, [(name, values)]); each first client hangs up after `lose` pages, when given."""

    def __init__(self, entries, lose=None, **more):
        self.entries, self.lose, self.pages_told, self.largest_page = entries, lose, 0, 0
        self.sent = []  # DNs that went out
        self.cookies = itertools.count(1)
        self.held = {}  # (client, cookie): where the next page begins
        super().__init__(**more)

    def search(self, client, request):
        found = [e for e in self.entries if self.is_asked(e, request)]
        if request.base and not found and request.scope == 0:
            client.send(ber.result(request, ber.DONE, ber.NO_SUCH_OBJECT))
            return
        size, cookie = request.page or (PAGE_MAX, b"")
        begin = self.held.pop((client.number, cookie), None) if cookie else 0
        if begin is None:
            client.send(ber.result(request, ber.DONE, ber.CRITICAL, "00000057: the cookie is not of this connection"))
            return
        end = begin + min(size, PAGE_MAX)
        self.largest_page = max(self.largest_page, size)
        client.send(b"".join(self.told(request, e) for e in found[begin:end]))
        self.sent.extend(dn for dn, _ in found[begin:end])
        code, new = (ber.SIZE_LIMIT if not request.page and end < len(found) else 0), b""
        if request.page and end < len(found):
            new = b"%d" % next(self.cookies)
            self.held[client.number, new] = end
        self.pages_told += 1
        if self.lose == self.pages_told:
            raise ConnectionResetError
        client.send(ber.result(request, ber.DONE, code, cookie=new if request.page else None))

    def is_asked(self, entry, request):
        dn, attributes = entry
        if request.scope == 0 and dn.lower() != request.base.lower():
            return False
        return ber.matches(request.filter, {name.lower(): values for name, values in attributes})

    def told(self, request, entry):
        dn, attributes = entry
        return ber.entry(request, dn, [
            found for name, values in attributes
            for found in self.attribute(name, values, request.attributes)])

    def attribute(self, name, values, asked):
        """As Windows answers: what is asked for by name, `*`, or with a range."""
        for wanted in asked or ["*"]:
            plain, _, option = wanted.partition(";")
            if plain.lower() not in (name.lower(), "*"):
                continue
            if option.lower().startswith("range="):
                first, _, last = option[6:].partition("-")
                yield self.part(name, values, int(first), last)
            elif len(values) > RANGE_MAX:
                yield wanted if plain != "*" else name, []
                yield self.part(name, values, 0, "*")
            else:
                yield name + (f";{option}" if option else ""), values
            return

    def part(self, name, values, first, last):
        end = min(len(values), first + RANGE_MAX, int(last) + 1 if last != "*" else len(values))
        mark = "*" if end == len(values) else str(end - 1)
        return f"{name};range={first}-{mark}", values[first:end]
