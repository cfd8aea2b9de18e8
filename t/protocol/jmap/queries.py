"""Email/query and Email/queryChanges."""
from client import message


def fill(c):
    """Five emails in c.box; gives their ids."""
    def add(subject, mid, body, keywords, received, extra=b''):
        return c.alice.add(extra + message(subject, mid, body), c.box, keywords, received)['id']
    return [add('alpha one', 'q1-%d' % c.number, 'red boat', ['$seen'], '2020-01-01T00:00:00Z'),
            add('beta two', 'q2-%d' % c.number, 'green boat', [], '2020-01-02T00:00:00Z', b'Cc: carl@example.net\r\n'),
            add('gamma three', 'q3-%d' % c.number, 'blue ' * 100, ['$flagged', 'Work'], '2020-01-03T00:00:00Z'),
            add('Re: alpha one', 'q4-%d' % c.number, 'x', [], '2020-01-04T00:00:00Z', b'In-Reply-To: <q1-%d@example.net>\r\n' % c.number),
            add('=?utf-8?q?=C3=9Cber?=', 'q5-%d' % c.number, 'y', ['$seen'], '2020-01-05T00:00:00Z', b'X-List: fish\r\n')]


def check_filters(c):
    ids = fill(c)

    def q(condition, **more):
        f = {'operator': 'AND', 'conditions': [{'inMailbox': c.box}, condition]}
        found = c.alice.call('Email/query', filter=f, sort=[{'property': 'receivedAt'}], **more)['ids']
        return [ids.index(i) for i in found]
    assert q({}) == [0, 1, 2, 3, 4]
    assert q({'before': '2020-01-02T00:00:00Z'}) == [0] and q({'after': '2020-01-04T00:00:00Z'}) == [3, 4]
    assert q({'hasKeyword': '$seen'}) == [0, 4] and q({'notKeyword': '$seen'}) == [1, 2, 3] and q({'hasKeyword': 'WORK'}) == [2]
    assert q({'minSize': 600}) == [2] and 2 not in q({'maxSize': 600})
    assert q({'allInThreadHaveKeyword': '$seen'}) == [4] and q({'someInThreadHaveKeyword': '$seen'}) == [0, 3, 4]
    assert q({'noneInThreadHaveKeyword': '$seen'}) == [1, 2]
    assert q({'subject': 'ALPHA'}) == [0, 3] and q({'subject': '\xfcber'}) == [4] and q({'subject': '"one alpha"'}) == []
    assert q({'from': 'jane'}) == [0, 1, 2, 3, 4] and q({'cc': 'carl'}) == [1] and q({'bcc': 'x'}) == [] and len(q({'to': 'alice'})) == 5
    assert q({'body': 'boat'}) == [0, 1] and q({'body': 'boat green'}) == [1] and q({'body': 'alpha'}) == []
    assert q({'text': 'alpha boat'}) == [0] and q({'text': 'carl'}) == [1]
    assert q({'header': ['X-List']}) == [4] and q({'header': ['x-list', 'FISH']}) == [4] and q({'header': ['X-List', 'fowl']}) == []
    assert q({'hasAttachment': True}) == [] and len(q({'hasAttachment': False})) == 5
    assert q({'operator': 'NOT', 'conditions': [{'subject': 'alpha'}, {'hasKeyword': 'work'}]}) == [1, 4]
    assert q({'operator': 'OR', 'conditions': [{'subject': 'beta'}, {'hasKeyword': 'work'}]}) == [1, 2]
    assert q({'inMailboxOtherThan': [c.box]}) == []
    c.alice.call('Email/set', update={ids[0]: {'mailboxIds/' + c.other: True}})
    assert q({'inMailboxOtherThan': [c.box]}) == [0] and q({'inMailbox': c.other}) == [0]
    assert c.alice.call('Email/query', filter={'inMailbox': 'm1-9999'})['ids'] == []


def check_sorts(c):
    ids = fill(c)

    def q(*sort, **more):
        found = c.alice.call('Email/query', filter={'inMailbox': c.box}, sort=list(sort), **more)['ids']
        return [ids.index(i) for i in found]
    assert q() == [4, 3, 2, 1, 0]
    assert q({'property': 'receivedAt', 'isAscending': False}, limit=2) == [4, 3]
    assert q({'property': 'size', 'isAscending': False})[0] == 2
    assert q({'property': 'subject'}, {'property': 'receivedAt'}) == [0, 3, 1, 2, 4]
    assert q({'property': 'hasKeyword', 'keyword': '$seen', 'isAscending': False}, {'property': 'receivedAt'}) == [0, 4, 1, 2, 3]
    assert q({'property': 'someInThreadHaveKeyword', 'keyword': '$flagged', 'isAscending': False}, {'property': 'receivedAt'})[0] == 2
    assert len(q({'property': 'from'}, {'property': 'to'}, {'property': 'sentAt'})) == 5
    assert q({'property': 'receivedAt'}, collapseThreads=True) == [0, 1, 2, 4]
    assert q({'property': 'receivedAt', 'isAscending': False}, collapseThreads=True) == [4, 3, 2, 1]


def check_collations(c):
    """RFC 8620 5.5: `collation` of a comparator; RFC 4790, RFC 5051."""
    def add(subject, n):
        return c.alice.add(message(subject, 'co%d-%d' % (n, c.number)), c.box, received='2020-01-%02dT00:00:00Z' % (n + 1))['id']
    subjects = ['b', 'A', 'B', '10 x', '9 y', '=?utf-8?q?=C3=84?=', 'a']
    ids = [add(s, n) for n, s in enumerate(subjects)]

    def q(**comparator):
        sort = [dict(comparator, property='subject'), {'property': 'receivedAt'}]
        return [ids.index(i) for i in c.alice.call('Email/query', filter={'inMailbox': c.box}, sort=sort)['ids']]
    assert q(collation='i;octet') == [3, 4, 1, 2, 6, 0, 5], q(collation='i;octet')
    assert q(collation='i;ascii-casemap') == [3, 4, 1, 6, 0, 2, 5], q(collation='i;ascii-casemap')
    assert q(collation='i;unicode-casemap') == [3, 4, 1, 6, 5, 0, 2] == q(), q()      # A with two dots: A, then a mark
    assert q(collation='i;ascii-numeric') == [4, 3, 0, 1, 2, 5, 6], q(collation='i;ascii-numeric')     # what is no number is after all that are
    assert q(collation='i;octet', isAscending=False) == [5, 0, 6, 2, 1, 4, 3]


def check_windows(c):
    ids = fill(c)
    args = {'filter': {'inMailbox': c.box}, 'sort': [{'property': 'receivedAt'}]}
    q = lambda **more: c.alice.call('Email/query', **args, **more)
    r = q(position=1, limit=2, calculateTotal=True)
    assert r['ids'] == ids[1:3] and r['position'] == 1 and r['total'] == 5 and 'limit' not in r
    assert q(position=-2)['ids'] == ids[3:] and q(position=-2)['position'] == 3
    assert q(position=9)['ids'] == [] and 'total' not in q()
    assert q(anchor=ids[2])['ids'] == ids[2:] and q(anchor=ids[2], anchorOffset=-1, limit=2)['ids'] == ids[1:3]
    assert q(anchor=ids[0], anchorOffset=-5)['ids'] == ids
    assert c.alice.error('Email/query', anchor='nothing', **args) == 'anchorNotFound'
    assert q(limit=0)['ids'] == []


def apply(old, changes):
    """What a client does with queryChanges."""
    new = [i for i in old if i not in changes['removed']]
    for a in changes['added']:
        new.insert(a['index'], a['id'])
    return new


def check_query_changes(c):
    ids = fill(c)
    for args in ({'filter': {'inMailbox': c.box}, 'sort': [{'property': 'receivedAt'}]},
                 {'filter': {'inMailbox': c.box, 'notKeyword': '$junk'}, 'sort': [{'property': 'hasKeyword', 'keyword': '$flagged'}, {'property': 'receivedAt'}]},
                 {'filter': {'inMailbox': c.box}, 'sort': [{'property': 'receivedAt', 'isAscending': False}], 'collapseThreads': True},
                 {'filter': {'subject': 'a', 'inMailbox': c.box}, 'sort': [{'property': 'subject'}]},
                 {'sort': [{'property': 'size'}]}):
        before = c.alice.call('Email/query', **args)
        assert before['canCalculateChanges']
        e = c.alice.add(message('alpha new', 'qc'), c.box)['id']
        gone = c.alice.add(message('alpha gone', 'qg'), c.box)['id']
        c.alice.call('Email/set', update={ids[1]: {'keywords/$flagged': True}, ids[3]: {'keywords/$junk': True}}, destroy=[gone])
        now = c.alice.call('Email/query', **args)['ids']
        changes = c.alice.call('Email/queryChanges', sinceQueryState=before['queryState'], calculateTotal=True, **args)
        assert apply(before['ids'], changes) == now and changes['total'] == len(now), (args, before['ids'], changes, now)
        assert changes['oldQueryState'] == before['queryState']
        c.alice.call('Email/set', update={ids[1]: {'keywords/$flagged': None}, ids[3]: {'keywords/$junk': None}}, destroy=[e])
    state = c.alice.call('Email/query', filter={'inMailbox': c.box})['queryState']
    c.alice.call('Email/set', update={i: {'keywords/x': True} for i in ids})
    assert c.alice.error('Email/queryChanges', sinceQueryState=state, maxChanges=3, filter={'inMailbox': c.box}) == 'tooManyChanges'
    assert c.alice.error('Email/queryChanges', sinceQueryState='nonsense') == 'cannotCalculateChanges'


def check_snippets(c):
    """SearchSnippet/get (RFC 8621 5): <mark> and no other markup."""
    def add(subject, body, extra=b'', kind=None):
        m = message(subject, None, body)
        return c.alice.add((extra + m) if kind is None else m.replace(b'Subject:', b'MIME-Version: 1.0\r\nContent-Type: %s\r\nSubject:' % kind), c.box)['id']
    plain = add('The <b>boat</b> & you', 'long ' * 100 + 'a red boat\r\n  sails "home" ' + 'tail ' * 100)
    html = add('nothing', '<p>a <b>blue</b> boat</p><script>alert(1)</script>', kind=b'text/html')
    other = add('other', 'no such word')

    def get(filter, ids):
        r = c.alice.call('SearchSnippet/get', filter=filter, emailIds=ids)
        return [(s['subject'], s['preview']) for s in r['list']], r['notFound']
    got, missing = get({'text': 'BOAT'}, [plain, html, other])
    assert missing is None and [s[0] for s in got] == ['The &lt;b&gt;<mark>boat</mark>&lt;/b&gt; &amp; you', None, None], got
    assert ' a red <mark>boat</mark> sails &quot;home&quot; tail' in got[0][1] and len(got[0][1]) <= 255, got
    assert got[1][1].strip() == 'a blue <mark>boat</mark>' and got[2][1] is None, got
    assert get({'operator': 'AND', 'conditions': [{'subject': 'boat'}, {'body': 'blue'}]}, [plain, html])[0] == [
        ('The &lt;b&gt;<mark>boat</mark>&lt;/b&gt; &amp; you', None), (None, 'a <mark>blue</mark> boat')]
    assert get({'operator': 'NOT', 'conditions': [{'text': 'boat'}]}, [plain])[0] == [(None, None)]
    assert get(None, [plain])[0] == [(None, None)]
    assert get({'text': 'boat'}, ['e1-99999', plain, 'x']) [1] == ['e1-99999', 'x']
    c.alice.call('Email/set', destroy=[plain])
    assert get({'text': 'boat'}, [plain]) == ([], [plain])
    assert c.alice.error('SearchSnippet/get', filter={'colour': 'red'}, emailIds=[]) == 'unsupportedFilter'
    assert c.alice.error('SearchSnippet/get', filter=None) == 'invalidArguments'
    assert c.alice.error('SearchSnippet/get', emailIds=['x'] * 501) == 'requestTooLarge'
