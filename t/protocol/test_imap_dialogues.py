#!/usr/bin/env python3
"""Runs the scripted IMAP dialogues of SHARED/vectors/imap-dialogues and sort-thread as they are (their README names the
source).

A file is a header (`messages:`, `connections:`, `state:`), then commands `[connection] STATUS command` with what is
expected of their answer: `* response` must come, `! response` must not.  `$name` is bound where it first occurs,
`$3 fetch` counts messages as they were when the command began, {{{ }}} is a literal.  In FETCH answers and lists of
flags more than what is listed may come.  Exit 77 where the folder is absent.
"""
import glob, os, re, socket, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from postern_test import BIN, SOURCE, Instance  # noqa: E402

SHARED = os.environ.get('SHARED') or os.path.join(SOURCE, '..', 'shared')
FOLDERS = [os.path.join(SHARED, 'vectors', n) for n in ('imap-dialogues', 'sort-thread')]
STATUS = ('ok', 'no', 'bad', '""')
COMMANDS = ('append', 'examine', 'select')


class Failure(Exception):
    pass


class Str(str):
    """A quoted string or literal."""


def tokens(text):
    """Nested lists of atoms and strings; text is bytes decoded as latin-1, literals inside."""
    at, stack = 0, [[]]
    while at < len(text):
        c = text[at]
        if c in ' ':
            at += 1
        elif c == '(':
            stack.append([])
            at += 1
        elif c == ')':
            done = stack.pop()
            if not stack:
                raise Failure('too many ) in ' + text)
            stack[-1].append(done)
            at += 1
        elif c == '"':
            out, at = '', at + 1
            while text[at] != '"':
                at += text[at] == '\\'
                out += text[at]
                at += 1
            at += 1
            stack[-1].append(Str(out))
        else:
            m = re.match(r'(~?)\{(\d+)\}\r\n', text[at:])
            x = re.match(r'(~?)\{\{\{\n(.*?)\n\}\}\}', text[at:], re.S)
            if m:
                n = int(m.group(2))
                at += m.end()
                stack[-1].append(Str(text[at:at + n]))
                at += n
            elif x:
                at += x.end()
                body = x.group(2) if x.group(1) else x.group(2).replace('\n', '\r\n')
                stack[-1].append(('~', body) if x.group(1) else Str(body))
            else:
                # BODY[HEADER.FIELDS (a b)] is one token.
                m = re.match(r'[^ ()\[]*\[[^\]]*\](<[0-9.]+>)?|[^ ()]+', text[at:])
                stack[-1].append(m.group(0))
                at += m.end()
    if len(stack) != 1:
        raise Failure('unbalanced: ' + text)
    return stack[0]


class Connection:
    def __init__(self, instance, user):
        self.sock = socket.create_connection(('127.0.0.1', instance.port('imap')), timeout=30)
        self.file = self.sock.makefile('rb')
        self.count = 0
        self.line()
        self.exchange('LOGIN %s secret' % user) if user else None

    def line(self):
        out = self.file.readline()
        while True:
            m = re.search(rb'\{(\d+)\}\r\n$', out)
            if not m:
                break
            out += self.file.read(int(m.group(1))) + self.file.readline()
        if not out:
            raise Failure('the server closed the connection')
        return out[:-2].decode('latin-1')

    def send(self, tag, command, literal=None):
        data = ('%s %s' % (tag, command)).encode('latin-1')
        if literal is not None:
            data = data.rstrip() + b' {%d+}\r\n' % len(literal) + literal
        self.sock.sendall(data + b'\r\n')

    def answer(self, tag):
        untagged = []
        while True:
            line = self.line()
            if line.startswith(tag + ' '):
                return line[len(tag) + 1:], untagged
            untagged.append(line[2:])

    def exchange(self, command, literal=None):
        self.count += 1
        tag = 't%d' % self.count
        self.send(tag, command, literal)
        return self.answer(tag)


def read_mbox(path):
    """[(date-time in quotes or nothing, message)]"""
    with open(path, 'rb') as f:
        data = f.read()
    parts = re.split(rb'(?m)^(From .*)\n', data)[1:]
    return [(arrival(line.decode()), re.sub(rb'(?<!\r)\n', b'\r\n', p)) for line, p in zip(parts[::2], parts[1::2])]


def arrival(line):
    m = re.search(r'\w{3} (\w{3}) +(\d+) (\d\d:\d\d:\d\d) (\d{4})(?: ([+-]\d{4}))?$', line)
    return '"%02d-%s-%s %s %s"' % (int(m[2]), m[1], m[4], m[3], m[5] or '+0000') if m else ''


class Dialogue:
    def __init__(self, instance, path, number):
        self.path, self.instance = path, instance
        own = path + '.mbox'
        self.mbox = read_mbox(own if os.path.exists(own) else os.path.join(FOLDERS[0], 'default.mbox'))
        self.vars = {'mailbox': 'imaptest%d' % number}
        self.user = 'd%d@example.org' % number
        self.head, self.lines = {}, []
        self.next_message = 0
        self.read()

    def read(self):
        with open(self.path, encoding='latin-1') as f:
            text = f.read()
        head, _, body = text.partition('\n\n')
        for line in head.split('\n'):
            k, _, v = line.partition(':')
            if v:
                self.head[k.strip()] = v.strip()
        # Literals span lines.
        out = []
        for line in (body if self.head else text).split('\n'):
            if out and out[-1].count('{{{') > out[-1].count('}}}'):
                out[-1] += '\n' + line
            else:
                out.append(line)
        self.lines = [l for l in out if l.strip() and not l.startswith('#')]

    def message(self):
        m = self.mbox[self.next_message % len(self.mbox)]
        self.next_message += 1
        return m

    def fill(self, text):
        """Variables that are known put in."""
        def put(m):
            name = m.group(1) or m.group(2)
            return self.vars.get(name, m.group(0))
        text = text.replace('$$', '\0')
        return re.sub(r'\$(?:\{(\w+)\}|([a-zA-Z]\w*))', put, text).replace('\0', '$')

    def prepare(self):
        state = self.head.get('state', 'selected')
        count = int(self.head.get('connections', '1'))
        self.instance.postern('account', 'add', self.user, input='secret\n')
        self.conns = [Connection(self.instance, None if state == 'nonauth' else self.user) for _ in range(count)]
        if state in ('created', 'selected'):
            self.conns[0].exchange('CREATE ' + self.vars['mailbox'])
        if state != 'selected':
            return
        wanted = self.head.get('messages', '0')
        for _ in range(len(self.mbox) if wanted == 'all' else int(wanted)):
            date, message = self.message()
            self.conns[0].exchange('APPEND %s %s' % (self.vars['mailbox'], date), message)
        for c in self.conns:
            c.exchange('SELECT ' + self.vars['mailbox'])

    # --- matching
    def same(self, want, got, subset):
        if isinstance(want, tuple):
            return isinstance(got, str) and got.replace('\r', '') == want[1]
        if isinstance(want, list) != isinstance(got, list):
            return False
        if isinstance(want, list):
            return self.lists(want, got, subset)
        if not isinstance(want, Str):
            if re.fullmatch(r'\$\w+', want) and not want.startswith('$$'):
                name = want[1:]
                if name not in self.vars:
                    self.vars[name] = got
                    return True
            want = self.fill(want)
            if '[' in want and isinstance(got, str):
                return want.lower().replace('"', '') == got.lower().replace('"', '')
            return want.lower() == got.lower()
        want = self.fill(want)
        return want == got or want.lower() == got.lower() and '\n' not in want

    def lists(self, want, got, subset):
        if want[:1] == ['$!unordered']:
            return True
        if subset == 'pairs':
            keys = [g.lower() if isinstance(g, str) else g for g in got[::2]]
            for k, v in zip(want[::2], want[1::2]):
                k = self.fill(k).lower()
                if k not in keys or not self.same(v, got[2 * keys.index(k) + 1], 'flags' if k == 'flags' else None):
                    return False
            return True
        if subset == 'flags':
            have = [g.lower() for g in got]
            return all(self.fill(w).lower() in have for w in want)
        return len(want) == len(got) and all(self.same(w, g, None) for w, g in zip(want, got))

    def response(self, want, got):
        """Compares whole untagged responses (token lists)."""
        saved = dict(self.vars)
        kind = next((t.lower() for t in want[:2] if isinstance(t, str) and not re.fullmatch(r'\$?\d+', t)), '')
        good = False
        if kind in ('list', 'lsub') and len(got) >= 4 and got[0].lower() == kind:
            good = (self.same(want[1], got[1], 'flags') and self.same(want[2], got[2], None)
                    and self.same(want[3], got[3], None))
        elif kind == 'fetch' and len(got) == 3:
            good = want[0] == got[0] and got[1].lower() == 'fetch' and self.same(want[2], got[2], 'pairs')
        elif kind == 'status' and len(got) == 3:
            good = got[0].lower() == 'status' and self.same(want[1], got[1], None) and self.same(want[2], got[2], 'pairs')
        elif kind == 'bye':
            good = got[0].lower() == 'bye'
        elif kind == 'ok':
            good = got[0].lower() == 'ok' and len(got) > 1 and self.code(want[1:], got)
        else:
            good = len(want) == len(got) and all(self.same(w, g, None) for w, g in zip(want, got))
        if not good:
            self.vars = saved
        return good

    def code(self, want, got):
        w = re.match(r'\[(\S+?)(?: (\S+?))?\]?$', ' '.join(want))
        g = re.match(r'\[(\S+?)(?: (\S+?))?\]', ' '.join(t if isinstance(t, str) else '()' for t in got[1:]))
        return bool(w and g and w.group(1).lower() == g.group(1).lower()
                    and (w.group(2) is None or self.same(w.group(2), g.group(2) or '', None)))

    def check(self, wanted, banned, untagged):
        got, moved = [], []
        for line in untagged:
            t = tokens(line)
            if len(t) > 1 and isinstance(t[1], str) and t[0].isdigit() and t[1].lower() in ('fetch', 'expunge'):
                original = int(t[0])
                for gone in reversed(moved):
                    original += original >= gone
                got.append((t, [str(original)] + t[1:]))
                if t[1].lower() == 'expunge':
                    moved.append(int(t[0]))
            else:
                got.append((t, t))
        for text in wanted:
            want = tokens(text)
            relative = isinstance(want[0], str) and re.fullmatch(r'\$\d+', want[0])
            if relative:
                want[0] = want[0][1:]
            hit = next((p for p in got if self.response(want, p[1 if relative else 0])), None)
            if hit is None:
                raise Failure('missing: * %s\n   came: %s' % (text, '\n         '.join(untagged)))
            # One FETCH or LIST may answer several expectations.
            if hit[0][-1].lower() == 'expunge' if isinstance(hit[0][-1], str) else False:
                got.remove(hit)
        for text in banned:
            want = tokens(text)
            relative = isinstance(want[0], str) and re.fullmatch(r'\$\d+', want[0])
            if relative:
                want[0] = want[0][1:]
            for p in got:
                if self.response(want, p[1 if relative else 0]):
                    raise Failure('must not come: * ' + text)

    # --- the script
    def parse(self, line):
        m = re.match(r'(\d+) ', line)
        conn = int(m.group(1)) if m and len(self.conns) > 1 else 1
        rest = line[m.end():] if m and len(self.conns) > 1 else line
        word, _, tail = rest.partition(' ')
        if word in STATUS:
            return conn, None, word, '' if tail.startswith('[') else tail, tail if tail.startswith('[') else ''
        if word in COMMANDS:
            return conn, None, None, rest, ''
        status, _, more = tail.partition(' ')
        if status in STATUS:
            return conn, word, status, '', more
        return conn, word, None, tail, ''

    def run(self):
        self.prepare()
        i, pending = 0, {}
        while i < len(self.lines):
            line = self.lines[i]
            conn, tag, status, command, code = self.parse(line)
            i += 1
            wanted, banned = [], []
            while i < len(self.lines) and self.lines[i][:2] in ('* ', '! '):
                (wanted if self.lines[i][0] == '*' else banned).append(self.lines[i][2:].rstrip())
                i += 1
            if command:
                literal = None
                command = self.fill(command)
                if re.match(r'append\b', command):
                    date, literal = self.message()
                    if command == 'append':
                        command = 'append %s %s' % (self.vars['mailbox'], date)
                c = self.conns[conn - 1]
                if not tag:
                    c.count += 1
                name = self.vars['tag'] = tag or 't%d' % c.count
                c.send(name, command, literal)
                pending[(conn, name)] = [list(wanted), list(banned)]
                if tag or status is None:
                    if not tag:
                        last = (conn, name)
                    if tag:
                        early = pending.setdefault('early', [])
                        early += wanted
                        pending[(conn, name)][0] = []
                    continue
                reply, untagged = c.answer(name)
            else:
                name = tag or last[1]
                reply, untagged = self.conns[conn - 1].answer(name)
                old = pending.pop((conn, name), [[], []])
                wanted, banned = old[0] + wanted, old[1] + banned
                if tag:
                    pending['came'] = pending.get('came', []) + untagged
                    if not any(isinstance(k, tuple) for k in pending):
                        self.check(pending.pop('early', []), [], pending.pop('came', []))
                    untagged = []
            pending.pop((conn, name), None)
            self.judge(line, reply, status, code, wanted, banned, untagged)
        for c in self.conns:
            c.sock.close()

    def judge(self, line, reply, status, code, wanted, banned, untagged):
        try:
            if status not in ('""', None) and not reply.lower().startswith(status):
                raise Failure('answer: ' + reply)
            if code and not reply.lower().split(' ', 1)[1].startswith(code.lower()):
                raise Failure('answer: ' + reply)
            self.check(wanted, banned, untagged)
        except Failure as e:
            raise Failure('%s\n   %s' % (line, e))


def main():
    for folder in FOLDERS:
        if not os.path.isdir(folder):
            print('skipped: no', folder)
    paths = sorted(os.path.join(f, n) for f in FOLDERS if os.path.isdir(f) for n in os.listdir(f)
                   if '.' not in n and n != 'AUTHORS' and n in (sys.argv[1:] or [n]))
    if not paths:
        return 77
    failed = 0
    with Instance() as instance:
        for number, path in enumerate(paths):
            name = os.path.basename(path)
            try:
                Dialogue(instance, path, number).run()
            except (Failure, OSError) as e:
                failed += 1
                print('FAIL %s: %s' % (name, e), flush=True)
    print('%d dialogues, %d failed' % (len(paths), failed))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
