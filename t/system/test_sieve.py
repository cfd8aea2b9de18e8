#!/usr/bin/env python3
"""Sieve from end to end: scripts put over ManageSieve and by the admin, mail delivered through them, what goes out by
sendmail, sieved killed in the middle, hostile scripts beside good ones."""
import base64, glob, json, os, re, shutil, signal, socket, subprocess, sys, time, unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from postern_test import BIN, Instance  # noqa: E402

MESSAGE = 'From: %s\nTo: alice@example.org\nSubject: %s\nMessage-ID: <%s@test>\nDate: Mon, 30 Nov 2026 10:00:00 +0000\n\n%s\n'
number = 0


def message(subject='hello', sender='sender@example.net', body='text', header=''):
    global number
    number += 1
    return header + MESSAGE % (sender, subject, number, body)


class ManageSieve:
    """A client of our own: words and literals by hand."""

    def __init__(self, instance, user='alice@example.org', password='secret'):
        self.sock = socket.create_connection(('127.0.0.1', instance.port('sieve')), timeout=30)
        self.file = self.sock.makefile('rwb')
        self.greeting = self.answer()
        if user:
            plain = base64.b64encode(('\0%s\0%s' % (user, password)).encode()).decode()
            status, _ = self('AUTHENTICATE "PLAIN" "%s"' % plain)
            assert status.startswith('OK'), status

    def answer(self):
        """(status line, [data lines]); literals are put in their place."""
        lines = []
        while True:
            line = self.file.readline().decode()
            assert line, lines
            while m := re.search(r'\{(\d+)\}\r\n$', line):
                line = line[:m.start()] + self.file.read(int(m[1])).decode() + self.file.readline().decode()
            line = line.rstrip('\r\n')
            if re.match(r'(OK|NO|BYE)\b', line):
                return line, lines
            lines.append(line)

    def __call__(self, command, text=None):
        data = command.encode()
        if text is not None:
            data += b' {%d+}\r\n' % len(text.encode()) + text.encode()
        self.file.write(data + b'\r\n')
        self.file.flush()
        return self.answer()

    def put(self, text, name='main', activate=True):
        status, _ = self('PUTSCRIPT "%s"' % name, text)
        assert status.startswith('OK'), status
        if activate:
            assert self('SETACTIVE "%s"' % name)[0].startswith('OK')

    def close(self):
        self.sock.close()


class Base(unittest.TestCase):
    CONF = ''
    SENDMAIL = True
    ACCOUNTS = ('alice@example.org=secret', 'bob@example.org=secret', 'carol@example.org=secret')

    @classmethod
    def setUpClass(cls):
        cls.p = Instance(accounts=cls.ACCOUNTS, conf=cls.CONF)
        cls.sent = os.path.join(cls.p.dir, 'sent')
        os.makedirs(cls.sent)
        os.chmod(cls.sent, 0o1777)
        if cls.SENDMAIL:
            # Keeps each letter in a file: the arguments in its first line.
            script = os.path.join(cls.sent, 'sendmail')
            with open(script, 'w') as f:
                f.write('#!/bin/sh\numask 022\ncd %s\nt=$(mktemp letter.XXXXXX)\n'
                        '{ echo "$@"; cat; test -z "$DELIVERBY" || echo "by $DELIVERBY"; } > "$t"\n'
                        'test -e second-fails && [ $(ls letter.* | wc -l) -ge 2 ] && { rm "$t"; exit 75; }\n'
                        'test -e fail && exit $(cat fail)\nexit 0\n' % cls.sent)
            os.chmod(script, 0o755)
            os.chmod(cls.p.dir, 0o755)
            with open(os.path.join(cls.p.etc, 'postern.conf'), 'a') as f:
                f.write('runner.command = sendmail args=20 dsn deliverby /bin/sh %s -f {SENDER} --\nrunner.read = %s\nrunner.write = %s\n'
                        % (script, cls.sent, cls.sent))
        cls.prepare()
        cls.p.start()
        cls.p.wait_port('sieve')
        cls.addClassCleanup(cls.p.__exit__, None, None, None)

    @classmethod
    def prepare(cls):
        """Before the instance starts."""

    def script(self, text, user='alice@example.org'):
        c = ManageSieve(self.p, user)
        c.put(text)
        c.close()

    def deliver(self, text, to='alice@example.org', sender='sender@example.net'):
        return self.p.deliver(to, text, sender)[0]

    def letters(self, wait=0):
        end = time.time() + 20
        while True:
            names = glob.glob(os.path.join(self.sent, 'letter.*'))
            if len(names) >= wait or time.time() > end:
                break
            time.sleep(0.05)
        out = []
        for n in sorted(names, key=os.path.getmtime):
            with open(n) as f:
                out.append(f.read())
            os.unlink(n)
        return out

    def subjects(self, mailbox='INBOX', user='alice@example.org'):
        c = self.p.imap(user)
        try:
            if c.select('"%s"' % mailbox, readonly=True)[0] != 'OK':
                return None
            _, data = c.uid('FETCH', '1:*', '(FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])')
            return [d[1].decode().strip()[9:] for d in data if isinstance(d, tuple)]
        finally:
            c.logout()

    def wipe(self, user='alice@example.org'):
        for mailbox in ('INBOX', 'Junk', 'Archive', 'Trash'):
            c = self.p.imap(user)
            c.select(mailbox)
            c.uid('STORE', '1:*', '+FLAGS', '\\Deleted')
            c.expunge()
            c.logout()


class Delivery(Base):
    def setUp(self):
        self.wipe()
        self.letters()

    def test_keep_and_fileinto(self):
        self.script('require ["fileinto", "mailbox", "imap4flags", "copy"];\n'
                    'if header :contains "subject" "junk" { fileinto "Junk"; stop; }\n'
                    'if header :contains "subject" "flag" { addflag "\\\\Flagged"; keep; stop; }\n'
                    'if header :contains "subject" "new" { fileinto :create "Lists/New"; stop; }\n'
                    'if header :contains "subject" "both" { fileinto :copy "Archive"; }\n'
                    'if header :contains "subject" "lost" { fileinto "No/Such"; }\n'
                    'if header :contains "subject" "drop" { discard; }\n')
        for word in ('plain', 'junk', 'flag', 'new', 'both', 'lost', 'drop'):
            self.assertRegex(self.deliver(message(word)), r'^250 ', word)
        self.assertEqual(self.subjects(), ['plain', 'flag', 'both', 'lost'])
        self.assertEqual(self.subjects('Junk'), ['junk'])
        self.assertEqual(self.subjects('Lists/New'), ['new'])
        self.assertEqual(self.subjects('Archive'), ['both'])
        c = self.p.imap()
        c.select()
        self.assertIn(b'\\Flagged', c.fetch('2', '(FLAGS)')[1][0])
        # One message in two mailboxes is one email.
        inbox = c.fetch('3', '(EMAILID)')[1][0]
        c.select('Archive')
        archive = c.fetch('1', '(EMAILID)')[1][0]
        c.logout()
        ids = [re.search(rb'EMAILID \((\S+)\)', d)[1] for d in (inbox, archive)]
        self.assertEqual(ids[0], ids[1])

    def test_a_change_holds_for_the_next_delivery(self):
        # Whatever lmtpd, stored and sieved remember: each change, by whichever way, before the very next message.
        into = lambda flag: 'require "imap4flags"; addflag "$%s";' % flag   # noqa: E731
        sieve = lambda *words, **more: self.p.postern('sieve', words[0], '--account', 'alice@example.org', *words[1:], **more)   # noqa: E731
        c = ManageSieve(self.p)
        steps = [('one', lambda: c.put(into('one'))), ('two', lambda: c.put(into('two'), activate=False)),
                 ('three', lambda: c.put(into('three'), 'other')), ('two', lambda: c('SETACTIVE "main"')),
                 ('two', lambda: c('RENAMESCRIPT "main" "renamed"')), ('four', lambda: c.put(into('four'), 'renamed', activate=False)),
                 (None, lambda: c('SETACTIVE ""')), ('three', lambda: sieve('activate', 'other')),
                 ('five', lambda: sieve('put', 'other', '-', input=into('five'))), (None, lambda: sieve('deactivate')),
                 ('four', lambda: c('SETACTIVE "renamed"')), ('one', lambda: c.put(into('one'), 'renamed', activate=False))]
        for i, (_, change) in enumerate(steps):
            for repeat in range(2):   # the second finds what the first one left
                if not repeat:
                    change()
                self.assertRegex(self.deliver(message('change %d' % i)), '^250')
        c('SETACTIVE ""')
        c('DELETESCRIPT "other"')
        c('DELETESCRIPT "renamed"')
        c.close()
        m = self.p.imap()
        m.select(readonly=True)
        flags = [re.findall(rb'\$(\w+)', d) for d in m.fetch('1:*', '(FLAGS)')[1]]
        m.logout()
        self.assertEqual(flags, [[flag.encode()] if flag else [] for flag, _ in steps for _ in range(2)])

    def test_what_is_remembered_of_a_script_does_nothing_once_it_has_changed(self):
        # The script before has decided on a message, so that it is remembered; the next message comes after the change.
        for old in ('redirect "away@example.com";', 'discard;', 'require "reject"; reject "no";', 'require "vacation"; vacation "away";',
                    'require ["fileinto", "mailbox"]; if header "subject" "second" { fileinto :create "Stale/Box"; }',
                    'require ["fileinto", "copy"]; fileinto :copy "Archive"; fileinto :copy "Junk";',
                    'require ["enotify", "variables"]; notify "mailto:phone@example.com";',
                    'require ["duplicate", "fileinto"]; if duplicate :handle "stale" { fileinto "Junk"; }'):
            self.script(old)
            self.deliver(message('first'))
            self.wipe()
            self.letters(1 if 'redirect' in old or 'vacation' in old or 'notify' in old else 0)
            self.script('require "imap4flags"; addflag "$new";')
            self.assertRegex(self.deliver(message('second', 'another@example.net')), '^250', old)
            self.assertEqual(self.subjects(), ['second'], old)
            c = self.p.imap()
            c.select(readonly=True)
            self.assertIn(b'$new', c.fetch('1', '(FLAGS)')[1][0], old)
            c.logout()
            self.assertEqual([self.subjects(m) for m in ('Archive', 'Junk', 'Stale/Box')], [[], [], None], old)
            self.assertEqual(self.letters(), [], old)
            self.wipe()

    def test_a_list_of_people_whose_scripts_have_changed(self):
        # Several recipients in one transaction, one commit for all: who has changed his script gets what the new one says.
        people = ['%s@example.org' % n for n in ('alice', 'bob', 'carol')]
        into = 'require "imap4flags"; addflag "$%s";'
        for user in people:
            self.script(into % 'old', user)
            self.wipe(user)
            self.deliver(message('first'), user)
        self.script(into % 'new', people[1])
        answers = self.p.deliver(people, message('second'), 'sender@example.net')
        self.assertEqual([a[:3] for a in answers], ['250'] * 3)
        flags = []
        for user in people:
            self.assertEqual(self.subjects(user=user), ['first', 'second'])
            c = self.p.imap(user)
            c.select(readonly=True)
            flags += re.findall(rb'\$(\w+)', c.fetch('2', '(FLAGS)')[1][0])
            c.logout()
            self.script('keep;', user)
        self.assertEqual(flags, [b'old', b'new', b'old'])

    def test_scripts_that_look_at_more_than_the_header(self):
        # sieved gets the header first, and the rest only where a script asks: each twice, before and after that is known.
        body = 'x' * 60 + '\r\n'
        long, short = body * 80 + 'the end\r\n', body
        for script, expected in (('if size :over 3K { addflag "$yes"; }', True),
                                 ('if body :contains "the end" { addflag "$yes"; }', True),
                                 ('if body :contains "another end" { addflag "$yes"; }', False),
                                 ('if header :mime :anychild :contenttype "content-type" "text/plain" { addflag "$yes"; }', False),
                                 ('addheader "X-Seen" "yes"; if header "x-seen" "yes" { addflag "$yes"; }', True),
                                 ('extracttext :first 1 "x"; if string "${x}" "x" { addflag "$yes"; }', None),
                                 ('replace "other words"; addflag "$yes";', True)):
            self.script('require ["imap4flags", "body", "mime", "editheader", "replace", "extracttext", "variables", "foreverypart"];' +
                        ('foreverypart { %s }' % script if script.startswith('extracttext') else script))
            for text in (long, long, short):
                self.wipe()
                self.assertRegex(self.deliver(message('looked at', body=text)), '^250', script)
                c = self.p.imap()
                c.select(readonly=True)
                d = c.fetch('1', '(FLAGS BODY.PEEK[TEXT])')[1]
                c.logout()
                stored = b' '.join(x if isinstance(x, bytes) else b' '.join(x) for x in d)
                if expected is not None and text is long:
                    self.assertEqual(b'$yes' in stored, expected, script)
                self.assertIn(b'other words' if 'replace' in script.split(';')[0] else text.strip().encode()[-60:], stored, script)

    # RFC 5228 2.10.3, RFC 5232 3: the flags that were said last.
    def test_a_mailbox_holds_it_once(self):
        require = 'require ["fileinto", "imap4flags", "special-use", "copy"];\n'
        for body, mailbox, flag in (
                ('fileinto :flags "early" "INBOX"; keep :flags "late";', 'INBOX', b'late'),
                ('keep :flags "early"; fileinto :flags "late" "inbox";', 'INBOX', b'late'),
                ('fileinto :flags "early" "Junk"; fileinto :specialuse "\\\\Junk" :flags "late" "Other";', 'Junk', b'late'),
                ('keep :flags "early"; fileinto :flags "early" "Archive"; fileinto :flags "late" "INBOX";', 'INBOX', b'late'),
                ('fileinto :flags "late" "Archive"; keep :flags "early"; fileinto :flags "late" "INBOX";', 'INBOX', b'late'),
                ('fileinto :flags "late" "INBOX"; fileinto :flags "other" "Archive"; keep :flags "late";', 'INBOX', b'late')):
            self.wipe()
            self.script(require + body)
            self.assertRegex(self.deliver(message('once')), '^250', body)
            self.assertEqual(self.subjects(mailbox), ['once'], body)
            c = self.p.imap()
            c.select(mailbox)
            flags = c.fetch('1', '(FLAGS)')[1][0]
            c.logout()
            self.assertIn(flag, flags, body)
            self.assertNotIn(b'early', flags, body)
            if 'Archive' in body:
                self.assertEqual(self.subjects('Archive'), ['once'], body)

    def test_flags_that_are_none_cost_nothing(self):
        self.script('require "imap4flags"; addflag ["$good", "b(ad", "\\\\NoSuch"];')
        self.assertRegex(self.deliver(message('flags')), '^250')
        c = self.p.imap()
        c.select()
        self.assertIn(b'$good', c.fetch('1', '(FLAGS)')[1][0])
        c.logout()

    def test_special_use(self):
        self.script('require ["fileinto", "special-use"]; fileinto :specialuse "\\\\Junk" "Spam";')
        self.assertRegex(self.deliver(message('to junk')), '^250')
        self.assertEqual(self.subjects('Junk'), ['to junk'])

    def test_edited_headers_reach_the_store(self):
        self.script('require "editheader"; addheader "X-Filtered" "yes"; deleteheader "Received";')
        self.assertRegex(self.deliver(message('edited', body='body stays')), '^250')
        c = self.p.imap()
        c.select()
        raw = c.fetch('1', '(BODY.PEEK[])')[1][0][1].decode()
        structure = c.fetch('1', '(BODYSTRUCTURE)')[1][0]
        c.logout()
        self.assertIn('\r\nX-Filtered: yes\r\n', raw)
        self.assertIn('\r\n\r\nbody stays\r\n', raw)
        self.assertIn('Received: from test.example', raw)      # protected
        self.assertIn(b'"text" "plain"', structure.lower())

    def test_redirect_keeps_the_sender_and_shows_the_way(self):
        self.script('redirect "elsewhere@example.com";')
        self.assertRegex(self.deliver(message('moved')), '^250')
        letter, = self.letters()
        self.assertRegex(letter.split('\n')[0], r'^-f \S*@\S+ -- elsewhere@example.com$')
        self.assertIn('Delivered-To: alice@example.org', letter)
        self.assertIn('Subject: moved', letter)
        self.assertEqual(self.subjects(), [])
        # It comes back: a loop.
        looped = letter.split('\n', 1)[1]
        self.assertRegex(self.deliver(looped), r'^554 5\.4\.6')
        self.assertEqual(self.letters(), [])

    def test_redirect_to_self_is_a_keep(self):
        self.script('redirect "alice@example.org";')
        self.assertRegex(self.deliver(message('self')), '^250')
        self.assertEqual(self.letters(), [])
        self.assertEqual(self.subjects(), ['self'])

    def test_more_redirects_than_allowed_keep_the_message(self):
        self.script(''.join('redirect "r%d@example.com";\n' % i for i in range(100)))
        self.assertRegex(self.deliver(message('storm')), '^250')
        self.assertLessEqual(len(self.letters()), 1)
        self.assertEqual(self.subjects(), ['storm'])

    def test_a_sendmail_that_fails(self):
        self.script('redirect "elsewhere@example.com";')
        fail = os.path.join(self.sent, 'fail')
        try:
            with open(fail, 'w') as f:
                f.write('75')       # EX_TEMPFAIL: the sender tries again, nothing is stored
            self.assertRegex(self.deliver(message('later')), '^451')
            self.assertEqual(self.subjects(), [])
            with open(fail, 'w') as f:
                f.write('65')       # never: it is kept
            self.assertRegex(self.deliver(message('kept')), '^250')
            self.assertEqual(self.subjects(), ['kept'])
        finally:
            os.unlink(fail)

    def test_reject(self):
        self.script('require "reject"; if header :contains "subject" "no" { reject "go\r\naway"; }')
        self.assertRegex(self.deliver(message('no')), r'(?s)^550-5\.7\.1 go\r\n550 5\.7\.1 away\r\n$')
        self.assertRegex(self.deliver(message('yes')), '^250')
        self.assertEqual(self.subjects(), ['yes'])
        self.assertEqual(self.letters(), [])

    # RFC 5429 2.2: the reply can't say it.
    def test_reject_with_a_reason_that_is_not_ascii(self):
        self.script('require ["reject", "ereject"]; if header :contains "subject" "both" { ereject "nö"; } else { reject "größer"; }')
        self.assertRegex(self.deliver(message('both')), r'^550 5\.7\.1 n\?+\r\n$')
        self.assertEqual(self.letters(), [])
        self.assertRegex(self.deliver(message('one')), '^250')
        [letter] = self.letters(1)
        self.assertRegex(letter, r'(?m)^From: alice@example\.org')
        self.assertIn('disposition-notification', letter)
        self.assertRegex(letter, r'gr=C3=B6=C3=9Fer|größer')
        self.assertEqual(self.subjects(), [])

    def test_vacation_once(self):
        self.script('require "vacation"; vacation :days 1 :addresses "alice@example.org" "I am away";')
        for sender, header, expected in (('a@example.net', '', 1),
                                         ('a@example.net', '', 0),                              # answered already
                                         ('b@example.net', '', 1),
                                         ('', '', 0),                                           # a bounce
                                         ('c@example.net', 'Auto-Submitted: auto-replied\n', 0),
                                         ('d@example.net', 'List-Id: <x.example.net>\n', 0),
                                         ('e@example.net', 'Precedence: bulk\n', 0),
                                         ('owner-list@example.net', '', 0),
                                         ('MAILER-DAEMON@example.net', '', 0)):
            self.assertRegex(self.deliver(message('v', sender or 'x@example.net', header=header), sender=sender), '^250')
            letters = self.letters()
            self.assertEqual(len(letters), expected, (sender, header))
            for letter in letters:
                self.assertEqual(letter.split('\n')[0], '-f <> -N never -- ' + sender)   # RFC 5230 5.1
                self.assertRegex(letter, r'(?mi)^Auto-Submitted: auto-replied')
                self.assertIn('I am away', letter)

    def test_two_vacations_facing(self):
        # What one sends is nothing that the other answers.
        for user in ('alice@example.org', 'bob@example.org'):
            self.script('require "vacation"; vacation "away";', user)
        self.deliver(message('ping', 'bob@example.org'), sender='bob@example.org')
        letter, = self.letters()
        self.assertEqual(self.deliver(letter.split('\n', 1)[1], 'bob@example.org', sender='')[:3], '250')
        self.assertEqual(self.letters(), [])

    def test_duplicate(self):
        self.script('require "duplicate"; if duplicate { discard; }')
        text = message('twice')
        for _ in range(3):
            self.assertRegex(self.deliver(text), '^250')
        self.assertEqual(self.subjects(), ['twice'])

    def test_notify(self):
        self.script('require "enotify"; notify :message "look" "mailto:phone@example.net";')
        self.assertRegex(self.deliver(message('n')), '^250')
        letter, = self.letters()
        self.assertIn('phone@example.net', letter.split('\n')[0])
        self.assertRegex(letter, r'(?mi)^Auto-Submitted: auto-notified')

    def test_include(self):
        c = ManageSieve(self.p)
        c.put('require ["fileinto"]; fileinto "Archive";', 'part', activate=False)
        c.put('require ["include"]; include :personal "part";')
        c.put('require ["include"]; include :personal "self";', 'self', activate=False)
        self.assertRegex(self.deliver(message('inc')), '^250')
        self.assertEqual(self.subjects('Archive'), ['inc'])
        # V03: itself, and what is not there.
        c('SETACTIVE "self"')
        self.assertRegex(self.deliver(message('recursive')), '^250')
        c.put('require ["include"]; include :personal "nothing";', 'none')
        self.assertRegex(self.deliver(message('missing')), '^250')
        c.close()
        self.assertEqual(self.subjects(), ['recursive', 'missing'])

    def test_metadata_and_mailboxes_are_asked_of_the_store(self):
        c = self.p.imap()
        c.xatom('SETMETADATA', 'INBOX', '(/private/comment "yes please")')
        c.logout()
        self.script('require ["mboxmetadata", "mailbox", "fileinto"];\n'
                    'if allof(metadata :contains "INBOX" "/private/comment" "please", mailboxexists "Archive",\n'
                    '         not mailboxexists "Nowhere") { fileinto "Archive"; }')
        self.assertRegex(self.deliver(message('asked')), '^250')
        self.assertEqual(self.subjects('Archive'), ['asked'])

    def test_one_bad_recipient_hurts_no_other(self):
        # L03: 1 and 3 are delivered, 2 is kept.
        self.wipe('bob@example.org')
        self.wipe('carol@example.org')
        for user in ('alice@example.org', 'carol@example.org'):
            self.script('require "fileinto"; fileinto "Archive";', user)
        self.script('require "fileinto"; if header :matches "x-big" "*a*a*a*a*a*a*a*a*b" { discard; } fileinto "Archive";', 'bob@example.org')
        text = 'X-Big: ' + ('a' * 900 + '\n ') * 1000 + '\n' + message('three')
        replies = self.p.deliver(['alice@example.org', 'bob@example.org', 'carol@example.org'], text)
        for r in replies:
            self.assertRegex(r, '^250', replies)
        self.assertEqual(self.subjects('Archive'), ['three'])
        self.assertEqual(self.subjects('Archive', 'carol@example.org'), ['three'])
        self.assertEqual((self.subjects(user='bob@example.org') or []) + self.subjects('Archive', 'bob@example.org'), ['three'])


    def test_mailboxes_that_go_and_come(self):
        c = self.p.imap()
        self.script('require ["fileinto", "mailbox"]; if header "subject" "made" { fileinto :create "Come/Go"; } else { fileinto "inbox/Come"; }')
        self.deliver(message('one'))
        self.assertEqual(self.subjects(), ['one'])
        c.create('INBOX/Come')
        self.deliver(message('two'))
        self.assertEqual(self.subjects('INBOX/Come'), ['two'])
        c.rename('INBOX/Come', 'INBOX/Gone')
        self.deliver(message('three'))
        c.create('INBOX/Come')
        self.deliver(message('four'))
        self.assertEqual(self.subjects(), ['one', 'three'])
        self.assertEqual((self.subjects('INBOX/Gone'), self.subjects('INBOX/Come')), (['two'], ['four']))
        for n in range(2):
            self.deliver(message('made'))
            self.deliver(message('made'))
            self.assertEqual(self.subjects('Come/Go'), ['made', 'made'])
            c.delete('Come/Go')
        for box in ('INBOX/Come', 'INBOX/Gone', 'Come'):
            c.delete(box)
        c.logout()

    def test_the_log_says_where_it_went_and_why(self):
        self.script('require ["fileinto", "copy", "special-use"];\n'
                    'if header "subject" "two" { fileinto :copy "Archive"; fileinto :specialuse "\\\\Junk" "x"; }\n'
                    'elsif header "subject" "one" {\n  fileinto "Archive"; }\n')
        for subject in ('none', 'one', 'two'):
            self.deliver(message(subject).replace('Message-ID: ', 'Message-ID:\n '))
        self.p.deliver('alice+archive@example.org', message('detail', header='Message-id:' + 'x' * 300 + '\n'))

        def found(text):
            lines = [x for x in self.p.output().splitlines() if 'event=delivered' in x]
            return [re.search(r'mailbox=("[^"]*"|\S+) rule=(\S+) ', x).groups() for x in lines if 'message_id=%s ' % text in x]

        self.assertEqual(found('<%d@test>' % (number - 3)), [('INBOX', '-')])
        self.assertEqual(found('<%d@test>' % (number - 2)), [('Archive', 'main:4')])
        self.assertEqual(found('<%d@test>' % (number - 1)), [('"Archive, Junk"', 'main:2')])
        self.assertEqual(found('x' * 250), [('+archive', '-')])


class SievedKilled(Base):
    def pids(self):
        out = subprocess.run(['ps', '-eo', 'pid,args'], stdout=subprocess.PIPE, text=True).stdout
        return [int(line.split()[0]) for line in out.splitlines() if re.search(r'\bsieved .*' + re.escape(self.p.etc), line)
                and 'managesieved' not in line]

    def test_kill_9_in_the_middle(self):
        self.script('require ["fileinto", "variables"];\n' + 'set "a" "${a}x";\n' * 400 + 'fileinto "Archive";')
        done = []
        for i in range(30):
            if i % 5 == 2:
                for pid in self.pids():
                    os.kill(pid, signal.SIGKILL)
            self.assertRegex(self.deliver(message('k%d' % i)), '^250')
            done.append('k%d' % i)
        self.assertEqual(self.subjects('Archive'), done)
        self.assertEqual(self.subjects(), [])

    def test_a_script_that_takes_sieved_down_is_kept(self):
        with Instance(env={'POSTERN_KILL': 'sieved.outcome:1'}, check_imap=False) as q:
            q.wait_port('sieve')
            q.postern('sieve', 'put', '--account', 'alice@example.org', 'main', '-', '--activate', input='discard;')
            self.assertRegex(q.deliver('alice@example.org', message('crash'))[0], '^250')
            self.assertRegex(q.deliver('bob@example.org', message('no script'))[0], '^250')
            c = q.imap()
            self.assertEqual(c.select()[1], [b'1'])
            c.logout()
            self.assertIn('sieve_failed', q.output())


    def test_a_crash_between_storing_and_the_reply_loses_nothing(self):
        for point in ('lmtp.settle:1', 'sieved.begun:1'):
            with Instance(env={'POSTERN_KILL': point}, check_imap=False) as q:
                q.wait_port('sieve')
                q.postern('sieve', 'put', '--account', 'alice@example.org', 'main', '-', '--activate',
                          input='require ["duplicate", "fileinto"]; if duplicate { discard; stop; } fileinto "Archive";')
                text = message('once or twice')
                reply = None
                for _ in range(3):        # the sender tries again; lmtpd goes down each time
                    try:
                        reply = q.deliver('alice@example.org', text)[0]
                        if reply.startswith('250'):
                            break
                    except (AssertionError, OSError):
                        time.sleep(0.2)
                self.assertEqual((reply or '')[:3], '' if point.startswith('lmtp') else '250', point)
                c = q.imap()
                found = int(c.select('Archive')[1][0]) + int(c.select('INBOX')[1][0])
                c.logout()
                self.assertGreaterEqual(found, 1, point)


class Admin(Base):
    SENDMAIL = False
    CONF = 'sieve.before = before.sieve\nsieve.default = default.sieve\nsieve.after = after.sieve\nsieve.global_dir = global\n'

    @classmethod
    def prepare(cls):
        os.makedirs(cls.p.etc + '/global')
        for name, text in (('before', 'require "fileinto"; if header :contains "subject" "virus" { discard; stop; }'),
                           ('default', 'require "fileinto"; fileinto "Archive";'),
                           ('after', 'require ["fileinto", "mailbox"]; if header :contains "subject" "late" { fileinto :create "Late"; }'),
                           ('global/common', 'require "fileinto"; fileinto "Junk";')):
            with open('%s/%s.sieve' % (cls.p.etc, name), 'w') as f:
                f.write(text)

    def test_the_stack(self):
        self.assertRegex(self.deliver(message('virus')), '^250')
        self.assertRegex(self.deliver(message('none of my own')), '^250')
        self.assertEqual(self.subjects('Archive'), ['none of my own'])
        self.script('keep;')
        self.assertRegex(self.deliver(message('late')), '^250')
        self.assertRegex(self.deliver(message('mine')), '^250')
        self.assertRegex(self.deliver(message('virus')), '^250')
        self.assertEqual(self.subjects(), ['mine'])
        self.assertEqual(self.subjects('Late'), ['late'])
        self.script('require "include"; include :global "common";')
        self.assertRegex(self.deliver(message('common')), '^250')
        self.assertEqual(self.subjects('Junk'), ['common'])

    def test_without_a_way_out_mail_is_kept(self):
        c = ManageSieve(self.p, 'bob@example.org')
        self.assertNotIn('vacation', ' '.join(c('CAPABILITY')[1]))
        self.assertRegex(c('CHECKSCRIPT', 'require "vacation"; vacation "x";')[0], '^NO')
        c.put('redirect "x@example.com";')
        c.close()
        self.assertRegex(self.deliver(message('soft'), 'bob@example.org'), '^250')
        self.assertEqual(self.subjects(user='bob@example.org'), ['soft'])


class ForUsers(Base):
    """sieve.extensions_off and sieve.environment."""
    SENDMAIL = False
    CONF = ('sieve.extensions_off = reject, vnd.dovecot.debug\nsieve.environment = Answer=no such room, other=x\n'
            'sieve.before = before.sieve\n')

    @classmethod
    def prepare(cls):
        with open(cls.p.etc + '/before.sieve', 'w') as f:
            f.write('require ["reject", "variables", "vnd.dovecot.environment"];\n'
                    'if header "subject" "away" { reject "${env.vnd.dovecot.config.answer}"; }\n')

    def test_what_users_may_not_have(self):
        c = ManageSieve(self.p)
        names = ' '.join(c('CAPABILITY')[1])
        self.assertNotIn(' reject ', names)
        self.assertIn(' ereject ', names)
        self.assertNotIn('vnd.dovecot.debug', names)
        self.assertRegex(c('CHECKSCRIPT', 'require "reject"; reject "x";')[0], '^NO .*unknown extension')
        c.close()
        r = self.p.postern('sieve', 'put', '--account', 'alice@example.org', 'x', '-', input='require "reject"; reject "x";', check=False)
        self.assertEqual(r.returncode, 65, r.stderr)
        self.assertRegex(self.deliver(message('away')), '^550.*no such room')
        self.assertRegex(self.deliver(message('here')), '^250')

    def test_items_of_the_administrator(self):
        self.script('require ["environment", "fileinto"]; if environment "vnd.dovecot.config.other" "x" { fileinto "Archive"; }')
        self.deliver(message('item'))
        self.assertEqual(self.subjects('Archive'), ['item'])


class Clients(Base):
    SENDMAIL = False

    def test_admin_verbs(self):
        account = ('--account', 'carol@example.org')
        p = self.p.postern
        p('sieve', 'put', *account, 'one', '-', input='keep;')
        p('sieve', 'put', *account, 'two', '-', '--activate', input='stop;')
        self.assertEqual(p('sieve', 'list', *account).stdout, '  one\n* two\n')
        rows = json.loads(p('sieve', 'list', *account, '--json').stdout)
        self.assertEqual([(r['name'], r['active'], r['size']) for r in rows], [('one', False, 5), ('two', True, 5)])
        self.assertEqual(p('sieve', 'show', *account, 'two').stdout, 'stop;')
        bad = p('sieve', 'put', *account, 'bad', '-', input='kep;', check=False)
        self.assertEqual(bad.returncode, 65)
        self.assertIn('standard input:1:1:', bad.stderr)
        p('sieve', 'put', *account, 'dry', '-', '--dry-run', input='keep;')
        p('sieve', 'delete', *account, 'one', '--dry-run')
        self.assertEqual(p('sieve', 'list', *account).stdout, '  one\n* two\n')
        self.assertNotEqual(p('sieve', 'delete', *account, 'two', check=False).returncode, 0)
        p('sieve', 'activate', *account, 'one')
        p('sieve', 'delete', *account, 'two')
        p('sieve', 'deactivate', *account)
        self.assertEqual(p('sieve', 'list', *account).stdout, '  one\n')
        self.assertNotEqual(p('sieve', 'show', *account, 'nothing', check=False).returncode, 0)

    def test_archives_take_scripts_along(self):
        self.script('keep; # archived', 'bob@example.org')
        out = os.path.join(self.p.dir, 'archive')
        self.p.postern('dump', out)
        self.p.postern('verify', out)
        with Instance(accounts=(), check_imap=False) as q:
            q.postern('load', out)
            self.assertEqual(q.postern('sieve', 'list', '--account', 'bob@example.org').stdout, '* main\n')
            self.assertEqual(q.postern('sieve', 'show', '--account', 'bob@example.org', 'main').stdout, 'keep; # archived')
            self.assertEqual(q.postern('fsck', '--account', 'bob@example.org').returncode, 0)

    @unittest.skipUnless(shutil.which('sieve-connect'), 'sieve-connect is not installed')
    def test_sieve_connect(self):
        path = os.path.join(self.p.dir, 'real.sieve')
        with open(path, 'w') as f:
            f.write('require "fileinto";\nfileinto "Junk";\n')

        def run(*args):
            r = subprocess.run(['sieve-connect', '-s', '127.0.0.1', '-p', str(self.p.port('sieve')), '-u', 'alice@example.org',
                                '--notlsverify', '--passwordfd', '0', '--authmech', 'PLAIN', *args],
                               input='secret\n', stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60, cwd=self.p.dir)
            self.assertEqual(r.returncode, 0, r.stdout + r.stderr)
            return r.stdout
        run('--localsieve', path, '--remotesieve', 'real', '--upload')
        run('--remotesieve', 'real', '--activate')
        self.assertIn('real', run('--list'))
        got = os.path.join(self.p.dir, 'got.sieve')
        run('--remotesieve', 'real', '--localsieve', got, '--download')
        with open(got) as f:
            self.assertEqual(f.read().replace('\r', ''), 'require "fileinto";\nfileinto "Junk";\n')
        run('--deactivate')
        run('--remotesieve', 'real', '--delete')

    def test_scripts_of_others_are_out_of_reach(self):
        self.script('keep; # private', 'bob@example.org')
        c = ManageSieve(self.p, 'carol@example.org')
        self.assertNotIn('"main" ACTIVE', c('LISTSCRIPTS')[1])
        c.close()


if __name__ == '__main__':
    unittest.main()
