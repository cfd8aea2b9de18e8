"""Clients that write, each telling the oracle what it asks for and what it was promised.

Each client works on messages of its own, so that what it was told is the whole truth about them.
"""
import itertools, re, threading, time

from wire import Gone, Imap, Jmap, Lmtp, Refused

TRIES = 4           # of a delivery whose reply did not come, as an MTA would
LARGE = 1_300_000   # bytes: such bodies take other ways through every process
MANY = ', '.join('<someone-%d@crash.example>' % i for i in range(60))     # so that the database's log grows fast
numbers = itertools.count(1)


def message(token, large=False):
    filler = 'x' * 76 + '\r\n'
    return ('Subject: %s\r\nMessage-ID: <%s@crash.example>\r\nFrom: crash@crash.example\r\nTo: %s\r\n\r\nbody of %s\r\n%send of %s\r\n' % (
        token, token, MANY, token, filler * (LARGE // 78) if large else '', token)).encode()


def is_whole(token, data):
    """Delivery puts lines before a message; nothing else may differ."""
    return data.endswith(message(token)) or data.endswith(message(token, True))


def seen(state):
    return state and (state[0], True)


def gone(_):
    return None


def moved_to(box):
    return lambda state: state and (box, state[1])


class Client(threading.Thread):
    """Runs step() until told to stop, on connections made by connect()."""
    def __init__(self, world, number):
        super().__init__(daemon=True)
        self.world, self.oracle, self.p, self.number = world, world.oracle, world.instance, number
        self.account = world.accounts[number % len(world.accounts)]
        self.connection = None
        self.failure = None

    def run(self):
        try:
            while not self.world.stop.is_set():
                try:
                    if self.connection is None:
                        self.connect()
                    self.world.hold_back()
                    self.step()
                except (Gone, Refused) as e:
                    self.dropped(e)
                    if self.connection:
                        self.connection.close()
                    self.connection = None
                    time.sleep(0.02)
            if self.connection:
                self.connection.close()
        except Exception as e:     # a defect of the harness must not look like silence
            self.failure = e
            raise

    def dropped(self, why):
        pass

    def token(self):
        return '%s%d-%d' % (self.letter, self.number, next(numbers))


class LmtpClient(Client):
    letter = 'l'

    def connect(self):
        self.connection = Lmtp(self.p.port('lmtp'))

    def step(self):
        token, to = self.token(), list(self.world.accounts)
        text = message(token, large=next(numbers) % 397 == 0)
        for attempt in range(TRIES):
            try:
                if self.connection is None:
                    self.connect()
                to = self.deliver(token, to, text)
                if not to:
                    return
            except (Gone, Refused):
                if self.connection:
                    self.connection.close()
                self.connection = None
            time.sleep(0.05)

    def deliver(self, token, to, text):
        """Those who must be tried again."""
        waiting = set(to)
        with self.oracle.adding('deliver', [(a, token) for a in to], 'INBOX') as refused:
            refused |= {(a, token) for a in to}
            for account, reply in self.connection.deliver(to, text):
                if reply.startswith('250'):
                    refused.discard((account, token))
                    waiting.discard(account)
                elif reply[0] != '4':
                    self.oracle.complain('a delivery was refused: ' + reply)
        return [a for a in to if a in waiting]


class ImapClient(Client):
    letter = 'i'

    def __init__(self, world, number):
        super().__init__(world, number)
        self.box = 'work%d' % number
        self.ends = world.killer.ends('imapd')
        self.kept_over = 0

    def connect(self):
        self.ends = self.world.killer.ends('imapd')
        self.kills = self.world.killer.kills['stored']
        self.connection = Imap(self.p.port('imap'), self.account)
        with self.oracle.lock:
            known = self.oracle.names.get((self.account, self.box), {None})
        if None in known:
            self.oracle.named(self.account, self.box, {self.box, None})
            try:
                self.connection.command(b'CREATE %s' % self.box.encode())
            except Refused as e:
                if 'ALREADYEXISTS' not in str(e):
                    raise
            self.oracle.named(self.account, self.box, {self.box})
        self.connection.command(b'SELECT INBOX')
        self.n = 0

    # A session ends with its own process, never because another one was killed.
    def dropped(self, why):
        if isinstance(why, Gone) and self.connection and self.ends == self.world.killer.ends('imapd'):
            self.oracle.complain('an IMAP session ended without its process being killed: %s' % why)

    def command(self, text, literal=None):
        out = self.connection.command(text, literal)
        if self.world.killer.kills['stored'] > self.kills:
            self.kills = self.world.killer.kills['stored']
            self.kept_over += 1
        return out

    def step(self):
        self.n += 1
        token, large = self.token(), self.n % 90 == 0
        key = (self.account, token)
        numbers_of = [(self.account, 'INBOX', n) for n in ('uid', 'uidnext', 'modseq')]
        floor = self.oracle.floor(*numbers_of)
        with self.oracle.adding('append', [key], 'INBOX'):
            answer = self.command(b'APPEND INBOX', message(token, large))[-1]
        validity, uid = map(int, re.search(rb'APPENDUID (\d+) (\d+)', answer).groups())
        self.oracle.grew(floor, numbers_of[0], uid, strictly=True)
        self.oracle.stays((self.account, 'INBOX', 'uidvalidity'), validity)
        if self.n % 2 == 0:
            with self.oracle.operation('store', [key], seen):
                self.command(b'UID STORE %d +FLAGS.SILENT (\\Seen)' % uid)
        if self.n % 3 == 0:
            self.move(key, uid)
        elif self.n % 5 == 0:
            self.command(b'UID STORE %d +FLAGS.SILENT (\\Deleted)' % uid)
            with self.oracle.operation('expunge', [key], gone):
                self.command(b'UID EXPUNGE %d' % uid)
        elif self.n % 7 == 0:
            with self.oracle.operation('copy', [key], lambda s: s, adds=1):
                self.command(b'UID COPY %d INBOX' % uid)
        if self.n % 11 == 0:
            floor = self.oracle.floor(*numbers_of)
            text = b''.join(l for l in self.command(b'STATUS INBOX (UIDNEXT HIGHESTMODSEQ)') if l.startswith(b'* STATUS'))
            self.oracle.grew(floor, numbers_of[1], int(re.search(rb'UIDNEXT (\d+)', text)[1]))
            self.oracle.grew(floor, numbers_of[2], int(re.search(rb'HIGHESTMODSEQ (\d+)', text)[1]))

    def move(self, key, uid):
        with self.oracle.lock:
            names = sorted(self.oracle.names[self.account, self.box])
        for name in names:      # two, after a RENAME without an answer
            try:
                with self.oracle.operation('move', [key], moved_to(self.box)):
                    self.command(b'UID MOVE %d %s' % (uid, name.encode()))
                break
            except Refused as e:
                if len(names) == 1 or 'TRYCREATE' not in str(e):
                    raise
        else:
            self.oracle.complain('%s is under none of its names %s' % (self.box, names))
        if self.n % 9 == 0 and len(names) == 1:
            to = self.box if names[0] != self.box else self.box + 'b'
            with self.oracle.renaming(self.account, self.box, to):
                self.command(b'RENAME %s %s' % (names[0].encode(), to.encode()))


class JmapClient(Client):
    letter = 'j'

    def connect(self):
        self.connection = Jmap(self.p.port('http'), self.account)
        boxes = self.connection.call('Mailbox/get', properties=['role', 'name'])['list']
        by_role = {b['role']: b['id'] for b in boxes}
        self.inbox, self.archive = by_role['inbox'], by_role['archive']

    def changed(self, floor, answer):
        self.oracle.grew(floor, (self.account, 'jmap'), tuple(int(n) for n in answer['newState'].split('.')))

    def step(self):
        c, keys = self.connection, {}
        for i in range(4):
            token = self.token()
            keys['c%d' % i] = (self.account, token)
        blobs = {k: c.upload(message(keys[k][1])) for k in keys}
        floor = self.oracle.floor((self.account, 'jmap'))
        with self.oracle.adding('import', list(keys.values()), 'INBOX') as refused:
            r = c.call('Email/import', emails={k: {'blobId': b, 'mailboxIds': {self.inbox: True}} for k, b in blobs.items()})
            refused |= {keys[k] for k in r['notCreated'] or {}}
        self.changed(floor, r)
        ids = {e['id']: keys[k] for k, e in (r['created'] or {}).items()}
        if not ids:
            raise Refused('nothing was imported')
        self.update('set', ids, seen, {'keywords/$seen': True})
        self.update('set', dict(list(ids.items())[:2]), moved_to('Archive'), {'mailboxIds': {self.archive: True}})
        last = dict(list(ids.items())[-1:])
        floor = self.oracle.floor((self.account, 'jmap'))
        with self.oracle.operation('destroy', list(last.values()), gone) as refused:
            r = c.call('Email/set', destroy=list(last))
            refused |= {last[i] for i in r['notDestroyed'] or {}}
        self.changed(floor, r)

    def update(self, kind, ids, change, patch):
        floor = self.oracle.floor((self.account, 'jmap'))
        with self.oracle.operation(kind, list(ids.values()), change) as refused:
            r = self.connection.call('Email/set', update={i: patch for i in ids})
            refused |= {ids[i] for i in r['notUpdated'] or {}}
        self.changed(floor, r)


def look(world):
    """What stands in the store: {(account, mailbox): [(token, seen, whole)]}; UIDs ascend, and counts agree with JMAP."""
    found = {}
    for account in world.accounts:
        c, emails = Imap(world.instance.port('imap'), account), 0
        for name in mailboxes(c):
            box = world.oracle.box_of(account, name)
            uidnext = (account, box, 'uidnext')
            floor = world.oracle.floor(uidnext)
            opened = b''.join(line for line in c.command(b'EXAMINE %s' % name.encode()) if isinstance(line, bytes))
            world.oracle.grew(floor, uidnext, int(re.search(rb'UIDNEXT (\d+)', opened)[1]))
            world.oracle.stays((account, box, 'uidvalidity'), int(re.search(rb'UIDVALIDITY (\d+)', opened)[1]))
            rows, uids, ids = found.setdefault((account, name), []), [], set()
            for item in c.command(b'UID FETCH 1:* (UID FLAGS EMAILID ENVELOPE BODY.PEEK[])')[:-1]:
                data = item[0] + item[2] if isinstance(item, tuple) else item
                subject = re.search(rb'ENVELOPE \((?:NIL|"[^"]*") "([^"]+)"', data)
                if not subject:
                    continue
                token = subject[1].decode()
                rows.append((token, b'\\Seen' in data, is_whole(token, item[1]) if isinstance(item, tuple) else None))
                uids.append(int(re.search(rb'UID (\d+)', data)[1]))
                if b'\\Deleted' not in data:
                    ids.add(re.search(rb'EMAILID \((\S+)\)', data)[1])
            if uids != sorted(set(uids)):
                world.oracle.complain('%s %s: UIDs do not ascend' % (account, name))
            emails += len(ids)
        c.close()
        j = Jmap(world.instance.port('http'), account)
        total = sum(b['totalEmails'] for b in j.call('Mailbox/get', properties=['totalEmails'])['list'])
        j.close()
        if total != emails:
            world.oracle.complain('%s: JMAP counts %d emails, IMAP shows %d' % (account, total, emails))
    return found


def mailboxes(c):
    return [re.search(rb'"?([^" ]+)"?\r\n$', row)[1].decode() for row in c.command(b'LIST "" *')[:-1]]


def empty(world):
    """Takes away all mail, so that the next round begins small; each message that comes back will be noticed."""
    for account in world.accounts:
        c = Imap(world.instance.port('imap'), account)
        for name in mailboxes(c):
            there = c.command(b'SELECT %s' % name.encode())
            if any(re.match(rb'\* 0 EXISTS', line) for line in there if isinstance(line, bytes)):
                continue
            box = world.oracle.box_of(account, name)
            with world.oracle.lock:
                keys = [k for k, m in world.oracle.messages.items() if k[0] == account and any(s and s[0] == box for s in m.may)]
            c.command(b'STORE 1:* +FLAGS.SILENT (\\Deleted)')
            with world.oracle.operation('empty', keys, gone):
                c.command(b'EXPUNGE')
        c.close()
