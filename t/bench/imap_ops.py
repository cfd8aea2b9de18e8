#!/usr/bin/env python3
"""imap_ops.py --lab DIR --targets A,B [--rounds K] [--ops N] - what the lab's mailload does not do: COPY, MOVE, EXPUNGE,
login with SELECT, a QRESYNC select, and a session over TLS; with --deep, commands over the whole INBOX of an account that has many
messages; against any of the lab's targets.

Prints one JSON line a row, as the lab's `compare --json` does, for table.py.  Each operation is prepared untimed, and the
server's CPU is read right before and right after it: so a row tells the command alone.  What the server puts off is
not in it.  The mailbox is made by COPY from the account's INBOX, which must hold a message at least.  A target without
a cgroup has no CPU columns; one without STARTTLS has no TLS row."""
import argparse
import json
import os
import re
import socket
import ssl
import statistics
import sys
import time

BATCH = 100          # messages an operation
SIZE = 1000          # messages in the mailbox


class Imap:
    def __init__(self, target, account, tls=False):
        self.sock = socket.create_connection((target['host'], target['ports']['imap']), timeout=60)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.sock.makefile('rb')
        self.tag, self.selected = 0, None
        self.file.readline()
        if tls:
            if 'STARTTLS' not in ' '.join(self.do('CAPABILITY')).upper():
                raise LookupError('no STARTTLS')
            self.do('STARTTLS')
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            self.sock = context.wrap_socket(self.sock)
            self.file = self.sock.makefile('rb')
        user = target.get('user_format', 'user%05d') % account
        if target.get('domain'):
            user += '@' + target['domain']
        self.do('LOGIN %s %s' % (user, target.get('password', 'pass')))

    def do(self, command, may_fail=False):
        """the untagged lines and the tagged one; literals are left out of the lines"""
        self.tag += 1
        tag = 'a%d' % self.tag
        self.sock.sendall(('%s %s\r\n' % (tag, command)).encode())
        out = []
        while True:
            line = self.file.readline()
            if not line:
                raise EOFError('connection closed after ' + command)
            literal = re.search(rb'\{(\d+)\}\r\n$', line)
            if literal:
                self.file.read(int(literal.group(1)))
            text = line.decode('utf-8', 'replace').rstrip()
            out.append(text)
            if text.startswith(tag + ' '):
                if not may_fail and not text.startswith(tag + ' OK'):
                    raise RuntimeError('%s: %s' % (command, text))
                return out

    def number(self, lines, pattern):
        for line in lines:
            found = re.search(pattern, line)
            if found:
                return int(found.group(1))
        raise RuntimeError('no %s in %s' % (pattern, lines[-3:]))

    def remove(self, mailbox):
        if self.selected == mailbox:   # some servers hang up on who deletes it
            self.select('INBOX')
        self.do('DELETE ' + mailbox, may_fail=True)

    def fresh(self, mailbox):
        self.remove(mailbox)
        self.do('CREATE ' + mailbox)

    def select(self, mailbox):
        self.selected = mailbox
        return self.do('SELECT ' + mailbox)

    def fill(self, mailbox, size):
        """`size` messages by COPY, which costs no body"""
        self.fresh(mailbox)
        have = self.number(self.select('INBOX'), r'\* (\d+) EXISTS')
        if have == 0:
            raise LookupError('INBOX is empty')
        for _ in range(0, size, min(have, size)):
            self.do('COPY 1:%d %s' % (min(have, size), mailbox))
        self.select(mailbox)


class Copy:
    label = 'copy-100'

    def __init__(self, c):
        self.c, self.at = c, 0
        c.fill('bench-a', SIZE)
        c.fresh('bench-b')

    def prepare(self):
        if self.at >= SIZE:
            self.at = 0
            self.c.fresh('bench-b')
        self.at += BATCH

    def run(self):
        self.c.do('COPY %d:%d bench-b' % (self.at - BATCH + 1, self.at))


class Move:
    """There and back, so that the mailboxes stay as they are."""
    label = 'move-100'

    def __init__(self, c):
        self.c, self.here, self.there = c, 'bench-b', 'bench-a'
        c.fresh('bench-b')
        c.fill('bench-a', SIZE)

    def prepare(self):
        self.here, self.there = self.there, self.here
        self.c.select(self.here)

    def run(self):
        self.c.do('MOVE 1:%d %s' % (BATCH, self.there))


class Expunge:
    label = 'expunge-100'

    def __init__(self, c):
        self.c, self.left = c, 0

    def prepare(self):
        if self.left < BATCH:
            self.c.fill('bench-a', SIZE)
            self.left = SIZE
        self.left -= BATCH
        self.c.do('STORE 1:%d +FLAGS.SILENT (\\Deleted)' % BATCH)

    def run(self):
        self.c.do('EXPUNGE')


class Qresync:
    """A client comes back to a mailbox of which 100 flags have changed and 10 messages have gone."""
    label = 'qresync'

    def __init__(self, c):
        self.c = c
        c.do('ENABLE QRESYNC')
        c.fill('bench-a', SIZE)
        lines = c.select('bench-a')
        self.validity = c.number(lines, r'UIDVALIDITY (\d+)')
        self.modseq = c.number(lines, r'HIGHESTMODSEQ (\d+)')
        c.do('STORE 101:200 +FLAGS.SILENT (\\Flagged)')
        c.do('STORE 1:10 +FLAGS.SILENT (\\Deleted)')
        c.do('EXPUNGE')

    def prepare(self):
        self.c.do('UNSELECT')

    def run(self):
        self.c.do('SELECT bench-a (QRESYNC (%d %d))' % (self.validity, self.modseq))


class LoginSelect:
    """Connect, log in, select, log out."""
    label, tls, look = 'login-select', False, None

    def __init__(self, c):
        self.c = c

    def prepare(self):
        pass

    def run(self):
        t = Imap(self.c.target, self.c.account, self.tls)
        t.do('SELECT INBOX')
        if self.look:
            t.do(self.look)
        t.do('LOGOUT')
        t.sock.close()


class Tls(LoginSelect):
    """The same behind a handshake, with a look at the flags."""
    label, tls, look = 'tls-session', True, 'FETCH 1:* FLAGS'


class Deep:
    """One command over the whole of a mailbox that is selected."""
    def __init__(self, c):
        self.c = c
        c.select('INBOX')

    def prepare(self):
        pass

    def run(self):
        self.c.do(self.command)


class Select(Deep):
    label = 'select'

    def prepare(self):
        self.c.do('UNSELECT')

    def run(self):
        self.c.select('INBOX')


class Flags(Deep):
    label, command = 'fetch-flags', 'FETCH 1:* FLAGS'


class Header(Deep):
    label, command = 'search-subject', 'SEARCH SUBJECT nosuchwordanywhere'


class Since(Deep):
    label, command = 'search-since', 'SEARCH SINCE 1-Jan-2020 UNSEEN'


class SortDate(Deep):
    label, command = 'sort-date', 'SORT (REVERSE DATE) UTF-8 ALL'


class SortSubject(Deep):
    label, command = 'sort-subject', 'SORT (SUBJECT) UTF-8 ALL'


class Thread(Deep):
    label, command = 'thread', 'THREAD REFERENCES UTF-8 ALL'


class StoreAll(Deep):
    label, on = 'store-all', False

    def run(self):
        self.on = not self.on
        self.c.do('STORE 1:* %sFLAGS.SILENT (\\Flagged)' % ('+' if self.on else '-'))


ROWS = (LoginSelect, Copy, Move, Expunge, Qresync, Tls)
DEEP = (Select, Flags, Since, Header, SortDate, SortSubject, Thread, StoreAll)


def measure(lab, target, kind, account, ops, suffix=''):
    server = lab.Server(target)
    c = Imap(target, account)
    c.target, c.account = target, account
    row, times, cpu = kind(c), [], 0.0
    begun = time.time()
    for n in range(ops + 1):
        row.prepare()
        before, at = sum(server.cpu()), time.perf_counter()
        row.run()
        took, used = time.perf_counter() - at, sum(server.cpu()) - before
        if n == 0:
            continue   # what only the first one pays
        times.append(took)
        cpu += used
    if kind not in DEEP:
        for name in ('bench-a', 'bench-b'):
            c.remove(name)
    return {'target': target['name'], 'label': kind.label + suffix, 'workload': kind.label, 'ops': ops,
            'ops_s': round(ops / sum(times), 2), 'p50_ms': round(statistics.median(times) * 1000, 3),
            'cpu_ms_op': round(cpu * 1000 / ops, 4) if server.cg else None, 'seconds': round(time.time() - begun, 2),
            'errors': 0}


def main():
    p = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    p.add_argument('--lab', required=True, help='a copy of the lab (labtarget.py)')
    p.add_argument('--targets', required=True)
    p.add_argument('--rounds', type=int, default=3)
    p.add_argument('--ops', type=int, default=30, help='operations a row and round')
    p.add_argument('--account', type=int, default=1, help='whose INBOX has messages')
    p.add_argument('--deep', default='', metavar='SUFFIX', help="rows over the account's INBOX as it is; of their labels")
    p.add_argument('--rows', default='', help='labels, by commas; all of them without it')
    a = p.parse_args()
    sys.path.insert(0, os.path.realpath(a.lab))
    sys.dont_write_bytecode = True
    import labtarget as lab
    wanted = [k for k in (DEEP if a.deep else ROWS) if not a.rows or k.label in a.rows.split(',')]
    for round_ in range(a.rounds):
        targets = a.targets.split(',')
        for kind in wanted:
            for name in targets if round_ % 2 == 0 else reversed(targets):
                try:
                    r = measure(lab, lab.load_target(name), kind, a.account, a.ops, a.deep)
                except (LookupError, RuntimeError, OSError, EOFError) as e:
                    key = 'skipped' if isinstance(e, LookupError) else 'failed'
                    r = {'target': name, 'label': kind.label + a.deep, 'workload': kind.label, key: str(e)[:300]}
                r['round'] = round_
                print(json.dumps(r), flush=True)


if __name__ == '__main__':
    main()
