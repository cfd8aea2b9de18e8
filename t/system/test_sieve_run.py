#!/usr/bin/env python3
"""postern sieve run: a script over mail that is in a mailbox already, with a server and without."""
import json, os, sys, unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from test_sieve import Base, message  # noqa: E402

SORT = ('require ["fileinto", "imap4flags", "editheader", "copy"];\n'
        'if header "subject" "file" { addheader "X-Sorted" "yes"; fileinto "Archive"; }\n'
        'elsif header "subject" "flag" { addflag "\\\\Flagged"; }\n'
        'elsif header "subject" "send" { redirect :copy "away@example.com"; }\n'
        'elsif header "subject" "lost" { fileinto "No/Such"; }\n'
        'elsif header "subject" "drop" { discard; }\n')


class Run(Base):
    def setUp(self):
        self.wipe()
        self.letters()
        for subject in ('plain', 'file', 'flag', 'send', 'lost', 'drop'):
            self.assertRegex(self.deliver(message(subject)), '^250')

    def run_script(self, text, *options, status=0):
        r = self.p.postern('sieve', 'run', '-', '--account', 'alice@example.org', *options, input=text, check=False)
        self.assertEqual(r.returncode, status, r.stdout + r.stderr)
        return r

    def flags(self):
        c = self.p.imap()
        c.select(readonly=True)
        out = {}
        for d in c.fetch('1:*', '(FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])')[1]:
            if isinstance(d, tuple):
                out[d[1].decode().strip()[9:]] = d[0].decode()
        c.logout()
        return out

    def test_dry_run_says_it_and_does_nothing(self):
        before = self.flags()
        c = self.p.imap()
        c.select(readonly=True)
        first = int(c.uid('SEARCH', 'ALL')[1][0].split()[0])
        c.logout()
        r = self.run_script(SORT, '--dry-run', status=1)
        self.assertEqual(r.stdout.splitlines(), ['%d: would be %s' % (first + n, what) for n, what in (
            (1, 'filed into Archive; \\Deleted'), (2, 'kept with flags (\\Flagged)'), (3, 'redirected to away@example.com'),
            (5, 'discarded; \\Deleted'))])
        self.assertIn('uid %d: line 5: mailbox does not exist: No/Such' % (first + 4), r.stderr)
        self.assertEqual(self.flags(), before)
        self.assertEqual(self.subjects('Archive'), [])
        self.assertEqual(self.letters(), [])
        self.run_script('require ["fileinto", "mailbox"]; fileinto :create "Made/By/Script";', '--dry-run')
        self.assertIsNone(self.subjects('Made/By/Script'))

    def test_run(self):
        r = self.run_script(SORT, '--json', status=1)
        rows = {m['uid']: m for m in json.loads(r.stdout)['messages']}
        first = min(rows)
        self.assertEqual([rows[first + i]['kept'] for i in range(6)], [True, False, True, True, True, False])
        self.assertEqual(rows[first + 1]['done'], ['filed into Archive'])
        self.assertEqual(len(rows[first + 4]['errors']), 1)
        flags = self.flags()
        self.assertIn('\\Deleted', flags['file'])
        self.assertIn('\\Flagged', flags['flag'])
        self.assertNotIn('\\Deleted', flags['send'] + flags['lost'] + flags['plain'])
        self.assertEqual(self.subjects('Archive'), ['file'])
        self.assertEqual(len(self.letters()), 1)
        c = self.p.imap()
        c.select('Archive', readonly=True)
        self.assertIn(b'X-Sorted: yes', c.fetch('1', '(BODY.PEEK[HEADER])')[1][0][1])
        c.select('INBOX', readonly=True)
        self.assertNotIn(b'X-Sorted', b''.join(d[1] for d in c.fetch('1:*', '(BODY.PEEK[HEADER])')[1] if isinstance(d, tuple)))
        c.logout()

    def test_the_last_ones_only(self):
        r = self.run_script('discard;', '--dry-run', '--last', '2')
        self.assertEqual(len(r.stdout.splitlines()), 2)
        self.assertEqual(len(self.run_script('discard;', '--dry-run', '--last', '99').stdout.splitlines()), 6)
        self.run_script('discard;', '--dry-run', '--last', '0', status=64)

    def compare(self, text, *options, status):
        r = self.p.postern('sieve', 'compare', '-', '--account', 'alice@example.org', *options, input=text, check=False)
        self.assertEqual(r.returncode, status, r.stdout + r.stderr)
        return r.stdout

    def test_compare_with_the_active_one(self):
        before = self.flags()
        out = self.compare('require "fileinto"; if header "subject" "file" { fileinto "Archive"; }', status=1)
        self.assertRegex(out, r'^\d+ "file": kept -> filed into Archive\n1 of 6 messages would be treated otherwise\n$')
        active = SORT.replace('"No/Such"', '"Archive"')
        self.p.postern('sieve', 'put', '--account', 'alice@example.org', 'sort', '-', '--activate', input=active)
        try:
            self.assertEqual(self.compare(active + '# as it was\n', status=0), '0 of 6 messages would be treated otherwise\n')
            other = 'require ["vacation", "reject"]; if header "subject" "drop" { discard; } else { vacation "away"; }'
            told = json.loads(self.compare(other, '--last', '3', '--json', status=1))
            self.assertEqual(told['compared'], 3)
            self.assertEqual([(m['subject'], m['active']['done'], m['other']['done']) for m in told['messages']],
                             [('send', ['redirected to away@example.com'], []), ('lost', ['filed into Archive'], [])])
            self.assertIn('"lost": filed into Archive -> vacation\n', self.compare(other, status=1))
        finally:
            self.p.postern('sieve', 'deactivate', '--account', 'alice@example.org')
            self.p.postern('sieve', 'delete', '--account', 'alice@example.org', 'sort')
        self.assertEqual(self.flags(), before)
        self.assertEqual(self.letters(), [])
        self.compare('keep', status=65)

    def test_answers_are_refused(self):
        r = self.run_script('require ["vacation", "reject"]; if header "subject" "plain" { vacation "away"; }'
                            ' elsif header "subject" "drop" { reject "no"; }')
        self.assertIn('refused vacation: no answers to mail that is stored already', r.stdout)
        self.assertIn('refused reject: no answers to mail that is stored already', r.stdout)
        self.assertEqual(self.letters(), [])
        self.assertNotIn('\\Deleted', ''.join(self.flags().values()))

    def test_what_cannot_be_run(self):
        self.assertIn('standard input:1:1: error: ', self.run_script('kep;', status=65).stderr)
        self.run_script('keep;', '--mailbox', 'No/Such', status=67)
        r = self.p.postern('sieve', 'run', '-', '--account', 'nobody@example.org', input='keep;', check=False)
        self.assertNotEqual(r.returncode, 0)

    def test_without_a_server(self):
        self.p.stop()
        try:
            self.run_script('require "fileinto"; if header "subject" "file" { fileinto "Archive"; }')
        finally:
            self.p.start()
        self.assertEqual(self.subjects('Archive'), ['file'])


if __name__ == '__main__':
    unittest.main()
