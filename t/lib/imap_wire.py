"""IMAP connections for tests with many clients: whole responses, parsed, each held to the grammar (imap_checker.py)."""
import re, socket

from imap_checker import Checker

LITERAL = re.compile(rb'~?\{(\d+)\}\r\n')
ATOM = re.compile(rb'[A-Z0-9.]*\[[^\]]*\](?:<\d+>)?|[^ ()]+')


def words(text, at=0):
    """Nested lists of str; a quoted string or literal is its contents, NIL is None."""
    stack = [[]]
    while at < len(text):
        c = text[at:at + 1]
        literal = LITERAL.match(text, at)
        if c == b' ':
            at += 1
        elif c == b'(':
            stack.append([])
            at += 1
        elif c == b')':
            done = stack.pop()
            stack[-1].append(done)
            at += 1
        elif c == b'"':
            m = re.compile(rb'"((?:[^"\\]|\\.)*)"').match(text, at)
            stack[-1].append(re.sub(rb'\\(.)', rb'\1', m[1]).decode('latin-1'))
            at = m.end()
        elif literal:
            end = literal.end() + int(literal[1])
            stack[-1].append(text[literal.end():end].decode('latin-1'))
            at = end
        else:
            m = ATOM.match(text, at)
            stack[-1].append(None if m[0] == b'NIL' else m[0].decode('latin-1'))
            at = m.end()
    return stack[0]


class Response:
    """`tag` is '*', '+' or a tag; `kind` OK, NO, BAD, BYE or None; `code` the words of a response code; `data` the words."""
    def __init__(self, raw):
        self.raw = raw
        self.tag, _, rest = (raw + b' ').partition(b' ')
        self.tag = self.tag.decode()
        m = re.match(rb'(OK|NO|BAD|BYE|PREAUTH) (?:\[([^\]]*)\] )?', rest)
        self.kind = m[1].decode() if m else None
        self.code = words(m[2]) if m and m[2] else []
        self.data = [] if m or self.tag == '+' else words(rest)

    def __repr__(self):
        return repr(self.raw[:600])


class Wire:
    """`log`: a function that is given each line sent and received."""
    def __init__(self, port, name, log=None):
        self.checker, self.name, self.log = Checker(name), name, log
        self.sock = socket.create_connection(('127.0.0.1', port), timeout=30)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b''

    def fileno(self):
        return self.sock.fileno()

    def send(self, text):
        data = text.encode('latin-1')
        self.checker.said(data)
        if self.log:
            self.log('%s > %r' % (self.name, data[:400]))
        try:
            self.sock.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass  # what is read next says why

    def read(self):
        """What came, as responses; None at the end.  Blocks until something comes."""
        try:
            data = self.sock.recv(1 << 18)
        except ConnectionResetError:
            data = b''
        if not data:
            return None
        self.checker.feed(data)
        self.buffer += data
        out = []
        while (raw := self.take()) is not None:
            if self.log:
                self.log('%s < %r' % (self.name, raw[:400]))
            out.append(Response(raw))
        return out

    def take(self):
        at = 0
        while True:
            end = self.buffer.find(b'\r\n', at)
            if end < 0:
                return None
            m = re.search(rb'\{(\d+)\}$', self.buffer[at:end])
            if not m:
                raw, self.buffer = self.buffer[:end], self.buffer[end + 2:]
                return raw
            at = end + 2 + int(m[1])

    def close(self):
        self.sock.close()


def uid_set(text):
    """'1,3:5' -> [1, 3, 4, 5]."""
    out = []
    for part in text.split(','):
        lo, _, hi = part.partition(':')
        lo, hi = int(lo), int(hi or lo)
        out += range(min(lo, hi), max(lo, hi) + 1)
    return out


def set_text(numbers):
    """[1, 3, 4, 5] -> '1,3:5'."""
    runs = []
    for n in sorted(numbers):
        if runs and runs[-1][1] == n - 1:
            runs[-1][1] = n
        else:
            runs.append([n, n])
    return ','.join('%d' % a if a == b else '%d:%d' % (a, b) for a, b in runs)
