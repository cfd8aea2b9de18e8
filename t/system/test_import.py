#!/usr/bin/env python3
"""postern import and export: mbox, Maildir, eml; what comes in comes out, byte by byte, with flags and dates; a second
import adds nothing; with the server up and down."""
import calendar
import imaplib
import json
import mailbox
import os
import pty
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from corpus import at_the_door, corpus, large, over_imap  # noqa: E402
from postern_test import BIN, Instance  # noqa: E402

EML = b'Subject: one\nDate: Fri, 5 Jun 2020 07:08:09 +0000\n\nbody\n'


def write(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'wb') as f:
        f.write(data)


def read(path):
    with open(path, 'rb') as f:
        return f.read()


class Base(unittest.TestCase):
    up = True

    @classmethod
    def setUpClass(cls):
        cls.p = Instance()
        cls.number = 0
        if cls.up:
            cls.p.__enter__()

    @classmethod
    def tearDownClass(cls):
        if cls.up:
            cls.p.__exit__(None, None, None)
        else:
            shutil.rmtree(cls.p.dir, ignore_errors=True)

    def setUp(self):
        # An account of its own for each test.
        type(self).number += 1
        self.who = self.new_account()
        self.dir = tempfile.mkdtemp(prefix='postern-import-')
        self.addCleanup(shutil.rmtree, self.dir, True)

    def new_account(self):
        type(self).number += 1
        who = 'u%d@example.org' % self.number
        self.p.postern('account', 'add', who, input='secret\n')
        return who

    def imports(self, kind, *args, who=None, added, existed=0, failed=0, status=None, input=None, says=None):
        r = self.p.postern('import', kind, '--account', who or self.who, '--json', *args, input=input, check=False,
                           text=not isinstance(input, bytes))
        self.assertEqual(r.returncode, status if status is not None else 1 if failed else 0, (r.stdout, r.stderr))
        n = json.loads(r.stdout)
        self.assertEqual((n['added'], n['existed'], n['failed']), (added, existed, failed), r.stderr)
        if says:
            self.assertRegex(r.stderr if isinstance(r.stderr, str) else r.stderr.decode(), says)
        return n

    def boxes(self, who=None):
        """Mailbox -> number of messages, of those that have some."""
        r = self.p.postern('mailbox', 'status', '--account', who or self.who, '--json')
        return {m['name']: m['messages'] for m in json.loads(r.stdout) if m['messages']}

    def fetch(self, box='INBOX', who=None):
        """[(bytes, flags, date)] in order of UIDs."""
        c = self.p.imap(who or self.who)
        self.assertEqual(c.select('"%s"' % box, readonly=True)[0], 'OK')
        out = []
        typ, data = c.fetch('1:*', '(UID FLAGS INTERNALDATE BODY.PEEK[])')
        for one in data:
            if not isinstance(one, tuple):
                continue
            flags = sorted(f.decode() for f in re.search(rb'FLAGS \(([^)]*)\)', one[0])[1].split() if f != rb'\Recent')
            date = calendar.timegm(time.strptime(re.search(rb'INTERNALDATE "(.*?) \+0000"', one[0])[1].decode().strip(), '%d-%b-%Y %H:%M:%S'))
            out.append((one[1], flags, date))
        c.logout()
        return out

    def mail(self, who=None):
        """Everything of an account by export: mailbox -> {(bytes, date, flags): count}.  Works with the server down."""
        dir = tempfile.mkdtemp(dir=self.dir)
        os.rmdir(dir)
        self.p.postern('export', 'maildir', '--account', who or self.who, dir)
        out = {}
        for root, dirs, files in os.walk(dir):
            if os.path.basename(root) != 'cur':
                continue
            folder = os.path.dirname(root)
            words = {}
            if os.path.exists(folder + '/dovecot-keywords'):
                words = {chr(97 + int(n)): w for n, w in (x.split() for x in read(folder + '/dovecot-keywords').decode().splitlines())}
            box = out.setdefault(os.path.relpath(folder, dir), {})
            for f in files:
                path = root + '/' + f
                key = (read(path), int(os.stat(path).st_mtime), tuple(sorted(words.get(x, x) for x in f.split(':2,')[1])))
                box[key] = box.get(key, 0) + 1
        return {k: v for k, v in out.items() if v}


class Mbox(Base):
    def test_format(self):
        text = (b'From a@example.org Sat Jan  3 01:05:34 1998\nSubject: one\n\nbody\n>From here\n>>From there\n> From not\nFrom mid\n\n\n'
                b'From "b c"@example.org  Fri Feb 22 17:06:23 2008 +0100\nSubject: two\nStatus: RO\nX-Status: AF\nX-Keywords: $Work other\n\nflags\n\n'
                b'From MAILER-DAEMON Fri Jul  8 12:08:34 2011\nSubject: three\nX-Status: TD\n\nno final newline')
        write(self.dir + '/a', text)
        write(self.dir + '/b', text.replace(b'\n', b'\r\n'))
        self.imports('mbox', self.dir + '/a', added=3)
        got = self.fetch()
        self.assertEqual([m[0] for m in got],
                         [b'Subject: one\r\n\r\nbody\r\nFrom here\r\n>From there\r\n> From not\r\nFrom mid\r\n\r\n',
                          b'Subject: two\r\nStatus: RO\r\nX-Status: AF\r\nX-Keywords: $Work other\r\n\r\nflags\r\n',
                          b'Subject: three\r\nX-Status: TD\r\n\r\nno final newline'])
        self.assertEqual([m[1] for m in got], [[], ['$Work', '\\Answered', '\\Flagged', '\\Seen', 'other'], ['\\Deleted', '\\Draft']])
        self.assertEqual([m[2] for m in got], [883789534, 1203699983, 1310126914])
        self.imports('mbox', '--mailbox', 'CRLF', self.dir + '/b', added=3)
        self.assertEqual(self.fetch('CRLF'), got)

    def test_repeated(self):
        one = b'From a Sat Jan  3 01:05:34 1998\nSubject: x\n\nsame\n\n'
        write(self.dir + '/m', one * 3)
        self.imports('mbox', self.dir + '/m', added=3)   # three equal messages are three
        self.imports('mbox', self.dir + '/m', added=0, existed=3)
        shutil.copy(self.dir + '/m', self.dir + '/n')
        self.imports('mbox', self.dir + '/n', added=3)   # two equal files give two
        with open(self.dir + '/m', 'ab') as f:
            f.write(one.replace(b'same', b'more'))
        self.imports('mbox', self.dir + '/m', added=1, existed=3)   # what was appended since
        self.assertEqual(self.boxes(), {'INBOX': 7})
        # By another way of writing the same path it is the same file.
        self.imports('mbox', self.dir + '/./m', added=0, existed=4)

    def test_stdin_and_folders(self):
        one = b'From a Sat Jan  3 01:05:34 1998\nSubject: x\n\nsame\n\n'
        self.imports('mbox', '--mailbox', 'In/Deep', '-', input=one * 2, added=2)
        for name in ('INBOX.mbox', 'Work', 'Old/2019.mbox', 'Old/2020'):
            write(self.dir + '/all/' + name, one)
        n = self.imports('mbox', self.dir + '/all', added=4)
        self.assertEqual(n['mailboxes'], ['Old/2019', 'Old/2020', 'Work'])
        self.imports('mbox', '--mailbox', 'Top', self.dir + '/all/Old', added=0, existed=2)
        self.assertEqual(self.boxes(), {'INBOX': 1, 'In/Deep': 2, 'Work': 1, 'Old/2019': 1, 'Old/2020': 1})

    def test_other_files(self):
        one = b'From a Sat Jan  3 01:05:34 1998\nSubject: x\n\nsame\n\n'
        write(self.dir + '/all/a', one)
        write(self.dir + '/all/b', b'This is no mbox\n')
        write(self.dir + '/all/c', one)
        write(self.dir + '/all/empty', b'')
        self.imports('mbox', self.dir + '/all', added=2, failed=1, says='all/b: this is no mbox file')
        self.assertEqual(self.p.postern('import', 'mbox', '--account', self.who, self.dir + '/none', check=False).returncode, 66)
        r = self.p.postern('import', 'mbox', '--account', 'nobody@example.org', self.dir + '/all', check=False)
        self.assertEqual(r.returncode, 67, r.stderr)
        self.assertIn('nobody@example.org', r.stderr)
        self.assertEqual(self.p.postern('import', 'mbox', self.dir + '/all', check=False).returncode, 64)

    def test_quiet(self):
        write(self.dir + '/a', b'From a Sat Jan  3 01:05:34 1998\nSubject: x\n\nsame\n')
        r = self.p.postern('import', 'mbox', '--account', self.who, self.dir + '/a')
        self.assertEqual((r.stdout, r.stderr), ('', ''))


class Maildir(Base):
    def make(self):
        m = mailbox.Maildir(self.dir + '/M')
        for sub in ('.Work', '.Work.2020', '.&ANw-ber', '.Utf-8 ü'):
            for d in ('cur', 'new', 'tmp'):
                os.makedirs(self.dir + '/M/' + sub + '/' + d)
        write(self.dir + '/M/cur/1.a:2,FRS', EML)
        write(self.dir + '/M/cur/2.b:2,Tab', EML)
        write(self.dir + '/M/new/3.c', EML)
        write(self.dir + '/M/tmp/4.d', EML)               # not delivered yet
        write(self.dir + '/M/cur/.hidden', EML)
        write(self.dir + '/M/dovecot-keywords', b'0 $Junk\n1 later\n')
        write(self.dir + '/M/.Work/cur/5.e:2,D', EML)
        write(self.dir + '/M/.Work.2020/cur/6.f:2,P', EML)
        write(self.dir + '/M/.&ANw-ber/cur/7.g:2,', EML)
        write(self.dir + '/M/.Utf-8 ü/new/8.h', EML)
        write(self.dir + '/M/nested/in.side/cur/9.i:2,S', EML)
        for root, _, files in os.walk(self.dir + '/M'):
            for f in files:
                os.utime(root + '/' + f, (1500000000, 1500000000))

    def test_flags_folders_dates(self):
        self.make()
        self.imports('maildir', self.dir + '/M', added=8)
        self.assertEqual(self.boxes(), {'INBOX': 3, 'Work': 1, 'Work/2020': 1, 'Über': 1, 'Utf-8 ü': 1, 'nested/in.side': 1})
        got = self.fetch()
        self.assertEqual({tuple(m[1]) for m in got}, {(), ('\\Answered', '\\Flagged', '\\Seen'), ('$Junk', '\\Deleted', 'later')})
        self.assertEqual({m[2] for m in got}, {1500000000})
        self.assertEqual({m[0] for m in got}, {at_the_door(EML)})
        self.assertEqual(self.fetch('Work')[0][1], ['\\Draft'])
        self.assertEqual(self.fetch('Work/2020')[0][1], ['$Forwarded'])

    def test_same_message_under_a_new_name(self):
        # A reader has moved it from new to cur and set flags since.
        self.make()
        self.imports('maildir', '--mailbox', 'Old', self.dir + '/M', added=8)
        os.rename(self.dir + '/M/new/3.c', self.dir + '/M/cur/3.c:2,S')
        self.imports('maildir', '--mailbox', 'Old', self.dir + '/M', added=0, existed=8)
        self.assertEqual(self.boxes()['Old'], 3)
        self.assertEqual(self.boxes()['Old/Work/2020'], 1)

    def test_no_maildir(self):
        r = self.p.postern('import', 'maildir', '--account', self.who, '-', check=False)
        self.assertEqual(r.returncode, 66)
        write(self.dir + '/file', EML)
        r = self.p.postern('import', 'maildir', '--account', self.who, self.dir + '/file', check=False)
        self.assertEqual((r.returncode, 'no such folder' in r.stderr), (2, True))


class Eml(Base):
    def test_all(self):
        write(self.dir + '/x/a.eml', b'Received: from a by b; Thu, 4 Jun 2020 10:00:00 +0200\nReceived: from c by d; Wed, 3 Jun 2020 10:00:00 +0200\n' + EML)
        write(self.dir + '/x/sub/deep/b.eml', EML)
        write(self.dir + '/one', b'Subject: none\n\nno date\n')
        before = int(time.time())
        self.imports('eml', self.dir + '/one', self.dir + '/x', added=3)
        self.imports('eml', '--mailbox', 'Pipe', '-', input=EML, added=1)
        self.assertEqual(self.boxes(), {'INBOX': 2, 'sub/deep': 1, 'Pipe': 1})
        got = sorted(self.fetch(), key=lambda m: m[2])
        self.assertEqual(got[0][2], 1591257600)          # the topmost Received
        self.assertGreaterEqual(got[1][2], before)       # nothing known: now
        self.assertEqual(self.fetch('sub/deep')[0][2], 1591340889)   # Date

    def test_corpus_over_imap(self):
        files = corpus()
        for name, data in files.items():
            write(self.dir + '/c/' + name, data)
        write(self.dir + '/c/large', large())
        self.imports('eml', self.dir + '/c', added=len(files) + 1)
        got = [m[0] for m in self.fetch()]
        want = [over_imap(m) for m in files.values()] + [large()]
        self.assertEqual(len(got), len(want))
        for name, w in zip(list(files) + ['large'], want):
            self.assertIn(w, got, name)
        self.imports('eml', self.dir + '/c', added=0, existed=len(want))


class RoundTrip(Base):
    """Out and in again elsewhere: the same bytes, flags, dates, mailboxes."""

    def fill(self):
        files = corpus()
        for i, (name, data) in enumerate(files.items()):
            flags = ['', 'S', 'FS', 'DRS', 'FRST', 'Sa', 'ab'][i % 7]
            path = '%s/M/%scur/%02d:2,%s' % (self.dir, ['', '.Wörk.A.B/'.replace('ö', '&APY-')][i % 2], i, flags)
            write(path, data)
            os.utime(path, (1400000000 + i, 1400000000 + i))
        for d in ('', '/.W&APY-rk.A.B'):
            write(self.dir + '/M' + d + '/dovecot-keywords', b'0 $Work\n1 Etc\n')
        self.imports('maildir', self.dir + '/M', added=len(files))
        mail = self.mail()
        self.assertEqual({k: sum(v.values()) for k, v in mail.items()}, {'.': (len(files) + 1) // 2, '.W&APY-rk.A.B': len(files) // 2})
        self.assertEqual({m[0] for b in mail.values() for m in b}, {at_the_door(m) for m in files.values()})
        return mail

    def same(self, got, want):
        self.assertEqual(sorted(got), sorted(want))
        for box in want:
            for row in set(want[box]) | set(got[box]):
                if got[box].get(row, 0) != want[box].get(row, 0):
                    self.fail('%s: %d instead of %d of %r %s...%r' % (box, got[box].get(row, 0), want[box].get(row, 0), row[1:], row[0][-300:-100], row[0][-100:]))

    def test_maildir(self):
        mail = self.fill()
        self.p.postern('export', 'maildir', '--account', self.who, self.dir + '/out')
        other = self.new_account()
        self.imports('maildir', self.dir + '/out', who=other, added=sum(sum(b.values()) for b in mail.values()))
        self.same(self.mail(other), mail)

    def test_mbox(self):
        mail = self.fill()
        self.p.postern('export', 'mbox', '--account', self.who, self.dir + '/out')
        self.assertEqual(sorted(os.path.relpath(r + '/' + f, self.dir + '/out') for r, _, fs in os.walk(self.dir + '/out') for f in fs
                                if os.path.getsize(r + '/' + f)), ['INBOX.mbox', 'Wörk/A/B.mbox'])
        # Other programs read it, too.
        self.assertEqual(len(mailbox.mbox(self.dir + '/out/INBOX.mbox', create=False)), sum(mail['.'].values()))
        other = self.new_account()
        self.imports('mbox', self.dir + '/out', who=other, added=sum(sum(b.values()) for b in mail.values()))
        # The format cannot say that the last line has no end.
        whole = {box: {(b if b.endswith(b'\r\n') or not b else b + b'\r\n', d, f): n for (b, d, f), n in rows.items()} for box, rows in mail.items()}
        self.same(self.mail(other), whole)
        one = self.p.postern('export', 'mbox', '--account', self.who, '--mailbox', 'Wörk/A/B', '-', text=False).stdout
        self.assertEqual(one, read(self.dir + '/out/Wörk/A/B.mbox'))

    def test_eml(self):
        mail = self.fill()
        self.p.postern('export', 'eml', '--account', self.who, self.dir + '/out')
        other = self.new_account()
        self.imports('eml', self.dir + '/out', who=other, added=sum(sum(b.values()) for b in mail.values()))
        again = self.mail(other)
        bodies = lambda m: {box: sorted(b for (b, _, _), n in rows.items() for _ in range(n)) for box, rows in m.items()}
        if '.INBOX' in again:
            again['.'] = again.pop('.INBOX')
        self.assertEqual(bodies(again), bodies(mail))

    def test_refuses(self):
        self.fill()
        r = self.p.postern('export', 'eml', '--account', self.who, '-', check=False)
        self.assertEqual((r.returncode, 'only mbox' in r.stderr), (64, True))
        r = self.p.postern('export', 'mbox', '--account', self.who, '--mailbox', 'None', self.dir + '/o', check=False)
        self.assertEqual((r.returncode, 'no mailbox None' in r.stderr), (67, True))
        self.p.postern('export', 'mbox', '--account', self.who, self.dir + '/o')
        before = read(self.dir + '/o/INBOX.mbox')
        r = self.p.postern('export', 'mbox', '--account', self.who, self.dir + '/o', check=False)
        self.assertNotEqual(r.returncode, 0)
        self.assertIn('.mbox: File exists', r.stderr)
        self.assertEqual(read(self.dir + '/o/INBOX.mbox'), before)


class Large(Base):
    ONE = b'From a Sat Jan  3 01:05:34 1998\nSubject: number %d\n\nbody %d\n\n'
    COUNT = 1500

    def make(self, count):
        write(self.dir + '/m', b''.join(self.ONE % (i, i) for i in range(count)))

    def test_killed_and_resumed(self):
        """SIGKILL in the middle: what was imported stays, and the next run adds the rest and nothing twice."""
        self.make(self.COUNT)
        c = self.p.imap(self.who)
        count = lambda: int(re.search(rb'MESSAGES (\d+)', c.status('INBOX', '(MESSAGES)')[1][0])[1])
        r = subprocess.Popen([os.path.join(BIN, 'postern'), '-C', self.p.etc, 'import', 'mbox', '--account', self.who, self.dir + '/m'], env=self.p.env)
        while count() < 50 and r.poll() is None:
            pass
        r.kill()
        r.wait()
        before = count()
        self.assertGreaterEqual(before, 50)
        r = self.p.postern('import', 'mbox', '--account', self.who, '--json', self.dir + '/m')
        n = json.loads(r.stdout)
        self.assertEqual((n['added'] + n['existed'], n['failed']), (self.COUNT, 0))
        self.assertGreaterEqual(n['existed'], before)   # what was under way when it was killed may have come to its end
        c.select('INBOX', readonly=True)
        subjects = re.findall(rb'Subject: number (\d+)\r', b''.join(d[1] for d in c.fetch('1:*', '(BODY.PEEK[HEADER.FIELDS (SUBJECT)])')[1] if isinstance(d, tuple)))
        self.assertEqual(sorted(map(int, subjects)), list(range(self.COUNT)))
        c.logout()

    def test_progress_on_a_terminal(self):
        self.make(300)
        mine, theirs = pty.openpty()
        r = subprocess.Popen([os.path.join(BIN, 'postern'), '-C', self.p.etc, 'import', 'mbox', '--account', self.who, self.dir + '/m'],
                             env=self.p.env, stderr=theirs)
        os.close(theirs)
        said = b''
        while True:
            try:
                piece = os.read(mine, 4096)
            except OSError:   # the other side was closed
                break
            if not piece:
                break
            said += piece
        os.close(mine)
        self.assertEqual(r.wait(), 0)
        self.assertRegex(said, rb'\r[^\r]*\[[#.]+\] \d+/\d+')
        self.assertTrue(said.endswith(b'\r\x1b[K'), said[-80:])   # and nothing of it stays


class Down(RoundTrip):
    """All of that without a server: postern starts stored and authd for itself."""
    up = False

    def test_nothing_left(self):
        self.imports('eml', '-', input=EML, added=1)
        self.assertEqual([x for x in os.listdir(self.p.dir + '/run') if 'offline' in x], [])


if __name__ == '__main__':
    unittest.main()
