#!/usr/bin/env python3
"""postern job, what cron runs: silent when well, one line when not, never twice at the same time; and the cron file's
lines are verbs that exist."""
import os
import re
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from postern_test import BIN, SOURCE  # noqa: E402

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

    def test_cron(self):
        env = dict(os.environ, ASAN_OPTIONS='detect_leaks=0')
        missing, names = [], []
        with open(SOURCE + '/etc/cron.d/postern') as f:
            for line in f:
                if line[0] == '#' or '=' in line.split()[0]:
                    continue
                m = re.match(r'(\S+ +){5}root +postern job ([a-z-]+) ([a-z-]+)(.*)$', line)
                self.assertTrue(m, line)
                names.append(m[2])
                r = subprocess.run([BIN + '/postern', m[3], '--help'], env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
                if r.returncode:
                    missing.append(m[3])
                for option in re.findall(r'--[a-z-]+', m[4]):
                    self.assertIn('  %s ' % option, r.stdout)
        self.assertEqual(len(names), len(set(names)))
        self.assertEqual(missing, [])


if __name__ == '__main__':
    unittest.main()
