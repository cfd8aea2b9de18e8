#!/usr/bin/env python3
"""postern sieve check, compile, test: scripts and suites in files, with no server anywhere."""
import glob
import json
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from postern_test import BIN, SOURCE  # noqa: E402

ENV = dict(os.environ, LC_ALL='C.UTF-8', ASAN_OPTIONS='detect_leaks=0')
SUITES = os.path.join(SOURCE, 't', 'sieve')
MAIL = 'From: Ann <ann@example.net>\nTo: bob@example.com\nSubject: Big offer\n\nhello\n'


def postern(*args, stdin=''):
    return subprocess.run([os.path.join(BIN, 'postern'), '-C', '/nonexistent', 'sieve', *args], env=ENV, input=stdin,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120)


class SieveOffline(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory()
        self.addCleanup(self.dir.cleanup)

    def file(self, name, text):
        path = os.path.join(self.dir.name, name)
        with open(path, 'w') as f:
            f.write(text)
        return path

    def test_check_names_the_place(self):
        good = self.file('good.sieve', 'require "fileinto";\nfileinto "A";\n')
        bad = self.file('bad.sieve', 'keep;\n  fielinto "A";\n')
        self.assertEqual(postern('check', good).returncode, 0)
        r = postern('check', good, bad)
        self.assertEqual(r.returncode, 1)
        self.assertEqual(r.stderr, bad + ':2:3: error: unknown command "fielinto"; expected "fileinto"\n')
        rows = json.loads(postern('check', '--json', good, bad).stdout)
        self.assertEqual([row['valid'] for row in rows], [True, False])
        self.assertEqual((rows[1]['errors'][0]['line'], rows[1]['errors'][0]['column']), (2, 3))
        self.assertEqual(postern('check', '-', stdin='stop;').returncode, 0)
        self.assertEqual(postern('check', os.path.join(self.dir.name, 'none')).returncode, 66)
        self.assertEqual(postern('check').returncode, 64)

    def test_imap_scripts_have_other_words(self):
        away = self.file('away.sieve', 'require "vacation";\nvacation "x";\n')
        self.assertEqual(postern('check', away).returncode, 0)
        self.assertEqual(postern('check', '--imap', away).returncode, 1)

    def test_compile(self):
        path = self.file('a.sieve', 'if true {\n  discard;\n}\n')
        r = postern('compile', path)
        self.assertEqual(r.returncode, 0)
        self.assertIn('\t2\tdiscard', r.stdout)
        out = os.path.join(self.dir.name, 'a.svc')
        self.assertEqual(postern('compile', path, '--output', out).returncode, 0)
        with open(out, 'rb') as f:
            self.assertEqual(f.read(3), b'PSV')

    def test_a_script_and_a_message(self):
        script = self.file('s.sieve', 'require ["fileinto", "mailbox"];\nif header :contains "subject" "offer" {\n'
                                      '  if mailboxexists "Offers" { fileinto "Offers"; }\n}\n')
        mail = self.file('m.eml', MAIL)
        r = postern('test', script, mail, '--mailbox', 'Offers')
        self.assertEqual(r.returncode, 0, r.stderr)
        self.assertIn('s.sieve:2: header :contains "subject" "offer" -> true\n', r.stdout)
        self.assertIn('stored in Offers [s.sieve:3]\n', r.stdout)
        r = postern('test', script, mail)
        self.assertIn('kept, as nothing else was said', r.stdout)
        o = json.loads(postern('test', '--json', '--mailbox', 'Offers', script, mail).stdout)
        self.assertEqual([a['action'] for a in o['actions']], ['fileinto'])
        self.assertEqual(o['trace'][0]['line'], 2)
        self.assertEqual(postern('test', script, '-', stdin=MAIL).returncode, 0)

    def test_what_goes_wrong(self):
        mail = self.file('m.eml', MAIL)
        late = self.file('late.sieve', 'require "ihave";\nerror "no";\n')
        r = postern('test', late, mail)
        self.assertEqual(r.returncode, 1)
        self.assertIn('error: late.sieve:2: no\n', r.stdout)
        self.assertEqual(postern('test', self.file('b.sieve', 'x;'), mail).returncode, 65)
        self.assertEqual(postern('test', late).returncode, 64)

    def test_suites(self):
        for path in sorted(glob.glob(SUITES + '/*.svtest')):
            with self.subTest(os.path.basename(path)):
                r = postern('test', path)
                self.assertEqual(r.returncode, 0, r.stdout + r.stderr)
        failing = self.file('f.svtest', 'require "vnd.dovecot.testsuite";\ntest "one" {\n  test_fail "why";\n}\ntest "two" {}\n')
        r = postern('test', failing)
        self.assertEqual(r.returncode, 1)
        self.assertEqual(r.stdout, 'FAIL %s:3: one: why\n%s: 1 of 2 tests passed\n' % (failing, failing))
        rows = json.loads(postern('test', '--json', failing).stdout)
        self.assertEqual([(row['test'], row['passed']) for row in rows], [('one', False), ('two', True)])


if __name__ == '__main__':
    unittest.main(verbosity=1)
