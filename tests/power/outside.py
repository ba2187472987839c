"""What stsd speaks to, a name server and the host of a policy, and a day's results of TLS;
tests/crash has made them."""
import multiprocessing
import os
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path += [HERE + "/../crash", HERE + "/../qsend"]
from dayfile import line as make_day_line  # noqa: E402
from peers import NameServer  # noqa: E402
from policy_host import KEPT, PolicyHost, make_authority  # noqa: E402

DNS_PORT = 5353
POLICY_PORT = 4443
AUTHORITY = "authority"  # below the folder that all is in

__all__ = ["AUTHORITY", "DNS_PORT", "KEPT", "POLICY_PORT", "make_day_line", "serve", "serve_beside"]


def serve(folder):
    """In threads of this process and its network. FOLDER/AUTHORITY is there."""
    NameServer(DNS_PORT)
    PolicyHost(f"{folder}/{AUTHORITY}", POLICY_PORT)


def serve_for_good(folder, is_ready):
    serve(folder)
    is_ready.set()
    threading.Event().wait()


def serve_beside(folder):
    """In a process of its own until this one ends: it forks, which threads may not see.
    Makes FOLDER/AUTHORITY."""
    os.mkdir(f"{folder}/{AUTHORITY}")
    make_authority(f"{folder}/{AUTHORITY}")
    is_ready = multiprocessing.Event()
    multiprocessing.Process(target=serve_for_good, args=(folder, is_ready), daemon=True).start()
    is_ready.wait()
