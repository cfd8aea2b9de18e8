#!/usr/bin/env python3
"""postern dump and load: the whole of one instance into a fresh one, where clients notice nothing, and out again the same."""
import glob
import json
import os
import re
import shutil
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from postern_test import Instance  # noqa: E402
from test_backup import lines_of, mail  # noqa: E402

ALICE, BOB = 'alice@example.org', 'bob@example.org'
MEMBER = '%05d' + 'x' * 50 + '@example.net'      # ten thousand of them fill most of a message between processes


def seen(c):
    """What an IMAP client would have cached of an account."""
    out = {}
    for line in c.list()[1]:
        name = line.decode().split(' "/" ')[1].strip('"')
        status = c.status('"%s"' % name, '(MESSAGES UIDNEXT UIDVALIDITY UNSEEN HIGHESTMODSEQ MAILBOXID)')[1][0].decode()
        c.select('"%s"' % name, readonly=True)
        rows = c.uid('FETCH', '1:*', '(FLAGS INTERNALDATE MODSEQ EMAILID THREADID SAVEDATE ANNOTATION (/* (value size)) ENVELOPE BODYSTRUCTURE BODY.PEEK[])')[1]
        rows = [x.replace(b'\\Recent ', b'').replace(b' \\Recent', b'').replace(b'\\Recent', b'') if isinstance(x, bytes)
                else tuple(y.replace(b'\\Recent ', b'').replace(b' \\Recent', b'').replace(b'\\Recent', b'') for y in x) for x in rows or [] if x]
        out[name] = (status, [re.sub(rb'^\d+ ', b'', x[0]) if isinstance(x, tuple) else x for x in rows], rows)
    return out


class DumpAndLoad(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix='postern-dump-')

    def tearDown(self):
        shutil.rmtree(self.dir, ignore_errors=True)

    def fill(self, p):
        p.postern('domain', 'add', 'example.com', '--catch-all', 'alice@example.org', '--description', 'the other one')
        p.postern('account', 'add', 'carol@example.com', '--quota', '5M', '--description', 'Carol', '--timezone', 'Europe/Berlin', input='carols\n')
        p.postern('account', 'add', 'gone@example.org', input='x\n')
        p.postern('account', 'delete', 'gone@example.org')
        p.postern('account', 'set', BOB, '--disable')
        p.postern('alias', 'add', 'a@example.org', '--to', ALICE, '--to', 'else@example.net')
        p.postern('group', 'add', 'g@example.org', '--member', ALICE, '--member', 'carol@example.com', '--description', 'us')
        p.postern('list', 'add', 'l@example.org', '--member', 'a@example.org', '--member', 'x@example.net')
        c = p.imap(ALICE)
        for name in ('Work', 'Work/Deep', 'Gr&APw-n'):
            c.create(name)
        c.unsubscribe('Work')
        for i in range(25):
            c.append(('INBOX', 'Work', 'Work/Deep')[i % 3], (None, r'(\Seen $Label1)', r'(\Flagged \Draft)', '(odd)')[i % 4],
                     '"%02d-Mar-2020 10:00:00 +0000"' % (i + 1), mail('m %d' % (i % 7), 'x' * (i % 5) * 30_000 + '\r\n', 'id%d' % i).encode())
        p.deliver(ALICE, mail('by lmtp'))
        c.select('INBOX')
        c.uid('COPY', '1:4', 'Work/Deep')
        c.uid('STORE', '1:3', 'ANNOTATION', '(/comment (value.priv "mine" value.shared "ours") /altsubject (value.priv "x"))')
        c.uid('STORE', '3', 'ANNOTATION', '(/altsubject (value.priv NIL))')
        c.uid('STORE', '3', '+FLAGS', r'\Deleted')
        c.expunge()
        c.uid('STORE', '5', '+FLAGS', r'\Deleted')
        c.select('Work')
        c.uid('MOVE', '2:3', 'INBOX')
        c.delete('Gr&APw-n')
        self.assertEqual(c.setacl('Work', 'carol@example.com', 'lr')[0], 'OK')
        self.assertEqual(c.xatom('SETMETADATA', 'Work', '(/private/comment "mine" /shared/comment "ours")')[0], 'OK')
        p.postern('metadata', 'set', '/shared/comment', 'of the house')
        p.postern('list', 'add', 'many@example.org', *(w for i in range(10_000) for w in ('--member', MEMBER % i)))
        d = p.imap('carol@example.com', 'carols')
        d.append('INBOX', None, None, mail('for carol').encode())

    def archive(self, name):
        return os.path.join(self.dir, name)

    def content(self, archive):
        out = {}
        for folder in sorted(glob.glob(archive + '/accounts/*') + [archive + '/directory']):
            with open(folder + '/manifest.json') as f:
                m = json.load(f)
            m.pop('created')
            with open(os.path.join(folder, m['file'])) as f:
                out[os.path.relpath(folder, archive)] = (m, f.read())
        return out

    def test_there_and_again(self):
        one, two = self.archive('one'), self.archive('two')
        with Instance() as p:
            self.fill(p)
            acl = p.imap(ALICE).getacl('Work')
            before, carols = seen(p.imap(ALICE)), seen(p.imap('carol@example.com', 'carols'))
            self.assertFalse(os.path.exists(one))
            p.postern('dump', one, '--dry-run')
            self.assertFalse(os.path.exists(one))
            p.postern('dump', one)
            p.postern('verify', one)
            ids = {e['name']: e['id'] for e in json.loads(p.postern('account', 'list', '--json').stdout)}
        # The hashes are there, for the owner alone.
        text = self.content(one)['directory'][1]
        self.assertIn('"$y$', text)
        self.assertIn('{SCRAM-SHA-256}', text)
        for f in glob.glob(one + '/**', recursive=True):
            self.assertEqual(os.stat(f).st_mode & 0o077, 0, f)

        with Instance(accounts=[]) as q:
            got = json.loads(q.postern('load', one, '--dry-run', '--json').stdout)
            self.assertEqual((got['accounts'], got['failed']), (2, 0))
            self.assertEqual(json.loads(q.postern('account', 'list', '--json').stdout), [])
            got = json.loads(q.postern('load', one, '--json').stdout)
            self.assertEqual((got['accounts'], got['failed']), (2, 0))
            # Passwords, UIDs, modseqs, ids, dates, structures: a client notices nothing.
            c = q.imap(ALICE)
            self.assertEqual(seen(c), before)
            self.assertEqual(seen(q.imap('carol@example.com', 'carols')), carols)
            self.assertEqual(c.getacl('Work'), acl)
            self.assertEqual(q.imap('carol@example.com', 'carols').select('"Other Users/%s/Work"' % ALICE, readonly=True)[0], 'OK')
            self.assertEqual(self.content(one)['accounts/' + ALICE][1].count('{"metadata":'), 2)
            self.assertEqual(q.postern('metadata', 'get', '/shared/comment').stdout, 'of the house\n')
            self.assertIn(MEMBER % 9_999, q.postern('list', 'show', 'many@example.org').stdout)
            with self.assertRaises(Exception):
                q.imap(BOB)
            self.assertEqual(ids, {e['name']: e['id'] for e in json.loads(q.postern('account', 'list', '--json').stdout)})
            # Out again: the same, but for what the logins above did not change either.
            q.postern('dump', two)
            q.postern('verify', two)
            a, b = self.content(one), self.content(two)
            self.assertEqual(sorted(a), sorted(b))
            for k in a:
                self.assertEqual(a[k][1].splitlines(), b[k][1].splitlines(), k)
                self.assertEqual(a[k][0], b[k][0])
            q.postern('fsck')   # what load worked out is what fsck works out
            # A second load passes over everything.
            got = json.loads(q.postern('load', one, '--json').stdout)
            self.assertEqual((got['accounts'], got['failed'], got['existed']), (0, 0, got['entries'] + 2))
            # Life goes on.
            self.assertIn('250', q.deliver('anything@example.com', mail('caught'))[0])
            c.select('INBOX')
            self.assertEqual(len(c.uid('SEARCH', 'SUBJECT', 'caught')[1][0].split()), 1)
            q.postern('account', 'add', 'new@example.org', input='x\n')
            new = {e['name']: e['id'] for e in json.loads(q.postern('account', 'list', '--json').stdout)}['new@example.org']
            self.assertNotIn(new, ids.values())

    def test_server_down_and_wrong_archives(self):
        one = self.archive('one')
        p = Instance(accounts=[ALICE + '=secret'])
        try:
            p.start()
            p.imap(ALICE).append('INBOX', None, None, mail('x').encode())
            p.stop()
            p.postern('dump', one)
            p.postern('backup', self.archive('backup'))
        finally:
            p.stop()
            shutil.rmtree(p.dir, ignore_errors=True)
        q = Instance(accounts=[ALICE + '=other'])
        try:
            q.start()
            q.stop()
            r = q.postern('load', self.archive('backup'), check=False)
            self.assertEqual(r.returncode, 65)
            self.assertIn('postern restore', r.stderr)
            # Somebody else has the name here, perhaps under the same id: nothing of him is touched.
            r = q.postern('load', one, check=False)
            self.assertEqual(r.returncode, 73, r.stderr)
            self.assertIn('alice@example.org', r.stderr)
            q.start()
            self.assertEqual(q.imap(ALICE, 'other').select('INBOX')[1], [b'0'])
        finally:
            q.stop()
            shutil.rmtree(q.dir, ignore_errors=True)
        # What is damaged is not loaded, and said.
        with open(glob.glob(one + '/accounts/*/messages/*/*.eml')[0], 'r+b') as f:
            f.write(b'#')
        with Instance(accounts=[]) as t:
            r = t.postern('load', one, '--json', check=False)
            self.assertEqual(r.returncode, 1)
            self.assertEqual(json.loads(r.stdout)['failed'], 1)
            self.assertIn('checksum', r.stderr)
            # Its user waits; the admin mends the archive and loads again.
            shutil.rmtree(one)
            shutil.copytree(self.archive('backup'), one)

    def test_load_survives_kills(self):
        """stored is killed while a load is under way: run again, it is whole."""
        one = self.archive('one')
        with Instance(accounts=[ALICE + '=secret']) as p:
            c = p.imap(ALICE)
            for i in range(60):
                c.append('INBOX', None, None, mail('k %d' % i).encode())
            before = seen(c)
            p.postern('dump', one)
        with Instance(accounts=[]) as q:
            for n in (1, 3):
                q.stop()
                env = dict(q.env)
                q.env = dict(env, POSTERN_KILL='commit.before:%d' % n)
                q.postern('load', one, check=False)
                q.env = env
                q.start()
            q.postern('load', one)
            self.assertEqual(seen(q.imap(ALICE)), before)
            q.postern('dump', self.archive('two'))
            self.assertEqual(lines_of(one, ALICE)[1], lines_of(self.archive('two'), ALICE)[1])


if __name__ == '__main__':
    unittest.main()
