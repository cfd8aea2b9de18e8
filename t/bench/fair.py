#!/usr/bin/env python3
"""fair.py --lab DIR --target NAME [--big ACCOUNT] [--small ACCOUNT] - what one client that fetches every body of a large
mailbox costs another one: the time of its small commands meanwhile, as JSON."""
import argparse
import json
import os
import statistics
import sys
import threading
import time

from imap_ops import Imap


class Reader(threading.Thread):
    """FETCH 1:* BODY.PEEK[], read as fast as it comes."""

    def __init__(self, target, account):
        super().__init__(daemon=True)
        self.c, self.bytes, self.over = Imap(target, account), 0, False
        self.c.select('INBOX')

    def run(self):
        self.c.sock.sendall(b'z FETCH 1:* BODY.PEEK[]\r\n')
        tail, data = b'', bytearray(1 << 20)
        while b'\r\nz OK' not in tail:
            n = self.c.sock.recv_into(data)
            if n == 0:
                break
            self.bytes += n
            tail = tail[-64:] + bytes(data[max(0, n - 200):n])
        self.over = True


def main():
    p = argparse.ArgumentParser(description=__doc__.split(' - ')[0])
    p.add_argument('--lab', required=True)
    p.add_argument('--target', default='postern')
    p.add_argument('--big', type=int, default=32)
    p.add_argument('--small', type=int, default=1)
    p.add_argument('--seconds', type=float, default=20, help='at most')
    a = p.parse_args()
    sys.path.insert(0, os.path.realpath(a.lab))
    sys.dont_write_bytecode = True
    import labtarget as lab
    target = lab.load_target(a.target)
    other = Imap(target, a.small)
    other.select('INBOX')

    def times(until):
        out = []
        while not until():
            begun = time.perf_counter()
            other.do('FETCH 1:20 FLAGS')
            out.append((time.perf_counter() - begun) * 1000)
            time.sleep(0.002)
        return out

    end = time.time() + 2
    alone = times(lambda: time.time() > end)
    reader = Reader(target, a.big)
    begun = time.time()
    reader.start()
    beside = times(lambda: reader.over or time.time() - begun > a.seconds)
    q = lambda v, n: round(statistics.quantiles(v, n=100)[n - 1], 2)
    print(json.dumps({'alone_p50_ms': q(alone, 50), 'alone_p99_ms': q(alone, 99), 'beside_p50_ms': q(beside, 50),
                      'beside_p99_ms': q(beside, 99), 'commands': len(beside),
                      'mb_s': round(reader.bytes / 1e6 / (time.time() - begun), 1), 'read_all': reader.over}))


if __name__ == '__main__':
    main()
