#!/usr/bin/env python3
"""Resynchronisation after 10,000 changes is told from the history: exactly what is gone and what changed, and for a client
that missed nothing not a word.  Times are printed, never judged."""
import os, sys, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from postern_test import BIN, Instance  # noqa: E402

MESSAGES = 2500


def numbers(text):
    out = set()
    for part in text.split(','):
        lo, _, hi = part.partition(':')
        out |= set(range(int(lo), int(hi or lo) + 1))
    return out


class Client:
    def __init__(self, p):
        self.imap = p.imap()
        self.sock, self.file = self.imap.sock, self.imap.file
        self.count = 0

    def send(self, *lines):
        self.sock.sendall(b''.join(lines))

    def answer(self, tag):
        out = []
        while True:
            line = self.file.readline().decode().rstrip('\r\n')
            if line.startswith(tag + ' '):
                assert line.startswith(tag + ' OK'), line
                return out
            assert line, 'closed'
            out.append(line)

    def run(self, command):
        self.count += 1
        tag = 'q%d' % self.count
        start = time.time()
        self.send(('%s %s\r\n' % (tag, command)).encode())
        out = self.answer(tag)
        self.seconds = time.time() - start
        return out


def code(lines, name):
    return next(l.split('[' + name + ' ')[1].split(']')[0] for l in lines if '[' + name + ' ' in l)


def resync(c, validity, modseq):
    lines = c.run('SELECT INBOX (QRESYNC (%s %s))' % (validity, modseq))
    vanished = [l.split(' ', 3)[3] for l in lines if l.startswith('* VANISHED (EARLIER) ')]
    fetched = {int(l.split('UID ')[1].split(' ')[0]): l for l in lines if ' FETCH (UID ' in l}
    print('QRESYNC from %s: %d FETCH, %d ms' % (modseq, len(fetched), c.seconds * 1000))
    return set().union(*map(numbers, vanished)) if vanished else set(), fetched, code(lines, 'HIGHESTMODSEQ')


def too_much(c, validity, since, gone):
    """More changes than are told one by one: each UID that is not here has vanished, those above the last that is, too."""
    for _ in range(3):
        c.run('UID COPY 1:* INBOX')
    last = max(fetch_uids(c))
    assert last == 16500, last
    c.run('UID STORE 14001:* +FLAGS.SILENT (\\Deleted)')
    c.run('EXPUNGE')
    wanted = gone | set(range(14001, last + 1))
    vanished, fetched, _ = resync(c, validity, since)
    assert vanished == wanted, (len(vanished), len(wanted))
    assert len(fetched) > 10000
    lines = c.run('UID FETCH 13001:* (FLAGS) (CHANGEDSINCE %s VANISHED)' % since)
    earlier = [l.split(' ', 3)[3] for l in lines if l.startswith('* VANISHED (EARLIER) ')]
    assert set().union(*map(numbers, earlier)) == set(range(14001, last + 1)), earlier
    # All of them.
    c.run('UID STORE 1:* +FLAGS.SILENT (\\Deleted)')
    c.run('CLOSE')
    vanished, fetched, _ = resync(c, validity, since)
    assert (vanished, fetched) == (set(range(1, last + 1)) - gone, {}), (len(vanished), len(fetched))


def fetch_uids(c):
    return {int(l.split('UID ')[1].split(')')[0]) for l in c.run('FETCH 1:* UID') if ' FETCH (UID ' in l}


def main():
    with Instance() as p:
        c = Client(p)
        message = b'Subject: x\r\n\r\nx\r\n'
        for i in range(MESSAGES):
            c.send(b'a%d APPEND INBOX {%d+}\r\n' % (i, len(message)), message, b'\r\n')
            if i % 100 == 99:
                for k in range(i - 99, i + 1):
                    c.answer('a%d' % k)
        c.run('ENABLE QRESYNC')
        lines = c.run('SELECT INBOX')
        validity, before = code(lines, 'UIDVALIDITY'), code(lines, 'HIGHESTMODSEQ')
        # 10,000 changes: four flags on all; then every fifth message goes.
        for flag in (r'\Seen', r'\Flagged', r'\Answered', '$Junk'):
            c.run('UID STORE 1:%d +FLAGS.SILENT (%s)' % (MESSAGES, flag))
        gone = set(range(5, MESSAGES + 1, 5))
        c.run('UID STORE %s +FLAGS.SILENT (\\Deleted)' % ','.join(map(str, sorted(gone))))
        c.run('EXPUNGE')
        vanished, fetched, after = resync(c, validity, before)
        assert vanished == gone, (len(vanished), len(gone))
        assert set(fetched) == set(range(1, MESSAGES + 1)) - gone
        assert all('$Junk' in l and r'\Answered' in l for l in fetched.values())
        vanished, fetched, same = resync(c, validity, after)
        assert (vanished, fetched, same) == (set(), {}, after)
        # One change later it is one line; the rest of the history is not looked at again.
        c.run('UID STORE 7 -FLAGS.SILENT (\\Seen)')
        vanished, fetched, _ = resync(c, validity, after)
        assert not vanished and set(fetched) == {7}
        too_much(c, validity, after, gone)
        c.imap.logout()
    return 0


if __name__ == '__main__':
    if not os.path.exists(os.path.join(BIN, 'master')):
        print('no master in', BIN)
        sys.exit(77)
    sys.exit(main())
