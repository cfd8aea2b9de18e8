#!/usr/bin/env python3
"""store.all_mail: the mailbox that shows all mail, as it comes, is filled, goes and gets another name in an instance that has
mail already, killed on the way; as JMAP, delivery and Sieve, export, dump and load see it."""
import json
import os
import re
import shutil
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, '..', 'lib'), os.path.join(HERE, '..', 'protocol', 'jmap')]
from client import Account, message  # noqa: E402
from postern_test import Instance  # noqa: E402
from test_deleted import eventually  # noqa: E402

ALICE = 'alice@example.org'
ON = 'store.all_mail = All Mail\n'
MAIL = 2_300   # three slices


def mail(subject, body='x'):
    return ('From: <s@example.net>\r\nSubject: %s\r\n\r\n%s\r\n' % (subject, body)).encode()


class Settings:
    """The configuration of an instance that is stopped and started with another one."""
    def __init__(self, p):
        self.path = os.path.join(p.etc, 'postern.conf')
        with open(self.path) as f:
            self.text = re.sub(r'(?m)^store\.all_mail.*\n', '', f.read())

    def write(self, all_mail):
        with open(self.path, 'w') as f:
            f.write(self.text + (all_mail and 'store.all_mail = %s\n' % all_mail))


class AllMail(unittest.TestCase):
    def instance(self, conf='', **options):
        p = Instance(conf=conf, **options)
        p.keep = True
        self.addCleanup(shutil.rmtree, p.dir, True)
        return p

    def configure(self, p, all_mail):
        Settings(p).write(all_mail)

    def list(self, p):
        """{name: attributes}"""
        c = p.imap()
        out = {}
        for line in c.list()[1]:
            m = re.match(r'\((.*)\) "/" "?(.*?)"?$', line.decode())
            out[m[2]] = m[1]
        c.logout()
        return out

    def messages(self, p, name):
        c = p.imap()
        kind, data = c.status('"%s"' % name, '(MESSAGES)')
        c.logout()
        return int(re.search(rb'MESSAGES (\d+)', data[0])[1]) if kind == 'OK' else None

    def log(self, p):
        out = ''
        for folder, _, names in os.walk(p.dir):
            for name in names if folder in (p.dir, os.path.join(p.dir, 'log')) else ():
                if name == 'master.out' or folder != p.dir:
                    with open(os.path.join(folder, name), errors='replace') as f:
                        out += f.read()
        return out

    def sound(self, p):
        r = p.postern('fsck', '--json', check=False)
        self.assertEqual(r.returncode, 0, r.stdout + r.stderr)

    def test_on_and_off_with_mail(self):
        p = self.instance()
        plan = os.path.join(p.dir, 'run', 'kill-point')   # where stored may read
        p.env['POSTERN_KILL'] = '@' + plan
        with p:
            box = os.path.join(p.dir, 'some.mbox')
            with open(box, 'w') as f:
                for i in range(MAIL):
                    f.write('From s@example.net Thu Feb 13 10:00:00 2020\nSubject: number %d\n\nbody %d\n\n' % (i, i))
            p.postern('import', 'mbox', '--account', ALICE, '--mailbox', 'Old', box)
            c = p.imap()
            c.append('INBOX', None, None, mail('one more'))
            c.logout()
            self.assertNotIn('All Mail', self.list(p))
        # Killed before the second slice is committed, and again: each time it goes on from where it was.
        self.configure(p, 'All Mail')
        with open(plan, 'w') as f:
            f.write('stored all-mail.fill 2\n')
        os.chmod(plan, 0o644)
        with p:
            deaths = lambda: self.log(p).count('event=kill_point program=stored name=all-mail.fill')
            eventually(lambda: deaths() >= 1, 60)
            self.assertGreaterEqual(deaths(), 1, p.output())
            os.unlink(plan)
            # Mail comes and goes meanwhile.
            self.assertEqual(p.deliver(ALICE, mail('while it fills'))[0][:3], '250')
            self.assertTrue(eventually(lambda: self.messages(p, 'All Mail') == MAIL + 2, 120), self.messages(p, 'All Mail'))
            self.assertIn('\\All', self.list(p)['All Mail'])
            c = p.imap()
            c.select('"All Mail"', readonly=True)
            ids = re.findall(rb'EMAILID \((\S+)\)', b' '.join(c.fetch('1:*', '(EMAILID)')[1]))
            self.assertEqual(len(set(ids)), MAIL + 2)
            c.logout()
            self.sound(p)
        self.configure(p, 'Everything')
        with p:
            self.assertTrue(eventually(lambda: 'Everything' in self.list(p), 60))
            self.assertNotIn('All Mail', self.list(p))
            self.assertEqual(self.messages(p, 'Everything'), MAIL + 2)
            c = p.imap()
            c.create('"All Mail"')   # the user's own now
            c.append('"All Mail"', None, None, mail('mine'))
            c.logout()
            self.assertEqual(self.messages(p, 'Everything'), MAIL + 3)
        # The name is taken: it keeps the one it has, and the log says why.
        self.configure(p, 'All Mail')
        with p:
            self.assertTrue(eventually(lambda: 'event=all-mail' in self.log(p), 60))
            self.assertEqual(self.messages(p, 'All Mail'), 1)
            c = p.imap()
            self.assertEqual(c.rename('"All Mail"', 'Mine')[0], 'OK')
            c.logout()
            self.assertTrue(eventually(lambda: '\\All' in self.list(p).get('All Mail', ''), 60), self.list(p))
            self.assertNotIn('Everything', self.list(p))
        self.configure(p, '')
        with p:
            self.assertTrue(eventually(lambda: 'All Mail' not in self.list(p), 60))
            self.assertEqual(self.messages(p, 'Old'), MAIL)
            self.assertEqual(self.messages(p, 'INBOX'), 2)
            self.assertEqual(json.loads(p.postern('deleted', 'list', '--account', ALICE, '--json').stdout), [])
            self.sound(p)

    def test_wrong_names(self):
        for name in ('INBOX', 'a/b', 'Archive'):
            p = self.instance()
            self.configure(p, name)
            with self.assertRaises(RuntimeError):
                p.start()
            p.stop()
            self.assertIn('store.all_mail', p.output())

    def test_jmap(self):
        with self.instance(conf=ON) as p:
            a = Account(p)
            boxes = {m['role'] or m['name']: m for m in a.call('Mailbox/get')['list']}
            everything, inbox, archive, trash = (boxes[r]['id'] for r in ('all', 'inbox', 'archive', 'trash'))
            rights = boxes['all']['myRights']
            self.assertEqual({r for r in rights if rights[r]}, {'mayReadItems', 'maySetSeen', 'maySetKeywords'})
            self.assertTrue(boxes['all']['isSubscribed'])
            email = a.add(message('hello'))['id']
            ids = lambda: a.call('Email/get', ids=[email], properties=['mailboxIds'])['list'][0]['mailboxIds']
            self.assertEqual(ids(), {inbox: True, everything: True})
            set_ = lambda change: a.call('Email/set', update={email: change})
            # With it or without it is the same.
            self.assertEqual(set_({'mailboxIds': {archive: True}})['updated'], {email: None})
            self.assertEqual(ids(), {archive: True, everything: True})
            self.assertEqual(set_({'mailboxIds': {inbox: True, everything: True}})['updated'], {email: None})
            self.assertEqual(ids(), {inbox: True, everything: True})
            for change in ({'mailboxIds': {everything: True}}, {'mailboxIds/' + everything: None}, {'mailboxIds/' + inbox: None}):
                error = set_(change)['notUpdated'][email]
                self.assertEqual((error['type'], error['properties']), ('invalidProperties', ['mailboxIds']), change)
            # To be made: beside another, but not there alone.
            made = a.call('Email/set', create={'k': {'mailboxIds': {everything: True, archive: True}, 'subject': 'x'},
                                               'l': {'mailboxIds': {everything: True}, 'subject': 'y'}})
            self.assertEqual(list(made['created']), ['k'])
            self.assertEqual(made['notCreated']['l']['type'], 'invalidProperties')
            # The mailbox itself is the server's.
            r = a.call('Mailbox/set', destroy=[everything], onDestroyRemoveEmails=True)
            self.assertEqual(r['notDestroyed'][everything]['type'], 'forbidden')
            r = a.call('Mailbox/set', update={everything: {'name': 'mine'}}, create={
                'c': {'name': 'below', 'parentId': everything}, 'd': {'name': 'another', 'role': 'all'}})
            self.assertEqual(r['notUpdated'][everything]['type'], 'forbidden')
            self.assertEqual(r['notCreated']['c']['type'], 'forbidden')
            self.assertEqual((r['notCreated']['d']['type'], r['notCreated']['d']['properties']), ('invalidProperties', ['role']))
            r = a.call('Mailbox/set', update={everything: {'role': None}})
            self.assertEqual(r['notUpdated'][everything]['type'], 'invalidProperties')
            self.assertEqual(a.call('Mailbox/set', update={everything: {'isSubscribed': False}})['updated'], {everything: None})
            # Searches: all is in it, and yet what is only in the trash can be left out (RFC 8621 4.4.1).
            query = lambda **filter_: set(a.call('Email/query', filter=filter_)['ids'])
            draft = made['created']['k']['id']
            self.assertEqual(query(inMailbox=everything), {email, draft})
            set_({'mailboxIds': {trash: True}})
            self.assertEqual(query(inMailboxOtherThan=[trash]), {draft})
            self.assertEqual(query(inMailboxOtherThan=[everything]), {email, draft})
            # Destroyed is destroyed; what is in no other mailbox goes with the last.
            r = a.call('Mailbox/set', create={'m': {'name': 'short'}})['created']['m']['id']
            set_({'mailboxIds': {r: True}})
            self.assertEqual(a.call('Mailbox/set', destroy=[r])['notDestroyed'][r]['type'], 'mailboxHasEmail')
            a.call('Mailbox/set', destroy=[r], onDestroyRemoveEmails=True)
            self.assertEqual(a.call('Email/get', ids=[email])['notFound'], [email])
            a.call('Email/set', destroy=[draft])
            self.assertEqual(query(), set())
            got = a.call('Mailbox/get', ids=[everything])['list'][0]
            self.assertEqual((got['totalEmails'], got['totalThreads']), (0, 0))
            self.sound(p)

    def test_delivery_and_the_command_line(self):
        with self.instance(conf='store.all_mail = Everything\n') as p:
            # Scripts find no mailbox there; a detail of that name is none.
            p.postern('sieve', 'put', '--account', ALICE, 'main', '-', '--activate', input=(
                'require ["fileinto", "mailbox", "special-use", "imap4flags"];\n'
                'if mailboxexists "Everything" { addflag "exists"; }\nif specialuse_exists "\\\\All" { addflag "use"; }\n'
                'fileinto :create "Everything";\n'))
            self.assertEqual(p.deliver(ALICE, mail('to the script'))[0][:3], '250')
            c = p.imap()
            c.select('INBOX')
            flags = c.fetch('1', '(FLAGS)')[1][0]
            self.assertNotIn(b'exists', flags)
            self.assertNotIn(b'use', flags)
            p.postern('sieve', 'deactivate', '--account', ALICE)
            self.assertEqual(p.deliver('alice+everything@example.org', mail('detail'))[0][:3], '250')
            self.assertEqual((self.messages(p, 'INBOX'), self.messages(p, 'Everything')), (2, 2))
            # Exports leave it out unless it is asked for; nothing is imported into it.
            out = os.path.join(p.dir, 'export')
            p.postern('export', 'eml', '--account', ALICE, out)
            self.assertFalse(os.path.exists(os.path.join(out, 'Everything')))
            one = json.loads(p.postern('export', 'eml', '--account', ALICE, '--mailbox', 'Everything', out + '2', '--json').stdout)
            self.assertEqual(one['exported'], 2)
            file = os.path.join(p.dir, 'a.eml')
            with open(file, 'wb') as f:
                f.write(mail('imported'))
            r = p.postern('import', 'eml', '--account', ALICE, '--mailbox', 'Everything', file, check=False)
            self.assertNotEqual(r.returncode, 0)
            self.assertIn('shows all mail', r.stderr)
            self.assertIn('lrswtedan', p.postern('acl', 'list', '--account', ALICE, 'Everything').stdout)
            self.assertEqual(self.messages(p, 'Everything'), 2)

    def test_dump_and_load(self):
        top = tempfile.mkdtemp(prefix='postern-all-')
        self.addCleanup(shutil.rmtree, top, True)
        archive = os.path.join(top, 'one')
        with self.instance(conf=ON) as p:
            c = p.imap()
            for i in range(5):
                c.append(('INBOX', 'Archive')[i % 2], r'(\Flagged)', None, mail('m %d' % i))
            c.select('INBOX')
            c.store('1', '+FLAGS', r'\Deleted')
            c.expunge()
            c.xatom('SETMETADATA', '"All Mail"', '(/private/comment "x")')
            p.postern('dump', archive)
            p.postern('verify', archive)
            before = self.list(p)
        for conf in ('', ON):
            with self.instance(conf=conf, accounts=[]) as q:
                got = json.loads(q.postern('load', archive, '--json').stdout)
                self.assertEqual(got['failed'], 0, got)
                if conf:
                    self.assertTrue(eventually(lambda: self.list(q) == before and self.messages(q, 'All Mail') == 4, 60), self.list(q))
                else:
                    self.assertEqual(self.list(q), {k: v for k, v in before.items() if k != 'All Mail'})
                self.assertEqual((self.messages(q, 'INBOX'), self.messages(q, 'Archive')), (2, 2))
                self.sound(q)
                # What was deleted comes back to where it was.
                deleted = json.loads(q.postern('deleted', 'list', '--account', ALICE, '--json').stdout)
                q.postern('undelete', '--account', ALICE, '--id', str(deleted[0]['id']))
                self.assertEqual(self.messages(q, 'INBOX'), 3)
                # A restore of the archive brings nothing back twice, and makes no such mailbox.
                q.postern('restore', archive, '--account', ALICE)
                self.assertEqual(self.messages(q, 'Archive'), 2)
                self.assertEqual('All Mail' in self.list(q), bool(conf))
                self.sound(q)


if __name__ == '__main__':
    unittest.main()
