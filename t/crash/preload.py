"""A library preloaded into some programs of an instance, driven through a control file that all of them map: numbers of
8 bytes, of which the first is how many calls there were, the second the one that fails (negative: it and all after it), and
the fourth how many did."""
import mmap, os, re, struct, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from postern_test import BIN, BUILD  # noqa: E402

CALLS, FAIL_AT, ERROR, FAILED = range(4)


class Preload:
    def __init__(self, instance, library, programs, variable):
        self.instance, self.programs = instance, programs
        self.library = os.path.join(BUILD, 't', library + '.so')
        control = self.file(library + '.control', 4096)
        with open(control, 'r+b') as f:
            self.control = mmap.mmap(f.fileno(), 4096)
        instance.env[variable] = control
        self.table = os.path.join(instance.etc, 'master.conf')
        self.plain = open(self.table).read()

    def file(self, name, size):
        """One that every daemon may write to."""
        path = os.path.join(self.instance.dir, name)
        with open(path, 'wb') as f:
            f.write(bytes(size))
        os.chmod(path, 0o666)
        return path

    def attach(self):
        text = self.plain
        for program in self.programs:
            wrapper = os.path.join(self.instance.dir, program)
            with open(wrapper, 'w') as f:
                f.write('#!/bin/sh\nLD_PRELOAD=%s exec %s "$@"\n' % (self.library, os.path.join(BIN, program)))
            os.chmod(wrapper, 0o755)
            text, n = re.subn(r'^(%s\s+)%s\b' % (program, program), r'\g<1>' + wrapper, text, flags=re.M)
            assert n == 1, text
        with open(self.table, 'w') as f:
            f.write(text)

    def detach(self):
        with open(self.table, 'w') as f:
            f.write(self.plain)

    def get(self, field):
        return struct.unpack_from('=q', self.control, 8 * field)[0]

    def put(self, field, value):
        struct.pack_into('=q', self.control, 8 * field, value)

    def calls(self):
        return self.get(CALLS)

    def failed(self):
        return self.get(FAILED)

    def fail(self, nth, error=0, forever=False):
        """The n-th call from now on answers this error."""
        at = self.calls() + nth
        self.put(ERROR, error)
        self.put(FAIL_AT, -at if forever else at)

    def heal(self):
        self.put(FAIL_AT, 0)
