"""Every read and write of every daemon on a socket moves one byte, and some are interrupted (RELIABILITY F07): mail comes in and
goes out as it is all the same."""
import json, os, re, sys, unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'crash'))
from postern_test import BIN, BUILD, Instance  # noqa: E402
from wire import Imap, Jmap  # noqa: E402

WHO = 'alice@example.org'
DAEMONS = ('stored', 'authd', 'lmtpd', 'imapd', 'jmapd', 'pop3d', 'runner', 'searchd', 'indexer', 'sieved', 'managesieved')


def slowed():
    p = Instance()
    table = os.path.join(p.etc, 'master.conf')
    with open(table) as f:
        text = f.read()
    for program in DAEMONS:
        wrapper = os.path.join(p.dir, program)
        with open(wrapper, 'w') as f:
            f.write('#!/bin/sh\nLD_PRELOAD=%s exec %s "$@"\n' % (os.path.join(BUILD, 't', 'small_io.so'), os.path.join(BIN, program)))
        os.chmod(wrapper, 0o755)
        text, n = re.subn(r'^(%s\s+)%s\b' % (program, program), r'\g<1>' + wrapper, text, flags=re.M)
        assert n == 1, text
    with open(table, 'w') as f:
        f.write(text)
    return p


class SmallIo(unittest.TestCase):
    def test_mail_in_and_out(self):
        with slowed() as p:
            body = b'Subject: one byte at a time\r\n\r\n' + b'0123456789abcdef\r\n' * 1000
            self.assertTrue(p.deliver(WHO, body)[0].startswith('250'))
            c = Imap(p.port('imap'), WHO)
            c.command(b'APPEND INBOX', body)
            c.command(b'SELECT INBOX')
            got = [i[1] for i in c.command(b'FETCH 1:2 BODY.PEEK[]') if isinstance(i, tuple)]
            self.assertTrue(got[0].endswith(body))
            self.assertEqual(got[1], body)
            c.command(b'UID MOVE 1:2 Archive')
            c.close()
            j = Jmap(p.port('http'), WHO)
            ids = j.call('Email/query')['ids']
            self.assertEqual(len(ids), 2)
            self.assertEqual({e['subject'] for e in j.call('Email/get', ids=ids)['list']}, {'one byte at a time'})
            self.assertEqual(len(json.dumps(j.call('Core/echo', x='y' * 20000))) > 20000, True)
            j.close()


if __name__ == '__main__':
    unittest.main(warnings='ignore')
