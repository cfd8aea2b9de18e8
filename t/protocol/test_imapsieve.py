#!/usr/bin/env python3
"""IMAPSIEVE (RFC 6785): scripts that APPEND, COPY, MOVE and changes of flags start, as annotations say."""
import os, re, sys, time, unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from postern_test import Instance  # noqa: E402

# shows: IMAPSIEVE
MESSAGE = b'From: a@example.net\r\nSubject: %s\r\n\r\nbody\r\n'


class Base(unittest.TestCase):
    CONF = ''

    @classmethod
    def prepare(cls):
        pass

    @classmethod
    def setUpClass(cls):
        cls.p = Instance(conf=cls.CONF)
        cls.prepare()
        cls.p.__enter__()
        cls.addClassCleanup(cls.p.__exit__, None, None, None)

    def setUp(self):
        self.c = self.p.imap()
        for box in ('INBOX', 'Archive', 'Trash', 'Junk'):
            self.c.select(box)
            self.c.uid('STORE', '1:*', '+FLAGS', '\\Deleted')
            self.c.expunge()
            self.annotate(box, None)
        self.c.select('INBOX')

    def tearDown(self):
        self.c.logout()

    def annotate(self, box, script):
        value = 'NIL' if script is None else '"%s"' % script
        self.assertEqual(self.c.xatom('SETMETADATA', box, '(/shared/imapsieve/script %s)' % value)[0], 'OK')

    def script(self, text, name='events', box='INBOX'):
        self.p.postern('sieve', 'put', '--account', 'alice@example.org', name, '-', input=text)
        self.annotate(box, name)

    def rows(self, box):
        """[(subject, flags)]"""
        c = self.p.imap()
        c.select(box, readonly=True)
        _, data = c.uid('FETCH', '1:*', '(FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])')
        c.logout()
        return [(d[1].decode().strip()[9:], set(re.search(rb'FLAGS \(([^)]*)\)', d[0])[1].decode().split()) - {'\\Recent'})
                for d in data if isinstance(d, tuple)]

    def append(self, subject, box='INBOX', flags=None):
        self.assertEqual(self.c.append(box, flags, None, MESSAGE % subject.encode())[0], 'OK')


class ImapSieve(Base):
    def test_append(self):
        self.script('require ["imapsieve", "environment", "imap4flags", "fileinto"];\n'
                    'if allof(environment "imap.cause" "APPEND", environment "imap.mailbox" "INBOX", header :contains "subject" "flag")'
                    ' { addflag "\\\\Flagged"; }\n'
                    'if header :contains "subject" "away" { fileinto "Archive"; }\n'
                    'if header :contains "subject" "drop" { discard; }')
        for subject in ('plain', 'flag', 'away', 'drop'):
            self.append(subject, flags='\\Seen' if subject == 'flag' else None)
        self.assertEqual(self.rows('INBOX'), [('plain', set()), ('flag', {'\\Flagged', '\\Seen'}), ('away', {'\\Deleted'}),
                                              ('drop', {'\\Deleted'})])
        self.assertEqual([s for s, _ in self.rows('Archive')], ['away'])
        self.assertRegex(self.p.output(), r'event=imapsieve .*what="uid \d+: filed into Archive"')
        # Where no annotation is, nothing happens.
        self.append('away', 'Junk')
        self.assertEqual(self.rows('Junk'), [('away', set())])

    def test_copy_and_move(self):
        self.append('one')
        self.append('two')
        self.script('require ["imapsieve", "environment", "imap4flags"]; if environment "imap.cause" "COPY" { addflag "$Came"; }', box='Archive')
        self.c.select('INBOX')
        self.assertEqual(self.c.copy('1', 'Archive')[0], 'OK')
        self.assertEqual(self.c.xatom('MOVE', '2', 'Archive')[0], 'OK')
        self.assertEqual([f for _, f in self.rows('Archive')], [{'$Came'}] * 2)

    def test_flags(self):
        self.append('x')
        self.script('require ["imapsieve", "environment", "fileinto", "copy", "variables"];\n'
                    'if allof(environment "imap.cause" "FLAG", environment :contains "imap.changedflags" "$Junk") { fileinto "Junk"; }')
        self.c.select('INBOX')
        self.c.store('1', '+FLAGS', '\\Seen')
        self.assertEqual(self.rows('INBOX'), [('x', {'\\Seen'})])
        self.c.store('1', '+FLAGS', '$Junk')
        self.assertEqual([s for s, _ in self.rows('Junk')], ['x'])
        self.assertIn('\\Deleted', self.rows('INBOX')[0][1])

    def test_seen_by_reading_is_a_change_of_flags(self):
        # RFC 6785 2.2.3.
        for subject in ('one', 'two', 'three'):
            self.append(subject)
        self.script('require ["imapsieve", "environment", "imap4flags"];\n'
                    'if allof(environment "imap.cause" "FLAG", environment "imap.changedflags" "\\\\Seen", hasflag "\\\\Seen")'
                    ' { addflag "$Read"; }')
        self.c.select('INBOX')
        self.c.fetch('1', '(BODY.PEEK[TEXT])')
        self.assertEqual(self.rows('INBOX')[0], ('one', set()))
        self.c.fetch('1:2', '(BODY[TEXT])')
        self.assertEqual([f for _, f in self.rows('INBOX')], [{'\\Seen', '$Read'}] * 2 + [set()])
        # Again nothing changes, so nothing runs; nor where the mailbox is only looked at.
        self.c.store('1', '-FLAGS', '$Read')
        self.c.fetch('1', '(BODY[TEXT])')
        self.c.select('INBOX', readonly=True)
        self.c.fetch('3', '(BODY[TEXT])')
        self.assertEqual([f for _, f in self.rows('INBOX')], [{'\\Seen'}, {'\\Seen', '$Read'}, set()])

    def header(self, box):
        c = self.p.imap()
        c.select(box, readonly=True)
        out = c.fetch('1', '(BODY.PEEK[HEADER])')[1][0][1]
        c.logout()
        return out

    def test_what_a_script_changes_goes_along_and_never_stays(self):
        # RFC 6785 3.1, 3.7: a message in a mailbox is immutable.
        self.script('require ["imapsieve", "editheader", "fileinto", "copy", "imap4flags"];\n'
                    'addheader "X-Seen" "yes"; fileinto :copy :flags "$Filed" "Archive";')
        self.append('edited')
        self.assertEqual(self.rows('INBOX'), [('edited', set())])
        self.assertNotIn(b'X-Seen', self.header('INBOX'))
        self.assertEqual(self.rows('Archive'), [('edited', {'$Filed'})])
        self.assertIn(b'X-Seen: yes', self.header('Archive'))
        self.script('require ["imapsieve", "editheader"]; addheader "X-Seen" "yes"; keep;')
        self.append('kept')
        c = self.p.imap()
        c.select(readonly=True)
        self.assertNotIn(b'X-Seen', c.fetch('2', '(BODY.PEEK[HEADER])')[1][0][1])
        c.logout()

    def test_flags_of_a_copy_are_its_own(self):
        self.script('require ["imapsieve", "fileinto", "copy", "imap4flags"]; fileinto :copy :flags "\\\\Flagged" "Archive";')
        self.append('one', flags='\\Seen')
        self.assertEqual(self.rows('INBOX'), [('one', {'\\Seen'})])
        self.assertEqual(self.rows('Archive'), [('one', {'\\Flagged'})])

    def share(self, box, rights):
        self.assertEqual(self.c.setacl(box, 'bob@example.org', rights)[0], 'OK')

    def bob_appends(self, box, subject):
        c = self.p.imap('bob@example.org')
        self.assertEqual(c.append('"Other Users/alice@example.org/%s"' % box, None, None, MESSAGE % subject.encode())[0], 'OK')
        c.logout()

    def test_a_shared_mailbox_runs_the_script_of_its_owner(self):
        # bob has a script of that name, too; it is not his mailbox.
        self.p.postern('sieve', 'put', '--account', 'bob@example.org', 'events', '-', input='discard;')
        self.script('require ["imapsieve", "environment", "imap4flags", "fileinto"];\n'
                    'if environment "imap.user" "bob@example.org" { addflag "$ByBob"; }\n'
                    'if header :contains "subject" "file" { fileinto "Junk"; }', box='Archive')
        self.share('Archive', 'lrswit')
        self.bob_appends('Archive', 'plain')
        self.assertEqual(self.rows('Archive'), [('plain', {'$ByBob'})])
        # Into a mailbox that bob may not use nothing is filed by what he does: it stays.
        self.bob_appends('Archive', 'file')
        self.assertEqual([s for s, _ in self.rows('Archive')], ['plain', 'file'])
        self.assertEqual(self.rows('Junk'), [])
        self.share('Junk', 'lri')
        self.bob_appends('Archive', 'file two')
        self.assertEqual([s for s, _ in self.rows('Junk')], ['file two'])

    def test_who_may_not_read_starts_no_script(self):
        self.script('require ["imapsieve", "imap4flags"]; addflag "$Ran";', box='Archive')
        self.share('Archive', 'lip')
        self.bob_appends('Archive', 'dropped in')
        self.assertEqual(self.rows('Archive'), [('dropped in', set())])

    def test_a_script_that_fails_leaves_the_command_alone(self):
        for text in ('require "imapsieve"; redirect "x@example.com"; redirect "y@example.com"; redirect "z@example.com";',
                     'require ["imapsieve", "fileinto"]; fileinto "No/Such";'):
            self.script(text)
            self.append('stays')
        self.annotate('INBOX', 'nosuch')
        self.append('stays')
        self.assertEqual(self.rows('INBOX'), [('stays', set())] * 3)


class Administrator(Base):
    """imap.sieve_event: scripts of the administrator's, by cause and mailboxes."""
    EVENTS = ('to=\\Junk cause=APPEND,COPY spam.sieve', 'from=\\Junk ham.sieve', 'to=Arch%/* cause=FLAG flag.sieve',
              'to=Trash first.sieve', 'to=Trash after last.sieve')
    SCRIPTS = {'spam': 'addflag "$IsSpam";', 'ham': 'if not environment "imap.mailbox" "Trash" { addflag "$IsHam"; }',
               'flag': 'addflag "$Changed";', 'first': 'addflag "$First"; if header "subject" "stop" { discard; }',
               'last': 'addflag ["$Last", "${env.vnd.dovecot.mailbox_from}"];'}
    CONF = ''.join('imap.sieve_event = %s\n' % row for row in EVENTS)

    @classmethod
    def prepare(cls):
        for name, text in cls.SCRIPTS.items():
            with open('%s/%s.sieve' % (cls.p.etc, name), 'w') as f:
                f.write('require ["imapsieve", "vnd.dovecot.imapsieve", "vnd.dovecot.environment", "environment", "imap4flags", '
                        '"variables"];\n' + text)

    def test_what_comes_to_a_mailbox_and_what_leaves_it(self):
        self.append('one')
        self.append('two', 'Junk')
        self.append('three', 'Archive')
        self.assertEqual(self.rows('Junk'), [('two', {'$IsSpam'})])
        self.c.select('INBOX')
        self.assertEqual(self.c.xatom('MOVE', '1', 'Junk')[0], 'OK')
        self.assertEqual(self.rows('Junk'), [('two', {'$IsSpam'}), ('one', {'$IsSpam'})])
        self.c.select('Junk')
        self.assertEqual(self.c.copy('1', 'INBOX')[0], 'OK')
        self.assertEqual(self.rows('INBOX'), [('two', {'$IsSpam', '$IsHam'})])
        self.assertEqual(self.rows('Archive'), [('three', set())])
        # A change of flags is no such event.
        self.c.store('2', '+FLAGS', '\\Seen')
        self.assertEqual(self.rows('Junk')[1], ('one', {'$IsSpam', '\\Seen'}))

    def test_changes_of_flags_below_a_name(self):
        for box in ('Archive/2026', 'Archives'):
            self.c.create(box)
            self.append('x', box)
            self.c.select(box)
            self.c.store('1', '+FLAGS', '\\Seen')
            self.assertEqual(self.rows(box), [('x', {'\\Seen', '$Changed'} if '/' in box else {'\\Seen'})])
        self.c.select('INBOX')

    def test_before_and_after_the_one_of_the_mailbox(self):
        self.script('require ["imapsieve", "imap4flags"]; if hasflag "$First" { addflag "$Own"; }\n'
                    'if hasflag "$Last" { addflag "$Wrong"; }', box='Trash')
        for subject in ('go', 'stop'):
            self.append(subject)
        self.c.select('INBOX')
        self.assertEqual(self.c.xatom('MOVE', '1:2', 'Trash')[0], 'OK')
        self.assertEqual(self.rows('Trash'), [('go', {'$First', '$Own', '$Last', 'INBOX'}), ('stop', {'\\Deleted'})])

    def comes_with(self, flag):
        """Whether what is appended to Junk has the flag, soon."""
        for n in range(100):
            self.append(str(n), 'Junk')
            if self.rows('Junk')[-1][1] == {flag}:
                return True
            time.sleep(0.1)
        return False

    def test_files_are_read_at_a_reload(self):
        path = self.p.etc + '/spam.sieve'
        with open(path) as f:
            old = f.read()
        try:
            with open(path, 'w') as f:
                f.write(old.replace('$IsSpam', '$IsJunk'))
            self.append('x', 'Junk')
            self.assertEqual(self.rows('Junk'), [('x', {'$IsSpam'})])
            self.p.postern('reload')
            self.assertTrue(self.comes_with('$IsJunk'))
            # One that can't be read: the old ones stay.
            os.unlink(path)
            self.p.postern('reload')
            for _ in range(100):
                if 'event=sieve_scripts' in self.p.output():
                    break
                time.sleep(0.1)
            self.assertRegex(self.p.output(), 'event=sieve_scripts .*spam.sieve')
            self.assertTrue(self.comes_with('$IsJunk'))
        finally:
            with open(path, 'w') as f:
                f.write(old)
            self.p.postern('reload')
        self.assertTrue(self.comes_with('$IsSpam'))


if __name__ == '__main__':
    unittest.main()
