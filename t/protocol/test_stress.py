#!/usr/bin/env python3
"""Twenty random clients of one account against a model of what IMAP permits (stress/: written from the RFCs, not from imapd).

    test_stress.py [--seconds N] [--seed S] [--clients N] [--log FILE]

--log: every line sent and received, when the test fails.

Storms, in which all clients talk at once and every response is held to what any order of the commands would allow, take
turns with quiet times: then nothing is under way, a fresh session says what is there, every client must agree after a NOOP,
and for a while commands run one by one with exact results known beforehand.
"""
import argparse, os, random, select, sys, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from imap_wire import Wire  # noqa: E402
from postern_test import BIN, Instance  # noqa: E402
from stress.client import FIXED, Client  # noqa: E402
from stress.world import Box, World, Wrong, check  # noqa: E402

TIMEOUT = 60
DEAF = 0.3      # seconds for which a client reads nothing, now and then: answers are read in another order than they were given


class Observer:
    """A session that asks one thing after the other."""
    def __init__(self, port):
        self.wire, self.count = Wire(port, 'observer'), 0
        self.wait(lambda r: r.kind == 'OK')
        self.ask('LOGIN alice@example.org secret')

    def wait(self, last):
        out, end = [], time.time() + TIMEOUT
        while not out or not last(out[-1]):
            check(time.time() < end, 'no answer', out[-3:])
            out += self.wire.read() or [check(False, 'closed')]
        return out

    def ask(self, command):
        self.count += 1
        self.wire.send('o%d %s\r\n' % (self.count, command))
        out = self.wait(lambda r: r.tag == 'o%d' % self.count)
        check(out[-1].kind == 'OK', 'refused', command, out[-1])
        return out


class Storm:
    def __init__(self, port, seed, clients, log):
        self.port, self.r, self.world = port, random.Random(seed), World(log)
        o = Observer(port)
        for r in o.ask('LIST "" * RETURN (STATUS (MAILBOXID UIDVALIDITY))'):
            if r.data[:1] == ['STATUS']:
                box = Box(self.world, r.data[1])
                self.world.add(box, r.data[2][1][0])
                box.tell(int(r.data[2][3]))
                self.world.names[r.data[1]] = box.id
        o.wire.close()
        self.clients = [Client(port, self.world, self.r, i) for i in range(clients)]

    def act(self, c):
        """One random thing that this client may do now."""
        r, world, view = self.r, self.world, c.view
        names = [n for n in world.names if n in FIXED or n.startswith('box')]
        can = [(c.noop, 3), (lambda: c.append(r.choice(names)), 4), (lambda: c.status(r.choice(names)), 1),
               (lambda: c.select(r.choice(names), r.random() < 0.1), 1 if view else 20)]
        if world.may_name():
            can.append((c.rename_or_so, 0.4))
        if view:
            can += [(lambda: c.shut(r.random() < 0.3), 0.4), (c.search, 3), (lambda: c.noop('CHECK'), 0.5)]
            can += [(c.idle, 1.5)] if not world.quiet else []
        if view and view.uids:
            can.append((lambda: c.fetch(everything=True), 5 if None in view.uids else 1))
        if view and not view.read_only:
            can.append((c.expunge, 1.5))
        if view and c.choice():
            can.append((c.fetch, 3))
            others = [n for n in names if world.names[n] != view.box.id]
            can.append((lambda: c.copy(r.choice(others), False), 1))
            if not view.read_only:
                can += [(c.store, 8), (lambda: c.copy(r.choice(others), True), 1)]
        r.choices([f for f, _ in can], [w for _, w in can])[0]()

    def pump(self, timeout):
        now = time.time()
        ready = select.select([c.wire for c in self.clients if c.deaf_until <= now], [], [], timeout)[0]
        for c in [c for c in self.clients if c.wire in ready]:
            c.readable()
        return bool(ready)

    def finish(self):
        """Waits until nothing is under way."""
        end = time.time() + TIMEOUT
        while any(c.flight for c in self.clients):
            for c in self.clients:
                if c.idling == 'idle':
                    c.stop_idling()
            self.pump(1)
            check(time.time() < end, 'no answer', [(c.who, c.flight[0].text[:100]) for c in self.clients if c.flight])

    def storm(self, seconds):
        end = time.time() + seconds
        while time.time() < end:
            for c in self.clients:
                if not c.flight and self.r.random() < 0.7:
                    self.act(c)
                    if self.r.random() < 0.03:
                        c.deaf_until = time.time() + DEAF * self.r.random()
                    # Now and then a second command behind the first, one that is not ambiguous there (RFC 9051 5.5).
                    if len(c.flight) == 1 and c.flight[0].name in ('NOOP', 'FETCH', 'STATUS') and self.r.random() < 0.2:
                        c.noop()
                elif c.idling == 'idle' and self.r.random() < 0.05:
                    c.stop_idling()
            self.pump(0.01)
        self.finish()

    def settle(self):
        """Nothing is under way: what is there, and does everybody agree?"""
        world = self.world
        for c in self.clients:
            c.noop()
        self.finish()
        o = Observer(self.port)
        names = {r.data[3] for r in o.ask('LIST "" *') if r.data[:1] == ['LIST'] and r'\NonExistent' not in r.data[1]}
        parents = {'box2'} & names
        check(names - parents == set(world.names) - parents, 'other mailboxes exist', sorted(names), sorted(world.names))
        for name, id in world.names.items():
            self.read(o, name, world.boxes[id])
        o.wire.close()
        world.rebase()
        for c in self.clients:
            if c.view and not c.view.box.deleted:
                c.view.compare(c.view.box.truth)

    def read(self, o, name, box):
        highest, truth = 0, {}
        for r in o.ask('EXAMINE %s (CONDSTORE)' % name):
            highest = int(r.code[1]) if r.code[:1] == ['HIGHESTMODSEQ'] else highest
            check(r.code[:1] != ['MAILBOXID'] or r.code[1] == [box.id], 'another mailbox', name, r)
            if r.code[:1] == ['UIDVALIDITY']:
                box.tell(int(r.code[1]))
        for r in o.ask('UID FETCH 1:* (FLAGS MODSEQ BODY.PEEK[HEADER.FIELDS (SUBJECT)])'):
            if r.data[1:2] == ['FETCH']:
                items = dict(zip(r.data[2][::2], r.data[2][1::2]))
                token = items['BODY[HEADER.FIELDS (SUBJECT)]'].strip().partition(': ')[2]
                truth[int(items['UID'])] = (frozenset(items['FLAGS']) - {r'\Recent'}, int(items['MODSEQ'][0]), token)
        box.settle(truth, highest)

    def one_by_one(self, count):
        """Exact results: before each command its client is brought up to date."""
        self.world.quiet = True
        for _ in range(count):
            c = self.r.choice(self.clients)
            c.noop()
            self.finish()
            if c.view and c.view.box.deleted:
                continue
            self.act(c)
            self.finish()
        self.world.quiet = False

    def run(self, seconds):
        end, rounds = time.time() + seconds, 0
        while time.time() < end:
            self.storm(min(4, max(1, end - time.time())))
            self.settle()
            self.one_by_one(120)
            self.settle()
            rounds += 1
        return rounds


def main():
    a = argparse.ArgumentParser()
    a.add_argument('--seconds', type=float, default=60)
    a.add_argument('--seed', type=int, default=random.SystemRandom().randrange(1 << 32))
    a.add_argument('--clients', type=int, default=20)
    a.add_argument('--log', help='file for every line sent and received, written when the test fails')
    a = a.parse_args()
    if not os.path.exists(os.path.join(BIN, 'master')):
        print('no master in', BIN)
        return 77
    print('seed', a.seed, flush=True)
    lines = []      # not written at once: that would slow down what is raced here
    log = (lambda line: lines.append((time.time(), line))) if a.log else None
    with Instance(check_imap=False) as p:
        storm = Storm(p.port('imap'), a.seed, a.clients, log)
        try:
            rounds = storm.run(a.seconds)
        except Wrong as e:
            print('FAILED, seed %d: %s' % (a.seed, e))
            if a.log:
                with open(a.log, 'w') as f:
                    f.writelines('%.6f %s\n' % line for line in lines)
            return 1
    print('%d commands of %d clients in %d rounds' % (sum(c.commands for c in storm.clients), a.clients, rounds))
    return 0


if __name__ == '__main__':
    sys.exit(main())
