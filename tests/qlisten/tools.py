"""Clients and starters for the tests of qlisten.

tools.py get ADDRESS            prints all that the server sends
tools.py crowd ADDRESS GROUP... GROUP is NUMBER@IP or NUMBER: so many connections at
                                once, all held; a line for each group counts the
                                first lines that they get
tools.py early ADDRESS          sends 100 kB first, and prints all that comes
tools.py pass NUMBER COMMAND... becomes COMMAND with listening sockets from 3 on; their
                                addresses go to the file "passed"
tools.py notified COMMAND...    starts COMMAND and prints what it sends to its
                                NOTIFY_SOCKET, then ends it
"""
import collections
import os
import socket
import subprocess
import sys


def connect(address, source=None):
    if address.startswith("unix:"):
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(10)
        client.connect(address[5:])
        return client
    host, port = address.rsplit(":", 1)
    host = "127.0.0.1" if host == "*" else host.strip("[]")
    return socket.create_connection(
        (host, int(port)), 10, (source, 0) if source else None
    )


def read_all(client):
    data = b""
    while chunk := client.recv(65536):
        data += chunk
    return data


def get(address):
    sys.stdout.buffer.write(read_all(connect(address)))


def early(address):
    client = connect(address)
    client.sendall(b"x" * 100000)
    sys.stdout.buffer.write(read_all(client))


def crowd(address, *groups):
    held = []
    for group in groups:
        number, _, source = group.partition("@")
        clients = [connect(address, source) for _ in range(int(number))]
        lines = (client.makefile().readline().strip() for client in clients)
        counts = collections.Counter(lines)
        held += clients
        print(", ".join(f"{count} {line}" for line, count in sorted(counts.items())))


def pass_sockets(number, *command):
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(int(number))]
    with open("passed", "w", encoding="ascii") as file:
        for listener in listeners:
            file.write("127.0.0.1:%d\n" % listener.getsockname()[1])
    copies = [os.dup(listener.fileno()) for listener in listeners]
    for fd, copy in enumerate(copies, 3):
        os.dup2(copy, fd)
    os.environ["LISTEN_PID"] = str(os.getpid())
    os.environ["LISTEN_FDS"] = number
    os.execvp(command[0], command)


def notified(*command):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("notify")
        listener.settimeout(10)
        environment = dict(os.environ, NOTIFY_SOCKET=os.path.abspath("notify"))
        with subprocess.Popen(command, env=environment) as started:
            print(listener.recv(100).decode())
            started.terminate()


COMMANDS = {
    "get": get,
    "early": early,
    "crowd": crowd,
    "pass": pass_sockets,
    "notified": notified,
}

COMMANDS[sys.argv[1]](*sys.argv[2:])
