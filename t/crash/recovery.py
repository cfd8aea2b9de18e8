#!/usr/bin/env python3
"""How long stored is away after SIGKILL, with a store of some size and changes under way, and after a page of the database was
torn.

    t/crash/recovery.py [--megabytes N] [--kills N]

After a kill the clock runs to the answer of a STATUS that was asked at once; the session is one from before.  The torn page is
one that the double-write file does not know any more: everything is restored from the base copy, which was made before the
kills, and the logs since.  There the clock runs from the server's start to its first answer.
"""
import argparse, contextlib, os, random, statistics, sys, threading, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from postern_test import Instance  # noqa: E402
from killer import Killer  # noqa: E402
from oracle import Oracle  # noqa: E402
from wire import Gone, Imap, Lmtp, Refused  # noqa: E402

PIECE = 100_000
ACCOUNTS = ['user%d@example.org' % i for i in range(4)]


def fill(p, megabytes, stop=None):
    """Messages that compress little, to one account after the other."""
    lmtp, rest = Lmtp(p.port('lmtp')), random.Random(7)
    sent = 0
    while sent < megabytes << 20 and not (stop and stop.is_set()):
        text = rest.randbytes(PIECE // 2).hex()
        body = '\r\n'.join(text[i:i + 76] for i in range(0, len(text), 76))
        list(lmtp.deliver(ACCOUNTS[sent // PIECE % 4:][:1], ('Subject: filler %d\r\n\r\n%s\r\n' % (sent, body)).encode()))
        sent += PIECE
    lmtp.close()


def load(p, stop):
    while not stop.is_set():
        try:
            fill(p, 1 << 20, stop)
        except (Gone, Refused):
            time.sleep(0.05)


def restored(p):
    """Seconds from a start on a database whose first page is torn to the first answer."""
    p.stop()
    home = os.path.join(p.dir, 'var', 'store', 'db')
    with contextlib.suppress(FileNotFoundError):
        os.unlink(os.path.join(home, 'double-write'))
    with open(os.path.join(home, 'store.db'), 'r+b') as f:
        f.seek(512)
        f.write(b'Z' * 512)
    began = time.time()
    p.start()
    Imap(p.port('imap'), ACCOUNTS[0]).command(b'STATUS INBOX (MESSAGES)')
    away = time.time() - began
    if not any(name.startswith('broken-') for name in os.listdir(home)):
        sys.exit('nothing was restored')
    return away


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('--megabytes', type=int, default=1024)
    ap.add_argument('--kills', type=int, default=10)
    o = ap.parse_args()
    instance = Instance(accounts=[a + '=secret' for a in ACCOUNTS])
    with instance as p:
        fill(p, o.megabytes)
        p.postern('base-copy')
        stop = threading.Event()
        writers = [threading.Thread(target=load, args=(p, stop)) for _ in range(4)]
        for w in writers:
            w.start()
        killer = Killer(p, random.Random(1), Oracle())
        c = Imap(p.port('imap'), ACCOUNTS[0])
        times = []
        for _ in range(o.kills):
            time.sleep(2)
            began = time.time()
            killer.kill('stored', killer.pids('stored')[0])
            c.command(b'STATUS INBOX (MESSAGES)')
            times.append(time.time() - began)
        stop.set()
        for w in writers:
            w.join()
        messages = c.command(b'STATUS INBOX (MESSAGES)')
        c.close()
        away = restored(p)
        c = Imap(p.port('imap'), ACCOUNTS[0])
        if c.command(b'STATUS INBOX (MESSAGES)')[:-1] != messages[:-1]:
            sys.exit('messages are lost: %s, before %s' % (c.command(b'STATUS INBOX (MESSAGES)'), messages))
        size = sum(os.path.getsize(os.path.join(d, f)) for d, _, files in os.walk(os.path.join(p.dir, 'var', 'store')) for f in files)
    print('store of %d MB, %d kills of stored: away for %.2f s in the middle, %.2f s at worst' % (
        size >> 20, len(times), statistics.median(times), max(times)))
    print('a torn page: everything restored from base copy and logs, %.2f s' % away)
    return 0


if __name__ == '__main__':
    sys.exit(main())
