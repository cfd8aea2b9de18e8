#!/usr/bin/env python3
"""Searches beside a living indexer: accounts that are new, mailboxes of others, indexes that are damaged or bring their reader
down.  The answers are the same all the time."""
import json, os, re, shutil, signal, sys, tempfile, time, unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'protocol', 'jmap'))
import client as jmap  # noqa: E402
from ipc_client import Client, field, fields, varint  # noqa: E402
from postern_test import Instance  # noqa: E402

ALICE, BOB = 'alice@example.org', 'bob@example.org'
QUICK = '\nindex.batch = 1\n'
OWNERS = 'Other Users/%s/' % ALICE


class Live(unittest.TestCase):
    def instance(self, conf='', **options):
        p = Instance(conf=QUICK + conf, **options)
        p.keep = True
        self.addCleanup(shutil.rmtree, p.dir, True)
        return p

    def until(self, p, what, seconds=90):
        end = time.time() + seconds
        while not what():
            if time.time() > end:
                self.fail(p.output())
            time.sleep(0.3)

    def counters(self, p, program):
        services = json.loads(p.postern('status', '--json').stdout)['services']
        return [s for s in services if s['program'] == program and s['processes']][0]['processes'][0].get('counters', {})

    def pid(self, p):
        services = json.loads(p.postern('status', '--json').stdout)['services']
        return [s for s in services if s['program'] == 'indexer' and s['processes']][0]['processes'][0]['pid']

    def index(self, p, account=ALICE):
        return json.loads(p.postern('index', 'status', '--account', account, '--json', check=False).stdout)[0]

    def indexed(self, p, n):
        self.until(p, lambda: self.index(p)['messages'] == n and self.index(p)['state'] == 'current')

    def search(self, c, *keys):
        return [int(n) for n in c.search(None, *keys)[1][0].split()]

    def test_an_account_that_somebody_opens_is_noticed(self):
        with self.instance() as p:
            p.deliver(ALICE, b'Subject: x\n\nx\n')
            self.indexed(p, 1)
            p.postern('account', 'add', 'new@example.org', input='secret\n')
            c = p.imap('new@example.org')
            c.append('INBOX', None, None, b'Subject: first\r\n\r\nwords\r\n')
            c.select('INBOX')
            # Far less than the minute after which accounts are listed (kListIntervalMs), and nobody has named it to the indexer.
            self.until(p, lambda: int(self.counters(p, 'indexer').get('indexed', 0)) == 2, 30)
            c.logout()

    def test_a_new_account_with_mail_is_indexed_once_it_is_opened(self):
        """Deliveries alone made it, the first one of all; nobody has named it to the indexer, which lists accounts once a minute."""
        with self.instance() as p:
            p.postern('index', 'status', check=False)       # the list is of none
            for n in range(3):
                p.deliver(BOB, b'Subject: number %d\n\nplenty of zebras\n' % n)
            c = p.imap(BOB)
            c.select('INBOX')
            self.assertEqual(self.search(c, 'BODY', 'zebra'), [1, 2, 3])
            self.until(p, lambda: int(self.counters(p, 'indexer').get('indexed', 0)) == 3, 30)
            self.assertEqual(self.search(c, 'BODY', 'zebra'), [1, 2, 3])
            c.logout()

    def test_a_flag_takes_no_hit_away(self):
        """What an index found it finds whatever flags come, \\Deleted too, before the indexer has seen them and after."""
        with self.instance(conf='runner.command = text:application/x-shout /usr/bin/tr A-Z a-z\n') as p:
            document = b'Subject: %d\nMIME-Version: 1.0\nContent-Type: application/x-shout; name=a.bin\n\nQUAGGA AND OKAPI\n'
            for mail in (document % 1, document % 2, b'Subject: 3\n\na quagga as text\n', b'Subject: 4\n\nnothing\n'):
                p.deliver(ALICE, mail)
            self.indexed(p, 4)
            c = p.imap()
            c.select('INBOX')
            alice = jmap.Account(p)
            by_jmap = lambda: len(alice.call('Email/query', filter={'text': 'quagga'})['ids'])
            found = lambda: (self.search(c, 'FUZZY', 'TEXT', 'quagga'), self.search(c, 'BODY', 'quagga'))
            self.assertEqual(found(), ([1, 2, 3], [3]))
            self.assertEqual(by_jmap(), 3)
            c._simple_command('SEARCH', 'RETURN (UPDATE ALL)', 'FUZZY TEXT quagga')
            self.assertIn(b'1:3', c.untagged_responses.pop('ESEARCH')[0])
            indexer = self.pid(p)
            os.kill(indexer, signal.SIGSTOP)        # it has not seen them yet
            try:
                c.store('1:3', '+FLAGS', r'(\Flagged)')
                self.assertEqual(found(), ([1, 2, 3], [3]))
                self.assertEqual(by_jmap(), 3)
                c.store('1,3', '+FLAGS', r'(\Deleted)')
                self.assertEqual(found(), ([1, 2, 3], [3]))
                self.assertEqual(by_jmap(), 1)      # JMAP does not see those
            finally:
                os.kill(indexer, signal.SIGCONT)
            self.until(p, lambda: self.index(p)['state'] == 'current')
            self.assertEqual(self.index(p)['messages'], 4)
            self.assertEqual(found(), ([1, 2, 3], [3]))
            c.store('2', '+FLAGS', 'more')          # a row that is newer than the index, and one that is not
            self.assertEqual(found(), ([1, 2, 3], [3]))
            c.noop()
            self.assertNotIn('ESEARCH', c.untagged_responses)   # nothing has left the list that is kept up to date
            # Made anew an index has none of those with \Deleted: their text is looked at, as long as they have one.
            p.postern('index', 'rebuild', '--account', ALICE)
            self.assertEqual(self.index(p)['messages'], 2)
            self.assertEqual(found(), ([2, 3], [3]))
            c.store('1,3', '-FLAGS', r'(\Deleted)')
            self.until(p, lambda: self.index(p)['messages'] == 4)
            self.assertEqual(found(), ([1, 2, 3], [3]))
            # What is expunged goes, though its last change was a flag.
            c.store('1', '+FLAGS', r'(\Deleted)')
            self.until(p, lambda: self.index(p)['state'] == 'current')
            self.assertEqual(self.index(p)['messages'], 4)
            c.expunge()
            self.indexed(p, 3)
            self.assertEqual(found(), ([1, 2], [2]))
            c.logout()

    def test_mailboxes_of_others(self):
        with self.instance() as p:
            alice = p.imap()
            for box in ('Open', 'Secret'):
                alice.create(box)
            for n in range(6):
                alice.append('Open' if n % 2 else 'Secret', None, None, b'Subject: n%d\r\n\r\nplenty of zebras, number%d\r\n' % (n, n))
            self.indexed(p, 6)
            p.postern('acl', 'set', '--account', ALICE, 'Open', BOB, 'lr')
            bob = p.imap(BOB)
            self.assertEqual(bob.select('"%sOpen"' % OWNERS, readonly=True)[0], 'OK')
            before = int(self.counters(p, 'searchd').get('searches', 0))
            self.assertEqual(self.search(bob, 'BODY', 'zebra'), [1, 2, 3])
            self.assertEqual(self.search(bob, 'BODY', 'number3'), [2])
            self.assertEqual(self.search(bob, 'BODY', 'number2'), [])
            self.assertEqual(self.search(bob, 'FUZZY', 'TEXT', 'zebras'), [1, 2, 3])
            self.until(p, lambda: int(self.counters(p, 'searchd').get('searches', 0)) >= before + 4, 30)
            self.assertEqual(int(self.counters(p, 'searchd').get('refused', 0)), 0)

            # What the socket tells to who asks by hand.
            ids = {b: self.ids(alice, b) for b in ('Open', 'Secret')}
            account = int(re.match(r'(\w+)', self.account).group(1), 32)
            boxes = {m['name']: m['id'] for m in self.mailboxes(p)}
            ask = lambda who, box, **more: self.ask(p, who, account, boxes.get(box, 0), **more)
            everything = sorted(ids['Open'] + ids['Secret'])
            self.assertEqual(ask(ALICE, None)[0], everything)
            found, missing, weights = ask(BOB, 'Open', emails=everything)
            self.assertEqual(found, ids['Open'])
            self.assertEqual(missing, ids['Secret'])   # as if they were not there
            self.assertEqual(ask(BOB, 'Open', how=2)[2], [])
            self.assertEqual(len(ask(ALICE, 'Open', how=2)[2]), 6)
            for box in ('Secret', None):
                self.assertEqual(ask(BOB, box), 'DENIED')
            p.postern('acl', 'set', '--account', ALICE, 'Open', BOB, 'l')    # not the right to read
            self.assertEqual(ask(BOB, 'Open'), 'DENIED')
            p.postern('acl', 'delete', '--account', ALICE, 'Open', BOB)
            self.assertEqual(ask(BOB, 'Open'), 'DENIED')
            # That socket of stored takes nothing else.
            c = Client(os.path.join(p.dir, 'run', 'stored-search.sock'), 'stored/1')
            r = fields(c.call(field(1, self.ticket(p, ALICE)) + field(2, account) + field(11, b''))[0])
            self.assertEqual(fields(r[1][0])[1], [b'DENIED'])
            c.close()

    def ids(self, c, box):
        c.select(box, readonly=True)
        out = []
        for line in c.fetch('1:*', '(EMAILID)')[1]:
            self.account, email = re.search(r'EMAILID \(e(\w+)-(\w+)\)', line.decode()).groups()
            out.append(int(email, 32))
        return sorted(out)

    def mailboxes(self, p):
        return json.loads(p.postern('mailbox', 'list', '--account', ALICE, '--json').stdout)

    def ticket(self, p, name):
        c = Client(os.path.join(p.dir, 'run', 'authd.sock'), 'authd/1')
        origin = field(1, 'imap') + field(2, '127.0.0.1') + field(4, 1)
        r = fields(c.call(field(1, field(1, origin) + field(2, name) + field(3, 'secret')))[0])
        c.close()
        return fields(r[2][0])[1][0]

    def ask(self, p, who, account, mailbox, how=0, emails=()):
        """(found, missing, weights), or the code of the refusal."""
        epoch = int(json.loads(p.postern('call', 'stored', 'get_account', '--account', ALICE).stdout)['account']['epoch'])
        c = Client(os.path.join(p.dir, 'run', 'search.sock'), 'searchd/1')
        question = field(4, field(1, how) + field(2, 1 << 5) + field(3, 'plenty'))
        r = fields(c.call(field(1, field(1, self.ticket(p, who)) + field(2, account) + field(3, epoch) + question + field(5, pack(emails)) +
                                field(6, mailbox)))[0])
        c.close()
        if 1 in r:
            return fields(r[1][0])[1][0].decode()
        answer = fields(r[2][0])
        found = fields(answer[4][0])
        weights = found.get(3, [b''])[0]
        return unpack(found.get(2, [b''])[0]), unpack(answer.get(5, [b''])[0]), [weights[i:i + 4] for i in range(0, len(weights), 4)]

    def test_a_damaged_index_is_made_anew(self):
        with self.instance() as p:
            for n in range(5):
                p.deliver(ALICE, b'Subject: n\n\nzebras%d\n' % n)
            self.indexed(p, 5)
            grown = self.index(p)
            folder = '%s/var/fts/%d' % (p.dir, grown['id'])
            c = p.imap()
            c.select('INBOX', readonly=True)
            self.assertEqual(self.search(c, 'BODY', 'zebras3'), [4])
            # The indexer has it open and does not look at it: nothing changes.
            for name in os.listdir(folder):
                if name.endswith('.glass'):
                    with open(os.path.join(folder, name), 'r+b') as f:
                        f.write(b'\xff' * os.fstat(f.fileno()).st_size)
            with open(folder + '/iamglass', 'wb') as f:
                f.write(b'nonsense')
            rebuilt = lambda: 'event=index_rebuild' in p.output()
            end = time.time() + 120
            while not rebuilt() and time.time() < end:
                self.assertEqual(self.search(c, 'BODY', 'zebras3'), [4])   # the text decides meanwhile
                self.assertEqual(self.search(c, 'BODY', 'zebra'), [1, 2, 3, 4, 5])
                time.sleep(0.5)
            self.assertTrue(rebuilt(), p.output())
            self.indexed(p, 5)
            self.assertEqual(self.search(c, 'BODY', 'zebras3'), [4])
            self.assertFalse(os.path.exists('%s/var/fts/damaged/%d' % (p.dir, grown['id'])))
            self.assertEqual(p.output().count('event=index_rebuild'), 1, p.output())
            c.logout()

    def test_an_index_that_brings_its_reader_down_is_made_anew(self):
        top = tempfile.mkdtemp(prefix='postern-test-')
        plan = top + '/etc/kill'
        with self.instance(dir=top, env={'POSTERN_KILL': '@' + plan}) as p:
            for n in range(3):
                p.deliver(ALICE, b'Subject: n\n\nzebras%d\n' % n)
            self.indexed(p, 3)
            with open(plan, 'w') as f:
                f.write('searchd search.answer 1')
            c = p.imap()
            c.select('INBOX', readonly=True)
            # Until it is made anew: the new one, ready at once, is met by the same plan.
            died = lambda: p.output().partition('event=index_rebuild')[0].count('event=kill_point program=searchd name=search.answer')
            end = time.time() + 120
            while 'event=index_rebuild' not in p.output() and time.time() < end:
                self.assertEqual(self.search(c, 'BODY', 'zebras2'), [3])
                time.sleep(0.5)
            os.unlink(plan)
            self.assertIn('event=index_rebuild', p.output())
            self.assertEqual(died(), 2, p.output())    # kMaxReaderCrashes; then it was left alone
            self.indexed(p, 3)
            self.assertEqual(self.search(c, 'BODY', 'zebras2'), [3])
            c.logout()


def pack(ids):
    return b''.join(varint(n - last) for last, n in zip([0, *ids], ids))


def unpack(data):
    out, last, n, shift = [], 0, 0, 0
    for b in data:
        n |= (b & 0x7f) << shift
        shift += 7
        if not b & 0x80:
            last += n
            out.append(last)
            n = shift = 0
    return out


if __name__ == '__main__':
    unittest.main()
