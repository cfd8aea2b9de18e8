#!/usr/bin/env python3
"""Completion: each script is accepted by its shell, and offers the verbs and options of --help."""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from postern_test import BIN  # noqa: E402
from test_man import ENV, verbs_of_help  # noqa: E402

POSTERN = os.path.join(BIN, 'postern')


def script(shell):
    r = subprocess.run([POSTERN, 'completion', shell], env=ENV, stdout=subprocess.PIPE, text=True, check=True)
    return r.stdout


# Completes each line of standard input as readline would, and prints the answers on one line.
ASK = '''
source "$1"
while IFS= read -r line; do
  COMP_WORDS=($line); [[ $line == *" " ]] && COMP_WORDS+=("")
  COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 )) COMPREPLY=()
  _postern
  echo "${COMPREPLY[*]}"
done
'''


class Bash(unittest.TestCase):
    def ask(self, lines):
        with tempfile.TemporaryDirectory() as d:
            path = d + '/postern'
            with open(path, 'w') as f:
                f.write(script('bash'))
            r = subprocess.run(['bash', '-c', ASK, 'bash', path], input=''.join(x + '\n' for x in lines), cwd=d, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual((r.returncode, r.stderr), (0, ''))
        return [set(line.split()) for line in r.stdout.split('\n')[:-1]]

    def test_verbs(self):
        verbs = verbs_of_help()
        first = {v.split()[0] for v in verbs}
        groups = sorted({v.split()[0] for v in verbs if ' ' in v})
        answers = self.ask(['postern ', 'postern -C /etc/x ', 'postern acc'] + ['postern %s ' % g for g in groups])
        self.assertEqual(answers[0], first)
        self.assertEqual(answers[1], first)
        self.assertEqual(answers[2], {'account'})
        for g, answer in zip(groups, answers[3:]):
            self.assertEqual(answer, {v.split()[1] for v in verbs if v.startswith(g + ' ')})

    def test_options(self):
        verbs = verbs_of_help()
        names = sorted(verbs)
        answers = self.ask(['postern %s -' % v for v in names] + ['postern -C /x %s --' % v for v in names])
        for v, answer in zip(names, answers):
            self.assertEqual(answer, set(verbs[v]) | {'--help'}, v)
        for v, answer in zip(names, answers[len(names):]):
            self.assertEqual(answer, {o for o in verbs[v] if o.startswith('--')} | {'--help'}, v)

    def test_files(self):
        with tempfile.TemporaryDirectory():
            self.assertEqual(self.ask(['postern import mbox pos']), [{'postern'}])


class Others(unittest.TestCase):
    def test_content(self):
        # Whatever shells are here: every verb's options stand in the script of each.
        zsh, fish = script('zsh'), script('fish')
        for verb, options in verbs_of_help().items():
            line = next(x for x in zsh.splitlines() if x.strip().startswith("'%s'" % verb))
            rows = [x for x in fish.splitlines() if all("__fish_seen_subcommand_from %s" % w in x for w in verb.split())]
            for o, value in options.items():
                self.assertIn("'" + o + ('=' if value and o.startswith('--') else '') + '[', line)
                flag = (' -l ' if o.startswith('--') else ' -s ') + o.lstrip('-') + ' '
                self.assertTrue(any(flag in x for x in rows), (verb, o))

    def test_syntax(self):
        for shell in ('bash', 'zsh', 'fish'):
            if not shutil.which(shell):
                print('skipped: %s is missing' % shell)
                continue
            r = subprocess.run([shell, '-n'], input=script(shell), text=True, stderr=subprocess.PIPE)
            self.assertEqual((r.returncode, r.stderr), (0, ''), shell)

    def test_unknown(self):
        r = subprocess.run([POSTERN, 'completion', 'tcsh'], env=ENV, stderr=subprocess.PIPE, text=True)
        self.assertEqual(r.returncode, 64)
        self.assertIn('bash, zsh or fish', r.stderr)


if __name__ == '__main__':
    unittest.main()
