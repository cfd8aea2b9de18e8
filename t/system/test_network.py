#!/usr/bin/env python3
"""A network that fails for moments (RELIABILITY F17): server and clients have a network namespace of their own, whose only
link goes down and comes up again while mail flows.  What is on its way is lost and sent again, late.  Nothing that was
acknowledged is missing, nothing stands twice, and whoever waits in IDLE hears of all of it."""
import fcntl, os, random, re, socket, struct, subprocess, sys, threading, time, unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from postern_test import Instance  # noqa: E402

WHO = 'alice@example.org'
SECONDS, WRITERS = 12, 3
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1


def link(up):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        flags = struct.unpack('16sh', fcntl.ioctl(s, SIOCGIFFLAGS, struct.pack('16sh', b'lo', 0)))[1]
        fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack('16sh', b'lo', flags | IFF_UP if up else flags & ~IFF_UP))


class Conversation:
    """Lines to a server and from it; OSError when it is no more."""
    def __init__(self, p, service):
        self.s = socket.create_connection(('127.0.0.1', p.port(service, direct=True)), timeout=60)
        self.f = self.s.makefile('rb')
        self.until(b'220 |\\* OK ')

    def until(self, pattern):
        while True:
            line = self.f.readline()
            if not line:
                raise OSError('connection closed')
            if re.match(pattern, line):
                return line

    def say(self, text, pattern):
        self.s.sendall(text)
        return self.until(pattern)


def lmtp(p):
    c = Conversation(p, 'lmtp')
    c.say(b'LHLO x\r\n', b'250 ')

    def put(message):
        c.say(b'MAIL FROM:<>\r\nRCPT TO:<%s>\r\nDATA\r\n' % WHO.encode(), b'354')
        return c.say(message + b'\r\n.\r\n', b'[245]..').startswith(b'250')
    return put


def imap(p):
    c = Conversation(p, 'imap')
    c.say(b'a LOGIN %s secret\r\n' % WHO.encode(), b'a OK')

    def put(message):
        return c.say(b'b APPEND INBOX {%d+}\r\n%s\r\n' % (len(message), message), b'b ').startswith(b'b OK')
    return put


class Writer(threading.Thread):
    """Sends messages until the time is over, each once: after a broken connection comes the next one."""
    def __init__(self, p, name, opening, end):
        super().__init__()
        self.p, self.label, self.opening, self.end, self.acknowledged, self.sent = p, name, opening, end, [], 0
        self.start()

    def run(self):
        put = None
        while time.time() < self.end:
            subject = '%s-%d' % (self.label, self.sent)
            try:
                put = put or self.opening(self.p)
                self.sent += 1
                if put(b'Subject: %s\r\n\r\n' % subject.encode() + b'x' * 70 * random.randrange(1, 400)):
                    self.acknowledged.append(subject)
            except OSError:
                put = None
                time.sleep(0.05)


class Listener(threading.Thread):
    """In IDLE all the time: the highest EXISTS that it was told."""
    def __init__(self, p):
        super().__init__(daemon=True)
        self.c, self.exists = Conversation(p, 'imap'), 0
        self.c.say(b'a LOGIN %s secret\r\nb SELECT INBOX\r\n' % WHO.encode(), b'b OK')
        self.c.say(b'c IDLE\r\n', b'\\+ ')
        self.c.s.settimeout(None)
        self.start()

    def run(self):
        try:
            while True:
                self.exists = int(self.c.until(rb'\* \d+ EXISTS').split()[1])
        except OSError:
            pass  # at the end, or it is not told of what comes later


class Network(unittest.TestCase):
    def test_F17_a_link_that_goes_down_and_up(self):
        link(True)
        with Instance(check_imap=False) as p:
            listener = Listener(p)
            end = time.time() + SECONDS
            writers = [Writer(p, '%s%d' % (f.__name__, n), f, end) for n in range(WRITERS) for f in (lmtp, imap)]
            downs = 0
            while time.time() < end:
                time.sleep(random.uniform(0.1, 0.6))
                link(False)
                time.sleep(random.uniform(0.02, 0.7))
                link(True)
                downs += 1
            for w in writers:
                w.join()
            c = p.imap()
            count = int(c.select('INBOX', readonly=True)[1][0])
            heads = c.fetch('1:*', '(BODY.PEEK[HEADER.FIELDS (SUBJECT)])')[1] if count else []
            stored = [m[1].split(b':')[1].strip().decode() for m in heads if isinstance(m, tuple)]
            acknowledged = [s for w in writers for s in w.acknowledged]
            print('%d downs, %d sent, %d acknowledged, %d stored' % (downs, sum(w.sent for w in writers), len(acknowledged), count))
            self.assertGreater(len(acknowledged), 20)
            self.assertEqual(sorted(set(acknowledged) - set(stored)), [])
            self.assertEqual(len(stored), len(set(stored)), 'a message that was sent once stands twice')
            wait = time.time() + 60
            while listener.exists < count and time.time() < wait:
                time.sleep(0.1)
            self.assertEqual(listener.exists, count)


if __name__ == '__main__':
    if os.environ.get('POSTERN_OWN_NETWORK') != '1':
        if os.geteuid() != 0 or subprocess.run(['unshare', '--net', 'true'], stderr=subprocess.DEVNULL).returncode:
            print('skipped: this machine gives no network namespace')
            sys.exit(77)
        os.environ['POSTERN_OWN_NETWORK'] = '1'
        os.execvp('unshare', ['unshare', '--net', sys.executable, os.path.abspath(__file__), *sys.argv[1:]])
    unittest.main(warnings='ignore')
