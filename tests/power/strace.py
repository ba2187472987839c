"""Reads what strace -f -k -y wrote: one Call after the other, in the order in which they
returned, each with how many had returned when it began."""
import codecs
import re
import subprocess

LINE = re.compile(r"^(\d+) +(.*)$")
RESUMED = re.compile(r"^<\.\.\. (\w+) resumed>(.*)$")
CALL = re.compile(r"^(\w+)\((.*)$")
END = re.compile(r"^(.*)\) += (-?\d+|\?|0x[0-9a-f]+)(.*)$", re.S)
FRAME = re.compile(r"^ > (.*)\((?:[^()]*)\) \[0x([0-9a-f]+)\]$")
DESCRIPTOR = re.compile(r"^(-?\d+|AT_FDCWD)(?:<(.*)>)?$", re.S)


class Call:
    """A system call. began: how many calls had returned before it was made."""

    def __init__(self, pid, name, args, began):
        self.pid, self.name, self.args, self.began = pid, name, args, began
        self.result = None
        self.result_path = None  # of the descriptor that it returned
        self.frames = []         # (program, address), innermost first

    def text(self, index):
        """The bytes of a string argument."""
        return unquote(self.args[index])

    def path(self, index):
        return self.text(index).decode()

    def descriptor(self, index):
        """(number, path) of a descriptor argument."""
        match = DESCRIPTOR.match(self.args[index])
        return match.group(1), (match.group(2) or "").removesuffix(" (deleted)").removesuffix(">(deleted)")


def unquote(argument):
    if not argument.startswith('"') or not argument.endswith('"'):
        raise ValueError("not a whole string: " + argument[:80])
    return codecs.escape_decode(argument[1:-1].encode("latin-1"))[0]


def split_arguments(text):
    """Parts at the commas that stand in no string, bracket or descriptor's path."""
    parts, depth, start, i = [], 0, 0, 0
    while i < len(text):
        c = text[i]
        if c == '"':
            i += 1
            while text[i] != '"':
                i += 2 if text[i] == "\\" else 1
        elif c in "([{<":
            depth += 1
        elif c in ")]}>":
            depth -= 1
        elif c == "," and depth == 0:
            parts.append(text[start:i].strip())
            start = i + 1
        i += 1
    parts.append(text[start:].strip())
    return parts


class Reader:
    def __init__(self, path):
        self.path = path
        self.open_calls = {}  # pid -> (text so far, began)
        self.returned = 0

    def finish(self, pid, text, began):
        match = CALL.match(text)
        end = END.match(match.group(2))
        if not end:
            raise ValueError("not understood: " + text[:200])
        call = Call(pid, match.group(1), split_arguments(end.group(1)), began)
        if end.group(2) != "?":
            call.result = int(end.group(2), 0)
            opened = re.match(r"^<(.*)>", end.group(3))
            call.result_path = opened.group(1) if opened else None
        self.returned += 1
        return call

    def take(self, pid, rest):
        """A Call that is whole now, or None. An exit is taken when it begins."""
        if rest.startswith(("+++", "---")):
            return None
        resumed = RESUMED.match(rest)
        if resumed:
            if pid not in self.open_calls:  # an exit, taken already
                return None
            text, began = self.open_calls.pop(pid)
            return self.finish(pid, text + resumed.group(2), began)
        if rest.endswith("<unfinished ...>"):
            text = rest.removesuffix("<unfinished ...>").rstrip()
            if text.startswith("exit"):
                return self.finish(pid, text.rstrip(")") + ") = ?", self.returned)
            self.open_calls[pid] = (text, self.returned)
            return None
        return self.finish(pid, rest, self.returned)

    def calls(self):
        call = None
        with open(self.path, encoding="latin-1", newline="\n") as lines:
            for line in lines:
                line = line.rstrip("\n")
                if line.startswith(" > "):
                    frame = FRAME.match(line)
                    if call and frame:
                        call.frames.append((frame.group(1), int(frame.group(2), 16)))
                    continue
                if call:
                    yield call
                    call = None
                match = LINE.match(line)
                if match:
                    call = self.take(int(match.group(1)), match.group(2))
        if call:
            yield call


class Places:
    """Where in the sources a frame is: (function, file:line), inlined ones as well."""

    def __init__(self, root):
        self.root = root.rstrip("/") + "/"
        self.known = {}

    def look_up(self, program, address):
        key = program, address
        if key not in self.known:
            # A frame's address is the one to return to: the call lies before it.
            out = subprocess.run(["addr2line", "-f", "-i", "-e", program, hex(address - 1)],
                                 stdout=subprocess.PIPE, check=True).stdout.decode().split("\n")
            places = zip(out[0::2], out[1::2])
            self.known[key] = [
                (function, place.removeprefix(self.root).split(" ")[0])
                for function, place in places if place.startswith(self.root)]
        return self.known[key]

    def chain(self, frames):
        """The places in our own sources, innermost first."""
        return [place for program, address in frames for place in self.look_up(program, address)]
