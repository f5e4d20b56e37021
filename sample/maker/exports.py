"""The exports: the same people as five tools of five ages write them."""

import base64
import gzip
import io

from maker import plan

ORG = "Nordwind"


def attribute_values(person, maker, attribute):
    return [maker.value(person, n) for n, c in enumerate(person.certificates)
            if c.attribute == attribute]


# Exchange 5.5 ---------------------------------------------------------------------------------

EXCHANGE_HEADER = ("Obj-Class,First Name,Last name,Display Name,Alias Name,Directory Name,"
                   "Home-Server,E-mail Addresses,Obj-Container,Hide from AB,Tagged-X509-Cert,"
                   "X509-Cert")


def exchange_many(values):
    """Many values in a field: a separator within a value is escaped."""
    return "%".join(v.replace("\\", "\\\\").replace("%", "\\%") for v in values)


def exchange_field(text):
    if any(special in text for special in ',"\\\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


def exchange_container(person):
    if person.site != "HAMBURG":
        return f"/o={ORG}/ou={person.site}/cn={person.unit}"
    return person.unit


def exchange_addresses(person):
    smtp = [("SMTP:" if i == 0 else "smtp:") + a for i, a in enumerate(person.mail)]
    odd = person.odd_address or f"MS:NORDWIND/{person.site}/{person.alias.upper()[:8]}"
    given = f"g={person.given};" if person.given else ""
    x400 = f"X400:c=DE;a= ;p={ORG};o={person.site};s={person.surname};{given}"
    return [odd, *smtp, x400]


def exchange_row(person, maker):
    hexed = [[v.hex().upper() for v in attribute_values(person, maker, attribute)]
             for attribute in (plan.FIRST, plan.SECOND)]
    fields = ["Mailbox", person.given, person.surname, person.name, person.alias, person.alias,
              f"{person.site}01", exchange_many(exchange_addresses(person)),
              exchange_container(person), "0", "%".join(hexed[0]), "%".join(hexed[1])]
    return ",".join(exchange_field(f) for f in fields)


def exchange(maker):
    """A directory export of all recipients, with the article's column in its header."""
    anna = plan.PEOPLE[0]
    partner = ("Remote,Petra,Partner,Petra Partner,ppartner,ppartner,,"
               "SMTP:petra@partner.example,Recipients,0,"
               + attribute_values(anna, maker, plan.FIRST)[0].hex().upper() + ",")
    all_of_us = "dl,,,All of Hamburg,all-hh,all-hh,,SMTP:all-hh@nordwind.example,Recipients,0,,"
    early = ('dl,,,"Warehouse, early shift",early,early,,SMTP:early@nordwind.example,'
             "Warehouse,1,,")
    rows = [exchange_row(p, maker) for p in plan.PEOPLE]
    rows = [*rows[:3], all_of_us, *rows[3:5], partner, *rows[5:], early]
    return ("\r\n".join([EXCHANGE_HEADER, *rows]) + "\r\n").encode("cp1252")


# Active Directory -----------------------------------------------------------------------------


def ad_container(person):
    return f"OU={person.unit},OU={person.site.title()},DC=nordwind,DC=example"


def ad_dn(person):
    name = person.name.replace("\\", "\\\\").replace(",", "\\,").replace('"', '\\"')
    return f"CN={name},{ad_container(person)}"


def quoted(text):
    return '"' + text.replace('"', '""') + '"'


def csvde_binary(values):
    return ";".join(f"X'{v.hex()}'" for v in values)


def csvde_row(person, maker):
    proxies = [("SMTP:" if i == 0 else "smtp:") + a for i, a in enumerate(person.mail)]
    proxies.append(f"X500:/o={ORG}/ou={person.site}/cn=Recipients/cn={person.alias}")
    fields = [quoted(ad_dn(person)), "top;person;organizationalPerson;user",
              *(quoted(f) if any(c in f for c in ',"') else f
                for f in (person.name, (person.mail or ("",))[0], ";".join(proxies))),
              csvde_binary(attribute_values(person, maker, plan.SECOND)),
              csvde_binary(attribute_values(person, maker, plan.FIRST))]
    return ",".join(fields)


def csvde(maker):
    """csvde -f csvde.csv -l objectClass,displayName,mail,proxyAddresses,userCertificate,..."""
    borrowed = maker.value(plan.PEOPLE[4], 0).hex()  # none of these is a mailbox
    others = [
        '"OU=Hamburg,DC=nordwind,DC=example",top;organizationalUnit,,,,,',
        '"CN=WS-0147,OU=Hamburg,DC=nordwind,DC=example",'
        f"top;person;organizationalPerson;user;computer,WS-0147,,,X'{borrowed}',",
        '"CN=All of Hamburg,OU=Hamburg,DC=nordwind,DC=example",top;group,All of Hamburg,'
        "all-hh@nordwind.example,SMTP:all-hh@nordwind.example,,",
        '"CN=Petra Partner,OU=Hamburg,DC=nordwind,DC=example",'
        "top;person;organizationalPerson;contact,Petra Partner,petra@partner.example,"
        f"SMTP:petra@partner.example,X'{borrowed}',",
    ]
    header = ("DN,objectClass,displayName,mail,proxyAddresses,userCertificate,"
              "userSMIMECertificate")
    rows = [csvde_row(p, maker) for p in plan.PEOPLE]
    return ("\r\n".join([header, *others, *rows]) + "\r\n").encode("cp1252")


def powershell(maker):
    """Get-ADUser -Properties ... | Export-Csv: the bytes of every certificate are lost."""
    header = ["DistinguishedName", "DisplayName", "mail", "ObjectClass", "userCertificate",
              "userSMIMECertificate"]
    lines = ["#TYPE Selected.Microsoft.ActiveDirectory.Management.ADUser",
             ",".join(map(quoted, header))]
    for person in plan.POWERSHELL:
        cells = ["System.Byte[]" if attribute_values(person, maker, a) else ""
                 for a in (plan.SECOND, plan.FIRST)]
        lines.append(",".join(map(quoted, [ad_dn(person), person.name, (person.mail or ("",))[0],
                                           "user", *cells])))
    return ("\r\n".join(lines) + "\r\n").encode("utf-8")


# LDAP -----------------------------------------------------------------------------------------


def ldap_container(person):
    return f"ou={person.unit},l={person.site.title()},dc=nordwind,dc=example"


def folded(line, width=76):
    """RFC 2849: the rest of a long line follows behind a blank."""
    pieces = [line[:width]]
    pieces += [" " + line[i:i + width - 1] for i in range(width, len(line), width - 1)]
    return "\n".join(pieces)


def ldif_line(name, value):
    if isinstance(value, str):
        if value.isascii() and value[:1] not in (":", "<") and value.strip() == value:
            return folded(f"{name}: {value}")
        value = value.encode("utf-8")
    return folded(f"{name}:: {base64.b64encode(value).decode()}")


def ldif_entry(person, maker):
    lines = [f"# {person.alias}, {person.unit}, {person.site.title()}, nordwind.example",
             ldif_line("dn", f"uid={person.alias},{ldap_container(person)}")]
    lines += [ldif_line("objectClass", c) for c in ("top", "person", "organizationalPerson",
                                                    "inetOrgPerson")]
    lines += [ldif_line("uid", person.alias), ldif_line("cn", person.name),
              ldif_line("sn", person.surname), ldif_line("displayName", person.name)]
    lines += [ldif_line("mail", a) for a in person.mail]
    lines += [ldif_line("userSMIMECertificate", v)
              for v in attribute_values(person, maker, plan.FIRST)]
    lines += [ldif_line("userCertificate;binary", v)
              for v in attribute_values(person, maker, plan.SECOND)]
    return "\n".join(lines) + "\n"


def ldif(maker):
    """ldapsearch -b dc=nordwind,dc=example '(objectClass=*)' and what it says around."""
    head = ("# extended LDIF\n#\n# LDAPv3\n# base <dc=nordwind,dc=example> with scope subtree\n"
            "# filter: (objectClass=*)\n# requesting: objectClass uid cn sn displayName mail "
            "userCertificate \n#  userSMIMECertificate \n#\n\n"
            "# nordwind.example\ndn: dc=nordwind,dc=example\nobjectClass: top\n"
            "objectClass: dcObject\nobjectClass: organization\n\n"
            "# all-hh, Hamburg, nordwind.example\n"
            "dn: cn=all-hh,l=Hamburg,dc=nordwind,dc=example\nobjectClass: top\n"
            "objectClass: groupOfNames\ncn: all-hh\n\n")
    entries = [ldif_entry(p, maker) for p in plan.PEOPLE]
    tail = (f"\n# search result\nsearch: 2\nresult: 0 Success\n\n"
            f"# numResponses: {len(entries) + 3}\n# numEntries: {len(entries) + 2}\n")
    return (head + "\n".join(entries) + tail).encode("ascii")


# A script and a spreadsheet -------------------------------------------------------------------


def unicode_text(maker):
    """What a spreadsheet calls Unicode text: UTF-16, tabs, and base64 from a script."""
    lines = ["displayName\tmail\tuserSMIMECertificate\tuserCertificate"]
    for person in plan.OSLO:
        cells = [";".join(base64.b64encode(v).decode()
                          for v in attribute_values(person, maker, attribute))
                 for attribute in (plan.FIRST, plan.SECOND)]
        lines.append("\t".join([person.name, person.mail[0], *cells]))
    return b"\xff\xfe" + ("\r\n".join(lines) + "\r\n").encode("utf-16-le")


def header():
    """What an administrator writes to choose the columns of a directory export."""
    return ("Obj-Class,Display Name,Directory Name,E-mail Addresses,Home-Server,Obj-Container,"
            "Tagged-X509-Cert,X509-Cert\r\n").encode("ascii")


def zipped(data):
    out = io.BytesIO()
    with gzip.GzipFile(filename="", fileobj=out, mode="wb", compresslevel=9, mtime=0) as f:
        f.write(data)
    return out.getvalue()
