#!/usr/bin/env python3
"""postern dump and load: the whole of one instance into a fresh one, where clients notice nothing, and out again the same."""
import base64
import collections
import glob
import json
import os
import re
import shutil
import sys
import tempfile
import time
import unittest
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from postern_test import Instance  # noqa: E402
from test_backup import lines_of, mail  # noqa: E402
from test_deleted import eventually  # noqa: E402

ALICE, BOB, DAVE = 'alice@example.org', 'bob@example.org', 'dave@example.org'
MEMBER = '%05d' + 'x' * 50 + '@example.net'      # ten thousand of them fill most of a message between processes


def kinds(archive, account):
    """How many lines there are of each kind."""
    return collections.Counter(k for k, _ in lines_of(archive, account)[1])


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


def jmap(p, method, **arguments):
    """The answer to one method of JMAP, for alice."""
    url = 'http://127.0.0.1:%d' % p.port('http')
    head = {'Authorization': 'Basic ' + base64.b64encode(('%s:secret' % ALICE).encode()).decode(), 'Content-Type': 'application/json'}
    session = json.load(urllib.request.urlopen(urllib.request.Request(url + '/.well-known/jmap', headers=head), timeout=30))
    account = next(iter(session['primaryAccounts'].values()))
    body = {'using': ['urn:ietf:params:jmap:core', 'urn:ietf:params:jmap:mail'],
            'methodCalls': [[method, dict(arguments, accountId=account), '0']]}
    r = urllib.request.Request(session['apiUrl'], json.dumps(body).encode(), head)
    return json.load(urllib.request.urlopen(r, timeout=30))['methodResponses'][0][1]


def jmap_state(p):
    return jmap(p, 'Email/get', ids=[])['state']


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
        c.uid('STORE', '3,6', '+FLAGS', r'\Deleted')     # of 3 there is a copy, 6 is deleted
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
        # What no client sees: a deleted mailbox with mail, what a sharer has seen, marks of Sieve.
        c.create('Lost')
        for i in range(3):
            c.append('Lost', '($Label1)', None, mail('lost %d' % i).encode())
        c.select('Lost')
        c.uid('COPY', '1', 'INBOX')
        c.close()
        c.delete('Lost')
        self.assertEqual(c.setacl('Work', 'carol@example.com', 'lrsi')[0], 'OK')
        p.postern('acl', 'seen', '--account', ALICE, 'Work', 'own')
        d.select('"Other Users/%s/Work"' % ALICE)
        d.uid('STORE', '1,4', '+FLAGS', r'\Seen')
        p.postern('sieve', 'put', '--account', ALICE, 'main', '-', '--activate', input='require "duplicate";\nif duplicate { discard; }\n')
        p.deliver(ALICE, mail('once', ident='once'))
        # An account that was deleted, and whose name somebody else has now.
        p.postern('account', 'add', DAVE, '--description', 'the first', input='daves\n')
        p.postern('group', 'add', 'h@example.org', '--member', DAVE, '--member', ALICE)
        e = p.imap(DAVE, 'daves')
        e.create('Kept')
        for i in range(3):
            e.append('Kept', r'(\Flagged)', None, mail('of dave %d' % i).encode())
        self.assertEqual(e.setacl('Kept', ALICE, 'lr')[0], 'OK')
        self.daves = seen(p.imap(DAVE, 'daves'))
        p.postern('account', 'delete', DAVE)
        eventually(lambda: self.deleted_accounts(p))
        p.postern('account', 'add', DAVE, '--description', 'the second', input='other\n')

    def deleted_accounts(self, p):
        return json.loads(p.postern('deleted', 'list', '--json').stdout)

    def same_deleted(self, p, deleted):
        self.assertEqual(json.loads(p.postern('deleted', 'list', '--account', ALICE, '--json').stdout), deleted)
        self.assertEqual(sorted(t['name'] for t in deleted if t['kind'] == 'mailbox')[-1], 'Lost')
        self.assertGreater(sum(t['kind'] == 'email' for t in deleted), 0)

    def archive(self, name):
        return os.path.join(self.dir, name)

    def content(self, archive):
        out = {}
        for folder in sorted(glob.glob(archive + '/accounts/*') + glob.glob(archive + '/deleted/*') + [archive + '/directory']):
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
            deleted = json.loads(p.postern('deleted', 'list', '--account', ALICE, '--json').stdout)
            accounts = self.deleted_accounts(p)
            self.assertEqual([(a['name'], a['emails']) for a in accounts], [(DAVE, 3)])
        manifest, _ = next(v for k, v in self.content(one).items() if k.startswith('deleted/id-'))
        self.assertEqual((manifest['name'], manifest['account_deleted']), (DAVE, accounts[0]['deleted']))
        # The hashes are there, for the owner alone.
        text = self.content(one)['directory'][1]
        self.assertIn('"$y$', text)
        self.assertIn('{SCRAM-SHA-256}', text)
        for f in glob.glob(one + '/**', recursive=True):
            self.assertEqual(os.stat(f).st_mode & 0o077, 0, f)

        with Instance(accounts=[]) as q:
            got = json.loads(q.postern('load', one, '--dry-run', '--json').stdout)
            self.assertEqual((got['accounts'], got['failed'], got['left']), (3, 0, 0))
            self.assertEqual(json.loads(q.postern('account', 'list', '--json').stdout), [])
            got = json.loads(q.postern('load', one, '--json').stdout)
            self.assertEqual((got['accounts'], got['failed'], got['left']), (3, 0, 0))
            # Passwords, UIDs, modseqs, ids, dates, structures: a client notices nothing.
            c = q.imap(ALICE)
            self.assertEqual(seen(c), before)
            self.assertEqual(seen(q.imap('carol@example.com', 'carols')), carols)
            self.assertEqual(c.getacl('Work'), acl)
            self.assertEqual(q.imap('carol@example.com', 'carols').select('"Other Users/%s/Work"' % ALICE, readonly=True)[0], 'OK')
            self.assertEqual(self.content(one)['accounts/' + ALICE][1].count('{"metadata":'), 2)
            self.assertEqual({k: v for k, v in kinds(one, ALICE).items() if k in ('seen', 'mark', 'script')}, {'seen': 1, 'mark': 1, 'script': 1})
            self.same_deleted(q, deleted)
            self.assertEqual(self.deleted_accounts(q), accounts)
            with self.assertRaises(Exception):
                q.imap(DAVE, 'daves')
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
            self.assertEqual((got['accounts'], got['failed'], got['existed']), (0, 0, got['entries'] + 3))
            # What was deleted can be had as there: the mail of a mailbox with it; what Sieve has seen stays seen.
            lost = next(t for t in deleted if t['kind'] == 'mailbox' and t['name'] == 'Lost')
            q.postern('undelete', '--account', ALICE, '--id', lost['id'])
            self.assertEqual(c.select('Lost')[1], [b'3'])
            self.assertEqual(len(c.uid('SEARCH', 'KEYWORD', '$Label1', 'SUBJECT', 'lost')[1][0].split()), 3)
            before = c.select('INBOX')[1]
            q.deliver(ALICE, mail('once', ident='once'))
            self.assertEqual(c.select('INBOX')[1], before)
            q.postern('fsck')
            # So can the account: its mail, its password, its groups, what it had shared.
            shared = lambda: b'first@example.org/Kept' in b' '.join(x or b'' for x in c.list('""', '"Other Users/*"')[1])
            self.assertFalse(shared())
            q.postern('undelete', '--account', accounts[0]['id'], '--as', 'first@example.org')
            self.assertEqual(seen(q.imap('first@example.org', 'daves')), self.daves)
            self.assertIn('first@example.org', q.postern('group', 'show', 'h@example.org').stdout)
            self.assertEqual(c.select('"Other Users/first@example.org/Kept"', readonly=True)[1], [b'3'])
            self.assertTrue(shared())
            self.assertEqual(self.deleted_accounts(q), [])
            q.postern('fsck')
            # Life goes on.
            self.assertIn('250', q.deliver('anything@example.com', mail('caught'))[0])
            c.select('INBOX')
            self.assertEqual(len(c.uid('SEARCH', 'SUBJECT', 'caught')[1][0].split()), 1)
            q.postern('account', 'add', 'new@example.org', input='x\n')
            new = {e['name']: e['id'] for e in json.loads(q.postern('account', 'list', '--json').stdout)}['new@example.org']
            self.assertNotIn(new, ids.values())

    def test_again_into_the_same_folder(self):
        """Accounts were deleted, and one forgotten, since the last dump: its directory says which of the folders count."""
        one = self.archive('one')
        with Instance(accounts=[ALICE + '=secret', BOB + '=secret']) as p:
            for account in (ALICE, BOB):
                p.imap(account).append('INBOX', None, None, mail('to ' + account).encode())
            p.postern('dump', one)
            p.postern('account', 'delete', BOB)
            number = eventually(lambda: self.deleted_accounts(p))[0]['id']
            p.postern('dump', one)
            p.postern('verify', one)
        self.assertEqual((len(os.listdir(one + '/accounts')), len(os.listdir(one + '/deleted'))), (2, 1))
        with Instance(accounts=[]) as q:
            got = json.loads(q.postern('load', one, '--json').stdout)
            self.assertEqual((got['accounts'], got['left'], got['failed']), (2, 1, 0))
            self.assertEqual([a['name'] for a in json.loads(q.postern('account', 'list', '--json').stdout)], [ALICE])
            self.assertEqual([a['id'] for a in self.deleted_accounts(q)], [number])
            # It comes back, and is dumped as a living one: now the other folder is old.
            q.postern('undelete', '--account', BOB)
            self.assertEqual(q.imap(BOB).select('INBOX')[1], [b'1'])
            q.postern('dump', one)
        with Instance(accounts=[]) as q:
            got = json.loads(q.postern('load', one, '--json').stdout)
            self.assertEqual((got['accounts'], got['left'], got['failed']), (2, 1, 0))
            self.assertEqual(q.imap(BOB).select('INBOX')[1], [b'1'])
            self.assertEqual(self.deleted_accounts(q), [])
        # Where folder and manifest contradict each other, nothing is taken for the other thing.
        os.rename(glob.glob(one + '/deleted/id-*')[0], one + '/accounts/x')
        with Instance(accounts=[]) as q:
            self.assertEqual(q.postern('verify', one, check=False).returncode, 1)
            r = q.postern('load', one, '--json', check=False)
            self.assertEqual((r.returncode, json.loads(r.stdout)['failed']), (1, 1))
            self.assertEqual(q.imap(BOB).select('INBOX')[1], [b'1'])

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

    def test_states_of_before(self):
        """What a client knew of the old store is right, or said to be too old: never taken for something else."""
        one = self.archive('one')
        with Instance(accounts=[ALICE + '=secret']) as p:
            c = p.imap(ALICE)
            c.enable('QRESYNC')
            for i in range(4):
                c.append('INBOX', None, None, mail('s %d' % i).encode())
            c.select('INBOX')
            validity = int(c.response('UIDVALIDITY')[1][0])
            old_modseq = int(c.response('HIGHESTMODSEQ')[1][0])
            old_state = jmap_state(p)
            c.uid('STORE', '2', '+FLAGS', r'(\Deleted)')
            c.expunge()
            c.uid('STORE', '3', '+FLAGS', r'(\Flagged)')
            new_state = jmap_state(p)
            p.postern('dump', one)
            # The old store goes on after its dump.
            c.append('INBOX', None, None, mail('only there').encode())
            late_state = jmap_state(p)
            uidnext = int(c.status('INBOX', '(UIDNEXT)')[1][0].split()[2].rstrip(b')'))
            ids = jmap(p, 'Email/query')['ids']
        with Instance(accounts=[]) as q:
            q.postern('load', one)
            self.assertEqual(jmap_state(q), new_state)
            self.assertEqual(jmap(q, 'Email/changes', sinceState=new_state)['updated'], [])
            for state in (old_state, late_state):   # too old, and not yet
                self.assertEqual(jmap(q, 'Email/changes', sinceState=state)['type'], 'cannotCalculateChanges')
            # QRESYNC falls back to all that is not there.
            d = q.imap(ALICE)
            d.enable('QRESYNC')
            typ, data = d.xatom('SELECT', 'INBOX', '(QRESYNC (%d %d))' % (validity, old_modseq))
            self.assertEqual(typ, 'OK')
            self.assertTrue(any(b'(EARLIER) 2' in x for x in d.untagged_responses.get('VANISHED', [])), d.untagged_responses)
            self.assertTrue(any(b'Flagged' in (x if isinstance(x, bytes) else x[0]) for x in d.untagged_responses.get('FETCH', [])))
        with Instance(accounts=[]) as q:
            q.postern('load', one, '--fork')
            # As many commits as there, of something else: no state of there is one of here.
            d = q.imap(ALICE)
            d.append('INBOX', None, None, mail('only here').encode())
            for state in (old_state, new_state, late_state):
                self.assertEqual(jmap(q, 'Email/changes', sinceState=state)['type'], 'cannotCalculateChanges')
            d.select('INBOX')
            self.assertNotEqual(int(d.response('UIDVALIDITY')[1][0]), validity)
            self.assertEqual(int(d.status('INBOX', '(UIDNEXT)')[1][0].split()[2].rstrip(b')')), uidnext)
            self.assertNotIn(jmap(q, 'Email/query', filter={'subject': 'only here'})['ids'][0], ids)
            self.assertEqual(len(d.uid('SEARCH', 'SUBJECT', 's')[1][0].split()), 3)
            q.postern('fsck')

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
