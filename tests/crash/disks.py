"""Small file systems of their own for mailboxes and queue (tmpfs, in a mount namespace of
the process), whose room is counted in pages."""
import ctypes
import os

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNS = 0x20000
MS_REMOUNT, MS_REC_PRIVATE = 32, 0x44000
MNT_DETACH = 2
PAGE = 4096
LARGE = 64 << 20


def call(result):
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def mount(path, flags, options):
    call(LIBC.mount(b"tmpfs", path.encode(), b"tmpfs", flags, options.encode()))


class SmallDisks:
    """Does nothing until enable(). room: the pages that shrink() leaves; None: enough."""

    def __init__(self):
        self.is_enabled = False
        self.room = None
        self.mounted = []
        self.used_before = {}

    def enable(self):
        call(LIBC.unshare(CLONE_NEWNS))
        call(LIBC.mount(b"none", b"/", None, MS_REC_PRIVATE, None))
        self.is_enabled = True

    def make(self, *paths):
        for path in paths if self.is_enabled else ():
            mount(path, 0, f"size={LARGE},mode=0700")
            self.mounted.append(path)

    def remove(self):
        for path in self.mounted:
            call(LIBC.umount2(path.encode(), MNT_DETACH))
        self.mounted = []

    def count(self):
        """Pages in use, for each."""
        found = {}
        for path in self.mounted:
            status = os.statvfs(path)
            found[path] = (status.f_blocks - status.f_bfree) * status.f_frsize // PAGE
        return found

    def shrink(self):
        self.used_before = self.count()
        if self.room is None:
            return
        for path, pages in self.used_before.items():
            # A size of 0 would mean no limit.
            mount(path, MS_REMOUNT, f"size={max(pages + self.room, 1) * PAGE}")

    def give_room(self):
        for path in self.mounted:
            mount(path, MS_REMOUNT, f"size={LARGE}")

    def used(self):
        """The most pages that a run may need, as it would seem after one."""
        growth = [pages - self.used_before[path] for path, pages in self.count().items()]
        return max([0, *growth]) + 3
