"""`postern privileges`: what each process holds, compared with what its man page says; each sandbox is tried from inside."""
import json, os, re, subprocess, sys, unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from postern_test import BIN, SOURCE, Instance  # noqa: E402

DAEMONS = ('stored', 'authd', 'lmtpd', 'imapd', 'jmapd', 'pop3d', 'runner', 'searchd', 'indexer', 'sieved', 'managesieved')


def landlock():
    import ctypes
    return ctypes.CDLL(None).syscall(444, 0, 0, 1) > 0


def promised(daemon):
    """(may read, may change), from the man page."""
    with open(os.path.join(SOURCE, 'man', 'man8', daemon + '.8')) as f:
        text = re.sub(r'^\.Pa ', '', f.read(), flags=re.M)
    said = re.search(r'It may still\s+(.*?)(?:answer on|serve its)', text, re.S)[1]
    read, _, change = said.partition('change')
    words = lambda s: {w.strip() for w in re.split(r',|;|\band\b|\bread\b', ' '.join(s.split())) if w.strip()}
    return words(read), words(change)


class Privileges(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.p = Instance()
        cls.p.__enter__()
        cls.addClassCleanup(cls.p.__exit__, None, None, None)

    def test_what_each_holds(self):
        held = {h['service']: h for h in json.loads(self.p.postern('privileges', '--json').stdout)}
        self.assertEqual(set(held), {'master', *DAEMONS})
        for name in DAEMONS:
            h = held[name]
            self.assertTrue(h['no_new_privs'] and h['seccomp'], h)
            self.assertEqual(h['landlock'], landlock(), h)
            self.assertIn(h['core'], ('0', '1'))     # 1 with sanitizers
        self.assertRegex(self.p.postern('privileges').stdout, r'(?m)^imapd +\d+ ')

    def test_check_is_silent_when_all_is_as_it_should_be(self):
        r = self.p.postern('privileges', '--check', check=False)
        self.assertEqual((r.returncode, r.stdout), (0, ''), r.stderr)

    def test_each_attempt_is_refused_and_the_page_says_what_may_be_done(self):
        var = os.path.join(self.p.dir, 'var') + '/'
        names = {self.p.etc: 'the configuration', os.path.join(self.p.dir, 'run'): 'the run directory'}
        for daemon in DAEMONS:
            r = subprocess.run([os.path.join(BIN, daemon), '-C', self.p.etc, '--prove-sandbox'], env=self.p.env,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            rows = [line.split('\t') for line in r.stdout.splitlines()]
            self.assertEqual(r.returncode, 0 if landlock() else 1, r.stdout + r.stderr)
            tried = {row[1] for row in rows if row[0] == 'refused'}
            starts = () if daemon == 'runner' else ('execute a program',)
            for what in ('make an IPv4 socket', 'be traced', 'trace another process') + starts + (
                    ('list /', 'make a file in ' + ('/etc' if daemon == 'sieved' else self.p.etc)) if landlock() else ()):
                self.assertIn(what, tried)
            may = {how: {names.get(row[2], row[2].removeprefix(var)) for row in rows if row[:2] == ['may', how]} for how in ('read', 'change')}
            self.assertEqual((may['read'], may['change']), promised(daemon), daemon)

    def test_an_open_sandbox_is_found(self):
        with Instance(conf='sandbox = no\n') as q:
            r = q.postern('privileges', '--check', check=False)
            self.assertEqual(r.returncode, 1)
            for daemon in DAEMONS:
                self.assertRegex(r.stdout, r'(?m)^%s .*no seccomp filter' % daemon)
                what = 'make an IPv4 socket' if daemon == 'runner' else 'execute a program'
                self.assertRegex(r.stdout, r'(?m)^%s .*let it %s' % (daemon, what))


if __name__ == '__main__':
    unittest.main()
