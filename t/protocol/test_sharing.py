#!/usr/bin/env python3
"""Quotas, shared mailboxes and annotations over all that touches them: postern, IMAP, LMTP, authd."""
import imaplib
import json
import os
import re
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from postern_test import BIN, Instance  # noqa: E402

# shows: QUOTA QUOTASET QUOTA=RES-STORAGE QUOTA=RES-MESSAGE QUOTA=RES-MAILBOX
MESSAGE = b'From: a@example.net\r\nSubject: hello\r\n\r\n' + b'x' * 600 + b'\r\n'
ALICE, BOB, ROOT, SALES = ('%s@example.org' % n for n in ('alice', 'bob', 'root', 'sales'))
for c in ('GETQUOTA', 'GETQUOTAROOT', 'SETQUOTA', 'SETACL', 'GETMETADATA', 'SETMETADATA', 'MYRIGHTS'):
    imaplib.Commands[c] = ('AUTH', 'SELECTED')


class Sharing(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.p = p = Instance(accounts=[ALICE + '=secret', BOB + '=secret', SALES + '=secret'])
        p.__enter__()
        p.postern('account', 'add', ROOT, '--admin', input='secret\n')

    @classmethod
    def tearDownClass(cls):
        cls.p.__exit__(None, None, None)

    def say(self, c, name, *args):
        """Kind, code-and-text, and the untagged lines of one command."""
        c.untagged_responses = {}
        try:
            kind, data = c._simple_command(name, *args)
        except imaplib.IMAP4.error as e:
            return 'BAD', str(e), {}
        return kind, data[0].decode(), {k: [x.decode() if isinstance(x, bytes) else x for x in v]
                                        for k, v in c.untagged_responses.items()}

    def account(self, name, *options):
        self.p.postern('account', 'add', name, *options, input='secret\n')
        c = self.p.imap(name)
        c.status('INBOX', '(MESSAGES)')  # the first look makes its mailboxes
        return c

    def run_(self, *args, input=None, status=0):
        r = self.p.postern(*args, input=input, check=False)
        self.assertEqual(r.returncode, status, (args, r.stdout, r.stderr))
        return r.stdout

    # --- quota: shows what each resource does
    def test_quota_is_told(self):
        c = self.account('q1@example.org', '--quota', '2K', '--quota-messages', '3', '--quota-mailboxes', '7')
        root = '#user/q1@example.org'
        kind, _, said = self.say(c, 'GETQUOTAROOT', 'INBOX')
        self.assertEqual((kind, said['QUOTAROOT'], said['QUOTA']),
                         ('OK', ['INBOX ' + root], [root + ' (STORAGE 0 2 MESSAGE 0 3 MAILBOX 6 7)']))
        self.assertEqual(self.say(c, 'GETQUOTAROOT', 'not-there')[2]['QUOTAROOT'], ['not-there ' + root])
        c.append('INBOX', None, None, MESSAGE)
        self.assertEqual(self.say(c, 'GETQUOTA', root)[2]['QUOTA'], [root + ' (STORAGE 1 2 MESSAGE 1 3 MAILBOX 6 7)'])
        # No limits, nothing to tell.
        self.assertEqual(self.say(self.p.imap(ALICE), 'GETQUOTAROOT', 'INBOX')[2]['QUOTA'], ['#user/%s ()' % ALICE])
        # Others' roots are nobody's business, there or not.
        a, b = self.say(c, 'GETQUOTA', '#user/' + ALICE), self.say(c, 'GETQUOTA', '#user/nobody@example.org')
        self.assertEqual(a, b)
        self.assertRegex(a[1], 'NOPERM')
        self.assertRegex(self.say(c, 'SETQUOTA', root, '(STORAGE 9)')[1], 'NOPERM')

    def test_quota_is_kept(self):
        c = self.account('q2@example.org', '--quota', '2K')
        self.assertEqual(c.append('INBOX', None, None, MESSAGE)[0], 'OK')
        c.append('INBOX', None, None, MESSAGE)
        kind, data = c.append('INBOX', None, None, MESSAGE * 2)
        self.assertEqual(kind, 'NO')
        self.assertIn(b'OVERQUOTA', data[0])
        c = self.account('q3@example.org', '--quota-messages', '2', '--quota-mailboxes', '7')
        for _ in range(2):
            self.assertEqual(c.append('INBOX', None, None, MESSAGE)[0], 'OK')
        self.assertIn(b'OVERQUOTA', c.append('INBOX', None, None, MESSAGE)[1][0])
        # A copy inside the account is the same message.
        c.select('INBOX')
        self.assertEqual(c.copy('1', 'Archive')[0], 'OK')
        self.assertEqual(c.create('one')[0], 'OK')
        kind, data = c.create('two/three')
        self.assertEqual(kind, 'NO')
        self.assertIn(b'OVERQUOTA', data[0])
        self.assertIn(b'OVERQUOTA', self.say(c, 'RENAME', 'INBOX', 'old')[1].encode())
        # Room again at once.
        c.store('2', '+FLAGS', '\\Deleted')
        kind, data = c.status('INBOX', '(MESSAGES DELETED DELETED-STORAGE)')
        self.assertEqual(data[0].decode(), 'INBOX (MESSAGES 2 DELETED 1 DELETED-STORAGE %d)' % len(MESSAGE))
        c.expunge()
        self.assertEqual(c.append('INBOX', None, None, MESSAGE)[0], 'OK')

    def test_quota_by_administrators(self):
        self.account('q4@example.org')
        root, c = '#user/q4@example.org', self.p.imap(ROOT)
        kind, _, said = self.say(c, 'SETQUOTA', root, '(STORAGE 510 MESSAGE 20)')
        self.assertEqual((kind, said['QUOTA']), ('OK', [root + ' (STORAGE 0 510 MESSAGE 0 20)']))
        self.assertEqual(self.say(c, 'GETQUOTA', root)[2]['QUOTA'], [root + ' (STORAGE 0 510 MESSAGE 0 20)'])
        # What is not named is taken away.
        self.assertEqual(self.say(c, 'SETQUOTA', root, '(MAILBOX 9)')[2]['QUOTA'], [root + ' (MAILBOX 6 9)'])
        told = json.loads(self.run_('account', 'show', 'q4@example.org', '--json'))
        self.assertEqual((told['quota'], told['quota_messages'], told['quota_mailboxes'], told['used_mailboxes']), (None, None, 9, 6))
        for bad in ('(STORAGE 0)', '(SOMETHING 1)'):
            self.assertRegex(self.say(c, 'SETQUOTA', root, bad)[1], 'CANNOT')
        self.assertRegex(self.say(c, 'SETQUOTA', '#user/nobody@example.org', '(STORAGE 1)')[1], 'NOPERM')
        # An account that was never used, too.
        self.p.postern('account', 'add', 'q5@example.org', input='secret\n')
        for command in (('SETQUOTA', '#user/q5@example.org', '(MESSAGE 4)'), ('GETQUOTA', '#user/q5@example.org')):
            self.assertEqual(self.say(c, *command)[2]['QUOTA'], ['#user/q5@example.org (MESSAGE 0 4)'])
        self.run_('account', 'set', 'q5@example.org', '--quota-messages', 'none')
        self.assertIsNone(json.loads(self.run_('account', 'show', 'q5@example.org', '--json'))['quota_messages'])
        self.run_('account', 'set', 'q5@example.org', '--quota-messages', '0', status=64)

    def test_delivery_over_quota(self):
        self.account('q6@example.org', '--quota-messages', '1')
        self.assertRegex(self.p.deliver('q6@example.org', MESSAGE)[0], '^250 ')
        self.assertRegex(self.p.deliver('q6@example.org', MESSAGE)[0], '^452 4.2.2 ')
        with Instance(accounts=[ALICE + '=secret'], conf='\nlmtp.over_quota = permanent\n') as p:
            p.postern('account', 'set', ALICE, '--quota', '1K')
            self.assertRegex(p.deliver(ALICE, MESSAGE)[0], '^250 ')
            self.assertRegex(p.deliver(ALICE, MESSAGE)[0], '^552 5.2.2 ')

    # --- side doors
    def test_what_is_not_shared_is_not_there(self):
        """Every command that names a mailbox, with one that is not shared, one that does not exist, and one of nobody."""
        alice, bob = self.p.imap(ALICE), self.p.imap(BOB)
        alice.create('Secret')
        bob.append('INBOX', None, None, MESSAGE)
        commands = [('SELECT', '%s'), ('EXAMINE', '%s'), ('STATUS', '%s', '(MESSAGES UIDNEXT)'), ('CREATE', '%s/x'), ('DELETE', '%s'),
                    ('RENAME', '%s', 'x'), ('RENAME', 'Archive', '%s/x'), ('SUBSCRIBE', '%s'), ('UNSUBSCRIBE', '%s'),
                    ('LIST', '""', '%s'), ('LSUB', '""', '%s'), ('LIST', '""', '%s', 'RETURN (STATUS (MESSAGES) MYRIGHTS)'),
                    ('APPEND', '%s', '{3+}\r\na:b'), ('UID COPY', '1', '%s'), ('UID MOVE', '1', '%s'), ('GETACL', '%s'),
                    ('SETACL', '%s', BOB, 'lr'), ('DELETEACL', '%s', BOB), ('LISTRIGHTS', '%s', BOB), ('MYRIGHTS', '%s'),
                    ('GETMETADATA', '%s', '/shared/comment'), ('SETMETADATA', '%s', '(/private/comment "x")'), ('GETQUOTAROOT', '%s')]

        def answers(name):
            out = []
            for words in commands:
                s = self.p.imap(BOB)
                s.select('INBOX')
                tag = b't'
                s.send(tag + b' ' + ' '.join(w.replace('%s', '"%s"' % name if w == '%s' else '"' + name, 1) + ('"' if w.startswith('%s/') else '')
                                             for w in words).encode() + b'\r\n')
                lines = []
                while True:
                    lines.append(s.readline().decode().replace(name, 'NAME'))
                    if not lines[-1] or lines[-1].startswith('t '):
                        break
                out.append((words, lines))
                s.shutdown()
            return out
        for share in (False, True):
            if share:
                alice.create('Open')
                self.run_('acl', 'set', '--account', ALICE, 'Open', BOB, 'lrswipkxtea')
            there = answers('Other Users/%s/Secret' % ALICE)
            self.assertEqual(there, answers('Other Users/%s/Absent' % ALICE))
            if not share:    # an account that shares something is no secret
                self.assertEqual(there, answers('Other Users/nobody@example.org/Secret'))
            for words, lines in there:
                if words[0] not in ('LIST', 'LSUB', 'GETQUOTAROOT'):
                    self.assertRegex(lines[-1], '^t NO ', words)
        self.run_('acl', 'delete', '--account', ALICE, 'Open', BOB)
        self.assertEqual(self.say(alice, 'STATUS', 'Secret', '(MESSAGES)')[2]['STATUS'], ['Secret (MESSAGES 0)'])

    # --- sharing from the shell
    def test_acl(self):
        alice = self.p.imap(ALICE)
        alice.create('Team')
        acl = ('--account', ALICE, 'Team')
        self.run_('group', 'add', 'team@example.org', '--member', BOB)
        self.run_('acl', 'set', *acl, 'team@example.org', 'lr')
        self.run_('acl', 'set', *acl, 'anyone', 'l')
        self.run_('acl', 'set', *acl, 'team@example.org', '+i')
        self.run_('acl', 'set', '--account', ALICE, '--', 'Team', '-' + SALES, 'l')
        told = json.loads(self.run_('acl', 'list', *acl, '--json'))
        self.assertEqual([(e['identifier'], e['negative'], e['rights']) for e in told],
                         [(ALICE, False, 'lrswipkxtecdan'), ('team@example.org', False, 'lri'), ('anyone', False, 'l'), (SALES, True, 'l')])
        name = '"Other Users/%s/Team"' % ALICE
        bob, sales = self.p.imap(BOB), self.p.imap(SALES)
        self.assertEqual(self.say(bob, 'MYRIGHTS', name)[2]['MYRIGHTS'], [name + ' lri'])
        self.assertRegex(self.say(sales, 'MYRIGHTS', name)[1], 'NONEXISTENT')
        # Who leaves the group loses what it had: his session ends and he finds the rest.
        self.run_('group', 'set', 'team@example.org', '--member', ALICE)
        bob = self.p.imap(BOB)
        self.assertEqual(self.say(bob, 'MYRIGHTS', name)[2]['MYRIGHTS'], [name + ' l'])
        # An identifier that is no more.
        self.run_('group', 'delete', 'team@example.org')
        told = [e['identifier'] for e in json.loads(self.run_('acl', 'list', *acl, '--json'))]
        self.assertRegex(told[1], '^#[0-9]+$')
        self.assertIn(told[1], self.run_('acl', 'list', *acl))
        self.run_('acl', 'delete', *acl, told[1])
        self.run_('acl', 'delete', *acl, 'anyone')
        self.assertRegex(self.say(bob, 'MYRIGHTS', name)[1], 'NONEXISTENT')
        self.run_('acl', 'delete', *acl, 'anyone', status=67)
        self.run_('acl', 'set', *acl, 'nobody@example.org', 'l', status=67)
        self.run_('alias', 'add', 'alias@example.org', '--to', BOB)
        self.run_('acl', 'set', *acl, 'alias@example.org', 'l', status=67)
        self.run_('acl', 'set', *acl, BOB, 'lq', status=64)

    def test_shared_namespace_and_subscriptions(self):
        # An account that nobody logs in to is everybody's: Shared.
        self.account('info@example.org').logout()
        self.run_('acl', 'set', '--account', 'info@example.org', 'INBOX', BOB, 'lrsi')
        self.run_('account', 'set', 'info@example.org', '--disable')
        bob = self.p.imap(BOB)
        name = 'Shared/info@example.org/INBOX'
        self.assertEqual(bob.list('""', 'Shared/*')[1], [b'(\\HasNoChildren) "/" ' + name.encode()])
        self.run_('subscribe', '--account', BOB, name)
        self.assertIn(name, self.run_('subscriptions', '--account', BOB).split('\n'))
        self.assertIn(b'() "/" ' + name.encode(), bob.lsub('""', '*')[1])
        self.assertEqual(bob.unsubscribe(name)[0], 'OK')
        self.assertNotIn(name, json.loads(self.run_('subscriptions', '--account', BOB, '--json')))
        self.run_('unsubscribe', '--account', BOB, 'Sent')
        self.assertNotIn('Sent', self.run_('subscriptions', '--account', BOB).split('\n'))
        self.run_('subscribe', '--account', BOB, 'Sent')
        self.run_('subscribe', '--account', BOB, 'Shared/info@example.org/Secret', status=67)
        # A name whose mailbox was deleted stays subscribed until somebody ends that.
        for command in (bob.create, bob.subscribe, bob.delete):
            self.assertEqual(command('Gone')[0], 'OK')
        self.assertIn('Gone', self.run_('subscriptions', '--account', BOB).split('\n'))
        self.run_('unsubscribe', '--account', BOB, 'Gone')
        self.assertNotIn('Gone', self.run_('subscriptions', '--account', BOB).split('\n'))
        self.run_('unsubscribe', '--account', BOB, 'Gone', status=67)
        # Mail that comes in is seen by who watches, and counts in the owner's quota whoever adds it.
        bob.select(name)
        self.assertRegex(self.p.deliver('info@example.org', MESSAGE)[0], '^250 ')
        self.assertEqual(bob.noop()[0], 'OK')
        self.assertEqual(bob.response('EXISTS')[1][-1], b'1')
        self.run_('account', 'set', 'info@example.org', '--quota-messages', '2')
        self.assertRegex(self.p.deliver('info@example.org', MESSAGE)[0], '^250 ')
        kind, data = bob.append(name, None, None, MESSAGE)
        self.assertEqual(kind, 'NO')
        self.assertIn(b'OVERQUOTA', data[0])
        # COPY from one's own mailbox there: all or nothing.
        for _ in range(2):
            bob.append('INBOX', None, None, MESSAGE)
        bob.select('INBOX')
        self.assertRegex(self.say(bob, 'COPY', '1:*', name)[1], 'OVERQUOTA')
        self.assertRegex(self.say(bob, 'MOVE', '1:*', name)[1], 'OVERQUOTA')
        self.assertEqual(self.say(bob, 'STATUS', name, '(MESSAGES)')[2]['STATUS'], [name + ' (MESSAGES 2)'])
        # GETQUOTAROOT of what is somebody else's names no root.
        self.assertEqual(self.say(bob, 'GETQUOTAROOT', name)[2], {'QUOTAROOT': [name]})

    def test_large_message_between_accounts(self):
        body = b'From: a@example.net\r\nSubject: large\r\n\r\n' + b'0123456789abcdef' * 40_000 + b'\r\n'
        self.assertRegex(self.p.deliver(ALICE, body)[0], '^250 ')
        alice = self.p.imap(ALICE)
        self.run_('acl', 'set', '--account', BOB, 'Archive', ALICE, 'lrswite')
        alice.select('INBOX')
        uid = alice.search(None, 'SUBJECT', 'large')[1][0].decode()
        before = alice.fetch(uid, '(BODY.PEEK[] INTERNALDATE ENVELOPE)')[1]
        name = 'Other Users/%s/Archive' % BOB
        self.assertEqual(self.say(alice, 'MOVE', uid, '"%s"' % name)[0], 'OK')
        alice.select('"%s"' % name)
        after = alice.fetch('1', '(BODY.PEEK[] INTERNALDATE ENVELOPE)')[1]
        self.assertEqual(before[0][1], after[0][1])
        self.assertEqual(re.sub(rb'^\d+ ', b'', before[0][0]), re.sub(rb'^\d+ ', b'', after[0][0]))
        # Delivered-To and Return-Path stand in front of it there, too.
        self.assertRegex(after[0][1][:200], b'(?s)Return-Path:.*Delivered-To: ' + ALICE.encode())

    # --- annotations from the shell
    def test_metadata(self):
        alice = self.p.imap(ALICE)
        self.run_('metadata', 'set', '/shared/comment', 'Shared comment')
        self.run_('metadata', 'set', '/shared/admin', 'mailto:root@example.org')
        self.assertEqual(self.say(alice, 'GETMETADATA', '""', '(/shared/comment /shared/admin)')[2]['METADATA'],
                         ['"" (/shared/admin "mailto:root@example.org" /shared/comment "Shared comment")'])
        self.assertEqual(self.run_('metadata', 'get', '/shared/comment'), 'Shared comment\n')
        box = ('--account', ALICE, '--mailbox', 'INBOX')
        self.say(alice, 'SETMETADATA', 'INBOX', '(/private/comment "mine")')
        self.run_('metadata', 'set', *box, '/shared/comment', '-', input='two\nlines\n')
        self.assertEqual(json.loads(self.run_('metadata', 'list', *box, '--json')),
                         [{'entry': '/shared/comment', 'value': 'two\nlines\n'}, {'entry': '/private/comment', 'value': 'mine'}])
        self.assertIn('/private/comment  mine\n', self.run_('metadata', 'list', *box))
        self.run_('metadata', 'set', *box, '/private/comment', '--remove')
        self.run_('metadata', 'get', *box, '/private/comment', status=1)
        for bad in (['get', 'comment'], ['get', '/private/a*'], ['set', '/shared/x'], ['get', '--mailbox', 'INBOX', '/shared/x']):
            self.run_('metadata', *bad, status=64)
        self.run_('metadata', 'get', '--account', ALICE, '--mailbox', 'nosuch', '/shared/x', status=67)
        self.run_('metadata', 'set', '/private/x', 'y', status=2)


if __name__ == '__main__':
    if not os.path.exists(os.path.join(BIN, 'master')):
        print('no master in', BIN)
        sys.exit(77)
    unittest.main()
