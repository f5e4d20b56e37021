"""LDAP messages in BER (RFC 4511): as much of them as the mock servers speak."""

import dataclasses

INTEGER, OCTETS, ENUMERATED, SEQUENCE, SET = 0x02, 0x04, 0x0A, 0x30, 0x31
BIND, BIND_DONE, UNBIND, SEARCH, ENTRY, DONE, ABANDON = 0x60, 0x61, 0x42, 0x63, 0x64, 0x65, 0x50
REFERENCE, EXTENDED, EXTENDED_DONE = 0x73, 0x77, 0x78
PAGED = b"1.2.840.113556.1.4.319"
START_TLS = b"1.3.6.1.4.1.1466.20037"
SIZE_LIMIT, REFERRAL, CRITICAL, NO_SUCH_OBJECT, UNWILLING = 4, 10, 12, 32, 53


def length(count):
    if count < 128:
        return bytes([count])
    data = count.to_bytes((count.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(data)]) + data


def put(tag, *parts):
    content = b"".join(parts)
    return bytes([tag]) + length(len(content)) + content


def number(value, tag=INTEGER):
    return put(tag, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def octets(value, tag=OCTETS):
    return put(tag, value if isinstance(value, bytes) else value.encode())


def take(data, at=0):
    """The element that begins at `at`: its tag, its content, and where the next one begins."""
    tag, size, at = data[at], data[at + 1], at + 2
    if size & 0x80:
        count = size & 0x7F
        size, at = int.from_bytes(data[at:at + count], "big"), at + count
    return tag, data[at:at + size], at + size


def end_of(data):
    """Where the element ends that data begins with; None when it is not whole yet."""
    if len(data) < 2:
        return None
    count = data[1] & 0x7F if data[1] & 0x80 else 0
    if len(data) < 2 + count:
        return None
    end = 2 + count + (int.from_bytes(data[2:2 + count], "big") if count else data[1])
    return end if len(data) >= end else None


def elements(data):
    at = 0
    while at < len(data):
        tag, content, at = take(data, at)
        yield tag, content


def integer(data):
    return int.from_bytes(data, "big", signed=True)


@dataclasses.dataclass
class Request:
    """What a client asks. Of a search also: base, scope, size, the filter's BER, the attributes asked for."""

    id: int
    operation: int
    content: bytes
    page: tuple = None  # (size, cookie) of the paged control
    base: str = ""
    scope: int = 0
    filter: tuple = ()
    attributes: list = dataclasses.field(default_factory=list)


def request_of(message):
    parts = list(elements(message))
    request = Request(integer(parts[0][1]), parts[1][0], parts[1][1])
    for _, control in elements(parts[2][1]) if len(parts) > 2 else ():
        fields = list(elements(control))
        if fields[0][1] == PAGED:
            size, cookie = elements(take(fields[-1][1])[1])
            request.page = integer(size[1]), cookie[1]
    if request.operation == SEARCH:
        fields = list(elements(request.content))
        request.base, request.scope = fields[0][1].decode(), integer(fields[1][1])
        request.filter = fields[6]
        request.attributes = [name.decode() for _, name in elements(fields[7][1])]
    return request


def message(number_of, operation, *controls):
    more = [put(0xA0, *controls)] if controls else []
    return put(SEQUENCE, number(number_of), operation, *more)


def result(request, operation, code=0, text="", cookie=None, refer=()):
    """The last answer to a request; with a cookie, the control of its page."""
    parts = [number(code, ENUMERATED), octets(""), octets(text)]
    if refer:
        parts.append(put(0xA3, *(octets(url) for url in refer)))
    controls = []
    if cookie is not None:
        value = put(SEQUENCE, number(0), octets(cookie))
        controls.append(put(SEQUENCE, octets(PAGED), octets(value)))
    return message(request.id, put(operation, *parts), *controls)


def entry(request, dn, attributes):
    """`attributes` is a list of (name, values)."""
    found = (put(SEQUENCE, octets(name), put(SET, *(octets(v) for v in values)))
             for name, values in attributes)
    return message(request.id, put(ENTRY, octets(dn), put(SEQUENCE, *found)))


def reference(request, *urls):
    return message(request.id, put(REFERENCE, *(octets(url) for url in urls)))


def matches(filter_, values):
    """Whether a filter (tag, content) holds for `values`, {lower-case name: [bytes]}."""
    tag, content = filter_
    if tag in (0xA0, 0xA1):
        return (all if tag == 0xA0 else any)(matches(f, values) for f in elements(content))
    if tag == 0xA2:
        return not matches(take(content)[:2], values)
    if tag == 0x87:
        return bool(values.get(attribute_of(content)))
    name, rest = list(elements(content))[:2] if tag != 0xA9 else ((0, b""), (0, b""))
    here = [v.lower() for v in values.get(attribute_of(name[1]), [])]
    if tag == 0xA3:
        return rest[1].lower() in here
    if tag == 0xA4:
        return any(all(part.lower() in v for _, part in elements(rest[1])) for v in here)
    return False  # a rule that this server does not know


def attribute_of(name):
    return name.split(b";")[0].decode().lower()
