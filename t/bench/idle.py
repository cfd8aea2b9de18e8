#!/usr/bin/env python3
"""Memory of many idle IMAP connections, each on a mailbox of its own, and how soon each is told of a new message.

Fills the mailboxes, then drives mailload's `imap-idle` step by step and reads the Pss of the front ends before the
connections, with all idle, and after a message for each.  Then the same of 200 sessions over TLS."""
import argparse
import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import front_ends as fe
from imap_ops import Imap

MESSAGE = (b'From: Bench <bench@sender.example>\r\nTo: all@bench.example\r\nSubject: number %d\r\n'
           b'Date: Sat, 21 Nov 2026 10:00:00 +0000\r\nMessage-ID: <%d.bench@sender.example>\r\n\r\nA short text.\r\n')


def fill(a):
    """A few messages by LMTP, and copies of them by IMAP inside each mailbox: a hundredth of what delivering all would
    take.  No message gets more than 100 copies: servers keep an email's places with it."""
    users = ['user%05d' % (a.first + i) for i in range(a.connections)]
    seeds = min(a.depth, max(10, a.depth // 100))
    lmtp = fe.Lmtp(a.lmtp)
    begun, wrong = time.time(), 0
    for n in range(seeds):
        for at in range(0, len(users), 500):
            wrong += sum(not r.startswith('250') for r in lmtp.deliver(users[at:at + 500], MESSAGE % (n, n)))
    if wrong:
        sys.exit('idle: %d deliveries failed' % wrong)

    def deepen(i):
        c = Imap({'host': '127.0.0.1', 'ports': {'imap': a.imap}}, a.first + i)
        have = c.number(c.do('SELECT INBOX'), r'\* (\d+) EXISTS')
        while have < a.depth:
            more = min(have, a.depth - have)
            c.do('COPY 1:%d INBOX' % more)
            have += more
        c.do('LOGOUT')
        return have

    with ThreadPoolExecutor(4) as pool:
        for n, have in enumerate(pool.map(deepen, range(a.connections))):
            if n % 100 == 0:
                print('filled %d of %d with %d messages, %.0f s' % (n, a.connections, have, time.time() - begun),
                      file=sys.stderr, flush=True)
    return time.time() - begun


def sample(target):
    names = fe.processes(target)
    out = {name: round(sum(fe.pss_kb(p) for p in names.get(name, [])) / 1024, 2) for name in fe.NAMES + ('stored', 'authd')}
    out['front_ends'] = round(sum(out[n] for n in fe.NAMES), 2)
    return out


def tls_kb(a, sessions=200):
    """of Pss that a session in IDLE over TLS adds; some were there before, so that what all share is not counted"""
    target = json.loads(a.pids)

    def idle(i):
        c = Imap(target, a.first + i % a.connections, tls=True)
        c.do('SELECT INBOX')
        c.sock.sendall(b'x IDLE\r\n')
        c.file.readline()
        return c

    kept = [idle(i) for i in range(20)]
    time.sleep(3)
    before = sample(a.pids)['imapd']
    kept += [idle(i) for i in range(sessions)]
    time.sleep(3)
    added = sample(a.pids)['imapd'] - before
    for c in kept:
        c.sock.close()
    return round(added * 1024 / sessions, 2)


def main():
    p = argparse.ArgumentParser()
    p.add_argument('--mailload', required=True)
    p.add_argument('--imap', type=int, required=True)
    p.add_argument('--lmtp', type=int, required=True)
    p.add_argument('--connections', type=int, default=1000)
    p.add_argument('--depth', type=int, default=1000)
    p.add_argument('--first', type=int, default=101)
    p.add_argument('--no-fill', action='store_true')
    p.add_argument('--pids', required=True, help='the lab target, as JSON')
    a = p.parse_args()
    filled = 0 if a.no_fill else fill(a)
    cmd = [a.mailload, 'imap-idle', '--port', str(a.imap), '--lmtp-port', str(a.lmtp), '--clients', str(a.connections),
           '--first-account', str(a.first), '--accounts', str(a.connections), '--deliver-clients', '4', '--sync']
    run = subprocess.Popen(cmd, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1)
    memory = {}
    for line in run.stderr:
        if not line.startswith('PHASE '):
            continue
        phase = line.split()[1]
        time.sleep(3)   # what is only for a moment has gone
        memory[phase] = sample(a.pids)
        run.stdin.write('\n')
        run.stdin.flush()
    result = json.loads(run.stdout.read())
    added = memory['start']['front_ends'] - memory['begin']['front_ends']
    print(json.dumps({
        'connections': a.connections, 'messages_a_mailbox': a.depth, 'fill_seconds': round(filled, 1),
        'added_pss_mb': round(added, 2), 'added_kb_a_connection': round(added * 1024 / a.connections, 2),
        'added_kb_a_tls_session': tls_kb(a),
        'notified_p50_ms': result['p50_ms'], 'notified_p99_ms': result['p99_ms'], 'errors': result['errors'],
        'error_samples': result['error_samples'], 'memory_mb': memory}, indent=1))


main()
