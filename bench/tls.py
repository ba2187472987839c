"""What TLS costs: sessions a second, new and resumed, and mail inside TLS. The load comes
from bench/tlsload; all servers show the same two certificates."""
import glob
import os
import smtplib
import ssl
import subprocess
import time

import pop3
from group import kernel_kib
from workloads import LIMIT, Meter

HERE = os.path.dirname(os.path.abspath(__file__))


def build(binaries):
    subprocess.run(["gcc", "-std=gnu11", "-D_GNU_SOURCE", "-O2", "-Wall", "-o", binaries + "/tlsload",
                    *sorted(glob.glob(HERE + "/tlsload/*.c")), "-lssl", "-lcrypto"], check=True)


def load(system, logs, service, *options, key="ecdsa"):
    """Runs tlsload against the port where SYSTEM shows the certificate with KEY."""
    port = system.port if "-p" in options else system.spec["tls"][key]
    done = subprocess.run([os.path.dirname(logs) + "/bin/tlsload", "-k", key, *map(str, options), service, str(port)],
                          timeout=LIMIT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.decode(errors="replace")[:200])
    seconds, count, resumed, version, cipher = done.stdout.decode().split()
    return {"n": int(count), "done": int(count), "total_s": float(seconds), "resumed": int(resumed),
            "tls": f"{version} {cipher}"}


def sessions(service, text, *options, key="ecdsa", count=1000):
    def run(system, logs):
        with Meter(system) as meter:
            figures = load(system, logs, service, "-n", system.spec.get("W1", count), *options, key=key)
        return dict(figures, **meter.figures)
    run.__doc__ = text
    return run


def mail(text, count, size, *options, short=None):
    """COUNT messages, until the last lies in the mailbox."""
    def run(system, logs):
        number = system.spec.get(short, count)
        system.empty(["u"])
        with Meter(system) as meter:
            figures = load(system, logs, "smtp", "-n", number, "-s", size, *options)
            total, done = system.wait_for(["u"], number, LIMIT, meter.start)
        system.empty(["u"])
        return dict(figures, **meter.figures, done=done, accepted_s=figures["total_s"], total_s=total)
    run.__doc__ = text
    return run


def make_context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def read_again(system, _logs):
    """1,000 messages of 4 KiB read in one session, for the second time"""
    pop3.fill(system, 1000)
    context = make_context()
    pop3.read_all(system, 1000, context)
    figures = pop3.read_all(system, 1000, context)
    pop3.fill(system, 0)
    return figures


def idle(system, _logs, count=200):
    """200 idle sessions inside TLS: KiB each, of the processes and of the kernel"""
    context, clients = make_context(), []
    with open_smtp(system, context):  # what is made for the first one stays
        pass
    time.sleep(1)
    pss, kernel = system.group.pss(), kernel_kib()
    try:
        with Meter(system) as meter:
            for _ in range(count):
                clients.append(open_smtp(system, context))
            total = time.monotonic() - meter.start
        return dict(meter.figures, n=count, done=count, total_s=total, pss_kib=(system.group.pss() - pss) / count,
                    kernel_kib=(kernel_kib() - kernel) / count)
    finally:
        for client in clients:
            client.close()
        time.sleep(1)


def open_smtp(system, context):
    client = smtplib.SMTP("127.0.0.1", system.spec["tls"]["ecdsa"], "client.bench.test", 60)
    client.starttls(context=context)
    return client


SMTP = {
    "W8 SMTP": sessions("smtp", "EHLO, STARTTLS, EHLO, QUIT: TLS 1.3, ECDSA, new sessions"),
    "W8 SMTP, resumed": sessions("smtp", "the same, sessions resumed", "-r"),
    "W8 SMTP, RSA": sessions("smtp", "new sessions, RSA of 2048 bits", key="rsa"),
    "W8 SMTP, TLS 1.2": sessions("smtp", "new sessions, TLS 1.2", "-v", "1.2"),
    "W8 SMTP, TLS 1.2 resumed": sessions("smtp", "TLS 1.2, sessions resumed", "-v", "1.2", "-r"),
    "W8 SMTP, no TLS": sessions("smtp", "EHLO, QUIT", "-p"),
    "W9 connection a message": mail("4 KiB messages by 10 sessions, a new one each", 2000, 4096, short="W1"),
    "W9 sessions kept": mail("the same, sessions kept", 2000, 4096, "-d"),
    "W9 10 MiB": mail("20 messages of 10 MiB by 4 sessions", 20, 10 << 20, "-c", 4),
    "W9 idle": idle,
}
POP3 = {
    "W8 POP3S": sessions("pop3s", "TLS, CAPA, QUIT: TLS 1.3, ECDSA, new sessions"),
    "W8 POP3S, resumed": sessions("pop3s", "the same, sessions resumed", "-r"),
    "W8 POP3S, RSA": sessions("pop3s", "new sessions, RSA of 2048 bits", key="rsa"),
    "W9 POP3S, 1,000 messages": read_again,
}
