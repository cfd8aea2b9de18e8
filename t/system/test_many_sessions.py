#!/usr/bin/env python3
"""A thousand IDLE sessions: each is told of a delivery, none is dropped by a reload, and each is served after it."""
import os, resource, selectors, signal, socket, sys, time, unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from postern_test import BIN, Instance  # noqa: E402

SESSIONS, ACCOUNTS = 1000, 20
MESSAGE = 'From: a@example.org\r\nTo: b@example.org\r\nSubject: news\r\n\r\nx\r\n'


class Sessions:
    """Many sockets; each step is sent to all at once and waits for all."""

    def __init__(self, port, n):
        self.selector = selectors.DefaultSelector()
        self.sockets = []
        for _ in range(n):
            s = socket.create_connection(('127.0.0.1', port), timeout=60)
            s.setblocking(False)
            self.selector.register(s, selectors.EVENT_READ)
            self.sockets.append(s)

    def wait(self, ends):
        """Until what each session said since holds `ends`; returns those that did not, or were closed."""
        said = {s: b'' for s in self.sockets}
        open_ = set(self.sockets)
        deadline = time.time() + 120
        while open_ and time.time() < deadline:
            for key, _ in self.selector.select(1):
                s = key.fileobj
                if s not in open_:
                    continue
                data = s.recv(65536)
                said[s] += data
                if ends in said[s]:
                    open_.discard(s)
                elif not data:
                    deadline = 0
        return len(open_)

    def send(self, command):
        for i, s in enumerate(self.sockets):
            s.sendall(command(i))

    def close(self):
        for s in self.sockets:
            s.close()


class ManySessions(unittest.TestCase):
    def test_thousand(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard != resource.RLIM_INFINITY and hard < 2 * SESSIONS:
            self.skipTest('the hard limit of descriptors is %d' % hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2 * SESSIONS), hard))
        names = ['u%02d@example.org' % i for i in range(ACCOUNTS)]
        with Instance(accounts=[n + '=secret' for n in names], check_imap=False) as p:
            c = Sessions(p.port('imap'), SESSIONS)
            self.addCleanup(c.close)
            self.assertEqual(c.wait(b'* OK'), 0)
            c.send(lambda i: b'a LOGIN %s secret\r\n' % names[i % ACCOUNTS].encode())
            self.assertEqual(c.wait(b'a OK'), 0)
            c.send(lambda i: b'b SELECT INBOX\r\n')
            self.assertEqual(c.wait(b'b OK'), 0)
            c.send(lambda i: b'c IDLE\r\n')
            self.assertEqual(c.wait(b'+ '), 0)
            for step in (1, 2):
                with p.lmtp() as l:
                    for name in names:  # smtplib reads one reply a message
                        l.sendmail('a@example.net', [name], MESSAGE)
                self.assertEqual(c.wait(b'* %d EXISTS' % step), 0)
                if step == 1:
                    os.kill(p.master.pid, signal.SIGHUP)
                    time.sleep(2)
            c.send(lambda i: b'DONE\r\n')
            self.assertEqual(c.wait(b'c OK'), 0)
            c.send(lambda i: b'd UID FETCH 1:* FLAGS\r\n')
            self.assertEqual(c.wait(b'd OK'), 0)
            # Those that came before the reload leave their processes in peace, and new ones are served beside them.
            self.assertEqual(p.imap(names[0]).noop()[0], 'OK')
            c.send(lambda i: b'e LOGOUT\r\n')
            self.assertEqual(c.wait(b'e OK'), 0)


if __name__ == '__main__':
    if not os.path.exists(os.path.join(BIN, 'master')):
        print('no master in', BIN)
        sys.exit(77)
    unittest.main()
