#!/usr/bin/env python3
"""postern upgrade: the kept store of version 1 (data/store-1.tar.xz: before flags stood in blocks) is rehearsed, upgraded
and served.  A store of every later version is kept too, and opened; so is an archive of every version, and loaded."""
import json
import os
import re
import shutil
import sys
import tarfile
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from postern_test import SOURCE, Instance  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
ALICE = 'alice@example.org'


def constant(header, name):
    with open(os.path.join(SOURCE, header)) as f:
        return int(re.search(r'\b%s = (\d+)' % name, f.read())[1])


STORES = range(1, constant('lib/store/upgrade.h', 'kStoreVersion') + 1)
ARCHIVES = range(constant('lib/archive/line.h', 'kOldestVersion'), constant('lib/archive/line.h', 'kVersion') + 1)


class Upgrade(unittest.TestCase):
    def instance(self, **options):
        """One whose folder stays when the server is stopped."""
        p = Instance(**options)
        p.keep = True
        self.addCleanup(shutil.rmtree, p.dir, True)
        return p

    def run_(self, p, *args, status=0):
        r = p.postern(*args, check=False)
        self.assertEqual(r.returncode, status, (args, r.stdout, r.stderr))
        return r

    def old(self, version=1):
        p = self.instance()
        # Its accounts have the numbers that these two get.
        shutil.rmtree(os.path.join(p.dir, 'var', 'store'), ignore_errors=True)
        with tarfile.open(os.path.join(HERE, 'data', 'store-%d.tar.xz' % version)) as t:
            t.extractall(os.path.join(p.dir, 'var'))
        return p

    def served(self, p):
        c = p.imap()
        self.assertEqual(c.select('INBOX')[1], [b'4'])
        flags = b''.join(x for x in c.fetch('1:*', '(FLAGS)')[1])
        self.assertEqual(flags.count(b'\\Seen'), 2)
        self.assertEqual(flags.count(b'\\Flagged'), 1)
        self.assertEqual(flags.count(b'$label'), 1)
        self.assertEqual(flags.count(b'\\Deleted'), 1)
        self.assertIn(b'old body 4', c.fetch('4', '(BODY[])')[1][0][1])
        self.assertEqual(c.select('Work/2024')[1], [b'2'])
        c.store('1:2', '+FLAGS', r'(\Answered)')
        c.append('INBOX', '', None, b'Subject: new\r\n\r\nx\r\n')
        self.assertEqual(self.run_(p, 'fsck', '--bodies').stdout, '')

    def test_up(self):
        p = self.old()
        with p:
            r = self.run_(p, 'mailbox', 'list', '--account', ALICE, status=69)
            self.assertIn('version 1: run postern upgrade', r.stderr)
            out = self.run_(p, 'upgrade', '--check', status=1).stdout
            self.assertRegex(out, r'^would upgrade from version 1 to \d+: rehearsed on a copy, 2 accounts, nothing wrong\n$')
            self.assertFalse(os.path.exists(p.dir + '/var/store/rehearsal'))
            self.assertRegex(self.run_(p, 'upgrade').stdout, r'^upgraded from version 1 to \d+: 2 accounts\n$')
            self.served(p)
            self.assertEqual(self.run_(p, 'upgrade', '--check').stdout, '')

    def test_each_version(self):
        """Whoever raises the version keeps a store of the one before: what is here is opened for ever."""
        for version in STORES[1:]:
            p = self.old(version)
            if version < STORES[-1]:
                self.run_(p, 'upgrade')
            with p:
                self.served(p)

    def test_each_archive(self):
        for version in ARCHIVES:
            folder = tempfile.mkdtemp(prefix='postern-archive-')
            self.addCleanup(shutil.rmtree, folder, True)
            with tarfile.open(os.path.join(HERE, 'data', 'archive-%d.tar.xz' % version)) as t:
                t.extractall(folder)
            p = self.instance(accounts=[])
            with p:
                self.run_(p, 'verify', folder)
                self.run_(p, 'load', folder)
                self.served(p)
                # The next copy is in today's form.
                self.run_(p, 'dump', folder)
                self.run_(p, 'verify', folder)
                with open(folder + '/accounts/%s/manifest.json' % ALICE) as f:
                    self.assertEqual(json.load(f)['version'], ARCHIVES[-1])

    def test_killed_before_an_account_is_done(self):
        p = self.old()
        for visit in (1, 2):     # there are two
            p.env['POSTERN_KILL'] = 'upgrade.account:%d' % visit
            self.assertNotEqual(p.postern('upgrade', check=False).returncode, 0)
        del p.env['POSTERN_KILL']
        self.assertRegex(self.run_(p, 'upgrade').stdout, r'^upgraded from version \d+ to \d+: ')
        with p:
            self.served(p)

    def test_down(self):
        p = self.old()
        self.run_(p, 'upgrade', '--check', status=1)
        self.run_(p, 'upgrade')
        self.assertEqual(self.run_(p, 'upgrade').stdout, '')
        with p:
            self.served(p)


if __name__ == '__main__':
    unittest.main()
