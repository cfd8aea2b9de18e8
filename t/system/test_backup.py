#!/usr/bin/env python3
"""postern backup, verify, restore: hot and incremental while mail flows, readable with standard tools, and back again."""
import glob
import hashlib
import imaplib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from postern_test import Instance  # noqa: E402

ALICE, BOB, CAROL = 'alice@example.org', 'bob@example.org', 'carol@example.org'


def mail(subject, body='body\r\n', ident=None):
    ident = ident or subject.replace(' ', '-')
    return 'From: a@example.net\r\nSubject: %s\r\nMessage-ID: <%s@example.net>\r\n\r\n%s' % (subject, ident, body)


def lines_of(archive, account):
    """The state of an account by hand: what postern-archive(5) says, and no more."""
    folder = os.path.join(archive, 'accounts', account)
    with open(folder + '/manifest.json') as f:
        m = json.load(f)
    with open(os.path.join(folder, m['file']), 'rb') as f:
        raw = f.read()
    assert hashlib.sha256(raw).hexdigest() == m['sha256']
    return m, [next(iter(json.loads(x).items())) for x in raw.splitlines()]


def state_of(c):
    """Per mailbox: the UIDs with their message and flags, as an IMAP client sees them."""
    out = {}
    for line in c.list()[1]:
        name = line.decode().split(' "/" ')[1].strip('"')
        if c.select('"%s"' % name, readonly=True)[0] != 'OK':
            continue
        typ, data = c.uid('FETCH', '1:*', '(FLAGS INTERNALDATE BODY.PEEK[])')
        rows = []
        for item in data or []:
            if isinstance(item, tuple):
                flags = sorted(x.decode() for x in imaplib.ParseFlags(item[0]) if x != b'\\Recent')
                rows.append((hashlib.sha256(item[1]).hexdigest(), tuple(flags), item[0].split(b'INTERNALDATE ')[1].split(b'"')[1]))
        out[name] = sorted(rows)
    return out


class Base(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.p = Instance(accounts=[a + '=secret' for a in (ALICE, BOB, CAROL)])
        cls.p.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.p.__exit__(None, None, None)

    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix='postern-backup-')
        self.archive = self.dir + '/archive'

    def tearDown(self):
        shutil.rmtree(self.dir, ignore_errors=True)

    def run_(self, *args, status=0):
        r = self.p.postern(*args, check=False)
        self.assertEqual(r.returncode, status, (args, r.stdout, r.stderr))
        return r

    def json(self, *args, status=0):
        return json.loads(self.run_(*args, '--json', status=status).stdout)

    def fresh(self, name):
        """An account of its own for a test."""
        who = '%s@example.org' % name
        self.p.postern('account', 'add', who, input='secret\n')
        return who


class BackUp(Base):
    def test_there_and_back(self):
        who = self.fresh('there')
        c = self.p.imap(who)
        c.create('Work')
        c.create('Work/Deep')
        c.create('Empty')
        c.unsubscribe('Empty')
        for i in range(20):
            c.append('Work/Deep' if i % 2 else 'INBOX', r'(\Flagged $Label%d)' % (i % 3) if i % 4 else None,
                     '"%02d-Mar-2020 10:00:00 +0000"' % (i + 1), mail('there %d' % i, 'x' * i * 20_000 + '\r\n').encode())
        self.p.deliver(who, mail('by lmtp'))
        c.select('INBOX')
        c.uid('COPY', '1:3', 'Work')
        c.uid('STORE', '2', '+FLAGS', r'(\Deleted \Seen)')
        before = state_of(c)
        subscribed = sorted(c.lsub()[1])
        # Nobody is disturbed, nothing is said, everything is there.
        self.assertEqual(self.run_('backup', self.archive).stdout, '')
        self.run_('verify', self.archive)
        m, lines = lines_of(self.archive, who)
        kinds = [k for k, _ in lines]
        self.assertEqual(kinds[0], 'account')
        self.assertEqual((kinds.count('mailbox'), kinds.count('email')), (m['mailboxes'], m['emails']))
        self.assertEqual(m['emails'], 21)
        # Standard tools read it: the messages are as an IMAP client gets them.
        emails = [v for k, v in lines if k == 'email']
        for e in emails:
            with open('%s/accounts/%s/messages/%s/%s.eml' % (self.archive, who, e['sha256'][:2], e['sha256']), 'rb') as f:
                body = f.read()
            self.assertEqual((hashlib.sha256(body).hexdigest(), len(body)), (e['sha256'], e['size']))
        self.assertEqual(sorted(x[0] for rows in before.values() for x in rows),
                         sorted(e['sha256'] for e in emails for _ in e['places']))
        self.assertEqual(sorted(e['subject'] for e in emails), sorted(['there %d' % i for i in range(20)] + ['by lmtp']))
        modes = {os.stat(f).st_mode & 0o777 for f in glob.glob(self.archive + '/**', recursive=True)}
        self.assertEqual(modes, {0o700, 0o600})

        # Into another account: everything as it was, beside UIDs.
        other = self.fresh('other')
        dry = self.run_('restore', self.archive, '--account', who, '--to', other, '--dry-run').stdout
        self.assertIn('would restore 21 messages', dry)
        self.assertIn('would make mailbox Work/Deep\n', dry)
        self.assertEqual(dry.count('\tthere '), 20)
        got = self.json('restore', self.archive, '--account', who, '--to', other)
        self.assertEqual((got['restored'], got['existed'], got['failed']), (21, 0, 0))
        d = self.p.imap(other)
        self.assertEqual(state_of(d), before)
        self.assertEqual(sorted(d.lsub()[1]), subscribed)
        # A second time adds nothing, dry or not.
        for args in ([], ['--dry-run']):
            again = self.json('restore', self.archive, '--account', who, '--to', other, *args)
            self.assertEqual((again['restored'], again['existed']), (0, 21))
        self.assertEqual(state_of(d), before)
        # Into its own account: all of it lives.
        self.assertEqual(self.json('restore', self.archive, '--account', who)['restored'], 0)
        self.assertEqual(state_of(c), before)

        # What was deleted comes back, and only that.
        c.select('INBOX')
        c.uid('STORE', '1:*', '+FLAGS', r'\Deleted')
        c.expunge()
        c.select('Work/Deep')
        c.uid('MOVE', '1', 'Empty')
        got = self.json('restore', self.archive, '--account', who, '--dry-run')
        lost = len(before['INBOX']) - 3   # three live on as copies
        self.assertEqual((got['restored'], got['existed']), (lost, 21 - lost))
        self.assertEqual({m['mailbox'] for m in got['messages']}, {'INBOX'})
        self.assertEqual(self.json('restore', self.archive, '--account', who)['restored'], lost)
        self.assertEqual(self.json('restore', self.archive, '--account', who)['restored'], 0)
        after = state_of(c)
        self.assertLessEqual(set(after['INBOX']), set(before['INBOX']))
        self.assertEqual(len(after['INBOX']), lost)

    def test_deleted(self):
        """A backup has what was deleted, too; a restore brings it back only when it is told to."""
        who = self.fresh('deleted')
        c = self.p.imap(who)
        c.create('Old')
        for box in ('INBOX', 'Old'):
            for i in range(3):
                c.append(box, r'(\Flagged)', None, mail('%s %d' % (box, i)).encode())
        c.select('INBOX')
        c.uid('STORE', '2', '+FLAGS', r'\Deleted')
        c.expunge()
        c.delete('Old')
        self.run_('backup', self.archive, '--account', who)
        self.run_('verify', self.archive)
        m, lines = lines_of(self.archive, who)
        emails = [v for k, v in lines if k == 'email']
        self.assertEqual((m['emails'], m['deleted'], m['messages']), (2, 4, 6))
        self.assertEqual(sorted(e['subject'] for e in emails if e.get('deleted')), ['INBOX 1', 'Old 0', 'Old 1', 'Old 2'])
        self.assertEqual([v['name'] for k, v in lines if k == 'mailbox' and v.get('deleted')], ['Old'])
        # Again: the same lines, nothing copied.
        self.assertEqual(self.json('backup', self.archive, '--account', who)['accounts'][0],
                         {'account': who, 'mailboxes': m['mailboxes'], 'emails': 2, 'deleted': 4, 'new_messages': 0, 'new_bytes': 0, 'failed': 0})
        self.assertEqual(lines_of(self.archive, who)[1], lines)
        other = self.fresh('deleted-other')
        self.assertEqual(self.json('restore', self.archive, '--account', who, '--to', other)['restored'], 2)
        r = self.run_('restore', self.archive, '--account', who, '--to', other, '--message', 'INBOX-1@example.net', status=1)
        self.assertIn('--deleted', r.stderr)
        got = self.json('restore', self.archive, '--account', who, '--to', other, '--deleted')
        self.assertEqual((got['restored'], got['existed'], got['mailboxes']), (4, 2, ['Old']))
        d = self.p.imap(other)
        self.assertEqual((d.select('INBOX')[1], d.select('Old')[1]), ([b'3'], [b'3']))
        self.assertEqual(len(d.uid('SEARCH', 'FLAGGED', 'UNDELETED')[1][0].split()), 3)

    def test_parts(self):
        who = self.fresh('parts')
        c = self.p.imap(who)
        c.create('A')
        c.create('A/B')
        c.create('AB')
        for box in ('INBOX', 'A', 'A/B', 'AB'):
            for day in (1, 2):
                c.append(box, None, '"%02d-Mar-2020 10:00:00 +0000"' % day, mail('%s %d' % (box, day)).encode())
        self.run_('backup', self.archive, '--account', who)
        self.assertEqual(os.listdir(self.archive + '/accounts'), [who])

        def dry(*args):
            return sorted(m['subject'] for m in self.json('restore', self.archive, '--account', who, '--to', CAROL, '--dry-run', *args)['messages'])
        self.assertEqual(dry('--mailbox', 'A'), ['A 1', 'A 2', 'A/B 1', 'A/B 2'])
        self.assertEqual(dry('--mailbox', 'inbox'), ['INBOX 1', 'INBOX 2'])
        self.assertEqual(dry('--since', '2020-03-02'), ['A 2', 'A/B 2', 'AB 2', 'INBOX 2'])
        self.assertEqual(dry('--since', '2020-03-01T10:00:01Z', '--mailbox', 'AB'), ['AB 2'])
        self.assertEqual(dry('--since', '1d'), [])
        self.assertEqual(dry('--message', 'A/B-1@example.net'), ['A/B 1'])
        self.assertEqual(dry('--message', '<A/B-1@example.net>'), ['A/B 1'])
        one = [v for k, v in lines_of(self.archive, who)[1] if k == 'email'][0]
        self.assertEqual(dry('--message', str(one['id'])), [one['subject']])
        self.run_('restore', self.archive, '--account', who, '--to', CAROL, '--message', 'nothing@example.net', status=1)
        self.run_('restore', self.archive, '--account', who, '--to', CAROL, '--message', 'AB-2@example.net')
        d = self.p.imap(CAROL)
        self.assertEqual(len(state_of(d)['AB']), 1)
        # The dry runs made nothing.
        self.assertNotIn('A', state_of(d))
        # What is wrong is said.
        self.run_('restore', self.archive, '--account', 'nobody@example.org', status=67)
        self.run_('restore', self.archive, '--account', who, '--to', 'nobody@example.org', status=67)
        self.run_('restore', self.archive, '--to', CAROL, status=64)
        self.run_('restore', self.archive, '--since', 'yesterday', status=64)
        self.run_('restore', status=64)
        self.run_('backup', self.archive, '--account', 'nobody@example.org', status=67)

    def test_only_what_is_new(self):
        who = self.fresh('new')
        c = self.p.imap(who)
        for i in range(5):
            c.append('INBOX', None, None, mail('new %d' % i).encode())
        dry = self.json('backup', self.archive, '--account', who, '--dry-run')
        self.assertEqual(dry['accounts'][0]['new_messages'], 5)
        self.assertFalse(os.path.exists(self.archive))
        self.assertEqual(self.json('backup', self.archive, '--account', who)['accounts'][0]['new_messages'], 5)
        stamps = {f: os.stat(f).st_ino for f in glob.glob(self.archive + '/accounts/*/messages/*/*')}
        self.assertEqual(len(stamps), 5)
        c.append('INBOX', None, None, mail('new 5').encode())
        c.select('INBOX')
        c.uid('STORE', '1', '+FLAGS', r'\Seen')
        c.uid('STORE', '2', '+FLAGS', r'\Deleted')
        c.expunge()
        self.assertEqual(self.json('backup', self.archive, '--account', who, '--dry-run')['accounts'][0]['new_messages'], 1)
        got = self.json('backup', self.archive, '--account', who)['accounts'][0]
        self.assertEqual((got['emails'], got['deleted'], got['new_messages']), (5, 1, 1))
        for f, inode in stamps.items():
            self.assertEqual(os.stat(f).st_ino, inode)
        emails = {v['subject']: v for k, v in lines_of(self.archive, who)[1] if k == 'email'}
        self.assertEqual(sorted(emails), ['new 0', 'new 1', 'new 2', 'new 3', 'new 4', 'new 5'])
        self.assertEqual([s for s, e in emails.items() if e.get('deleted')], ['new 1'])
        self.assertEqual(emails['new 0']['flags'], ['\\Seen'])
        self.assertEqual(self.json('verify', self.archive)['unnamed'], 0)
        # As one that was forgotten since would stand there.
        sha = hashlib.sha256(b'forgotten').hexdigest()
        folder = os.path.join(self.archive, 'accounts', who, 'messages', sha[:2])
        os.makedirs(folder, 0o700, exist_ok=True)
        with open(os.path.join(folder, sha + '.eml'), 'wb') as f:
            f.write(b'forgotten')
        self.assertEqual(self.json('verify', self.archive)['unnamed'], 1)
        # A message that was lost from the archive is copied again.
        victim = sorted(stamps)[0]
        os.unlink(victim)
        got = self.json('backup', self.archive, '--account', who, '--prune')['accounts'][0]
        self.assertEqual(got['new_messages'], 1)
        self.assertEqual(self.json('verify', self.archive)['unnamed'], 0)
        # Damage of the lines is not copied under a new checksum.
        m, _ = lines_of(self.archive, who)
        path = '%s/accounts/%s/%s' % (self.archive, who, m['file'])
        with open(path) as f:
            text = f.read()
        with open(path, 'w') as f:
            f.write(text.replace('"subject":"new 3"', '"subject":"new 8"'))
        self.run_('verify', self.archive, status=1)
        c.append('INBOX', None, None, mail('new 6').encode())
        self.run_('backup', self.archive, '--account', who)
        self.run_('verify', self.archive)
        self.assertEqual(sorted(v['subject'] for k, v in lines_of(self.archive, who)[1] if k == 'email')[3], 'new 3')

    def test_folders_that_are_no_archive(self):
        os.makedirs(self.archive)
        self.run_('verify', self.archive, status=2)
        self.run_('verify', self.archive + '/none', status=2)
        with open(self.archive + '/file', 'w') as f:
            f.write('mine')
        r = self.run_('backup', self.archive, status=73)
        self.assertIn('other things in it', r.stderr)
        self.assertEqual(os.listdir(self.archive), ['file'])
        self.run_('restore', self.archive, status=2)

    def test_damage_is_found(self):
        who = self.fresh('damage')
        c = self.p.imap(who)
        for i in range(8):
            c.append('INBOX', None, None, mail('damage %d' % i).encode())
        self.run_('backup', self.archive, '--account', who)
        messages = sorted(glob.glob(self.archive + '/accounts/*/messages/*/*.eml'))
        with open(messages[0], 'r+b') as f:
            f.seek(3)
            f.write(b'!')
        os.unlink(messages[1])
        os.symlink('/etc/passwd', messages[1])
        os.truncate(messages[2], 3)
        os.unlink(messages[3])
        os.mkfifo(messages[3])
        os.symlink('/etc', self.archive + '/accounts/evil@example.org')
        found = self.json('verify', self.archive, status=1)['findings']
        self.assertEqual(len(found), 5, found)
        self.assertNotIn('root:', ''.join(found))
        # The rest comes back; what is damaged is named and stays out.
        other = self.fresh('damage2')
        got = self.json('restore', self.archive, '--account', who, '--to', other, status=1)
        self.assertEqual((got['restored'], got['failed']), (4, 4))
        self.assertEqual(len(state_of(self.p.imap(other))['INBOX']), 4)

    def test_server_down(self):
        who = self.fresh('down')
        c = self.p.imap(who)
        c.append('INBOX', None, None, mail('down').encode())
        c.logout()
        up = self.json('backup', self.archive, '--account', who)
        self.p.stop()
        try:
            down = self.json('backup', self.dir + '/second', '--account', who)
            self.assertEqual(up, down)
            self.assertEqual(lines_of(self.archive, who)[1], lines_of(self.dir + '/second', who)[1])
            self.run_('verify', self.dir + '/second')
            self.assertEqual(self.json('restore', self.archive, '--account', who, '--to', CAROL)['restored'], 1)
        finally:
            self.p.start()
        self.assertEqual(self.json('restore', self.archive, '--account', who, '--to', CAROL)['existed'], 1)


class UnderLoad(Base):
    """Backups while mail is delivered, flagged, moved and expunged: each one is whole, and has what was there."""

    def work(self, box, stop, seed):
        rng, n = random.Random(seed), 0
        c = self.p.imap(BOB)
        c.create(box)
        while not stop.is_set():
            c.append('INBOX', None, None, mail('load %d %d' % (seed, n), 'y' * rng.randrange(3_000) + '\r\n').encode())
            n += 1
            c.select('INBOX')
            uids = c.uid('SEARCH', 'ALL')[1][0].split()
            if not uids:
                continue
            c.uid('STORE', rng.choice(uids).decode(), '+FLAGS', rng.choice([r'\Seen', r'\Flagged', '$x']))
            c.uid('MOVE', rng.choice(uids).decode(), box)
            if n % 7 == 0:
                c.select(box)
                some = c.uid('SEARCH', 'ALL')[1][0].split()
                if some:
                    c.uid('STORE', some[0].decode(), '+FLAGS', r'\Deleted')
                    c.expunge()
        c.logout()

    def test_whole_at_any_moment(self):
        stop = threading.Event()
        c = self.p.imap(BOB)
        c.create('Still')
        for i in range(30):
            c.append('Still', None, None, mail('still %d' % i).encode())
        threads = [threading.Thread(target=self.work, args=('L%d' % i, stop, i)) for i in range(3)]
        for t in threads:
            t.start()
        try:
            end, runs = time.time() + 12, 0
            while runs < 4 or (time.time() < end and runs < 12):
                self.run_('backup', self.archive)
                self.run_('verify', self.archive)
                m, lines = lines_of(self.archive, BOB)
                boxes = {v['id']: v['name'] for k, v in lines if k == 'mailbox'}
                still = [v for k, v in lines if k == 'email' and any(boxes[p['mailbox']] == 'Still' for p in v.get('places', ()))]
                self.assertEqual(len(still), 30)
                runs += 1
        finally:
            stop.set()
            for t in threads:
                t.join()
        # In peace: exactly what a client sees.
        self.run_('backup', self.archive, '--prune')
        self.run_('verify', self.archive)
        seen = state_of(self.p.imap(BOB))
        m, lines = lines_of(self.archive, BOB)
        boxes = {v['id']: v['name'] for k, v in lines if k == 'mailbox' and not v.get('deleted')}
        got = {n: [] for n in boxes.values()}
        for k, v in lines:
            if k == 'email':
                for p in v.get('places', ()):
                    got[boxes[p['mailbox']]].append(v['sha256'])
        self.assertEqual({n: sorted(x) for n, x in got.items()}, {n: sorted(r[0] for r in rows) for n, rows in seen.items()})

    def test_killed_runs(self):
        """A run that dies anywhere leaves a whole archive, and the next one completes it."""
        c = self.p.imap(ALICE)
        for i in range(40):
            c.append('INBOX', None, None, mail('kill %d' % i).encode())
        self.run_('backup', self.archive, '--account', ALICE)
        exe = [os.path.join(os.environ.get('BUILD', ''), 'bin', 'postern'), '-C', self.p.etc, 'backup', self.archive, '--account', ALICE]
        for point in ('archive.messages', 'archive.manifest'):
            for i in range(3):
                c.append('INBOX', None, None, mail('%s %d' % (point, i)).encode())
            n = lines_of(self.archive, ALICE)[0]['emails']
            r = subprocess.run(exe, env=dict(self.p.env, POSTERN_KILL=point + ':1'), stderr=subprocess.DEVNULL)
            self.assertEqual(r.returncode, -9)
            self.run_('verify', self.archive)
            self.assertEqual(lines_of(self.archive, ALICE)[0]['emails'], n)
            self.run_('backup', self.archive, '--account', ALICE)
            self.run_('verify', self.archive)
            self.assertEqual(lines_of(self.archive, ALICE)[0]['emails'], n + 3)
        # At any moment.
        rng = random.Random(7)
        for i in range(6):
            c.append('INBOX', None, None, mail('any %d' % i).encode())
            p = subprocess.Popen(exe, env=self.p.env, stderr=subprocess.DEVNULL)
            time.sleep(rng.random() * 0.2)
            p.kill()
            p.wait()
            self.run_('verify', self.archive)


if __name__ == '__main__':
    unittest.main()
