#!/usr/bin/python3
"""An HTTPS server of policies that does what a test tells it.

    policy_server.py DIR

listens at 127.0.0.1 on PORT of the environment, or any, writes its port to DIR/port, and each request to DIR/seen as "HOST PATH". The host that the
client asks for in TLS (SNI) names a folder below DIR: chain.pem and key.pem are its
certificate, and the file answer, read anew for each request, what it does: a line of words,
then the body. The words are a status (200), and
    type=TYPE       the Content-Type, blanks as "+" (text/plain); empty: none
    to=URL          the Location
    hang, drip      says nothing; sends a byte now and then, for ever
    size=N          N more bytes, behind the body
    chunked         without a Content-Length
DIR itself has a certificate for names without a folder."""
import os
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FOLDER = sys.argv[1]
LOCK = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        host = self.headers.get("Host", "").split(":")[0]
        with LOCK, open(f"{FOLDER}/seen", "a", encoding="utf-8") as seen:
            seen.write(f"{host} {self.path}\n")
        with open(f"{FOLDER}/{host}/answer", "rb") as file:
            words, body = file.read().split(b"\n", 1)
        self.answer(words.decode().split(), body)

    def answer(self, words, body):
        options = dict(w.partition("=")[::2] for w in words)
        status = next((int(w) for w in words if w.isdigit()), 200)
        body += b"#" * int(options.get("size", 0))
        if "hang" in options:
            time.sleep(30)
            return
        self.send_response_only(status)
        kind = options.get("type", "text/plain").replace("+", " ")
        if kind:
            self.send_header("Content-Type", kind)
        if "to" in options:
            self.send_header("Location", options["to"])
        if "chunked" in options:
            self.send_header("Transfer-Encoding", "chunked")
            body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
        else:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if "drip" in options:
            for byte in body * 1000:
                self.wfile.write(bytes([byte]))
                time.sleep(0.2)
        self.wfile.write(body)


def context_of(folder):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(f"{folder}/chain.pem", f"{folder}/key.pem")
    return context


def choose(connection, name, _):
    if name and os.path.exists(f"{FOLDER}/{name}/chain.pem"):
        connection.context = context_of(f"{FOLDER}/{name}")


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, context):
        super().__init__(("127.0.0.1", int(os.environ.get("PORT", 0))), Handler)
        self.context = context

    def finish_request(self, request, client_address):
        """In the connection's own thread: a client that stalls delays itself alone."""
        try:
            request.settimeout(60)
            with self.context.wrap_socket(request, server_side=True) as tls:
                super().finish_request(tls, client_address)
        except (OSError, FileNotFoundError):
            pass


def main():
    context = context_of(FOLDER)
    context.sni_callback = choose
    server = Server(context)
    with open(f"{FOLDER}/port.new", "w", encoding="ascii") as file:
        file.write(f"{server.server_address[1]}\n")
    os.rename(f"{FOLDER}/port.new", f"{FOLDER}/port")
    server.serve_forever()


if __name__ == "__main__":
    main()
