"""Email/query and Email/queryChanges with random filters, sorts and windows, against an evaluator that is slow and obvious: it
knows the emails as Email/get tells them, and looks at every one for every condition (RFC 8620 5.5, 5.6; RFC 8621 4.4, 4.5)."""
import random

from client import message

WORDS = ['apple', 'Berry', 'cherry', 'date', 'elder', 'fig', 'update', 'Applesauce']
NAMES = ['Ann', 'bob', 'Carl', 'dora']
KEYWORDS = ['$seen', '$flagged', 'work', 'Home']
SORTS = ['receivedAt', 'sentAt', 'size', 'from', 'to', 'subject', 'hasKeyword', 'allInThreadHaveKeyword', 'someInThreadHaveKeyword']
PROPERTIES = ['id', 'threadId', 'mailboxIds', 'keywords', 'size', 'receivedAt', 'sentAt', 'from', 'to', 'cc', 'bcc', 'subject', 'hasAttachment',
              'header:X-Note', 'bodyValues', 'textBody']


class World:
    def __init__(self, c, seed):
        self.c, self.rng, self.n, self.mids = c, random.Random(seed), 0, []
        self.boxes = [c.box, c.other]

    def some(self, most=5):
        return ' '.join(self.rng.choice(WORDS) for _ in range(self.rng.randrange(1, most)))

    def person(self):
        name = self.rng.choice(NAMES + [''])
        return '%s <%s@example.net>' % (name, self.rng.choice(NAMES).lower())

    def add(self):
        rng, c = self.rng, self.c
        self.n += 1
        mid = 'rq%d.%d' % (c.number, self.n)
        head = 'From: %s\r\nTo: %s\r\nMessage-ID: <%s@example.net>\r\n' % (self.person(), self.person(), mid)
        for name in ('Cc', 'Bcc'):
            if rng.randrange(3) == 0:
                head += '%s: %s\r\n' % (name, self.person())
        subject = self.some()
        if self.mids and rng.randrange(2):
            parent, subject = rng.choice(self.mids)
            head += 'In-Reply-To: <%s@example.net>\r\n' % parent
            subject = 'Re: ' + subject if not subject.startswith('Re: ') else subject
        if len(self.mids) < 12:
            self.mids.append((mid, subject))
        head += 'Subject: %s\r\nDate: Thu, %d Feb 2020 10:00:%02d +0000\r\n' % (subject, 1 + rng.randrange(28), rng.randrange(60))
        if rng.randrange(3) == 0:
            head += 'X-Note: %s\r\n' % self.some(3)
        text = self.some(8)
        if rng.randrange(4) == 0:
            body = ('MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n%s\r\n--b\r\n'
                    'Content-Type: application/x-y\r\nContent-Disposition: attachment; filename=z.bin\r\n\r\nzz\r\n--b--\r\n' % text)
        else:
            body = 'Content-Type: text/plain\r\n\r\n%s\r\n' % text
        e = c.alice.add((head + body).encode(), rng.choice(self.boxes), [k for k in KEYWORDS if rng.randrange(3) == 0],
                        '2020-03-%02dT00:00:%02dZ' % (1 + rng.randrange(28), self.n % 60))
        return e['id']

    def change(self):
        rng, alice = self.rng, self.c.alice
        kind, e = rng.randrange(6), rng.choice(self.look())
        if kind == 0:
            self.add()
        elif kind == 1:
            alice.call('Email/set', destroy=[e['id']])
        elif kind == 2:
            alice.call('Email/set', update={e['id']: {'mailboxIds': {rng.choice(self.boxes): True}}})
        elif kind == 3:
            box = rng.choice(self.boxes)
            alice.call('Email/set', update={e['id']: {'mailboxIds': {b: True for b in self.boxes}}})
        else:
            alice.call('Email/set', update={e['id']: {'keywords/' + rng.choice(KEYWORDS): rng.choice([True, None])}})

    def look(self):
        """All emails of these mailboxes."""
        f = {'operator': 'OR', 'conditions': [{'inMailbox': b} for b in self.boxes]}
        r = self.c.alice.calls(('Email/query', {'filter': f}),
                               ('Email/get', {'#ids': {'resultOf': '0', 'name': 'Email/query', 'path': '/ids'}, 'properties': PROPERTIES,
                                              'fetchTextBodyValues': True}))
        self.emails = r[1][1]['list']
        self.threads = {}
        for e in self.emails:
            e['text'] = ' '.join(v['value'] for v in e['bodyValues'].values())
            self.threads.setdefault(e['threadId'], []).append(e)
        return self.emails

    # --- conditions: (what is sent, what it means)
    def condition(self):
        rng = self.rng
        kind = rng.randrange(20)
        keyword = rng.choice(KEYWORDS)
        has = lambda e: keyword.lower() in e['keywords']
        thread = lambda e: [has(x) for x in self.threads[e['threadId']]]
        if kind == 0:
            box = rng.choice(self.boxes)
            return {'inMailbox': box}, lambda e: box in e['mailboxIds']
        if kind == 1:
            boxes = rng.sample(self.boxes, rng.randrange(1, 3))
            return {'inMailboxOtherThan': boxes}, lambda e: bool(set(e['mailboxIds']) - set(boxes))
        if kind in (2, 3):
            when = rng.choice(self.emails)['receivedAt']
            return ({'before': when}, lambda e: e['receivedAt'] < when) if kind == 2 else ({'after': when}, lambda e: e['receivedAt'] >= when)
        if kind in (4, 5):
            size = rng.choice(self.emails)['size']
            return ({'minSize': size}, lambda e: e['size'] >= size) if kind == 4 else ({'maxSize': size}, lambda e: e['size'] < size)
        if kind == 6:
            return {'allInThreadHaveKeyword': keyword}, lambda e: all(thread(e))
        if kind == 7:
            return {'someInThreadHaveKeyword': keyword}, lambda e: any(thread(e))
        if kind == 8:
            return {'noneInThreadHaveKeyword': keyword}, lambda e: not any(thread(e))
        if kind == 9:
            return {'hasKeyword': keyword}, has
        if kind == 10:
            return {'notKeyword': keyword}, lambda e: not has(e)
        if kind == 11:
            yes = bool(rng.randrange(2))
            return {'hasAttachment': yes}, lambda e: e['hasAttachment'] == yes
        if kind == 12:
            return {}, lambda e: True
        words = [rng.choice(WORDS + NAMES) for _ in range(rng.randrange(1, 3))]
        phrase = rng.randrange(3) == 0
        text = '"%s"' % ' '.join(words) if phrase else ' '.join(words)
        inside = lambda where: (' '.join(words).lower() in where.lower()) if phrase else all(w.lower() in where.lower() for w in words)
        field = ['from', 'to', 'cc', 'bcc', 'subject', 'body', 'text'][kind - 13]
        if field == 'text':   # each token may be in another place
            fields = ['from', 'to', 'cc', 'bcc', 'subject', 'body']
            where = lambda e, w: any(w.lower() in self.value(e, f).lower() for f in fields)
            return {'text': text}, lambda e: where(e, ' '.join(words)) if phrase else all(where(e, w) for w in words)
        if rng.randrange(6) == 0:
            return ({'header': ['X-Note']}, lambda e: e['header:X-Note'] is not None) if rng.randrange(2) else \
                ({'header': ['x-note', text]}, lambda e: inside(e['header:X-Note'] or ''))
        return {field: text}, lambda e: inside(self.value(e, field))

    @staticmethod
    def value(e, field):
        if field == 'body':
            return e['text']
        if field == 'subject':
            return e['subject'] or ''
        return ', '.join('%s <%s>' % (a['name'] or '', a['email']) for a in e[field] or [])

    def filter(self, depth=2):
        rng = self.rng
        if depth == 0 or rng.randrange(3) == 0:
            both, means = {}, []
            for _ in range(rng.randrange(1, 3)):
                f, m = self.condition()
                if not set(f) & set(both):
                    both.update(f)
                    means.append(m)
            return both, lambda e: all(m(e) for m in means)
        parts = [self.filter(depth - 1) for _ in range(rng.randrange(0, 4))]
        op = rng.choice(['AND', 'OR', 'NOT'])
        f = {'operator': op, 'conditions': [p[0] for p in parts]}
        return f, lambda e: {'AND': all, 'OR': any, 'NOT': lambda x: not any(x)}[op]([p[1](e) for p in parts])

    # --- sorts
    def key(self, e, s):
        p = s['property']
        if p in ('from', 'to'):
            first = (e[p] or [{'name': None, 'email': ''}])[0]
            return (first['name'] or first['email']).upper()
        if p == 'subject':
            subject = e['subject'] or ''
            return (subject[4:] if subject.startswith('Re: ') else subject).upper()
        if 'Keyword' not in p:
            return e[p]
        have = [s['keyword'].lower() in x['keywords'] for x in self.threads[e['threadId']]]
        return {'hasKeyword': s['keyword'].lower() in e['keywords'], 'allInThreadHaveKeyword': all(have), 'someInThreadHaveKeyword': any(have)}[p]

    def sort(self):
        out = []
        for _ in range(self.rng.randrange(3)):
            s = {'property': self.rng.choice(SORTS)}
            if 'Keyword' in s['property']:
                s['keyword'] = self.rng.choice(KEYWORDS)
            if self.rng.randrange(2):
                s['isAscending'] = bool(self.rng.randrange(2))
            out.append(s)
        return out

    def expect(self, means, sort, collapse):
        """The list; ties in any order are left to `tied`."""
        found = [e for e in self.emails if means(e)]
        for s in reversed(sort):
            found.sort(key=lambda e: self.key(e, s), reverse=not s.get('isAscending', True))
        return found


def check_random_filters_and_sorts(c):
    w = World(c, 8621)
    for _ in range(40):
        w.add()
    w.look()
    assert len(w.threads) < len(w.emails) - 8
    by_id = {e['id']: e for e in w.emails}
    here = {'operator': 'OR', 'conditions': [{'inMailbox': b} for b in w.boxes]}
    hits = 0
    for _ in range(250):
        f, means = w.filter()
        sort, collapse = w.sort(), bool(w.rng.randrange(2))
        args = {'filter': {'operator': 'AND', 'conditions': [here, f]}, 'sort': sort, 'collapseThreads': collapse}
        r = c.alice.call('Email/query', calculateTotal=True, **args)
        got, wanted = r['ids'], w.expect(means, sort, collapse)
        if collapse:
            all_ = c.alice.call('Email/query', **dict(args, collapseThreads=False))['ids']
            assert sorted(all_) == sorted(e['id'] for e in wanted), (args, f)
            seen, kept = set(), []
            for i in all_:
                if by_id[i]['threadId'] not in seen:
                    seen.add(by_id[i]['threadId'])
                    kept.append(i)
            assert got == kept, (args, got, kept)
            got = all_
        else:
            assert sorted(got) == sorted(e['id'] for e in wanted), (args, f)
        keys = [[w.key(by_id[i], s) for s in sort] for i in got]
        assert keys == [[w.key(e, s) for s in sort] for e in wanted], (sort, keys)
        total = len(r['ids'])
        assert r['total'] == total and 'limit' not in r
        hits += total
        # Windows of the same list.
        for _ in range(2):
            position, limit = w.rng.randrange(-total - 2, total + 3), w.rng.choice([None, 0, 1, 3, 1000])
            start = min(max(position + total if position < 0 else position, 0), total)
            x = c.alice.call('Email/query', position=position, limit=limit, **args)
            assert x['ids'] == r['ids'][start:][:limit] and x['position'] == start and x['queryState'] == r['queryState'], (args, position, limit, x)
            if total:
                at, offset = w.rng.randrange(total), w.rng.randrange(-total - 2, total + 3)
                x = c.alice.call('Email/query', anchor=r['ids'][at], anchorOffset=offset, position=99, limit=limit, **args)
                start = min(max(at + offset, 0), total)
                assert x['ids'] == r['ids'][start:][:limit] and x['position'] == start, (args, at, offset, limit, x)
    assert hits > 1000, hits


def check_random_query_changes(c):
    """The cache of a client that applies the changes is what a new query gives, and what is new is not said to be removed."""
    w = World(c, 8620)
    for _ in range(25):
        w.add()
    w.look()
    here = {'operator': 'OR', 'conditions': [{'inMailbox': b} for b in w.boxes]}
    moved = 0
    for _ in range(25):
        queries = []
        for _ in range(6):
            f, _means = w.filter()
            args = {'filter': {'operator': 'AND', 'conditions': [here, f]} if w.rng.randrange(4) else None, 'sort': w.sort(),
                    'collapseThreads': bool(w.rng.randrange(2))}
            queries.append((args, c.alice.call('Email/query', **args)))
        before = {e['id'] for e in w.look()}
        for _ in range(w.rng.randrange(1, 4)):
            w.change()
        known = {e['id'] for e in w.look()}
        for args, old in queries:
            now = c.alice.call('Email/query', calculateTotal=True, **args)
            r = c.alice.call('Email/queryChanges', sinceQueryState=old['queryState'], calculateTotal=True, **args)
            indexes = [a['index'] for a in r['added']]
            assert indexes == sorted(indexes) and len(set(r['removed'])) == len(r['removed']), r
            assert r['newQueryState'] == now['queryState'] and r['oldQueryState'] == old['queryState'], (r, now)
            cache = [i for i in old['ids'] if i not in r['removed']]
            for a in r['added']:
                cache.insert(a['index'], a['id'])
            assert cache == now['ids'] and r['total'] == now['total'], (args, old['ids'], r, now['ids'])
            assert not (set(r['removed']) & (known - before)), (known - before, r)
            # Whoever has only the beginning, up to upToId, gets the beginning.
            if old['ids']:
                cut = 1 + w.rng.randrange(len(old['ids']))
                up_to = old['ids'][cut - 1]
                x = c.alice.call('Email/queryChanges', sinceQueryState=old['queryState'], upToId=up_to, **args)
                cache = [i for i in old['ids'][:cut] if i not in x['removed']]
                for a in x['added']:
                    if a['index'] <= len(cache):
                        cache.insert(a['index'], a['id'])
                assert cache == now['ids'][:len(cache)], (args, old['ids'], cut, x, now['ids'])
            moved += now['ids'] != old['ids']
    assert moved > 30, moved


def check_changes_on_what_never_changes(c):
    """Filter and sort on immutable properties: a flag moves nothing, and nothing behind upToId is told."""
    w = World(c, 5)
    ids = [w.add() for _ in range(6)]
    args = {'filter': {'subject': 'e'}, 'sort': [{'property': 'receivedAt', 'isAscending': False}, {'property': 'size'}]}
    old = c.alice.call('Email/query', **args)
    c.alice.call('Email/set', update={i: {'keywords/$flagged': True} for i in ids})
    r = c.alice.call('Email/queryChanges', sinceQueryState=old['queryState'], **args)
    assert r['removed'] == [] and r['added'] == [] and 'total' not in r, r
    late = c.alice.add(message('the elder', 'late'), c.box, received='2031-01-01T00:00:00Z')['id']
    early = c.alice.add(message('the elder', 'early'), c.box, received='1990-01-01T00:00:00Z')['id']
    r = c.alice.call('Email/queryChanges', sinceQueryState=old['queryState'], upToId=old['ids'][0], **args)
    assert r['removed'] == [] and r['added'] == [{'id': late, 'index': 0}], r
    r = c.alice.call('Email/queryChanges', sinceQueryState=old['queryState'], upToId='e0-0', **args)
    assert [a['id'] for a in r['added']] == [late, early], r
    r = c.alice.call('Email/queryChanges', sinceQueryState=old['queryState'], maxChanges=2, **args)
    assert len(r['added']) == 2
    assert c.alice.error('Email/queryChanges', sinceQueryState=old['queryState'], maxChanges=1, **args) == 'tooManyChanges'
    c.alice.call('Email/set', destroy=[late, early])


def check_queries_that_are_wrong(c):
    """RFC 8620 5.5: what is malformed, what is not supported, what is not there."""
    e = c.alice.error
    for arguments in ({'limit': -1}, {'limit': 'x'}, {'position': 1.5}, {'position': 'x'}, {'anchorOffset': None}, {'calculateTotal': 1}, {'sort': {}},
                      {'sort': [1]}, {'sort': [{}]}, {'sort': [{'property': 'hasKeyword'}]}, {'sort': [{'property': 'size', 'isAscending': 'x'}]},
                      {'filter': []}, {'filter': 'x'}, {'filter': {'operator': 'AND'}}, {'filter': {'operator': 'AND', 'conditions': {}}},
                      {'filter': {'operator': 'and', 'conditions': []}}, {'filter': {'hasAttachment': 'x'}}, {'filter': {'inMailbox': 3}},
                      {'filter': {'inMailboxOtherThan': 'x'}}, {'filter': {'before': '2020-01-01'}}, {'filter': {'after': '2020-01-01T00:00:00+01:00'}},
                      {'filter': {'minSize': -1}}, {'filter': {'header': []}}, {'filter': {'header': ['a', 'b', 'c']}}, {'filter': {'header': 'a'}},
                      {'filter': {'text': 1}}, {'filter': {'hasKeyword': ''}}, {'collapseThreads': 'yes'}, {'colour': 'red'}):
        assert e('Email/query', **arguments) == 'invalidArguments', arguments
    for arguments in ({'filter': {'colour': 'red'}}, {'filter': {'operator': 'NOT', 'conditions': [{'colour': 1}]}}, {'filter': {'header': ['a b']}}):
        assert e('Email/query', **arguments) == 'unsupportedFilter', arguments
    for sort in ([{'property': 'colour'}], [{'property': 'subject', 'collation': 'i;colour'}]):
        assert e('Email/query', sort=sort) == 'unsupportedSort', sort
    assert e('Email/query', anchor='e0-0', anchorOffset=1) == 'anchorNotFound'
    assert e('Email/query', accountId='nobody') == 'accountNotFound' and e('Email/queryChanges', accountId='nobody', sinceQueryState='x') == 'accountNotFound'
    for arguments in ({}, {'sinceQueryState': 3}, {'sinceQueryState': None}, {'sinceQueryState': 'x', 'maxChanges': -1}, {'sinceQueryState': 'x', 'upToId': 3}):
        assert e('Email/queryChanges', **arguments) == 'invalidArguments', arguments
    # A state of the future, or of another life.
    state = c.alice.call('Email/query')['queryState']
    for wrong in ('', 'x', state + '0', '1' + state):
        assert e('Email/queryChanges', sinceQueryState=wrong) == 'cannotCalculateChanges', wrong
    # anchorOffset without an anchor is ignored; null is what is left out.
    assert c.alice.call('Email/query', anchorOffset=5, limit=2) == c.alice.call('Email/query', limit=2, anchor=None, filter=None, sort=None)
