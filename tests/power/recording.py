"""From system calls to the events of a workload. Descriptors are told apart by their paths
(strace -y), inodes by the names that they had. At the end the names and contents must be
those that are really there: what was not understood shows itself."""
import re

from events import Answer, Names, Naming, Sync, Writing, read_tree

CALLS = ("openat,open,lseek,write,pwrite64,writev,pwritev,pwritev2,sendto,sendmsg,"
         "rename,renameat,renameat2,link,linkat,unlink,unlinkat,rmdir,mkdir,mkdirat,symlink,"
         "symlinkat,truncate,ftruncate,fallocate,copy_file_range,sendfile,splice,fsync,fdatasync,"
         "sync,syncfs,msync,sync_file_range,io_submit,io_getevents,chdir,fchdir,execve,exit_group")
# What the model does not know: none of the programs may use it below a workload's folder.
UNKNOWN = {"pwritev", "pwritev2", "fallocate", "copy_file_range", "truncate", "fdatasync", "sync",
           "syncfs", "msync", "symlink", "symlinkat"}
OWN_SYNC = "a command of the test itself"
ADMINISTRATION = ("pombo", "qtable", "qpasswd", "stsd")
QUEUED = re.compile(rb"250 2\.0\.0 queued as ([a-z0-9.]+)")
TAKEN = re.compile(r"250 2\.0\.0 taken (\S+) ([^\\\s\"]+)")


class Recording:
    """One workload below ROOT; the names that are there now are durable. base: what stands
    before "queue/" and such in paths below ROOT."""

    def __init__(self, name, root, base=""):
        self.name, self.root, self.base = name, root, base
        self.names = Names()
        self.first = read_tree(root)
        for path in sorted(self.first):
            parent, last = self.names.walk(path)
            link = self.names.add(parent, last, self.first[path] is None)
            if self.first[path] is not None:
                self.names.contents[self.names.inodes[link]] = bytearray(self.first[path])
        self.first_links = {link: (folder, name) for folder, entries in self.names.folders.items()
                            for name, link in entries.items()}
        self.first_contents = {inode: bytes(data) for inode, data in self.names.contents.items()}
        self.events = []
        self.all_versions = None

    def check(self):
        """What differs at the end from what is really there."""
        seen, real = self.names.tree(), read_tree(self.root)
        return sorted(path for path in seen.keys() | real.keys()
                      if seen.get(path, "") != real.get(path, "") and not path.startswith(self.base + "log/"))

    # --- names ---

    def create(self, time, path, is_folder):
        parent, name = self.names.walk(path)
        link = self.names.add(parent, name, is_folder)
        inode = self.names.inodes[link]
        self.names.last[path] = inode
        self.events.append(Naming(time, [(link, None, (parent, name))], inode if is_folder else None))

    def link(self, time, old, new):
        place = self.names.walk(new)
        link = self.names.new()
        self.names.inodes[link] = self.names.inode(old)
        self.names.folders[place[0]][place[1]] = link
        self.events.append(Naming(time, [(link, None, place)]))

    def remove(self, time, path):
        place = self.names.walk(path)
        link = self.names.folders[place[0]].pop(place[1])
        inode = self.names.inodes[link]
        self.names.last[path] = inode
        self.events.append(Naming(time, [(link, place, None)],
                                  removed=inode if inode in self.names.folders else None))

    def rename(self, time, old, new):
        old_place, place = self.names.walk(old), self.names.walk(new)
        link = self.names.folders[old_place[0]].pop(old_place[1])
        effects = [(link, old_place, place)]
        replaced = self.names.folders[place[0]].get(place[1])
        if replaced:
            effects.append((replaced, place, None))
        self.names.folders[place[0]][place[1]] = link
        self.names.last[old] = self.names.last[new] = self.names.inodes[link]
        self.events.append(Naming(time, effects))

    # --- contents ---

    def write(self, time, inode, offset, data):
        content = self.names.contents[inode]
        if data is None:
            del content[offset:]
            content.extend(bytes(offset - len(content)))
        else:
            content.extend(bytes(max(0, offset - len(content))))
            content[offset:offset + len(data)] = data
        self.events.append(Writing(time, inode, offset, data))

    def configuration(self):
        """The files of etc/ and sts/ that mean something."""
        return {path: data for path, data in self.names.tree().items() if self.is_configuration(path)}

    def versions(self):
        """{file: [(time, bytes)]}: what each file of the configuration ever was, and since when."""
        if self.all_versions is None:
            paths = {inode: path for path, inode in self.folder_paths()}
            self.all_versions = {path: [(0, data)] for path, data in self.first.items()}
            for event in self.events:
                for link, _, place in event.effects if isinstance(event, Naming) else ():
                    if place and place[0] in paths:
                        data = bytes(self.names.contents.get(self.names.inodes[link], b""))
                        path = f"{paths[place[0]]}{place[1]}"
                        self.all_versions.setdefault(path, []).append((event.time, data))
        return self.all_versions

    def folder_paths(self):
        """(path with a final slash, inode) of the folders that are there at the end."""
        yield "", 0
        for path, data in self.names.tree().items():
            if data is None:
                yield path + "/", self.names.inode(path)

    def is_configuration(self, path):
        """Not what is still being made: nobody reads it; nor a note of a policy that could not
        be had, which may be lost."""
        return (path.startswith((self.base + "etc/", self.base + "sts/")) and not path.endswith((".tmp", "/.lock"))
                and "/tls/.new/" not in path and not path.startswith((self.base + "sts/.", self.base + "sts/!")))

    def finish(self):
        self.events.sort(key=lambda event: event.time)


class Interpreter:
    """Goes through the calls of all workloads; each belongs to the one whose root its path
    lies in."""

    def __init__(self, recordings, places):
        self.recordings, self.places = recordings, places
        self.time = 0
        self.folders = {}   # pid -> current folder
        self.programs = {}  # pid -> (program, arguments)
        self.offsets = {}   # (pid, descriptor) -> offset
        self.committed = {}  # pid -> (recording, last name made in new/)
        self.removed = {}   # pid -> (recording, links)
        self.homes = {}     # pid -> recording that it last worked on
        self.asked = {}     # pid -> syncs that io_submit asked for

    def find(self, path):
        """(recording, path below its root), or (None, None)."""
        for recording in self.recordings:
            if path == recording.root or path.startswith(recording.root + "/"):
                return recording, path[len(recording.root) + 1:].rstrip("/")
        return None, None

    def resolve(self, call, path, at=None):
        if not path.startswith("/"):
            folder = call.descriptor(at)[1] if at is not None else self.folders.get(call.pid, "/")
            path = f"{folder}/{path}"
        recording, below = self.find(path)
        if recording:
            self.homes[call.pid] = recording
        return recording, below

    def take(self, call):
        self.time += 1
        if call.args and call.args[0].startswith("AT_FDCWD<"):
            self.folders[call.pid] = call.descriptor(0)[1]
        if call.name == "exit_group":
            self.on_exit(call)
        elif call.result is not None and call.result >= 0:
            if call.name in UNKNOWN:
                self.refuse(call)
            handler = getattr(self, "on_" + call.name, None)
            if handler:
                handler(call)

    def refuse(self, call):
        texts = " ".join(call.args)
        if any(recording.root in texts for recording in self.recordings):
            raise ValueError(f"a call that the model does not know: {call.name}({texts[:200]})")

    # --- processes ---

    def on_chdir(self, call):
        path = call.path(0)
        if not path.startswith("/"):
            path = f"{self.folders.get(call.pid, '')}/{path}"
        self.folders[call.pid] = path

    def on_execve(self, call):
        self.programs[call.pid] = call.path(0).rsplit("/", 1)[-1], call.args[1]

    def on_exit(self, call):
        program, _ = self.programs.get(call.pid, ("", ""))
        time, code = call.began + 0.5, int(call.args[0])
        if program == "qinject" and code == 0 and call.pid in self.committed:
            recording, name = self.committed[call.pid]
            recording.events.append(Answer(time, "queued", self.subject(recording, name)))
        elif program in ADMINISTRATION and call.pid in self.homes:
            recording = self.homes[call.pid]
            recording.events.append(Answer(time, "configured", (code, recording.configuration())))

    # --- names ---

    def on_openat(self, call):
        self.on_opening(call, *self.resolve(call, call.path(1), 0), call.args[2])

    def on_open(self, call):  # musl's
        self.on_opening(call, *self.resolve(call, call.path(0)), call.args[1])

    def on_opening(self, call, recording, path, flags):
        self.offsets[call.pid, str(call.result)] = 0
        if not recording or "O_DIRECTORY" in flags:
            return
        inode = recording.names.inode(path) if recording.names.link(path) else None
        if inode is None and "O_CREAT" in flags:
            recording.create(self.time, path, False)
        elif "O_TRUNC" in flags and recording.names.contents.get(inode):
            recording.write(self.time, inode, 0, None)
        elif "O_APPEND" in flags:
            self.offsets[call.pid, str(call.result)] = len(recording.names.contents[inode])

    def on_mkdir(self, call):
        recording, path = self.resolve(call, call.path(0))
        if recording:
            recording.create(self.time, path, True)

    def on_mkdirat(self, call):
        recording, path = self.resolve(call, call.path(1), 0)
        if recording:
            recording.create(self.time, path, True)

    def remove(self, call, recording, path):
        link = recording.names.link(path) if recording else None
        if link:  # a socket has none: it means nothing after a cut
            recording.remove(self.time, path)
            if path.startswith(recording.base + "mail/"):
                self.removed.setdefault(call.pid, (recording, []))[1].append(link)

    def on_unlink(self, call):
        self.remove(call, *self.resolve(call, call.path(0)))

    on_rmdir = on_unlink

    def on_unlinkat(self, call):
        self.remove(call, *self.resolve(call, call.path(1), 0))

    def rename(self, call, old, new):
        recording, path = new
        if recording:
            recording.rename(self.time, old[1], path)
            if path.startswith(recording.base + "queue/new/"):
                self.committed[call.pid] = recording, path.rsplit("/", 1)[1]

    def on_rename(self, call):
        self.rename(call, self.resolve(call, call.path(0)), self.resolve(call, call.path(1)))

    def on_renameat2(self, call):
        self.rename(call, self.resolve(call, call.path(1), 0), self.resolve(call, call.path(3), 2))

    on_renameat = on_renameat2

    def link(self, call, old, new):
        recording, path = new
        if recording:
            recording.link(self.time, old[1], path)
            if path.startswith(recording.base + "queue/new/"):
                self.committed[call.pid] = recording, path.rsplit("/", 1)[1]

    def on_link(self, call):
        self.link(call, self.resolve(call, call.path(0)), self.resolve(call, call.path(1)))

    def on_linkat(self, call):
        self.link(call, self.resolve(call, call.path(1), 0), self.resolve(call, call.path(3), 2))

    # --- contents ---

    def file(self, call):
        """(recording, inode) that the first argument, a descriptor, is open on."""
        recording, path = self.find(call.descriptor(0)[1])
        inode = recording.names.inode(path) if recording else None
        if recording:
            self.homes[call.pid] = recording
        return (recording, inode) if inode is not None else (None, None)

    def on_write(self, call):
        recording, inode = self.file(call)
        key = call.pid, call.descriptor(0)[0]
        if recording:
            offset = self.offsets.get(key, 0)
            recording.write(self.time, inode, offset, call.text(1)[:call.result])
            self.offsets[key] = offset + call.result
        else:
            self.on_answer(call)

    def on_writev(self, call):
        if self.file(call)[0]:
            raise ValueError("writev to a file")

    def on_pwrite64(self, call):
        recording, inode = self.file(call)
        if recording:
            recording.write(self.time, inode, int(call.args[3]), call.text(1)[:call.result])

    def on_lseek(self, call):
        self.offsets[call.pid, call.descriptor(0)[0]] = call.result

    def on_ftruncate(self, call):
        recording, inode = self.file(call)
        if recording:
            recording.write(self.time, inode, int(call.args[1]), None)

    def on_fsync(self, call):
        recording, inode = self.file(call)
        if recording:
            recording.events.append(Sync(self.time, inode, self.site(call), call.began))

    def on_io_submit(self, call):
        blocks = re.findall(r"aio_lio_opcode=(\w+).*?aio_fildes=(\d+)(?:<([^>]*)>)?", call.args[2])
        if len(blocks) < call.result or any(kind != "IOCB_CMD_FSYNC" for kind, *_ in blocks):
            raise ValueError("io_submit that is not understood: " + call.args[2][:200])
        self.asked[call.pid] = []
        for _, _, path in blocks[:call.result]:
            recording, below = self.find(path.removesuffix(" (deleted)"))
            if recording:
                self.asked[call.pid].append((recording, recording.names.inode(below), self.site(call), call.began))

    def on_io_getevents(self, call):
        if call.result != int(call.args[2]):
            raise ValueError("io_getevents that did not wait for all")
        for recording, inode, site, began in self.asked.pop(call.pid):
            recording.events.append(Sync(self.time, inode, site, began))

    def site(self, call):
        """The line that syncs, and for a function that does no more than that, of its caller."""
        chain = self.places.chain(call.frames)
        if not chain:
            return OWN_SYNC
        used = 1
        while used < len(chain) and re.match(r"sync_|\w+_sync$", chain[used - 1][0]):
            used += 1
        return " < ".join(f"{place} ({function})" for function, place in chain[:used])

    # --- answers ---

    def subject(self, recording, name):
        for folder in "new", "cur":
            inode = recording.names.inode(f"{recording.base}queue/{folder}/{name}")
            if inode is not None:
                found = re.search(rb"\nSubject: (\S+)\n", recording.names.contents[inode])
                return found.group(1).decode()
        raise ValueError("an answer for nothing: " + name)

    def on_answer(self, call):
        if not call.args[1].startswith('"'):
            return
        data = call.text(1)
        program, _ = self.programs.get(call.pid, ("", ""))
        queued = QUEUED.search(data) if program == "smtpd" else None
        if queued:
            recording = self.committed[call.pid][0]
            subject = self.subject(recording, queued.group(1).decode())
            recording.events.append(Answer(call.began + 0.5, "queued", subject))
        elif program == "pop3d" and data.startswith(b"+OK") and call.pid in self.removed:
            recording, links = self.removed[call.pid]
            recording.events.append(Answer(call.began + 0.5, "removed", list(links)))

    def on_sendto(self, call):
        self.on_answer(call)
        self.on_sendmsg(call)

    def on_sendmsg(self, call):
        """qremote tells qsend of what the next host took."""
        if self.programs.get(call.pid, ("", ""))[0] == "qremote":
            for subject, recipients in TAKEN.findall(" ".join(call.args)):
                for recording in self.recordings:
                    if subject.startswith(recording.name + "-"):
                        recording.events.append(Answer(call.began + 0.5, "relayed",
                                                       (subject, recipients.split(","))))
