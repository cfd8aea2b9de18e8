#!/usr/bin/env python3
"""What durability costs: deliveries by LMTP with many clients, as ever and under libeatmydata, which makes every flush
nothing, in turns.

    t/crash/flushing.py --mailload PROGRAM --corpus DIR [--clients N] [--seconds N] [--rounds N]

PROGRAM is the lab's load generator; eatmydata is a Debian package.  BUILD: a release build.
"""
import argparse, glob, json, os, re, statistics, subprocess, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from postern_test import BIN, Instance  # noqa: E402

DOMAIN = 'bench.example'


def wrap_stored(instance, library):
    """stored runs with the library preloaded, or without any."""
    table, wrapper = os.path.join(instance.etc, 'master.conf'), os.path.join(instance.dir, 'stored')
    with open(wrapper, 'w') as f:
        f.write('#!/bin/sh\n%sexec %s "$@"\n' % ('LD_PRELOAD=%s ' % library if library else '', os.path.join(BIN, 'stored')))
    os.chmod(wrapper, 0o755)
    text = re.sub(r'^(stored\s+)\S+', r'\g<1>' + wrapper, open(table).read(), flags=re.M)
    with open(table, 'w') as f:
        f.write(text)


def rate(o, library):
    """Deliveries a second into a fresh store."""
    instance = Instance(accounts=['a@example.org=x'], check_imap=False)
    wrap_stored(instance, library)
    with instance as p:
        p.postern('domain', 'add', DOMAIN)
        p.postern('account', 'import', '-', input='email,secret\n' + ''.join(
            'user%05d@%s,{PLAIN}x\n' % (i, DOMAIN) for i in range(1, o.clients + 1)))
        out = subprocess.run([o.mailload, 'lmtp-deliver', '--port', str(p.port('lmtp')), '--clients', str(o.clients), '--accounts', str(o.clients),
                              '--first-account', '1', '--domain', DOMAIN, '--seconds', str(o.seconds), '--corpus', o.corpus],
                             stdout=subprocess.PIPE, text=True).stdout
    result = json.loads(out)
    assert not result['errors'], result
    return result['ops_s']


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('--mailload', required=True)
    ap.add_argument('--corpus', required=True)
    ap.add_argument('--clients', type=int, default=50)
    ap.add_argument('--seconds', type=int, default=5)
    ap.add_argument('--rounds', type=int, default=5)
    o = ap.parse_args()
    library = glob.glob('/usr/lib/*/libeatmydata.so')
    if not library:
        sys.exit('libeatmydata is not there: apt-get install eatmydata')
    with_flushes, without = [], []
    for _ in range(o.rounds):
        with_flushes.append(rate(o, None))
        without.append(rate(o, library[0]))
        print('%.0f/s, without flushes %.0f/s' % (with_flushes[-1], without[-1]), flush=True)
    a, b = statistics.median(with_flushes), statistics.median(without)
    print('%d clients: %.0f deliveries/s, %.0f/s without flushes: %.0f%%' % (o.clients, a, b, 100 * a / b))
    return 0


if __name__ == '__main__':
    sys.exit(main())
