"""One client's view of its mailbox, moved by untagged responses only, each held to what RFC 9051, 7162 and 2180 permit."""
from imap_wire import uid_set
from stress.world import check

# While one of these runs, and while none does, message numbers may not move (RFC 9051 7.5.1).
STILL = {'FETCH', 'STORE', 'SEARCH'}


class View:
    def __init__(self, box, who, fresh_since):
        self.box, self.who, self.since = box, who, fresh_since
        self.uids = []           # None: not told yet
        self.flags = {}          # uid -> what this client believes
        self.told = set()        # UIDs whose flags came in the command that runs
        self.uidnext = self.modseq = 0
        self.read_only = False
        self.fetched = {}        # of the command that runs: UID, or -number -> items
        self.vanished = set()    # VANISHED (EARLIER) of the command that runs

    def known(self):
        return [u for u in self.uids if u is not None]

    def exists(self, n, what):
        check(n >= len(self.uids), 'EXISTS shrank', self.who, n, len(self.uids), what)
        self.uids += [None] * (n - len(self.uids))

    def remove(self, index, world):
        uid = self.uids.pop(index)
        if uid is not None:
            self.flags.pop(uid, None)
            self.box.gone.setdefault(uid, world.tick())
        else:
            below = [u for u in self.uids[:index] if u is not None]
            above = [u for u in self.uids[index:] if u is not None]
            self.box.somewhere.append((below[-1] if below else 0, above[0] if above else 1 << 32))
        return uid

    def expunge(self, n, world, command, what):
        check(command is not None and command not in STILL, 'EXPUNGE at a time when numbers may not move', self.who, command, what)
        check(1 <= n <= len(self.uids), 'EXPUNGE of a number that does not exist', self.who, len(self.uids), what)
        return self.remove(n - 1, world)

    def vanish(self, text, world, command, what):
        check(command is not None and command not in STILL, 'VANISHED at a time when numbers may not move', self.who, command, what)
        for uid in uid_set(text):
            self.remove(self.place(uid, what), world)

    def place(self, uid, what):
        """The index of a UID; of one that was not told, the first place where it may be."""
        if uid in self.uids:
            return self.uids.index(uid)
        below = [i for i, u in enumerate(self.uids) if u is not None and u < uid]
        i = below[-1] + 1 if below else 0
        check(i < len(self.uids) and self.uids[i] is None, 'a UID that this client has no message for', self.who, uid, what)
        return i

    def fetch(self, n, items, what):
        check(1 <= n <= len(self.uids), 'FETCH of a number that does not exist', self.who, len(self.uids), what)
        items = dict(zip(items[::2], items[1::2]))
        uid = self.uids[n - 1]
        if 'UID' in items:
            check(uid in (None, int(items['UID'])), 'another UID at this number', self.who, uid, what)
            uid = self.uids[n - 1] = int(items['UID'])
            before = [u for u in self.uids[:n - 1] if u is not None]
            after = [u for u in self.uids[n:] if u is not None]
            check((not before or before[-1] < uid) and (not after or uid < after[0]), 'UIDs out of order', self.who, what)
            step = self.box.gone.get(uid)
            check(step is None or step >= self.since, 'a message that was gone before SELECT', self.who, what)
        modseq = int(items['MODSEQ'][0]) if 'MODSEQ' in items else None
        if uid is not None and 'FLAGS' in items:
            flags = frozenset(items['FLAGS']) - {r'\Recent'}
            self.box.seen(uid, flags, modseq, self.who)
            self.flags[uid] = flags
            self.told.add(uid)
        self.fetched.setdefault(-n if uid is None else uid, {}).update(items)
        return uid

    def begin_command(self):
        self.told, self.fetched, self.vanished = set(), {}, set()

    # --- when the mailbox was selected
    def selected(self, world):
        """Whoever was acknowledged before must be there, unless it goes at the same time: that is seen when all is quiet."""
        if None not in self.uids:
            for uid, m in self.box.messages.items():
                if m.step < self.since and uid not in self.uids and uid not in self.box.gone:
                    self.box.missing.add(uid)

    def resume(self, saved, only_known, what):
        """After SELECT with QRESYNC: what was known, less what vanished, plus what was told, is all that exists.  When the
        client named what it knows, new messages are not told."""
        told = {items['UID'] for items in self.fetched.values() if 'UID' in items}
        uids = sorted((set(saved.known()) - self.vanished) | {int(u) for u in told})
        if only_known and len(uids) < len(self.uids):
            uids += [None] * (len(self.uids) - len(uids))
        check(len(uids) == len(self.uids), 'QRESYNC does not add up', self.who, len(uids), len(self.uids), what)
        for have, want in zip(self.uids, uids):
            check(have is None or want is None or have == want, 'QRESYNC: another UID at this number', self.who, have, want)
        self.uids = uids
        for uid in uids:
            if uid in saved.flags and uid not in self.told:
                self.flags[uid] = saved.flags[uid]

    # --- when all is quiet
    def compare(self, truth):
        check(self.uids == [None if u is None else t for u, t in zip(self.uids, sorted(truth))] and len(self.uids) == len(truth),
              'this client sees other messages', self.who, self.box.id, self.uids, sorted(truth))
        for uid, flags in self.flags.items():
            check(flags == truth[uid], 'this client was not told of flags', self.who, self.box.id, uid, sorted(flags), sorted(truth[uid]))
