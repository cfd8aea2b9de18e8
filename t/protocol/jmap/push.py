"""EventSource (J10)."""
import json, re, socket, time
from client import message


class Events:
    def __init__(self, c, query, account=None):
        self.s = socket.create_connection(('127.0.0.1', c.instance.port('http')), timeout=10)
        auth = (account or c.alice).auth
        self.s.sendall(('GET /jmap/eventsource/?%s HTTP/1.0\r\nAuthorization: %s\r\n\r\n' % (query, auth)).encode())
        self.f = self.s.makefile('rb')
        self.status = int(self.f.readline().split()[1])
        while self.f.readline() not in (b'\r\n', b''):
            pass

    def next(self):
        """(event, data), or None at the end."""
        name = data = None
        while True:
            line = self.f.readline()
            if not line:
                return None
            line = line.decode().rstrip('\n')
            if line.startswith('event: '):
                name = line[7:]
            elif line.startswith('data: '):
                data = json.loads(line[6:])
            elif line == '' and name:
                return name, data

    def close(self):
        self.f.close()
        self.s.close()


def check_state_changes(c):
    events = Events(c, 'types=*&closeafter=no&ping=0')
    assert events.status == 200
    e = c.alice.add(message(), c.box)
    name, data = events.next()
    assert name == 'state' and data['@type'] == 'StateChange', data
    changed = data['changed'][c.alice.id]
    assert {'Email', 'Mailbox', 'Thread', 'EmailDelivery'} <= set(changed), changed
    assert changed['Email'] == c.alice.state()
    c.alice.call('Email/set', update={e['id']: {'keywords/$flagged': True}})
    changed = events.next()[1]['changed'][c.alice.id]
    assert 'Email' in changed and 'EmailDelivery' not in changed, changed
    events.close()


def check_chunked(c):
    """HTTP/1.1 gives the same in chunks, each as soon as it is there."""
    s = socket.create_connection(('127.0.0.1', c.instance.port('http')), timeout=10)
    s.sendall(('GET /jmap/eventsource/?types=Email&closeafter=state&ping=0 HTTP/1.1\r\nHost: a\r\nAuthorization: %s\r\n\r\n' % c.alice.auth).encode())
    f = s.makefile('rb')
    head = b''
    while not head.endswith(b'\r\n\r\n'):
        head += f.readline()
    assert b'\r\nTransfer-Encoding: chunked\r\n' in head and b'text/event-stream' in head, head
    chunk = lambda: f.read(int(f.readline(), 16) + 2)[:-2]
    assert chunk() == b': begin\n\n'
    c.alice.add(message(), c.box)
    assert chunk().startswith(b'event: state\ndata: ') and chunk() == b''
    s.close()


def check_only_the_types_asked_for(c):
    events = Events(c, 'types=Mailbox&closeafter=state&ping=0')
    c.alice.add(message(), c.box)
    name, data = events.next()
    assert set(data['changed'][c.alice.id]) == {'Mailbox'}
    assert events.next() is None        # closeafter=state
    events.close()


def check_ping(c):
    events = Events(c, 'types=Email&closeafter=no&ping=1')
    began = time.time()
    assert events.next() == ('ping', {'interval': 1})
    assert time.time() - began > 0.5
    events.close()


def check_another_account_is_not_told(c):
    events = Events(c, 'types=*&closeafter=no&ping=0', c.bob)
    c.alice.add(message(), c.box)
    mine = c.bob.add(message('for bob', 'b1'))
    name, data = events.next()
    assert set(data['changed']) == {c.bob.id} and mine
    events.close()


def check_J10_bounds(c):
    assert Events(c, 'types=*&ping=-1').status == 400
    assert Events(c, 'types=*&closeafter=whenever').status == 400
    open_ = [Events(c, 'types=*&ping=1000000000') for i in range(10)]
    assert all(e.status == 200 for e in open_)
    assert Events(c, 'types=*').status == 429
    for e in open_:
        e.close()
    deadline = time.time() + 10
    while True:
        e = Events(c, 'types=*')
        e.close()
        if e.status == 200:
            break
        assert time.time() < deadline
        time.sleep(0.05)


def check_one_model_for_imap_and_jmap(c):
    """What JMAP changes reaches a client in IDLE, what IMAP changes an EventSource, and a delivery by LMTP both."""
    for service in ('imap', 'lmtp'):
        c.instance.wait_port(service)
    e = c.alice.add(message('seen by both'))
    idle = c.instance.imap()
    idle.select('INBOX')
    here = int(idle.uid('SEARCH', 'HEADER', 'SUBJECT', '"seen by both"')[1][0].split()[-1])
    number = int(idle.search(None, 'UID', str(here))[1][0])
    events = Events(c, 'types=Email,EmailDelivery&closeafter=no&ping=0')
    idle.send(b'i1 IDLE\r\n')
    assert idle.readline().startswith(b'+ ')

    def told(pattern):
        while True:
            line = idle.readline()
            assert line, 'closed'
            if re.search(pattern, line):
                return
    # JMAP: a keyword there is a flag here.
    c.alice.call('Email/set', update={e['id']: {'keywords/$flagged': True, 'keywords/work': True}})
    told(rb'^\* %d FETCH \(.*\\Flagged work' % number)
    assert 'Email' in events.next()[1]['changed'][c.alice.id]
    # LMTP wakes both.
    assert c.instance.deliver('alice@example.org', message('by lmtp'))[0].startswith('250')
    told(rb'^\* \d+ EXISTS')
    assert {'Email', 'EmailDelivery'} <= set(events.next()[1]['changed'][c.alice.id])
    # IMAP: a flag there is a keyword here, with the state that the event told.
    other = c.instance.imap()
    other.select('INBOX')
    other.uid('STORE', str(here), '-FLAGS.SILENT', r'(\Flagged)')
    told(rb'^\* %d FETCH \(FLAGS \((?!.*\\Flagged)' % number)
    state = events.next()[1]['changed'][c.alice.id]['Email']
    r = c.alice.call('Email/get', ids=[e['id']], properties=['keywords'])
    assert r['state'] == state and r['list'][0]['keywords'] == {'work': True}, (r, state)
    # An expunge there is a destroyed email here.
    other.uid('STORE', str(here), '+FLAGS.SILENT', r'(\Deleted)')
    events.next()
    other.expunge()
    told(rb'^\* %d EXPUNGE' % number)
    assert e['id'] in c.alice.call('Email/changes', sinceState=state)['destroyed']
    idle.send(b'DONE\r\n')
    told(rb'^i1 OK')
    events.close()
    other.logout()
    idle.shutdown()
