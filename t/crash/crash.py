#!/usr/bin/env python3
"""Kills processes at random while clients write, then checks every promise from outside the store.

    t/crash/crash.py [--seconds N] [--seed S]

The oracle is a list of what was acknowledged: a 250 by LMTP, an OK to APPEND, STORE, EXPUNGE by IMAP.  Afterwards every
acknowledged message is there, each at most once (a delivery whose reply a crash swallowed may stand twice), UIDs and
modseqs have only grown.  The seed is printed; the schedule of kills follows from it.
"""
import argparse, collections, imaplib, os, random, re, signal, socket, subprocess, sys, threading, time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'lib'))
from postern_test import Instance

VICTIMS = ('stored', 'authd', 'lmtpd', 'imapd', 'jmapd')
TROUBLE = (OSError, EOFError, imaplib.IMAP4.error, AssertionError)


class Oracle:
    def __init__(self):
        self.lock = threading.Lock()
        self.promised = {}                       # token -> account, acknowledged and not expunged
        self.maybe = set()                       # tokens whose answer never came
        self.gone = set()                        # expunge acknowledged
        self.maybe_gone = set()
        self.seen = {}                           # token -> acknowledged \Seen
        self.uidnext = collections.defaultdict(int)
        self.modseq = collections.defaultdict(int)
        self.operations = 0
        self.violations = []

    def note(self, **sets):
        with self.lock:
            self.operations += 1
            for name, token in sets.items():
                getattr(self, name).add(token)

    def grow(self, account, uidnext, modseq):
        with self.lock:
            if uidnext < self.uidnext[account] or modseq < self.modseq[account]:
                self.violations.append('%s: uidnext %d after %d, modseq %d after %d' % (
                    account, uidnext, self.uidnext[account], modseq, self.modseq[account]))
            self.uidnext[account] = max(uidnext, self.uidnext[account])
            self.modseq[account] = max(modseq, self.modseq[account])


def message(token):
    return 'Subject: %s\r\nMessage-ID: <%s@crash.example>\r\n\r\nbody of %s\r\n' % (token, token, token)


def lmtp_client(p, oracle, account, stop, number):
    n = 0
    while not stop.is_set():
        n += 1
        token = 'l%d-%d' % (number, n)
        try:
            reply = p.deliver(account, message(token))[0]
            if reply.startswith('250'):
                with oracle.lock:
                    oracle.promised[token] = account
                    oracle.operations += 1
            elif not reply.startswith('4'):
                oracle.violations.append('lmtp said ' + reply)
        except TROUBLE:
            oracle.note(maybe=token)
            time.sleep(0.05)


def imap_client(p, oracle, account, stop, number):
    n, c = 0, None
    while not stop.is_set():
        token, step = None, ''
        try:
            if c is None:
                c = p.imap(account)
                c.select('INBOX')
            n += 1
            token, step = 'i%d-%d' % (number, n), 'append'
            typ, data = c.append('INBOX', None, None, message(token).encode())
            uid = re.search(rb'APPENDUID \d+ (\d+)', data[0] or b'')
            if typ != 'OK' or not uid:
                raise imaplib.IMAP4.error('append')
            uid = uid[1].decode()
            with oracle.lock:
                oracle.promised[token] = account
                oracle.operations += 1
            if n % 3 == 0:
                step = 'store'
                if c.uid('store', uid, '+FLAGS', '(\\Seen)')[0] == 'OK':
                    with oracle.lock:
                        oracle.seen[token] = True
                        oracle.operations += 1
            if n % 5 == 0:
                step = 'expunge'
                with oracle.lock:
                    oracle.maybe_gone.add(token)
                if c.uid('store', uid, '+FLAGS', '(\\Deleted)')[0] == 'OK' and c.uid('expunge', uid)[0] == 'OK':
                    oracle.note(gone=token)
            typ, data = c.status('INBOX', '(UIDNEXT HIGHESTMODSEQ)')
            if typ == 'OK':
                m = re.search(rb'UIDNEXT (\d+) HIGHESTMODSEQ (\d+)', data[0])
                oracle.grow(account, int(m[1]), int(m[2]))
        except TROUBLE:
            if step == 'append':
                oracle.note(maybe=token)
            try:
                c.shutdown()
            except Exception:
                pass
            c = None
            time.sleep(0.05)


def pids_of(p, program):
    out = []
    for d in os.listdir('/proc'):
        if d.isdigit():
            try:
                stat = open('/proc/%s/stat' % d).read()
                if stat.split('(', 1)[1].rsplit(')', 1)[0] == program and int(stat.rsplit(')', 1)[1].split()[1]) == p.master.pid:
                    out.append(int(d))
            except OSError:
                pass
    return out


def check(p, oracle, accounts, drop=None):
    """What stands in the store against what was promised."""
    found = collections.Counter()
    flags = {}
    for a in accounts:
        for attempt in range(50):
            try:
                c = p.imap(a)
                c.select('INBOX')
                typ, data = c.fetch('1:*', '(UID FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])')
                break
            except TROUBLE:
                time.sleep(0.2)
        else:
            oracle.violations.append('%s cannot be read' % a)
            continue
        uids = []
        for item in data:
            if isinstance(item, tuple):
                token = re.search(rb'Subject: (\S+)', item[1])[1].decode()
                found[token] += 1
                flags[token] = item[0]
                uids.append(int(re.search(rb'UID (\d+)', item[0])[1]))
        if uids != sorted(set(uids)):
            oracle.violations.append('%s: UIDs are not ascending' % a)
        c.logout()
    if drop:
        found.pop(drop, None)
    for token in oracle.promised:
        if token not in oracle.gone and token not in oracle.maybe_gone and found[token] == 0:
            oracle.violations.append('lost: %s' % token)
    for token, n in found.items():
        if token in oracle.gone:
            oracle.violations.append('came back: %s' % token)
        if n > 1:
            oracle.violations.append('twice: %s' % token)
        if token not in oracle.promised and token not in oracle.maybe:
            oracle.violations.append('from nowhere: %s' % token)
        if oracle.seen.get(token) and b'\\Seen' not in flags[token]:
            oracle.violations.append('flag lost: %s' % token)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument('--seconds', type=int, default=60)
    ap.add_argument('--seed', type=int, default=int(time.time()))
    ap.add_argument('--kill-every', type=float, default=0.5)
    o = ap.parse_args()
    rng = random.Random(o.seed)
    print('seed %d, %d seconds' % (o.seed, o.seconds), flush=True)
    accounts = ['user%d@example.org' % i for i in range(4)]
    oracle, kills, stop = Oracle(), collections.Counter(), threading.Event()
    with Instance(accounts=[a + '=secret' for a in accounts]) as p:
        threads = [threading.Thread(target=lmtp_client, args=(p, oracle, accounts[i % 4], stop, i)) for i in range(4)]
        threads += [threading.Thread(target=imap_client, args=(p, oracle, accounts[i % 4], stop, i)) for i in range(4)]
        for t in threads:
            t.start()
        end = time.time() + o.seconds
        while time.time() < end:
            time.sleep(o.kill_every * (0.5 + rng.random()))
            victim = rng.choice(VICTIMS)
            for pid in pids_of(p, victim)[:1]:
                os.kill(pid, signal.SIGKILL)
                kills[victim] += 1
        stop.set()
        for t in threads:
            t.join(90)
        time.sleep(1)
        check(p, oracle, accounts)
        # The oracle must be able to fail: an acknowledged message that is not shown has to be noticed.
        real, oracle.violations = oracle.violations, []
        witness = next((t for t in oracle.promised if t not in oracle.gone and t not in oracle.maybe_gone), None)
        check(p, oracle, accounts, drop=witness)
        if witness and 'lost: ' + witness not in oracle.violations:
            real.append('the oracle is blind: it did not miss %s' % witness)
        oracle.violations = real
    print('%d acknowledged operations, %d kills %s, %d violations' % (
        oracle.operations, sum(kills.values()), dict(kills), len(oracle.violations)))
    for v in oracle.violations[:50]:
        print('  ' + v)
    if not oracle.operations or not kills:
        print('nothing was tried')
        return 1
    return 1 if oracle.violations else 0


if __name__ == '__main__':
    sys.exit(main())
