"""What a disk may show after a power cut: the model.

Sure is what was synced: a file's bytes and size by a sync of the file, a name by a sync of
the directory that holds it. All else may be there or not, piece by piece:
  - Each write to a file by itself is whole, lost, torn (a first or a last part of it), or
    only its size is there (the bytes are zeros, or what lay on the disk before: junk).
    Later writes may be there without earlier ones. What lay in the file itself is there
    where a write in its place is not. One byte can't be torn.
  - Each change of a directory by itself has happened or not, in any order, but:
      a rename is one change: exactly one of the two names is there, and what it replaces
      goes in the same instant; a sync of either directory makes it sure;
      one name's changes (create, rename, rename, unlink) keep their order, and so do the
      changes of what one name leads to: there is no state with a later one alone;
      a change that nobody synced drags along the making of the directory that it is in, and
      a directory goes only after what was in it: a file system is consistent.
    Not so where a directory was synced: that makes its entries sure and not its own name, so
    a mailbox that was made without a sync of its parent may be gone with all that is in it.
  - commits_names=True: a sync of a file also makes the names sure that it had got before, as
    on Linux's journalling file systems. Only what may not open new/ relies on it.
Owners and modes are not modelled."""
import hashlib
import random

from events import Naming, Sync, Writing

JUNK = bytes(random.Random(1).randrange(256) for _ in range(4096))


def apply_write(content, write, how):
    """HOW: "whole", "lost", ("head", n), ("tail", n), "zeros" or "junk"."""
    data, offset = write.data, write.offset
    if how in ("zeros", "junk") and data is not None and offset + len(data) <= len(content):
        how = "lost"  # in place: what was there before
    if how == "lost":
        return
    if data is None:
        del content[offset:]
        content.extend(bytes(offset - len(content)))
        return
    if how[0] == "head":
        data = data[:how[1]]
    elif how[0] == "tail":
        offset, data = offset + how[1], data[how[1]:]
    elif how == "zeros":
        data = bytes(len(data))
    elif how == "junk":
        data = (JUNK * (len(data) // len(JUNK) + 1))[:len(data)]
    content.extend(bytes(max(0, offset - len(content))))
    content[offset:offset + len(data)] = data


class Moment:
    """What is sure and what is not at one cut: after events[:cut]."""

    def __init__(self, disk, cut, without):
        self.disk, self.cut = disk, cut
        events = disk.recording.events[:cut]
        self.sure_namings, self.sure_writes = set(), set()
        for event in events:
            if isinstance(event, Sync) and event.site != without:
                self.add_sync(event)
        self.namings = [i for i, e in enumerate(events)
                        if isinstance(e, Naming) and i not in self.sure_namings]
        self.writes = [i for i, e in enumerate(events)
                       if isinstance(e, Writing) and i not in self.sure_writes]

    def add_sync(self, sync):
        disk = self.disk
        for i in disk.writes_of.get(sync.inode, ()):
            if disk.recording.events[i].time <= sync.began:
                self.sure_writes.add(i)
        found = list(disk.namings_in.get(sync.inode, ()))
        if disk.commits_names:
            found += disk.namings_of.get(sync.inode, ())
        for i in found:
            if disk.recording.events[i].time <= sync.began:
                disk.close(i, self.sure_namings, disk.commits_names)

    def close(self, chosen):
        """The unsynced changes that happen where CHOSEN do."""
        closed = set()
        for i in chosen:
            self.disk.close(i, closed, True)
        return closed

    def above(self, without):
        """All unsynced changes but WITHOUT and what rests on it."""
        return {i for i in self.namings if without not in self.close([i])}


class Disk:
    def __init__(self, recording, commits_names):
        self.recording, self.commits_names = recording, commits_names
        self.namings_in, self.namings_of, self.writes_of = {}, {}, {}
        self.hard, self.soft = {}, {}  # naming -> earlier ones: in its order; its folder's making
        last_of_link, last_at_place, made, inside = {}, {}, {}, {}
        for i, event in enumerate(recording.events):
            if isinstance(event, Writing):
                self.writes_of.setdefault(event.inode, []).append(i)
            if not isinstance(event, Naming):
                continue
            needs = set()
            for link, *_ in event.effects:
                needs |= {last_of_link[link]} if link in last_of_link else set()
                last_of_link[link] = i
                self.namings_of.setdefault(recording.names.inodes[link], []).append(i)
            for place in event.places:
                needs |= {last_at_place[place]} if place in last_at_place else set()
                last_at_place[place] = i
            if event.removed:
                needs |= inside.get(event.removed, set())
            self.hard[i] = needs
            self.soft[i] = {made[folder] for folder in event.folders if folder in made}
            for folder in event.folders:
                self.namings_in.setdefault(folder, []).append(i)
                inside.setdefault(folder, set()).add(i)
            if event.made:
                made[event.made] = i
        self.contents = {}  # (inode, ends of its writes) -> bytes

    def moment(self, cut, without=None):
        return Moment(self, cut, without)

    def nothing(self, cut):
        """No write that nobody synced is there."""
        return {i: "lost" for i in range(cut)}

    def close(self, naming, closed, is_consistent):
        """Adds NAMING to CLOSED with all that it rests on."""
        waiting = [naming]
        while waiting:
            i = waiting.pop()
            if i not in closed:
                closed.add(i)
                waiting += self.hard[i]
                if is_consistent:
                    waiting += self.soft[i]

    def content(self, inode, moment, hows):
        """HOWS: {write that nobody synced: how it ended}; "whole" where not named."""
        writes = [i for i in self.writes_of.get(inode, ()) if i < moment.cut]
        ends = tuple("whole" if i in moment.sure_writes else hows.get(i, "whole") for i in writes)
        if (inode, ends) not in self.contents:
            content = bytearray(self.recording.first_contents.get(inode, b""))
            for i, how in zip(writes, ends):
                apply_write(content, self.recording.events[i], how)
            self.contents[inode, ends] = bytes(content)
        return self.contents[inode, ends]

    def state(self, moment, namings, hows):
        """[(path, inode, bytes or None for a folder)], sorted: the tree that is there."""
        places = dict(self.recording.first_links)
        for i in sorted(moment.sure_namings | namings):
            for link, _, place in self.recording.events[i].effects:
                places[link] = place
        entries = {}
        for link, place in places.items():
            if place:
                entries.setdefault(place[0], {})[place[1]] = self.recording.names.inodes[link]
        out = []
        self.add_folder(out, entries, 0, "", lambda inode: self.content(inode, moment, hows))
        return out

    def add_folder(self, out, entries, folder, prefix, get_content):
        for name, inode in sorted(entries.get(folder, {}).items()):
            is_folder = inode in self.recording.names.folders
            out.append((prefix + name, inode, None if is_folder else get_content(inode)))
            if is_folder:
                self.add_folder(out, entries, inode, prefix + name + "/", get_content)


def digest(state):
    """Tells states apart: names, contents, and which names are of one file."""
    first = {}
    out = hashlib.sha256()
    for path, inode, content in state:
        out.update(repr((path, first.setdefault(inode, path))).encode())
        out.update(b"/" if content is None else hash(content).to_bytes(8, "big", signed=True))
    return out.digest()
