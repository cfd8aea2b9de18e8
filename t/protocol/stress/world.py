r"""What can be known of the account from outside: mailboxes, messages, and bounds on their flags.  As EMAILID tells, copies
within an account are one email, whose flags but \Deleted are shared.

While commands overlap, their order is the server's to choose; so the world keeps for each message what must hold in any
order: `base` (flags when all was quiet), `added` and `removed` (flags that some STORE since then may have set or cleared),
`sure` (set by a STORE that was acknowledged, where the copy that it named is still there: UID STORE passes over one that
another client has just expunged, and says OK).  When all is quiet, settle() compares with what a fresh session sees.

The answers of several clients are read in another order than they were given.  So a new mailbox may be told of before the
answer to its CREATE is read: a command sent when its name meant another one found it.  It is in the world from when the
CREATE is sent (`newest`), and learns its id and its UIDVALIDITY from whichever answer tells them first.
"""


class Wrong(AssertionError):
    pass


def check(condition, what, *about):
    if not condition:
        raise Wrong(what + ''.join(' | %s' % (a,) for a in about))


OWN = frozenset({r'\Deleted'})    # of each copy alone; all other flags are shared by the copies of an email
FLAGS = (r'\Seen', r'\Flagged', r'\Deleted', r'\Answered', r'\Draft', 'red', 'blue', '$Forwarded')


class Bounds:
    """What a set of flags may be, until all is quiet."""
    def __init__(self, base):
        self.base, self.added, self.removed = frozenset(base), set(), set()

    def note(self, op, flags, all_flags):
        """A STORE is under way; `all_flags` are ours.  One that replaces also clears what others set before it gets there."""
        if op != '-':
            self.added |= flags & all_flags
        self.removed |= flags & all_flags if op == '-' else all_flags - flags if op == '' else set()

    def can_be(self):
        return self.base | self.added

    def hold(self, flags, sure, *about):
        check(self.base - self.removed <= flags, 'a flag was lost', sorted(self.base), sorted(flags), *about)
        check(sure - self.removed <= flags, 'an acknowledged STORE was lost', sorted(sure), sorted(flags), *about)


class Message:
    """One copy of an email in one mailbox."""
    def __init__(self, token, flags=(), source=None):
        self.token = token
        self.shared = source.shared if source else Bounds(frozenset(flags) - OWN)
        self.own = Bounds(frozenset(flags) & OWN)
        if source:
            self.own.added, self.own.removed = source.own.can_be() & OWN, set(OWN)
        self.source = source
        self.sure = {}           # flag -> step at which the STORE was acknowledged
        self.versions = {}       # modseq -> flags
        self.step = 0

    def note(self, op, flags):
        self.shared.note(op, flags, set(FLAGS) - OWN)
        self.own.note(op, flags, OWN)

    def stored(self, op, flags, step):
        """A STORE of this copy was acknowledged."""
        for f in flags if op != '-' else ():
            self.sure.setdefault(f, step)

    def inherit(self, since):
        """A copy made by a command sent at `since` has what was acknowledged before."""
        if self.source:
            self.sure = {f: s for f, s in self.source.sure.items() if s < since and f not in OWN}

    def can_be(self):
        return self.shared.can_be() | self.own.can_be()

    def seen(self, flags, modseq, who):
        check(flags <= self.can_be(), 'a flag that nobody set', who, self.token, sorted(flags), sorted(self.can_be()))
        if modseq is not None:
            known = self.versions.setdefault(modseq, flags)
            check(known == flags, 'one modseq with different flags', who, self.token, modseq, sorted(known), sorted(flags))

    def settle(self, flags, modseq):
        self.seen(flags, modseq, 'when quiet')
        self.shared.hold(flags, set(self.sure) - OWN, self.token)
        self.own.hold(flags, set(self.sure) & OWN, self.token)
        check(modseq >= max(self.versions), 'a modseq went back', self.token, modseq, max(self.versions))
        self.versions = {modseq: flags}

    def rebase(self, flags):
        for part, mine in ((self.shared, flags - OWN), (self.own, flags & OWN)):
            part.base, part.added, part.removed = mine, set(), set()
        self.sure, self.source = {}, None


class Box:
    def __init__(self, world, name):
        self.world, self.made_as, self.id = world, name, None
        self.validity, self.deleted = None, False
        self.messages = {}       # uid -> Message, all that were ever acknowledged or seen
        self.gone = {}           # uid -> step at which a client was told
        self.missing = set()     # not seen by a session that selected after their creation was acknowledged
        self.doubtful = set()    # CLOSE or EXPUNGE may have taken them and told nobody
        self.swept = 0           # step at which the latest of these was answered
        self.somewhere = []      # (UID below, UID above) of expunged messages whose UID was never told
        self.early = {}          # uid -> [(flags, modseq, who)]: seen before the answer that says what it is
        self.uidnext = self.modseq = 0
        self.truth = {}          # uid -> flags, when quiet

    def sweep(self, step, told=()):
        """A CLOSE was answered: it took what was \Deleted, and says nothing of it.  Or an EXPUNGE: it says nothing of what its
        client had not been told of before (those in `told` it had)."""
        self.doubtful |= {u for u, m in self.messages.items() if r'\Deleted' in m.can_be()} - set(told)
        self.swept = step

    def create(self, uid, message, step, since):
        """A command sent at `since` and answered now made this message.  A CLOSE or EXPUNGE whose answer was read first may have
        come after it, and have taken it."""
        if self.swept >= since and r'\Deleted' in message.can_be():
            self.doubtful.add(uid)
        check(uid not in self.messages, 'a UID was given twice', self.id, uid, message.token)
        message.step = step
        message.inherit(since)
        self.messages[uid] = message
        for flags, modseq, who in self.early.pop(uid, ()):
            message.seen(flags, modseq, who)
        self.uidnext = max(self.uidnext, uid + 1)

    def tell(self, validity):
        check(self.validity in (None, validity), 'UIDVALIDITY changed', self.id, self.validity, validity)
        self.validity = validity

    def seen(self, uid, flags, modseq, who):
        if uid in self.messages:
            return self.messages[uid].seen(flags, modseq, who)
        check(self.world.coming, 'a message that nobody made', who, self.id, uid)
        self.early.setdefault(uid, []).append((flags, modseq, who))

    def settle(self, truth, highest):
        """`truth`: uid -> (flags, modseq, token), from a session that selected when nothing was under way."""
        check(not self.early, 'messages that nobody made', self.id, sorted(self.early))
        for uid, (flags, modseq, token) in truth.items():
            check(uid in self.messages, 'a message that nobody made', self.id, uid, token)
            check(uid not in self.gone, 'an expunged message is back', self.id, uid)
            check(uid not in self.missing, 'a message was hidden for a while', self.id, uid)
            check(self.messages[uid].token == token, 'another message under this UID', self.id, uid, token)
            check(modseq <= highest, 'a modseq above HIGHESTMODSEQ', self.id, uid, modseq, highest)
            self.messages[uid].settle(flags, modseq)
        lost = {u for u in set(self.messages) - set(truth) - set(self.gone) - self.doubtful
                if not any(lo < u < hi for lo, hi in self.somewhere)}
        check(not lost, 'messages were lost', self.id, sorted(lost))
        check(highest >= self.modseq, 'HIGHESTMODSEQ went back', self.id, highest, self.modseq)
        self.modseq = highest
        for uid in set(self.messages) - set(truth):
            self.gone.setdefault(uid, 0)
        self.missing, self.doubtful, self.somewhere = set(), set(), []
        self.truth = {uid: flags for uid, (flags, _, _) in truth.items()}


class World:
    def __init__(self, log=None):
        self.log = log           # of all lines, when asked for
        self.boxes, self.names, self.step = {}, {}, 0
        self.renamed = {}        # name -> step at which its meaning last began or ended to change
        self.naming = False      # a CREATE, DELETE or RENAME is under way: one at a time
        self.newest = None       # the Box of the latest CREATE
        self.coming = 0          # commands under way that add messages, each to the mailbox that has its name by then
        self.quiet = False       # one command at a time: results are exact
        self.tokens = 0

    def tick(self):
        self.step += 1
        return self.step

    def token(self):
        self.tokens += 1
        return 't%d' % self.tokens

    def add(self, box, id):
        box.id, self.boxes[id] = id, box

    def by_id(self, id, name):
        """The mailbox that has this id, found under this name."""
        if id not in self.boxes:
            check(self.newest and self.newest.made_as == name and self.newest.id is None, 'a mailbox that nobody made', id, name)
            self.add(self.newest, id)
        return self.boxes[id]

    def by_validity(self, validity, name):
        """The mailbox that has this UIDVALIDITY, found under this name."""
        for b in [*self.boxes.values(), *([self.newest] if self.newest else [])]:
            if b.validity == validity:
                return b
        check(self.newest and self.newest.made_as == name and self.newest.validity is None, 'a UIDVALIDITY of no mailbox', validity, name)
        self.newest.tell(validity)
        return self.newest

    def may_name(self):
        """May a CREATE, DELETE or RENAME be sent?  One at a time, so that it is known what each name means; and not while the
        newest mailbox has not told its UIDVALIDITY, so that there is one at most that an unknown UIDVALIDITY can be of."""
        return not self.quiet and not self.naming and not (self.newest and self.newest.validity is None)

    def made(self, id, name):
        """The CREATE was answered.  Its mailbox has an id that was not known when it was sent; who heard of it before heard the same."""
        check(self.newest.id == id or self.newest.id is None and id not in self.boxes, 'CREATE without a new id', id, self.newest.id)
        self.add(self.newest, id)
        self.names[name] = id

    def not_made(self):
        check(self.newest.id is None and self.newest.validity is None, 'a mailbox of a CREATE that was not done', self.newest.id, self.newest.validity)
        self.newest = None

    def touch(self, *names):
        for n in names:
            self.renamed[n] = self.tick()

    def present(self):
        """(box, uid, message) of all that is there, when quiet."""
        return [(b, u, b.messages[u]) for b in self.boxes.values() if not b.deleted for u in b.truth]

    def rebase(self):
        """All mailboxes were settled."""
        emails = {}
        for box, uid, m in self.present():
            shared = emails.setdefault(m.token, box.truth[uid] - OWN)
            check(shared == box.truth[uid] - OWN, 'copies of an email differ', m.token, sorted(shared), sorted(box.truth[uid]))
        for box, uid, m in self.present():
            m.rebase(box.truth[uid])

    def exact_store(self, box, uid, flags):
        """When quiet: a message has these flags now, and the shared ones in all its copies."""
        for b, u, m in self.present():
            if m.token == box.messages[uid].token:
                b.truth[u] = flags if (b, u) == (box, uid) else flags - OWN | b.truth[u] & OWN
                if self.log:
                    self.log('truth %s:%d %s %s' % (b.id, u, m.token, sorted(b.truth[u])))

    def may_fail(self, name, since):
        """May a command that names this mailbox fail, sent at `since`?"""
        return name not in self.names or self.renamed.get(name, 0) >= since or self.naming
