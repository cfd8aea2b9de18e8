"""Mailbox/get, set, query, changes, queryChanges."""
from client import message


def check_get(c):
    r = c.alice.call('Mailbox/get')
    inbox = [m for m in r['list'] if m['role'] == 'inbox'][0]
    assert inbox['parentId'] is None and inbox['isSubscribed'] and inbox['myRights']['mayReadItems']
    assert not inbox['myRights']['mayDelete']
    roles = {m['role'] for m in r['list']}
    assert {'inbox', 'drafts', 'sent', 'junk', 'trash', 'archive'} <= roles, roles
    r = c.alice.call('Mailbox/get', ids=[inbox['id'], inbox['id'], 'nothing'], properties=['name'])
    assert r['list'] == [{'id': inbox['id'], 'name': inbox['name']}] and r['notFound'] == ['nothing'], r
    assert c.alice.call('Mailbox/get', ids=[])['list'] == []


def check_set(c):
    state = c.alice.call('Mailbox/get', ids=[])['state']
    r = c.alice.call('Mailbox/set', ifInState=state, create={
        'child': {'name': 'child', 'parentId': '#parent', 'sortOrder': 7, 'isSubscribed': False},
        'parent': {'name': 'parent', 'parentId': c.box}})
    assert set(r['created']) == {'child', 'parent'} and r['oldState'] == state != r['newState'], r
    child, parent = r['created']['child']['id'], r['created']['parent']['id']
    got = c.alice.call('Mailbox/get', ids=[child])['list'][0]
    assert got['parentId'] == parent and got['sortOrder'] == 7 and not got['isSubscribed'] and got['totalEmails'] == 0
    assert c.alice.error('Mailbox/set', ifInState=state, update={child: {'name': 'x'}}) == 'stateMismatch'
    r = c.alice.call('Mailbox/set', update={child: {'name': 'kind', 'parentId': None, 'sortOrder': 1, 'isSubscribed': True}})
    assert r['updated'] == {child: None}, r
    got = c.alice.call('Mailbox/get', ids=[child])['list'][0]
    assert (got['name'], got['parentId'], got['sortOrder'], got['isSubscribed']) == ('kind', None, 1, True), got
    c.alice.call('Mailbox/set', update={child: {'parentId': parent}})
    # null is the default.
    assert c.alice.call('Mailbox/set', update={child: {'sortOrder': None}})['updated'] == {child: None}
    assert c.alice.call('Mailbox/get', ids=[child])['list'][0]['sortOrder'] == 0
    # Parents may be named before their children.
    r = c.alice.call('Mailbox/set', destroy=[parent, child])
    assert set(r['destroyed']) == {parent, child}, r
    assert c.alice.call('Mailbox/get', ids=[child])['notFound'] == [child]


def check_created_tells_what_was_not_given(c):
    """RFC 8620 5.3: all that the client left out, and what is not as it was given."""
    name = 'sparse%d' % c.number
    r = c.alice.call('Mailbox/set', create={'a': {'name': name}, 'b': {'name': name, 'parentId': '#a', 'role': None, 'sortOrder': 4}})
    a, b = r['created']['a'], r['created']['b']
    assert a['parentId'] is None and a['role'] is None and a['sortOrder'] == 0 and a['isSubscribed'] is True, a
    assert b['parentId'] == a['id'] and 'role' not in b and 'sortOrder' not in b, b
    assert 'name' not in a and 'name' not in b and a['myRights']['mayRename'] and a['totalEmails'] == 0, r


def check_creation_ids_as_ids(c):
    """A record of the same call or request is changed by its creation id; the answer has the id itself."""
    name = 'made%d' % c.number
    r = c.alice.call('Mailbox/set', create={'k': {'name': name}}, update={'#k': {'name': name + 'x'}})
    made = r['created']['k']['id']
    assert r['updated'] == {made: None}, r
    assert c.alice.call('Mailbox/get', ids=[made])['list'][0]['name'] == name + 'x'
    r = c.alice.call('Mailbox/set', create={'k': {'name': name}}, destroy=['#k'], update={'#none': {'name': 'x'}})
    assert r['destroyed'] == [r['created']['k']['id']] and list(r['notUpdated']) == ['#none'], r
    r = c.alice.calls(('Email/set', {'create': {'e': {'mailboxIds': {made: True}}}}),
                      ('Email/set', {'update': {'#e': {'keywords/$seen': True}}}), ('Email/set', {'destroy': ['#e']}))
    email = r[0][1]['created']['e']['id']
    assert r[1][1]['updated'] == {email: None} and r[2][1]['destroyed'] == [email], r


def check_names_are_net_unicode(c):
    """RFC 8621 2: a name is kept in NFC, as IMAP keeps it (RFC 9051 5.1), and the client is told so."""
    given, kept = 'e\u0301t\u00e9 %d' % c.number, '\u00e9t\u00e9 %d' % c.number
    made = c.alice.call('Mailbox/set', create={'k': {'name': given}})['created']['k']
    assert made['name'] == kept, made
    r = c.alice.call('Mailbox/set', create={'k': {'name': kept}})
    assert r['notCreated']['k']['properties'] == ['name'], r
    r = c.alice.call('Mailbox/set', update={made['id']: {'name': 'x' + given}})
    assert r['updated'] == {made['id']: {'name': 'x' + kept}}, r
    assert c.alice.call('Mailbox/query', filter={'name': 'X' + given})['ids'] == [made['id']]
    r = c.alice.call('Mailbox/set', update={made['id']: {'name': kept}})
    assert r['updated'] == {made['id']: None}, r


def check_set_errors(c):
    def refused(what, **args):
        r = c.alice.call('Mailbox/set', **args)
        errors = {**(r['notCreated'] or {}), **(r['notUpdated'] or {}), **(r['notDestroyed'] or {})}
        assert [e['type'] for e in errors.values()] == [what], r
    for name in ('', 'a/b', 'x' * 256, 'nul\0', 5, None, '.', '..', '~', '~user', 'a\u0085b', 'a\u2028b', 'e\u0301' * 170):
        refused('invalidProperties', create={'k': {'name': name}})
    refused('invalidProperties', create={'k': {'parentId': c.box}})
    refused('invalidProperties', create={'k': {'name': 'x', 'parentId': 'm1-999'}})
    refused('invalidProperties', create={'k': {'name': 'x', 'parentId': '#nothing'}})
    refused('invalidProperties', create={'k': {'name': 'x', 'color': 1}})
    refused('invalidProperties', create={'k': {'name': 'case%d' % c.number}})   # there is one of that name
    refused('invalidProperties', update={c.box: {'totalEmails': 99}})

    def properties(**args):
        r = c.alice.call('Mailbox/set', **args)
        return list({**(r['notCreated'] or {}), **(r['notUpdated'] or {})}.values())[0]['properties']
    assert properties(create={'k': {'name': 'x', 'role': 'junk'}}) == ['role']      # another mailbox has it
    assert properties(update={c.box: {'role': 'junk'}}) == ['role']
    assert properties(create={'k': {'name': 'case%d' % c.number}}) == ['name']
    assert sorted(properties(create={'k': {'color': 1, 'sortOrder': 'x', 'id': 'y'}})) == ['color', 'id', 'name', 'sortOrder']
    refused('invalidProperties', update={c.box: {'parentId': c.box}})           # a ring
    refused('notFound', update={'nothing': {'name': 'x'}})
    refused('notFound', destroy=['nothing'])
    refused('forbidden', destroy=[c.inbox])
    child = c.alice.call('Mailbox/set', create={'k': {'name': 'kid', 'parentId': c.box}})['created']['k']['id']
    refused('mailboxHasChild', destroy=[c.box])
    c.alice.add(message(), child)
    refused('mailboxHasEmail', destroy=[child])
    r = c.alice.call('Mailbox/set', destroy=[child], onDestroyRemoveEmails=True)
    assert r['destroyed'] == [child], r
    refused('willDestroy', update={c.other: {'name': 'x'}}, destroy=[c.other])


def check_counts(c):
    e = c.alice.add(message(), c.box)
    get = lambda: c.alice.call('Mailbox/get', ids=[c.box])['list'][0]
    m = get()
    assert (m['totalEmails'], m['unreadEmails'], m['totalThreads'], m['unreadThreads']) == (1, 1, 1, 1), m
    c.alice.call('Email/set', update={e['id']: {'keywords/$seen': True}})
    m = get()
    assert (m['totalEmails'], m['unreadEmails'], m['unreadThreads']) == (1, 0, 0), m


def check_changes(c):
    state = c.alice.call('Mailbox/get', ids=[])['state']
    e = c.alice.add(message(), c.box)
    r = c.alice.call('Mailbox/changes', sinceState=state)
    assert r['updated'] == [c.box] and not r['created'] and 'totalEmails' in r['updatedProperties'], r
    # The names of the properties serve a get in the same request.
    r = c.alice.calls(('Mailbox/changes', {'sinceState': state}),
                      ('Mailbox/get', {'#ids': {'resultOf': '0', 'name': 'Mailbox/changes', 'path': '/updated'},
                                       '#properties': {'resultOf': '0', 'name': 'Mailbox/changes', 'path': '/updatedProperties'}}))
    assert set(r[1][1]['list'][0]) == {'id', 'totalEmails', 'unreadEmails', 'totalThreads', 'unreadThreads'}, r[1]
    state = r[0][1]['newState']
    c.alice.call('Mailbox/set', update={c.box: {'name': 'renamed%d' % c.number}}, destroy=[c.other])
    r = c.alice.call('Mailbox/changes', sinceState=state)
    assert r['updated'] == [c.box] and r['destroyed'] == [c.other] and r['updatedProperties'] is None, r
    assert c.alice.call('Mailbox/changes', sinceState=r['newState'])['updated'] == []


def check_query(c):
    r = c.alice.call('Mailbox/set', create={'x': {'name': 'bb', 'parentId': c.box}, 'y': {'name': 'aa', 'parentId': c.box, 'isSubscribed': False}})
    x, y = r['created']['x']['id'], r['created']['y']['id']
    q = lambda **a: c.alice.call('Mailbox/query', **a)['ids']
    assert q(filter={'parentId': c.box}, sort=[{'property': 'name'}]) == [y, x]
    assert q(filter={'parentId': c.box, 'isSubscribed': True}) == [x]
    assert q(filter={'role': 'inbox'}) == [c.inbox]
    assert c.inbox in q(filter={'hasAnyRole': True}) and x not in q(filter={'hasAnyRole': True})
    assert q(filter={'operator': 'AND', 'conditions': [{'parentId': c.box}, {'operator': 'NOT', 'conditions': [{'name': 'B'}]}]}) == [y]
    tree = q(sort=[{'property': 'name'}], sortAsTree=True)
    assert tree.index(c.box) + 1 == tree.index(y) == tree.index(x) - 1, tree
    r = c.alice.call('Mailbox/query', filter={'parentId': c.box}, sort=[{'property': 'name'}], calculateTotal=True, limit=1, position=1)
    assert r['ids'] == [x] and r['total'] == 2 and r['position'] == 1
    assert c.alice.error('Mailbox/query', filter={'color': 1}) == 'unsupportedFilter'
    assert c.alice.error('Mailbox/query', sort=[{'property': 'color'}]) == 'unsupportedSort'
    args = {'filter': {'parentId': c.box}, 'sort': [{'property': 'name'}]}
    state = c.alice.call('Mailbox/query', **args)['queryState']
    c.alice.call('Mailbox/set', update={y: {'name': 'zz'}})
    r = c.alice.call('Mailbox/queryChanges', sinceQueryState=state, calculateTotal=True, **args)
    assert r['removed'] == [y] and r['added'] == [{'id': y, 'index': 1}] and r['total'] == 2, r
