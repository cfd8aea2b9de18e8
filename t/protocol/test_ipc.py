"""Every private socket against hostile local peers (X01): only that peer is dropped, the daemon stays, a second client is
served; and odd user names (A01) at the doors that take them."""
import array, os, socket, struct, sys, unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'lib'))
from postern_test import Instance

P = None
SOCKETS = {'stored': 'stored/1', 'stored-deliver': 'stored/1', 'stored-search': 'stored/1', 'stored-admin': 'stored/1', 'authd': 'authd/1',
           'authd-deliver': 'authd/1', 'authd-admin': 'authd/1', 'runner': 'runner/1', 'runner-deliver': 'runner/1', 'search': 'searchd/1',
           'authd-index': 'authd/1', 'indexer': 'indexer/1',
           'master': 'control/1'}
REQUEST, REPLY, HELLO = 1, 2, 5


def setUpModule():
    global P
    P = Instance().start()


def tearDownModule():
    P.__exit__(None, None, None)


def frame(kind, payload=b'', id=0, fds=0, length=None, reserved=0):
    return struct.pack('<IBBHQ', len(payload) if length is None else length, kind, fds, reserved, id) + payload


class Peer:
    def __init__(self, name, hello=True):
        self.s = socket.socket(socket.AF_UNIX)
        self.s.settimeout(10)
        self.s.connect(os.path.join(P.dir, 'run', name + '.sock'))
        if hello:
            self.s.sendall(frame(HELLO, SOCKETS[name].encode()))

    def dropped(self):
        """True when the server ends the connection without answering a call."""
        try:
            data = b''
            while True:
                piece = self.s.recv(65536)
                if not piece:
                    break
                data += piece
        except ConnectionError:
            return True
        except socket.timeout:
            return False
        return not any(t == REPLY for t in self.types(data))

    @staticmethod
    def types(data):
        out = []
        while len(data) >= 16:
            n, kind = struct.unpack('<IB', data[:5])
            out.append(kind)
            data = data[16 + n:]
        return out


class X01(unittest.TestCase):
    def setUp(self):
        self.before = self.pids()

    def tearDown(self):
        self.assertEqual(self.pids(), self.before, 'a daemon was restarted')
        self.assertTrue(P.deliver('alice@example.org', 'Subject: alive\n\nx\n')[0].startswith('250'))
        P.imap().logout()

    def pids(self):
        import json
        return {s['name']: [p['pid'] for p in s['processes']] for s in json.loads(P.postern('status', '--json').stdout)['services']}

    def each(self, attack, hello=True):
        for name in SOCKETS:
            with self.subTest(socket=name):
                p = Peer(name, hello)
                try:
                    attack(p)
                except (BrokenPipeError, ConnectionResetError):
                    pass
                self.assertTrue(p.dropped())
                p.s.close()

    def test_garbage(self):
        self.each(lambda p: p.s.sendall(b'GET / HTTP/1.1\r\n\r\n' * 100), hello=False)

    def test_wrong_protocol(self):
        self.each(lambda p: p.s.sendall(frame(HELLO, b'other/9')), hello=False)

    def test_length_past_the_limit(self):
        self.each(lambda p: p.s.sendall(frame(REQUEST, id=1, length=2**32 - 1)))
        self.each(lambda p: p.s.sendall(frame(REQUEST, id=1, length=(1 << 20) + 1)))

    def test_unknown_type_and_reserved_bits(self):
        self.each(lambda p: p.s.sendall(frame(99, b'x', id=1)))
        self.each(lambda p: p.s.sendall(frame(REQUEST, b'', id=1, reserved=7)))
        self.each(lambda p: p.s.sendall(frame(REPLY, b'', id=1)))

    def test_descriptors_missing_or_surplus(self):
        self.each(lambda p: (p.s.sendall(frame(REQUEST, b'', id=1, fds=1)), p.s.shutdown(socket.SHUT_WR)))

        def surplus(p):
            fds = array.array('i', [0, 1, 2])
            p.s.sendmsg([frame(REQUEST, b'', id=1, fds=0)], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
            p.s.shutdown(socket.SHUT_WR)
        for name in SOCKETS:
            p = Peer(name)
            surplus(p)
            p.dropped()   # whatever it answers, tearDown sees that the daemon lives
            p.s.close()

    def test_half_a_message(self):
        self.each(lambda p: (p.s.sendall(frame(REQUEST, b'abcdef', id=1)[:19]), p.s.shutdown(socket.SHUT_WR)))

    def test_malformed_payload_is_an_error_or_the_end(self):
        for name in SOCKETS:
            for payload in (b'', b'\xff' * 64, b'\x0a\xff\xff\xff\xff\x0f', os.urandom(300)):
                p = Peer(name)
                p.s.sendall(frame(REQUEST, payload, id=1))
                p.s.shutdown(socket.SHUT_WR)
                while p.s.recv(65536):
                    pass
                p.s.close()

    def test_no_ticket_no_mail(self):
        # A verb without a ticket, and with a forged one: an error, never data.
        for ticket in (b'', b'\x00' * 200):
            p = Peer('stored')
            body = (b'\x0a' + bytes([len(ticket) & 127 | 128, len(ticket) >> 7]) + ticket if ticket else b'') + b'\x10\x01' + b'\x5a\x00'
            p.s.sendall(frame(REQUEST, body, id=1))
            data = b''
            while REPLY not in Peer.types(data):
                piece = p.s.recv(65536)
                self.assertTrue(piece)
                data += piece
            self.assertIn(b'TICKET', data)
            p.s.close()


class A01(unittest.TestCase):
    NAMES = ['%', '*', '(', 'a..b@example.org', '../alice@example.org', 'x' * 65536, 'al\u0131ce@example.org', 'alice%00@example.org',
             'alice@example.org/../bob@example.org', '""@example.org', 'alice @example.org']

    def test_logins_are_refused_alike(self):
        answers = set()
        for name in self.NAMES:
            s = socket.create_connection(('127.0.0.1', P.port('imap')), timeout=30)
            f = s.makefile('rwb')
            f.readline()
            raw = name.encode()
            if len(raw) > 4000:
                continue
            f.write(b'a LOGIN {%d+}\r\n%s secret\r\n' % (len(raw), raw))
            f.flush()
            line = f.readline()
            answers.add(line)
            s.close()
        self.assertEqual(len(answers), 1, answers)
        self.assertIn(b'a NO [AUTHENTICATIONFAILED]', answers.pop())

    def test_one_canonical_name(self):
        for name in ('ALICE@EXAMPLE.ORG', 'Alice@example.org', 'alice'):
            P.imap(name).logout()

    def test_recipients_stay_data(self):
        for name in (';id', '|x', '$(x)', '-oX', '../a', '%0a'):
            r = P.deliver('%s@example.org' % name, 'Subject: x\n\nx\n')[0]
            self.assertTrue(r.startswith('55'), (name, r))


if __name__ == '__main__':
    unittest.main(warnings='ignore')
