#!/usr/bin/env python3
"""postern job, what cron runs: silent when well, one line when not, never twice at the same time; and each line of
the cron file as cron runs it."""
import fcntl
import glob
import os
import re
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from postern_test import BIN, SOURCE, Instance  # noqa: E402

JOB = os.path.join(SOURCE, 'cmd', 'postern-job', 'postern-job')
FAKE = '''#!/bin/sh
[ "$1" = -C ] && [ "$2" = /conf ] || exit 99
case $3 in
  well) echo noise; echo noise >&2 ;;
  ill) echo first; echo second >&2; exit 1 ;;
  slow) echo >> "$4"; while [ ! -e "$4.end" ]; do sleep 0.05; done ;;
esac
'''


class Job(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory()
        with open(self.dir.name + '/postern', 'w') as f:
            f.write(FAKE)
        os.chmod(self.dir.name + '/postern', 0o755)
        self.env = dict(os.environ, PATH=self.dir.name + ':' + os.environ['PATH'], POSTERN_CONF='/conf',
                        POSTERN_LOCKS=self.dir.name)

    def tearDown(self):
        self.dir.cleanup()

    def job(self, *args):
        r = subprocess.run([JOB, *args], env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        return r.returncode, r.stdout

    def test_well(self):
        self.assertEqual(self.job('a', 'well'), (0, ''))

    def test_ill(self):
        self.assertEqual(self.job('a', 'ill'), (1, 'postern a: exit 1: first (and 1 lines more in the log)\n'))

    def test_not_twice(self):
        mark = self.dir.name + '/mark'
        first = subprocess.Popen([JOB, 'a', 'slow', mark], env=self.env)
        while not os.path.exists(mark):
            time.sleep(0.02)
        self.assertEqual(self.job('a', 'slow', mark), (0, ''))
        self.assertEqual(self.job('b', 'well'), (0, ''))
        open(mark + '.end', 'w').close()
        self.assertEqual(first.wait(), 0)
        with open(mark) as f:
            self.assertEqual(f.read(), '\n')
        self.assertEqual(self.job('a', 'well'), (0, ''))

    def test_usage(self):
        self.assertEqual(self.job('a')[0], 64)
        self.assertEqual(self.job('../a', 'well')[0], 64)



def cron_lines():
    """The commands of etc/cron.d/postern, by the name of the lock."""
    out = {}
    with open(SOURCE + '/etc/cron.d/postern') as f:
        for line in f:
            if line[0] == '#' or '=' in line.split()[0]:
                continue
            m = re.match(r'(?:[0-9*/]+ +){5}root +(postern job ([a-z-]+) [a-z].*)$', line)
            assert m, line
            assert m[2] not in out, 'two lines with one lock: ' + line
            out[m[2]] = m[1].strip()
    return out


class Cron(unittest.TestCase):
    """Each line of the cron file as cron runs it, against an instance."""

    def setUp(self):
        self.dir = tempfile.TemporaryDirectory()
        self.addCleanup(self.dir.cleanup)
        self.archive = self.dir.name + '/archive'

    def run_line(self, p, command):
        env = dict(p.env, PATH=':'.join((BIN, os.path.dirname(JOB), os.environ['PATH'])), POSTERN_CONF=p.etc,
                   POSTERN_LOCKS=self.dir.name)
        command = command.replace('postern job', 'postern -C "$POSTERN_CONF" job')
        r = subprocess.run(['/bin/sh', '-c', command], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True, timeout=300)
        return r.returncode, r.stdout

    def all_quiet(self, p, lines):
        for name, command in lines.items():
            self.assertEqual(self.run_line(p, command), (0, ''), name)

    def test_every_line(self):
        lines = cron_lines()
        self.assertLessEqual({'expire', 'gc', 'base-copy', 'verify', 'backup', 'status'}, set(lines))
        with Instance(accounts=['alice@example.org=secret']) as p:
            p.deliver('alice@example.org', 'Subject: kept\r\n\r\nx\r\n')
            self.all_quiet(p, lines)
            self.assertEqual(os.path.exists(self.archive), False)
            with open(p.etc + '/postern.conf', 'a') as f:
                f.write('\nbackup.dir = %s\n' % self.archive)
            self.all_quiet(p, lines)
            messages = glob.glob(self.archive + '/accounts/alice@example.org/messages/*/*.eml')
            self.assertEqual(len(messages), 1)
            # Not a second time while it runs: with its lock taken, nothing happens, quietly.
            p.deliver('alice@example.org', 'Subject: later\r\n\r\nx\r\n')
            with open(self.dir.name + '/postern-backup', 'w') as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                self.assertEqual(self.run_line(p, lines['backup']), (0, ''))
                self.assertEqual(len(glob.glob(self.archive + '/accounts/*/messages/*/*.eml')), 1)
            self.assertEqual(self.run_line(p, lines['backup']), (0, ''))
            self.assertEqual(len(glob.glob(self.archive + '/accounts/*/messages/*/*.eml')), 2)
            # One line when not well.
            with open(messages[0], 'r+b') as f:
                f.write(b'#')
            status, said = self.run_line(p, lines['verify'])
            self.assertEqual((status, said.count('\n')), (1, 1), said)
            self.assertIn('postern verify: exit 1: ', said)
            # Nor is anything but one line said by the others where nothing works at all.
            with open(p.etc + '/postern.conf', 'a') as f:
                f.write('no.such.key = 1\n')
            for name, command in lines.items():
                status, said = self.run_line(p, command)
                self.assertNotEqual(status, 0, name)
                self.assertEqual(said.count('\n'), 1, name)
                self.assertIn('postern %s: exit %d: ' % (name, status), said)


if __name__ == '__main__':
    unittest.main()
