#!/usr/bin/env python3
"""What pop3d reads before it is asked: whatever way a client takes through its maildrop, each message is the one it asked for."""
import os, poplib, random, socket, sys, unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from postern_test import Instance  # noqa: E402

# cmd/pop3d/read_ahead.h: bodies past kSmallBody are not read ahead, past kReadHere not on the loop's thread.
SMALL, HERE = 32 * 1024, 64 * 1024
COUNT = 300


def text(i, size):
    head = 'From: a@example.net\r\nSubject: message %d\r\n\r\n' % i
    line = '%d %s\r\n' % (i, 'x' * 60)
    return (head + line * max(1, (size - len(head)) // len(line)))[:max(size - 2, 80)].rstrip('\r\n') + '\r\n'


class Ahead(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.p = Instance()
        cls.p.__enter__()
        cls.addClassCleanup(cls.p.__exit__, None, None, None)
        rng = random.Random(7)
        sizes = [rng.choice((200, 2000, 9000, 20000)) for _ in range(COUNT)]
        # At the limits, past them, and several in a row that are not read ahead.
        for at, size in ((3, SMALL), (4, SMALL + 1), (5, HERE), (6, HERE + 1), (7, 300_000), (8, HERE + 1), (100, 400_000), (COUNT - 1, SMALL + 1)):
            sizes[at] = size
        cls.messages = [text(i + 1, s) for i, s in enumerate(sizes)]
        c = cls.p.imap()
        for at in range(0, COUNT, 50):
            c.send(b'm%d APPEND INBOX ' % at + b' '.join(b'{%d+}\r\n%s' % (len(m), m.encode()) for m in cls.messages[at:at + 50]) + b'\r\n')
            while not (line := c.readline()).startswith(b'm%d ' % at):
                pass
            assert b' OK ' in line, line
        c.logout()

    def login(self):
        c = poplib.POP3('127.0.0.1', self.p.port('pop3'), timeout=60)
        c.user('alice@example.org')
        c.pass_('secret')
        return c

    def take(self, c, n):
        got = b'\r\n'.join(c.retr(n)[1]) + b'\r\n'
        self.assertEqual(len(got), len(self.messages[n - 1]), n)
        self.assertEqual(got.decode(), self.messages[n - 1], n)

    def test_ways_through_a_maildrop(self):
        rng = random.Random(3)
        ways = {'upwards': range(1, COUNT + 1), 'downwards': range(COUNT, 0, -1), 'at random': [rng.randint(1, COUNT) for _ in range(400)],
                'upwards from the middle and again': list(range(150, 200)) + list(range(140, 260)),
                'every one twice': [n for n in range(1, 60) for _ in range(2)], 'every other': range(1, 120, 2),
                'to and fro': [n + d for n in range(10, 90) for d in (0, 1, -1)]}
        for way, numbers in ways.items():
            with self.subTest(way):
                c = self.login()
                for n in numbers:
                    self.take(c, n)
                c.quit()

    def test_top_and_deleted_ones_between(self):
        c = self.login()
        for n in range(1, 80):
            if n % 3 == 0:
                c.dele(n)
                with self.assertRaises(poplib.error_proto):
                    c.retr(n)
                continue
            self.assertEqual(c.top(n, 0)[1][1], b'Subject: message %d' % n)
            self.take(c, n)
        c.rset()
        self.take(c, 3)
        c.quit()

    def test_what_another_session_expunges_is_still_told_apart(self):
        c = self.p.imap()
        c.select('INBOX')
        self.assertEqual(c.append('INBOX', None, None, text(COUNT + 1, 500).encode())[0], 'OK')
        session = self.login()
        self.take(session, 1)
        c.select('INBOX')
        c.store(str(COUNT + 1), '+FLAGS', '\\Deleted')
        c.expunge()
        c.logout()
        with self.assertRaisesRegex(poplib.error_proto, 'somebody else has deleted'):
            session.retr(COUNT + 1)
        self.take(session, COUNT)
        session.quit()

    def test_all_of_it_asked_for_at_once(self):
        s = socket.create_connection(('127.0.0.1', self.p.port('pop3')), timeout=60)
        f = s.makefile('rb')
        s.sendall(b'USER alice@example.org\r\nPASS secret\r\n')
        for _ in range(3):
            self.assertTrue(f.readline().startswith(b'+OK'))
        s.sendall(b''.join(b'RETR %d\r\n' % n for n in range(1, COUNT + 1)) + b'QUIT\r\n')
        for m in self.messages:
            self.assertEqual(f.readline(), b'+OK %d octets\r\n' % len(m))
            lines = []
            while (line := f.readline()) != b'.\r\n':
                lines.append(line)
            self.assertEqual(b''.join(lines).decode(), m)
        self.assertTrue(f.readline().startswith(b'+OK'))
        s.close()

    def test_a_client_that_leaves_in_between(self):
        for n in (1, 2, 5, 20):
            c = self.login()
            for i in range(1, n + 1):
                self.take(c, i)
            c.sock.close()
            c.file.close()
        self.take(self.login(), 1)


if __name__ == '__main__':
    unittest.main()
