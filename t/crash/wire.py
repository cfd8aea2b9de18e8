"""The clients' side of three protocols, as small as it can be, with one rule: an answer is had or it is not.

`Gone`: no answer came, the connection is over.  `Refused`: the server said no.
"""
import base64, http.client, json, re, socket

TIMEOUT = 60


class Gone(Exception):
    pass


class Refused(Exception):
    pass


class Line:
    """A connection of lines."""
    def __init__(self, port):
        try:
            self.sock = socket.create_connection(('127.0.0.1', port), timeout=TIMEOUT)
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as e:
            raise Gone(str(e))
        self.file = self.sock.makefile('rb')

    def send(self, data):
        try:
            self.sock.sendall(data)
        except OSError as e:
            raise Gone(str(e))

    def line(self):
        try:
            text = self.file.readline()
        except OSError as e:
            raise Gone(str(e))
        if not text.endswith(b'\n'):
            raise Gone('closed')
        return text

    def exactly(self, n):
        try:
            data = self.file.read(n)
        except OSError as e:
            raise Gone(str(e))
        if len(data) < n:
            raise Gone('closed')
        return data

    def close(self):
        try:
            self.file.close()
            self.sock.close()
        except OSError:
            pass


class Imap(Line):
    def __init__(self, port, user, password='secret'):
        super().__init__(port)
        self.n = 0
        self.line()
        self.command(b'LOGIN %s %s' % (user.encode(), password.encode()))

    def command(self, text, literal=None):
        """The untagged data: a list of bytes or, where literals came, tuples.  The last is the text of the OK."""
        self.n += 1
        tag = b't%d' % self.n
        if literal is not None:
            text += b' {%d+}\r\n' % len(literal) + literal
        self.send(tag + b' ' + text + b'\r\n')
        out = []
        while True:
            line = self.line()
            if line.startswith(tag + b' '):
                if line[len(tag) + 1:].startswith(b'OK'):
                    return out + [line]
                raise Refused(line.decode(errors='replace').strip())
            if line.startswith(b'* BYE'):
                raise Gone(line.decode(errors='replace').strip())
            parts = [line]
            while True:
                m = re.search(rb'\{(\d+)\}\r\n$', parts[-1])
                if not m:
                    break
                parts += [self.exactly(int(m[1])), self.line()]
            out.append(parts[0] if len(parts) == 1 else tuple(parts))


class Lmtp(Line):
    def __init__(self, port):
        super().__init__(port)
        self.reply()
        self.send(b'LHLO crash.example\r\n')
        self.reply()

    def reply(self):
        while True:
            line = self.line()
            if line[3:4] != b'-':
                return line.decode().strip()

    def deliver(self, recipients, message):
        """Gives (recipient, reply) one by one, as they come; the message is without dots at line starts."""
        self.send(b'MAIL FROM:<a@crash.example>\r\n' +
                  b''.join(b'RCPT TO:<%s>\r\n' % r.encode() for r in recipients) + b'DATA\r\n')
        self.reply()
        taken = [r for r in recipients if self.reply().startswith('250')]
        go = self.reply()
        if not go.startswith('354'):
            raise Refused(go)
        self.send(message + b'.\r\n')
        for r in taken:
            yield r, self.reply()


class Jmap:
    USING = ['urn:ietf:params:jmap:core', 'urn:ietf:params:jmap:mail']

    def __init__(self, port, user, password='secret'):
        self.auth = 'Basic ' + base64.b64encode(('%s:%s' % (user, password)).encode()).decode()
        self.conn = http.client.HTTPConnection('127.0.0.1', port, timeout=TIMEOUT)
        self.account = self.request('GET', '/jmap/session')['primaryAccounts'][self.USING[1]]

    def request(self, method, path, body=None, kind='application/json'):
        try:
            self.conn.request(method, path, body=body, headers={'Authorization': self.auth, 'Content-Type': kind})
            r = self.conn.getresponse()
            data = r.read()
        except (OSError, http.client.HTTPException) as e:
            raise Gone(str(e))
        if r.status not in (200, 201):
            raise Refused('%d %s' % (r.status, data[:200]))
        return json.loads(data)

    def call(self, name, **args):
        args.setdefault('accountId', self.account)
        body = json.dumps({'using': self.USING, 'methodCalls': [[name, args, 'c']]})
        got, answer, _ = self.request('POST', '/jmap/api', body)['methodResponses'][0]
        if got != name:
            raise Refused('%s: %s' % (name, answer))
        return answer

    def upload(self, data):
        return self.request('POST', '/jmap/upload/%s/' % self.account, data, 'message/rfc822')['blobId']

    def close(self):
        self.conn.close()
