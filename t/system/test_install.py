#!/usr/bin/env python3
"""cmake --install into a folder of its own: what is there runs from there, an instance is started from it, and make
uninstall leaves nothing behind."""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import postern_test  # noqa: E402
from postern_test import BUILD, SOURCE, Instance  # noqa: E402

PREFIX = '/opt/postern-test'
ENV = dict(os.environ, ASAN_OPTIONS='detect_leaks=0')


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dir = tempfile.mkdtemp(prefix='postern-install-')
        os.chmod(cls.dir, 0o755)
        cls.root = cls.dir + '/root'
        r = subprocess.run(['cmake', '--install', BUILD, '--prefix', PREFIX], env=dict(ENV, DESTDIR=cls.root), stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True)
        assert r.returncode == 0, r.stdout
        cls.tree = cls.root + PREFIX

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.dir, ignore_errors=True)

    def run_(self, *args):
        return subprocess.run(args, env=ENV, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)

    def test_1_tree(self):
        self.assertEqual(sorted(os.listdir(self.tree)), ['bin', 'lib', 'libexec', 'sbin', 'share'])
        self.assertEqual(os.listdir(self.tree + '/bin'), ['postern'])
        self.assertEqual(os.listdir(self.tree + '/sbin'), ['postern-master'])
        self.assertEqual(sorted(os.listdir(self.tree + '/libexec/postern')), ['authd', 'imapd', 'indexer', 'jmapd', 'lmtpd', 'managesieved', 'master', 'pop3d', 'postern-job', 'runner', 'searchd', 'sieved', 'stored', 'submit'])
        for page in ('man1/postern.1', 'man5/postern.conf.5', 'man7/postern.7', 'man8/stored.8', 'man8/postern-master.8'):
            self.assertTrue(os.path.isfile(self.tree + '/share/man/' + page), page)
        for f in ('lib/sysusers.d/postern.conf', 'share/doc/postern/README.md', 'share/doc/postern/examples/master.conf', 'share/doc/postern/examples/postern.conf',
                  'share/doc/postern/examples/cron.d/postern', 'share/doc/postern/examples/logrotate.d/postern'):
            self.assertTrue(os.path.isfile(self.tree + '/' + f), f)
        with open(self.tree + '/lib/systemd/system/postern.service') as f:
            unit = f.read()
        self.assertIn('ExecStart=%s/sbin/postern-master -f\n' % PREFIX, unit)
        self.assertNotIn('/usr/sbin/', unit)
        for shell, path in (('bash', 'bash-completion/completions/postern'), ('zsh', 'zsh/site-functions/_postern'), ('fish', 'fish/vendor_completions.d/postern.fish')):
            with open(self.tree + '/share/' + path) as f:
                self.assertEqual(f.read(), self.run_(self.tree + '/bin/postern', 'completion', shell).stdout)

    def test_2_programs(self):
        for p in ['bin/postern', 'sbin/postern-master'] + ['libexec/postern/' + d for d in ('stored', 'authd', 'runner', 'searchd', 'indexer', 'sieved', 'lmtpd', 'imapd', 'jmapd', 'pop3d', 'managesieved', 'submit')]:
            r = self.run_(self.tree + '/' + p, '--version')
            self.assertEqual(r.returncode, 0, r.stdout)
            self.assertRegex(r.stdout, r'^\w+ \(Postern\) [0-9.]+\n$')

    @unittest.skipUnless(shutil.which('man'), 'man is missing')
    def test_3_man(self):
        r = subprocess.run(['man', '-M', self.tree + '/share/man', '8', 'postern-master'], env=dict(ENV, MANPAGER='cat'), stdout=subprocess.PIPE, text=True)
        self.assertIn('starts, watches and stops the daemons', r.stdout)

    def test_4_samples(self):
        # The samples are right, but for the users that a test does not make.
        etc = self.dir + '/etc'
        shutil.copytree(self.tree + '/share/doc/postern/examples', etc)
        r = self.run_(self.tree + '/bin/postern', '-C', etc, 'config', '-n')
        self.assertEqual(r.returncode, 0, r.stdout)
        with open(etc + '/master.conf') as f:
            text = f.read()
        with open(etc + '/master.conf', 'w') as f:
            for u in ('store', 'auth', 'lmtp', 'imap', 'jmap', 'pop3'):
                text = text.replace('postern-' + u, '-')
            f.write(text.replace(',group=postern-deliver', '').replace(',group=postern', ''))
        r = self.run_(self.tree + '/bin/postern', '-C', etc, 'config', '--check')
        self.assertEqual(r.returncode, 0, r.stdout)

    def test_5_instance(self):
        # Started through the names that people type; what they start comes from libexec.
        os.makedirs(self.dir + '/names')
        os.symlink(self.tree + '/bin/postern', self.dir + '/names/postern')
        os.symlink(self.tree + '/sbin/postern-master', self.dir + '/names/master')
        before, postern_test.BIN = postern_test.BIN, self.dir + '/names'
        try:
            with Instance() as p:
                services = __import__('json').loads(p.postern('status', '--json').stdout)['services']
                for s in services:
                    self.assertEqual(os.readlink('/proc/%d/exe' % s['processes'][0]['pid']), self.tree + '/libexec/postern/' + s['program'])
                self.assertTrue(p.deliver('alice@example.org', b'Subject: x\n\nbody\n')[0].startswith('250'))
                c = p.imap()
                self.assertEqual(c.select()[1], [b'1'])
                c.logout()
                self.assertEqual(p.stop(), 0)
                # And without a server postern finds the daemons by itself.
                self.assertIn('alice@example.org', p.postern('account', 'list').stdout)
                p.start()
        finally:
            postern_test.BIN = before

    def test_6_uninstall(self):
        r = subprocess.run(['make', '-s', '-C', SOURCE, 'uninstall', 'BUILD=' + BUILD, 'DESTDIR=' + self.root], env=ENV, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True)
        self.assertEqual(r.returncode, 0, r.stdout)
        left = [os.path.join(r, f) for r, _, fs in os.walk(self.root) for f in fs]
        self.assertEqual(left, [])
        # No folder of ours, either; those that others use as well stay.
        self.assertEqual([r for r, ds, _ in os.walk(self.tree) if os.path.basename(r) == 'postern'], [])


if __name__ == '__main__':
    unittest.main()
