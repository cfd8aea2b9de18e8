#!/usr/bin/env python3
"""Kills processes while LMTP, IMAP and JMAP clients write, then checks every promise from outside the store.

    t/crash/crash.py [--seconds N] [--seed S] [--full]

Kills come at random and at each named point of points.txt.  After each round of clients everything in the store is read and
compared with what was promised (oracle.py).  --full demands what `make crash` promises: 500 kills, every point visited,
100,000 acknowledged operations.  At the end the oracle itself is tried: a message that is taken away behind its back, and one
that is copied, must be noticed.
"""
import argparse, os, random, re, subprocess, sys, threading, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from postern_test import BIN, Instance  # noqa: E402
from clients import ImapClient, JmapClient, LmtpClient, empty, look  # noqa: E402
from killer import Killer  # noqa: E402
from oracle import Oracle  # noqa: E402
from points import read_points  # noqa: E402
from wire import Gone, Imap, Refused  # noqa: E402

CONF = """
store.checkpoint_log = 1M
store.checkpoint_interval = 1s
store.change_log = 1m
store.keep_deleted = 1m
log_level = warning
"""
KILLS, OPERATIONS = 500, 100_000
MARGIN = 1.25   # a full run aims at so much more, and at no more than that: what is stored has to be looked at, too
QUIET = 90      # seconds in which clients must come to an end


class World:
    def __init__(self, instance, accounts, rng, operations_a_second=None):
        self.instance, self.accounts, self.rng = instance, accounts, rng
        self.operations_a_second, self.began = operations_a_second, time.time()
        self.oracle = Oracle()
        self.killer = Killer(instance, rng, self.oracle)
        self.stop = threading.Event()
        self.kept_over = 0

    def with_clients(self, work):
        """Runs work() while clients write."""
        self.stop.clear()
        clients = [kind(self, i) for kind, n in ((LmtpClient, 3), (ImapClient, 8), (JmapClient, 4)) for i in range(n)]
        for c in clients:
            c.start()
        try:
            work()
        finally:
            self.stop.set()
            end = time.time() + QUIET
            for c in clients:
                c.join(max(0, end - time.time()))
        for c in clients:
            if c.is_alive():
                self.oracle.complain('%s %d never came to an end' % (type(c).__name__, c.number))
            if c.failure:
                raise c.failure
        self.kept_over += sum(c.kept_over for c in clients if isinstance(c, ImapClient))

    def hold_back(self):
        """Of a client before its next step, where the others have done enough by now."""
        while self.operations_a_second and not self.stop.is_set():
            due = self.operations_a_second * (time.time() - self.began)
            if sum(self.oracle.done.values()) <= due:
                return
            time.sleep(0.02)

    def settled(self, f):
        """f(), once all processes answer again."""
        end = time.time() + QUIET
        while True:
            try:
                return f()
            except (Gone, Refused):
                if time.time() > end:
                    raise
                time.sleep(0.2)

    def check(self):
        self.killer.read_log()
        self.oracle.check(self.settled(lambda: look(self)))
        if self.has_verb('fsck'):
            r = self.instance.postern('fsck', check=False)
            if r.returncode:
                self.oracle.complain('fsck: exit %d: %s' % (r.returncode, (r.stdout + r.stderr)[:500]))

    def has_verb(self, verb):
        return subprocess.run([os.path.join(BIN, 'postern'), verb, '--help'], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL).returncode == 0


class Plan:
    """What is killed when: each point in turn, mixed with kills at random, now and then master.  A full run kills as often as
    it must to have MARGIN more than is demanded at its end, and no more often."""
    def __init__(self, world, full, pace, seconds):
        self.world, self.rng, self.full, self.pace, self.seconds = world, world.rng, full, pace, seconds
        points = [p for p in read_points() if p.how != 'test']
        self.points = [p for p in points if p.how != 'verb' or world.has_verb(p.verb[0])]
        self.absent = [p.name for p in points if p not in self.points]
        if not full:
            self.points = [p for p in self.points if p.how == 'load']
        self.waiting = list(self.points)
        self.rng.shuffle(self.waiting)
        self.next_master = time.time() + (60 if full else 15)
        self.began = time.time()

    def run(self, until):
        while time.time() < until:
            time.sleep(self.pause() * (0.5 + self.rng.random()))
            if time.time() > self.next_master:
                self.next_master = time.time() + 90
                self.world.killer.master()
            elif self.rng.random() < 0.4:
                self.visit(until)
            else:
                self.world.killer.at_random()
            self.world.killer.read_log()

    def pause(self):
        if not self.full:
            return self.pace
        done = sum(self.world.killer.kills.values())
        due = self.began + self.seconds * done / (KILLS * MARGIN)
        return min(max(due - time.time(), 0.05), 5)

    def visit(self, until):
        left = [p for p in self.waiting if p.how != 'old' or time.time() > self.began + 90]
        # What takes long is tried only where nothing else waits.
        left.sort(key=lambda p: p.how != 'load')
        again = not left
        point = self.rng.choice(self.points) if again else left[0]
        if again and point.how != 'load':
            return
        patience = 10 if point.how == 'load' else 45
        if self.world.killer.at_point(point, self.rng.randint(1, point.times), min(patience, max(2, until - time.time()))):
            if point in self.waiting:
                self.waiting.remove(point)
        elif point in self.waiting:     # the others first
            self.waiting.remove(point)
            self.waiting.append(point)


def try_the_oracle(world):
    """What a faulty store might do is done by hand; the oracle must say so."""
    oracle, account = world.oracle, world.accounts[0]
    world.with_clients(lambda: time.sleep(1))
    world.check()
    c = Imap(world.instance.port('imap'), account)
    c.command(b'SELECT INBOX')
    key = next(k for k, m in oracle.messages.items() if k[0] == account and len(m.may) == 1 and m.low == 1
               and all(s and s[0] == 'INBOX' for s in m.may))
    c.command(b'UID COPY %s INBOX' % uids_of(c, key[1]))
    twice = oracle.check(look(world), settle=False)
    c.command(b'UID STORE 1:* -FLAGS.SILENT (\\Deleted)')
    c.command(b'UID STORE %s +FLAGS.SILENT (\\Deleted)' % uids_of(c, key[1]))
    c.command(b'EXPUNGE')
    c.close()
    lost = oracle.check(look(world), settle=False)
    name = '%s of %s' % (key[1], key[0])
    if [v for v in twice if not v.startswith('twice: ' + name)] or not twice:
        oracle.complain('the oracle is blind: of a copied message it says %s' % twice)
    if [v for v in lost if not v.startswith('lost: ' + name)] or not lost:
        oracle.complain('the oracle is blind: of a lost message it says %s' % lost)


def uids_of(c, token):
    """A token may be the beginning of others: the header decides."""
    uids = []
    for item in c.command(b'UID FETCH 1:* (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)])'):
        if isinstance(item, tuple) and item[1].split()[1] == token.encode():
            uids.append(re.search(rb'UID (\d+)', item[0] + item[2])[1])
    return b','.join(uids)


def demands(world, plan, full):
    """What was too little for this run to mean anything."""
    kills, done = sum(world.killer.kills.values()), sum(world.oracle.done.values())
    out = []
    if not kills or not done or not world.kept_over:
        out.append('nothing was tried: %d kills, %d operations, %d sessions kept over a kill of stored' % (kills, done, world.kept_over))
    if full and kills < KILLS:
        out.append('only %d kills of %d' % (kills, KILLS))
    if full and done < OPERATIONS:
        out.append('only %d acknowledged operations of %d' % (done, OPERATIONS))
    if full and plan.waiting:
        out.append('never at %s' % ', '.join(p.name for p in plan.waiting))
    return out


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('--seconds', type=float, default=60)
    ap.add_argument('--round', type=float, default=60, help='seconds between two checks')
    ap.add_argument('--seed', type=int, default=int(time.time()))
    ap.add_argument('--pace', type=float, default=0.25, help='seconds between two kills, on average; not of a full run')
    ap.add_argument('--full', action='store_true', help='fail unless all that make crash promises was tried')
    o = ap.parse_args()
    print('seed %d, %g seconds' % (o.seed, o.seconds), flush=True)
    accounts = ['user%d@example.org' % i for i in range(4)]
    instance = Instance(accounts=[a + '=secret' for a in accounts], conf=CONF)
    instance.env['POSTERN_KILL'] = '@' + os.path.join(instance.dir, 'run', 'kill-point')
    with instance as p:
        world = World(p, accounts, random.Random(o.seed), OPERATIONS * MARGIN / o.seconds if o.full else None)
        plan = Plan(world, o.full, o.pace, o.seconds)
        end = time.time() + o.seconds
        while time.time() < end and not world.oracle.violations:
            world.with_clients(lambda: plan.run(min(end, time.time() + o.round)))
            world.check()
            if world.oracle.violations:
                break
            world.settled(lambda: empty(world))
            report(world, 'so far: ')
        if not world.oracle.violations:
            world.settled(lambda: try_the_oracle(world))
        violations = world.oracle.violations + demands(world, plan, o.full)
    report(world, '')
    print('kills: %s' % dict(world.killer.kills))
    print('points: %s' % dict(world.killer.visited))
    if plan.absent:
        print('not in this build: %s' % ', '.join(plan.absent))
    print('acknowledged: %s, unanswered: %s' % (dict(world.oracle.done), dict(world.oracle.open)))
    for v in violations[:50]:
        print('  ' + v)
    return 1 if violations else 0


def report(world, head):
    print('%s%d acknowledged operations, %d kills at %d points, %d times an IMAP session outlived stored, %d violations' % (
        head, sum(world.oracle.done.values()), sum(world.killer.kills.values()), len(world.killer.visited),
        world.kept_over, len(world.oracle.violations)), flush=True)


if __name__ == '__main__':
    sys.exit(main())
