"""A reader of directory exports by the rules of Exchange 5.5, which shares nothing with keyroster.

The rules (Exchange Server's Maintenance and Troubleshooting, "Selecting a Separator"; Q146304):
fields are separated by one character and a line ends with CR LF; a field is quoted as a whole, and a
quote within it is doubled; an attribute that may have many values joins them by one character, which
a backslash protects within a value, as it does itself; elsewhere a backslash stands alone. A file is
Unicode when it begins with a byte order mark, else it is in the code page, or in UTF-8.
"""

MANY = {name.lower() for name in (
    "E-mail Addresses", "Proxy-Addresses", "proxyAddresses", "mail", "E-mail address", "Members",
    "objectClass", "Tagged-X509-Cert", "X509-Cert", "User-Cert", "userCertificate",
    "userSMIMECertificate", "description", "Public-Delegates", "member")}


class NotAnExport(Exception):
    """The bytes break the rules."""


def text_of(data):
    for mark, name in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"),
                       (b"\xfe\xff", "utf-16-be")):
        if data.startswith(mark):
            return data[len(mark):].decode(name)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252")


def records_of(text, delimiter, quote):
    """Lists of fields; anything but quoted fields and plain ones between delimiters is refused."""
    records, fields, at = [], [], 0
    while at < len(text):
        field = ""
        if text[at] == quote:
            at += 1
            while True:
                end = text.find(quote, at)
                if end < 0:
                    raise NotAnExport("a quote is never closed")
                field += text[at:end]
                at = end + 1
                if text[at:at + 1] != quote:
                    break
                field += quote
                at += 1
        else:
            end = at
            while end < len(text) and text[end] not in (delimiter, "\r"):
                if text[end] in (quote, "\n"):
                    raise NotAnExport(f"{text[end]!r} in a field that is not quoted")
                end += 1
            field, at = text[at:end], end
        fields.append(field)
        if text[at:at + 1] == delimiter:
            at += 1
            if at == len(text):
                raise NotAnExport("the last line has no end")
        elif text[at:at + 2] == "\r\n":
            at += 2
            records.append(fields)
            fields = []
        else:
            raise NotAnExport(f"{text[at:at + 2]!r} behind a field")
        if text[at:at + 2] == "\r\n" and fields:  # the last field of a line is empty
            records.append(fields + [""])
            fields, at = [], at + 2
    if fields:
        raise NotAnExport("the last line has no end")
    return records


def values_of(field, separator):
    """The values of an attribute that may have many."""
    if field == "":
        return []
    values, value, protected = [], "", False
    for character in field:
        if protected:
            if character not in (separator, "\\"):
                raise NotAnExport(f"a backslash before {character!r}")
            value, protected = value + character, False
        elif character == "\\":
            protected = True
        elif character == separator:
            values.append(value)
            value = ""
        else:
            value += character
    if protected:
        raise NotAnExport("a backslash at the end")
    return values + [value]


class Export:
    """`names` of the columns as written, and `rows`: for each object a list of values a column."""

    def __init__(self, data, delimiter=",", quote='"', separator="%", many=()):
        records = records_of(text_of(data), delimiter, quote)
        if not records:
            raise NotAnExport("no header")
        self.names, *rows = records
        wide = [name.split(";")[0].lower() in MANY or name in many for name in self.names]
        self.rows = [
            [values_of(field, separator) if is_many else [field] if field else []
             for field, is_many in zip(row, wide)]
            for row in rows]
        self.lengths = [len(row) for row in rows]

    def column(self, name):
        at = self.names.index(name)
        return [row[at] if at < len(row) else None for row in self.rows]
