#!/usr/bin/env python3
"""Several processes of one service: none gets clearly more connections than another, limits hold for all of them together, and
what a killed one had is forgotten."""
import json, os, re, signal, socket, sys, time, unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from postern_test import Instance  # noqa: E402


def eventually(true, seconds=30):
    end = time.time() + seconds
    while not true():
        if time.time() > end:
            return False
        time.sleep(0.05)
    return True


def listening(pid):
    """How many descriptors of a process are listening sockets."""
    inodes = set()
    for table in ('tcp', 'tcp6'):
        with open('/proc/net/' + table) as f:
            inodes |= {line.split()[9] for line in list(f)[1:] if line.split()[3] == '0A'}
    n = 0
    for fd in os.listdir('/proc/%d/fd' % pid):
        try:
            m = re.fullmatch(r'socket:\[(\d+)\]', os.readlink('/proc/%d/fd/%s' % (pid, fd)))
        except FileNotFoundError:
            continue
        n += bool(m and m.group(1) in inodes)
    return n


class Client:
    def __init__(self, p):
        self.sock = socket.create_connection(('127.0.0.1', p.port('imap', direct=True)), timeout=30)
        self.file = self.sock.makefile('rwb')
        self.welcome = self.file.readline().startswith(b'* OK')

    def login(self, who):
        self.file.write(b'x LOGIN %s secret\r\n' % who.encode())
        self.file.flush()
        while True:
            line = self.file.readline()
            if not line or line.startswith(b'x '):
                return line.startswith(b'x OK')

    def close(self):
        self.file.close()
        self.sock.close()


class Processes(unittest.TestCase):
    def instance(self, settings='', processes='3 3 40'):
        """With three imapd of forty clients each; passwords in clear text are taken from here, and limits hold."""
        p = Instance(conf='auth.clear_text = loopback\n' + settings)
        for name, pattern, new in (('postern.conf', r'(?m)^quickstart *=.*$', 'quickstart = no'),
                                   ('master.conf', r'(?m)^imapd +imapd +\d+ +\d+ +\d+ ', 'imapd imapd %s ' % processes)):
            path = os.path.join(p.etc, name)
            with open(path) as f:
                text, n = re.subn(pattern, new, f.read())
            self.assertEqual(n, 1, path)
            with open(path, 'w') as f:
                f.write(text)
        return p

    def processes(self, p):
        """pid -> clients of the imapd that are ready."""
        services = json.loads(p.postern('status', '--json').stdout)['services']
        out = {i['pid']: 0 for s in services if s['name'] == 'imapd' for i in s['processes'] if i['ready']}
        for s in json.loads(p.postern('who', '--json').stdout):
            if s['pid'] in out:
                out[s['pid']] += 1
        return out

    def test_spread_and_full(self):
        with self.instance('imap.connections_per_address = none\n') as p:
            self.assertTrue(eventually(lambda: len(self.processes(p)) == 3))
            self.assertTrue(eventually(lambda: sum(self.processes(p).values()) == 0))   # the test looked whether it is up
            clients = []
            for n in range(1, 5):
                for _ in range(20):
                    clients.append(Client(p))
                    self.assertTrue(clients[-1].welcome)
                have = self.processes(p).values()
                self.assertEqual(sum(have), 20 * n)
                self.assertLessEqual(max(have) - min(have), 12, have)   # kTallySlack, and one that is busy is not waited for
            # Each is taken though only one process has room.
            clients += [Client(p) for _ in range(120 - len(clients))]
            self.assertTrue(all(c.welcome for c in clients))
            self.assertTrue(eventually(lambda: list(self.processes(p).values()) == [40, 40, 40]))
            # Who has lost its clients gets the next ones.
            pid = next(iter(self.processes(p)))
            os.kill(pid, signal.SIGKILL)
            self.assertTrue(eventually(lambda: len(self.processes(p)) == 3 and pid not in self.processes(p)))
            new = [Client(p) for _ in range(40)]
            self.assertTrue(all(c.welcome for c in new))
            self.assertTrue(eventually(lambda: list(self.processes(p).values()) == [40, 40, 40]))
            for c in clients + new:
                c.close()

    def test_full_again_and_again(self):
        """A listener that was let go is taken up once, and those that nobody connected to meanwhile not a second time."""
        with self.instance('imap.connections_per_address = none\n', '1 1 3') as p:
            self.assertTrue(eventually(lambda: list(self.processes(p).values()) == [0]))
            pid = next(iter(self.processes(p)))
            before = listening(pid)
            for _ in range(5):
                clients = [Client(p) for _ in range(3)]
                self.assertTrue(all(c.welcome for c in clients))
                self.assertTrue(eventually(lambda: list(self.processes(p).values()) == [3]))
                waits = socket.create_connection(('127.0.0.1', p.port('imap', direct=True)), timeout=30)   # wakes its listener
                for c in clients:
                    c.close()
                self.assertTrue(waits.recv(100).startswith(b'* OK'))
                waits.close()
                self.assertTrue(eventually(lambda: list(self.processes(p).values()) == [0]))
            self.assertGreater(before, 2)
            self.assertEqual(listening(pid), before)

    def test_limits_of_all_together(self):
        with self.instance('imap.connections_per_address = 7\nimap.connections_per_account = 5\n') as p:
            self.assertTrue(eventually(lambda: len(self.processes(p)) == 3))
            self.assertTrue(eventually(lambda: sum(self.processes(p).values()) == 0))
            alice = [Client(p) for _ in range(6)]
            self.assertEqual([c.login('alice@example.org') for c in alice], [True] * 5 + [False])
            bob = Client(p)
            self.assertTrue(bob.login('bob@example.org'))
            self.assertTrue(eventually(lambda: sum(self.processes(p).values()) == 6))
            last = Client(p)
            self.assertTrue(last.welcome)
            self.assertFalse(Client(p).welcome)   # the eighth
            self.assertFalse(last.login('alice@example.org'))
            # What a killed process had counts no more.
            pid = max(self.processes(p).items(), key=lambda i: i[1])[0]
            gone = self.processes(p)[pid]
            os.kill(pid, signal.SIGKILL)
            self.assertTrue(eventually(lambda: pid not in self.processes(p) and len(self.processes(p)) == 3))
            self.assertTrue(gone)
            more = []
            self.assertTrue(eventually(lambda: more.append(Client(p)) or more[-1].welcome))
            self.assertTrue(eventually(lambda: more.append(Client(p)) or more[-1].login('bob@example.org')))
            for c in alice + more + [bob, last]:
                c.close()


if __name__ == '__main__':
    unittest.main()
