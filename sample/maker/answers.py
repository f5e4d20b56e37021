"""What `keyroster users` must answer for each export, judged from the plan alone.

This is a second reading of the rules in keyroster-users(1). It shares nothing with the program
and never parses what exports.py wrote, so that the one can be held against the other.
"""

import csv
import datetime
import hashlib
import io

from maker import plan

COLUMNS = ("mailbox,address,container,uses_kms,standing,reason,certificates,effective,issuer,key,"
           "not_before,not_after,warnings").split(",")
RANK = ("active signing-only not-yet-valid expired revoked untrusted mismatched foreign").split()
WARNINGS = ("expired-first hidden-by-first-attribute attributes-disagree many-values weak-key "
            "weak-signature address-case no-address no-address-in-certificate foreign-first "
            "crl-unverified undecodable-value ec-only").split()
NO_CERTIFICATE = ("cut", "text")
NOW = datetime.datetime.fromisoformat(plan.JUDGED_AT)
LOST = ("the export holds the name of a type (System.Byte[]) instead of the certificate: "
        "export the attribute again with ldifde or csvde")
ELSEWHERE = "homed at another site, whose certificates this export does not show: export there"


class Judged:
    """One readable certificate of a person."""

    def __init__(self, person, number, maker):
        self.c = person.certificates[number]
        self.begins = datetime.datetime.fromisoformat(self.c.since)
        self.ends = datetime.datetime.fromisoformat(self.c.until + "T23:59:59")
        self.emails = person.mail[:1] if self.c.emails is None else self.c.emails
        self.sha256 = hashlib.sha256(maker.der(person, number)).hexdigest()
        authority = maker.authorities.get(self.c.ca)
        self.issuer = authority.common_name if authority else person.name
        self.faults = [fault for fault, applies in (
            ("foreign", self.c.ca not in plan.OURS),
            ("revoked", self.c.revoked is not None),
            ("expired", self.ends < NOW),
            ("not-yet-valid", self.begins > NOW),
            ("untrusted", self.c.ca not in plan.TRUSTED),
            ("mismatched", self.is_for_others(person)),
            ("signing-only", self.c.use == "signing"),
        ) if applies]
        self.fault = self.faults[0] if self.faults else "active"

    def is_for_others(self, person):
        known = {address.lower() for address in person.mail}
        return bool(known and self.emails) and not known & {e.lower() for e in self.emails}

    @property
    def usable(self):
        """Senders do not ask who issued it; whom they trust is what --trust says."""
        return not set(self.faults) - {"foreign"}


def readable(person, maker):
    return [Judged(person, n, maker) for n, c in enumerate(person.certificates)
            if c.form not in NO_CERTIFICATE]


def picked(judged, attribute):
    offered = [j for j in judged if j.usable and j.c.attribute == attribute]
    marked = [j for j in offered if j.c.form == "tagged-default"]
    return (marked or offered or [None])[0]


def best_of(judged, effective):
    top = min(judged, key=lambda j: RANK.index(j.fault)).fault
    equals = [j for j in judged if j.fault == top]
    if effective in equals:
        return effective
    if top == "not-yet-valid":
        return min(equals, key=lambda j: j.begins)
    return max(equals, key=lambda j: j.ends)


def expired_first(judged):
    for attribute in (plan.FIRST, plan.SECOND):
        inside = [j for j in judged if j.c.attribute == attribute]
        before = 0
        while before < len(inside) and not inside[before].usable:
            before += 1
        if before < len(inside) and any(j.ends < NOW for j in inside[:before]):
            return True
    return False


def warnings_of(person, judged, effective, best):
    first, second = picked(judged, plan.FIRST), picked(judged, plan.SECOND)
    holds = {c.attribute for c in person.certificates}
    told = effective or best
    match = {e.lower() for e in told.emails} & {a.lower() for a in person.mail}
    on = {
        "expired-first": expired_first(judged),
        "hidden-by-first-attribute": not first and second and plan.FIRST in holds,
        "attributes-disagree": first and plan.SECOND in holds and (
            not second or first.sha256 != second.sha256),
        "many-values": len(person.certificates) >= 12,
        "weak-key": told.c.key == "RSA-1024",
        "weak-signature": told.c.sha1,
        "address-case": match and not set(told.emails) & set(person.mail),
        "no-address": not person.mail,
        "no-address-in-certificate": not told.emails,
        "foreign-first": effective and effective.fault == "foreign" and best.fault == "active",
        "crl-unverified": told.c.ca not in plan.LISTED,
        "undecodable-value": any(c.form in NO_CERTIFICATE for c in person.certificates),
        "ec-only": effective and all(j.c.key.startswith("EC") for j in judged if j.usable),
    }
    return ";".join(name for name in WARNINGS if on[name])


def reason_of(standing, best):
    return {
        "active": lambda: f"valid until {best.c.until}",
        "expiring": lambda: f"expires on {best.c.until}, in {(best.ends - NOW).days} days",
        "signing-only": lambda: "certificate is for signing only: nobody can encrypt to it",
        "not-yet-valid": lambda: f"not valid before {best.c.since}",
        "expired": lambda: f"expired on {best.c.until}",
        "revoked": lambda: "revoked on {} ({})".format(*best.c.revoked),
        # --issuer tells the old authority's certificate, which ends the chain: nobody trusts it.
        "untrusted": lambda: ("certificate does not lead to a trusted authority: "
                              "self-signed certificate in certificate chain"),
        "mismatched": lambda: "certificate is for other addresses: " + ", ".join(best.emails),
        "foreign": lambda: f"certificate is not from the KMS but from {best.issuer}",
    }[standing]()


def with_certificates(person, judged):
    effective = picked(judged, plan.FIRST) or picked(judged, plan.SECOND)
    best = best_of(judged, effective)
    warnings = warnings_of(person, judged, effective, best)
    standing = best.fault
    if standing == "active" and effective.ends - NOW <= datetime.timedelta(plan.WARNING_DAYS):
        standing, best = "expiring", effective
    shown = effective or best
    return {
        "uses_kms": "no" if standing == "foreign" else "yes",
        "standing": standing,
        "reason": reason_of(standing, best),
        "certificates": len({j.sha256 for j in judged}),
        "effective": effective.sha256 if effective else "",
        "issuer": shown.issuer,
        "key": shown.c.key,
        "not_before": shown.begins.isoformat() + "Z",
        "not_after": shown.ends.isoformat() + "Z",
        "warnings": warnings,
    }


def without_certificates(person, blank):
    values = len(person.certificates)
    if values == 0:
        uses, standing, reason = blank
    else:
        uses, standing = "unknown", "unreadable"
        reason = ("1 value that cannot be read as a certificate" if values == 1
                  else f"{values} values that cannot be read as certificates")
    many = "many-values" if values >= 12 else ""
    return {"uses_kms": uses, "standing": standing, "reason": reason, "certificates": 0,
            "warnings": many}


NONE = ("no", "none", "no certificate in the directory")
OTHER_SITE = ("unknown", "unknown", ELSEWHERE)


def answer(person, maker, container, blank=NONE):
    judged = readable(person, maker)
    row = with_certificates(person, judged) if judged else without_certificates(person, blank)
    return {"mailbox": person.name, "address": (person.mail or ("",))[0],
            "container": container} | row


def lost_answer(person, container):
    """Of an export that holds System.Byte[] where a certificate was."""
    row = without_certificates(person, NONE) if not person.certificates else {
        "uses_kms": "unknown", "standing": "unknown", "reason": LOST, "certificates": 0}
    return {"mailbox": person.name, "address": (person.mail or ("",))[0],
            "container": container} | row


def table(rows):
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode("utf-8")
