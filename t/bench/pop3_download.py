#!/usr/bin/env python3
"""pop3_download.py --port N --user NAME [--pass PASSWORD] [--messages N] - a whole maildrop as a mail client takes it: one
session, RETR 1, 2, 3 ... each when the one before is there.  For the lab's `measure TARGET exec --ops N`, which adds the rate
and the server's CPU."""
import argparse
import socket
import sys


def main():
    p = argparse.ArgumentParser()
    p.add_argument('--port', type=int, required=True)
    p.add_argument('--user', required=True)
    p.add_argument('--pass', dest='password', default='pass')
    p.add_argument('--messages', type=int, default=10_000)
    a = p.parse_args()
    s = socket.create_connection(('127.0.0.1', a.port), timeout=60)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    room = bytearray(1 << 20)
    whole = memoryview(room)

    def say(line, end):
        """The answer's size; it ends where `end` is."""
        if line:
            s.sendall(line)
        n = s.recv_into(room)
        if n and not room.startswith(b'+OK'):
            sys.exit('%r: %r' % (line, bytes(room[:80])))
        before = 0
        while n < len(end) or room[n - len(end):n] != end:
            if n > len(room) // 2:   # all but the last bytes has been looked at
                room[:8] = room[n - 8:n]
                before, n = before + n - 8, 8
            got = s.recv_into(whole[n:])
            if not got:
                sys.exit('the connection ended after %r' % line)
            n += got
        return before + n

    say(b'', b'\r\n')
    say(b'USER %s\r\n' % a.user.encode(), b'\r\n')
    say(b'PASS %s\r\n' % a.password.encode(), b'\r\n')
    say(b'STAT\r\n', b'\r\n')
    count = int(room.split(b' ', 2)[1])
    if count < a.messages:
        sys.exit('only %d messages there' % count)
    size = sum(say(b'RETR %d\r\n' % n, b'\r\n.\r\n') for n in range(1, a.messages + 1))
    say(b'QUIT\r\n', b'\r\n')
    print(size)


main()
