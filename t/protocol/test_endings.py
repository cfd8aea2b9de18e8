#!/usr/bin/env python3
"""Why a session is over, or a command was not done, though the client did nothing wrong: the response codes of RFC 5530 say
whether to come again (UNAVAILABLE) or to ask the user (EXPIRED).  And who did something wrong can read that he did."""
import os, signal, socket, subprocess, sys, time, unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from imap_wire import Wire  # noqa: E402
from postern_test import BIN, Instance  # noqa: E402

ALICE = 'alice@example.org'


class Endings(unittest.TestCase):
    def setUp(self):
        self.p = Instance()
        self.p.start()
        self.addCleanup(self.p.__exit__, None, None, None)

    def session(self):
        c = Wire(self.p.port('imap'), 'c')
        self.addCleanup(c.close)
        self.say(c, 'a1 LOGIN %s secret' % ALICE, 'a1')
        self.say(c, 'a2 SELECT INBOX', 'a2')
        return c

    def say(self, c, line, tag):
        c.send(line + '\r\n')
        return self.until(c, lambda r: r.tag == tag)

    def until(self, c, good):
        """All responses up to the one that is waited for."""
        seen = []
        while not seen or not good(seen[-1]):
            came = c.read()
            self.assertIsNotNone(came, seen)
            seen += came
        return seen

    def test_login_that_is_void(self):
        """A new password ends the sessions of the old one, at once."""
        quiet, busy = self.session(), self.session()
        busy.send('a3 IDLE\r\n')
        self.until(busy, lambda r: r.tag == '+')
        self.p.postern('account', 'passwd', ALICE, input='other\n')
        for c in (quiet, busy):
            last = self.until(c, lambda r: r.kind == 'BYE')[-1]
            self.assertEqual(last.code, ['EXPIRED'])
            self.assertIsNone(c.read())

    def test_server_goes_down(self):
        c = self.session()
        self.p.master.send_signal(signal.SIGTERM)
        last = self.until(c, lambda r: r.kind == 'BYE')[-1]
        self.assertEqual(last.code, ['UNAVAILABLE'])
        self.p.master.wait(30)

    def test_store_is_away(self):
        """What the store does not answer in time is refused for now; the session goes on when it is back."""
        c = self.session()
        stored = int(subprocess.run(['pgrep', '-P', str(self.p.master.pid), '-f', 'stored'], stdout=subprocess.PIPE,
                                    check=True).stdout.split()[0])
        c.sock.settimeout(120)   # imapd itself waits for 30 s
        os.kill(stored, signal.SIGSTOP)
        try:
            last = self.say(c, 'a3 STATUS INBOX (MESSAGES)', 'a3')[-1]
        finally:
            os.kill(stored, signal.SIGCONT)
        self.assertEqual((last.kind, last.code), ('NO', ['UNAVAILABLE']))
        for n in range(20):
            if self.say(c, 'b%d STATUS INBOX (MESSAGES)' % n, 'b%d' % n)[-1].kind == 'OK':
                return
            time.sleep(0.5)
        self.fail('the store is back and nothing goes on')


class TooMuch(unittest.TestCase):
    """A client that goes on sending after the server has given up still reads why: nothing is reset under its hands."""
    ALL = {'imap': b'\r\n* BYE [TOOBIG] ', 'pop3': b'\r\n-ERR line too long', 'sieve': b'\r\nBYE "too long', 'lmtp': b'\r\n500 ',
           'http': b'HTTP/1.1 414 '}
    MUCH = 900_000      # a line without an end; within what is read and what is thrown away, kFinishBytes
    PIECE = 30_000

    @classmethod
    def setUpClass(cls):
        cls.p = Instance(check_imap=False)
        cls.p.__enter__()
        cls.addClassCleanup(cls.p.__exit__, None, None, None)

    def all_said(self, s):
        s.settimeout(30)
        for _ in range(0, self.MUCH, self.PIECE):
            s.sendall(b'a' * self.PIECE)    # fails when the server has reset the connection
            time.sleep(0.01)
        out = b''
        while piece := s.recv(65536):
            out += piece
        s.close()
        return out

    def test_all_front_ends(self):
        for service, why in self.ALL.items():
            for _ in range(3):
                said = self.all_said(socket.create_connection(('127.0.0.1', self.p.port(service))))
                self.assertIn(why, said, service)


if __name__ == '__main__':
    if not os.path.exists(os.path.join(BIN, 'master')):
        print('no master in', BIN)
        sys.exit(77)
    unittest.main()
