"""One random client: what it says, and what it makes of the answers."""
from imap_wire import Wire, set_text, uid_set
from stress.view import View
from stress.world import FLAGS, Box, Message, check

FIXED = ('INBOX', 'Archive', 'Sent')
MADE = ('box0', 'box1', 'box2/deep', 'box3')


class Command:
    def __init__(self, name, text, done=None, uid=False):
        self.name, self.text, self.done, self.uid = name, text, done, uid
        self.search, self.copied, self.status, self.removed = None, None, None, []


class Client:
    def __init__(self, port, world, random, n):
        self.port, self.world, self.r, self.n = port, world, random, n
        self.qresync = n % 4 == 3
        self.condstore = n % 2 == 1
        self.who = 'client %d%s' % (n, ' (QRESYNC)' if self.qresync else ' (CONDSTORE)' if self.condstore else '')
        self.count = self.commands = 0
        self.saved = {}          # name -> View, for QRESYNC
        self.wire, self.deaf_until = None, 0
        self.connect()

    # --- the connection
    def connect(self):
        if self.wire:
            self.wire.close()
        self.wire = Wire(self.port, self.who, self.world.log)
        self.view = self.leaving = None
        self.flight, self.idling, self.name = [], None, None
        self.greeted = self.ended = False
        self.say(Command('LOGIN', 'LOGIN alice@example.org secret', self.must))
        if self.qresync:
            self.say(Command('ENABLE', 'ENABLE QRESYNC', self.must))

    def say(self, *commands):
        out = ''
        for c in commands:
            self.count += 1
            self.commands += 1
            c.tag, c.since, c.box = 'c%d' % self.count, self.world.tick(), self.view and self.view.box
            self.flight.append(c)
            out += '%s %s\r\n' % (c.tag, c.text)
        if self.view and len(self.flight) == len(commands):
            self.view.begin_command()
        self.wire.send(out)

    def readable(self):
        got = self.wire.read()
        if got is None:
            check(self.ended, 'the connection was closed', self.who, [c.text for c in self.flight])
            for c in self.flight:
                if c.done:
                    c.done(c, None)
            return self.connect()
        for r in got:
            self.take(r)

    def must(self, c, r):
        check(r is not None and r.kind == 'OK', 'refused', self.who, c.text[:300], r)

    def off(self, c, r):
        """The connection ended, or the mailbox was deleted under the command: nothing can be said."""
        return r is None or r.kind == 'NO' and c.box is not None and c.box.deleted

    # --- answers
    def take(self, r):
        if not self.greeted:
            self.greeted = True
        elif r.tag == '+':
            check(self.idling == 'asked', 'a continuation that nobody asked for', self.who, r)
            self.idling = 'idle'
        elif r.tag == '*':
            self.note(r)
        else:
            check(self.flight and r.tag == self.flight[0].tag, 'another tag than expected', self.who, r, [c.text for c in self.flight])
            check(r.kind != 'BAD', 'BAD', self.who, self.flight[0].text[:300], r)
            c = self.flight.pop(0)
            self.code(r.code, c)
            if c.done:
                c.done(c, r)
            if self.view:
                self.view.begin_command()

    def code(self, code, c):
        view = c.view if c and c.name in ('SELECT', 'EXAMINE') else self.view
        if code[:1] == ['HIGHESTMODSEQ'] and view:
            view.modseq = max(view.modseq, int(code[1]))
        if code[:1] == ['COPYUID']:
            c.copied = code[1:]
        if code[:1] == ['CLOSED']:
            self.leaving = None
        if code[:1] == ['MAILBOXID'] and c.name in ('SELECT', 'EXAMINE'):
            c.id = code[1][0]
        if code[:1] == ['UIDVALIDITY'] and c.name in ('SELECT', 'EXAMINE'):
            c.validity = int(code[1])

    def note(self, r):
        c = self.flight[0] if self.flight else None
        if r.kind == 'BYE':
            check(self.view and self.view.box.deleted or c and c.name == 'SELECT', 'BYE', self.who, r)
            self.ended = True
        elif r.kind:
            self.code(r.code, c)
        elif r.data[0] == 'SEARCH':
            c.search = [int(n) for n in r.data[1:] if not isinstance(n, list)]
        elif r.data[0] == 'STATUS':
            c.status = dict(zip(r.data[2][::2], r.data[2][1::2]))
        elif r.data[0] in ('FLAGS', 'CAPABILITY', 'ENABLED', 'LIST', 'ID'):
            pass
        else:
            self.messages(r, c)

    def messages(self, r, c):
        view = c.view if c and c.name in ('SELECT', 'EXAMINE') and self.leaving is None else self.view
        check(view is not None, 'a message response without a mailbox', self.who, r)
        name = c and (('UID ' if c.uid else '') + c.name)
        if r.data[0] == 'VANISHED' and isinstance(r.data[1], list):
            view.vanished |= set(uid_set(r.data[2]))
        elif r.data[0] == 'VANISHED':
            before = set(view.known())
            view.vanish(r.data[1], self.world, name, r)
            if c:
                c.removed += sorted(before & set(uid_set(r.data[1])))
        elif r.data[1] == 'EXISTS':
            view.exists(int(r.data[0]), r)
        elif r.data[1] == 'EXPUNGE':
            uid = view.expunge(int(r.data[0]), self.world, name, r)
            c.removed += [uid] if uid is not None else []
        elif r.data[1] == 'FETCH':
            view.fetch(int(r.data[0]), r.data[2], r)
        elif r.data[1] != 'RECENT':
            check(False, 'what is this', self.who, r)

    # --- which mailbox
    def select(self, name, read_only=False):
        params, only_known = '', False
        old = self.saved.get(name) if self.qresync else None
        if old:
            only_known = bool(old.known()) and self.r.random() < 0.5
            params = ' (QRESYNC (%d %d%s))' % (old.box.validity, old.modseq, ' ' + set_text(old.known()) if only_known else '')
        elif self.condstore and not self.qresync:
            params = ' (CONDSTORE)'
        c = Command('EXAMINE' if read_only else 'SELECT', ('EXAMINE ' if read_only else 'SELECT ') + name + params, self.selected)
        c.view, c.mailbox, c.old, c.only_known, c.id, c.validity = View(None, self.who, 0), name, old, only_known, None, None
        c.view.box = SelectedLater(c)
        self.leave()
        self.leaving = self.view
        self.say(c)
        c.view.since = c.since

    def leave(self):
        if self.qresync and self.view and self.name and None not in self.view.uids and self.view.modseq:
            self.saved[self.name] = self.view

    def selected(self, c, r):
        self.view = self.name = None
        if r is None or r.kind != 'OK':
            return check(r is None or self.world.may_fail(c.mailbox, c.since), 'SELECT failed', self.who, r)
        check(c.id is not None and c.validity, 'SELECT does not say which mailbox', self.who, c.text)
        view, box = c.view, self.world.by_id(c.id, c.mailbox)
        for uid, flags, modseq in c.view.box.seen_early:
            box.seen(uid, flags, modseq, self.who)
        view.box = box
        box.tell(c.validity)
        self.code(r.code, c)
        if c.old and c.old.box is box:
            view.resume(c.old, c.only_known, c.text)
        view.read_only = c.name == 'EXAMINE'
        self.view, self.name = view, c.mailbox
        return view.selected(self.world)

    def shut(self, close):
        self.leave()
        box, view = self.view.box, self.view

        def done(c, r):
            self.off(c, r) or self.must(c, r)
            if close and not view.read_only:
                box.sweep(self.world.tick())
                if self.world.quiet:
                    box.truth = {u: f for u, f in box.truth.items() if r'\Deleted' not in f}
            self.view = self.name = None
        self.say(Command('CLOSE' if close else 'UNSELECT', 'CLOSE' if close else 'UNSELECT', done))

    # --- messages in
    def append(self, name):
        world, flags = self.world, frozenset(self.r.sample(FLAGS, self.r.choice((0, 0, 1, 2))))
        message = Message(world.token(), flags)
        body = 'Subject: %s\r\nMessage-ID: <%s@x>\r\n\r\n%s\r\n' % (message.token, message.token, 'x' * self.r.choice((3, 300, 9000)))
        world.coming += 1

        def done(c, r):
            world.coming -= 1
            if r is None or r.kind != 'OK':
                return check(r is None or world.may_fail(name, c.since), 'APPEND failed', self.who, name, r)
            check(r.code[:1] == ['APPENDUID'], 'APPEND without APPENDUID', self.who, r)
            target = world.by_validity(int(r.code[1]), name)
            target.create(int(r.code[2]), message, world.tick(), c.since)
            if world.quiet:
                target.truth[int(r.code[2])] = flags
            return None
        self.say(Command('APPEND', 'APPEND %s (%s) {%d+}\r\n%s' % (name, ' '.join(sorted(flags)), len(body), body), done))

    def copy(self, name, move):
        world, box = self.world, self.view.box
        text, chosen, uid = self.choose()
        world.coming += 1

        def done(c, r):
            world.coming -= 1
            gone = r is not None and r.code[:1] == ['EXPUNGEISSUED']
            # A MOVE of messages some of which are gone has moved the others.
            if (r is None or r.kind != 'OK') and not (move and gone and c.copied):
                return check(self.off(c, r) or world.may_fail(name, c.since) or gone, 'COPY failed', self.who, c.text, r)
            if not c.copied:
                return check(not any(u in box.truth for u in chosen if world.quiet), 'nothing was copied', self.who, c.text, r)
            source, there = uid_set(c.copied[1]), uid_set(c.copied[2])
            target = world.by_validity(int(c.copied[0]), name)
            check(len(source) == len(there) and set(source) <= set(chosen), 'COPYUID does not fit', self.who, c.text, c.copied)
            check(there == sorted(there), 'UIDs of a copy out of order', self.who, c.copied)
            for s, t in zip(source, there):
                check(s in box.messages, 'COPYUID of an unknown message', self.who, s)
                target.create(t, Message(box.messages[s].token, source=box.messages[s]), world.tick(), c.since)
                if world.quiet:
                    check(s in box.truth, 'a copy of what was gone', self.who, s)
                    target.truth[t] = box.truth[s]
            if move:
                check(set(source) <= set(c.removed), 'MOVE left messages behind', self.who, source, c.removed)
            self.settle_removed(c)
            return None
        word = 'MOVE' if move else 'COPY'
        self.say(Command(word, ('UID ' if uid else '') + '%s %s %s' % (word, text, name), done, uid))

    def settle_removed(self, c):
        if self.world.quiet:
            for u in c.removed:
                self.view.box.truth.pop(u, None)

    def choose(self):
        """(set, UIDs, by UID): of messages that this client and the world know."""
        known = self.choice()
        chosen = self.r.sample(known, min(len(known), self.r.choice((1, 1, 2, 5, 30))))
        if self.r.random() < 0.2:
            lo = self.r.randrange(len(known))
            chosen = known[lo:lo + 20]
        uid = self.r.random() < 0.5
        return set_text(chosen if uid else [self.view.uids.index(u) + 1 for u in chosen]), sorted(chosen), uid

    # --- messages as they are
    def choice(self):
        return [u for u in self.view.known() if u in self.view.box.messages]

    def store(self):
        world, view = self.world, self.view
        text, chosen, uid = self.choose()
        op, flags = self.r.choice(('', '+', '+', '-')), set(self.r.sample(FLAGS, self.r.choice((1, 1, 2, 3))))
        silent = self.r.random() < 0.4
        unchanged = self.condstore and view.modseq and self.r.random() < 0.2 and not world.quiet
        for u in chosen:
            if u in view.box.messages:
                view.box.messages[u].note(op, flags)

        def done(c, r):
            if self.off(c, r):
                return
            check(r.kind == 'OK' or r.code[0] in ('EXPUNGEISSUED', 'MODIFIED'), 'STORE failed', self.who, c.text, r)
            refused = uid_set(r.code[1]) if r.code[:1] == ['MODIFIED'] else []
            refused = set(refused if uid else [view.uids[n - 1] for n in refused])
            check(refused <= set(chosen), 'MODIFIED of others', self.who, c.text, r)
            check(not refused or unchanged, 'MODIFIED of nothing asked', self.who, c.text, r)
            for u in set(chosen) - refused:
                m = view.box.messages.get(u)
                if m and u not in view.box.gone:
                    m.stored(op, flags, world.tick())
                if silent and u in view.flags and u not in view.told:
                    view.flags[u] = change(view.flags[u], op, flags)
                if world.quiet and u in view.box.truth:
                    world.exact_store(view.box, u, change(view.box.truth[u], op, flags))
                    check(silent or u in view.told, 'STORE says nothing of a message', self.who, c.text, u)
        self.say(Command('STORE', '%sSTORE %s %s%sFLAGS%s (%s)' % (
            'UID ' if uid else '', text, '(UNCHANGEDSINCE %d) ' % view.modseq if unchanged else '', op,
            '.SILENT' if silent else '', ' '.join(sorted(flags))), done, uid))

    def fetch(self, everything=False):
        view, world = self.view, self.world
        text, chosen, uid = self.choose() if not everything else ('1:*', [], self.r.random() < 0.5)
        items = 'UID FLAGS' if everything else self.r.choice(('UID FLAGS', 'UID FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)]', 'UID RFC822.SIZE',
                                                              'UID ENVELOPE', 'UID BODY.PEEK[]<0.20>'))
        since = view.modseq if self.condstore and self.r.random() < 0.2 and not everything else 0

        def done(c, r):
            if self.off(c, r):
                return
            check(r.kind == 'OK' or r.code == ['EXPUNGEISSUED'], 'FETCH failed', self.who, c.text, r)
            for n, items in view.fetched.items():
                subject = items.get('BODY[HEADER.FIELDS (SUBJECT)]') or ('Subject: %s\r\n\r\n' % items['ENVELOPE'][1] if 'ENVELOPE' in items else None)
                m = view.box.messages.get(int(items['UID'])) if 'UID' in items else None
                check(not subject or not m or subject == 'Subject: %s\r\n\r\n' % m.token, 'another message', self.who, n, items, m and m.token)
            if world.quiet and not since:
                missing = [u for u in (view.box.truth if everything else chosen) if u not in view.fetched]
                check(not missing, 'FETCH says nothing of messages', self.who, c.text, missing)
        self.say(Command('FETCH', '%sFETCH %s (%s)%s' % ('UID ' if uid else '', text, items, ' (CHANGEDSINCE %d%s)' % (
            since, ' VANISHED' if self.qresync and uid else '') if since else ''), done, uid))

    def search(self):
        view, world = self.view, self.world
        flag = self.r.choice(FLAGS)
        key = {r'\Seen': 'SEEN', r'\Flagged': 'FLAGGED', r'\Deleted': 'DELETED', r'\Answered': 'ANSWERED', r'\Draft': 'DRAFT'}.get(flag, 'KEYWORD ' + flag)
        no, uid = self.r.random() < 0.5, self.r.random() < 0.5
        everything = self.r.random() < 0.3

        def done(c, r):
            if self.off(c, r):
                return
            self.must(c, r)
            check(c.search is not None and c.search == sorted(set(c.search)), 'SEARCH out of order', self.who, c.search)
            check(uid or all(1 <= n <= len(view.uids) for n in c.search), 'SEARCH gives numbers that do not exist', self.who, c.search, len(view.uids))
            if world.quiet:
                truth = view.box.truth
                want = [u for u in sorted(truth) if everything or (flag in truth[u]) != no]
                check(c.search == (want if uid else [sorted(truth).index(u) + 1 for u in want]), 'SEARCH', self.who, c.text, c.search, want)
        self.say(Command('SEARCH', '%sSEARCH %s' % ('UID ' if uid else '', 'ALL' if everything else ('NOT ' if no else '') + key), done, uid))

    def expunge(self):
        view, world = self.view, self.world
        text, chosen, uid = ('', None, False) if self.r.random() < 0.5 or not self.choice() else self.choose()
        text, uid = (set_text(chosen), True) if chosen else ('', False)
        known = set(view.known())
        deleted = {u for u, flags in view.box.truth.items() if r'\Deleted' in flags and (not chosen or u in chosen)}

        def done(c, r):
            if self.off(c, r):
                return
            self.must(c, r)
            if not chosen:
                view.box.sweep(world.tick(), view.known())
            for u in c.removed:
                m = view.box.messages.get(u)
                check(m is None or not world.quiet or u in deleted, 'what was not deleted is expunged', self.who, u)
            if world.quiet:
                check(set(c.removed) == deleted & known, 'EXPUNGE', self.who, c.text, sorted(c.removed), sorted(deleted))
                for u in deleted:
                    del view.box.truth[u]
        self.say(Command('EXPUNGE', ('UID EXPUNGE ' + text) if uid else 'EXPUNGE', done, uid))

    def noop(self, word='NOOP'):
        def done(c, r):
            if self.off(c, r):
                return
            self.must(c, r)
            if self.world.quiet and self.view:
                self.view.compare(self.view.box.truth)
        self.say(Command(word, word, done))

    def idle(self):
        self.idling = 'asked'

        def done(c, r):
            self.idling = None
            self.off(c, r) or self.must(c, r)
        self.say(Command('IDLE', 'IDLE', done))

    def stop_idling(self):
        self.idling = 'done'
        self.wire.send('DONE\r\n')

    # --- mailboxes
    def status(self, name):
        world = self.world
        before = world.boxes[world.names[name]]
        uidnext, modseq = before.uidnext, before.modseq

        def done(c, r):
            if r is None or r.kind != 'OK':
                return check(r is None or world.may_fail(name, c.since), 'STATUS failed', self.who, name, r)
            box = world.by_id(c.status['MAILBOXID'][0], name)
            box.tell(int(c.status['UIDVALIDITY']))
            if box is before:
                check(int(c.status['UIDNEXT']) >= uidnext and int(c.status['HIGHESTMODSEQ']) >= modseq, 'STATUS went back', self.who, c.status)
            if world.quiet:
                want = [len(box.truth), sum(r'\Seen' not in f for f in box.truth.values()), sum(r'\Deleted' in f for f in box.truth.values())]
                check([int(c.status[k]) for k in ('MESSAGES', 'UNSEEN', 'DELETED')] == want, 'STATUS', self.who, name, c.status, want)
            return None
        self.say(Command('STATUS', 'STATUS %s (MESSAGES UIDNEXT UIDVALIDITY UNSEEN DELETED HIGHESTMODSEQ MAILBOXID)' % name, done))

    def rename_or_so(self):
        """CREATE, DELETE or RENAME, when the world may_name()."""
        world = self.world
        made = [n for n in MADE if n in world.names]
        free = [n for n in MADE if n not in world.names]
        kind = self.r.choice(['create'] * bool(free) + ['delete'] * bool(made) + ['rename'] * bool(made and free))
        name = self.r.choice(free if kind == 'create' else made)
        to = self.r.choice(free) if kind == 'rename' else name
        world.naming = True
        world.touch(name, to)
        if kind == 'delete':
            world.boxes[world.names[name]].deleted = True
        if kind == 'create':
            world.newest = Box(world, name)

        def done(c, r):
            check(r is None or r.kind == 'OK', 'refused', self.who, c.text, r)
            world.touch(name, to)
            world.naming = False
            if r is None:       # the connection had ended before: it was not done
                if kind == 'delete':
                    world.boxes[world.names[name]].deleted = False
                if kind == 'create':
                    world.not_made()
                return
            if kind == 'create':
                check(r.code[:1] == ['MAILBOXID'], 'CREATE without MAILBOXID', self.who, r)
                world.made(r.code[1][0], name)
                self.status(name)
            else:
                world.names[to] = world.names.pop(name)
                if kind == 'delete':
                    own = self.view and self.view.box.id == world.names[to]
                    del world.names[to]
                    if own:
                        self.view = self.name = None
        self.say(Command(kind.upper(), '%s %s%s' % (kind.upper(), name, ' ' + to if kind == 'rename' else ''), done))


class SelectedLater:
    """Stands for the mailbox of a SELECT until its answer says which one it is."""
    def __init__(self, command):
        self.command, self.gone, self.messages, self.seen_early, self.deleted = command, {}, {}, [], False

    def seen(self, uid, flags, modseq, who):
        self.seen_early.append((uid, flags, modseq))


def change(flags, op, by):
    return frozenset(flags | by if op == '+' else flags - by if op == '-' else by)
