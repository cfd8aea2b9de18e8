"""Stands between IMAP clients and imapd on loopback, and holds what imapd says to the grammar (imap_checker.py).

    proxy = Proxy(lambda: port); proxy.port; ... proxy.illegal

One thread for all connections; a side that is not read stops the other, as if the proxy were not there.  What is illegal is
noted, not kept from the client: the test that ends with a note fails.
"""
import selectors, socket, struct, threading

from imap_checker import Checker, Illegal

HIGH_WATER = 256 * 1024


class Side:
    """One socket of a pair: what is to be sent to it, and where what comes from it goes."""
    def __init__(self, sock):
        self.sock, self.out, self.other, self.ended, self.shut = sock, bytearray(), None, False, False


class Proxy:
    def __init__(self, backend):
        self.backend, self.illegal = backend, []
        self.listener = socket.create_server(('127.0.0.1', 0), backlog=1024)
        self.listener.setblocking(False)
        self.port = self.listener.getsockname()[1]
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.wake, self.waker = socket.socketpair()
        self.selector.register(self.waker, selectors.EVENT_READ)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def close(self):
        self.wake.close()
        self.thread.join(10)
        self.waker.close()
        self.listener.close()
        self.selector.close()

    def run(self):
        while True:
            for key, _ in self.selector.select():
                if key.fileobj is self.listener:
                    self.accept()
                elif key.data is None:
                    return
                else:
                    self.pump(key.data)

    def accept(self):
        try:
            client = self.listener.accept()[0]
        except OSError:
            return
        try:
            server = socket.create_connection(('127.0.0.1', self.backend()), timeout=5)
        except OSError:
            # Nobody listens: the client is reset, the nearest thing to being refused.
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
            return client.close()
        c, s = Side(client), Side(server)
        c.other, s.other, s.checker, c.checker = s, c, Checker('imapd'), None
        for side in (c, s):
            side.sock.setblocking(False)
            side.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.selector.register(side.sock, selectors.EVENT_READ, side)

    def pump(self, side):
        if side.sock.fileno() < 0:
            return
        try:
            self.read(side)
            self.write(side.other)
            self.write(side)
        except OSError:
            return self.drop(side)
        if side.ended and side.other.ended and not side.out and not side.other.out:
            return self.drop(side)
        for s in (side, side.other):
            want = (selectors.EVENT_READ if not s.ended and len(s.other.out) < HIGH_WATER else 0) | (selectors.EVENT_WRITE if s.out else 0)
            known = s.sock in self.selector.get_map()
            if want and known:
                self.selector.modify(s.sock, want, s)
            elif want:
                self.selector.register(s.sock, want, s)
            elif known:
                self.selector.unregister(s.sock)

    def read(self, side):
        if side.ended or len(side.other.out) >= HIGH_WATER:
            return
        try:
            data = side.sock.recv(65536)
        except BlockingIOError:
            return
        side.ended = not data
        self.look(side, data)
        side.other.out += data

    def look(self, side, data):
        server = side if side.checker else side.other
        if not server.checker:
            return
        try:
            if side is server:
                server.checker.feed(data)
            else:
                server.checker.said(data)
        except Illegal as e:
            self.illegal.append(str(e))
            server.checker.opaque = True

    def write(self, side):
        if side.out:
            try:
                del side.out[:side.sock.send(side.out)]
            except BlockingIOError:
                pass
        if side.other.ended and not side.out and not side.shut:
            side.shut = True
            side.sock.shutdown(socket.SHUT_WR)

    def drop(self, side):
        for s in (side, side.other):
            if s.sock in self.selector.get_map():
                self.selector.unregister(s.sock)
            s.sock.close()
