#!/usr/bin/env python3
"""What a message of 50 MB costs each front end: the peak of its resident memory over what it had before."""
import argparse
import base64
import json
import os
import socket
import urllib.request

import front_ends as fe

SIZE = 50_000_000


def message():
    line = base64.b64encode(os.urandom(57)) + b'\r\n'
    head = (b'From: bench@sender.example\r\nTo: user00030@bench.example\r\nSubject: large\r\n'
            b'Date: Sat, 21 Nov 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\n'
            b'Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n')
    return head + line * ((SIZE - len(head)) // len(line))


class Imap:
    def __init__(self, port):
        self.sock = socket.create_connection(('127.0.0.1', port), timeout=300)
        self.file = self.sock.makefile('rb')
        self.file.readline()
        self.n = 0

    def cmd(self, text, literal=None):
        self.n += 1
        tag = b'a%d' % self.n
        self.sock.sendall(tag + b' ' + text.encode() + b'\r\n')
        got = 0
        while True:
            line = self.file.readline()
            got += len(line)
            if line.startswith(b'+') and literal is not None:
                self.sock.sendall(literal + b'\r\n')
            elif line.startswith(tag):
                if b' OK' not in line:
                    raise RuntimeError(line.decode())
                return got
            elif line.endswith(b'}\r\n') and line.startswith(b'*'):
                left = int(line[line.rindex(b'{') + 1:-3])
                got += left
                while left:
                    left -= len(self.file.read(min(left, 1 << 20)))


def http(port, path, body=None, kind='application/json'):
    request = urllib.request.Request('http://127.0.0.1:%d%s' % (port, path), data=body, headers={
        'Authorization': 'Basic ' + base64.b64encode(b'user00030:pass').decode(), 'Content-Type': kind})
    with urllib.request.urlopen(request, timeout=300) as answer:
        if body is None and 'download' in path:
            n = 0
            while piece := answer.read(1 << 20):
                n += len(piece)
            return n
        return json.loads(answer.read())


class Pop3:
    def __init__(self, port):
        self.sock = socket.create_connection(('127.0.0.1', port), timeout=300)
        self.file = self.sock.makefile('rb')
        self.file.readline()

    def largest(self):
        """the number of the largest message"""
        self.sock.sendall(b'LIST\r\n')
        sizes = []
        self.file.readline()
        while (line := self.file.readline()) != b'.\r\n':
            n, size = map(int, line.split())
            sizes.append((size, n))
        return max(sizes)[1]

    def do(self, command, lines=False):
        """the bytes of the answer"""
        self.sock.sendall(command.encode() + b'\r\n')
        got = len(line := self.file.readline())
        if not line.startswith(b'+OK'):
            raise RuntimeError(line.decode())
        while lines and line != b'.\r\n':
            got += len(line := self.file.readline())
        return got


def accepted(replies):
    if not all(r.startswith('250') for r in replies):
        raise RuntimeError(str(replies))


def whole(got, least):
    if got < least:
        raise RuntimeError('only %d bytes came' % got)


def main():
    p = argparse.ArgumentParser()
    p.add_argument('--imap', type=int, required=True)
    p.add_argument('--lmtp', type=int, required=True)
    p.add_argument('--http', type=int, required=True)
    p.add_argument('--pop3', type=int, required=True)
    p.add_argument('--pids', required=True)
    a = p.parse_args()
    body = message()
    names = fe.processes(a.pids)
    out = {}

    def measured(label, program, action):
        pids = names.get(program, [])
        for pid in pids:
            fe.reset_peak(pid)
        before = {pid: fe.rss_kb(pid) for pid in pids}
        try:
            action()
            out[label] = {'peak_added_mb': round(max(fe.peak_kb(p) - before[p] for p in pids) / 1024, 2),
                          'rss_before_mb': round(max(before.values()) / 1024, 1)}
        except Exception as e:  # the table says what could not be measured
            out[label] = {'failed': repr(e)[:200]}

    # Small ones first, so that start-up costs are not counted.
    lmtp, imap = fe.Lmtp(a.lmtp), Imap(a.imap)
    lmtp.deliver(['user00030'], body[:20_000])
    imap.cmd('LOGIN user00030 pass')
    imap.cmd('SELECT INBOX')
    imap.cmd('FETCH 1 BODY.PEEK[]')
    measured('lmtp delivery', 'lmtpd', lambda: accepted(lmtp.deliver(['user00030'], body)))
    imap.cmd('NOOP')
    measured('imap fetch BODY[]', 'imapd', lambda: whole(imap.cmd('FETCH * BODY.PEEK[]'), SIZE * 0.99))
    measured('imap fetch BINARY[1]', 'imapd', lambda: whole(imap.cmd('FETCH * BINARY.PEEK[1]'), SIZE * 0.7))
    measured('imap append', 'imapd', lambda: imap.cmd('APPEND INBOX {%d}' % len(body), body))
    measured('imap search body', 'imapd', lambda: imap.cmd('SEARCH BODY nowhere-to-be-found'))
    pop3 = Pop3(a.pop3)
    for command in ('USER user00030', 'PASS pass'):
        pop3.do(command)
    pop3.do('RETR 1', lines=True)
    large = pop3.largest()
    measured('pop3 retr', 'pop3d', lambda: whole(pop3.do('RETR %d' % large, lines=True), SIZE * 0.99))
    try:
        session = http(a.http, '/.well-known/jmap')
        account = next(iter(session['accounts']))
        path = session['uploadUrl'].split('/', 3)[3].replace('{accountId}', account)
        http(a.http, '/' + path, body[:20_000], 'message/rfc822')
        blob = {}
        measured('jmap upload', 'jmapd', lambda: blob.update(http(a.http, '/' + path, body, 'message/rfc822')))
        down = session['downloadUrl'].split('/', 3)[3].replace('{accountId}', account).replace('{name}', 'x').replace(
            '{type}', 'message%2Frfc822').replace('{blobId}', blob.get('blobId', ''))
        measured('jmap download', 'jmapd', lambda: whole(http(a.http, '/' + down), SIZE * 0.99))
    except Exception as e:
        out['jmap'] = {'failed': repr(e)[:200]}
    print(json.dumps(out, indent=1))


main()
