"""What one workload asked of the disk: events in the order in which they happened, and the
names as the running system saw them.

  Naming   a change of directories: links (names of an inode) get new places, or none
  Writing  bytes to a file, or a new size
  Sync     of a file or a directory, with the place in the sources that asked for it
  Answer   what a client or an administrator was told: from here on promises hold"""
import os


class Naming:
    """effects: [(link, old place or None, new place or None)], a place (folder's inode, name);
    made, removed: inode of a directory that it makes or removes."""

    def __init__(self, time, effects, made=None, removed=None):
        self.time, self.effects, self.made, self.removed = time, effects, made, removed
        places = [place for _, *both in effects for place in both if place]
        self.folders = {folder for folder, _ in places}
        self.places = set(places)


class Writing:
    """data None: the size becomes offset."""

    def __init__(self, time, inode, offset, data):
        self.time, self.inode, self.offset, self.data = time, inode, offset, data


class Sync:
    """began: a sync is sure for what had happened when it was asked for."""

    def __init__(self, time, inode, site, began):
        self.time, self.inode, self.site, self.began = time, inode, site, began


class Answer:
    """queued: a message's subject; relayed: (subject, recipients); removed: links;
    configured: (exit code, {file in etc: bytes})."""

    def __init__(self, time, kind, detail):
        self.time, self.kind, self.detail = time, kind, detail


class Names:
    """The names as the running system sees them: all that was asked for has happened."""

    def __init__(self):
        self.next = 1
        self.folders = {0: {}}  # inode -> {name: link}
        self.inodes = {}        # link -> inode
        self.contents = {}      # inode -> bytearray, at the end of what was read
        self.last = {}          # path -> inode, for descriptors of files with no name any more

    def new(self):
        self.next += 1
        return self.next

    def add(self, parent, name, is_folder, link=None):
        inode = self.new()
        link = link or self.new()
        self.inodes[link] = inode
        self.folders[parent][name] = link
        if is_folder:
            self.folders[inode] = {}
        else:
            self.contents[inode] = bytearray()
        return link

    def walk(self, path):
        """(inode of the parent, last name) of a relative path; None where there is none."""
        inode, parts = 0, [p for p in path.split("/") if p not in ("", ".")]
        for part in parts[:-1]:
            link = self.folders[inode].get(part)
            if link is None or self.inodes[link] not in self.folders:
                return None
            inode = self.inodes[link]
        return inode, parts[-1] if parts else ""

    def link(self, path):
        place = self.walk(path)
        return self.folders[place[0]].get(place[1]) if place else None

    def inode(self, path):
        if path == "":
            return 0
        link = self.link(path)
        return self.inodes[link] if link else self.last.get(path)

    def tree(self, folder=0, prefix=""):
        """{path: bytes, or None for a folder}."""
        out = {}
        for name, link in self.folders[folder].items():
            inode = self.inodes[link]
            if inode in self.folders:
                out[prefix + name] = None
                out |= self.tree(inode, prefix + name + "/")
            else:
                out[prefix + name] = bytes(self.contents[inode])
        return out


def read_tree(root):
    """What lies below ROOT, as Names.tree gives it. Sockets and such are no matter."""
    out = {}
    for folder, folders, files in os.walk(root):
        below = os.path.relpath(folder, root)
        prefix = "" if below == "." else below + "/"
        for name in folders:
            out[prefix + name] = None
        for name in files:
            path = f"{folder}/{name}"
            if os.path.isfile(path) and not os.path.islink(path):
                with open(path, "rb") as file:
                    out[prefix + name] = file.read()
    return out
