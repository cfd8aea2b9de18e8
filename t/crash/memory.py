#!/usr/bin/env python3
"""The n-th allocation fails, from outside the daemons (RELIABILITY F06).

    t/crash/memory.py [--program NAME]... [--points N] [--within N] [--seed S]

Under a fixed row of operations one allocation of a program fails, or all for a while, at --points places spread over the row,
in no order; where time is bounded by --within, at as many of them as fit, at least LEAST for each program.
What the program makes of it is its own affair: it may answer an error, or die and be started again by master.  Everything
that was promised is there afterwards, once, and fsck finds nothing.
"""
import argparse, collections, os, random, sys, threading, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from postern_test import Instance  # noqa: E402
from budget import Budget  # noqa: E402
from clients import look  # noqa: E402
from crash import CONF, World  # noqa: E402
from power import Row  # noqa: E402
from preload import Preload  # noqa: E402

PROGRAMS = ('stored', 'lmtpd', 'imapd', 'jmapd', 'authd')
WHILE = 0.3         # seconds in which all allocations fail
LEAST = 6


class FreshRow(Row):
    """Each client logs in anew: authd is asked at no other time."""
    def run(self):
        for c in self.clients:
            if c.connection:
                c.connection.close()
            c.connection = None
        return super().run()


class Exhaust:
    """One program of one instance without memory, again and again."""
    def __init__(self, world, shim, row, program):
        self.world, self.shim, self.row, self.program = world, shim, row, program
        self.deaths = 0

    def at(self, nth, forever):
        """Whether the row got as far as the n-th allocation."""
        before, pids = self.shim.failed(), self.world.killer.pids(self.program)
        self.shim.fail(nth, forever=forever)
        work = threading.Thread(target=self.row.run)
        work.start()
        while work.is_alive() and self.shim.failed() == before:
            work.join(0.01)
        if forever:
            work.join(WHILE)
        self.shim.heal()
        self.deaths += self.world.killer.pids(self.program) != pids
        self.world.killer.hurry()
        work.join()
        self.world.oracle.check(self.world.settled(lambda: look(self.world)))
        return self.shim.failed() > before


def exhaust(program, points, budget, rng):
    accounts = ['user0@example.org']
    instance = Instance(accounts=[a + '=secret' for a in accounts], conf=CONF)
    shim = Preload(instance, 'memory_shim', [program], 'POSTERN_MEMORY_CONTROL')
    shim.attach()
    hits, tried = collections.Counter(), 0
    with instance as p:
        world = World(p, accounts, rng)
        row = FreshRow(world) if program == 'authd' else Row(world)
        world.settled(lambda: look(world))
        row.run()
        begun = shim.calls()
        row.run()
        length = shim.calls() - begun
        exhausted = Exhaust(world, shim, row, program)
        for i in rng.sample(range(points), points):
            if world.oracle.violations or (tried >= LEAST and budget.over()):
                break
            forever = i % 3 == 2
            tried += 1
            nth = 1 + (length - 1) * i // points + rng.randrange(max(1, length // points))
            hits['for a while' if forever else 'once'] += exhausted.at(nth, forever)
        r = p.postern('fsck', check=False)
        violations = list(world.oracle.violations)
        violations += ['fsck: exit %d: %s' % (r.returncode, (r.stdout + r.stderr)[:500])] if r.returncode else []
    if sum(hits.values()) * 2 < tried:      # the row is shorter now and then; a shim that does nothing is no test
        violations.append('only %d of %d allocations were reached' % (sum(hits.values()), tried))
    print('memory: %s, a row of %d allocations; failed %s, died %d times; %d acknowledged operations, %d violations' % (
        program, length, dict(hits), exhausted.deaths, sum(world.oracle.done.values()), len(violations)), flush=True)
    return violations


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('--program', action='append', choices=PROGRAMS)
    ap.add_argument('--points', type=int, default=60, help='for each program')
    ap.add_argument('--within', type=float, default=0, help='seconds in which no further one is begun; 0: all are tried')
    ap.add_argument('--seed', type=int, default=int(time.time()))
    o = ap.parse_args()
    print('seed %d' % o.seed, flush=True)
    violations, programs = [], o.program or PROGRAMS
    for program in programs:
        violations += exhaust(program, o.points, Budget(o.within / len(programs)), random.Random(o.seed))
    for v in violations[:50]:
        print('  ' + v)
    return 1 if violations else 0


if __name__ == '__main__':
    sys.exit(main())
