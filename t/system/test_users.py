#!/usr/bin/env python3
"""An instance that root makes: each daemon runs as a user of its own, and reaches only what it needs.  Needs root."""
import imaplib
import json
import os
import pwd
import shutil
import socket
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import postern_test  # noqa: E402
from postern_test import Instance  # noqa: E402

USERS = {'stored': 'postern-store', 'authd': 'postern-auth', 'lmtpd': 'postern-lmtp', 'imapd': 'postern-imap',
         'pop3d': 'postern-pop3', 'jmapd': 'postern-jmap', 'runner': 'postern-run', 'searchd': 'postern-search', 'indexer': 'postern-index', 'sieved': 'postern-sieved', 'managesieved': 'postern-sieve'}
# Which of the private sockets each may use; a service owns its own.
SOCKETS = ('stored.sock', 'stored-deliver.sock', 'stored-search.sock', 'stored-admin.sock', 'authd.sock', 'authd-deliver.sock', 'authd-admin.sock', 'authd-index.sock', 'indexer.sock', 'runner.sock',
           'runner-deliver.sock', 'sieved.sock', 'sieved-deliver.sock', 'search.sock')
BACK = {'stored.sock', 'authd.sock', 'runner.sock', 'sieved.sock', 'search.sock'}
MAY = {'lmtpd': {'stored-deliver.sock', 'authd-deliver.sock', 'runner-deliver.sock', 'sieved-deliver.sock'}, 'imapd': BACK, 'pop3d': BACK, 'jmapd': BACK,
       'runner': {'runner.sock', 'runner-deliver.sock'}, 'searchd': {'search.sock', 'stored-search.sock'}, 'indexer': BACK | {'authd-index.sock', 'indexer.sock'}, 'sieved': {'sieved.sock', 'sieved-deliver.sock'}, 'managesieved': BACK}


def as_user(user, function, *args):
    """Does it go, for this user with its groups?"""
    entry = pwd.getpwnam(user)
    pid = os.fork()
    if pid == 0:
        code = 2
        try:
            os.setgroups(os.getgrouplist(user, entry.pw_gid))
            os.setgid(entry.pw_gid)
            os.setuid(entry.pw_uid)
            function(*args)
            code = 0
        except PermissionError:
            code = 1
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert code in (0, 1), (user, args)
    return code == 0


def connect(path):
    socket.socket(socket.AF_UNIX).connect(path)


def reading(path):
    os.close(os.open(path, os.O_RDONLY))


def writing(path):
    os.close(os.open(path, os.O_RDWR))


class Users(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # A place that every user reaches, with the programs.
        cls.top = tempfile.mkdtemp(prefix='postern-users-')
        os.chmod(cls.top, 0o755)
        shutil.copytree(postern_test.BIN, cls.top + '/bin')
        cls.before, postern_test.BIN = postern_test.BIN, cls.top + '/bin'
        os.mkdir(cls.top + '/i')
        cls.p = Instance(dir=cls.top + '/i')
        cls.p.start()
        # A process is ready when its sandbox is shut.
        end = time.time() + 60
        while True:
            cls.services = json.loads(cls.p.postern('status', '--json').stdout)['services']
            if all(s['processes'] and all(p['ready'] for p in s['processes']) for s in cls.services) or time.time() > end:
                break
            time.sleep(0.1)

    @classmethod
    def tearDownClass(cls):
        try:
            cls.p.__exit__(None, None, None)
        finally:
            postern_test.BIN = cls.before
            shutil.rmtree(cls.top, ignore_errors=True)

    def test_each_is_its_own_user(self):
        self.assertEqual({s['program'] for s in self.services}, set(USERS))
        for s in self.services:
            for process in s['processes']:
                with open('/proc/%d/status' % process['pid']) as f:
                    status = dict(line.rstrip('\n').split(':\t', 1) for line in f if ':\t' in line)
                uid = pwd.getpwnam(USERS[s['program']]).pw_uid
                self.assertEqual(status['Uid'].split(), [str(uid)] * 4, s['program'])
                self.assertEqual(int(status['CapEff'], 16), 0, s['program'])
                self.assertEqual(status['NoNewPrivs'], '1', s['program'])
                self.assertEqual(status['Seccomp'], '2', s['program'])

    def test_sockets(self):
        for program, may in MAY.items():
            got = {s for s in SOCKETS if as_user(USERS[program], connect, self.p.dir + '/run/' + s)}
            self.assertEqual(got, may, program)
        self.assertEqual({s for s in SOCKETS if as_user('nobody', connect, self.p.dir + '/run/' + s)}, set())

    def test_files(self):
        self.p.deliver('alice@example.org', b'Subject: x\n\nbody\n')
        blobs = self.p.dir + '/var/store/blobs/'
        segment = blobs + next(n for n in sorted(os.listdir(blobs)) if n.endswith('.seg'))
        key = self.p.etc + '/key.pem'
        directory = [os.path.join(d, f) for d, _, fs in os.walk(self.p.dir + '/var/directory') for f in fs if f != 'ticket.pub']
        self.assertTrue(directory)
        for program in ('imapd', 'jmapd', 'pop3d'):
            self.assertTrue(as_user(USERS[program], reading, segment), program)
            self.assertFalse(as_user(USERS[program], writing, segment), program)
            self.assertTrue(as_user(USERS[program], reading, key), program)
        self.assertFalse(as_user('postern-lmtp', reading, segment))
        self.assertFalse(as_user('postern-store', reading, key))
        self.assertFalse(as_user('nobody', reading, segment))
        for user in set(USERS.values()) - {'postern-auth'} | {'nobody'}:
            for f in directory:
                if not f.endswith(('.pub', '.pem')):
                    self.assertFalse(as_user(user, reading, f), (user, f))

    def test_indexes(self):
        """indexer writes them, searchd reads them, nobody else does."""
        self.p.deliver('alice@example.org', b'Subject: x\n\nbody\n')
        self.p.postern('index', 'rebuild', '--account', 'alice@example.org')
        index = json.loads(self.p.postern('index', 'status', '--account', 'alice@example.org', '--json').stdout)[0]
        self.assertEqual(index['state'], 'current')
        file = '%s/var/fts/%d/postlist.glass' % (self.p.dir, index['id'])
        may = {user for user in set(USERS.values()) | {'nobody'} if as_user(user, reading, file)}
        self.assertEqual(may, {'postern-index', 'postern-search'})
        self.assertTrue(as_user('postern-index', writing, file))

    def test_mail_flows(self):
        self.assertTrue(self.p.deliver('bob@example.org', b'Subject: flows\n\nbody\n')[0].startswith('250'))
        c = imaplib.IMAP4_SSL('127.0.0.1', self.p.port('imaps'), timeout=30)
        c.login('bob@example.org', 'secret')
        self.assertEqual(c.select()[1], [b'1'])
        self.assertIn(b'Subject: flows', c.fetch('1', '(BODY[])')[1][0][1])
        c.append('INBOX', '', None, b'Subject: large\r\n\r\n' + b'x' * 999998 + b'\r\n')
        c.logout()
        s = socket.create_connection(('127.0.0.1', self.p.port('pop3')), timeout=30).makefile('rwb')
        s.write(b'USER bob@example.org\r\nPASS secret\r\nSTAT\r\nQUIT\r\n')
        s.flush()
        self.assertIn(b'\r\n+OK 2 ', s.read())
        # A reload reads the key again, as the daemons' own users.
        self.p.postern('reload')
        c = imaplib.IMAP4_SSL('127.0.0.1', self.p.port('imaps'), timeout=30)
        c.logout()


if __name__ == '__main__':
    if os.geteuid() != 0:
        print('skipped: it needs root')
        sys.exit(77)
    unittest.main()
