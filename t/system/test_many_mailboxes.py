#!/usr/bin/env python3
"""An account with 10,000 mailboxes: made, listed, found, renamed as a tree, all by pipelined commands."""
import os, re, sys, unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from postern_test import BIN, Instance  # noqa: E402
from test_imap_settings import Line  # noqa: E402

TOPS, EACH = 100, 99


class ManyMailboxes(unittest.TestCase):
    def pipeline(self, c, commands):
        """Sends all, then checks that each is answered OK, in order."""
        c.write(''.join('t%d %s\r\n' % (i, command) for i, command in enumerate(commands)))
        for i in range(len(commands)):
            while not (line := c.read()).startswith('t'):
                self.assertNotEqual(line, '')
            self.assertTrue(line.startswith('t%d OK' % i), line)

    def names(self, c, command):
        self.assertTrue(c.ask(command).startswith('x OK'))
        return [re.search(r'"/" "?([^"]*)"?$', line)[1] for line in c.untagged]

    def test_ten_thousand(self):
        with Instance() as p:
            c = Line(p)
            c.login()
            for top in range(TOPS):
                self.pipeline(c, ['CREATE f%02d/m%02d' % (top, i) for i in range(EACH)])
            own = self.names(c, 'LIST "" f*')
            self.assertEqual(len(own), TOPS * (EACH + 1))
            self.assertEqual(len(set(own)), len(own))
            self.assertEqual(own, sorted(own))
            self.assertEqual(len(self.names(c, 'LIST "" f%')), TOPS)
            self.assertEqual(self.names(c, 'LIST "" "f%/m98"'), ['f%02d/m98' % t for t in range(TOPS)])
            self.assertTrue(c.ask('SELECT f77/m55').startswith('x OK'))
            self.assertTrue(c.ask('RENAME f77 moved/here').startswith('x OK'))
            self.assertEqual(len(self.names(c, 'LIST "moved/here/" %')), EACH)
            self.assertTrue(c.ask('STATUS moved/here/m55 (MESSAGES)').startswith('x OK'))
            self.assertTrue(c.ask('STATUS f77/m55 (MESSAGES)').startswith('x NO [NONEXISTENT]'))
            self.pipeline(c, ['DELETE moved/here/m%02d' % i for i in range(EACH)])
            self.assertEqual(self.names(c, 'LIST "" moved/*'), ['moved/here'])


if __name__ == '__main__':
    if not os.path.exists(os.path.join(BIN, 'master')):
        print('no master in', BIN)
        sys.exit(77)
    unittest.main()
