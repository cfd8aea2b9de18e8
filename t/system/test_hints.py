#!/usr/bin/env python3
"""What `make run` prints to try works as it is printed: each line is given to a shell, in a folder with a FILE.mbox and a FILE.sieve."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from postern_test import Instance, SOURCE  # noqa: E402


@unittest.skipUnless(shutil.which('curl'), 'skipped: curl is missing')
class Hints(unittest.TestCase):
    def test_each_line(self):
        # The very passwords and the command of contrib/run-here.
        with open(SOURCE + '/contrib/run-here') as f:
            text = f.read()
        accounts = re.findall(r'--account (\S+)', text)
        self.assertIn('quickstart --hints', text)
        with Instance(accounts=accounts, check_imap=False) as p, tempfile.TemporaryDirectory() as d:
            p.deliver(accounts[0].partition('=')[0], b'Subject: one\n\nx\n')
            with open(d + '/FILE.mbox', 'w') as f:
                f.write('From a@example.net Thu Jan  1 00:00:00 2015\nSubject: from a file\n\nx\n\n')
            with open(d + '/FILE.sieve', 'w') as f:
                f.write('keep;\n')
            out = p.postern('quickstart', '--hints').stdout
            for account in accounts:
                self.assertIn(account.partition('=')[0], out)
            ports = dict(re.findall(r'\b(imaps?|pop3s?|sieve|https?|lmtp) (\d+)', out))
            self.assertEqual(ports, {s: str(p.port(s)) for s in ('imap', 'imaps', 'pop3', 'pop3s', 'sieve', 'http', 'https', 'lmtp')})
            lines = [line.strip() for line in out.splitlines() if line.startswith('    ')]
            self.assertEqual(len(lines), 4, out)
            said = []
            for line in lines:
                r = subprocess.run(['bash', '-c', line], cwd=d, env=p.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
                self.assertEqual(r.returncode, 0, (line, r.stderr))
                said.append(r.stdout)
            self.assertIn('* STATUS INBOX (MESSAGES 1)', said[0])
            self.assertIn('urn:ietf:params:jmap:mail', json.loads(said[1])['capabilities'])
            listed = p.postern('sieve', 'list', '--account', accounts[0].partition('=')[0]).stdout
            self.assertEqual(listed, '* NAME\n')
            self.assertEqual(p.imap(accounts[0].partition('=')[0]).select()[1], [b'2'])


if __name__ == '__main__':
    unittest.main()
