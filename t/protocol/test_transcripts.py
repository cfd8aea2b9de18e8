#!/usr/bin/env python3
"""Plays the transcripts t/protocol/*/*.t against one running instance, then again with every byte sent alone.

What imapd says is held to the grammar of IMAP, too (t/lib/imap_checker.py).  A transcript is a dialogue with one service; the folder's name says which (imap, lmtp, pop3, managesieve; connection 9 speaks IMAP in all).  Each file gets accounts of its
own.  Lines:

    # a comment
    C: a1 NOOP              the client sends this line and CRLF on connection 1; C2: on connection 2, and so on.
                            A connection is made where it first occurs; its greeting is read and must be "* OK" (220, +OK, or
                            capabilities and OK).
    C-: text                the same without CRLF
    S: a1 OK *              the next response must match; S2: for connection 2.  `*` stands for anything, but "* " at the
                            beginning is a star.  Nothing else may come between.
    S?: * 3 EXISTS          may come or not
    S~: * LIST *            a block of such lines matches in any order
    S...                    anything may come before the next S: line (S2... likewise)
    S: EOF                  the server closes the connection
    LOGIN                   LOGIN2 ...: logs in as {{user}}, checks the OK
    TLS                     TLS2 ...: does a TLS handshake on the connection
    CLOSE                   CLOSE2 ...: the client goes without a word
    WAIT SECONDS            where the server has to notice that time passes
    DEFLATE                 DEFLATE2 ...: from here on both ways are deflated (RFC 4978)
    PLAIN                   PLAIN2 ...: from here on they are not (RFC 8437 4.1)
    @conf KEY = VALUE       a line of postern.conf: the transcript gets an instance with such lines
    # shows: ATOM ...       what of CAPABILITY can be seen here to make a difference (test_capabilities.py)
    @message NAME           the lines up to @end are a message; written {{msg NAME}} at the end of a C: line it is sent as
                            a literal after its continuation came, {{msg+ NAME}} as {n+}

In C and S lines: {{user}}, {{password}}, {{user2}}, and as URLs have them {{urluser}}, {{urluser2}}; {{repeat N TEXT}}, in which <CRLF> is one; {{hex 0d0a}} bytes; {{plain}} the SASL PLAIN
response of the user in base64.  Any other {{name}} in an S line takes what is there ([^ ()\\[\\]"]+) the first time and
has to be the same again; in a C line it is put in.  A response with literals is one line in which CRLF is shown as
<CRLF> and a byte that is no UTF-8 text as <xx>.
"""
import base64, glob, os, re, socket, ssl, subprocess, sys, time, zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from imap_checker import Checker, Illegal  # noqa: E402
from postern_test import BIN, Instance  # noqa: E402

TIMEOUT = 30
GREETING = {'imap': rb'\* OK', 'lmtp': rb'220 ', 'pop3': rb'\+OK ', 'managesieve': rb'OK '}
PORT = {'managesieve': 'sieve'}   # where it is not the service's name
IMAP_BESIDE = 9   # the connection that speaks IMAP in the transcripts of another service


class Failure(Exception):
    pass


def show(raw):
    out = []
    for piece in re.split(rb'(\r\n)', raw):
        if piece == b'\r\n':
            out.append('<CRLF>')
            continue
        text = piece.decode('utf-8', 'surrogateescape')
        out.append(''.join('<%02x>' % (ord(c) & 0xff) if ord(c) < 0x20 or ord(c) == 0x7f or 0xdc80 <= ord(c) <= 0xdcff
                           else c for c in text))
    return ''.join(out)


class Client:
    def __init__(self, port, service, bytewise):
        self.service, self.bytewise = service, bytewise
        self.sock = socket.create_connection(('127.0.0.1', port), timeout=TIMEOUT)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b''
        self.deflate = self.inflate = None
        self.checker = Checker() if service == 'imap' else None
        first = self.response()
        while service == 'managesieve' and first and first.startswith(b'"'):
            first = self.response()
        if first is None or not re.match(GREETING[service], first):
            raise Failure('greeting: %r' % first)

    def send(self, data):
        if self.checker:
            self.checker.said(data)
        if self.deflate:
            data = self.deflate.compress(data) + self.deflate.flush(zlib.Z_SYNC_FLUSH)
        try:
            if self.bytewise and len(data) < 20000:
                # What ends a flush is no part of the command, and after UNAUTHENTICATE would be read as one: it goes at once.
                whole = len(data) - 8 if self.deflate else len(data)
                for i in range(whole):
                    self.sock.sendall(data[i:i + 1])
                self.sock.sendall(data[max(whole, 0):])
            else:
                self.sock.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the server has closed: the next S line says whether it should have

    def more(self):
        try:
            data = self.sock.recv(65536)
        except (ConnectionResetError, ssl.SSLEOFError):
            data = b''
        if self.checker:
            self.checker.feed(data)
        self.buffer += self.inflate.decompress(data) if self.inflate else data
        return bool(data)

    def take(self, n):
        while len(self.buffer) < n:
            if not self.more():
                raise Failure('connection ended inside of a literal')
        data, self.buffer = self.buffer[:n], self.buffer[n:]
        return data

    def line(self):
        while b'\r\n' not in self.buffer:
            if not self.more():
                # What came after STARTTLS was no handshake: an alert may say so before the end.
                if self.buffer and not self.buffer.startswith(b'\x15\x03'):
                    raise Failure('connection ended inside of a line: %r' % self.buffer)
                return None
        line, self.buffer = self.buffer.split(b'\r\n', 1)
        return line

    def response(self):
        """A line with its literals; None at the end."""
        out = self.line()
        while out is not None and self.service in ('imap', 'managesieve'):
            m = re.search(rb'\{(\d+)\}$', out)
            if not m:
                break
            out += b'\r\n' + self.take(int(m.group(1)))
            rest = self.line()
            if rest is None:
                raise Failure('connection ended after a literal')
            out += rest
        return out

    def tls(self):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.sock = context.wrap_socket(self.sock)
        if self.checker:
            self.checker.resume()

    def compress(self):
        self.deflate, self.inflate = zlib.compressobj(9, zlib.DEFLATED, -15), zlib.decompressobj(-15)

    def close(self):
        self.sock.close()


class Play:
    def __init__(self, instance, path, bytewise, account):
        self.instance, self.path, self.bytewise = instance, path, bytewise
        self.service = os.path.basename(os.path.dirname(path))
        self.names = {'user': account, 'password': 'secret', 'user2': 'second-' + account}
        self.names.update({'url' + n: self.names[n].replace('@', '%40') for n in ('user', 'user2')})
        self.names['plain'] = base64.b64encode(b'\0' + account.encode() + b'\0secret').decode()
        self.messages, self.clients, self.held, self.skip = {}, {}, {}, set()
        self.number = 0

    def client(self, n):
        if n not in self.clients:
            service = 'imap' if n == IMAP_BESIDE else self.service
            self.clients[n] = Client(self.instance.port(PORT.get(service, service)), service, self.bytewise)
        return self.clients[n]

    def fill(self, text):
        """The bytes of a C line."""
        out, at = b'', 0
        for m in re.finditer(r'\{\{(.*?)\}\}', text):
            out += text[at:m.start()].encode()
            at = m.end()
            word, _, arg = m.group(1).partition(' ')
            if word == 'repeat':
                count, what = arg.split(' ', 1)
                out += what.replace('<CRLF>', '\r\n').encode() * int(count)
            elif word == 'hex':
                out += bytes.fromhex(arg)
            elif word in self.names:
                out += self.names[word].encode()
            else:
                raise Failure('nothing is known of {{%s}}' % m.group(1))
        return out + text[at:].encode()

    def pattern(self, text):
        """A compiled pattern, and the names that it binds."""
        out, binds, at = '', [], 0
        if text.startswith('* '):
            out, at = r'\* ', 2
        while at < len(text):
            if text.startswith('{{', at):
                end = text.index('}}', at)
                name = text[at + 2:end]
                at = end + 2
                if name.startswith('hex '):
                    out += re.escape(show(bytes.fromhex(name[4:])))
                elif name in self.names:
                    out += re.escape(self.names[name])
                elif name in binds:
                    out += '(?P=%s)' % name
                else:
                    binds.append(name)
                    out += r'(?P<%s>[^ ()\[\]"]+)' % name
            elif text.startswith('\\*', at):
                out += r'\\\*'
                at += 2
            else:
                out += '.*' if text[at] == '*' else re.escape(text[at])
                at += 1
        return re.compile(out, re.S), binds

    def matches(self, text, line):
        if line is None or text == 'EOF':
            return line is None and text == 'EOF'
        regex, binds = self.pattern(text)
        m = regex.fullmatch(line)
        if m:
            self.names.update({b: m.group(b) for b in binds})
        return bool(m)

    def next(self, n):
        if n in self.held:
            return self.held.pop(n)
        raw = self.client(n).response()
        return None if raw is None else show(raw)

    def expect(self, n, text, optional=False):
        got = []
        while True:
            line = self.next(n)
            if self.matches(text, line):
                self.skip.discard(n)
                return
            if optional:
                self.held[n] = line
                return
            got.append(line)
            if n not in self.skip or line is None:
                raise Failure('expected %s\n     got %s' % (text, '\n         '.join(str(g) for g in got)))

    def any_order(self, n, texts):
        while texts:
            line = self.next(n)
            hit = next((t for t in texts if self.matches(t, line)), None)
            if hit is None:
                raise Failure('expected one of %s\n     got %s' % (texts, line))
            texts.remove(hit)

    def say(self, n, text, crlf):
        m = re.search(r'\{\{msg(\+?) (\w+)\}\}$', text)
        client = self.client(n)
        if not m:
            return client.send(self.fill(text) + (b'\r\n' if crlf else b''))
        body = self.messages[m.group(2)]
        head = self.fill(text[:m.start()])
        if m.group(1):
            return client.send(head + b'{%d+}\r\n' % len(body) + body + (b'\r\n' if crlf else b''))
        client.send(head + b'{%d}\r\n' % len(body))
        line = self.next(n)
        if line is None or not line.startswith('+ '):
            self.held[n] = line  # refused: what came is the answer
            return None
        return client.send(body + (b'\r\n' if crlf else b''))

    def login(self, n):
        client = self.client(n)
        if client.service == 'managesieve':
            client.send(self.fill('AUTHENTICATE "PLAIN" "{{plain}}"\r\n'))
            line = client.response()
            if not line or not line.startswith(b'OK'):
                raise Failure('login: %r' % line)
            return
        client.send(self.fill('login LOGIN {{user}} {{password}}\r\n'))
        line = client.response()
        if not line or not line.startswith(b'login OK'):
            raise Failure('login: %r' % line)

    def run(self):
        with open(self.path, encoding='utf-8') as f:
            lines = f.read().split('\n')
        i, block = 0, []
        while i < len(lines):
            text = lines[i]
            self.number = i + 1
            i += 1
            m = re.match(r'S(\d*)~: ?(.*)$', text)
            if m:
                block.append((int(m.group(1) or 1), m.group(2)))
                following = re.match(r'S(\d*)~:', lines[i]) if i < len(lines) else None
                if not following:
                    self.any_order(block[0][0], [t for _, t in block])
                    block = []
                continue
            if text.startswith('@message '):
                end = lines.index('@end', i)
                self.messages[text.split()[1]] = self.fill('\r\n'.join(lines[i:end]) + '\r\n')
                i = end + 1
                continue
            self.step(text)
        for n, client in self.clients.items():
            if n in self.held and self.held[n] is not None:
                raise Failure('unexpected at the end: %s' % self.held[n])
            client.close()

    def step(self, text):
        if not text.strip() or text.startswith(('#', '@conf ')):
            return
        m = re.match(r'(C|C-|S|S\?)(\d*)(-?\??): ?(.*)$', text)
        wait = re.match(r'WAIT ([\d.]+)$', text)
        if wait:
            return time.sleep(float(wait.group(1)))
        short = re.match(r'(LOGIN|TLS|CLOSE|DEFLATE|PLAIN)(\d*)$', text) or re.match(r'(S)(\d*)\.\.\.$', text)
        if short:
            n = int(short.group(2) or 1)
            if short.group(1) == 'LOGIN':
                self.login(n)
            elif short.group(1) == 'TLS':
                self.client(n).tls()
            elif short.group(1) == 'CLOSE':
                self.clients.pop(n).close()
            elif short.group(1) == 'DEFLATE':
                self.client(n).compress()
            elif short.group(1) == 'PLAIN':
                self.client(n).deflate = self.client(n).inflate = None
            else:
                self.skip.add(n)
        elif m and m.group(1).startswith('C'):
            self.say(int(m.group(2) or 1), m.group(4), '-' not in m.group(1) + m.group(3))
        elif m:
            self.expect(int(m.group(2) or 1), m.group(4), '?' in m.group(1) + m.group(3))
        else:
            raise Failure('not a line of a transcript: ' + text)


def add_account(instance, name):
    subprocess.run([os.path.join(BIN, 'postern'), '-C', instance.etc, 'account', 'add', name], input=b'secret\n',
                   check=True, env=instance.env, stdout=subprocess.DEVNULL)


def play(instance, path, bytewise, count):
    name = 't%d-%s@example.org' % (count, os.path.splitext(os.path.basename(path))[0].replace('_', '-'))
    add_account(instance, name)
    with open(path, encoding='utf-8') as f:
        if '{{user2}}' in f.read():
            add_account(instance, 'second-' + name)
    p = Play(instance, path, bytewise, name)
    try:
        p.run()
        return True
    except (Failure, Illegal, OSError, ValueError) as e:
        what = 'timed out' if isinstance(e, (socket.timeout, TimeoutError)) else e
        print('FAIL %s:%d%s\n     %s' % (path, p.number, ' (bytewise)' if bytewise else '', what), flush=True)
        return False


def settings(path):
    with open(path, encoding='utf-8') as f:
        return ''.join(line[6:] for line in f if line.startswith('@conf '))


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    paths = sys.argv[1:] or sorted(glob.glob(os.path.join(here, '*', '*.t')))
    if not os.path.exists(os.path.join(BIN, 'master')):
        print('no master in', BIN)
        return 77
    failed = count = 0
    start = time.time()
    groups = {}
    for path in paths:
        groups.setdefault(settings(path), []).append(path)
    for conf, group in groups.items():
        with Instance(conf=conf, check_imap=False) as instance:  # the clients here check by themselves
            for bytewise in (False, True):
                for path in group:
                    count += 1
                    failed += not play(instance, path, bytewise, count)
    print('%d transcripts played, %d failed, %.1f s' % (count, failed, time.time() - start))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
