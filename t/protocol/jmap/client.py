"""A JMAP client for tests, and raw HTTP for what no client would send."""
import base64, http.client, itertools, json, socket, ssl, time

USING = ['urn:ietf:params:jmap:core', 'urn:ietf:params:jmap:mail', 'urn:ietf:params:jmap:sieve',
         'urn:ietf:params:jmap:vacationresponse']
MESSAGE = (b'From: Jane <jane@example.net>\r\nTo: alice@example.org\r\nSubject: %s\r\nDate: Thu, 13 Feb 2020 10:00:00 +0000\r\n'
           b'Message-ID: <%s@example.net>\r\n\r\n%s\r\n')


NUMBERS = itertools.count(1)


def message(subject='hello', mid=None, body='body'):
    """Without `mid` it belongs to no thread but its own."""
    mid = mid or 'unique%d' % next(NUMBERS)
    return MESSAGE % (subject.encode(), mid.encode(), body.encode())


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)

    def header(self, name):
        return self.headers.get(name.lower(), '')


class Account:
    """One login.  Keeps a connection."""
    def __init__(self, instance, user='alice@example.org', password='secret', tls=False):
        self.instance, self.user, self.password, self.tls = instance, user, password, tls
        self.auth = 'Basic ' + base64.b64encode(('%s:%s' % (user, password)).encode()).decode()
        self.conn = None
        self.session = self.get('/.well-known/jmap').json()
        self.id = self.session['primaryAccounts']['urn:ietf:params:jmap:mail']

    def connection(self):
        if not self.conn:
            if self.tls:
                context = ssl._create_unverified_context()
                self.conn = http.client.HTTPSConnection('127.0.0.1', self.instance.port('https'), timeout=30, context=context)
            else:
                self.conn = http.client.HTTPConnection('127.0.0.1', self.instance.port('http'), timeout=30)
        return self.conn

    def request(self, method, path, body=None, headers=None, auth=True):
        h = dict(headers or {})
        if auth:
            h.setdefault('Authorization', self.auth)
        for attempt in (0, 1):
            try:
                c = self.connection()
                c.request(method, path, body=body, headers=h)
                r = c.getresponse()
                a = Answer(r.status, {k.lower(): v for k, v in r.getheaders()}, r.read())
                if r.will_close:
                    self.conn = None
                return a
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                self.conn = None
                if attempt:
                    raise

    def get(self, path, **more):
        return self.request('GET', path, headers=more.pop('headers', None), **more)

    def api(self, body, content_type='application/json'):
        return self.request('POST', '/jmap/api', body=body, headers={'Content-Type': content_type})

    def calls(self, *calls, created_ids=None):
        """Each call is (method, arguments); accountId is filled in unless it is there.  Gives the responses."""
        list_ = []
        for i, (name, args) in enumerate(calls):
            args = dict(args)
            if not name.startswith('Core/'):
                args.setdefault('accountId', self.id)
            list_.append([name, args, str(i)])
        body = {'using': USING, 'methodCalls': list_}
        if created_ids is not None:
            body['createdIds'] = created_ids
        a = self.api(json.dumps(body))
        assert a.status == 200, (a.status, a.body)
        self.last = a.json()
        return self.last['methodResponses']

    def call(self, name, **args):
        """The one call's arguments; fails unless it succeeded."""
        r = self.calls((name, args))[0]
        assert r[0] == name, r
        return r[1]

    def error(self, name, **args):
        """The type of the error that the call must give."""
        r = self.calls((name, args))[0]
        assert r[0] == 'error', r
        return r[1]['type']

    def mailboxes(self):
        return {m['role'] or m['name']: m['id'] for m in self.call('Mailbox/get')['list']}

    def upload(self, data, content_type='message/rfc822'):
        a = self.request('POST', '/jmap/upload/%s/' % self.id, body=data, headers={'Content-Type': content_type})
        assert a.status == 201, (a.status, a.body)
        return a.json()

    def add(self, data, mailbox=None, keywords=(), received=None):
        """Imports a message; gives the created email."""
        blob = self.upload(data)['blobId']
        e = {'blobId': blob, 'mailboxIds': {mailbox or self.mailboxes()['inbox']: True},
             'keywords': {k: True for k in keywords}}
        if received:
            e['receivedAt'] = received
        r = self.call('Email/import', emails={'k': e})
        assert r['created'], r
        return r['created']['k']

    def download(self, blob, name='x', type_='application/octet-stream', **more):
        return self.get('/jmap/download/%s/%s/%s?type=%s' % (self.id, blob, name, type_), **more)

    def state(self):
        return self.call('Email/get', ids=[])['state']


class Case:
    def __init__(self, instance):
        self.instance = instance
        self.alice = Account(instance)
        self.bob = Account(instance, 'bob@example.org')
        self.number = 0

    def fresh(self):
        """Mailboxes of its own for the next case."""
        self.number += 1
        r = self.alice.call('Mailbox/set', create={'a': {'name': 'case%d' % self.number}, 'b': {'name': 'other%d' % self.number}})
        assert not r['notCreated'], r
        self.box, self.other = r['created']['a']['id'], r['created']['b']['id']
        self.inbox = self.alice.mailboxes()['inbox']
        return self

    def still_well(self):
        """A second client is served, and master has seen nobody die."""
        assert self.alice.call('Email/get', ids=[]) and self.bob.call('Mailbox/get')['list']

    def raw(self, data, timeout=10, tls=False):
        """Sends bytes on a connection of its own; gives everything that comes back until the end."""
        s = socket.create_connection(('127.0.0.1', self.instance.port('http')), timeout=timeout)
        try:
            s.sendall(data)
        except OSError:
            pass
        out = b''
        try:
            while True:
                piece = s.recv(65536)
                if not piece:
                    break
                out += piece
        except (socket.timeout, ConnectionResetError):
            pass
        s.close()
        return out

    def raw_status(self, data, **more):
        out = self.raw(data, **more)
        return int(out.split(b' ', 2)[1]) if out.startswith(b'HTTP/1.1 ') else 0


def wait_for(what, seconds=10):
    end = time.time() + seconds
    while time.time() < end:
        value = what()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError('waited in vain')
