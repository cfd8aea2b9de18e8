"""LMTP as an MTA sees it: good dialogues, and the cases L01, L02, S01, S13, S16 and M01-M11 of the list of bad inputs.
After each: the process is alive and a second client is served."""
import os, re, socket, sys, unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'lib'))
from postern_test import Instance

P = None


def setUpModule():
    global P
    P = Instance(accounts=['alice@example.org=secret', 'bob@example.org=secret', 'full@example.org=secret'],
                 conf='lmtp.max_message_size = 3M\nlmtp.max_recipients = 200\n').start()
    P.postern('account', 'set', 'full@example.org', '--quota', '300')


def tearDownModule():
    P.__exit__(None, None, None)


class Dialogue:
    def __init__(self, lhlo=True):
        self.s = socket.create_connection(('127.0.0.1', P.port('lmtp')), timeout=60)
        self.f = self.s.makefile('rwb')
        self.banner = self.reply()
        if lhlo:
            self.extensions = self('LHLO client.example')

    def reply(self):
        out = []
        while True:
            line = self.f.readline()
            if not line:
                raise EOFError('closed after ' + ''.join(out))
            out.append(line.decode())
            if line[3:4] == b' ':
                return ''.join(out)

    def send(self, data):
        self.f.write(data if isinstance(data, bytes) else data.encode())
        self.f.flush()

    def __call__(self, command):
        self.send((command if isinstance(command, bytes) else command.encode()) + b'\r\n')
        return self.reply()

    def start(self, *to, mail='MAIL FROM:<s@example.net>'):
        assert self(mail).startswith('250')
        return [self('RCPT TO:<%s>' % t) for t in to]

    def message(self, body):
        assert self('DATA').startswith('354')
        self.send(body)


def count(user='alice@example.org', box='INBOX'):
    c = P.imap(user)
    typ, data = c.select(box, readonly=True)
    c.logout()
    return int(data[0]) if typ == 'OK' else None


def last(user='alice@example.org', box='INBOX'):
    c = P.imap(user)
    n = c.select(box, readonly=True)[1][0].decode()
    body = c.fetch(n, '(BODY.PEEK[])')[1][0][1]
    c.logout()
    return body


class Good(unittest.TestCase):
    def test_extensions(self):
        d = Dialogue()
        for e in ('PIPELINING', 'SIZE 3145728', '8BITMIME', 'ENHANCEDSTATUSCODES', 'CHUNKING', 'BINARYMIME', 'SMTPUTF8', 'STARTTLS'):
            self.assertIn(e, d.extensions)
        self.assertTrue(d('HELO x').startswith('500'))
        self.assertTrue(d('QUIT').startswith('221'))

    def test_trace_fields_and_bytes(self):
        d = Dialogue()
        d.start('alice@example.org')
        d.message('Subject: t\r\n\r\n..dot\r\n\xe9\x00 \r bare\r\n.\r\n'.encode('latin1'))
        self.assertTrue(d.reply().startswith('250 2.0.0'))
        body = last()
        self.assertTrue(body.startswith(b'Return-Path: <s@example.net>\r\nDelivered-To: alice@example.org\r\nReceived: from client.example (127.0.0.1)'))
        self.assertTrue(body.endswith(b'Subject: t\r\n\r\n.dot\r\n\xe9\x80 \r bare\r\n'), body)

    def test_trace_fields_are_found(self):
        """They are in no header cache: each time the message itself is asked."""
        d = Dialogue()
        d.start('alice@example.org', mail='MAIL FROM:<rarely@example.net>')
        d.message('Subject: traced\r\n\r\nx\r\n.\r\n')
        self.assertTrue(d.reply().startswith('250'))
        c = P.imap('alice@example.org')
        n = c.select('INBOX', readonly=True)[1][0]
        for _ in range(2):
            self.assertEqual(c.search(None, 'HEADER', 'Return-Path', 'rarely')[1], [n])
            self.assertEqual(c.search(None, 'HEADER', 'Delivered-To', 'alice', 'SUBJECT', 'traced')[1], [n])
            self.assertEqual(c.search(None, 'NOT', 'HEADER', 'Return-Path', '""', 'SUBJECT', 'traced')[1], [b''])
        c.logout()

    def test_pipelining_and_bdat(self):
        d = Dialogue()
        d.send('MAIL FROM:<>\r\nRCPT TO:<alice@example.org>\r\nRCPT TO:<bob@example.org>\r\nBDAT 14\r\nSubject: b\r\n\r\nBDAT 4 LAST\r\nhi\r\n')
        replies = [d.reply() for _ in range(6)]
        self.assertEqual([r[:3] for r in replies], ['250'] * 6)
        self.assertTrue(last('bob@example.org').endswith(b'Subject: b\r\n\r\nhi\r\n'))

    def test_binarymime_needs_bdat(self):
        d = Dialogue()
        d.start('alice@example.org', mail='MAIL FROM:<> BODY=BINARYMIME')
        self.assertTrue(d('DATA').startswith('503'))

    def test_detail_goes_to_the_mailbox_without_case(self):
        P.postern('mailbox', 'create', '--account', 'bob@example.org', 'Lists')
        before = count('bob@example.org')
        self.assertTrue(P.deliver('bob+lists@example.org', 'Subject: d\n\nx\n')[0].startswith('250'))
        self.assertEqual(count('bob@example.org', 'Lists'), 1)
        self.assertTrue(P.deliver('bob+nothere@example.org', 'Subject: d\n\nx\n')[0].startswith('250'))
        self.assertEqual(count('bob@example.org'), before + 1)

    def test_an_account_that_goes_and_comes_back_is_known_at_once(self):
        for turn in range(3):
            P.postern('account', 'add', 'carol@example.org', input='secret\n')
            self.assertRegex(P.deliver('carol@example.org', 'Subject: turn\n\n%d\n' % turn)[0], '^250')
            self.assertEqual(count('carol@example.org'), 1)
            P.postern('account', 'delete', 'carol@example.org')
            self.assertRegex(P.deliver('carol@example.org', 'x: y\n\n')[0], '^550 5.1.1')

    def test_starttls_and_nothing_before_it(self):
        import ssl
        d = Dialogue()
        self.assertTrue(d('STARTTLS').startswith('220'))
        ctx = ssl._create_unverified_context()
        tls = ctx.wrap_socket(d.s)
        tls.sendall(b'LHLO again\r\n')
        self.assertIn(b'250-PIPELINING', tls.recv(1000))
        e = Dialogue()
        e.send('STARTTLS\r\nMAIL FROM:<x@y>\r\n')
        with self.assertRaises((EOFError, ConnectionError)):
            e.reply()
            e.reply()


class Bad(unittest.TestCase):
    def tearDown(self):
        self.assertTrue(P.deliver('bob@example.org', 'Subject: still here\n\nx\n')[0].startswith('250'))

    def test_L01_three_recipients_three_replies_in_order(self):
        before = count()
        d = Dialogue()
        rcpt = d.start('alice@example.org', 'full@example.org', 'nobody@example.org')
        self.assertEqual([r[:3] for r in rcpt], ['250', '250', '550'])
        d.message('Subject: L01\r\n\r\n' + 'x' * 400 + '\r\n.\r\n')
        replies = [d.reply(), d.reply()]
        self.assertTrue(replies[0].startswith('250'))
        self.assertTrue(replies[1].startswith('452 4.2.2'), replies)
        self.assertEqual(count(), before + 1)
        self.assertEqual(count('full@example.org'), 0)

    def test_L02_many_recipients_and_the_same_twice(self):
        before = count()
        d = Dialogue()
        self.assertTrue(d('MAIL FROM:<>').startswith('250'))
        d.send(''.join('RCPT TO:<alice@example.org>\r\n' for _ in range(10000)))
        codes = [d.reply()[:7] for _ in range(10000)]
        self.assertEqual(codes[:200], ['250 2.1'] * 200)
        self.assertEqual(set(codes[200:]), {'452 4.5'})
        d.message('Subject: L02\r\n\r\nx\r\n.\r\n')
        self.assertEqual([d.reply()[:3] for _ in range(200)], ['250'] * 200)
        self.assertEqual(count(), before + 1)

    def test_S01_only_crlf_dot_crlf_ends(self):
        for end in (b'\n.\n', b'\n.\r\n', b'\r\n.\n', b'\r.\r', b'\r\n.\r', b'\0.\r\n'):
            before = count()
            d = Dialogue()
            d.start('alice@example.org')
            d.message(b'Subject: S01\r\n\r\nx' + end + b'MAIL FROM:<evil@example>\r\nRCPT TO:<bob@example.org>\r\nDATA\r\nx\r\n.\r\n')
            self.assertTrue(d.reply().startswith('250'))
            self.assertEqual(count(), before + 1)
            self.assertTrue(d('NOOP').startswith('250'))

    def test_S13_parameters(self):
        d = Dialogue()
        for mail, code in (('SIZE=-1', '501'), ('SIZE=99999999999999999999', '501'), ('BODY=7BIT BODY=7BIT', '501'), ('X=Y', '555'),
                           ('SIZE=99999999', '552'), (' '.join('A%d=1' % i for i in range(200)), '501')):
            self.assertTrue(d('MAIL FROM:<a@b> ' + mail).startswith(code), mail)
        self.assertTrue(d('MAIL FROM:<a@b').startswith('501'))
        self.assertTrue(d('RCPT TO:<a@b>').startswith('503'))
        self.assertTrue(d('DATA').startswith('503'))
        self.assertTrue(d('MAIL FROM:<a@b>\0').startswith('500'))
        self.assertTrue(d('X' * 5000).startswith('500'))

    def test_S15_limit_and_one_more(self):
        limit, head = 3 << 20, b'Subject: S15\r\n\r\n'
        for extra, code in ((0, '250'), (1, '552')):
            d = Dialogue()
            d.start('alice@example.org')
            size = limit - len(head) + extra
            lines, rest = divmod(size, 80)
            d.message(head + (b'x' * 78 + b'\r\n') * (lines - 1) + b'y' * (rest + 78) + b'\r\n.\r\n')
            self.assertTrue(d.reply().startswith(code), extra)

    def test_S16_loops(self):
        d = Dialogue()
        d.start('alice@example.org')
        d.message('Received: x\r\n' * 51 + 'Subject: S16\r\n\r\nx\r\n.\r\n')
        self.assertTrue(d.reply().startswith('554 5.4.6'))
        d.start('alice@example.org', 'bob@example.org')
        d.message('Delivered-To: ALICE@example.org\r\nSubject: S16\r\n\r\nx\r\n.\r\n')
        self.assertEqual([d.reply()[:3], d.reply()[:3]], ['554', '250'])

    def test_S23_client_gone_before_the_end(self):
        before = count()
        d = Dialogue()
        d.start('alice@example.org')
        d.message('Subject: S23\r\n\r\nhalf of it')
        d.s.close()
        d.f.close()
        self.assertEqual(count(), before)

    def test_arguments_where_there_are_none(self):
        d = Dialogue()
        d.start('alice@example.org')
        for command in ('RSET now', 'QUIT now', 'DATA now', 'VRFY'):
            self.assertTrue(d(command).startswith('501 5.5.4 '), command)
        self.assertTrue(d('EXPN staff').startswith('502 5.5.1 '))
        self.assertTrue(d('VRFY alice').startswith('252 '))
        self.assertTrue(d('NOOP now').startswith('250 '))
        # None of it ended the transaction.
        d.message('Subject: still there\r\n\r\n.\r\n')
        self.assertTrue(d.reply().startswith('250 '))
        self.assertTrue(d('RSET ').startswith('250 '))
        self.assertTrue(d('QUIT').startswith('221 '))

    def test_bdat_errors(self):
        d = Dialogue()
        self.assertTrue(d('BDAT 5 LAST\r\nabc').startswith('503'))
        d.start('alice@example.org')
        d.send('BDAT 3\r\nabc')
        self.assertTrue(d.reply().startswith('250'))
        self.assertTrue(d('DATA').startswith('503'))
        with self.assertRaises((EOFError, ConnectionError)):
            d('BDAT x')
            d('NOOP')

    def torture(self, name, message):
        """Stored unchanged, and the parser's view can be fetched."""
        before = count()
        self.assertTrue(P.deliver('alice@example.org', message)[0].startswith('250'), name)
        self.assertEqual(count(), before + 1)
        c = P.imap()
        n = c.select('INBOX', readonly=True)[1][0].decode()
        typ, data = c.fetch(n, '(ENVELOPE BODYSTRUCTURE RFC822.SIZE BODY.PEEK[])')
        self.assertEqual(typ, 'OK')
        body = b''.join(x[1] for x in data if isinstance(x, tuple) and b'BODY[] {' in x[0])
        wire = re.sub(rb'\r?\n', b'\r\n', message if isinstance(message, bytes) else message.encode()).replace(b'\0', b'\x80')
        self.assertTrue(body.endswith(wire) or body.endswith(wire + b'\r\n'), name)
        c.logout()

    def test_M01_parts_and_depth(self):
        self.torture('siblings', 'Content-Type: multipart/mixed; boundary=b\n\n' + '--b\n\nx\n' * 10001 + '--b--\n')
        deep = ''.join('Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n' % (i, i) for i in range(150))
        self.torture('deep', deep + '\nx\n')
        self.torture('rfc822', 'Content-Type: message/rfc822\n\n' * 1000 + 'Subject: x\n\nx\n')

    def test_M02_boundaries(self):
        self.torture('empty', 'Content-Type: multipart/mixed; boundary=""\n\n--\n\nx\n')
        self.torture('long', 'Content-Type: multipart/mixed; boundary=%s\n\n--%s\n\nx\n' % ('b' * 121, 'b' * 121))

    def test_M03_M04_M05_headers(self):
        self.torture('comment', 'Content-Type: text/plain (\\')
        self.torture('comments', 'To: ' + '(' * 10000 + '\n\nx\n')
        self.torture('params', 'Content-Type: text/plain; ' + ''.join('name*%d*=a;\n ' % i for i in range(5000)) + 'x=y\n\nx\n')
        self.torture('addresses', 'To: ' + ',\n '.join('a%d@b.example' % i for i in range(20000)) + '\n\nx\n')
        self.torture('groups', 'To: ;\nCc: a:b:c;\nFrom: "\n\nx\n')

    def test_M06_words(self):
        self.torture('words', 'Subject: =?utf-8?Q?a=0D=0AX-Evil:_1=00?= =?x?B?\nFrom: =?utf-7?Q?+AGE-?= <a@b>\n\nx\n')

    def test_M07_M08_encodings(self):
        self.torture('base64', 'Content-Transfer-Encoding: base64\n\nQUJ\nR\n=\n\xff')
        self.torture('iso2022', b'Content-Type: text/plain; charset=iso-2022-jp\n\n\x1b$B\x1b$\xff\xfe')

    def test_M09_nothing_and_odd_bytes(self):
        self.torture('blank', b'\r\n')
        self.torture('only header', b'Subject: x')
        self.torture('nul', b'Subject: \0\n\n\0\0\n')
        self.torture('8bit', bytes(range(128, 256)) + b': x\n\nx\n')
        self.torture('line', b'Subject: x\n\n' + b'z' * 2000000)

    def test_M10_dates(self):
        for date in ('Mon, 1 Jan 0000 00:00:00 +0000', 'Mon, 1 Jan 99999 00:00:00 +9999', 'x', ''):
            self.torture(date, 'Date: %s\n\nx\n' % date)

    def test_M11_references(self):
        refs = ''.join('\n <r%d@x.example>' % (i % 50) for i in range(30000))
        self.torture('refs', 'Message-ID: <m@x.example>\nReferences:%s\n\nx\n' % refs)
        self.torture('again', 'Message-ID: <m@x.example>\nReferences:%s\n\nx\n' % refs)

    def test_M13_colliding_names(self):
        self.torture('names', ''.join('X-H%d: 1\n' % i for i in range(20000)) + '\nx\n')


if __name__ == '__main__':
    unittest.main(warnings="ignore")
