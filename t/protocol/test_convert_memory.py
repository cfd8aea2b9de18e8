#!/usr/bin/env python3
"""CONVERT (RFC 5259) of many large parts in one command holds one of them at a time."""
import os, re, sys, unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from postern_test import BIN, Instance  # noqa: E402
from test_notify import ENV, MEGABYTE, Raw, pids_of  # noqa: E402

PARTS, SIZE = 60, 4 * MEGABYTE


def peak(pid):
    with open('/proc/%d/status' % pid) as f:
        return int(re.search(r'VmHWM:\s+(\d+) kB', f.read())[1]) * 1024


class Memory(unittest.TestCase):
    def test_many_items(self):
        with Instance(env=ENV, check_imap=False) as p:
            p.imap().append('INBOX', None, None, b'Subject: big\r\n\r\n' + (b'x' * 78 + b'\r\n') * (SIZE // 80))
            c = Raw(p)
            c.run('SELECT INBOX')
            pid, = pids_of(p)
            before = peak(pid)
            c.sock.sendall(b'q CONVERT 1 ("text/plain" ("charset" "utf-8")) (%s)\r\n' % b' '.join([b'BINARY[1]'] * PARTS))
            got, line = 0, c.file.readline()
            while not line.startswith(b'q '):
                got += len(line)
                line = c.file.readline()
                self.assertTrue(line, 'closed')
            self.assertTrue(line.startswith(b'q OK'), line)
            self.assertGreater(got, PARTS * SIZE * 9 // 10)
            # A few copies of one part while it is converted, and what the socket does not take yet.
            self.assertLess(peak(pid) - before, 16 * SIZE)


if __name__ == '__main__':
    if not os.path.exists(os.path.join(BIN, 'master')):
        print('no master in', BIN)
        sys.exit(77)
    unittest.main()
