#!/usr/bin/env python3
"""Searches give the same answers whatever the full-text index is: complete, behind, in part, of another life of the account,
damaged, absent, or with searchd away.  Random searches are compared with an evaluator that is slow and obvious."""
import base64, imaplib, json, os, random, re, shutil, signal, subprocess, sys, time, unicodedata, unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'protocol', 'jmap'))
from ipc_client import Client, field, fields  # noqa: E402
from postern_test import BUILD, Instance  # noqa: E402
import client as jmap  # noqa: E402

WORDS = ['apple', 'Applesauce', 'berry', 'blueberry', 'cherry', 'date', 'update', 'elderberry', 'fig', 'figure', 'don\'t', 'e-mail', 'the', 'the', 'caf\u00e9', '\u00c4pfel']
# Scripts without blanks, letters that fold to others or to several, marks that go with a letter, characters that are not seen.
ODD = ['Stra\u00dfe', 'STRASSE', '\u0130stanbul', 'ISPARTA', '\u0131l\u0131k', 'e\u0301t\u00e9', '\u039f\u0394\u039f\u03a3', '\u03bf\u03b4\u03cc\u03c2', '\ufb01le', '\uff21\uff22\uff23',
       'co\u00adop', '\u0643\u0650\u062a\u0627\u0628', '\u0627\u0644\u0643\u062a\u0627\u0628', '\u05e9\u05b8\u05dc\u05d5\u05b9\u05dd', '\u0e20\u0e32\u0e29\u0e32\u0e44\u0e17\u0e22', '\u6771\u4eac\u90fd\u306b\u884c\u304f', '\u304c\u3044',
       '\ud55c\uad6d\uc5b4', '\U0001f44d\U0001f3fd', '\U0001f468\u200d\U0001f469\u200d\U0001f467', '\u2764\ufe0f', '\u0432\u0441\u0442\u0440\u0435\u0447\u0430', '\u0419\u043e\u0434', '\u0915\u093f\u0924\u093e\u092c', 'na\u00efve\u2013caf\u00e9', 'x\u00b2', 'a\u200bb',
       '\u1e9eig', '\u01c5ep', 'rock\u2019n\u2019roll', 'C++', '\u00a9\u2122', 'and\u00a0so']
NEEDLES = ['apple', 'e', 'the', 'pple', 'content', 'strong', 'apfel', 'caf', 'PPL', 'berry', 'berry c', 'erry', 'date', 'fig', 'figure', 'ure fig', "n't", 'e-m', 'zzz', 'a', 'apple berry', '<b>', '.net']
NEEDLES += [w for w in ODD] + ['stra\u00df', 'sse', '\u0131', 'i\u0307', 'I', '\u0301', 'te\u0301', '\u03b4\u03bf\u03c3', 'fi', 'abc', 'coop', '\u00ad', '\u062a\u0627\u0628', '\u0643\u062a', '\u05e9\u05dc', '\u0e29\u0e32',
                               '\u4eac\u90fd', '\u4eac', '\u884c\u304f \u6771', '\u304b\u3044', '\ud55c', '\uad6d\uc5b4', '\U0001f3fd', '\U0001f44d', '\U0001f469', '\u200d', '\ufe0f', '\u0418\u043e\u0434', '\u0447\u0430 ', ' \u0915',
                               '\u2013', '2', 'a b', 'ab', '\u01c6', 'N\u2019R', '++', '\u2122', 'd s', 'd\u00a0s', '\u00df I', 's \u0e20']


class Mail:
    def __init__(self, rng, n):
        pool = WORDS if n % 2 else WORDS + ODD
        some = lambda k: ' '.join(rng.choice(pool) for _ in range(rng.randrange(1, k)))
        self.subject, self.text, self.html = some(4), some(12), None
        if n % 3 == 0:  # a word that a tag cuts is none for who looks at the markup
            self.html = ' '.join(w if rng.randrange(4) else w[:2] + '<i></i>' + w[2:] for w in some(5).split())
        self.sender = '%s <%s@example.net>' % (rng.choice(WORDS[:13]).strip("'"), rng.choice(['ann', 'figaro', 'bob']))
        self.header = 'From: %s\r\nTo: alice@example.org\r\nSubject: %s\r\nX-Note: %s\r\nDate: Mon, 2 Feb 2026 10:00:00 +0000\r\n' % (
            self.sender, self.subject, some(3))
        self.raw = self.header + 'Content-Type: text/plain; charset=utf-8\r\n\r\n' + self.text + '\r\n'
        self.decoded = self.header + 'Content-Type: text/plain; charset=utf-8'
        if n % 4 == 0:
            self.encode(rng.choice(['utf-8', 'utf-16', 'gb18030', 'iso-8859-15', 'koi8-r', 'iso-8859-9', 'iso-2022-jp', 'windows-1252']))
        self.body = self.text
        if self.html:
            parts = ['Content-Type: text/plain; charset=utf-8\r\n\r\n' + self.text + '\r\n', 'Content-Type: text/html; charset=utf-8\r\n\r\n<b>' + self.html + '</b>\r\n']
            self.raw = self.header + 'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=xx\r\n\r\n' + ''.join('--xx\r\n' + p for p in parts) + '--xx--\r\n'
            self.body += '\n<b>' + self.html + '</b>'
            self.decoded = self.header + 'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=xx'

    def encode(self, charset):
        """In another charset, if it has all the characters, and in base64; the subject as encoded words."""
        try:
            text = self.text.encode(charset)
        except UnicodeEncodeError:
            charset, text = 'utf-8', self.text.encode()
        field = 'Subject: %s\r\n'
        words = '\r\n '.join('=?utf-8?b?%s?=' % base64.b64encode(self.subject[i:i + 8].encode()).decode() for i in range(0, len(self.subject), 8))
        more = 'Content-Type: text/plain; charset=%s\r\nContent-Transfer-Encoding: base64' % charset
        self.raw = self.header.replace(field % self.subject, field % words) + more + '\r\n\r\n' + base64.encodebytes(text).decode()
        self.decoded = self.header + more

    def field(self, name):
        return '\n'.join(v for k, v in re.findall(r'(?m)^(\S+): (.*)\r$', self.raw.split('\r\n\r\n')[0] + '\r\n') if k.lower() == name)


def has(text, needle):
    return folded(needle) in folded(text)


def folded(s):
    """i;unicode-casemap (RFC 5051): titlecase, then decomposition, then what has no case; Hangul stays as it is."""
    title = lambda c: c.title() if len(c.title()) == 1 else c
    whole = lambda c: '\uac00' <= c <= '\ud7a3'
    return ''.join(c if whole(c) else unicodedata.normalize('NFKD', title(c)) for c in s).casefold()


def program(rng, depth=2):
    """(IMAP search key, JMAP filter or None, what it means)"""
    kind = rng.randrange(8 if depth else 5)
    needle = rng.choice(NEEDLES)
    quoted = '"' + needle + '"'
    of_jmap = lambda filter: filter if needle == needle.strip() else None   # its phrases begin and end with words
    phrase = '"' + needle + '"'
    if kind == 0:
        return 'BODY ' + quoted, None, lambda m: has(m.body, needle)
    if kind == 1:
        return 'TEXT ' + quoted, None, lambda m: has(m.body + '\n' + m.decoded, needle) or (
            m.html is not None and has('Content-Type: text/html; charset=utf-8\nContent-Type: text/plain', needle))
    if kind == 2:
        return 'SUBJECT ' + quoted, of_jmap({'subject': phrase}), lambda m: has(m.subject, needle)
    if kind == 3:
        return 'FROM ' + quoted, of_jmap({'from': phrase}), lambda m: has(m.sender, needle)
    if kind == 4:
        return 'HEADER X-Note ' + quoted, of_jmap({'header': ['X-Note', phrase]}), lambda m: has(m.field('x-note'), needle)
    a, fa, va = program(rng, depth - 1)
    b, fb, vb = program(rng, depth - 1)
    both = lambda op: {'operator': op, 'conditions': [fa, fb]} if fa and fb else None
    if kind == 5:
        return 'NOT ' + (a if a.startswith('(') else '(%s)' % a), {'operator': 'NOT', 'conditions': [fa]} if fa else None, lambda m: not va(m)
    if kind == 6:
        return 'OR (%s) (%s)' % (a, b), both('OR'), lambda m: va(m) or vb(m)
    return '(%s %s)' % (a, b), both('AND'), lambda m: va(m) and vb(m)


def without_indexer(conf=''):
    """An instance whose indexes are made here, as each test wants them."""
    p = Instance(conf=conf)
    with open(p.etc + '/master.conf') as f:
        services = re.sub(r'(?m)^indexer .*\n(?:[ \t].*\n)*', '', f.read())
    with open(p.etc + '/master.conf', 'w') as f:
        f.write(services)
    return p


def make_index(folder, epoch, modseq, data):
    subprocess.run([os.path.join(BUILD, 't', 'make_index'), folder, str(epoch), str(modseq)], input=data, check=True,
                   env=dict(os.environ, ASAN_OPTIONS='detect_leaks=0'))
    subprocess.run(['chmod', '-R', 'a+rX', folder], check=True)


class Search(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.p = without_indexer()
        cls.p.__enter__()
        cls.addClassCleanup(cls.p.__exit__, None, None, None)
        rng = random.Random(6203)
        cls.mails = [Mail(rng, n) for n in range(60)]
        c = cls.p.imap()
        for m in cls.mails:
            c.append('INBOX', None, None, m.raw.encode())
        c.select()
        for line in c.fetch('1:*', '(EMAILID)')[1]:
            n, account, email = re.match(r'(\d+) \(EMAILID \(e(\w+)-(\w+)\)\)', line.decode()).groups()
            cls.mails[int(n) - 1].id = 'e%s-%s' % (account, email)
            cls.account, cls.mails[int(n) - 1].email = int(account, 32), int(email, 32)
        # As the messages came; flags make rows look newer later on.
        cls.modseqs = [int(re.search(rb'MODSEQ \((\d+)\)', x)[1]) for x in c.fetch('1:*', '(MODSEQ)')[1]]
        c.logout()
        cls.folder = os.path.join(cls.p.dir, 'var', 'fts', str(cls.account))
        cls.jmap = jmap.Account(cls.p)
        cls.inbox = next(m['id'] for m in cls.jmap.call('Mailbox/get')['list'] if m['role'] == 'inbox')

    def info(self):
        return json.loads(self.p.postern('call', 'stored', 'get_account', '--account', 'alice@example.org').stdout)['account']

    def counter(self, name):
        services = json.loads(self.p.postern('status', '--json').stdout)['services']
        return int([s for s in services if s['name'] == 'searchd'][0]['processes'][0].get('counters', {}).get(name, 0))

    def index(self, mails, modseq, unread=(), epoch=None):
        self.no_index()
        data = b''
        for m in mails:
            raw = m.raw.encode()
            data += b'%d unread\n' % m.email if m in unread else b'%d %d\n' % (m.email, len(raw)) + raw
        make_index(self.folder, epoch or self.info()['epoch'], modseq, data)

    def no_index(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        mark = os.path.join(os.path.dirname(self.folder), 'damaged', str(self.account))
        if os.path.exists(mark):    # what an indexer does
            os.unlink(mark)

    def check(self, seed, rounds=60):
        rng = random.Random(seed)
        c = self.p.imap()
        c.enable('UTF8=ACCEPT')
        c.select('INBOX', readonly=True)
        answers = 0
        for _ in range(rounds):
            key, filter, match = program(rng)
            wanted = [n for n, m in enumerate(self.mails, 1) if match(m)]
            got = sorted(int(n) for n in c.search(None, key)[1][0].split())
            self.assertEqual(got, wanted, key)
            answers += len(wanted)
            if filter:
                here = {'operator': 'AND', 'conditions': [{'inMailbox': self.inbox}, filter]}
                ids = self.jmap.call('Email/query', filter=here)['ids']
                self.assertEqual(sorted(ids), sorted(self.mails[n - 1].id for n in wanted), filter)
        self.assertGreater(answers, rounds)
        c.logout()

    def test_complete_index(self):
        self.index(self.mails, self.info()['modseq'])
        before = self.counter('searches')
        self.check(1, 200)
        self.assertTrue(self.counter_grows('searches', before))

    def counter_grows(self, name, before):
        end = time.time() + 30
        while time.time() < end:
            if self.counter(name) > before:
                return True
            time.sleep(0.2)
        return False

    def test_index_that_is_behind(self):
        # A third was indexed before it came to an end; rows are as new as their messages.
        half = self.mails[:20]
        self.index(half, 0)
        self.check(2)
        self.index(half, self.modseqs[19])
        self.check(3)
        # And some later ones, too, as an indexer has them that has not said so yet.
        self.index(half + self.mails[30:50], self.modseqs[19])
        self.check(4)

    def test_messages_that_could_not_be_read(self):
        self.index(self.mails, self.info()['modseq'], unread=self.mails[::4])
        self.check(5)

    def test_flags_that_changed_since(self):
        self.index(self.mails, self.info()['modseq'])
        c = self.p.imap()
        c.select()
        c.store('1:*', '+FLAGS', 'flagged-%d' % time.time())
        c.logout()
        self.check(6)

    def test_index_of_another_life_of_the_account(self):
        # Its ids are of other messages.
        shifted = [type('M', (), {'email': m.email, 'raw': n.raw})() for m, n in zip(self.mails, self.mails[1:] + self.mails[:1])]
        self.index(shifted, self.info()['modseq'], epoch=int(self.info()['epoch']) + 1)
        self.check(7)

    def test_damaged_index(self):
        self.index(self.mails, self.info()['modseq'])
        self.check(8, 20)
        rng = random.Random(8)
        for name in sorted(os.listdir(self.folder)):
            path = os.path.join(self.folder, name)
            if os.path.isdir(path):
                continue
            with open(path, 'r+b') as f:
                size = os.fstat(f.fileno()).st_size
                for _ in range(max(1, size // 512)):
                    f.seek(rng.randrange(max(1, size)))
                    f.write(bytes([rng.randrange(256)]))
            # Xapian's blocks have no checksums: what is noticed is scanned, else the answer may be wrong, but one comes.
            c = self.p.imap()
            c.select('INBOX', readonly=True)
            for needle in NEEDLES[:20]:
                self.assertEqual(c.search(None, 'TEXT "%s"' % needle)[0], 'OK')
            c.logout()
        for name in sorted(os.listdir(self.folder)):
            path = os.path.join(self.folder, name)
            if os.path.isfile(path):
                os.truncate(path, 0)
        self.check(10, 20)

    def test_no_index(self):
        self.no_index()
        self.check(11)

    def test_searchd_away(self):
        self.index(self.mails, self.info()['modseq'])
        services = json.loads(self.p.postern('status', '--json').stdout)['services']
        pid = [s for s in services if s['name'] == 'searchd'][0]['processes'][0]['pid']
        os.kill(pid, signal.SIGSTOP)     # it takes calls and does not answer
        try:
            self.check(12, 10)
        finally:
            os.kill(pid, signal.SIGKILL)
        self.check(13, 30)

    def test_a_message_of_this_moment_is_found(self):
        self.index(self.mails, self.info()['modseq'])
        c = self.p.imap()
        c.create('Now')
        c.append('Now', None, None, b'Subject: zebrafish\r\n\r\nquagga\r\n')
        c.select('Now')
        for key in ('BODY quagga', 'TEXT uagg', 'SUBJECT zebra', 'FUZZY TEXT quagga'):
            self.assertEqual(c.search(None, key)[1], [b'1'], key)
        self.assertEqual(len(self.jmap.call('Email/query', filter={'text': 'quagga zebrafish'})['ids']), 1)
        c.logout()

    def test_fuzzy(self):
        self.index(self.mails, self.info()['modseq'])
        c = self.p.imap()
        c.select('INBOX', readonly=True)
        stems = lambda m: any(re.search(r'(?i)\b%s\b' % w, m.subject + ' ' + m.text + ' ' + re.sub('<[^>]*>', '', m.html or '')) for w in ('figure', 'figures'))
        wanted = [n for n, m in enumerate(self.mails, 1) if stems(m)]
        self.assertEqual([int(n) for n in c.search(None, 'FUZZY TEXT figures')[1][0].split()], wanted)
        self.assertGreater(len(wanted), 5)
        self.assertEqual(c.search(None, 'TEXT figures')[1], [b''])
        kind, data = c.sort('(RELEVANCY)', 'UTF-8', 'FUZZY TEXT figures')
        order = [int(n) for n in data[0].split()]
        self.assertEqual(sorted(order), wanted)
        c._simple_command('SEARCH', 'RETURN (RELEVANCY ALL)', 'FUZZY TEXT figures')
        line = c.untagged_responses.pop('ESEARCH')[0].decode()
        scores = [int(n) for n in re.search(r'RELEVANCY \(([\d ]*)\)', line)[1].split()]
        self.assertEqual(len(scores), len(wanted))
        self.assertEqual(max(scores), 100)
        self.assertGreater(len(set(scores)), 2)
        by_uid = dict(zip(wanted, scores))
        self.assertEqual([by_uid[n] for n in order], sorted(scores, reverse=True))
        c.logout()

    def ask(self, ticket, account, questions=((1 << 5, 'apple'),), more=b''):
        """[1] when an index answered, None when there is none, else the code."""
        c = Client(os.path.join(self.p.dir, 'run', 'search.sock'), 'searchd/1')
        asked = b''.join(field(4, field(2, where) + field(3, text)) for where, text in questions)
        r = fields(c.call(field(1, field(1, ticket) + field(2, account) + field(3, int(self.info()['epoch'])) + asked + more))[0])
        c.close()
        return fields(r[1][0])[1][0].decode() if 1 in r else fields(r[2][0]).get(1)

    def test_only_the_owner_and_only_within_limits(self):
        self.index(self.mails, self.info()['modseq'])
        ask = self.ask

        def ticket(name):
            c = Client(os.path.join(self.p.dir, 'run', 'authd.sock'), 'authd/1')
            origin = field(1, 'imap') + field(2, '127.0.0.1') + field(4, 1)
            r = fields(c.call(field(1, field(1, origin) + field(2, name) + field(3, 'secret')))[0])
            c.close()
            return fields(r[2][0])[1][0]
        self.assertEqual(ask(ticket('alice@example.org'), self.account), [1])
        self.assertEqual(ask(ticket('bob@example.org'), self.account), 'DENIED')
        self.assertEqual(ask(b'x' * 100, self.account), 'TICKET')
        self.assertEqual(ask(b'', self.account), 'TICKET')
        alice = ticket('alice@example.org')
        body = 1 << 5
        self.assertEqual(ask(alice, self.account, [(body, 'x')] * 64), [1])            # kMaxQuestions
        self.assertEqual(ask(alice, self.account, [(body, 'x')] * 65), 'INVALID')
        self.assertEqual(ask(alice, self.account, [(body, 'x' * (64 << 10))]), [1])    # kMaxQuestionText
        self.assertEqual(ask(alice, self.account, [(body, 'x' * ((64 << 10) + 1))]), 'INVALID')
        for where, text in ((0, 'x'), (1 << 10, 'x'), (body, '')):
            self.assertEqual(ask(alice, self.account, [(where, text)]), 'INVALID')
        self.assertEqual(ask(alice, self.account, more=field(5, b'\x80')), None)       # no list of ids


class Words(unittest.TestCase):
    """search.substring = words; FUZZY in several languages; texts that are too large.  All is asked twice: of the messages, before
    there is an index, when any part of the text is found, and of the index."""
    # (Content-Language, a form of a word, another one, a word that is none)
    FORMS = [('de', 'Haus', 'H\u00e4user', 'Hand'), ('fr', 'r\u00e9union', 'r\u00e9unions', 'r\u00e9ponse'),
             ('ru', '\u0432\u0441\u0442\u0440\u0435\u0447\u0430', '\u0432\u0441\u0442\u0440\u0435\u0447\u0438', '\u0434\u043e\u0433\u043e\u0432\u043e\u0440'), ('tr', 'kitap', 'kitaplar', 'kalem')]

    @classmethod
    def setUpClass(cls):
        cls.p = without_indexer('search.substring = words\n')
        cls.p.__enter__()
        cls.addClassCleanup(cls.p.__exit__, None, None, None)
        plain = lambda subject, text, more='': ('%sSubject: %s\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n%s\r\n' % (more, subject, text)).encode()
        mails = [plain('one', 'overtaken by events'), plain('two', 'take it by storm; EVENTS'), plain('take three', '\u6771\u4eac\u90fd')]
        for tag, form, other, different in cls.FORMS:
            mails += [plain('x', form, 'Content-Language: %s\r\n' % tag), plain('x', different, 'Content-Language: %s\r\n' % tag)]
        cls.many = len(mails) + 1
        mails.append(plain('many', ' '.join('a%dz' % n for n in range(11000))))     # past kMaxExpansion words begin with a
        cls.phrase = ' '.join('w%d' % n for n in range(10000))                      # past kMaxQueryWords
        mails.append(plain('phrase', cls.phrase))
        c = cls.p.imap()
        for m in mails:
            c.append('INBOX', None, None, m)
        c.select('INBOX', readonly=True)
        cls.ids, data = [], b''
        for line, m in zip(c.fetch('1:*', '(EMAILID)')[1], mails):
            account, email = re.search(r'EMAILID \(e(\w+)-(\w+)\)', line.decode()).groups()
            cls.ids.append('e%s-%s' % (account, email))
            data += b'%d %d\n' % (int(email, 32), len(m)) + m
        c.logout()
        info = json.loads(cls.p.postern('call', 'stored', 'get_account', '--account', 'alice@example.org').stdout)['account']
        cls.make = lambda cls: make_index(os.path.join(cls.p.dir, 'var', 'fts', str(int(account, 32))), info['epoch'], info['modseq'], data)
        cls.jmap = jmap.Account(cls.p)

    def setUp(self):
        self.log_in()

    def log_in(self):
        self.c = self.p.imap()
        self.c.enable('UTF8=ACCEPT')
        self.c.select('INBOX', readonly=True)

    def find(self, *keys):
        return [int(n) for n in self.c.search(None, *keys)[1][0].split()]

    def find_by_jmap(self, filter):
        return sorted(self.ids.index(i) + 1 for i in self.jmap.call('Email/query', filter=filter)['ids'])

    def test_it(self):
        self.ask(indexed=False)
        self.make()
        before = self.searches()
        self.ask()
        end = time.time() + 30
        while self.searches() == before and time.time() < end:
            time.sleep(0.2)
        self.assertGreater(self.searches(), before)

    def searches(self):
        services = json.loads(self.p.postern('status', '--json').stdout)['services']
        return int([s for s in services if s['name'] == 'searchd'][0]['processes'][0].get('counters', {}).get('searches', 0))

    def ask(self, indexed=True):
        """(key, what has the words, what has the text: that is found while there is no index)"""
        for key, words, text in (('BODY take', [2], [1, 2]), ('TEXT take', [2, 3], [1, 2, 3]), ('BODY events', [1, 2], [1, 2]), ('BODY "by events"', [1], [1]),
                                 ('BODY "by storm events"', [2], []), ('BODY event', [], [1, 2]), ('BODY "\u4eac\u90fd"', [3], [3]), ('SUBJECT take', [3], [3]),
                                 ('SUBJECT tak', [], [3]), ('NOT TEXT take TEXT by', [1], []), ('OR SUBJECT one BODY storm', [1, 2], [1, 2])):
            self.assertEqual(self.find(key), words if indexed else text, key)
        for filter, words, text in (({'text': 'take'}, [2, 3], [1, 2, 3]), ({'body': 'by events'}, [1, 2], [1, 2]), ({'body': '"by events"'}, [1], [1]),
                                    ({'text': 'overtak'}, [], [1]), ({'operator': 'NOT', 'conditions': [{'text': 'by'}, {'subject': 'take'}]}, None, None)):
            found = self.find_by_jmap(filter)
            if words is None:
                self.assertFalse({1, 2, 3} & set(found), filter)
            else:
                self.assertEqual(found, words if indexed else text, filter)
        self.ask_what_is_too_large()

    def ask_what_is_too_large(self):
        """X06: answered, within bounds, and never with less than the truth."""
        self.assertEqual(self.find('BODY a7z'), [self.many])
        self.assertEqual(self.find('FUZZY BODY a7z'), [self.many])
        self.assertEqual(self.find_by_jmap({'body': 'a7z'}), [self.many])
        some = ' '.join(self.phrase.split()[:600])      # more than kMaxQueryWords, less than kMaxSearchText of lib/imap
        for key in ('BODY', 'FUZZY TEXT'):
            self.assertEqual(self.find_long(key, some), [self.many + 1], key)
        self.assertEqual(self.find_long('BODY', some + ' nowhere'), [])
        self.assertEqual(self.find_long('TEXT', 'q' * 4096), [])
        for text in (self.phrase, 'q' * (64 << 10)):
            self.assertEqual(self.find_long('BODY', text), 'refused', text[:20])
        self.assertEqual(self.find_long('BODY', b'caf\xe9\xff'), [])     # no UTF-8
        self.assertEqual(self.c.noop()[0], 'OK')
        self.assertEqual(self.find_by_jmap({'body': '"%s"' % some}), [self.many + 1])
        self.assertEqual(self.find_by_jmap({'body': '"%s nowhere"' % some}), [])
        for text in ('"%s"' % self.phrase, 'q' * (64 << 10)):
            self.assertEqual(self.jmap.error('Email/query', filter={'text': text}), 'unsupportedFilter')

    def find_long(self, key, text):
        self.c.literal = text if isinstance(text, bytes) else text.encode()
        try:
            kind, data = self.c._simple_command('SEARCH', key)
        except imaplib.IMAP4.abort as e:    # with BYE [TOOBIG]
            self.assertIn('TOOBIG', str(e))
            self.log_in()
            return 'refused'
        except imaplib.IMAP4.error:
            return 'refused'
        return 'refused' if kind == 'NO' else [int(n) for n in self.c._untagged_response(kind, data, 'SEARCH')[1][0].split()]

    def test_stems_of_several_languages(self):
        self.make()
        for n, (tag, form, other, different) in enumerate(self.FORMS):
            has, has_not = 4 + 2 * n, 5 + 2 * n
            for word in (form, other):
                found = self.find('FUZZY TEXT "%s"' % word)
                self.assertIn(has, found, (tag, word))
                self.assertNotIn(has_not, found, (tag, word))
            self.assertEqual(self.find('BODY "%s"' % other), [], tag)     # as it stands


if __name__ == '__main__':
    unittest.main()
