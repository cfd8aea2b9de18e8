#!/usr/bin/env python3
"""submit: one message to one SMTP host, which is played here: what it announces is used, what it refuses is told apart."""
import os, socket, ssl, subprocess, sys, tempfile, threading, unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from postern_test import BIN  # noqa: E402

ALL = ('SIZE 100000', '8BITMIME', 'SMTPUTF8', 'DSN', 'DELIVERBY 60')
OK, USAGE, DATA, NOUSER, AGAIN = 0, 64, 65, 67, 75
MESSAGE = b'Subject: x\r\n\r\n.dot\r\nlast'


class Host:
    """An SMTP host for one connection.  `answers`: by the first word of a command or a whole line, instead of the usual."""

    def __init__(self, extensions=ALL, answers=None, hello='220 mx.example.net ESMTP', tls=None, connections=1):
        self.extensions, self.answers, self.hello, self.tls = extensions, answers or {}, hello, tls
        self.said, self.message, self.connections = [], None, connections
        self.listening = socket.create_server(('127.0.0.1', 0))
        self.port = self.listening.getsockname()[1]
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        for _ in range(self.connections):
            self.serve_one(self.listening.accept()[0])

    def serve_one(self, s):
        s.settimeout(60)
        f = s.makefile('rwb')

        def say(text):
            f.write(text.encode() + b'\r\n')
            f.flush()
        try:
            say(self.hello)
            while line := f.readline():
                line = line.decode('utf-8', 'replace').rstrip('\r\n')
                self.said.append(line)
                word = line.split(' ')[0]
                answer = self.answers.get(line, self.answers.get(word))
                if answer == 'gone':
                    break
                if word == 'STARTTLS' and not answer:
                    f.write(b'220 go ahead\r\n' + (b'250 injected\r\n' if self.tls == 'inject' else b''))
                    f.flush()
                    if self.tls in ('inject', 'broken'):
                        s.sendall(b'this is no TLS\r\n')
                        continue
                    s = self.tls.wrap_socket(s, server_side=True)
                    f = s.makefile('rwb')
                    self.said.append(s.version())
                    continue
                if answer:
                    say(answer)
                elif word == 'EHLO':
                    lines = ['mx.example.net', *self.extensions]
                    for i, e in enumerate(lines):
                        say('250%s%s' % (' ' if i + 1 == len(lines) else '-', e))
                elif word == 'DATA':
                    say('354 go on')
                    self.message = b''
                    while (text := f.readline()) not in (b'.\r\n', b''):
                        self.message += text
                    say(self.answers.get('.', '250 taken'))
                elif word == 'QUIT':
                    break
                else:
                    say('250 ok')
        except OSError:
            pass
        s.close()

    def close(self):
        self.listening.close()
        self.thread.join(60)


class Submit(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.ca = folder.name + '/cert.pem'
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj',
                        '/CN=mx.example.net', '-addext', 'subjectAltName=DNS:mx.example.net', '-keyout', folder.name + '/key.pem', '-out', cls.ca],
                       check=True, stderr=subprocess.DEVNULL)
        cls.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        cls.tls.load_cert_chain(cls.ca, folder.name + '/key.pem')

    def run_(self, *words, message=MESSAGE, env=None):
        r = subprocess.run([os.path.join(BIN, 'submit'), *words], input=message, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           timeout=60, env=dict(os.environ, ASAN_OPTIONS='detect_leaks=0', **(env or {})))
        return r.returncode, r.stderr.decode()

    def send(self, *words, to=('b@example.net',), env=None, message=MESSAGE, **host):
        h = Host(**host)
        status, said = self.run_('--host=127.0.0.1:%d' % h.port, *words, '--', *to, env=env, message=message)
        h.close()
        return status, said, h

    def test_a_message(self):
        status, said, h = self.send('-i', '-f', 'a@example.org', to=('b@example.net', 'c@example.net'))
        self.assertEqual((status, said), (OK, ''))
        self.assertEqual(h.said, ['EHLO localhost', 'MAIL FROM:<a@example.org> SIZE=24', 'RCPT TO:<b@example.net>', 'RCPT TO:<c@example.net>', 'DATA', 'QUIT'])
        self.assertEqual(h.message, b'Subject: x\r\n\r\n..dot\r\nlast\r\n')
        status, _, h = self.send('-f<>', '--helo=lmtp.example.org', extensions=())
        self.assertEqual((status, h.said[0], h.said[1]), (OK, 'EHLO lmtp.example.org', 'MAIL FROM:<>'))

    def test_notifications_and_time_limits_where_they_are_announced(self):
        wishes = ('-f', 'a@example.org', '-N', 'success,delay', '-R', 'hdrs')
        status, _, h = self.send(*wishes, env={'DELIVERBY': '600;NT'})
        self.assertEqual(status, OK)
        self.assertEqual(h.said[1:3], ['MAIL FROM:<a@example.org> SIZE=24 RET=HDRS BY=600;NT', 'RCPT TO:<b@example.net> NOTIFY=SUCCESS,DELAY'])
        status, _, h = self.send(*wishes, env={'DELIVERBY': '600;N'}, extensions=())
        self.assertEqual((status, h.said[1:3]), (OK, ['MAIL FROM:<a@example.org>', 'RCPT TO:<b@example.net>']))
        # RFC 2852 4.1.4.1: not to a host that would deliver it late.
        for extensions, by in (((), '600;R'), (ALL, '59;R')):
            status, said, h = self.send(env={'DELIVERBY': by}, extensions=extensions)
            self.assertEqual((status, len(h.said)), (DATA, 1), said)
        status, _, h = self.send('-f', 'a@example.org', env={'DELIVERBY': '60;R'})
        self.assertEqual((status, h.said[1]), (OK, 'MAIL FROM:<a@example.org> SIZE=24 BY=60;R'))

    def test_starttls(self):
        offers = dict(extensions=('SIZE 1000', 'STARTTLS'), tls=self.tls)
        for words in ((), ('--tls=must',), ('--tls-name=mx.example.net', '--ca=' + self.ca)):
            status, said, h = self.send('-f', 'a@example.org', *words, **offers)
            self.assertEqual((status, h.said[:2], h.said[2][:3], h.said[3]), (OK, ['EHLO localhost', 'STARTTLS'], 'TLS', 'EHLO localhost'), said)
            self.assertEqual(h.message, b'Subject: x\r\n\r\n..dot\r\nlast\r\n')
        status, _, h = self.send('--tls=never', **offers)
        self.assertEqual((status, h.said[1][:4]), (OK, 'MAIL'))
        # Where it has to be, nothing is said without it; where it may be, the mail goes without.
        for host in (dict(extensions=()), dict(extensions=('STARTTLS',), answers={'STARTTLS': '454 not now'})):
            status, said, h = self.send('--tls=must', **host)
            self.assertEqual((status, h.message), (AGAIN, None), said)
            self.assertFalse([line for line in h.said if line.startswith('MAIL')])
            self.assertEqual(self.send(**host)[0], OK)
        # A certificate of another name, or of somebody unknown.
        for words in (('--tls-name=other.example.net', '--ca=' + self.ca), ('--tls-name=mx.example.net',)):
            status, said, h = self.send(*words, **offers)
            self.assertEqual((status, h.message), (AGAIN, None), said)
            self.assertIn('TLS with the host failed', said)

    def test_starttls_that_does_not_work(self):
        for kind in ('broken', 'inject'):
            status, said, h = self.send('--tls=must', extensions=('STARTTLS',), tls=kind)
            self.assertEqual((status, h.message), (AGAIN, None), said)
            # Where it may be, a second connection does without.
            status, said, h = self.send('--tls=may', extensions=('STARTTLS',), tls=kind, connections=2)
            self.assertEqual((status, h.message), (OK, b'Subject: x\r\n\r\n..dot\r\nlast\r\n'), said)

    def test_eight_bits(self):
        status, _, h = self.send('-f', 'a@example.org', message=b'Subject: x\n\n\xc3\xbc\n')
        self.assertEqual((status, h.said[1]), (OK, 'MAIL FROM:<a@example.org> SIZE=15 BODY=8BITMIME'))
        status, _, h = self.send('-f', 'a@example.org', message=b'Subject: \xc3\xbc\n\nx\n')
        self.assertEqual((status, h.said[1]), (OK, 'MAIL FROM:<a@example.org> SIZE=15 BODY=8BITMIME SMTPUTF8'))
        status, said, h = self.send(to=('gr\u00fc\u00df@example.net',), extensions=('8BITMIME',))
        self.assertEqual((status, h.message), (NOUSER, None), said)

    def test_refusals(self):
        # One recipient that the host never takes: the others have it, and it is named.
        status, said, h = self.send(to=('no@example.net', 'b@example.net'), answers={'RCPT TO:<no@example.net>': '550 5.1.1 nobody'})
        self.assertEqual(status, OK)
        self.assertIn('no@example.net: RCPT was answered 550 5.1.1 nobody', said)
        self.assertIsNotNone(h.message)
        # One that it does not take now: nobody has it, so that a second try repeats nothing.
        status, said, h = self.send(to=('b@example.net', 'later@example.net'), answers={'RCPT TO:<later@example.net>': '451 later'})
        self.assertEqual((status, h.message), (AGAIN, None), said)
        for answers, expected in (({'RCPT': '550 no'}, NOUSER), ({'MAIL': '550 no'}, DATA), ({'MAIL': '451 no'}, AGAIN), ({'.': '554 spam'}, DATA),
                                  ({'.': '452 full'}, AGAIN), ({'DATA': 'gone'}, AGAIN), ({'EHLO': '421 bye'}, AGAIN),
                                  ({'EHLO': '250 ' + 'x' * 10000}, AGAIN), ({'EHLO': 'nonsense'}, AGAIN), ({'MAIL': '\r\n'.join(['250-x'] * 201)}, AGAIN)):
            status, said, _ = self.send(answers=answers)
            self.assertEqual(status, expected, (str(answers)[:60], said))
        self.assertEqual(self.send(hello='554 go away')[0], DATA)
        # An old host.
        status, _, h = self.send('-N', 'never', answers={'EHLO': '502 what'})
        self.assertEqual((status, h.said[1], h.said[3]), (OK, 'HELO localhost', 'RCPT TO:<b@example.net>'))

    def test_words(self):
        for words in ((), ('--host=127.0.0.1',), ('--host=localhost', 'b@x'), ('--host=127.0.0.1:0', 'b@x'), ('--host=127.0.0.1', '-x', 'b@x'),
                      ('--host=127.0.0.1', '-N', 'sometimes', 'b@x'), ('--host=127.0.0.1', '-R', 'half', 'b@x'),
                      ('--host=127.0.0.1', '--helo=a b', 'b@x'), ('--host=127.0.0.1', '--tls=perhaps', 'b@x'),
                      ('--host=127.0.0.1', '--tls=never', '--tls-name=a', 'b@x'), ('--host=127.0.0.1', '--ca=/x', 'b@x'), ('--host=127.0.0.1', '--timeout=0', 'b@x'), ('--host=[::1', 'b@x')):
            status, said = self.run_(*words)
            self.assertEqual(status, USAGE, (words, said))
        self.assertEqual(self.run_('--host=127.0.0.1:1', 'b@x', env={'DELIVERBY': 'soon'})[0], USAGE)
        status, said = self.run_('--host=127.0.0.1:1', '--timeout=5', 'b@example.net')
        self.assertEqual(status, AGAIN, said)
        self.assertIn('connecting to 127.0.0.1 port 1', said)

    def test_nothing_in_an_address_becomes_a_command(self):
        status, said, h = self.send(to=('b@x>\r\nRSET\r\nRCPT TO:<c@x',))
        self.assertEqual((status, h.message), (NOUSER, None), said)
        self.assertNotIn('RSET', h.said)


if __name__ == '__main__':
    unittest.main()
