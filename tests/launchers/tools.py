"""Clients for the tests of the launchers.

tools.py port                    prints a free TCP port of 127.0.0.1
tools.py get HOST PORT           prints all that the server sends
tools.py smtp HOST PORT [COUNT]  COUNT sessions one after the other: greeting and QUIT
tools.py pop3 HOST PORT          the same once, in POP3
tools.py send HOST PORT FROM TO  a message
tools.py sends HOST PORT FROM TO the same, inside TLS from the start
tools.py syslog PATH             prints each datagram that comes as a line
tools.py unix PATH               connects, and prints what comes within a second
"""
import smtplib
import socket
import ssl
import sys


def port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1])


def get(host, number):
    with socket.create_connection((host, int(number)), 10) as client:
        while chunk := client.recv(65536):
            sys.stdout.buffer.write(chunk)


def converse(host, number, greeting, farewell):
    with socket.create_connection((host, int(number)), 10) as client:
        lines = client.makefile("rb")
        first = lines.readline()
        client.sendall(b"QUIT\r\n")
        last = lines.read()
    if not first.startswith(greeting) or not last.startswith(farewell):
        sys.exit(f"got {first!r}, then {last!r}")


def smtp(host, number, count="1"):
    for _ in range(int(count)):
        converse(host, number, b"220 ", b"221 ")


def pop3(host, number):
    converse(host, number, b"+OK", b"+OK")


def send(host, number, sender, recipient):
    with smtplib.SMTP(host, int(number), "client.example.net", 10) as client:
        client.sendmail(sender, [recipient], "Subject: by a launcher\r\n\r\nhello\r\n")


def sends(host, number, sender, recipient):
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with smtplib.SMTP_SSL(host, int(number), "client.example.net", timeout=10, context=context) as client:
        client.sendmail(sender, [recipient], "Subject: by a launcher\r\n\r\nhello\r\n")


def syslog(path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(path)
        while True:
            print(listener.recv(65536).decode().rstrip("\n"), flush=True)


def unix(path):
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)
        client.settimeout(1)
        try:
            sys.stdout.buffer.write(client.recv(65536))
        except TimeoutError:
            print("silence")


COMMANDS = {
    "port": port,
    "get": get,
    "smtp": smtp,
    "pop3": pop3,
    "send": send,
    "sends": sends,
    "syslog": syslog,
    "unix": unix,
}

COMMANDS[sys.argv[1]](*sys.argv[2:])
