#!/usr/bin/env python3
"""JMAP against the real daemons: every method, and the hostile inputs J01-J10, J13-J15 by number.

One instance, two accounts; each function named check_* of the modules in jmap/ is a case and gets a Case."""
import os, subprocess, sys, traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'lib'))
sys.path.insert(0, os.path.join(HERE, 'jmap'))

import postern_test
from postern_test import Instance

import client
import blobs, core, emails, hostile, limits, mailboxes, push, queries, random_queries, sieve

MODULES = [core, mailboxes, emails, queries, random_queries, blobs, push, hostile, limits, sieve]


class JmapInstance(Instance):
    """Waits for HTTP only: the other services are none of this test's."""
    def start(self):
        self.log = open(os.path.join(self.dir, 'master.out'), 'ab')
        self.master = subprocess.Popen([os.path.join(postern_test.BIN, 'master'), '-C', self.etc, '-f'], env=self.env,
                                       stdout=self.log, stderr=self.log)
        self.wait_port('http')
        return self


def main():
    for program in ('master', 'stored', 'authd', 'jmapd', 'postern'):
        if not os.path.exists(os.path.join(postern_test.BIN, program)):
            print('skipped: no %s in %s' % (program, postern_test.BIN))
            return 77
    wanted = sys.argv[1:]
    failed = done = 0
    # Vacation responses need a way out.
    with JmapInstance(conf='runner.command = sendmail /bin/true\n') as instance:
        case = client.Case(instance)
        for module in MODULES:
            for name, function in list(vars(module).items()):
                if not name.startswith('check_') or (wanted and not any(w in name for w in wanted)):
                    continue
                done += 1
                try:
                    function(case.fresh())
                    case.still_well()
                except Exception:
                    failed += 1
                    print('FAILED %s.%s' % (module.__name__, name))
                    traceback.print_exc()
        if failed:
            print(instance.output()[-6000:])
    print('%d cases, %d failed' % (done, failed))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
