#!/usr/bin/env python3
"""Runs the scripted dialogues of SHARED/vectors/imap-dialogues against imapd, each in an account of its own.

A script has a header (connections: N; state: nonauth, auth, created, selected; messages: N or all), then lines:
  [C] ok CMD     sends CMD on connection C (none where there is one) and expects this tagged answer; "" takes any
  [C] CMD        sends it; [C] ok [CODE] on a later line is what its answer must begin with
  [C] tagN CMD   the same with a tag, [C] tagN ok its answer: several may be under way
  * ...          must come among the untagged answers of the commands above, ! ... must not
$x binds at its first use, $mailbox is the test's mailbox, $3 is the message that had the number 3 when the command was
sent, $$x is $x itself, ($!unordered) any list, {{{ lines }}} a text, compared without CR.  APPEND without a message takes
the next one of the .mbox beside the script, or of default.mbox.
"""
import os
import re
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from postern_test import SOURCE, Instance  # noqa: E402

SHARED = os.environ.get('SHARED') or os.path.join(SOURCE, '..', 'shared')
FOLDER = os.path.join(SHARED, 'vectors', 'imap-dialogues')
STATUS = ('ok', 'no', 'bad', '""')
VARIABLE = re.compile(r'\$(?:\{([a-z][a-z0-9]*)\}|([a-z][a-z0-9]*)|(\$))')


class Failure(Exception):
    pass


class Quoted(str):
    """A quoted string or literal: never NIL."""


class Text(str):
    """{{{ lines }}} of a script."""


class Any:
    """($!unordered): any list."""


def tokens(text):
    """A line with its literals into words, strings and lists; a response code is a list, too."""
    at, out, stack = 0, [], []
    while at < len(text):
        c = text[at]
        literal = re.compile(r'~?\{(\d+)\}\r\n').match(text, at)
        block = re.compile(r'~?\{\{\{\n(.*?\n?)\n?\}\}\}', re.S).match(text, at)
        if c in ' \r\n':
            at += 1
        elif c in '([':
            stack.append(out)
            out = []
            at += 1
        elif c in ')]' and stack:
            stack[-1].append(Any() if out == ['$!unordered'] else out)
            out = stack.pop()
            at += 1
        elif c == '"':
            end = at + 1
            while text[end] != '"':
                end += 2 if text[end] == '\\' else 1
            out.append(Quoted(re.sub(r'\\(.)', r'\1', text[at + 1:end])))
            at = end + 1
        elif block:
            start = text.index('\n', at) + 1
            end = text.index('}}}', start)
            out.append(Text(text[start:max(start, end - 1)]))
            at = end + 3
        elif literal:
            at = literal.end() + int(literal[1])
            out.append(Quoted(text[literal.end():at]))
        else:
            end, depth = at, 0
            while end < len(text) and (depth or text[end] not in ' ()\r\n'):
                if text[end] == ']' and not depth:
                    break
                depth += {'[': 1, ']': -1}.get(text[end], 0)
                end += 1
            if end == at:
                end += 1
            out.append(text[at:end])
            at = end
    if stack:
        raise Failure('unbalanced list: ' + text)
    return out


class Matcher:
    def __init__(self, mailbox):
        self.known = {'mailbox': mailbox}

    def expand(self, s):
        return VARIABLE.sub(lambda m: '$' if m[3] else str(self.known.get(m[1] or m[2], m[0])), s)

    def value(self, want, got, new):
        if isinstance(want, Any):
            return isinstance(got, list)
        if isinstance(want, list):
            return isinstance(got, list) and len(want) == len(got) and all(self.value(w, g, new) for w, g in zip(want, got))
        if isinstance(want, Text):
            return isinstance(got, Quoted) and got.replace('\r', '') == want
        m = VARIABLE.fullmatch(want)
        if m and not m[3]:
            name = m[1] or m[2]
            bound = self.known.get(name, new.get(name))
            if bound is None:
                new[name] = got
                return True
            if isinstance(bound, list) or isinstance(got, list):
                return bound == got
            return str(bound) == str(got)
        if isinstance(got, list):
            return False
        if want == 'NIL' or got == 'NIL':
            return want == got and isinstance(want, Quoted) == isinstance(got, Quoted)
        return self.expand(want).lower() == got.lower()

    def flags(self, want, got, new, others):
        """Without order.  \\Recent may be given to any session, so it may always be there."""
        rest = [g.lower() for g in got]
        for w in want:
            w = self.expand(w).lower()
            if w not in rest:
                return False
            rest.remove(w)
        return others or all(r == '\\recent' for r in rest)

    def pairs(self, want, got, new):
        """name value name value ... in any order, and others beside them."""
        have = {}
        for name, value in zip(got[::2], got[1::2]):
            have[str(name).lower()] = value
        for name, value in zip(want[::2], want[1::2]):
            if name.lower() not in have:
                return False
            g = have[name.lower()]
            if name.lower() == 'flags':
                if not self.flags(value, g, new, False):
                    return False
            elif not self.value(value, g, new):
                return False
        return True

    def untagged(self, want, got, commit=True):
        """`got` is (words, number that its message had when the command was sent)."""
        got, original = got
        new = {}
        if re.fullmatch(r'\$\d+', want[0]):
            if str(original) != want[0][1:]:
                return False
            ok = self.line([got[0]] + want[1:], got, new)
        else:
            ok = self.line(want, got, new)
        if ok and commit:
            self.known.update(new)
        return ok

    def line(self, want, got, new):
        kind = [w.lower() for w in got[:2] if isinstance(w, str)]
        word = want[0].lower()
        if len(want) > 2 and isinstance(want[1], str) and want[1].lower() == 'fetch':
            return kind[1:] == ['fetch'] and want[0] == got[0] and self.pairs(want[2], got[2], new)
        if not kind or kind[0] != word:
            return False
        if word == 'search':
            return len(want) == len(got) and all(self.value(w, g, new) for w, g in zip(want, got))
        if word == 'status':
            return self.value(want[1], got[1], new) and self.pairs(want[2], got[2], new)
        if word in ('list', 'lsub'):
            return self.flags(want[1], got[1], new, True) and all(self.value(w, g, new) for w, g in zip(want[2:], got[2:]))
        return len(want) <= len(got) and all(self.value(w, g, new) for w, g in zip(want, got))


class Connection:
    def __init__(self, port):
        self.sock = socket.create_connection(('127.0.0.1', port), timeout=20)
        self.file = self.sock.makefile('rb')
        self.tag = 0
        self.numbers = []      # of the messages, as they were at the beginning of the block
        self.tagged = {}
        self.seen = []
        self.read()            # greeting

    def read(self):
        """One response, with its literals."""
        text = ''
        while True:
            line = self.file.readline().decode('latin-1')
            if not line:
                raise Failure('the connection was closed')
            text += line
            m = re.search(r'\{(\d+)\}\r\n$', line)
            if not m:
                return text[:-2]
            text += self.file.read(int(m[1])).decode('latin-1')

    def begin(self):
        self.numbers = list(range(1, len(self.numbers) + 1))
        self.seen = []

    def send(self, command, message=None, tag=None):
        if tag is None:
            self.tag += 1
            tag = 'a%d' % self.tag
        if message is not None:
            command += ' {%d+}\r\n' % len(message)
        data = ('%s %s' % (tag, command)).encode('latin-1') + (message if message is not None else b'') + b'\r\n'
        self.sock.sendall(data)
        return tag

    def wait(self, tag):
        """The words behind the tag."""
        while tag not in self.tagged:
            text = self.read()
            if text.startswith('* '):
                self.note(text[2:])
            elif text.startswith('+'):
                raise Failure('unexpected continuation: ' + text)
            else:
                t, rest = text.split(' ', 1)
                self.tagged[t] = rest
        return self.tagged.pop(tag)

    def note(self, text):
        m = re.match(r'(OK|NO|BAD|BYE|PREAUTH)( \[[^\]]*\])?', text)
        words = tokens(m[0]) if m else tokens(text)
        original = None
        if len(words) > 1 and str(words[0]).isdigit():
            n, kind = int(words[0]), words[1].lower()
            if kind == 'exists':
                self.numbers += [len(self.numbers) + 1 + i for i in range(n - len(self.numbers))]
            elif kind in ('fetch', 'expunge'):
                if not 0 < n <= len(self.numbers):
                    raise Failure('there is no message %d: %s' % (n, text))
                original = self.numbers[n - 1]
                if kind == 'expunge':
                    self.numbers.pop(n - 1)
        self.seen.append((words, original))

    def run(self, command, message=None):
        answer = self.wait(self.send(command, message))
        if not answer.lower().startswith('ok'):
            raise Failure('%s: %s' % (command, answer))


def read_mbox(path):
    """[message], each with the empty line that ends it."""
    with open(path, 'rb') as f:
        parts = re.split(rb'(?m)^From \S.*\n', f.read())
    return [p.replace(b'\r\n', b'\n').replace(b'\n', b'\r\n') for p in parts[1:]]


def read_script(path):
    with open(path, encoding='latin-1') as f:
        text = f.read()
    header, lines = {}, []
    rest = text.split('\n')
    while rest and (m := re.match(r'([a-z]+): (\S+)$', rest[0]) or re.match(r'#|$', rest[0])):
        if ':' in rest[0] and m.lastindex:
            header[m[1]] = m[2]
        elif not rest[0] and header:
            break
        rest.pop(0)
    while rest:
        line = rest.pop(0)
        if not line.strip() or line.startswith('#'):
            continue
        while line.count('{{{') > line.count('}}}'):
            line += '\n' + rest.pop(0)
        lines.append(line)
    return header, lines


def blocks(lines, connections):
    """[(sends, expected, replies)]: sends are (connection, tag or None, status or None, command)."""
    out = []
    for line in lines:
        if line[:2] in ('* ', '! '):
            out[-1][1].append((line[0], line[2:]))
            continue
        number, rest = 0, line
        if connections > 1 and re.match(r'\d+ ', line):
            number, rest = int(line.split(' ', 1)[0]) - 1, line.split(' ', 1)[1]
        first, _, after = rest.partition(' ')
        tagged = re.fullmatch(r'tag\d+', first)
        open_ = out and any(s[2] is None for s in out[-1][0]) and len(out[-1][2]) < len(out[-1][0])
        if tagged and after.partition(' ')[0] in STATUS:
            out[-1][2].append((number, first, after))
        elif tagged:
            if not open_ or out[-1][2]:
                out.append(([], [], []))
            out[-1][0].append((number, first, None, after))
        elif first in STATUS and open_:
            out[-1][2].append((number, None, rest))
        elif first in STATUS:
            out.append(([(number, None, first, after)], [], []))
        else:
            out.append(([(number, None, None, rest)], [], []))
    return out


class Dialogue:
    def __init__(self, p, name, who):
        self.p, self.who = p, who
        self.header, self.lines = read_script(os.path.join(FOLDER, name))
        own = os.path.join(FOLDER, name + '.mbox')
        self.messages = read_mbox(own if os.path.exists(own) else os.path.join(FOLDER, 'default.mbox'))
        self.next = 0
        self.matcher = Matcher('imaptest')

    def message(self):
        self.next += 1
        return self.messages[(self.next - 1) % len(self.messages)]

    def set_up(self):
        state = self.header.get('state', 'selected')
        self.c = [Connection(self.p.port('imap')) for _ in range(int(self.header.get('connections', 1)))]
        if state == 'nonauth':
            return
        for c in self.c:
            c.run('login %s secret' % self.who)
        if state == 'auth':
            return
        self.c[0].run('create imaptest')
        n = self.header.get('messages', '0')
        for _ in range(len(self.messages) if n == 'all' else int(n)):
            self.c[0].run('append imaptest', self.message())
        if state == 'selected':
            for c in self.c:
                c.run('select imaptest')

    def command(self, text):
        """The command as it is sent, and the message that goes with it."""
        text = self.matcher.expand(text)
        words = text.split(' ')
        if words[0].lower() != 'append':
            return text, None
        return text if len(words) > 1 else 'append imaptest', self.message()

    def check_reply(self, want, answer):
        want = want.replace('""', '', 1).strip()
        m = re.match(r'\w+( \[[^\]]*\])?', answer)
        w, g = tokens(self.matcher.expand(want)), tokens(m[0])
        if not (len(w) <= len(g) and all(self.matcher.value(a, b, {}) for a, b in zip(w, g))):
            raise Failure('expected %s, got %s' % (want, answer))

    def block(self, sends, expected, replies):
        for c in self.c:
            c.begin()
        tags = []
        for number, tag, status, text in sends:
            command, message = self.command(text)
            tags.append((number, self.c[number].send(command, message, tag), status, text))
        for number, tag, status, text in tags:
            answer = self.c[number].wait(tag)
            if status is not None:
                self.check_reply(status, answer)
                continue
            want = [r for n, t, r in replies if n == number and (t is None or t == tag)]
            if want:
                self.check_reply(want[0], answer)
        seen = [s for n in sorted({s[0] for s in sends}) for s in self.c[n].seen]
        rest = list(seen)
        for kind, text in expected:
            want = tokens(text)
            if kind == '!':
                bad = next((s for s in seen if self.matcher.untagged(want, s, commit=False)), None)
                if bad:
                    raise Failure('unexpected: %s' % bad[0])
                continue
            found = next((s for s in rest if self.matcher.untagged(want, s)), None)
            if not found:
                raise Failure('missing: * %s\n    known: %s\n    got: %s' % (
                    text, {k: str(v)[:40] for k, v in self.matcher.known.items()}, '\n         '.join(str(s)[:600] for s in seen)))
            # One answer may serve several lines (two items in one FETCH), but for those that count.
            if found[0][1:2] == ['EXPUNGE']:
                rest.remove(found)

    def run(self):
        self.set_up()
        try:
            for sends, expected, replies in blocks(self.lines, len(self.c)):
                try:
                    self.block(sends, expected, replies)
                except Failure as e:
                    raise Failure('after %s\n    %s' % (' | '.join(str(s[0] + 1) + ' ' + s[3] for s in sends), e)) from None
        finally:
            for c in self.c:
                c.sock.close()


def main():
    if not os.path.isdir(FOLDER):
        print('skipped: %s is not there (SHARED names the folder)' % FOLDER)
        return 77
    names = sys.argv[1:] or sorted(n for n in os.listdir(FOLDER) if not n.endswith('.mbox') and n != 'AUTHORS')
    failed = 0
    with Instance(accounts=['d%d@example.org=secret' % i for i in range(len(names))]) as p:
        for i, name in enumerate(names):
            start = time.time()
            try:
                Dialogue(p, name, 'd%d@example.org' % i).run()
                print('ok      %s (%.1f s)' % (name, time.time() - start))
            except (Failure, OSError, IndexError) as e:
                failed += 1
                print('FAILED  %s: %s' % (name, e))
    print('%d of %d dialogues pass' % (len(names) - failed, len(names)))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
