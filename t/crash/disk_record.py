"""The record that power_shim.c makes, and the disks that a power cut may leave behind.

What was flushed is there.  What was not may be there, missing, or torn at a multiple of 512 or 4096 bytes, in any
combination; of the changes of names since the folder's last flush any number of the first ones may be there.
"""
import collections, os, struct

HEADER = struct.Struct('=IIQQ')
Op = collections.namedtuple('Op', 'end kind file at data')


def read_log(path):
    """All operations in order; `end` is where the record ends, which is how clients tell time."""
    data = open(path, 'rb').read()
    out, at = [], 0
    while at + HEADER.size <= len(data):
        n, kind, file, offset = HEADER.unpack_from(data, at)
        end = at + HEADER.size + n
        out.append(Op(end, chr(kind), file, offset, data[at + HEADER.size:end]))
        at = end
    return out


def names_in(op):
    return [n.decode() for n in op.data.rstrip(b'\0').split(b'\0')]


def write(content, at, data):
    if len(content) < at:
        content.extend(bytes(at - len(content)))
    content[at:at + len(data)] = data


def apply(content, op):
    if op.kind == 'w':
        write(content, op.at, op.data)
    elif op.kind == 't':
        del content[op.at:]
        content.extend(bytes(op.at - len(content)))
    elif op.kind == 'a' and len(content) < op.at:
        content.extend(bytes(op.at - len(content)))


class Disk:
    """What is certain on the disk, and what is on its way there."""
    def __init__(self, root):
        self.root = root
        self.content, self.pending = {}, collections.defaultdict(list)      # by inode
        self.names, self.naming = {}, []                                    # path -> inode; changes not flushed yet
        for folder, _, files in os.walk(root):
            self.names[folder] = os.stat(folder).st_ino
            for f in files:
                path = os.path.join(folder, f)
                if os.path.isfile(path):
                    self.names[path] = os.stat(path).st_ino
                    self.content[self.names[path]] = bytearray(open(path, 'rb').read())
        self.folders = {p: i for p, i in self.names.items() if os.path.isdir(p)}

    def feed(self, op):
        if op.kind in 'wta':
            self.pending[op.file].append(op)
        elif op.kind in 'crum':
            self.naming.append(op)
            if op.kind == 'm':
                self.folders[names_in(op)[0]] = op.file
            if op.kind == 'c':      # the number of a file that has gone may come again
                self.pending.pop(op.file, None)
                self.fresh(op.file)
        elif op.kind == 'F':
            self.flushed(op.file, op.at)

    def fresh(self, file):
        if file not in self.names.values():
            self.content.pop(file, None)

    def flushed(self, file, begun):
        folder = next((p for p, i in self.folders.items() if i == file), None)
        if folder:
            mine = [o for o in self.naming if o.end < begun and folder in map(os.path.dirname, names_in(o))]
            for o in mine:
                self.name(self.names, o)
            self.naming = [o for o in self.naming if o not in mine]
            return
        content, later = self.content.setdefault(file, bytearray()), []
        for o in self.pending.pop(file, []):
            later.append(o) if o.end >= begun else apply(content, o)
        if later:
            self.pending[file] = later

    @staticmethod
    def name(names, op):
        paths = names_in(op)
        if op.kind in 'cm':
            names[paths[0]] = op.file
        elif op.kind == 'u':
            names.pop(paths[0], None)
        elif paths[0] in names:
            names[paths[1]] = names.pop(paths[0])

    def after_cut(self, how, rng):
        """{path: content, None for a folder}.  `how`: drop all that is not certain, keep it, or mix."""
        names = dict(self.names)
        count = {'drop': 0, 'keep': len(self.naming), 'mix': rng.randint(0, len(self.naming))}[how]
        for op in self.naming[:count]:
            self.name(names, op)
        out, folders = {}, set(self.folders.values())
        for path, file in names.items():
            if file in folders:
                out[path] = None
                continue
            content = bytearray(self.content.get(file, b''))
            for op in self.pending.get(file, []):
                fate = {'drop': 'lost', 'keep': 'whole', 'mix': rng.choice(('lost', 'whole', 'torn'))}[how]
                if fate == 'torn' and op.kind == 'w':
                    unit = rng.choice((512, 4096))
                    op = op._replace(data=op.data[:rng.randint(0, len(op.data) // unit) * unit])
                if fate != 'lost':
                    apply(content, op)
            out[path] = bytes(content)
        return {p: c for p, c in out.items() if p == self.root or names.get(os.path.dirname(p)) is not None or os.path.dirname(p) == self.root}
