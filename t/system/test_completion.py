#!/usr/bin/env python3
"""Completion: each script is accepted by its shell, and offers the verbs and options of --help."""
import os
import re
import pty
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
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


def options_of(verb, verbs, long_only=True):
    return {o for o in verbs[verb] if o.startswith('--') or not long_only}


@unittest.skipUnless(shutil.which('fish'), 'skipped: fish is missing')
class Fish(unittest.TestCase):
    def ask(self, lines):
        with tempfile.TemporaryDirectory() as d:
            with open(d + '/postern.fish', 'w') as f:
                f.write(script('fish'))
            asked = ''.join("complete -C '%s'; echo END; " % line for line in lines)
            r = subprocess.run(['fish', '-N', '-c', 'source postern.fish; ' + asked], cwd=d, text=True, timeout=120,
                               env=dict(os.environ, HOME=d), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual((r.returncode, r.stderr), (0, ''))
        return [{line.split('\t')[0] for line in part.splitlines()} for part in r.stdout.split('END\n')[:-1]]

    def test_verbs_and_options(self):
        verbs = verbs_of_help()
        names = sorted(verbs)
        first = {v.split()[0] for v in verbs}
        groups = sorted({v.split()[0] for v in verbs if ' ' in v})
        answers = self.ask(['postern ', 'postern -C /etc/x ', 'postern acc'] + ['postern %s ' % g for g in groups] +
                           ['postern %s%s --' % ('-C /etc/x ' * (i % 2), v) for i, v in enumerate(names)])
        self.assertEqual(answers[0], first)
        self.assertEqual(answers[1], first)
        self.assertEqual(answers[2], {'account'})
        for g, answer in zip(groups, answers[3:]):
            self.assertEqual(answer, {v.split()[1] for v in verbs if v.startswith(g + ' ')}, g)
        rest = answers[3 + len(groups):]
        for v, answer in zip(names, rest):
            self.assertEqual({a.rstrip('=') for a in answer} - {'--help'}, options_of(v, verbs), v)


# What compadd is given goes to a file instead of to the screen; ^X ends an answer.
ZSH = r'''
PS1= ; autoload -Uz compinit && compinit -u -D
source ./postern.zsh; compdef _postern postern
compadd() {
  if [[ " ${@[1,(i)(-|--)]} " == *" -"[a-zA-Z]#[OAD]" "* ]]; then builtin compadd "$@"; return; fi
  local -a hits; builtin compadd -A hits "$@"; print -rl -- $hits >> answers
}
mark() { print END >> answers; BUFFER= }
zle -N mark; bindkey '^X' mark; bindkey '^I' complete-word; setopt no_list_beep extended_glob
print READY >> answers
'''


@unittest.skipUnless(shutil.which('zsh'), 'skipped: zsh is missing')
class Zsh(unittest.TestCase):
    def ask(self, lines):
        with tempfile.TemporaryDirectory() as d:
            for name, text in (('postern.zsh', script('zsh')), ('.zshrc', ZSH), ('answers', '')):
                with open(os.path.join(d, name), 'w') as f:
                    f.write(text)
            pid, tty = pty.fork()
            if pid == 0:
                os.chdir(d)
                os.execvpe('zsh', ['zsh', '-i'], dict(os.environ, ZDOTDIR=d, HOME=d, TERM='dumb'))

            def wait(count, word):
                end = time.time() + 60
                while True:
                    if select.select([tty], [], [], 0.02)[0]:
                        os.read(tty, 65536)
                    with open(d + '/answers') as f:
                        text = f.read()
                    if text.split('\n').count(word) >= count:
                        return text
                    self.assertLess(time.time(), end, text[-2000:])
            try:
                wait(1, 'READY')
                for i, line in enumerate(lines):
                    os.write(tty, line.encode() + b'\t\x18')
                    text = wait(i + 1, 'END')
            finally:
                os.close(tty)
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
        return [set(part.split()) for part in text.partition('READY\n')[2].split('END\n')[:-1]]

    def test_verbs_and_options(self):
        verbs = verbs_of_help()
        names = sorted(verbs)
        first = {v.split()[0] for v in verbs}
        groups = sorted({v.split()[0] for v in verbs if ' ' in v})
        answers = self.ask(['postern ', 'postern -C /etc/x ', 'postern acc'] + ['postern %s ' % g for g in groups] +
                           ['postern %s%s --' % ('-C /etc/x ' * (i % 2), v) for i, v in enumerate(names)])
        self.assertEqual(answers[0], first)
        self.assertEqual(answers[1], first)
        self.assertEqual(answers[2], {'account'})
        for g, answer in zip(groups, answers[3:]):
            self.assertEqual(answer, {v.split()[1] for v in verbs if v.startswith(g + ' ')}, g)
        rest = answers[3 + len(groups):]
        for v, answer in zip(names, rest):
            self.assertEqual({a.rstrip('=') for a in answer if a.startswith('--')} - {'--help'}, options_of(v, verbs), v)


class Others(unittest.TestCase):
    def test_content(self):
        # Whatever shells are here: every verb's options stand in the script of each.
        zsh, fish = script('zsh'), script('fish')
        for verb, options in verbs_of_help().items():
            line = next(x for x in zsh.splitlines() if x.strip().startswith("'%s'" % verb))
            rows = [x for x in fish.splitlines() if re.search(r"'__postern_in %s[';]" % verb, x)]
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
