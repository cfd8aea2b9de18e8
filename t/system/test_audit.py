#!/usr/bin/env python3
"""postern audit: who did what stands in a chain of lines that nobody can change unseen."""
import glob
import hashlib
import json
import os
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from postern_test import Instance  # noqa: E402

ALICE, BOB = 'alice@example.org', 'bob@example.org'


class Audit(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.p = Instance()
        cls.p.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.p.__exit__(None, None, None)

    def lines(self, *args):
        return json.loads(self.p.postern('audit', '--json', *args).stdout)

    def since(self, before):
        """The lines that are not in `before`: those of one second stand by program, not by age."""
        known = {(x['program'], x['n']) for x in before}
        return [x for x in self.lines() if (x['program'], x['n']) not in known]

    def verify(self, status=0):
        r = self.p.postern('audit', 'verify', check=False)
        self.assertEqual(r.returncode, status, r.stdout + r.stderr)
        return r.stdout

    def files(self, program):
        return sorted(glob.glob('%s/var/%s/audit/*.jsonl' % (self.p.dir, {'authd': 'directory', 'stored': 'store'}[program])))

    def test_what_is_told(self):
        p = self.p
        before = self.lines()
        p.postern('account', 'add', 'new@example.org', input='x\n')
        p.postern('account', 'set', 'new@example.org', '--description', 'a "quoted" one')
        p.postern('account', 'delete', 'new@example.org', '--dry-run')
        p.postern('mailbox', 'list', '--account', ALICE)
        p.postern('account', 'delete', 'new@example.org')
        c = p.imap(ALICE)
        c.create('Doomed')
        c.append('Doomed', None, None, b'Subject: x\r\n\r\nx\r\n')
        c.delete('Doomed')
        p.postern('backup', p.dir + '/archive')
        p.postern('dump', p.dir + '/dump')
        new = self.since(before)
        told = [(x['program'], x['action'], x.get('what', x.get('account'))) for x in new]
        self.assertIn(('authd', 'directory', 'add account new@example.org'), told)
        self.assertIn(('authd', 'directory', 'change account new@example.org: description'), told)
        self.assertEqual(len([t for t in told if t[2] == 'delete account new@example.org' or 'delete account' in str(t)]), 1)
        self.assertIn(('authd', 'ticket for a user', ALICE), told)
        self.assertIn(('authd', 'dump of the directory with password hashes', None), told)
        doomed = [x for x in new if x['action'] == 'delete mailbox']
        self.assertEqual(len(doomed), 1)
        self.assertIn('Doomed with 1 messages', doomed[0]['what'])
        self.assertEqual((doomed[0]['by'], doomed[0]['program']), (ALICE, 'stored'))
        # Looking is told once for a while, not a thousand times.
        reads = [x for x in new if x['action'] == 'admin reads mail']
        self.assertEqual(len(reads), len({x.get('account') for x in reads}))
        self.assertGreaterEqual(len(reads), 1)
        # As text: one line each; by time.
        text = p.postern('audit').stdout.splitlines()
        self.assertEqual(len(text), len(self.lines()))
        self.assertTrue(any('authd directory what="add account new@example.org"' in x for x in text))
        self.assertEqual(text, sorted(text, key=lambda x: x[:20]))
        self.assertEqual(self.lines('--since', '1d'), self.lines())
        self.assertEqual(self.lines('--since', '2100-01-01'), [])
        p.postern('audit', '--since', 'yesterday', check=False)
        self.verify()

    def test_access_to_other_mail(self):
        c, d = self.p.imap(ALICE), self.p.imap(BOB)
        before = self.lines()
        self.assertEqual(c.setacl('INBOX', BOB, 'lr')[0], 'OK')
        self.assertEqual(d.select('"Other Users/%s/INBOX"' % ALICE, readonly=True)[0], 'OK')
        new = self.since(before)
        self.assertEqual([x['by'] for x in new if x['action'] == 'set acl'], [ALICE])
        self.assertEqual([x['by'] for x in new if x['action'] == "access to another's account"], [BOB])
        self.verify()

    def test_standard_tools_can_check(self):
        self.p.postern('alias', 'add', 'x@example.org', '--to', ALICE)
        for program in ('authd', 'stored'):
            previous, n = '0' * 64, 0
            for name in [f for f in self.files(program) if 'audit-' in f] + [f for f in self.files(program) if f.endswith('/audit.jsonl')]:
                self.assertEqual(os.stat(name).st_mode & 0o007, 0)
                with open(name, 'rb') as f:
                    for line in f:
                        e = json.loads(line)
                        n += 1
                        self.assertEqual((e['n'], e['prev']), (n, previous))
                        previous = hashlib.sha256(line.rstrip(b'\n')).hexdigest()
            self.assertTrue(n or program == 'stored')

    def tamper(self, program, change):
        path = [f for f in self.files(program) if f.endswith('/audit.jsonl')][0]
        with open(path) as f:
            good = f.read()
        try:
            with open(path, 'w') as f:
                f.write(change(good))
            out = self.verify(status=1)
            self.assertIn(os.path.dirname(path), out)
            return out
        finally:
            with open(path, 'w') as f:
                f.write(good)
            self.verify()

    def test_tampering_is_noticed(self):
        p = self.p
        for i in range(5):
            p.postern('alias', 'add', 't%d@example.org' % i, '--to', ALICE)
        c = p.imap(BOB)
        for i in range(3):
            c.create('T%d' % i)
            c.delete('T%d' % i)
        self.verify()
        for program in ('authd', 'stored'):
            with open([f for f in self.files(program) if f.endswith('/audit.jsonl')][0]) as f:
                n = len(f.read().splitlines())
            out = self.tamper(program, lambda t: t.replace('"action":"d', '"action":"D', 1))
            self.assertRegex(out, r'audit\.jsonl:\d+: ')
            self.assertIn(':2: ', self.tamper(program, lambda t: ''.join(x for i, x in enumerate(t.splitlines(True)) if i != 1)))
            self.assertIn('missing', self.tamper(program, lambda t: ''.join(t.splitlines(True)[:-1])))
            self.assertIn('missing', self.tamper(program, lambda t: ''))
            self.tamper(program, lambda t: ''.join(t.splitlines(True)[:-1]) + t.splitlines(True)[-1].replace('"action":"d', '"action":"e'))
            self.assertGreater(n, 2)

    def test_cut_while_down(self):
        """Lines that vanish while the server is down: it says so at its next start, for ever."""
        q = Instance(accounts=[ALICE + '=secret'])
        q.start()
        for i in range(3):
            q.postern('alias', 'add', 'c%d@example.org' % i, '--to', ALICE)
        q.stop()
        path = q.dir + '/var/directory/audit/audit.jsonl'
        with open(path) as f:
            lines = f.read().splitlines(True)
        r = q.postern('audit', 'verify', check=False)   # down, and whole
        self.assertEqual(r.returncode, 0, r.stdout + r.stderr)
        with open(path) as f:
            lines = f.read().splitlines(True)
        with open(path, 'w') as f:
            f.writelines(lines[:-2])
        q.start()
        try:
            r = q.postern('audit', 'verify', check=False)
            self.assertEqual(r.returncode, 1)
            self.assertTrue(any(x['action'].startswith('audit log was cut') for x in json.loads(q.postern('audit', '--json').stdout)))
            q.postern('alias', 'add', 'later@example.org', '--to', ALICE)
            self.assertEqual(q.postern('audit', 'verify', check=False).returncode, 1)
        finally:
            q.stop()
            import shutil
            shutil.rmtree(q.dir, ignore_errors=True)

    def test_acknowledged_is_written(self):
        """authd and stored are killed again and again: what was acknowledged has its line, and the chain holds."""
        p = self.p
        done = []
        for i in range(12):
            pid = [x['processes'][0]['pid'] for x in json.loads(p.postern('status', '--json').stdout)['services']
                   if x['name'] == ('authd', 'stored')[i % 2] and x['processes']]
            name = 'k%d@example.org' % i
            if p.postern('alias', 'add', name, '--to', ALICE, check=False).returncode == 0:
                done.append(name)
            for one in pid:
                try:
                    os.kill(one, 9)
                except ProcessLookupError:
                    pass
            time.sleep(0.3)
        end = time.time() + 30
        while p.postern('account', 'list', check=False).returncode and time.time() < end:
            time.sleep(0.2)
        told = {x.get('what') for x in self.lines()}
        for name in done:
            self.assertIn('add alias ' + name, told)
        self.assertGreater(len(done), 3)
        self.verify()


if __name__ == '__main__':
    unittest.main()
