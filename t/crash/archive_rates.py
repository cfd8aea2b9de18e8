#!/usr/bin/env python3
"""How quick the archive's verbs are while mail flows.

    t/crash/archive_rates.py [--messages N] [--size BYTES]

Four accounts are filled; then each verb runs once, timed from outside, while a client delivers to a fifth account all the time.
BUILD: a release build.
"""
import argparse, os, random, shutil, sys, tempfile, threading, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from postern_test import Instance  # noqa: E402
from wire import Gone, Lmtp, Refused  # noqa: E402

ACCOUNTS = ['user%d@example.org' % i for i in range(4)]
BESIDE, EMPTY = 'beside@example.org', 'empty@example.org'


def message(n, size, rest=random.Random(7)):
    text = rest.randbytes(size // 2).hex()
    return ('Subject: %d\r\nMessage-ID: <%d@rates>\r\n\r\n' % (n, n) + '\r\n'.join(text[i:i + 76] for i in range(0, len(text), 76)) + '\r\n').encode()


def fill(p, o):
    lmtp = Lmtp(p.port('lmtp'))
    for n in range(o.messages):
        list(lmtp.deliver(ACCOUNTS[n % 4:][:1], message(n, o.size)))
    lmtp.close()


class Beside(threading.Thread):
    """Mail that flows."""
    def __init__(self, p, size):
        super().__init__(daemon=True)
        self.p, self.size, self.count, self.stop = p, size, 0, threading.Event()
        self.start()

    def run(self):
        while not self.stop.is_set():
            try:
                lmtp = Lmtp(self.p.port('lmtp'))
                while not self.stop.is_set():
                    list(lmtp.deliver([BESIDE], message(1_000_000 + self.count, self.size)))
                    self.count += 1
            except (Gone, Refused):
                time.sleep(0.1)


def timed(p, beside, o, name, *words, share=1):
    began, delivered = time.time(), beside.count
    p.postern(*words)
    took = time.time() - began
    print('%-28s %6.2f s  %7.0f messages/s  %6.1f MB/s   beside it %.0f deliveries/s' % (
        name, took, share * o.messages / took, share * o.messages * o.size / took / 1e6, (beside.count - delivered) / took), flush=True)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('--messages', type=int, default=10_000)
    ap.add_argument('--size', type=int, default=20_000)
    o = ap.parse_args()
    dir = tempfile.mkdtemp(prefix='postern-rates-')
    own = [w for a in ACCOUNTS for w in ('--account', a)]
    try:
        with Instance(accounts=[a + '=secret' for a in ACCOUNTS + [BESIDE, EMPTY]]) as p:
            began = time.time()
            fill(p, o)
            print('%d messages of %d bytes delivered by one client in %.1f s' % (o.messages, o.size, time.time() - began), flush=True)
            beside = Beside(p, o.size)
            timed(p, beside, o, 'backup, everything new', 'backup', dir + '/a', *own)
            timed(p, beside, o, 'backup, nothing new', 'backup', dir + '/a', *own)
            timed(p, beside, o, 'verify', 'verify', dir + '/a')
            timed(p, beside, o, 'restore, a quarter of it', 'restore', dir + '/a', '--account', ACCOUNTS[0], '--to', EMPTY, share=1 / 4)
            timed(p, beside, o, 'restore, all of it is there', 'restore', dir + '/a')
            beside.stop.set()
            beside.join()
            timed(p, beside, o, 'dump', 'dump', dir + '/d')
        with Instance(accounts=[]) as q:
            timed(q, beside, o, 'load into an empty store', 'load', dir + '/d')
    finally:
        shutil.rmtree(dir)
    return 0


if __name__ == '__main__':
    sys.exit(main())
