"""What the front ends (imapd, jmapd, lmtpd) of one instance use, from /proc."""
import json
import os
import socket

NAMES = ('imapd', 'jmapd', 'lmtpd')


def children(pid):
    found = []
    for d in os.listdir('/proc'):
        if not d.isdigit():
            continue
        try:
            with open('/proc/%s/stat' % d) as f:
                fields = f.read().rsplit(')', 1)
        except OSError:
            continue
        if int(fields[1].split()[1]) == pid:
            found.append((int(d), fields[0].split('(', 1)[1]))
    return found


def processes(target):
    """{name: [pid]} of everything that the master in this lab target started"""
    out = {}
    for master in json.loads(target)['pids']:
        for pid, name in children(master):
            out.setdefault(name, []).append(pid)
    return out


def field(path, name):
    with open(path) as f:
        for line in f:
            if line.startswith(name + ':'):
                return int(line.split()[1])
    return 0


def pss_kb(pid):
    return field('/proc/%d/smaps_rollup' % pid, 'Pss')


def rss_kb(pid):
    return field('/proc/%d/status' % pid, 'VmRSS')


def peak_kb(pid):
    return field('/proc/%d/status' % pid, 'VmHWM')


def reset_peak(pid):
    with open('/proc/%d/clear_refs' % pid, 'w') as f:
        f.write('5')


class Lmtp:
    def __init__(self, port):
        self.sock = socket.create_connection(('127.0.0.1', port), timeout=120)
        self.file = self.sock.makefile('rb')
        self.reply()
        self.say('LHLO bench')

    def reply(self):
        while True:
            line = self.file.readline()
            if not line:
                raise EOFError('LMTP connection closed')
            if line[3:4] != b'-':
                return line.decode().strip()

    def say(self, text):
        self.sock.sendall(text.encode() + b'\r\n')
        return self.reply()

    def deliver(self, recipients, message):
        """message: bytes that need no dot-stuffing; the replies"""
        head = ['MAIL FROM:<bench@sender.example>'] + ['RCPT TO:<%s>' % r for r in recipients] + ['DATA']
        self.sock.sendall(('\r\n'.join(head) + '\r\n').encode())
        for _ in head:
            answer = self.reply()
        if not answer.startswith('354'):
            raise RuntimeError(answer)
        self.sock.sendall(message)
        self.sock.sendall(b'\r\n.\r\n')
        return [self.reply() for _ in recipients]
