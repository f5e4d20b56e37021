"""What the tests against real servers share: throw-away servers, and a reading that is not ours.

A server is started once for a test file, in a temporary folder, on free ports. Where it is not
installed, the file is skipped (status 77).
"""

import atexit
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "ldap"))

from live import (  # noqa: E402
    DONE, KEYROSTER, NOT_DONE, SLOW, SOME, LiveTest, certificate, keyroster, live_environment, users)

try:
    import ldap
    from ldap.controls import SimplePagedResultsControl
except ImportError:
    ldap = None
from cryptography import x509  # noqa: E402
from cryptography.hazmat.primitives import hashes  # noqa: E402
from cryptography.hazmat.primitives.serialization import pkcs7  # noqa: E402

SKIPPED = 77
CERTIFICATES = ("usercertificate", "usersmimecertificate")
PERSONS = {"person", "inetorgperson", "user", "mailrecipient", "organizationalperson"}
# The header of an export, with a mark of UTF-8: the names are of many scripts.
HEADER = ("\ufeffObj-Class,Directory Name,Display Name,E-mail Addresses,Obj-Container,Tagged-X509-Cert,"
          "X509-Cert\r\n")
OTHERS = {"computer", "contact", "group", "groupofnames"}


def need(*programs):
    """Ends the test file as skipped where a program, or python-ldap, is not installed."""
    places = os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin"
    missing = [p for p in programs if not shutil.which(p, path=places)]
    if ldap is None:
        missing.append("python3-ldap")
    if missing:
        print("skipped: not installed:", ", ".join(missing))
        sys.exit(SKIPPED)


def free_ports(count):
    """Ports that nobody listens on at this moment."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in held]
    for s in held:
        s.close()
    return ports


running = []


def stop_all(*_):
    while running:
        running.pop().stop()


def end(*_):
    """unittest would take SystemExit for a failed test, and go on."""
    stop_all()
    os._exit(1)


atexit.register(stop_all)
signal.signal(signal.SIGTERM, end)


class Server:
    """A server under way: `urls` by scheme, `made` what make-people wrote, `base` the DN at its root."""

    def __init__(self, script, kind, base, *where, people=300, address="127.0.0.1", refer=None, **env):
        self.script, self.base, self.kind = HERE / script, base, kind
        self.place = tempfile.TemporaryDirectory(prefix="keyroster-server-")
        folder = pathlib.Path(self.place.name)
        folder.chmod(0o755)  # one of the servers changes to a user of its own
        self.made, self.folder = folder / "made", folder / "run"
        more = ["--refer", refer] if refer else []
        subprocess.run([sys.executable, HERE / "make-people", "--people", str(people), "--address",
                        address, *more, kind, base, self.made], check=True)
        # A run that is told to end, or that fails while it starts one, leaves no server behind.
        running.append(self)
        started = subprocess.run([self.script, "start", self.folder, *map(str, where), self.made],
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True,
                                 text=True, env={**os.environ, **env}, timeout=120)
        self.urls = {url.split(":")[0]: url.strip("/") for url in started.stdout.split()}
        self.ca = self.made / "ca.pem"

    def stop(self):
        if self.made.exists():
            subprocess.run([self.script, "stop", self.folder], check=True, timeout=60)
            self.place.cleanup()

    def url(self, scheme="ldap", base=None, rest=""):
        return f"{self.urls[scheme]}/{self.base if base is None else base}{rest}"

    def port(self, scheme="ldap"):
        return int(self.urls[scheme].rsplit(":", 1)[1])

    def secret(self, text, name="password"):
        """A file for -y."""
        path = self.made / name
        path.touch(mode=0o600)
        path.write_text(text)
        return path


def slapd(refer=False, **env):
    """With `refer`, there is a referral in its tree to its other tree."""
    port, tls = free_ports(2)
    url = f"ldap://127.0.0.1:{port}/dc=other,dc=test" if refer else None
    return Server("slapd", "openldap", "dc=example,dc=test", port, tls, refer=url, **env)


# ---- the other reading ----

def der_of(value):
    """The certificates in one value, by python3-cryptography."""
    try:
        return [x509.load_der_x509_certificate(value)]
    except ValueError:
        return pkcs7.load_der_pkcs7_certificates(value)


def facts_of(attributes):
    """What one entry says: addresses, SHA-256 of its certificates; None when it is no mailbox."""
    values = {}
    for name, found in attributes.items():
        values.setdefault(name.split(";")[0].lower(), []).extend(found)
    classes = {c.decode().lower() for c in values.get("objectclass", [])}
    addresses = {v.decode() for v in values.get("mail", [])}
    for value in values.get("proxyaddresses", []):
        prefix, _, address = value.decode().partition(":")
        if prefix.lower() == "smtp":
            addresses.add(address)
    certificates = {c.fingerprint(hashes.SHA256()).hex()
                    for name in CERTIFICATES for v in values.get(name, []) for c in der_of(v)}
    if classes & OTHERS or not classes & PERSONS or not (addresses or certificates):
        return None
    return sorted(addresses), sorted(certificates)


def whole_entry(connection, dn, attributes):
    """An entry whose long attributes came in part (`;range=0-1499`), asked for the rest."""
    whole = {}
    for name, values in attributes.items():
        plain, _, option = name.partition(";range=")
        whole.setdefault(plain, []).extend(values)
        while option and not option.endswith("*"):
            asked = f"{plain};range={int(option.split('-')[1]) + 1}-*"
            more = connection.search_s(dn, ldap.SCOPE_BASE, attrlist=[asked])[0][1]
            (name, values), = ((n, v) for n, v in more.items() if ";range=" in n)
            whole[plain].extend(values)
            option = name.partition(";range=")[2]
    return whole


def independent(url, base, name, password, ca=None, ask=("*",)):
    """{DN: facts} of all mailboxes, read by python-ldap in pages."""
    connection = ldap.initialize(url)
    connection.set_option(ldap.OPT_REFERRALS, 0)
    if ca:
        connection.set_option(ldap.OPT_X_TLS_CACERTFILE, str(ca))
        connection.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
    connection.simple_bind_s(name, password)
    told, cookie = {}, b""
    while True:
        page = SimplePagedResultsControl(True, size=100, cookie=cookie)
        asked = connection.search_ext(base, ldap.SCOPE_SUBTREE, "(objectClass=*)", list(ask),
                                      serverctrls=[page])
        _, entries, _, controls = connection.result3(asked)
        for dn, attributes in entries:
            facts = dn and facts_of(whole_entry(connection, dn, attributes))
            if facts:
                told[dn] = facts
        cookie = controls[0].cookie
        if not cookie:
            connection.unbind_s()
            return told


def facts_of_rows(rows, by="dn"):
    """What keyroster's rows say, in the same form."""
    return {row[by]: (sorted(row["addresses"]), sorted(c["sha256"] for c in row["certificates"]))
            for row in rows}


# ---- a network that fails ----

class Relay:
    """
    Passes bytes between clients and a server on 127.0.0.1; after `after` bytes to the first client calls
    `then` and hangs up on it. Later clients are served, unless `stay` is False.
    """

    def __init__(self, port, after, then=lambda: None, stay=True):
        self.port_behind, self.after, self.then, self.stay = port, after, then, stay
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.clients = 0
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.listening.accept()
            except OSError:
                return
            self.clients += 1
            left = self.after if self.clients == 1 else None
            threading.Thread(target=self.join, args=(client, left), daemon=True).start()

    def join(self, client, left):
        with client:
            try:
                behind = socket.create_connection(("127.0.0.1", self.port_behind))
            except OSError:
                return
            with behind:
                there = threading.Thread(target=self.pass_on, args=(client, behind, None), daemon=True)
                there.start()
                self.pass_on(behind, client, left)
                there.join()

    def pass_on(self, source, target, left):
        try:
            while data := source.recv(4096):
                target.sendall(data)
                left = None if left is None else left - len(data)
                if left is not None and left <= 0:
                    if not self.stay:
                        self.stop()
                    self.then()
                    break
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def stop(self):
        try:
            self.listening.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listening.close()


class ServerTest(LiveTest):
    """Against one server, which the module starts; `whole` is the other reading of it."""

    server, whole = None, {}
    hint = ""  # what is said though all is well

    def same_rows(self, result, whole=None):
        self.assertEqual(result.status, 0, result.err)
        self.assertRegex(result.err, rf"\A({self.hint}\n)?\Z")
        told = facts_of_rows(result.rows)
        self.assertEqual(len(result.rows), len(told), "a DN came twice")
        self.assertEqual(told, self.whole if whole is None else whole)

    def export(self, *arguments, **more):
        """Exports to the file `export.csv` in the test's folder."""
        self.write("header.csv", HEADER)
        return keyroster("export", "--header", "header.csv", "-o", "export.csv", *arguments,
                         folder=self.folder, **more)

    def reads_back(self, result):
        """The export that has been made shows the same addresses and certificates."""
        self.assertEqual((result.status, result.out), (0, b""), result.err)
        self.assertRegex(result.err, rf"\A({self.hint}\n)?\Z")
        read = users("export.csv", folder=self.folder)
        self.assertEqual((read.status, read.err), (0, ""))
        self.assertEqual(sorted(facts_of_rows(read.rows, by="line").values()),
                         sorted(self.whole.values()))


__all__ = ["DONE", "KEYROSTER", "NOT_DONE", "SKIPPED", "SLOW", "SOME", "LiveTest", "Relay", "Server",
           "ServerTest", "certificate", "facts_of_rows", "free_ports", "independent",
           "live_environment", "need", "slapd", "users"]
