#!/usr/bin/env python3
"""postern quickstart: ports, files and users of the instance that it makes; two of them side by side; what it refuses."""
import os, re, shutil, ssl, stat, subprocess, sys, tempfile, unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from postern_test import BIN, Instance  # noqa: E402

STANDARD = {'imap': 143, 'imaps': 993, 'http': 80, 'https': 443, 'lmtp': 24, 'pop3': 110, 'pop3s': 995, 'sieve': 4190}
ENV = dict(os.environ, ASAN_OPTIONS='detect_leaks=0')


def quickstart(*args):
    return subprocess.run([os.path.join(BIN, 'postern'), 'quickstart', *args], env=ENV, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=120)


def read(*path):
    with open(os.path.join(*path)) as f:
        return f.read()


class Quickstart(unittest.TestCase):
    def setUp(self):
        self.top = tempfile.mkdtemp(prefix='postern-quick-')
        self.addCleanup(shutil.rmtree, self.top, True)
        self.dir = self.top + '/i'

    def make(self, *args, status=0, says=''):
        r = quickstart('--dir', self.dir, *args)
        self.assertEqual(r.returncode, status, r.stderr)
        self.assertRegex(r.stderr, says or r'\A(postern: note: .*\n)?\Z')
        return r

    def ports(self):
        return {n: int(p) for n, p in re.findall(r'(\w+)=inet:[\w*]+:(\d+)', read(self.dir, 'etc/master.conf'))}

    def test_files_and_ports(self):
        self.make('--account', 'alice@example.net=secret', '--account', 'bob@example.com=other')
        self.assertEqual(self.ports(), {n: p + 10000 for n, p in STANDARD.items()})
        self.assertIn('lmtp.sock', read(self.dir, 'etc/master.conf'))
        self.assertEqual(sorted(os.listdir(self.dir)), ['etc', 'log', 'run', 'var'])
        self.assertLessEqual({'postern.conf', 'master.conf', 'cert.pem', 'key.pem'}, set(os.listdir(self.dir + '/etc')))
        self.assertEqual(stat.S_IMODE(os.stat(self.dir + '/etc/key.pem').st_mode) & 0o037, 0)
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(self.dir + '/etc/cert.pem', self.dir + '/etc/key.pem')
        # The passwords went to the directory, and nowhere else as they are.
        for folder, _, names in os.walk(self.dir):
            for n in names:
                with open(os.path.join(folder, n), 'rb') as f:
                    self.assertNotIn(b'secret', re.sub(rb'secret[ :(,]', b'', f.read()) if n.endswith(('.conf', '.log')) else f.read(), n)
        c = lambda *a: subprocess.run([BIN + '/postern', '-C', self.dir + '/etc', *a], env=ENV, stdout=subprocess.PIPE, text=True, check=True).stdout
        self.assertEqual(c('config', '--check'), '')
        self.assertRegex(c('config'), r'(?m)^default_domain = example\.net$')     # that of the first account
        self.assertEqual(set(re.findall(r'(?m)^(\S+@\S+) ', c('account', 'list'))), {'alice@example.net', 'bob@example.com'})

    def test_base_port_and_domain(self):
        self.make('--base-port', '20000', '--domain', 'mail.example')
        self.assertEqual(self.ports(), {n: p + 20000 for n, p in STANDARD.items()})
        self.assertRegex(read(self.dir, 'etc/postern.conf'), r'(?m)^default_domain *= *mail\.example$')

    def test_refuses(self):
        self.make()
        before = read(self.dir, 'etc/postern.conf')
        self.make(status=73, says='holds an instance already')
        self.assertEqual(read(self.dir, 'etc/postern.conf'), before)
        self.dir += '2'
        self.make('--base-port', '50001', status=64, says='--base-port')
        self.make('--account', 'nobody', status=64, says='NAME@DOMAIN=PASSWORD')
        self.assertFalse(os.path.exists(self.dir))
        self.assertEqual(quickstart().returncode, 64)

    @unittest.skipUnless(os.geteuid() == 0, 'for root only')
    def test_under_a_closed_folder(self):
        # The users postern-* can't get there: all daemons run as the folder's owner, and quickstart says so.
        os.chmod(self.top, 0o700)
        self.make(says="note: the users postern-\\* can't reach .*will run as this folder's owner")
        users = {line.split()[6] for line in read(self.dir, 'etc/master.conf').splitlines() if re.match(r'\w+ +\w+ +\d', line)}
        self.assertEqual(users, {'-'})
        self.assertEqual(stat.S_IMODE(os.stat(self.dir + '/var').st_mode), 0o700)


class SideBySide(unittest.TestCase):
    def test_two(self):
        with Instance(accounts=['alice@example.org=one'], check_imap=False) as a, \
                Instance(accounts=['alice@example.org=two'], check_imap=False) as b:
            self.assertTrue(a.deliver('alice@example.org', b'Subject: a\n\na\n')[0].startswith('250'))
            self.assertEqual(a.imap(password='one').select()[1], [b'1'])
            self.assertEqual(b.imap(password='two').select()[1], [b'0'])
            with self.assertRaises(Exception):
                b.imap(password='one')
            # No cap on connections of one address, and failures from loopback do not slow others down.
            clients = [b.imap(password='two') for _ in range(40)]
            self.assertTrue(all(c.noop()[0] == 'OK' for c in clients))
            # A deleted mailbox's name can be used again at once.
            for _ in range(3):
                for verb in ('create', 'delete'):
                    self.assertEqual(getattr(clients[0], verb)('again')[0], 'OK')
                    b.postern('mailbox', verb, '--account', 'alice@example.org', 'shell')


if __name__ == '__main__':
    if not os.path.exists(os.path.join(BIN, 'master')):
        print('no master in', BIN)
        sys.exit(77)
    unittest.main()
