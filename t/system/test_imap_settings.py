#!/usr/bin/env python3
"""The settings of imapd do what postern.conf(5) says, each at its limit and past it.  (imap.max_request_size,
imap.message_limit, imap.save_limit, imap.nonsync_literals, imap.id, imap.capabilities_off, imap.progress_interval: see the
transcripts appendlimit, message_limit, save_limit, literal_minus, id, capabilities_off, inprogress in t/protocol/imap.)"""
import os, re, socket, subprocess, sys, tempfile, time, unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from postern_test import BIN, Instance  # noqa: E402


class Line:
    """A connection, line by line."""
    def __init__(self, p):
        self.sock = socket.create_connection(('127.0.0.1', p.port('imap')), timeout=30)
        self.file = self.sock.makefile('rwb')
        self.greeting = self.read()

    def read(self):
        return self.file.readline().decode().rstrip('\r\n')

    def write(self, text):
        self.file.write(text.encode())
        self.file.flush()

    def ask(self, command):
        """The tagged answer; the untagged ones before it in self.untagged."""
        self.write('x ' + command + '\r\n')
        self.untagged = []
        while True:
            line = self.read()
            if not line or line.startswith('x '):
                return line
            self.untagged.append(line)

    def login(self, user='alice@example.org', password='secret'):
        return self.ask('LOGIN %s %s' % (user, password))

    def rest_or_tagged(self):
        """The line that ends a command or the session, BYE too."""
        while (line := self.read()) and not line.startswith(('x ', '* BYE')):
            pass
        return line

    def rest(self):
        out = []
        while line := self.read():
            out.append(line)
        return out

    def close(self):
        self.file.close()
        self.sock.close()


def instance(conf, quickstart=True):
    p = Instance(conf=conf)
    if not quickstart:
        path = os.path.join(p.etc, 'postern.conf')
        with open(path) as f:
            text = f.read()
        with open(path, 'w') as f:
            f.write(re.sub(r'(?m)^quickstart *=.*$', 'quickstart = no', text))
    return p


class Settings(unittest.TestCase):
    def test_timeouts(self):
        with instance('imap.login_timeout = 1s\nimap.timeout = 2s\n') as p:
            self.assertEqual(Line(p).rest(), ['* BYE Login timed out'])
            # Commands do not make the time before login longer.
            c = Line(p)
            c.ask('NOOP')
            self.assertEqual(c.rest(), ['* BYE Login timed out'])
            c = Line(p)
            self.assertRegex(c.login(), '^x OK ')
            self.assertEqual(c.rest(), ['* BYE Idle for too long'])
            c = Line(p)
            c.login()
            c.write('x IDLE\r\n')
            self.assertEqual(c.read()[:2], '+ ')
            self.assertEqual(c.rest(), ['* BYE Idle for too long'])

    def test_login_failures(self):
        with instance('imap.login_failures = 2\nauth.slow_loopback = no\n') as p:
            c = Line(p)
            self.assertIn('[AUTHENTICATIONFAILED]', c.login(password='wrong'))
            self.assertRegex(c.login(), '^x OK ')
            c = Line(p)
            self.assertIn('[AUTHENTICATIONFAILED]', c.login(password='wrong'))
            self.assertIn('[AUTHENTICATIONFAILED]', c.login(password='wrong'))
            self.assertEqual(c.untagged, ['* BYE Too many failed logins'])
            self.assertEqual(c.rest(), [])

    def test_connections_of_an_account(self):
        with instance('imap.connections_per_account = 2\nimap.connections_per_address = none\n'
                      'auth.clear_text = loopback\n', quickstart=False) as p:
            a, b, c, d = Line(p), Line(p), Line(p), Line(p)
            self.assertRegex(a.login(), '^x OK ')
            self.assertRegex(b.login(), '^x OK ')
            self.assertIn('NO [LIMIT]', c.login())
            self.assertEqual(c.untagged, ['* BYE Too many connections of this account'])
            self.assertRegex(d.login('bob@example.org'), '^x OK ')
            # Who has left makes room, at LOGOUT as well as at UNAUTHENTICATE.
            a.ask('LOGOUT')
            a.rest()
            e = Line(p)
            self.assertRegex(e.login(), '^x OK ')
            e.ask('UNAUTHENTICATE')
            f = Line(p)
            self.assertRegex(f.login(), '^x OK ')
            # It has left once, not again when it goes.
            e.close()
            f.ask('LOGOUT')
            g, h, i = Line(p), Line(p), Line(p)
            self.assertRegex(g.login(), '^x OK ')
            self.assertIn('NO [LIMIT]', h.login())
            self.assertRegex(f.ask('NOOP') or 'gone', '^gone')
            self.assertRegex(i.login('bob@example.org'), '^x OK ')

    def test_connections_of_an_address(self):
        with instance('imap.connections_per_address = 3\nauth.clear_text = loopback\n', quickstart=False) as p:
            open_ones = [Line(p) for _ in range(3)]
            self.assertTrue(all(c.greeting.startswith('* OK') for c in open_ones))
            self.assertFalse(Line(p).greeting.startswith('* OK'))
            open_ones[0].ask('LOGOUT')
            open_ones[0].rest()
            open_ones[0].close()
            while not Line(p).greeting.startswith('* OK'):  # its end may be seen a moment later
                pass

    def test_none_in_a_quickstart_instance(self):
        with instance('') as p:
            lines = [Line(p) for _ in range(20)]
            for c in lines:
                self.assertRegex(c.login(), '^x OK ')

    def test_request_rate(self):
        # A minute's worth may come at once; those after it wait, in any session of the account.
        with instance('imap.commands_per_minute = 60\n') as p:
            a, b = Line(p), Line(p)
            a.login()
            b.login()
            start = time.monotonic()
            for _ in range(30):
                a.ask('NOOP')
                b.ask('NOOP')
            a.ask('NOOP')
            b.ask('NOOP')
            self.assertGreater(time.monotonic() - start, 0.9)

    def test_submit_users(self):
        # Only they may use what was signed for submit+NAME (RFC 4467 3).
        with instance('hostname = mail.example.org\nimap.submit_users = submit@example.org, bob@example.org\n') as p:
            a, b = Line(p), Line(p)
            a.login()
            b.login('bob@example.org')
            a.ask('APPEND INBOX {8+}\r\na: b\r\n\r\n')
            a.ask('GENURLAUTH "imap://alice%40example.org@mail.example.org/INBOX/;uid=1;urlauth=submit+alice" INTERNAL')
            url = re.search('"(.*)"', a.untagged[-1])[1]
            a.ask('URLFETCH "%s"' % url)
            self.assertEqual(a.untagged, ['* URLFETCH "%s" NIL' % url])
            b.ask('URLFETCH "%s"' % url)
            self.assertEqual(b.untagged[:2], ['* URLFETCH "%s" {8}' % url, 'a: b'])

    def test_default_mailboxes(self):
        with instance('store.default_mailboxes = Entwürfe:drafts,Arbeit/Offen\n') as p:
            c = Line(p)
            c.login()
            c.ask('LIST (SUBSCRIBED) "" *')
            names = sorted(re.search(r'"/" (.*)$', line)[1] for line in c.untagged)
            self.assertIn('INBOX', names)
            self.assertIn('Entw&APw-rfe', names)
            self.assertIn('Arbeit', names)
            self.assertIn('Arbeit/Offen', names)
            self.assertTrue(any('\\Drafts' in line and 'Entw' in line for line in c.untagged))

    def test_names_of_namespaces(self):
        share = lambda p: p.postern('acl', 'set', '--account', 'bob@example.org', 'INBOX', 'alice@example.org', 'lr')
        with instance('imap.other_users_namespace = Leute\nimap.shared_namespace = Alle\n') as p:
            share(p)
            p.postern('account', 'add', 'info@example.org', input='x\n')
            p.postern('acl', 'set', '--account', 'info@example.org', 'INBOX', 'alice@example.org', 'lr')
            p.postern('account', 'set', 'info@example.org', '--disable')
            c = Line(p)
            c.login()
            c.ask('NAMESPACE')
            self.assertEqual(c.untagged, ['* NAMESPACE (("" "/")) (("Leute/" "/")) (("Alle/" "/"))'])
            self.assertRegex(c.ask('EXAMINE Leute/bob@example.org/INBOX'), '^x OK ')
            self.assertRegex(c.ask('EXAMINE Alle/info@example.org/INBOX'), '^x OK ')
            self.assertRegex(c.ask('EXAMINE "Other Users/bob@example.org/INBOX"'), r'^x NO \[NONEXISTENT\]')
            c.ask('LIST "" (Leute* Alle*)')
            self.assertEqual(len(c.untagged), 2)
            # The shell knows the same names.
            p.postern('subscribe', '--account', 'alice@example.org', 'Leute/bob@example.org/INBOX')
            self.assertIn('Leute/bob@example.org/INBOX', p.postern('subscriptions', '--account', 'alice@example.org').stdout)
        # No name: there are none.
        with instance('imap.other_users_namespace =\nimap.shared_namespace =\n') as p:
            share(p)
            c = Line(p)
            c.login()
            c.ask('NAMESPACE')
            self.assertEqual(c.untagged, ['* NAMESPACE (("" "/")) NIL NIL'])
            c.ask('LIST "" *')
            self.assertFalse([line for line in c.untagged if 'bob' in line])

    def test_log_level(self):
        rank = ('debug', 'info', 'warning', 'error')
        for level in rank[:3]:
            with instance('log_level = %s\n' % level) as p:
                self.assertRegex(Line(p).login(), '^x OK ')
                self.assertRegex(Line(p).login(password='wrong'), '^x NO ')
                end = time.time() + 30
                while 'event=login_failed' not in p.output() and time.time() < end:
                    time.sleep(0.05)
                said = set(re.findall(r'(?m)^\S+ \w+\[\d+\] level=(\w+) ', p.output()))
                self.assertIn('warning', said)
                self.assertEqual('info' in said, level != 'warning', said)
                self.assertFalse({x for x in said if rank.index(x) < rank.index(level)}, said)

    def test_defaults(self):
        # What sysadmins are promised without a line in postern.conf.
        wanted = {'imap.max_request_size': '50M', 'imap.login_timeout': '60s', 'imap.timeout': '30m', 'imap.login_failures': '3',
                  'imap.connections_per_account': '15', 'imap.connections_per_address': '15', 'imap.message_limit': '1000000',
                  'imap.save_limit': '1000000', 'imap.other_users_namespace': 'Other Users', 'imap.shared_namespace': 'Shared',
                  'store.change_log': '30d', 'log_level': 'info',
                  'store.default_mailboxes': 'Drafts:drafts,Sent:sent,Junk:junk,Trash:trash,Archive:archive'}
        with tempfile.TemporaryDirectory() as etc:
            open(etc + '/postern.conf', 'w').close()
            r = subprocess.run([os.path.join(BIN, 'postern'), '-C', etc, 'config'], stdout=subprocess.PIPE, text=True, check=True,
                               env=dict(os.environ, ASAN_OPTIONS='detect_leaks=0'))
        said = dict(line.split(' = ', 1) for line in r.stdout.splitlines() if ' = ' in line)
        self.assertEqual({k: said.get(k) for k in wanted}, wanted)


if __name__ == '__main__':
    if not os.path.exists(os.path.join(BIN, 'master')):
        print('no master in', BIN)
        sys.exit(77)
    unittest.main()
