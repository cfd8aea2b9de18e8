#!/usr/bin/env python3
"""indexer: delivered mail gets indexed, whatever becomes of the process, its files or the account; and postern index."""
import base64
import imaplib
import io
import json
import os
import pty
import random
import re
import shutil
import signal
import stat
import subprocess
import sys
import tarfile
import tempfile
import time
import unittest
import zipfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'protocol', 'jmap'))
from postern_test import BIN, Instance  # noqa: E402
import client as jmap  # noqa: E402

ALICE, BOB = 'alice@example.org', 'bob@example.org'
QUICK = '\nindex.batch = 1\nindex.sync_interval = 1s\n'


def message(n, text='words to be found'):
    return ('Subject: number %d\nContent-Type: text/plain; charset=utf-8\n\n%s %d\n' % (n, text, n)).encode()


class Indexer(unittest.TestCase):
    def instance(self, conf=QUICK, **options):
        p = Instance(conf=conf, check_imap=False, **options)
        p.keep = True
        self.addCleanup(shutil.rmtree, p.dir, True)
        return p

    def index(self, p, account=ALICE, *more):
        r = p.postern('index', 'status', '--account', account, '--json', *more, check=False)
        return json.loads(r.stdout)[0] if r.returncode in (0, 1) else {'state': r.stderr, 'messages': -1, 'incomplete': -1}

    def wait(self, p, what, account=ALICE, seconds=120):
        end = time.time() + seconds
        while True:
            i = self.index(p, account)
            if what(i):
                return i
            if time.time() > end:
                self.fail('%s\n%s' % (i, p.output()))
            time.sleep(0.3)

    def indexed(self, p, n, account=ALICE):
        return self.wait(p, lambda i: i['messages'] == n and i['state'] == 'current', account)

    def pid(self, p):
        services = json.loads(p.postern('status', '--json').stdout)['services']
        return next(s['processes'][0]['pid'] for s in services if s['name'] == 'indexer' and s['processes'])

    def kill(self, p):
        """SIGKILL, and waits for the next one."""
        old = self.pid(p)
        os.kill(old, signal.SIGKILL)
        end = time.time() + 60
        while time.time() < end:
            try:
                if self.pid(p) != old:
                    return
            except StopIteration:
                pass
            time.sleep(0.2)
        self.fail(p.output())

    def folder(self, p, account=ALICE):
        return '%s/var/fts/%d' % (p.dir, self.index(p, account)['id'])

    def test_mail_comes_and_goes(self):
        with self.instance() as p:
            for i in range(5):
                p.deliver([ALICE, BOB] if i == 0 else ALICE, message(i))
            i = self.indexed(p, 5)
            self.assertEqual((i['of'], i['incomplete']), (5, 0))
            self.assertGreater(i['words'], 5)
            self.assertGreater(i['text_bytes'], 100)
            self.assertEqual(self.indexed(p, 1, BOB)['of'], 1)
            c = p.imap()
            c.select('INBOX')
            c.store('2:3', '+FLAGS', r'(\Deleted)')
            c.expunge()
            self.indexed(p, 3)
            grown = self.index(p, ALICE, '--digest')['digest']
            self.assertEqual(len(grown), 64)
            # Made anew it is the same.
            self.assertIn('3 messages', p.postern('index', 'rebuild', '--account', ALICE, '--dry-run').stdout)
            self.assertNotIn('index_rebuild', p.output())
            out = json.loads(p.postern('index', 'rebuild', '--account', ALICE, '--json').stdout)
            self.assertEqual(out, {'accounts': 1, 'failed': 0})
            self.assertIn('index_rebuild', p.output())
            self.assertEqual(self.index(p, ALICE, '--digest')['digest'], grown)
            self.assertEqual(self.index(p)['messages'], 3)
            # Packed, too.
            out = json.loads(p.postern('index', 'optimize', '--json').stdout)
            self.assertEqual(out, {'accounts': 2, 'failed': 0})
            self.assertEqual(self.index(p, ALICE, '--digest')['digest'], grown)
            p.deliver(ALICE, message(9))
            self.indexed(p, 4)
            text = p.postern('index', 'status').stdout
            self.assertRegex(text, r'(?m)^alice@example.org +current +4 +4 ')
            # An account that is gone takes its index with it.
            folder = self.folder(p, BOB)
            p.postern('account', 'delete', BOB)
            self.kill(p)  # the next one lists the accounts at once
            end = time.time() + 60
            while os.path.exists(folder) and time.time() < end:
                time.sleep(0.3)
            self.assertFalse(os.path.exists(folder), p.output())
            self.assertIn('index_removed', p.output())

    def test_few_changes_wait_unless_somebody_looks(self):
        with self.instance(conf='\nindex.interval = 1h\n') as p:
            p.deliver(ALICE, message(1))
            self.indexed(p, 1)  # the first look at an index is not put off
            p.deliver(ALICE, message(2))
            self.wait(p, lambda i: i['state'] == 'behind')
            time.sleep(2)
            self.assertEqual(self.index(p)['messages'], 1)
            c = p.imap()
            c.select('INBOX')
            self.indexed(p, 2)
            p.deliver(ALICE, message(3))
            began = time.time()
            self.indexed(p, 3)
            self.assertLess(time.time() - began, 60)
            c.logout()

    def test_killed_in_the_middle(self):
        top = tempfile.mkdtemp(prefix='postern-test-')
        plan = top + '/etc/kill'  # where each daemon may read
        with self.instance(dir=top, env={'POSTERN_KILL': '@' + plan}) as p:
            for n in range(1, 9):
                p.deliver(ALICE, message(n))
                if n % 4 == 0:
                    self.kill(p)
            for point in ('index.commit.before', 'index.commit.after'):
                with open(plan, 'w') as f:
                    f.write('indexer %s 1' % point)
                for _ in range(4):
                    n += 1
                    p.deliver(ALICE, message(n))
                end = time.time() + 60
                while 'event=kill_point program=indexer name=%s' % point not in p.output() and time.time() < end:
                    time.sleep(0.2)
                os.unlink(plan)
                self.assertIn('name=' + point, p.output())
                self.assertEqual(self.indexed(p, n)['incomplete'], 0)
            grown = self.index(p, ALICE, '--digest')['digest']
            with open(plan, 'w') as f:
                f.write('indexer index.optimize.exchange 1')
            p.postern('index', 'optimize', '--account', ALICE, check=False)
            os.unlink(plan)
            self.indexed(p, n)
            p.postern('index', 'rebuild', '--account', ALICE)
            self.assertEqual(self.index(p, ALICE, '--digest')['digest'], grown)
            # Twice on one message (kMaxCrashes): it is set aside, the others are indexed.
            with open(plan, 'w') as f:
                f.write('indexer index.message 1')
            p.deliver(ALICE, message(100))
            end = time.time() + 90
            while 'index_set_aside' not in p.output() and time.time() < end:
                time.sleep(0.2)
            os.unlink(plan)
            self.assertIn('index_set_aside', p.output())
            p.deliver(ALICE, message(101))
            i = self.indexed(p, n + 2)
            self.assertEqual(i['incomplete'], 1)
            # Until its index is made anew.
            p.postern('index', 'rebuild', '--account', ALICE)
            self.assertEqual(self.index(p)['incomplete'], 0)

    def test_damaged_indexes_are_made_anew(self):
        with self.instance() as p:
            for i in range(3):
                p.deliver(ALICE, message(i))
            self.indexed(p, 3)
            folder = self.folder(p)
            grown = self.index(p, ALICE, '--digest')['digest']

            def version_gone():
                with open(folder + '/iamglass', 'wb') as f:
                    f.write(b'nonsense')

            def power_lost():
                with open(folder + '/unsynced', 'w') as f:
                    f.write('another boot\n')

            for damage in (version_gone, power_lost, lambda: shutil.rmtree(folder)):
                os.kill(self.pid(p), signal.SIGSTOP)
                damage()
                os.kill(self.pid(p), signal.SIGCONT)
                self.kill(p)
                self.indexed(p, 3)
                self.assertEqual(self.index(p, ALICE, '--digest')['digest'], grown)
            self.assertIn('index_rebuild', p.output())

    def test_nothing_of_it_is_in_the_way(self):
        """With the indexer stopped, mail flows."""
        with self.instance() as p:
            pid = self.pid(p)
            os.kill(pid, signal.SIGSTOP)
            try:
                for i in range(20):
                    self.assertTrue(p.deliver(ALICE, message(i))[0].startswith('250'))
                c = p.imap()
                c.select('INBOX')
                self.assertEqual(c.search(None, 'BODY', 'found')[1][0].split()[-1], b'20')
            finally:
                os.kill(pid, signal.SIGCONT)
            self.indexed(p, 20)

    def test_disk_full(self):
        """Where no file of the index may grow, mail comes in and is found; when there is room again it is indexed."""
        with self.instance() as p:
            p.stop()
            full, wrapper, table = p.dir + '/full', p.dir + '/indexer', p.etc + '/master.conf'
            with open(wrapper, 'w') as f:   # a write beyond the limit fails, as on a full disk
                f.write('#!/bin/sh\nif [ -e %s ]; then trap "" XFSZ; ulimit -f 100; fi\nexec %s/indexer "$@"\n' % (full, BIN))
            os.chmod(wrapper, 0o755)
            with open(table) as f:
                text = re.sub(r'(?m)^(indexer\s+)indexer', r'\g<1>' + wrapper, f.read())
            with open(table, 'w') as f:
                f.write(text)
            open(full, 'w').close()
            p.start()
            rng = random.Random(28)
            for n in range(20):
                words = ' '.join('%x' % rng.getrandbits(48) for _ in range(400))
                self.assertTrue(p.deliver(ALICE, message(n, words + ' zebra'))[0].startswith('250'))
            i = self.wait(p, lambda i: i['state'] == 'stopped')
            self.assertTrue(i['error'], i)
            self.assertIn('event=index_failed', p.output())
            r = p.postern('index', 'optimize', '--account', ALICE, '--json', check=False)
            self.assertEqual((r.returncode, json.loads(r.stdout)), (75, {'accounts': 1, 'failed': 1}), r.stderr)
            c = p.imap()
            c.select('INBOX', readonly=True)
            self.assertEqual(len(c.search(None, 'BODY', 'zebra')[1][0].split()), 20)
            os.unlink(full)
            self.kill(p)
            self.indexed(p, 20)
            self.assertEqual(len(c.search(None, 'BODY', 'zebra')[1][0].split()), 20)
            c.logout()

    def test_language_of_an_account(self):
        with self.instance(conf=QUICK + 'index.language = sv\n') as p:
            p.postern('account', 'set', ALICE, '--language', 'de')
            self.assertEqual(json.loads(p.postern('account', 'show', ALICE, '--json').stdout)['language'], 'de')
            for who in (ALICE, BOB):
                p.deliver(who, b'Subject: x\n\nHaus\n')     # too short to be known by itself
            self.indexed(p, 1)
            self.indexed(p, 1, BOB)
            self.assertEqual((self.index(p)['languages'], self.index(p, BOB)['languages']), (['de'], ['sv']))
            # Its owner sets it as well.
            c = p.imap(BOB)
            imaplib.Commands['SETMETADATA'] = ('AUTH', 'SELECTED')
            self.assertEqual(c._simple_command('SETMETADATA', '""', '(/private/vendor/postern/language "fi-FI")')[0], 'OK')
            c.logout()
            p.deliver(BOB, b'Subject: x\n\ntalo\n')
            self.indexed(p, 2, BOB)
            self.assertEqual(set(self.index(p, BOB)['languages']), {'fi', 'sv'})
            p.postern('account', 'set', ALICE, '--language', 'none')
            self.assertIsNone(json.loads(p.postern('account', 'show', ALICE, '--json').stdout)['language'])
            for wrong in ('', 'x', '-de', 'de_DE', 'de-' + 'x' * 40):
                self.assertEqual(p.postern('account', 'set', ALICE, '--language', wrong, check=False).returncode, 64, wrong)

    def test_progress_is_shown_on_a_terminal(self):
        with self.instance() as p:
            for n in range(3):
                p.deliver(ALICE, message(n))
            self.indexed(p, 3)
            for verb in ('rebuild', 'optimize'):
                shown = self.on_terminal(p, 'index', verb, '--account', ALICE)
                self.assertRegex(shown, r'^\r%s (\d+|\[[#.]{40}\] \d+/3)\x1b\[K' % re.escape(ALICE), verb)
                self.assertTrue(shown.endswith('\r\x1b[K'), shown)    # and taken away
                self.assertEqual(self.on_terminal(p, 'index', verb, '--account', ALICE, '--json'), '')
                self.assertEqual(p.postern('index', verb, '--account', ALICE).stderr, '')

    def on_terminal(self, p, *args):
        """What a command writes to stderr where that is a terminal."""
        ours, theirs = pty.openpty()
        with subprocess.Popen([os.path.join(BIN, 'postern'), '-C', p.etc, *args], env=p.env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=theirs) as command:
            os.close(theirs)
            out = b''
            try:
                while piece := os.read(ours, 4096):
                    out += piece
            except OSError:     # nobody holds the other end any more
                pass
            os.close(ours)
        self.assertEqual(command.returncode, 0, out)
        return out.decode()

    def test_wrong_questions(self):
        with self.instance() as p:
            for args, status in ((('status', 'x'), 64), (('rebuild', 'x'), 64), (('status', '--account', 'nobody@example.org'), 67)):
                self.assertEqual(p.postern('index', *args, check=False).returncode, status, args)
        r = p.postern('index', 'status', check=False)
        self.assertEqual(r.returncode, 69)
        self.assertIn('indexer does not answer', r.stderr)

    def test_documents(self):
        """A document's words are indexed, by the program that the configuration names for its type."""
        row = 'runner.command = text:application/x-shout /usr/bin/tr A-Z a-z\n'
        with self.instance(conf=QUICK + row) as p:
            head = 'Subject: x\nMIME-Version: 1.0\nContent-Type: application/x-%s; name=a.bin\n\n%s\n'
            words = [0]
            for n, (kind, letter) in enumerate((('shout', 'A'), ('shout', 'A'), ('other', 'B'), ('shout', 'C'))):
                p.deliver(ALICE, (head % (kind, ' '.join(letter * i for i in range(1, 60)))).encode())
                words.append(self.indexed(p, n + 1)['words'])
            new = [b - a > 50 for a, b in zip(words, words[1:])]
            # The same words again are none; those of a type without a program are not read.
            self.assertEqual(new, [True, False, False, True], (words, p.output()))

    def test_M12_documents_as_they_come_and_as_nobody_would_make_them(self):
        """The rows that need no setting, and what must stop none of them: bombs, links, ways out, endless markup."""
        zipped = lambda *members: pack_zip(members)
        text = lambda word: '<w:p><w:t>plain</w:t><w:t> %s</w:t></w:p>' % word
        docx, odt = OFFICE + 'openxmlformats-officedocument.wordprocessingml.document', 'application/vnd.oasis.opendocument.text'
        xlsx, pptx = OFFICE + 'openxmlformats-officedocument.spreadsheetml.sheet', OFFICE + 'openxmlformats-officedocument.presentationml.presentation'
        link = zipfile.ZipInfo('word/document.xml')
        link.external_attr, link.create_system = (stat.S_IFLNK | 0o777) << 16, 3
        bomb = zipped(('word/document.xml', text('inbomb') + ' ' * (64 << 20)))      # more than runner.output
        tar = io.BytesIO()
        with tarfile.open(fileobj=tar, mode='w') as t:
            t.addfile(tarfile.TarInfo('../../intar'))
        # (type, document, a word that finds it or None, the program that it takes)
        documents = [(docx, zipped(('word/document.xml', text('quagga'))), 'quagga', 'unzip'),
                     (odt, zipped(('content.xml', '<text:p>okapi &amp; gnu</text:p>')), 'okapi', 'unzip'),
                     (xlsx, zipped(('xl/sharedStrings.xml', '<t>bongo</t>')), 'bongo', 'unzip'),
                     (pptx, zipped(('ppt/slides/slide1.xml', '<a:t>kudu</a:t>')), 'kudu', 'unzip'),
                     ('application/pdf', PDF, 'nilgai', 'pdftotext'),
                     ('application/msword', b'no such thing', None, None), (docx, b'PK\3\4 cut', None, None),
                     (docx, bomb, None, None), (docx, zipped(('word/document.xml', bomb)), None, None),
                     (docx, zipped((link, '/etc/passwd')), None, None),
                     (docx, zipped(('../../word/document.xml', text('outside')), ('word/document.xml', text('sitatunga'))), 'sitatunga', 'unzip'),
                     ('application/x-tar', tar.getvalue(), None, None)]
        with self.instance() as p:
            pid = self.pid(p)
            for n, (kind, data, _, _) in enumerate(documents):
                self.assertTrue(p.deliver(ALICE, attachment(kind, data, n))[0].startswith('250'), kind)
            html = b'Subject: markup\nMIME-Version: 1.0\nContent-Type: text/html\n\n'
            line = b'<div><b title="x">never closed' + b' ' * 600 + b'\n'
            # Endless markup: more than kMaxText and kMaxShownHtml of lib/index.
            for body in (b'<p>bontebok ' + line * ((12 << 20) // len(line)), b'<div>\n' * 100000 + b'blesbok'):
                self.assertTrue(p.deliver(BOB, html + body)[0].startswith('250'))
            p.deliver(ALICE, message(99, 'after all of them: dik'))
            self.indexed(p, len(documents) + 1)
            self.indexed(p, 2, BOB)
            self.assertEqual(self.pid(p), pid)      # none of it brought indexer down
            c = p.imap()
            c.select('INBOX', readonly=True)
            found = lambda *keys: [int(x) for x in c.search(None, *keys)[1][0].split()]
            self.assertEqual(found('TEXT', 'dik'), [len(documents) + 1])
            alice = jmap.Account(p)
            for i, (kind, _, word, program) in enumerate(documents, 1):
                if word and os.path.exists('/usr/bin/' + program):
                    self.assertEqual(found('FUZZY', 'TEXT', word), [i], (kind, p.output()))
                    self.assertEqual(found('BODY', word), [], kind)      # IMAP's own rule: a part that is no text has none
                    ids = alice.call('Email/query', filter={'text': word})['ids']
                    got = alice.call('Email/get', ids=ids, properties=['subject'])['list']
                    self.assertEqual([e['subject'] for e in got], ['document %d' % (i - 1)], kind)
            for word in ('root', 'outside', 'intar'):
                self.assertEqual(found('FUZZY', 'BODY', word), [], word)
            c.logout()
            c = p.imap(BOB)
            c.select('INBOX', readonly=True)
            self.assertEqual((found('FUZZY', 'BODY', 'bontebok'), found('BODY', 'blesbok')), ([1], [2]))
            if os.path.exists('/usr/bin/unzip'):
                self.assertRegex(p.output(), 'event=index_document .*wrote too much')
            c.logout()

    def test_messages_that_stall_or_bring_it_down(self):
        """Past index.message_time the process ends; what did so twice is set aside.  So is a message whose document does it."""
        top = tempfile.mkdtemp(prefix='postern-test-')
        plan = top + '/etc/kill'
        row = 'index.message_time = 1s\nrunner.command = text:application/x-shout /usr/bin/tr A-Z a-z\n'
        with self.instance(conf=QUICK + row, dir=top, env={'POSTERN_KILL': '@' + plan}) as p:
            p.deliver(ALICE, message(0))
            self.indexed(p, 1)
            if b'kill_point' not in open(os.path.join(BIN, 'indexer'), 'rb').read():
                self.skipTest('a build without kill points')
            for n, (point, mail) in enumerate((('index.message 1 stall', message(1)), ('index.document 1', attachment('application/x-shout', b'LOUD', 2))), 1):
                with open(plan, 'w') as f:
                    f.write('indexer ' + point)
                p.deliver(ALICE, mail)
                self.wait(p, lambda i: i['incomplete'] == n)
                os.unlink(plan)
                log = p.output()
                self.assertEqual(log.count('event=index_set_aside'), n, log)
            self.assertEqual(log.count('event=index_message_stuck'), 2, log)
            self.assertEqual(log.count('event=kill_point program=indexer name=index.document'), 2, log)
            self.assertEqual(log.count('event=index_crashed_on'), 4, log)
            p.deliver(ALICE, message(3, 'LOUD'))
            self.assertEqual(self.indexed(p, 4)['incomplete'], 2)
            c = p.imap()
            c.select('INBOX', readonly=True)
            self.assertEqual(c.search(None, 'BODY', 'found')[1], [b'1 2'])     # what was set aside is scanned
            c.logout()

    def test_alarm_when_nothing_goes_on(self):
        """Work waits and none is done: the log and postern status say so until it goes on.  Mail comes in meanwhile."""
        top = tempfile.mkdtemp(prefix='postern-test-')
        gate, script = top + '/gate', top + '/wait.sh'
        with open(script, 'w') as f:
            f.write('while [ ! -e %s ]; do sleep 0.1; done; cat\n' % gate)
        row = 'index.alarm = 1s\nrunner.read = %s\nrunner.command = text:application/x-slow time=10m /usr/bin/sh %s\n' % (top, script)
        with self.instance(conf=QUICK + row, dir=top) as p:
            os.chmod(top, 0o755)
            p.deliver(ALICE, message(0))
            self.indexed(p, 1)
            status = lambda: p.postern('status', check=False)
            self.assertEqual(status().returncode, 0)
            p.deliver(ALICE, attachment('application/x-slow', b'words', 1))
            self.until(p, lambda: 'event=index_no_progress' in p.output())
            self.until(p, lambda: status().returncode == 1)
            self.assertIn('trouble: indexer makes no progress', status().stdout)
            self.assertTrue(p.deliver(BOB, message(2))[0].startswith('250'))
            c = p.imap(BOB)
            c.select('INBOX', readonly=True)
            self.assertEqual(c.search(None, 'BODY', 'found')[1], [b'1'])
            c.logout()
            open(gate, 'w').close()
            self.indexed(p, 2)
            self.indexed(p, 1, BOB)
            self.until(p, lambda: status().returncode == 0)

    def test_flushes_are_counted(self):
        """However many accounts are worked on and however often, the disk is waited for once in index.sync_interval."""
        people = ['p%d@example.org' % n for n in range(10)]     # more than may be open (kMaxOpenWriters)
        with self.instance(conf='\nindex.batch = 1\nindex.sync_interval = 1d\n', accounts=[a + '=secret' for a in people]) as p:
            states = lambda: [(i['messages'], i['state']) for i in json.loads(p.postern('index', 'status', '--json').stdout)]
            for n in range(1, 4):
                self.assertEqual([r[:3] for r in p.deliver(people, message(n))], ['250'] * 10)
                self.index(p, people[0])    # has it look for accounts
                self.until(p, lambda: states() == [(n, 'current')] * 10)
            self.until(p, lambda: int(self.counters(p).get('commits', 0)) >= 30)
            self.assertLessEqual(int(self.counters(p).get('flushes', 0)), 1)     # the first commit of all
            unflushed = lambda: [n for n in os.listdir(p.dir + '/var/fts') if os.path.exists('%s/var/fts/%s/unsynced' % (p.dir, n))]
            self.assertGreaterEqual(len(unflushed()), 9)
            p.stop()
            self.assertEqual(unflushed(), [])       # a clean end leaves nothing to lose
            p.start()
            self.until(p, lambda: states() == [(3, 'current')] * 10)

    def test_sleeps_when_there_is_nothing_to_do(self):
        with self.instance() as p:
            p.deliver(ALICE, message(0))
            self.indexed(p, 1)
            pid, wakes = self.pid(p), 1
            end = time.time() + 60
            while wakes and time.time() < end:      # a moment in which nobody asks it anything
                before = switches(pid)
                time.sleep(1.5)
                wakes = switches(pid) - before
            self.assertEqual(wakes, 0)

    def counters(self, p):
        services = json.loads(p.postern('status', '--json').stdout)['services']
        return next(s['processes'][0].get('counters', {}) for s in services if s['name'] == 'indexer' and s['processes'])

    def until(self, p, what, seconds=120):
        end = time.time() + seconds
        while not what():
            if time.time() > end:
                self.fail(p.output())
            time.sleep(0.2)


OFFICE = 'application/vnd.'
PDF = (b'%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n'
       b'3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>endobj\n'
       b'4 0 obj<</Length 37>>stream\nBT /F 12 Tf 9 9 Td (nilgai) Tj ET    \nendstream endobj\n'
       b'5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\ntrailer<</Root 1 0 R>>\n')


def pack_zip(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED) as z:
        for name, data in members:
            z.writestr(name, data)
    return out.getvalue()


def attachment(kind, data, n):
    return ('Subject: document %d\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nsee what is attached\n--b\n'
            'Content-Type: %s\nContent-Disposition: attachment\nContent-Transfer-Encoding: base64\n\n%s--b--\n'
            % (n, kind, base64.encodebytes(data).decode())).encode()


def switches(pid):
    """How often its threads have gone to sleep so far."""
    total = 0
    for task in os.listdir('/proc/%d/task' % pid):
        with open('/proc/%d/task/%s/status' % (pid, task)) as f:
            total += int(re.search(r'(?m)^voluntary_ctxt_switches:\s+(\d+)', f.read())[1])
    return total


if __name__ == '__main__':
    unittest.main()
