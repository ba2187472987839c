"""Fills a queue with deferred messages, as an outage of days would leave them.
Usage: queue_fill.py QUEUE COUNT ADDRESS...  The ADDRESSes take turns; half of the messages
is due now, in one folder of the wheel, the other half in the days to come."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "qsend"))
import queuefile  # noqa: E402

UNIT = 16
FOLDERS = 2000  # of what is not due yet
DIGITS = str.maketrans("0189", "xyzw")  # names hold letters and 2 to 7


def write(path, data):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o660)
    os.write(fd, data)
    os.close(fd)


def main(queue, count, addresses):
    now = int(time.time())
    texts = [queuefile.build([(a, "", "")], sender="ann@pombo.test", arrival=now - 3600)
             for a in addresses]
    due = f"{queue}/wheel/{now // UNIT - 1:010x}"
    later = [f"{queue}/wheel/{now // UNIT + 100 + 12 * i:010x}" for i in range(FOLDERS)]
    for folder in [due] + later:
        os.makedirs(folder, mode=0o700, exist_ok=True)
    for i in range(count):
        name = "d" + f"{i:07d}".translate(DIGITS) + "abcdefghijklmnopqr"
        folder = due if i % 2 == 0 else later[i % FOLDERS]
        write(f"{folder}/{name}", texts[i // 2 % len(texts)])


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3:])
