#!/usr/bin/env python3
"""Power cuts, full and failing disks, from outside the store.

    t/crash/power.py [--seconds N] [--cuts N] [--step N] [--within N] [--seed S]

Power: clients write for some seconds while power_shim.c records what stored and authd ask of the disk.  Then disks as a cut at
some moment may leave them are rebuilt (disk_record.py), the server is started on each, and what it shows is compared with
what had been promised by that moment.
Faults: the n-th changing call of stored and authd answers EIO or ENOSPC, once or for a while, or all do as on a disk that was
mounted read-only or that has no inodes left, under a fixed row of operations, for n = 1 (and every --step after it) until the row
is done before the n-th call; then everything promised is there.
All of it takes long: some 200 cuts and 370 faults of a second or two each.  --within bounds it: both halves then go over the
whole coarsely first, finer and finer, until half of the time is over; what was tried is said at the end.
"""
import argparse, bisect, collections, contextlib, copy, errno, itertools, os, random, shutil, signal, sys, threading, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from postern_test import Instance  # noqa: E402
from budget import Budget  # noqa: E402
from clients import ImapClient, JmapClient, LmtpClient, empty, look  # noqa: E402
from crash import CONF, World  # noqa: E402
from disk_record import Disk, read_log  # noqa: E402
from oracle import Oracle  # noqa: E402
from preload import Preload  # noqa: E402
from wire import Gone, Refused  # noqa: E402

CUTS_AT_ONCE = 10                   # in one way through the record, where time is bounded,
STRIDE = 16                         # and every how many-th fault in the first round over a row
FULL = 20                           # faults after which all mail is taken away
ROUNDS = (0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15)     # where each begins

HOLD, BUSY, NAMES = 4, 5, 6         # of struct control of power_shim.c, beside those of every preloaded library

# How a disk fails: the error, for how long, and whether only what makes a name does.
DISKS = [('EIO once', errno.EIO, False, False), ('EIO for a while', errno.EIO, True, False),
         ('ENOSPC once', errno.ENOSPC, False, False), ('ENOSPC for a while', errno.ENOSPC, True, False),
         ('mounted read-only for a while', errno.EROFS, True, False), ('no inodes for a while', errno.ENOSPC, True, True)]


class Shim(Preload):
    """power_shim.c under stored and authd."""
    def __init__(self, instance):
        super().__init__(instance, 'power_shim', ('stored', 'authd'), 'POSTERN_SHIM_CONTROL')
        self.log = self.file('shim.log', 0)
        instance.env['POSTERN_SHIM_LOG'] = self.log

    def now(self):
        return os.stat(self.log).st_size

    @contextlib.contextmanager
    def between_calls(self):
        """Nobody is in the middle of a call that changes the disk."""
        self.put(HOLD, 1)
        end = time.time() + 5
        while self.get(BUSY) and time.time() < end:
            time.sleep(0.001)
        yield
        self.put(HOLD, 0)


class Timeline(Oracle):
    """An oracle that also knows what it had promised at an earlier moment of the record."""
    def __init__(self, now):
        super().__init__()
        self.now, self.moments, self.history = now, [], []

    def changed(self, table, key):
        value = getattr(self, table)[key]
        if table == 'messages':
            value = (frozenset(value.may), value.low, value.high)
        self.moments.append(self.now())
        self.history.append((table, key, value))

    def at(self, moment):
        past = Oracle()
        for table, key, value in self.history[:bisect.bisect_right(self.moments, moment)]:
            if table == 'messages':
                m = past.messages[key]
                m.may, m.low, m.high = set(value[0]), value[1], value[2]
            else:
                getattr(past, table)[key] = value
        return past


def restore(root, disk):
    for sub in os.listdir(root):
        shutil.rmtree(os.path.join(root, sub))
    for path, content in sorted(disk.items()):
        if content is None:
            os.makedirs(path, 0o755, exist_ok=True)
            continue
        with open(path, 'wb') as f:
            f.write(content)
        os.chmod(path, 0o644 if path.endswith('.pub') else 0o600)


def record(world, shim, seconds):
    """Clients write, accounts are made, stored is killed now and then, so that the next one goes on in files that were not
    flushed; answers the accounts with the moments when they were promised."""
    late, killer = [], world.killer

    def make_accounts():
        end = time.time() + seconds
        while time.time() < end:
            name = 'late%d@example.org' % len(late)
            world.instance.postern('account', 'add', name, input='secret\n')
            late.append((shim.now(), name))
            time.sleep(seconds / 5)
            if len(late) % 2:
                with shim.between_calls():
                    pids = killer.pids('stored')
                    if pids:
                        os.kill(pids[0], signal.SIGKILL)
                killer.hurry()
    world.with_clients(make_accounts)
    return late


def start_on(instance, accounts, oracle, late):
    """Starts the server on the disk as it is now; answers what it shows against the oracle's promises."""
    try:
        instance.start()
        world = World(instance, accounts, None)
        world.oracle = oracle
        bad = oracle.check(world.settled(lambda: look(world)), settle=False) + oracle.violations
        bad += ['account lost: ' + a for a in late if instance.postern('account', 'show', a, check=False).returncode]
        if world.has_verb('fsck'):
            r = instance.postern('fsck', check=False)
            bad += ['fsck: exit %d: %s' % (r.returncode, r.stdout[:500])] if r.returncode else []
    except (Gone, Refused, RuntimeError) as e:
        bad = ['the server does not come up: %s' % str(e)[:3000]]
    instance.stop()
    return bad


def choose_cuts(log, count, rng):
    """Numbers of records that were made: a third right after a flush, a third right before one, the rest anywhere."""
    flushes = [i for i, op in enumerate(log) if op.kind == 'F']
    third = count // 3
    return sorted([rng.choice(flushes) + 1 for _ in range(third)] + [rng.choice(flushes) for _ in range(third)] +
                  [rng.randint(1, len(log)) for _ in range(count - 2 * third)])


def power_cuts(o, rng):
    accounts = ['user%d@example.org' % i for i in range(2)]
    instance = Instance(accounts=[a + '=secret' for a in accounts], conf=CONF)
    shim, root = Shim(instance), os.path.join(instance.dir, 'var')
    disk = Disk(root)
    shim.attach()
    tried = collections.Counter()
    with instance as p:
        world = World(p, accounts, rng)
        world.oracle = timeline = Timeline(shim.now)
        late = record(world, shim, o.seconds)
        p.stop()
        shim.detach()
        log, budget = read_log(shim.log), Budget(o.within / 2)
        violations = list(timeline.violations)
        while not violations and sum(tried.values()) < o.cuts and not (tried and budget.over()):
            count = min(o.cuts - sum(tried.values()), CUTS_AT_ONCE if o.within else o.cuts)
            for cut, how, content in disks_after(log, copy.deepcopy(disk), choose_cuts(log, count, rng), rng):
                restore(root, content)
                moment = log[cut - 1].end
                bad = start_on(p, accounts, timeline.at(moment), [a for when, a in late if when <= moment])
                tried[how] += 1
                violations += ['cut after record %d of %d, %s: %s' % (cut, len(log), how, b) for b in bad]
                if violations:
                    break
        if not violations:
            # A disk that forgets what was flushed must be noticed, or nothing above means anything.
            restore(root, disk.after_cut('keep', rng))
            if not any('lost: ' in b for b in start_on(p, accounts, timeline, [])):
                violations.append('the oracle is blind: a disk that lost everything was not noticed')
        p.start()
    print('power: %d records of the disk, %d acknowledged operations, %d accounts; %d cuts %s, %d violations' % (
        len(log), sum(timeline.done.values()), len(late), sum(tried.values()), dict(tried), len(violations)), flush=True)
    return violations


def disks_after(log, disk, cuts, rng):
    """(cut, how, a disk that it may leave) for each; `disk` is as it was before the record."""
    fed = 0
    for n, cut in enumerate(cuts):
        for op in log[fed:cut]:
            disk.feed(op)
        fed, how = cut, ('drop', 'mix', 'mix', 'keep')[n % 4]
        yield cut, how, disk.after_cut(how, rng)


class Row:
    """A fixed row of operations, each once, by one client of each kind."""
    def __init__(self, world):
        self.clients = [LmtpClient(world, 0), ImapClient(world, 0), JmapClient(world, 0)]
        self.large = False      # one message more, of more than a megabyte

    def run(self):
        """Whether all was done without a hitch."""
        smooth = True
        for c in self.clients:
            try:
                if c.connection is None:
                    c.connect()
                if not isinstance(c, ImapClient):
                    c.step()
                    continue
                for n in (90, 18, 25)[not self.large:]:     # APPEND, STORE, MOVE, RENAME; APPEND, EXPUNGE
                    c.n = n - 1
                    c.step()
            except (Gone, Refused):
                smooth = False
                if c.connection:
                    c.connection.close()
                c.connection = None
        return smooth


def faults(o, rng):
    accounts = ['user0@example.org']
    instance = Instance(accounts=[a + '=secret' for a in accounts], conf=CONF + 'store.segment_size = 1M\n')
    shim = Shim(instance)
    shim.attach()
    tried, violations = collections.Counter(), []
    with instance as p:
        world = World(p, accounts, rng)
        row = Row(world)
        world.settled(lambda: look(world))
        budget, ends = Budget(o.within / 2), {}     # of a row, by the disk: the first call that was not reached
        for begin in ROUNDS if o.within else (0,):
            for name, error, forever, names in DISKS:
                shim.put(NAMES, names)
                row.large = names       # it needs a new segment
                for nth in itertools.count(1 + begin * o.step, o.step * (STRIDE if o.within else 1)):
                    if violations or nth >= ends.get(name, nth + 1) or (begin and budget.over()):
                        break
                    if one_fault(world, shim, row, nth, error, forever):
                        tried[name] += 1
                    else:
                        ends[name] = nth
                    violations = list(world.oracle.violations)
                    if sum(tried.values()) % FULL == 0:     # all that is stored is looked at each time
                        world.settled(lambda: empty(world))
        violations += ['never happened: ' + name for name, *_ in DISKS if not tried[name] and not violations]
    print('faults: %d tried %s, %d acknowledged operations, %d violations' % (
        sum(tried.values()), dict(tried), sum(world.oracle.done.values()), len(violations)), flush=True)
    return violations


def one_fault(world, shim, row, nth, error, forever):
    """Whether the row of operations got as far as the n-th call."""
    before = shim.failed()
    shim.fail(nth, error, forever)
    work = threading.Thread(target=row.run)
    work.start()
    while work.is_alive() and shim.failed() == before:
        work.join(0.01)
    if forever:
        work.join(0.3)
    hit = shim.failed() > before
    shim.heal()
    world.killer.hurry()
    work.join()
    world.oracle.check(world.settled(lambda: look(world)))
    return hit


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('--seconds', type=float, default=4, help='of recording')
    ap.add_argument('--cuts', type=int, default=200)
    ap.add_argument('--step', type=int, default=1, help='try every n-th call only')
    ap.add_argument('--within', type=float, default=0, help='seconds in which no further cut or fault is begun; 0: all are tried')
    ap.add_argument('--seed', type=int, default=int(time.time()))
    ap.add_argument('--only', choices=('power', 'faults'))
    o = ap.parse_args()
    print('seed %d' % o.seed, flush=True)
    violations = []
    if o.only != 'faults':
        violations += power_cuts(o, random.Random(o.seed))
    if o.only != 'power':
        violations += faults(o, random.Random(o.seed))
    for v in violations[:50]:
        print('  ' + v)
    return 1 if violations else 0


if __name__ == '__main__':
    sys.exit(main())
