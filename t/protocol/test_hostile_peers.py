"""Peers that are slow, silent, many or malicious, by the numbers of RELIABILITY.md, against one instance.

After each case a second client is served as before, and no process has ended.
"""
import base64, json, os, re, resource, shutil, signal, socket, ssl, struct, subprocess, sys, time, unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from postern_test import BIN, Instance  # noqa: E402

MANY = 1000
WHO = 'alice@example.org'


def setUpModule():
    global p
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 20000), hard))
    # X03: what the surroundings say about databases and temporary files is not listened to.
    p = Instance(env={'DB_HOME': '/nonexistent', 'TMPDIR': '/nonexistent', 'DB_CONFIG': 'set_flags DB_TXN_NOSYNC'})
    p.__enter__()


def tearDownModule():
    p.__exit__(None, None, None)


def read(path):
    with open(path) as f:
        return f.read()


def process(name):
    """The number of master's first child of this name."""
    for d in sorted(filter(str.isdigit, os.listdir('/proc')), key=int):
        try:
            found, rest = read('/proc/%s/stat' % d).split('(', 1)[1].rsplit(')', 1)
        except OSError:
            continue
        if found == name and int(rest.split()[1]) == p.master.pid:
            return int(d)


def deaths():
    return read(os.path.join(p.dir, 'master.out')).count('event=died')


def memory(pid):
    return int(re.search(r'VmRSS:\s+(\d+)', read('/proc/%d/status' % pid))[1]) << 10


def ticks(pid):
    return sum(map(int, read('/proc/%d/stat' % pid).rsplit(')', 1)[1].split()[11:13]))


def connect(service, greeting=True):
    s = socket.create_connection(('127.0.0.1', p.port(service)), timeout=60)
    if greeting:
        assert s.recv(4096)
    return s


def rest_of(s):
    """Everything until the end; an end by reset counts."""
    out = b''
    try:
        while True:
            data = s.recv(65536)
            if not data:
                return out
            out += data
    except ConnectionError:
        return out


class Hostile(unittest.TestCase):
    def setUp(self):
        self.deaths = deaths()

    def tearDown(self):
        self.still_well()
        self.assertEqual(deaths(), self.deaths, 'a process ended')

    def still_well(self):
        c = p.imap()
        c.select('INBOX')
        self.assertEqual(c.noop()[0], 'OK')
        c.logout()
        self.assertTrue(p.deliver(WHO, 'Subject: still well\r\n\r\nx\r\n')[0].startswith('250'))

    def many(self, service, count=MANY, greeting=False):
        socks = [connect(service, greeting) for _ in range(count)]
        self.addCleanup(lambda: [s.close() for s in socks])
        return socks


class Slow(Hostile):
    def test_thousand_clients_that_say_nothing_or_half(self):
        for service, half in (('imap', b'a1 LOG'), ('lmtp', b'LHL'), ('http', b'GET / HT')):
            for s in self.many(service, MANY // 2)[::2]:
                s.sendall(half)
            self.still_well()

    def test_A03_half_handshakes(self):
        for service in ('imaps', 'https'):
            for i, s in enumerate(self.many(service, MANY // 2)):
                s.sendall((b'', b'\x16', b'\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', b'\x16\x03\x01\x00\x00')[i % 4])
            context = ssl._create_unverified_context()
            with context.wrap_socket(connect(service, False)) as t:
                self.assertTrue(t.version())

    def test_A03_hello_of_every_bad_kind(self):
        context = ssl._create_unverified_context()
        for name in ('a' * 63 + '.example.org', 'xn--', 'localhost'):
            with context.wrap_socket(connect('imaps', False), server_hostname=name) as t:
                self.assertIn(b'OK', t.recv(4096))
        context.set_alpn_protocols(['h2', 'smtp'])
        try:    # a protocol that is not ours: an alert, or no protocol at all
            with context.wrap_socket(connect('imaps', False), server_hostname='localhost') as t:
                self.assertIsNone(t.selected_alpn_protocol())
        except ssl.SSLError:
            pass
        for size in (0, 1, 255, 65535):     # kMaxSniName: names that no host has
            hello = client_hello(b'a\0b' if size == 1 else b'a' * size)
            with connect('imaps', False) as s:
                s.sendall(hello)
                s.shutdown(socket.SHUT_WR)
                rest_of(s)
        with connect('imaps', False) as s:      # records of no length, for ever
            s.settimeout(60)
            try:
                for _ in range(2000):
                    s.sendall(b'\x16\x03\x01\x00\x00' * 100)
            except OSError:
                pass
            s.close()

    def test_I16_idle_for_ever_and_never_reading(self):
        idle = []
        for i in range(MANY // 4):
            s = connect('imap')
            s.sendall(b'a LOGIN %s secret\r\nb SELECT INBOX\r\nc IDLE\r\n' % WHO.encode())
            idle.append(s)
        self.addCleanup(lambda: [s.close() for s in idle])
        for s in idle:
            data = b''
            while b'\r\n+ ' not in data:
                data += s.recv(65536)
        p.deliver(WHO, 'Subject: news\r\n\r\nx\r\n')
        for s in idle:
            self.assertIn(b'EXISTS', s.recv(65536))
        # One that asks for much and reads nothing keeps its own output small: it is not read any more.
        big = b'Subject: big\r\n\r\n' + b'0123456789abcde\r\n' * 60000
        c = p.imap()
        c.append('INBOX', None, None, big)
        c.select('INBOX')
        uid = c.uid('search', None, 'SUBJECT', 'big')[1][0].split()[-1]
        c.logout()
        for s in idle:
            s.close()
        imapd = process('imapd')
        before = memory(imapd)
        deaf = connect('imap')
        self.addCleanup(deaf.close)
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.sendall(b'a LOGIN %s secret\r\nb SELECT INBOX\r\n' % WHO.encode())
        deaf.setblocking(False)
        sent = 0
        for i in range(200):
            try:
                sent += deaf.send(b'c%d UID FETCH %s BODY.PEEK[]\r\n' % (i, uid))
            except BlockingIOError:
                break
        self.still_well()
        self.assertLess(memory(imapd) - before, 100 << 20, 'output of a client that never reads piles up')


def client_hello(name):
    sni = struct.pack('>HBH', len(name) + 3, 0, len(name)) + name if len(name) < 60000 else struct.pack('>HBH', 65535, 0, 65532) + name[:100]
    extension = struct.pack('>HH', 0, len(sni)) + sni
    body = b'\x03\x03' + b'r' * 32 + b'\0' + b'\0\x02\xc0\x2f' + b'\x01\0' + struct.pack('>H', len(extension)) + extension
    return b'\x16\x03\x01' + struct.pack('>H', len(body) + 4) + b'\x01' + struct.pack('>I', len(body))[1:] + body


class Login(Hostile):
    def answers(self, user, password):
        s = connect('imap')
        s.sendall(b'a LOGIN %s %s\r\n' % (user, password))
        line = s.recv(4096)
        s.close()
        return line

    def test_A02_unknown_user_and_wrong_password_look_alike(self):
        self.assertEqual(self.answers(b'nobody@example.org', b'wrong'), self.answers(WHO.encode(), b'wrong'))
        plain = lambda user: base64.b64encode(b'\0' + user + b'\0wrong')
        for user in (b'nobody@example.org', WHO.encode(), b'x@nowhere.example', b'', b'a%@*(.org'):
            s = connect('imap')
            s.sendall(b'a AUTHENTICATE PLAIN %s\r\n' % plain(user))
            self.assertRegex(s.recv(4096), rb'^a NO \[AUTHENTICATIONFAILED\]')
            s.close()

    def test_A02_one_connection_has_few_tries(self):
        s = connect('imap')
        s.sendall(b''.join(b'a%d LOGIN %s wrong%d\r\n' % (i, WHO.encode(), i) for i in range(50)))
        out = rest_of(s)
        self.assertEqual(out.count(b' NO '), 3)     # imap.login_failures
        self.assertIn(b'* BYE', out)

    def test_J15_tokens_of_no_worth(self):
        none = base64.urlsafe_b64encode(json.dumps({'alg': 'none', 'kid': '../../etc/passwd'}).encode()).rstrip(b'=')
        body = base64.urlsafe_b64encode(json.dumps({'sub': WHO}).encode()).rstrip(b'=')
        for value in (b'Bearer ' + none + b'.' + body + b'.', b'Bearer', b'Bearer ' + b'a' * 6000, b'Digest x', b'Basic !!!!',
                      b'Basic ' + base64.b64encode(WHO.encode())):
            s = connect('http', False)
            s.sendall(b'GET /jmap/session HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: ' + value + b'\r\n\r\n')
            self.assertRegex(rest_of(s), rb'^HTTP/1.1 40[01] ')


class StartTls(Hostile):
    """S08: what is sent in clear behind STARTTLS is never obeyed, whichever way it is cut."""
    def test_S08_imap(self):
        for extra in (b'b LOGIN %s secret\r\n' % WHO.encode(), b'b', b'b NOOP\r\nc NOOP\r\n'):
            s = connect('imap')
            s.sendall(b'a STARTTLS\r\n' + extra)
            out = rest_of(s) if extra else b''
            self.assertNotIn(b'b OK', out)
        s = connect('imap')
        s.sendall(b'a STARTTLS now\r\n')
        self.assertRegex(s.recv(4096), rb'^a BAD')
        s.close()

    def test_S08_lmtp(self):
        for extra in (b'RSET\r\nMAIL FROM:<x@y>\r\n', b'X', b'LHLO again\r\n'):
            s = connect('lmtp')
            s.sendall(b'LHLO x\r\nSTARTTLS\r\n' + extra)
            out = rest_of(s)
            self.assertNotIn(b'sender ok', out)
            self.assertNotIn(b'reset', out)
        s = connect('lmtp')
        s.sendall(b'LHLO x\r\nMAIL FROM:<>\r\nSTARTTLS now\r\n')
        out = b''
        while out.count(b'\r\n') < 11 and b'501' not in out:
            out += s.recv(4096)
        self.assertIn(b'501', out)
        s.sendall(b'STARTTLS\r\n')
        self.assertIn(b'220', s.recv(4096))
        t = ssl._create_unverified_context().wrap_socket(s)
        t.sendall(b'RCPT TO:<%s>\r\nSTARTTLS\r\n' % WHO.encode())   # the state before is gone, and once is enough
        out = b''
        while out.count(b'\r\n') < 2:
            out += t.recv(4096)
        self.assertEqual([line[:3] for line in out.splitlines()], [b'503', b'503'])
        t.close()

    def test_S08_inside_data(self):
        s = connect('lmtp')
        s.sendall(b'LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<%s>\r\nDATA\r\nSubject: starttls\r\n\r\nSTARTTLS\r\n.\r\nQUIT\r\n' % WHO.encode())
        self.assertIn(b'delivered', rest_of(s))


class Mailboxes(Hostile):
    def test_I09_wildcards_over_many_mailboxes(self):
        c = p.imap('bob@example.org')
        for i in range(0, 2000, 100):
            c.send(b''.join(b'x%d CREATE %s/%d\r\n' % (n, b'abcdefghij'[n % 10:n % 10 + 1] * 20, n) for n in range(i, i + 100)))
            for _ in range(100):
                while not c.readline().startswith(b'x'):
                    pass
        c.send(b'y LIST "" ' + b'%*' * 2500 + b'\r\n')
        other = p.imap()
        self.assertEqual(other.noop()[0], 'OK')
        other.logout()
        lines = 0
        while not (line := c.readline()).startswith(b'y '):
            lines += line.startswith(b'* LIST')
        self.assertTrue(line.startswith(b'y OK'))
        self.assertGreaterEqual(lines, 2000)
        c.logout()

    def test_I14_mailboxes_of_others_are_as_if_they_were_not(self):
        c = p.imap()
        c.select('INBOX')
        c.append('INBOX', None, None, b'Subject: x\r\n\r\nx\r\n')
        there, nowhere = 'Other Users/bob@example.org/INBOX', 'Other Users/carl@example.org/INBOX'
        commands = ('SELECT %s', 'EXAMINE %s', 'STATUS %s (MESSAGES)', 'DELETE %s', 'RENAME %s new', 'SUBSCRIBE %s', 'COPY 1 %s',
                    'MOVE 1 %s', 'LIST "" %s', 'LSUB "" %s', 'UNSUBSCRIBE %s', 'APPEND %s {1+}\r\nx')
        for command in commands:
            answers = []
            for name in (there, nowhere):
                c.select('INBOX')
                c.send(('q ' + command % ('"%s"' % name) + '\r\n').encode())
                out = []
                while not out or not out[-1].startswith(b'q '):
                    out.append(c.readline())
                answers.append([line.replace(name.encode(), b'NAME') for line in out])
            self.assertEqual(answers[0], answers[1], command)
            self.assertFalse(any(b'bob' in line for line in answers[0]), answers)
        c.logout()


class Surroundings(Hostile):
    def test_X03_things_left_in_the_spool_are_not_touched(self):
        spool = os.path.join(p.dir, 'var', 'spool')
        victim = os.path.join(p.dir, 'victim')
        with open(victim, 'w') as f:
            f.write('mine')
        os.symlink(victim, os.path.join(spool, 'link'))
        os.mkfifo(os.path.join(spool, 'fifo'))
        os.link(victim, os.path.join(spool, 'hard'))
        before = sorted(os.listdir(spool))
        self.assertTrue(p.deliver(WHO, 'Subject: large\r\n\r\n' + 'x' * 70 + '\r\n' + ('y' * 70 + '\r\n') * 9000)[0].startswith('250'))
        self.assertEqual(sorted(os.listdir(spool)), before)
        self.assertEqual(read(victim), 'mine')

    def test_X04_postern_in_poor_surroundings(self):
        command = [os.path.join(BIN, 'postern'), '-C', p.etc, 'account', 'list']
        env = dict(p.env, **{'BIG%d' % i: 'x' * 100000 for i in range(10)})
        for setup in ('umask 0;', 'ulimit -n 16;', 'exec 0<&-;'):
            r = subprocess.run(['sh', '-c', setup + ' exec "$@"', 'sh'] + command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            self.assertEqual((r.returncode, WHO.encode() in r.stdout), (0, True), setup)
        r = subprocess.run(['sh', '-c', 'exec "$@" >&-', 'sh'] + command, env=env, stderr=subprocess.PIPE)
        self.assertNotEqual(r.returncode, 0, 'a listing that nobody could read was called done')
        self.assertLess(r.returncode, 128)

    def test_F08_out_of_descriptors_at_accept(self):
        pid = process('lmtpd')
        before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        used = max(map(int, os.listdir('/proc/%d/fd' % pid))) + 1
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (used, before[1]))
        try:
            socks = [connect('lmtp', False) for _ in range(5)]
            start = ticks(pid)
            time.sleep(1)
            self.assertLess(ticks(pid) - start, os.sysconf('SC_CLK_TCK') // 2, 'it spins')
        finally:
            resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
        for s in socks:
            self.assertTrue(s.recv(4096).startswith(b'220'))
            s.close()

    def test_F12_reload_with_a_thousand_sessions(self):
        socks = []
        for i in range(MANY):
            s = connect('imap')
            s.sendall(b'a LOGIN %s secret\r\n' % WHO.encode())
            socks.append(s)
        self.addCleanup(lambda: [s.close() for s in socks])
        for s in socks:
            data = b''
            while not data.endswith(b'\r\n'):
                data += s.recv(4096)
            self.assertIn(b'a OK', data)
        p.postern('reload')
        # And once more with other processes: those that are replaced keep their sessions.
        table = os.path.join(p.etc, 'master.conf')
        text = read(table)
        with open(table, 'w') as f:
            f.write(re.sub(r'^(imapd\s+imapd\s+\d+\s+\d+\s+)\S+', r'\g<1>1999', text, flags=re.M))
        p.postern('reload')
        p.master.send_signal(signal.SIGHUP)
        for s in socks:
            s.sendall(b'b NOOP\r\n')
        for s in socks:
            data = b''
            while not data.endswith(b'\r\n'):
                data += s.recv(4096)
            self.assertIn(b'b OK', data)


class Network(Hostile):
    """F17: connections that break, or end on one side, at the worst moment."""
    BODY = b'Subject: %s\r\n\r\n' + b'x' * 70 + b'\r\n'

    def found(self, subject):
        c = p.imap()
        c.select('INBOX', readonly=True)
        n = len(c.uid('SEARCH', 'SUBJECT', subject)[1][0].split())
        c.logout()
        return n

    def reset(self, s):
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        s.close()

    def test_F17_reset_before_the_end(self):
        body = self.BODY % b'cut-off'
        for service, head in (('lmtp', b'LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<%s>\r\nDATA\r\n' % WHO.encode()),
                              ('lmtp', b'LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<%s>\r\nBDAT 5000 LAST\r\n' % WHO.encode()),
                              ('imap', b'a LOGIN %s secret\r\nb APPEND INBOX {5000+}\r\n' % WHO.encode()),
                              ('http', b'POST /jmap/upload/x/ HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\nAuthorization: Basic ' +
                               base64.b64encode(WHO.encode() + b':secret') + b'\r\n\r\n')):
            for wait in (0, 0.1):
                s = connect(service, service != 'http')
                s.sendall(head + body)
                time.sleep(wait)
                self.reset(s)
        self.still_well()
        self.assertEqual(self.found('cut-off'), 0)

    def test_F17_half_closed_after_the_end(self):
        """Whoever says no more may still be told what became of it."""
        s = connect('lmtp')
        s.sendall(b'LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<%s>\r\nDATA\r\n%s.\r\n' % (WHO.encode(), self.BODY % b'half-lmtp'))
        s.shutdown(socket.SHUT_WR)
        self.assertIn(b'delivered', rest_of(s))
        body = self.BODY % b'half-imap'
        s = connect('imap')
        s.sendall(b'a LOGIN %s secret\r\nb APPEND INBOX {%d+}\r\n%s\r\n' % (WHO.encode(), len(body), body))
        s.shutdown(socket.SHUT_WR)
        self.assertIn(b'b OK [APPENDUID', rest_of(s))
        s = connect('http', False)
        s.sendall(b'GET /jmap/session HTTP/1.1\r\nHost: a\r\nAuthorization: Basic ' +
                  base64.b64encode(WHO.encode() + b':secret') + b'\r\n\r\n')
        s.shutdown(socket.SHUT_WR)
        self.assertRegex(rest_of(s), rb'^HTTP/1.1 200 ')
        self.assertEqual((self.found('half-lmtp'), self.found('half-imap')), (1, 1))

    def test_F17_reset_after_the_end(self):
        """What was taken stays: once, whether the answer was heard or not."""
        s = connect('lmtp')
        s.sendall(b'LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<%s>\r\nDATA\r\n%s.\r\n' % (WHO.encode(), self.BODY % b'unheard'))
        out = b''
        while b'delivered' not in out:
            out += s.recv(4096)
        self.reset(s)
        self.assertEqual(self.found('unheard'), 1)


class Flood(unittest.TestCase):
    """Connections beyond what master.conf allows wait in the queue of the socket, and are served when others have left."""
    def test_clients_of_one_process_at_the_limit_and_one_past(self):
        with Instance() as q:
            table = os.path.join(q.etc, 'master.conf')
            text = read(table)
            with open(table, 'w') as f:
                f.write(re.sub(r'^(lmtpd\s+lmtpd)\s+\d+\s+\d+\s+\S+', r'\g<1> 1 1 3', text, flags=re.M))
            q.postern('reload')
            time.sleep(1)
            full = [socket.create_connection(('127.0.0.1', q.port('lmtp')), timeout=30) for _ in range(3)]
            for s in full:
                self.assertTrue(s.recv(100).startswith(b'220'))
            one_more = socket.create_connection(('127.0.0.1', q.port('lmtp')), timeout=1)
            self.assertRaises(TimeoutError, one_more.recv, 100)
            flood = [socket.create_connection(('127.0.0.1', q.port('lmtp')), timeout=30) for _ in range(300)]
            full[0].close()
            one_more.settimeout(30)
            self.assertTrue(one_more.recv(100).startswith(b'220'))
            for s in flood + full + [one_more]:
                s.close()
            self.assertTrue(q.deliver(WHO, 'Subject: x\r\n\r\nx\r\n')[0].startswith('250'))


class ManyNames(unittest.TestCase):
    """A certificate of very many names beside a usual one: served as far as a handshake has room for it (kMaxCertificateBytes),
    refused by name past that."""

    def certificate(self, folder, names):
        conf = os.path.join(folder, 'many.cnf')
        with open(conf, 'w') as f:
            f.write('[req]\ndistinguished_name=d\nx509_extensions=x\nprompt=no\n[d]\nCN=many.example\n[x]\nsubjectAltName=@n\n[n]\n' +
                    ''.join('DNS.%d=n%d.ex\n' % (i, i) for i in range(names)))
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30', '-config', conf,
                        '-keyout', folder + '/many.key', '-out', folder + '/many.crt'], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for name in ('many.key', 'many.crt'):
            os.chmod(os.path.join(folder, name), 0o644)

    def handshake(self, q, name):
        """The certificate that a client gets who asks for this name."""
        with socket.create_connection(('127.0.0.1', q.port('imaps')), timeout=60) as s:
            with ssl._create_unverified_context().wrap_socket(s, server_hostname=name) as t:
                self.assertIn(b'OK', t.recv(4096))
                return t.getpeercert(binary_form=True)

    def test_A03_ten_thousand_names(self):
        if not shutil.which('openssl'):
            self.skipTest('openssl is not there to make a certificate')
        served = 5500
        q = Instance(check_imap=False)
        self.certificate(q.etc, served)
        with open(os.path.join(q.etc, 'postern.conf'), 'a') as f:
            f.write('\ntls.extra = many.crt:many.key\n')
        with q:
            usual = self.handshake(q, 'localhost')
            many = self.handshake(q, 'n%d.ex' % (served - 1))
            self.assertGreater(len(many), 52 << 10)
            self.assertLess(len(usual), 2_000)
            self.assertEqual(self.handshake(q, 'n0.ex'), many)
            self.assertEqual(self.handshake(q, 'n%d.ex' % served), usual)
            # A hundred who ask for it do not leave a hundred of it behind.
            pid = next(x['pid'] for s in json.loads(q.postern('status', '--json').stdout)['services'] if s['name'] == 'imapd'
                       for x in s['processes'])
            before = memory(pid)
            for i in range(100):
                self.handshake(q, 'n%d.ex' % i)
            self.assertLess(memory(pid) - before, 50 * len(many) + (32 << 20))
            # One past the limit: a reload keeps what was there, and says why.
            self.certificate(q.etc, 10_000)
            q.postern('reload')
            end = time.time() + 30
            while 'use several of fewer names' not in q.output() and time.time() < end:
                time.sleep(0.05)
            self.assertRegex(q.output(), r'tls_reload_failed.*many\.crt: its certificates have \d+ bytes')
            self.assertEqual(self.handshake(q, 'localhost'), usual)


if __name__ == '__main__':
    unittest.main(warnings='ignore')
