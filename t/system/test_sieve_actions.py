#!/usr/bin/env python3
"""What scripts do beyond storing, through real delivery: LMTP in, IMAP and sendmail to look at.  Commands that the
administrator listed, lists, notifications by hooks, copies of what is sent, included scripts, JMAP's vacation response,
duplicates, edited headers, loops and storms."""
import base64, glob, json, os, sys, unittest, urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from test_sieve import Base, ManageSieve, message  # noqa: E402

HOOK = '''#!/bin/sh
# Keeps its arguments, environment and input.
umask 022
t=$(mktemp %(sent)s/%(name)s.XXXXXX)
{ echo "$@"; echo "$USER $SENDER $RECIPIENT"; cat; } > "$t"
%(then)s
'''


class Actions(Base):
    CONF = 'sieve.global_dir = global\nsieve.list_dir = lists\nsieve.max_redirects = 4\n'

    @classmethod
    def prepare(cls):
        for folder in ('global', 'lists'):
            os.makedirs(os.path.join(cls.p.etc, folder))
        with open(cls.p.etc + '/global/common.sieve', 'w') as f:
            f.write('require ["fileinto", "include", "variables"]; global "where"; fileinto "${where}"; return;')
        # A list is a file named as its URI in percent encoding.
        with open(cls.p.etc + '/lists/tag%3Aexample.org%2C2026%3Afriends', 'w') as f:
            f.write('ann@example.net\nalice@example.org\n\nBob@Example.com\nno address\n')
        rows = ''
        for row, name, then in (('pipe:box args=1 {script} {SENDER}', 'box', 'exit 0'),
                                ('pipe:broken {script}', 'broken', 'exit 3'),
                                ('filter:upper {script}', 'upper', 'sed -n "3,\\$p" "$t" | tr a-z A-Z'),
                                ('execute:answer args=1 {script}', 'answer', 'printf "Archive"'),
                                ('notify:xmpp args=10 {script}', 'xmpp', 'exit 0'),
                                ('notify:sip args=10 {script}', 'sip', 'exit 0')):
            path = os.path.join(cls.sent, name + '.sh')
            with open(path, 'w') as f:
                f.write(HOOK % {'sent': cls.sent, 'name': 'hook-' + name, 'then': then})
            os.chmod(path, 0o755)
            rows += 'runner.command = ' + row.replace('{script}', '/bin/sh ' + path) + '\n'
        with open(os.path.join(cls.p.etc, 'postern.conf'), 'a') as f:
            f.write(rows)

    def setUp(self):
        self.wipe()
        self.letters()
        for path in glob.glob(os.path.join(self.sent, 'hook-*')):
            os.unlink(path)

    def hooks(self, name):
        out = []
        for path in sorted(glob.glob(os.path.join(self.sent, 'hook-' + name + '.*')), key=os.path.getmtime):
            with open(path) as f:
                out.append(f.read())
        return out

    def raw(self, mailbox='INBOX', number=1):
        c = self.p.imap()
        c.select('"%s"' % mailbox, readonly=True)
        out = c.fetch(str(number), '(BODY.PEEK[])')[1][0][1].decode()
        c.logout()
        return out

    # --- commands (vnd.dovecot.pipe, filter, execute)

    def test_pipe(self):
        self.script('require ["vnd.dovecot.pipe", "copy"]; pipe "box" ["arg one"];')
        self.assertRegex(self.deliver(message('piped')), '^250')
        seen, = self.hooks('box')
        self.assertEqual(seen.split('\n')[0], 'sender@example.net arg one')
        self.assertEqual(seen.split('\n')[1], 'alice@example.org sender@example.net alice@example.org')
        self.assertIn('Subject: piped', seen)
        self.assertEqual(self.subjects(), [])
        self.script('require ["vnd.dovecot.pipe", "copy"]; pipe :copy "box";')
        self.assertRegex(self.deliver(message('both')), '^250')
        self.assertEqual(self.subjects(), ['both'])
        # One that fails, and one that is not listed, keep the message; :try says that this is no error.
        for command in ('pipe "broken";', 'pipe :try "broken"; keep;', 'pipe "unlisted";'):
            self.wipe()
            self.script('require ["vnd.dovecot.pipe", "copy"]; ' + command)
            self.assertRegex(self.deliver(message('kept')), '^250', command)
            self.assertEqual(self.subjects(), ['kept'], command)

    def test_filter(self):
        self.script('require ["vnd.dovecot.filter", "fileinto"]; if filter "upper" { fileinto "Archive"; }')
        self.assertRegex(self.deliver(message('shout', body='quiet words')), '^250')
        self.assertIn('QUIET WORDS', self.raw('Archive'))
        self.script('require ["vnd.dovecot.filter", "fileinto"]; if filter "unlisted" { fileinto "Archive"; }')
        self.assertRegex(self.deliver(message('as it came', body='quiet words')), '^250')
        self.assertIn('quiet words', self.raw())

    def test_execute(self):
        self.script('require ["vnd.dovecot.execute", "variables", "fileinto"];\n'
                    'if execute :pipe :output "where" "answer" ["x"] { fileinto "${where}"; }')
        self.assertRegex(self.deliver(message('executed')), '^250')
        self.assertEqual(self.subjects('Archive'), ['executed'])
        self.assertIn('Subject: executed', self.hooks('answer')[0])
        self.script('require "vnd.dovecot.execute"; if execute "unlisted" { discard; }')
        self.assertRegex(self.deliver(message('kept')), '^250')
        self.assertEqual(self.subjects(), ['kept'])

    def test_programs_of_a_script_that_has_changed_are_not_run(self):
        self.script('require "vnd.dovecot.execute"; if execute :pipe "answer" ["x"] { keep; }')
        for n in (1, 2):   # once each, whether the script is remembered or not
            self.assertRegex(self.deliver(message('%d' % n)), '^250')
            self.assertEqual(len(self.hooks('answer')), n)
        self.script('require "imap4flags"; addflag "$new";')
        self.assertRegex(self.deliver(message('3')), '^250')
        self.assertEqual(len(self.hooks('answer')), 2)
        self.assertEqual(self.subjects(), ['1', '2', '3'])

    # --- lists (RFC 6134)

    def test_lists_are_asked_and_are_targets(self):
        self.script('require ["extlists", "fileinto"];\n'
                    'if address :list "from" "tag:example.org,2026:friends" { fileinto "Archive"; }\n'
                    'elsif not valid_ext_list "tag:example.org,2026:nobody" { fileinto "Junk"; }')
        self.assertRegex(self.deliver(message('friend', 'ANN@example.net')), '^250')
        self.assertRegex(self.deliver(message('stranger', 'x@example.net')), '^250')
        self.assertEqual(self.subjects('Archive'), ['friend'])
        self.assertEqual(self.subjects('Junk'), ['stranger'])
        self.script('require "extlists"; redirect :list "tag:example.org,2026:friends";')
        self.assertRegex(self.deliver(message('to all')), '^250')
        letter, = self.letters()
        # Not the user himself, and not what is no address.
        self.assertTrue(letter.split('\n')[0].endswith('-- ann@example.net Bob@Example.com'), letter.split('\n')[0])
        self.assertEqual(self.subjects(), [])
        self.script('require "extlists"; redirect :list "tag:example.org,2026:nobody";')
        self.assertRegex(self.deliver(message('to nobody')), '^250')
        self.assertEqual(self.letters(), [])
        self.assertEqual(self.subjects(), ['to nobody'])

    def half(self, text, expected):
        """What the first try sent while the second letter failed, and what the next one sent of the same message."""
        path = os.path.join(self.sent, 'second-fails')
        open(path, 'w').close()
        try:
            self.assertRegex(self.deliver(text), '^451')
        finally:
            os.unlink(path)
        first = self.letters()
        self.assertEqual(self.subjects(), [])
        self.assertRegex(self.deliver(text), '^250')
        out = [x.split('\n')[0].split(' -- ')[1].split() for x in first + self.letters()]
        self.assertEqual(len(first), 1)
        self.assertEqual(out, expected)
        # And what is another message goes to all.
        self.assertRegex(self.deliver(text + 'PS'), '^250')
        self.assertEqual([x.split('\n')[0].split(' -- ')[1].split() for x in self.letters()], expected)

    def test_many_members_and_a_failure_in_between(self):
        members = ['member%d@example.net' % i for i in range(45)]
        with open(self.p.etc + '/lists/tag%3Aexample.org%2C2026%3Amany', 'w') as f:
            f.write('\n'.join(members) + '\n')
        self.script('require "extlists"; redirect :list "tag:example.org,2026:many";')
        self.half(message('to many'), [members[:20], members[20:40], members[40:]])

    def test_two_redirects_and_a_failure_in_between(self):
        self.script('redirect "one@example.net"; redirect "two@example.net";')
        self.half(message('to two'), [['one@example.net'], ['two@example.net']])

    # --- what a redirect asks of the transfer (RFC 6009)

    def test_notifications_of_a_redirect(self):
        self.script('require "redirect-dsn"; redirect :notify "success,delay" :ret "hdrs" "x@example.net";')
        self.assertRegex(self.deliver(message('dsn')), '^250')
        self.assertEqual(self.letters()[0].split('\n')[0], '-f alice@example.org -N success,delay -R hdrs -- x@example.net')
        # NEVER stands alone: an error, so that the message is kept.
        self.script('require ["redirect-dsn", "variables"]; set "n" "NEVER,DELAY"; redirect :notify "${n}" "x@example.net";')
        self.assertRegex(self.deliver(message('never but')), '^250')
        self.assertEqual((self.letters(), self.subjects()), ([], ['never but']))

    def test_time_limit_of_a_redirect(self):
        self.script('require "redirect-deliverby"; redirect :bytimerelative 600 :bymode "notify" :bytrace "x@example.net";')
        self.assertRegex(self.deliver(message('soon')), '^250')
        self.assertRegex(self.letters()[0], r'\nby (600|59\d);NT\n$')
        self.script('require "redirect-deliverby"; redirect :bytimeabsolute "2036-11-30T20:00:00Z" "x@example.net";')
        self.assertRegex(self.deliver(message('some day')), '^250')
        self.assertRegex(self.letters()[0], r'\nby \d{9};R\n$')
        # Too late to come back: it stays here.
        self.script('require "redirect-deliverby"; redirect :bytimeabsolute "2020-11-30T20:00:00Z" "x@example.net";')
        self.assertRegex(self.deliver(message('too late')), '^250')
        self.assertEqual((self.letters(), self.subjects()), ([], ['too late']))

    # --- notifications by hooks (RFC 5437, 6468) and copies of what is sent (RFC 8580)

    def test_notify_hooks(self):
        c = ManageSieve(self.p)
        capabilities = ' '.join(c('CAPABILITY')[1])
        c.close()
        self.assertRegex(capabilities, r'"NOTIFY" "mailto xmpp sip"')
        self.script('require "enotify";\n'
                    'notify :importance "1" :message "You have mail" :options ["a=b"] "xmpp:romeo@im.example.com";\n'
                    'notify :message "Ring" "sip:juliet@example.com";')
        self.assertRegex(self.deliver(message('n')), '^250')
        seen, = self.hooks('xmpp')
        self.assertEqual(seen.split('\n')[0], 'xmpp:romeo@im.example.com 1 alice@example.org a=b')
        self.assertTrue(seen.endswith('You have mail'))
        self.assertTrue(self.hooks('sip')[0].endswith('Ring'))
        self.assertEqual(self.letters(), [])
        self.assertEqual(self.subjects(), ['n'])
        # A notification about a notification never is sent.
        self.assertRegex(self.deliver(message('auto', header='Auto-Submitted: auto-notified\n')), '^250')
        self.assertEqual(len(self.hooks('xmpp')), 1)

    def test_octets_that_are_no_text(self):
        """RFC 5228 2.4.2.4: a script's strings may hold any octet.  A name of them is the script's error, and the message is
        kept; text for people is mended."""
        script = ('require ["encoded-character", "variables", "fileinto", "enotify", "vacation", "reject", "vnd.dovecot.pipe", "copy",\n'
                  '"editheader", "extlists", "mailboxid", "mboxmetadata"]; set "x" "a${hex:ff 0}";\n')
        for action in ('fileinto "${x}";', 'redirect "${x}@example.org";', 'notify "xmpp:${x}";', 'pipe "box" ["${x}"];',
                       'notify :options ["a=${x}"] "xmpp:romeo@im.example.com";', 'redirect :list ":${x}";'):
            self.wipe()
            self.script(script + action)
            self.assertRegex(self.deliver(message('named')), '^250', action)
            self.assertEqual(self.subjects(), ['named'], action)
            with open(os.path.join(self.p.dir, 'master.out'), errors='replace') as f:
                lines = [line for line in f.read().split('\n') if 'sieve_error' in line]
            self.assertIn('xff', lines[-1], action)
        self.assertEqual((self.hooks('xmpp'), self.hooks('box'), self.letters()), ([], [], []))
        self.wipe()
        self.script(script + 'addheader "X-A" "${x}"; vacation :subject "${x}" "${x}"; notify :message "${x}" "xmpp:romeo@im.example.com";\n'
                    'if not anyof (string :list "${x}" "tag:example.org,2026:friends", mailboxidexists "${x}",\n'
                    'metadataexists "INBOX" "/private/${x}") { fileinto "Archive"; }')
        self.assertRegex(self.deliver(message('said', header='To: alice@example.org\n')), '^250')
        self.assertEqual(self.subjects('Archive'), ['said'])
        self.assertIn('X-A: =?utf-8?', self.raw('Archive').replace('UTF-8', 'utf-8'))
        self.assertTrue(self.hooks('xmpp')[0].endswith('a\ufffd\ufffd'))
        self.assertEqual(len(self.letters(1)), 1)
        self.script(script + 'reject "${x}";')   # words beyond ASCII go in a message, not in the protocol (RFC 5429 2.2.1)
        self.assertRegex(self.deliver(message('refused')), '^250')
        self.assertIn('a=EF=BF=BD=EF=BF=BD', self.letters(1)[0])

    def test_copies_of_what_is_sent(self):
        self.script('require ["vacation", "fcc", "imap4flags", "mailbox", "enotify"];\n'
                    'vacation :fcc "Sent/Answers" :flags "\\\\Seen" :create "away";\n'
                    'notify :fcc "Archive" "mailto:phone@example.net";')
        self.assertRegex(self.deliver(message('v', 'a@example.net'), sender='a@example.net'), '^250')
        self.assertEqual(len(self.letters()), 2)
        self.assertIn('Auto-Submitted: auto-replied', self.raw('Sent/Answers'))
        self.assertIn('Auto-Submitted: auto-notified', self.raw('Archive'))
        c = self.p.imap()
        c.select('Sent/Answers', readonly=True)
        self.assertIn(b'\\Seen', c.fetch('1', '(FLAGS)')[1][0])
        c.logout()

    # --- include (RFC 6609)

    def test_include_global_personal_once_optional(self):
        c = ManageSieve(self.p)
        c.put('require ["include", "variables"]; global "where"; set "where" "Archive";', 'choose', activate=False)
        c.put('require ["include", "variables"]; global "where";\n'
              'include :personal "choose"; include :once :personal "choose"; include :optional "nothing";\n'
              'include :global "common";', 'main')
        c.close()
        self.assertRegex(self.deliver(message('inc')), '^250')
        self.assertEqual(self.subjects('Archive'), ['inc'])
        for missing in ('include :global "nothing";', 'include :personal "common";'):
            self.wipe()
            self.script('require ["include", "fileinto"]; fileinto "Junk"; ' + missing)
            self.assertRegex(self.deliver(message('kept')), '^250')
            self.assertEqual(self.subjects(), ['kept'], missing)   # nothing of a script that failed happens

    # --- the message that is stored

    def test_each_action_has_the_message_as_it_was_then(self):
        self.script('require ["editheader", "fileinto", "copy"];\n'
                    'fileinto :copy "Archive"; addheader "X-Second" "yes"; fileinto :copy "Junk";\n'
                    'deleteheader "Subject"; addheader :last "Subject" "new";\n')
        self.assertRegex(self.deliver(message('old', body='the body')), '^250')
        self.assertNotIn('X-Second', self.raw('Archive'))
        self.assertIn('X-Second: yes', self.raw('Junk'))
        self.assertIn('Subject: old', self.raw('Junk'))
        kept = self.raw()
        self.assertIn('Subject: new', kept)
        self.assertNotIn('Subject: old', kept)
        self.assertIn('the body', kept)
        c = self.p.imap()
        c.select(readonly=True)
        self.assertEqual(c.search(None, 'SUBJECT', 'new')[1], [b'1'])
        self.assertEqual(c.search(None, 'SUBJECT', 'old')[1], [b''])
        c.logout()

    def test_duplicates_across_deliveries(self):
        self.script('require ["duplicate", "variables", "fileinto"];\n'
                    'if header :matches "subject" "ticket *" { if duplicate :uniqueid "${1}" :seconds 3600 { fileinto "Junk"; stop; } }\n'
                    'elsif duplicate :header "X-Event" :handle "events" { fileinto "Archive"; stop; }')
        for subject, header in (('ticket 1', ''), ('ticket 2', ''), ('ticket 1', ''), ('a', 'X-Event: 7\n'), ('b', 'X-Event: 7\n'),
                                ('c', 'X-Event: 8\n'), ('d', '')):
            self.assertRegex(self.deliver(message(subject, header=header)), '^250')
        self.assertEqual(self.subjects(), ['ticket 1', 'ticket 2', 'a', 'c', 'd'])
        self.assertEqual(self.subjects('Junk'), ['ticket 1'])
        self.assertEqual(self.subjects('Archive'), ['b'])

    # --- JMAP's vacation response (RFC 8621 8)

    def jmap(self, calls):
        basic = base64.b64encode(b'alice@example.org:secret').decode()
        head = {'Authorization': 'Basic ' + basic, 'Content-Type': 'application/json'}
        session = json.load(urllib.request.urlopen(urllib.request.Request(
            'http://127.0.0.1:%d/.well-known/jmap' % self.p.port('http'), headers=head), timeout=30))
        account = session['primaryAccounts']['urn:ietf:params:jmap:mail']
        body = json.dumps({'using': ['urn:ietf:params:jmap:core', 'urn:ietf:params:jmap:mail', 'urn:ietf:params:jmap:vacationresponse'],
                           'methodCalls': [[m, dict(a, accountId=account), str(i)] for i, (m, a) in enumerate(calls)]}).encode()
        url = 'http://127.0.0.1:%d/%s' % (self.p.port('http'), session['apiUrl'].split('/', 3)[3])
        return json.load(urllib.request.urlopen(urllib.request.Request(url, body, head), timeout=30))['methodResponses']

    def test_jmap_vacation_response(self):
        self.script('keep;')
        set_to = lambda **what: self.jmap([('VacationResponse/set', {'update': {'singleton': what}})])  # noqa: E731
        out = set_to(isEnabled=True, subject='Gone "fishing"', textBody='Back on Monday.\n"Really" \\ so.')
        self.assertIn('singleton', out[0][1]['updated'])
        self.assertRegex(self.deliver(message('hello', 'x1@example.net'), sender='x1@example.net'), '^250')
        letter, = self.letters()
        self.assertEqual(letter.split('\n')[0], '-f <> -N never -- x1@example.net')
        self.assertIn('Subject: Gone "fishing"', letter)
        self.assertIn('"Really" \\ so.', letter)
        self.assertEqual(self.subjects(), ['hello'])
        # Once; not for what the script refuses; not after its time; not when it is off.
        self.assertRegex(self.deliver(message('again', 'x1@example.net'), sender='x1@example.net'), '^250')
        self.script('discard;')
        self.assertRegex(self.deliver(message('dropped', 'x2@example.net'), sender='x2@example.net'), '^250')
        self.script('keep;')
        set_to(toDate='2020-01-01T00:00:00Z')
        self.assertRegex(self.deliver(message('late', 'x3@example.net'), sender='x3@example.net'), '^250')
        set_to(toDate=None, isEnabled=False)
        self.assertRegex(self.deliver(message('off', 'x4@example.net'), sender='x4@example.net'), '^250')
        self.assertEqual(self.letters(), [])

    # --- V04: loops and storms

    def test_two_accounts_that_redirect_to_each_other(self):
        self.script('redirect "bob@example.org";')
        self.script('redirect "alice@example.org";', 'bob@example.org')
        self.wipe('bob@example.org')
        text, to, hops = message('round'), 'alice@example.org', 0
        while hops < 10:
            reply = self.deliver(text, to)[:3]
            letters = self.letters()
            if reply != '250' or not letters:
                break
            hops += 1
            self.assertEqual(len(letters), 1)
            head, text = letters[0].split('\n', 1)
            to = head.split()[-1]
        self.script('keep;', 'bob@example.org')
        self.assertLessEqual(hops, 2)
        # It ended in somebody's mailbox or with a refusal, never in silence.
        kept = (self.subjects() or []) + (self.subjects(user='bob@example.org') or [])
        self.assertTrue(reply == '554' or kept == ['round'], (reply, kept))

    def test_a_storm_of_outgoing_messages_is_refused(self):
        self.script('require ["enotify", "vacation"];\n' + ''.join('notify :message "%d" "mailto:n%d@example.com";\n' % (i, i) for i in range(20)))
        self.assertRegex(self.deliver(message('storm')), '^250')
        self.assertEqual(self.letters(), [])
        self.assertEqual(self.subjects(), ['storm'])

    def test_too_many_hops(self):
        text = ''.join('Received: from a by b; Mon, 30 Nov 2026 10:00:00 +0000\n' for _ in range(200)) + message('hops')
        self.script('redirect "x@example.com";')
        self.assertRegex(self.deliver(text), r'^554 5\.4\.6')
        self.assertEqual(self.letters(), [])


if __name__ == '__main__':
    unittest.main()
