#!/usr/bin/env python3
"""COMPRESS=DEFLATE over sessions that rest: imapd gives the memory of an idle one back (lib/io/deflate.h), and the client,
whose compressor goes on referring to what it sent before, can't tell."""
import os, socket, ssl, sys, time, unittest, zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from postern_test import BIN, Instance  # noqa: E402

REST = 2.5  # longer than kDeflateRestMs


class Client:
    def __init__(self, p, tls=False):
        self.sock = socket.create_connection(('127.0.0.1', p.port('imaps' if tls else 'imap')), timeout=30)
        if tls:
            self.sock = ssl._create_unverified_context().wrap_socket(self.sock)
        self.deflate = self.inflate = None
        self.buffer = b''
        self.line()

    def line(self):
        while b'\r\n' not in self.buffer:
            data = self.sock.recv(65536)
            if not data:
                raise EOFError
            self.buffer += self.inflate.decompress(data) if self.inflate else data
        line, self.buffer = self.buffer.split(b'\r\n', 1)
        return line.decode()

    def ask(self, command, flush=zlib.Z_SYNC_FLUSH):
        data = b'x ' + command.encode() + b'\r\n'
        self.sock.sendall(self.deflate.compress(data) + self.deflate.flush(flush) if self.deflate else data)
        out = []
        while not (line := self.line()).startswith('x '):
            out.append(line)
        return line, out

    def compress(self):
        answer, _ = self.ask('COMPRESS DEFLATE')
        self.deflate, self.inflate = zlib.compressobj(9, zlib.DEFLATED, -15), zlib.decompressobj(-15)
        return answer


class Compress(unittest.TestCase):
    def test_a_rested_session_goes_on(self):
        with Instance() as p:
            clients = [Client(p), Client(p, tls=True)]
            for c in clients:
                self.assertTrue(c.ask('LOGIN alice@example.org secret')[0].startswith('x OK'))
                self.assertTrue(c.compress().startswith('x OK'))
            for flush in (zlib.Z_SYNC_FLUSH, zlib.Z_PARTIAL_FLUSH, zlib.Z_FULL_FLUSH):
                for c in clients:
                    for word in ('CAPABILITY', 'LIST "" *', 'STATUS INBOX (MESSAGES UIDNEXT)', 'CAPABILITY'):
                        answer, untagged = c.ask(word, flush)
                        self.assertTrue(answer.startswith('x OK'), answer)
                        self.assertTrue(untagged)
                time.sleep(REST)
            for c in clients:
                self.assertTrue(c.ask('NOOP')[0].startswith('x OK'))


    def test_unauthenticate_ends_it(self):
        # RFC 8437 4.1: the server's layer ends behind the OK, the client's behind the command, and it may go on at once.
        with Instance(check_imap=False) as p:  # the checker between can't see the command in what is deflated
            for end in (zlib.Z_SYNC_FLUSH, zlib.Z_FINISH):
                for tls in (False, True):
                    c = Client(p, tls)
                    for _ in range(2):
                        self.assertTrue(c.ask('LOGIN alice@example.org secret')[0].startswith('x OK'))
                        self.assertTrue(c.compress().startswith('x OK'))
                        self.assertTrue(c.ask('UNAUTHENTICATE', end)[0].startswith('x OK'))
                        c.deflate = c.inflate = None
                        answer, untagged = c.ask('CAPABILITY')
                        self.assertIn('AUTH=', untagged[0])
                    # What stands behind the end of the compressed data is plain.
                    self.assertTrue(c.ask('LOGIN alice@example.org secret')[0].startswith('x OK'))
                    c.compress()
                    if end == zlib.Z_FINISH:
                        data = c.deflate.compress(b'x UNAUTHENTICATE\r\n') + c.deflate.flush(end)
                        c.sock.sendall(data + b'y NOOP\r\n')
                        # The layer ends with the flush behind the OK; what follows may come in the same piece.
                        flush, raw = b'\x00\x00\xff\xff', b''
                        while flush not in raw or b'\r\n' not in raw.split(flush, 1)[1]:
                            raw += c.sock.recv(65536)
                        deflated, plain = raw.split(flush, 1)
                        self.assertTrue(c.inflate.decompress(deflated + flush).startswith(b'x OK'))
                        self.assertTrue(plain.startswith(b'y OK'), plain)


if __name__ == '__main__':
    if not os.path.exists(os.path.join(BIN, 'master')):
        print('no master in', BIN)
        sys.exit(77)
    unittest.main()
