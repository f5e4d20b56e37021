"""Who works at Nordwind Logistics, and which certificates the directory shows of them.

All people are invented. The other modules turn this plan into exports (exports.py), real
certificates (certificates.py) and the answers that are right (answers.py).
"""

from dataclasses import dataclass, field

DOMAIN = "nordwind.example"
JUDGED_AT = "2026-11-01"
WARNING_DAYS = 30

FIRST, SECOND = "first", "second"  # the attribute: userSMIMECertificate, userCertificate
KMS, OLD_KMS, BANK, ITSELF = "kms", "old-kms", "bank", "itself"  # who issued it

OURS = {KMS, OLD_KMS}  # named by --issuer
TRUSTED = {KMS, BANK}  # by --trust: the bank's authority is a partner's
LISTED = {KMS}  # has a revocation list


@dataclass(frozen=True)
class Certificate:
    since: str
    until: str
    ca: str = KMS
    attribute: str = FIRST
    key: str = "RSA-2048"
    use: str = "encryption"  # or signing, both
    emails: tuple | None = None  # None: the owner's primary address
    form: str = "x509"  # or tagged, tagged-default, pkcs7; cut and text hold none
    sha1: bool = False
    revoked: tuple | None = None  # date and reason
    repeats: int | None = None  # it is this one of the owner's, once more


@dataclass(frozen=True)
class Person:
    given: str
    surname: str
    alias: str
    certificates: tuple = ()
    unit: str = "Recipients"
    site: str = "HAMBURG"
    display: str | None = None  # None: "Given Surname"
    addresses: tuple | None = None  # primary first; None: given.surname
    odd_address: str | None = None  # one that is no internet address
    sees: str = field(default="", compare=False)  # what the row is there to show

    @property
    def name(self):
        return self.display or f"{self.given} {self.surname}".strip()

    @property
    def mail(self):
        if self.addresses is not None:
            return self.addresses
        return (f"{plain(self.given)}.{plain(self.surname)}@{DOMAIN}",)


PLAIN = str.maketrans(
    {"å": "a", "ä": "ae", "ö": "oe", "ü": "ue", "ø": "o", "é": "e", "í": "i", "ó": "o", "á": "a"}
    | {"ë": "e", "ç": "c", "ñ": "n", "'": "", " ": "-"}
)


def plain(name):
    return name.lower().translate(PLAIN)


def good(**changes):
    return Certificate(**({"since": "2025-09-01", "until": "2035-08-31"} | changes))


def past(since, until, **changes):
    return Certificate(since, until, **changes)


def at_domain(*names):
    return tuple(f"{name}@{DOMAIN}" for name in names)


STALE = tuple(
    past(f"{year}-01-15", f"{year}-12-15", attribute=SECOND, key="EC secp256r1")
    for year in range(2014, 2025)
)

PEOPLE = (
    # Active, and nothing to remark.
    Person("Anna", "Berg", "aberg", (good(form="tagged"),)),
    Person("Jörg", "Müller", "jmueller", (good(form="tagged"),), display="Müller, Jörg"),
    Person("Åsa", "Lindqvist", "alindq", (good(),), unit="Warehouse"),
    Person("Zoë", "van der Meer", "zvdmeer", (good(form="pkcs7"),)),
    Person("Siobhán", "O'Neill", "soneill", (good(use="both", attribute=SECOND),)),
    Person("Bill", "Krüger", "bkrueger", (good(form="tagged"),), display='Bill "Bud" Krüger',
           unit="Warehouse"),
    Person("", "Service Desk", "service", (good(emails=at_domain("service", "help")),),
           addresses=at_domain("service", "help", "support")),
    Person("Maria", "Rossi", "mrossi", (good(form="tagged-default"),)),
    # Active, with something that clients trip over.
    Person("José", "García", "jgarcia", sees="expired-first", certificates=(
        past("2021-02-01", "2022-08-01", attribute=SECOND), good(attribute=SECOND))),
    Person("Mei-Ling", "Chen", "mchen", sees="hidden-by-first-attribute", certificates=(
        past("2022-05-01", "2023-11-01", form="tagged"), good(attribute=SECOND))),
    Person("Olu", "Adeyemi", "oadeyemi", sees="attributes-disagree", unit="Warehouse",
           certificates=(good(), good(since="2024-03-01", until="2034-02-28", attribute=SECOND))),
    Person("Tomasz", "Kowalski", "tkowal", sees="many-values", certificates=(
        good(attribute=SECOND), *STALE)),
    Person("Fatima", "Al-Sayed", "fsayed", (good(key="RSA-1024"),), sees="weak-key"),
    Person("Priya", "Raman", "praman", (good(emails=("Priya.Raman@Nordwind.Example",)),),
           sees="address-case"),
    Person("Ivan", "Petrov", "ipetrov", (good(emails=()),), sees="no-address-in-certificate"),
    Person("Chloé", "Dubois", "cdubois", (good(emails=at_domain("chloe.dubois")),), addresses=(),
           odd_address="MS:NORDWIND/HAMBURG/50%CDUBOIS", sees="no-address"),
    Person("Lars", "Nygaard", "lnygaard", sees="foreign-first", certificates=(
        good(ca=BANK), good(since="2025-10-01", form="tagged"))),
    Person("Ewa", "Nowak", "enowak", (good(form="tagged"), good(form="cut")),
           sees="undecodable-value"),
    Person("Grace", "Okafor", "gokafor", (good(key="EC secp256r1"),), sees="ec-only"),
    # The certificate that senders use ends within 30 days.
    Person("Pedro", "Santos", "psantos", (past("2025-05-20", "2026-11-20", form="tagged"),)),
    Person("Katrin", "Zander", "kzander", (past("2025-05-28", "2026-11-28"),), unit="Warehouse"),
    Person("Ahmed", "Hassan", "ahassan", sees="the new one stands behind the old", certificates=(
        past("2025-05-10", "2026-11-10"), good(since="2026-10-20"))),
    # Signing only.
    Person("Nils", "Holm", "nholm", (good(use="signing", key="EC secp256r1"),)),
    Person("Rosa", "Luz", "rluz", (good(use="signing", attribute=SECOND),
                                   past("2023-01-10", "2024-07-10"))),
    # Not yet valid.
    Person("Kenji", "Sato", "ksato", (good(since="2027-02-01"),)),
    Person("Dieter", "Brandt", "dbrandt", (good(since="2031-01-01"),),
           sees="the clock was wrong when he enrolled"),
    # Expired.
    Person("Helga", "Schwarz", "hschwarz", (past("2022-11-01", "2024-05-01", form="tagged"),)),
    Person("Marco", "Bianchi", "mbianchi", (past("2021-07-01", "2022-12-31"),
                                            past("2023-01-01", "2024-06-30"),
                                            past("2024-07-01", "2026-06-30")), unit="Warehouse"),
    Person("Hiroshi", "Tanaka", "htanaka", (past("2019-03-01", "2020-09-01", ca=OLD_KMS,
                                                 sha1=True),), sees="weak-signature"),
    # Revoked.
    Person("Sven", "Olsen", "solsen", sees="the same in both attributes", certificates=(
        good(revoked=("2026-03-14", "keyCompromise")),
        good(revoked=("2026-03-14", "keyCompromise"), attribute=SECOND, repeats=0))),
    Person("Carla", "Mendes", "cmendes", (good(form="tagged", revoked=(
        "2026-09-30", "cessationOfOperation")),)),
    # Issued by the KMS's old authority, which is no longer trusted.
    Person("Ingrid", "Dahl", "idahl", (past("2019-06-01", "2034-05-31", ca=OLD_KMS),)),
    # For other addresses.
    Person("Lena", "Fischer", "lfischer", (good(emails=at_domain("lena.vogel")),),
           sees="has married"),
    Person("Paul", "Moreau", "pmoreau", (good(emails=at_domain("p.moreau", "sales")),)),
    # Not from the KMS.
    Person("Uwe", "Lange", "ulange", sees="the same in both attributes", certificates=(
        good(ca=BANK), good(ca=BANK, attribute=SECOND, repeats=0))),
    Person("Tariq", "Mansour", "tmansour", (past("2023-04-01", "2024-04-01", ca=ITSELF),)),
    # Values that hold no certificate.
    Person("Noor", "Bakker", "nbakker", (good(form="cut"),)),
    Person("Erik", "Haugen", "ehaugen", (good(form="text"),), unit="Warehouse"),
    # Nothing.
    Person("Bruno", "Keller", "bkeller"),
    Person("Ida", "Sommer", "isommer", unit="Warehouse"),
    Person("", "Meeting Room 3", "room3", addresses=at_domain("room3")),
    # Homed in Oslo, whose values the Hamburg export does not show.
    Person("Knut", "Aas", "kaas", site="OSLO"),
    Person("Solveig", "Moe", "smoe", site="OSLO"),
)

# The Oslo office, as a script wrote it to a spreadsheet: names that need Unicode.
OSLO = (
    Person("Łucja", "Wiśniewska", "lwisniew", (good(),), addresses=at_domain("lucja.wisniewska")),
    Person("Дмитрий", "Орлов", "dorlov", (good(attribute=SECOND),),
           addresses=at_domain("dmitri.orlov")),
    Person("Ελένη", "Παππά", "epappa", (past("2025-05-25", "2026-11-25"),),
           addresses=at_domain("eleni.pappa")),
    Person("美玲", "王", "mwang", (past("2022-01-01", "2024-12-31"),), display="王美玲",
           addresses=at_domain("meiling.wang")),
    Person("Đorđe", "Šarić", "dsaric", (good(key="EC secp256r1"),),
           addresses=at_domain("djordje.saric")),
    Person("Knut", "Aas", "kaas", (good(form="pkcs7"),)),
    Person("Solveig", "Moe", "smoe"),
)

# What a mail administrator sees when PowerShell wrote the export.
POWERSHELL = tuple(p for p in PEOPLE if p.alias in {
    "aberg", "jmueller", "alindq", "jgarcia", "psantos", "hschwarz", "solsen", "bkeller",
    "isommer", "room3"})
