#!/usr/bin/env python3
"""postern status, who, kick, reload, stop, config, call, log, mailbox: what an admin sees of a running server."""
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from postern_test import BIN, Instance  # noqa: E402

ALICE = 'alice@example.org'


def eventually(f, seconds=20):
    end = time.time() + seconds
    while True:
        got = f()
        if got or time.time() > end:
            return got
        time.sleep(0.05)


class Base(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.p = Instance(conf='')
        cls.log = cls.p.dir + '/log/postern.log'
        with open(cls.p.etc + '/postern.conf', 'a') as f:
            f.write('log = %s\n' % cls.log)
        cls.p.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.p.__exit__(None, None, None)

    def run_(self, *args, status=0, input=None):
        r = self.p.postern(*args, check=False, input=input)
        self.assertEqual(r.returncode, status, (args, r.stdout, r.stderr))
        return r

    def json(self, *args):
        return json.loads(self.run_(*args, '--json').stdout)


class Server(Base):
    def test_status(self):
        s = self.json('status')
        self.assertEqual([x['name'] for x in s['services']], ['stored', 'authd', 'sieved', 'runner', 'searchd', 'indexer', 'lmtpd', 'imapd', 'pop3d', 'managesieved', 'jmapd'])
        self.assertEqual(s['pid'], self.p.master.pid)
        for x in s['services']:
            self.assertEqual((len(x['processes']), x['restarts'], x['throttled']), (1, x['name'] == 'sieved' and x['restarts'], False))
            self.assertGreater(x['processes'][0]['memory_kb'], 1000)
        text = self.run_('status').stdout
        for x in s['services']:
            self.assertRegex(text, r'(?m)^%s +%d +ready +\d+ +[0-9.]+M +\d+s +\d+$' % (x['name'], x['processes'][0]['pid']))
        self.assertFalse(re.search(r' $', text, re.M))

    def test_who_and_kick(self):
        c = self.p.imap(ALICE)
        c.select()
        d = self.p.imap('bob@example.org')
        mine = eventually(lambda: [x for x in self.json('who') if x['user'] == ALICE])
        self.assertEqual((len(mine), mine[0]['service'], mine[0]['address']), (1, 'imap', '127.0.0.1'))
        self.assertRegex(self.run_('who').stdout, r'(?m)^%s +imap +%s +127\.0\.0\.1 +\d+s ' % (mine[0]['id'], ALICE))
        self.assertEqual(json.loads(self.run_('kick', mine[0]['id'], '--json').stdout)['sessions'], 1)
        with self.assertRaises(Exception):
            c.noop()
            c.noop()
        self.assertEqual(d.noop()[0], 'OK')
        self.assertFalse([x for x in self.json('who') if x['user'] == ALICE])
        self.run_('kick', 'nobody@example.org', status=1)
        self.run_('kick', status=64)
        self.run_('kick', '*')
        with self.assertRaises(Exception):
            d.noop()
            d.noop()

    def test_reload(self):
        c = self.p.imap(ALICE)
        pids = {x['name']: x['processes'][0]['pid'] for x in self.json('status')['services']}
        os.rename(self.log, self.log + '.1')
        self.run_('reload')
        self.assertTrue(eventually(lambda: os.path.exists(self.log)))   # as logrotate wants it
        self.assertEqual(c.noop()[0], 'OK')
        # sieved can read nothing any more: it ends, and master starts it with the new configuration.
        def processes():
            return {x['name']: [q['pid'] for q in x['processes']] for x in self.json('status')['services']}
        self.assertTrue(eventually(lambda: processes()['sieved'] not in ([], [pids['sieved']])))
        self.assertEqual({n: p for n, p in processes().items() if n != 'sieved'}, {n: [p] for n, p in pids.items() if n != 'sieved'})
        c.logout()

    def test_log(self):
        self.p.deliver(ALICE, b'Subject: x\n\nlog\n')
        lines = eventually(lambda: self.p.postern('log', '--service', 'lmtpd', check=False).stdout)
        self.assertTrue(all(' lmtpd[' in x for x in lines.splitlines()), lines)
        m = re.search(r'event=delivered id=(\S+) .*to=alice@example\.org', lines)
        self.assertTrue(m, lines)
        mine = self.run_('log', '--id', m[1]).stdout.splitlines()
        self.assertTrue(mine and all(m[1] in x for x in mine))
        self.run_('log', '--id', 'none-such', status=1)
        r = subprocess.Popen([os.path.join(BIN, 'postern'), '-C', self.p.etc, 'log', '-f', '--service', 'lmtpd'], stdout=subprocess.PIPE, text=True, env=self.p.env)
        try:
            for line in lines.splitlines():
                self.assertEqual(r.stdout.readline().strip('\n'), line)
            self.p.deliver(ALICE, b'Subject: y\n\nlog\n')
            self.assertIn(' lmtpd[', r.stdout.readline())
        finally:
            r.terminate()
            r.wait()
            r.stdout.close()

    def test_call(self):
        self.assertEqual(self.run_('call', '--list').stdout, 'stored\nauthd\nrunner\nsieved\nindexer\nsearchd\nmaster\n')
        methods = self.run_('call', 'stored', '--list').stdout
        self.assertRegex(methods, r'(?m)^get_sheet mailbox= have_modseq=$')
        one = json.loads(self.run_('call', 'stored', 'list_mailboxes', '--account', ALICE).stdout)
        self.assertIn('INBOX', [m['name'] for m in one['mailboxes']['mailboxes']])
        one = json.loads(self.run_('call', 'authd', 'show', 'kind=account', 'name=' + ALICE).stdout)
        self.assertEqual(one['entries']['entries'][0]['scheme'], 'yescrypt')
        self.assertIn('counters', json.loads(self.run_('call', 'stored', 'get_stats').stdout)['stats'])
        self.assertEqual(json.loads(self.run_('call', 'master', 'status').stdout)['services']['pid'], self.p.master.pid)
        # Lists, nesting, and what is wrong.
        self.run_('call', 'stored', 'list_mailboxes', 'ids=1', 'ids=2', '--account', ALICE)
        self.run_('call', 'authd', 'resolve', 'addresses=' + ALICE)
        r = self.run_('call', 'authd', 'show', 'kind=account', 'name=nobody@example.org', status=1)
        self.assertEqual(json.loads(r.stdout)['error']['code'], 'NOT_FOUND')
        for args, says in ((['call', 'stored', 'frobnicate'], 'no method frobnicate'), (['call', 'nobody', 'x'], 'stored, authd, master'),
                           (['call', 'stored', 'get_sheet', 'x'], 'expected KEY=VALUE'), (['call', 'stored', 'get_sheet', 'colour=1'], 'colour')):
            self.assertIn(says, self.run_(*args, status=64).stderr)

    def test_mailboxes(self):
        who = ['--account', 'bob@example.org']
        self.run_('mailbox', 'create', *who, 'A/B/C')
        self.run_('mailbox', 'create', *who, 'Spam', '--role', 'junk', status=2)     # there is one with that role
        self.run_('mailbox', 'create', *who, 'inbox/Sub')
        self.run_('mailbox', 'create', *who, 'A/B', status=73)
        names = self.run_('mailbox', 'list', *who).stdout.splitlines()
        self.assertLessEqual({'A', 'A/B', 'A/B/C', 'INBOX/Sub'}, set(names))
        self.run_('mailbox', 'rename', *who, 'A/B', 'X/Y/Z')
        names = self.run_('mailbox', 'list', *who).stdout.splitlines()
        self.assertLessEqual({'A', 'X/Y', 'X/Y/Z', 'X/Y/Z/C'}, set(names))
        self.assertNotIn('A/B', names)
        self.assertIn('no mailbox A/B', self.run_('mailbox', 'rename', *who, 'A/B', 'Q', status=67).stderr)
        self.run_('mailbox', 'rename', *who, 'A', 'X', status=73)
        self.run_('mailbox', 'delete', *who, 'X', status=2)        # has others below it
        self.run_('mailbox', 'delete', *who, 'INBOX', status=2)
        self.run_('mailbox', 'delete', *who, 'X/Y/Z/C')
        # The name can be used again at once, by a mailbox that is new.
        before = [m['uidvalidity'] for m in self.json('mailbox', 'list', *who) if m['name'] == 'A']
        self.run_('mailbox', 'delete', *who, 'A')
        self.run_('mailbox', 'create', *who, 'A')
        after = [m['uidvalidity'] for m in self.json('mailbox', 'list', *who) if m['name'] == 'A']
        self.assertGreater(after[0], before[0])
        self.p.deliver('bob@example.org', b'Subject: x\n\nbody\n')
        one = self.json('mailbox', 'status', *who, 'INBOX')
        self.assertEqual([(m['messages'], m['unseen'], m['uidnext'], m['role']) for m in one], [(1, 1, 2, 'inbox')])
        self.assertRegex(self.run_('mailbox', 'status', *who, 'inbox').stdout, r'(?m)^INBOX +1 +1 +\d+ +2 +\d+ +\d+ +inbox$')


class Config(unittest.TestCase):
    """Files that are right and wrong; no server needed."""

    def setUp(self):
        self.dir = tempfile.TemporaryDirectory()
        self.etc = self.dir.name
        self.addCleanup(self.dir.cleanup)
        self.write('master.conf', 'imapd imapd 1 1 none none - imap=inet:127.0.0.1:1143\n')

    def write(self, name, text):
        with open(os.path.join(self.etc, name), 'wb') as f:
            f.write(text if isinstance(text, bytes) else text.encode())

    def postern(self, *args):
        return subprocess.run([os.path.join(BIN, 'postern'), '-C', self.etc, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              env=dict(os.environ, ASAN_OPTIONS='detect_leaks=0'))

    def check(self, text, status, says, name='postern.conf'):
        self.write('postern.conf', '')
        self.write(name, text)
        r = self.postern('config', '--check')
        self.assertEqual(r.returncode, status, (text[:200], r.stdout, r.stderr))
        self.assertRegex(r.stderr, says)

    def test_values(self):
        self.write('postern.conf', '# a comment\nhostname = mail.example.org   # another\n\nimap.timeout = 45m\nstore.default_mailboxes = Drafts:drafts,\n'
                   '   Sent:sent\ninclude = more.conf\nimap.timeout = 50m\r\n')
        self.write('more.conf', 'log_level = debug\n')
        r = self.postern('config', '-n')
        self.assertEqual(r.stdout.splitlines(), ['hostname = mail.example.org', 'log_level = debug', 'store.default_mailboxes = Drafts:drafts, Sent:sent',
                                                 'imap.timeout = 50m'])
        self.assertEqual(self.postern('config', 'imap.timeout', 'hostname').stdout, 'hostname = mail.example.org\nimap.timeout = 50m\n')
        self.assertEqual(json.loads(self.postern('config', '--json', 'log_level').stdout), {'log_level': 'debug'})
        self.assertEqual(self.postern('config', 'colour').returncode, 64)
        self.assertEqual(self.postern('config', '--check').returncode, 0)

    def test_wrong_postern_conf(self):
        for text, says in (
                ('hostnam = x\n', r'postern\.conf:1: unknown key .hostnam.'),
                ('\n\ntimeout = 1\n', r'postern\.conf:3: unknown key .timeout.; did you mean'),
                ('imap.timeout = soon\n', r'postern\.conf:1: imap\.timeout = soon: expected a time'),
                ('imap.timeout = 0s\n', r'postern\.conf:1: imap\.timeout = 0s: expected a time .* from 1 '),
                ('imap.login_failures = 0\n', r'postern\.conf:1: .*expected a number from 1'),
                ('imap.login_failures = 99999999999999999999999\n', r'postern\.conf:1: .*expected a number'),
                ('sandbox = maybe\n', r'postern\.conf:1: .*expected yes or no'),
                ('auth.clear_text = sometimes\n', r'postern\.conf:1: .*expected one of never\|loopback\|always'),
                ('hostname\n', r'postern\.conf:1: expected KEY = VALUE'),
                ('[section]\nhostname = x\n', r'postern\.conf:1: expected KEY = VALUE|postern\.conf:2'),
                ('hostname = a\0b\n', r'postern\.conf:1: .*control characters'),
                ('include = nonexistent.conf\n', r'postern\.conf:1: .*nonexistent\.conf'),
                ('include = postern.conf\n', r'postern\.conf:1: .*nested too deeply'),
                ('hostname = ' + 'x' * 70000 + '\n', r'postern\.conf:1: line is longer'),
                ('hostname = x\n' * 400000, r'postern\.conf: larger than'),
                (bytes(range(256)) * 4, r'postern\.conf:1: ')):
            self.check(text, 78, says)
        os.remove(os.path.join(self.etc, 'postern.conf'))
        r = self.postern('config', '--check')
        self.assertEqual((r.returncode, 'postern.conf' in r.stderr), (78, True))

    def test_scripts_that_the_configuration_names(self):
        os.mkdir(self.etc + '/global')
        self.write('good.sieve', 'require "vacation"; vacation "x";\n')
        self.write('bad.sieve', 'keep;\nkep;\n')
        self.write('global/two.sieve', 'if true {')
        self.check('sieve.before = good.sieve\n', 0, '^$')
        for text, says in (
                ('sieve.after = good.sieve, bad.sieve\n', r'bad\.sieve:2:1: error: unknown command "kep"; expected "keep"'),
                ('sieve.default = none.sieve\n', r'none\.sieve'),
                # Where mail comes by IMAP nobody is answered.
                ('imap.sieve_event = good.sieve\n', r'good\.sieve:1:9: error: unknown extension "vacation"'),
                ('sieve.extensions_off = reject, fielinto\n', r'sieve\.extensions_off: there is no extension "fielinto"'),
                ('sieve.global_dir = global\n', r'global/two\.sieve:1:9: error: ')):
            self.check(text, 78, says)

    def test_wrong_master_conf(self):
        for text, says in (
                ('imapd imapd 1 1 none none\n', r'master\.conf:1'),
                ('\n# x\nimapd imapd 2 1 none none - imap=inet:127.0.0.1:1143\n', r'master\.conf:3'),
                ('imapd nonexistent 1 1 none none - imap=inet:127.0.0.1:1143\n', r'master\.conf:1.*nonexistent'),
                ('imapd imapd 1 1 none none - imap=inet:127.0.0.1:99999\n', r'master\.conf:1'),
                ('imapd imapd 1 1 none none no-such-user imap=inet:127.0.0.1:1143\n' if os.geteuid() == 0 else 'x\n', r'master\.conf:1'),
                ('imapd imapd 1 1 none none - -o colour=red imap=inet:127.0.0.1:1143\n', r'master\.conf:1.*colour'),
                (bytes(range(256)) * 4, r'master\.conf:1')):
            self.check(text, 78, says, name='master.conf')


class Stop(unittest.TestCase):
    def test_stop(self):
        p = Instance()
        p.start()
        try:
            self.assertEqual(p.postern('stop').returncode, 0)
            self.assertEqual(p.master.wait(30), 0)
            r = p.postern('status', check=False)
            self.assertEqual((r.returncode, 'no server is running' in r.stderr), (1, True))
        finally:
            p.__exit__(None, None, None)


if __name__ == '__main__':
    unittest.main()
