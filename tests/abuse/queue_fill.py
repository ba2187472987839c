"""Fills a queue with deferred messages, as an outage of days would leave them.
Usage: queue_fill.py [--settled] QUEUE COUNT ADDRESS...  The ADDRESSes take turns; half of the
messages is due now, in one folder of the wheel, the other half in the days to come. With
--settled they are new, and nothing is owed to any recipient."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "qsend"))
import queuefile  # noqa: E402

UNIT = 16
PROCESSES = 4
FOLDERS = 2000  # of what is not due yet
DIGITS = str.maketrans("0189", "xyzw")  # names hold letters and 2 to 7


def write(path, data):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o660)
    os.write(fd, data)
    os.close(fd)


def name_of(i):
    return "d" + f"{i:07d}".translate(DIGITS) + "abcdefghijklmnopqr"


def fill_wheel(queue, count, texts):
    slot = int(time.time()) // UNIT
    due = f"{queue}/wheel/{slot - 1:010x}"
    later = [f"{queue}/wheel/{slot + 100 + 12 * i:010x}" for i in range(FOLDERS)]
    for folder in [due] + later:
        os.makedirs(folder, mode=0o700, exist_ok=True)
    children = []
    for part in range(PROCESSES):
        pid = os.fork()
        if pid == 0:
            for i in range(part, count, PROCESSES):
                folder = due if i // PROCESSES % 2 == 0 else later[i % FOLDERS]
                write(f"{folder}/{name_of(i)}", texts[i // 8 % len(texts)])
            os._exit(0)
        children.append(pid)
    if any(os.waitpid(pid, 0)[1] != 0 for pid in children):
        sys.exit("a part could not be written")


def fill_new(queue, count, text):
    for i in range(count):
        write(f"{queue}/tmp/{name_of(i)}", text.replace(b"\nR . ", b"\nR D "))
        os.rename(f"{queue}/tmp/{name_of(i)}", f"{queue}/new/{name_of(i)}")


def main(args):
    is_settled = args[0] == "--settled"
    queue, count, *addresses = args[is_settled:]
    arrival = int(time.time()) - 3600
    texts = [queuefile.build([(a, "", "")], sender="ann@pombo.test", arrival=arrival) for a in addresses]
    if is_settled:
        fill_new(queue, int(count), texts[0])
    else:
        fill_wheel(queue, int(count), texts)


if __name__ == "__main__":
    main(sys.argv[1:])
