#!/usr/bin/env python3
"""CPU of a delivery with a script of 20 rules against one without: sieve_delivery.py [MESSAGES]

Both kinds take turns in one instance; what is counted is the CPU time of lmtpd, stored, authd and sieved.  BUILD names the
build folder (a release build); prints microseconds a message and the difference.
"""
import os, smtplib, statistics, subprocess, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from postern_test import Instance  # noqa: E402

ROUNDS = 6
SCRIPT = 'require ["fileinto", "imap4flags"];\n' + ''.join(
    'if anyof(header :contains "list-id" "list%d.example.net", address :is "from" "person%d@example.net", '
    'header :matches "subject" "[ticket %d]*") { addflag "$rule%d"; fileinto "Archive"; stop; }\n' % (i, i, i, i) for i in range(20))
MESSAGE = ('From: Somebody <somebody@example.net>\r\nTo: %s\r\nSubject: about message %d\r\nMessage-ID: <%d.bench@example.net>\r\n'
           'Date: Mon, 30 Nov 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n'
           'List-Id: <other.example.net>\r\n\r\n') + 'A line of text as people write them, some seventy characters long.\r\n' * 60


def cpu(p):
    """Seconds of all processes of the instance but master."""
    total = 0
    out = subprocess.run(['ps', '-eo', 'pid,args'], stdout=subprocess.PIPE, text=True).stdout
    for line in out.splitlines():
        pid, _, args = line.strip().partition(' ')
        if p.etc in args and any(args.strip().split()[0].endswith(n) for n in ('lmtpd', 'stored', 'authd', 'sieved')):
            with open('/proc/%s/stat' % pid) as f:
                fields = f.read().rsplit(')', 1)[1].split()
            total += (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')
    return total


def deliver(p, to, count, first):
    c = smtplib.LMTP('127.0.0.1', p.port('lmtp'))
    c.ehlo('bench')
    for i in range(count):
        c.sendmail('somebody@example.net', [to], MESSAGE % (to, first + i, first + i))
    c.quit()


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    with Instance(check_imap=False) as p:
        p.postern('sieve', 'put', '--account', 'bob@example.org', 'rules', '-', '--activate', input=SCRIPT)
        used = {'alice@example.org': [], 'bob@example.org': []}
        number = 0
        for to in used:
            deliver(p, to, 200, number)   # caches are warm
            number += 200
        for _ in range(ROUNDS):
            for to in used:
                before = cpu(p)
                deliver(p, to, count, number)
                number += count
                used[to].append((cpu(p) - before) * 1e6 / count)
        without, with_ = (statistics.median(v) for v in used.values())
        print('without a script %.0f us, with 20 rules %.0f us: %+.1f%%' % (without, with_, (with_ / without - 1) * 100))


if __name__ == '__main__':
    main()
