"""Damaged and planted files, one kind after the other, the same with each seed.

damage.py queue QUEUE COUNT [SEED]    into QUEUE/new, and prints "NAME KIND" of each
damage.py refused LOG LIST            of those in LIST, prints what LOG has no line about, or more
                                      than one; fails where there is such a one
damage.py tables FILE TO NUMBER       a damaged copy of the compiled tables FILE
damage.py text FILE NUMBER            damages a text table in place
damage.py maildir FOLDER COUNT        odd names and planted things in FOLDER/new and cur"""
import collections
import os
import random
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "qsend"))
import queuefile  # noqa: E402

GOOD = queuefile.build([("victim@pombo.test", "", "")], sender="eve@pombo.test",
                       body=b"Subject: damaged\n\nsecret\n" + b"line\n" * 50)
HEAD = GOOD.index(b"\n\n") + 2
STATE = GOOD.index(b"\nR ") + 3  # a byte that any state may stand in


def flip_in_header(chance):
    at = chance.choice([i for i in range(HEAD) if i != STATE])
    return GOOD[:at] + bytes([GOOD[at] ^ (1 << chance.randrange(8))]) + GOOD[at + 1:]


def flip_in_body(chance):
    at = chance.randrange(HEAD, len(GOOD) - 30)
    return GOOD[:at] + bytes([GOOD[at] ^ (1 << chance.randrange(8))]) + GOOD[at + 1:]


def truncate(chance):
    return GOOD[:chance.randrange(len(GOOD))]


def append(chance):
    return GOOD + chance.randbytes(chance.randrange(1, 100))


def take_out(chance):
    at = chance.randrange(len(GOOD) - 1)
    return GOOD[:at] + GOOD[at + chance.randrange(1, len(GOOD) - at):]


def put_in(chance):
    at = chance.randrange(1, len(GOOD))
    return GOOD[:at] + chance.randbytes(chance.randrange(1, 50)) + GOOD[at:]


def noise(chance):
    return b"pombo 1 " * chance.randrange(2) + chance.randbytes(chance.randrange(20000))


def lie_of_length(chance):
    return b"pombo 1 %08x" % chance.randrange(1 << 32) + GOOD[16:]


TEXTS = {f.__name__: f for f in (flip_in_header, flip_in_body, truncate, append, take_out, put_in, noise,
                                 lie_of_length)}


def write(path, data):
    with open(path, "xb") as out:
        out.write(data)


def plant_symlink(path, folder):
    write(folder + "/" + os.path.basename(path), GOOD)
    os.symlink(folder + "/" + os.path.basename(path), path)


def plant_dangling(path, _folder):
    os.symlink("/nowhere/at/all", path)


def plant_fifo(path, _folder):
    os.mkfifo(path)


def plant_folder(path, folder):
    other = folder + "/" + os.path.basename(path)
    os.mkdir(other)
    write(other + "/inside", GOOD)
    os.rename(other, path)


def plant_hard_link(path, folder):
    other = folder + "/" + os.path.basename(path)
    write(other, GOOD)
    os.link(other, path)


def plant_socket(path, _folder):
    here = os.open(".", os.O_RDONLY)
    os.chdir(os.path.dirname(path))
    socket.socket(socket.AF_UNIX).bind(os.path.basename(path))
    os.fchdir(here)


def plant_hole(path, folder):
    other = folder + "/" + os.path.basename(path)
    write(other, GOOD)
    os.truncate(other, 1 << 32)
    os.rename(other, path)


PLANTS = {f.__name__: f for f in (plant_symlink, plant_dangling, plant_fifo, plant_folder, plant_hard_link,
                                  plant_socket, plant_hole)}


def fill_queue(queue, count, seed="1"):
    """Texts are put into tmp/ and renamed, as a submitter would."""
    chance = random.Random(seed)
    outside = os.path.dirname(queue) + "/outside"
    os.makedirs(outside, exist_ok=True)
    kinds = list(TEXTS) + list(PLANTS)
    for i in range(int(count)):
        kind = kinds[i % len(kinds)]
        name = queuefile.make_name()
        if kind in TEXTS:
            data = TEXTS[kind](chance)
            if data == GOOD:
                continue
            write(f"{queue}/tmp/{name}", data)
            os.rename(f"{queue}/tmp/{name}", f"{queue}/new/{name}")
        else:
            PLANTS[kind](f"{queue}/new/{name}", outside)
        print(name, kind, flush=True)
        time.sleep(0.002)


def check_refused(log, names):
    """Set aside; where only the text is damaged, which is read at delivery, deferred."""
    set_aside, deferred = collections.Counter(), set()
    with open(log, encoding="utf-8") as lines:
        for line in lines:
            fields = line.split(" ")
            if len(fields) > 3 and fields[2] == "corrupt":
                set_aside[fields[3].removeprefix("name=")] += 1
            elif len(fields) > 3 and fields[2] == "deferred":
                deferred.add(fields[3].removeprefix("id="))
    wrong = 0
    with open(names, encoding="utf-8") as lines:
        for line in lines:
            name, kind = line.split()
            if not (name in deferred if kind == "flip_in_body" else set_aside[name] == 1):
                wrong += 1
                print(name, kind, set_aside[name])
    sys.exit(wrong > 0)


def damage_tables(source, target, number):
    chance = random.Random(number)
    with open(source, "rb") as file:
        data = bytearray(file.read())
    kind = int(number) % 4
    if kind == 0:
        data = data[:chance.randrange(len(data))]
    elif kind == 1:
        for _ in range(chance.randrange(1, 200)):
            data[chance.randrange(len(data))] = chance.randrange(256)
    elif kind == 2:
        at = chance.randrange(0, 2048, 4)
        data[at:at + 4] = chance.randbytes(4)
    else:
        data = bytearray(chance.randbytes(chance.randrange(10000)))
    with open(target + ".new", "wb") as out:
        out.write(data)
    os.rename(target + ".new", target)


def damage_text(path, number):
    chance = random.Random(number)
    with open(path, "rb") as file:
        data = file.read()
    at = chance.randrange(len(data) + 1)
    bad = chance.choice([b"\0", b"\xff\xfe", b"x" * 100000, b"\n@@ @@\n", b"\r", b"\x1b[2J", b"\na@pombo.test\n"])
    with open(path, "wb") as out:
        out.write(data[:at] + bad + data[at:])


def fill_maildir(folder, count):
    chance = random.Random(7)
    outside = folder + ".outside"
    os.makedirs(outside, exist_ok=True)
    text = b"Subject: odd name\n\nbody\n"
    for i in range(int(count)):
        where = f"{folder}/{chance.choice(('new', 'cur'))}"
        kind = i % 10
        if kind < 5:
            name = [f"{i}\n+OK forged".encode(), b"\xff\xfe" + str(i).encode(), b"x" * 240 + str(i).encode(),
                    f"{i}.host,S=99999999999999999999,W=1:2,SSSS".encode(),
                    f"{i}.host:2,\x1b[31m".encode()][kind]
            write(where.encode() + b"/" + name, text)
        elif kind == 5:
            os.symlink("/etc/passwd", f"{where}/{i}.link")
        elif kind == 6:
            os.mkfifo(f"{where}/{i}.fifo")
        elif kind == 7:
            os.mkdir(f"{where}/{i}.folder")
        elif kind == 8:
            os.symlink(f"{where}/{i}.loop", f"{where}/{i}.loop")
        else:
            write(f"{outside}/{i}", text)
            os.link(f"{outside}/{i}", f"{where}/{i}.hard")


if __name__ == "__main__":
    {"queue": fill_queue, "tables": damage_tables, "text": damage_text, "maildir": fill_maildir,
     "refused": check_refused}[sys.argv[1]](
        *sys.argv[2:])
