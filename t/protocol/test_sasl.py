"""Every way to log in, by IMAP: LOGIN, PLAIN, LOGIN, SCRAM-SHA-1, SCRAM-SHA-256, SCRAM-SHA-256-PLUS; what is refused;
and one connection served on descriptors 0 and 1 (--inetd)."""
import base64, hashlib, hmac, os, socket, ssl, subprocess, sys, time, unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'lib'))
from postern_test import BIN, Instance

P = None


def setUpModule():
    global P
    P = Instance(accounts=['alice@example.org=secret']).start()


def tearDownModule():
    P.__exit__(None, None, None)


def b64(b):
    return base64.b64encode(b if isinstance(b, bytes) else b.encode()).decode()


class Imap:
    def __init__(self, tls=False):
        self.s = socket.create_connection(('127.0.0.1', P.port('imaps' if tls else 'imap')), timeout=30)
        if tls:
            self.s = ssl._create_unverified_context().wrap_socket(self.s)
        self.f = self.s.makefile('rwb')
        self.greeting = self.line()

    def line(self):
        return self.f.readline().decode().rstrip('\r\n')

    def send(self, text):
        self.f.write(text.encode() + b'\r\n')
        self.f.flush()

    def done(self):
        while True:
            line = self.line()
            if not line or line.startswith('a '):
                return line

    def __call__(self, command):
        self.send('a ' + command)
        return self.done()

    def end_point(self):
        """RFC 5929 4: the hash of the server's certificate; SHA-256 here, as the certificate is signed with it."""
        return hashlib.sha256(self.s.getpeercert(binary_form=True)).digest()


def scram(c, user, password, hash_name='sha256', gs2='n,,', binding=b'', spoil=None):
    """Returns the tagged answer and whether the server proved that it knows the password."""
    name = {'sha256': 'SCRAM-SHA-256', 'sha1': 'SCRAM-SHA-1'}[hash_name] + ('-PLUS' if gs2[0] == 'p' else '')
    first = 'n=%s,r=fyko' % user
    c.send('a AUTHENTICATE %s %s' % (name, b64(gs2 + first)))
    line = c.line()
    if not line.startswith('+ '):
        return line, False
    server_first = base64.b64decode(line[2:]).decode()
    got = dict(x.split('=', 1) for x in server_first.split(','))
    salted = hashlib.pbkdf2_hmac(hash_name, password.encode(), base64.b64decode(got['s']), int(got['i']))
    mac = lambda key, text: hmac.new(key, text.encode() if isinstance(text, str) else text, hash_name).digest()
    nonce = got['r'] if spoil != 'nonce' else got['r'] + 'x'
    bare = 'c=%s,r=%s' % (b64(gs2.encode() + binding), nonce)
    auth = ','.join((first, server_first, bare))
    client_key = mac(salted, 'Client Key')
    signature = mac(hashlib.new(hash_name, client_key).digest(), auth)
    proof = bytes(x ^ y for x, y in zip(client_key, signature))
    c.send(b64(bare + ',p=' + b64(proof)))
    line = c.line()
    if not line.startswith('+ '):
        return line, False
    proved = base64.b64decode(line[2:]).decode() == 'v=' + b64(mac(mac(salted, 'Server Key'), auth))
    c.send('')
    return c.done(), proved


# shows: AUTH=PLAIN AUTH=LOGIN AUTH=SCRAM-SHA-1 AUTH=SCRAM-SHA-1-PLUS AUTH=SCRAM-SHA-256 AUTH=SCRAM-SHA-256-PLUS
class Good(unittest.TestCase):
    def test_what_is_offered_works(self):
        c = Imap(tls=True)
        offered = {w[5:] for w in c.greeting.replace(']', ' ').split() if w.startswith('AUTH=')}
        self.assertEqual(offered, {'PLAIN', 'LOGIN', 'SCRAM-SHA-1', 'SCRAM-SHA-1-PLUS', 'SCRAM-SHA-256', 'SCRAM-SHA-256-PLUS'})

    def test_login_and_plain(self):
        self.assertTrue(Imap()('LOGIN alice@example.org secret').startswith('a OK'))
        self.assertTrue(Imap()('AUTHENTICATE PLAIN ' + b64('\0alice@example.org\0secret')).startswith('a OK'))
        c = Imap()
        c.send('a AUTHENTICATE PLAIN')
        self.assertTrue(c.line().startswith('+'))
        c.send(b64('\0alice\0secret'))
        self.assertTrue(c.done().startswith('a OK'))

    def test_sasl_login(self):
        c = Imap()
        c.send('a AUTHENTICATE LOGIN')
        self.assertTrue(c.line().startswith('+'))
        c.send(b64('alice@example.org'))
        self.assertTrue(c.line().startswith('+'))
        c.send(b64('secret'))
        self.assertTrue(c.done().startswith('a OK'))

    def test_scram(self):
        for hash_name in ('sha256', 'sha1'):
            answer, proved = scram(Imap(), 'alice@example.org', 'secret', hash_name)
            self.assertTrue(answer.startswith('a OK'), answer)
            self.assertTrue(proved)

    def test_scram_plus_by_end_point(self):
        for hash_name in ('sha256', 'sha1'):
            c = Imap(tls=True)
            answer, proved = scram(c, 'alice@example.org', 'secret', hash_name, gs2='p=tls-server-end-point,,', binding=c.end_point())
            self.assertTrue(answer.startswith('a OK') and proved, answer)

    def test_foreign_hash_gets_scram_keys_at_its_first_plain_login(self):
        hashed = '{SHA}' + b64(hashlib.sha1(b'moved').digest())
        P.postern('account', 'import', '-', input='email,secret\nold@example.org,%s\n' % hashed)
        self.assertFalse(scram(Imap(), 'old@example.org', 'moved')[0].startswith('a OK'))
        self.assertTrue(Imap()('LOGIN old@example.org moved').startswith('a OK'))
        # The keys are made behind the login, so that it need not wait for them.
        for _ in range(100):
            answer = scram(Imap(), 'old@example.org', 'moved')[0]
            if answer.startswith('a OK'):
                break
            time.sleep(0.1)
        self.assertTrue(answer.startswith('a OK'), answer)


class Bad(unittest.TestCase):
    def test_wrong_password_and_unknown_user_look_alike(self):
        one = Imap()('LOGIN alice@example.org wrong')
        two = Imap()('LOGIN nobody@example.org wrong')
        self.assertEqual(one, two)
        self.assertTrue(one.startswith('a NO [AUTHENTICATIONFAILED]'), one)
        one, two = scram(Imap(), 'alice@example.org', 'wrong')[0], scram(Imap(), 'nobody@example.org', 'wrong')[0]
        self.assertEqual(one, two)
        self.assertTrue(one.startswith('a NO'))

    def test_S19_scram(self):
        self.assertTrue(scram(Imap(), 'alice@example.org', 'secret', spoil='nonce')[0].startswith('a NO'))
        c = Imap(tls=True)
        wrong = scram(c, 'alice@example.org', 'secret', gs2='p=tls-server-end-point,,', binding=b'x' * 32)[0]
        self.assertTrue(wrong.startswith('a NO'), wrong)
        # The client says that we offer no binding although we do: somebody took it out of the list (RFC 5802 6).
        self.assertTrue(scram(Imap(tls=True), 'alice@example.org', 'secret', gs2='y,,')[0].startswith('a NO'))

    def test_S18_malformed(self):
        for initial in ('=', '!!!!', b64('no nul'), b64('\0'), b64('\0a\0b\0c'), b64(os.urandom(3000))):
            answer = Imap()('AUTHENTICATE PLAIN ' + initial)
            self.assertTrue(answer.startswith(('a NO', 'a BAD')), (initial, answer))
        c = Imap()
        c.send('a AUTHENTICATE PLAIN')
        c.line()
        c.send('*')
        self.assertTrue(c.done().startswith('a BAD'))
        self.assertTrue(c('LOGIN alice@example.org secret').startswith('a OK'))
        self.assertTrue(c('AUTHENTICATE PLAIN ' + b64('\0alice\0secret')).startswith('a BAD'))


class Inetd(unittest.TestCase):
    def run_on_a_pair(self, program, script, expect):
        ours, theirs = socket.socketpair()
        child = subprocess.Popen([os.path.join(BIN, program), '-C', P.etc, '--inetd'], stdin=theirs, stdout=theirs,
                                 stderr=subprocess.PIPE, env=P.env)
        theirs.close()
        ours.settimeout(30)
        f = ours.makefile('rwb')
        f.readline()
        f.write(script)
        f.flush()
        out = f.read()
        self.assertEqual(child.wait(30), 0, child.stderr.read())
        child.stderr.close()
        self.assertIn(expect, out)

    def test_imapd(self):
        self.run_on_a_pair('imapd', b'a LOGIN alice@example.org secret\r\nb SELECT INBOX\r\nc LOGOUT\r\n', b'b OK')

    def test_lmtpd(self):
        self.run_on_a_pair('lmtpd', b'LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<alice@example.org>\r\nBDAT 3 LAST\r\n\n\r\nQUIT\r\n', b'250 2.0.0 <alice@example.org>')


if __name__ == '__main__':
    unittest.main(warnings='ignore')
