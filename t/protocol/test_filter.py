#!/usr/bin/env python3
"""FILTER=SIEVE with stored and global scripts, and that a script's marks and sendmail are those of delivery.  What a
command says is in imap/filter_sieve.t."""
import os, sys, unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'system'))
from test_sieve import Base, message  # noqa: E402

# shows: FILTER=SIEVE


class Filter(Base):
    CONF = 'sieve.global_dir = global\nsieve.list_dir = lists\n'

    @classmethod
    def prepare(cls):
        for folder in ('global', 'lists'):
            os.makedirs(os.path.join(cls.p.etc, folder))
        with open(cls.p.etc + '/global/common.sieve', 'w') as f:
            f.write('require "fileinto"; fileinto "Junk";')

    def setUp(self):
        self.wipe()
        self.letters()

    def filter(self, spec, keys='ALL', uid=False):
        c = self.p.imap()
        c.select()
        tag = c._new_tag()
        c.send(tag + (b' UID' if uid else b'') + b' FILTER SIEVE ' + spec.encode() + b' ' + keys.encode() + b'\r\n')
        lines = []
        while not lines or not lines[-1].startswith(tag):
            lines.append(c._get_line())
        c.logout()
        return [line.decode() for line in lines]

    def test_delivery_is_the_active_script(self):
        for subject in ('one', 'two'):
            self.assertRegex(self.deliver(message(subject)), '^250')
        self.script('require "fileinto"; if header "subject" "two" { fileinto "Archive"; }')
        out = self.filter('DELIVERY')
        self.assertRegex(out[-1], ' OK ')
        self.assertEqual(sum('FILTERED' in line and line.endswith(') OK') for line in out), 2, out)
        self.assertEqual(self.subjects('Archive'), ['two'])

    def test_personal_and_global(self):
        self.assertRegex(self.deliver(message('m')), '^250')
        self.p.postern('sieve', 'put', '--account', 'alice@example.org', 'tidy', '-', input='require ["fileinto", "copy"]; fileinto :copy "Archive";')
        self.assertRegex(self.filter('PERSONAL tidy')[-1], ' OK ')
        self.assertEqual(self.subjects('Archive'), ['m'])
        self.assertRegex(self.filter('GLOBAL "common"')[-1], ' OK ')
        self.assertEqual(self.subjects('Junk'), ['m'])
        for name in ('../../etc/passwd', 'no/such', '""'):
            self.assertRegex(self.filter('GLOBAL ' + name)[-1], ' NO ', name)

    def test_the_envelope_is_what_the_message_tells(self):
        self.assertRegex(self.deliver(message('m', 'header@example.net'), sender='envelope@example.net'), '^250')
        out = self.filter('SCRIPT "require [\\"envelope\\", \\"environment\\", \\"imap4flags\\"];'
                          ' if allof(envelope \\"from\\" \\"envelope@example.net\\", envelope \\"to\\" \\"alice@example.org\\",'
                          ' environment \\"phase\\" \\"post\\", environment \\"location\\" \\"MS\\") { addflag \\"$Right\\"; }"')
        self.assertRegex(out[-1], ' OK ')
        c = self.p.imap()
        c.select()
        self.assertIn(b'$Right', c.fetch('1', '(FLAGS)')[1][0])
        c.logout()

    def test_redirect_keeps_what_cannot_be_sent(self):
        self.assertRegex(self.deliver(message('m')), '^250')
        fail = os.path.join(self.sent, 'fail')
        with open(fail, 'w') as f:
            f.write('65')
        try:
            out = self.filter('SCRIPT "redirect \\"x@example.com\\";"')
        finally:
            os.unlink(fail)
        self.assertTrue(any('ERRORS' in line for line in out), out)
        self.letters()
        out = self.filter('SCRIPT "redirect \\"x@example.com\\";"', uid=True)
        self.assertTrue(any(line.endswith(') UID 1 OK') or ' OK' in line for line in out), out)
        letter, = self.letters()
        self.assertIn('x@example.com', letter.split('\n')[0])
        c = self.p.imap()
        c.select()
        self.assertIn(b'\\Deleted', c.fetch('1', '(FLAGS)')[1][0])
        c.logout()

    def test_duplicate_is_the_same_as_at_delivery(self):
        text = message('again')
        self.assertRegex(self.deliver(text), '^250')
        once = 'SCRIPT "require \\"duplicate\\"; if duplicate { discard; }"'
        self.filter(once)
        c = self.p.imap()
        c.select()
        self.assertNotIn(b'\\Deleted', c.fetch('1', '(FLAGS)')[1][0])
        c.logout()
        self.filter(once)
        c = self.p.imap()
        c.select()
        self.assertIn(b'\\Deleted', c.fetch('1', '(FLAGS)')[1][0])
        c.logout()


if __name__ == '__main__':
    unittest.main()
