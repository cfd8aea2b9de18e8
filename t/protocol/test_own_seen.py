#!/usr/bin/env python3
"""A shared mailbox in which each sharer marks mail as seen for himself: postern acl seen MAILBOX own."""
import os, re, sys, unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from postern_test import BIN, Instance  # noqa: E402

ALICE, BOB, EVE = 'alice@example.org', 'bob@example.org', 'eve@example.org'
WORK = '"Other Users/alice@example.org/Work"'


def seen(c):
    """Sequence numbers that are \\Seen, by FETCH and by SEARCH."""
    kind, data = c.fetch('1:*', '(FLAGS)')
    out = [int(re.match(rb'(\d+)', x)[1]) for x in data if b'\\Seen' in x]
    found = [int(n) for n in (c.search(None, 'SEEN')[1][0] or b'').split()]
    assert out == found, (out, found)
    return out


class OwnSeen(unittest.TestCase):
    def test_each_his_own(self):
        with Instance(accounts=[a + '=secret' for a in (ALICE, BOB, EVE)]) as p:
            alice = p.imap(ALICE)
            alice.create('Work')
            for who in (BOB, EVE):
                alice.setacl('Work', who, 'lrswi')
            for i in range(4):
                alice.append('Work', None, None, b'Subject: m%d\r\n\r\nx\r\n' % i)
            self.assertEqual(p.postern('acl', 'seen', '--account', ALICE, 'Work', 'both', check=False).returncode, 64)
            p.postern('acl', 'seen', '--account', ALICE, 'Work', 'own')
            alice.select('Work')
            bob, eve = p.imap(BOB), p.imap(EVE)
            for c in (bob, eve):
                c.select(WORK)
            bob.fetch('1', '(BODY[TEXT])')
            bob.store('2', '+FLAGS', r'(\Seen \Flagged)')
            self.assertEqual(seen(bob), [1, 2])
            eve.noop()
            alice.noop()
            self.assertEqual(seen(eve), [])
            self.assertEqual(seen(alice), [])
            self.assertIn(b'\\Flagged', eve.fetch('2', '(FLAGS)')[1][0])
            self.assertIn(b'UNSEEN 2', bob.status(WORK, '(UNSEEN)')[1][0])
            self.assertIn(b'UNSEEN 4', eve.status(WORK, '(UNSEEN)')[1][0])
            # Another session of his sees it at once, and by CONDSTORE too.
            other = p.imap(BOB)
            other.select(WORK)
            self.assertEqual(seen(other), [1, 2])
            bob.store('1', '-FLAGS', r'(\Seen)')
            other.noop()
            self.assertEqual(seen(other), [2])
            # What he appends or copies as seen.
            bob.append(WORK, r'(\Seen)', None, b'Subject: his\r\n\r\nx\r\n')
            bob.noop()
            self.assertEqual(seen(bob), [2, 5])
            alice.noop()
            self.assertEqual(seen(alice), [])
            bob.copy('2', 'Archive')
            bob.select('Archive')
            self.assertEqual(seen(bob), [1])
            # In common again: the owner's marks are everybody's.
            alice.store('3', '+FLAGS', r'(\Seen)')
            p.postern('acl', 'seen', '--account', ALICE, 'Work', 'common')
            bob.select(WORK)
            self.assertEqual(seen(bob), [3])


if __name__ == '__main__':
    if not os.path.exists(os.path.join(BIN, 'master')):
        print('no master in', BIN)
        sys.exit(77)
    unittest.main()
