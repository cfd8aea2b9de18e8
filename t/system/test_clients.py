#!/usr/bin/env python3
"""Debian's clients against an instance: mbsync, offlineimap, curl, imaplib, poplib, mutt, fetchmail, getmail, and JMAP by hand.  What they
fetch is what came in, byte by byte, with flags and dates.  A client that is not installed is skipped by name."""
import imaplib
import os
import poplib
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from corpus import as_maildir, corpus, large, over_imap  # noqa: E402
import mail_clients  # noqa: E402
from mail_clients import lf, maildir, run, write  # noqa: E402
from postern_test import Instance  # noqa: E402

WHO = 'alice@example.org'
poplib._MAXLINE = 1 << 20   # it gives up at 2048
CLIENTS = ('mbsync', 'offlineimap', 'curl', 'mutt', 'fetchmail', 'getmail')


def needs(client):
    return unittest.skipUnless(shutil.which(client), '%s is missing' % client)


def tearDownModule():
    if Base.p:
        shutil.rmtree(Base.src, ignore_errors=True)
        Base.p.__exit__(None, None, None)


class Base(unittest.TestCase):
    p = None

    @classmethod
    def setUpClass(cls):
        if not Base.p:
            Base.fill()

    @classmethod
    def fill(cls):
        cls.p = p = Instance(accounts=[n + '@example.org=secret' for n in ('alice', 'bob', 'carol')])
        p.__enter__()
        # INBOX by import with flags and dates; Work/Old without; one message by LMTP, with what delivery puts before it.
        cls.src = tempfile.mkdtemp(prefix='postern-clients-')
        cls.imported = as_maildir([*corpus().values(), large()], cls.src + '/M')
        p.postern('import', 'maildir', '--account', WHO, cls.src + '/M')
        p.postern('import', 'eml', '--account', WHO, '--mailbox', 'Work/Old', '-', input='Subject: old\n\nin a mailbox\n')
        assert p.deliver(WHO, b'Subject: by LMTP\n\n.dot\n..\n')[0].startswith('250')
        by_lmtp = mail_clients.Imaplib().fetch(p, WHO, 'INBOX', None)[-1]
        assert by_lmtp[0].endswith(b'Subject: by LMTP\r\n\r\n.dot\r\n..\r\n'), by_lmtp
        cls.inbox = cls.imported + [by_lmtp]

    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix='postern-client-')
        self.addCleanup(shutil.rmtree, self.dir, True)

    def run_(self, *args, **more):
        return run(*args, folder=self.dir, **more)

    def write(self, name, text):
        return write(self.dir, name, text)

    def whole(self, client, stored, who=WHO):
        if client.program and not shutil.which(client.program):
            self.skipTest(client.program + ' is missing')
        wrong, compared = mail_clients.differences(client, stored, client.fetch(self.p, who, 'INBOX', self.dir))
        self.assertEqual(wrong, [])
        return compared

    def take(self, got, want):
        """What is left of `got` when each of `want` has been taken from it."""
        got = list(got)
        for w in want:
            if w not in got:
                near = [g for g in got if (g[0] == w[0] if isinstance(w, tuple) else g[:60] == w[:60])]
                self.fail('missing or changed: %r; near: %r' % (str(w)[:900], str(near)[:900]))
            got.remove(w)
        return got


class Whole(Base):
    """Each client fetches the INBOX: bytes, flags and dates are what came in, but for what the client itself does to a message."""
    def test_imaplib(self):
        self.assertEqual(self.whole(mail_clients.Imaplib(), self.inbox), len(self.inbox))

    def test_jmap(self):
        self.assertEqual(self.whole(mail_clients.Jmap(), self.inbox), len(self.inbox))

    def test_mbsync(self):
        client = mail_clients.Mbsync()
        self.assertGreaterEqual(self.whole(client, self.inbox), len(self.inbox) - 2)
        self.assertRegex(maildir(self.dir + '/mail/Work/Old')[0][0], rb'^Subject: old\nX-TUID: \S+\n\nin a mailbox\n$')
        before = sorted(maildir(self.dir + '/mail/INBOX'))
        self.assertEqual(sorted(client.fetch(self.p, WHO, 'INBOX', self.dir)), before)   # nothing new

    def test_offlineimap(self):
        self.assertGreater(self.whole(mail_clients.Offlineimap(), self.inbox), 8)

    def test_mutt(self):
        self.assertGreater(self.whole(mail_clients.Mutt(), self.inbox), 20)

    def test_curl(self):
        # An account of its own: it marks what it reads.
        self.p.postern('import', 'maildir', '--account', 'carol@example.org', self.src + '/M')
        self.assertEqual(self.whole(mail_clients.Curl(), self.imported, 'carol@example.org'), len(self.imported))


class Mbsync(Base):
    @needs('mbsync')
    def test_two_way(self):
        # Changes on both sides meet: new here, flags here, expunged here; new there, flags there.
        who = 'bob@example.org'
        c = self.p.imap(who)
        for i in range(4):
            c.append('INBOX', '', '"02-Feb-2020 02:02:0%d +0000"' % i, b'Subject: m%d\r\n\r\nbody\r\n' % i)
        rc = mail_clients.Mbsync().configure(self.p, who, self.dir, 'Sync All\nExpunge Both\nCreate Both')
        self.run_('mbsync', '-c', rc, '-a')
        inbox = self.dir + '/mail/INBOX'
        names = {}
        for sub in ('new', 'cur'):
            for n in os.listdir(inbox + '/' + sub):
                with open(inbox + '/' + sub + '/' + n) as f:
                    names[f.readline().strip()] = (sub, n)
        sub, n = names['Subject: m0']
        os.rename(inbox + '/' + sub + '/' + n, inbox + '/cur/' + n.partition(':2,')[0] + ':2,FS')
        sub, n = names['Subject: m1']
        os.rename(inbox + '/' + sub + '/' + n, inbox + '/cur/' + n.partition(':2,')[0] + ':2,T')
        with open(inbox + '/new/1500000000.x.y', 'w') as f:
            f.write('Subject: from here\n\nnew\n')
        c.select()
        c.store('3', '+FLAGS', r'(\Answered)')
        c.append('INBOX', '', None, b'Subject: from there\r\n\r\nnew\r\n')
        self.run_('mbsync', '-c', rc, '-a')
        c.noop()
        found = {}
        typ, data = c.fetch('1:*', '(FLAGS BODY.PEEK[])')
        for one in data:
            if isinstance(one, tuple):
                text = one[0].decode() + (data[data.index(one) + 1].decode() if isinstance(data[data.index(one) + 1], bytes) else '')
                found[re.search(rb'Subject: (.*)\r\n', one[1])[1].decode()] = {f for f in imaplib.ParseFlags(text.encode()) if f != b'\\Recent'}
        c.logout()
        self.assertEqual(found, {'m0': {b'\\Flagged', b'\\Seen'}, 'm2': {b'\\Answered'}, 'm3': set(), 'from here': set(), 'from there': set()})
        here = {b.split(b'\n')[0].decode()[9:]: f for b, f, _ in maildir(inbox)}
        self.assertEqual(here, {'m0': 'FS', 'm2': 'R', 'm3': '', 'from here': '', 'from there': ''})


class Curl(Base):
    WHO = 'bob@example.org'

    @needs('curl')
    def test_starttls_and_append(self):
        out = self.run_('curl', '-svk', '--ssl-reqd', '-u', self.WHO + ':secret', 'imap://127.0.0.1:%d/' % self.p.port('imap'), '-X', 'STATUS INBOX (MESSAGES)')
        self.assertIn(b'* STATUS INBOX (MESSAGES ', out.stdout)
        self.assertIn(b'STARTTLS', out.stderr)
        path = self.write('m.eml', 'Subject: from curl\n\nhello\n')
        self.run_('curl', '-sS', 'imap://127.0.0.1:%d/Drafts' % self.p.port('imap'), '-u', self.WHO + ':secret', '-T', path)
        self.assertIn(b'Subject: from curl', self.run_('curl', '-sk', '-u', self.WHO + ':secret', 'imap://127.0.0.1:%d/Drafts;MAILINDEX=1' % self.p.port('imap')).stdout)


class Imaplib(Base):
    def test_pieces(self):
        # A large message, put together again.
        with imaplib.IMAP4_SSL('127.0.0.1', self.p.port('imaps'), timeout=30) as c:
            c.login(WHO, 'secret')
            c.select(readonly=True)
            n = next(i for i, (m, _, _) in enumerate(self.inbox, 1) if m == large())
            whole, at = b'', 0
            while True:
                part = c.fetch(str(n), '(BODY.PEEK[]<%d.1000000>)' % at)[1][0][1]
                whole, at = whole + part, at + len(part)
                if len(part) < 1000000:
                    break
            self.assertTrue(whole == large())

    def test_append_and_fetch(self):
        c = self.p.imap()
        c.create('Appended')
        # imaplib makes CRLF of every bare CR and LF; and takes an empty message for none.
        want = [re.sub(rb'\r\n|\r|\n', b'\r\n', over_imap(m)) for m in corpus().values() if m]
        for m in want:
            self.assertEqual(c.append('Appended', r'(\Flagged)', '"03-Mar-2003 03:03:03 +0100"', m)[0], 'OK')
        c.select('Appended')
        got = [x[1] for x in c.fetch('1:*', '(BODY.PEEK[])')[1] if isinstance(x, tuple)]
        self.assertEqual(self.take(got, want), [])
        dates = set(re.findall(rb'INTERNALDATE "(.*?)"', b'\n'.join(c.fetch('1:*', '(INTERNALDATE)')[1])))
        self.assertEqual(dates, {b' 3-Mar-2003 02:03:03 +0000'})
        c.logout()


def over_pop3(message):
    """As a POP3 client has it: every line has an end."""
    out = over_imap(message)
    return out if not out or out.endswith(b'\r\n') else out + b'\r\n'


class Poplib(Base):
    def take_all(self, c):
        count = c.stat()[0]
        self.assertEqual(count, len(self.inbox))
        sizes = [int(line.split()[1]) for line in c.list()[1]]
        got = [b''.join(line + b'\r\n' for line in c.retr(n)[1]) for n in range(1, count + 1)]
        self.take(got, [over_pop3(m) for m, _, _ in self.inbox])
        # LIST counts what is stored: without the end that a last line lacks.
        self.assertTrue(all(len(g) - s in (0, 2) for g, s in zip(got, sizes)))
        uidls = [line.split()[1] for line in c.uidl()[1]]
        self.assertEqual(len(set(uidls)), count)
        return uidls

    def test_all_ways_in(self):
        tls = ssl._create_unverified_context()
        plain = poplib.POP3('127.0.0.1', self.p.port('pop3'), timeout=30)
        plain.user(WHO)
        plain.pass_('secret')
        first = self.take_all(plain)
        plain.rset()
        plain.close()   # without QUIT nothing becomes \\Seen
        stls = poplib.POP3('127.0.0.1', self.p.port('pop3'), timeout=30)
        stls.stls(tls)
        self.assertIn('UIDL', stls.capa())
        for c in (stls, poplib.POP3_SSL('127.0.0.1', self.p.port('pop3s'), timeout=30, context=tls)):
            c.user(WHO)
            c.pass_('secret')
            self.assertEqual([line.split()[1] for line in c.uidl()[1]], first)
            self.assertEqual(b'\r\n'.join(c.top(1, 0)[1]).rstrip(), over_imap(self.inbox[0][0]).partition(b'\r\n\r\n')[0])
            c.close()


class Pop3Clients(Base):
    """Each with an account of its own, as they delete and mark what they take."""
    def account(self, name):
        self.p.postern('account', 'add', name, input='secret\n')
        self.p.postern('import', 'maildir', '--account', name, self.src + '/M')
        return name

    def bodies(self, messages):
        return [lf(over_pop3(m)).partition(b'\n\n')[2] for m in messages]

    # Messages of which every client makes the same: whole headers, no NUL, no bare CR, no very long line.
    def plain(self):
        return [m for m, _, _ in self.imported if re.match(rb'[!-9;-~]+:', m) and b'\r\n\r\n' in m and b'\0' not in m and not re.search(rb'\r(?!\n)', m)
                and max(map(len, m.split(b'\r\n'))) < 998]

    @needs('curl')
    def test_curl(self):
        who = self.account('curl@example.org')
        url = 'pop3://127.0.0.1:%d/' % self.p.port('pop3')
        listed = self.run_('curl', '-sS', '-u', who + ':secret', url).stdout.split(b'\n')
        self.assertEqual(len([x for x in listed if x.strip()]), len(self.imported))
        got = [self.run_('curl', '-sSk', '--ssl-reqd', '-u', who + ':secret', url + str(n)).stdout for n in range(1, len(self.imported) + 1)]
        self.take(got, [over_pop3(m) for m, _, _ in self.imported if m])   # it has no empty one
        secure = self.run_('curl', '-sSk', '-u', who + ':secret', 'pop3s://127.0.0.1:%d/1' % self.p.port('pop3s')).stdout
        self.assertEqual(secure, got[0])
        self.run_('curl', '-sS', '-u', who + ':secret', '-X', 'DELE', '-l', url + '1', check=False)
        self.assertEqual(self.p.imap(who).select()[1], [b'%d' % (len(self.imported) - 1)])

    def test_mutt(self):
        who = self.account('mutt-pop3@example.org')
        self.assertGreater(self.whole(mail_clients.Mutt('pop3'), self.imported, who), 20)

    def take_script(self):
        """A program that puts each message into a file below out."""
        path = self.write('take', '#!/bin/sh\ncat > "$(mktemp %s/out/XXXXXX)"\n' % self.dir)
        os.chmod(path, 0o700)
        return path

    def taken(self):
        """The bodies."""
        got = []
        for name in os.listdir(self.dir + '/out'):
            with open(os.path.join(self.dir, 'out', name), 'rb') as f:
                body = lf(f.read()).partition(b'\n\n')[2]
            got.append(body if body.endswith(b'\n') or not body else body + b'\n')
        return got

    def fetchmail(self, protocol, who):
        os.mkdir(self.dir + '/out')
        rc = self.write('rc', '''set no bouncemail
poll 127.0.0.1 service {port} protocol {protocol} auth password
  user "{who}" password "secret" fetchall no keep no rewrite no mimedecode sslproto "" mda "{take}"
'''.format(port=self.p.port(protocol.lower()), protocol=protocol, who=who, take=self.take_script()))
        self.run_('fetchmail', '-f', rc, '--nosyslog', '--invisible', '--pidfile', self.dir + '/pid', timeout=120)
        got = self.taken()
        self.take(got, self.bodies(self.plain()))
        self.assertEqual(self.p.imap(who).select()[1], [b'%d' % (len(self.imported) - len(got))])

    @needs('fetchmail')
    def test_fetchmail_pop3(self):
        self.fetchmail('POP3', self.account('fetchmail-pop3@example.org'))

    @needs('fetchmail')
    def test_fetchmail_imap(self):
        self.fetchmail('IMAP', self.account('fetchmail-imap@example.org'))

    def getmail(self, kind, port, who, more='', without=0):
        os.mkdir(self.dir + '/out')
        self.write('getmailrc', '''[retriever]
type = {kind}
server = 127.0.0.1
port = {port}
username = {who}
password = secret
{more}
[destination]
type = MDA_external
path = {take}
allow_root_commands = true
[options]
read_all = false
delete = false
delivered_to = false
received = false
'''.format(kind=kind, port=port, who=who, more=more, take=self.take_script()))
        for _ in range(2):   # the second time there is nothing new
            r = self.run_('getmail', '--getmaildir', self.dir, '--rcfile', 'getmailrc', timeout=120, check=not without)
            got = self.taken()
            self.assertEqual(len(got), len(self.imported) - without, r)
            # It parses and writes messages anew; those in plain ASCII stay as they are.
            self.take(got, self.bodies(m for m in self.plain() if m.isascii() and b'multipart' not in m))

    @needs('getmail')
    def test_getmail_pop3(self):
        self.getmail('SimplePOP3Retriever', self.p.port('pop3'), self.account('getmail-pop3@example.org'))

    @needs('getmail')
    def test_getmail_imap(self):
        self.getmail('SimpleIMAPRetriever', self.p.port('imap'), self.account('getmail-imap@example.org'), 'mailboxes = ("INBOX",)',
                     without=1)   # by IMAP it takes an empty message for none


if __name__ == '__main__':
    if not any(shutil.which(c) for c in CLIENTS):
        print('skipped: none of %s is installed' % ', '.join(CLIENTS))
        sys.exit(77)
    unittest.main()
