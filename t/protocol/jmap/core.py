"""Session, HTTP behaviour, requests, references."""
import json

from client import Account, USING


def check_session(c):
    s = c.alice.session
    core = s['capabilities']['urn:ietf:params:jmap:core']
    assert core['maxCallsInRequest'] == 16 and core['maxObjectsInGet'] == 500 and core['maxConcurrentRequests'] == 4
    assert set(s['capabilities']) == set(USING)
    account = s['accounts'][c.alice.id]
    assert account['name'] == 'alice@example.org' and account['isPersonal'] and not account['isReadOnly']
    mail = account['accountCapabilities']['urn:ietf:params:jmap:mail']
    assert mail['mayCreateTopLevelMailbox'] and 'receivedAt' in mail['emailQuerySortOptions']
    base = 'http://127.0.0.1:%d/' % c.instance.port('http')
    for url in ('apiUrl', 'downloadUrl', 'uploadUrl', 'eventSourceUrl'):
        assert s[url].startswith(base), s[url]
    for part in ('{accountId}', '{blobId}', '{name}', '{type}'):
        assert part in s['downloadUrl']
    a = c.alice.get('/.well-known/jmap')
    assert 'no-store' in a.header('cache-control')
    c.alice.call('Core/echo')
    assert c.alice.last['sessionState'] == s['state']


def check_session_over_tls(c):
    a = Account(c.instance, tls=True)
    assert a.session['apiUrl'].startswith('https://127.0.0.1:%d/' % c.instance.port('https'))
    assert a.call('Core/echo', x=1) == {'x': 1}


def check_copy_between_accounts(c):
    """There is one account a login: all that remains of the /copy methods is their errors."""
    for method in ('Email/copy', 'Blob/copy'):
        assert c.alice.error(method, create={}) == 'invalidArguments'
        assert c.alice.error(method, fromAccountId=7) == 'invalidArguments'
        assert c.alice.error(method, fromAccountId=c.alice.id) == 'invalidArguments'
        assert c.alice.error(method, fromAccountId='nothing') == 'fromAccountNotFound'
        assert c.alice.error(method, accountId='nothing', fromAccountId=c.alice.id) == 'accountNotFound'


def check_login(c):
    a = c.alice.get('/.well-known/jmap', auth=False)
    assert a.status == 401 and a.header('www-authenticate').startswith('Basic realm='), a.headers
    assert a.json()['status'] == 401
    import base64
    for bad in ('Basic ' + base64.b64encode(b'alice@example.org:wrong').decode(),
                'Basic ' + base64.b64encode(b'nobody@example.org:secret').decode(), 'Basic !!', 'Bearer x', 'Basic'):
        a = c.alice.get('/.well-known/jmap', headers={'Authorization': bad})
        assert a.status == 401, (bad, a.status)
    assert c.alice.get('/.well-known/jmap').status == 200


def check_password_change_ends_login(c):
    c.instance.postern('account', 'add', 'carol@example.org', input='first\n')
    carol = Account(c.instance, 'carol@example.org', 'first')
    assert carol.call('Mailbox/get')['list']
    c.instance.postern('account', 'passwd', 'carol@example.org', input='second\n')
    from client import wait_for
    wait_for(lambda: carol.get('/.well-known/jmap').status == 401)
    assert Account(c.instance, 'carol@example.org', 'second').call('Mailbox/get')['list']


def check_preflight_and_cors(c):
    a = c.alice.request('OPTIONS', '/jmap/api', headers={
        'Origin': 'https://mail.example', 'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': 'authorization,content-type'}, auth=False)
    assert a.status == 204, a.status
    assert a.header('access-control-allow-origin') == '*'
    assert 'POST' in a.header('access-control-allow-methods')
    assert 'authorization' in a.header('access-control-allow-headers').lower()
    assert c.alice.get('/.well-known/jmap').header('access-control-allow-origin') == '*'
    assert c.alice.get('/.well-known/jmap', auth=False).header('access-control-allow-origin') == '*'


def check_http_routes(c):
    assert c.alice.get('/').status == 404
    assert c.alice.get('/jmap/nothing').status == 404
    a = c.alice.get('/jmap/api')
    assert a.status == 405 and 'POST' in a.header('allow')
    assert c.alice.request('DELETE', '/.well-known/jmap').status == 405
    a = c.alice.request('HEAD', '/.well-known/jmap')
    assert a.status == 200 and a.body == b'' and int(a.header('content-length')) > 100
    assert c.alice.get('http://x/.well-known/jmap').status == 200


def check_keep_alive_and_pipelining(c):
    one = ('GET /.well-known/jmap HTTP/1.1\r\nHost: a\r\nAuthorization: %s\r\n%s\r\n')
    out = c.raw(((one % (c.alice.auth, '')) * 3 + one % (c.alice.auth, 'Connection: close\r\n')).encode())
    assert out.count(b'HTTP/1.1 200 OK') == 4, out[:300]
    out = c.raw(('GET /.well-known/jmap HTTP/1.0\r\nAuthorization: %s\r\n\r\n' % c.alice.auth).encode())
    assert out.count(b'HTTP/1.1 200 OK') == 1


def check_expect_continue_and_chunks(c):
    body = json.dumps({'using': USING[:1], 'methodCalls': [['Core/echo', {'x': 'y' * 3000}, 'c']]}).encode()
    chunks = b''.join(b'%x\r\n%s\r\n' % (len(body[i:i + 700]), body[i:i + 700]) for i in range(0, len(body), 700)) + b'0\r\n\r\n'
    head = ('POST /jmap/api HTTP/1.1\r\nHost: a\r\nAuthorization: %s\r\nContent-Type: application/json\r\n'
            'Connection: close\r\n%s\r\n')
    out = c.raw((head % (c.alice.auth, 'Transfer-Encoding: chunked\r\n')).encode() + chunks)
    assert b'HTTP/1.1 200 OK' in out and b'y' * 3000 in out, out[:300]
    import socket
    s = socket.create_connection(('127.0.0.1', c.instance.port('http')), timeout=10)
    s.sendall((head % (c.alice.auth, 'Expect: 100-continue\r\nContent-Length: %d\r\n' % len(body))).encode())
    assert s.recv(1000).startswith(b'HTTP/1.1 100 Continue\r\n\r\n')
    s.sendall(body)
    assert b' 200 OK' in s.recv(65536)
    s.close()


def check_echo_and_references(c):
    r = c.alice.calls(('Core/echo', {'list': [{'id': 'a', 'n': [1, 2]}, {'id': 'b', 'n': [3]}]}),
                      ('Core/echo', {'#ids': {'resultOf': '0', 'name': 'Core/echo', 'path': '/list/*/id'},
                                     '#all': {'resultOf': '0', 'name': 'Core/echo', 'path': '/list/*/n'}}))
    assert r[1] == ['Core/echo', {'ids': ['a', 'b'], 'all': [1, 2, 3]}, '1'], r[1]


def check_method_errors(c):
    assert c.alice.error('Foo/get') == 'unknownMethod'
    assert c.alice.error('Mailbox/get', accountId='a999') == 'accountNotFound'
    assert c.alice.error('Mailbox/get', accountId=c.bob.id) == 'accountNotFound'
    assert c.alice.error('Mailbox/get', accountId=5) == 'invalidArguments'
    assert c.alice.error('Mailbox/get', unknown=1) == 'invalidArguments'
    assert c.alice.error('Mailbox/get', ids='x') == 'invalidArguments'
    assert c.alice.error('Mailbox/get', properties=['color']) == 'invalidArguments'
    a = c.alice.api(json.dumps({'using': USING[:1], 'methodCalls': [['Mailbox/get', {'accountId': c.alice.id}, 'c']]}))
    assert a.json()['methodResponses'][0][1]['type'] == 'unknownMethod'   # its capability is not in `using`
    # An error does not stop the calls after it.
    r = c.alice.calls(('Foo/get', {}), ('Core/echo', {'x': 1}))
    assert r[0][0] == 'error' and r[1] == ['Core/echo', {'x': 1}, '1']


def check_created_ids(c):
    r = c.alice.calls(('Mailbox/set', {'create': {'new': {'name': 'made%d' % c.number, 'parentId': '#given'}}}),
                      ('Mailbox/get', {'ids': ['#new']}), created_ids={'given': c.box})
    box = r[0][1]['created']['new']['id']
    assert r[1][1]['list'][0]['id'] == box and r[1][1]['list'][0]['parentId'] == c.box
    assert c.alice.last['createdIds'] == {'given': c.box, 'new': box}
    c.alice.calls(('Core/echo', {}))
    assert 'createdIds' not in c.alice.last


def check_copy_knows_one_account(c):
    args = {'fromAccountId': c.bob.id, 'create': {}}
    assert c.alice.error('Email/copy', **args) == 'fromAccountNotFound'
    assert c.alice.error('Email/copy', **dict(args, fromAccountId=c.alice.id)) == 'invalidArguments'
    assert c.alice.error('Blob/copy', fromAccountId=c.bob.id, blobIds=[]) == 'fromAccountNotFound'
