#!/usr/bin/env python3
"""MOVE into another account is two commits: one there, one here (cmd/imapd/copy_across.h).  Killed at any point of it, a message
is here or there or, until the move is repeated, in both; never in none; and repeating it makes it whole: each message once, with
its flags."""
import imaplib, os, re, signal, sys, time, unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from postern_test import BIN, Instance  # noqa: E402

HERE, THERE, AWAY = '"Other Users/alice@example.org/Work"', 'Archive', '"Other Users/alice@example.org/Back"'
# Program, point and the visits of it that one move of three messages makes.
POINTS = [('imapd', 'across.added', (1, 2, 3)), ('imapd', 'across.marked', (1,)), ('imapd', 'imap.reply', (1,)),
          ('stored', 'append', (1, 2, 3)), ('stored', 'blob.written', (1, 3)), ('stored', 'commit.before', range(1, 6)),
          ('stored', 'commit.after', range(1, 6)), ('stored', 'kv.flush.after', (1, 3)), ('stored', 'expunge', (1,)),
          ('stored', 'stored.reply', (1, 3, 5, 6))]


class Killed(Exception):
    pass


class Across(unittest.TestCase):
    def setUp(self):
        self.p = Instance()
        self.file = os.path.join(self.p.dir, 'run', 'kill-point')
        self.p.env['POSTERN_KILL'] = '@' + self.file
        self.p.start()
        self.addCleanup(self.p.stop)
        self.alice = self.connect('alice@example.org')
        for name in ('Work', 'Back'):
            self.ask(self.alice, 'CREATE', name)
            self.ask(self.alice, 'SETACL', name, 'bob@example.org', 'lrswite')
        self.number = 0

    def connect(self, user='bob@example.org'):
        end = time.time() + 60
        while True:
            try:
                return self.p.imap(user)
            except (OSError, imaplib.IMAP4.error):
                if time.time() > end:
                    raise
                time.sleep(0.05)

    def ask(self, c, command, *args):
        try:
            kind, data = c._simple_command(command, *args)
        except (OSError, imaplib.IMAP4.abort) as e:
            raise Killed(str(e))
        self.assertEqual(kind, 'OK', (command, data))
        return data

    def subjects(self, mailbox):
        """{subject: [flags]} of what is there."""
        c = self.connect()
        c.select(mailbox, readonly=True)
        out = {}
        for part in c.fetch('1:*', '(FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])')[1] if c.untagged_responses['EXISTS'][-1] != b'0' else []:
            if isinstance(part, tuple):
                out.setdefault(re.search(rb'm\d+', part[1])[0].decode(), []).append(part[0])
        c.logout()
        return out

    def arm(self, *what):
        with open(self.file + '.new', 'w') as f:
            f.write('%s %s %d\n' % what)
        os.chmod(self.file + '.new', 0o644)
        os.rename(self.file + '.new', self.file)

    def deaths(self):
        with open(os.path.join(self.p.dir, 'master.out'), errors='replace') as f:
            return f.read().count('event=kill_point')

    def move(self, source, target, what=None):
        """Whether the move was acknowledged."""
        c = self.connect()
        self.ask(c, 'SELECT', source)
        c.state = 'SELECTED'
        if what:
            self.arm(*what)
        try:
            try:
                kind, data = c._simple_command('MOVE', '1:*', target)
            except (OSError, imaplib.IMAP4.abort) as e:
                raise Killed(str(e))
            if kind == 'NO' and what:   # the store was away: nothing is promised
                return False
            self.assertEqual(kind, 'OK', data)
            return True
        except Killed:
            return False
        finally:
            if what:
                os.unlink(self.file)
                time.sleep(0.01)
                self.p.master.send_signal(signal.SIGHUP)  # who has just died is started again at once
            try:
                c.shutdown()
            except OSError:
                pass

    def put(self):
        """Three new messages here; their subjects."""
        alice = self.connect('alice@example.org')
        names = []
        for flags in (None, r'(\Flagged)', r'(\Seen word)'):
            self.number += 1
            names.append('m%d' % self.number)
            alice.append('Work', flags, None, b'Subject: %s\r\n\r\n%s\r\n' % (names[-1].encode(), b'x' * 300))
        alice.logout()
        return names

    def test_every_point(self):
        # EVERY_POINT=1 walks through all visits, which takes minutes.
        every, tried = os.environ.get('EVERY_POINT'), 0
        for program, point, visits in POINTS:
            for visit in visits if every else visits[-1:]:
                with self.subTest(point=point, visit=visit):
                    before = self.deaths()
                    names = self.put()
                    done = self.move(HERE, THERE, (program, point, visit))
                    tried += self.deaths() > before
                    here, there = self.subjects(HERE), self.subjects(THERE)
                    for name in names:
                        self.assertTrue(name in here or name in there, name + ' is lost')
                        self.assertLessEqual(len(there.get(name, [])), 1, name + ' came twice')
                        if done:
                            self.assertNotIn(name, here)
                    if here:
                        self.assertTrue(self.move(HERE, THERE))
                    there = self.subjects(THERE)
                    self.assertEqual(self.subjects(HERE), {})
                    for name, flag in zip(names, (None, rb'\Flagged', rb'\Seen')):
                        self.assertEqual(len(there[name]), 1, name)
                        self.assertNotIn(rb'\Deleted', there[name][0])
                        if flag:
                            self.assertIn(flag, there[name][0])
                    self.assertTrue(self.move(THERE, AWAY))
        self.assertGreater(tried, 15 if every else 4, 'hardly anything was killed')

    def test_what_was_thrown_away_meanwhile_comes_again(self):
        # Added there, not yet gone here; there it is deleted; a move of what is still here must not lose it.
        name, = self.put()[:1]
        self.assertFalse(self.move(HERE, THERE, ('imapd', 'across.added', 1)))
        bob = self.connect()
        bob.select(THERE)
        bob.store('1:*', '+FLAGS', r'(\Deleted)')
        bob.expunge()
        self.assertTrue(self.move(HERE, THERE))
        self.assertEqual(len(self.subjects(THERE)[name]), 1)

    def test_what_was_filed_elsewhere_meanwhile_stays_there(self):
        name, = self.put()[:1]
        self.assertFalse(self.move(HERE, THERE, ('imapd', 'across.added', 1)))
        bob = self.connect()
        bob.select(THERE)
        bob.uid('MOVE', '1:*', 'Sent')
        self.assertTrue(self.move(HERE, THERE))
        self.assertEqual(len(self.subjects('Sent')[name]), 1)
        self.assertNotIn(name, self.subjects(THERE))
        self.assertEqual(self.subjects(HERE), {})


if __name__ == '__main__':
    if not os.path.exists(os.path.join(BIN, 'master')):
        print('no master in', BIN)
        sys.exit(77)
    unittest.main()
