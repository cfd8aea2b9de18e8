#!/usr/bin/env python3
"""What commands cost: a SELECT, a STORE, a FETCH that sets \\Seen, and an APPEND to the mailbox of the APPEND before it are one
call of stored each (a FETCH one more for the message), an UNSELECT none.  What others do meanwhile is told all the same."""
import json, os, sys, unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from postern_test import Instance  # noqa: E402

ALICE, BOB = 'alice@example.org', 'bob@example.org'
MESSAGE = b'Subject: x\r\n\r\nbody\r\n'
TIMES = 30
OTHERS = TIMES // 2   # calls that may happen to come in between: of the indexer, of a ticket's renewal


class Calls(unittest.TestCase):
    def calls(self, p):
        return int(json.loads(p.postern('call', 'stored', 'get_stats').stdout)['stats']['counters']['calls'])

    def cost(self, p, run):
        run(0)   # what only the first one pays
        before = self.calls(p)
        for n in range(1, TIMES + 1):
            self.assertEqual(run(n)[0], 'OK')
        return self.calls(p) - before

    def test_one_call_each(self):
        with Instance(accounts=[ALICE + '=secret']) as p:
            c = p.imap(ALICE)
            c.create('box')
            self.assertLess(self.cost(p, lambda n: c.append('box', None, None, MESSAGE)), TIMES + OTHERS)
            c.select('box')
            flags = lambda n: c.store('1', '-+'[n % 2] + 'FLAGS', r'(\Flagged)')   # noqa: E731
            self.assertLess(self.cost(p, flags), TIMES + OTHERS)
            self.assertLess(self.cost(p, lambda n: c.fetch(str(n + 1), '(BODY[])')), 2 * TIMES + OTHERS)
            again = lambda n: c.unselect() if n % 2 else c.select('box')   # noqa: E731
            self.assertLess(self.cost(p, again), TIMES / 2 + OTHERS)

    # What one process keeps of a mailbox from one SELECT to the next is held against what stored has.
    def test_each_select_is_fresh(self):
        with Instance(accounts=[ALICE + '=secret']) as p:
            c, other = p.imap(ALICE), p.imap(ALICE)
            for name in ('box', 'old'):
                c.create(name)
                self.assertEqual(c.select(name)[1], [b'0'])
            for n in range(1, 6):
                other.append('box', None, None, MESSAGE)
                self.assertEqual(c.select('box')[1], [b'%d' % n])
                c.unselect()
            c.rename('box', 'away')
            c.rename('old', 'box')   # another mailbox, as young as the first
            self.assertEqual(c.select('box')[1], [b'0'])
            self.assertEqual(c.select('away')[1], [b'5'])
            self.assertEqual(c.select('inBox')[0], 'OK')
            self.assertEqual(c.select('gone')[0], 'NO')
            # Told of what comes after it, however often it was opened and closed before.
            for n in range(6, 9):
                c.select('away')
                c.unselect()
                c.select('away')
                other.append('away', None, None, MESSAGE)
                self.assertEqual(c.noop()[0], 'OK')
                self.assertEqual(c.response('EXISTS')[1][-1], b'%d' % n)

    # Commits of others to the account between two of this session: to a message, to the mailbox's rights.
    def test_others_are_seen(self):
        with Instance(accounts=[ALICE + '=secret', BOB + '=secret']) as p:
            alice, bob = p.imap(ALICE), p.imap(BOB)
            alice.create('box')
            for _ in range(2):
                alice.append('box', None, None, MESSAGE)
            alice.setacl('box', BOB, 'lrsw')
            other = p.imap(ALICE)
            other.select('box')
            bob.select('"Other Users/%s/box"' % ALICE)
            for sign in '+-+':
                bob.store('1', sign + 'FLAGS', r'(\Flagged)')   # its own: nothing to look at
                other.store('2', sign + 'FLAGS', r'(\Answered)')
                told = bob.store('1', '+FLAGS', r'($word%d)' % ord(sign))[1]
                self.assertTrue(any(t.startswith(b'2 (') for t in told), told)
            bob.response('PERMANENTFLAGS')
            alice.setacl('box', BOB, 'lrs')
            bob.store('1', '+FLAGS', r'(\Seen)')
            self.assertEqual(bob.response('PERMANENTFLAGS')[1], [b'(\\Seen)'])


if __name__ == '__main__':
    unittest.main()
