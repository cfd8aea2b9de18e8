"""A Postern instance for tests: made by `postern quickstart`, run by `master`, on ports of its own.

    from postern_test import Instance
    with Instance(accounts=['alice@example.org=secret']) as p:
        p.imap('alice@example.org', 'secret') ...

Clients of port('imap') go through a proxy that holds every response to the grammar of IMAP (imap_proxy.py): stop() fails
when one was illegal.  BUILD names the build folder, SOURCE the checkout.  Standard library only.
"""
import imaplib, os, shutil, signal, smtplib, socket, subprocess, sys, tempfile, time

SOURCE = os.environ.get('SOURCE') or os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
BUILD = os.path.abspath(os.environ.get('BUILD') or os.path.join(SOURCE, 'build-check'))
BIN = os.path.join(BUILD, 'bin')
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from imap_proxy import Proxy  # noqa: E402
from ports import OFFSETS, free_base_port  # noqa: E402


class Instance:
    def __init__(self, accounts=('alice@example.org=secret', 'bob@example.org=secret'), conf='', base_port=None,
                 dir=None, env=None, check_imap=True):
        self.dir = dir or tempfile.mkdtemp(prefix='postern-test-')
        self.keep = dir is not None
        self.base, self.port_lock = (base_port, None) if base_port else free_base_port()
        self.etc = os.path.join(self.dir, 'etc')
        self.env = dict(os.environ, **(env or {}))
        # LeakSanitizer needs ptrace, which the sandbox denies.
        self.env.setdefault('ASAN_OPTIONS', 'detect_leaks=0')
        self.master = None
        self.proxy = Proxy(lambda: self.port('imap', direct=True)) if check_imap else None
        if not os.path.exists(os.path.join(self.etc, 'postern.conf')):
            args = [os.path.join(BIN, 'postern'), 'quickstart', '--dir', self.dir, '--base-port', str(self.base)]
            for a in accounts:
                args += ['--account', a]
            subprocess.run(args, check=True, env=self.env, stdout=subprocess.DEVNULL)
            if conf:
                with open(os.path.join(self.etc, 'postern.conf'), 'a') as f:
                    f.write(conf)

    def port(self, service, direct=False):
        if service == 'imap' and self.proxy and not direct:
            return self.proxy.port
        return self.base + OFFSETS[service]

    def start(self):
        self.log = open(os.path.join(self.dir, 'master.out'), 'ab')
        self.master = subprocess.Popen([os.path.join(BIN, 'master'), '-C', self.etc, '-f'], env=self.env,
                                       stdout=self.log, stderr=self.log)
        try:
            for service in ('imap', 'http', 'lmtp'):
                self.wait_port(service)
        except BaseException:
            self.stop()
            raise
        return self

    def wait_port(self, service, timeout=30):
        end = time.time() + timeout
        while time.time() < end:
            if self.master and self.master.poll() is not None:
                raise RuntimeError('master ended: ' + self.output())
            try:
                with socket.create_connection(('127.0.0.1', self.port(service, direct=True)), timeout=5) as s:
                    if service == 'http':
                        return
                    s.settimeout(max(1, end - time.time()))
                    if s.recv(1):
                        return
            except OSError:
                pass
            time.sleep(0.05)
        raise RuntimeError('%s does not answer: %s' % (service, self.output()))

    def stop(self):
        if self.master and self.master.poll() is None:
            self.master.send_signal(signal.SIGTERM)
            try:
                status = self.master.wait(30)
            except subprocess.TimeoutExpired:
                self.master.kill()
                self.master.wait()
                status = None
        else:
            status = self.master.returncode if self.master else None
        self.master = None
        if self.proxy and self.proxy.illegal:
            raise AssertionError('\n'.join(self.proxy.illegal[:20]))
        return status

    def output(self):
        text = ''
        logs = os.path.join(self.dir, 'log')
        names = [os.path.join(self.dir, 'master.out')]
        if os.path.isdir(logs):
            names += [os.path.join(logs, n) for n in sorted(os.listdir(logs))]
        for n in names:
            try:
                with open(n, errors='replace') as f:
                    text += '--- %s\n%s' % (n, f.read()[-8000:])
            except OSError:
                pass
        return text

    def postern(self, *args, input=None, check=True, text=True):
        r = subprocess.run([os.path.join(BIN, 'postern'), '-C', self.etc, *args], input=input, env=self.env,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=text, timeout=240)
        if check and r.returncode:
            raise AssertionError('postern %s: exit %d\n%s%s' % (' '.join(args), r.returncode, r.stdout, r.stderr))
        return r

    def imap(self, user='alice@example.org', password='secret'):
        c = imaplib.IMAP4('127.0.0.1', self.port('imap'), timeout=30)
        if user:
            c.login(user, password)
        return c

    def lmtp(self):
        return smtplib.LMTP('127.0.0.1', self.port('lmtp'))

    def deliver(self, to, message, sender='sender@example.net'):
        """Returns the reply of each recipient, in order."""
        if isinstance(to, str):
            to = [to]
        s = socket.create_connection(('127.0.0.1', self.port('lmtp')), timeout=30)
        f = s.makefile('rwb')

        def reply():
            out = []
            while True:
                line = f.readline()
                if not line:
                    raise AssertionError('lmtp closed: ' + self.output())
                out.append(line.decode())
                if line[3:4] != b'-':
                    return ''.join(out)

        def cmd(c):
            f.write(c.encode() + b'\r\n')
            f.flush()
            return reply()
        reply()
        cmd('LHLO test.example')
        cmd('MAIL FROM:<%s>' % sender)
        accepted, out = 0, []
        for t in to:
            r = cmd('RCPT TO:<%s>' % t)
            if r[0] == '2':
                accepted += 1
                out.append(None)
            else:
                out.append(r)
        if accepted:
            assert cmd('DATA')[0] == '3'
            body = message if isinstance(message, bytes) else message.encode()
            body = body.replace(b'\r\n', b'\n').replace(b'\n', b'\r\n')
            if not body.endswith(b'\r\n'):
                body += b'\r\n'
            f.write(body.replace(b'\r\n.', b'\r\n..') + b'.\r\n')
            f.flush()
            out = [reply() if r is None else r for r in out]
        f.write(b'QUIT\r\n')
        f.flush()
        s.close()
        return out

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, value, tb):
        status = self.stop()
        if kind is not None:
            sys.stderr.write(self.output())
        text = self.output()
        if 'ERROR: AddressSanitizer' in text or 'runtime error:' in text:
            sys.stderr.write(text)
            raise AssertionError('a sanitizer reported an error')
        if not self.keep:
            shutil.rmtree(self.dir, ignore_errors=True)
        if kind is None and status != 0:
            raise AssertionError('master ended with %r' % status)
