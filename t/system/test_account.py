#!/usr/bin/env python3
"""postern account, domain, alias, group, list: what people type, what it answers, what the daemons then do.  Run with
the server up; and once more, where that matters, with it down."""
import imaplib
import json
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from postern_test import BIN, Instance  # noqa: E402

MESSAGE = b'From: a@example.net\nSubject: hello\nMessage-ID: <1@example.net>\n\nbody\n'


class Base(unittest.TestCase):
    up = True

    @classmethod
    def setUpClass(cls):
        cls.p = Instance()
        if cls.up:
            cls.p.__enter__()

    @classmethod
    def tearDownClass(cls):
        if cls.up:
            cls.p.__exit__(None, None, None)
        else:
            import shutil
            shutil.rmtree(cls.p.dir, ignore_errors=True)

    def run_(self, *args, input='', status=0, says=None):
        r = self.p.postern(*args, input=input, check=False)
        self.assertEqual(r.returncode, status, (args, r.stdout, r.stderr))
        if says is not None:
            self.assertRegex(r.stderr, says)
        if status == 0 and says is None:
            self.assertEqual(r.stderr, '', args)
        return r.stdout

    def json(self, *args, **k):
        return json.loads(self.run_(*args, '--json', **k))

    def login(self, name, password):
        """The number of messages in INBOX, or None where the login is refused."""
        c = self.p.imap(None)
        try:
            c.login(name, password)
            return int(c.select(readonly=True)[1][0])
        except imaplib.IMAP4.error:
            return None
        finally:
            c.logout()


class Accounts(Base):
    def test_life(self):
        self.assertEqual(self.run_('account', 'add', 'carol@example.org', '--quota', '2G', '--description', 'Carol C.',
                                   '--timezone', 'Europe/Berlin', input='first\nignored\n'), '')
        self.assertEqual(self.login('carol@example.org', 'first'), 0)
        self.assertEqual(self.login('CAROL@Example.ORG', 'first'), 0)
        self.assertEqual(self.login('carol', 'first'), 0)   # the default domain
        self.assertIsNone(self.login('carol@example.org', 'ignored'))

        one = self.json('account', 'show', 'carol@example.org')
        self.assertEqual((one['name'], one['quota'], one['description'], one['timezone'], one['disabled'], one['scheme'], one['used_emails']),
                         ('carol@example.org', 2 << 30, 'Carol C.', 'Europe/Berlin', False, 'yescrypt', 0))
        text = self.run_('account', 'show', 'carol@example.org')
        self.assertIn('quota        2G, any number of messages, any number of mailboxes\n', text)
        self.assertNotIn('$y$', text + json.dumps(one))
        self.assertIn('carol@example.org', [a['name'] for a in self.json('account', 'list')])
        self.assertRegex(self.run_('account', 'list'), r'(?m)^carol@example\.org +2G +enabled +Carol C\.$')
        self.assertEqual(self.json('account', 'list', '--domain', 'example.org'), self.json('account', 'list'))

        self.run_('account', 'set', 'carol@example.org', '--quota', 'none', '--description', '')
        one = self.json('account', 'show', 'carol@example.org')
        self.assertEqual((one['quota'], one['description'], one['timezone']), (None, '', 'Europe/Berlin'))

        self.run_('account', 'passwd', 'carol@example.org', input='second')   # no line end
        self.assertIsNone(self.login('carol@example.org', 'first'))
        self.assertEqual(self.login('carol@example.org', 'second'), 0)

        self.run_('account', 'set', 'carol@example.org', '--disable')
        self.assertIsNone(self.login('carol@example.org', 'second'))
        self.assertTrue(self.p.deliver('carol@example.org', MESSAGE)[0].startswith('250'))
        self.assertRegex(self.run_('account', 'list'), r'(?m)^carol@example\.org +none +disabled')
        self.run_('account', 'set', 'carol@example.org', '--enable')
        self.assertEqual(self.login('carol@example.org', 'second'), 1)

        # A name is free at once, and what gets it is empty.
        for secret in ('third', 'fourth'):
            before = self.json('account', 'show', 'carol@example.org')['id']
            self.assertEqual(self.run_('account', 'delete', 'carol@example.org'), '')
            self.assertIsNone(self.login('carol@example.org', 'second'))
            self.assertRegex(self.p.deliver('carol@example.org', MESSAGE)[0], '^(550 5.1.1|451 4.3.0) ')
            self.run_('account', 'add', 'carol@example.org', input=secret + '\n')
            self.assertEqual(self.login('carol@example.org', secret), 0)
            self.assertGreater(self.json('account', 'show', 'carol@example.org')['id'], before)
            self.assertTrue(self.p.deliver('carol@example.org', MESSAGE)[0].startswith('250'))
        self.run_('account', 'delete', 'carol@example.org')

    def test_sessions_end_with_their_right(self):
        self.run_('account', 'add', 'dora@example.org', input='one\n')
        c = self.p.imap('dora@example.org', 'one')
        c.select()
        self.run_('account', 'passwd', 'dora@example.org', input='two\n')
        with self.assertRaises((imaplib.IMAP4.abort, imaplib.IMAP4.error, OSError)):
            for _ in range(200):
                c.noop()
                __import__('time').sleep(0.05)
        self.run_('account', 'delete', 'dora@example.org')

    def test_password_is_not_an_argument(self):
        # Neither the process list nor the environment of anything we start holds it; and it is no option.
        self.run_('account', 'add', 'eve@example.org', '--password', 'x', status=64, says='no such option')
        self.run_('account', 'add', 'eve@example.org', status=2, says='no password: it is the first line of standard input')
        self.run_('account', 'add', 'eve@example.org', input='\n', status=2, says='no password')
        seen = []
        r = subprocess.Popen([os.path.join(BIN, 'postern'), '-C', self.p.etc, 'account', 'add', 'eve@example.org'], env=self.p.env,
                             stdin=subprocess.PIPE)
        with open('/proc/%d/cmdline' % r.pid, 'rb') as f:
            seen.append(f.read())
        r.communicate(b'very secret\n')
        self.assertEqual(r.returncode, 0)
        self.assertNotIn(b'secret', b''.join(seen))
        self.assertNotIn('very secret', self.p.output())
        self.run_('account', 'delete', 'eve@example.org')

    def test_odd_passwords(self):
        for secret in ('with blank', 'pässwörd', '"quoted\\', 'x' * 500, '{not a scheme', '-'):
            self.run_('account', 'add', 'odd@example.org', input=secret + '\n')
            c = self.p.imap(None)
            token = b'\0odd@example.org\0' + secret.encode()
            self.assertEqual(c.authenticate('PLAIN', lambda _: token)[0], 'OK', secret)
            c.logout()
            self.run_('account', 'delete', 'odd@example.org')
        self.run_('account', 'add', 'odd@example.org', input='x' * 512 + '\n', status=2, says='longer than 511 bytes')
        self.assertEqual(self.run_('account', 'list', '--domain', 'example.org').count('odd@'), 0)

    def test_errors(self):
        for args, status, says in (
                (['account', 'add', 'alice@example.org'], 73, 'alice@example.org.*exists'),
                (['account', 'add', 'x@unknown.example'], 67, 'unknown.example'),
                (['account', 'add', 'a b@example.org'], 2, '(?i)a b@example.org|name|address'),
                (['account', 'add', '@example.org'], 2, '(?i)name|address|local'),
                (['account', 'add', 'x@'], 2, '(?i)domain|name|address'),
                (['account', 'add', 'a' * 65 + '@example.org'], 2, '(?i)long'),
                (['account', 'add', 'x@example.org', '--quota', 'much'], 64, '--quota: expected a size'),
                (['account', 'add', 'x@example.org', '--quota', '0'], 64, '--quota: expected a size'),
                (['account', 'add', 'x@example.org', '--description', 'a\nb'], 2, '(?i)description.*control'),
                (['account', 'add', 'x@example.org', '--timezone', 'Mars/Olympus'], 64, '--timezone: Mars/Olympus'),
                (['account', 'add'], 64, 'expected one name'),
                (['account', 'add', 'x@example.org', 'y@example.org'], 64, 'expected one name'),
                (['account', 'show', 'nobody@example.org'], 67, 'nobody@example.org'),
                (['account', 'set', 'nobody@example.org', '--quota', '1G'], 67, 'nobody@example.org'),
                (['account', 'set', 'alice@example.org', '--enable', '--disable'], 64, 'not both'),
                (['account', 'passwd', 'nobody@example.org'], 67, 'nobody@example.org'),
                (['account', 'delete', 'nobody@example.org'], 67, 'nobody@example.org'),
                (['account', 'frobnicate'], 64, 'usage:'),
                (['frobnicate'], 64, "no verb 'frobnicate'"),
                (['account', 'list', '--colour'], 64, '--colour: no such option'),
                (['account', 'list', '--domain'], 64, '--domain'),
                (['mailbox', 'list'], 64, 'which account'),
                (['mailbox', 'list', '--account', 'nobody@example.org'], 67, 'nobody@example.org')):
            self.run_(*args, input='secret\n', status=status, says=says)
        self.assertEqual([a['name'] for a in self.json('account', 'list', '--domain', 'example.org')],
                         ['alice@example.org', 'bob@example.org'])

    def test_hash_as_secret(self):
        import base64
        import hashlib
        ssha = '{SSHA}' + base64.b64encode(hashlib.sha1(b'pw1' + b'salt').digest() + b'salt').decode()
        self.run_('account', 'add', 'h@example.org', input=ssha + '\n')
        self.assertEqual(self.json('account', 'show', 'h@example.org')['scheme'], '{SSHA}')
        self.assertEqual(self.login('h@example.org', 'pw1'), 0)
        self.assertIsNone(self.login('h@example.org', ssha))
        self.run_('account', 'delete', 'h@example.org')

    def test_idle_admin_costs_nothing(self):
        # A long listing: every account once, in order.
        rows = 'email,secret\n' + ''.join('u%03d@example.org,{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M=\n' % i for i in range(300))
        self.run_('account', 'import', '-', input=rows)
        names = [a['name'] for a in self.json('account', 'list') if a['name'][0] == 'u']
        self.assertEqual(names, ['u%03d@example.org' % i for i in range(300)])
        self.assertEqual(self.login('u007@example.org', 'test'), 0)
        for i in range(300):
            if i % 100 == 0:
                self.run_('account', 'delete', 'u%03d@example.org' % i)


class Csv(Base):
    def load(self, text, *args, added, failed=0, status=None, says=(), name='u.csv'):
        path = os.path.join(self.p.dir, name)
        with open(path, 'wb') as f:
            f.write(text if isinstance(text, bytes) else text.encode())
        r = self.p.postern('account', 'import', *args, path, check=False)
        self.assertEqual(r.returncode, status if status is not None else 1 if failed else 0, r.stderr)
        lines = r.stderr.splitlines()
        self.assertEqual(len(lines), len(says), r.stderr)
        for line, (number, what) in zip(lines, says):
            self.assertRegex(line, r'^postern: %s:%d: .*%s' % (path, number, what))
        r = self.p.postern('account', 'list', '--json')
        names = {a['name'] for a in json.loads(r.stdout)} - {'alice@example.org', 'bob@example.org'}
        self.assertEqual(len(names), added, names)
        return names

    def tearDown(self):
        for a in self.json('account', 'list'):
            if a['name'] not in ('alice@example.org', 'bob@example.org'):
                self.run_('account', 'delete', a['name'])

    def test_all_columns(self):
        import base64
        import hashlib
        ssha = '{SSHA}' + base64.b64encode(hashlib.sha1(b'pw-b' + b'salt').digest() + b'salt').decode()
        sha512 = subprocess.run(['openssl', 'passwd', '-6', '-salt', 'saltsalt', 'pw-c'], stdout=subprocess.PIPE, text=True).stdout.strip()
        self.assertTrue(sha512.startswith('$6$'), 'openssl')
        self.load('email,secret,name,description,quota,timezone\r\n'
                  'a@example.org,pw-a,Ann A.,,1G,Europe/Berlin\r\n'
                  'b@example.org,%s,,only this,none,\r\n'
                  '\r\n'
                  'c@example.org,"%s","Carl ""C."" Comma, Jr.",more,500M,\r\n'
                  'd@example.org," blank ",,,1000,UTC' % (ssha, sha512), added=4)
        for name, password in (('a', 'pw-a'), ('b', 'pw-b'), ('c', 'pw-c')):
            self.assertEqual(self.login(name + '@example.org', password), 0, name)
        c = self.p.imap(None)
        self.assertEqual(c.authenticate('PLAIN', lambda _: b'\0d@example.org\0 blank ')[0], 'OK')
        c.logout()
        show = lambda n: self.json('account', 'show', n + '@example.org')
        self.assertEqual([show('a')[k] for k in ('description', 'quota', 'timezone')], ['Ann A.', 1 << 30, 'Europe/Berlin'])
        self.assertEqual([show('b')[k] for k in ('description', 'quota', 'scheme')], ['only this', None, '{SSHA}'])
        self.assertEqual([show('c')[k] for k in ('description', 'quota')], ['Carl "C." Comma, Jr. (more)', 500 << 20])
        self.assertEqual(show('d')['quota'], 1000)

    def test_layout(self):
        names = self.load('x@example.org;s;ignored\ny@example.org;s;ignored\n', '--no-header', '--columns', 'email,secret,-', '--delimiter', ';', added=2)
        self.assertEqual(names, {'x@example.org', 'y@example.org'})
        # A header in another order, with a byte order mark, and tabs.
        self.load(b'\xef\xbb\xbfSecret\tEMAIL\ns\tz@example.org\n', '--delimiter', 'tab', added=3)
        # Named columns beside a header: it is passed over.
        self.load('Mail,Password\nw@example.org,s\n', '--columns', 'email,secret', added=4)
        r = self.p.postern('account', 'import', '-', input='email,secret\nv@example.org,s\n')
        self.assertEqual((r.stdout, r.stderr, self.login('v@example.org', 's')), ('', '', 0))

    def test_preview(self):
        path = os.path.join(self.p.dir, 'p.csv')
        with open(path, 'w') as f:
            f.write('email,secret,name,quota\na@example.org,very secret,Ann,1G\nb@example.org,{SSHA}xyz,,\nc@example.org,s,,\n')
        out = self.run_('account', 'import', '--preview', '2', path)
        self.assertEqual(out, '2: a@example.org, secret plain, quota 1G, description Ann\n3: b@example.org, secret hashed, quota none, description \n')
        self.assertEqual(len(self.json('account', 'list')), 2)

    def test_failing_rows(self):
        self.load('email,secret,quota,timezone\n'
                  'a@example.org,s,,\n'
                  'alice@example.org,s,,\n'               # 3: there already
                  'nodomain@unknown.example,s,,\n'         # 4
                  ',s,,\n'                                 # 5
                  'e@example.org,,,\n'                     # 6
                  'f@example.org,s,big,\n'                 # 7
                  '"g@example.org","s\ns",,,x\n'           # 8, two lines, one field too many
                  'h@example.org,$9$nonsense,,\n'          # 10
                  'i@example.org,s,,Mars/Olympus\n'        # 11
                  'j@example.org,s,,\n', added=2, failed=8,
                  says=[(3, 'exists'), (4, 'unknown.example'), (5, 'no email'), (6, 'no secret'), (7, "quota 'big' is no size"),
                        (8, 'more fields than columns'), (10, ''), (11, 'Mars/Olympus')])
        r = self.p.postern('account', 'import', '--json', '-', input='email,secret\na@example.org,s\nk@example.org,s\n', check=False)
        self.assertEqual(r.returncode, 1)
        got = json.loads(r.stdout)
        self.assertEqual((got['added'], got['failed'], len(got['errors'])), (1, 1, 1))
        self.assertRegex(got['errors'][0], r'^-:2: .*exists')

    def test_wrong_files(self):
        for text, args, says in (('name,secret\nx,y\n', [], "no column 'email'"), ('email,colour\nx,y\n', [], "unknown column 'colour'"),
                                 ('email,secret\n', ['--delimiter', ';;'], 'one character')):
            r = self.p.postern('account', 'import', *args, '-', input=text, check=False)
            self.assertEqual((r.returncode, says in r.stderr), (64, True), r.stderr)
        r = self.p.postern('account', 'import', '/nonexistent.csv', check=False)
        self.assertEqual((r.returncode, '/nonexistent.csv' in r.stderr), (66, True))
        self.load('email,secret\nq@example.org,"never closed\n' + 'x\n' * 5, added=0, failed=1, says=[(2, 'a quote is not closed')])


class Routing(Base):
    def count(self, who):
        return self.login(who, 'secret')

    def test_domains(self):
        self.run_('domain', 'add', 'example.com', '--description', 'second')
        self.run_('domain', 'add', 'example.com', status=73, says='example.com.*exists')
        self.run_('domain', 'add', 'no domain', status=2, says='(?i)domain')
        self.run_('domain', 'delete', 'unknown.example', status=67, says='unknown.example')
        self.run_('domain', 'delete', 'example.org', status=2, says='(?i)account|in use|not empty|holds')
        self.run_('account', 'add', 'zoe@example.com', input='secret\n')
        self.assertIn({'kind': 'domain', 'name': 'example.com', 'description': 'second', 'catch_all': '', 'accounts': 1},
                      self.json('domain', 'list'))
        self.assertRegex(self.run_('domain', 'list'), r'(?m)^example\.com +1 +- +second$')
        self.assertEqual([a['name'] for a in self.json('account', 'list', '--domain', 'example.com')], ['zoe@example.com'])
        self.assertTrue(self.p.deliver('x@example.com', MESSAGE)[0].startswith('550 5.1.1'))
        self.run_('domain', 'set', 'example.com', '--catch-all', 'zoe@example.com')
        self.p.deliver('x@example.com', MESSAGE)
        self.assertEqual(self.count('zoe@example.com'), 1)
        self.assertRegex(self.run_('domain', 'list'), r'(?m)^example\.com +1 +zoe@example\.com +second$')
        self.run_('domain', 'set', 'example.com', '--catch-all', 'none')
        self.run_('account', 'delete', 'zoe@example.com')
        self.run_('domain', 'delete', 'example.com')
        self.assertNotIn('example.com', self.run_('domain', 'list'))

    def test_alias_group_list(self):
        alice, bob = self.count('alice@example.org'), self.count('bob@example.org')
        self.run_('alias', 'add', 'sales@example.org', '--to', 'alice@example.org')
        self.run_('alias', 'add', 'sales@example.org', '--to', 'bob@example.org', status=73, says='exists')
        self.run_('alias', 'add', 'none@example.org', status=64, says='--to')
        self.run_('alias', 'set', 'sales@example.org', '--to', 'alice@example.org', '--to', 'bob@example.org')
        self.run_('alias', 'set', 'other@example.org', '--to', 'bob@example.org', status=67, says='other@example.org')
        self.assertEqual(self.json('alias', 'show', 'sales@example.org')['to'], ['alice@example.org', 'bob@example.org'])
        self.assertEqual(self.run_('alias', 'show', 'sales@example.org'), 'sales@example.org\n  alice@example.org\n  bob@example.org\n')
        self.assertRegex(self.run_('alias', 'list'), r'(?m)^sales@example\.org +alice@example\.org bob@example\.org$')
        self.run_('group', 'add', 'team@example.org', '--member', 'alice@example.org', '--description', 'The team')
        self.run_('list', 'add', 'news@example.org', '--member', 'bob@example.org', '--member', 'team@example.org')
        self.run_('group', 'show', 'news@example.org', status=67, says='news@example.org')
        self.run_('group', 'add', 'alice@example.org', status=73, says='exists')
        team = {'kind': 'group', 'name': 'team@example.org', 'description': 'The team'}
        self.assertEqual(self.json('group', 'list'), [team])
        self.assertEqual(self.json('group', 'show', 'team@example.org'), dict(team, members=['alice@example.org']))
        self.assertRegex(self.run_('group', 'list'), r'(?m)^team@example\.org +The team$')
        self.assertEqual([x['name'] for x in self.json('list', 'list', '--domain', 'example.org')], ['news@example.org'])
        for to in ('sales@example.org', 'team@example.org', 'news@example.org'):
            self.assertTrue(self.p.deliver(to, MESSAGE)[0].startswith('250'), to)
        self.assertEqual((self.count('alice@example.org') - alice, self.count('bob@example.org') - bob), (3, 2))
        self.run_('group', 'set', 'team@example.org', '--member', 'bob@example.org')
        self.assertEqual(self.json('group', 'show', 'team@example.org')['members'], ['bob@example.org'])
        self.assertIn('team@example.org', self.json('account', 'show', 'bob@example.org')['groups'])
        for kind, name in (('alias', 'sales'), ('list', 'news'), ('group', 'team')):
            self.run_(kind, 'delete', name + '@example.org')
            self.assertEqual(self.json(kind, 'list'), [])
            self.run_(kind, 'delete', name + '@example.org', status=67, says=name + '@example.org')


class Down(Base):
    """The same commands without a server: postern starts authd and stored for itself."""
    up = False

    def test_accounts(self):
        self.run_('account', 'add', 'carol@example.org', '--quota', '1G', input='pw\n')
        self.run_('account', 'set', 'carol@example.org', '--description', 'C')
        one = self.json('account', 'show', 'carol@example.org')
        self.assertEqual((one['quota'], one['description'], one['used_emails']), (1 << 30, 'C', 0))
        self.run_('mailbox', 'create', '--account', 'carol@example.org', 'A/B')
        self.assertIn('A/B\n', self.run_('mailbox', 'list', '--account', 'carol@example.org'))
        self.run_('account', 'delete', 'carol@example.org')
        self.run_('account', 'add', 'carol@example.org', input='pw\n')
        self.assertNotIn('A/B\n', self.run_('mailbox', 'list', '--account', 'carol@example.org'))
        self.assertEqual([x for x in os.listdir(os.path.join(self.p.dir, 'run')) if 'offline' in x], [])
        self.run_('status', status=1, says='no server is running')
        self.run_('kick', '*', status=1, says='no server is running')


if __name__ == '__main__':
    unittest.main()
