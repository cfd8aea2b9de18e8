"""Email/get, set, import, parse, changes; Thread/get, changes."""
from client import message

MIXED = (b'From: "J\xc3\xbcrgen" <j@example.net>\r\nTo: a@example.org, Friends: b@example.org;\r\nSubject: =?utf-8?q?gr=C3=BCn?=\r\n'
         b'Date: Thu, 13 Feb 2020 10:00:00 +0100\r\nMessage-ID: <mixed@x>\r\nReferences: <a@x> <b@x>\r\n'
         b'List-Post: <mailto:list@x>\r\nReceived: by a; Thu, 13 Feb 2020 10:00:00 +0000\r\nX-Note: one\r\nX-Note: two\r\n'
         b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=q\r\n\r\n--q\r\n'
         b'Content-Type: multipart/alternative; boundary=r\r\n\r\n--r\r\nContent-Type: text/plain; charset=iso-8859-1\r\n'
         b'Content-Transfer-Encoding: quoted-printable\r\n\r\nh=E9llo=\r\n world\r\n--r\r\nContent-Type: text/html\r\n\r\n<p>hi</p>\r\n--r--\r\n'
         b'--q\r\nContent-Type: application/pdf; name="a b.pdf"\r\nContent-Disposition: attachment\r\n'
         b'Content-Transfer-Encoding: base64\r\nContent-ID: <c1>\r\n\r\nAAECAwQF\r\n--q\r\nContent-Type: message/rfc822\r\n\r\n'
         b'Subject: inner\r\nContent-Type: text/plain\r\n\r\ninner body\r\n--q--\r\n')


def check_get(c):
    e = c.alice.add(MIXED, c.box, ['$seen', 'Todo'], '2021-02-03T04:05:06Z')
    r = c.alice.call('Email/get', ids=[e['id'], 'nothing', e['id']])
    assert r['notFound'] == ['nothing'] and len(r['list']) == 1
    m = r['list'][0]
    assert m['blobId'] == e['blobId'] and m['threadId'] == e['threadId'] and m['size'] == len(MIXED)
    assert m['mailboxIds'] == {c.box: True} and m['keywords'] == {'$seen': True, 'todo': True}, m
    assert m['receivedAt'] == '2021-02-03T04:05:06Z' and m['sentAt'] == '2020-02-13T10:00:00+01:00'
    assert m['subject'] == 'gr\xfcn' and m['from'] == [{'name': 'J\xfcrgen', 'email': 'j@example.net'}]
    assert [a['email'] for a in m['to']] == ['a@example.org', 'b@example.org'] and m['cc'] is None
    assert m['messageId'] == ['mixed@x'] and m['references'] == ['a@x', 'b@x'] and m['hasAttachment']
    assert 'llo world' in m['preview'] and m['bodyValues'] == {}
    assert [p['type'] for p in m['textBody']] == ['text/plain'] and [p['type'] for p in m['htmlBody']] == ['text/html']
    pdf, inner = m['attachments']
    assert (pdf['name'], pdf['size'], pdf['cid'], pdf['disposition']) == ('a b.pdf', 6, 'c1', 'attachment')
    assert inner['type'] == 'message/rfc822' and 'headers' not in m
    assert c.alice.download(pdf['blobId']).body == bytes(range(6))
    assert c.alice.download(inner['blobId']).body.startswith(b'Subject: inner')


def check_get_header_forms(c):
    e = c.alice.add(MIXED, c.box)
    names = ['header:To:asGroupedAddresses', 'header:list-post:asURLs', 'header:X-Note', 'header:X-Note:asText:all',
             'header:References:asMessageIds', 'header:Date:asDate', 'header:Received:asRaw:all', 'header:Nothing', 'header:Nothing:all',
             'header:Subject', 'headers']
    m = c.alice.call('Email/get', ids=[e['id']], properties=names)['list'][0]
    assert m['header:To:asGroupedAddresses'] == [{'name': None, 'addresses': [{'name': None, 'email': 'a@example.org'}]},
                                                 {'name': 'Friends', 'addresses': [{'name': None, 'email': 'b@example.org'}]}]
    assert m['header:list-post:asURLs'] == ['mailto:list@x'] and m['header:X-Note'] == ' two'
    assert m['header:X-Note:asText:all'] == ['one', 'two'] and m['header:Nothing'] is None and m['header:Nothing:all'] == []
    assert m['header:Received:asRaw:all'] == [' by a; Thu, 13 Feb 2020 10:00:00 +0000'], m
    assert m['header:Subject'] == ' =?utf-8?q?gr=C3=BCn?='
    assert [h['name'] for h in m['headers']][:3] == ['From', 'To', 'Subject']
    assert c.alice.error('Email/get', ids=[], properties=['header:From:asDate']) == 'invalidArguments'
    assert c.alice.error('Email/get', ids=[], properties=['nonsense']) == 'invalidArguments'
    assert c.alice.error('Email/get', ids=[], bodyProperties=['nonsense']) == 'invalidArguments'


def check_get_body(c):
    e = c.alice.add(MIXED, c.box)
    m = c.alice.call('Email/get', ids=[e['id']], properties=['bodyStructure', 'bodyValues'], fetchAllBodyValues=True,
                     bodyProperties=['partId', 'type', 'subParts', 'header:Content-Type'])['list'][0]
    s = m['bodyStructure']
    assert s['type'] == 'multipart/mixed' and s['partId'] is None and len(s['subParts']) == 3
    assert s['subParts'][2]['type'] == 'message/rfc822' and s['subParts'][2]['subParts'] is None
    assert s['subParts'][1]['header:Content-Type'] == ' application/pdf; name="a b.pdf"'
    assert {k: v['value'] for k, v in m['bodyValues'].items()} == {'1.1': 'h\xe9llo world', '1.2': '<p>hi</p>'}, m
    m = c.alice.call('Email/get', ids=[e['id']], properties=['bodyValues'], fetchTextBodyValues=True, maxBodyValueBytes=3)['list'][0]
    assert m['bodyValues'] == {'1.1': {'value': 'h\xe9', 'isEncodingProblem': False, 'isTruncated': True}}, m


def check_set_update(c):
    e = c.alice.add(message(), c.box)['id']
    state = c.alice.state()
    r = c.alice.call('Email/set', update={e: {'keywords/$flagged': True, 'keywords/Work': True, 'mailboxIds/' + c.other: True}})
    assert r['updated'] == {e: None} and r['oldState'] == state != r['newState'], r
    get = lambda: c.alice.call('Email/get', ids=[e], properties=['keywords', 'mailboxIds'])['list'][0]
    assert get()['keywords'] == {'$flagged': True, 'work': True} and get()['mailboxIds'] == {c.box: True, c.other: True}
    c.alice.call('Email/set', update={e: {'keywords/$flagged': None, 'mailboxIds/' + c.box: None}})
    assert get()['keywords'] == {'work': True} and get()['mailboxIds'] == {c.other: True}
    c.alice.call('Email/set', update={e: {'keywords': {'$seen': True}, 'mailboxIds': {c.box: True}}})
    assert get()['keywords'] == {'$seen': True} and get()['mailboxIds'] == {c.box: True}
    assert c.alice.error('Email/set', ifInState=state, update={e: {'keywords': {}}}) == 'stateMismatch'
    r = c.alice.call('Email/set', ifInState=c.alice.state(), update={e: {'keywords': {}}})
    assert r['updated'] == {e: None} and get()['keywords'] == {}


def check_set_update_errors(c):
    e = c.alice.add(message(), c.box)['id']

    def refused(patch, what):
        r = c.alice.call('Email/set', update={e: patch})
        assert r['notUpdated'] and r['notUpdated'][e]['type'] == what, r
    refused({'keywords/$seen': False}, 'invalidProperties')
    refused({'keywords/a b': True}, 'invalidProperties')
    refused({'keywords': {'k%d' % i: True for i in range(121)}}, 'tooManyKeywords')
    r = c.alice.call('Email/set', create={'k': {'mailboxIds': {c.box: True}, 'size': 1, 'color': 2, 'receivedAt': 'x'}})
    assert sorted(r['notCreated']['k']['properties']) == ['color', 'receivedAt', 'size'], r
    refused({'keywords': {}, 'keywords/x': True}, 'invalidPatch')
    refused({'mailboxIds': {}}, 'invalidProperties')
    refused({'mailboxIds/' + c.box: None}, 'invalidProperties')      # it would be nowhere
    refused({'mailboxIds/m1-9999': True}, 'invalidProperties')
    refused({'subject': 'changed'}, 'invalidProperties')
    refused({'from/0': 'x'}, 'invalidPatch')
    r = c.alice.call('Email/set', update={'nothing': {'keywords': {}}}, destroy=['nothing2'])
    assert r['notUpdated']['nothing']['type'] == 'notFound' and r['notDestroyed']['nothing2']['type'] == 'notFound'
    whole = c.alice.call('Email/get', ids=[e], properties=['id', 'size', 'threadId', 'subject', 'keywords'])['list'][0]
    r = c.alice.call('Email/set', update={e: dict(whole, keywords={'$seen': True})})
    assert r['updated'] == {e: None}, r


def check_destroy(c):
    e, f = c.alice.add(message(), c.box)['id'], c.alice.add(message(), c.box)['id']
    state = c.alice.state()
    r = c.alice.call('Email/set', destroy=[e, e], update={f: {'keywords/$seen': True}})
    assert r['destroyed'] == [e] and r['updated'] == {f: None}, r
    assert c.alice.call('Email/get', ids=[e])['notFound'] == [e]
    r = c.alice.call('Email/changes', sinceState=state)
    assert r['destroyed'] == [e] and r['updated'] == [f], r
    r = c.alice.call('Email/set', destroy=[f], update={f: {'keywords/$seen': None}})
    assert r['notUpdated'][f]['type'] == 'willDestroy' and r['destroyed'] == [f]


def check_create(c):
    blob = c.alice.upload(b'\x89PNG' + bytes(range(256)) * 500, 'image/png')
    drafts = c.alice.mailboxes()['drafts']
    r = c.alice.call('Email/set', create={'d': {
        'mailboxIds': {drafts: True}, 'keywords': {'$draft': True, '$seen': True}, 'receivedAt': '2022-01-01T00:00:00Z',
        'from': [{'name': 'J\xfcrgen', 'email': 'j@example.org'}], 'to': [{'email': 'x@example.org'}], 'subject': 'gr\xfcn ' * 30,
        'header:X-Own:asText': '\xe4', 'inReplyTo': ['a@b'], 'sentAt': '2020-02-13T10:00:00+01:00',
        'bodyValues': {'t': {'value': 'h\xe9llo\nworld'}, 'h': {'value': '<b>h\xe9</b>'}},
        'textBody': [{'partId': 't', 'type': 'text/plain'}], 'htmlBody': [{'partId': 'h', 'type': 'text/html'}],
        'attachments': [{'blobId': blob['blobId'], 'type': 'image/png', 'name': 'p\xefc.png'},
                        {'blobId': blob['blobId'], 'type': 'image/png', 'cid': 'in1', 'disposition': 'inline'}]}})
    assert r['created'], r
    made = r['created']['d']
    assert set(made) == {'id', 'blobId', 'threadId', 'size'}
    m = c.alice.call('Email/get', ids=[made['id']], fetchAllBodyValues=True)['list'][0]
    assert m['subject'] == ('gr\xfcn ' * 30).strip() or m['subject'] == 'gr\xfcn ' * 30, m['subject']
    assert m['from'][0]['name'] == 'J\xfcrgen' and m['keywords'] == {'$draft': True, '$seen': True}
    assert m['receivedAt'] == '2022-01-01T00:00:00Z' and m['sentAt'] == '2020-02-13T10:00:00+01:00' and m['inReplyTo'] == ['a@b']
    assert len(m['messageId']) == 1 and {v['value'] for v in m['bodyValues'].values()} == {'h\xe9llo\nworld', '<b>h\xe9</b>'}, m['bodyValues']
    pictures = [p for p in m['attachments'] if p['type'] == 'image/png']
    assert len(pictures) == 2 and {p['size'] for p in pictures} == {blob['size']}, m['attachments']
    for p in pictures:
        assert c.alice.download(p['blobId']).body == b'\x89PNG' + bytes(range(256)) * 500
    assert 'p\xefc.png' in {p['name'] for p in pictures}
    raw = c.alice.download(made['blobId']).body
    assert len(raw) == made['size'] and b'\n' not in raw.replace(b'\r\n', b'') and max(map(len, raw.split(b'\r\n'))) <= 998


def check_create_with_structure_and_message(c):
    inner = c.alice.add(message('inner', 'i1'), c.box)
    r = c.alice.call('Email/set', create={'d': {'mailboxIds': {c.box: True}, 'subject': 'outer', 'bodyStructure': {
        'type': 'multipart/mixed', 'subParts': [{'partId': 'a', 'type': 'text/plain', 'language': ['de']},
                                                {'blobId': inner['blobId'], 'type': 'message/rfc822'}]},
        'bodyValues': {'a': {'value': 'see'}}}})
    made = r['created']['d']
    m = c.alice.call('Email/get', ids=[made['id']], properties=['bodyStructure'])['list'][0]['bodyStructure']
    assert [p['type'] for p in m['subParts']] == ['text/plain', 'message/rfc822'] and m['subParts'][0]['language'] == ['de']
    blob = m['subParts'][1]['blobId']
    assert c.alice.download(blob).body.rstrip() == message('inner', 'i1').rstrip()
    p = c.alice.call('Email/parse', blobIds=[blob, 'nothing'], fetchTextBodyValues=True,
                     properties=['id', 'subject', 'bodyValues', 'textBody', 'mailboxIds'])
    parsed = p['parsed'][blob]
    assert parsed['subject'] == 'inner' and parsed['id'] is None and parsed['bodyValues']['1']['value'] == 'body\n', parsed
    assert p['notFound'] == ['nothing'] and p['notParsable'] is None
    assert c.alice.download(parsed['textBody'][0]['blobId']).body.startswith(b'body')


def check_parse(c):
    good = c.alice.upload(MIXED)['blobId']
    bad = c.alice.upload(b'no header at all', 'text/plain')['blobId']
    r = c.alice.call('Email/parse', blobIds=[good, bad, 'x'])
    assert r['parsed'][good]['subject'] == 'gr\xfcn' and r['notParsable'] == [bad] and r['notFound'] == ['x'], r
    # An attached message that is encoded has parts that can be downloaded, too.
    import base64
    outer = (b'Subject: o\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n' +
             base64.encodebytes(MIXED).replace(b'\n', b'\r\n'))
    e = c.alice.add(outer, c.box)
    blob = c.alice.call('Email/get', ids=[e['id']], properties=['attachments'])['list'][0]['attachments'][0]['blobId']
    p = c.alice.call('Email/parse', blobIds=[blob])['parsed'][blob]
    assert c.alice.download(p['attachments'][0]['blobId']).body == bytes(range(6))


def check_import(c):
    blob = c.alice.upload(message('bare\nlines', 'x').replace(b'\r\n', b'\n'))
    state = c.alice.state()
    r = c.alice.call('Email/import', ifInState=state, emails={
        'ok': {'blobId': blob['blobId'], 'mailboxIds': {c.box: True, c.other: True}, 'keywords': {'$seen': True}},
        'noblob': {'blobId': 'nothing', 'mailboxIds': {c.box: True}},
        'nobox': {'blobId': blob['blobId'], 'mailboxIds': {}},
        'badbox': {'blobId': blob['blobId'], 'mailboxIds': {'m1-9999': True}},
        'badkey': {'blobId': blob['blobId'], 'mailboxIds': {c.box: True}, 'keywords': {'a b': True}}})
    assert set(r['created']) == {'ok'} and {e['type'] for e in r['notCreated'].values()} == {'invalidProperties'}, r
    made = r['created']['ok']
    raw = c.alice.download(made['blobId']).body
    assert b'\n' not in raw.replace(b'\r\n', b'') and made['blobId'] != blob['blobId']    # CRLF at the door
    m = c.alice.call('Email/get', ids=[made['id']], properties=['mailboxIds', 'keywords'])['list'][0]
    assert m['mailboxIds'] == {c.box: True, c.other: True} and m['keywords'] == {'$seen': True}
    assert c.alice.error('Email/import', ifInState=state, emails={}) == 'stateMismatch'
    received = b'Received: by x; Fri, 14 Feb 2020 10:00:00 +0000\r\n' + message()
    e = c.alice.add(received, c.box)
    got = c.alice.call('Email/get', ids=[e['id']], properties=['receivedAt'])['list'][0]
    assert got['receivedAt'] == '2020-02-14T10:00:00Z', got


def check_import_is_byte_identical(c):
    for data in (b'', b'\r\n', b'Subject: x\r\n\r\n\0\xff\xfe\r bare', b'Subject: long\r\n\r\n' + b'0123456789\r\n' * 60000):
        blob = c.alice.upload(data)
        r = c.alice.call('Email/import', emails={'k': {'blobId': blob['blobId'], 'mailboxIds': {c.box: True}}})
        if r['created'] is None:
            assert data == b'', r
            continue
        assert r['created']['k']['size'] == len(data)
        assert c.alice.download(r['created']['k']['blobId']).body == data


def check_changes(c):
    state = c.alice.state()
    made = [c.alice.add(message('n%d' % i, 'n%d' % i), c.box)['id'] for i in range(5)]
    c.alice.call('Email/set', update={made[0]: {'keywords/$seen': True}}, destroy=[made[4]])
    r = c.alice.call('Email/changes', sinceState=state)
    assert set(r['created']) >= set(made[:4]) and not r['hasMoreChanges'] and r['oldState'] == state, r
    assert r['newState'] == c.alice.state()
    # In small steps: every id arrives, none too many at once.
    seen, at, steps = set(), state, 0
    while True:
        r = c.alice.call('Email/changes', sinceState=at, maxChanges=1)
        ids = r['created'] + r['updated'] + r['destroyed']
        assert len(ids) <= 1
        seen.update(ids)
        at, steps = r['newState'], steps + 1
        if not r['hasMoreChanges']:
            break
        assert steps < 50
    assert set(made[:4]) <= seen and at == c.alice.state(), (seen, at)
    assert c.alice.error('Email/changes', sinceState=state, maxChanges=0) == 'invalidArguments'
    assert c.alice.error('Email/changes', sinceState=state, maxChanges=-1) == 'invalidArguments'


def check_threads(c):
    state = c.alice.call('Thread/get', ids=[])['state']
    a = c.alice.add(message('topic', 'root%d' % c.number), c.box, received='2020-01-02T00:00:00Z')
    reply = message('Re: topic', 'reply').replace(b'Message-ID', b'In-Reply-To: <root%d@example.net>\r\nMessage-ID' % c.number)
    b = c.alice.add(reply, c.box, received='2020-01-01T00:00:00Z')
    other = c.alice.add(message('elsewhere', 'z9'), c.box)
    assert a['threadId'] == b['threadId'] != other['threadId']
    r = c.alice.call('Thread/get', ids=[a['threadId'], 'nothing'])
    assert r['list'] == [{'id': a['threadId'], 'emailIds': [b['id'], a['id']]}] and r['notFound'] == ['nothing'], r
    r = c.alice.call('Thread/changes', sinceState=state)
    assert set(r['created']) >= {a['threadId'], other['threadId']}, r
    state = r['newState']
    c.alice.call('Email/set', destroy=[other['id']])
    r = c.alice.call('Thread/changes', sinceState=state)
    assert r['destroyed'] == [other['threadId']], r
    r = c.alice.calls(('Email/query', {'filter': {'inMailbox': c.box}, 'collapseThreads': True}),
                      ('Email/get', {'#ids': {'resultOf': '0', 'name': 'Email/query', 'path': '/ids'}, 'properties': ['threadId']}),
                      ('Thread/get', {'#ids': {'resultOf': '1', 'name': 'Email/get', 'path': '/list/*/threadId'}}),
                      ('Email/get', {'#ids': {'resultOf': '2', 'name': 'Thread/get', 'path': '/list/*/emailIds'}, 'properties': ['subject']}))
    assert len(r[0][1]['ids']) == 1 and len(r[3][1]['list']) == 2, r
