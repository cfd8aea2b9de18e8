#!/usr/bin/env python3
"""The man pages are clean, and say of verbs, options and settings what the programs' own --help says, both ways."""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from postern_test import BIN, SOURCE  # noqa: E402

MAN = os.path.join(SOURCE, 'man')
PAGES = sorted(glob.glob(MAN + '/man[1-8]/*.[1-8]'))
DAEMONS = ['stored', 'authd', 'lmtpd', 'imapd', 'jmapd', 'pop3d', 'runner', 'searchd', 'indexer', 'sieved', 'managesieved']
ENV = dict(os.environ, LC_ALL='C.UTF-8', MANWIDTH='100', ASAN_OPTIONS='detect_leaks=0')
WANTED = {8: ['SECURITY', 'FILES', 'EXIT STATUS', 'EXAMPLES', 'LIMITS'],
          1: ['SECURITY', 'FILES', 'EXIT STATUS', 'EXAMPLES'],
          5: ['SECURITY', 'EXAMPLES'], 7: ['EXAMPLES']}


def run(*args):
    return subprocess.run(args, env=ENV, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)


def page(name):
    with open(os.path.join(MAN, 'man' + name[-1], name)) as f:
        return f.read()


def help_of(*words):
    r = run(os.path.join(BIN, words[0]), *words[1:], '--help')
    if r.returncode != 0:
        raise AssertionError('%s --help: %d %s' % (' '.join(words), r.returncode, r.stderr))
    return r.stdout


def verbs_of_help():
    """Name -> (options, usage line), from `postern --help` and `postern VERB --help`."""
    out = {}
    for line in help_of('postern').splitlines():
        m = re.match(r'  ([a-z-]+(?: [a-z-]+)?)  +\S', line)
        if not m:
            continue
        text = help_of('postern', *m[1].split())
        options = {}
        for row in text.splitlines():
            o = re.match(r'  (--?[a-z0-9-]+)(?: (\S+))?  +(\S.*)$', row)
            if o:
                options[o[1]] = o[2] or ''
        out[m[1]] = options
    return out


def verbs_of_page():
    out, verb, inside = {}, None, False
    for line in page('postern.1').splitlines():
        if line.startswith('.Sh '):
            inside = line == '.Sh VERBS'
            verb = None
        elif inside and line.startswith('.Ss '):
            verb = line[4:]
            out[verb] = {}
        elif verb and (m := re.match(r'\.It Fl (\S+)(?: Ar (\S+))?$', line)):
            out[verb]['-' + m[1]] = m[2] or ''
    return out


def keys_of_page():
    keys, text = {}, page('postern.conf.5')
    for m in re.finditer(r'^\.It Cm ([a-z0-9_.]+)\n\(([^;]*);\s*default\n\.Cm (.*) ;\n(.*)\)$', text, re.M):
        programs = m[4].split(', ')
        default = '' if m[3] == 'nothing' else m[3].replace('\\-', '-')
        keys[m[1]] = (programs, default)
    return keys


class Pages(unittest.TestCase):
    def test_all_there(self):
        names = {os.path.basename(p) for p in PAGES}
        for d in DAEMONS + ['master']:
            self.assertIn(d + '.8', names)
        for n in ('postern.1', 'postern.7', 'postern-sieve.7', 'postern.conf.5', 'master.conf.5', 'postern-blobs.5', 'postern-store.5',
                  'postern-archive.5', 'postern-audit.5'):
            self.assertIn(n, names)

    def test_one_for_each_program(self):
        programs = {n for n in os.listdir(BIN) if os.access(os.path.join(BIN, n), os.X_OK)}
        self.assertLessEqual({'postern', 'master', 'imapd', 'submit'}, programs)
        names = {os.path.basename(p).rsplit('.', 1)[0] for p in PAGES if p[-1] in '18'}
        self.assertEqual(programs - names, set(), 'programs without a page')
        self.assertEqual(names - programs, set(), 'pages without a program')

    def test_options_of_those_that_are_no_daemons(self):
        for program in ('submit', 'master'):
            told = set(re.findall(r'(?m)(?<![\w-])(--?[a-zA-Z][a-z-]*)', help_of(program)))
            text = page(program + '.8')
            described = {'-' + o for o in re.findall(r'Fl (-?[a-zA-Z][a-z-]*)', text)}
            self.assertGreater(len(told), 2, program)
            self.assertEqual(told - described, set(), program)
            # master's page speaks of the options that it gives to others.
            self.assertLessEqual(described - told, {'--service', '--clients', '--user'} if program == 'master' else set(), program)

    @unittest.skipUnless(shutil.which('man') and shutil.which('groff'), 'man or groff is missing')
    def test_clean(self):
        for p in PAGES:
            for command in (['man', '--warnings', '-l', p], ['groff', '-man', '-ww', '-Tutf8', p]):
                r = run(*command)
                self.assertEqual((r.returncode, r.stderr), (0, ''), ' '.join(command))
                self.assertGreater(len(r.stdout), 1000, p)

    def test_sections(self):
        for p in PAGES:
            with open(p) as f:
                text = f.read()
            for s in WANTED[int(p[-1])]:
                self.assertIn('\n.Sh %s\n' % s, text, p)

    def test_references(self):
        # What a page refers to of ours exists; everything else is a page of the system.
        ours = {os.path.basename(p) for p in PAGES}
        system = {'inetd.8', 'cron.8', 'sd_listen_fds.3', 'crypt.5', 'pdftotext.1', 'catdoc.1', 'unrtf.1', 'unzip.1', 'sendmail.1'}
        for p in PAGES:
            with open(p) as f:
                for name, section in re.findall(r'^\.Xr (\S+) (\d)', f.read(), re.M):
                    self.assertIn('%s.%s' % (name, section), ours | system, p)


class Sieve(unittest.TestCase):
    """postern-sieve(7) names what scripts may require, and its examples compile."""

    def check(self, text, *options):
        with tempfile.NamedTemporaryFile('w', suffix='.sieve') as f:
            f.write(text)
            f.flush()
            r = run(os.path.join(BIN, 'postern'), 'sieve', 'check', f.name, *options)
            return r.returncode, r.stdout + r.stderr

    def test_extensions(self):
        def of(*options):
            return set(re.search('one of: (.*)', self.check('require "x";', *options)[1])[1].split())

        delivery, imap = of(), of('--imap')
        section = page('postern-sieve.7').split('.Ss What there is')[1].split('.Ss ')[0]
        named = set()
        for line in re.findall(r'^\.Cm (.*)$', section, re.M):
            named |= {w for w in line.split() if w != ',' and not re.match(r'(runner|sieve)\.', w)}
        self.assertEqual({n.rstrip('*+!') for n in named}, delivery | imap)
        self.assertEqual({n[:-1] for n in named if n[-1] == '*'}, delivery - imap)
        self.assertEqual({n[:-1] for n in named if n[-1] == '+'}, imap - delivery)

    def test_examples(self):
        text = page('postern-sieve.7').replace('\\&', '').replace('\\e', '\\')
        examples = re.findall(r'^\.Bd -literal -offset indent\n(require .*?)^\.Ed', text, re.M | re.S)
        self.assertGreater(len(examples), 5)
        for script in examples:
            options = ['--imap'] if 'imapsieve' in script else []
            self.assertEqual(self.check(script, *options), (0, ''), script)


class Verbs(unittest.TestCase):
    def test_same_as_help(self):
        ours, theirs = verbs_of_page(), verbs_of_help()
        self.assertGreater(len(theirs), 40)
        self.assertEqual(sorted(ours), sorted(theirs))
        for verb in theirs:
            self.assertEqual(ours[verb], theirs[verb], verb)


class Settings(unittest.TestCase):
    def test_same_as_help(self):
        keys = keys_of_page()
        self.assertGreater(len(keys), 40)
        self.assertEqual(len(keys), len(re.findall(r'^\.It Cm [a-z_]+', page('postern.conf.5').split('.Sh KEYS')[1], re.M)))
        for d in DAEMONS:
            # The text begins in column 38, or on the next line if the default reaches so far (it may have spaces).
            left = [s[:38].rstrip() if s[37:38] == ' ' else s for s in help_of(d).split('\n')]
            listed = dict(re.findall(r'^  --([a-z0-9_]+(?:\.[a-z0-9_]+)?)=(.*)$', '\n'.join(left), re.M))
            used = {k: v[1] for k, v in keys.items() if v[0] == ['all'] or d in v[0]}
            self.assertEqual(used, listed, d)

    def test_same_as_config(self):
        # `postern config` of an empty file: every key with its default.
        with tempfile.TemporaryDirectory() as etc:
            open(etc + '/postern.conf', 'w').close()
            r = run(os.path.join(BIN, 'postern'), '-C', etc, 'config')
            self.assertEqual(r.returncode, 0, r.stderr)
            printed = dict(line.split(' = ', 1) for line in r.stdout.splitlines())
        self.assertEqual(printed, {k: v[1] for k, v in keys_of_page().items()})

    def test_daemon_pages(self):
        # A daemon's page names each setting that is its own.
        for d in DAEMONS:
            named = set(re.findall(r'^\.Cm ([a-z0-9]+\.[a-z0-9_]+)', page(d + '.8').split('.Ss Settings')[1], re.M))
            named |= set(re.findall(r'^\.Cm (default_domain)', page(d + '.8').split('.Ss Settings')[1], re.M))
            own = {k for k, v in keys_of_page().items() if d in v[0]}
            self.assertLessEqual(own, named, d)

    def test_inetd(self):
        for d in DAEMONS:
            self.assertEqual('--inetd' in help_of(d), '.It Fl -inetd' in page(d + '.8'), d)


if __name__ == '__main__':
    unittest.main()
