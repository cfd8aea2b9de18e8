#!/usr/bin/env python3
"""Debian's clients against an instance: mbsync, offlineimap, curl, imaplib, poplib, mutt, fetchmail, getmail, and JMAP by hand.  What they fetch is
what came in, byte by byte, with flags and dates.  A client that is not installed is skipped by name."""
import base64
import calendar
import imaplib
import json
import os
import poplib
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from corpus import at_the_door, corpus, large, over_imap  # noqa: E402
from postern_test import Instance  # noqa: E402

WHO = 'alice@example.org'
poplib._MAXLINE = 1 << 20   # it gives up at 2048
CLIENTS = {'mbsync': 'mbsync', 'offlineimap': 'offlineimap', 'curl': 'curl', 'mutt': 'mutt', 'fetchmail': 'fetchmail', 'getmail': 'getmail'}
FLAGS = ['', 'S', 'FS', 'RS', 'D', 'FRST'.replace('T', '')]
IMAP_FLAG = {'S': '\\Seen', 'F': '\\Flagged', 'R': '\\Answered', 'D': '\\Draft'}


def needs(client):
    return unittest.skipUnless(shutil.which(CLIENTS[client]), '%s is missing' % client)


def tearDownModule():
    if Base.p:
        shutil.rmtree(Base.src, ignore_errors=True)
        Base.p.__exit__(None, None, None)


def lf(message):
    return message.replace(b'\r\n', b'\n')


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
        cls.inbox = []     # (bytes as they are stored, flags, date)
        for i, (name, data) in enumerate(list(corpus().items()) + [('large', large())]):
            flags = FLAGS[i % len(FLAGS)]
            path = '%s/M/cur/%02d:2,%s' % (cls.src, i, flags)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, 'wb') as f:
                f.write(data)
            os.utime(path, (1500000000 + i, 1500000000 + i))
            cls.inbox.append((at_the_door(data), flags, 1500000000 + i))
        p.postern('import', 'maildir', '--account', WHO, cls.src + '/M')
        p.postern('import', 'eml', '--account', WHO, '--mailbox', 'Work/Old', '-', input='Subject: old\n\nin a mailbox\n')
        assert p.deliver(WHO, b'Subject: by LMTP\n\n.dot\n..\n')[0].startswith('250')

    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix='postern-client-')
        self.addCleanup(shutil.rmtree, self.dir, True)

    def run_(self, *args, input=None, check=True, timeout=60, **env):
        r = subprocess.run(args, env=dict(os.environ, HOME=self.dir, **env), input=input, cwd=self.dir, timeout=timeout,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if check and r.returncode:
            raise AssertionError('%s: exit %d\n%s\n%s' % (args, r.returncode, r.stdout[-2000:].decode('latin-1'), r.stderr[-2000:].decode('latin-1')))
        return r

    def write(self, name, text):
        path = os.path.join(self.dir, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w') as f:
            f.write(text)
        os.chmod(path, 0o600)
        return path

    def maildir(self, folder):
        """[(bytes, flags, mtime)] of a Maildir."""
        out = []
        for sub in ('cur', 'new'):
            for name in os.listdir(os.path.join(folder, sub)):
                path = os.path.join(folder, sub, name)
                with open(path, 'rb') as f:
                    out.append((f.read(), ''.join(sorted(name.rpartition(':2,')[2] if ':2,' in name else '')), int(os.stat(path).st_mtime)))
        return out

    def take(self, got, want):
        """What is left of `got` when each of `want` has been taken from it."""
        got = list(got)
        for w in want:
            if w not in got:
                near = [g for g in got if (g[0] == w[0] if isinstance(w, tuple) else g[:60] == w[:60])]
                self.fail('missing or changed: %r; near: %r' % (str(w)[:900], str(near)[:900]))
            got.remove(w)
        return got


class Mbsync(Base):
    CONF = '''IMAPAccount a
Host 127.0.0.1
Port {port}
User {who}
Pass secret
SSLType None
AuthMechs LOGIN

IMAPStore far
Account a

MaildirStore near
Path {dir}/mail/
Inbox {dir}/mail/INBOX
SubFolders Verbatim

Channel c
Far :far:
Near :near:
Patterns *
CopyArrivalDate yes
{more}
'''

    @needs('mbsync')
    def test_one_way(self):
        rc = self.write('rc', self.CONF.format(port=self.p.port('imap'), who=WHO, dir=self.dir, more='Sync Pull\nCreate Near'))
        os.mkdir(self.dir + '/mail')
        self.run_('mbsync', '-c', rc, '-a')
        got = self.maildir(self.dir + '/mail/INBOX')
        # mbsync drops every CR, adds an X-TUID field, and leaves out messages whose header has no end.
        want = [(over_imap(m).replace(b'\r', b''), ''.join(sorted(flags)), date) for m, flags, date in self.inbox
                if b'\r\n\r\n' in m or m.startswith(b'\r\n')]
        self.assertGreaterEqual(len(want), len(self.inbox) - 2)
        self.assertEqual(len(got), len(want) + 1)
        rest = self.take([(re.sub(rb'(?m)^X-TUID: .*\n', b'', b, count=1), f, d) for b, f, d in got], want)
        self.assertTrue(rest[0][0].endswith(b'Subject: by LMTP\n\n.dot\n..\n'), rest)
        self.assertRegex(self.maildir(self.dir + '/mail/Work/Old')[0][0], rb'^Subject: old\nX-TUID: \S+\n\nin a mailbox\n$')
        # A second run has nothing to do.
        before = sorted(got)
        self.run_('mbsync', '-c', rc, '-a')
        self.assertEqual(sorted(self.maildir(self.dir + '/mail/INBOX')), before)

    @needs('mbsync')
    def test_two_way(self):
        # Changes on both sides meet: new here, flags here, expunged here; new there, flags there.
        who = 'bob@example.org'
        c = self.p.imap(who)
        for i in range(4):
            c.append('INBOX', '', '"02-Feb-2020 02:02:0%d +0000"' % i, b'Subject: m%d\r\n\r\nbody\r\n' % i)
        rc = self.write('rc', self.CONF.format(port=self.p.port('imap'), who=who, dir=self.dir, more='Sync All\nExpunge Both\nCreate Both'))
        os.mkdir(self.dir + '/mail')
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
        here = {b.split(b'\n')[0].decode()[9:]: f for b, f, _ in self.maildir(inbox)}
        self.assertEqual(here, {'m0': 'FS', 'm2': 'R', 'm3': '', 'from here': '', 'from there': ''})


class Offlineimap(Base):
    @needs('offlineimap')
    def test_fetch(self):
        rc = self.write('rc', '''[general]
accounts = a
metadata = {dir}/meta
ui = quiet
fsync = False
[Account a]
localrepository = l
remoterepository = r
[Repository l]
type = Maildir
localfolders = {dir}/mail
utime_from_header = False
[Repository r]
type = IMAP
remotehost = 127.0.0.1
remoteport = {port}
remoteuser = {who}
remotepass = secret
ssl = no
starttls = no
auth_mechanisms = PLAIN
folderfilter = lambda f: f in ('INBOX', 'Work/Old')
'''.format(port=self.p.port('imap'), who=WHO, dir=self.dir))
        self.run_('offlineimap', '-c', rc, '-o', timeout=120)
        got = self.maildir(self.dir + '/mail/INBOX')
        self.assertEqual(len(got), len(self.inbox) + 1)
        # It parses and writes messages by Python's email package, which keeps the content of those that follow the
        # rules; so only these are compared by bytes.
        plain = [lf(m) for m, _, _ in self.inbox if re.match(rb'[!-9;-~]+:', m) and m.isascii() and b'\0' not in m
                 and b'\r' not in m.replace(b'\r\n', b'') and all(len(x) < 900 for x in m.split(b'\r\n')) and m.endswith(b'\r\n')
                 and b'\r\n\r\n' in m and b'multipart/digest' not in m]
        self.assertGreater(len(plain), 8)
        bodies = [lf(g[0]) for g in got]
        for w in plain:
            want = w.partition(b'\n\n')[2]
            self.assertTrue(any(b.partition(b'\n\n')[2] == want for b in bodies), w[:600])
        self.assertEqual(sorted(g[1] for g in got), sorted([''] + [''.join(sorted(f)) for _, f, _ in self.inbox]))


class Curl(Base):
    WHO = 'carol@example.org'   # its own: curl asks for BODY[], which sets \\Seen

    def curl(self, path, *args, secure=False):
        scheme, port = ('imaps', self.p.port('imaps')) if secure else ('imap', self.p.port('imap'))
        return self.run_('curl', '-sk', '-u', self.WHO + ':secret', '%s://127.0.0.1:%d/%s' % (scheme, port, path), *args).stdout

    @needs('curl')
    def test_fetch(self):
        self.p.postern('import', 'maildir', '--account', self.WHO, self.src + '/M')
        uids = re.search(rb'\* SEARCH([ 0-9]*)', self.curl('INBOX?ALL'))[1].split()
        self.assertEqual(len(uids), len(self.inbox))
        config = ''.join('url = "imaps://127.0.0.1:%d/INBOX;UID=%s"\noutput = "%s"\n' % (self.p.port('imaps'), u.decode(), u.decode()) for u in uids)
        self.run_('curl', '-sk', '-u', self.WHO + ':secret', '-K', '-', input=config.encode())
        got = []
        for u in uids:
            # It makes no file for an empty message.
            path = os.path.join(self.dir, u.decode())
            if os.path.exists(path):
                with open(path, 'rb') as f:
                    got.append(f.read())
            else:
                got.append(b'')
        self.take(got, [over_imap(m) for m, _, _ in self.inbox])

    @needs('curl')
    def test_starttls_and_append(self):
        out = self.run_('curl', '-svk', '--ssl-reqd', '-u', self.WHO + ':secret', 'imap://127.0.0.1:%d/' % self.p.port('imap'), '-X', 'STATUS INBOX (MESSAGES)')
        self.assertIn(b'* STATUS INBOX (MESSAGES ', out.stdout)
        self.assertIn(b'STARTTLS', out.stderr)
        path = self.write('m.eml', 'Subject: from curl\n\nhello\n')
        self.run_('curl', '-sS', 'imap://127.0.0.1:%d/Drafts' % self.p.port('imap'), '-u', self.WHO + ':secret', '-T', path)
        self.assertIn(b'Subject: from curl', self.curl('Drafts;MAILINDEX=1'))


class Imaplib(Base):
    def test_fetch(self):
        with imaplib.IMAP4_SSL('127.0.0.1', self.p.port('imaps'), timeout=30) as c:
            c.login(WHO, 'secret')
            c.select(readonly=True)
            typ, data = c.fetch('1:*', '(FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])')
            got = []
            for one in data:
                if isinstance(one, tuple):
                    flags = {f.decode() for f in imaplib.ParseFlags(one[0])} - {'\\Recent'}
                    got.append((one[1], flags, int(time.mktime(imaplib.Internaldate2tuple(one[0]))), int(re.search(rb'SIZE (\d+)', one[0])[1])))
            self.assertEqual(len(got), len(self.inbox) + 1)
            self.take(got, [(over_imap(m), {IMAP_FLAG[f] for f in flags}, date, len(m)) for m, flags, date in self.inbox])
            # Pieces of the large message, put together again.
            n = max(range(len(got)), key=lambda i: len(got[i][0])) + 1
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


class Mutt(Base):
    @needs('mutt')
    def test_imap(self):
        self.batch('imap://127.0.0.1:%d/INBOX' % self.p.port('imap'))

    @needs('mutt')
    def test_pop3(self):
        self.batch('pop://127.0.0.1:%d/' % self.p.port('pop3'))

    def batch(self, url):
        # mutt copies the whole mailbox into a Maildir, driven by its own commands, on a terminal that nobody looks at.
        rc = self.write('rc', '''set folder="{dir}"
set imap_user="{who}" imap_pass="secret" imap_authenticators="login" pop_user="{who}" pop_pass="secret" pop_authenticators="user" pop_delete=no
set ssl_starttls=no ssl_force_tls=no mail_check=600 sleep_time=0 confirmappend=no confirmcreate=no delete=no quit=yes move=no
set header_cache="" message_cachedir="" mbox_type=Maildir record="" copy=no
set imap_idle=no
set tmpdir="{dir}"
'''.format(who=WHO, dir=self.dir))
        command = "mutt -F %s -n -f %s -e 'push \"<tag-pattern>~z3-<enter><tag-prefix><copy-message>%s/out<enter><exit>\"'"
        r = self.run_('script', '-qec', command % (rc, url, self.dir), '/dev/null', input=b'', TERM='vt100', timeout=120, check=False)
        self.assertTrue(os.path.isdir(self.dir + '/out'), r)
        got = [g[0] for g in self.maildir(self.dir + '/out')]
        # It cannot copy a message without any text.
        self.assertEqual(len(got), len([m for m, _, _ in self.inbox if len(m) > 2]) + 1)
        # mutt writes LF, and adds or drops Status and Lines fields of its own: bodies are compared.
        bodies = [g.partition(b'\n\n')[2] for g in got]
        whole = [lf(over_imap(m)) for m, _, _ in self.inbox if b'\r\n\r\n' in m and re.match(rb'[!-9;-~]+:', m)]
        self.assertGreater(len(whole), 20)
        self.take(bodies, [m.partition(b'\n\n')[2] for m in whole])


def over_pop3(message):
    """As a POP3 client has it: every line has an end."""
    out = over_imap(message)
    return out if not out or out.endswith(b'\r\n') else out + b'\r\n'


class Poplib(Base):
    def take_all(self, c):
        count = c.stat()[0]
        self.assertEqual(count, len(self.inbox) + 1)
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
        return [m for m, _, _ in self.inbox if re.match(rb'[!-9;-~]+:', m) and b'\r\n\r\n' in m and b'\0' not in m and not re.search(rb'\r(?!\n)', m)
                and max(map(len, m.split(b'\r\n'))) < 998]

    @needs('curl')
    def test_curl(self):
        who = self.account('curl@example.org')
        url = 'pop3://127.0.0.1:%d/' % self.p.port('pop3')
        listed = self.run_('curl', '-sS', '-u', who + ':secret', url).stdout.split(b'\n')
        self.assertEqual(len([x for x in listed if x.strip()]), len(self.inbox))
        got = [self.run_('curl', '-sSk', '--ssl-reqd', '-u', who + ':secret', url + str(n)).stdout for n in range(1, len(self.inbox) + 1)]
        self.take(got, [over_pop3(m) for m, _, _ in self.inbox if m])   # it has no empty one
        secure = self.run_('curl', '-sSk', '-u', who + ':secret', 'pop3s://127.0.0.1:%d/1' % self.p.port('pop3s')).stdout
        self.assertEqual(secure, got[0])
        self.run_('curl', '-sS', '-u', who + ':secret', '-X', 'DELE', '-l', url + '1', check=False)
        self.assertEqual(self.p.imap(who).select()[1], [b'%d' % (len(self.inbox) - 1)])

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
        self.assertEqual(self.p.imap(who).select()[1], [b'%d' % (len(self.inbox) - len(got))])

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
            self.assertEqual(len(got), len(self.inbox) - without, r)
            # It parses and writes messages anew; those in plain ASCII stay as they are.
            self.take(got, self.bodies(m for m in self.plain() if m.isascii() and b'multipart' not in m))

    @needs('getmail')
    def test_getmail_pop3(self):
        self.getmail('SimplePOP3Retriever', self.p.port('pop3'), self.account('getmail-pop3@example.org'))

    @needs('getmail')
    def test_getmail_imap(self):
        self.getmail('SimpleIMAPRetriever', self.p.port('imap'), self.account('getmail-imap@example.org'), 'mailboxes = ("INBOX",)',
                     without=1)   # by IMAP it takes an empty message for none


class Jmap(Base):
    def call(self, path, body=None):
        url = path if path.startswith('http') else 'http://127.0.0.1:%d%s' % (self.p.port('http'), path)
        r = urllib.request.Request(url, data=body, headers={'Authorization': 'Basic ' + base64.b64encode((WHO + ':secret').encode()).decode(),
                                                            'Content-Type': 'application/json'})
        with urllib.request.urlopen(r, timeout=30) as f:
            return f.read()

    def test_download(self):
        session = json.loads(self.call('/.well-known/jmap'))
        account = session['primaryAccounts']['urn:ietf:params:jmap:mail']

        def method(name, **args):
            body = {'using': ['urn:ietf:params:jmap:core', 'urn:ietf:params:jmap:mail'], 'methodCalls': [[name, dict(accountId=account, **args), '0']]}
            r = json.loads(self.call(session['apiUrl'], json.dumps(body).encode()))['methodResponses'][0]
            self.assertEqual(r[0], name, r)
            return r[1]
        boxes = method('Mailbox/get', ids=None)['list']
        inbox = next(b['id'] for b in boxes if b['role'] == 'inbox')
        ids = method('Email/query', filter={'inMailbox': inbox})['ids']
        emails = method('Email/get', ids=ids, properties=['blobId', 'size', 'receivedAt', 'keywords'])['list']
        self.assertEqual(len(emails), len(self.inbox) + 1)
        keyword = {'S': '$seen', 'F': '$flagged', 'R': '$answered', 'D': '$draft'}
        got = []
        for e in emails:
            url = session['downloadUrl'].replace('{accountId}', account).replace('{blobId}', e['blobId']).replace('{name}', 'm.eml').replace('{type}', 'message/rfc822')
            data = self.call(url)
            self.assertEqual(len(data), e['size'])
            got.append((data, set(e['keywords']), calendar.timegm(time.strptime(e['receivedAt'], '%Y-%m-%dT%H:%M:%SZ'))))
        self.take(got, [(m, {keyword[f] for f in flags}, date) for m, flags, date in self.inbox])


if __name__ == '__main__':
    if not any(shutil.which(c) for c in CLIENTS.values()):
        print('skipped: none of %s is installed' % ', '.join(CLIENTS))
        sys.exit(77)
    unittest.main()
