#!/usr/bin/env python3
"""UIDL of POP3 after a migration: what the old server said (postern import --pop3-uidl), and never the same of two messages."""
import os, poplib, sys, tempfile, unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from postern_test import Instance  # noqa: E402

WHO = 'alice@example.org'


class Uidl(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.p = Instance()
        cls.p.__enter__()
        cls.addClassCleanup(cls.p.__exit__, None, None, None)

    def bring(self, subjects, uidls):
        """Imports messages of these subjects; `uidls` is what the old server said of them."""
        mbox = ''.join('From a@example.net Mon Nov 30 10:00:00 2026\nSubject: %s\n\nx\n\n' % s for s in subjects)
        with tempfile.NamedTemporaryFile('w') as f:
            f.write(uidls)
            f.flush()
            self.p.postern('import', 'mbox', '--account', WHO, '--pop3-uidl', f.name, '-', input=mbox)

    def uidls(self):
        c = poplib.POP3('127.0.0.1', self.p.port('pop3'), timeout=30)
        c.user(WHO)
        c.pass_('secret')
        all = dict(line.decode().split(' ') for line in c.uidl()[1])
        for n, uidl in all.items():
            self.assertEqual(c.uidl(n).decode(), '+OK %s %s' % (n, uidl))
        c.quit()
        return [all[n] for n in sorted(all, key=int)]

    def test_two_old_servers(self):
        self.bring(['one', 'two', 'three'], '1 old-1\n2 ' + '~' * 70 + '\n')
        before = self.uidls()
        self.assertEqual(before[:2], ['old-1', '~' * 70])
        self.assertNotIn('old', before[2])
        # Another account of another server, whose ids begin anew; and ids that look like one of ours.
        self.bring(['four', 'five', 'six'], '1 old-1\n2 old-2\n3 %s\n' % before[2])
        after = self.uidls()
        self.assertEqual(after[:3], before)
        self.assertEqual(after[4], 'old-2')
        self.assertEqual(len(set(after)), 6, after)


if __name__ == '__main__':
    unittest.main()
