#!/usr/bin/env python3
"""postern deleted list, undelete, gc and base-copy: with the server up, and the same with it down."""
import json
import os
import shutil
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from postern_test import Instance  # noqa: E402

ALICE, BOB = 'alice@example.org', 'bob@example.org'


def eventually(f, seconds=20):
    end = time.time() + seconds
    while True:
        got = f()
        if got or time.time() > end:
            return got
        time.sleep(0.05)


class Deleted(unittest.TestCase):
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

    def deleted(self, p, *args):
        return json.loads(self.run_(p, 'deleted', 'list', *args, '--json').stdout)

    def test_mail(self):
        p = self.instance()
        with p:
            c = p.imap()
            for name in ('Work', 'Work/2024', 'Other'):
                c.create(name)
            for i in range(5):
                c.append('Work/2024', '\\Seen', None, b'From: "S" <s@example.net>\r\nSubject: number %d\r\n\r\nbody %d\r\n' % (i, i))
            c.append('INBOX', '', None, b'From: =?utf-8?q?J=C3=B6rg?= <j@example.net>\r\nSubject: precious\r\n\r\nkeep\r\n')
            c.select('INBOX')
            c.store('1', '+FLAGS', r'(\Deleted)')
            c.expunge()
            for name in ('Work/2024', 'Work'):
                self.assertEqual(c.delete(name)[0], 'OK')
            c.create('Work')
            things = self.deleted(p, '--account', ALICE)
            self.assertEqual([(t['kind'], t['name']) for t in things],
                             [('mailbox', 'Work'), ('mailbox', 'Work/2024'), ('email', 'INBOX')])
            self.assertEqual(things[1]['emails'], 5)
            self.assertEqual((things[2]['subject'], things[2]['from']), ('precious', 'Jörg <j@example.net>'))
            self.assertEqual(things[2]['until'] - things[2]['deleted'], 14 * 86400)
            text = self.run_(p, 'deleted', 'list', '--account', ALICE).stdout
            self.assertRegex(text, r"(?m)^%s +\d{4}-.* INBOX: 'precious' from Jörg" % things[2]['id'])
            self.assertEqual(len(self.deleted(p, '--account', ALICE, '--mailbox', 'Work/2024')), 6)
            self.assertEqual(len(self.deleted(p, '--account', ALICE, '--mailbox', 'INBOX')), 1)

            dry = self.run_(p, 'undelete', '--account', ALICE, '--mailbox', 'Work', '--dry-run').stdout
            self.assertIn('would restore Work as Work (restored), 0 messages', dry)
            self.assertNotIn('Work (restored)', p.postern('mailbox', 'list', '--account', ALICE).stdout)
            # With those below it, wherever it goes.
            out = self.run_(p, 'undelete', '--account', ALICE, '--mailbox', 'Work').stdout
            self.assertEqual(out, 'restored Work as Work (restored), 0 messages\n'
                                  'restored Work/2024 as Work (restored)/2024, 5 messages\n')
            self.assertEqual(c.select('"Work (restored)/2024"')[1], [b'5'])
            self.assertIn(b'body 4', c.fetch('5', '(BODY[])')[1][0][1])
            self.run_(p, 'undelete', '--account', ALICE, '--mailbox', 'Work', status=1)
        # The server is down: the same.
        out = json.loads(self.run_(p, 'undelete', '--account', ALICE, '--id', things[2]['id'], '--to', 'Other', '--json').stdout)
        self.assertEqual([e['id'] for e in out['emails']], [things[2]['id']])
        self.assertEqual(self.deleted(p, '--account', ALICE), [])
        r = self.run_(p, 'undelete', '--account', ALICE, '--since', '1h', status=1)
        self.assertIn('nothing was deleted', r.stderr)
        r = self.run_(p, 'undelete', '--account', ALICE, '--id', things[2]['id'], status=1)
        self.assertIn('not deleted', r.stderr)
        with p:
            c = p.imap()
            self.assertEqual(c.select('Other')[1], [b'1'])
            self.assertIn(b'precious', c.fetch('1', '(BODY[])')[1][0][1])

    def test_since(self):
        with Instance() as p:
            c = p.imap()
            for i in range(3):
                c.append('INBOX', '', None, b'Subject: %d\r\n\r\nx\r\n' % i)
            c.select('INBOX')
            c.store('1:3', '+FLAGS', r'(\Deleted)')
            c.expunge()
            self.run_(p, 'undelete', '--account', ALICE, '--since', 'yesterday', status=64)
            self.assertEqual(self.run_(p, 'undelete', '--account', ALICE, '--since', '1h', '--dry-run').stdout,
                             'would restore 3 messages\n')
            self.assertEqual(self.run_(p, 'undelete', '--account', ALICE, '--since', '1h').stdout,
                             'restored 3 messages to INBOX\n')
            self.assertEqual(c.noop()[0], 'OK')
            self.assertEqual(c.search(None, 'ALL')[1][0].split(), [b'1', b'2', b'3'])

    def test_usage(self):
        p = self.instance()
        for args in (['deleted', 'list', 'x'], ['deleted', 'list', '--mailbox', 'x'], ['undelete'],
                     ['undelete', '--account', ALICE, '--id', 'zzz'], ['undelete', '--account', ALICE, '--to', 'x'],
                     ['gc', '--percent', '0'], ['gc', '--percent', '101'], ['base-copy', 'x']):
            self.run_(p, *args, status=64)

    def test_account(self):
        p = self.instance()
        with p:
            c = p.imap()
            c.append('INBOX', '', None, b'Subject: mine\r\n\r\nx\r\n')
            p.postern('account', 'delete', ALICE)
            things = eventually(lambda: self.deleted(p))   # authd tells stored
            self.assertEqual([t['name'] for t in things], [ALICE])
            self.assertIn('would restore ' + ALICE, self.run_(p, 'undelete', '--account', ALICE, '--dry-run').stdout)
            self.assertEqual(self.run_(p, 'undelete', '--account', ALICE).stdout, 'restored %s\n' % ALICE)
            self.assertEqual(self.deleted(p), [])
            c = p.imap()   # with its old password
            self.assertEqual(c.select('INBOX')[1], [b'1'])
            # Again, and its name is taken.
            p.postern('account', 'delete', ALICE)
            p.postern('account', 'add', ALICE, input='new\n')
            r = self.run_(p, 'undelete', '--account', ALICE, status=73)
            self.assertIn('--as', r.stderr)
            number = eventually(lambda: self.deleted(p))[0]['id']
        self.run_(p, 'undelete', '--account', number, '--as', 'old@example.org')
        self.run_(p, 'undelete', '--account', 'nobody@example.org', status=67)
        with p:
            self.assertEqual(p.imap(ALICE, 'new').select('INBOX')[1], [b'0'])
            self.assertEqual(p.imap('old@example.org', 'secret').select('INBOX')[1], [b'1'])

    def test_expire(self):
        p = self.instance(conf='store.keep_deleted = 1s\n')
        with p:
            c = p.imap()
            c.append('INBOX', '', None, b'Subject: x\r\n\r\nx\r\n')
            c.select('INBOX')
            c.store('1', '+FLAGS', r'(\Deleted)')
            c.expunge()

            def forgotten():
                self.assertEqual(self.run_(p, 'expire').stdout, '')
                return '"purged_emails":"1"' in self.run_(p, 'call', 'stored', 'get_stats').stdout
            self.assertTrue(eventually(forgotten), p.postern('call', 'stored', 'get_stats').stdout)
            self.run_(p, 'fsck')
        self.run_(p, 'expire')      # with the server down

    def test_gc(self):
        p = self.instance(conf='store.keep_deleted = 1s\nstore.segment_size = 1M\n')
        with p:
            c = p.imap()
            for i in range(30):
                c.append('INBOX', '', None, b'Subject: %d\r\n\r\n' % i + os.urandom(50000).hex().encode())
            c.select('INBOX')
            c.store('1:20', '+FLAGS', r'(\Deleted)')
            c.expunge()
            time.sleep(2)
            # Nothing has been expired yet, and what was put a moment ago stays in any case.
            self.assertRegex(self.run_(p, 'gc', '--report').stdout, r'^\d segments, .*, dead 0; would free 0$')
            self.assertEqual(self.run_(p, 'gc').stdout, '')
            self.assertEqual(json.loads(self.run_(p, 'gc', '--json').stdout)['removed'], 0)
            self.assertEqual(c.fetch('1:10', '(BODY.PEEK[HEADER])')[0], 'OK')
            self.run_(p, 'base-copy', '--verify')
        self.run_(p, 'base-copy')
        self.assertTrue(os.listdir(p.dir + '/var/store/db/base'))


if __name__ == '__main__':
    unittest.main()
