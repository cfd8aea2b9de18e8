#!/usr/bin/env python3
"""CPU of a delivery with a script of 20 rules against one without: sieve_delivery.py [MESSAGES [BUILD...]]

Both kinds take turns in one instance, a hundred messages each; what is counted is the CPU time, user and system, of every
process of the instance but master.  BUILD names the build folder (a release build); several builds, as arguments, run at the
same time, one instance each, and take turns as well, so that what else the machine does meets all of them.  Prints
microseconds a message, the difference, and where it is.
"""
import collections, json, os, smtplib, statistics, subprocess, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import postern_test  # noqa: E402

BATCH = 100
SCRIPT = 'require ["fileinto", "imap4flags"];\n' + ''.join(
    'if anyof(header :contains "list-id" "list%d.example.net", address :is "from" "person%d@example.net", '
    'header :matches "subject" "[ticket %d]*") { addflag "$rule%d"; fileinto "Archive"; stop; }\n' % (i, i, i, i) for i in range(20))
MESSAGE = ('From: Somebody <somebody@example.net>\r\nTo: %s\r\nSubject: about message %d\r\nMessage-ID: <%d.bench@example.net>\r\n'
           'Date: Mon, 30 Nov 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n'
           'List-Id: <other.example.net>\r\n\r\n') + 'A line of text as people write them, some seventy characters long.\r\n' * 60
KINDS = {'without': 'alice@example.org', 'with': 'bob@example.org'}


class Subject:
    """An instance of one build."""

    def __init__(self, build):
        self.build = build
        # The instance looks where its binaries are when it is made.
        postern_test.BIN = os.path.join(build, 'bin')
        self.p = postern_test.Instance(check_imap=False)
        self.p.__enter__()
        self.p.postern('sieve', 'put', '--account', KINDS['with'], 'rules', '-', '--activate', input=SCRIPT)
        status = json.loads(self.p.postern('status', '--json').stdout)
        self.pids = {q['pid']: s['name'] for s in status['services'] for q in s['processes']}
        self.used = {kind: collections.defaultdict(list) for kind in KINDS}
        self.number = 0
        for kind in KINDS:   # caches are warm
            self.deliver(kind, 2 * BATCH)

    def cpu(self):
        """Seconds by service: the scheduler's nanoseconds, of all threads."""
        out = collections.Counter()
        for pid, name in self.pids.items():
            for task in os.listdir('/proc/%d/task' % pid):
                with open('/proc/%d/task/%s/schedstat' % (pid, task)) as f:
                    out[name] += int(f.read().split()[0]) / 1e9
        return out

    def deliver(self, kind, count):
        c = smtplib.LMTP('127.0.0.1', self.p.port('lmtp'))
        c.ehlo('bench')
        for _ in range(count):
            self.number += 1
            c.sendmail('somebody@example.net', [KINDS[kind]], MESSAGE % (KINDS[kind], self.number, self.number))
        c.quit()

    def measure(self, kind):
        before = self.cpu()
        self.deliver(kind, BATCH)
        after = self.cpu()
        for name in after:
            self.used[kind][name].append((after[name] - before[name]) * 1e6 / BATCH)
        self.used[kind]['all'].append(sum(after.values()) * 1e6 / BATCH - sum(before.values()) * 1e6 / BATCH)

    def report(self):
        m = {kind: {name: statistics.median(v) for name, v in used.items()} for kind, used in self.used.items()}
        print('%s: without a script %.0f us, with 20 rules %.0f us: %+.1f%%  (%s)' % (
            self.build, m['without']['all'], m['with']['all'], (m['with']['all'] / m['without']['all'] - 1) * 100,
            ', '.join('%s %.0f %.0f' % (n, m['without'][n], m['with'][n]) for n in sorted(m['with']) if n != 'all' and m['with'][n] >= 1)))


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1200
    builds = sys.argv[2:] or [os.path.dirname(postern_test.BIN)]
    subjects = [Subject(os.path.realpath(b)) for b in builds]
    try:
        for _ in range(max(1, count // BATCH)):
            for kind in KINDS:
                for s in subjects:
                    s.measure(kind)
        for s in subjects:
            s.report()
    finally:
        for s in subjects:
            s.p.__exit__(None, None, None)


if __name__ == '__main__':
    main()
