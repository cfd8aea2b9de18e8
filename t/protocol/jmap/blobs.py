"""Upload and download."""
import hashlib, os, subprocess
from client import message
from postern_test import BIN


def check_round_trip(c):
    for data in (b'', b'x', os.urandom(70000), os.urandom(3 << 20)):
        up = c.alice.upload(data, 'application/x-test')
        assert up['size'] == len(data) and up['accountId'] == c.alice.id and up['type'] == 'application/x-test'
        a = c.alice.download(up['blobId'], 'name.bin', 'application/x-test')
        assert a.status == 200 and a.body == data and a.header('content-type') == 'application/x-test'
        assert int(a.header('content-length')) == len(data)


def check_same_bytes_same_id(c):
    assert c.alice.upload(b'same')['blobId'] == c.alice.upload(b'same')['blobId']


def peak_memory(c):
    """Starts a new peak of jmapd's resident memory; gives a function that tells it, in KB.  None under ASan, whose
    quarantine keeps what was freed."""
    if b'__asan_init' in open(os.path.join(BIN, 'jmapd'), 'rb').read():
        return None
    pid = subprocess.run(['pgrep', '-P', str(c.instance.master.pid), '-x', 'jmapd'], stdout=subprocess.PIPE, text=True).stdout.split()[0]
    with open('/proc/%s/clear_refs' % pid, 'w') as f:
        f.write('5')

    def read():
        return int([l for l in open('/proc/%s/status' % pid) if l.startswith('VmHWM')][0].split()[1])
    begin = read()
    return lambda: read() - begin


def check_large_message_costs_little_memory(c):
    """Uploaded, imported, read, downloaded whole and in parts, attached to a draft: never more than 4 MB."""
    part = b'A' * 76 + b'\r\n'
    data = (b'Subject: big\r\nContent-Type: multipart/mixed; boundary=q\r\n\r\n--q\r\n\r\nhi\r\n--q\r\nContent-Type: a/b\r\n'
            b'Content-Transfer-Encoding: base64\r\n\r\n' + part * 600000 + b'--q--\r\n')
    peak = peak_memory(c)
    e = c.alice.add(data, c.box)
    assert e['size'] == len(data) and hashlib.sha256(c.alice.download(e['blobId']).body).digest() == hashlib.sha256(data).digest()
    attached = c.alice.call('Email/get', ids=[e['id']], fetchAllBodyValues=True)['list'][0]['attachments'][0]
    assert attached['size'] == 57 * 600000
    assert c.alice.download(attached['blobId']).body == b'\0' * attached['size']
    r = c.alice.call('Email/set', create={'k': {'mailboxIds': {c.box: True}, 'attachments': [{'blobId': attached['blobId'], 'type': 'a/b'}]}})
    copy = c.alice.call('Email/get', ids=[r['created']['k']['id']])['list'][0]['attachments'][0]
    assert copy['size'] == attached['size']
    if peak:
        assert peak() < 4096, peak()


def check_limits(c):
    limit = c.alice.session['capabilities']['urn:ietf:params:jmap:core']['maxSizeUpload']
    a = c.raw(('POST /jmap/upload/%s/ HTTP/1.1\r\nHost: a\r\nAuthorization: %s\r\nContent-Length: %d\r\n\r\n'
               % (c.alice.id, c.alice.auth, limit + 1)).encode())
    assert a.startswith(b'HTTP/1.1 413') and b'maxSizeUpload' in a, a[:500]
    assert c.alice.request('POST', '/jmap/upload/%s/' % c.bob.id, body=b'x').status == 404
    assert c.alice.request('POST', '/jmap/upload/nothing/', body=b'x').status == 404


def check_ranges(c):
    data = bytes(range(256)) * 1000
    blob = c.alice.upload(data)['blobId']
    r = lambda spec: c.alice.download(blob, headers={'Range': spec})
    a = r('bytes=100-199')
    assert a.status == 206 and a.body == data[100:200] and a.header('content-range') == 'bytes 100-199/256000'
    assert r('bytes=65000-66000').body == data[65000:66001]
    assert r('bytes=-10').body == data[-10:] and r('bytes=255990-').body == data[-10:]
    assert r('bytes=256000-').status == 416 and r('bytes=5-2').status == 200 and r('bytes=0-1,5-6').status == 200
    etag = c.alice.download(blob).header('etag')
    assert c.alice.download(blob, headers={'If-None-Match': etag}).status == 304
    a = c.alice.request('HEAD', '/jmap/download/%s/%s/x' % (c.alice.id, blob))
    assert a.status == 200 and a.body == b'' and a.header('content-length') == '256000'


def check_J09_downloads_are_never_shown(c):
    blob = c.alice.upload(b'<script>alert(1)</script>', 'text/html')['blobId']
    for name, type_ in (('x.html', 'text%2Fhtml'), ('x.svg', 'image%2Fsvg%2Bxml'), ('a%0D%0ASet-Cookie%3A%20x', 'text/plain'),
                        ('a%22b', 'text%2Fhtml%0D%0AX-Evil%3A%201'), ('%C3%A4.txt', 'nonsense')):
        a = c.alice.download(blob, name, type_)
        assert a.status == 200, (name, a.status)
        assert a.header('content-disposition').startswith('attachment; filename='), a.headers
        assert a.header('x-content-type-options') == 'nosniff' and 'sandbox' in a.header('content-security-policy')
        assert not a.header('set-cookie') and not a.header('x-evil') and '\n' not in a.header('content-disposition')
    for type_, shown in (('text/plain;%20charset=utf-8', 'text/plain; charset=utf-8'), ('text/plain;format=flowed', 'text/plain;format=flowed'),
                         ('text%20x/plain', 'application/octet-stream'), ('x;a/b', 'application/octet-stream')):
        assert c.alice.download(blob, 'x', type_).header('content-type') == shown, type_
    for path in ('/jmap/download/%s/%s/..%%2f..%%2fetc', '/jmap/download/%s/%s/%%00', '/jmap/download/%s/../%s/x'):
        assert c.alice.get(path % (c.alice.id, blob)).status == 400
    assert c.alice.get('/jmap/download/%s/%s' % (c.alice.id, blob)).status == 404


def check_J06_blobs_of_others(c):
    e = c.bob.add(message('private', 'p', 'secret text'))
    part = c.bob.call('Email/get', ids=[e['id']], properties=['textBody'])['list'][0]['textBody'][0]['blobId']
    assert b'secret text' in c.bob.download(part).body
    for blob in (e['blobId'], part):
        assert c.alice.download(blob).status == 404
        r = c.alice.call('Email/import', emails={'k': {'blobId': blob, 'mailboxIds': {c.box: True}}})
        assert r['notCreated']['k']['type'] == 'invalidProperties', r
        assert c.alice.call('Email/parse', blobIds=[blob])['notFound'] == [blob]
        r = c.alice.call('Email/set', create={'k': {'mailboxIds': {c.box: True}, 'attachments': [{'blobId': blob, 'type': 'text/plain'}]}})
        assert r['notCreated']['k']['type'] == 'blobNotFound' and r['notCreated']['k']['notFound'] == [blob], r
        assert c.alice.get('/jmap/download/%s/%s/x' % (c.bob.id, blob)).status == 404
    assert c.alice.call('Email/get', ids=[e['id']])['notFound'] == [e['id']]
    assert c.alice.call('Thread/get', ids=[e['threadId']])['notFound'] == [e['threadId']]
    box = c.bob.mailboxes()['inbox']
    assert c.alice.call('Mailbox/get', ids=[box])['notFound'] == [box]
    r = c.alice.call('Email/set', update={e['id']: {'keywords/$seen': True}}, destroy=[e['id'] + 'x'])
    assert r['notUpdated'][e['id']]['type'] == 'notFound'
    mine = c.alice.add(message(), c.box)['id']
    r = c.alice.call('Email/set', update={mine: {'mailboxIds/' + box: True}})
    assert r['notUpdated'][mine]['type'] == 'invalidProperties', r


def check_parts_beyond_their_blob(c):
    data = b'Subject: x\r\n\r\n0123456789'
    blob = c.alice.upload(data)['blobId']
    for begin, size in ((0, len(data) + 1), (len(data), 1), (1 << 62, 1 << 62), (5, 1 << 62)):
        assert c.alice.download('p%s_%d_%d_i' % (blob[1:], begin, size)).status == 404, (begin, size)
    assert c.alice.download('p%s_14_10_i' % blob[1:]).body == b'0123456789'
