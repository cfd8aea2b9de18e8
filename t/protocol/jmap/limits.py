"""Limits of lib/jmap/limits.h that are met nowhere else, each at the limit and one past it."""
import base64, json, socket, time

from client import USING, message
from hostile import problem

# As lib/jmap/limits.h has them.
kMaxIdLength, kMaxCallId, kMaxMethodName, kMaxReferences, kMaxReferenceItems = 255, 256, 128, 16, 100_000
kMaxSearchWords, kMaxProperties, kMaxPatches, kMaxCreateParts, kMaxHeaderValue = 64, 200, 1_000, 1_000, 128 << 10
kMaxEventSources, kMaxMailboxesPerEmail, kMaxConcurrentUpload, kMaxMailboxDepth = 10, 100, 4, 100


def check_limits_of_calls(c):
    def status(name, call_id):
        return c.alice.api(json.dumps({'using': USING, 'methodCalls': [[name, {}, call_id]]})).status
    assert status('Core/echo', 'c' * kMaxCallId) == 200 and status('Core/echo', 'c' * (kMaxCallId + 1)) == 400
    assert status('M' * kMaxMethodName, 'c') == 200 and status('M' * (kMaxMethodName + 1), 'c') == 400
    r = c.alice.call('Email/get', ids=['e' * kMaxIdLength, 'e' * (kMaxIdLength + 1)])
    assert len(r['notFound']) == 2
    create = lambda n: c.alice.call('Mailbox/set', create={'k' * n: {'name': 'id%d' % n}}) if n <= kMaxIdLength else \
        c.alice.error('Mailbox/set', create={'k' * n: {'name': 'id%d' % n}})
    assert create(kMaxIdLength)['created'] and create(kMaxIdLength + 1) == 'invalidArguments'


def check_limits_of_references(c):
    def echo(n):
        args = {'#a%d' % i: {'resultOf': '0', 'name': 'Core/echo', 'path': '/x'} for i in range(n)}
        return c.alice.calls(('Core/echo', {'x': 1}), ('Core/echo', args))[1]
    assert echo(kMaxReferences)[0] == 'Core/echo'
    assert echo(kMaxReferences + 1)[1]['type'] == 'invalidResultReference'
    for n, good in ((kMaxReferenceItems, True), (kMaxReferenceItems + 1, False)):
        r = c.alice.calls(('Core/echo', {'x': [[0] * n]}), ('Core/echo', {'#y': {'resultOf': '0', 'name': 'Core/echo', 'path': '/x/*'}}))
        assert (r[1][0] == 'Core/echo') == good, (n, r[1][0])


def check_limits_of_emails(c):
    e = c.alice.add(message(), c.box)['id']
    names = ['header:X-%d' % i for i in range(kMaxProperties + 1)]
    assert c.alice.call('Email/get', ids=[e], properties=names[:-1])['list']
    assert c.alice.error('Email/get', ids=[e], properties=names) == 'invalidArguments'

    def patched(n):
        r = c.alice.call('Email/set', update={e: {'keywords/k%d' % i: None for i in range(n)}})
        return r['updated'] is not None and e in r['updated'], r
    assert patched(kMaxPatches)[0]
    good, r = patched(kMaxPatches + 1)
    assert not good and r['notUpdated'][e]['type'] == 'invalidPatch', r

    def created(**email):
        r = c.alice.call('Email/set', create={'k': dict({'mailboxIds': {c.box: True}}, **email)})
        return bool(r['created'])
    assert created(**{'header:X-Long:asRaw': ' ' + 'x' * 70 + '\r\n x' * 10})
    assert not created(**{'header:X-Long': 'x' * (kMaxHeaderValue + 1)})
    part = {'partId': 't', 'type': 'text/plain'}

    def parts(n):       # the multipart itself is one
        return created(bodyStructure={'type': 'multipart/mixed', 'subParts': [part] * (n - 1)}, bodyValues={'t': {'value': 'x'}})
    assert not parts(kMaxCreateParts + 1)

    boxes = c.alice.call('Mailbox/set', create={'b%d' % i: {'name': 'limit%d' % i} for i in range(kMaxMailboxesPerEmail + 1)})['created']
    ids = [b['id'] for b in boxes.values()]

    def filed(n):
        return c.alice.call('Email/set', update={e: {'mailboxIds': {i: True for i in ids[:n]}}})
    assert filed(kMaxMailboxesPerEmail)['updated']
    assert filed(kMaxMailboxesPerEmail + 1)['notUpdated'][e]['type'] == 'tooManyMailboxes'
    c.alice.call('Mailbox/set', destroy=ids, onDestroyRemoveEmails=True)


def check_limits_of_search(c):
    def found(n):
        return c.alice.calls(('Email/query', {'filter': {'text': ' '.join('w%d' % i for i in range(n))}}))[0]
    assert found(kMaxSearchWords)[0] == 'Email/query'
    r = found(kMaxSearchWords + 1)
    assert r[0] == 'error' and r[1]['type'] == 'unsupportedFilter', r


def check_limits_at_one_time(c):
    """Streams and uploads of one account; the slots come back."""
    def open_one(head):
        s = socket.create_connection(('127.0.0.1', c.instance.port('http')), timeout=20)
        s.sendall((head % c.alice.auth).encode())
        return s
    stream = ('GET /jmap/eventsource/?types=*&closeafter=no&ping=0 HTTP/1.1\r\nHost: a\r\nAuthorization: %s\r\n\r\n')
    path = c.alice.session['eventSourceUrl'].split('/', 3)[3].split('?')[0]
    stream = stream.replace('jmap/eventsource/', path)
    socks = [open_one(stream) for _ in range(kMaxEventSources)]
    for s in socks:
        assert s.recv(100).startswith(b'HTTP/1.1 200'), 'a stream within the limit was refused'
    one_more = open_one(stream)
    assert b' 429 ' in one_more.recv(100)[:15]
    upload = 'POST /jmap/upload/' + c.alice.id + '/ HTTP/1.1\r\nHost: a\r\nAuthorization: %s\r\nContent-Length: 10\r\n\r\nx'
    half = [open_one(upload) for _ in range(kMaxConcurrentUpload)]
    time.sleep(0.5)
    last = open_one(upload)
    assert b' 429 ' in last.recv(100)[:15]
    for s in socks + half + [one_more, last]:
        s.close()
    end = time.time() + 20
    while True:
        s = open_one(stream)
        ok = s.recv(100).startswith(b'HTTP/1.1 200')
        s.close()
        if ok:
            break
        assert time.time() < end
        time.sleep(0.05)


def check_limit_of_mailbox_depth(c):
    parent, made = None, 0
    for i in range(kMaxMailboxDepth + 1):
        r = c.alice.call('Mailbox/set', create={'k': {'name': 'deep%d' % i, 'parentId': parent}})
        if not r['created']:
            break
        parent, made = r['created']['k']['id'], made + 1
    assert made == kMaxMailboxDepth, made
