#!/usr/bin/env python3
"""postern fsck: clean, found, repaired; with the server up, and the same with it down; mail salvaged from bodies alone."""
import glob
import json
import os
import shutil
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from postern_test import Instance  # noqa: E402

ALICE = 'alice@example.org'


class Fsck(unittest.TestCase):
    def instance(self, **options):
        """One whose folder stays when the server is stopped."""
        p = Instance(**options)
        p.keep = True
        self.addCleanup(shutil.rmtree, p.dir, True)
        return p

    def run_(self, p, *args, status=0, input=None):
        r = p.postern(*args, check=False, input=input)
        self.assertEqual(r.returncode, status, (args, r.stdout, r.stderr))
        return r

    def test_clean(self):
        p = self.instance()
        with p:
            c = p.imap()
            for i in range(30):
                c.append('INBOX', '\\Seen' if i % 3 else '', None, b'Subject: %d\r\n\r\nbody %d\r\n' % (i, i))
            p.deliver([ALICE, 'bob@example.org'], b'Subject: x\n\n' + b'large ' * 20000)
            c.select('INBOX')
            c.copy('1:5', 'Trash')
            c.store('7:9', '+FLAGS', r'(\Deleted)')
            c.expunge()
            c.create('Gone')
            c.copy('1', 'Gone')
            c.delete('Gone')
            self.assertEqual(self.run_(p, 'fsck').stdout, '')
            out = json.loads(self.run_(p, 'fsck', '--bodies', '--json').stdout)
            self.assertEqual((out['accounts'], out['findings']), (2, []))
            self.assertGreater(out['bytes'], 100000)
        self.assertEqual(self.run_(p, 'fsck', '--bodies', '--account', ALICE).stdout, '')
        self.assertEqual(self.run_(p, 'fsck', '--repair').stdout, '')
        self.run_(p, 'fsck', 'x', status=64)
        self.run_(p, 'fsck', '--salvage', status=64)
        self.run_(p, 'fsck', '--account', 'nobody@example.org', status=67)

    def test_bodies(self):
        p = self.instance()
        with p:
            p.deliver(ALICE, b'Subject: x\n\n' + os.urandom(3000).hex().encode())
        name = glob.glob(p.dir + '/var/store/blobs/*.seg')[0]
        with open(name, 'r+b') as f:
            f.seek(os.path.getsize(name) - 2000)
            f.write(b'\0\0\0')
        with p:
            self.assertEqual(self.run_(p, 'fsck').stdout, '')
            r = self.run_(p, 'fsck', '--bodies', status=1)
            self.assertRegex(r.stdout, r'^alice@example.org: body [0-9a-f]{64}: blob at .*\n$')
            self.assertIn('1 findings', r.stderr)

    def test_salvage(self):
        p = self.instance()
        with p:
            for i in range(4):
                p.deliver(ALICE, b'From: s@example.net\nSubject: letter %d\nMessage-ID: <%d@example.net>\n\nbody %d\n' % (i, i, i))
        # The database is lost, the bodies and their key are not.
        shutil.rmtree(p.dir + '/var/store/db')
        r = self.run_(p, 'fsck', '--account', ALICE, status=2)
        self.assertIn('no such account', r.stderr)
        with p:
            p.imap().select('INBOX')   # comes into being again
            r = self.run_(p, 'fsck', '--account', ALICE, '--salvage')
            self.assertEqual(r.stdout, 'alice@example.org: 4 messages put into Recovered\n')
            c = p.imap()
            self.assertEqual(c.select('Recovered')[1], [b'4'])
            subjects = {bytes(part[1]).strip() for part in c.fetch('1:4', '(BODY[HEADER.FIELDS (SUBJECT)])')[1] if isinstance(part, tuple)}
            self.assertEqual(subjects, {b'Subject: letter %d' % i for i in range(4)})
            self.assertEqual(c.search(None, 'BODY', '"body 3"')[1][0].split().__len__(), 1)
            # A second time there is nothing more.
            self.assertEqual(self.run_(p, 'fsck', '--account', ALICE, '--salvage').stdout, '')
            self.assertEqual(self.run_(p, 'fsck', '--bodies').stdout, '')


if __name__ == '__main__':
    unittest.main()
