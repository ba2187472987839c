"""The HTTPS server of the domains sts.test and first.sts.test, which gives their policy of
MTA-STS to stsd; in a thread."""
import os
import ssl
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

POLICY = "version: STSv1\nmode: enforce\nmax_age: 86400\nmx: mx.{0}.test\n"
KEPT = "x-id: {0}\nx-fetched: {1}\nx-used: {1}\n" + POLICY


def make_authority(folder):
    """A certificate that is its own authority: its folder, for tls_ca_dir."""
    authorities = folder + "/authorities"
    os.mkdir(authorities)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=sts",
                    "-addext", "subjectAltName=DNS:mta-sts.sts.test,DNS:mta-sts.first.sts.test",
                    "-keyout", folder + "/key.pem", "-out", authorities + "/cert.pem"],
                   check=True, capture_output=True)
    subprocess.run(["openssl", "rehash", authorities], check=True, capture_output=True)
    return authorities


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        body = POLICY.format("new").encode()
        self.send_response_only(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class PolicyHost(ThreadingHTTPServer):
    """By the certificate in FOLDER, of make_authority."""
    daemon_threads = True

    def __init__(self, folder, port=0):
        super().__init__(("127.0.0.2", port), Handler)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(folder + "/authorities/cert.pem", folder + "/key.pem")
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def finish_request(self, request, client_address):
        try:
            with self.context.wrap_socket(request, server_side=True) as tls:
                super().finish_request(tls, client_address)
        except OSError:
            pass  # it was killed
