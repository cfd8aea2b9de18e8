#!/usr/bin/env python3
"""APOP (RFC 1939 7): only where auth.apop says so, for passwords that have been seen since; a timestamp serves once."""
import base64, hashlib, os, poplib, re, sys, unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from postern_test import Instance  # noqa: E402

ALICE = 'alice@example.org'


class Apop(unittest.TestCase):
    def pop(self, p):
        c = poplib.POP3('127.0.0.1', p.port('pop3'), timeout=30)
        self.addCleanup(c.close)
        return c

    def refused(self, c, *arguments):
        with self.assertRaises(poplib.error_proto):
            c._shortcmd(' '.join(('APOP',) + arguments))

    def digest(self, c, password):
        timestamp = re.search(rb'<[^<>]+@[^<>]+>$', c.getwelcome())[0]
        return hashlib.md5(timestamp + password.encode()).hexdigest()

    def test_it(self):
        with Instance(conf='auth.apop = yes\nauth.slow_loopback = no\n') as p:
            self.assertNotEqual(self.pop(p).getwelcome(), self.pop(p).getwelcome())
            # The account was made before: its password is not known until it is used once.
            c = self.pop(p)
            self.refused(c, ALICE, self.digest(c, 'secret'))
            p.imap(ALICE).logout()
            for _ in range(100):
                c = self.pop(p)
                try:
                    c.apop(ALICE, 'secret')
                    break
                except poplib.error_proto:   # kept a moment after the login
                    pass
            self.assertEqual(c.stat(), (0, 0))
            c.quit()
            # Wrong, malformed, of nobody; and the timestamp serves once.
            for arguments in ((), (ALICE,), (ALICE, '0' * 32), (ALICE, ''), ('nobody@example.org', '0' * 32), ('\x80', 'x')):
                c = self.pop(p)
                right = self.digest(c, 'secret')
                self.refused(c, *arguments)
                if len(arguments) == 2 and arguments[1]:
                    self.refused(c, ALICE, right)
            c = self.pop(p)
            whole = b'\0'.join((ALICE.encode(), b'<x@y>', hashlib.md5(b'<x@y>secret').hexdigest().encode()))
            with self.assertRaises(poplib.error_proto):   # with a timestamp of the client's
                c._shortcmd('AUTH APOP ' + base64.b64encode(whole).decode())
            imap = p.imap(None)
            self.assertEqual(imap._simple_command('AUTHENTICATE', 'APOP', base64.b64encode(whole).decode())[0], 'NO')
            # A changed password holds at once.
            p.postern('account', 'passwd', ALICE, input='other\n')
            c = self.pop(p)
            self.refused(c, ALICE, self.digest(c, 'secret'))
            c = self.pop(p)
            c.apop(ALICE, 'other')
            c.quit()
            c = self.pop(p)
            c.apop('alice', 'other')   # in the default domain
            c.quit()

    def test_not_unless_asked_for(self):
        with Instance() as p:
            c = self.pop(p)
            self.assertNotIn(b'<', c.getwelcome())
            self.refused(c, ALICE, '0' * 32)
            self.assertIn('USER', c.capa())


if __name__ == '__main__':
    unittest.main()
