#!/usr/bin/env python3
"""Every verb with --dry-run: run dry it changes nothing, in the directory, the store or the file system; run in earnest
it does what it announced.  The dump that is compared comes from the daemons themselves."""
import json
import os
import re
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from postern_test import Instance  # noqa: E402
from test_man import verbs_of_help  # noqa: E402

ALICE = 'alice@example.org'
MBOX = b'From a Sat Jan  3 01:05:34 1998\nSubject: one\n\nbody\n\nFrom a Sat Jan  3 01:05:34 1998\nSubject: two\n\nbody\n'


def files(folder):
    out = {}
    for root, dirs, names in os.walk(folder):
        for n in names:
            with open(os.path.join(root, n), 'rb') as f:
                out[os.path.relpath(os.path.join(root, n), folder)] = f.read()
        for d in dirs:
            out[os.path.relpath(os.path.join(root, d), folder)] = None
    return out


class DryRun(unittest.TestCase):
    tried = set()

    @classmethod
    def setUpClass(cls):
        cls.p = p = Instance(accounts=['alice@example.org=secret', 'bob@example.org=secret', 'carol@example.org=secret'])
        p.__enter__()
        cls.dir = tempfile.mkdtemp(prefix='postern-dry-')
        for i in range(3):
            p.postern('import', 'eml', '--account', ALICE, '--mailbox', 'Work', '-', input='Subject: %d\n\nbody\n' % i)
        p.postern('import', 'eml', '--account', 'carol@example.org', '-', input='Subject: c\n\nbody\n')
        p.postern('domain', 'add', 'example.com')
        p.postern('alias', 'add', 'a@example.org', '--to', ALICE)
        p.postern('group', 'add', 'g@example.org', '--member', ALICE, '--member', 'bob@example.org')
        p.postern('list', 'add', 'l@example.org', '--member', ALICE)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.dir, ignore_errors=True)
        cls.p.__exit__(None, None, None)

    def json(self, *args):
        return [json.loads(x) for x in self.p.postern(*args).stdout.splitlines()]

    def dump(self):
        """Everything that verbs can change."""
        out = {}
        for kind in ('domain', 'account', 'alias', 'group', 'list'):
            entries = [e for r in self.json('call', 'authd', 'list', 'kind=' + kind) for e in r['entries'].get('entries', [])]
            for e in entries:
                out[kind, e['name']] = e
                if kind in ('group', 'list'):    # a listing leaves out who is in them
                    out[kind, e['name']] = self.json('call', 'authd', 'show', 'kind=' + kind, 'name=' + e['name'])
                if kind != 'account':
                    continue
                who = e['name']
                info = self.json('call', 'stored', 'get_account', '--account', who)[0]['account']
                out['store', who] = info
                boxes = [m for r in self.json('call', 'stored', 'list_mailboxes', '--account', who) for m in r['mailboxes'].get('mailboxes', [])]
                out['mailboxes', who] = boxes
                for m in boxes:
                    if not m['rows']:
                        continue
                    out['sheet', who, m['name']] = self.json('call', 'stored', 'get_sheet', 'mailbox=%s' % m['id'], '--account', who)
        out['files'] = files(self.dir)
        return out

    def both(self, *args, input=None, status=0, announced):
        """Runs it dry, sees that nothing changed, runs it; answers (dump before, dump after, output of the real run)."""
        self.tried.add(' '.join(a for a in args[:2] if not a.startswith('--')))
        before = self.dump()
        r = self.p.postern(*args, '--dry-run', input=input, check=False)
        self.assertEqual(r.returncode, status, r.stderr)
        self.assertRegex(r.stdout, announced)
        self.assertEqual(self.dump(), before, args)
        # Once more: the announcement stays the same.
        self.assertEqual(self.p.postern(*args, '--dry-run', input=input, check=False).stdout, r.stdout)
        r = self.p.postern(*args, input=input, check=False)
        self.assertEqual(r.returncode, status, r.stderr)
        return before, self.dump(), r.stdout

    def gone(self, before, after):
        return {k for k in before if k not in after}, {k for k in after if k not in before}

    def test_directory(self):
        for kind, name, says in (('alias', 'a@example.org', 'would delete alias a@example.org'), ('list', 'l@example.org', 'would delete list l@example.org'),
                                 ('group', 'g@example.org', 'would delete group g@example.org'), ('domain', 'example.com', 'would delete domain example.com')):
            before, after, _ = self.both(kind, 'delete', name, announced='(?i)' + says)
            self.assertEqual(self.gone(before, after), ({(kind, name)}, set()))

    def test_account_delete(self):
        before, after, _ = self.both('account', 'delete', 'carol@example.org', announced='would delete account carol@example.org')
        lost, new = self.gone(before, after)
        self.assertEqual({k[1] for k in lost}, {'carol@example.org'})
        self.assertEqual(new, set())
        self.assertEqual({k: v for k, v in before.items() if k not in lost and k != ('domain', 'example.org')},
                         {k: v for k, v in after.items() if k != ('domain', 'example.org')})
        # What would be refused is refused dry, too.
        for args in (['account', 'delete', 'carol@example.org'], ['domain', 'delete', 'example.org'], ['alias', 'delete', 'none@example.org']):
            dry = self.p.postern(*args, '--dry-run', check=False)
            real = self.p.postern(*args, check=False)
            self.assertEqual((dry.returncode, dry.stderr), (real.returncode, real.stderr))
            self.assertNotEqual(real.returncode, 0)

    def test_account_import(self):
        text = 'email,secret\nn1@example.org,s\nalice@example.org,s\nn2@example.org,s\nn3@unknown.example,s\n'
        before, after, _ = self.both('account', 'import', '-', input=text, status=1, announced='^would add 2 accounts\n$')
        lost, new = self.gone(before, after)
        self.assertEqual((lost, {k[1] for k in new if k[0] == 'account'}), (set(), {'n1@example.org', 'n2@example.org'}))
        dry = json.loads(self.p.postern('account', 'import', '--dry-run', '--json', '-', input='email,secret\nn4@example.org,s\n').stdout)
        self.assertEqual((dry['added'], dry['failed']), (1, 0))

    def test_mailbox_delete(self):
        before, after, _ = self.both('mailbox', 'delete', '--account', ALICE, 'Work', announced='^would delete Work with 3 messages, [0-9]+\n$')
        self.assertEqual([m for m in before['mailboxes', ALICE] if m not in after['mailboxes', ALICE]][0]['name'], 'Work')
        self.assertEqual(len(before['mailboxes', ALICE]) - len(after['mailboxes', ALICE]), 1)
        self.assertEqual(int(before['store', ALICE]['used_emails']) - int(after['store', ALICE]['used_emails']), 3)

    def test_undelete(self):
        who = 'bob@example.org'
        self.p.postern('import', 'eml', '--account', who, '--mailbox', 'Lost', '-', input='Subject: lost\n\nbody\n')
        self.p.postern('mailbox', 'delete', '--account', who, 'Lost')
        before, after, says = self.both('undelete', '--account', who, '--mailbox', 'Lost', announced='^would restore Lost, 1 messages\n$')
        self.assertEqual(says, 'restored Lost, 1 messages\n')
        self.assertEqual({m['name'] for m in after['mailboxes', who]} - {m['name'] for m in before['mailboxes', who]}, {'Lost'})

    def test_upkeep_leaves_mail_as_it_is(self):
        before, after, _ = self.both('gc', announced='^[0-9]+ segments?, ')
        self.assertEqual(before, after)
        before, after, _ = self.both('upgrade', announced='^$')   # it is of this version already
        self.assertEqual(before, after)

    def test_acl_delete(self):
        self.p.postern('acl', 'set', '--account', ALICE, 'INBOX', 'bob@example.org', 'lr')
        before, after, _ = self.both('acl', 'delete', '--account', ALICE, 'INBOX', 'bob@example.org',
                                     announced='^would take lr of bob@example.org out of the list of INBOX\n$')
        lists = [[m.get('acl', []) for m in d['mailboxes', ALICE] if m['name'] == 'INBOX'][0] for d in (before, after)]
        self.assertEqual([len(x) for x in lists], [1, 0])

    def test_import(self):
        who = 'bob@example.org'
        with open(self.dir + '/m', 'wb') as f:
            f.write(MBOX)
        os.makedirs(self.dir + '/M/.Sub/cur')
        os.makedirs(self.dir + '/M/cur')
        for path in ('/M/cur/1', '/M/.Sub/cur/2'):
            with open(self.dir + path, 'wb') as f:
                f.write(b'Subject: x\n\nbody\n')
        for kind, source, n, made in (('mbox', self.dir + '/m', 2, ['In/Mbox']), ('maildir', self.dir + '/M', 2, ['In/Maildir', 'In/Maildir/Sub']),
                                      ('eml', self.dir + '/M/cur/1', 1, ['In/Eml'])):
            says = ''.join('would make mailbox %s\n' % m for m in made)
            before, after, _ = self.both('import', kind, '--account', who, '--mailbox', 'In/' + kind.title(), source,
                                         announced='^%swould import %d messages, [0-9]+\n$' % (says, n))
            self.assertEqual(int(after['store', who]['used_emails']) - int(before['store', who]['used_emails']), n)
            names = {m['name'] for m in after['mailboxes', who]} - {m['name'] for m in before['mailboxes', who]}
            self.assertEqual(names - {'In'}, {m.split('/')[-1] for m in made})

    def test_export(self):
        self.p.postern('import', 'eml', '--account', ALICE, '--mailbox', 'Out', '-', input='Subject: o\n\nbody\n')
        for kind, made in (('mbox', 'Out.mbox'), ('maildir', '.Out/cur'), ('eml', 'Out/0000000001.eml')):
            out = self.dir + '/out-' + kind
            before, after, _ = self.both('export', kind, '--account', ALICE, '--mailbox', 'Out', out, announced='^would export 1 messages\n$')
            self.assertIn('out-%s/%s' % (kind, made), after['files'])
            self.assertEqual({k: v for k, v in before.items() if k != 'files'}, {k: v for k, v in after.items() if k != 'files'})

    def archive_both(self, verb, announced, made):
        """Runs `postern VERB DIR` dry and in earnest."""
        self.tried.add(verb)
        target = self.dir + '/' + verb
        before = self.dump()
        self.assertRegex(self.p.postern(verb, target, '--dry-run').stdout, announced)
        self.assertEqual(self.dump(), before)
        self.p.postern(verb, target)
        after = self.dump()
        new = set(after['files']) - set(before['files'])
        for path in made:
            self.assertIn(verb + '/' + path, new)
        self.assertEqual({k: v for k, v in before.items() if k != 'files'}, {k: v for k, v in after.items() if k != 'files'})
        return target

    def test_backup_and_restore(self):
        self.p.postern('import', 'eml', '--account', ALICE, '--mailbox', 'Saved', '-', input='Subject: saved\n\nbody\n')
        target = self.archive_both('backup', r'would copy \d+ messages', ['archive.json', 'accounts/%s/manifest.json' % ALICE])
        self.tried.add('restore')
        who = 'bob@example.org'
        args = ['restore', target, '--account', ALICE, '--to', who, '--mailbox', 'Saved']
        before = self.dump()
        dry = self.p.postern(*args, '--dry-run').stdout
        self.assertRegex(dry, '(?s)^1?.*\tsaved\nwould make mailbox Saved\nwould restore 1 messages, [0-9]+\n$')
        self.assertEqual(self.dump(), before)
        self.p.postern(*args)
        after = self.dump()
        self.assertEqual(int(after['store', who]['used_emails']) - int(before['store', who]['used_emails']), 1)
        self.assertEqual({m['name'] for m in after['mailboxes', who]} - {m['name'] for m in before['mailboxes', who]}, {'Saved'})

    def test_dump_and_load(self):
        target = self.archive_both('dump', r'would copy \d+ messages', ['archive.json', 'directory/manifest.json'])
        self.tried.add('load')
        before = self.dump()
        self.assertRegex(self.p.postern('load', target, '--dry-run').stdout, r'^would load \d+ entries, \d+ accounts with mail, \d+ emails\n$')
        self.assertEqual(self.dump(), before)
        self.p.postern('load', target)   # all of it is there
        self.assertEqual(self.dump(), before)

    def test_sieve_scripts(self):
        self.tried |= {'sieve put', 'sieve delete'}
        text, lists = 'keep;\r\n', lambda: self.p.postern('sieve', 'list', '--account', ALICE).stdout
        put = ['sieve', 'put', '--account', ALICE, 'mine', '-']
        before = lists()
        self.assertEqual(self.p.postern(*put, '--dry-run', input=text).stdout, 'would store %d bytes as "mine" of %s\n' % (len(text), ALICE))
        self.assertEqual(lists(), before)
        self.p.postern(*put, input=text)
        there = lists()
        self.assertIn('mine', there)
        delete = ['sieve', 'delete', '--account', ALICE, 'mine']
        self.assertEqual(self.p.postern(*delete, '--dry-run').stdout, 'would delete "mine" of %s\n' % ALICE)
        self.assertEqual(lists(), there)
        self.p.postern(*delete)
        self.assertEqual(lists(), before)

    def test_sieve_run(self):
        self.tried.add('sieve run')
        self.p.postern('import', 'eml', '--account', ALICE, '--mailbox', 'Sorted', '-', input='Subject: s\n\nbody\n')
        run = ['sieve', 'run', '-', '--account', ALICE, '--mailbox', 'Sorted']
        script = 'require "imap4flags"; addflag "\\\\Flagged";'
        before = self.dump()
        dry = self.p.postern(*run, '--dry-run', input=script).stdout
        self.assertIn('would be kept with flags', dry)
        self.assertEqual(self.dump(), before)
        self.assertEqual(self.p.postern(*run, input=script).stdout, dry.replace('would be kept', 'kept'))
        self.assertNotEqual(self.dump(), before)

    def test_index_rebuild(self):
        self.tried.add('index rebuild')
        def status():
            i = json.loads(self.p.postern('index', 'status', '--account', ALICE, '--digest', '--json').stdout)[0]
            return i['state'], i['messages'], i['digest']  # what is written when changes the size of its files
        self.p.postern('index', 'rebuild', '--account', ALICE)
        before = status()
        self.assertRegex(self.p.postern('index', 'rebuild', '--account', ALICE, '--dry-run').stdout,
                         r'^would make the index of %s anew: \d+ messages\n$' % ALICE)
        self.assertEqual(status(), before)
        self.p.postern('index', 'rebuild', '--account', ALICE)
        self.assertEqual(status(), before)

    def test_kick(self):
        self.tried.add('kick')
        c = [self.p.imap(ALICE), self.p.imap(ALICE), self.p.imap('bob@example.org')]
        self.assertEqual(self.p.postern('kick', ALICE, '--dry-run').stdout, 'would end 2 sessions\n')
        for one in c:
            self.assertEqual(one.noop()[0], 'OK')
        self.assertEqual(json.loads(self.p.postern('kick', ALICE, '--json').stdout), {'sessions': 2, 'dry_run': False})
        self.assertEqual(c[2].noop()[0], 'OK')
        for one in c[:2]:
            with self.assertRaises(Exception):
                one.noop()
                one.noop()
        r = self.p.postern('kick', 'carol@example.org', '--dry-run', check=False)
        self.assertEqual((r.returncode, r.stdout), (1, 'would end 0 sessions\n'))
        c[2].logout()

    def test_zz_every_verb(self):
        verbs = verbs_of_help()
        have = {v for v, options in verbs.items() if '--dry-run' in options}
        self.assertEqual(self.tried, have)
        # And nothing that destroys is without it.
        for v in verbs:
            if re.search(r'\b(delete|import|export|kick)\b', v):
                self.assertIn(v, have)


if __name__ == '__main__':
    unittest.main()
