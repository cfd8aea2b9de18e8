#!/usr/bin/env python3
"""QUIT of POP3: what was deleted goes then and not before, in commits of at most 1,000 messages, whoever goes meanwhile."""
import json, os, poplib, socket, sys, time, unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from postern_test import Instance  # noqa: E402

WHO = 'alice@example.org'
COUNT, BATCH = 2300, 1000   # cmd/pop3d/maildrop.cc: kBatch


class Quit(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.p = Instance()
        cls.p.__enter__()
        cls.addClassCleanup(cls.p.__exit__, None, None, None)

    def setUp(self):
        c = self.p.imap(WHO)
        c.select()
        c.uid('STORE', '1:*', '+FLAGS.SILENT', '\\Deleted')
        c.expunge()
        c.logout()
        mbox = ''.join('From a@example.net Mon Nov 30 10:00:00 2026\nSubject: message %d\n\nx\n\n' % n for n in range(1, COUNT + 1))
        self.p.postern('import', 'mbox', '--account', WHO, '-', input=mbox)

    def stats(self):
        return json.loads(self.p.postern('call', 'stored', 'get_stats').stdout)['stats']['counters']

    def left(self):
        return int(next(m['messages'] for m in json.loads(self.p.postern('mailbox', 'status', '--account', WHO, '--json').stdout) if m['name'] == 'INBOX'))

    def delete_all(self, then=b''):
        """A session that has deleted all but the last message, with everything said at once."""
        s = socket.create_connection(('127.0.0.1', self.p.port('pop3')), timeout=60)
        s.sendall(b'USER %s\r\nPASS secret\r\n' % WHO.encode() + b''.join(b'DELE %d\r\n' % n for n in range(1, COUNT)) + then)
        f = s.makefile('rb')
        for n in range(COUNT + 2):
            line = f.readline()
            self.assertTrue(line.startswith(b'+OK'), (n, line))
        return s, f

    def test_commits_of_a_thousand(self):
        s, f = self.delete_all()
        self.assertEqual(self.left(), COUNT)
        before = self.stats()['calls']
        s.sendall(b'QUIT\r\n')
        self.assertTrue(f.readline().startswith(b'+OK'))
        calls = int(self.stats()['calls']) - int(before)
        self.assertEqual(self.left(), 1)
        # Three commits that mark and three that remove, and what others ask meanwhile; one a message it is not.
        self.assertGreaterEqual(calls, 2 * (COUNT // BATCH + 1))
        self.assertLess(calls, 60)
        s.close()

    def test_a_client_that_goes_with_its_quit(self):
        # P04: whole commits or none, and nothing that was not deleted.
        s, _ = self.delete_all(then=b'QUIT\r\n')
        s.close()
        end = time.time() + 60
        while self.left() not in (1, COUNT) and time.time() < end:
            self.assertIn(self.left(), (COUNT, COUNT - BATCH, COUNT - 2 * BATCH, 1))
            time.sleep(0.05)
        c = poplib.POP3('127.0.0.1', self.p.port('pop3'), timeout=60)
        c.user(WHO)
        while True:   # the maildrop may still be the other's
            try:
                c.pass_('secret')
                break
            except poplib.error_proto as e:
                self.assertIn(b'IN-USE', e.args[0])
                self.assertLess(time.time(), end)
                time.sleep(0.1)
                c.user(WHO)
        self.assertIn(b'Subject: message %d' % COUNT, c.retr(c.stat()[0])[1])
        c.quit()


if __name__ == '__main__':
    unittest.main()
