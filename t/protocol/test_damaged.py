#!/usr/bin/env python3
"""A body that can't be read any more is told to be damaged, with the code of RFC 5530; the rest is served."""
import glob, os, sys, unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from postern_test import BIN, Instance  # noqa: E402

# Incompressible, so that the body has as many bytes on the disk: the second message lies behind the first.
BODY = b'Subject: m%d\r\n\r\n' + os.urandom(60000).hex().encode() + b'\r\n'


class Damaged(unittest.TestCase):
    def test_fetch_and_copy(self):
        with Instance() as p:
            alice = p.imap()
            for i in (1, 2):
                alice.append('INBOX', None, None, BODY % i)
            alice.setacl('INBOX', 'bob@example.org', 'lrswite')
            segment = max(glob.glob(os.path.join(p.dir, '**', 'blobs', '*'), recursive=True), key=os.path.getsize)
            with open(segment, 'r+b') as f:
                f.seek(-20000, os.SEEK_END)
                f.write(b'damage' * 100)
            alice.select('INBOX')
            kind, data = alice.fetch('1', '(BODY.PEEK[])')
            self.assertEqual(kind, 'OK', data)
            kind, data = alice.fetch('1:2', '(UID BODY.PEEK[])')
            self.assertEqual(kind, 'NO')
            self.assertIn(b'[CORRUPTION]', data[-1])
            # What needs no body is not affected.
            self.assertEqual(alice.fetch('1:2', '(ENVELOPE BODYSTRUCTURE PREVIEW)')[0], 'OK')
            bob = p.imap('bob@example.org')
            bob.select('"Other Users/alice@example.org/INBOX"')
            for command in ('COPY', 'MOVE'):
                kind, data = bob._simple_command(command, '2', 'Archive')
                self.assertEqual(kind, 'NO')
                self.assertIn(b'[CORRUPTION]', data[0])
            self.assertEqual(bob._simple_command('MOVE', '1', 'Archive')[0], 'OK')


if __name__ == '__main__':
    if not os.path.exists(os.path.join(BIN, 'master')):
        print('no master in', BIN)
        sys.exit(77)
    unittest.main()
