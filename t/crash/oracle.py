"""What every client was promised, kept outside the store, and what may be found there.

A message may be in one of several states while an operation on it has no answer: `may` holds them all.  A state is None (not
there) or (mailbox, seen).  An answer makes the new state the only one; a swallowed answer leaves both.  What a check found is
certain from then on, since nothing is shown before it is durable.
"""
import collections, contextlib, threading


class Message:
    __slots__ = ('may', 'low', 'high')

    def __init__(self):
        self.may = {None}
        self.low = 0            # copies promised
        self.high = 0           # copies that may stand there: one for each attempt to add it


class Oracle:
    def __init__(self):
        self.lock = threading.RLock()
        self.messages = collections.defaultdict(Message)    # (account, token) -> Message
        self.names = {}                                     # (account, mailbox) -> names that it may have now
        self.numbers = {}                                   # what only grows, or stays: key -> highest seen
        self.done = collections.Counter()                   # acknowledged operations by kind
        self.open = collections.Counter()                   # answers that never came, by kind
        self.violations = []

    # For those who must know when what was promised: called with the lock held, after each change.
    def changed(self, table, key):
        pass

    def complain(self, text):
        with self.lock:
            self.violations.append(text)

    @contextlib.contextmanager
    def operation(self, kind, keys, change, adds=0):
        """Around one request: `change` maps the state of each message before to the one after; `adds` copies of it come.
        An exception means that no answer came, and passes.  The body adds to `refused` the keys that were not done."""
        refused = set()
        with self.lock:
            before = {k: set(self.messages[k].may) for k in keys}
            for k in keys:
                m = self.messages[k]
                m.may |= {change(s) for s in before[k]}
                m.high += adds
                self.changed('messages', k)
        try:
            yield refused
        except BaseException:
            with self.lock:
                self.open[kind] += len(keys)
            raise
        with self.lock:
            for k in keys:
                if k in refused:
                    continue        # an error says that it was not done, but a crash may have hidden that it was
                m = self.messages[k]
                m.may = {change(s) for s in before[k]}
                m.low += adds
                self.changed('messages', k)
                self.done[kind] += kind != 'empty'      # one answer for many

    def adding(self, kind, keys, box, seen=False):
        return self.operation(kind, keys, lambda _: (box, seen), adds=1)

    def named(self, account, box, names):
        with self.lock:
            self.names[account, box] = names
            self.changed('names', (account, box))

    def box_of(self, account, name):
        """The mailbox that has this name now, by the name that clients made it under."""
        with self.lock:
            return next((b for (a, b), names in self.names.items() if a == account and name in names), name)

    @contextlib.contextmanager
    def renaming(self, account, box, to):
        self.named(account, box, self.names[account, box] | {to})
        yield
        self.named(account, box, {to})
        with self.lock:
            self.done['rename'] += 1

    # Numbers that only grow: take the floor before the request, judge its answer by it.
    def floor(self, *keys):
        with self.lock:
            return {k: self.numbers.get(k) for k in keys}

    def grew(self, floor, key, value, strictly=False):
        with self.lock:
            low = floor[key]
            if low is not None and (value < low or (strictly and value == low)):
                self.violations.append('%s went back: %s after %s' % (' '.join(map(str, key)), value, low))
            self.numbers[key] = max(value, self.numbers.get(key, value))
            self.changed('numbers', key)

    def stays(self, key, value):
        with self.lock:
            if self.numbers.setdefault(key, value) != value:
                self.violations.append('%s changed from %s to %s' % (' '.join(map(str, key)), self.numbers[key], value))
            self.changed('numbers', key)

    def check(self, found, settle=True):
        """`found` is {(account, name of mailbox): [(token, seen, whole)]}.  Answers the violations; with `settle`
        they are kept, and what was found is what may be found from now on."""
        bad = []
        with self.lock:
            for (account, box), names in self.names.items():
                there = [n for n in names if (account, n) in found]
                if len(there) != 1 and (there or None not in names):
                    bad.append('mailbox %s of %s is there %d times: %s' % (box, account, len(there), there))
                if settle and there:
                    self.names[account, box] = set(there)
            copies = collections.defaultdict(list)
            for (account, name), messages in found.items():
                box = self.box_of(account, name)
                for token, seen, whole in messages:
                    copies[account, token].append((box, seen))
                    if not whole:
                        bad.append('changed: %s of %s is not what was sent' % (token, account))
            for key in copies:
                if key not in self.messages:
                    bad.append('from nowhere: %s of %s' % (key[1], key[0]))
            for key, m in self.messages.items():
                bad += self._judge(key, m, copies.get(key, []))
                if settle:
                    here = copies.get(key, [])
                    m.may, m.low, m.high = set(here) or {None}, len(here), len(here)
            if settle:
                self.violations += bad
        return bad

    @staticmethod
    def _judge(key, m, here):
        name = '%s of %s' % (key[1], key[0])
        if len(here) < m.low and None not in m.may:
            return ['lost: %s, promised in %s' % (name, sorted(m.may))]
        if here and m.may == {None}:
            return ['came back: %s in %s' % (name, here)]
        if len(here) > m.high:
            return ['twice: %s in %s' % (name, here)]
        wrong = [s for s in here if s not in m.may]
        return ['not as promised: %s is %s, not one of %s' % (name, wrong, sorted(m.may, key=str))] if wrong else []
