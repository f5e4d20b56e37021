"""A mock LDAP server: threads that speak LDAP on 127.0.0.1, as right or as wrong as a test wants."""

import socket
import ssl
import threading

import ber


class Gone(Exception):
    """The client has hung up, or the server is about to."""


class Connection:
    """One client, on the server's side. `number` counts clients from 0."""

    def __init__(self, sock, number):
        self.sock, self.number, self.waiting = sock, number, b""

    def receive(self):
        """The next message, a Request."""
        while (end := ber.end_of(self.waiting)) is None:
            try:
                data = self.sock.recv(65536)
            except OSError as error:
                raise Gone from error
            if not data:
                raise Gone
            self.waiting += data
        whole, self.waiting = self.waiting[:end], self.waiting[end:]
        return ber.request_of(ber.take(whole)[1])

    def send(self, *messages):
        try:
            for data in messages:
                self.sock.sendall(data)
        except OSError as error:
            raise Gone from error

    def until_gone(self):
        """Says nothing any more; returns when the client hangs up."""
        try:
            while self.sock.recv(65536):
                pass
        except OSError:
            pass


class Mock:
    """
    A server on a free port. A subclass answers searches in search(), but that for the root DSE; what it
    does with a new connection and other requests may be replaced as well. `tls` is (certificate, key) for ldaps.
    """

    def __init__(self, tls=None):
        self.tls = None
        if tls:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(*tls)
        self.listening = socket.create_server(("127.0.0.1", 0), backlog=16)
        self.port = self.listening.getsockname()[1]
        self.clients, self.searches, self.ended = 0, 0, threading.Event()
        threading.Thread(target=self.accept, daemon=True).start()

    def url(self, base="dc=example,dc=test", rest=""):
        return f"{'ldaps' if self.tls else 'ldap'}://127.0.0.1:{self.port}/{base}{rest}"

    def stop(self):
        self.ended.set()
        self.stop_listening()

    def stop_listening(self):
        try:
            self.listening.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listening.close()

    def accept(self):
        while True:
            try:
                sock, _ = self.listening.accept()
            except OSError:
                return
            number = self.clients
            self.clients += 1
            threading.Thread(target=self.serve, args=(sock, number), daemon=True).start()

    def serve(self, sock, number):
        try:
            with sock:
                secure = self.secure(sock)
                with secure:
                    self.greet(Connection(secure, number))
        except (Gone, OSError, IndexError, ValueError):  # no LDAP that makes sense: TLS, as a rule
            pass

    def secure(self, sock):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self.tls.wrap_socket(sock, server_side=True) if self.tls else sock

    def greet(self, client):
        while True:
            request = client.receive()
            if request.operation == ber.SEARCH and request.scope == 0 and not request.base:
                self.root(client, request)
            elif request.operation == ber.SEARCH:
                self.searches += 1
                self.search(client, request)
            elif request.operation == ber.BIND:
                client.send(ber.result(request, ber.BIND_DONE))
            elif request.operation == ber.EXTENDED:
                client.send(ber.result(request, ber.EXTENDED_DONE, 2, "no such operation"))
            elif request.operation == ber.UNBIND:
                return

    def root(self, client, request):
        known = ("supportedControl", [ber.PAGED])
        client.send(ber.entry(request, "", [known]), ber.result(request, ber.DONE))

    def search(self, client, request):
        raise NotImplementedError


def person(number, *certificates):
    """An entry: its DN and its attributes."""
    name = f"Person {number:04}"
    attributes = [("objectClass", [b"top", b"person", b"organizationalPerson", b"user"]),
                  ("cn", [name.encode()]), ("mail", [f"p{number}@example.test".encode()])]
    if certificates:
        attributes.append(("userCertificate", list(certificates)))
    return f"CN={name},OU=People,DC=example,DC=test", attributes
