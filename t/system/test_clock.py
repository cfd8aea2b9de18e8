#!/usr/bin/env python3
"""Summer time (RELIABILITY F14): a server whose zone is an hour ahead of its usual time now.  What is kept is kept in seconds
since 1970; only Sieve's currentdate asks for the zone, and gets that of the moment."""
import os
import re
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from postern_test import Instance  # noqa: E402

ALICE = 'alice@example.org'
# One hour east, and two from January to December: POSIX says so without a database of zones.
SUMMER, WINTER = 'XST-1XDT,0/0,J365/25', 'XST-1'
SCRIPT = '''require ["date", "relational", "fileinto", "mailbox"];
if currentdate :is "zone" "%s" { fileinto :create "right"; }
'''


class Clock(unittest.TestCase):
    def test_F14_summer_time(self):
        for zone, offset in ((SUMMER, '+0200'), (WINTER, '+0100')):
            with Instance(accounts=[ALICE + '=secret'], env={'TZ': zone}) as p:
                p.postern('sieve', 'put', '--account', ALICE, 'main', '-', '--activate', input=SCRIPT % offset)
                before = int(time.time())
                p.deliver(ALICE, 'Subject: now\r\n\r\nx\r\n')
                after = int(time.time())
                c = p.imap(ALICE)
                self.assertEqual(c.select('right')[1], [b'1'], (zone, p.output()))
                date = re.search(rb'INTERNALDATE "([^"]+)"', c.fetch('1', '(INTERNALDATE)')[1][0])[1].decode()
                # The moment, in whatever zone it is written.
                m = re.match(r' ?(\d+-\w+-\d+ \d+:\d+:\d+) ([+-])(\d\d)(\d\d)$', date)
                self.assertTrue(m, date)
                os.environ['TZ'] = 'UTC'
                time.tzset()
                then = time.mktime(time.strptime(m[1], '%d-%b-%Y %H:%M:%S')) - int(m[2] + '1') * (int(m[3]) * 3600 + int(m[4]) * 60)
                self.assertLessEqual(before, then)
                self.assertLessEqual(then, after)
                # An email that was sent in the hour that there is twice is one of two moments, as its date says.
                for i, z in enumerate(('+0200', '+0100')):
                    c.append('INBOX', None, '"25-Oct-2026 02:30:00 %s"' % z, b'Subject: twice %d\r\n\r\nx\r\n' % i)
                c.select('INBOX')
                dates = [re.search(rb'INTERNALDATE "([^"]+)"', x)[1] for x in c.fetch('1:*', '(INTERNALDATE)')[1]]
                self.assertEqual(len(set(dates)), 2)
                self.assertEqual(p.postern('fsck').stdout, '')


if __name__ == '__main__':
    unittest.main()
