"""Damaged and planted files, one kind after the other, the same with each seed.

damage.py queue QUEUE COUNT [SEED]    into QUEUE/new, and prints "NAME KIND" of each
damage.py refused LOG LIST            of those in LIST, prints what LOG has no line about, or more
                                      than one; fails where there is such a one
damage.py tables GOOD ETC COUNT       puts damaged copies of the compiled tables GOOD into ETC,
                                      and has smtpd work with each
damage.py texts ETC COUNT             damages text tables, and has qtable refuse each
damage.py maildir FOLDER COUNT        odd names and planted things in FOLDER/new and cur"""
import collections
import os
import random
import socket
import subprocess
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
    """Each is set aside, once."""
    set_aside = collections.Counter()
    with open(log, encoding="utf-8") as lines:
        for line in lines:
            fields = line.split(" ")
            if len(fields) > 3 and fields[2] == "corrupt":
                set_aside[fields[3].removeprefix("name=")] += 1
    wrong = 0
    with open(names, encoding="utf-8") as lines:
        for line in lines:
            name, kind = line.split()
            if set_aside[name] != 1:
                wrong += 1
                print(name, kind, set_aside[name])
    sys.exit(wrong > 0)


def damage_tables(good, chance, kind):
    data = bytearray(good)
    if kind == 0:
        return data[:chance.randrange(len(data))]
    if kind == 1:
        for _ in range(chance.randrange(1, 200)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        return data
    if kind == 2:
        at = chance.randrange(0, 2048, 4)
        data[at:at + 4] = chance.randbytes(4)
        return data
    return bytearray(chance.randbytes(chance.randrange(10000)))


def read_file(path):
    with open(path, "rb") as file:
        return file.read()


def replace(path, data):
    with open(path + ".new", "wb") as out:
        out.write(data)
    os.rename(path + ".new", path)


def try_tables(good, etc, count):
    """It ends by itself, and greets or says 421."""
    dialogue = (b"EHLO x.test\r\nMAIL FROM:<bob@pombo.test>\r\nRCPT TO:<ann@pombo.test>\r\nDATA\r\n"
                b"Subject: damaged tables\r\n\r\nx\r\n.\r\nQUIT\r\n")
    good = read_file(good)
    answers = collections.Counter()
    for i in range(int(count)):
        replace(etc + "/tables.cdb", damage_tables(good, random.Random(i), i % 4))
        done = subprocess.run(["smtpd"], input=dialogue, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              timeout=60, check=False)
        first = done.stdout[:3].decode(errors="replace")
        answers[first] += 1
        if done.returncode not in (0, 111) or first not in ("220", "421"):
            sys.exit(f"with damage {i} smtpd ended with {done.returncode}: {done.stdout[:200]}")
    print(", ".join(f"{n} {a}" for a, n in answers.items()))


def try_texts(etc, count):
    """Refused with file and line and nothing that a terminal acts on, the old in force; or
    the damage fell into a comment."""
    bad = [b"\0", b"\xff\xfe", b"x" * 100000, b"\n@@ @@\n", b"\r", b"\x1b[2J", b"\na@pombo.test\n"]
    refused = 0
    for i in range(int(count)):
        chance = random.Random(i)
        path = f"{etc}/{('domains', 'users', 'aliases', 'access', 'routes')[i % 5]}"
        good, compiled = read_file(path), read_file(etc + "/tables.cdb")
        at = chance.randrange(len(good) + 1)
        replace(path, good[:at] + chance.choice(bad) + good[at:])
        done = subprocess.run(["qtable"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False)
        if done.returncode != 0:
            refused += 1
            if done.returncode != 102 or f"{path}:".encode() not in done.stdout or b"\x1b" in done.stdout \
                    or read_file(etc + "/tables.cdb") != compiled:
                sys.exit(f"damage {i} of {path}: {done.returncode} {done.stdout[:500]}")
        replace(path, good)
    print(f"{refused} of {count} refused")
    sys.exit(refused < int(count) // 3)


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
    {"queue": fill_queue, "tables": try_tables, "texts": try_texts, "maildir": fill_maildir,
     "refused": check_refused}[sys.argv[1]](
        *sys.argv[2:])
