#!/usr/bin/env python3
"""NOTIFY (RFC 5465) where a transcript does not reach: a client that does not read costs bounded memory and loses nothing,
and who watches too many mailboxes is told so."""
import os, re, sys, time, unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from postern_test import BIN, Instance  # noqa: E402

# What was freed must not count as held.
ENV = {'ASAN_OPTIONS': 'detect_leaks=0:quarantine_size_mb=1'}
MEGABYTE = 1 << 20


def rss(pid):
    with open('/proc/%d/status' % pid) as f:
        return int(re.search(r'VmRSS:\s+(\d+) kB', f.read())[1]) * 1024


def pids_of(instance):
    """imapd processes of this instance."""
    out = []
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            with open('/proc/%s/cmdline' % pid, 'rb') as f:
                words = f.read().split(b'\0')
        except OSError:
            continue
        if words[0].endswith(b'/imapd') and instance.etc.encode() in words:
            out.append(int(pid))
    return out


class Raw:
    def __init__(self, p):
        self.imap = p.imap()
        self.sock, self.file = self.imap.sock, self.imap.file

    def run(self, command):
        self.sock.sendall(b'q ' + command.encode() + b'\r\n')
        out = []
        while not (out and out[-1].startswith('q ')):
            line = self.file.readline()
            assert line, 'closed'
            out.append(line.decode().rstrip())
        return out


class Notify(unittest.TestCase):
    def test_slow_reader(self):
        messages = 60
        body = b'Subject: big\r\n\r\n' + b'x' * 78 + b'\r\n' + (b'y' * 78 + b'\r\n') * (MEGABYTE // 80)
        with Instance(env=ENV) as p:
            reader, writer = Raw(p), p.imap()
            reader.run('SELECT INBOX')
            reader.run('NOTIFY SET (selected (MessageNew (uid body.peek[]) MessageExpunge)) (personal (MailboxName))')
            pid, = pids_of(p)
            writer.append('INBOX', None, None, body)
            held = rss(pid)
            for i in range(messages - 1):
                writer.append('INBOX', None, None, body)
                writer.create('box%d' % i)
            self.assertLess(rss(pid) - held, 24 * MEGABYTE)
            # Now it reads, and has everything: each message once, and that the mailboxes are there.
            seen, boxes = [], set()
            while len(seen) < messages or len(boxes) < messages - 1:
                line = reader.file.readline().decode()
                m = re.match(r'\* \d+ FETCH \(UID (\d+) BODY\[\] \{(\d+)\}', line)
                if m:
                    self.assertEqual(int(m[2]), len(body))
                    self.assertEqual(reader.file.read(int(m[2])), body)
                    seen.append(int(m[1]))
                m = re.match(r'\* LIST \(\\HasNoChildren\) "/" (box\d+)', line)
                if m:
                    self.assertNotIn(m[1], boxes)
                    boxes.add(m[1])
            self.assertEqual(seen, list(range(1, messages + 1)))

    def test_overflow(self):
        def make(client, first, last):
            for i in range(first, last):
                kind, data = client.create('/'.join(['t%d' % i] + ['m%d' % k for k in range(29)]))
                self.assertEqual(kind, 'OK', data)
        with Instance() as p:
            watcher, other = Raw(p), p.imap()
            make(other, 0, 332)  # 9,960 and what the account had
            self.assertTrue(watcher.run('NOTIFY SET (personal (MailboxName))')[-1].startswith('q OK'))
            make(other, 332, 336)
            while not (line := watcher.file.readline().decode()).startswith('* OK [NOTIFICATIONOVERFLOW]'):
                self.assertRegex(line, r'^\* LIST \(')
            # As after NOTIFY NONE.
            make(other, 336, 337)
            watcher.run('SELECT INBOX')
            other.append('INBOX', None, None, b'Subject: x\r\n\r\nx\r\n')
            self.assertEqual(len(watcher.run('NOOP')), 1)
            refused = watcher.run('NOTIFY SET (personal (MailboxName))')[-1]
            self.assertTrue(refused.startswith('q NO [NOTIFICATIONOVERFLOW]'), refused)
            # A few of many are no difficulty.
            said = watcher.run('NOTIFY SET (mailboxes (t1 t2) (MailboxName)) (selected (MessageNew MessageExpunge))')
            self.assertIn('* 1 EXISTS', said)
            self.assertTrue(said[-1].startswith('q OK'), said)


if __name__ == '__main__':
    if not os.path.exists(os.path.join(BIN, 'master')):
        print('no master in', BIN)
        sys.exit(77)
    unittest.main()
