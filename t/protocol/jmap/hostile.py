"""The hostile inputs of JMAP and HTTP, by number."""
import base64, json, os, socket, time
from client import Account, USING, message


def problem(a, status, what, limit=None):
    assert a.status == status, (a.status, a.body[:200])
    doc = a.json()
    assert doc['type'].endswith(what) and doc['status'] == status, doc
    assert doc.get('limit') == limit, doc


def check_J01_json(c):
    wrap = '{"using":["urn:ietf:params:jmap:core"],"methodCalls":[["Core/echo",%s,"c"]]}'
    good = c.alice.api(wrap % '{"a":%s}' % ('[' * 28 + ']' * 28))
    assert good.status == 200
    bad = [wrap % ('{"a":%s}' % ('[' * 29 + ']' * 29)), '[' * 10000, '[' * 1000000, wrap % '{"a":1e999999}', wrap % '{"a":1,"a":2}',
           wrap % r'{"a":"\ud800"}', wrap % r'{"a":"\udc00"}', wrap % r'{"\u0000":1}', wrap % '{"a":"\0"}', wrap % '{}' + 'x',
           wrap % '{}' + '{}', '', '{', 'null,', '\ufeff{}', wrap % '{"a":01}', wrap % '{"a":NaN}']
    for text in bad:
        problem(c.alice.api(text.encode()), 400, 'notJSON')
    for raw in (b'\xff', b'\xc0\xaf', b'\xed\xa0\x80'):
        problem(c.alice.api((wrap % '{"a":"X"}').encode().replace(b'X', raw)), 400, 'notJSON')
    problem(c.alice.api(b'{}', 'text/plain'), 400, 'notJSON')
    problem(c.alice.api(b'[]'), 400, 'notRequest')
    problem(c.alice.api(b'{"using":["urn:x"],"methodCalls":[]}'), 400, 'unknownCapability')


def check_J02_framing(c):
    head = 'POST /jmap/api HTTP/1.1\r\nHost: a\r\nAuthorization: %s\r\nContent-Type: application/json\r\n' % c.alice.auth
    body = '{"using":[],"methodCalls":[]}'

    def status(fields, rest=''):
        return c.raw_status((head + fields + '\r\n\r\n' + rest).encode())
    for fields in ('Content-Length: 5\r\nContent-Length: 5', 'Content-Length: +5', 'Content-Length: -1', 'Content-Length: 5,5',
                   'Content-Length: 18446744073709551616', 'Content-Length: 5\r\nTransfer-Encoding: chunked',
                   'Transfer-Encoding : chunked', 'Transfer-Encoding: chunked, chunked', 'Transfer-Encoding: identity'):
        assert status(fields, '0\r\n\r\n' + body) == 400, fields
    chunked = 'Transfer-Encoding: chunked'
    for rest in ('10000000000000001\r\n', '-1\r\n', 'x\r\n', '5;' + 'e' * (1 << 20), '5\r\nhelloX', '0\r\n' + 'T: x\r\n' * 5000, '5\nhello'):
        assert status(chunked, rest) in (400, 413), rest[:20]
    # Short: the rest is taken for the next request, which is none.  Long: nothing is answered before it is there.
    out = c.raw((head + 'Content-Length: 10\r\n\r\n' + body).encode())
    assert out.count(b'HTTP/1.1 400') >= 1 and b'methodResponses' not in out
    s = socket.create_connection(('127.0.0.1', c.instance.port('http')), timeout=1)
    s.sendall((head + 'Content-Length: 1000\r\n\r\n' + body).encode())
    try:
        assert s.recv(100) == b''
    except socket.timeout:
        pass
    s.close()


def check_J03_request_limits(c):
    core = c.alice.session['capabilities']['urn:ietf:params:jmap:core']
    calls = [['Core/echo', {}, 'c']] * core['maxCallsInRequest']
    assert c.alice.api(json.dumps({'using': USING, 'methodCalls': calls})).status == 200
    problem(c.alice.api(json.dumps({'using': USING, 'methodCalls': calls + calls[:1]})), 400, 'limit', 'maxCallsInRequest')
    size = core['maxSizeRequest']
    text = json.dumps({'using': USING, 'methodCalls': [], 'pad': ''})
    at = text[:-2] + 'x' * (size - len(text)) + '"}'
    assert len(at) == size and c.alice.api(at).status == 200
    out = c.raw(('POST /jmap/api HTTP/1.1\r\nHost: a\r\nAuthorization: %s\r\nContent-Length: %d\r\n\r\n' % (c.alice.auth, size + 1)).encode())
    assert out.startswith(b'HTTP/1.1 413') and b'maxSizeRequest' in out, out[:300]
    # Very many tiny values cost more memory than bytes.
    problem(c.alice.api('{"using":[],"methodCalls":[],"x":[%s]}' % ','.join(['0'] * 600000)), 400, 'limit', 'maxSizeRequest')


def check_J03_object_limits(c):
    # kMaxObjectsInGet and kMaxObjectsInSet of lib/jmap/limits.h
    n = c.alice.session['capabilities']['urn:ietf:params:jmap:core']['maxObjectsInGet']
    ids = ['e1-%x' % i for i in range(n + 1)]
    assert c.alice.call('Email/get', ids=ids[:n]) is not None
    for method in ('Email/get', 'Mailbox/get', 'Thread/get'):
        assert c.alice.error(method, ids=ids) == 'requestTooLarge'
    assert c.alice.error('Email/parse', blobIds=ids) == 'requestTooLarge'
    assert c.alice.call('Email/set', destroy=ids[:n]) is not None
    assert c.alice.error('Email/set', destroy=ids[:n - 1], update={'x': {}, 'y': {}}) == 'requestTooLarge'
    assert c.alice.error('Email/import', emails={i: {} for i in ids}) == 'requestTooLarge'


def check_J03_answers_are_bounded(c):
    body = 'x' * 75 + '\r\n'
    ids = [c.alice.add(message('big%d' % i, 'big%d' % i, body * 13000), c.box)['id'] for i in range(4)]
    get = ('Email/get', {'ids': ids, 'properties': ['bodyValues'], 'fetchTextBodyValues': True})
    r = c.alice.calls(*[get] * 8)
    kinds = [x[0] if x[0] != 'error' else x[1]['type'] for x in r]
    assert kinds[0] == 'Email/get' and kinds[-1] == 'requestTooLarge', kinds


def check_J04_references(c):
    def second(ref):
        return c.alice.calls(('Core/echo', {'list': [{'id': 'a'}]}), ('Foo/x', {}), ('Core/echo', {'#v': ref}))[2]
    ok = {'resultOf': '0', 'name': 'Core/echo', 'path': '/list/*/id'}
    assert second(ok)[1] == {'v': ['a']}
    for change in ({'resultOf': '2'}, {'resultOf': '9'}, {'resultOf': '1', 'name': 'error'}, {'name': 'Email/get'}, {'path': '/nothing'},
                   {'path': 'list'}, {'path': '/list/*/nothing'}, {'path': '/list/1'}, {'path': 5}, {'path': '/' * 2000}):
        if change.get('name') == 'error':
            continue
        r = second(dict(ok, **change))
        assert r[0] == 'error' and r[1]['type'] == 'invalidResultReference', (change, r)
    r = second('x')
    assert r[1]['type'] == 'invalidResultReference'
    r = c.alice.calls(('Core/echo', {'a': 1}), ('Core/echo', {'v': 1, '#v': dict(ok, path='/a')}))[1]
    assert r[1]['type'] == 'invalidArguments'
    # Answers that quote answers must not grow without end.
    big = {'a': 'x' * 1000000}
    ref = lambda i: {'resultOf': str(i), 'name': 'Core/echo', 'path': ''}
    r = c.alice.calls(('Core/echo', big), *[('Core/echo', {'#%d' % k: ref(i) for k in range(16)}) for i in range(15)])
    assert r[1][0] == 'error' and r[1][1]['type'] == 'invalidResultReference', r[1][0]


def check_J05_filters(c):
    deep = {'inMailbox': c.box}
    for i in range(10):
        deep = {'operator': 'AND', 'conditions': [deep]}
    assert c.alice.call('Email/query', filter=deep)['ids'] == []
    body = '{"operator":"AND","conditions":[' * 1000 + '{}' + ']}' * 1000
    text = '{"using":%s,"methodCalls":[["Email/query",{"accountId":"%s","filter":%s},"c"]]}' % (json.dumps(USING), c.alice.id, body)
    problem(c.alice.api(text), 400, 'notJSON')      # deeper than any JSON may be
    wide = {'operator': 'OR', 'conditions': [{'subject': 'x%d' % i} for i in range(10000)]}
    assert c.alice.error('Email/query', filter=wide) == 'unsupportedFilter'
    assert c.alice.error('Email/query', filter={'header': ['Sub\r\nject', 'x']}) == 'unsupportedFilter'
    assert c.alice.error('Email/query', filter={'color': 'red'}) == 'unsupportedFilter'
    assert c.alice.error('Email/query', sort=[{'property': 'size'}] * 100) == 'unsupportedSort'
    assert c.alice.error('Email/query', limit=-1) == 'invalidArguments'
    assert c.alice.error('Email/query', limit=2 ** 53) == 'invalidArguments'
    assert c.alice.error('Email/query', position=1.5) == 'invalidArguments'
    r = c.alice.call('Email/query', limit=2 ** 53 - 1)
    assert r['limit'] < 2 ** 53 - 1


def check_J06_ids(c):
    strange = ['__proto__', 'x' * 300, '', '#a', 'e1-01', 'E1-1', 'e1', 'e1-', 'e-1', 'e1-zzzzzzzzzzzzzzzz', '\0', 'e1-1\n']
    r = c.alice.call('Email/get', ids=strange)
    assert r['list'] == [] and set(r['notFound']) == set(strange), r
    for method in ('Mailbox/get', 'Thread/get'):
        assert set(c.alice.call(method, ids=strange)['notFound']) == set(strange)
    r = c.alice.call('Email/set', destroy=strange)
    assert {e['type'] for e in r['notDestroyed'].values()} == {'notFound'}
    # Creation ids that point at one another are never followed twice.
    text = {'using': USING, 'methodCalls': [['Email/get', {'accountId': c.alice.id, 'ids': ['#a', '#b']}, 'c']], 'createdIds': {'a': 'b', 'b': 'a'}}
    r = c.alice.api(json.dumps(text)).json()['methodResponses'][0][1]
    assert set(r['notFound']) == {'#a', '#b'}
    problem(c.alice.api(json.dumps(dict(text, createdIds={'a': '#b', 'b': '#a'}))), 400, 'notRequest')
    for path in ('/jmap/download/%s/%s/x' % (c.alice.id, x) for x in ('__proto__', 'x' * 300, 'b', 'p')):
        assert c.alice.get(path).status == 404


def check_J07_creation(c):
    def refused(email, what='invalidProperties'):
        email = dict({'mailboxIds': {c.box: True}}, **email)
        r = c.alice.call('Email/set', create={'k': email})
        assert r['notCreated'] and r['notCreated']['k']['type'] == what, (email, r)
    part = {'partId': 't'}
    for i in range(11):
        part = {'type': 'multipart/mixed', 'subParts': [part]}
    r = c.alice.call('Email/set', create={'k': {'mailboxIds': {c.box: True}, 'bodyStructure': part, 'bodyValues': {'t': {'value': 'x'}}}})
    assert r['created'], r
    refused({'header:a\r\nb': 'x'})
    refused({'header::asRaw': 'x'})
    refused({'header:X:asRaw': 'a\r\nBcc: evil@example.net'})
    refused({'header:X:asRaw': 'a\0b'})
    refused({'subject': 5})
    refused({'from': [{'name': 'x'}]})
    refused({'from': 'x@y'})
    refused({'header:Content-Type': 'text/html'})
    refused({'headers': []})
    refused({'size': 5})
    refused({'mailboxIds': {}})
    refused({'mailboxIds': {'m1-9999': True}})
    refused({'keywords': {'a b': True}})
    refused({'textBody': [{'partId': 't', 'type': 'text/html'}], 'bodyValues': {'t': {'value': 'x'}}})
    refused({'textBody': [{'partId': 'missing'}]})
    refused({'bodyStructure': {'type': 'multipart/mixed', 'subParts': []}})
    refused({'bodyStructure': {'type': 'x'}})
    refused({'attachments': [{'blobId': 'nothing'}]}, 'blobNotFound')
    blob = c.alice.upload(b'z' * 30000000)['blobId']     # twice is past kMaxAttachments
    refused({'attachments': [{'blobId': blob, 'type': 'a/b'}] * 2}, 'tooLarge')
    # A subject can't make a header line.
    r = c.alice.call('Email/set', create={'k': {'mailboxIds': {c.box: True}, 'subject': 'a\r\nBcc: evil@example.net'}})
    if r['created']:
        raw = c.alice.download(r['created']['k']['blobId']).body
        assert b'\r\nBcc:' not in raw, raw


def check_J08_states(c):
    now = c.alice.state()
    epoch, modseq = now.split('.')[:2]
    for bad in ('', 'garbage', '1', '1.2.3.4', '-1.5', epoch + '.99999999999', '18446744073709551616.1', '%d.%s' % (int(epoch) + 1, modseq),
                epoch + '.0' + modseq, epoch + '.18446744073709551615'):
        for method in ('Email/changes', 'Mailbox/changes', 'Thread/changes'):
            e = c.alice.calls((method, {'sinceState': bad}))[0]
            assert e[0] == 'error' and e[1]['type'] == 'cannotCalculateChanges', (method, bad, e)
        e = c.alice.calls(('Email/queryChanges', {'sinceQueryState': bad}))[0]
        assert e[0] == 'error' and e[1]['type'] == 'cannotCalculateChanges', (bad, e)
    for method in ('Email/changes', 'Email/queryChanges'):
        e = c.alice.error(method, **{'sinceState' if method.endswith('/changes') else 'sinceQueryState': now + '.99'})
        assert e == 'cannotCalculateChanges', e
    assert c.alice.error('Email/changes', sinceState=5) == 'invalidArguments'
    # Several ids of one commit, one at a time.
    ids = [c.alice.add(message('s%d' % i, 's%d' % i), c.box)['id'] for i in range(4)]
    at = c.alice.state()
    c.alice.call('Email/set', update={i: {'keywords/$seen': True} for i in ids})
    seen = []
    for step in range(20):
        r = c.alice.call('Email/changes', sinceState=at, maxChanges=1)
        seen += r['updated']
        at = r['newState']
        if not r['hasMoreChanges']:
            break
    assert sorted(seen) == sorted(ids), seen
    r = c.alice.call('Email/queryChanges', sinceQueryState=now, upToId='nothing', filter={'inMailbox': c.box})
    assert set(ids) <= {a['id'] for a in r['added']}


def check_J13_log_lines(c):
    c.raw(b'GET /x HTTP/1.1\r\nHost: a\r\nUser-Agent: \x1b[31mred\r\n\r\n', timeout=2)
    c.raw(('GET /.well-known/jmap HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Basic %s\r\n\r\n'
           % base64.b64encode('al\xefice"\x7f=x:bad'.encode('latin1')).decode()).encode())
    c.raw(('GET /.well-known/jmap HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Basic %s\r\n\r\n'
           % base64.b64encode('ev\u00efl" event=forged:bad'.encode()).decode()).encode())
    text = c.instance.output()
    assert '\x1b' not in text and not any(l.startswith('event=') for l in text.splitlines())


def check_J14_heads(c):
    ok = 'GET /.well-known/jmap HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: %s\r\n' % c.alice.auth
    assert c.raw_status((ok + '\r\n').encode()) == 200
    assert c.raw_status(b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n') == 400
    assert c.raw_status((ok + ''.join('X-%d: y\r\n' % i for i in range(10000)) + '\r\n').encode()) == 431
    assert c.raw_status((ok + 'X: ' + 'y' * (1 << 20) + '\r\n\r\n').encode()) == 431
    assert c.raw_status(b'GET /' + b'a' * 10000 + b' HTTP/1.1\r\n') == 414
    assert c.raw_status((ok + 'X: a\r\n b\r\n\r\n').encode()) == 400
    assert c.raw_status((ok + 'Content-Encoding: gzip\r\n\r\n').encode()) == 415
    assert c.raw_status(b'\x16\x03\x01\x02\x00\x01\x00') == 400
    for path in ('/..%2f', '/%00', '/jmap/../etc', '/%zz', '/a%5c..%5cb'):
        assert c.raw_status(('GET %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n' % path).encode()) == 400, path
    # Slowloris: forty of them do not keep anybody else waiting.
    slow = []
    for i in range(40):
        s = socket.create_connection(('127.0.0.1', c.instance.port('http')), timeout=5)
        s.sendall(b'GET / HT')
        slow.append(s)
    began = time.time()
    c.still_well()
    assert time.time() - began < 10
    for s in slow:
        s.close()


def check_J15_foreign_origins(c):
    a = c.alice.request('POST', '/jmap/api', body=b'{"using":[],"methodCalls":[]}',
                        headers={'Content-Type': 'text/plain', 'Origin': 'https://evil.example'})
    assert a.status == 403, a.status
    a = c.alice.request('POST', '/jmap/api', body=b'{"using":[],"methodCalls":[]}',
                        headers={'Content-Type': 'application/json', 'Origin': 'https://webmail.example'})
    assert a.status == 200
    huge = base64.b64encode(b'a' * (1 << 20) + b':x').decode()
    assert c.raw_status(('GET /.well-known/jmap HTTP/1.1\r\nHost: a\r\nAuthorization: Basic %s\r\n\r\n' % huge).encode()) == 431
    medium = base64.b64encode(b'a' * 6000 + b':x').decode()
    assert c.raw_status(('GET /.well-known/jmap HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Basic %s\r\n\r\n' % medium).encode()) == 401


def check_concurrent_requests(c):
    """One too many at a time (kMaxConcurrentRequests) is refused by name; the slots come back."""
    socks = []
    for i in range(4):
        s = socket.create_connection(('127.0.0.1', c.instance.port('http')), timeout=10)
        s.sendall(('POST /jmap/api HTTP/1.1\r\nHost: a\r\nAuthorization: %s\r\nContent-Type: application/json\r\n'
                   'Content-Length: 100\r\n\r\n{' % c.alice.auth).encode())
        socks.append(s)
    time.sleep(0.5)
    problem(c.alice.api('{"using":[],"methodCalls":[]}'), 429, 'limit', 'maxConcurrentRequests')
    for s in socks:
        s.close()
    end = time.time() + 10
    while c.alice.api('{"using":[],"methodCalls":[]}').status != 200:
        assert time.time() < end
        time.sleep(0.05)
